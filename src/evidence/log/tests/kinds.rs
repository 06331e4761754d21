//! The kinds of storage that the same tests are held against.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use object_store::memory::InMemory;

use super::*;
use crate::source::GitEnv;

/// A kind of storage.
pub(super) trait Kind {
    type Storage: Storage + Sync;
    /// Whether many objects are made in one operation that takes place or does not.
    const WHOLE: bool = false;

    fn empty(&self) -> Self::Storage;
    /// Another storage with the same bytes.
    fn copy(&self, of: &Self::Storage) -> Self::Storage;
}

pub(super) struct Memory;

impl Kind for Memory {
    type Storage = MemoryStorage;

    fn empty(&self) -> MemoryStorage {
        MemoryStorage::new()
    }

    fn copy(&self, of: &MemoryStorage) -> MemoryStorage {
        of.clone()
    }
}

pub(super) struct Folders {
    below: tempfile::TempDir,
    count: Cell<usize>,
}

impl Folders {
    pub(super) fn new() -> Self {
        Self { below: tempfile::tempdir().unwrap(), count: Cell::default() }
    }
}

impl Kind for Folders {
    type Storage = FolderStorage;

    fn empty(&self) -> FolderStorage {
        self.count.set(self.count.get() + 1);
        FolderStorage::new(self.below.path().join(self.count.get().to_string()))
    }

    fn copy(&self, of: &FolderStorage) -> FolderStorage {
        let copy = self.empty();
        copy_folder(of.root(), copy.root());
        copy
    }
}

/// Copies without making durable, which takes much longer.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}

/// Object storage in memory, with its conditions.
pub(super) struct Buckets;

/// A bucket that can be copied.
pub(super) struct Bucket {
    store: Arc<InMemory>,
    pub(super) storage: ObjectStorage,
}

impl Bucket {
    fn of(store: InMemory) -> Self {
        let store = Arc::new(store);
        Self { storage: ObjectStorage::in_memory(store.clone(), store.clone()), store }
    }
}

impl Kind for Buckets {
    type Storage = Bucket;

    fn empty(&self) -> Bucket {
        Bucket::of(InMemory::new())
    }

    fn copy(&self, of: &Bucket) -> Bucket {
        Bucket::of(of.store.fork())
    }
}

impl Storage for Bucket {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        self.storage.read(name)
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.storage.create(name, bytes)
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        self.storage.create_all(objects)
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        self.storage.read_slot(slot)
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.storage.swap_slot(slot, expected, bytes)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        self.storage.list(prefix)
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        self.storage.remove_all(names)
    }
}

/// Folders with git in them, and nothing around that could leak in.
pub(super) struct Repositories {
    pub(super) below: tempfile::TempDir,
}

impl Repositories {
    pub(super) fn new() -> Self {
        let below = tempfile::tempdir().unwrap();
        fs::create_dir_all(below.path().join("home")).unwrap();
        Self { below }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.below.path().join(name)
    }

    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let home = self.path("home").into_os_string();
        [("PATH", std::env::var_os("PATH").unwrap()), ("HOME", home), ("GIT_CONFIG_NOSYSTEM", "1".into())]
            .map(|(name, value)| (name.into(), value))
            .into()
    }

    /// Runs git in a folder, which has to work; its output, trimmed.
    pub(super) fn git(&self, at: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.env_clear().envs(self.variables()).current_dir(at);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.com");
        }
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A new repository.
    pub(super) fn make(&self, name: &str, options: &[&str]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        self.git(&path, &[&["init", "-q", "-b", "main"][..], options].concat());
        path
    }

    pub(super) fn open(&self, at: &Path, reference: &str, remote: Option<&str>) -> Result<GitStorage, StorageError> {
        let env = GitEnv::new(self.variables(), self.path("home"));
        let committer = Committer { name: "Recorder".to_owned(), email: "r@example.com".to_owned(), at: 1_700_000_000 };
        GitStorage::open(at, &env, reference, remote, committer)
    }
}

/// References of one repository.
pub(super) struct References {
    pub(super) repositories: Repositories,
    pub(super) repository: PathBuf,
    count: Cell<usize>,
}

impl References {
    pub(super) fn new() -> Self {
        let repositories = Repositories::new();
        let repository = repositories.make("repository", &["--bare"]);
        Self { repositories, repository, count: Cell::default() }
    }
}

impl Kind for References {
    type Storage = GitStorage;
    const WHOLE: bool = true;

    fn empty(&self) -> GitStorage {
        self.count.set(self.count.get() + 1);
        self.repositories.open(&self.repository, &format!("refs/evidence/{}", self.count.get()), None).unwrap()
    }

    fn copy(&self, of: &GitStorage) -> GitStorage {
        let copy = self.empty();
        if !self.repositories.git(&self.repository, &["for-each-ref", of.reference()]).is_empty() {
            self.repositories.git(&self.repository, &["update-ref", copy.reference(), of.reference()]);
        }
        copy
    }
}
