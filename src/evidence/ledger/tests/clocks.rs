//! Clocks that run backwards.

use super::*;

fn evaluated(minute: i64) -> i64 {
    BEGAN + 60 * minute
}

#[test]
fn a_clock_behind_the_last_record_is_refused() {
    let storage = ledger_of(10);
    let recorder = open(&storage, key(1));
    recorder.check_clock(evaluated(10)).unwrap();
    // Machines differ by some minutes.
    recorder.check_clock(evaluated(5)).unwrap();
    let error = recorder.check_clock(evaluated(5) - 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it is 2026-11-21 00:04 UTC by this clock, and a record was logged at 2026-11-21 00:10 UTC"
    );
    begin(&MemoryStorage::new(), key(1)).check_clock(0).unwrap();
}

#[test]
fn a_record_that_was_written_by_such_a_clock_is_told() {
    let late = |storage: &MemoryStorage, minute: i64| {
        // Another record than the one of that minute.
        let mut late = statement(100 + minute);
        late.predicate.invocation.finished_on = instant(minute);
        open(storage, key(1)).record(&late, objects(), None).unwrap()
    };
    let what = "it says that it was made before the record before it";
    let storage = ledger_of(10);
    late(&storage, 5);
    clean(&storage);
    let logged = late(&storage, 4);
    assert_problems(&verified(&storage), &[&format!("{} {} {what}", logged.index, logged.id)]);
    // Small steps back come to a long way.
    let storage = ledger_of(10);
    late(&storage, 7);
    let logged = late(&storage, 3);
    assert_problems(&verified(&storage), &[&format!("{} {} {what}", logged.index, logged.id)]);
}

#[test]
fn what_is_signed_says_when_it_was_made() {
    let storage = ledger_of(1);
    let mut timeless = statement(2);
    timeless.predicate.invocation.finished_on = "yesterday".to_owned();
    let logged = open(&storage, key(1)).record(&timeless, objects(), None).unwrap();
    assert_problems(&verified(&storage), &[&format!("2 {} it does not say when it was made", logged.id)]);
}

/// A judge's record is the change's to write: by its time nobody is stopped, and nothing is judged.
#[test]
fn what_nobody_signed_says_nothing_of_time() {
    let storage = ledger_of(1);
    let recorder = open(&storage, key(1));
    let id = recorder.ledger().keep(&statement(1_000_000), objects()).unwrap();
    recorder.log_unsigned(&[id]).unwrap();
    recorder.check_clock(evaluated(1)).unwrap();
    record(&recorder, [2]);
    clean(&storage);
}

/// Of a statement about a key, its place is what counts.
#[test]
fn what_a_statement_about_a_key_says_of_its_time_has_no_effect() {
    for minute in [-1_000_000, 1_000_000] {
        let storage = ledger_of(1);
        let recorder = open(&storage, key(1));
        recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), minute)).unwrap();
        recorder.check_clock(evaluated(1)).unwrap();
        recorder.check_clock(0).unwrap_err();
        record(&recorder, [2]);
        clean(&storage);
    }
}
