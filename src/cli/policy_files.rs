//! Policies and their data that a command is given beside a tree: a folder, or a bundle that is pinned by its digest.

use std::path::{Path, PathBuf};

use super::check::read_rule_file;
use super::error::CliError;
use crate::rules::{RuleFile, is_rego};
use crate::source::{is_bundle, read_bundle};
use crate::store::Digest;

/// What stands between the path of a bundle and its digest.
const PIN: &str = "@sha256:";

/// A file with its path below the folder, or in the bundle.
pub(super) struct Found {
    pub(super) below: String,
    pub(super) file: RuleFile,
}

/// The policies of a folder or bundle, in the order of their paths; tests are left out.
pub(super) fn read_policies(cwd: &Path, place: &Path) -> Result<Vec<RuleFile>, CliError> {
    read_rego(cwd, place, &is_rego)
}

/// The policies of a folder or bundle that are wanted, in the order of their paths.
pub(super) fn read_rego(cwd: &Path, place: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<RuleFile>, CliError> {
    let found = read_below(cwd, place, wanted, ("policies", "name a folder with .rego files, or a bundle"))?;
    Ok(found.into_iter().map(|own| own.file).collect())
}

/// The files of a folder or bundle that are wanted, in the order of their paths. `what` says what they are, and what to
/// name.
pub(super) fn read_below(
    cwd: &Path,
    place: &Path,
    wanted: &dyn Fn(&str) -> bool,
    (what, help): (&str, &str),
) -> Result<Vec<Found>, CliError> {
    let (place, pinned) = pin(place)?;
    let root = cwd.join(&place);
    let mut found = if pinned.is_some() || is_bundle(&root) {
        in_bundle(&root, &place, pinned, wanted)?
    } else {
        in_folder(cwd, &root, &place, wanted, help)?
    };
    if found.is_empty() {
        return Err(CliError::other(format!("{} holds no {what}", place.display()), help));
    }
    found.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    Ok(found)
}

/// A path, and the digest that stands behind it.
fn pin(place: &Path) -> Result<(PathBuf, Option<Digest>), CliError> {
    let Some((path, digits)) = place.to_str().and_then(|text| text.rsplit_once(PIN)) else {
        return Ok((place.to_owned(), None));
    };
    let digest = Digest::parse(digits).map_err(|error| {
        CliError::other(format!("`{digits}` is not a digest: {error}"), "write it as PATH@sha256:DIGEST")
    })?;
    Ok((PathBuf::from(path), Some(digest)))
}

fn in_bundle(
    root: &Path,
    place: &Path,
    pinned: Option<Digest>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Found>, CliError> {
    if !is_bundle(root) {
        return Err(CliError::other(
            format!("{} is no bundle, and only a bundle is pinned", place.display()),
            "name an archive (.tar, .tar.gz, .tar.zst) or a folder in the OCI image layout",
        ));
    }
    let files = read_bundle(root, pinned)
        .map_err(|error| CliError::other(format!("the bundle {}: {error}", place.display()), error.help()))?;
    let wanted = files.into_iter().filter(|(below, _)| wanted(below));
    Ok(wanted
        .map(|(below, bytes)| Found { file: RuleFile::new(format!("{}:{below}", place.display()), bytes), below })
        .collect())
}

fn in_folder(
    cwd: &Path,
    root: &Path,
    folder: &Path,
    wanted: &dyn Fn(&str) -> bool,
    help: &str,
) -> Result<Vec<Found>, CliError> {
    if !root.is_dir() {
        return Err(CliError::other(format!("{} is neither a folder nor a bundle", folder.display()), help));
    }
    let mut open = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        let entries = std::fs::read_dir(&at).map_err(|error| {
            CliError::other(format!("{} cannot be read: {error}", at.display()), "check its permissions")
        })?;
        for entry in entries {
            let path = entry?.path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if path.to_str().is_some_and(wanted) {
                let inner = path.strip_prefix(root).unwrap_or(&path);
                let mut file = read_rule_file(cwd, &path)?;
                file.path = folder.join(inner).display().to_string().into();
                found.push(Found { below: inner.display().to_string().replace('\\', "/"), file });
            }
        }
    }
    Ok(found)
}
