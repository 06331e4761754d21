//! What exports from outside of the repository bring, for which no change of it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::finding::{Finding, Fingerprint};
use crate::facts::{Facts, Text};
use crate::formats::{LoweredUnit, NotLowered, Reading};
use crate::source::Tree;

/// What tells the findings that imported exports bring from those of the change.
pub(super) enum Outside {
    /// What base shows without them: whatever else base shows, they bring.
    Without(BTreeMap<Fingerprint, Finding>),
    /// What they show by themselves, where nothing is compared.
    Alone(BTreeMap<Fingerprint, Finding>),
}

impl Outside {
    pub(super) fn without(findings: Vec<Finding>) -> Self {
        Self::Without(by_fingerprint(findings))
    }

    pub(super) fn alone(findings: Vec<Finding>) -> Self {
        Self::Alone(by_fingerprint(findings))
    }

    /// Whether they bring a finding that base has as well.
    pub(super) fn brings(&self, finding: &Finding) -> bool {
        match self {
            Self::Without(rest) => !covers(rest, finding),
            Self::Alone(own) => covers(own, finding),
        }
    }
}

fn by_fingerprint(findings: Vec<Finding>) -> BTreeMap<Fingerprint, Finding> {
    findings.into_iter().map(|finding| (finding.fingerprint, finding)).collect()
}

fn covers(known: &BTreeMap<Fingerprint, Finding>, finding: &Finding) -> bool {
    known.get(&finding.fingerprint).is_some_and(|known| known.extent.covers(&finding.extent))
}

/// A reading without what was imported.
pub(super) fn without_imports(tree: &Tree, reading: &Reading) -> Reading {
    let own = |path: &Text| !is_imported(tree, path);
    Reading {
        units: reading.units.iter().filter(|unit| unit.files.iter().all(own)).cloned().collect(),
        not_lowered: reading.not_lowered.iter().filter(|found| own(&found.file)).cloned().collect(),
        ..reading.clone()
    }
}

/// Of a reading what was imported, and what says who people are and what systems are.
pub(super) fn imports_alone(tree: &Tree, reading: &Reading) -> Reading {
    let imported = |path: &Text| is_imported(tree, path);
    let unit = |unit: &LoweredUnit| {
        if unit.files.iter().any(imported) {
            return unit.clone();
        }
        let Facts { systems, people, services, .. } = &*unit.facts;
        let facts =
            Facts { systems: systems.clone(), people: people.clone(), services: services.clone(), ..Facts::default() };
        LoweredUnit { facts: Arc::new(facts), ..unit.clone() }
    };
    let not_lowered: Vec<NotLowered> =
        reading.not_lowered.iter().filter(|found| imported(&found.file)).cloned().collect();
    Reading { units: reading.units.iter().map(unit).collect(), not_lowered, ..reading.clone() }
}

/// Whether a path of a tree is that of an imported file.
pub(super) fn is_imported(tree: &Tree, path: &str) -> bool {
    tree.get(path).is_some_and(|file| file.imported_as().is_some())
}
