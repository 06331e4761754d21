//! Evidence that keys of SSH sign: in the envelope, and beside it for `ssh-keygen`.

use std::fs;
use std::path::PathBuf;

use countersign::cli::Exit;
use countersign::keys::{AllowedSigners, EVIDENCE_NAMESPACE};

use super::places::{Folder, Repository};
use super::records::{OLGA_KEY, TARA_KEY, private, public};
use super::runner::{NOW, Ran, countersign, restrict};
use super::world::{BILLS, repository};

const ORIGIN: &str = "acme.example/evidence";

fn run(place: &Repository, line: &str, exit: Exit) -> Ran {
    countersign(line, place.path()).run().exits(exit)
}

/// A private key that only its owner reads.
fn key(folder: &Folder, name: &str) -> String {
    let path = folder.path.join(name);
    fs::copy(private(name), &path).unwrap();
    restrict(&path);
    if name == TARA_KEY || name == OLGA_KEY {
        fs::write(folder.path.join(format!("{name}.pub")), public(name)).unwrap();
    }
    path.display().to_string()
}

/// A repository whose only record a key signed.
fn recorded(key: &str) -> Repository {
    let place = repository(&[BILLS]);
    run(&place, &format!("evidence trust init --origin {ORIGIN} --key {key}"), Exit::Clean);
    run(&place, &format!("record --key {key}"), Exit::Clean);
    place
}

fn beside(place: &Repository, ending: &str) -> Vec<PathBuf> {
    let pattern = format!("{}/.git/countersign/evidence/records/*/*{ending}", place.path().display());
    let mut found: Vec<PathBuf> = glob::glob(&pattern).unwrap().map(Result::unwrap).collect();
    found.sort();
    found
}

fn record(place: &Repository) -> String {
    let list = run(place, "evidence list --verdict pass --format json", Exit::Clean).json();
    list["records"][0]["record"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_of_ssh_signs_for_ssh_keygen_too() {
    for name in [TARA_KEY, OLGA_KEY] {
        let keys = Folder::new();
        let key = key(&keys, name);
        let place = recorded(&key);
        assert_eq!(beside(&place, ".sshsig").len(), 2, "of the record and of what is said of the key");
        run(&place, "evidence verify", Exit::Clean).says("2 signatures for ssh-keygen beside them");
        // Once is enough.
        let before: Vec<_> = beside(&place, "").iter().map(|path| fs::read(path).unwrap()).collect();
        run(&place, &format!("record --key {key}"), Exit::Clean).says("recorded already");
        assert_eq!(beside(&place, "").iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>(), before);
        // What is written out is as `ssh-keygen -Y verify` takes it.
        let out = Folder::new();
        let line = format!("evidence show {} --files {}", record(&place), out.path.join("out").display());
        let ran = run(&place, &line, Exit::Clean);
        assert!(
            ran.stdout.contains("ssh-keygen -Y verify -f allowed_signers -I acme.example/evidence"),
            "{}",
            ran.stdout
        );
        let read = |name: &str| fs::read(out.path.join("out").join(name)).unwrap();
        let names: Vec<String> = fs::read_dir(out.path.join("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let signature = names.iter().find(|name| name.ends_with(".sshsig")).unwrap();
        for ending in [".sigstore.json", ".tlog-proof", ".test-result.json", ".pem"] {
            assert!(names.iter().any(|name| name.ends_with(ending)), "{ending}: {names:?}");
        }
        let signers = AllowedSigners::parse(&read("allowed_signers")).unwrap();
        let verify = |message: &[u8]| signers.verify(ORIGIN, EVIDENCE_NAMESPACE, message, &read(signature), NOW);
        verify(&read("record.json")).unwrap();
        verify(b"another").unwrap_err();
    }
}

#[test]
fn a_signature_for_ssh_keygen_that_was_changed_or_moved_is_told() {
    let keys = Folder::new();
    let place = recorded(&key(&keys, TARA_KEY));
    let [first, second] = beside(&place, ".sshsig").try_into().unwrap();
    let (one, other) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    let changed = [&one[..60], &[one[60] ^ 1], &one[61..]].concat();
    for bytes in [changed, other, [&one[..], b"\n"].concat(), Vec::new()] {
        fs::write(&first, bytes).unwrap();
        run(&place, "evidence verify", Exit::EvidenceInvalid).says(".sshsig`: ");
    }
    fs::write(&first, &one).unwrap();
    run(&place, "evidence verify", Exit::Clean);
    // One that stands beside no bundle, and one under another key's name.
    let stray = first.with_extension("").with_extension("0123456789abcdef.sshsig");
    fs::write(&stray, &one).unwrap();
    run(&place, "evidence verify", Exit::EvidenceInvalid).says("it is by another key than its name says");
}

#[test]
fn an_auditors_key_of_ssh_signs_beside() {
    let keys = Folder::new();
    let first = key(&keys, TARA_KEY);
    let second = key(&keys, OLGA_KEY);
    let place = recorded(&first);
    run(&place, &format!("evidence sign {} --key {second}", record(&place)), Exit::Clean);
    run(&place, "evidence verify", Exit::Clean).says("1 signatures of others").says("3 signatures for ssh-keygen");
}

#[test]
fn a_recorders_key_of_ssh_is_added_by_its_public_half() {
    let keys = Folder::new();
    let (first, second) = (key(&keys, TARA_KEY), key(&keys, OLGA_KEY));
    let place = recorded(&first);
    run(&place, &format!("evidence trust add {second}.pub --key {first}"), Exit::Clean).says("counts as a recorder");
    place.write(&[("notes.txt", "two\n")]).commit("Two");
    run(&place, &format!("record --key {second}"), Exit::Clean);
    run(&place, "evidence verify", Exit::Clean).says("2 signed evaluations").says("4 signatures for ssh-keygen");
}

#[test]
fn a_key_that_cannot_sign_says_why() {
    let keys = Folder::new();
    let place = repository(&[]);
    let init = |key: &str| run(&place, &format!("evidence trust init --origin {ORIGIN} --key {key}"), Exit::Usage);
    init(&key(&keys, "encrypted"))
        .complains("holds an OpenSSH key with a passphrase")
        .complains("a key with a passphrase signs through an SSH agent");
    init(&key(&keys, "rsa3072")).complains("an OpenSSH key of another kind than ECDSA P-256 and Ed25519");
    init("agent:nowhere.pub").complains("no SSH agent is running");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = key(&keys, TARA_KEY);
        for mode in [0o644, 0o640, 0o604] {
            fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
            init(&open).complains("is open to others").complains("chmod 600");
        }
    }
}
