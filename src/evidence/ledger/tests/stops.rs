//! Recorders that end at any operation, and others that come in between.

use std::cell::Cell;

use super::*;
use crate::evidence::log::disturbed::{Disturbed, What};

/// What a recorder does: it begins a log or opens one, and records evaluations, a judge's among them.
fn script(storage: &impl Storage, new: bool, own: &dyn Fn() -> EvidenceKey) -> Result<Vec<Logged>, EvidenceError> {
    let mut logged = Vec::new();
    let recorder = if new {
        let (recorder, genesis) = Recorder::begin(storage, ORIGIN, own(), None, instant(0))?;
        logged.push(genesis);
        recorder
    } else {
        Recorder::open(storage, own())?.0
    };
    let ids = [21, 22].map(|minute| recorder.ledger().keep(&few(minute), Objects::default()));
    let ids: Vec<RecordId> = ids.into_iter().collect::<Result<_, _>>()?;
    logged.extend(recorder.log_unsigned(&ids)?);
    logged.push(recorder.record(&few(23), Objects::default(), Some("c0ffee"))?);
    logged.push(recorder.trust(&about(TrustAction::Add, Role::Recorder, key(2).public_key(), 24))?);
    Ok(logged)
}

/// A record whose objects are there, so that there are few operations.
fn few(minute: i64) -> Statement {
    let mut statement = statement(minute);
    statement.predicate.invocation.mode = "record".into();
    statement.predicate.head.git_commit = Some("c0ffee".to_owned());
    statement
}

/// A storage with the objects of the records, and a log of some records or none.
fn start(records: Option<i64>) -> MemoryStorage {
    let storage = MemoryStorage::new();
    Ledger::new(&storage).keep_objects(&objects()).unwrap();
    if let Some(count) = records {
        record(&begin(&storage, key(1)), 1..=count);
    }
    storage
}

fn operations(begun: &MemoryStorage, new: bool) -> u64 {
    let calm = begun.clone();
    let watched = Disturbed::undisturbed(&calm);
    script(&watched, new, &|| key(1)).unwrap();
    clean(&calm);
    watched.count.get()
}

/// Runs everything again in a new process, and looks whether everything is there once.
fn recover(storage: &MemoryStorage, new: bool, size: u64, context: &str) {
    // What was not finished is no problem of what is there.
    let found = verified(storage);
    let unfinished = |problem: &Problem| {
        // Between the log and the file that follows from it.
        problem.what.contains(".sigstore.json` is not there") && problem.index == found.size.checked_sub(1)
            || new && problem.what.contains("the log does not begin with a key")
            || new && problem.what.contains("the log cannot be opened: there is no log here")
            || new && problem.what.contains("no key that counts at its end")
    };
    for problem in &found.problems {
        assert!(unfinished(problem), "{context}: {problem:?}");
    }
    let opened = Recorder::open(storage, key(1)).map(drop);
    let again = match opened {
        Err(EvidenceError::NoLog) if new => script(storage, true, &|| key(1)),
        Ok(()) => script(storage, false, &|| key(1)),
        Err(error) => panic!("{context}: {error}"),
    };
    again.unwrap_or_else(|error| panic!("{context}: {error}"));
    let found = verified(storage);
    assert_eq!(found.problems, [], "{context}");
    assert_eq!((found.size, found.not_logged), (size, 0), "{context}");
    assert_eq!(Ledger::new(storage).recorded("c0ffee").unwrap().len(), 1, "{context}");
}

#[test]
fn a_recorder_may_end_at_any_operation() {
    for records in [None, Some(2)] {
        let (begun, new) = (start(records), records.is_none());
        let size = records.unwrap_or_default() as u64 + 5;
        let operations = operations(&begun, new);
        assert!(operations > 60, "{operations}");
        for at in 1..=operations {
            for after in [false, true] {
                let context = format!("{records:?} records, operation {at}, after its effect: {after}");
                let storage = begun.clone();
                let ended = script(&Disturbed::new(&storage, at, after, What::End), new, &|| key(1));
                assert!(ended.is_err(), "{context}");
                recover(&storage, new, size, &context);
            }
        }
    }
}

/// What a recorder had not finished, the next one finishes before it adds its own, whichever key it has.
#[test]
fn the_next_recorder_finishes_with_another_key() {
    let begun = start(Some(1));
    let add = about(TrustAction::Add, Role::Recorder, ecdsa_key(3).public_key(), 2);
    open(&begun, key(1)).trust(&add).unwrap();
    let mut finished = 0;
    for at in 1..operations(&begun, false) {
        let storage = begun.clone();
        let _ = script(&Disturbed::new(&storage, at, true, What::End), false, &|| key(1));
        let lacked = !verified(&storage).problems.is_empty();
        record(&open(&storage, ecdsa_key(3)), [30]);
        clean(&storage);
        finished += u32::from(lacked);
    }
    assert!(finished > 2, "{finished} times something lacked");
}

/// While one recorder is about to do something, another one with the same key records, the same and more.
#[test]
fn another_recorder_may_come_in_between_at_any_operation() {
    let begun = start(Some(1));
    for at in 1..=operations(&begun, false) {
        for after in [false, true] {
            let context = format!("operation {at}, after its effect: {after}");
            let storage = begun.clone();
            let came = Cell::new(false);
            let meanwhile = || {
                came.set(true);
                let other = open(&storage, key(1));
                other.record(&few(23), Objects::default(), Some("c0ffee")).unwrap();
                other.record(&few(25), Objects::default(), None).unwrap();
            };
            let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile));
            script(&disturbed, false, &|| key(1)).unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(came.get());
            let found = verified(&storage);
            assert_eq!(found.problems, [], "{context}");
            assert_eq!((found.size, found.signed, found.unsigned), (7, 3, 2), "{context}");
        }
    }
}

/// An auditor may verify at any moment of a recorder's work.
#[test]
fn verifying_while_a_recorder_works_tells_no_more_than_that_it_works() {
    let begun = start(Some(1));
    for at in 1..=operations(&begun, false) {
        let storage = begun.clone();
        let meanwhile = || {
            let found = verified(&storage);
            for problem in &found.problems {
                assert!(problem.what.contains(".sigstore.json` is not there"), "operation {at}: {problem:?}");
                assert_eq!(problem.index, Some(found.size - 1), "operation {at}");
            }
        };
        script(&Disturbed::new(&storage, at, false, What::Meanwhile(&meanwhile)), false, &|| key(1)).unwrap();
        clean(&storage);
    }
}
