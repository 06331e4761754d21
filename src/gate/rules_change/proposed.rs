//! The rule files that would hold if the change landed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::run::policy_data;
use super::super::task::Task;
use crate::formats::gate::CODEOWNERS_PLACES;
use crate::policy::Bundle;
use crate::rules::{CONFIG_FILE, Config, RuleError, RuleFile, Rules, is_record_path};
use crate::source::{Comparison, SourceFile, Tree};
use crate::store::Digest;

/// Files that decide, outside of the rules, whether the gate runs and who accepts its rules, beside GitHub's code
/// owners. Workflows count where they speak of the gate.
const CONTROL_FILES: &[&str] = &[".gitlab/CODEOWNERS", ".pre-commit-config.yaml"];
/// Folders and files of pipelines.
const PIPELINES: &[&str] =
    &[".github/workflows/", ".github/actions/", ".gitlab-ci.yml", "azure-pipelines.yml", "Jenkinsfile"];

/// The rule files of a change.
pub(in crate::gate) struct Proposed {
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
    pub(in crate::gate) fn of(task: &Task<'_>) -> Option<Self> {
        let comparison = task.comparison;
        comparison.base.as_ref()?;
        let target = comparison.rules_tree();
        let after = would_be(comparison);
        let own = own_config(after.get(CONFIG_FILE).copied());
        // What either configuration takes for a rule counts: moving rules out of sight is a change of them.
        let proposed = own.as_ref().unwrap_or(&task.rules.config);
        let is_rule = |path: &str| task.rules.config.is_rule(path) || proposed.is_rule(path);
        let runs = |file: Option<&SourceFile>| file.is_some_and(runs_gate);
        let runs_gate = |path: &str| runs(after.get(path).copied()) || runs(target.get(path));
        let differs =
            |path: &str| after.get(path).map(|file| file.digest()) != target.get(path).map(SourceFile::digest);
        let all: BTreeSet<&str> = after.keys().copied().chain(target.files.iter().map(|file| &*file.path)).collect();
        let edited = all.into_iter().filter(|path| (is_rule(path) || runs_gate(path)) && differs(path));
        let paths: Vec<Arc<str>> = edited.map(Arc::from).collect();
        if paths.is_empty() {
            return None;
        }
        let files = after.values().filter_map(|file| {
            let bytes = file.bytes()?.clone();
            Some(RuleFile { path: file.path.clone(), bytes })
        });
        let of_target = target.get(CONFIG_FILE).and_then(|file| file.bytes());
        let config = task.rules.config_file.clone().filter(|file| of_target != Some(&file.bytes));
        let control_files: Vec<Arc<str>> = paths.iter().filter(|path| runs_gate(path)).cloned().collect();
        let only_records = paths.iter().all(|path| is_record_path(path) || runs_gate(path));
        let digest = digest_of(after.values().copied(), proposed);
        Some(Self { files: files.collect(), config, paths, digest, control_files, only_records })
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
        let bundle = Bundle::load_accepted(&own, &accepted, policy_data(task.as_of))?;
        Ok(bundle.with_conftest(task.bundle.conftest.clone()))
    }
}

/// Which files govern the gate in some comparison: rules by the target's configuration or by the change's, and what
/// decides whether the gate runs.
pub struct Governing<'a> {
    target: &'a Config,
    proposed: Option<Config>,
}

impl<'a> Governing<'a> {
    /// Of a comparison under the rules of its target.
    #[must_use]
    pub fn of(comparison: &Comparison, rules: &'a Rules) -> Self {
        let proposed =
            comparison.base.as_ref().and_then(|_| own_config(would_be(comparison).get(CONFIG_FILE).copied()));
        Self { target: &rules.config, proposed }
    }

    /// The commits whose rules either extends, each with the folder in it.
    pub fn extended_commits(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.target.extended_commits().chain(self.proposed.iter().flat_map(Config::extended_commits))
    }

    /// Whether a file may be one of them, whatever stands in it.
    #[must_use]
    pub fn includes(&self, path: &str) -> bool {
        self.target.is_rule(path)
            || self.proposed.as_ref().is_some_and(|config| config.is_rule(path))
            || CODEOWNERS_PLACES.contains(&path)
            || CONTROL_FILES.contains(&path)
            || PIPELINES.iter().any(|prefix| path.starts_with(prefix))
    }
}

/// The files of the tree that would be on the target if the change landed, by path.
///
/// Where the target is ahead of what head is compared with, a file that the change leaves alone is the target's.
fn would_be(comparison: &Comparison) -> BTreeMap<&str, &SourceFile> {
    let head = &comparison.head.files;
    let target = comparison.rules_tree();
    let Some(base) = comparison.base.as_ref().filter(|base| !std::ptr::eq(*base, target)) else {
        return head.iter().map(|file| (&*file.path, file)).collect();
    };
    let left_alone = |file: &SourceFile| {
        base.get(&file.path).is_some_and(|old| old.digest().is_some() && old.digest() == file.digest())
    };
    let from_head = head.iter().filter_map(|file| if left_alone(file) { target.get(&file.path) } else { Some(file) });
    let new = target.files.iter().filter(|file| base.get(&file.path).is_none());
    // What the change says of a path goes before what the target has there.
    new.chain(from_head).map(|file| (&*file.path, file)).collect()
}

/// The digest of the rules of a tree, without records: what an approval of rules names. `config` holds where the tree's
/// own cannot be read.
#[must_use]
pub fn rules_digest(tree: &Tree, config: &Config) -> Digest {
    let own = own_config(tree.get(CONFIG_FILE));
    digest_of(tree.files.iter(), own.as_ref().unwrap_or(config))
}

/// What a tree's configuration says, also when it says nothing; `None` when it cannot be read.
fn own_config(file: Option<&SourceFile>) -> Option<Config> {
    let Some(file) = file else { return Some(Config::default()) };
    Config::read(&RuleFile { path: file.path.clone(), bytes: file.bytes()?.clone() }).ok()
}

fn digest_of<'a>(files: impl Iterator<Item = &'a SourceFile>, config: &Config) -> Digest {
    let is_rule = |file: &&SourceFile| (config.is_rule(&file.path) || runs_gate(file)) && !is_record_path(&file.path);
    let mut rules: Vec<(&str, Option<Digest>)> =
        files.filter(is_rule).map(|file| (&*file.path, file.digest())).collect();
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
fn runs_gate(file: &SourceFile) -> bool {
    let path = &*file.path;
    let speaks = || file.bytes().is_some_and(|bytes| memchr::memmem::find(bytes, b"countersign").is_some());
    CODEOWNERS_PLACES.contains(&path)
        || CONTROL_FILES.contains(&path)
        || PIPELINES.iter().any(|prefix| path.starts_with(prefix)) && speaks()
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
