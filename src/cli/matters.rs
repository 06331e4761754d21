//! Which paths of a tree matter to what it declares: what changes anywhere else leaves that as it is.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Env;
use crate::formats::gate::CODEOWNERS_PLACES;
use crate::formats::{Class, ReadPlaces, Reading};
use crate::rules::{Rules, is_rule_path};
use crate::source::Tree;

/// Endings of files that mean something beside others, or to formats that know them by their neighbours. What has one is
/// judged in full.
const TOLD_BY_NEIGHBOURS: [&str; 14] = [
    ".csv",
    ".tsv",
    ".txt",
    ".toml",
    ".tfvars",
    ".xml",
    ".ini",
    ".conf",
    ".cfg",
    ".properties",
    ".tpl",
    ".tmpl",
    ".j2",
    ".bicep",
];

/// What of a tree matters.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Matters {
    /// The files that declare something, or could not be read as they should.
    files: BTreeSet<String>,
    /// The places that other files looked at.
    places: ReadPlaces,
}

impl Matters {
    /// What matters of a tree that was read.
    pub(super) fn of(reading: &Reading, tree: &Tree, places: ReadPlaces) -> Self {
        let told = tree.files.iter().zip(&reading.classes);
        let told = told.filter(|(_, class)| !matches!(class, Class::Other | Class::Excluded));
        let told = told.map(|(file, _)| &file.path);
        let members = reading.units.iter().flat_map(|unit| &*unit.files);
        Self { files: told.chain(members).map(ToString::to_string).collect(), places }
    }

    /// The files that declare something, or could not be read as they should.
    pub(super) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Whether what stands at a path may matter, or that something stands there. What a file that is new says of itself
    /// is another question.
    pub(super) fn hold(&self, path: &str, rules: &Rules) -> bool {
        self.files.contains(path)
            || self.places.hold(path)
            || is_special(path)
            || is_rule_path(path)
            || rules.mappings_of(path).next().is_some()
    }
}

/// Which program this is: what another one found out is not what this one would.
pub(super) fn program(env: &Env<'_>) -> Option<String> {
    let found = std::fs::metadata(env.binary.as_ref()?).ok()?;
    let changed = found.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env.version, found.len(), changed.as_nanos()))
}

/// Whether nothing in a tree declares anything, or should and cannot.
pub(super) fn is_silent(reading: &Reading) -> bool {
    reading.formats.is_empty()
        && reading.not_lowered.is_empty()
        && reading.classes.iter().all(|class| matches!(class, Class::Other | Class::Excluded))
}

/// Whether a path means something by its name or by its neighbours.
pub(super) fn is_special(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    let told = TOLD_BY_NEIGHBOURS.iter().any(|ending| path.to_ascii_lowercase().ends_with(ending));
    hidden || told || CODEOWNERS_PLACES.contains(&path) || Path::new(path).extension().is_none()
}
