//! What systems come with that nobody gave: roles, grants and accounts that an export shows in every instance.
//!
//! The knowledge is `policies/comes-with.yaml`, with the vendor's page of each.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::error::{RuleError, RuleFile};

/// What systems of one type come with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComesWith {
    /// The type of system.
    pub system: String,
    /// The release that it is true of.
    pub release: String,
    /// The vendor's page about it.
    pub source: String,
    /// Why it is there, in words.
    pub why: String,
    /// Roles by native name.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Grants: to whom each role is given, as `account:NAME` and `group:NAME`.
    #[serde(default)]
    pub grants: Vec<GivenAlong>,
    /// Patterns of the names of accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
}

/// A role and to whom the system gives it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenAlong {
    /// The role's native name.
    pub role: String,
    /// To whom, as `account:NAME` and `group:NAME`.
    pub to: Vec<String>,
}

impl ComesWith {
    /// Whether the system itself gives a role to somebody, who is named as `account:NAME` or `group:NAME`.
    #[must_use]
    pub fn gives(&self, role: &str, to: &str) -> bool {
        self.grants.iter().any(|own| own.role == role && own.to.iter().any(|holder| holder == to))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    systems: Vec<ComesWith>,
}

// A test holds that the table can be read.
static SYSTEMS: LazyLock<BTreeMap<String, ComesWith>> = LazyLock::new(|| {
    let systems = table().map(|table| table.systems).unwrap_or_default();
    systems.into_iter().map(|own| (own.system.clone(), own)).collect()
});

/// What systems of a type come with, if that is known.
#[must_use]
pub fn comes_with(kind: &str) -> Option<&'static ComesWith> {
    SYSTEMS.get(kind)
}

fn table() -> Result<Table, RuleError> {
    let file =
        super::builtin::files("comes-with.yaml").next().cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
    super::first_document(&file).and_then(|node| super::read(&file, &node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_type_once_with_its_source() {
        let table = table().unwrap().systems;
        let mut seen = std::collections::BTreeSet::new();
        for own in &table {
            assert!(own.source.starts_with("https://"), "{}", own.system);
            assert!(seen.insert(&own.system), "{} twice", own.system);
            assert!(!own.why.is_empty());
            for grant in &own.grants {
                assert!(own.roles.contains(&grant.role), "{} is given and not listed", grant.role);
                assert!(grant.to.iter().all(|to| to.starts_with("account:") || to.starts_with("group:")));
            }
        }
    }

    #[test]
    fn a_role_that_comes_along_is_no_such_grant_to_anybody_else() {
        let own = comes_with("kubernetes").unwrap();
        assert!(own.gives("clusterrole/cluster-admin", "group:system:masters"));
        assert!(!own.gives("clusterrole/cluster-admin", "account:mallory"));
        assert!(comes_with("netsuite").is_none());
    }
}
