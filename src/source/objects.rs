//! Commits that rules name: read from the repository's own objects, whatever is checked out.

use super::SourceError;
use super::blobs::{Contents, Wanted};
use super::git::Git;
use super::history::{self, Resolved};
use super::list;
use super::tree::{self, Tree};

/// The objects of a repository. Nothing is ever fetched: what is not there is said to be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    git: Git,
    read_limit: u64,
}

impl Objects {
    pub(super) fn new(git: &Git, read_limit: u64) -> Self {
        Self { git: git.clone(), read_limit }
    }

    /// The files of a commit that stand below a folder, or all of them. Their paths count from the root of the commit.
    /// `None` when the commit is not here; `commit` is a whole id, and what merely leads to one is not looked up.
    ///
    /// # Errors
    /// [`SourceError::MissingObjects`] when only a part of the commit is here, or what git reports.
    pub fn files(&self, commit: &str, folder: Option<&str>) -> Result<Option<Tree>, SourceError> {
        match history::resolve(&self.git, commit)? {
            Resolved::Commit(found) if found == commit => {}
            Resolved::Commit(_) | Resolved::Unknown => return Ok(None),
            Resolved::Ambiguous => return Err(SourceError::AmbiguousReference { revision: commit.to_owned() }),
        }
        let object = history::tree(&self.git, commit)?;
        let mut entries = list::tree(&self.git, &object)?;
        if let Some(folder) = folder {
            let prefix = format!("{folder}/");
            entries.retain(|entry| entry.path.starts_with(prefix.as_bytes()));
        }
        let mut wanted = Wanted::new();
        entries.iter().for_each(|entry| tree::want(&entry.path, &entry.found, &mut wanted));
        let mut contents = Contents::read(&self.git, &wanted, self.read_limit)?;
        let files = tree::assemble(entries, &mut contents);
        Ok(Some(Tree { files, commit: Some(commit.to_owned()), tree: Some(object) }))
    }
}
