//! The files of a folder without their bytes, for whoever reads them one by one.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk::Stands;
use super::git::{self, GitEnv, path_from_bytes};
use super::list::{self, Candidate, Candidates};
use super::{NotRead, SourceError, authors, disk};

/// A file that is there, or why it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path from the root, with `/`; of a name that is not UTF-8 with replacement characters.
    pub path: String,
    /// Where it stands on the disk, or why it is not read.
    pub file: Result<PathBuf, NotRead>,
}

/// The files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files, sorted by path.
    pub files: Vec<Listed>,
    /// Where the repository is fetched from, without user and password.
    pub remote_url: Option<String>,
}

/// The files below a folder, sorted by path: of a work tree those that are tracked or not ignored, of a plain folder all.
/// Nothing is read.
///
/// # Errors
/// [`SourceError`] when the folder is not there or git cannot list it.
pub fn files_below(cwd: &Path, path: &Path, env: &GitEnv) -> Result<Listing, SourceError> {
    let path = cwd.join(path);
    let found = fs::metadata(&path).map_err(|_| SourceError::PathMissing { path: path.clone() })?;
    if !found.is_dir() {
        return Err(SourceError::PathNotFolder { path });
    }
    let root = fs::canonicalize(&path).map_err(|error| SourceError::io(&path, error))?;
    let place = git::discover(cwd, &path, env)?;
    let mut listing = match place.as_ref().and_then(|place| Some((place, place.root.as_ref()?))) {
        Some((place, top)) => Listing {
            files: tracked(top, &root, &list::work_tree(&place.git)?),
            remote_url: authors::configured(&place.git, env)?.remote_url,
        },
        None => Listing { files: plain(&root)?, remote_url: None },
    };
    listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

/// What stands in a work tree, below a folder of it.
fn tracked(top: &Path, below: &Path, candidates: &Candidates) -> Vec<Listed> {
    let folders = disk::real_folders(top, candidates);
    let top = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let inside = below.strip_prefix(&top).map(|own| own.to_string_lossy().replace('\\', "/")).unwrap_or_default();
    let shown = |path: &[u8]| -> Option<String> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let cut = match inside.as_str() {
            "" => path,
            inside => path.strip_prefix(inside.as_bytes())?.strip_prefix(b"/")?,
        };
        Some(String::from_utf8_lossy(cut).into_owned())
    };
    let listed = |candidate: &Candidate| {
        let path = shown(&candidate.path)?;
        let file = match disk::stands(&top, &folders, candidate) {
            Stands::Repository(_) => Err(NotRead::Submodule),
            Stands::Unnamed => Err(NotRead::PathNotUtf8),
            Stands::Gone => return None,
            Stands::At(at) => match disk::metadata(&at) {
                Ok(found) => file(found.filter(|found| !found.is_dir())?.file_type(), Some(at)),
                Err(error) => Err(NotRead::Unreadable { reason: error.kind().to_string() }),
            },
        };
        Some(Listed { path, file })
    };
    let mut all: Vec<Listed> = candidates.paths.par_iter().filter_map(listed).collect();
    let closed = candidates.closed.iter().filter_map(|(path, reason)| Some(closed(shown(path)?, reason.clone())));
    all.extend(closed);
    all
}

/// Every file below a folder.
fn plain(root: &Path) -> Result<Vec<Listed>, SourceError> {
    let below = disk::below(root)?;
    let shown = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let files = below.files.iter().map(|(path, kind)| {
        let at = path_from_bytes(path).map(|relative| root.join(relative));
        Listed { path: shown(path), file: file(*kind, at) }
    });
    let repositories =
        below.repositories.iter().map(|path| Listed { path: shown(path), file: Err(NotRead::Submodule) });
    let mut all: Vec<Listed> = files.chain(repositories).collect();
    all.extend(below.closed.iter().map(|(path, reason)| closed(shown(path), reason.clone())));
    Ok(all)
}

/// What is to be read of something that is no folder, at a path that the system can name or cannot.
fn file(kind: fs::FileType, at: Option<PathBuf>) -> Result<PathBuf, NotRead> {
    if kind.is_symlink() {
        Err(NotRead::Link { inside: false })
    } else if kind.is_file() {
        at.ok_or(NotRead::PathNotUtf8)
    } else {
        Err(NotRead::Unreadable { reason: "not a regular file".to_owned() })
    }
}

/// A folder that cannot be listed.
fn closed(path: String, reason: String) -> Listed {
    Listed { path, file: Err(NotRead::Unreadable { reason }) }
}
