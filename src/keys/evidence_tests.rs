use std::ffi::OsString;
use std::fs;
use std::path::Path;

use miette::Diagnostic;
use p256::ecdsa::VerifyingKey;
use proptest::prelude::*;

use super::*;
use crate::store::Digest;

const STATEMENT: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1"}"#;

fn p256_key(seed: u8) -> EvidenceKey {
    p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap().into()
}

fn ed25519_key(seed: u8) -> EvidenceKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).into()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn help(error: &impl Diagnostic) -> String {
    error.help().unwrap().to_string()
}

fn signed(key: &EvidenceKey) -> Envelope {
    Envelope::sign(STATEMENT.to_vec(), key).unwrap()
}

/// The example of secure-systems-lab/dsse, protocol.md, "Test Vectors". Its signature is r and s; ours are DER.
#[test]
fn the_published_example_of_dsse_verifies() {
    let json = r#"{"payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld",
        "signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}"#;
    let envelope = Envelope::parse(json.as_bytes()).unwrap();
    let message = pae(&envelope.payload_type, &envelope.payload);
    assert_eq!(message, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    let mut point = vec![4];
    for half in [
        "67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238",
        "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74",
    ] {
        point.extend(half.parse::<Digest>().unwrap().0);
    }
    let key = PublicKey::from(VerifyingKey::from_sec1_bytes(&point).unwrap());
    let fixed = p256::ecdsa::Signature::from_slice(&envelope.signatures[0].sig).unwrap();
    assert!(key.verifies(&message, fixed.to_der().as_bytes()));
    assert!(!key.verifies(&message[1..], fixed.to_der().as_bytes()));
    assert_eq!(envelope.verify(&[key]), Err(EnvelopeError::PayloadType("http://example.com/HelloWorld".to_owned())));
}

proptest! {
    /// One implementation signs and another one verifies: they must accept the same.
    #[test]
    fn signatures_are_accepted_where_the_implementation_that_signs_accepts_them(
        seed in 1_u8..255,
        message in prop::collection::vec(any::<u8>(), 0..80),
        mangled in 0_usize..7,
        place in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        use p256::ecdsa::signature::{Signer as _, Verifier as _};
        use p256::ecdsa::{Signature, SigningKey};
        let key = SigningKey::from_slice(&[seed; 32]).unwrap();
        let signature: Signature = key.sign(&message);
        let (r, s) = signature.split_scalars();
        let mut bytes = signature.to_der().as_bytes().to_vec();
        match mangled {
            0 => {}
            // The other s of the same r is as good (FIPS 186-5 does not ask for the lower one).
            1 => bytes = Signature::from_scalars(r, -s).unwrap().to_der().as_bytes().to_vec(),
            2 => bytes = signature.to_bytes().to_vec(),
            3 => bytes.push(0),
            4 => {
                bytes.remove(place.index(bytes.len()));
            }
            // A zero before an integer, which DER does not have, and the lengths that go with it.
            5 => {
                bytes.insert(4, 0);
                bytes[3] += 1;
                bytes[1] += 1;
            }
            _ => {
                let at = place.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
        }
        let expected = Signature::from_der(&bytes).is_ok_and(|own| key.verifying_key().verify(&message, &own).is_ok());
        prop_assert_eq!(PublicKey::from(*key.verifying_key()).verifies(&message, &bytes), expected);
        prop_assert_eq!(expected, mangled < 2 || (mangled == 6 && expected));
    }
}

#[test]
fn an_envelope_is_signed_written_read_and_verified() {
    for key in [p256_key(1), ed25519_key(1)] {
        let envelope = signed(&key);
        let read = Envelope::parse(&envelope.to_json()).unwrap();
        assert_eq!(read, envelope);
        let other = p256_key(9).public_key().clone();
        let verified = read.verify(&[other.clone(), key.public_key().clone()]).unwrap();
        assert_eq!(verified.payload, STATEMENT);
        assert_eq!(verified.signers.keys().copied().collect::<Vec<_>>(), [key.public_key().fingerprint()]);
        let refused = read.verify(std::slice::from_ref(&other)).unwrap_err();
        assert_eq!(refused, EnvelopeError::NoTrustedSignature { signatures: 1, keys: 1 });
        assert_eq!(refused.to_string(), "none of its 1 signature is by one of the 1 trusted key");
        assert!(help(&refused).contains("public key"));
    }
}

#[test]
fn both_alphabets_of_base64_and_unknown_fields_are_read() {
    let key = ed25519_key(1);
    let envelope = signed(&key);
    let text = String::from_utf8(envelope.to_json()).unwrap();
    let (head, tail) = text.split_once("\"signatures\"").unwrap();
    let url_safe = tail.replace('+', "-").replace('/', "_").replace('=', "");
    let text = format!("{head}\"later\":{{}},\"signatures\"{url_safe}").replace("\"sig\"", "\"cert\":1,\"sig\"");
    assert_eq!(Envelope::parse(text.as_bytes()).unwrap(), envelope);
    for (wrong, message) in [
        ("{}", "missing field `payload`"),
        (r#"{"payload":"","payload":"","payloadType":"","signatures":[]}"#, "duplicate field `payload`"),
        (r#"{"payload":"*","payloadType":"","signatures":[]}"#, "`payload` is not base64"),
        (r#"{"payload":"","payloadType":"","signatures":[{"sig":"A"}]}"#, "`signatures[0].sig` is not base64"),
        (r#"{"payload":"","payloadType":"","signatures":[{"keyid":""}]}"#, "missing field `sig`"),
    ] {
        let error = Envelope::parse(wrong.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.help().is_some());
    }
    let unset = br#"{"payload":"","payloadType":"","signatures":[{"sig":"","keyid":null},{"sig":""}]}"#;
    assert!(Envelope::parse(unset).unwrap().signatures.iter().all(|signature| signature.keyid.is_empty()));
}

#[test]
fn signers_count_once_and_by_their_signature_not_by_their_keyid() {
    let (first, second) = (p256_key(1), ed25519_key(2));
    let mut envelope = signed(&first);
    envelope.signatures.push(signed(&first).signatures[0].clone());
    envelope.signatures[1].keyid = second.public_key().fingerprint().to_string();
    let keys = [first.public_key().clone(), second.public_key().clone(), first.public_key().clone()];
    assert_eq!(envelope.verify(&keys).unwrap().signers.len(), 1);
    envelope.signatures.insert(0, signed(&second).signatures[0].clone());
    envelope.signatures[0].keyid = "something else".to_owned();
    assert_eq!(envelope.verify(&keys).unwrap().signers.len(), 2);
}

#[test]
fn a_bundle_has_one_signature_by_its_key() {
    for key in [p256_key(1), ed25519_key(1)] {
        let bundle = SigstoreBundle::new(signed(&key), key.public_key()).unwrap();
        let json = bundle.to_json();
        assert_eq!(SigstoreBundle::parse(&json).unwrap(), bundle);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["mediaType"], BUNDLE_MEDIA_TYPE);
        let fingerprint = key.public_key().fingerprint().to_string();
        assert_eq!(value["verificationMaterial"]["publicKey"]["hint"], fingerprint.as_str());
        assert_eq!(value["verificationMaterial"]["tlogEntries"], serde_json::json!([]));
        assert_eq!(value["dsseEnvelope"]["payloadType"], PAYLOAD_TYPE);

        let mut two = bundle.envelope.clone();
        two.signatures.push(two.signatures[0].clone());
        assert_eq!(SigstoreBundle::new(two, key.public_key()), Err(EnvelopeError::SignatureCount(2)));
        let twice =
            String::from_utf8(json.clone()).unwrap().replace("\"signatures\":[", "\"signatures\":[{\"sig\":\"\"},");
        assert_eq!(SigstoreBundle::parse(twice.as_bytes()), Err(EnvelopeError::SignatureCount(2)));
        let other = ed25519_key(7);
        SigstoreBundle::new(bundle.envelope.clone(), other.public_key()).unwrap_err();
        let without_entries = String::from_utf8(json).unwrap().replace(",\"tlogEntries\":[]", "");
        assert_eq!(SigstoreBundle::parse(without_entries.as_bytes()).unwrap(), bundle);
        let older = without_entries.replace("v0.3", "v0.2");
        assert!(matches!(SigstoreBundle::parse(older.as_bytes()), Err(EnvelopeError::MediaType(_))));
        let certificate = without_entries.replace("publicKey", "certificate");
        assert!(matches!(SigstoreBundle::parse(certificate.as_bytes()), Err(EnvelopeError::Malformed(_))));
    }
}

#[test]
fn a_public_key_has_one_form_and_one_fingerprint() {
    for key in [p256_key(1), ed25519_key(1)] {
        let public = key.public_key();
        assert_eq!(PublicKey::from_pem(&public.to_pem()).unwrap(), *public);
        assert_eq!(PublicKey::from_der(&public.to_der()).unwrap(), *public);
        assert_eq!(public.fingerprint(), Digest::of(&public.to_der()));
        assert!(public.to_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
        assert_eq!(format!("{key:?}"), format!("EvidenceKey({})", public.fingerprint()));
    }
    // The SHA-256 of this key's SPKI starts with the key id that c2sp.org/signed-note gives it in the log of Sigstore.
    let rekor = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\nkBbm\
                 LSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n";
    let rekor = PublicKey::from_pem(rekor).unwrap();
    assert!(rekor.fingerprint().to_string().starts_with("c0d23d6a"));
    assert_eq!(rekor.algorithm(), Algorithm::EcdsaP256);
    let error = PublicKey::from_pem("-----BEGIN CERTIFICATE-----\n").unwrap_err();
    assert!(help(&error).contains("openssl pkey"));
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519] {
        let folder = folder();
        let path = folder.path().join("evidence.key");
        let public = keygen(&path, algorithm).unwrap();
        assert_eq!(public.algorithm(), algorithm);
        let written = fs::read(&path).unwrap();
        let key = EvidenceKey::read(&path).unwrap();
        assert_eq!(*key.public_key(), public);
        signed(&key).verify(std::slice::from_ref(&public)).unwrap();

        let error = keygen(&path, algorithm).unwrap_err();
        assert!(matches!(error, KeyError::Exists(_)));
        assert_eq!(fs::read(&path).unwrap(), written);
        let lost = keygen(&folder.path().join("no/folder"), algorithm).unwrap_err();
        assert!(matches!(lost, KeyError::Unwritable { .. }));
        assert_ne!(keygen(&folder.path().join("second"), algorithm).unwrap(), public);
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let path = folder.path().join("evidence.key");
    keygen(&path, Algorithm::EcdsaP256).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o644, 0o660, 0o601, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = EvidenceKey::read(&path).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { mode: found, .. } if found == mode), "{error}");
        assert!(help(&error).contains(&format!("chmod 600 {}", path.display())));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    EvidenceKey::read(&path).unwrap();
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn an_openssh_key_signs_as_the_same_key_in_pkcs8_does() {
    use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
    let folder = folder();
    let path = folder.path().join("id");
    let scalar = p256::SecretKey::from_slice(&[1; 32]).unwrap();
    let pair = EcdsaKeypair::NistP256 { public: scalar.public_key().into(), private: scalar.into() };
    for (data, same) in [
        (KeypairData::Ed25519(Ed25519Keypair::from_seed(&[1; 32])), ed25519_key(1)),
        (KeypairData::Ecdsa(pair), p256_key(1)),
    ] {
        let key = ssh_key::PrivateKey::new(data, "a comment").unwrap();
        write_private(&path, &key.to_openssh(ssh_key::LineEnding::LF).unwrap());
        let read = EvidenceKey::read(&path).unwrap();
        assert_eq!(read.sign(b"message").unwrap(), same.sign(b"message").unwrap());
    }
}

#[test]
fn files_that_hold_no_key_say_what_they_hold() {
    let folder = folder();
    let path = folder.path().join("file");
    for (text, said) in [
        ("", "something else"),
        (concat!("-----BEGIN ENCRYPTED", " PRIVATE KEY-----\n"), "a key with a passphrase"),
        ("-----BEGIN EC PRIVATE KEY-----\n", "an EC key in the older SEC 1 form"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a damaged key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "a damaged OpenSSH key"),
        ("-----BEGIN PUBLIC KEY-----\n", "a public key"),
    ] {
        write_private(&path, text);
        let error = EvidenceKey::read(&path).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(help(&error).contains("openssl pkcs8"));
    }
    assert!(matches!(EvidenceKey::read(&folder.path().join("none")), Err(KeyError::Unreadable { .. })));
}

#[cfg(unix)]
#[test]
fn a_command_signs_and_what_it_returns_is_verified() {
    let folder = folder();
    let variables: Vec<(OsString, OsString)> =
        vec![("PATH".into(), "/usr/bin:/bin".into()), ("PLACE".into(), folder.path().into())];
    let behind = |command: &str, key: &EvidenceKey| {
        EvidenceKey::behind_command(command.to_owned(), variables.clone(), key.public_key().clone())
    };
    let message = vec![b'm'; 300_000];
    for key in [p256_key(1), ed25519_key(1)] {
        let signature = key.sign(&message).unwrap();
        fs::write(folder.path().join("signature"), &signature).unwrap();
        let command = behind("cat >\"$PLACE/message\" && cat \"$PLACE/signature\"", &key);
        assert_eq!(command.sign(&message).unwrap(), signature);
        assert_eq!(fs::read(folder.path().join("message")).unwrap(), message);
        // One that does not read its input at all.
        assert_eq!(behind("cat \"$PLACE/signature\"", &key).sign(&message).unwrap(), signature);
        let other = behind("cat \"$PLACE/signature\"", &p256_key(2)).sign(&message).unwrap_err();
        assert!(matches!(&other, KeyError::WrongSignature { signer, .. } if signer.contains("cat")), "{other}");
    }
    let key = p256_key(1);
    let der = key.sign(&message).unwrap();
    let fixed = p256::ecdsa::Signature::from_der(&der).unwrap().to_bytes();
    fs::write(folder.path().join("signature"), fixed).unwrap();
    assert_eq!(behind("cat \"$PLACE/signature\"", &key).sign(&message).unwrap(), der, "r and s become DER");
    let failed = behind("echo first >&2; echo 'no such key' >&2; exit 3", &key).sign(&message).unwrap_err();
    assert!(failed.to_string().contains("exit status: 3: no such key"), "{failed}");
    let endless = behind("yes", &key).sign(&message).unwrap_err();
    assert!(matches!(endless, KeyError::Command { .. }), "{endless}");
    let ambient = behind("test -z \"$HOME\" && cat \"$PLACE/signature\"", &key);
    assert_eq!(ambient.sign(&message).unwrap(), der, "nothing of this process's environment is passed on");
}

/// An agent that knows one key and answers one request (draft-ietf-sshm-ssh-agent, section 3.6).
#[cfg(unix)]
fn agent(socket: &Path, key: ssh_key::PrivateKey) -> std::thread::JoinHandle<Vec<u8>> {
    use std::io::{Read as _, Write as _};
    let listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).unwrap();
        let mut wire = wire::Wire(&request);
        assert_eq!(wire.take(1), Some(&[13][..]), "SSH_AGENTC_SIGN_REQUEST");
        let known = wire.string() == Some(&key.public_key().to_bytes().unwrap());
        let message = wire.string().unwrap().to_vec();
        let mut answer = vec![5];
        if known {
            use p256::ecdsa::signature::Signer as _;
            let signature: ssh_key::Signature = key.try_sign(&message).unwrap();
            let signature = Vec::try_from(signature).unwrap();
            answer = vec![14];
            answer.extend(u32::try_from(signature.len()).unwrap().to_be_bytes());
            answer.extend(signature);
        }
        stream.write_all(&u32::try_from(answer.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(&answer).unwrap();
        message
    })
}

#[cfg(unix)]
#[test]
fn an_agent_signs_the_message_itself() {
    use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData};
    let folder = folder();
    let scalar = p256::SecretKey::from_slice(&[1; 32]).unwrap();
    let pair = EcdsaKeypair::NistP256 { public: scalar.public_key().into(), private: scalar.into() };
    for (index, (data, same)) in [
        (KeypairData::Ed25519(Ed25519Keypair::from_seed(&[1; 32])), ed25519_key(1)),
        (KeypairData::Ecdsa(pair), p256_key(1)),
    ]
    .into_iter()
    .enumerate()
    {
        let private = ssh_key::PrivateKey::new(data, "").unwrap();
        let public = private.public_key().to_openssh().unwrap();
        let socket = folder.path().join(index.to_string());
        let served = agent(&socket, private.clone());
        let key = EvidenceKey::in_agent(&socket, &public).unwrap();
        assert_eq!(key.public_key(), same.public_key());
        signed(&key).verify(std::slice::from_ref(same.public_key())).unwrap();
        assert_eq!(served.join().unwrap(), pae(PAYLOAD_TYPE, STATEMENT));

        let socket = folder.path().join(format!("{index}-other"));
        let served = agent(&socket, private);
        let stranger = ssh_key::PrivateKey::from(Ed25519Keypair::from_seed(&[3; 32]));
        let stranger = EvidenceKey::in_agent(&socket, &stranger.public_key().to_openssh().unwrap()).unwrap();
        let error = stranger.sign(b"message").unwrap_err();
        assert!(error.to_string().contains("did not sign with SHA256:"), "{error}");
        served.join().unwrap();
    }
    let nobody = EvidenceKey::in_agent(
        &folder.path().join("nobody"),
        &ssh_key::PrivateKey::from(Ed25519Keypair::from_seed(&[3; 32])).public_key().to_openssh().unwrap(),
    );
    let error = nobody.unwrap().sign(b"message").unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
    assert!(EvidenceKey::in_agent(folder.path(), "ssh-ed25519 AAAA").is_err());
}

proptest! {
    #[test]
    fn any_payload_keeps_its_bytes_and_any_change_is_refused(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        ecdsa in any::<bool>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let key = if ecdsa { p256_key(1) } else { ed25519_key(1) };
        let keys = [key.public_key().clone()];
        let envelope = Envelope::sign(payload.clone(), &key).unwrap();
        let read = Envelope::parse(&envelope.to_json()).unwrap();
        prop_assert_eq!(read.verify(&keys).unwrap().payload, payload.as_slice());
        let mut signature = envelope.clone();
        let at_signature = at.index(signature.signatures[0].sig.len());
        signature.signatures[0].sig[at_signature] ^= 1 << bit;
        prop_assert!(signature.verify(&keys).is_err());
        if !payload.is_empty() {
            let mut changed = envelope;
            changed.payload[at.index(payload.len())] ^= 1 << bit;
            prop_assert!(changed.verify(&keys).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_as_an_envelope_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Envelope::parse(&bytes).is_err());
        prop_assert!(SigstoreBundle::parse(&bytes).is_err());
        prop_assert!(PublicKey::from_der(&bytes).is_err());
    }

    #[test]
    fn pae_tells_types_and_payloads_apart(a in ".{0,6}", b in "[ 0-9]{0,6}", c in ".{0,6}", d in "[ 0-9]{0,6}") {
        prop_assert_eq!(pae(&a, b.as_bytes()) == pae(&c, d.as_bytes()), (a, b) == (c, d));
    }
}
