//! Trees of files: a plain folder, a work tree, a revision, a predicted merge, the index.
//!
//! [`open`] answers one question: which files are judged, which files are they compared with, and which tree do the
//! rules come from. Everything is read before it returns, so what is judged cannot change underneath. Nothing of the
//! repository is executed or written, no link is followed, and each object is read once, however many trees hold it.

mod authors;
mod blame;
mod blobs;
mod branch;
mod bundle;
mod commits;
mod disk;
mod error;
mod git;
mod history;
mod hooks;
mod imports;
mod laid_over;
mod landed;
mod links;
mod list;
mod listing;
mod objects;
mod open;
mod past;
mod raw_log;
mod staged;
mod steps;
mod tree;
mod versions;

pub use authors::{Author, AuthorKind};
pub use blame::{LineChange, line_changes};
pub use branch::{Branch, BranchCommit, BranchReader, Standing, branch, commit_of, remote_url};
pub use bundle::{BundleError, is_bundle, read_archive, read_bundle};
pub use commits::Commit;
pub use error::{ErrorClass, SourceError};
pub use git::GitEnv;
pub(crate) use git::{Git, discover};
pub use hooks::{HooksFolder, hooks_folder};
pub use landed::{Landed, landed};
pub use listing::{Listed, Listing, files_below};
pub use objects::Objects;
pub use open::open;
pub use past::Past;
pub use staged::{StagedChange, staged_change};
pub use steps::{Step, Steps};
pub use tree::{Content, FileKind, NotRead, SourceFile, Tree};
pub use versions::FileVersion;

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to judge, and what to compare it with.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The folder that relative paths start from; absolute.
    pub cwd: &'a Path,
    /// The folder to judge. In a work tree any folder stands for the whole work tree.
    pub path: &'a Path,
    /// A revision, or a folder relative to `cwd`. With a folder, `path` is a plain folder too, even inside a work tree.
    pub base: Option<&'a str>,
    /// Which state to judge.
    pub head: Head<'a>,
    /// Files with more bytes are listed and not read.
    pub read_limit: u64,
    /// What git may know of its surroundings.
    pub env: &'a GitEnv,
}

/// Which state is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head<'a> {
    /// The files on the disk: of a work tree those that are tracked or not ignored, of a plain folder all.
    WorkTree,
    /// A revision, without a checkout; with a base, its predicted merge into that.
    Revision(&'a str),
    /// What the next commit holds, compared with `HEAD`.
    Staged,
}

/// Which tree the rules come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesFrom {
    /// The target: the base, or the tip of the base revision where that is another tree. A change cannot vote on itself.
    Base,
    /// The head, since there is nothing to compare with.
    Head,
}

/// The trees of one evaluation, and where they come from.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The root that paths start from: of the work tree, or the plain folder. In a repository without a work tree the
    /// folder that was named.
    pub root: PathBuf,
    /// What is judged.
    pub head: Tree,
    /// What it is compared with.
    pub base: Option<Tree>,
    /// Which tree the rules come from.
    pub rules: RulesFrom,
    /// The tip of the base revision, where `base` is an older tree. See [`rules_tree`](Self::rules_tree).
    pub rules_tree: Option<Arc<Tree>>,
    /// How a merge came into it, if one did.
    pub merge: Option<Merge>,
    /// Who made the change; sorted, each once. Empty for plain folders.
    pub authors: Vec<Author>,
    /// The commits of the change, newest first. Empty for plain folders and for what is not committed yet.
    pub commits: Vec<Commit>,
    /// Who would commit what is not committed yet; sorted, each once. Empty for revisions and plain folders.
    pub uncommitted: Vec<Author>,
    /// The repository, if there is one and `path` was not taken for a plain folder.
    pub repository: Option<Repository>,
    /// What is judged, for people.
    pub head_label: String,
    /// What it is compared with, for people.
    pub base_label: Option<String>,
}

impl Comparison {
    /// Trees without a history: nobody is their author. With a base, the rules come from it.
    #[must_use]
    pub fn of(root: PathBuf, head: Tree, base: Option<Tree>) -> Self {
        Self {
            root,
            head,
            rules: if base.is_some() { RulesFrom::Base } else { RulesFrom::Head },
            base_label: base.is_some().then(|| "base".to_owned()),
            base,
            rules_tree: None,
            merge: None,
            authors: Vec::new(),
            commits: Vec::new(),
            uncommitted: Vec::new(),
            repository: None,
            head_label: "head".to_owned(),
        }
    }

    /// The tree that the rules come from.
    #[must_use]
    pub fn rules_tree(&self) -> &Tree {
        match (self.rules, &self.rules_tree, &self.base) {
            (RulesFrom::Base, Some(tip), _) => tip,
            (RulesFrom::Base, None, Some(base)) => base,
            _ => &self.head,
        }
    }
}

/// How a merge came into a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// What was done.
    pub strategy: MergeStrategy,
    /// The commit that both sides have in common.
    pub merge_base: String,
    /// The merged tree, where one was made.
    pub tree: Option<String>,
}

/// How two histories were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeStrategy {
    /// The head is the merge of the revision into the base, and is compared with the base.
    Predicted,
    /// The two do not merge; the revision alone is compared with the merge base.
    HeadAgainstMergeBase {
        /// The paths in conflict, sorted.
        conflicts: Vec<String>,
    },
    /// A work tree is compared with the merge base of `HEAD` and the base.
    MergeBase,
}

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The folder that all its work trees share; absolute.
    pub git_common_dir: PathBuf,
    /// Where `origin`, or else the first remote, is fetched from, without user and password.
    pub remote_url: Option<String>,
    /// Its objects, for commits that rules name.
    pub objects: Objects,
}

#[cfg(test)]
mod tests;
