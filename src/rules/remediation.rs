//! Within how many days a finding is to be closed.
//!
//! The knowledge is `policies/remediation.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::error::{RuleError, RuleFile};
use super::ruleset::Severity;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    days: BTreeMap<Severity, u32>,
}

// A test holds that the table can be read.
static TABLE: LazyLock<Table> = LazyLock::new(|| table().unwrap_or_default());

/// The days within which a finding of a severity is to be closed, where nothing else is agreed.
#[must_use]
pub fn remediation_days(severity: Severity) -> Option<u32> {
    TABLE.days.get(&severity).copied()
}

fn table() -> Result<Table, RuleError> {
    let file =
        super::builtin::files("remediation.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_severity_has_its_days_and_the_worst_the_fewest() {
        assert!(table().is_ok());
        let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low].map(remediation_days);
        assert!(all.iter().all(Option::is_some) && all.is_sorted(), "{all:?}");
    }
}
