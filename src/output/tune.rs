//! `countersign.dev/ruleset-tune/v1`: which roles and groups make the conflicts of a tree, and what mending each would leave.
//!
//! Within v1 optional fields may be added, and nothing else.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};
use crate::rules::{Enforcement, Severity};

/// The name of this version of the format.
pub const TUNE_SCHEMA: &str = "countersign.dev/ruleset-tune/v1";

/// The JSON Schema of what is worth tuning.
#[must_use]
pub fn tune_schema() -> Schema {
    check::schema_of::<TuneReport>()
}

/// What makes the conflicts of a tree. A hit is one conflict that one principal holds in one set of systems.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/ruleset-tune/v1")]
pub struct TuneReport {
    /// `countersign.dev/ruleset-tune/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = TUNE_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// How many hits there are.
    pub hits: usize,
    /// How many principals have one.
    pub principals: usize,
    /// How many would stop a change that brought them.
    pub stopping: usize,
    /// What makes the hits, what is worth most first.
    pub causes: Vec<CauseReport>,
    /// The conflicts that are hit, the most often hit first.
    pub conflicts: Vec<HitConflictReport>,
}

/// How a cause makes a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// One role gives every side.
    Role,
    /// One group gives every side, by several roles.
    Group,
    /// Several roles or grants together do.
    Together,
}

/// What makes hits.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "TuneCause")]
pub struct CauseReport {
    /// How.
    pub kind: CauseKind,
    /// The role, the group, or the roles that meet: `role:SYSTEM/NAME`.
    pub of: Vec<String>,
    /// How many hits it makes.
    pub hits: usize,
    /// How many principals have them.
    pub principals: usize,
    /// The conflicts.
    pub conflicts: Vec<String>,
    /// The worst of them.
    pub severity: Severity,
    /// How many of its hits would be gone if it gave one side alone; the others have another way, too.
    pub cleared: usize,
    /// How many hits of the whole tree would remain then.
    pub remain: usize,
}

/// A conflict that is hit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "TuneConflict")]
pub struct HitConflictReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What the gate does with a new hit.
    pub enforcement: Enforcement,
    /// How many hits it has.
    pub hits: usize,
    /// How many principals have them.
    pub principals: usize,
    /// How many hits of the whole tree would still stop a change if this conflict warned instead.
    pub stopping_if_it_warned: usize,
}
