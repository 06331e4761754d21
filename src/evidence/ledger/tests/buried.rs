//! What a tombstone does not excuse.

use super::purging::{DANA, bytes, day, has, landed, purging, three};
use super::*;
use crate::rules::RetentionClass;

/// What somebody says was removed who does not go by the rules.
fn forged(cause: TombstoneCause, records: &[RecordId], objects: &[&str], at: i64) -> TombstoneStatement {
    let records = records.iter().map(|id| Buried { record: *id, class: RetentionClass::Blocked, kept_until: None });
    TombstoneStatement::new(TombstonePredicate {
        origin: ORIGIN.to_owned(),
        cause,
        records: records.collect(),
        objects: objects.iter().map(|text| Digest::of(text.as_bytes())).collect(),
        by: DANA.to_owned(),
        reason: Some("request 1".to_owned()),
        at: jiff::Timestamp::from_second(at).unwrap().to_string(),
    })
}

fn remove(storage: &MemoryStorage, text: &str) {
    assert!(has(storage, text));
    storage.tamper(&names::object(&Digest::of(text.as_bytes())), None);
}

const GONE: &str = "is not there";

#[test]
fn an_object_that_lacks_without_a_tombstone_is_told() {
    let (storage, _) = three();
    remove(&storage, "c");
    assert_problems(&verified(&storage), &[GONE]);
    // Nor does that of another object or another record excuse it.
    let (storage, [a, _, c]) = three();
    remove(&storage, "c");
    for (records, objects) in [(&[c][..], "a"), (&[a][..], "c")] {
        let statement = forged(TombstoneCause::Erasure, records, &[objects], day(1));
        let storage = storage.clone();
        force(&storage, || key(1), &canonical(&statement));
        assert_problems(&verified(&storage), &[GONE]);
    }
    let statement = forged(TombstoneCause::Erasure, &[c], &["c"], day(1));
    force(&storage, || key(1), &canonical(&statement));
    assert_eq!(clean(&storage).erased, 1);
}

#[test]
fn a_tombstone_that_nobody_signed_or_whose_key_does_not_count_excuses_nothing() {
    let (begun, [.., c]) = three();
    remove(&begun, "c");
    let statement = forged(TombstoneCause::Erasure, &[c], &["c"], day(1));
    let payload = canonical(&statement);
    // Beside the log.
    let storage = begun.clone();
    Ledger::new(&storage).keep_statement(&statement).unwrap();
    assert_problems(&verified(&storage), &[GONE]);
    // In the log, unsigned.
    open(&storage, key(1)).log_unsigned(&[RecordId::of(&payload)]).unwrap();
    assert_problems(&verified(&storage), &[GONE, "no key that counts here signed it"]);
    // By a key that never counted.
    let storage = begun.clone();
    force(&storage, || key(6), &payload);
    assert_problems(&verified(&storage), &[GONE, "no key that counts here signed it"]);
    // By one that no longer does.
    let storage = begun;
    let recorder = open(&storage, key(1));
    recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 5)).unwrap();
    recorder.trust(&about(TrustAction::Revoke, Role::Recorder, key(2).public_key(), 6)).unwrap();
    force(&storage, || key(2), &payload);
    assert_problems(&verified(&storage), &[GONE, "no key that counts here signed it"]);
}

#[test]
fn a_tombstone_for_a_record_before_its_date_excuses_nothing() {
    for (text, place) in [("c", 2), ("a", 0)] {
        let (storage, ids) = three();
        remove(&storage, text);
        let statement = forged(TombstoneCause::Retention, &[ids[place]], &[text], day(9));
        force(&storage, || key(1), &canonical(&statement));
        assert_problems(&verified(&storage), &[GONE, "before its date"]);
    }
    let storage = MemoryStorage::new();
    let recorder = begin(&storage, key(1));
    let (statement, objects) = landed(1, None, &[bytes("x")]);
    let id = recorder.record(&statement, objects, None).unwrap().id;
    remove(&storage, "x");
    force(&storage, || key(1), &canonical(&forged(TombstoneCause::Retention, &[id], &["x"], day(90_000))));
    assert_problems(&verified(&storage), &[GONE, "which is kept without an end"]);
}

#[test]
fn a_tombstone_for_a_record_under_a_hold_excuses_nothing() {
    for cause in [TombstoneCause::Retention, TombstoneCause::Erasure] {
        let (storage, [a, ..]) = three();
        let recorder = open(&storage, key(1));
        let covers = Covers { records: [a].into(), ..Covers::default() };
        let held = hold(&recorder, HoldAction::Place { covers }, DANA, "case", instant(8)).unwrap().id;
        remove(&storage, "a");
        force(&storage, || key(1), &canonical(&forged(cause, &[a], &["a"], day(12))));
        assert_problems(&verified(&storage), &[GONE, &format!("the hold {held} covered it")]);
        // That it is lifted later changes nothing of it.
        hold(&recorder, HoldAction::Lift { hold: held }, DANA, "closed", instant(9)).unwrap();
        assert_problems(&verified(&storage), &[GONE, &format!("the hold {held} covered it")]);
    }
}

#[test]
fn an_erasure_without_a_reason_and_a_tombstone_of_another_log_excuse_nothing() {
    let (begun, [a, ..]) = three();
    remove(&begun, "a");
    let mut silent = forged(TombstoneCause::Erasure, &[a], &["a"], day(1));
    silent.predicate.reason = None;
    let mut elsewhere = forged(TombstoneCause::Erasure, &[a], &["a"], day(1));
    elsewhere.predicate.origin = "example.com/other".to_owned();
    let mut timeless = forged(TombstoneCause::Erasure, &[a], &["a"], day(1));
    timeless.predicate.at = "soon".to_owned();
    for (statement, what) in
        [(silent, "does not say why"), (elsewhere, "is about the log"), (timeless, "does not say when")]
    {
        let storage = begun.clone();
        force(&storage, || key(1), &canonical(&statement));
        assert_problems(&verified(&storage), &[GONE, what]);
    }
    let storage = begun;
    let mut value = serde_json::to_value(forged(TombstoneCause::Erasure, &[a], &["a"], day(1))).unwrap();
    value["predicate"]["more"] = json!(true);
    force(&storage, || key(1), &canonical(&value));
    assert_problems(&verified(&storage), &[GONE, "fields that this binary does not know"]);
}

/// A statement itself is never excused: it may have been the revocation of the key that says so.
#[test]
fn a_tombstone_excuses_no_statement() {
    let (storage, _) = three();
    let recorder = open(&storage, key(1));
    recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 5)).unwrap();
    let revoked = recorder.trust(&about(TrustAction::Revoke, Role::Recorder, key(2).public_key(), 6)).unwrap();
    let name = names::statement(revoked.id);
    storage.tamper(&name, None);
    force(&storage, || key(2), &canonical(&forged(TombstoneCause::Erasure, &[revoked.id], &[], day(1))));
    let told = lines(&verified(&storage));
    assert!(told.iter().any(|line| line.contains(&format!("there is no record `{}`", revoked.id))), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("which is no record here")), "{told:#?}");
}

#[test]
fn a_hold_that_was_taken_away_is_told_and_nothing_is_removed_then() {
    let (storage, [a, ..]) = three();
    let recorder = open(&storage, key(1));
    let covers = Covers { records: [a].into(), ..Covers::default() };
    let held = hold(&recorder, HoldAction::Place { covers }, DANA, "case", instant(8)).unwrap();
    storage.tamper(&names::statement(held.id), None);
    let told = lines(&verified(&storage));
    assert!(told.iter().any(|line| line.starts_with(&format!("{} ", held.index))), "{told:#?}");
    let error = purge(&recorder, &purging(day(12)), DANA).unwrap_err();
    assert!(matches!(error, EvidenceError::Retention(RetentionError::NotWhole { index, .. }) if index == held.index));
    assert!(has(&storage, "a"));
}

/// Whoever sets the clock forward can purge; everybody is told until that time comes, and the recorder stops at once.
#[test]
fn a_clock_that_was_set_forward_is_told() {
    let (storage, _) = three();
    purge(&open(&storage, key(1)), &purging(day(40)), DANA).unwrap();
    let at = |now| verify(&storage, &Verifying { now: Some(now), ..Verifying::default() }).unwrap();
    let told = lines(&at(day(2)));
    assert!(told.iter().any(|line| line.contains("later than it is now")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains(GONE)), "{told:#?}");
    assert_eq!(at(day(40)).problems, []);
    let recorder = open(&storage, key(1));
    assert!(matches!(recorder.check_clock(day(2)), Err(EvidenceError::Clock { .. })));
    recorder.check_clock(day(40)).unwrap();
    // Once something is recorded with the right time, nobody needs to know what time it is.
    let (statement, objects) = landed(5, None, &[]);
    recorder.record(&statement, objects, None).unwrap();
    assert_problems(&verified(&storage), &["made before the record before it"]);
}

#[test]
fn a_lift_of_nothing_is_told() {
    let (storage, [a, ..]) = three();
    let predicate = HoldPredicate {
        origin: ORIGIN.to_owned(),
        action: HoldAction::Lift { hold: a },
        by: DANA.to_owned(),
        reason: "closed".to_owned(),
        at: instant(9),
    };
    force(&storage, || key(1), &canonical(&HoldStatement::new(predicate)));
    assert_problems(&verified(&storage), &["it lifts a hold that is not in force"]);
}
