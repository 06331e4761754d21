//! What landed on a branch, commit by commit.

use std::path::Path;

use super::git::GitEnv;
use super::{SourceError, branch};

/// A commit that landed on a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Its name.
    pub commit: String,
    /// Its first parent: what the branch was before. `None` for the first commit of all.
    pub parent: Option<String>,
}

/// The commits that a branch went through up to a revision, newest first, at most so many: first parents alone, since
/// what a merge brought landed with the merge.
///
/// # Errors
/// [`SourceError`]: `path` is in no repository, the revision is not known, or what git reports.
pub fn landed(cwd: &Path, path: &Path, revision: &str, most: usize, env: &GitEnv) -> Result<Vec<Landed>, SourceError> {
    let (place, commit) = branch::tip(cwd, path, revision, env)?;
    let count = format!("--max-count={most}");
    let lines = place.git.lines(&["rev-list", "--first-parent", "--parents", &count, &commit])?;
    Ok(lines
        .iter()
        .filter_map(|line| {
            let mut names = line.split(' ').map(str::to_owned);
            Some(Landed { commit: names.next()?, parent: names.next() })
        })
        .collect())
}
