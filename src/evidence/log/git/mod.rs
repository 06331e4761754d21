//! A log's bytes in a git reference.
//!
//! The reference leads to a commit whose tree is the storage: one file an object, and the two slots beside them. A change
//! is a commit on top, made by one `git fast-import`. Where the log is in another repository, the commit is made here
//! and pushed, and whoever was not first fetches and tries again.
//!
//! Git keeps every version. What is removed leaves the tree and stays in the history, here and wherever the reference was
//! fetched, so that nothing can be erased.

mod error;
mod import;
mod objects;
mod remote;
mod tags;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand_core::{OsRng, RngCore as _};

pub use self::import::Committer;
pub(super) use self::tags::GitTags;

use self::error::GitError;
use self::import::{Change, Target, import};
use self::objects::{Found, Object, Objects};
use self::remote::{Pushed, Remote};
use super::storage::{Slot, Storage, StorageError, Swap, Version, check_name, is_name};
use crate::source::{Git, GitEnv, discover};
use crate::store::{StoreError, create_folders};

/// The file that says that a tree is a storage. No object has such a name.
const MARK: &str = ".evidence";
const MARK_BYTES: &[u8] = b"countersign.dev/evidence/v1\n";
/// How often a change is tried again when another one was first.
const ATTEMPTS: u32 = 200;

/// A storage in a git reference: `git:REF`, or `git:REF@REMOTE` in another repository. Objects are read as they were when
/// the reference was last fetched: by reading a slot, by listing, and by changing anything.
///
/// It cannot erase: see [`keeps`](Storage::keeps).
pub struct GitStorage {
    git: Git,
    reference: String,
    committer: Committer,
    temp_dir: PathBuf,
    /// The file that whoever changes the reference in this repository locks.
    lock: PathBuf,
    objects: Objects,
    remote: Option<Remote>,
    /// What the remote had when it was last asked; `None`: it was not asked yet.
    seen: Mutex<Option<State>>,
}

/// What the reference leads to; nothing before the first change.
type State = Option<Snapshot>;

/// A commit and its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Snapshot {
    commit: String,
    tree: String,
}

/// What is to be done on top of a snapshot.
enum Plan<'a> {
    /// Everything is as it should be.
    Nothing,
    /// It cannot be done, since a slot has another version.
    Conflict,
    /// This.
    Change(Change<'a>),
}

impl GitStorage {
    /// The storage in a reference of the repository that `cwd` is in or, with a remote, of that one. Nothing is read or
    /// written there yet.
    ///
    /// # Errors
    /// [`StorageError`]: no repository, or what is no reference or remote.
    pub fn open(
        cwd: &Path,
        env: &GitEnv,
        reference: &str,
        remote: Option<&str>,
        committer: Committer,
    ) -> Result<Self, StorageError> {
        let failed = |error| StorageError::failed(reference, error);
        check_reference(reference).map_err(failed)?;
        let place = discover(cwd, cwd, env).map_err(|error| failed(error.into()))?;
        let place = place.ok_or_else(|| failed(GitError::NoRepository { folder: cwd.display().to_string() }))?;
        let remote =
            remote.map(|name| Remote::new(&place.git, cwd, env, name, reference)).transpose().map_err(failed)?;
        if remote.is_none() {
            check_unused(&place.git, reference).map_err(failed)?;
        }
        let held = remote.as_ref().map_or(reference, |remote| &remote.sent);
        Ok(Self {
            reference: reference.to_owned(),
            committer,
            temp_dir: env.temp_dir().to_owned(),
            lock: place.common_dir.join("countersign").join(format!("{}.lock", held.replace('/', "."))),
            objects: Objects::new(place.git.clone()),
            git: place.git,
            remote,
            seen: Mutex::default(),
        })
    }

    /// The reference.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    fn seen(&self) -> MutexGuard<'_, Option<State>> {
        // It is replaced as a whole.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a reference of this repository leads to now.
    fn local(&self, reference: &str) -> Result<State, GitError> {
        let Some(Object { id: commit, kind, bytes }) = self.objects.read(reference)? else { return Ok(None) };
        let not = |what: &str| GitError::NotEvidence { name: self.reference.clone(), what: what.to_owned() };
        if kind != "commit" {
            return Err(not(&format!("a {kind}")));
        }
        let text = String::from_utf8_lossy(&bytes);
        let tree = text.lines().next().and_then(|line| line.strip_prefix("tree "));
        let tree = tree.ok_or_else(|| not("a commit without a tree"))?.to_owned();
        match self.objects.find(&tree, MARK)? {
            Found::File(_) => Ok(Some(Snapshot { commit, tree })),
            _ => Err(not("a commit of other files")),
        }
    }

    /// What the reference leads to. Of a remote: what it did when it was last asked, or now.
    fn state(&self, now: bool) -> Result<State, GitError> {
        let Some(remote) = &self.remote else { return self.local(&self.reference) };
        if !now && let Some(state) = self.seen().as_ref() {
            return Ok(state.clone());
        }
        let _held = self.hold()?;
        self.fetch(remote)
    }

    /// Asks the remote. Whoever calls this holds the lock.
    fn fetch(&self, remote: &Remote) -> Result<State, GitError> {
        let state = if remote.fetch()? { self.local(&remote.fetched)? } else { None };
        *self.seen() = Some(state.clone());
        Ok(state)
    }

    /// Locks the reference against other processes and threads here. The system gives the lock back, however they end.
    fn hold(&self) -> Result<File, GitError> {
        let open = || -> io::Result<File> {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.lock)?;
            file.lock()?;
            Ok(file)
        };
        let folder = self.lock.parent().unwrap_or(&self.lock);
        let opened =
            create_folders(folder).and_then(|()| open().map_err(|error| StoreError::from_io(&self.lock, error)));
        opened.map_err(GitError::Store)
    }

    /// Changes the storage as `plan` says for the state that it is in, until nobody else was first.
    fn change<'a>(
        &self,
        name: &str,
        plan: impl Fn(Option<&Snapshot>) -> Result<Plan<'a>, StorageError>,
    ) -> Result<Swap, StorageError> {
        let failed = |error| StorageError::failed(name, error);
        let mut now = false;
        for attempt in 0..ATTEMPTS {
            let held = self.hold().map_err(failed)?;
            let state = match &self.remote {
                Some(remote) if now || self.seen().is_none() => {
                    now = true;
                    self.fetch(remote)
                }
                _ => self.state(false),
            };
            let state = state.map_err(failed)?;
            let change = match plan(state.as_ref()) {
                Ok(Plan::Nothing) => return Ok(Swap::Done),
                Ok(Plan::Change(change)) => change,
                // The remote may have got on.
                Ok(Plan::Conflict) | Err(_) if self.remote.is_some() && !now => {
                    now = true;
                    continue;
                }
                Ok(Plan::Conflict) => return Ok(Swap::Conflict),
                Err(error) => return Err(error),
            };
            if self.commit(state.as_ref(), change).map_err(failed)? {
                return Ok(Swap::Done);
            }
            drop(held);
            now = true;
            if self.remote.is_some() {
                std::thread::sleep(pause(attempt));
            }
        }
        Err(failed(GitError::Crowded { name: self.reference.clone() }))
    }

    /// Commits a change on top of a state. False: another one was first.
    fn commit(&self, state: Option<&Snapshot>, mut change: Change<'_>) -> Result<bool, GitError> {
        let parent = state.map(|snapshot| snapshot.commit.as_str());
        if parent.is_none() {
            change.files.push((MARK, MARK_BYTES));
        }
        let reference = self.remote.as_ref().map_or(&self.reference, |remote| &remote.sent);
        let target = Target { reference, own: self.remote.is_some(), parent };
        let commit = match import(&self.git, &self.temp_dir, &target, &self.committer, &change) {
            Ok(commit) => commit,
            // Only what does not keep to our lock gets in between here.
            Err(_) if self.remote.is_none() && self.local(&self.reference)?.as_ref() != state => return Ok(false),
            Err(error) => return Err(error),
        };
        let Some(remote) = &self.remote else { return Ok(true) };
        match remote.push(&commit, parent)? {
            Pushed::Done => {
                *self.seen() = Some(self.local(&remote.sent)?);
                Ok(true)
            }
            Pushed::Late => Ok(false),
            // The answer was lost, or there was none: the history tells.
            Pushed::Unknown(error) => match self.fetch(remote)? {
                Some(now) if remote.has(&now.commit, &commit)? => Ok(true),
                now if now.as_ref() != state => Ok(false),
                _ => Err(error),
            },
        }
    }

    fn slot(&self, state: Option<&Snapshot>, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, GitError> {
        let Some(snapshot) = state else { return Ok(None) };
        let object = self.objects.file(&snapshot.tree, slot.name())?;
        Ok(object.map(|Object { id, bytes, .. }| (bytes, Version(id))))
    }

    fn blob(&self, name: &str, id: &str) -> Result<Vec<u8>, StorageError> {
        let read =
            self.objects.read(id).and_then(|found| found.ok_or_else(|| GitError::Lacks { object: id.to_owned() }));
        read.map(|object| object.bytes).map_err(|error| StorageError::failed(name, error))
    }

    /// The error of an object that is there with other bytes.
    fn differs(&self, name: &str) -> StorageError {
        let help = format!(
            "the object was damaged or changed: `git log -p {} -- {name}` shows when, and what it held",
            self.remote.as_ref().map_or(&self.reference, |remote| &remote.fetched)
        );
        StorageError { help: Some(help), ..StorageError::differs(name) }
    }
}

impl Storage for GitStorage {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        check_name(name)?;
        let read = || -> Result<Option<Vec<u8>>, GitError> {
            let Some(snapshot) = self.state(false)? else { return Ok(None) };
            Ok(self.objects.file(&snapshot.tree, name)?.map(|object| object.bytes))
        };
        read().map_err(|error| StorageError::failed(name, error))
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.create_all(&[(name.to_owned(), bytes.to_vec())])
    }

    fn create_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        objects.iter().try_for_each(|(name, _)| check_name(name))?;
        let Some((first, _)) = objects.first() else { return Ok(()) };
        self.change(first, |state| {
            let mut files = Vec::new();
            for (name, bytes) in objects {
                let there = state.map_or(Ok(Found::Nothing), |snapshot| self.objects.find(&snapshot.tree, name));
                match there.map_err(|error| StorageError::failed(name, error))? {
                    Found::Nothing => files.push((name.as_str(), bytes.as_slice())),
                    Found::File(id) if self.blob(name, &id)? == *bytes => {}
                    Found::File(_) | Found::Folder(_) | Found::InTheWay => return Err(self.differs(name)),
                }
            }
            let Some((first, _)) = files.first() else { return Ok(Plan::Nothing) };
            let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            Ok(Plan::Change(Change { message: format!("create {first}{more}"), files, removed: Vec::new() }))
        })
        .map(drop)
    }

    fn read_slot(&self, slot: Slot) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        let read = || self.slot(self.state(true)?.as_ref(), slot);
        read().map_err(|error| StorageError::failed(slot.name(), error))
    }

    fn swap_slot(&self, slot: Slot, expected: Option<&Version>, bytes: &[u8]) -> Result<Swap, StorageError> {
        self.change(slot.name(), |state| {
            let there = self.slot(state, slot).map_err(|error| StorageError::failed(slot.name(), error))?;
            if there.map(|(_, version)| version).as_ref() != expected {
                return Ok(Plan::Conflict);
            }
            let message = format!("change {}", slot.name());
            Ok(Plan::Change(Change { message, files: vec![(slot.name(), bytes)], removed: Vec::new() }))
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let list = || -> Result<Vec<String>, GitError> {
            let mut names = Vec::new();
            let Some(snapshot) = self.state(true)? else { return Ok(names) };
            if folder.is_empty() {
                self.objects.files(&snapshot.tree, "", &mut names)?;
            } else if let Found::Folder(id) = self.objects.find(&snapshot.tree, folder)? {
                self.objects.files(&id, &format!("{folder}/"), &mut names)?;
            }
            Ok(names)
        };
        let mut names = list().map_err(|error| StorageError::failed(prefix, error))?;
        names.retain(|name| name.starts_with(prefix) && is_name(name));
        names.sort_unstable();
        Ok(names)
    }

    fn remove_all(&self, names: &[String]) -> Result<(), StorageError> {
        names.iter().try_for_each(|name| check_name(name))?;
        let Some(first) = names.first() else { return Ok(()) };
        self.change(first, |state| {
            let Some(snapshot) = state else { return Ok(Plan::Nothing) };
            let mut removed = Vec::new();
            for name in names {
                let found = self.objects.find(&snapshot.tree, name);
                if matches!(found.map_err(|error| StorageError::failed(name, error))?, Found::File(_)) {
                    removed.push(name.as_str());
                }
            }
            let Some(first) = removed.first() else { return Ok(Plan::Nothing) };
            let more = if removed.len() > 1 { format!(" and {} more", removed.len() - 1) } else { String::new() };
            Ok(Plan::Change(Change { message: format!("remove {first}{more}"), files: Vec::new(), removed }))
        })
        .map(drop)
    }

    fn keeps(&self) -> Option<String> {
        Some(format!(
            "git keeps them in the history of `{}`, in every repository that fetched it: write a new history without \
             them, and have each of those delete the old one with `git gc --prune=now`",
            self.reference
        ))
    }
}

/// Whether a text is the whole name of a reference; narrower than `git check-ref-format`.
fn check_reference(name: &str) -> Result<(), GitError> {
    let wrong = |why| Err(GitError::Reference { name: name.to_owned(), why });
    let plain = |element: &str| {
        !element.is_empty()
            && !element.starts_with(['.', '-'])
            && !element.ends_with('.')
            && !element.ends_with(".lock")
            && !element.contains("..")
            && element.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
    };
    if !name.starts_with("refs/") || name.split('/').count() < 3 {
        return wrong("it is not the whole name of a reference");
    }
    if !name.split('/').all(plain) {
        return wrong("letters, digits, `-`, `_` and single `.` are what its name may have");
    }
    Ok(())
}

/// Whether no work tree stands on a reference: a commit on it would make all its files look deleted.
fn check_unused(git: &Git, reference: &str) -> Result<(), GitError> {
    if !reference.starts_with("refs/heads/") {
        return Ok(());
    }
    let listed = git.stdout(&["worktree", "list", "--porcelain"])?;
    let line = format!("branch {reference}");
    if String::from_utf8_lossy(&listed).lines().any(|own| own == line) {
        return Err(GitError::CheckedOut { name: reference.to_owned() });
    }
    Ok(())
}

/// How long to wait before another attempt: longer each time, and no two writers alike.
fn pause(attempt: u32) -> Duration {
    let most = 20_u64 << attempt.min(6);
    Duration::from_millis(most / 2 + u64::from(OsRng.next_u32()) % (most / 2 + 1))
}
