//! The trees that a branch went through, read one after the other.

use std::path::{Path, PathBuf};

use super::blobs::{Contents, Wanted};
use super::branch::{BranchCommit, tip};
use super::git::{GitEnv, Place};
use super::history::Scratch;
use super::tree::{self, Tree};
use super::{Author, Comparison, Objects, Repository, SourceError, commits, list};

/// Reads what landed, commit by commit. What two trees have in common is read once, as long as they follow each other.
pub struct Past {
    pub(super) place: Place,
    scratch: Scratch,
    contents: Contents,
    last: Option<Tree>,
    pub(super) limit: u64,
}

impl Past {
    /// Opens the repository of a path. Objects above `limit` bytes are not read.
    ///
    /// # Errors
    /// [`SourceError`]: `path` is in no repository, the revision is not known, or what git reports.
    pub fn open(cwd: &Path, path: &Path, revision: &str, limit: u64, env: &GitEnv) -> Result<Self, SourceError> {
        let (place, _) = tip(cwd, path, revision, env)?;
        let scratch = Scratch::open(&place, env)?;
        Ok(Self { place, scratch, contents: Contents::default(), last: None, limit })
    }

    /// What a commit brought to its branch: its tree, and that of its first parent. Nothing for the first commit of all.
    ///
    /// # Errors
    /// [`SourceError`]: objects that the clone lacks, or what git reports.
    pub fn landing(&mut self, commit: &BranchCommit) -> Result<Option<Comparison>, SourceError> {
        let Some(parent) = commit.parents.first() else { return Ok(None) };
        let base = match self.last.take() {
            Some(tree) if tree.commit.as_ref() == Some(parent) => tree,
            _ => self.tree(parent)?,
        };
        let head = self.tree(&commit.commit)?;
        self.last = Some(head.clone());
        let commits = commits::of_change(&self.scratch.git, parent, &commit.commit)?;
        let mut authors: Vec<Author> = commits.iter().flat_map(|commit| commit.authors.iter().cloned()).collect();
        authors.sort();
        authors.dedup();
        Ok(Some(Comparison {
            authors,
            commits,
            repository: Some(self.repository()),
            head_label: commit.commit.clone(),
            base_label: Some(parent.clone()),
            ..Comparison::of(self.root(), head, Some(base))
        }))
    }

    /// The tree that the branch had after a commit, by itself.
    ///
    /// # Errors
    /// [`SourceError`]: objects that the clone lacks, or what git reports.
    pub fn alone(&mut self, commit: &BranchCommit) -> Result<Comparison, SourceError> {
        let head = self.read(&commit.commit, commit.tree.clone())?;
        Ok(Comparison {
            repository: Some(self.repository()),
            head_label: commit.commit.clone(),
            ..Comparison::of(self.root(), head, None)
        })
    }

    fn root(&self) -> PathBuf {
        self.place.root.clone().unwrap_or_else(|| self.place.common_dir.clone())
    }

    fn repository(&self) -> Repository {
        Repository {
            git_common_dir: self.place.common_dir.clone(),
            remote_url: None,
            objects: Objects::new(&self.place.git, self.limit),
        }
    }

    fn tree(&mut self, commit: &str) -> Result<Tree, SourceError> {
        let tree = super::history::tree(&self.place.git, commit)?;
        self.read(commit, tree)
    }

    fn read(&mut self, commit: &str, tree: String) -> Result<Tree, SourceError> {
        let entries = list::tree(&self.place.git, &tree)?;
        let mut wanted = Wanted::new();
        entries.iter().for_each(|entry| tree::want(&entry.path, &entry.found, &mut wanted));
        self.contents.renew(&self.place.git, &wanted, self.limit)?;
        drop(wanted);
        let files = tree::assemble(entries, &mut self.contents);
        Ok(Tree { files, commit: Some(commit.to_owned()), tree: Some(tree) })
    }
}

impl Tree {
    /// The tree with the files of another wherever `is` says so of a path, in both.
    #[must_use]
    pub fn with(mut self, other: &Self, is: impl Fn(&str) -> bool) -> Self {
        self.files.retain(|file| !is(&file.path));
        self.files.extend(other.files.iter().filter(|file| is(&file.path)).cloned());
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        // What git would call it is something else now.
        Self { commit: self.commit, tree: None, files: self.files }
    }
}
