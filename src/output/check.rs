//! `countersign.dev/check/v1`: one check as other programs read it.
//!
//! These types are the format. They stand apart from the gate's own types, so that those can change and this cannot:
//! within v1 optional fields may be added, and nothing else. A field that can be absent is absent when it has nothing
//! to say; it is never `null`, and no list or map that can be absent is ever empty.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use super::rules_change::RulesChangeReport;
use super::run::{Evidence, Merge, Revision};
use crate::duties::{Apart, Certainty};
use crate::facts::Gap;
use crate::gate::{Cause, Change, LocationRole, Outcome, RecordState, Side, State, SubjectKind, Tier, Verdict};
use crate::rules::{Enforcement, RecordKind, Severity};
use crate::store::Digest;

/// The name of this version of the format.
pub const SCHEMA: &str = "countersign.dev/check/v1";

/// The JSON Schema of a report.
#[must_use]
pub fn schema() -> Schema {
    schema_of::<CheckReport>()
}

/// The JSON Schema of a report as it is written: a field that may be left out is not required, and one that is there is
/// not null.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::default()
        .for_serialize()
        .with_transform(RecursiveTransform(without_null))
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Takes `null` out of what a value can be.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(one)] = choices.as_slice() {
            let one = one.clone();
            schema.remove("anyOf");
            schema.ensure_object().extend(one);
        }
    }
}

/// One check. A field that can be absent is absent when it has nothing to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/check/v1")]
pub struct CheckReport {
    /// `countersign.dev/check/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// Whether the change may land.
    pub verdict: Verdict,
    /// What the run came to, more finely than the verdict.
    pub outcome: Outcome,
    /// The instant for which it was judged, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// What the head was compared with. Absent when with nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Revision>,
    /// What was judged.
    pub head: Revision,
    /// How a merge came into it. Absent when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<Merge>,
    /// Where the repository is fetched from. Absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// How many findings there are, counted in several ways.
    pub summary: Summary,
    /// Every finding: introduced, existing, resolved; in each the worst first, then by policy and subject.
    pub findings: Vec<FindingReport>,
    /// What became of each record. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordReport>,
    /// What could not be told, by file and line.
    pub unresolved: Vec<UnresolvedReport>,
    /// What was looked at.
    pub population: PopulationReport,
    /// The policies that ran.
    pub policies: Vec<PolicyReport>,
    /// The digest of the rules that judged: of the files that govern the gate, without records, of the target; of head
    /// where that is compared with nothing. Absent when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_digest: Option<Digest>,
    /// Rule files that the change edits; the rules of the target judged. Absent when it edits none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules_differ: Vec<String>,
    /// What the change makes of the rules. Absent when it edits none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_change: Option<RulesChangeReport>,
    /// What was kept of the run. Absent when it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The command that does the same again. Absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reproduce: Option<String>,
}

/// What made a report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    /// `countersign`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
}

/// Counts of findings. In each of the four groups every finding is counted once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// All findings.
    pub findings: usize,
    /// Findings that stop the change.
    pub blocking: usize,
    /// By what the comparison makes of them.
    pub state: StateCounts,
    /// By what brought them about.
    pub cause: CauseCounts,
    /// By what the rules ask for. `approve` counts approved ones too; see `blocking`.
    pub decision: DecisionCounts,
    /// By how bad they are.
    pub severity: SeverityCounts,
}

/// Findings by state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StateCounts {
    /// Head has them, and base has them not or not so far.
    pub introduced: usize,
    /// Both have them, and the record that tolerated them no longer does.
    pub lapsed: usize,
    /// Both have them; they landed past the gate, and nobody has answered for them.
    pub escaped: usize,
    /// Both have them; what finds them is newer than the register.
    pub revealed: usize,
    /// Both have them, and they are accounted for.
    pub existing: usize,
    /// Base has them and head has not.
    pub resolved: usize,
}

/// Findings by cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseCounts {
    /// Grants, roles, definitions.
    pub access: usize,
    /// Links, mappings, rulesets, another version of Countersign.
    pub knowledge: usize,
    /// A record lapsed.
    pub time: usize,
}

/// Findings by what the rules ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecisionCounts {
    /// Stops the change.
    pub block: usize,
    /// Stops the change unless an approval covers it.
    pub approve: usize,
    /// Shown; does not stop the change.
    pub warn: usize,
    /// Kept in the evidence.
    pub record: usize,
}

/// Findings by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeverityCounts {
    /// The worst.
    pub critical: usize,
    /// Blocks by default.
    pub high: usize,
    /// Worth a look.
    pub medium: usize,
    /// Worth a record.
    pub low: usize,
}

/// One policy's statement about one subject, and what the gate makes of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct FindingReport {
    /// The policy's id.
    pub policy: String,
    /// What is wrong, as a short clause.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// What the comparison makes of it.
    pub state: State,
    /// How an introduced one is new. Absent in other states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What brought it about.
    pub cause: Cause,
    /// Where the facts come from.
    pub tier: Tier,
    /// How certainly it holds at best.
    pub held: Certainty,
    /// What makes it the same finding elsewhere: policy, subject, conflict or duty, systems.
    pub fingerprint: Digest,
    /// Every way in which it holds. Absent for findings without extent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extent: Vec<ExtentReport>,
    /// Of a widened one: the part of the extent that base does not cover. Absent otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delta: Vec<ExtentReport>,
    /// One sentence.
    pub message: String,
    /// What only a person at a terminal may read: of no format but the human one, and never written to a file.
    #[serde(skip)]
    #[schemars(skip)]
    pub private: Option<String>,
    /// Who or what it is about.
    pub subject: SubjectReport,
    /// The systems that it is about, sorted. Absent when it is about none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// The conflict that it is about. Absent when it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictReport>,
    /// The duties that it is about. Absent when it is about none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<DutyReport>,
    /// The credential that it is about. Absent when it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// What the gate decides.
    pub decision: DecisionReport,
    /// Where to look, the primary one first. Absent when there is no place to look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<LocationReport>,
    /// How each duty is reached, one leg a duty. Absent for findings without a path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<LegReport>,
    /// Controls that the policy serves. Absent when none is mapped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frameworks: Vec<ControlReport>,
    /// What to do in general. Absent when the policy does not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remediation: String,
    /// An edit that clears it, proven by evaluating without it. Absent when no single edit was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixReport>,
    /// The role that gives it all, to everybody who holds it. Absent when no single role does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<String>,
    /// The wider duty whose finding speaks for this one. Absent when it stands for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub under: Option<String>,
    /// Ids of the duties and conflicts that come along with a wide duty. Absent when none do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub implies: Vec<String>,
}

/// Who or what a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Subject")]
pub struct SubjectReport {
    /// What kind.
    pub kind: SubjectKind,
    /// The immutable id.
    pub id: String,
    /// A name for people.
    pub name: String,
}

/// One way in which a finding holds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Extent")]
pub struct ExtentReport {
    /// On what: for each dimension that is known its values, `["*"]` for all. An absent dimension counts as all.
    pub scope: BTreeMap<String, Vec<String>>,
    /// How certainly.
    pub held: Certainty,
    /// Under which conditions. Absent when under none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Of a conflict: how far its duties are apart. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apart: Option<Apart>,
    /// The first instant at which it no longer holds, RFC 3339, UTC. Absent when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
    /// What is held, where the finding is about several things: a role, a group, an account. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}

/// A conflict that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Conflict")]
pub struct ConflictReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What can go wrong. Absent when the ruleset does not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub risk: String,
    /// Who owns the risk. Absent when the ruleset does not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// The ruleset that defines it.
    pub ruleset: String,
    /// The dimensions on which its duties must meet. Absent when they meet anywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<String>,
}

/// A duty that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Duty")]
pub struct DutyReport {
    /// Its id.
    pub id: String,
    /// Its title, a verb phrase.
    pub title: String,
}

/// What the gate decides about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Decision")]
pub struct DecisionReport {
    /// What the rules ask for.
    pub enforcement: Enforcement,
    /// Why, in words.
    pub because: String,
    /// The id of the record that answers it, or that did. Absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// What kind of record that is. Absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_kind: Option<RecordKind>,
    /// Whether that record has lapsed. Absent when it has not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lapsed: bool,
    /// Whether it stops the change.
    pub blocks: bool,
    /// Who may let it pass. Absent when it does not stop the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who_may: Option<WhoMayReport>,
}

/// Who may let a finding pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "WhoMay")]
pub struct WhoMayReport {
    /// By which kind of record.
    pub give: RecordKind,
    /// Who: active, with authority, and no part in the change. Absent when nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// Whether every active person may who has no part in the change, since no authority is configured.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anyone: bool,
    /// Who has the authority and may not, and why. Absent when nobody is kept from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<NotReport>,
    /// How many of them it takes.
    pub quorum: usize,
}

/// Somebody who may not approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Not")]
pub struct NotReport {
    /// Who.
    pub person: String,
    /// Why not.
    pub because: String,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Record")]
pub struct RecordReport {
    /// What kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// What became of it.
    pub state: RecordState,
    /// Why. Absent when it is simply in force.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// The first instant at which it no longer counts, RFC 3339, UTC. Absent when it does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub expires: Option<String>,
    /// How many findings it answers.
    pub answers: usize,
}

/// A place that explains a finding.
///
/// Lines and columns count from 1, columns in Unicode code points; the end is the first position behind the place, so
/// a place of one character has `end_column` = `column` + 1. All four are absent when the file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Location")]
pub struct LocationReport {
    /// In which tree.
    pub side: Side,
    /// The file, from the root of the tree, with `/`.
    pub file: String,
    /// The first line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The first column, from 1, in code points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line of the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// The column behind the last character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// How it serves the finding.
    pub role: LocationRole,
    /// What stands there, in words.
    pub text: String,
    /// Whether the change brings it. Absent when it does not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub added: bool,
}

/// How one duty is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Leg")]
pub struct LegReport {
    /// The duty's id.
    pub duty: String,
    /// Its title.
    pub title: String,
    /// The system that confers it.
    pub system: String,
    /// The steps from the subject to the permission.
    pub steps: Vec<StepReport>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub struct StepReport {
    /// The step in words.
    pub text: String,
    /// In which tree it is written. Absent when a system brings it along, as are the other fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1. Absent when the file could not be read, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column, from 1, in code points. Absent when the file could not be read, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// A control of a framework.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "Control")]
pub struct ControlReport {
    /// The framework's id.
    pub framework: String,
    /// The control's id.
    pub control: String,
}

/// An edit that clears a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
pub struct FixReport {
    /// What to do, in words.
    pub text: String,
    /// The file to edit. Absent when no single file is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1. Absent without a file, or when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// Something that could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unresolved")]
pub struct UnresolvedReport {
    /// Which kind.
    pub gap: Gap,
    /// Why.
    pub reason: String,
    /// What follows.
    pub consequence: String,
    /// The file. Absent when no single file is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1. Absent without a file, or when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Whether base has it too.
    pub existing: bool,
}

/// What was looked at in head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Population")]
pub struct PopulationReport {
    /// Files in the tree.
    pub files: usize,
    /// Files that hold definitions.
    pub definition_files: usize,
    /// Definitions, by kind.
    pub definitions: BTreeMap<String, u64>,
    /// Principals judged, by kind.
    pub principals: BTreeMap<String, usize>,
    /// Grants.
    pub grants: usize,
    /// Files that were recognised as definitions and could not be evaluated, wholly or in part.
    pub not_evaluated: usize,
    /// Files that the configuration excludes.
    pub excluded: usize,
    /// Accounts that no person or service identity owns.
    pub unlinked_accounts: usize,
    /// How many static conflicts were looked for.
    pub conflicts_static: usize,
    /// Ids of the dynamic conflicts, which need events and were not looked for. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts_dynamic: Vec<String>,
}

/// What one policy did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Policy")]
pub struct PolicyReport {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The digest of its text.
    pub digest: Digest,
    /// Its severity, unless a finding says otherwise.
    pub severity: Severity,
    /// How many subjects of head it judged.
    pub subjects: usize,
    /// How many findings it has in head.
    pub findings: usize,
}
