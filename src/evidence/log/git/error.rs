//! Why git could not keep a log.

use std::fmt;

use miette::Diagnostic;

use crate::source::SourceError;
use crate::store::StoreError;

/// Why git could not keep a log.
#[derive(Debug)]
pub(super) enum GitError {
    /// Git itself, or the repository.
    Source(SourceError),
    /// A file of ours beside the repository.
    Store(StoreError),
    /// The folder is in no repository.
    NoRepository { folder: String },
    /// The reference is not written as one.
    Reference { name: String, why: &'static str },
    /// The reference is a branch that somebody works on.
    CheckedOut { name: String },
    /// The reference leads to something else.
    NotEvidence { name: String, what: String },
    /// A tree names an object that is not here.
    Lacks { object: String },
    /// The remote is not written as one.
    Remote { name: String },
    /// The remote could not be read or written.
    Unreachable { remote: String, message: String },
    /// The remote was reached and did not take a change.
    Refused { remote: String, name: String, reason: String },
    /// A tag of that name says something else.
    OtherTag { name: String },
    /// Other writers were always first.
    Crowded { name: String },
    /// A git command failed.
    Failed { command: &'static str, message: String },
}

impl From<SourceError> for GitError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::NoRepository { folder } => write!(f, "`{folder}` is in no git repository"),
            Self::Reference { name, why } => write!(f, "`{name}` cannot hold evidence: {why}"),
            Self::CheckedOut { name } => write!(f, "`{name}` is checked out, and cannot hold evidence"),
            Self::NotEvidence { name, what } => write!(f, "`{name}` is {what}, and not evidence"),
            Self::Lacks { object } => write!(f, "this repository lacks the object {object}, which the evidence has"),
            Self::Remote { name } => write!(f, "`{name}` is not the name, URL or path of a remote"),
            Self::Unreachable { remote, message } => write!(f, "the remote `{remote}` does not answer: {message}"),
            Self::Refused { remote, name, reason } => write!(f, "the remote `{remote}` refuses `{name}`: {reason}"),
            Self::OtherTag { name } => {
                write!(f, "the tag `{name}` is there already, and is not this checkpoint")
            }
            Self::Crowded { name } => write!(f, "other writers were always first to change `{name}`"),
            Self::Failed { command, message } => write!(f, "`git {command}` failed: {message}"),
        }
    }
}

impl std::error::Error for GitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Source(error) => Some(error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl Diagnostic for GitError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("log::git"))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(match self {
            Self::Source(error) => return error.help(),
            Self::Store(error) => return error.help(),
            Self::NoRepository { .. } => {
                "run in a clone, or make one with `git init --bare`; `dir:PATH` needs no repository".to_owned()
            }
            Self::Reference { .. } | Self::CheckedOut { .. } | Self::NotEvidence { .. } => {
                "evidence has a reference of its own, for example `git:refs/countersign/evidence`".to_owned()
            }
            Self::Lacks { .. } => {
                "a partial clone leaves objects out: fetch the reference in a clone that was made without `--filter`; \
                 in a whole clone, `git fsck` tells what is damaged"
                    .to_owned()
            }
            Self::Remote { .. } => {
                "write `git:REF@origin`, `git:REF@https://HOST/PATH` or `git:REF@../PATH`; `git remote` lists names"
                    .to_owned()
            }
            Self::Unreachable { remote, .. } => {
                format!("`git ls-remote {remote}` asks it the same way; nothing was changed that others see")
            }
            Self::Refused { name, .. } => format!(
                "allow whoever records to push `{name}`: look at the remote's rules and hooks, and at the permissions \
                 of the token"
            ),
            Self::OtherTag { name } => format!(
                "`git cat-file -p {name}` shows it; if it is a checkpoint of this log, the log was rewritten since"
            ),
            Self::Crowded { .. } => "run again: what was begun is finished, and nothing is logged twice".to_owned(),
            Self::Failed { message, .. } if message.contains(".lock': File exists") => {
                "another git command is at it; if none is, one was killed: delete the file that ends with .lock"
                    .to_owned()
            }
            Self::Failed { .. } => {
                "look whether the repository can be written by whoever runs this; `git fsck` tells whether it is sound"
                    .to_owned()
            }
        }))
    }
}
