//! What is staged, without reading what is not: the paths that the next commit changes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::blobs::{Contents, Wanted};
use super::git::{Git, discover};
use super::tree::{self, Entry, Found, Tree};
use super::{Comparison, Head, Objects, Repository, Request, SourceError, history, list};
use crate::store::Digest;

/// The next commit as far as it differs from HEAD. Nothing of it is read but the lists of its files.
pub struct StagedChange {
    /// What all paths of HEAD hold, as a digest: it tells trees apart as git does.
    pub base: Digest,
    /// What all paths of the index hold.
    pub head: Digest,
    /// The paths that differ, sorted.
    pub changed: Vec<String>,
    /// Where the repository keeps what belongs to all its work trees.
    pub git_common_dir: PathBuf,
    root: PathBuf,
    git: Git,
    of_head: Entries,
    of_index: Entries,
}

/// Entries by path, each with what git says stands there.
type Entries = BTreeMap<Vec<u8>, (Entry, String)>;

/// What is staged; nothing before the first commit.
///
/// # Errors
/// [`SourceError`], as [`open`](super::open) has them.
pub fn staged_change(request: &Request<'_>) -> Result<Option<StagedChange>, SourceError> {
    let path = request.cwd.join(request.path);
    let Some(place) = discover(request.cwd, &path, request.env)? else { return Ok(None) };
    let (Some(root), Head::Staged) = (&place.root, request.head) else { return Ok(None) };
    let of_head = || -> Result<Option<Vec<Entry>>, SourceError> {
        history::head(&place.git)?.map(|commit| list::tree(&place.git, &commit)).transpose()
    };
    let (index, base) = rayon::join(|| list::index(&place), of_head);
    let (index, Some(base)) = (index?, base?) else { return Ok(None) };
    let (index, base) = (by_path(index), by_path(base));
    let paths = index.keys().chain(base.keys().filter(|path| !index.contains_key(*path)));
    let mut changed: Vec<String> = paths
        .filter(|path| differs(path, &index, &base))
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    changed.sort();
    Ok(Some(StagedChange {
        base: digest(&base),
        head: digest(&index),
        changed,
        git_common_dir: place.common_dir.clone(),
        root: root.clone(),
        git: place.git.clone(),
        of_head: base,
        of_index: index,
    }))
}

impl StagedChange {
    /// Both sides, with the files that differ and those whose paths `also` names, and no others. Objects above `limit`
    /// bytes are not read.
    ///
    /// # Errors
    /// [`SourceError`]: objects that the clone lacks, or what git reports.
    pub fn read(&self, limit: u64, also: impl Fn(&str) -> bool) -> Result<Comparison, SourceError> {
        let wanted =
            |path: &[u8]| differs(path, &self.of_index, &self.of_head) || std::str::from_utf8(path).is_ok_and(&also);
        let side = |entries: &Entries| -> Vec<Entry> {
            entries.iter().filter(|(path, _)| wanted(path)).map(|(_, (entry, _))| entry.clone()).collect()
        };
        let (head, base) = (side(&self.of_index), side(&self.of_head));
        let mut objects = Wanted::new();
        head.iter().chain(&base).for_each(|entry| tree::want(&entry.path, &entry.found, &mut objects));
        let mut contents = Contents::read(&self.git, &objects, limit)?;
        drop(objects);
        let mut tree = |entries| Tree { files: tree::assemble(entries, &mut contents), commit: None, tree: None };
        let (head, base) = (tree(head), tree(base));
        Ok(Comparison {
            repository: Some(Repository {
                git_common_dir: self.git_common_dir.clone(),
                remote_url: None,
                objects: Objects::new(&self.git, limit),
            }),
            head_label: "staged changes".to_owned(),
            base_label: Some("HEAD".to_owned()),
            ..Comparison::of(self.root.clone(), head, Some(base))
        })
    }
}

/// Whether two lists have something else at a path.
fn differs(path: &[u8], one: &Entries, other: &Entries) -> bool {
    one.get(path).map(|own| &own.1) != other.get(path).map(|own| &own.1)
}

fn by_path(entries: Vec<Entry>) -> Entries {
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

fn digest(entries: &Entries) -> Digest {
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
