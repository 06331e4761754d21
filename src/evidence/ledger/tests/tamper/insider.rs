//! Records that are signed by a key that counts, and are not what a recorder writes; and statements by keys that do not.

use super::*;

/// Signs a changed record with the first key, logs it, and returns what its lines begin with.
fn signed(storage: &MemoryStorage, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_slice(&canonical(&statement(20))).unwrap();
    change(&mut value);
    let (id, index) = force(storage, || key(1), &canonical(&value));
    cosign(storage, WITNESS, &key(8), 1_800_000_400);
    format!("{index} {id} ")
}

fn about_key(storage: &MemoryStorage, own: fn() -> EvidenceKey, statement: &TrustStatement) -> String {
    let (id, index) = force(storage, own, &canonical(statement));
    format!("{index} {id} ")
}

const UNKNOWN_FIELDS: &str = "it has fields that this binary does not know, or is not canonical JSON";

const SIGNED: &[Tampering] = &[
    ("a signed record whose resultDigest is another", |_, storage| {
        signed(storage, |value| value["predicate"]["resultDigest"]["sha256"] = json!(Digest::of(b"other")))
            + "its resultDigest is not that of its result"
    }),
    ("a signed record with another verdict than its resultDigest is of", |_, storage| {
        signed(storage, |value| value["predicate"]["verdict"] = json!("pass"))
            + "its resultDigest is not that of its result"
    }),
    ("a signed record with a field more", |_, storage| {
        signed(storage, |value| value["predicate"]["waived"] = json!(true)) + UNKNOWN_FIELDS
    }),
    ("a signed record that is not canonical", |_, storage| {
        let payload = [&canonical(&statement(20))[..], b"\n"].concat();
        let (id, index) = force(storage, || key(1), &payload);
        format!("{index} {id} {UNKNOWN_FIELDS}")
    }),
    ("a signed record that is no JSON", |_, storage| {
        let (id, index) = force(storage, || key(1), b"all is well");
        format!("{index} {id} it is no statement")
    }),
    ("a signed record of a newer version", |_, storage| {
        signed(storage, |value| value["predicateType"] = json!("https://countersign.dev/attestation/evaluation/v2"))
            + "it is of a kind that this binary does not know: https://countersign.dev/attestation/evaluation/v2"
    }),
    ("a signed record of a kind that only begins like one about keys", |_, storage| {
        signed(storage, |value| value["predicateType"] = json!(format!("{TRUST_TYPE}1")))
            + "it is of a kind that this binary does not know"
    }),
    ("a signed record that is no evaluation and speaks of keys", |_, storage| {
        signed(storage, |value| {
            value["predicate"]["head"]["label"] = json!(TRUST_TYPE);
            value["predicate"]["verdict"] = json!(7);
        }) + "it is no record of an evaluation"
    }),
    ("a signed statement that is not in-toto's", |_, storage| {
        signed(storage, |value| value["_type"] = json!("https://in-toto.io/Statement/v9"))
            + "it is no in-toto statement"
    }),
    ("a signed record that names what was never kept", |_, storage| {
        let other = Digest::of(b"never kept");
        signed(storage, |value| value["predicate"]["inputs"]["digest"]["sha256"] = json!(other))
            + &format!("the object {other} is not there")
    }),
    ("a signed record that names one kind of list as another", |_, storage| {
        let findings = json!(digest_of(&SAMPLE.0.predicate.findings.digest));
        signed(storage, |value| value["predicate"]["rules"]["digest"]["sha256"] = findings.clone())
            + &format!("the object {} is not what the record needs: it is no list of", findings.as_str().unwrap())
    }),
    ("a signed record that names something without a SHA-256", |_, storage| {
        signed(storage, |value| value["predicate"]["rules"]["digest"] = json!({ "md5": "0" }))
            + "it names something without a SHA-256"
    }),
    ("a signed record whose list has fewer entries than it says", |_, storage| {
        let mut few = Objects::default();
        let pieces = few.add(&json!([{ "fingerprint": "a" }]));
        let schema = crate::evidence::record::FINDINGS;
        let root = few.add(&json!({ "schema": schema, "count": 2, "depth": 0, "pieces": [pieces] }));
        Ledger::new(storage).keep_objects(&few).unwrap();
        signed(storage, |value| value["predicate"]["findings"]["digest"]["sha256"] = json!(root))
            + &format!("the object {root} is not what the record needs: it says that it has 2 entries and has 1")
    }),
    ("a test result that says that a blocked change passed, signed", |_, storage| {
        let at = signed(storage, |value| value["predicate"]["ci"] = json!({ "actor": "m" }));
        let id: RecordId = at.split(' ').nth(1).unwrap().parse().unwrap();
        let name = names::test_result(id);
        let passed = replaced(&read(storage, &name), "\"result\":\"FAILED\"", "\"result\":\"PASSED\"");
        storage.tamper(&name, Some(passed.clone()));
        let signature = key(1).sign(&signed_bytes(&passed)).unwrap();
        let bundle = bundle_of(passed, signature, key(1).public_key()).to_json();
        storage.tamper(&names::test_result_bundle(id, key(1).public_key()), Some(bundle));
        at + "its test result says something else than it does"
    }),
    ("a record by a key that the log does not know", |_, storage| {
        let (id, index) = force(storage, || key(6), &canonical(&statement(20)));
        format!("{index} {id} its key {} does not count here", fingerprint(&key(6)))
    }),
    ("a record by a witness's key", |_, storage| {
        let (id, index) = force(storage, || key(8), &canonical(&statement(20)));
        format!("{index} {id} its key {} does not count here", fingerprint(&key(8)))
    }),
    ("a record by a revoked key", |_, storage| {
        about_key(storage, || key(1), &about(TrustAction::Revoke, Role::Recorder, ecdsa_key(3).public_key(), 20));
        let (id, index) = force(storage, || ecdsa_key(3), &canonical(&statement(21)));
        format!("{index} {id} its key {} does not count here", fingerprint(&ecdsa_key(3)))
    }),
    ("a record that says that it was made long before", |_, storage| {
        signed(storage, |value| value["predicate"]["invocation"]["finishedOn"] = json!(instant(-100)))
            + "it says that it was made before the record before it"
    }),
    ("a key that an unknown key adds", |_, storage| {
        let statement = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 20);
        about_key(storage, || key(6), &statement) + "it is not signed by a recorder's key that counts here"
    }),
    ("a key that nobody signs for", |_, storage| {
        let id = Ledger::new(storage)
            .keep_statement(&about(TrustAction::Add, Role::Recorder, key(6).public_key(), 20))
            .unwrap();
        open(storage, key(1)).log_unsigned(&[id]).unwrap();
        format!("16 {id} it is not signed by a recorder's key that counts here")
    }),
    ("a key that a witness revokes", |_, storage| {
        let statement = about(TrustAction::Revoke, Role::Recorder, key(1).public_key(), 20);
        about_key(storage, || key(8), &statement) + "it is not signed by a recorder's key that counts here"
    }),
    ("fewer witnesses, by an unknown key", |_, storage| {
        let mut statement = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 20);
        statement.predicate.required_witnesses = Some(0);
        about_key(storage, || key(6), &statement);
        "- - the checkpoint has 0 of the 1 witnesses that it needs".to_owned()
    }),
    ("a statement about a key with a field more", |_, storage| {
        let statement = about(TrustAction::Add, Role::Recorder, key(6).public_key(), 20);
        let mut value: Value = serde_json::from_slice(&canonical(&statement)).unwrap();
        value["predicate"]["until"] = json!("2027-01-01T00:00:00Z");
        let (id, index) = force(storage, || key(1), &canonical(&value));
        format!("{index} {id} {UNKNOWN_FIELDS}")
    }),
    ("a second beginning", |_, storage| {
        let statement = about(TrustAction::Genesis, Role::Recorder, key(1).public_key(), 20);
        about_key(storage, || key(1), &statement) + "a log begins once"
    }),
];

#[test]
fn what_a_recorder_would_not_write_is_told_even_where_it_is_signed() {
    assert_told(SIGNED);
}

/// What a statement with unknown fields says has no effect: it may be limited in a way that is not understood.
#[test]
fn a_key_that_is_added_in_words_that_are_not_known_does_not_count() {
    let storage = ledger_of(1);
    let mut value: Value =
        serde_json::from_slice(&canonical(&about(TrustAction::Add, Role::Recorder, key(6).public_key(), 2))).unwrap();
    value["predicate"]["only"] = json!("on weekdays");
    force(&storage, || key(1), &canonical(&value));
    assert_eq!(verified(&storage).trust.keys.len(), 1);
}
