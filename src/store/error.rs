//! What can go wrong when bytes are stored or read back.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

/// A store that could not do what was asked, and where.
#[derive(Debug)]
pub struct StoreError {
    /// The file or folder at fault.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: StoreErrorKind,
    /// What the operating system said, if it was asked.
    pub source: Option<io::Error>,
}

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Writing is not allowed, by permission or because the file system is read-only.
    ReadOnly,
    /// No space or no quota is left.
    Full,
    /// A file stands where a folder is needed, or the other way round.
    WrongKind,
    /// Anything else that the operating system reports.
    Io,
}

impl StoreError {
    /// Sorts an operating system's error by what a person can do about it.
    #[must_use]
    pub fn from_io(path: &Path, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreErrorKind::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
            io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::AlreadyExists => {
                StoreErrorKind::WrongKind
            }
            _ => StoreErrorKind::Io,
        };
        Self { path: path.to_owned(), kind, source: Some(source) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.kind {
            StoreErrorKind::ReadOnly => write!(f, "no permission for `{path}`"),
            StoreErrorKind::Full => write!(f, "no space left for `{path}`"),
            StoreErrorKind::WrongKind => write!(f, "`{path}` is a file where a folder is needed, or the reverse"),
            StoreErrorKind::Io => match &self.source {
                Some(source) => write!(f, "`{path}`: {source}"),
                None => write!(f, "`{path}` could not be read or written"),
            },
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

impl Diagnostic for StoreError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self.kind {
            StoreErrorKind::ReadOnly => "store::read_only",
            StoreErrorKind::Full => "store::full",
            StoreErrorKind::WrongKind => "store::wrong_kind",
            StoreErrorKind::Io => "store::io",
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let path = self.path.display();
        let folder = self.path.parent().unwrap_or(&self.path).display();
        Some(Box::new(match &self.kind {
            StoreErrorKind::ReadOnly => {
                format!("look at its owner and mode with `ls -ld {folder}`, or name a store that can be written")
            }
            StoreErrorKind::Full => {
                format!("`df -h {folder}` shows what is left; nothing was written, so run again once there is space")
            }
            StoreErrorKind::WrongKind => format!("look with `ls -ld {folder} {path}` and move the file aside"),
            StoreErrorKind::Io => format!("look at the folder with `ls -la {folder}`"),
        }))
    }
}
