use base64ct::{Base64, Encoding as _};
use miette::Diagnostic as _;
use signed_note::{Note, Verifier as _};

use super::super::note::cosigned;
use super::*;
use crate::store::Digest;

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: 20_852_163, root: Digest::of(b"root") }
}

/// A line of signature, by hand.
fn line(key: &NoteKey, signature: &[u8]) -> String {
    let line = signed_note::Signature::new(key.name().to_owned(), key.key_id(), signature.to_vec()).unwrap();
    String::from_utf8(line.to_bytes()).unwrap()
}

fn cosignature(witness: &EvidenceKey, key: &NoteKey, time: u64, text: &str) -> String {
    let signature = witness.sign(&cosigned(time, text.as_bytes())).unwrap();
    line(key, &[&time.to_be_bytes()[..], &signature].concat())
}

/// The example of c2sp.org/signed-note.
#[test]
fn the_published_note_verifies() {
    let text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let key: NoteKey = text.parse().unwrap();
    assert_eq!((key.name(), key.kind(), key.to_string().as_str()), ("example.com/foo", NoteKeyKind::Ed25519, text));
    let note = "This is an example message.\n\n— example.com/foo \
                Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let note = Note::from_bytes(note.as_bytes()).unwrap();
    let list = |key: NoteKey| signed_note::VerifierList::new(vec![Box::new(key)]);
    assert_eq!(note.verify(&list(key)).unwrap().0.len(), 1);
}

/// Keys of golang.org/x/mod/sumdb/note, and of transparency-dev/formats, note/note_verifier_test.go.
#[test]
fn published_keys_have_their_published_ids() {
    for (text, kind) in [
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NoteKeyKind::Ed25519),
        (
            "rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=",
            NoteKeyKind::EcdsaP256,
        ),
        (
            "pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZcX0aiWVdWM5XJVy0M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8=",
            NoteKeyKind::EcdsaP256,
        ),
    ] {
        let key: NoteKey = text.parse().unwrap();
        assert_eq!((key.kind(), key.to_string().as_str()), (kind, text));
    }
    let good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    for (from, to) in [
        ("c74f20a3", "c74f20a4"),
        ("c74f20a3", "C74F20A3"),
        ("PeterN", "Peter N"),
        ("+ARpc", "+ABpc"),
        ("+ARpc", "+AQRpc"),
        ("+c74f20a3+", "+"),
        ("TW", "TX"),
    ] {
        let error = good.replace(from, to).parse::<NoteKey>().unwrap_err();
        assert!(error.help().is_some(), "{error}");
    }
    for name in ["", "two words", "a+b", "a\tb", "a\nb", "a\u{a0}b", "a\u{85}b"] {
        assert!(matches!(NoteKey::of_log(name, ecdsa_key().public_key()), Err(NoteError::Name(_))), "{name:?}");
    }
    assert!(matches!(NoteKey::of_witness("w", ecdsa_key().public_key()), Err(NoteError::Key(_))));
}

/// The text of a checkpoint and of what a witness signs, as c2sp.org/tlog-cosignature shows them.
#[test]
fn texts_are_those_of_the_specification() {
    let root = Base64::decode_vec("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=").unwrap();
    let root = Digest(root.try_into().unwrap());
    let text = Checkpoint { origin: "example.com/behind-the-sofa".to_owned(), size: 20_852_163, root }.text();
    assert_eq!(text, "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
    let signed = cosigned(1_679_315_147, text.as_bytes());
    assert_eq!(
        String::from_utf8(signed).unwrap(),
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    );
}

#[test]
fn a_checkpoint_is_signed_and_opened() {
    for key in [ecdsa_key(), ed25519_key(1)] {
        let note = checkpoint().sign(&key).unwrap();
        let named = NoteKey::of_log(ORIGIN, key.public_key()).unwrap();
        let opened = Checkpoint::open(&note, &[named.clone(), named.clone()], &[]).unwrap();
        assert_eq!((opened.checkpoint, opened.signers), (checkpoint(), vec![named.clone()]));
        assert_eq!(named.to_string().parse::<NoteKey>().unwrap(), named);

        let text = String::from_utf8(note.clone()).unwrap();
        let changed = text.replace("20852163", "20852164");
        assert!(matches!(
            Checkpoint::open(changed.as_bytes(), std::slice::from_ref(&named), &[]),
            Err(NoteError::Forged(_))
        ));
        let other = NoteKey::of_log(ORIGIN, ed25519_key(9).public_key()).unwrap();
        assert!(matches!(Checkpoint::open(&note, &[other], &[]), Err(NoteError::Unsigned(_))));
        let elsewhere = NoteKey::of_log("example.com/other", key.public_key()).unwrap();
        assert!(matches!(Checkpoint::open(&note, &[elsewhere], &[]), Err(NoteError::Unsigned(_))));
        // A key of another log that signs for this one: it is not known for this origin.
        let renamed = text.replacen(ORIGIN, "example.com/other", 1);
        assert!(matches!(Checkpoint::open(renamed.as_bytes(), &[named], &[]), Err(NoteError::Unsigned(_))));
    }
}

#[test]
fn witnesses_add_their_time() {
    let (log, witness, second) = (ecdsa_key(), ed25519_key(1), ed25519_key(2));
    let log_key = NoteKey::of_log(ORIGIN, log.public_key()).unwrap();
    let witness_key = NoteKey::of_witness("audit.example/w", witness.public_key()).unwrap();
    let second_key = NoteKey::of_witness("security.example/w", second.public_key()).unwrap();
    assert_eq!(witness_key.to_string().parse::<NoteKey>().unwrap(), witness_key);
    let text = checkpoint().text();
    let note = String::from_utf8(checkpoint().sign(&log).unwrap()).unwrap();
    let both = format!(
        "{note}{}{}",
        cosignature(&witness, &witness_key, 1_700_000_000, &text),
        cosignature(&second, &second_key, 1_700_000_100, &text)
    );
    let open = |note: &str, witnesses: &[NoteKey]| {
        Checkpoint::open(note.as_bytes(), std::slice::from_ref(&log_key), witnesses)
    };
    let opened = open(&both, &[witness_key.clone(), second_key.clone()]).unwrap();
    let times: Vec<(&str, u64)> = opened.cosignatures.iter().map(|found| (found.witness.name(), found.time)).collect();
    assert_eq!(times, [("audit.example/w", 1_700_000_000), ("security.example/w", 1_700_000_100)]);
    // An unknown witness is left alone.
    assert_eq!(open(&both, std::slice::from_ref(&witness_key)).unwrap().cosignatures.len(), 1);
    assert_eq!(open(&note, std::slice::from_ref(&witness_key)).unwrap().cosignatures.len(), 0);
    // The same signature twice counts once.
    let twice = format!("{note}{0}{0}", cosignature(&witness, &witness_key, 1, &text));
    assert_eq!(open(&twice, std::slice::from_ref(&witness_key)).unwrap().cosignatures.len(), 1);
    // A witness cannot stand in for the log, and its key of the other kind is another key.
    let alone = format!("{text}\n{}", cosignature(&witness, &witness_key, 1, &text));
    assert!(matches!(open(&alone, std::slice::from_ref(&witness_key)), Err(NoteError::Unsigned(_))));
    let as_log = Checkpoint::open(alone.as_bytes(), std::slice::from_ref(&witness_key), &[]);
    assert!(matches!(as_log, Err(NoteError::Unsigned(_))));
    let forged = format!("{note}{}", cosignature(&second, &witness_key, 1, &text));
    assert!(matches!(open(&forged, std::slice::from_ref(&witness_key)), Err(NoteError::Forged(_))));
    let other_text = format!("{note}{}", cosignature(&witness, &witness_key, 1, &text.replace('2', "3")));
    assert!(matches!(open(&other_text, std::slice::from_ref(&witness_key)), Err(NoteError::Forged(_))));
    // Another time than was signed, one too late to be one, and a signature that is cut.
    let signature = witness.sign(&cosigned(5, text.as_bytes())).unwrap();
    for (time, signature) in [(6_u64, &signature[..]), (5, &signature[..63]), (u64::MAX, &signature[..])] {
        let wrong = format!("{note}{}", line(&witness_key, &[&time.to_be_bytes()[..], signature].concat()));
        assert!(open(&wrong, std::slice::from_ref(&witness_key)).is_err(), "{time}");
    }
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let key = ed25519_key(1);
    let named = NoteKey::of_log(ORIGIN, key.public_key()).unwrap();
    let root = Base64::encode_string(&[1; 32]);
    for text in [
        format!("{ORIGIN}\n5\n"),
        format!("{ORIGIN}\n05\n{root}\n"),
        format!("{ORIGIN}\n+5\n{root}\n"),
        format!("{ORIGIN}\n-5\n{root}\n"),
        format!("{ORIGIN}\n18446744073709551616\n{root}\n"),
        format!("{ORIGIN}\n5\n{}\n", &root[4..]),
        format!("{ORIGIN}\n5\n{}\n", root.trim_end_matches('=')),
        format!("{ORIGIN}\n5\n{root}\n\nextension\n"),
        format!("\n5\n{root}\n"),
    ] {
        let signature = key.sign(text.as_bytes()).unwrap();
        let note = format!("{text}\n{}", line(&named, &signature));
        let error = Checkpoint::open(note.as_bytes(), std::slice::from_ref(&named), &[]).unwrap_err();
        assert!(matches!(error, NoteError::Malformed(_)), "{text:?}: {error}");
    }
    // Extension lines are signed, and left alone.
    let text = format!("{ORIGIN}\n5\n{root}\nmore\n");
    let note = format!("{text}\n{}", line(&named, &key.sign(text.as_bytes()).unwrap()));
    assert_eq!(Checkpoint::open(note.as_bytes(), &[named], &[]).unwrap().checkpoint.size, 5);
}
