//! The commits that a branch went through, with what git says of each.

use std::path::Path;

use super::authors::{PEOPLE, configured, people};
use super::git::{Git, GitEnv, Place, discover, failed, not_understood};
use super::raw_log::{RawEntry, raw_log};
use super::{Author, SourceError, commits, history};

/// One commit that a branch went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchCommit {
    /// Its name.
    pub commit: String,
    /// The git tree that the branch had after it.
    pub tree: String,
    /// Its parents; the first is what the branch was before.
    pub parents: Vec<String>,
    /// When it was committed, as it says itself, in epoch seconds. A forge writes the time of the merge there.
    pub at: i64,
    /// Its author and its committer, as it says itself.
    pub authors: Vec<Author>,
    /// The first line of its message.
    pub subject: String,
}

/// A branch, as one clone has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The revision that was asked for.
    pub name: String,
    /// First parents alone, oldest first: what a merge brought landed with the merge. The last is the tip.
    pub commits: Vec<BranchCommit>,
    /// Whether the clone lacks older history.
    pub shallow: bool,
    /// Where the repository is fetched from, without user and password.
    pub remote_url: Option<String>,
}

/// How a commit stands to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The branch went through it, or a merge brought it.
    Reached,
    /// Another branch or a tag has it.
    OnAnother,
    /// The clone has it, and no branch and no tag leads to it.
    Apart,
    /// The clone does not have it.
    Missing,
}

/// A repository that is asked about a branch more than once.
#[derive(Debug)]
pub struct BranchReader {
    pub(super) git: Git,
    pub(super) tip: String,
}

/// The repository of a path, and the commit that a revision names in it.
/// The commit that a revision of the repository of a path names.
///
/// # Errors
/// [`SourceError`]: `path` is in no repository, or the revision is not known.
pub fn commit_of(cwd: &Path, path: &Path, revision: &str, env: &GitEnv) -> Result<String, SourceError> {
    tip(cwd, path, revision, env).map(|(_, commit)| commit)
}

pub(super) fn tip(cwd: &Path, path: &Path, revision: &str, env: &GitEnv) -> Result<(Place, String), SourceError> {
    let path = cwd.join(path);
    let place = discover(cwd, &path, env)?
        .ok_or_else(|| SourceError::NotARepository { path: path.clone(), wanted: revision.to_owned() })?;
    let commit = history::commit(&place.git, revision)?;
    Ok((place, commit))
}

/// Where the repository of a path is fetched from, without user and password; nothing where it is fetched from nowhere.
///
/// # Errors
/// [`SourceError`]: `path` is in no repository, or what git reports.
pub fn remote_url(cwd: &Path, path: &Path, env: &GitEnv) -> Result<Option<String>, SourceError> {
    let path = cwd.join(path);
    let place = discover(cwd, &path, env)?
        .ok_or_else(|| SourceError::NotARepository { path: path.clone(), wanted: "HEAD".to_owned() })?;
    Ok(configured(&place.git, env)?.remote_url)
}

/// Reads a branch: every commit that it went through.
///
/// # Errors
/// [`SourceError`]: `path` is in no repository, the revision is not known, or what git reports.
pub fn branch(cwd: &Path, path: &Path, revision: &str, env: &GitEnv) -> Result<(Branch, BranchReader), SourceError> {
    let (place, tip) = tip(cwd, path, revision, env)?;
    // No message can hold a zero.
    let format = format!("--format=%H %T %ct%np%P%n{PEOPLE}%ns%s%n%x00");
    let arguments = [
        "log",
        "--first-parent",
        "--no-show-signature",
        "--no-notes",
        "--encoding=UTF-8",
        "--reverse",
        &format,
        &tip,
        "--",
    ];
    let output = place.git.stdout(&arguments)?;
    let text = String::from_utf8_lossy(&output);
    let commits: Option<Vec<BranchCommit>> =
        text.split_terminator("\n\0\n").map(|commit| one(commit.trim_start_matches('\n'))).collect();
    let commits = commits.ok_or_else(|| not_understood(&arguments))?;
    let remote_url = configured(&place.git, env)?.remote_url;
    let branch = Branch { name: revision.to_owned(), commits, shallow: place.shallow, remote_url };
    Ok((branch, BranchReader { git: place.git, tip }))
}

fn one(text: &str) -> Option<BranchCommit> {
    let mut lines = text.split('\n');
    let mut first = lines.next()?.split(' ');
    let (commit, tree, at) = (first.next()?, first.next()?, first.next()?.parse().ok()?);
    let parents = lines.next()?.strip_prefix('p')?.split_whitespace().map(str::to_owned).collect();
    let authors = people(&mut lines)?;
    let subject = lines.next()?.strip_prefix('s')?.to_owned();
    Some(BranchCommit {
        commit: commit.to_owned(),
        tree: tree.to_owned(),
        parents,
        at,
        authors: authors.into_iter().collect(),
        subject,
    })
}

impl BranchReader {
    /// The paths that a commit changed of its first parent, sorted; of the first commit of all, all its paths.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    pub fn changed(&self, commit: &BranchCommit) -> Result<Vec<String>, SourceError> {
        let paths = match commit.parents.first() {
            Some(parent) => commits::difference(&self.git, parent, Some(&commit.commit))?,
            None => commits::difference(&self.git, &commit.commit, None)?,
        };
        Ok(paths.iter().map(ToString::to_string).collect())
    }

    /// The other repositories whose pinned commit each commit of the branch changed: the commit, and the path.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    pub fn repinned(&self) -> Result<Vec<(String, String)>, SourceError> {
        let entries = raw_log(&self.git, &self.tip, &[])?;
        Ok(entries.into_iter().filter(RawEntry::is_pin).map(|own| (own.commit, own.path)).collect())
    }

    /// How a commit stands to the branch.
    ///
    /// # Errors
    /// [`SourceError`] when git cannot be run.
    pub fn standing(&self, commit: &str) -> Result<Standing, SourceError> {
        let there = ["cat-file", "-e", &format!("{commit}^{{commit}}")];
        if !self.git.output(&there)?.status.success() {
            return Ok(Standing::Missing);
        }
        let arguments = ["merge-base", "--is-ancestor", commit, &self.tip];
        let output = self.git.output(&arguments)?;
        match output.status.code() {
            Some(0) => Ok(Standing::Reached),
            Some(1) => {
                let wanted = format!("--contains={commit}");
                let named = self.git.lines(&[
                    "for-each-ref",
                    "--count=1",
                    &wanted,
                    "refs/heads",
                    "refs/remotes",
                    "refs/tags",
                ])?;
                Ok(if named.is_empty() { Standing::Apart } else { Standing::OnAnother })
            }
            _ => Err(failed(&arguments, &output.stderr)),
        }
    }
}
