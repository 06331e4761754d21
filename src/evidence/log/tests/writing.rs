use std::collections::BTreeSet;

use super::kinds::{Buckets, Kind as _, References};
use super::*;
use crate::keys::PublicKey;

#[test]
fn a_log_is_made_once_and_opened_by_its_name() {
    let storage = MemoryStorage::new();
    assert!(matches!(Log::open(&storage, ORIGIN, key(), Vec::new()), Err(LogError::Absent)));
    assert!(matches!(LogReader::open(&storage, &log_keys(), &[]), Err(LogError::Absent)));
    create(&storage);
    let empty = reader(&storage);
    assert_eq!((empty.size(), empty.root()), (0, empty_root()));
    assert!(all_leaves(&empty).is_empty());
    assert!(matches!(Log::create(&storage, ORIGIN, key()), Err(LogError::Exists)));
    let other = Log::open(&storage, "example.com/other", key(), Vec::new());
    assert!(matches!(other, Err(LogError::Origin { .. })));
    assert!(matches!(Log::create(&storage, "two words", key()), Err(LogError::Checkpoint(NoteError::Name(_)))));
    let (log, healed) = open(&storage);
    assert_eq!(healed, None);
    assert_eq!(log.append(&[]).unwrap(), Appended::default());
    assert_eq!(log.append(&leaves([5, 6, 5])).unwrap().positions, [0, 1, 0]);
    assert_eq!(log.append(&leaves([7, 6])).unwrap().positions, [2, 1]);
    assert_eq!(log.reader(&[]).unwrap().size(), 3);
}

#[test]
fn the_objects_are_those_of_the_specification() {
    let storage = MemoryStorage::new();
    let log = create(&storage);
    log.append(&leaves(0..255)).unwrap();
    log.append(&leaves(255..260)).unwrap();
    assert_eq!(
        storage.list("tile/").unwrap(),
        [
            "tile/0/000",
            "tile/0/000.p/255",
            "tile/0/001.p/4",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/000.p/255",
            "tile/entries/001.p/4",
        ]
    );
    assert_eq!(storage.read("tile/0/000").unwrap().unwrap().len(), 8192);
    assert_eq!(storage.list("staged/").unwrap().len(), 2);
    assert_eq!(storage.list("index/").unwrap().len(), 260);
    let (note, _) = storage.read_slot(Slot::Checkpoint).unwrap().unwrap();
    let note = String::from_utf8(note).unwrap();
    assert!(note.starts_with("example.com/evidence\n260\n") && note.contains("\n\n— example.com/evidence "), "{note}");
    let (head, _) = storage.read_slot(Slot::Head).unwrap().unwrap();
    assert!(head.len() < 500, "{}", String::from_utf8(head).unwrap());
}

#[test]
fn large_batches_are_committed_in_parts() {
    let storage = MemoryStorage::new();
    let log = create(&storage);
    let appended = log.append(&leaves(0..9000)).unwrap();
    assert_eq!(appended.positions, (0..9000).collect::<Vec<_>>());
    assert_eq!(storage.list("staged/").unwrap().len(), 3);
    assert_eq!(reader(&storage).leaf(8999).unwrap(), leaf(8999));
}

#[test]
fn a_log_goes_on_with_a_new_key() {
    let storage = MemoryStorage::new();
    create(&storage).append(&leaves(0..3)).unwrap();
    let new = || ed25519_key(3);
    let stranger = Log::open(&storage, ORIGIN, new(), Vec::new());
    assert!(matches!(stranger, Err(LogError::Checkpoint(NoteError::Unsigned(_)))));
    let (log, _) = Log::open(&storage, ORIGIN, new(), log_keys()).unwrap();
    log.append(&leaves(3..5)).unwrap();
    let signers = log.reader(&[]).unwrap().checkpoint().signers.clone();
    assert_eq!(signers.iter().map(NoteKey::key).collect::<Vec<_>>(), [new().public_key()]);
    assert!(matches!(LogReader::open(&storage, &log_keys(), &[]), Err(LogError::Checkpoint(NoteError::Unsigned(_)))));
}

/// Nothing is signed on top of a storage that contradicts itself or what was signed.
#[test]
fn a_log_that_contradicts_itself_is_not_extended() {
    let full = MemoryStorage::new();
    create(&full).append(&leaves(0..300)).unwrap();
    let slot = |storage: &MemoryStorage, slot| storage.read_slot(slot).unwrap().unwrap().0;
    let other = MemoryStorage::new();
    create(&other).append(&leaves(1000..1300)).unwrap();
    let shorter = MemoryStorage::new();
    create(&shorter).append(&leaves(0..200)).unwrap();
    let tamper = |change: &dyn Fn(&MemoryStorage)| {
        let storage = full.clone();
        change(&storage);
        let opened = Log::open(&storage, ORIGIN, key(), Vec::new());
        opened.and_then(|(log, _)| log.append(&leaves([5000]))).unwrap_err()
    };
    let another_head = tamper(&|storage| storage.tamper_slot(Slot::Head, Some(slot(&other, Slot::Head))));
    assert!(matches!(another_head, LogError::Inconsistent(_)), "{another_head}");
    let another = tamper(&|storage| storage.tamper_slot(Slot::Checkpoint, Some(slot(&other, Slot::Checkpoint))));
    assert!(matches!(another, LogError::Inconsistent(_)), "{another}");
    let older_head = tamper(&|storage| storage.tamper_slot(Slot::Head, Some(slot(&shorter, Slot::Head))));
    assert!(matches!(older_head, LogError::Inconsistent(_)), "{older_head}");
    let older = tamper(&|storage| storage.tamper_slot(Slot::Checkpoint, Some(slot(&shorter, Slot::Checkpoint))));
    assert!(matches!(older, LogError::Inconsistent(_)), "{older}");
    let none = tamper(&|storage| storage.tamper_slot(Slot::Checkpoint, None));
    assert!(matches!(none, LogError::Gone(_)), "{none}");
    let nonsense = tamper(&|storage| storage.tamper_slot(Slot::Head, Some(b"{}".to_vec())));
    assert!(matches!(nonsense, LogError::Head(_)), "{nonsense}");
    let tile = tamper(&|storage| storage.tamper("tile/0/001.p/44", Some(vec![1; 44 * 32])));
    assert!(matches!(tile, LogError::Inconsistent(_)), "{tile}");
    let short = tamper(&|storage| storage.tamper("tile/0/001.p/44", Some(vec![1; 43 * 32])));
    assert!(short.to_string().contains("tile/0/001.p/44"), "{short}");
    let gone = tamper(&|storage| storage.tamper("tile/entries/001.p/44", None));
    assert!(matches!(&gone, LogError::Gone(name) if name == "tile/entries/001.p/44"), "{gone}");
    let mut bundle = full.read("tile/entries/001.p/44").unwrap().unwrap();
    bundle[100] ^= 1;
    let entries = tamper(&|storage| storage.tamper("tile/entries/001.p/44", Some(bundle.clone())));
    assert!(entries.to_string().contains("leaf 256 in `tile/entries/001.p/44`"), "{entries}");
    // Somebody who would keep a leaf from being logged by saying that it is.
    let index = super::super::layout::position(&leaf(5000).key());
    for place in ["7", "300", "x", ""] {
        let planted = tamper(&|storage| storage.tamper(&index, Some(place.as_bytes().to_vec())));
        assert!(matches!(planted, LogError::Inconsistent(_)), "{place}: {planted}");
    }
    // Tiles of a tree that is not ours are in the way.
    let way = tamper(&|storage| storage.tamper("tile/0/001.p/45", Some(vec![1; 45 * 32])));
    assert!(matches!(&way, LogError::Storage(error) if error.kind == StorageErrorKind::Differs), "{way}");
}

fn append_at_once<S: Storage + Sync>(storage: &S, writers: u64, rounds: u64) {
    let appended: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                scope.spawn(move || {
                    let (log, _) = open(storage);
                    let mut appended = Vec::new();
                    for round in 0..rounds {
                        // Its own leaves, and some that all writers have.
                        let batch = [round, 1000 + round, 10_000 + writer * 100 + round];
                        let positions = log.append(&leaves(batch)).unwrap().positions;
                        appended.extend(batch.into_iter().zip(positions));
                    }
                    appended
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let reader = reader(storage);
    let distinct: BTreeSet<(u64, u64)> = appended.iter().copied().collect();
    assert_eq!(distinct.len() as u64, reader.size(), "every leaf has one place");
    assert_eq!(reader.size(), rounds * (2 + writers));
    for (number, place) in distinct {
        assert_eq!(reader.leaf(place).unwrap(), leaf(number));
    }
    assert_eq!(oracle::root(&all_leaves(&reader)), reader.root());
    assert_eq!(open(storage).1, None);
}

#[test]
fn many_writers_in_memory_lose_nothing() {
    let storage = MemoryStorage::new();
    create(&storage);
    append_at_once(&storage, 6, 15);
}

#[test]
fn many_writers_in_a_folder_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::new(folder.path().join("deep/log"));
    create(&storage);
    append_at_once(&storage, 6, 15);
}

#[test]
fn many_writers_in_git_lose_nothing() {
    let kind = References::new();
    let storage = kind.empty();
    create(&storage);
    append_at_once(&storage, 3, 4);
}

#[test]
fn many_writers_in_a_bucket_lose_nothing() {
    let storage = Buckets.empty();
    create(&storage);
    append_at_once(&storage, 6, 15);
}

#[test]
fn a_key_that_does_not_sign_leaves_a_log_that_heals() {
    let storage = MemoryStorage::new();
    create(&storage).append(&leaves(0..2)).unwrap();
    let public: PublicKey = key().public_key().clone();
    let silent = EvidenceKey::behind_command("exit 1".to_owned(), Vec::new(), public);
    let (log, _) = Log::open(&storage, ORIGIN, silent, Vec::new()).unwrap();
    let error = log.append(&leaves([2, 3])).unwrap_err();
    assert!(matches!(error, LogError::Checkpoint(NoteError::Sign(_))), "{error}");
    assert_eq!(reader(&storage).size(), 2);
    let (log, healed) = open(&storage);
    assert_eq!(healed, Some(Healed { from: 2, to: 4 }));
    assert_eq!(log.append(&leaves([3, 2])).unwrap().positions, [3, 2]);
}
