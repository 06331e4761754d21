//! From a request to its trees.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blobs::{Contents, Wanted};
use super::git::{self, Git, Place};
use super::history::{self, Resolved, Scratch};
use super::list::Candidates;
use super::tree::{self, Entry, Tree};
use super::{
    Author, Commit, Comparison, Head, Merge, MergeStrategy, Objects, Repository, Request, RulesFrom, SourceError,
    authors, commits, disk, list,
};

/// Reads the trees that a request is about.
///
/// | head | base | judged | compared with | rules |
/// |---|---|---|---|---|
/// | work tree or folder | none | its files | nothing | head |
/// | folder | folder | its files | its files | base |
/// | work tree | revision | its files | merge base with `HEAD` | the revision's tip |
/// | index | `HEAD`, always | what the next commit holds | `HEAD`, or nothing before the first commit | base |
/// | revision | none | its files | nothing | head |
/// | revision | revision | the predicted merge | the base's tip | base |
/// | revision that conflicts | revision | its files | the merge base | the base's tip |
///
/// # Errors
/// [`SourceError`]: the request contradicts itself, a name means nothing or two things, git is missing or too old, or
/// what the comparison needs is not in this clone. A single file that cannot be read is no error but an entry that says
/// so.
pub fn open(request: &Request<'_>) -> Result<Comparison, SourceError> {
    if request.head == Head::Staged && request.base.is_some() {
        return Err(SourceError::StagedWithBase);
    }
    for (option, revision) in [
        ("--base", request.base),
        ("--head", if let Head::Revision(revision) = request.head { Some(revision) } else { None }),
    ] {
        if revision.is_some_and(|revision| revision.trim().is_empty()) {
            return Err(SourceError::EmptyRevision { option });
        }
    }
    let path = request.cwd.join(request.path);
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(SourceError::PathNotFolder { path }),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(SourceError::PathMissing { path });
        }
        Err(error) => return Err(SourceError::io(&path, error)),
    }
    if let Some(name) = request.base {
        let folder = request.cwd.join(name);
        if is_path_only(name) {
            if !folder.is_dir() {
                return Err(SourceError::PathMissing { path: folder });
            }
            return folders(request, &path, Some((name, &folder)));
        }
        let place = git::discover(request.cwd, &path, request.env)?;
        if folder.is_dir() {
            let revision = match &place {
                Some(place) => !matches!(history::resolve(&place.git, name)?, Resolved::Unknown),
                None => false,
            };
            if revision {
                return Err(SourceError::AmbiguousBase { name: name.to_owned() });
            }
            return folders(request, &path, Some((name, &folder)));
        }
        let Some(place) = place else {
            return Err(match request.env.program() {
                None => SourceError::GitMissing,
                Some(_) => SourceError::BaseMissing { name: name.to_owned() },
            });
        };
        return Opening { request, path, place }.with_base(name);
    }
    match (git::discover(request.cwd, &path, request.env)?, request.head) {
        (Some(place), _) => Opening { request, path, place }.without_base(),
        (None, Head::WorkTree) => folders(request, &path, None),
        (None, _) if request.env.program().is_none() => Err(SourceError::GitMissing),
        (None, Head::Revision(revision)) => {
            Err(SourceError::NotARepository { path, wanted: format!("--head {revision}") })
        }
        (None, Head::Staged) => Err(SourceError::NotARepository { path, wanted: "--staged".to_owned() }),
    }
}

/// Whether a base can only be a path: no revision is written so.
fn is_path_only(name: &str) -> bool {
    matches!(name, "." | "..") || name.ends_with('/') || name.starts_with("./") || name.starts_with("../") || {
        Path::new(name).is_absolute()
    }
}

/// Plain folders.
fn folders(request: &Request<'_>, path: &Path, base: Option<(&str, &Path)>) -> Result<Comparison, SourceError> {
    if let (Head::Revision(_), Some((name, _))) = (request.head, base) {
        return Err(SourceError::FolderWithHead { base: name.to_owned() });
    }
    let root = fs::canonicalize(path).map_err(|error| SourceError::io(path, error))?;
    let mut contents = Contents::default();
    let mut read = |folder: &Path| -> Result<Tree, SourceError> {
        let entries = disk::folder(folder, request.read_limit)?;
        Ok(Tree { files: tree::assemble(entries, &mut contents), commit: None, tree: None })
    };
    let head = read(&root)?;
    let base_tree = base.map(|(_, folder)| read(folder)).transpose()?;
    Ok(Comparison {
        head_label: format!("folder {}", request.path.display()),
        base_label: base.map(|(name, _)| format!("folder {name}")),
        ..Comparison::of(root, head, base_tree)
    })
}

/// A request that is about a repository.
struct Opening<'a> {
    request: &'a Request<'a>,
    path: PathBuf,
    place: Place,
}

/// A tree that is still to be read.
struct Listed {
    entries: Vec<Entry>,
    /// What the work tree may hold besides, still to be looked at on the disk.
    work_tree: Option<Candidates>,
    commit: Option<String>,
    tree: Option<String>,
}

/// What was found out besides the files.
struct Outline {
    head: Listed,
    base: Option<Listed>,
    tip: Option<Listed>,
    merge: Option<Merge>,
    commits: Vec<Commit>,
    head_label: String,
    base_label: Option<String>,
}

impl Opening<'_> {
    fn root(&self) -> Result<&Path, SourceError> {
        self.place.root.as_deref().ok_or_else(|| SourceError::NoWorkTree { path: self.path.clone() })
    }

    fn without_base(&self) -> Result<Comparison, SourceError> {
        let git = &self.place.git;
        match self.request.head {
            Head::WorkTree => {
                let head = self.work_tree()?;
                self.finish(git, Outline::of(head, "work tree".to_owned()))
            }
            Head::Revision(revision) => {
                let commit = history::commit(git, revision)?;
                let head_label = label(revision, &commit);
                let head = commit_tree(git, commit)?;
                self.finish(git, Outline::of(head, head_label))
            }
            Head::Staged => self.staged(),
        }
    }

    fn staged(&self) -> Result<Comparison, SourceError> {
        self.root()?;
        let git = &self.place.git;
        let base = || -> Result<Listed, SourceError> {
            match history::head(git)? {
                Some(commit) => commit_tree(git, commit),
                None => {
                    let tree = Some(self.place.empty_tree().to_owned());
                    Ok(Listed { entries: Vec::new(), work_tree: None, commit: None, tree })
                }
            }
        };
        let (entries, base) = rayon::join(|| list::index(&self.place), base);
        let (entries, base) = (entries?, base?);
        let base_label = match &base.commit {
            Some(commit) => label("HEAD", commit),
            None => "nothing: there is no commit yet".to_owned(),
        };
        let head = Listed { entries, work_tree: None, commit: None, tree: None };
        let outline = Outline::of(head, "staged changes".to_owned());
        self.finish(git, Outline { base: Some(base), base_label: Some(base_label), ..outline })
    }

    fn with_base(&self, name: &str) -> Result<Comparison, SourceError> {
        let tip = history::commit(&self.place.git, name)?;
        match self.request.head {
            Head::Revision(revision) => self.predicted(name, tip, revision),
            Head::WorkTree | Head::Staged => self.against_merge_base(name, tip),
        }
    }

    /// A work tree against what it and the base have in common.
    fn against_merge_base(&self, name: &str, tip: String) -> Result<Comparison, SourceError> {
        self.root()?;
        let git = &self.place.git;
        let current = history::head(git)?.ok_or(SourceError::UnbornHead)?;
        let merge_base = history::merge_base(&self.place, (&tip, name), (&current, "HEAD"))?;
        let scratch = Scratch::open(&self.place, self.request.env)?;
        let commits = commits::of_change(&scratch.git, &merge_base, &current)?;
        let base_label = format!("merge base of {name} and HEAD ({})", short(&merge_base));
        let head = self.work_tree()?;
        let base = commit_tree(git, merge_base.clone())?;
        let tip = if tip == merge_base { None } else { Some(commit_tree(git, tip)?) };
        let merge = Merge { strategy: MergeStrategy::MergeBase, merge_base, tree: None };
        let outline = Outline::of(head, "work tree".to_owned());
        let base_label = Some(base_label);
        self.finish(git, Outline { base: Some(base), tip, merge: Some(merge), commits, base_label, ..outline })
    }

    /// A revision as it would be once merged into the base.
    fn predicted(&self, name: &str, tip: String, revision: &str) -> Result<Comparison, SourceError> {
        let git = &self.place.git;
        let commit = history::commit(git, revision)?;
        let merge_base = history::merge_base(&self.place, (&tip, name), (&commit, revision))?;
        let scratch = Scratch::open(&self.place, self.request.env)?;
        let commits = commits::of_change(&scratch.git, &merge_base, &commit)?;
        git.require_merge_tree()?;
        let prediction = history::predict(&scratch.git, &tip, &commit)?;
        let shown = label(revision, &commit);
        let base_label = label(name, &tip);
        let tip = commit_tree(git, tip)?;
        let outline = match prediction {
            Ok(merged) => {
                let entries = list::tree(&scratch.git, &merged)?;
                let merge = Merge { strategy: MergeStrategy::Predicted, merge_base, tree: Some(merged.clone()) };
                let head = Listed { entries, work_tree: None, commit: Some(commit), tree: Some(merged) };
                let outline = Outline::of(head, format!("{shown}, merged into {name}"));
                Outline { base: Some(tip), merge: Some(merge), commits, base_label: Some(base_label), ..outline }
            }
            Err(conflicts) => {
                let head = commit_tree(git, commit)?;
                let base = commit_tree(git, merge_base.clone())?;
                let base_label = format!("merge base of {name} and {revision} ({})", short(&merge_base));
                let strategy = MergeStrategy::HeadAgainstMergeBase { conflicts };
                let merge = Some(Merge { strategy, merge_base, tree: None });
                let outline = Outline::of(head, shown);
                let base_label = Some(base_label);
                Outline { base: Some(base), tip: Some(tip), merge, commits, base_label, ..outline }
            }
        };
        self.finish(&scratch.git, outline)
    }

    fn work_tree(&self) -> Result<Listed, SourceError> {
        self.root()?;
        let candidates = list::work_tree(&self.place.git)?;
        Ok(Listed { entries: Vec::new(), work_tree: Some(candidates), commit: None, tree: None })
    }

    /// Reads what the lists name, each object once, and puts it together.
    fn finish(&self, git: &Git, outline: Outline) -> Result<Comparison, SourceError> {
        let Outline { mut head, base, tip, merge, commits, head_label, base_label } = outline;
        let candidates = head.work_tree.take();
        let mut wanted = Wanted::new();
        for listed in [Some(&head), base.as_ref(), tip.as_ref()].into_iter().flatten() {
            listed.entries.iter().for_each(|entry| tree::want(&entry.path, &entry.found, &mut wanted));
        }
        for candidate in candidates.iter().flat_map(|candidates| &candidates.paths).filter(|it| it.sparse) {
            if let Some(tracked) = &candidate.tracked {
                tree::want(&candidate.path, tracked, &mut wanted);
            }
        }
        let limit = self.request.read_limit;
        let from_disk = || match (&candidates, &self.place.root) {
            (Some(candidates), Some(root)) => disk::work_tree(root, candidates, limit),
            _ => Vec::new(),
        };
        let ((contents, entries), configured) = rayon::join(
            || rayon::join(|| Contents::read(git, &wanted, limit), from_disk),
            || authors::configured(&self.place.git, self.request.env),
        );
        let (mut contents, configured) = (contents?, configured?);
        head.entries.extend(entries);
        let mut authors: BTreeSet<Author> = commits.iter().flat_map(|commit| commit.authors.iter().cloned()).collect();
        let mut uncommitted = BTreeSet::new();
        if !matches!(self.request.head, Head::Revision(_)) {
            uncommitted = configured.authors;
            authors.extend(uncommitted.iter().cloned());
        }
        let mut assemble = |listed: Listed| Tree {
            files: tree::assemble(listed.entries, &mut contents),
            commit: listed.commit,
            tree: listed.tree,
        };
        Ok(Comparison {
            root: self.place.root.clone().unwrap_or_else(|| self.path.clone()),
            head: assemble(head),
            rules: if base.is_some() { RulesFrom::Base } else { RulesFrom::Head },
            base: base.map(&mut assemble),
            rules_tree: tip.map(assemble).map(Arc::new),
            merge,
            authors: authors.into_iter().collect(),
            commits,
            uncommitted: uncommitted.into_iter().collect(),
            repository: Some(Repository {
                git_common_dir: self.place.common_dir.clone(),
                remote_url: configured.remote_url,
                objects: Objects::new(&self.place.git, limit),
            }),
            head_label,
            base_label,
        })
    }
}

impl Outline {
    /// A head alone.
    fn of(head: Listed, head_label: String) -> Self {
        Self { head, base: None, tip: None, merge: None, commits: Vec::new(), head_label, base_label: None }
    }
}

fn commit_tree(git: &Git, commit: String) -> Result<Listed, SourceError> {
    let tree = history::tree(git, &commit)?;
    Ok(Listed { entries: list::tree(git, &tree)?, work_tree: None, commit: Some(commit), tree: Some(tree) })
}

fn label(revision: &str, commit: &str) -> String {
    if commit.starts_with(revision) { short(commit).to_owned() } else { format!("{revision} ({})", short(commit)) }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}
