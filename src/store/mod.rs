//! Bytes on disk: named by digest, compressed, and written so that a crash leaves them whole or not there.

mod cache;
mod compress;
mod digest;
mod error;

pub use cache::Cache;
pub use compress::{compress, decompress};
pub use digest::{Digest, DigestError};
pub use error::{StoreError, StoreErrorKind};

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// What a file's name starts with while it is being written. Such a file is never read; one that a crash left behind
/// may be deleted.
const UNFINISHED: &str = ".unfinished-";

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
