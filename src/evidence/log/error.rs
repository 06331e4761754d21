//! Why the log could not be read or written.

use std::fmt;

use miette::Diagnostic;

use super::leaf::LeafError;
use super::note::NoteError;
use super::storage::StorageError;

/// Why the log could not be read or written.
#[derive(Debug)]
pub enum LogError {
    /// The place that holds it reported an error.
    Storage(StorageError),
    /// There is no log.
    Absent,
    /// There is a log already.
    Exists,
    /// It is another log than was asked for.
    Origin {
        /// The one that was asked for.
        expected: String,
        /// The one that is there.
        found: String,
    },
    /// The head has not the form, or one of a newer release.
    Head(String),
    /// The checkpoint, or a key of one.
    Checkpoint(NoteError),
    /// An object that the log must have is not there.
    Gone(String),
    /// What is stored contradicts itself.
    Inconsistent(String),
    /// A leaf that the tree does not have.
    OutsideTree {
        /// The leaf.
        index: u64,
        /// How many leaves it has.
        size: u64,
    },
    /// The bytes of a leaf.
    Leaf {
        /// Its place in the log.
        index: u64,
        /// What is wrong with it.
        error: LeafError,
    },
}

impl LogError {
    pub(super) fn inconsistent(message: impl Into<String>) -> Self {
        Self::Inconsistent(message.into())
    }
}

impl From<StorageError> for LogError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<NoteError> for LogError {
    fn from(error: NoteError) -> Self {
        Self::Checkpoint(error)
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => error.fmt(f),
            Self::Absent => f.write_str("there is no log here"),
            Self::Exists => f.write_str("there is a log here already"),
            Self::Origin { expected, found } => write!(f, "the log is `{found}`, and `{expected}` was asked for"),
            Self::Head(message) => write!(f, "the log's `head` cannot be read: {message}"),
            Self::Checkpoint(error) => error.fmt(f),
            Self::Gone(name) => write!(f, "the log lacks `{name}`"),
            Self::Inconsistent(message) => write!(f, "the log contradicts itself: {message}"),
            Self::OutsideTree { index, size } => write!(f, "the log has {size} leaves, and {index} is beyond them"),
            Self::Leaf { index, error } => write!(f, "leaf {index} of the log: {error}"),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Checkpoint(error) => Some(error),
            Self::Leaf { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Diagnostic for LogError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Storage(error) => return error.code(),
            Self::Checkpoint(error) => return error.code(),
            Self::Absent => "log::absent",
            Self::Exists => "log::exists",
            Self::Origin { .. } => "log::origin",
            Self::Head(_) => "log::head",
            Self::Gone(_) => "log::gone",
            Self::Inconsistent(_) => "log::inconsistent",
            Self::OutsideTree { .. } => "log::outside_tree",
            Self::Leaf { .. } => "log::leaf",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Storage(error) => return error.help(),
            Self::Checkpoint(error) => return error.help(),
            Self::Leaf { error, .. } => return error.help(),
            Self::Absent => "name the place that holds it, or make a new log there",
            Self::Exists => "open it, or name another place for a new one",
            Self::Origin { .. } => "name the place of the other log, or the origin of this one",
            Self::Head(_) => "a newer release of countersign may have written it; else restore it from another copy",
            Self::Gone(_) => "restore it from another copy of the log: it was deleted, or the copy is not whole",
            Self::Inconsistent(_) => {
                "nothing more is written to it; compare it with another copy and with checkpoints that others keep"
            }
            Self::OutsideTree { .. } => "the last leaf has the number of leaves less one",
        }))
    }
}
