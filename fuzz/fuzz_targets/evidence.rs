#![no_main]
//! Everything of the evidence that comes from elsewhere: envelopes, bundles, leaves, checkpoints, proofs, keys, statements.

use countersign::evidence::Statement;
use countersign::evidence::log::{Checkpoint, Leaf, LogProof, NoteKey, leaf_hash};
use countersign::keys::{Envelope, PublicKey, SigstoreBundle};
use countersign::store::decompress;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(envelope) = Envelope::parse(bytes) {
        // What was read is written as something that reads the same.
        assert_eq!(Envelope::parse(&envelope.to_json()).as_ref(), Ok(&envelope));
    }
    let _ = SigstoreBundle::parse(bytes);
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.to_bytes(), bytes, "a leaf has one sequence of bytes");
    }
    let _ = Checkpoint::open(bytes, &[], &[]);
    if let Ok(proof) = LogProof::parse(bytes) {
        assert_eq!(proof.to_bytes(), bytes, "a proof has one sequence of bytes");
        let _ = proof.verify(leaf_hash(bytes), &[], &[]);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = PublicKey::from_pem(text);
        let _ = text.parse::<NoteKey>();
    }
    let _ = PublicKey::from_der(bytes);
    let _ = serde_json::from_slice::<Statement>(bytes).map(|statement| statement.predicate.result());
    let _ = decompress(bytes);
});
