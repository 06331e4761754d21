use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic as _;

use super::*;

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
fn a_file_where_a_folder_should_be() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("deep"), b"in the way").unwrap();
    let error = write_durably(&folder.path().join("deep/file"), b"hello").unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::WrongKind);
    assert!(error.path.starts_with(folder.path().join("deep")));
    assert_eq!(fs::read(folder.path().join("deep")).unwrap(), b"in the way");
}

#[test]
fn a_folder_where_the_file_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::create_dir_all(path.join("inside")).unwrap();
    let error = write_durably(&path, b"hello").unwrap_err();
    assert_eq!(error.path, path);
    assert!(error.help().is_some());
    assert_eq!(files_below(folder.path()), Vec::<PathBuf>::new(), "the temporary file is removed");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // A superuser writes in spite of the mode; the sorting of errors covers that run.
    if let Err(error) = write_durably(&folder.path().join("file"), b"hello") {
        assert_eq!(error.kind, StoreErrorKind::ReadOnly);
        assert!(error.help().unwrap().to_string().contains("ls -ld"));
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn concurrent_writers_of_one_file_leave_one_of_their_contents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared");
    std::thread::scope(|scope| {
        for writer in 0..8_u8 {
            let path = &path;
            scope.spawn(move || (0..40).for_each(|_| write_durably(path, &[writer; 100]).unwrap()));
        }
    });
    let there = fs::read(&path).unwrap();
    assert!(there.len() == 100 && there.iter().all(|byte| *byte == there[0]));
    assert_eq!(files_below(folder.path()).len(), 1, "no temporary file stays");
}

#[test]
fn what_is_compressed_reads_back() {
    for bytes in [&b""[..], b"hello", &[7; 100_000]] {
        let frame = compress(bytes).unwrap();
        assert_eq!(decompress(&frame).unwrap(), bytes);
        assert!(decompress(&frame[..frame.len() - 1]).is_err(), "a frame that is cut off");
    }
    assert!(decompress(b"no frame").is_err());
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
