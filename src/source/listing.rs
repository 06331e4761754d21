//! The files of a folder without their bytes, for whoever reads them one by one.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::git::{self, GitEnv, path_from_bytes};
use super::list::{self, Candidate, Candidates};
use super::{NotRead, SourceError, authors, disk};

/// A file that is there, or why it cannot be read. There may be a million of them: it is kept small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path from the root, with `/`; of a name that is not UTF-8 with replacement characters.
    pub path: Box<str>,
    stands: Stands,
}

/// Where a listed file is found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stands {
    /// Below the root, at its path.
    ByPath,
    /// There too, at a name that is not UTF-8.
    ByName(Box<Path>),
    Nowhere(Box<NotRead>),
}

impl Listed {
    /// Why it is not read.
    #[must_use]
    pub fn not_read(&self) -> Option<&NotRead> {
        match &self.stands {
            Stands::Nowhere(why) => Some(why),
            Stands::ByPath | Stands::ByName(_) => None,
        }
    }
}

/// The files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    root: PathBuf,
    /// The files, sorted by path.
    pub files: Vec<Listed>,
    /// Where the repository is fetched from, without user and password.
    pub remote_url: Option<String>,
}

impl Listing {
    /// Where one of its files stands on the disk; nothing for one that is not read.
    #[must_use]
    pub fn place(&self, file: &Listed) -> Option<PathBuf> {
        match &file.stands {
            Stands::ByPath => Some(self.root.join(&*file.path)),
            Stands::ByName(name) => Some(self.root.join(name)),
            Stands::Nowhere(_) => None,
        }
    }
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
    let (mut files, remote_url) = match place.as_ref().and_then(|place| Some((place, place.root.as_ref()?))) {
        Some((place, top)) => {
            (tracked(top, &root, &list::work_tree(&place.git)?), authors::configured(&place.git, env)?.remote_url)
        }
        None => (plain(&root)?, None),
    };
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(Listing { root, files, remote_url })
}

/// What stands in a work tree, below a folder of it.
fn tracked(top: &Path, below: &Path, candidates: &Candidates) -> Vec<Listed> {
    let folders = disk::real_folders(top, candidates);
    let top = fs::canonicalize(top).unwrap_or_else(|_| top.to_owned());
    let inside = below.strip_prefix(&top).map(|own| own.to_string_lossy().replace('\\', "/")).unwrap_or_default();
    let cut = |path: &[u8]| -> Option<Vec<u8>> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let cut = match inside.as_str() {
            "" => path,
            inside => path.strip_prefix(inside.as_bytes())?.strip_prefix(b"/")?,
        };
        Some(cut.to_vec())
    };
    let listed = |candidate: &Candidate| {
        let path = cut(&candidate.path)?;
        Some(match disk::stands(&top, &folders, candidate) {
            disk::Stands::Repository(_) => nowhere(path, NotRead::Submodule),
            disk::Stands::Unnamed => nowhere(path, NotRead::PathNotUtf8),
            disk::Stands::Gone => return None,
            disk::Stands::At(at) => match disk::metadata(&at) {
                Ok(found) => file(found.filter(|found| !found.is_dir())?.file_type(), path),
                Err(error) => closed(path, error.kind().to_string()),
            },
        })
    };
    let mut all: Vec<Listed> = candidates.paths.par_iter().filter_map(listed).collect();
    all.extend(candidates.closed.iter().filter_map(|(path, reason)| Some(closed(cut(path)?, reason.clone()))));
    all
}

/// Every file below a folder.
fn plain(root: &Path) -> Result<Vec<Listed>, SourceError> {
    let disk::Below { files, repositories, closed: folders } = disk::below(root)?;
    let mut all: Vec<Listed> = files.into_iter().map(|(path, kind)| file(kind, path)).collect();
    all.extend(repositories.into_iter().map(|path| nowhere(path, NotRead::Submodule)));
    all.extend(folders.into_iter().map(|(path, reason)| closed(path, reason)));
    Ok(all)
}

/// Something that is no folder, at a path that the system can name or cannot.
fn file(kind: fs::FileType, path: Vec<u8>) -> Listed {
    if kind.is_symlink() {
        return nowhere(path, NotRead::Link { inside: false });
    }
    if !kind.is_file() {
        return closed(path, "not a regular file".to_owned());
    }
    match String::from_utf8(path) {
        Ok(path) => Listed { path: path.into(), stands: Stands::ByPath },
        Err(other) => match path_from_bytes(other.as_bytes()) {
            Some(name) => Listed { path: shown(other.as_bytes()), stands: Stands::ByName(name.into()) },
            None => nowhere(other.into_bytes(), NotRead::PathNotUtf8),
        },
    }
}

fn shown(path: &[u8]) -> Box<str> {
    String::from_utf8_lossy(path).into()
}

fn nowhere(path: Vec<u8>, why: NotRead) -> Listed {
    Listed { path: shown(&path), stands: Stands::Nowhere(Box::new(why)) }
}

/// What cannot be listed or opened.
fn closed(path: Vec<u8>, reason: String) -> Listed {
    nowhere(path, NotRead::Unreadable { reason })
}
