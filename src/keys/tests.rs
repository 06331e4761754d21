use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/keys");

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

/// The name of a reason without what it carries.
fn name(refused: &Refused) -> String {
    format!("{refused:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn cases() -> Vec<(PathBuf, serde_json::Value)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(CASES).unwrap() {
        let folder = entry.unwrap().path();
        if let Ok(text) = fs::read(folder.join("case.json")) {
            found.push((folder, serde_json::from_slice(&text).unwrap()));
        }
    }
    found
}

#[test]
fn every_case_is_answered_as_its_table_says() {
    let cases = cases();
    assert!(cases.len() > 80);
    let mut wrong = Vec::new();
    for (folder, case) in cases {
        let field = |name: &str| case[name].as_str().unwrap().to_owned();
        let at = case["at"].as_i64().unwrap();
        let (message, signature) = (read(&folder, "message"), read(&folder, "message.sig"));
        let found = match AllowedSigners::parse(&read(&folder, "allowed_signers")) {
            Err(_) => "file".to_owned(),
            Ok(signers) => match signers.verify(&field("identity"), &field("namespace"), &message, &signature, at) {
                Ok(_) => "ok".to_owned(),
                Err(refused) => name(&refused),
            },
        };
        if found != field("expected") {
            wrong.push(format!("{}: {found}, expected {}", folder.display(), field("expected")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn errors_of_a_list_name_line_and_bytes() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+LCPzxW1kC9SlPAzOKhOhRZpQqHAhaP2ZbPNkQpmKS";
    for (list, line, at, message) in [
        ("\n# c\na@x\n", 3, "a@x", "the line has an identity and no key"),
        ("a@x namespace=\"git\" K", 1, "namespace", "`namespace` is not an option or a type of key"),
        ("a@x valid-before=\"soon\" K", 1, "\"soon\"", "`soon` is not a time for `valid-before`"),
        ("a@x cert-authority", 1, "a@x cert-authority", "the line has no key"),
        ("a@x ssh-ed25519 AAAA", 1, "AAAA", "the key cannot be decoded"),
        ("a@x cert-authority ssh-dss AAAA", 1, "ssh-dss", "keys of type `ssh-dss` are not supported"),
        ("\"a@x K", 1, "\"a@x K", "the quoted identity does not end"),
    ] {
        let list = list.replace(" K", &format!(" {key}"));
        let at = at.replace(" K", &format!(" {key}"));
        let error = AllowedSigners::parse(list.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.message.as_str(), &list[error.span.clone()]), (line, message, at.as_str()));
        assert!(!error.help.is_empty());
    }
}

#[test]
fn a_signature_tells_what_it_claims() {
    let folder = Path::new(CASES).join("ok-ed25519");
    let signature = Signature::parse(&read(&folder, "message.sig")).unwrap();
    let signers = AllowedSigners::parse(&read(&folder, "allowed_signers")).unwrap();
    assert_eq!((signature.namespace.as_str(), signature.algorithm.as_str()), ("file", "ssh-ed25519"));
    assert_eq!(signature.fingerprint, signers.entries[0].fingerprint);
    let found = signers.identities_of("file", &read(&folder, "message"), &read(&folder, "message.sig"), 0).unwrap();
    assert_eq!(found[0].principals, ["alice@example.com"]);
}

#[test]
fn a_commit_is_split_into_what_was_signed_and_the_signature() {
    let head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@x> 0 +0000\n";
    let armour = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";
    let header = |name: &str| format!("{name} {}\n", armour.trim_end().replace('\n', "\n "));
    let body = "\nmessage\ngpgsig not a header\n";
    let raw = format!("{head}{}{}{body}", header("gpgsig"), header("gpgsig-sha256").replace("AAAA", "BBBB"));
    let split = git_signature(raw.as_bytes()).unwrap();
    assert_eq!(split.payload, format!("{head}{body}").as_bytes());
    assert_eq!(split.armoured, armour.as_bytes());
    assert_eq!(git_signature(format!("{head}{body}").as_bytes()), None);
    assert_eq!(git_signature(raw.replace("SSH", "PGP").as_bytes()), None);
    assert_eq!(git_signature(b""), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = AllowedSigners::parse(&bytes);
        prop_assert!(Signature::parse(&bytes).is_err());
        let _ = git_signature(&bytes);
    }

    #[test]
    fn a_changed_signature_never_counts(at in 10..usize::MAX, bit in 0..8u8) {
        use ssh_encoding::base64::{Base64, Encoding as _};
        let folder = Path::new(CASES).join("ok-ed25519");
        let signers = AllowedSigners::parse(&read(&folder, "allowed_signers")).unwrap();
        let text = String::from_utf8(read(&folder, "message.sig")).unwrap();
        let inner: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut blob = Base64::decode_vec(&inner).unwrap().to_vec();
        // From behind the version, which is not signed.
        let at = 10 + at % (blob.len() - 10);
        blob[at] ^= 1 << bit;
        let changed = format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            Base64::encode_string(&blob)
        );
        let message = read(&folder, "message");
        prop_assert!(signers.verify("alice@example.com", "file", &message, changed.as_bytes(), 0).is_err());
    }
}
