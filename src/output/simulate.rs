//! `countersign.dev/simulate/v1`: what a grant would do, as other programs read it.
//!
//! Findings are those of `check/v1`. The rules of that format hold for this one: within v1 optional fields may be added,
//! and nothing else.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, CheckReport, FindingReport, StepReport, Tool, UnresolvedReport};
use super::groups::FindingGroup;
use super::unblock::{Unblock, unblock};
use crate::duties::Certainty;
use crate::gate::{Outcome, State, Verdict};
use crate::rules::RecordKind;
use crate::store::Digest;

/// The name of this version of the format.
pub const SIMULATE_SCHEMA: &str = "countersign.dev/simulate/v1";

/// The JSON Schema of a simulation.
#[must_use]
pub fn simulate_schema() -> Schema {
    check::schema_of::<SimulateReport>()
}

/// What some grants would do. A field that can be absent is absent when it has nothing to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/simulate/v1")]
pub struct SimulateReport {
    /// `countersign.dev/simulate/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = SIMULATE_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The instant for which it was judged, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub as_of: String,
    /// Whether a change that does this, and nothing else, might land.
    pub verdict: Verdict,
    /// What the gate would come to, more finely than the verdict.
    pub outcome: Outcome,
    /// What is supposed.
    pub supposed: Vec<SupposedReport>,
    /// Duties that somebody would hold, or hold further than today.
    pub gained: Vec<HoldingReport>,
    /// Duties that somebody would no longer hold, or no longer as far.
    pub lost: Vec<HoldingReport>,
    /// What the gate would find that it does not find today, and what would be resolved.
    pub findings: Vec<FindingReport>,
    /// What it would take for what stops it.
    pub needed: Vec<NeededReport>,
    /// What could not be told that can be told today.
    pub unresolved: Vec<UnresolvedReport>,
}

/// Whether something is supposed to be given or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Supposed {
    /// A role is given.
    Grant,
    /// A role is taken away.
    Revoke,
}

/// One thing that is supposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "SupposedChange")]
pub struct SupposedReport {
    /// What is done.
    pub action: Supposed,
    /// The role's name in its system.
    pub role: String,
    /// The role's system.
    pub system: String,
    /// Who receives it or loses it.
    pub holder: String,
    /// On what. Absent when nothing is said, which counts as everything.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scope: BTreeMap<String, Vec<String>>,
    /// The last day, as given. Absent when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// One way in which somebody holds a duty.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Holding")]
pub struct HoldingReport {
    /// Who.
    pub principal: String,
    /// The duty's id.
    pub duty: String,
    /// Its title, a verb phrase.
    pub title: String,
    /// Whether it alone needs an approval.
    pub privileged: bool,
    /// The system that confers it.
    pub system: String,
    /// How certainly.
    pub held: Certainty,
    /// Whether it is held by way of something that the principal controls. Absent when it is not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indirect: bool,
    /// On what: for each dimension that is known its values, `["*"]` for all. An absent dimension counts as all.
    pub scope: BTreeMap<String, Vec<String>>,
    /// The same in words.
    pub on: String,
    /// Under which conditions. Absent when under none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The first instant at which it no longer holds, RFC 3339, UTC. Absent when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
    /// The wider duty that it comes along with. Absent when it stands for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub included_in: Option<String>,
    /// The steps from the principal to the permission.
    pub path: Vec<StepReport>,
}

/// What it would take to let a finding pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Needed")]
pub struct NeededReport {
    /// The finding's fingerprint.
    pub finding: Digest,
    /// Its policy.
    pub policy: String,
    /// Its subject.
    pub subject: String,
    /// Which kind of record.
    pub give: RecordKind,
    /// Who may give it: active, with authority, and not the one who benefits. Absent when nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// Whether every active person may who has no part in it, since no authority is configured.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub anyone: bool,
    /// How many of them it takes.
    pub quorum: usize,
    /// The command that writes it, once the change is in a work tree; words in capitals are to be filled in.
    pub command: String,
}

impl SimulateReport {
    /// What differs from today, of a check of the tree as it would be.
    #[must_use]
    pub fn new(
        check: CheckReport,
        supposed: Vec<SupposedReport>,
        gained: Vec<HoldingReport>,
        lost: Vec<HoldingReport>,
    ) -> Self {
        let differs = |finding: &FindingReport| {
            matches!(finding.state, State::Introduced | State::Resolved) || finding.decision.blocks
        };
        let findings: Vec<FindingReport> = check.findings.into_iter().filter(differs).collect();
        Self {
            schema: SIMULATE_SCHEMA,
            tool: check.tool,
            as_of: check.as_of,
            verdict: check.verdict,
            outcome: check.outcome,
            supposed,
            gained,
            lost,
            needed: findings.iter().filter_map(needed).collect(),
            findings,
            unresolved: check.unresolved.into_iter().filter(|found| !found.existing).collect(),
        }
    }
}

fn needed(finding: &FindingReport) -> Option<NeededReport> {
    let who_may = finding.decision.who_may.as_ref()?;
    let Unblock { command, .. } = unblock(&FindingGroup::one(finding))?;
    Some(NeededReport {
        finding: finding.fingerprint,
        policy: finding.policy.clone(),
        subject: finding.subject.id.clone(),
        give: who_may.give,
        people: who_may.people.clone(),
        anyone: who_may.anyone,
        quorum: who_may.quorum,
        command,
    })
}
