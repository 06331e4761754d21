//! By somebody who can write to the storage and has no key.

use super::*;

/// The digest of an object that the records here name, of each kind.
fn objects_of(storage: &MemoryStorage) -> BTreeMap<&'static str, Digest> {
    let ledger = Ledger::new(storage);
    let objects = &ledger as &dyn ReadObjects;
    let predicate = &SAMPLE.0.predicate;
    let first_piece = |root: Digest| -> Digest {
        let root: Value = objects.json(root).unwrap();
        root["pieces"][0].as_str().unwrap().parse().unwrap()
    };
    let listed = |root: Digest, key: &str| -> Digest {
        let piece: Value = objects.json(first_piece(root)).unwrap();
        piece[0][key].as_str().unwrap().parse().unwrap()
    };
    let inputs: Value = objects.json(digest_of(&predicate.inputs.digest)).unwrap();
    BTreeMap::from([
        ("findings", digest_of(&predicate.findings.digest)),
        ("a piece of the findings", first_piece(digest_of(&predicate.findings.digest))),
        ("the manifest", digest_of(&predicate.head.manifest)),
        ("a piece of the manifest", first_piece(digest_of(&predicate.head.manifest))),
        ("the manifest of base", digest_of(&predicate.base.as_ref().unwrap().manifest)),
        ("unresolved", digest_of(&predicate.unresolved.digest)),
        ("the list of rules", digest_of(&predicate.rules.digest)),
        ("a rule file", listed(digest_of(&predicate.rules.digest), "sha256")),
        ("a policy", digest_of(&predicate.policy[0].digest)),
        ("inputs", digest_of(&predicate.inputs.digest)),
        ("a kept file", listed(inputs["kept"].as_str().unwrap().parse().unwrap(), "sha256")),
    ])
}

/// What is told, and what was done.
type Change<'a> = (&'a str, &'a dyn Fn(&MemoryStorage));

#[test]
fn an_object_of_any_kind_is_missed_and_every_change_of_it_is_told() {
    for (kind, digest) in objects_of(&GOOD.storage) {
        let name = names::object(&digest);
        let other = compress(b"something else").unwrap();
        let changes: [Change<'_>; 5] = [
            ("is not there", &|storage| delete(storage, &name)),
            ("holds something else", &|storage| edit(storage, &name, |bytes| *bytes.last_mut().unwrap() ^= 1)),
            ("holds something else", &|storage| edit(storage, &name, |bytes| bytes.truncate(bytes.len() / 2))),
            // Still a frame, of other bytes.
            ("holds something else", &|storage| edit(storage, &name, |bytes| bytes.clone_from(&other))),
            ("holds something else", &|storage| edit(storage, &name, |bytes| *bytes = b"no frame".to_vec())),
        ];
        for (what, change) in changes {
            let storage = GOOD.storage.clone();
            change(&storage);
            let told = format!("{}the object {digest} {what}", GOOD.at(FIRST));
            assert_problems(&verify(&storage, &GOOD.verifying).unwrap(), &[&told]);
            println!("| {kind} | {told} |");
        }
    }
}

fn of_bundle(good: &Good, storage: &MemoryStorage, place: usize, change: impl FnOnce(&mut SigstoreBundle)) -> String {
    let name = good.bundle(place);
    let mut bundle = SigstoreBundle::parse(&read(storage, &name)).unwrap();
    change(&mut bundle);
    storage.tamper(&name, Some(bundle.to_json()));
    format!("{}`{name}`", good.at(place))
}

/// Changes of single files.
const FILES: &[Tampering] = &[
    ("a byte of a record", |good, storage| {
        replace(storage, &good.name(FIRST), "\"verdict\":\"blocked\"", "\"verdict\":\"blockee\"");
        format!("{}the file of the record {} holds something else", good.at(FIRST), good.ids[FIRST])
    }),
    ("a record is gone", |good, storage| {
        delete(storage, &good.name(BY_SECOND));
        format!("{}there is no record", good.at(BY_SECOND))
    }),
    ("the statement that adds a key is gone", |good, storage| {
        delete(storage, &good.name(ADDED));
        format!("{}its key {} does not count here", good.at(BY_SECOND), fingerprint(&ecdsa_key(3)))
    }),
    ("two records are exchanged", |good, storage| {
        swap(storage, &good.name(FIRST), &good.name(SECOND));
        format!("{}the file of the record", good.at(SECOND))
    }),
    ("a resultDigest is edited", |good, storage| {
        replace(storage, &good.name(FIRST), "\"resultDigest\":{\"sha256\":\"", "\"resultDigest\":{\"sha256\":\"0");
        format!("{}the file of the record", good.at(FIRST))
    }),
    ("two objects are exchanged", |good, storage| {
        let [a, b] = ["a policy", "a rule file"].map(|kind| names::object(&objects_of(storage)[kind]));
        swap(storage, &a, &b);
        format!("{}the object", good.at(FIRST))
    }),
    ("the payload in a bundle", |good, storage| {
        of_bundle(good, storage, FIRST, |bundle| bundle.envelope.payload.push(b' ')) + " is over another payload"
    }),
    ("the signature in a bundle", |good, storage| {
        of_bundle(good, storage, FIRST, |bundle| bundle.envelope.signatures[0].sig[5] ^= 1) + ": "
    }),
    ("the signature in a bundle of a P-256 key", |good, storage| {
        of_bundle(good, storage, BY_SECOND, |bundle| *bundle.envelope.signatures[0].sig.last_mut().unwrap() ^= 1) + ": "
    }),
    ("the hint in a bundle", |good, storage| {
        of_bundle(good, storage, FIRST, |bundle| bundle.hint = fingerprint(&key(5)).to_string()) + " has other words"
    }),
    ("the key's name in a bundle", |good, storage| {
        of_bundle(good, storage, FIRST, |bundle| bundle.envelope.signatures[0].keyid.clear()) + " has other words"
    }),
    ("the payload's type in a bundle", |good, storage| {
        of_bundle(good, storage, FIRST, |bundle| bundle.envelope.payload_type.push('x')) + " has other words"
    }),
    ("a second signature in a bundle", |good, storage| {
        let again =
            |bundle: &mut SigstoreBundle| bundle.envelope.signatures.push(bundle.envelope.signatures[0].clone());
        of_bundle(good, storage, FIRST, again) + ": "
    }),
    ("the media type of a bundle", |good, storage| {
        replace(storage, &good.bundle(FIRST), "v0.3", "v0.9");
        format!("{}`{}`: ", good.at(FIRST), good.bundle(FIRST))
    }),
    ("a field more in a bundle", |good, storage| {
        replace(storage, &good.bundle(FIRST), "{\"mediaType\"", "{\"note\":1,\"mediaType\"");
        format!("{}`{}` has other words", good.at(FIRST), good.bundle(FIRST))
    }),
    ("a bundle is gone", |good, storage| {
        delete(storage, &good.bundle(BY_SECOND));
        format!("{}`{}` is not there", good.at(BY_SECOND), good.bundle(BY_SECOND))
    }),
    ("the bundles of two records are exchanged", |good, storage| {
        swap(storage, &good.bundle(FIRST), &good.bundle(SECOND));
        format!("{}`{}` is over another payload", good.at(SECOND), good.bundle(SECOND))
    }),
    ("a record is signed again by an unknown key", |good, storage| {
        let payload = read(storage, &good.name(FIRST));
        let signature = key(6).sign(&signed_bytes(&payload)).unwrap();
        let bundle = bundle_of(payload, signature, key(6).public_key());
        storage.tamper(&good.bundle(FIRST), Some(bundle.to_json()));
        format!("{}`{}`: ", good.at(FIRST), good.bundle(FIRST))
    }),
    ("a bundle more, by somebody else and over another record", |good, storage| {
        let payload = read(storage, &good.name(UNSIGNED));
        let signature = key(6).sign(&signed_bytes(&payload)).unwrap();
        let name = names::bundle(good.ids[FIRST], key(6).public_key());
        storage.tamper(&name, Some(bundle_of(payload, signature, key(6).public_key()).to_json()));
        format!("- {} `{name}`: it is over another payload", good.ids[FIRST])
    }),
    ("a bundle more, over what nobody signed", |good, storage| {
        let payload = read(storage, &good.name(UNSIGNED));
        let signature = key(1).sign(&signed_bytes(&payload)).unwrap();
        let name = names::bundle(good.ids[UNSIGNED], key(1).public_key());
        storage.tamper(&name, Some(bundle_of(payload, signature, key(1).public_key()).to_json()));
        format!("- {} it is signed and not in the log", good.ids[UNSIGNED])
    }),
    ("a test result says that a blocked change passed", |good, storage| {
        replace(storage, &names::test_result(good.ids[FIRST]), "\"result\":\"FAILED\"", "\"result\":\"PASSED\"");
        format!("{}its test result says something else than it does", good.at(FIRST))
    }),
    ("the test result of what nobody signed", |good, storage| {
        replace(storage, &names::test_result(good.ids[UNSIGNED]), "\"result\":\"FAILED\"", "\"result\":\"PASSED\"");
        format!("{}its test result says something else than it does", good.at(UNSIGNED))
    }),
    ("a test result is gone", |good, storage| {
        delete(storage, &names::test_result(good.ids[FIRST]));
        format!("{}its test result is not there", good.at(FIRST))
    }),
    ("the bundle of a test result is gone", |good, storage| {
        delete(storage, &good.test_result_bundle(FIRST));
        format!("{}`{}` is not there", good.at(FIRST), good.test_result_bundle(FIRST))
    }),
    ("the bundle of a test result is that of the record", |good, storage| {
        storage.tamper(&good.test_result_bundle(FIRST), Some(read(storage, &good.bundle(FIRST))));
        format!("{}`{}` is over another payload", good.at(FIRST), good.test_result_bundle(FIRST))
    }),
    ("the signature over a test result", |good, storage| {
        let name = good.test_result_bundle(FIRST);
        let mut bundle = SigstoreBundle::parse(&read(storage, &name)).unwrap();
        bundle.envelope.signatures[0].sig[5] ^= 1;
        storage.tamper(&name, Some(bundle.to_json()));
        format!("{}`{name}`: ", good.at(FIRST))
    }),
    ("the place in a proof", |good, storage| {
        replace(storage, &good.proof(FIRST), "\nindex 2\n", "\nindex 3\n");
        format!("{}`{}` is the proof of another record, at 3", good.at(FIRST), good.proof(FIRST))
    }),
    ("a place beyond the end in a proof", |good, storage| {
        replace(storage, &good.proof(FIRST), "\nindex 2\n", "\nindex 99\n");
        format!("{}`{}`: the log has 16 leaves, and 99 is beyond them", good.at(FIRST), good.proof(FIRST))
    }),
    ("a hash in a proof", |good, storage| {
        edit(storage, &good.proof(FIRST), |bytes| bytes[40] = if bytes[40] == b'A' { b'B' } else { b'A' });
        format!("{}`{}`: ", good.at(FIRST), good.proof(FIRST))
    }),
    ("the checkpoint in a proof", |good, storage| {
        replace(storage, &good.proof(FIRST), &format!("{ORIGIN}\n3\n"), &format!("{ORIGIN}\n4\n"));
        format!("{}`{}`: the checkpoint's signature of `{ORIGIN}` does not verify", good.at(FIRST), good.proof(FIRST))
    }),
    ("words in a proof that nothing vouches for", |good, storage| {
        replace(storage, &good.proof(FIRST), "\nindex 2\n", "\nextra AAAA\nindex 2\n");
        format!("{}`{}` has words that nothing vouches for", good.at(FIRST), good.proof(FIRST))
    }),
    ("the proofs of two records are exchanged", |good, storage| {
        swap(storage, &good.proof(FIRST), &good.proof(SECOND));
        format!("{}`{}` is the proof of another record, at 2", good.at(SECOND), good.proof(SECOND))
    }),
    ("a proof by a key that somebody only says is the log's", |good, storage| {
        let statement = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 0);
        let id = Ledger::new(storage).keep_statement(&statement).unwrap();
        storage.tamper(&names::trust(id), Some(Vec::new()));
        let other = MemoryStorage::new();
        let leaf = leaves(storage)[FIRST].clone();
        let log = Log::create(&other, ORIGIN, key(6)).unwrap();
        log.append(&[Leaf::unsigned(b"a"), Leaf::unsigned(b"b"), leaf]).unwrap();
        let proof = log.reader(&[]).unwrap().proof(2).unwrap().to_bytes();
        storage.tamper(&good.proof(FIRST), Some(proof));
        format!("{}`{}`: no key that counts there signed its checkpoint", good.at(FIRST), good.proof(FIRST))
    }),
    ("the proof of another log by the same key", |good, storage| {
        let other = MemoryStorage::new();
        let leaf = leaves(storage)[FIRST].clone();
        let log = Log::create(&other, ORIGIN, key(1)).unwrap();
        log.append(&[Leaf::unsigned(b"a"), Leaf::unsigned(b"b"), leaf]).unwrap();
        let proof = log.reader(&[]).unwrap().proof(2).unwrap().to_bytes();
        storage.tamper(&good.proof(FIRST), Some(proof));
        format!("{}`{}`: the log has been rewritten since", good.at(FIRST), good.proof(FIRST))
    }),
];

#[test]
fn every_change_of_a_file_is_told() {
    assert_told(FILES);
}
