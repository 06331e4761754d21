//! What is staged, without reading what is not: the paths that the next commit changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::blobs::{Contents, Wanted};
use super::git::{Git, discover};
use super::tree::{self, Entry, Found, Tree};
use super::{Comparison, Head, Objects, Repository, Request, RulesFrom, SourceError, history, list};
use crate::store::Digest;

/// The next commit as far as it differs from HEAD.
pub struct StagedChange {
    /// What all paths of HEAD hold, as a digest: it tells trees apart as git does.
    pub base: Digest,
    /// What all paths of the index hold.
    pub head: Digest,
    /// The paths that differ, sorted.
    pub changed: Vec<String>,
    /// Where the repository keeps what belongs to all its work trees.
    pub git_common_dir: PathBuf,
    /// Both sides, with the files that differ and those that were asked for, and no others.
    pub comparison: Comparison,
}

/// What is staged; nothing before the first commit. Beside what differs, the files are read whose paths `also` names.
///
/// # Errors
/// [`SourceError`], as [`open`](super::open) has them.
pub fn staged_change(request: &Request<'_>, also: impl Fn(&str) -> bool) -> Result<Option<StagedChange>, SourceError> {
    let path = request.cwd.join(request.path);
    let Some(place) = discover(request.cwd, &path, request.env)? else { return Ok(None) };
    let (Some(root), Head::Staged) = (&place.root, request.head) else { return Ok(None) };
    let of_head = || -> Result<Option<Vec<Entry>>, SourceError> {
        history::head(&place.git)?.map(|commit| list::tree(&place.git, &commit)).transpose()
    };
    let (index, base) = rayon::join(|| list::index(&place), of_head);
    let (index, Some(base)) = (index?, base?) else { return Ok(None) };
    let (index, base) = (by_path(index), by_path(base));
    let paths: Vec<&Vec<u8>> = index.keys().chain(base.keys().filter(|path| !index.contains_key(*path))).collect();
    let differs = |path: &[u8]| index.get(path).map(|own| &own.1) != base.get(path).map(|own| &own.1);
    let mut changed: Vec<String> =
        paths.iter().filter(|path| differs(path)).map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    changed.sort();
    let wanted = |path: &[u8]| differs(path) || std::str::from_utf8(path).is_ok_and(&also);
    let side = |entries: &BTreeMap<Vec<u8>, (Entry, String)>| -> Vec<Entry> {
        entries.iter().filter(|(path, _)| wanted(path)).map(|(_, (entry, _))| entry.clone()).collect()
    };
    let (head_entries, base_entries) = (side(&index), side(&base));
    let comparison = read(&place.git, request, root, head_entries, base_entries)?;
    Ok(Some(StagedChange {
        base: digest(&base),
        head: digest(&index),
        changed,
        git_common_dir: place.common_dir.clone(),
        comparison: Comparison {
            repository: Some(Repository {
                git_common_dir: place.common_dir.clone(),
                remote_url: None,
                objects: Objects::new(&place.git, request.read_limit),
            }),
            ..comparison
        },
    }))
}

/// Entries by path, each with what git says stands there.
fn by_path(entries: Vec<Entry>) -> BTreeMap<Vec<u8>, (Entry, String)> {
    let told = |entry: Entry| {
        let what = match &entry.found {
            Found::Blob { object, executable } => format!("{} {object}", if *executable { "x" } else { "-" }),
            Found::Link { object } => format!("l {object}"),
            Found::Repository { commit } => format!("r {commit}"),
            // Lists of git have none.
            Found::Disk { .. } => String::new(),
        };
        (entry.path.clone(), (entry, what))
    };
    entries.into_iter().map(told).collect()
}

fn digest(entries: &BTreeMap<Vec<u8>, (Entry, String)>) -> Digest {
    let mut text = Vec::new();
    for (path, (_, what)) in entries {
        // Neither holds a zero.
        text.extend_from_slice(what.as_bytes());
        text.push(0);
        text.extend_from_slice(path);
        text.push(0);
    }
    Digest::of(&text)
}

fn read(
    git: &Git,
    request: &Request<'_>,
    root: &Path,
    head: Vec<Entry>,
    base: Vec<Entry>,
) -> Result<Comparison, SourceError> {
    let mut wanted = Wanted::new();
    head.iter().chain(&base).for_each(|entry| tree::want(&entry.path, &entry.found, &mut wanted));
    let mut contents = Contents::read(git, &wanted, request.read_limit)?;
    drop(wanted);
    let mut tree = |entries| Tree { files: tree::assemble(entries, &mut contents), commit: None, tree: None };
    Ok(Comparison {
        root: root.to_owned(),
        head: tree(head),
        base: Some(tree(base)),
        rules: RulesFrom::Base,
        rules_tree: None,
        merge: None,
        authors: Vec::new(),
        commits: Vec::new(),
        uncommitted: Vec::new(),
        repository: None,
        head_label: "staged changes".to_owned(),
        base_label: Some("HEAD".to_owned()),
    })
}
