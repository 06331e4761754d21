//! Ledgers that benchmarks write fast, and what a process took at most.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use countersign::evidence::log::{FolderStorage, MemoryStorage, Slot, Storage, StorageError, Swap, Version};

/// A folder that is written without waiting for the disk: what is measured is reading it. The log itself stays in memory
/// until the end, since it is read and swapped with every batch.
pub(crate) struct Unsynced {
    log: MemoryStorage,
    root: PathBuf,
    folders: Mutex<BTreeMap<PathBuf, ()>>,
}

/// Evidence of one run over the example, whose record is the pattern of all.
pub(crate) fn pattern(work: &Path) -> PathBuf {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    for state in ["base", "head"] {
        let ran = Command::new("cp").arg("-r").arg(example.join(state)).arg(work).status().unwrap();
        assert!(ran.success());
    }
    let _ = fs::remove_dir_all(work.join("head/.countersign/evidence"));
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["check", "head", "--base", "base", "--as-of", "2026-11-21T00:00:00Z"])
        .current_dir(work)
        .output()
        .unwrap();
    work.join("head/.countersign/evidence")
}

impl Unsynced {
    pub(crate) fn new(root: &Path) -> Self {
        Self { log: MemoryStorage::new(), root: root.to_owned(), folders: Mutex::default() }
    }

    fn is_of_log(name: &str) -> bool {
        ["tile/", "index/", "staged/"].iter().any(|prefix| name.starts_with(prefix))
    }

    /// Writes what is in memory too.
    pub(crate) fn finish(&self) {
        for name in self.log.list("").unwrap() {
            self.write(&name, &self.log.read(&name).unwrap().unwrap());
        }
        for slot in [Slot::Head, Slot::Checkpoint] {
            fs::write(self.root.join(slot.name()), self.log.read_slot(slot).unwrap().unwrap().0).unwrap();
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.root.join(name);
        let folder = path.parent().unwrap().to_owned();
        if self.folders.lock().unwrap().insert(folder.clone(), ()).is_none() {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(path, bytes).unwrap();
    }
}

impl Storage for Unsynced {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        if Self::is_of_log(name) { self.log.read(name) } else { Ok(fs::read(self.root.join(name)).ok()) }
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        if Self::is_of_log(name) {
            return self.log.create(name, bytes);
        }
        self.write(name, bytes);
        Ok(())
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        self.log.read_slot(slot)
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.log.swap_slot(slot, expected, bytes)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        if Self::is_of_log(prefix) { self.log.list(prefix) } else { FolderStorage::new(&self.root).list(prefix) }
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        self.log.remove_all(names)
    }
}

/// Peak resident memory in MB, as Linux counts it.
pub(crate) fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
