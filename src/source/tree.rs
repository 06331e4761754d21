//! A tree of files, and how the lists that git or a disk gives become one.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::blobs::{Blob, Contents, Wanted};
use super::links;
use crate::store::Digest;

/// The folder of what `check` writes beside a plain folder. It belongs to no tree, unless somebody committed it: a change
/// could put anything there.
pub(super) const EVIDENCE: &str = ".countersign/evidence";

/// All files of one tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The files, sorted by the bytes of their paths.
    pub files: Vec<SourceFile>,
    /// The commit that was named. `None` for a folder, a work tree and the index.
    pub commit: Option<String>,
    /// The git tree whose files these are; of a predicted merge the merged tree, which is not `commit`'s.
    pub tree: Option<String>,
}

impl Tree {
    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        let at = self.files.partition_point(|file| *file.path < *path);
        self.files.get(at).filter(|file| &*file.path == path)
    }
}

/// One file, link or nested repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path from the root of the tree, with `/`. Of a name that is not UTF-8: with replacement characters, so two such
    /// files may share a path.
    pub path: Arc<str>,
    /// What stands there.
    pub kind: FileKind,
    /// Its bytes, or why they were not read.
    pub content: Content,
}

impl SourceFile {
    /// The bytes, if they were read.
    #[must_use]
    pub fn bytes(&self) -> Option<&Arc<[u8]>> {
        match &self.content {
            Content::Bytes { bytes, .. } => Some(bytes),
            Content::NotRead(_) => None,
        }
    }

    /// The digest of the bytes, if they were read.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        match &self.content {
            Content::Bytes { digest, .. } => Some(*digest),
            Content::NotRead(_) => None,
        }
    }
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    Regular,
    /// A file that may be executed.
    Executable,
    /// A symbolic link. It is never followed.
    Symlink {
        /// Where it points, as it is written.
        target: String,
    },
    /// Another repository: a submodule, or a folder with a repository of its own.
    Submodule {
        /// The commit that a submodule is pinned to; empty for a folder that is not tracked.
        commit: String,
    },
    /// A folder whose entries could not be listed.
    Folder,
    /// A file from outside of the tree, given beside it. Nothing that stands in a tree is one.
    Imported,
    /// A definition that nobody wrote: what would be if somebody did. It is read wherever the configuration reads.
    Supposed,
}

/// A file's bytes, or why they were not read.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// The bytes; files with equal bytes share them, across the trees of one comparison.
    Bytes {
        /// All of them.
        bytes: Arc<[u8]>,
        /// Their digest.
        digest: Digest,
    },
    /// They were not read.
    NotRead(NotRead),
}

impl fmt::Debug for Content {
    /// Names the bytes without showing them: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { bytes, digest } => write!(f, "Bytes({} bytes, {digest})", bytes.len()),
            Self::NotRead(reason) => write!(f, "NotRead({reason:?})"),
        }
    }
}

/// Why a file's bytes were not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotRead {
    /// The file system refused, or it is no regular file (a pipe, a device).
    Unreadable {
        /// Why, lower case, without the path.
        reason: String,
    },
    /// It has more bytes than the request's limit.
    TooLarge {
        /// How many it has.
        bytes: u64,
    },
    /// It is a symbolic link.
    Link {
        /// Whether following it, and the links on its way, stays inside the tree.
        inside: bool,
    },
    /// It is another repository.
    Submodule,
    /// Its name is not UTF-8.
    PathNotUtf8,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { reason } => f.write_str(reason),
            Self::TooLarge { bytes } => write!(f, "{bytes} bytes are more than the limit"),
            Self::Link { inside: true } => f.write_str("a symbolic link to a place in the same tree"),
            Self::Link { inside: false } => f.write_str("a symbolic link that leaves the tree"),
            Self::Submodule => f.write_str("another git repository"),
            Self::PathNotUtf8 => f.write_str("its name is not UTF-8"),
        }
    }
}

/// A path with what a list says stands there.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) path: Vec<u8>,
    pub(super) found: Found,
}

/// What a list says stands at a path.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// A blob in the repository.
    Blob { object: String, executable: bool },
    /// A blob that holds the target of a link.
    Link { object: String },
    /// Another repository, at a commit if that is known.
    Repository { commit: String },
    /// It was looked at on the disk.
    Disk { kind: FileKind, content: Content },
}

/// Adds the object that an entry needs, if anybody will see its bytes.
pub(super) fn want<'a>(path: &'a [u8], found: &'a Found, wanted: &mut Wanted<'a>) {
    let needed = match found {
        Found::Blob { object, .. } => std::str::from_utf8(path).is_ok().then_some(object),
        Found::Link { object } => Some(object),
        Found::Repository { .. } | Found::Disk { .. } => None,
    };
    if let Some(object) = needed {
        wanted.entry(object).or_insert(path);
    }
}

/// Whether a path that is not committed can belong to a tree.
pub(super) fn belongs(path: &[u8]) -> bool {
    path.strip_prefix(EVIDENCE.as_bytes()).is_none_or(|rest| !rest.is_empty() && rest.first() != Some(&b'/'))
}

/// Makes sorted files of a list. `contents` holds what [`want`] asked for.
pub(super) fn assemble(entries: Vec<Entry>, contents: &mut Contents) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = entries.into_iter().map(|entry| file(entry, contents)).collect();
    // A name that is not UTF-8 comes after one that really has the replacement characters.
    files.sort_by(|a, b| {
        let lossy = |file: &SourceFile| file.content == Content::NotRead(NotRead::PathNotUtf8);
        a.path.cmp(&b.path).then_with(|| lossy(a).cmp(&lossy(b)))
    });
    let targets: HashMap<Arc<str>, String> = files
        .iter()
        .filter_map(|file| match &file.kind {
            FileKind::Symlink { target } => Some((Arc::clone(&file.path), target.clone())),
            _ => None,
        })
        .collect();
    if !targets.is_empty() {
        for file in &mut files {
            if let Content::NotRead(NotRead::Link { inside }) = &mut file.content {
                *inside = links::stays_inside(&file.path, &targets);
            }
        }
    }
    files
}

fn file(entry: Entry, contents: &mut Contents) -> SourceFile {
    let (kind, content) = match entry.found {
        Found::Blob { object, executable } => {
            let kind = if executable { FileKind::Executable } else { FileKind::Regular };
            (kind, blob(contents.get(&object)))
        }
        Found::Link { object } => match contents.get(&object) {
            Some(Blob::Bytes { bytes, .. }) => {
                let target = String::from_utf8_lossy(bytes).into_owned();
                (FileKind::Symlink { target }, Content::NotRead(NotRead::Link { inside: false }))
            }
            other => (FileKind::Symlink { target: String::new() }, blob(other)),
        },
        Found::Repository { commit } => (FileKind::Submodule { commit }, Content::NotRead(NotRead::Submodule)),
        Found::Disk { kind, content: Content::Bytes { bytes, digest } } => {
            (kind, Content::Bytes { bytes: contents.share(digest, bytes), digest })
        }
        Found::Disk { kind, content } => (kind, content),
    };
    match String::from_utf8(entry.path) {
        Ok(path) => SourceFile { path: path.into(), kind, content },
        Err(error) => SourceFile {
            path: String::from_utf8_lossy(error.as_bytes()).into(),
            kind,
            content: Content::NotRead(NotRead::PathNotUtf8),
        },
    }
}

fn blob(blob: Option<&Blob>) -> Content {
    match blob {
        Some(Blob::Bytes { bytes, digest }) => Content::Bytes { bytes: Arc::clone(bytes), digest: *digest },
        Some(Blob::TooLarge { bytes }) => Content::NotRead(NotRead::TooLarge { bytes: *bytes }),
        // Only a file whose name is not UTF-8 was not asked for, and its content is replaced.
        None => Content::NotRead(NotRead::Unreadable { reason: "it was not asked for".to_owned() }),
    }
}
