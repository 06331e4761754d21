//! Evidence that cannot be read, or that is not what it should be.

use std::fmt;

use miette::Diagnostic;

use crate::store::{Digest, StoreError};

/// Evidence that cannot be used.
#[derive(Debug)]
pub enum EvidenceError {
    /// An object cannot be read.
    Store(StoreError),
    /// An object is not what it is said to be.
    Malformed {
        /// The object.
        object: Digest,
        /// Why, in words.
        why: String,
    },
    /// The record cannot be judged again.
    NotReperformed {
        /// Why, in words.
        why: String,
        /// What to do next.
        help: Option<String>,
    },
}

impl EvidenceError {
    pub(super) fn malformed(object: Digest, why: &str) -> Self {
        Self::Malformed { object, why: why.to_owned() }
    }
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Malformed { object, why } => write!(f, "the object {object} is not what the record needs: {why}"),
            Self::NotReperformed { why, .. } => write!(f, "the record cannot be judged again: {why}"),
        }
    }
}

impl std::error::Error for EvidenceError {}

impl From<StoreError> for EvidenceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Diagnostic for EvidenceError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Store(error) => error.help(),
            Self::Malformed { .. } => Some(Box::new("`countersign evidence verify` says what else is damaged")),
            Self::NotReperformed { help, .. } => help.as_ref().map(|help| Box::new(help) as _),
        }
    }
}
