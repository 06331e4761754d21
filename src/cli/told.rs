//! What a report says of the run: what was judged, what it was compared with, and how to do it again.

use std::path::Path;

use super::check::CheckArgs;
use super::table;
use crate::gate::rules_digest;
use crate::output::{Evidence, Merge, MergeStrategy, Revision, RunInfo};
use crate::rules::Rules;
use crate::source::{self, Comparison};

/// Gathers it.
pub(super) fn info(
    args: &CheckArgs,
    comparison: &Comparison,
    rules: &Rules,
    as_of: i64,
    evidence: Evidence,
) -> RunInfo {
    RunInfo {
        rules: Some(rules_digest(comparison.rules_tree(), &rules.config)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        head: head(args, comparison),
        base: base(args, comparison),
        merge: comparison.merge.as_ref().map(merge),
        repository: comparison.repository.as_ref().and_then(|repository| repository.remote_url.clone()),
        evidence: Some(evidence),
        reproduce: Some(reproduce(args, comparison, as_of)),
    }
}

/// How a merge came into it.
pub(super) fn merge(merge: &source::Merge) -> Merge {
    let (strategy, conflicts) = match &merge.strategy {
        source::MergeStrategy::Predicted => (MergeStrategy::Predicted, Vec::new()),
        source::MergeStrategy::MergeBase => (MergeStrategy::MergeBase, Vec::new()),
        source::MergeStrategy::HeadAgainstMergeBase { conflicts } => {
            (MergeStrategy::HeadAgainstMergeBase, conflicts.clone())
        }
    };
    Merge { strategy, merge_base: merge.merge_base.clone(), tree: merge.tree.clone(), conflicts }
}

/// What is judged, as the person named it.
fn head(args: &CheckArgs, comparison: &Comparison) -> Revision {
    let tree = &comparison.head;
    let label = match &args.head {
        Some(revision) => label(revision, tree.commit.as_deref()),
        None => comparison.head_label.clone(),
    };
    Revision { label, commit: tree.commit.clone(), tree: tree.tree.clone() }
}

/// The target, as the person named it. Where something else is compared, [`Merge`] says what.
fn base(args: &CheckArgs, comparison: &Comparison) -> Option<Revision> {
    let base = comparison.base.as_ref()?;
    if comparison.repository.is_none() || args.plans {
        let label = comparison.base_label.clone().unwrap_or_default();
        return Some(Revision { label, commit: None, tree: None });
    }
    let tip = comparison.rules_tree();
    let label = match (&args.base, &base.commit) {
        (Some(revision), _) => label(revision, tip.commit.as_deref()),
        (None, Some(_)) => "HEAD".to_owned(),
        (None, None) => "a repository without commits".to_owned(),
    };
    Some(Revision { label, commit: tip.commit.clone(), tree: tip.tree.clone() })
}

/// A revision's name. A commit that is abbreviated is written in full, and left to be shortened where it is shown.
fn label(revision: &str, commit: Option<&str>) -> String {
    commit.filter(|commit| commit.starts_with(revision)).unwrap_or(revision).to_owned()
}

/// The command that does the same again, on another machine and later: with the commits and the instant that counted.
fn reproduce(args: &CheckArgs, comparison: &Comparison, as_of: i64) -> String {
    let mut words = vec!["countersign".to_owned(), "check".to_owned()];
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), word(value)]);
    if let Some(base) = &args.base {
        let commit = comparison.repository.as_ref().and(comparison.rules_tree().commit.as_deref());
        option("--base", commit.unwrap_or(base));
    }
    if args.plans {
        words.push("--plans".to_owned());
    }
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), word(value)]);
    if args.head.is_some()
        && let Some(commit) = &comparison.head.commit
    {
        option("--head", commit);
    }
    option("--as-of", &table::instant(as_of));
    if let Some(config) = &args.config {
        option("--config", &config.to_string_lossy());
    }
    for folder in &args.policy {
        option("--policy", &folder.to_string_lossy());
    }
    for (name, value) in args.conftest.options() {
        option(name, &value);
    }
    if let Some(people) = &args.people {
        option("--people", &people.to_string_lossy());
    }
    for (file, kind) in args.imports.given() {
        option("--import", &file.to_string_lossy());
        option("--as", kind.as_str());
    }
    for (given, name) in [(args.staged, "--staged"), (args.strict, "--strict")] {
        if given {
            words.push(name.to_owned());
        }
    }
    if args.path != Path::new(".") {
        words.insert(2, word(&args.path.to_string_lossy()));
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=~^".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('~') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for (text, expected) in [
            ("testdata/acme", "testdata/acme"),
            ("origin/main~2", "origin/main~2"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("~/x", "'~/x'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
