//! A log's bytes in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::storage::{Slot, Storage, StorageError, Swap, Version, check_name};

/// A storage in memory, shared by whoever holds a reference to it.
#[derive(Debug, Default)]
pub struct MemoryStorage(Mutex<Contents>);

#[derive(Debug, Default, Clone)]
struct Contents {
    objects: BTreeMap<String, Vec<u8>>,
    slots: BTreeMap<Slot, (Vec<u8>, u64)>,
}

impl MemoryStorage {
    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Every change is one insertion, so that a thread that panicked left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Another storage with the same bytes.
impl Clone for MemoryStorage {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.contents().clone()))
    }
}

impl Storage for MemoryStorage {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        check_name(name)?;
        Ok(self.contents().objects.get(name).cloned())
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        check_name(name)?;
        let mut contents = self.contents();
        match contents.objects.get(name) {
            Some(there) if there == bytes => Ok(()),
            Some(_) => Err(StorageError::differs(name)),
            None => {
                contents.objects.insert(name.to_owned(), bytes.to_vec());
                Ok(())
            }
        }
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        Ok(self.contents().slots.get(&slot).map(|(bytes, count)| (bytes.clone(), Version(count.to_string()))))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        let mut contents = self.contents();
        let there = contents.slots.get(&slot).map(|(_, count)| *count);
        if there.map(|count| Version(count.to_string())).as_ref() != expected {
            return Ok(Swap::Conflict);
        }
        contents.slots.insert(slot, (bytes.to_vec(), there.unwrap_or_default() + 1));
        Ok(Swap::Done)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let contents = self.contents();
        Ok(contents
            .objects
            .range(prefix.to_owned()..)
            .map(|(name, _)| name.clone())
            .take_while(|name| name.starts_with(prefix))
            .collect())
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| check_name(name))?;
        let mut contents = self.contents();
        names.iter().for_each(|name| drop(contents.objects.remove(name)));
        Ok(())
    }
}

#[cfg(test)]
impl MemoryStorage {
    /// Changes an object behind the log's back; `None` removes it.
    pub(crate) fn tamper(&self, name: &str, bytes: Option<Vec<u8>>) {
        let mut contents = self.contents();
        match bytes {
            Some(bytes) => contents.objects.insert(name.to_owned(), bytes),
            None => contents.objects.remove(name),
        };
    }

    /// Changes a slot behind the log's back; `None` empties it.
    pub(crate) fn tamper_slot(&self, slot: Slot, bytes: Option<Vec<u8>>) {
        let mut contents = self.contents();
        match bytes {
            Some(bytes) => contents.slots.insert(slot, (bytes, u64::MAX / 2)),
            None => contents.slots.remove(&slot),
        };
    }
}
