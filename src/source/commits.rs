//! The commits of a change: who made each of them, and what each of them changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::authors::{PEOPLE, add, people, person};
use super::blobs;
use super::git::{Git, not_understood};
use super::list::records;
use super::{Author, AuthorKind, SourceError};
use crate::keys::CommitSignature;

/// A change of more commits than this is not looked at commit by commit: each counts as changing everything.
const MOST_COMMITS: usize = 2_000;
/// A commit object with more bytes is not read.
const MOST_BYTES: u64 = 1 << 20;

/// One commit of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// When it was committed, as it says itself, in epoch seconds.
    pub at: i64,
    /// Who made it; sorted, each once.
    pub authors: Vec<Author>,
    /// The paths that it changes, sorted. Of a merge, those that differ from what git makes of its parents by itself:
    /// none when somebody only brought their branch up to date. `None` when that was not found out.
    pub paths: Option<Vec<Arc<str>>>,
    /// Its SSH signature, where it has one.
    pub signature: Option<CommitSignature>,
}

/// The commits that `head` has and `base` has not, newest first. `scratch` is a repository that sees their objects and
/// in which merges may be made.
pub(super) fn of_change(scratch: &Git, base: &str, head: &str) -> Result<Vec<Commit>, SourceError> {
    let listed = list(scratch, base, head)?;
    let ids: Vec<String> = listed.iter().map(|commit| commit.id.clone()).collect();
    let mut objects = blobs::commits(scratch, &ids, MOST_BYTES)?;
    let look = listed.len() <= MOST_COMMITS;
    let paths: Vec<Option<Vec<Arc<str>>>> = listed
        .par_iter()
        .map(|commit| if look { changed(scratch, commit) } else { Ok(None) })
        .collect::<Result<_, _>>()?;
    Ok(listed
        .into_iter()
        .zip(paths)
        .map(|(commit, paths)| Commit {
            signature: objects.remove(&commit.id).and_then(|raw| CommitSignature::of(&raw)),
            id: commit.id,
            at: commit.at,
            authors: commit.authors.into_iter().collect(),
            paths,
        })
        .collect())
}

struct Listed {
    id: String,
    at: i64,
    parents: Vec<String>,
    authors: BTreeSet<Author>,
}

fn list(git: &Git, base: &str, head: &str) -> Result<Vec<Listed>, SourceError> {
    // Of each commit: its time and parents, two people, any number of trailers, and a line of one zero byte, which no message can
    // hold.
    let format = format!("--format=p%ct %P%n{PEOPLE}%n%(trailers:key=Co-authored-by,valueonly=true,unfold=true)%n%x00");
    let excluded = format!("^{base}");
    let arguments = ["rev-list", "--topo-order", &format, head, &excluded, "--"];
    let output = git.stdout(&arguments)?;
    let text = String::from_utf8_lossy(&output);
    let wrong = || not_understood(&arguments);
    let mut commits = Vec::new();
    for commit in text.split_terminator("\n\0\n") {
        let mut lines = commit.lines();
        let id = lines.next().and_then(|line| line.strip_prefix("commit ")).ok_or_else(wrong)?;
        let mut parents = lines.next().and_then(|line| line.strip_prefix('p')).ok_or_else(wrong)?.split_whitespace();
        let at = parents.next().and_then(|time| time.parse().ok()).ok_or_else(wrong)?;
        let mut authors = people(&mut lines).ok_or_else(wrong)?;
        for line in lines {
            let (name, email) = person(line);
            add(&mut authors, name, email, AuthorKind::CoAuthor);
        }
        commits.push(Listed { id: id.to_owned(), at, parents: parents.map(str::to_owned).collect(), authors });
    }
    Ok(commits)
}

fn changed(git: &Git, commit: &Listed) -> Result<Option<Vec<Arc<str>>>, SourceError> {
    let merged;
    let before = match commit.parents.as_slice() {
        [] => return difference(git, &commit.id, None).map(Some),
        [parent] => parent,
        [first, second] => match automatic(git, first, second)? {
            Some(tree) => {
                merged = tree;
                &merged
            }
            None => return Ok(None),
        },
        // Git makes no merge of more than two by itself to compare with.
        _ => return Ok(None),
    };
    difference(git, before, Some(&commit.id)).map(Some)
}

/// Changes of submodules too, whatever the repository says of showing them.
pub(super) const ALL: &str = "--ignore-submodules=none";

/// The paths in which two trees or commits differ, sorted; with one commit, which is the first of all, all its paths.
pub(super) fn difference(git: &Git, from: &str, to: Option<&str>) -> Result<Vec<Arc<str>>, SourceError> {
    let shown = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", ALL];
    let first: &[&str] = if to.is_none() { &["--root", "--no-commit-id"] } else { &[] };
    let all: Vec<&str> = shown.iter().chain(first).copied().chain([from]).chain(to).chain(["--"]).collect();
    let output = git.stdout(&all)?;
    let mut paths: Vec<Arc<str>> =
        records(&output).map(|path| Arc::from(String::from_utf8_lossy(path).as_ref())).collect();
    paths.sort();
    Ok(paths)
}

/// What git makes of two parents by itself, conflicts with their marks included. `None` when it makes nothing.
fn automatic(git: &Git, first: &str, second: &str) -> Result<Option<String>, SourceError> {
    let arguments = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", first, second];
    let output = git.output(&arguments)?;
    match output.status.code() {
        Some(0 | 1) => Ok(records(&output.stdout)
            .next()
            .and_then(|record| std::str::from_utf8(record).ok())
            .filter(|tree| tree.len() >= 40 && tree.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(str::to_owned)),
        // Unrelated histories, or a parent that is not in this clone: what such a merge holds is its author's.
        _ => Ok(None),
    }
}
