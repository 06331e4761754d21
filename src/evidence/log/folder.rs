//! A log's bytes in a folder.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::storage::{Slot, Storage, StorageError, Swap, Version, is_name};
use crate::store::{Digest, StoreError, create_durably, create_folders, sync_folder, write_durably};

/// The file that whoever changes a slot locks. The system gives the lock back when a process ends, however it ends.
const LOCK: &str = "lock";

/// A storage in a folder: `dir:PATH`. The files are those of c2sp.org/tlog-tiles, so that the folder can be served or
/// copied as it is.
#[derive(Debug, Clone)]
pub struct FolderStorage {
    root: PathBuf,
}

impl FolderStorage {
    /// The storage in the folder `root`, which the first write makes.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of an object. A name that leads out of the folder, or to a slot, is no object's.
    fn path_of(&self, name: &str) -> Result<PathBuf, StorageError> {
        if name == LOCK || !is_name(name) {
            return Err(StorageError::name(name));
        }
        Ok(self.root.join(name))
    }

    fn swap(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StoreError> {
        let path = self.root.join(slot.name());
        let lock = self.root.join(LOCK);
        create_folders(&self.root)?;
        let locked = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock)?;
            file.lock()?;
            Ok(file)
        };
        let _held = locked().map_err(|error| StoreError::from_io(&lock, error))?;
        let there = read(&path)?.map(|bytes| version(&bytes));
        if there.as_ref() != expected {
            return Ok(Swap::Conflict);
        }
        write_durably(&path, bytes)?;
        Ok(Swap::Done)
    }

    fn names_below(&self, folder: &Path, names: &mut Vec<String>) -> Result<(), StoreError> {
        let failed = |error| StoreError::from_io(folder, error);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(failed(error)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            // Of a link, where it leads counts; of anything else the folder says what it is.
            let is_folder = match entry.file_type() {
                Ok(kind) if !kind.is_symlink() => kind.is_dir(),
                _ => path.is_dir(),
            };
            if is_folder {
                self.names_below(&path, names)?;
                continue;
            }
            let elements =
                path.strip_prefix(&self.root).ok().map(|path| path.iter().map(|element| element.to_str()).collect());
            // What has no name of ours, like a file that was never finished, is not an object.
            let name = elements.and_then(|elements: Option<Vec<&str>>| elements).map(|elements| elements.join("/"));
            names.extend(name.filter(|name| self.path_of(name).is_ok()));
        }
        Ok(())
    }
}

impl Storage for FolderStorage {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        read(&self.path_of(name)?).map_err(|error| failed(name, error))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let path = self.path_of(name)?;
        place(name, &path, bytes)?;
        sync_folder(path.parent().unwrap_or(&self.root)).map_err(|error| failed(name, error))
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        let placed = objects.iter().map(|(name, bytes)| Ok((name, self.path_of(name)?, bytes)));
        let placed = placed.collect::<Result<Vec<_>, StorageError>>()?;
        placed.par_iter().try_for_each(|(name, path, bytes)| place(name, path, bytes))?;
        // Each folder once, and also for what was there: whoever put it there may not have come further.
        let mut folders: Vec<(&str, &Path)> =
            placed.iter().filter_map(|(name, path, _)| Some((name.as_str(), path.parent()?))).collect();
        folders.sort_unstable_by_key(|(_, folder)| *folder);
        folders.dedup_by_key(|(_, folder)| *folder);
        folders.par_iter().try_for_each(|(name, folder)| sync_folder(folder).map_err(|error| failed(name, error)))
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        let bytes = read(&self.root.join(slot.name())).map_err(|error| failed(slot.name(), error))?;
        Ok(bytes.map(|bytes| {
            let version = version(&bytes);
            (bytes, version)
        }))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.swap(slot, expected, bytes).map_err(|error| failed(slot.name(), error))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = if folder.is_empty() { self.root.clone() } else { self.path_of(folder)? };
        let mut names = Vec::new();
        self.names_below(&folder, &mut names).map_err(|error| failed(prefix, error))?;
        names.retain(|name| name.starts_with(prefix));
        names.sort_unstable();
        Ok(names)
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| {
            let path = self.path_of(name)?;
            // Its folder stays, empty or not: another writer may be about to make an object in it.
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(failed(name, StoreError::from_io(&path, error)))
                }
                _ => Ok(()),
            }
        })
    }
}

/// A slot never holds the same bytes twice, since a log only grows: their digest is their version.
fn version(bytes: &[u8]) -> Version {
    Version(Digest::of(bytes).to_string())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::from_io(path, error)),
    }
}

/// Writes an object's file, without making its name durable.
fn place(name: &str, path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    if create_durably(path, bytes).map_err(|error| failed(name, error))? {
        return Ok(());
    }
    match read(path).map_err(|error| failed(name, error))? {
        Some(there) if there == bytes => Ok(()),
        _ => Err(StorageError::differs(name)),
    }
}

fn failed(name: &str, error: StoreError) -> StorageError {
    StorageError::failed(name, error)
}
