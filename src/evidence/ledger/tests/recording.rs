//! Beginning a log, recording in it, and finding what was recorded.

use super::*;

#[test]
fn a_log_is_begun_recorded_in_and_verified() {
    let storage = MemoryStorage::new();
    let (recorder, genesis) = Recorder::begin(&storage, ORIGIN, key(1), None, instant(0)).unwrap();
    assert_eq!((genesis.index, recorder.origin()), (0, ORIGIN));
    let logged = record(&recorder, 1..=5);
    assert_eq!(logged.iter().map(|logged| logged.index).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(recorder.checkpoint().unwrap(), checkpoint(&storage));
    let found = clean(&storage);
    assert_eq!((found.size, found.signed, found.unsigned, found.not_logged), (6, 5, 0, 0));
    assert_eq!((found.origin.as_deref(), found.genesis), (Some(ORIGIN), Some(fingerprint(&key(1)))));
    assert_eq!(found.trust.keys.len(), 1);
    for logged in logged {
        let name = record_name(logged.id);
        let beside = |suffix: &str| storage.read(&name.replace(".json", suffix)).unwrap().is_some();
        assert!(beside(".test-result.json") && beside(".tlog-proof"));
        assert_eq!(recorder.ledger().bundles(logged.id).unwrap().len(), 1);
    }
}

#[test]
fn nothing_at_all_verifies_and_says_that_there_is_no_log() {
    let found = clean(&MemoryStorage::new());
    assert_eq!((found.origin, found.size, found.genesis), (None, 0, None));
    let nothing = MemoryStorage::new();
    assert!(matches!(Recorder::open(&nothing, key(1)), Err(EvidenceError::NoLog)));
    // Evaluations that were kept where nobody keeps a log.
    Ledger::new(&nothing).keep(&statement(1), objects()).unwrap();
    assert_eq!(clean(&nothing).not_logged, 1);
    // Who knows that there must be a log is told that there is none.
    for verifying in [
        Verifying { confirmed: Some(fingerprint(&key(1))), ..Verifying::default() },
        Verifying { anchors: vec![("kept".to_owned(), checkpoint(&ledger_of(1)))], ..Verifying::default() },
    ] {
        assert_problems(&verify(&nothing, &verifying).unwrap(), &["there is no log here"]);
    }
}

#[test]
fn what_was_recorded_is_not_recorded_again() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let first = record(&recorder, [1, 2]);
    assert_eq!(record(&recorder, [2, 1]).iter().rev().map(|l| l.index).collect::<Vec<_>>(), [1, 2]);
    // By another process, whose key signs otherwise each time, too.
    let again = record(&open(&storage, key(1)), [1]);
    assert_eq!((again[0].id, again[0].index), (first[0].id, first[0].index));
    assert_eq!(clean(&storage).size, 3);
    let other = MemoryStorage::new();
    let recorder = begin(&other, ecdsa_key(3));
    let logged = record(&recorder, [1]);
    // The file of the signature is gone: the signature in the log stays the one.
    let bundle = names::bundle(logged[0].id, ecdsa_key(3).public_key());
    let bytes = other.read(&bundle).unwrap();
    other.tamper(&bundle, None);
    record(&recorder, [1]);
    assert_eq!(other.read(&bundle).unwrap(), bytes);
    assert_eq!(clean(&other).size, 2);
}

#[test]
fn both_kinds_of_keys_sign() {
    for key in [key(1), ecdsa_key(3)] {
        let storage = MemoryStorage::new();
        let own = fingerprint(&key);
        record(&begin(&storage, key), 1..=3);
        let found = clean(&storage);
        assert_eq!((found.signed, found.genesis), (3, Some(own)));
    }
    assert!(matches!(leaves(&ledger_of(1))[1], Leaf::Ed25519(_)));
}

#[test]
fn a_judges_records_are_logged_unsigned_and_counted_apart() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let ids: Vec<RecordId> =
        (1..=3).map(|minute| recorder.ledger().keep(&statement(minute), objects()).unwrap()).collect();
    assert_eq!(clean(&storage).not_logged, 3);
    let logged = recorder.log_unsigned(&ids[..2]).unwrap();
    assert_eq!(logged.iter().map(|logged| (logged.id, logged.index)).collect::<Vec<_>>(), [(ids[0], 1), (ids[1], 2)]);
    assert_eq!(recorder.log_unsigned(&ids[..2]).unwrap(), logged, "and not twice");
    let found = clean(&storage);
    assert_eq!((found.signed, found.unsigned, found.not_logged, found.size), (0, 2, 1, 3));
    assert!(storage.read(&names::proof(ids[0])).unwrap().is_some());
    // One that is signed later is a signed one.
    record(&recorder, [1]);
    let found = clean(&storage);
    assert_eq!((found.signed, found.unsigned, found.size), (1, 1, 4));
    assert!(matches!(recorder.log_unsigned(&[RecordId(Digest::of(b"none"))]), Err(EvidenceError::NoRecord(_))));
}

#[test]
fn two_recorders_with_one_key_take_turns() {
    let storage = MemoryStorage::new();
    let first = begin(&storage, key(1));
    let second = open(&storage, key(1));
    for minute in (1..20).step_by(2) {
        record(&first, [minute]);
        record(&second, [minute, minute + 1]);
    }
    let found = clean(&storage);
    assert_eq!((found.size, found.signed), (21, 20));
}

#[test]
fn a_record_that_two_keys_signed_is_one_record() {
    let storage = MemoryStorage::new();
    let first = begin(&storage, key(1));
    record(&first, [1]);
    first.trust(&about(TrustAction::Add, Role::Recorder, ecdsa_key(3).public_key(), 2)).unwrap();
    let second = open(&storage, ecdsa_key(3));
    let logged = record(&second, [1, 3]);
    let found = clean(&storage);
    assert_eq!((found.size, found.signed), (5, 2));
    assert_eq!(second.ledger().bundles(logged[0].id).unwrap().len(), 2);
}

#[test]
fn a_log_is_begun_once() {
    let storage = ledger_of(1);
    let before = storage.list("").unwrap();
    for (origin, key) in [(ORIGIN, key(1)), (ORIGIN, key(2)), ("example.com/other", key(1))] {
        let error = Recorder::begin(&storage, origin, key, None, instant(9)).err().unwrap();
        assert_eq!(error.to_string(), "there is a log here already");
    }
    assert_eq!(storage.list("").unwrap(), before);
    // Nor where its head is gone: what would be written is another log.
    storage.tamper_slot(Slot::Head, None);
    Recorder::begin(&storage, ORIGIN, key(1), None, instant(9)).err().unwrap();
    assert_problems(&verified(&storage), &["the log lacks `head`"]);
}

#[test]
fn a_key_that_does_not_count_signs_nothing() {
    let storage = ledger_of(2);
    let note = checkpoint(&storage);
    let error = Recorder::open(&storage, key(2)).err().unwrap();
    assert!(error.to_string().contains(&format!("the key {} does not count", fingerprint(&key(2)))), "{error}");
    let recorder = open(&storage, key(1));
    recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 3)).unwrap();
    record(&open(&storage, key(2)), [4]);
    let revoked = about(TrustAction::Revoke, Role::Recorder, key(2).public_key(), 5);
    open(&storage, key(1)).trust(&revoked).unwrap();
    assert!(matches!(Recorder::open(&storage, key(2)), Err(EvidenceError::KeyDoesNotCount(_))));
    assert_ne!(checkpoint(&storage), note);
    clean(&storage);
}

#[test]
fn a_record_is_found_by_the_beginning_of_its_id() {
    let storage = ledger_of(3);
    let ledger = Ledger::new(&storage);
    let ids = ledger.records().unwrap();
    assert_eq!(ids.len(), 4);
    for id in ids {
        let name = id.to_string();
        for length in [4, 5, 12, 63, 64] {
            assert_eq!(ledger.find(&name[..length]).unwrap(), id);
        }
        for wrong in [&name[..3], "", &name[..8].to_uppercase().replace(|c: char| c.is_ascii_digit(), "A"), "../../.."]
        {
            assert!(matches!(ledger.find(wrong), Err(EvidenceError::NoRecord(_))), "{wrong}");
        }
    }
    // Two that begin alike.
    let one = ledger.records().unwrap()[0].to_string();
    let mut other: Vec<char> = one.chars().collect();
    other[20] = if other[20] == '0' { '1' } else { '0' };
    let other: RecordId = other.into_iter().collect::<String>().parse().unwrap();
    storage.tamper(&names::statement(other), Some(Vec::new()));
    assert!(matches!(ledger.find(&one[..10]), Err(EvidenceError::NoRecord(_))));
    assert_eq!(ledger.find(&one[..21]).unwrap().to_string(), one);
}

#[test]
fn records_are_found_by_tree_and_by_commit() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let (tree, commit) = ("7".repeat(40), "c".repeat(40));
    let mut statement = statement(1);
    let digest = [("gitTree".into(), tree.clone())].into();
    statement.subject.push(crate::evidence::ResourceDescriptor { name: None, uri: None, digest });
    let logged = recorder.record(&statement, objects(), Some(&commit)).unwrap();
    assert_eq!(recorder.ledger().judged(&tree).unwrap(), [logged.id]);
    assert_eq!(recorder.ledger().recorded(&commit).unwrap(), [logged.id]);
    assert_eq!(recorder.ledger().judged("8").unwrap(), []);
    clean(&storage);
}

#[test]
fn what_is_recorded_together_is_what_is_recorded_one_by_one() {
    let (single, together) = (MemoryStorage::new(), MemoryStorage::new());
    let one_by_one = record(&begin(&single, key(1)), 1..=7);
    let recorder = begin(&together, key(1));
    let logged = recorder.record_all((1..=7).map(|minute| (statement(minute), objects()))).unwrap();
    let told = |logged: &[Logged]| logged.iter().map(|one| (one.id, one.index)).collect::<Vec<_>>();
    assert_eq!(told(&logged), told(&one_by_one));
    let root = |storage: &MemoryStorage| clean(storage).root;
    assert_eq!(root(&together), root(&single));
    // Everything stands beside each of them, and once: another time nothing is added.
    for one in &logged {
        assert_eq!(recorder.ledger().bundles(one.id).unwrap().len(), 1);
        assert!(together.read(&names::proof(one.id)).unwrap().is_some());
    }
    recorder.record_all((3..=9).map(|minute| (statement(minute), objects()))).unwrap();
    assert_eq!(clean(&together).signed, 9);
    assert_eq!(recorder.record_all([]).unwrap(), []);
}

#[test]
fn a_full_tile_takes_the_place_of_the_partial_ones() {
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let partial = || {
        let tiles = storage.list("tile/").unwrap();
        tiles.iter().filter(|name| name.contains("/000.p/")).count() + storage.list("staged/").unwrap().len()
    };
    let most = i64::try_from(TILE_WIDTH).unwrap();
    recorder.record_all((1..most - 3).map(|minute| (statement(minute), objects()))).unwrap();
    record(&recorder, most - 3..most - 1);
    assert!(partial() > 6, "{}", partial());
    record(&recorder, [most - 1]);
    // The one of the level above is partial still, and the batch of the head is kept.
    assert_eq!(partial(), 2);
    record(&recorder, most..most + 2);
    assert_eq!(clean(&storage).signed, TILE_WIDTH + 1);
}
