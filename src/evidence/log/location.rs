//! Where evidence is kept, as people write it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use miette::Diagnostic;

use super::storage::{Storage, StorageError};
use super::{Committer, FolderStorage, GitStorage, ObjectStorage};
use crate::source::GitEnv;
use crate::syntax::nearest;

/// The kinds of places, and how each is written.
const SCHEMES: &[(&str, &str)] =
    &[("dir", "dir:PATH"), ("git", "git:REF` or `git:REF@REMOTE"), ("s3", "s3://BUCKET/PREFIX")];

/// What other people's tools call the kinds of places that are known here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("file", "dir"),
    ("folder", "dir"),
    ("directory", "dir"),
    ("path", "dir"),
    ("ref", "git"),
    ("refs", "git"),
    ("git+ssh", "git"),
    ("git+https", "git"),
    ("ssh", "git"),
    ("bucket", "s3"),
    ("s3a", "s3"),
    ("aws", "s3"),
    ("minio", "s3"),
];

/// What opening a place may know of its surroundings.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The folder that relative paths start from; absolute.
    pub cwd: PathBuf,
    /// A folder in the repository that `git:` means.
    pub repository: PathBuf,
    /// Variables: how git is run, and the credentials of object storage.
    pub variables: Vec<(OsString, OsString)>,
    /// Where temporary files may be made.
    pub temp_dir: PathBuf,
    /// When it is, in epoch seconds: the time of commits.
    pub now: i64,
}

/// A storage of a kind that is known at run time.
pub type AnyStorage = Box<dyn Storage + Send + Sync>;

/// Opens a place by its written form: `dir:PATH`, `git:REF`, `git:REF@REMOTE` or `s3://BUCKET/PREFIX`. Nothing is read or
/// written there yet.
///
/// # Errors
/// [`LocationError`].
pub fn open(location: &str, surroundings: &Surroundings) -> Result<AnyStorage, LocationError> {
    let wrong = || LocationError::Unknown { location: location.to_owned(), nearest: nearest_form(location) };
    let (scheme, rest) = location.split_once(':').ok_or_else(wrong)?;
    let empty = |form| LocationError::Empty { location: location.to_owned(), form };
    match scheme {
        "dir" if rest.is_empty() => Err(empty("dir:PATH")),
        "dir" => Ok(Box::new(FolderStorage::new(surroundings.cwd.join(rest)))),
        "git" if rest.is_empty() => Err(empty("git:REF")),
        "git" => {
            let (reference, remote) = rest.split_once('@').map_or((rest, None), |(name, remote)| (name, Some(remote)));
            let env = GitEnv::new(surroundings.variables.iter().cloned(), &surroundings.temp_dir);
            let committer = surroundings.committer();
            Ok(Box::new(GitStorage::open(&surroundings.repository, &env, reference, remote, committer)?))
        }
        "s3" if rest.starts_with("//") => Ok(Box::new(ObjectStorage::open(location, &surroundings.text())?)),
        _ => Err(wrong()),
    }
}

impl Surroundings {
    fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.variables.iter().find(|(own, value)| own == name && !value.is_empty());
        found.map(|(_, value)| value.as_os_str())
    }

    /// Who commits: whom git's own variables name, or nobody in particular. A record says itself who made it.
    pub(super) fn committer(&self) -> Committer {
        let named = |name: &str, otherwise: &str| {
            self.get(name).map_or_else(|| otherwise.to_owned(), |value| value.to_string_lossy().into_owned())
        };
        Committer {
            name: named("GIT_COMMITTER_NAME", "countersign"),
            email: named("GIT_COMMITTER_EMAIL", "countersign@localhost"),
            at: self.now,
        }
    }

    /// The variables that are text.
    fn text(&self) -> BTreeMap<String, String> {
        let variables = self.variables.iter();
        variables.filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned()))).collect()
    }
}

/// The form that was probably meant.
fn nearest_form(location: &str) -> Option<String> {
    let form = |scheme: &str| SCHEMES.iter().find(|(own, _)| *own == scheme).map(|(_, form)| (*form).to_owned());
    let Some((written, _)) = location.split_once(':') else {
        let kind = if location.starts_with("refs/") { "git" } else { "dir" };
        return Some(format!("{kind}:{location}")).filter(|_| !location.is_empty());
    };
    let written = written.to_ascii_lowercase();
    let names = SCHEMES.iter().map(|(scheme, _)| (*scheme, *scheme)).chain(OTHER_NAMES.iter().copied());
    let close = nearest(&written, names.clone().map(|(name, _)| name))?;
    names.into_iter().find(|(name, _)| *name == close).and_then(|(_, scheme)| form(scheme))
}

/// A place that cannot be opened.
#[derive(Debug)]
pub enum LocationError {
    /// A kind of place that is not known.
    Unknown {
        /// As it was written.
        location: String,
        /// How what was probably meant is written.
        nearest: Option<String>,
    },
    /// Something lacks behind the kind.
    Empty {
        /// As it was written.
        location: String,
        /// The whole form.
        form: &'static str,
    },
    /// What the place reported.
    Storage(StorageError),
}

impl From<StorageError> for LocationError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl fmt::Display for LocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { location, .. } => write!(f, "`{location}` is no place for evidence that is known"),
            Self::Empty { location, form } => write!(f, "`{location}` is cut short: it is written `{form}`"),
            // The storage speaks of a log; here nothing is known of one yet.
            Self::Storage(StorageError { source: Some(source), .. }) => source.fmt(f),
            Self::Storage(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LocationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Unknown { .. } | Self::Empty { .. } => None,
        }
    }
}

impl Diagnostic for LocationError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Storage(error) => error.code(),
            Self::Unknown { .. } | Self::Empty { .. } => Some(Box::new("log::location")),
        }
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Storage(error) => error.help(),
            Self::Unknown { nearest: Some(nearest), .. } => Some(Box::new(format!("did you mean `{nearest}`?"))),
            Self::Unknown { nearest: None, .. } | Self::Empty { .. } => {
                let forms: Vec<String> = SCHEMES.iter().map(|(_, form)| format!("`{form}`")).collect();
                Some(Box::new(format!("the places are {}", forms.join(", "))))
            }
        }
    }
}
