//! The files of a folder without their bytes, for whoever reads them one by one.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::git::{self, GitEnv, path_from_bytes};
use super::list::{self, Candidates};
use super::tree::{EVIDENCE, Found};
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
    let cut = |path: &[u8]| -> Option<Vec<u8>> {
        if inside.is_empty() {
            return Some(path.to_vec());
        }
        path.strip_prefix(inside.as_bytes())?.strip_prefix(b"/").map(<[u8]>::to_vec)
    };
    let mut all: Vec<Listed> = candidates
        .paths
        .par_iter()
        .filter_map(|candidate| {
            let bytes = candidate.path.strip_suffix(b"/").unwrap_or(&candidate.path);
            let shown = String::from_utf8_lossy(&cut(bytes)?).into_owned();
            if candidate.path.ends_with(b"/") || matches!(candidate.tracked, Some(Found::Repository { .. })) {
                return Some(Listed { path: shown, file: Err(NotRead::Submodule) });
            }
            let folder = bytes.iter().rposition(|byte| *byte == b'/').and_then(|at| bytes.get(..at));
            if folder.is_some_and(|folder| folders.get(folder) != Some(&true)) {
                return None;
            }
            look(shown, bytes, &top)
        })
        .collect();
    all.extend(candidates.closed.iter().filter_map(|(path, reason)| {
        let path = String::from_utf8_lossy(&cut(path)?).into_owned();
        Some(Listed { path, file: Err(NotRead::Unreadable { reason: reason.clone() }) })
    }));
    all
}

/// What stands at a path, without following a link at its end; nothing where it is gone or a folder.
fn look(shown: String, bytes: &[u8], root: &Path) -> Option<Listed> {
    let Some(relative) = path_from_bytes(bytes) else {
        return Some(Listed { path: shown, file: Err(NotRead::PathNotUtf8) });
    };
    let at = root.join(relative);
    let file = match fs::symlink_metadata(&at) {
        Ok(found) if found.is_dir() => return None,
        Ok(found) if found.is_symlink() => Err(NotRead::Link { inside: false }),
        Ok(found) if found.is_file() => Ok(at),
        Ok(_) => Err(NotRead::Unreadable { reason: "not a regular file".to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => Err(NotRead::Unreadable { reason: error.kind().to_string() }),
    };
    Some(Listed { path: shown, file })
}

/// Every file below a folder, folder level by folder level.
fn plain(root: &Path) -> Result<Vec<Listed>, SourceError> {
    let mut all = Vec::new();
    let mut level: Vec<Vec<u8>> = vec![Vec::new()];
    while !level.is_empty() {
        let read: Vec<Level> = level.par_iter().map(|folder| open(root, folder)).collect();
        level = Vec::new();
        for (folder, files) in read {
            level.extend(folder);
            match files {
                Ok(files) => all.extend(files),
                Err((path, error)) if path.is_empty() => return Err(SourceError::io(root, error)),
                Err((path, error)) => {
                    let reason = error.kind().to_string();
                    let path = String::from_utf8_lossy(&path).into_owned();
                    all.push(Listed { path, file: Err(NotRead::Unreadable { reason }) });
                }
            }
        }
    }
    Ok(all)
}

/// The folders of a folder and its files, or the folder's own name and why it cannot be opened.
type Level = (Vec<Vec<u8>>, Result<Vec<Listed>, (Vec<u8>, std::io::Error)>);

fn open(root: &Path, folder: &[u8]) -> Level {
    let listed = match path_from_bytes(folder) {
        Some(relative) => disk::list(&root.join(relative)),
        None => Err(std::io::ErrorKind::InvalidFilename.into()),
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) => return (Vec::new(), Err((folder.to_vec(), error))),
    };
    if !folder.is_empty() && listed.iter().any(|(name, _)| name == b".git") {
        let path = String::from_utf8_lossy(folder).into_owned();
        return (Vec::new(), Ok(vec![Listed { path, file: Err(NotRead::Submodule) }]));
    }
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for (name, kind) in listed.into_iter().filter(|(name, _)| name != b".git") {
        let path = if folder.is_empty() { name } else { [folder, b"/", &name].concat() };
        let shown = String::from_utf8_lossy(&path).into_owned();
        if kind.is_dir() {
            if path != EVIDENCE.as_bytes() {
                folders.push(path);
            }
            continue;
        }
        let file = if kind.is_symlink() {
            Err(NotRead::Link { inside: false })
        } else if kind.is_file() {
            path_from_bytes(&path).map(|relative| root.join(relative)).ok_or(NotRead::PathNotUtf8)
        } else {
            Err(NotRead::Unreadable { reason: "not a regular file".to_owned() })
        };
        files.push(Listed { path: shown, file });
    }
    (folders, Ok(files))
}
