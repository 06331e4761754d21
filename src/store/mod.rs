//! Bytes by digest, on disk.
//!
//! An [`ObjectStore`] keeps each distinct sequence of bytes once, in a file that is named by its SHA-256. What `put`
//! returned for survives a crash of the machine; a file with an object's name always holds the whole object; writers
//! in any number of processes and threads lose nothing. The cache and the evidence share it.

mod compress;
mod digest;
mod error;

pub use compress::{compress, decompress};
pub use digest::{Digest, DigestError};
pub use error::{StoreError, StoreErrorKind};

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tempfile::NamedTempFile;

/// What a file's name starts with while it is being written. Such a file is never read; one that a crash left behind
/// may be deleted.
const UNFINISHED: &str = ".unfinished-";

/// Objects by digest below one folder, as `objects/ab/cdef….zst`; the digest is that of the object, not of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectStore {
    /// The folder that holds `objects`. It is made by the first write.
    pub root: PathBuf,
}

impl ObjectStore {
    /// The store below `root`; nothing is read or written yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The file that holds, or would hold, an object.
    #[must_use]
    pub fn path_of(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (fan, rest) = name.split_at(2);
        self.root.join("objects").join(fan).join(format!("{rest}.zst"))
    }

    /// Whether an object is there. Its bytes are not looked at.
    #[must_use]
    pub fn contains(&self, digest: &Digest) -> bool {
        fs::symlink_metadata(self.path_of(digest)).is_ok_and(|found| found.is_file())
    }

    /// Stores `bytes` durably and returns their digest. An object that is there is not written again.
    ///
    /// # Errors
    /// [`StoreError`]; nothing that has the object's name was left half-written.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.store(&[(digest, bytes)])?;
        Ok(digest)
    }

    /// Stores many objects durably and returns their digests, in the order given.
    ///
    /// Much quicker than as many calls of [`put`](Self::put): the files are synchronised side by side, and each folder
    /// once.
    ///
    /// # Errors
    /// [`StoreError`] of the first object that could not be stored; others may have been.
    pub fn put_many<B: AsRef<[u8]> + Sync>(&self, objects: &[B]) -> Result<Vec<Digest>, StoreError> {
        let named: Vec<(Digest, &[u8])> =
            objects.par_iter().map(AsRef::as_ref).map(|bytes| (Digest::of(bytes), bytes)).collect();
        self.store(&named)?;
        Ok(named.into_iter().map(|(digest, _)| digest).collect())
    }

    /// The bytes of an object, checked against its digest.
    ///
    /// # Errors
    /// [`StoreErrorKind::Missing`], [`StoreErrorKind::Corrupted`], or what reading the file reported.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.path_of(digest);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                StoreError { path: path.clone(), kind: StoreErrorKind::Missing(*digest), source: Some(error) }
            }
            _ => StoreError::from_io(&path, error),
        })?;
        // What is no frame at all has no digest to show but its own.
        let bytes = decompress(&bytes).unwrap_or(bytes);
        let found = Digest::of(&bytes);
        if found == *digest {
            Ok(bytes)
        } else {
            Err(StoreError { path, kind: StoreErrorKind::Corrupted { expected: *digest, found }, source: None })
        }
    }

    fn store(&self, objects: &[(Digest, &[u8])]) -> Result<(), StoreError> {
        // Each distinct object once, so that two threads never write the same one.
        let distinct: BTreeMap<Digest, &[u8]> = objects.iter().copied().collect();
        let placed: Vec<(PathBuf, &[u8])> =
            distinct.into_iter().map(|(digest, bytes)| (self.path_of(&digest), bytes)).collect();
        let folders: BTreeSet<&Path> = placed.iter().filter_map(|(path, _)| path.parent()).collect();
        for folder in &folders {
            create_folders(folder)?;
        }
        placed.par_iter().try_for_each(|(path, bytes)| {
            let bytes = compress(bytes).map_err(|error| StoreError::from_io(path, error))?;
            // A length that differs is a damaged object: writing it again is the repair.
            if fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == bytes.len() as u64) {
                return Ok(());
            }
            place(path, &bytes)
        })?;
        // Also for objects that were there: another writer may have renamed one into place and not come further.
        folders.par_iter().try_for_each(|folder| sync_folder(folder))
    }
}

/// Writes a file so that after a crash either the old content is there or the new, and after the return the new.
///
/// Folders that lack are made. Concurrent writers of one path leave the content of one of them.
///
/// # Errors
/// [`StoreError`] naming the file or folder; the file is then as it was.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = folder_of(path);
    create_folders(folder)?;
    place(path, bytes)?;
    sync_folder(folder)
}

/// Writes a new file whole, and says whether it did: a file that is there is left as it is, whatever it holds. Its bytes
/// are durable after the return, and its name once [`sync_folder`] was called for its folder: after many files, once.
///
/// Folders that lack are made. Of concurrent writers of one path, one writes it.
///
/// # Errors
/// [`StoreError`] naming the file or folder.
pub fn create_durably(path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(false);
    }
    create_folders(folder_of(path))?;
    match unfinished(path, bytes)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(StoreError::from_io(path, failed.error)),
    }
}

/// Writes beside the path, synchronises, renames. The folder is left for the caller to synchronise.
fn place(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    unfinished(path, bytes)?.persist(path).map(drop).map_err(|failed| StoreError::from_io(path, failed.error))
}

/// A file beside the path with the bytes, synchronised. It goes when it is dropped.
fn unfinished(path: &Path, bytes: &[u8]) -> Result<NamedTempFile, StoreError> {
    let folder = folder_of(path);
    let write = || -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // The process's mask still applies: a store that a team shares is readable as its folders are.
            builder.permissions(fs::Permissions::from_mode(0o644));
        }
        let mut file = builder.tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|error| StoreError::from_io(folder, error))
}

/// The folder of a file; of a bare name, the folder that the process would write it in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a folder and those above it, and makes their entries durable.
///
/// # Errors
/// [`StoreError`] naming the folder.
pub fn create_folders(folder: &Path) -> Result<(), StoreError> {
    let mut lacking = Vec::new();
    let mut at = folder;
    while !at.is_dir() {
        lacking.push(at);
        at = folder_of(at);
        if lacking.last() == Some(&at) {
            break;
        }
    }
    for made in lacking.into_iter().rev() {
        match fs::create_dir(made) {
            Ok(()) => sync_folder(folder_of(made))?,
            // Another writer was first.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && made.is_dir() => {}
            Err(error) => return Err(StoreError::from_io(made, error)),
        }
    }
    Ok(())
}

/// Makes the names in a folder durable. Only Unix lets a folder be opened for that.
///
/// # Errors
/// [`StoreError`] naming the folder.
pub fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(folder).and_then(|open| open.sync_all()).map_err(|error| StoreError::from_io(folder, error))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
