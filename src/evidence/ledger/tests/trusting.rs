//! Whom the log says to trust, and where.

use super::*;

#[test]
fn another_key_counts_from_where_it_was_added() {
    let storage = ledger_of(2);
    open(&storage, key(1)).trust(&about(TrustAction::Add, Role::Recorder, ecdsa_key(3).public_key(), 3)).unwrap();
    record(&open(&storage, ecdsa_key(3)), [4, 5]);
    record(&open(&storage, key(1)), [6]);
    let found = clean(&storage);
    assert_eq!((found.signed, found.trust.keys.len()), (5, 2));
    let second = &found.trust.keys[1];
    assert_eq!((second.from, second.until), (4, None));
    assert!(found.trust.counts(ecdsa_key(3).public_key(), Role::Recorder, 4));
    assert!(!found.trust.counts(ecdsa_key(3).public_key(), Role::Recorder, 3));
    assert!(!found.trust.counts(ecdsa_key(3).public_key(), Role::Witness, 4));
}

#[test]
fn a_record_by_a_key_that_was_not_added_yet_does_not_count() {
    let storage = ledger_of(1);
    let (id, index) = force(&storage, || key(2), &canonical(&statement(2)));
    open(&storage, key(1)).trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 3)).unwrap();
    record(&open(&storage, key(2)), [4]);
    let found = verified(&storage);
    assert_problems(&found, &[&format!("{index} {id} its key {} does not count here", fingerprint(&key(2)))]);
    assert_eq!(found.signed, 2);
}

/// A stolen key cannot write history: what counts is where a record stands, and never what it says of its time.
#[test]
fn a_revoked_key_counts_up_to_the_place_of_its_revocation() {
    let storage = ledger_of(1);
    let first = open(&storage, key(1));
    first.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 2)).unwrap();
    record(&open(&storage, key(2)), [3]);
    // It says that it was said long before.
    let revoked = about(TrustAction::Revoke, Role::Recorder, key(2).public_key(), -100_000);
    open(&storage, key(1)).trust(&revoked).unwrap();
    assert_eq!(clean(&storage).signed, 2, "the record before it is still one");
    let (id, index) = force(&storage, || key(2), &canonical(&statement(4)));
    let found = verified(&storage);
    assert_problems(&found, &[&format!("{index} {id} its key {} does not count here", fingerprint(&key(2)))]);
    assert_eq!(found.signed, 2);
    // Nor does what it signs of the log.
    raw_log(&storage, key(2)).append(&[Leaf::unsigned(b"anything")]).unwrap();
    let lines = lines(&verified(&storage));
    assert!(lines[0].contains("no key that counts at its end signed the checkpoint"), "{lines:#?}");
}

#[test]
fn a_key_may_revoke_itself_and_another_goes_on() {
    let storage = ledger_of(1);
    let first = open(&storage, key(1));
    first.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 2)).unwrap();
    first.trust(&about(TrustAction::Revoke, Role::Recorder, key(1).public_key(), 3)).unwrap();
    clean(&storage);
    assert!(matches!(Recorder::open(&storage, key(1)), Err(EvidenceError::KeyDoesNotCount(_))));
    record(&open(&storage, key(2)), [4]);
    assert_eq!(clean(&storage).trust.keys[0].until, Some(4));
}

#[test]
fn statements_about_keys_that_have_no_effect_are_told() {
    let other_log =
        TrustStatement::new(TrustAction::Add, Role::Recorder, "example.com/x", key(5).public_key(), instant(2));
    let mut other_key = about(TrustAction::Add, Role::Recorder, key(5).public_key(), 2);
    other_key.predicate.public_key = key(6).public_key().to_pem();
    let nameless = about(TrustAction::Add, Role::Witness, key(5).public_key(), 2);
    let mut ecdsa = about(TrustAction::Add, Role::Witness, ecdsa_key(3).public_key(), 2);
    ecdsa.predicate.name = Some(WITNESS.to_owned());
    for (statement, what) in [
        (about(TrustAction::Genesis, Role::Recorder, key(5).public_key(), 2), "a log begins once"),
        (
            about(TrustAction::Revoke, Role::Recorder, key(5).public_key(), 2),
            "it revokes a key that does not count here",
        ),
        (other_log, "it is about the log example.com/x"),
        (other_key, "its key cannot be read, or is not the one that it names"),
        (nameless, "a witness has a name without spaces and an Ed25519 key"),
        (ecdsa, "a witness has a name without spaces and an Ed25519 key"),
    ] {
        let storage = ledger_of(1);
        let logged = open(&storage, key(1)).trust(&statement).unwrap();
        let found = verified(&storage);
        assert_problems(&found, &[&format!("2 {} {what}", logged.id)]);
        assert_eq!(found.trust.keys.len(), 1);
    }
}

#[test]
fn the_first_key_is_the_one_that_was_confirmed() {
    let storage = ledger_of(1);
    let confirmed = |key: &EvidenceKey| {
        verify(&storage, &Verifying { confirmed: Some(fingerprint(key)), ..Verifying::default() }).unwrap()
    };
    assert_eq!(confirmed(&key(1)).problems, []);
    let found = confirmed(&key(2));
    let (is, was) = (fingerprint(&key(1)), fingerprint(&key(2)));
    assert_problems(
        &found,
        &[
            &format!("the log begins with the key {is}, and {was} was confirmed"),
            "no key that counts at its end signed the checkpoint",
            &format!("its key {is} does not count here"),
        ],
    );
    assert_eq!((found.signed, found.genesis), (0, None), "and nothing of it counts");
}

fn witnessed(required: usize) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let (recorder, _) = Recorder::begin(&storage, ORIGIN, key(1), Some(required), instant(0)).unwrap();
    for (name, seed) in [(WITNESS, 8), ("second.example", 9)] {
        let mut witness = about(TrustAction::Add, Role::Witness, key(seed).public_key(), 1);
        witness.predicate.name = Some(name.to_owned());
        recorder.trust(&witness).unwrap();
    }
    record(&recorder, [2]);
    storage
}

#[test]
fn a_checkpoint_needs_as_many_witnesses_as_the_log_says() {
    let storage = witnessed(2);
    let lacks = |has: usize| format!("the checkpoint has {has} of the 2 witnesses that it needs");
    assert_problems(&verified(&storage), &[&lacks(0)]);
    cosign(&storage, WITNESS, &key(8), 1_800_000_000);
    let found = verified(&storage);
    assert_problems(&found, &[&lacks(1)]);
    assert_eq!(found.witnesses, [(WITNESS.to_owned(), 1_800_000_000)]);
    // The same one again is not a second.
    cosign(&storage, WITNESS, &key(8), 1_800_000_100);
    assert_problems(&verified(&storage), &[&lacks(1)]);
    // One that the log does not know is none, under whatever name.
    cosign(&storage, "second.example", &key(10), 1_800_000_000);
    assert_problems(&verified(&storage), &[&lacks(1)]);
    cosign(&storage, "second.example", &key(9), 1_800_000_000);
    assert_eq!(clean(&storage).witnesses.len(), 2);
    // The next checkpoint is without.
    record(&open(&storage, key(1)), [3]);
    assert_problems(&verified(&storage), &[&lacks(0)]);
}

#[test]
fn only_a_key_that_counts_lowers_what_a_checkpoint_needs() {
    let lowered = |seed: u8| {
        let mut statement = about(TrustAction::Add, Role::Recorder, key(seed).public_key(), 3);
        statement.predicate.required_witnesses = Some(0);
        statement
    };
    let storage = witnessed(1);
    let (id, index) = force(&storage, || key(7), &canonical(&lowered(7)));
    let what = format!("{index} {id} it is not signed by a recorder's key that counts here");
    assert_problems(&verified(&storage), &[&what, "the checkpoint has 0 of the 1 witnesses that it needs"]);
    let storage = witnessed(1);
    open(&storage, key(1)).trust(&lowered(2)).unwrap();
    clean(&storage);
}

/// Anybody who can write to the storage can put a statement there.
#[test]
fn a_statement_about_a_key_that_is_not_in_the_log_gives_nobody_trust() {
    let storage = ledger_of(1);
    let ledger = Ledger::new(&storage);
    let genesis =
        TrustStatement::new(TrustAction::Genesis, Role::Recorder, "evil.example", key(6).public_key(), instant(0));
    let add = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 0);
    for statement in [genesis, add] {
        let id = ledger.keep_statement(&statement).unwrap();
        storage.create(&names::trust(id), b"").unwrap();
    }
    assert_eq!(clean(&storage).trust.keys.len(), 1);
    record(&open(&storage, key(1)), [2]);
    assert!(matches!(Recorder::open(&storage, key(6)), Err(EvidenceError::KeyDoesNotCount(_))));
    let (id, index) = force(&storage, || key(6), &canonical(&statement(3)));
    assert_problems(&verified(&storage), &[&format!("{index} {id} its key")]);
}

/// A hint that leads nowhere is told, and stops nobody.
#[test]
fn a_hint_without_a_statement_is_told_and_stops_nobody() {
    let storage = ledger_of(1);
    let nowhere = RecordId(Digest::of(b"nowhere"));
    storage.create(&names::trust(nowhere), b"").unwrap();
    record(&open(&storage, key(1)), [2]);
    assert_problems(&verified(&storage), &[&format!("{nowhere} it is said to be about a key: there is no record")]);
}

/// A leaf that only claims to be signed gives nobody trust.
#[test]
fn a_statement_whose_signature_does_not_verify_has_no_effect() {
    let storage = ledger_of(1);
    let payload = canonical(&about(TrustAction::Add, Role::Recorder, key(6).public_key(), 2));
    let id =
        Ledger::new(&storage).keep_statement(&about(TrustAction::Add, Role::Recorder, key(6).public_key(), 2)).unwrap();
    let signed = crate::evidence::log::Signed {
        digest: id.0,
        signature: key(6).sign(&signed_bytes(&payload)).unwrap(),
        key: key(1).public_key().clone(),
    };
    raw_log(&storage, key(1)).append(&[Leaf::Ed25519(signed)]).unwrap();
    let found = verified(&storage);
    assert_problems(&found, &["2 ", "the signature in the log is not one of the record by its key"]);
    assert_eq!(found.trust.keys.len(), 1);
}
