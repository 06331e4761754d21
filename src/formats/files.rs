//! The other files of the tree, for units that read more than their own members.
//!
//! A configuration of modules reads files that its language names. What it asks is written down, so that the answer can
//! be reused for another tree that answers the same, and so that every file that was read is a member of the unit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::documents::Documents;
use crate::facts::Text;
use crate::rules::{Rules, is_evidence_path, is_rule_path};
use crate::source::{SourceFile, Tree};
use crate::store::Digest;
use crate::syntax::SyntaxError;
use crate::syntax::hcl::Body;
use crate::syntax::sql::Script;

/// A file in HCL, or why it does not parse.
pub type ParsedBody = Arc<Result<Body, SyntaxError>>;

/// One question to a tree, with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// What stands at a path.
    File(Text, Option<Digest>),
    /// Which files stand in a folder: the digest of their names.
    Folder(Text, Digest),
    /// Which files stand in a folder and all below it.
    Below(Text, Digest),
}

/// How a file is parsed, sharing what was parsed before.
pub(super) type Parse<'a> = dyn Fn(&str, &[u8], Digest) -> Arc<Documents> + Sync + 'a;

/// The files of one tree that may be read, and what was asked of them.
pub struct Files<'a> {
    tree: &'a Tree,
    rules: &'a Rules,
    parse: &'a Parse<'a>,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    paths: Vec<Text>,
    places: HashMap<Text, u32>,
    asked: Vec<Asked>,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// Its place among the unit's members, for origins.
    pub place: u32,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

impl<'a> Files<'a> {
    pub(super) fn new(tree: &'a Tree, rules: &'a Rules, parse: &'a Parse<'a>) -> Self {
        Self { tree, rules, parse, members: Mutex::default() }
    }

    /// The file at a path from the root of the tree, if it may be read. It becomes a member of the unit.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<ReadFile> {
        let (place, file) = self.member(path)?;
        Some(ReadFile { place, bytes: file.bytes()?.clone() })
    }

    /// The file at a path, parsed as HCL by its name, with its place. None for what is not there or not HCL.
    #[must_use]
    pub fn body(&self, path: &str) -> Option<(u32, ParsedBody)> {
        let (place, parsed) = self.documents(path)?;
        match &*parsed {
            Documents::Hcl(body) => Some((place, body.clone())),
            Documents::Data(_) | Documents::Sql(_) => None,
        }
    }

    /// The file at a path, parsed as SQL by its name, with its place. None for what is not there or no SQL.
    #[must_use]
    pub fn script(&self, path: &str) -> Option<(u32, Script)> {
        let (place, parsed) = self.documents(path)?;
        match &*parsed {
            Documents::Sql(script) => Some((place, script.as_ref().as_ref().ok()?.clone())),
            Documents::Data(_) | Documents::Hcl(_) => None,
        }
    }

    /// The file at a path, parsed, with its place. None for what is not there.
    pub(super) fn documents(&self, path: &str) -> Option<(u32, Arc<Documents>)> {
        let (place, file) = self.member(path)?;
        let parsed = (self.parse)(path, file.bytes()?, file.digest()?);
        Some((place, parsed))
    }

    /// The paths of the files in a folder, in order; the root is the empty text.
    #[must_use]
    pub fn folder(&self, folder: &str) -> Vec<&'a str> {
        let paths: Vec<&str> = self.below_unasked(folder).filter(|path| !inside(folder, path).contains('/')).collect();
        self.ask(Asked::Folder(folder.into(), names(&paths)));
        paths
    }

    /// The paths of the files in a folder and below it, in order.
    #[must_use]
    pub fn below(&self, folder: &str) -> Vec<&'a str> {
        let paths: Vec<&str> = self.below_unasked(folder).collect();
        self.ask(Asked::Below(folder.into(), names(&paths)));
        paths
    }

    /// The path of a member.
    #[must_use]
    pub fn path(&self, place: u32) -> Option<Text> {
        self.members().paths.get(place as usize).cloned()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn member(&self, path: &str) -> Option<(u32, &'a SourceFile)> {
        let file = self.tree.get(path).filter(|file| self.may_read(file));
        let digest = file.and_then(SourceFile::digest);
        let mut members = self.members();
        if let Some(place) = members.places.get(path) {
            return Some((*place, file?));
        }
        members.asked.push(Asked::File(path.into(), digest));
        let file = file.filter(|_| digest.is_some())?;
        let place = u32::try_from(members.paths.len()).unwrap_or(u32::MAX);
        members.paths.push(file.path.clone());
        members.places.insert(file.path.clone(), place);
        Some((place, file))
    }

    fn may_read(&self, file: &SourceFile) -> bool {
        !is_rule_path(&file.path) && !is_evidence_path(&file.path) && self.rules.reads(&file.path)
    }

    fn below_unasked(&self, folder: &str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.tree.files.partition_point(|file| *file.path < *prefix);
        let files: &'a [SourceFile] = self.tree.files.get(from..).unwrap_or_default();
        let rules = self.rules;
        files
            .iter()
            .take_while(move |file| file.path.starts_with(&*prefix))
            .map(|file| &*file.path)
            .filter(move |path: &&str| !is_rule_path(path) && !is_evidence_path(path) && rules.reads(path))
    }

    fn ask(&self, asked: Asked) {
        let mut members = self.members();
        if !members.asked.contains(&asked) {
            members.asked.push(asked);
        }
    }

    /// The members in the order that origins count, and everything that was asked.
    pub(super) fn finish(self) -> (Arc<[Text]>, Vec<Asked>) {
        let members = self.members.into_inner().unwrap_or_else(PoisonError::into_inner);
        (members.paths.into(), members.asked)
    }

    /// Whether this tree gives the same answers.
    pub(super) fn answers_alike(&self, asked: &[Asked]) -> bool {
        asked.iter().all(|asked| match asked {
            Asked::File(path, digest) => {
                let own = self.tree.get(path).filter(|file| self.may_read(file));
                own.and_then(SourceFile::digest) == *digest
            }
            Asked::Folder(folder, digest) => {
                let paths: Vec<&str> =
                    self.below_unasked(folder).filter(|path| !inside(folder, path).contains('/')).collect();
                names(&paths) == *digest
            }
            Asked::Below(folder, digest) => names(&self.below_unasked(folder).collect::<Vec<_>>()) == *digest,
        })
    }
}

/// A path without its folder.
fn inside<'p>(folder: &str, path: &'p str) -> &'p str {
    path.strip_prefix(folder).map_or(path, |rest| rest.strip_prefix('/').unwrap_or(rest))
}

fn names(paths: &[&str]) -> Digest {
    Digest::of(paths.join("\n").as_bytes())
}
