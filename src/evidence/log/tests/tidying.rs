//! What tidying takes away, and what it leaves.

use super::kinds::{Buckets, Folders, Kind, Memory, References};
use super::*;
use crate::store::Digest;

/// A log of many small batches, and every checkpoint that it had.
fn grown<S: Storage>(storage: &S, batches: u64, size: u64) -> Vec<Vec<u8>> {
    let log = create(storage);
    let mut notes = Vec::new();
    for batch in 0..batches {
        log.append(&leaves(batch * size..(batch + 1) * size)).unwrap();
        notes.push(log.reader(&[]).unwrap().note().to_vec());
    }
    notes
}

fn count<S: Storage>(storage: &S, prefix: &str) -> usize {
    storage.list(prefix).unwrap().len()
}

fn is_tidied<K: Kind>(kind: &K, batches: u64, size: u64) {
    let storage = kind.empty();
    let notes = grown(&storage, batches, size);
    let all = batches * size;
    let partial = storage.list("tile/").unwrap().iter().filter(|name| name.contains(".p/")).count();
    let tidied = tidy(&storage, &log_keys()).unwrap();
    assert_eq!(tidied.staged as u64, batches - 1);
    assert_eq!(count(&storage, "staged/"), 1, "that of the head stays");
    let left = storage.list("tile/").unwrap();
    let left: Vec<&String> = left.iter().filter(|name| name.contains(".p/")).collect();
    assert_eq!(tidied.partial, partial - left.len());
    assert!(tidied.partial > 0);
    // What no full tile replaces yet readers of earlier checkpoints need.
    let open_tile = format!("{:03}.p/", all / 256);
    assert!(left.iter().all(|name| name.contains(&open_tile) || name.starts_with("tile/1/000.p/")), "{left:?}");
    for note in notes {
        let earlier = LogReader::at(&storage, note, &log_keys(), &[]).unwrap();
        assert_eq!(oracle::root(&all_leaves(&earlier)), earlier.root());
        assert_eq!(earlier.leaf(earlier.size() - 1).unwrap(), leaf(earlier.size() - 1));
        assert_eq!(earlier.position(&leaf(3).key()).unwrap(), Some(3));
    }
    let (log, healed) = open(&storage);
    assert_eq!(healed, None);
    assert_eq!(log.append(&leaves(all - 1..all + 1)).unwrap().positions, [all - 1, all]);
    assert_eq!(tidy(&storage, &log_keys()).unwrap(), Tidied { partial: 0, staged: 1 });
    assert_eq!(tidy(&storage, &log_keys()).unwrap(), Tidied::default());
}

#[test]
fn every_kind_of_storage_is_tidied() {
    is_tidied(&Memory, 100, 7);
    is_tidied(&Buckets, 100, 7);
    is_tidied(&Folders::new(), 6, 50);
    is_tidied(&References::new(), 6, 50);
}

#[test]
fn what_is_not_known_to_be_published_stays() {
    let storage = MemoryStorage::new();
    grown(&storage, 6, 50);
    // Another writer's, which is not in the log yet; and what is no batch.
    let mut other = Vec::new();
    for leaf in leaves([3, 7000]) {
        super::super::layout::push_entry(&mut other, &leaf.to_bytes()).unwrap();
    }
    let staged = |bytes: &[u8]| {
        let name = super::super::layout::staged(&Digest::of(bytes));
        storage.create(&name, bytes).unwrap();
        name
    };
    let kept = [staged(&other), staged(b"nonsense"), staged(&other[..other.len() - 1])];
    // One that is damaged.
    storage.tamper("tile/0/000.p/100", Some(vec![1; 3200]));
    storage.tamper("tile/entries/000.p/100", Some(b"x".to_vec()));
    let tidied = tidy(&storage, &log_keys()).unwrap();
    assert_eq!(tidied.staged, 5);
    for name in kept.iter().map(String::as_str).chain(["tile/0/000.p/100", "tile/entries/000.p/100"]) {
        assert!(storage.read(name).unwrap().is_some(), "{name}");
    }
    assert!(storage.read("tile/0/000.p/150").unwrap().is_none());
    // A full tile that is not one replaces nothing.
    storage.create("tile/0/001.p/9", &[2; 288]).unwrap();
    storage.create("tile/0/001", b"short").unwrap();
    assert_eq!(tidy(&storage, &log_keys()).unwrap(), Tidied::default());
}
