//! A process that ends, a storage that fails, and another writer that gets in between: at every operation, before and
//! after its effect.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::super::disturbed::{Disturbed, What};
use super::kinds::{Buckets, Folders, Kind, Memory, References};
use super::*;

/// What a process does: some batches, with leaves that were in others, over the edge of a tile.
const SCRIPT: &[&[u64]] = &[&[1000], &[1001, 1000, 1002], &[1003, 1004, 3], &[1005]];

/// Where and how a kind of storage is disturbed: at every operation in every way, or at some where operations are slow.
struct Sample {
    starts: &'static [Option<u64>],
    every: usize,
}

const ALL: Sample = Sample { starts: &[None, Some(0), Some(253), Some(256)], every: 1 };

impl Sample {
    /// Operations, and for each whether its effect takes place and whether the process ends.
    fn cases(&self, operations: u64) -> Vec<(u64, bool, bool)> {
        let ways = [(false, true), (true, true), (false, false), (true, false)];
        let all = (1..=operations).flat_map(|at| ways.map(|(after, ends)| (at, after, ends)));
        // An odd step meets all ways in turn.
        all.step_by(self.every).collect()
    }
}

/// A log with this many leaves, or none at all.
fn start<K: Kind>(kind: &K, size: Option<u64>) -> K::Storage {
    let storage = kind.empty();
    if let Some(size) = size {
        create(&storage).append(&leaves(0..size)).unwrap();
    }
    storage
}

/// Runs the script until something fails. What was acknowledged: leaf and place.
fn run<S: Storage>(storage: &Disturbed<'_, S>, new: bool) -> (Vec<(u64, u64)>, Result<(), LogError>) {
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

/// How many operations the script takes.
fn operations<K: Kind>(kind: &K, begun: &K::Storage) -> u64 {
    let calm = kind.copy(begun);
    let watched = Disturbed::undisturbed(&calm).at_once(K::WHOLE);
    run(&watched, false).1.unwrap();
    watched.count.get()
}

/// Everything that must hold of a log, whatever happened to it: what was acknowledged is where it was said to be, nothing
/// is there twice, and every checkpoint that was ever published is of a tree that this one starts with.
fn check<S: Storage>(storage: &S, acknowledged: &[(u64, u64)], published: &[Vec<u8>], context: &str) {
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
fn recover<S: Storage>(
    storage: &S,
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

fn may_end_anywhere<K: Kind>(kind: &K, sample: &Sample, least_operations: u64, least_healings: u32) {
    for size in sample.starts.iter().copied() {
        let begun = start(kind, size);
        let calm = kind.copy(&begun);
        let watched = Disturbed::undisturbed(&calm).at_once(K::WHOLE);
        let (acknowledged, ended) = run(&watched, size.is_none());
        ended.unwrap();
        let operations = watched.count.get();
        assert!(operations >= least_operations, "{operations}");
        check(&calm, &acknowledged, &watched.published.borrow(), "calm");
        let expected = reader(&calm).size();
        let mut healings = 0;
        for (at, after, ends) in sample.cases(operations) {
            let context = format!("start {size:?}, operation {at}, after its effect: {after}, end: {ends}");
            let storage = kind.copy(&begun);
            let what = if ends { What::End } else { What::Fail };
            let disturbed = Disturbed::new(&storage, at, after, what).at_once(K::WHOLE);
            let (acknowledged, ended) = run(&disturbed, size.is_none());
            assert!(ended.is_err(), "{context}");
            healings += u32::from(recover(&storage, &acknowledged, &disturbed.published.borrow(), &context).is_some());
            assert_eq!(reader(&storage).size(), expected, "{context}");
        }
        assert!(healings >= least_healings, "healing was reported {healings} times");
    }
}

#[test]
fn a_process_may_end_at_any_operation() {
    may_end_anywhere(&Memory, &ALL, 41, 11);
}

#[test]
fn a_process_may_end_at_operations_on_a_folder() {
    may_end_anywhere(&Folders::new(), &Sample { starts: &[Some(253)], every: 11 }, 41, 5);
}

#[test]
fn a_process_may_end_at_operations_on_git() {
    may_end_anywhere(&References::new(), &Sample { starts: &[Some(253)], every: 13 }, 30, 3);
}

#[test]
fn a_process_may_end_at_operations_on_a_bucket() {
    may_end_anywhere(&Buckets, &Sample { starts: &[None, Some(253)], every: 5 }, 41, 10);
}

#[test]
fn a_process_that_heals_may_end_too() {
    let begun = start(&Memory, Some(254));
    for at in 1..=operations(&Memory, &begun) {
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
fn another_may_come_in_between<K: Kind>(kind: &K, sizes: &[u64], every: usize) {
    for size in sizes.iter().copied() {
        let begun = start(kind, Some(size));
        let operations = operations(kind, &begun);
        let cases = (1..=operations).flat_map(|at| [(at, false), (at, true)]);
        for (at, after) in cases.step_by(every) {
            let storage = kind.copy(&begun);
            let others = RefCell::new((Vec::new(), Vec::new()));
            let meanwhile = || {
                let watched = Disturbed::undisturbed(&storage).at_once(K::WHOLE);
                let (log, _) = Log::open(&watched, ORIGIN, key(), Vec::new()).unwrap();
                for batch in [&[1001, 2000][..], &[2001, 1003, 1005, 2002, 2003, 2004, 2005]] {
                    let appended = log.append(&leaves(batch.iter().copied())).unwrap();
                    others.borrow_mut().0.extend(batch.iter().copied().zip(appended.positions));
                }
                others.borrow_mut().1.extend(watched.published.into_inner());
            };
            let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile)).at_once(K::WHOLE);
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

#[test]
fn another_writer_may_come_in_between_at_any_operation() {
    another_may_come_in_between(&Memory, &[0, 250, 255], 1);
}

#[test]
fn another_writer_may_come_in_between_on_git() {
    another_may_come_in_between(&References::new(), &[250], 11);
}

#[test]
fn another_writer_may_come_in_between_on_a_bucket() {
    another_may_come_in_between(&Buckets, &[250], 3);
}

/// While a writer is about to do something, somebody tidies; and whoever tidies may end at any operation.
#[test]
fn tidying_disturbs_nobody() {
    let begun = start(&Memory, Some(250));
    open(&begun).0.append(&leaves(250..252)).unwrap();
    // What is left to tidy is a small batch: going through a large one each time would take long.
    assert_eq!(tidy(&begun, &log_keys()).unwrap().staged, 1);
    open(&begun).0.append(&leaves(252..254)).unwrap();
    for at in 1..=operations(&Memory, &begun) {
        for after in [false, true] {
            let storage = begun.clone();
            let meanwhile = || {
                tidy(&storage, &log_keys()).unwrap();
            };
            let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile));
            let (acknowledged, ended) = run(&disturbed, false);
            let context = format!("tidied at operation {at}, after its effect: {after}");
            ended.unwrap_or_else(|error| panic!("{context}: {error}"));
            check(&storage, &acknowledged, &disturbed.published.borrow(), &context);
            assert_eq!(open(&storage).1, None, "{context}");

            let storage = begun.clone();
            let ended = Disturbed::new(&storage, at, after, What::End);
            let (acknowledged, _) = run(&ended, false);
            let published = ended.published.into_inner();
            tidy(&storage, &log_keys()).unwrap();
            recover(&storage, &acknowledged, &published, &format!("ended, and then {context}"));
        }
    }
    let full = begun.clone();
    open(&full).0.append(&leaves(300..310)).unwrap();
    for at in 1.. {
        let storage = full.clone();
        let tidying = Disturbed::new(&storage, at, at % 2 == 0, What::End);
        let ended = tidy(&tidying, &log_keys());
        recover(&storage, &[(309, 263)], &[], &format!("tidying ended at operation {at}"));
        if ended.is_ok() {
            assert!(at > 10);
            break;
        }
    }
}

/// Two writers that finish the same head, and somebody tidies in between.
#[test]
fn a_batch_that_was_tidied_was_finished() {
    let begun = start(&Memory, Some(3));
    let dead = begun.clone();
    let version = dead.read_slot(Slot::Head).unwrap().unwrap().1;
    // Until its head is swapped, and no further.
    for at in 1.. {
        let dead = begun.clone();
        let ending = Disturbed::new(&dead, at, true, What::End);
        run(&ending, false).1.unwrap_err();
        if dead.read_slot(Slot::Head).unwrap().unwrap().1 == version {
            continue;
        }
        for operation in 1..=20 {
            let storage = dead.clone();
            let meanwhile = || {
                open(&storage).0.append(&leaves([5000])).unwrap();
                tidy(&storage, &log_keys()).unwrap();
            };
            let slow = Disturbed::new(&storage, operation, false, What::Meanwhile(&meanwhile));
            let opened = Log::open(&slow, ORIGIN, key(), Vec::new());
            assert!(opened.is_ok(), "tidied before operation {operation}");
            check(&storage, &[(1000, 3)], &[], "finished by two");
        }
        break;
    }
}
