//! Who last changed a line.

use std::collections::HashMap;
use std::path::Path;

use super::git::{GitEnv, not_understood};
use super::{SourceError, branch};

/// The commit that last changed a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineChange {
    /// Its name.
    pub commit: String,
    /// When it was made, in epoch seconds, as it says itself.
    pub at: i64,
    /// Its author's name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// Of each line of some files at a revision the commit that last changed it, by path. A path that is not there has none.
///
/// # Errors
/// [`SourceError`]: `path` is in no repository, the revision is not known, or what git reports.
pub fn line_changes<'f>(
    cwd: &Path,
    path: &Path,
    revision: &str,
    files: impl IntoIterator<Item = &'f str>,
    env: &GitEnv,
) -> Result<HashMap<String, Vec<LineChange>>, SourceError> {
    let (place, commit) = branch::tip(cwd, path, revision, env)?;
    let mut all = HashMap::new();
    for file in files {
        let there = place.git.stdout(&["ls-tree", "-z", "--full-tree", &commit, "--", file])?;
        if there.is_empty() {
            continue;
        }
        // Neither a list of commits to skip nor another program's reading of the file has a say.
        let arguments = ["-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "--no-textconv", &commit, "--", file];
        let output = place.git.stdout(&arguments)?;
        let lines = read(&String::from_utf8_lossy(&output)).ok_or_else(|| not_understood(&arguments))?;
        all.insert(file.to_owned(), lines);
    }
    Ok(all)
}

/// Reads `git blame --porcelain` (git-blame(1), "THE PORCELAIN FORMAT"): what is said of a commit is said once.
fn read(text: &str) -> Option<Vec<LineChange>> {
    let mut known: HashMap<&str, LineChange> = HashMap::new();
    let mut all = Vec::new();
    let mut at: Option<&str> = None;
    for line in text.split('\n') {
        if line.starts_with('\t') {
            all.push(known.get(at?)?.clone());
            at = None;
            continue;
        }
        let Some(commit) = at else {
            if line.is_empty() {
                continue;
            }
            let commit = line.split(' ').next()?;
            known.entry(commit).or_insert_with(|| LineChange {
                commit: commit.to_owned(),
                at: 0,
                name: String::new(),
                email: String::new(),
            });
            at = Some(commit);
            continue;
        };
        let change = known.get_mut(commit)?;
        match line.split_once(' ') {
            Some(("author", name)) => change.name = name.to_owned(),
            Some(("author-mail", email)) => {
                change.email = email.trim_start_matches('<').trim_end_matches('>').to_owned();
            }
            Some(("committer-time", time)) => change.at = time.parse().ok()?,
            _ => {}
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_commit_once_holds_for_all_its_lines() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let text = format!(
            "{one} 1 1 1\nauthor Ann\nauthor-mail <ann@example.com>\nauthor-time 5\ncommitter-time 7\nsummary A\n\
             filename a\n\tfirst\n{two} 2 2 1\nauthor Bob\nauthor-mail <bob@example.com>\ncommitter-time 9\nboundary\n\
             filename a\n\tauthor Eve\n{one} 2 3\n\t\n"
        );
        let lines = read(&text).unwrap();
        let shown: Vec<(&str, i64, &str)> = lines.iter().map(|own| (&*own.name, own.at, &*own.email)).collect();
        let ann = ("Ann", 7, "ann@example.com");
        assert_eq!(shown, [ann, ("Bob", 9, "bob@example.com"), ann]);
        assert_eq!(read("\ta line of nobody\n"), None);
    }
}
