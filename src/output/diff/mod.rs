//! `countersign.dev/diff/v1`: what a change does to effective access, as other programs read it.
//!
//! Within v1 optional fields may be added, and nothing else.

mod build;
mod groups;
mod markdown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema};
use serde::Serialize;

pub(super) use self::groups::{Block, Direction, blocks, conflict_blocks, extent, headline, place, quiet};
pub use self::markdown::diff_markdown;
use super::check::{self, StepReport, Tool, UnresolvedReport};
use super::run::{Merge, Revision};
use crate::duties::{Certainty, Respect};
use crate::gate::{BesideKind, Counted, Side, SubjectKind};
use crate::rules::Severity;

/// The name of this version of the format.
pub const DIFF_SCHEMA: &str = "countersign.dev/diff/v1";

/// The JSON Schema of an access diff.
#[must_use]
pub fn diff_schema() -> Schema {
    check::schema_of::<DiffReport>()
}

/// What a change does to effective access. It judges nothing. A field that can be absent is absent when it has nothing
/// to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/diff/v1")]
pub struct DiffReport {
    /// `countersign.dev/diff/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = DIFF_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The instant for which both trees were read, RFC 3339, UTC: what ended before counts on neither side.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// What is compared with.
    pub base: Revision,
    /// What is compared.
    pub head: Revision,
    /// How a merge came into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Merge>,
    /// What it comes to.
    pub outcome: DiffOutcome,
    /// How much was looked at.
    pub counted: Counted,
    /// Duties that somebody holds in one tree and not, or not as far, in the other.
    pub duties: Vec<DutyDiff>,
    /// Conflicts that somebody meets in one tree and not, or not as far, in the other.
    pub conflicts: Vec<ConflictDiff>,
    /// Ways by which somebody could come to administer a system.
    pub escalations: Vec<EscalationDiff>,
    /// Permissions that somebody gains or loses and that make no duty.
    pub permissions: Vec<PermissionDiff>,
    /// Accounts, whose they are, memberships, and who may act as whom.
    pub accounts: Vec<AccountDiff>,
    /// What the change brings that could not be told. It is never counted as no change.
    pub not_told: Vec<UnresolvedReport>,
    /// How much could not be told of base and is told of head, or is gone.
    pub told_now: usize,
    /// What the change edits that governs the gate: its effect is not in here.
    pub rules: RulesDiff,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiffOutcome {
    /// Nobody can do more or less than before, and no account, membership or link differs.
    Unchanged,
    /// Somebody's access differs.
    Changed,
    /// As far as it can be told nothing differs, and something that the change brings could not be told.
    Unknown,
}

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShiftKind {
    /// Head has it, and base has it not at all.
    Gained,
    /// Both have it, and not alike.
    Changed,
    /// Base has it, and head has it not at all.
    Lost,
}

/// One way in which something is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "Part")]
pub struct PartDiff {
    /// On what: for each dimension its values, `["*"]` for all. A dimension that is absent is unknown and counts as all.
    pub scope: BTreeMap<String, Vec<String>>,
    /// How certainly.
    pub held: Certainty,
    /// Under which conditions.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub conditions: BTreeSet<String>,
    /// When it begins, RFC 3339, UTC. Absent when it has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub from: Option<String>,
    /// When it ends, RFC 3339, UTC. Absent when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
}

/// The step of a way that only one tree has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Because")]
pub struct BecauseDiff {
    /// The step.
    #[serde(flatten)]
    pub step: StepReport,
    /// The same without whose it is: `by membership of group:sap/payers`.
    pub alike: String,
}

/// What becomes of a duty that somebody holds in a system.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DutyChange")]
pub struct DutyDiff {
    /// Who.
    pub principal: String,
    /// `person`, `service`, `account` (that nobody owns), `group` (whose members are not listed) or `role` (a policy
    /// document that nothing attaches: what whoever will hold it can do).
    pub kind: SubjectKind,
    /// What becomes of it.
    pub change: ShiftKind,
    /// Of what is held in both: in which respects otherwise.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub respects: BTreeSet<Respect>,
    /// The duty.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// Whether it alone needs an approval.
    pub privileged: bool,
    /// The system.
    pub system: String,
    /// How it was held; empty when it was not.
    pub before: Vec<PartDiff>,
    /// How it is held; empty when it is not.
    pub after: Vec<PartDiff>,
    /// The wider duty that it comes along with. Absent when some of it stands by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub along: Option<String>,
    /// What of the path only its tree has. Absent when all of it stands in the other tree too: something that limited it
    /// differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<BecauseDiff>,
    /// The way that gives it now, or that gave it before.
    pub path: Vec<StepReport>,
}

/// What becomes of a conflict that somebody meets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "ConflictChange")]
pub struct ConflictDiff {
    /// Who.
    pub principal: String,
    /// As of a duty.
    pub kind: SubjectKind,
    /// What becomes of it.
    pub change: ShiftKind,
    /// As of a duty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub respects: BTreeSet<Respect>,
    /// The conflict.
    pub conflict: String,
    /// Its title.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// The systems of its duties.
    pub systems: BTreeSet<String>,
    /// On what its duties met.
    pub before: Vec<PartDiff>,
    /// On what they meet.
    pub after: Vec<PartDiff>,
    /// The wide duty that gives it. Absent when some of it stands by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub along: Option<String>,
    /// The duties.
    pub legs: Vec<LegDiff>,
}

/// One duty of a conflict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Leg")]
pub struct LegDiff {
    /// The duty.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// What of the path only its tree has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<BecauseDiff>,
    /// The way that gives it.
    pub path: Vec<StepReport>,
}

/// What becomes of the ways by which somebody could come to administer a system.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "EscalationChange")]
pub struct EscalationDiff {
    /// Who.
    pub principal: String,
    /// As of a duty.
    pub kind: SubjectKind,
    /// What becomes of it.
    pub change: ShiftKind,
    /// As of a duty.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub respects: BTreeSet<Respect>,
    /// The system.
    pub system: String,
    /// On what it led to it.
    pub before: Vec<PartDiff>,
    /// On what it leads to it.
    pub after: Vec<PartDiff>,
    /// What is not declared and decides.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unknowns: BTreeSet<String>,
    /// The way; behind the steps to each permission stands what comes of it.
    pub path: Vec<StepReport>,
}

/// Permissions that somebody gains or loses and that make no duty.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "PermissionChange")]
pub struct PermissionDiff {
    /// Who.
    pub principal: String,
    /// As of a duty.
    pub kind: SubjectKind,
    /// What is held now and was not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<PermissionReport>,
    /// What was held and is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<PermissionReport>,
}

/// A permission.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Permission")]
pub struct PermissionReport {
    /// Its system.
    pub system: String,
    /// Whether it cannot be told what it permits: nothing defines the role.
    pub unknown: bool,
    /// What, and where it is written.
    #[serde(flatten)]
    pub step: StepReport,
}

/// Something that one tree says of accounts and groups and the other does not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "AccountChange")]
pub struct AccountDiff {
    /// What kind.
    pub what: BesideKind,
    /// `gained` or `lost`.
    pub change: ShiftKind,
    /// Who has it.
    pub who: String,
    /// The group, or the account. Absent of an account by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// In which tree it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What the change edits that governs the gate.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(rename = "RulesEdited")]
pub struct RulesDiff {
    /// Files of rules. Both trees are read under the target's: what the change makes of them is not in here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Files of approvals, exceptions and other records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
    /// Systems that the change describes otherwise. What base says of them holds in here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
}
