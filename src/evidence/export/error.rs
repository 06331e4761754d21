//! Why nothing was exported.

use std::fmt;
use std::path::PathBuf;

use miette::Diagnostic;

use crate::evidence::error::EvidenceError;
use crate::gate::RunError;
use crate::store::StoreError;

/// An export that was not made.
#[derive(Debug)]
pub enum ExportError {
    /// The run could not be finished.
    Run(RunError),
    /// There is something in the folder already.
    NotEmpty(PathBuf),
    /// The folder cannot be read or made.
    Folder(PathBuf, std::io::Error),
    /// A file cannot be written.
    Write(StoreError),
    /// The record, or something that it names.
    Evidence(EvidenceError),
    /// Employment facts were imported, which are written nowhere.
    Employment,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::NotEmpty(path) => write!(f, "the folder {} is not empty", path.display()),
            Self::Folder(path, error) => write!(f, "the folder {} cannot be used: {error}", path.display()),
            Self::Write(error) => error.fmt(f),
            Self::Evidence(error) => error.fmt(f),
            Self::Employment => f.write_str("employment facts were imported, and an export would write them to files"),
        }
    }
}

impl std::error::Error for ExportError {}

impl From<RunError> for ExportError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<EvidenceError> for ExportError {
    fn from(error: EvidenceError) -> Self {
        Self::Evidence(error)
    }
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Write(error)
    }
}

impl Diagnostic for ExportError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Run(error) => error.help(),
            Self::Write(error) => error.help(),
            Self::Evidence(error) => error.help(),
            Self::NotEmpty(_) => Some(Box::new("name a folder that is not there yet, so that nothing old is mixed in")),
            Self::Folder(..) => Some(Box::new("check the path and its permissions")),
            Self::Employment => Some(Box::new("judge without `--people`, and export that")),
        }
    }
}
