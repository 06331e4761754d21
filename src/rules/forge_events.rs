//! What a forge's own records say of branches and of what guards them.
//!
//! The knowledge is `policies/forge-events.yaml`: which event of an export is which kind, with the forge's page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::{RuleError, RuleFile};

/// What an event of a forge is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForgeEventKind {
    /// A rule of the branch did not hold for somebody.
    Override,
    /// What guards branches was changed.
    Protection,
    /// History was replaced.
    ForcePush,
    /// A branch was deleted.
    Deletion,
    /// Commits were pushed to a branch and not merged.
    DirectPush,
}

/// An export of a forge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForgeExport {
    /// Whose it is.
    pub forge: String,
    /// What the forge calls it.
    pub export: String,
    /// The forge's page about it.
    pub source: String,
    /// Which field of an event names it.
    pub field: String,
    /// Which names are of which kind.
    pub kinds: BTreeMap<ForgeEventKind, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    exports: Vec<ForgeExport>,
}

// A test holds that the table can be read.
static EXPORTS: LazyLock<Vec<ForgeExport>> = LazyLock::new(|| table().map(|table| table.exports).unwrap_or_default());

/// The exports that are known.
#[must_use]
pub fn forge_exports() -> &'static [ForgeExport] {
    &EXPORTS
}

fn table() -> Result<Table, RuleError> {
    let file =
        super::builtin::files("forge-events.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_kind_with_its_source_and_no_event_twice() {
        let table = table().unwrap().exports;
        let mut seen = std::collections::BTreeSet::new();
        for own in &table {
            assert!(own.source.starts_with("https://"), "{}", own.export);
            for word in own.kinds.values().flatten() {
                assert!(seen.insert((own.field.clone(), word.clone())), "{word} is two kinds");
            }
        }
        for kind in [
            ForgeEventKind::Override,
            ForgeEventKind::Protection,
            ForgeEventKind::ForcePush,
            ForgeEventKind::Deletion,
            ForgeEventKind::DirectPush,
        ] {
            assert!(table.iter().any(|own| own.kinds.contains_key(&kind)), "{kind:?}");
        }
    }
}
