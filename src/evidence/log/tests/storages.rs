//! What every storage does, and what a folder does besides.

use std::fs;
use std::path::Path;

use super::super::storage::StorageErrorKind;
use super::kinds::{Buckets, Kind as _, References};
use super::*;

/// The contract of [`Storage`].
pub(super) fn holds_to_the_contract<S: Storage>(storage: &S) {
    assert_eq!(storage.read("tile/0/000").unwrap(), None);
    assert_eq!(storage.list("").unwrap(), Vec::<String>::new());
    storage.create("tile/0/000", b"one").unwrap();
    storage.create("tile/0/000", b"one").unwrap();
    let error = storage.create("tile/0/000", b"two").unwrap_err();
    assert_eq!((error.kind, error.name.as_str()), (StorageErrorKind::Differs, "tile/0/000"));
    assert_eq!(storage.read("tile/0/000").unwrap().unwrap(), b"one");
    let many: Vec<(String, Vec<u8>)> =
        (0..50_u8).map(|number| (format!("index/{:02}/{number}", number % 5), vec![number])).collect();
    storage.create_all(&many).unwrap();
    storage.create_all(&many).unwrap();
    let changed = [("tile/1/000".to_owned(), vec![1]), many[0].clone(), (many[1].0.clone(), vec![99])];
    assert_eq!(storage.create_all(&changed).unwrap_err().kind, StorageErrorKind::Differs);
    assert_eq!(storage.read(&many[1].0).unwrap().unwrap(), many[1].1);
    storage.create("tile/0/001.p/7", b"").unwrap();
    assert_eq!(storage.read("tile/0/001.p/7").unwrap().unwrap(), b"");

    assert_eq!(storage.read_slot(Slot::Head).unwrap(), None);
    let stale = Version("stale".to_owned());
    assert_eq!(storage.swap_slot(Slot::Head, Some(&stale), b"x").unwrap(), Swap::Conflict);
    assert_eq!(storage.swap_slot(Slot::Head, None, b"first").unwrap(), Swap::Done);
    assert_eq!(storage.swap_slot(Slot::Head, None, b"second").unwrap(), Swap::Conflict);
    let (bytes, first) = storage.read_slot(Slot::Head).unwrap().unwrap();
    assert_eq!(bytes, b"first");
    assert_eq!(storage.swap_slot(Slot::Head, Some(&first), b"second").unwrap(), Swap::Done);
    assert_eq!(storage.swap_slot(Slot::Head, Some(&first), b"third").unwrap(), Swap::Conflict);
    assert_eq!(storage.read_slot(Slot::Head).unwrap().unwrap().0, b"second");
    assert_eq!(storage.read_slot(Slot::Checkpoint).unwrap(), None);

    assert_eq!(storage.list("tile/0/").unwrap(), ["tile/0/000", "tile/0/001.p/7"]);
    assert_eq!(storage.list("index/04/").unwrap().len(), 10);
    assert_eq!(storage.list("nothing/").unwrap(), Vec::<String>::new());
    let all = storage.list("").unwrap();
    assert!(all.is_sorted() && all.iter().all(|name| name.contains('/')), "slots are no objects: {all:?}");

    let some = [many[0].0.clone(), "nothing/there".to_owned(), many[1].0.clone()];
    storage.remove_all(&some).unwrap();
    storage.remove_all(&some).unwrap();
    assert_eq!(storage.read(&many[0].0).unwrap(), None);
    assert_eq!(storage.list("").unwrap().len(), all.len() - 2);
    storage.create_all(&many).unwrap();
    assert_eq!(storage.list("").unwrap(), all);
    for name in ["../x", "head", "checkpoint", "", "tile//0", ".x", "A"] {
        let errors = [
            storage.read(name).unwrap_err(),
            storage.create(name, b"x").unwrap_err(),
            storage.remove_all(&[name.to_owned()]).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.kind == StorageErrorKind::Name && error.name == name));
    }
}

#[test]
fn memory_holds_to_the_contract() {
    holds_to_the_contract(&MemoryStorage::new());
}

#[test]
fn a_folder_holds_to_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    holds_to_the_contract(&FolderStorage::new(folder.path().join("log")));
}

#[test]
fn a_git_reference_holds_to_the_contract() {
    holds_to_the_contract(&References::new().empty());
}

#[test]
fn a_bucket_holds_to_the_contract() {
    holds_to_the_contract(&Buckets.empty());
}

/// Which kind a storage is of may be known only at run time.
#[test]
fn a_boxed_storage_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let storage: Box<dyn Storage + Send + Sync> = Box::new(FolderStorage::new(folder.path().join("log")));
    holds_to_the_contract(&storage);
    let storage: Box<dyn Storage + Send + Sync> = Box::new(MemoryStorage::new());
    create(&*storage).append(&leaves(0..3)).unwrap();
    assert_eq!(reader(storage).size(), 3);
}

#[test]
fn one_of_many_swaps_wins() {
    let folder = tempfile::tempdir().unwrap();
    let (memory, folder) = (MemoryStorage::new(), FolderStorage::new(folder.path()));
    let references = References::new();
    let git = references.empty();
    let bucket = Buckets.empty();
    let storages: [(&(dyn Storage + Sync), u8); 4] = [(&memory, 20), (&folder, 20), (&git, 5), (&bucket, 20)];
    for (storage, rounds) in storages {
        let mut version = None;
        for round in 0..rounds {
            let won: usize = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..6_u8)
                    .map(|writer| {
                        let expected = &version;
                        scope.spawn(move || {
                            storage.swap_slot(Slot::Head, Option::as_ref(expected), &[round, writer]).unwrap()
                        })
                    })
                    .collect();
                threads
                    .into_iter()
                    .filter(|_| true)
                    .map(|thread| usize::from(thread.join().unwrap() == Swap::Done))
                    .sum()
            });
            assert_eq!(won, 1);
            version = storage.read_slot(Slot::Head).unwrap().map(|(_, version)| version);
        }
    }
}

#[test]
fn a_folder_keeps_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let storage = FolderStorage::new(folder.path().join("log"));
    fs::write(folder.path().join("secret"), "secret").unwrap();
    for name in [
        "../secret",
        "tile/../../secret",
        "/etc/passwd",
        "",
        "tile//0",
        "tile/",
        "head",
        "checkpoint",
        "lock",
        "A",
        "a\\b",
        ".x",
    ] {
        for error in [storage.read(name).unwrap_err(), storage.create(name, b"x").unwrap_err()] {
            assert_eq!((error.kind, error.name.as_str()), (StorageErrorKind::Name, name));
        }
    }
    assert_eq!(fs::read(folder.path().join("secret")).unwrap(), b"secret");
}

fn log_in(folder: &Path) -> FolderStorage {
    FolderStorage::new(folder.join("log"))
}

#[test]
fn a_log_in_a_folder_is_made_of_plain_files() {
    let folder = tempfile::tempdir().unwrap();
    let storage = log_in(folder.path());
    create(&storage).append(&leaves(0..300)).unwrap();
    let mut names: Vec<String> = fs::read_dir(folder.path().join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["checkpoint", "head", "index", "lock", "staged", "tile"]);
    assert_eq!(fs::read(folder.path().join("log/tile/0/000")).unwrap().len(), 8192);
    assert_eq!(reader(&storage).leaf(299).unwrap(), leaf(299));
    // A copy of the folder is a copy of the log, also without what is ours alone.
    for ours in ["head", "lock", "index", "staged"] {
        let path = folder.path().join("log").join(ours);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    assert_eq!(all_leaves(&reader(&storage)).len(), 300);
}

/// A process that was killed leaves a file that is not whole, and its lock goes with it.
#[test]
fn what_a_killed_process_leaves_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let storage = log_in(folder.path());
    create(&storage).append(&leaves(0..3)).unwrap();
    for place in ["", "tile/0", "staged"] {
        fs::write(folder.path().join("log").join(place).join(".unfinished-abc"), "half").unwrap();
    }
    fs::write(folder.path().join("log/lock"), "left behind").unwrap();
    let (log, healed) = open(&storage);
    assert_eq!(healed, None);
    assert_eq!(log.append(&leaves(2..5)).unwrap().positions, [2, 3, 4]);
    assert!(storage.list("").unwrap().iter().all(|name| !name.contains("unfinished")));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), "a file").unwrap();
    let Err(error) = Log::create(log_in(folder.path()), ORIGIN, key()) else { panic!("it is a file") };
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(error.to_string().contains("/log") && help.contains("ls -ld"), "{error}: {help}");
}
