//! The report of a period: one model, which every renderer reads and nothing else.
//!
//! Every number in it follows from git and the evidence at `as_of`, so that whoever has both makes it again.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::declared::Declared;
use super::remediation::Remediation;
use crate::evidence::RecordId;
use crate::history::{Completeness, Exposure, ObservedExport, OwnerChange, RecordHistory};
use crate::rules::Instant;

/// The name of this version of the format.
pub const REPORT_SCHEMA: &str = "countersign.dev/report/v1";

/// The JSON Schema of a report.
#[must_use]
pub fn report_schema() -> Schema {
    schemars::schema_for!(Report)
}

/// The report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Always [`REPORT_SCHEMA`].
    pub schema: String,
    /// Whose report it is, as they want to be called.
    pub entity: String,
    /// The version of the program that made it.
    pub version: String,
    /// When it was made. What is open then is open.
    pub as_of: Instant,
    /// Whether only what was evaluated before it landed counts.
    pub judged: bool,
    /// What landed, held against the evidence; the period, repository, branch and tip are its frame.
    pub completeness: Completeness,
    /// The log that it is of.
    pub log: LogReport,
    /// What each policy came to in the evaluations of the period.
    pub policies: Vec<PolicyReport>,
    /// How many findings there were at the beginning, came, went, and are there at the end.
    pub position: Position,
    /// The same by severity, in the order critical, high, medium, low.
    pub by_severity: Vec<SeverityPosition>,
    /// Every finding that was there within the period, with its spans.
    pub exposures: Vec<Exposure>,
    /// Records by which something passed that would have been stopped.
    pub accepted: Vec<AcceptedReport>,
    /// What became of findings.
    pub remediations: Vec<Remediation>,
    /// Every record that the branch had, those that are gone too.
    pub records: Vec<RecordHistory>,
    /// What others showed of the use of access, of sessions and of applies, and attached to the evidence.
    pub observed: Vec<ObservedExport>,
    /// Who came to own the control or a ruleset within the period, instead of whom.
    pub owners: Vec<OwnerChange>,
    /// The same numbers of the period before, where it has the gate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// What is declared at the tip.
    pub declared: Declared,
    /// Requirements of frameworks, and the policies that speak of them.
    pub frameworks: Vec<FrameworkReport>,
    /// Where the facts come from, each by its digest.
    pub sources: Vec<SourceReport>,
    /// What this report cannot show.
    pub limits: Vec<String>,
}

/// Where facts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceReport {
    /// In words.
    pub what: String,
    /// The commit, the root of the log, or the SHA-256 of a file.
    pub digest: String,
}

/// The log, as it verifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogReport {
    /// Its name; nothing where there is none.
    pub origin: Option<String>,
    /// How many records it has.
    pub size: u64,
    /// The root of its tree, hexadecimal.
    pub root: Option<String>,
    /// The fingerprint of its first key.
    pub genesis: Option<String>,
    /// How many evaluations a key signed that counts.
    pub signed: u64,
    /// How many nobody signed.
    pub unsigned: u64,
    /// Witnesses that cosigned its last checkpoint.
    pub witnesses: Vec<String>,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

/// What a policy came to in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyReport {
    /// Its id.
    pub id: String,
    /// In words; empty for a policy that this binary does not know.
    pub title: String,
    /// How severe; empty for a policy that this binary does not know.
    pub severity: String,
    /// How many evaluations had it and came to a judgement.
    pub evaluations: u64,
    /// How many subjects they judged, in all.
    pub subjects: u64,
    /// Evaluations in which it found something.
    pub failed: u64,
    /// Of these, those that were stopped.
    pub blocked: u64,
    /// One evaluation of each sort, the first of the period, as far as there is one.
    pub examples: Examples,
    /// Findings that are there at the end.
    pub open: u64,
    /// Requirements of frameworks, `FRAMEWORK ID`.
    pub requirements: Vec<String>,
}

/// A test of one: an evaluation of each sort.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Examples {
    /// It had subjects, and found nothing.
    pub allowed: Option<RecordId>,
    /// It found something, and the change was stopped.
    pub denied: Option<RecordId>,
    /// It found something, and a record let it pass.
    pub accepted: Option<RecordId>,
    /// There was no judgement.
    pub error: Option<RecordId>,
}

/// Findings from the beginning of a period to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Position {
    /// There when it began.
    pub opening: u64,
    /// Spans that began in it; one that came back counts again.
    pub introduced: u64,
    /// Spans that ended in it.
    pub resolved: u64,
    /// There when it ended, or when the report was made. Opening and introduced, without resolved.
    pub closing: u64,
    /// Of these, those that a record lets pass.
    pub closing_accepted: u64,
    /// Days within the period, of all findings together.
    pub days: u64,
}

/// The position of one severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SeverityPosition {
    /// Which.
    pub severity: String,
    /// Its findings.
    pub position: Position,
}

/// The period before, for comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Before {
    /// Its name.
    pub period: String,
    /// How many commits the branch went through.
    pub landed: u64,
    /// How many of them got past the gate.
    pub ungated: u64,
    /// How many evaluations there were.
    pub evaluations: u64,
    /// How many of them stopped a change.
    pub blocked: u64,
    /// Findings from its beginning to its end; which of them a record let pass at its end is not told.
    pub position: Position,
}

/// A record by which something passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcceptedReport {
    /// Kind and id.
    pub record: String,
    /// Landings that passed by it.
    pub landings: Vec<String>,
    /// Findings that it lets pass, by their fingerprints.
    pub findings: Vec<String>,
    /// When it ends, as the rules of the tip say; nothing where they do not have it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
}

/// A framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FrameworkReport {
    /// Its id.
    pub id: String,
    /// In words, with its version.
    pub title: String,
    /// Each requirement that a policy speaks of, with the policies.
    pub requirements: BTreeMap<String, Vec<String>>,
}
