//! Roles that a system brings along, so that a grant of `cluster-admin` means something in a repository that does not
//! define it: knowledge, as YAML, with its release and origin.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::ruleset::ApiVersion;
use crate::facts::Effect;
use crate::syntax::Spanned;

/// `kind: KnownRoles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum KnownRolesKind {
    /// The only value.
    KnownRoles,
}

/// The roles that one type of system brings along.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownRoles {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: KnownRolesKind,
    /// Where the facts come from.
    pub metadata: KnownRolesMetadata,
    /// The type of system.
    pub system: String,
    /// Patterns of the names of all roles that such systems bring along, listed here or not.
    #[serde(default)]
    pub predefined: Vec<String>,
    /// Beginnings under which the same names stand elsewhere, such as those of AWS's other partitions.
    #[serde(default)]
    pub also_begin: BTreeMap<String, Vec<String>>,
    /// The permissions that were looked for in these roles: what else a role permits is not listed. Absent where every
    /// role is listed whole.
    #[serde(default)]
    pub looked_for: BTreeSet<String>,
    /// Roles by native name.
    pub roles: BTreeMap<String, Spanned<KnownRole>>,
}

/// Where the facts come from.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownRolesMetadata {
    /// A short id.
    pub id: Spanned<String>,
    /// The release of the system that they are true of.
    pub release: String,
    /// Where they are published.
    pub source: String,
}

/// One role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownRole {
    /// A name for people.
    #[serde(default)]
    pub title: Option<String>,
    /// Other names that grants use for it, such as the system's own id.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Whether it is listed whole although only some permissions were looked for in the others.
    #[serde(default)]
    pub whole: bool,
    /// What it permits.
    pub statements: Vec<KnownStatement>,
}

/// One statement of a known role.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownStatement {
    /// Gives or takes; gives when absent.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// Action patterns.
    #[serde(default)]
    pub actions: Vec<String>,
    /// All actions but these.
    #[serde(default)]
    pub not_actions: Vec<String>,
    /// Resource patterns; everything when absent.
    #[serde(default)]
    pub resources: Vec<String>,
    /// All resources but these.
    #[serde(default)]
    pub not_resources: Vec<String>,
    /// What narrows it, in words.
    #[serde(default)]
    pub condition: Option<String>,
    /// What narrows it, in the system's own language: of AWS, the element `Condition` of a policy document.
    #[serde(default)]
    pub conditions: Option<serde_json::Value>,
}
