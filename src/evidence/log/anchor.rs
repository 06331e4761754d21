//! Where checkpoints are kept that the log's keeper cannot reach: whoever has one can tell that a log lacks its end, or was
//! written anew.

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;

use miette::Diagnostic;

use super::git::GitTags;
use super::location::{AnyStorage, LocationError, Surroundings, open};
use super::storage::{Storage as _, StorageError};
use crate::source::GitEnv;
use crate::store::{Digest, StoreError, write_durably};

/// What the names of checkpoints in another storage begin with.
const FOLDER: &str = "anchors/";
/// What stands before and behind a checkpoint in a summary.
const BEFORE: &str = "Checkpoint of the evidence:\n\n```\n";
const BEHIND: &str = "```\n";

/// A place for checkpoints.
pub struct Anchor {
    label: String,
    place: Place,
}

enum Place {
    /// A file that holds the last one.
    File(PathBuf),
    /// A page that a CI shows with a run, to which each is added.
    Summary(PathBuf),
    /// Annotated tags.
    Tags(Box<GitTags>),
    /// Another storage for evidence, which keeps each.
    Storage(AnyStorage),
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchor({})", self.label)
    }
}

impl Anchor {
    /// Opens a place by its written form: `FILE`, `summary:FILE`, `git-tag:NAME`, `git-tag:NAME@REMOTE`, or a place for
    /// evidence. Nothing is read or written there yet.
    ///
    /// # Errors
    /// [`AnchorError`].
    pub fn open(form: &str, surroundings: &Surroundings) -> Result<Self, AnchorError> {
        let file = |path: &str| surroundings.cwd.join(path);
        let place = if let Some(tag) = form.strip_prefix("git-tag:") {
            let (name, remote) = tag.split_once('@').map_or((tag, None), |(name, remote)| (name, Some(remote)));
            let env = GitEnv::new(surroundings.variables.iter().cloned(), &surroundings.temp_dir);
            let committer = surroundings.committer();
            let Surroundings { cwd, repository, .. } = surroundings;
            let tags = GitTags::open(cwd, repository, &env, name, remote, committer).map_err(AnchorError::Storage)?;
            Place::Tags(Box::new(tags))
        } else if let Some(path) = form.strip_prefix("summary:") {
            Place::Summary(file(path))
        } else if is_location(form) {
            Place::Storage(open(form, surroundings).map_err(AnchorError::Location)?)
        } else {
            Place::File(file(form))
        };
        Ok(Self { label: form.to_owned(), place })
    }

    /// As it was written.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Keeps a checkpoint, given as it was signed, of a tree of some size.
    ///
    /// # Errors
    /// [`AnchorError`]: the place could not be written, or has another checkpoint of that size.
    pub fn keep(&self, size: u64, note: &[u8]) -> Result<(), AnchorError> {
        let unwritable = |error| AnchorError::File { label: self.label.clone(), error };
        match &self.place {
            Place::File(path) => write_durably(path, note).map_err(AnchorError::Store),
            Place::Summary(path) => {
                let text = String::from_utf8_lossy(note);
                let block = format!("\n{BEFORE}{text}{BEHIND}");
                let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
                file.and_then(|mut file| file.write_all(block.as_bytes())).map_err(unwritable)
            }
            Place::Tags(tags) => tags.keep(size, note).map_err(AnchorError::Storage),
            Place::Storage(storage) => {
                let origin = note.split(|byte| *byte == b'\n').next().unwrap_or_default();
                let (log, own) = (Digest::of(origin).to_string(), Digest::of(note).to_string());
                let short = |digest: &str| digest.get(..16).unwrap_or_default().to_owned();
                let name = format!("{FOLDER}{}/{size:020}-{}", short(&log), short(&own));
                storage.create(&name, note).map_err(AnchorError::Storage)
            }
        }
    }

    /// Every checkpoint of a log that is kept there, each with where it is. Of a file it is whatever it holds.
    ///
    /// # Errors
    /// [`AnchorError`]: the place cannot be read, or holds none.
    pub fn read(&self, origin: &str) -> Result<Vec<(String, Vec<u8>)>, AnchorError> {
        let file = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| AnchorError::File { label: self.label.clone(), error })
        };
        let mut found = match &self.place {
            Place::File(path) => return Ok(vec![(self.label.clone(), file(path)?)]),
            Place::Summary(path) => {
                let text = String::from_utf8_lossy(&file(path)?).into_owned();
                let blocks = text.split(BEFORE).skip(1).map(|rest| rest.split(BEHIND).next().unwrap_or(rest));
                let blocks = blocks.map(|block| block.as_bytes().to_vec());
                blocks.zip(1..).map(|(block, number)| (format!("{}, number {number}", self.label), block)).collect()
            }
            Place::Tags(tags) => tags.read().map_err(AnchorError::Storage)?,
            Place::Storage(storage) => {
                let mut found = Vec::new();
                for name in storage.list(FOLDER).map_err(AnchorError::Storage)? {
                    let bytes = storage.read(&name).map_err(AnchorError::Storage)?.unwrap_or_default();
                    found.push((format!("{}, {name}", self.label), bytes));
                }
                found
            }
        };
        found.retain(|(_, note)| note.split(|byte| *byte == b'\n').next() == Some(origin.as_bytes()));
        if found.is_empty() { Err(AnchorError::Empty(self.label.clone())) } else { Ok(found) }
    }
}

/// Whether a form is that of a place for evidence, known or not. A file whose name looks so is written `./NAME`, and one
/// letter before a colon is a drive.
fn is_location(form: &str) -> bool {
    let scheme = form.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'))
}

/// A place for checkpoints that cannot be opened, read or written.
#[derive(Debug)]
pub enum AnchorError {
    /// A place for evidence that cannot be opened.
    Location(LocationError),
    /// What a repository or a place for evidence reported.
    Storage(StorageError),
    /// A file that cannot be written.
    Store(StoreError),
    /// A file that cannot be read or added to.
    File {
        /// As it was written.
        label: String,
        /// Why.
        error: std::io::Error,
    },
    /// No checkpoint is kept there.
    Empty(String),
}

impl fmt::Display for AnchorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Location(error) => error.fmt(f),
            // The storage speaks of a log; this is none.
            Self::Storage(StorageError { source: Some(source), .. }) => write!(f, "the anchor: {source}"),
            Self::Storage(error) => write!(f, "the anchor: {error}"),
            Self::Store(error) => error.fmt(f),
            Self::File { label, error } => write!(f, "the anchor {label} cannot be used: {error}"),
            Self::Empty(label) => write!(f, "the anchor {label} holds no checkpoint of this log"),
        }
    }
}

impl std::error::Error for AnchorError {}

impl Diagnostic for AnchorError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Location(error) => error.help(),
            Self::Storage(error) => error.help(),
            Self::Store(error) => error.help(),
            Self::File { .. } => Some(Box::new("check the path and its permissions")),
            Self::Empty(_) => Some(Box::new(
                "name a place to which `countersign record --anchor` or `countersign evidence checkpoint --anchor` wrote",
            )),
        }
    }
}
