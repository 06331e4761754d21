//! A process that ends, a storage that fails, and another writer that gets in between: at every operation, before and
//! after its effect.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::super::disturbed::{Disturbed, What};
use super::*;

/// What a process does: some batches, with leaves that were in others, over the edge of a tile.
const SCRIPT: &[&[u64]] = &[&[1000], &[1001, 1000, 1002], &[1003, 1004, 3], &[1005]];

/// A log with this many leaves, or none at all.
fn start(size: Option<u64>) -> MemoryStorage {
    let storage = MemoryStorage::new();
    if let Some(size) = size {
        create(&storage).append(&leaves(0..size)).unwrap();
    }
    storage
}

/// Runs the script until something fails. What was acknowledged: leaf and place.
fn run(storage: &Disturbed<'_>, new: bool) -> (Vec<(u64, u64)>, Result<(), LogError>) {
    let mut acknowledged = Vec::new();
    let mut script = || -> Result<(), LogError> {
        let log =
            if new { Log::create(storage, ORIGIN, key())? } else { Log::open(storage, ORIGIN, key(), Vec::new())?.0 };
        for batch in SCRIPT {
            let appended = log.append(&leaves(batch.iter().copied()))?;
            acknowledged.extend(batch.iter().copied().zip(appended.positions));
        }
        Ok(())
    };
    let ended = script();
    (acknowledged, ended)
}

/// Everything that must hold of a log, whatever happened to it: what was acknowledged is where it was said to be, nothing
/// is there twice, and every checkpoint that was ever published is of a tree that this one starts with.
fn check(storage: &MemoryStorage, acknowledged: &[(u64, u64)], published: &[Vec<u8>], context: &str) {
    let reader = reader(storage);
    let all = all_leaves(&reader);
    assert_eq!(oracle::root(&all), reader.root(), "{context}");
    // Leaves of one key have the same bytes here, since none is signed.
    let distinct: BTreeSet<&Vec<u8>> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "a leaf is there twice: {context}");
    for (number, place) in acknowledged {
        assert_eq!(reader.leaf(*place).unwrap(), leaf(*number), "{context}");
        assert_eq!(reader.position(&leaf(*number).key()).unwrap(), Some(*place), "{context}");
    }
    for note in published {
        let earlier = Checkpoint::open(note, &log_keys(), &[]).unwrap().checkpoint;
        let proof = reader.consistency_proof(earlier.size).unwrap();
        verify_consistency(&proof, earlier.size, earlier.root, reader.size(), reader.root()).unwrap();
    }
}

/// Opens the log after a disturbance, and appends everything again.
fn recover(
    storage: &MemoryStorage,
    acknowledged: &[(u64, u64)],
    published: &[Vec<u8>],
    context: &str,
) -> Option<Healed> {
    let (log, healed) = match Log::open(storage, ORIGIN, key(), Vec::new()) {
        Err(LogError::Absent) => (create(storage), None),
        opened => opened.unwrap_or_else(|error| panic!("{context}: {error}")),
    };
    check(storage, acknowledged, published, context);
    assert_eq!(open(storage).1, None, "healed once: {context}");
    let before = reader(storage).size();
    let mut all = acknowledged.to_vec();
    for batch in SCRIPT {
        let appended = log.append(&leaves(batch.iter().copied())).unwrap();
        assert_eq!(appended.healed, []);
        all.extend(batch.iter().copied().zip(appended.positions));
    }
    check(storage, &all, published, context);
    assert!(reader(storage).size() >= before);
    healed
}

#[test]
fn a_process_may_end_at_any_operation() {
    for size in [None, Some(0), Some(253), Some(256)] {
        let begun = start(size);
        let calm = begun.clone();
        let watched = Disturbed::undisturbed(&calm);
        let (acknowledged, ended) = run(&watched, size.is_none());
        ended.unwrap();
        let operations = watched.count.get();
        assert!(operations > 40);
        check(&calm, &acknowledged, &watched.published.borrow(), "calm");
        let expected = reader(&calm).size();
        let mut healings = 0;
        for at in 1..=operations {
            for after in [false, true] {
                for ends in [true, false] {
                    let context = format!("start {size:?}, operation {at}, after its effect: {after}, end: {ends}");
                    let storage = begun.clone();
                    let disturbed = Disturbed::new(&storage, at, after, if ends { What::End } else { What::Fail });
                    let (acknowledged, ended) = run(&disturbed, size.is_none());
                    assert!(ended.is_err(), "{context}");
                    healings +=
                        u32::from(recover(&storage, &acknowledged, &disturbed.published.borrow(), &context).is_some());
                    assert_eq!(reader(&storage).size(), expected, "{context}");
                }
            }
        }
        assert!(healings > 10, "healing was reported {healings} times");
    }
}

#[test]
fn a_process_that_heals_may_end_too() {
    let begun = start(Some(254));
    let operations = {
        let calm = begun.clone();
        let watched = Disturbed::undisturbed(&calm);
        run(&watched, false).1.unwrap();
        watched.count.get()
    };
    for at in 1..=operations {
        let broken = begun.clone();
        let disturbed = Disturbed::new(&broken, at, true, What::End);
        let (acknowledged, _) = run(&disturbed, false);
        let published = disturbed.published.into_inner();
        for second in 1.. {
            let storage = broken.clone();
            let healing = Disturbed::new(&storage, second, second % 2 == 0, What::End);
            let opened = Log::open(&healing, ORIGIN, key(), Vec::new());
            if let Ok((_, healed)) = opened {
                assert_eq!(healed.is_some(), second > 4, "opening what is whole takes few operations: {second}");
                break;
            }
            let context = format!("ended at {at}, and at {second} of healing");
            let all = [published.clone(), healing.published.into_inner()].concat();
            recover(&storage, &acknowledged, &all, &context);
        }
    }
}

/// While one writer is about to do something, another appends. The leaves of both overlap.
#[test]
fn another_writer_may_come_in_between_at_any_operation() {
    for size in [0, 250, 255] {
        let begun = start(Some(size));
        let operations = {
            let calm = begun.clone();
            let watched = Disturbed::undisturbed(&calm);
            run(&watched, false).1.unwrap();
            watched.count.get()
        };
        for at in 1..=operations {
            for after in [false, true] {
                let storage = begun.clone();
                let others = RefCell::new((Vec::new(), Vec::new()));
                let meanwhile = || {
                    let watched = Disturbed::undisturbed(&storage);
                    let (log, _) = Log::open(&watched, ORIGIN, key(), Vec::new()).unwrap();
                    for batch in [&[1001, 2000][..], &[2001, 1003, 1005, 2002, 2003, 2004, 2005]] {
                        let appended = log.append(&leaves(batch.iter().copied())).unwrap();
                        others.borrow_mut().0.extend(batch.iter().copied().zip(appended.positions));
                    }
                    others.borrow_mut().1.extend(watched.published.into_inner());
                };
                let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile));
                let (acknowledged, ended) = run(&disturbed, false);
                let context = format!("start {size}, operation {at}, after its effect: {after}");
                ended.unwrap_or_else(|error| panic!("{context}: {error}"));
                let published = [disturbed.published.into_inner(), others.borrow().1.clone()].concat();
                let all = [acknowledged, others.borrow().0.clone()].concat();
                check(&storage, &all, &published, &context);
                assert_eq!(open(&storage).1, None, "{context}");
                let distinct: BTreeSet<u64> = all.iter().map(|(number, _)| *number).collect();
                let before = distinct.iter().filter(|number| **number < size).count() as u64;
                assert_eq!(reader(&storage).size(), size + distinct.len() as u64 - before, "{context}");
            }
        }
    }
}
