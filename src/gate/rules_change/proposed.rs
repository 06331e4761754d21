//! The rule files that would hold if the change landed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::run::{Task, policy_data};
use crate::policy::Bundle;
use crate::rules::{CONFIG_FILE, Config, RuleError, RuleFile, Rules, is_record_path, is_rego, is_rule_path};
use crate::source::Tree;
use crate::store::Digest;

/// Files that decide, outside of the rules, whether the gate runs and who accepts its rules: GitHub's code owners and
/// what runs before a commit. Workflows count where they speak of the gate.
const CONTROL_FILES: &[&str] =
    &["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".pre-commit-config.yaml"];
/// Folders and files of pipelines.
const PIPELINES: &[&str] =
    &[".github/workflows/", ".github/actions/", ".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile"];

/// The rule files of a change.
pub(super) struct Proposed {
    /// Every file of the tree that would be, since a configuration may keep rules anywhere.
    pub(super) files: Vec<RuleFile>,
    /// The configuration that was given from outside, if one was.
    pub(super) config: Option<RuleFile>,
    /// Rule files that the change edits.
    pub(super) paths: Vec<Arc<str>>,
    /// The digest of its rules, without records.
    pub(super) digest: Digest,
    /// Files that it edits which decide whether the gate runs.
    pub(super) control_files: Vec<Arc<str>>,
    /// Whether it edits records alone, or such files.
    pub(super) only_records: bool,
}

impl Proposed {
    /// The rules of a change; `None` when it edits none.
    pub(super) fn of(task: &Task<'_>) -> Option<Self> {
        let comparison = task.comparison;
        let base = comparison.base.as_ref()?;
        let target = comparison.rules_tree();
        // What counts is what would stand on the target. Where that is ahead of what head is compared with, a file that
        // the change leaves alone is the target's.
        let same_tree = std::ptr::eq(base, target);
        let left_alone = |path: &str, digest: Option<Digest>| {
            !same_tree && base.get(path).is_some_and(|file| file.digest().is_some() && file.digest() == digest)
        };
        let mut after: BTreeMap<Arc<str>, Option<Digest>> = BTreeMap::new();
        for file in &comparison.head.files {
            if left_alone(&file.path, file.digest()) {
                if let Some(file) = target.get(&file.path) {
                    after.insert(file.path.clone(), file.digest());
                }
            } else {
                after.insert(file.path.clone(), file.digest());
            }
        }
        if !same_tree {
            for file in target.files.iter().filter(|file| base.get(&file.path).is_none()) {
                after.entry(file.path.clone()).or_insert_with(|| file.digest());
            }
        }
        let runs_gate = |path: &str| runs_gate(&comparison.head, path) || runs_gate(target, path);
        let is_rule = |path: &str| is_rule(path, &task.rules.config) || runs_gate(path);
        let before: BTreeMap<&str, Option<Digest>> =
            target.files.iter().filter(|file| is_rule(&file.path)).map(|file| (&*file.path, file.digest())).collect();
        let mut paths: Vec<Arc<str>> = after
            .iter()
            .filter(|(path, digest)| is_rule(path) && before.get(&***path) != Some(*digest))
            .map(|(path, _)| path.clone())
            .collect();
        paths.extend(before.keys().filter(|path| !after.contains_key(**path)).map(|path| Arc::from(*path)));
        if paths.is_empty() {
            return None;
        }
        paths.sort();
        let from = |tree: &Tree, path: &str, digest: Option<Digest>| {
            tree.get(path).filter(|file| file.digest() == digest).and_then(|file| file.bytes().cloned())
        };
        let files: Vec<RuleFile> = after
            .iter()
            .filter_map(|(path, digest)| {
                let bytes = from(&comparison.head, path, *digest).or_else(|| from(target, path, *digest))?;
                Some(RuleFile { path: path.clone(), bytes })
            })
            .collect();
        let own = target.get(CONFIG_FILE).and_then(|file| file.bytes());
        let config = task.rules.config_file.clone().filter(|file| own != Some(&file.bytes));
        let control_files: Vec<Arc<str>> = paths.iter().filter(|path| runs_gate(path)).cloned().collect();
        let only_records = paths.iter().all(|path| is_record_path(path) || runs_gate(path));
        let rules = after.iter().filter(|(path, _)| is_rule(path)).map(|(path, digest)| (&**path, *digest));
        let digest = digest_of(rules);
        Some(Self { files, config, paths, digest, control_files, only_records })
    }

    /// The policies under the change's rules. Those whose bytes the target has are accepted; so long as another one
    /// differs, only if they stand alone.
    pub(super) fn bundle(&self, task: &Task<'_>, head: &Rules) -> Result<Bundle, Vec<RuleError>> {
        let known: BTreeSet<&[u8]> = task.bundle.policies.iter().map(|policy| &*policy.file.bytes).collect();
        // Policies that were given from outside hold for both.
        let repository: BTreeSet<&str> = task.rules.policies.iter().map(|file| &*file.path).collect();
        let given =
            task.bundle.policies.iter().filter(|policy| !policy.built_in && !repository.contains(&*policy.file.path));
        let mut own: Vec<RuleFile> = head.policies.clone();
        own.extend(given.map(|policy| policy.file.clone()));
        let mine = task.bundle.policies.iter().filter(|policy| !policy.built_in).map(|policy| &*policy.file.bytes);
        let differ = mine.collect::<BTreeSet<&[u8]>>() != own.iter().map(|file| &*file.bytes).collect();
        let accepted = |file: &RuleFile| {
            known.contains(&*file.bytes) && (!differ || stands_alone(&String::from_utf8_lossy(&file.bytes)))
        };
        Bundle::load_accepted(&own, &accepted, policy_data(task.as_of))
    }
}

/// The digest of the rules of a tree, without records: what an approval of rules names.
#[must_use]
pub fn rules_digest(tree: &Tree, config: &Config) -> Digest {
    let is_rule = |path: &str| is_rule(path, config) || runs_gate(tree, path);
    digest_of(tree.files.iter().filter(|file| is_rule(&file.path)).map(|file| (&*file.path, file.digest())))
}

fn digest_of<'a>(rules: impl Iterator<Item = (&'a str, Option<Digest>)>) -> Digest {
    let mut rules: Vec<(&str, Option<Digest>)> = rules.filter(|(path, _)| !is_record_path(path)).collect();
    rules.sort_unstable();
    let mut text = Vec::new();
    for (path, digest) in rules {
        text.extend_from_slice(path.as_bytes());
        text.push(0);
        text.extend_from_slice(digest.map(|digest| digest.to_string()).unwrap_or_default().as_bytes());
        text.push(b'\n');
    }
    Digest::of(&text)
}

/// Whether a file decides whether the gate runs.
fn runs_gate(tree: &Tree, path: &str) -> bool {
    let speaks = || {
        let bytes = tree.get(path).and_then(|file| file.bytes());
        bytes.is_some_and(|bytes| memchr::memmem::find(bytes, b"countersign").is_some())
    };
    CONTROL_FILES.contains(&path) || PIPELINES.iter().any(|prefix| path.starts_with(prefix)) && speaks()
}

/// Whether a policy reads nothing that another one defines.
fn stands_alone(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find("data") {
        let before = rest.get(..at).and_then(|before| before.chars().next_back());
        let after = rest.get(at + "data".len()..).unwrap_or_default();
        let whole = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        // The words of comments and messages count too: too careful costs a process, too trusting a verdict.
        if whole && !after.starts_with(".countersign.as_of") && !after.starts_with(' ') {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether a path is a file of rules or records under a configuration that may keep them anywhere.
fn is_rule(path: &str, config: &Config) -> bool {
    is_rule_path(path)
        || config.is_extended(path)
        || config.rulesets.iter().any(|entry| entry.path.as_ref().is_some_and(|own| own.as_str() == path))
        || is_rego(path)
            && config
                .policies
                .iter()
                .any(|folder| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::stands_alone;

    #[test]
    fn a_policy_that_reads_data_of_others_does_not_stand_alone() {
        for text in ["import data.acme.lib", "x := data.acme.y", "x := data[k]", "(data.countersign.sod)"] {
            assert!(!stands_alone(text), "{text}");
        }
        for text in ["data.countersign.as_of", "the data here", "metadata.x", "my_data.x", "input.data.x"] {
            assert!(stands_alone(text), "{text}");
        }
    }
}
