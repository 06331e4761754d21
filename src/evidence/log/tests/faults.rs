//! A process that ends, a storage that fails, and another writer that gets in between: at every operation, before and
//! after its effect.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::super::storage::StorageErrorKind;
use super::kinds::{Folders, Kind, Memory, References};
use super::*;

/// What happens at an operation.
enum What<'a> {
    /// It fails, and so does every later one: the process has ended.
    End,
    /// It fails once.
    Fail,
    /// Something else is done before it, or behind it.
    Meanwhile(&'a dyn Fn()),
}

/// A storage in which something happens at one operation.
struct Disturbed<'a, S> {
    inner: &'a S,
    at: u64,
    after: bool,
    what: What<'a>,
    count: Cell<u64>,
    /// Whether many objects are made in one operation, and not in one each.
    whole: bool,
    /// Every checkpoint that was published, whoever learnt of it.
    published: RefCell<Vec<Vec<u8>>>,
}

impl<'a, S: Storage> Disturbed<'a, S> {
    fn new(inner: &'a S, at: u64, after: bool, what: What<'a>, whole: bool) -> Self {
        Self { inner, at, after, what, count: Cell::new(0), whole, published: RefCell::default() }
    }

    /// One that only counts and watches.
    fn undisturbed(inner: &'a S, whole: bool) -> Self {
        Self::new(inner, u64::MAX, false, What::Fail, whole)
    }

    fn run<T>(&self, name: &str, effect: impl FnOnce() -> Result<T, StorageError>) -> Result<T, StorageError> {
        let count = self.count.get() + 1;
        self.count.set(count);
        let now = match self.what {
            What::End => count >= self.at,
            What::Fail | What::Meanwhile(_) => count == self.at,
        };
        if !now {
            return effect();
        }
        match self.what {
            What::End | What::Fail => {
                if self.after && count == self.at {
                    let _ = effect();
                }
                Err(StorageError { name: name.to_owned(), kind: StorageErrorKind::Failed, source: None, help: None })
            }
            What::Meanwhile(action) => {
                if !self.after {
                    action();
                }
                let done = effect();
                if self.after {
                    action();
                }
                done
            }
        }
    }
}

impl<S: Storage> Storage for Disturbed<'_, S> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.run(name, || self.inner.read(name))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.run(name, || self.inner.create(name, bytes))
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        if self.whole {
            return self.run("many", || self.inner.create_all(objects));
        }
        objects.iter().try_for_each(|(name, bytes)| self.create(name, bytes))
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        self.run(slot.name(), || self.inner.read_slot(slot))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.run(slot.name(), || {
            let swap = self.inner.swap_slot(slot, expected, bytes)?;
            if slot == Slot::Checkpoint && swap == Swap::Done {
                self.published.borrow_mut().push(bytes.to_vec());
            }
            Ok(swap)
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.run(prefix, || self.inner.list(prefix))
    }
}

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
    let watched = Disturbed::undisturbed(&calm, K::WHOLE);
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
        let watched = Disturbed::undisturbed(&calm, K::WHOLE);
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
            let disturbed = Disturbed::new(&storage, at, after, what, K::WHOLE);
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
fn a_process_that_heals_may_end_too() {
    let begun = start(&Memory, Some(254));
    for at in 1..=operations(&Memory, &begun) {
        let broken = begun.clone();
        let disturbed = Disturbed::new(&broken, at, true, What::End, false);
        let (acknowledged, _) = run(&disturbed, false);
        let published = disturbed.published.into_inner();
        for second in 1.. {
            let storage = broken.clone();
            let healing = Disturbed::new(&storage, second, second % 2 == 0, What::End, false);
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
                let watched = Disturbed::undisturbed(&storage, K::WHOLE);
                let (log, _) = Log::open(&watched, ORIGIN, key(), Vec::new()).unwrap();
                for batch in [&[1001, 2000][..], &[2001, 1003, 1005, 2002, 2003, 2004, 2005]] {
                    let appended = log.append(&leaves(batch.iter().copied())).unwrap();
                    others.borrow_mut().0.extend(batch.iter().copied().zip(appended.positions));
                }
                others.borrow_mut().1.extend(watched.published.into_inner());
            };
            let disturbed = Disturbed::new(&storage, at, after, What::Meanwhile(&meanwhile), K::WHOLE);
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
