//! Rulesets as they are written: duties, their bindings and conflicts, in YAML.
//!
//! A ruleset adds definitions, overrides known ones, or disables them. What follows from several rulesets together is
//! worked out in [`super::definitions`].

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::escalation::Escalation;
use crate::facts::Level;
use crate::syntax::Spanned;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a record.
    Low,
    /// Worth a look.
    Medium,
    /// Blocks by default.
    High,
    /// Blocks by default; the worst.
    Critical,
}

impl Severity {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The only value of `apiVersion` in files of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// Version 1.
    #[serde(rename = "countersign.dev/v1")]
    V1,
}

/// `kind: Ruleset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RulesetKind {
    /// The only value.
    Ruleset,
}

/// A file of duties and conflicts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: RulesetKind,
    /// Name and version.
    pub metadata: RulesetMetadata,
    /// New definitions. An id that is already known is an error.
    #[serde(default)]
    pub add: Added,
    /// Changes to known definitions: each field replaces the whole field, bindings are replaced per system.
    #[serde(default, rename = "override")]
    pub overrides: Overridden,
    /// Definitions that no longer count.
    #[serde(default)]
    pub disable: Disabled,
}

/// Name and version of a ruleset.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesetMetadata {
    /// Its id; the prefix `cs-` is Countersign's own.
    pub id: Spanned<String>,
    /// Its version, for people and evidence.
    pub version: String,
    /// A name for people.
    pub title: String,
}

/// Definitions that a ruleset adds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// Duties by id.
    #[serde(default)]
    pub duties: BTreeMap<String, Spanned<Duty>>,
    /// Conflicts by id.
    #[serde(default)]
    pub conflicts: BTreeMap<String, Spanned<Conflict>>,
    /// Escalations by id. To change a known one, disable it and add one of your own.
    #[serde(default)]
    pub escalations: BTreeMap<String, Spanned<Escalation>>,
}

/// Definitions that a ruleset changes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Duties by id.
    #[serde(default)]
    pub duties: BTreeMap<String, Spanned<DutyOverride>>,
    /// Conflicts by id.
    #[serde(default)]
    pub conflicts: BTreeMap<String, Spanned<ConflictOverride>>,
}

/// Definitions that a ruleset takes away.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// Ids of duties.
    #[serde(default)]
    pub duties: Vec<Spanned<String>>,
    /// Ids of conflicts.
    #[serde(default)]
    pub conflicts: Vec<Spanned<String>>,
    /// Ids of escalations.
    #[serde(default)]
    pub escalations: Vec<Spanned<String>>,
}

/// A named ability.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// What it is, as a verb phrase that is printed inside sentences: `maintain supplier master`.
    pub title: String,
    /// The business process: `P2P`, `IT` …
    pub process: String,
    /// What someone with it can do, in one sentence.
    #[serde(default)]
    pub description: String,
    /// Whether it alone needs an approval.
    #[serde(default)]
    pub privileged: bool,
    /// How bad it is to hold it without approval; needed when privileged.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Whether it stands for everything of a kind, what the system will add to it too (`kms:*`).
    #[serde(default)]
    pub open_ended: bool,
    /// The dimension on which it naturally works.
    #[serde(default)]
    pub scope: Option<String>,
    /// Duties that holding this one means, in the same system.
    #[serde(default)]
    pub includes: Vec<Spanned<String>>,
    /// Duties any of which confers this one.
    #[serde(default)]
    pub any_duty: Vec<Spanned<String>>,
    /// What confers it, by type of system.
    #[serde(default)]
    pub bindings: BTreeMap<String, Binding>,
}

/// What confers a duty in one type of system.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// Where the names come from.
    pub origin: String,
    /// Which release of the system they were true of.
    #[serde(default)]
    pub release: Option<String>,
    /// Any of these confers the duty.
    pub any: Vec<Requirement>,
}

/// A condition on held permissions.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub enum Requirement {
    /// One permission by name, at level `create`.
    Name(String),
    /// One permission.
    Permission(PermissionRequirement),
    /// All of these.
    All {
        /// The parts.
        all: Vec<Requirement>,
    },
    /// Any of these.
    Any {
        /// The parts.
        any: Vec<Requirement>,
    },
}

/// One permission that must be held.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct PermissionRequirement {
    /// The permission's name. A `*` in it is only covered by a held `*`.
    pub permission: String,
    /// The least level that confers.
    pub level: Option<Level>,
    /// A pattern that the held resource must cover.
    pub resource: Option<String>,
    /// What the fields of one authorization must give, all in the same one: for each field, any of the values.
    #[serde(default)]
    pub fields: BTreeMap<String, Vec<String>>,
}

impl<'de> Deserialize<'de> for Requirement {
    // Written by hand because serde's untagged enums lose positions.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RequirementVisitor;
        impl<'de> Visitor<'de> for RequirementVisitor {
            type Value = Requirement;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a permission name or a map with `permission`, `any` or `all`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Requirement, E> {
                Ok(Requirement::Name(name.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Requirement, A::Error> {
                Err(de::Error::custom("a list stands here; write `any:` or `all:` before it"))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Requirement, A::Error> {
                #[derive(Deserialize)]
                #[serde(rename_all = "lowercase")]
                enum Field {
                    Permission,
                    Level,
                    Resource,
                    Fields,
                    Any,
                    All,
                }
                let (mut permission, mut level, mut resource, mut any, mut all) = (None, None, None, None, None);
                let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Permission => permission = Some(map.next_value()?),
                        Field::Level => level = Some(map.next_value()?),
                        Field::Resource => resource = Some(map.next_value()?),
                        Field::Fields => fields = map.next_value()?,
                        Field::Any => any = Some(map.next_value()?),
                        Field::All => all = Some(map.next_value()?),
                    }
                }
                let bare = level.is_none() && resource.is_none() && fields.is_empty();
                if fields.values().any(Vec::is_empty) {
                    return Err(de::Error::custom("a field without values can never be held; list at least one"));
                }
                match (permission, any, all) {
                    (Some(permission), None, None) => {
                        Ok(Requirement::Permission(PermissionRequirement { permission, level, resource, fields }))
                    }
                    (None, Some(any), None) if bare => Ok(Requirement::Any { any }),
                    (None, None, Some(all)) if bare => Ok(Requirement::All { all }),
                    _ => Err(de::Error::custom("exactly one of `permission`, `any` and `all` must stand here")),
                }
            }
        }
        deserializer.deserialize_any(RequirementVisitor)
    }
}

/// Whether a conflict can be told from access alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConflictKind {
    /// Holding the duties is the conflict.
    Static,
    /// Using them on the same object is; needs events.
    Dynamic,
}

/// Which accounts the duties of a conflict must sit in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConflictAccounts {
    /// Any.
    #[default]
    Any,
    /// At least two different ones.
    Distinct,
}

/// On what the duties of a conflict must meet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictScope {
    /// One dimension.
    #[serde(default)]
    pub dimension: Option<String>,
    /// Or several, on all of which they must meet.
    #[serde(default)]
    pub dimensions: Vec<String>,
}

/// Duties that one principal must not hold together.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// The duties in words.
    pub title: String,
    /// Two duties, or more for a set.
    pub duties: Vec<Spanned<String>>,
    /// How many of them together are a conflict; all of them when absent.
    #[serde(default)]
    pub at_least: Option<usize>,
    /// Which accounts they must sit in.
    #[serde(default)]
    pub accounts: ConflictAccounts,
    /// How bad it is.
    pub severity: Severity,
    /// On what they must meet.
    pub scope: ConflictScope,
    /// Whether access alone can tell.
    pub kind: ConflictKind,
    /// What can go wrong, in words.
    pub risk: String,
    /// Who owns the risk.
    pub owner: String,
}

/// Fields of a duty that an override replaces.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyOverride {
    /// New title.
    pub title: Option<String>,
    /// New process.
    pub process: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// Whether it alone needs an approval.
    pub privileged: Option<bool>,
    /// New severity.
    pub severity: Option<Severity>,
    /// New natural dimension.
    pub scope: Option<String>,
    /// New list of included duties.
    pub includes: Option<Vec<Spanned<String>>>,
    /// New list of conferring duties.
    pub any_duty: Option<Vec<Spanned<String>>>,
    /// Bindings that replace those of the systems they name.
    #[serde(default)]
    pub bindings: BTreeMap<String, Binding>,
}

/// Fields of a conflict that an override replaces.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConflictOverride {
    /// New title.
    pub title: Option<String>,
    /// New duties.
    pub duties: Option<Vec<Spanned<String>>>,
    /// New number.
    pub at_least: Option<usize>,
    /// New account rule.
    pub accounts: Option<ConflictAccounts>,
    /// New severity.
    pub severity: Option<Severity>,
    /// New scope.
    pub scope: Option<ConflictScope>,
    /// New risk.
    pub risk: Option<String>,
    /// New owner.
    pub owner: Option<String>,
}
