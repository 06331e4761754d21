//! Files on a disk: a plain folder, and what the work tree really holds.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::SourceError;
use super::git::path_from_bytes;
use super::list::{Candidate, Candidates};
use super::tree::{Content, EVIDENCE, Entry, FileKind, Found, NotRead};
use crate::store::Digest;

/// What stands at a path of a disk.
enum Seen {
    Nothing,
    Folder,
    File { kind: FileKind, content: Content },
}

fn unreadable(kind: FileKind, error: &io::Error) -> Seen {
    let reason = error.kind().to_string();
    Seen::File { kind, content: Content::NotRead(NotRead::Unreadable { reason }) }
}

/// What is at a path, a link at its end not followed; nothing where it is gone.
pub(super) fn metadata(path: &Path) -> io::Result<Option<fs::Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at a path without following a link at its end, and reads a file of up to `limit` bytes.
fn look(path: &Path, limit: u64) -> Seen {
    let found = match metadata(path) {
        Ok(Some(found)) => found,
        Ok(None) => return Seen::Nothing,
        Err(error) => return unreadable(FileKind::Regular, &error),
    };
    let kind = found.file_type();
    if kind.is_dir() {
        return Seen::Folder;
    }
    if kind.is_symlink() {
        return match fs::read_link(path) {
            Ok(target) => {
                let target = target.to_string_lossy();
                let target = if cfg!(windows) { target.replace('\\', "/") } else { target.into_owned() };
                let content = Content::NotRead(NotRead::Link { inside: false });
                Seen::File { kind: FileKind::Symlink { target }, content }
            }
            Err(error) => unreadable(FileKind::Symlink { target: String::new() }, &error),
        };
    }
    let kind = if is_executable(&found) { FileKind::Executable } else { FileKind::Regular };
    // A pipe is never opened: that would wait for a writer.
    if !found.is_file() {
        let reason = "not a regular file".to_owned();
        return Seen::File { kind: FileKind::Regular, content: Content::NotRead(NotRead::Unreadable { reason }) };
    }
    match read(path, found.len(), limit) {
        Ok(content) => Seen::File { kind, content },
        Err(error) => unreadable(kind, &error),
    }
}

fn read(path: &Path, size: u64, limit: u64) -> io::Result<Content> {
    if size > limit {
        return Ok(Content::NotRead(NotRead::TooLarge { bytes: size }));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    // A file that grows meanwhile is not read without end.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Ok(Content::NotRead(NotRead::TooLarge { bytes: bytes.len() as u64 }));
    }
    let digest = Digest::of(&bytes);
    Ok(Content::Bytes { bytes: bytes.into(), digest })
}

#[cfg(unix)]
fn is_executable(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// Where a candidate is to be looked for.
pub(super) enum Stands {
    /// It is another repository, and is not looked into.
    Repository(Found),
    /// At this path.
    At(PathBuf),
    /// At a path that the system cannot name.
    Unnamed,
    /// Nowhere: a folder above it is gone or a link.
    Gone,
}

/// Where a candidate of the work tree at `root` is to be looked for. `folders` are the [`real_folders`].
pub(super) fn stands(root: &Path, folders: &HashMap<&[u8], bool>, candidate: &Candidate) -> Stands {
    if candidate.path.ends_with(b"/") {
        return Stands::Repository(Found::Repository { commit: String::new() });
    }
    if let Some(repository @ Found::Repository { .. }) = &candidate.tracked {
        return Stands::Repository(repository.clone());
    }
    if parent(&candidate.path).is_some_and(|folder| folders.get(folder) != Some(&true)) {
        return Stands::Gone;
    }
    path_from_bytes(&candidate.path).map_or(Stands::Unnamed, |relative| Stands::At(root.join(relative)))
}

/// What the work tree at `root` holds of the candidates. A tracked file that a sparse checkout leaves out counts as its
/// entry in the index, which is what git takes it for; any other that is gone is deleted.
pub(super) fn work_tree(root: &Path, candidates: &Candidates, limit: u64) -> Vec<Entry> {
    let folders = real_folders(root, candidates);
    let found = |candidate: &Candidate| {
        let seen = match stands(root, &folders, candidate) {
            Stands::Repository(repository) => return Some(repository),
            Stands::At(path) => look(&path, limit),
            Stands::Unnamed => unreadable(FileKind::Regular, &io::ErrorKind::InvalidFilename.into()),
            Stands::Gone => Seen::Nothing,
        };
        match seen {
            Seen::File { kind, content } => Some(Found::Disk { kind, content }),
            Seen::Nothing if candidate.sparse => candidate.tracked.clone(),
            Seen::Nothing | Seen::Folder => None,
        }
    };
    let mut entries: Vec<Entry> = candidates
        .paths
        .par_iter()
        .filter_map(|candidate| {
            let path = candidate.path.strip_suffix(b"/").unwrap_or(&candidate.path);
            Some(Entry { found: found(candidate)?, path: path.to_vec() })
        })
        .collect();
    entries.extend(candidates.closed.iter().map(|(path, reason)| closed_folder(path.clone(), reason.clone())));
    entries
}

/// For each folder of a candidate whether it and those above it are folders and no links: a tracked file below a
/// link is gone, whatever the link leads to.
pub(super) fn real_folders<'a>(root: &Path, candidates: &'a Candidates) -> HashMap<&'a [u8], bool> {
    let mut known: HashMap<&'a [u8], bool> = HashMap::new();
    for candidate in &candidates.paths {
        let mut unknown = Vec::new();
        let mut at = parent(&candidate.path);
        while let Some(folder) = at.filter(|folder| !known.contains_key(folder)) {
            unknown.push(folder);
            at = parent(folder);
        }
        let mut real = at.is_none_or(|folder| known.get(folder) == Some(&true));
        for folder in unknown.into_iter().rev() {
            real = real
                && path_from_bytes(folder)
                    .is_some_and(|path| fs::symlink_metadata(root.join(path)).is_ok_and(|found| found.is_dir()));
            known.insert(folder, real);
        }
    }
    known
}

fn parent(path: &[u8]) -> Option<&[u8]> {
    path.iter().rposition(|byte| *byte == b'/').and_then(|at| path.get(..at))
}

/// What stands below a folder, by paths from it.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Whatever is no folder, with what it is; links are not followed.
    pub(super) files: Vec<(Vec<u8>, fs::FileType)>,
    /// Folders with their own `.git`, which are not looked into.
    pub(super) repositories: Vec<Vec<u8>>,
    /// Folders that cannot be listed, and why.
    pub(super) closed: Vec<(Vec<u8>, String)>,
}

/// Lists everything below a folder, level by level. Left out: `.git`, and what `check` wrote there.
///
/// # Errors
/// [`SourceError::Io`] when the folder itself cannot be listed.
pub(super) fn below(root: &Path) -> Result<Below, SourceError> {
    let mut all = Below::default();
    let mut level: Vec<Vec<u8>> = vec![Vec::new()];
    while !level.is_empty() {
        let listed: Vec<io::Result<Listed>> = level.par_iter().map(|folder| list(root, folder)).collect();
        let folders = std::mem::take(&mut level);
        for (folder, listed) in folders.into_iter().zip(listed) {
            let listed = match listed {
                Ok(listed) => listed,
                Err(error) if folder.is_empty() => return Err(SourceError::io(root, error)),
                Err(error) => {
                    all.closed.push((folder, error.kind().to_string()));
                    continue;
                }
            };
            if !folder.is_empty() && listed.iter().any(|(name, _)| name == b".git") {
                all.repositories.push(folder);
                continue;
            }
            for (name, kind) in listed.into_iter().filter(|(name, _)| name != b".git") {
                let path = if folder.is_empty() { name } else { [&folder[..], b"/", &name].concat() };
                if !kind.is_dir() {
                    all.files.push((path, kind));
                } else if path != EVIDENCE.as_bytes() {
                    level.push(path);
                }
            }
        }
    }
    Ok(all)
}

/// Every file [`below`] a folder but pipes and devices.
///
/// # Errors
/// [`SourceError::Io`] when the folder itself cannot be listed; one below it becomes an entry that says so.
pub(super) fn folder(root: &Path, limit: u64) -> Result<Vec<Entry>, SourceError> {
    let Below { files, repositories, closed } = below(root)?;
    let repository = |path| Entry { path, found: Found::Repository { commit: String::new() } };
    let mut entries: Vec<Entry> = repositories.into_iter().map(repository).collect();
    entries.extend(closed.into_iter().map(|(path, reason)| closed_folder(path, reason)));
    let files: Vec<Vec<u8>> =
        files.into_iter().filter(|(_, kind)| kind.is_file() || kind.is_symlink()).map(|(path, _)| path).collect();
    let read = files.into_par_iter().filter_map(|path| {
        let seen = match path_from_bytes(&path) {
            Some(relative) => look(&root.join(relative), limit),
            None => unreadable(FileKind::Regular, &io::ErrorKind::InvalidFilename.into()),
        };
        match seen {
            Seen::File { kind, content } => Some(Entry { path, found: Found::Disk { kind, content } }),
            // Removed or replaced since it was listed.
            Seen::Nothing | Seen::Folder => None,
        }
    });
    entries.par_extend(read);
    Ok(entries)
}

/// A folder that cannot be listed.
fn closed_folder(path: Vec<u8>, reason: String) -> Entry {
    let content = Content::NotRead(NotRead::Unreadable { reason });
    Entry { path, found: Found::Disk { kind: FileKind::Folder, content } }
}

type Listed = Vec<(Vec<u8>, fs::FileType)>;

fn list(root: &Path, folder: &[u8]) -> io::Result<Listed> {
    let relative = path_from_bytes(folder).ok_or(io::ErrorKind::InvalidFilename)?;
    fs::read_dir(root.join(relative))?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().into_encoded_bytes(), entry.file_type()?))
        })
        .collect()
}
