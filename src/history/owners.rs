//! Who owns the control over time: the control owners, and the owners of rulesets, as the configuration of a branch named
//! them.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::period::Period;
use crate::rules::{CONFIG_FILE, Config, Instant, RuleFile};
use crate::source::{BranchCommit, FileVersion};

/// A change of who owns a part of the control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnerChange {
    /// When it landed.
    pub at: Instant,
    /// With which commit.
    pub commit: String,
    /// The ruleset; absent where it is the control itself, whose owners approve changes of the rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruleset: Option<String>,
    /// Who owned it before: `person:ID`. Nobody where it was not adopted, or named nobody.
    pub before: Vec<String>,
    /// Who owns it since.
    pub after: Vec<String>,
}

/// By part, who owns it; the control itself is the part without a name.
type Owners = BTreeMap<Option<String>, BTreeSet<String>>;

/// Every change of owners within a period, in the order in which they landed. What names the first of them is none: nothing
/// was owned before. A configuration that cannot be read names nobody and changes nothing: an evaluation of such a tree is
/// an error.
#[must_use]
pub fn owner_changes(files: &[FileVersion], commits: &[BranchCommit], period: &Period) -> Vec<OwnerChange> {
    let landed: BTreeMap<&str, i64> = commits.iter().map(|own| (own.commit.as_str(), own.at)).collect();
    let mut changes = Vec::new();
    let mut known: Option<Owners> = None;
    for file in files.iter().filter(|own| own.path == CONFIG_FILE) {
        let Some(at) = landed.get(file.commit.as_str()).copied() else { continue };
        let Some(now) = owners(file) else { continue };
        let Some(before) = known.replace(now.clone()) else { continue };
        if !period.contains(at) {
            continue;
        }
        let parts: BTreeSet<&Option<String>> = before.keys().chain(now.keys()).collect();
        for part in parts.into_iter().filter(|part| before.get(*part) != now.get(*part)) {
            let of = |owners: &Owners| owners.get(part).into_iter().flatten().cloned().collect();
            changes.push(OwnerChange {
                at: Instant::from_seconds(at),
                commit: file.commit.clone(),
                ruleset: part.clone(),
                before: of(&before),
                after: of(&now),
            });
        }
    }
    changes
}

/// Whom a version of the configuration names; where it was removed, nobody.
fn owners(file: &FileVersion) -> Option<Owners> {
    let Some(bytes) = &file.bytes else { return Some(Owners::new()) };
    let config = Config::read(&RuleFile::new(CONFIG_FILE, bytes.clone())).ok()?;
    // What nobody owns is left out, as if it were not there.
    let mut owners = Owners::new();
    let control = config.authority.iter().flat_map(|own| &own.control_owners);
    let control: BTreeSet<String> = control.map(|own| own.as_str().to_owned()).collect();
    if !control.is_empty() {
        owners.insert(None, control);
    }
    for ruleset in &config.rulesets {
        if let (Some(name), Some(owner)) = (ruleset.id.as_ref().or(ruleset.path.as_ref()), &ruleset.owner) {
            owners.entry(Some(name.as_str().to_owned())).or_default().insert(owner.as_str().to_owned());
        }
    }
    Some(owners)
}
