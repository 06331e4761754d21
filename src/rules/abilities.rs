//! What an identity can do with what a system keeps, told from what it is granted.
//!
//! The knowledge is `policies/abilities.yaml`: which duties approve, and which actions of a type of system read and export.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::error::{RuleError, RuleFile};

/// What tells the abilities apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abilities {
    /// The duties by which somebody approves what somebody else did.
    pub approve: BTreeSet<String>,
    /// By type of system.
    pub systems: BTreeMap<String, SystemAbilities>,
}

/// The actions of a type of system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemAbilities {
    /// Where that is from.
    pub source: String,
    /// Patterns of actions that only read.
    pub read: Vec<String>,
    /// Patterns of actions that take data out.
    pub export: Vec<String>,
}

// A test holds that the table can be read.
static ABILITIES: LazyLock<Abilities> = LazyLock::new(|| table().unwrap_or_default());

/// The abilities that are known.
#[must_use]
pub fn abilities() -> &'static Abilities {
    &ABILITIES
}

fn table() -> Result<Abilities, RuleError> {
    let file = super::builtin::files("abilities.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    #[test]
    fn the_table_names_duties_that_there_are_and_says_where_it_is_from() {
        let table = table().unwrap();
        let rules = Rules::built_in().unwrap();
        let unknown: Vec<_> = table.approve.iter().filter(|id| !rules.definitions.duties.contains_key(*id)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for (kind, own) in &table.systems {
            assert!(!own.source.is_empty(), "{kind}");
            assert!(!own.read.is_empty() || !own.export.is_empty(), "{kind}");
        }
    }
}
