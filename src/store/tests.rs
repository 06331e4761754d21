use std::fs;
use std::io;
use std::path::Path;

use miette::Diagnostic as _;

use super::*;

fn store() -> (tempfile::TempDir, ObjectStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = ObjectStore::new(folder.path().join("deep/store"));
    (folder, store)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn digest_of_known_bytes_reads_back() {
    let digest = Digest::of(b"abc");
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.to_string(), hex);
    assert_eq!(hex.parse(), Ok(digest));
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{hex}\""));
    assert_eq!(serde_json::from_str::<Digest>(&format!("\"{hex}\"")).unwrap(), digest);
    assert!(Digest::of(b"") > digest);
}

#[test]
fn digest_has_one_spelling() {
    let hex = Digest::of(b"abc").to_string();
    for wrong in [hex.to_uppercase(), hex[1..].to_owned(), format!("{hex}0"), hex.replace('b', "g"), "é".repeat(32)] {
        assert_eq!(Digest::parse(&wrong), Err(DigestError), "{wrong}");
        assert!(serde_json::from_str::<Digest>(&format!("\"{wrong}\"")).is_err());
    }
}

#[test]
fn put_then_get() {
    let (_keep, store) = store();
    let digest = store.put(b"hello").unwrap();
    assert!(store.contains(&digest));
    assert_eq!(store.get(&digest).unwrap(), b"hello");
    let hex = digest.to_string();
    assert!(store.root.join("objects").join(&hex[..2]).join(&hex[2..]).is_file());
    assert!(!store.contains(&Digest::of(b"other")));
}

#[test]
fn an_object_that_is_there_is_not_written_again() {
    let (_keep, store) = store();
    let digest = store.put(b"hello").unwrap();
    let before = fs::metadata(store.path_of(&digest)).unwrap();
    store.put(b"hello").unwrap();
    let after = fs::metadata(store.path_of(&digest)).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        assert_eq!(before.ino(), after.ino());
    }
}

#[test]
fn put_many_keeps_order_and_stores_repeats_once() {
    let (_keep, store) = store();
    let objects: Vec<Vec<u8>> = (0..500_u32).map(|n| (n % 400).to_le_bytes().to_vec()).collect();
    let digests = store.put_many(&objects).unwrap();
    assert_eq!(digests.len(), 500);
    for (digest, bytes) in digests.iter().zip(&objects) {
        assert_eq!(store.get(digest).unwrap(), *bytes);
    }
    assert_eq!(files_below(&store.root).len(), 400);
    assert!(store.put_many::<Vec<u8>>(&[]).unwrap().is_empty());
}

#[test]
fn a_missing_object_names_the_digest() {
    let (_keep, store) = store();
    let error = store.get(&Digest::of(b"nothing")).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Missing(Digest::of(b"nothing")));
    assert!(error.to_string().contains(&Digest::of(b"nothing").to_string()));
}

#[test]
fn a_truncated_object_is_refused_and_put_repairs_it() {
    let (_keep, store) = store();
    let digest = store.put(b"hello").unwrap();
    fs::write(store.path_of(&digest), b"hel").unwrap();
    let error = store.get(&digest).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupted { expected: digest, found: Digest::of(b"hel") });
    assert!(error.help().unwrap().to_string().contains("restore the object"));
    store.put(b"hello").unwrap();
    assert_eq!(store.get(&digest).unwrap(), b"hello");
}

#[test]
fn an_altered_object_of_the_same_length_is_refused() {
    let (_keep, store) = store();
    let digest = store.put(b"hello").unwrap();
    fs::write(store.path_of(&digest), b"jello").unwrap();
    assert!(matches!(store.get(&digest).unwrap_err().kind, StoreErrorKind::Corrupted { .. }));
}

#[test]
fn a_file_where_a_folder_should_be() {
    let (keep, store) = store();
    fs::write(keep.path().join("deep"), b"in the way").unwrap();
    let error = store.put(b"hello").unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::WrongKind);
    assert!(error.path.starts_with(keep.path().join("deep")));
    assert_eq!(fs::read(keep.path().join("deep")).unwrap(), b"in the way");
}

#[test]
fn a_folder_where_the_object_should_be() {
    let (_keep, store) = store();
    let path = store.path_of(&Digest::of(b"hello"));
    fs::create_dir_all(path.join("inside")).unwrap();
    let error = store.put(b"hello").unwrap_err();
    assert_eq!(error.path, path);
    assert!(error.help().is_some());
    assert_eq!(files_below(&store.root), Vec::<PathBuf>::new(), "the temporary file is removed");
    assert!(!store.contains(&Digest::of(b"hello")));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_keep, store) = store();
    fs::create_dir_all(&store.root).unwrap();
    fs::set_permissions(&store.root, fs::Permissions::from_mode(0o555)).unwrap();
    // A superuser writes in spite of the mode; the sorting of errors below covers that run.
    if let Err(error) = store.put(b"hello") {
        assert_eq!(error.kind, StoreErrorKind::ReadOnly);
        assert!(error.help().unwrap().to_string().contains("ls -ld"));
    }
    fs::set_permissions(&store.root, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn errors_are_sorted_by_what_to_do() {
    for (kind, expected) in [
        (io::ErrorKind::PermissionDenied, StoreErrorKind::ReadOnly),
        (io::ErrorKind::ReadOnlyFilesystem, StoreErrorKind::ReadOnly),
        (io::ErrorKind::StorageFull, StoreErrorKind::Full),
        (io::ErrorKind::QuotaExceeded, StoreErrorKind::Full),
        (io::ErrorKind::NotADirectory, StoreErrorKind::WrongKind),
        (io::ErrorKind::Interrupted, StoreErrorKind::Io),
    ] {
        let error = StoreError::from_io(Path::new("/store/objects/ab"), kind.into());
        assert_eq!(error.kind, expected);
        assert!(error.to_string().contains("/store/objects/ab"));
        assert!(error.help().is_some());
    }
}

#[test]
fn leftover_unfinished_files_do_no_harm() {
    let (_keep, store) = store();
    let path = store.path_of(&Digest::of(b"hello"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let leftover = path.parent().unwrap().join(format!("{UNFINISHED}abc"));
    fs::write(&leftover, b"hel").unwrap();
    let digest = store.put(b"hello").unwrap();
    assert_eq!(store.get(&digest).unwrap(), b"hello");
    assert!(leftover.exists());
}

#[test]
fn concurrent_writers_lose_nothing() {
    let (_keep, store) = store();
    std::thread::scope(|scope| {
        for writer in 0..8_u32 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..40_u32 {
                    store.put(format!("shared {n}").as_bytes()).unwrap();
                    store.put(format!("own {writer} {n}").as_bytes()).unwrap();
                    store.get(&Digest::of(format!("shared {n}").as_bytes())).unwrap();
                }
            });
        }
    });
    for n in 0..40 {
        store.get(&Digest::of(format!("shared {n}").as_bytes())).unwrap();
        for writer in 0..8 {
            store.get(&Digest::of(format!("own {writer} {n}").as_bytes())).unwrap();
        }
    }
    assert_eq!(files_below(&store.root).len(), 40 + 8 * 40, "no temporary file stays");
}

#[test]
fn write_durably_replaces_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/file.json");
    write_durably(&path, b"one").unwrap();
    write_durably(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(files_below(folder.path()), std::slice::from_ref(&path));
    let error = write_durably(&path.join("below"), b"x").unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::WrongKind);
    assert_eq!(fs::read(&path).unwrap(), b"two");
}

#[test]
fn create_durably_writes_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/file");
    let made: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8_u8)
            .map(|writer| {
                let path = &path;
                scope.spawn(move || usize::from(create_durably(path, &[writer; 3]).unwrap()))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(made, 1);
    let first = fs::read(&path).unwrap();
    assert!(!create_durably(&path, b"other").unwrap());
    assert_eq!(fs::read(&path).unwrap(), first);
    sync_folder(path.parent().unwrap()).unwrap();
    assert_eq!(files_below(folder.path()), std::slice::from_ref(&path), "no temporary file stays");
}
