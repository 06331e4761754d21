//! The forge's review of a change, given as a file; and whether what is given comes from outside of the change.

use std::path::{Component, MAIN_SEPARATOR, Path};

use super::Env;
use super::check::read_rule_file;
use super::error::CliError;
use crate::rules::{ForgeReview, Rules};
use crate::source::{Comparison, SourceFile};

/// Reads an export and holds it against what is judged.
///
/// What a change says of its own review counts for nothing, so a file that the judged tree holds is refused.
pub(super) fn read(
    path: &Path,
    env: &Env<'_>,
    comparison: &Comparison,
    rules: &Rules,
) -> Result<ForgeReview, CliError> {
    let file = read_rule_file(&env.cwd, path)?;
    let brought = |bytes: &[u8]| comparison.head.files.iter().any(|own| own.bytes().is_some_and(|own| **own == *bytes));
    let inside = paths_in_tree(path, env, comparison).iter().any(|inner| comparison.head.get(inner).is_some());
    if inside || brought(&file.bytes) {
        return Err(CliError::other(
            format!("{} is part of the change that it reviews", path.display()),
            "fetch the forge's answers in the job that judges, into a folder outside the repository",
        ));
    }
    let review = ForgeReview::read(&file).map_err(CliError::Reviews)?;
    // A copy of the repository has the same commits, and whoever owns the copy decides who reviews there.
    let own = rules.config.gate.repository().map(|(owner, name)| format!("{owner}/{name}"));
    if let Some(own) = own.filter(|own| *own != review.repository.to_lowercase()) {
        return Err(CliError::other(
            format!("the reviews are about a change of {}, and these rules are those of {own}", review.repository),
            "fetch the reviews of the pull request in that repository",
        ));
    }
    match &comparison.head.commit {
        Some(commit) if *commit == review.commit => Ok(review),
        Some(commit) => Err(CliError::other(
            format!("the reviews are about commit {}, and {commit} is judged", review.commit),
            "fetch the reviews again, or judge that commit with `--head`",
        )),
        None => Err(CliError::other(
            "reviews are about a commit, and none is judged",
            "name the pull request's commit with `--head`",
        )),
    }
}

/// Refuses a file that decides how a change is judged and that the change itself brings or edits.
pub(super) fn not_edited(path: &Path, env: &Env<'_>, comparison: &Comparison) -> Result<(), CliError> {
    if comparison.base.is_none() {
        return Ok(());
    }
    for inner in paths_in_tree(path, env, comparison) {
        let target = comparison.rules_tree().get(&inner);
        if target.is_none() && comparison.head.get(&inner).is_none() {
            continue;
        }
        // What lies on the disk counts: with `--head` it may well be the target's.
        if target.and_then(SourceFile::bytes) != Some(&read_rule_file(&env.cwd, path)?.bytes) {
            return Err(CliError::other(
                format!("{} is edited by the change that it would judge", path.display()),
                "give a file from outside of the repository, or the one that the target has",
            ));
        }
    }
    Ok(())
}

/// Where a file of the disk stands in the tree that is judged: as it is named, and where the links on its way lead. A
/// change may put a link there.
fn paths_in_tree(path: &Path, env: &Env<'_>, comparison: &Comparison) -> Vec<String> {
    let Ok(root) = std::fs::canonicalize(&comparison.root) else { return Vec::new() };
    let mut named = std::fs::canonicalize(&env.cwd).unwrap_or_else(|_| env.cwd.clone());
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = named.pop(),
            other => named.push(other),
        }
    }
    let found = std::fs::canonicalize(env.cwd.join(path)).unwrap_or_else(|_| named.clone());
    let inner = |path: &Path| Some(path.strip_prefix(&root).ok()?.to_str()?.replace(MAIN_SEPARATOR, "/"));
    [named, found].iter().filter_map(|path| inner(path)).collect()
}
