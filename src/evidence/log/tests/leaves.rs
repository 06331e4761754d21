use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;

use super::super::LeafError;
use super::*;
use crate::keys::{PAYLOAD_TYPE, pae};
use crate::store::Digest;

/// An ECDSA leaf has the form of sigstore/rekor-tiles, CLIENTS.md, "HashedRekord entry with public key"; digest, signature
/// and key are those of its `pkg/types/hashedrekord/hashedrekord_test.go`.
#[test]
fn an_ecdsa_leaf_is_what_rekor_logs() {
    let text = concat!(
        r#"{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","#,
        r#""digest":"WzUT9YDIOXIS/yyPRZwZnvwMkOQ1Sl81M63wo//zpTA="},"signature":{"content":"MEYCIQC59oLS3MsCqm0xCxP"#,
        r#"Oy+8FdQK4RYCZE036s3q1ECfcagIhAJ4ATXlCSdFrklKAS8No0PsAE9uLi37TCbIfRXASJTTb","verifier":{"keyDetails":"PKI"#,
        r#"X_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeLw7gX40qy1z7JUhGMAa"#,
        r#"aDITbV7p2D+C5G9xPEsy/PVAo9H0mgS4NYzpGirkXxBht+IvvL19WR1X9ANXha5ldQ=="}}}}}}"#,
    );
    let leaf = Leaf::parse(text.as_bytes()).unwrap();
    let Leaf::HashedRekord(signed) = &leaf else { panic!("{leaf:?}") };
    assert_eq!(signed.digest.to_string(), "5b3513f580c8397212ff2c8f459c199efc0c90e4354a5f3533adf0a3fff3a530");
    // What was signed is not published, only its digest.
    let key = VerifyingKey::from_public_key_der(&signed.key.to_der()).unwrap();
    key.verify_prehash(&signed.digest.0, &Signature::from_der(&signed.signature).unwrap()).unwrap();
    assert_eq!(leaf.to_bytes(), text.as_bytes());
}

#[test]
fn leaves_are_read_as_they_were_written() {
    let message = pae(PAYLOAD_TYPE, b"{}");
    for key in [ecdsa_key(), ed25519_key(1)] {
        let leaf = Leaf::signed(&message, key.sign(&message).unwrap(), key.public_key().clone()).unwrap();
        assert_eq!(Leaf::parse(&leaf.to_bytes()).unwrap(), leaf);
        assert!(leaf.stands_for(&message));
        assert!(!leaf.stands_for(&pae(PAYLOAD_TYPE, b"[]")));
        assert_eq!(leaf.digest(), Digest::of(&message));
        let wrong = Leaf::signed(&message, key.sign(b"other").unwrap(), key.public_key().clone());
        assert_eq!(wrong, Err(LeafError::Signature));
        assert!(leaf.to_bytes().len() < 600);
    }
    let unsigned = Leaf::unsigned(&message);
    assert_eq!(Leaf::parse(&unsigned.to_bytes()).unwrap(), unsigned);
    assert!(unsigned.stands_for(&message));
    insta::assert_snapshot!(String::from_utf8(unsigned.to_bytes()).unwrap(), @r#"{"apiVersion":"countersign.dev/log/v1","kind":"dsse-unsigned","spec":{"data":{"algorithm":"SHA2_256","digest":"SELLG6b+1uRg2KDVb2tkzPHx4R93FKfygggNV4AlG2M="}}}"#);
}

#[test]
fn the_key_of_a_leaf_is_the_record_and_its_signer() {
    let message = pae(PAYLOAD_TYPE, b"{}");
    let signed = |message: &[u8], key: &EvidenceKey| {
        Leaf::signed(message, key.sign(message).unwrap(), key.public_key().clone()).unwrap()
    };
    let first = signed(&message, &ecdsa_key());
    let Leaf::HashedRekord(mut other) = first.clone() else { panic!("{first:?}") };
    // A KMS signs the same message differently each time; this is another signature in form alone.
    other.signature = ecdsa_key().sign(b"as if it were another").unwrap();
    assert_eq!(Leaf::HashedRekord(other).key(), first.key());
    let keys = [
        first.key(),
        signed(&message, &ed25519_key(1)).key(),
        signed(&message, &ed25519_key(2)).key(),
        signed(&pae(PAYLOAD_TYPE, b"[]"), &ecdsa_key()).key(),
        Leaf::unsigned(&message).key(),
    ];
    assert_eq!(std::collections::BTreeSet::from(keys).len(), keys.len());
}

#[test]
fn no_other_bytes_are_read_as_a_leaf() {
    let message = pae(PAYLOAD_TYPE, b"{}");
    let key = ed25519_key(1);
    let own = Leaf::signed(&message, key.sign(&message).unwrap(), key.public_key().clone()).unwrap();
    let rekor = Leaf::signed(&message, ecdsa_key().sign(&message).unwrap(), ecdsa_key().public_key().clone()).unwrap();
    for leaf in [own, rekor, Leaf::unsigned(&message)] {
        let text = String::from_utf8(leaf.to_bytes()).unwrap();
        for (from, to) in [
            ("{\"apiVersion\"", "{ \"apiVersion\""),
            ("\"kind\"", "\"extra\":1,\"kind\""),
            ("\"kind\"", "\"kind\":\"\",\"kind\""),
            ("\"algorithm\":", "\"more\":1,\"algorithm\":"),
            ("SHA2_256", "SHA2_384"),
            ("PKIX_E", "PKIX_X"),
            ("\"apiVersion\":\"", "\"apiVersion\":\"1"),
            ("\"kind\":\"", "\"kind\":\"x"),
            ("\"digest\":\"", "\"digest\":\"*"),
            ("\"digest\":\"", "\"digest\":\"AAAA"),
            ("\"rawBytes\":\"", "\"rawBytes\":\"AAAA"),
            ("\"spec\"", "\"spex\""),
            ("}", "}\n"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert!(changed == text || Leaf::parse(changed.as_bytes()).is_err(), "{changed}");
        }
    }
    // An Ed25519 key in a leaf that says Rekor would take it.
    let text = String::from_utf8(
        Leaf::signed(&message, key.sign(&message).unwrap(), key.public_key().clone()).unwrap().to_bytes(),
    );
    let claimed = text
        .unwrap()
        .replace("countersign.dev/log/v1", "0.0.2")
        .replace("dsse-ed25519", "hashedrekord")
        .replace("\"spec\":{", "\"spec\":{\"hashedRekordV002\":{")
        + "}";
    assert_eq!(Leaf::parse(claimed.as_bytes()), Err(LeafError::NotCanonical));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        proptest::prop_assert!(Leaf::parse(&bytes).is_err());
        proptest::prop_assert!(LogProof::parse(&bytes).is_err());
        proptest::prop_assert!(Checkpoint::open(&bytes, &[], &[]).is_err());
        let _ = String::from_utf8_lossy(&bytes).parse::<NoteKey>();
    }
}
