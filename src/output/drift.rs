//! `countersign.dev/drift/v1`: what a tree declares against what exports show, as other programs read it.
//!
//! Within v1 optional fields may be added, and nothing else.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, StepReport, Tool};
use super::run::Revision;
use crate::duties::Certainty;
use crate::rules::Severity;
use crate::store::Digest;

/// The name of this version of the format.
pub const DRIFT_SCHEMA: &str = "countersign.dev/drift/v1";

/// The JSON Schema of a drift.
#[must_use]
pub fn drift_schema() -> Schema {
    check::schema_of::<DriftReport>()
}

/// What a tree declares against what exports show. A field that can be absent is absent when it has nothing to say; it
/// is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/drift/v1")]
pub struct DriftReport {
    /// `countersign.dev/drift/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = DRIFT_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The instant at which both sides were compared, RFC 3339, UTC: what does not hold then counts on neither.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// The tree that declares.
    pub declared: DeclaredReport,
    /// The exports.
    pub observed: Vec<ObservedReport>,
    /// Every system that either side speaks of.
    pub systems: Vec<SystemDriftReport>,
    /// How many things are declared and not observed, or observed and not declared.
    pub drift: usize,
    /// Conflicts and duties that somebody holds as exports show it, and not as the tree declares it; the worst first.
    pub exposures: Vec<ExposureReport>,
    /// Every thing that both sides have, or one of them.
    pub lines: Vec<LineReport>,
    /// What could not be told of either side, and what follows.
    pub gaps: Vec<DriftGapReport>,
}

/// The tree that declares.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Declared")]
pub struct DeclaredReport {
    /// What it is called.
    pub label: String,
    /// The commit, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The git tree, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

impl From<Revision> for DeclaredReport {
    fn from(revision: Revision) -> Self {
        Self { label: revision.label, commit: revision.commit, tree: revision.tree }
    }
}

/// An export, and where it comes from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Observed")]
pub struct ObservedReport {
    /// Its name in this report: `import:KIND/NAME`.
    pub file: String,
    /// What it is an export of.
    pub kind: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// How many definitions of each kind were read from it and the exports that are read with it, in the words of their
    /// system.
    pub read: BTreeMap<String, u64>,
    /// When it was taken, as whoever ran the comparison says: exports rarely say so themselves. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub taken_at: Option<String>,
}

/// A system, and how its two sides compare.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "SystemDrift")]
pub struct SystemDriftReport {
    /// Its id.
    pub system: String,
    /// Whether it was compared.
    pub compared: bool,
    /// Why it was not, what was taken for granted, or what of it was not compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How many things are in both.
    pub reconciled: usize,
    /// How many are observed and not declared.
    pub not_declared: usize,
    /// How many are declared and not observed.
    pub not_observed: usize,
    /// How many are declared and not observed in an export that may be incomplete.
    pub inconclusive: usize,
    /// How many come with the system, and nobody gave them.
    pub comes_with: usize,
    /// How many only one side speaks of.
    pub not_compared: usize,
}

/// What kind of exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exposed {
    /// A conflict of duties.
    Conflict,
    /// A duty that alone needs an approval.
    PrivilegedDuty,
    /// Another duty.
    Duty,
}

/// A conflict or duty that somebody holds in fact, and that nothing declares.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Exposure")]
pub struct ExposureReport {
    /// What kind.
    pub what: Exposed,
    /// The id of the conflict or duty.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How bad it is, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Who.
    pub principal: String,
    /// In which systems.
    pub systems: Vec<String>,
    /// How certainly.
    pub held: Certainty,
    /// On what, in words.
    pub on: String,
    /// The steps to the permission; of a conflict, to each of its duties.
    pub path: Vec<StepReport>,
}

/// How far a thing can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineTier {
    /// The tree alone says so.
    Declared,
    /// An export alone says so.
    Observed,
    /// Both do.
    Reconciled,
}

/// What becomes of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineOutcome {
    /// It is observed, and nothing declares it: drift.
    NotDeclared,
    /// It is declared, and the export does not show it: drift.
    NotObserved,
    /// It is declared, and an export that may be incomplete does not show it.
    Inconclusive,
    /// It comes with the system, and nobody gave it.
    ComesWith,
    /// Only one side speaks of such things.
    NotCompared,
    /// Both sides have it.
    Reconciled,
}

impl LineOutcome {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDeclared => "not_declared",
            Self::NotObserved => "not_observed",
            Self::Inconclusive => "inconclusive",
            Self::ComesWith => "comes_with",
            Self::NotCompared => "not_compared",
            Self::Reconciled => "reconciled",
        }
    }
}

/// One thing that both sides have, or one of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Line")]
pub struct LineReport {
    /// What becomes of it.
    pub outcome: LineOutcome,
    /// How far it can be believed.
    pub tier: LineTier,
    /// What kind of thing: `grant`, `membership`, `acts_as`, `role`, `permission`, `include`, `boundary`.
    pub aspect: String,
    /// Its system.
    pub system: String,
    /// Who or what has it.
    pub subject: String,
    /// The role, group or account that is had. Absent of permissions, and of a role itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The permissions, where it is about permissions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
    /// On what: for each dimension its values, `["*"]` for all. Absent when nothing is said.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scope: BTreeMap<String, Vec<String>>,
    /// The duties that a role confers, of drift.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<String>,
    /// Where the tree declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<String>,
    /// Where an export shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<String>,
    /// What more there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Something that could not be told.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DriftGap")]
pub struct DriftGapReport {
    /// Which side it is on.
    pub tier: LineTier,
    /// Where.
    pub at: String,
    /// Why.
    pub reason: String,
    /// What follows.
    pub consequence: String,
}
