//! The forge's review of a change, given as a file.

use std::path::Path;

use super::Env;
use super::check::read_rule_file;
use super::error::CliError;
use crate::rules::ForgeReview;
use crate::source::Comparison;

/// Reads an export and holds it against what is judged.
///
/// What a change says of its own review counts for nothing, so a file that the judged tree holds is refused.
pub(super) fn read(path: &Path, env: &Env<'_>, comparison: &Comparison) -> Result<ForgeReview, CliError> {
    let file = read_rule_file(&env.cwd, path)?;
    let brought = |bytes: &[u8]| comparison.head.files.iter().any(|own| own.bytes().is_some_and(|own| **own == *bytes));
    let inside = std::fs::canonicalize(env.cwd.join(path)).ok().and_then(|found| {
        let root = std::fs::canonicalize(&comparison.root).ok()?;
        let inner = found.strip_prefix(root).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        comparison.head.get(&inner).map(|_| ())
    });
    if inside.is_some() || brought(&file.bytes) {
        return Err(CliError::other(
            format!("{} is part of the change that it reviews", path.display()),
            "fetch the forge's answers in the job that judges, into a folder outside the repository",
        ));
    }
    let review = ForgeReview::read(&file).map_err(|error| CliError::Rules(vec![error]))?;
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
