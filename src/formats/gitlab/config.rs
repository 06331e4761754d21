//! The whole configuration of a pipeline: included files, `extends` and `!reference`.

use std::collections::BTreeSet;

use glob::{MatchOptions, Pattern};

use super::content;
use super::jobs::Reader;
use super::tree::{Member, Tree, What};
use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::documents::Documents;

/// Files that one pipeline may include (GitLab's own limit is 150 unless it is raised).
const MAX_FILES: usize = 500;
/// Levels of `extends` (GitLab allows eleven) and of `!reference` (ten).
const MAX_LEVELS: usize = 11;
/// Values that one pipeline may come to, with everything that its jobs build on.
pub(super) const MAX_NODES: usize = 1_000_000;

/// What is lost with an included file.
const LOST: &str = "its jobs are not evaluated, and those that build on it may do more than shown";

impl Reader<'_> {
    pub(super) fn unresolved(&mut self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: &str) {
        if self.said.insert((gap, origin)) {
            let (reason, consequence) = (reason.into(), consequence.to_owned());
            self.facts.unresolved.push(Unresolved { gap, reason, consequence, origin });
        }
    }

    /// Says that a pipeline is more than is looked at.
    pub(super) fn spent(&mut self, origin: Origin) {
        let reason = format!("this pipeline, with what its jobs build on, comes to more than {MAX_NODES} values");
        self.unresolved(Gap::Unsupported, origin, reason, "what is beyond that is not evaluated");
    }

    /// What files say together with those that they include: a file goes before those it includes, and a later one before
    /// an earlier.
    pub(super) fn whole(&mut self, paths: &[String]) -> Option<Tree> {
        let mut seen = BTreeSet::new();
        let parts: Vec<Tree> = paths.iter().filter_map(|path| self.file(path, &mut seen, None)).collect();
        parts.into_iter().reduce(Tree::under)
    }

    fn file(&mut self, path: &str, seen: &mut BTreeSet<String>, by: Option<Origin>) -> Option<Tree> {
        if !seen.insert(path.to_owned()) {
            return None;
        }
        let found = self.tree.documents(path);
        let Some((place, documents)) = found else {
            if let Some(origin) = by {
                self.unresolved(Gap::Dangling, origin, format!("the included file `{path}` is not in the tree"), LOST);
            }
            return None;
        };
        let Some(node) = content(&documents) else {
            if let (Some(origin), Documents::Data(Err(error))) = (by, &*documents) {
                self.unresolved(Gap::Broken, origin, format!("`{path}` does not parse: {}", error.message), LOST);
            }
            return None;
        };
        let own = Tree::of(node, place, &mut self.budget);
        if self.budget == 0 {
            self.spent(own.origin);
        }
        let included = own.get("include").map(|own| own.one_or_many().to_vec()).unwrap_or_default();
        let mut below: Option<Tree> = None;
        for part in included.iter().flat_map(|entry| self.included(entry, seen)).collect::<Vec<_>>() {
            below = Some(match below {
                Some(known) => known.under(part),
                None => part,
            });
        }
        Some(match below {
            Some(below) => below.under(own),
            None => own,
        })
    }

    /// The files of the tree that an entry of `include` names.
    fn included(&mut self, entry: &Tree, seen: &mut BTreeSet<String>) -> Vec<Tree> {
        let Some(path) = self.local(entry) else { return Vec::new() };
        if seen.len() > MAX_FILES {
            let reason = format!("a pipeline includes more than {MAX_FILES} files");
            self.unresolved(Gap::Unsupported, entry.origin, reason, LOST);
            return Vec::new();
        }
        if !path.contains('*') {
            return self.file(&path, seen, Some(entry.origin)).into_iter().collect();
        }
        let whole = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let Ok(pattern) = Pattern::new(&path) else { return Vec::new() };
        let names = self.tree.below("").into_iter().filter(|own| pattern.matches_with(own, whole));
        let names: Vec<&str> = names.take(MAX_FILES).collect();
        names.iter().filter_map(|name| self.file(name, seen, Some(entry.origin))).collect()
    }

    /// The path that an entry of `include` names in the tree; what lies elsewhere is said.
    pub(super) fn local(&mut self, entry: &Tree) -> Option<String> {
        let elsewhere = ["project", "remote", "template", "component", "artifact"];
        let named = match entry.as_text() {
            Some(text) if text.starts_with("http://") || text.starts_with("https://") => Err(("remote", text.clone())),
            Some(text) => Ok(text.clone()),
            None => match entry.get("local").and_then(Tree::as_text) {
                Some(text) => Ok(text.clone()),
                None => {
                    let found = elsewhere.iter().find_map(|key| Some((*key, entry.get(key)?.as_text()?.clone())));
                    Err(found.unwrap_or(("include", Text::from("?"))))
                }
            },
        };
        match named {
            Ok(path) if path.contains('$') => {
                let reason = format!("which file `{path}` is, is known only when the pipeline runs");
                self.unresolved(Gap::Unknown, entry.origin, reason, LOST);
                None
            }
            Ok(path) => Some(path.trim_start_matches("./").trim_start_matches('/').to_owned()),
            Err((kind, name)) => {
                let reason = format!("this includes the {kind} `{name}`, which is not in the tree");
                self.unresolved(Gap::Unknown, entry.origin, reason, LOST);
                None
            }
        }
    }

    /// A job with everything that it extends.
    pub(super) fn extended(&mut self, name: &str, whole: &Tree, level: usize) -> Option<Tree> {
        let member = whole.member(name)?;
        let (job, origin) = (&member.value, member.origin);
        if level > MAX_LEVELS {
            let reason = format!("`extends` goes more than {MAX_LEVELS} levels deep, or in a circle");
            self.unresolved(Gap::Broken, origin, reason, "GitLab refuses this pipeline");
            return None;
        }
        self.budget = self.budget.saturating_sub(job.size());
        if self.budget == 0 {
            self.spent(origin);
            return None;
        }
        let mut below: Option<Tree> = None;
        for parent in job.get("extends").map(Tree::one_or_many).unwrap_or_default() {
            let Some(parent_name) = parent.as_text() else { continue };
            if whole.member(parent_name).is_none() {
                let reason = format!("`{parent_name}`, which this extends, is not in the tree");
                self.unresolved(Gap::Dangling, parent.origin, reason, "this job may do more than shown");
                continue;
            }
            let Some(own) = self.extended(parent_name, whole, level + 1) else { continue };
            below = Some(match below {
                Some(known) => known.under(own),
                None => own,
            });
        }
        Some(match below {
            Some(below) => below.under(job.clone()),
            None => job.clone(),
        })
    }

    /// What a value is once every `!reference` in it is what stands there.
    pub(super) fn settled(&mut self, value: &Tree, whole: &Tree, level: usize) -> Tree {
        if self.budget == 0 {
            return Tree { origin: value.origin, what: What::Scalar(None) };
        }
        self.budget -= 1;
        let what = match &value.what {
            What::Reference(path) => {
                if level > MAX_LEVELS {
                    let reason = format!("`!reference` goes more than {MAX_LEVELS} levels deep, or in a circle");
                    self.unresolved(Gap::Broken, value.origin, reason, "GitLab refuses this pipeline");
                    What::Scalar(None)
                } else {
                    let first = path.first().and_then(|name| self.extended(name, whole, 0));
                    let found = first.and_then(|job| path.iter().skip(1).try_fold(job, |at, key| at.get(key).cloned()));
                    match found {
                        Some(found) => return self.settled(&found, whole, level + 1),
                        None => {
                            let reason = format!("`!reference [{}]` names nothing in the tree", path.join(", "));
                            self.unresolved(Gap::Dangling, value.origin, reason, "this job may do more than shown");
                            What::Scalar(None)
                        }
                    }
                }
            }
            What::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    let own = self.settled(item, whole, level);
                    // A list that is referred to in a list becomes part of it.
                    match (&item.what, own.what) {
                        (What::Reference(_), What::List(inner)) => all.extend(inner),
                        (_, what) => all.push(Tree { origin: own.origin, what }),
                    }
                }
                What::List(all)
            }
            What::Map(_) => {
                let members = value.members().iter();
                let settled = |member: &Member| {
                    let value = self.settled(&member.value, whole, level);
                    Member { value, key: member.key.clone(), origin: member.origin }
                };
                What::Map(members.map(settled).collect())
            }
            What::Scalar(text) => What::Scalar(text.clone()),
        };
        Tree { origin: value.origin, what }
    }
}
