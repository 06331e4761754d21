//! Commits that rules name: read from the repository's own objects, whatever is checked out.

use std::collections::BTreeMap;

use super::SourceError;
use super::blobs::{Contents, Wanted};
use super::git::Git;
use super::history::{self, Resolved};
use super::list;
use super::tree::{self, Tree};

/// The objects of a repository. Nothing is ever fetched: what is not there is said to be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects(From);

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    Repository { git: Git, read_limit: u64 },
    Kept(BTreeMap<String, Tree>),
}

impl Objects {
    pub(super) fn new(git: &Git, read_limit: u64) -> Self {
        Self(From::Repository { git: git.clone(), read_limit })
    }

    /// Commits that were kept, by their ids, with the files of them that were.
    #[must_use]
    pub fn kept(commits: BTreeMap<String, Tree>) -> Self {
        Self(From::Kept(commits))
    }

    /// The files of a commit that stand below a folder, or all of them. Their paths count from the root of the commit.
    /// `None` when the commit is not here; `commit` is a whole id, and what merely leads to one is not looked up.
    ///
    /// # Errors
    /// [`SourceError::MissingObjects`] when only a part of the commit is here, or what git reports.
    pub fn files(&self, commit: &str, folder: Option<&str>) -> Result<Option<Tree>, SourceError> {
        let (git, read_limit) = match &self.0 {
            From::Repository { git, read_limit } => (git, *read_limit),
            From::Kept(commits) => return Ok(commits.get(commit).map(|tree| below(tree, folder))),
        };
        match history::resolve(git, commit)? {
            Resolved::Commit(found) if found == commit => {}
            Resolved::Commit(_) | Resolved::Unknown => return Ok(None),
            Resolved::Ambiguous => return Err(SourceError::AmbiguousReference { revision: commit.to_owned() }),
        }
        let object = history::tree(git, commit)?;
        let mut entries = list::tree(git, &object)?;
        if let Some(folder) = folder {
            let prefix = format!("{folder}/");
            entries.retain(|entry| entry.path.starts_with(prefix.as_bytes()));
        }
        let mut wanted = Wanted::new();
        entries.iter().for_each(|entry| tree::want(&entry.path, &entry.found, &mut wanted));
        let mut contents = Contents::read(git, &wanted, read_limit)?;
        let files = tree::assemble(entries, &mut contents);
        Ok(Some(Tree { files, commit: Some(commit.to_owned()), tree: Some(object) }))
    }
}

/// The files of a tree that stand below a folder, or all of them.
fn below(tree: &Tree, folder: Option<&str>) -> Tree {
    let Some(folder) = folder else { return tree.clone() };
    let inside = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let files = tree.files.iter().filter(|file| inside(&file.path)).cloned().collect();
    Tree { files, commit: tree.commit.clone(), tree: tree.tree.clone() }
}
