//! `countersign.dev/backtest/v1`: what the gate would have made of changes that landed before.
//!
//! Within v1 optional fields may be added, and nothing else.

mod human;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::build::instant;
use super::check::{self, Tool};
use super::positions::Wanted;
use crate::gate::{Judged, Judgement, Location, LocationRole, Outcome, State, Texts};
use crate::rules::{Enforcement, Severity};
use crate::source::BranchCommit;

pub use human::backtest_human;

/// The name of this version of the format.
pub const BACKTEST_SCHEMA: &str = "countersign.dev/backtest/v1";

/// The JSON Schema of a backtest.
#[must_use]
pub fn backtest_schema() -> Schema {
    check::schema_of::<BacktestReport>()
}

/// What the gate would have made of changes that landed before. A field that can be absent is absent when it has nothing
/// to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/backtest/v1")]
pub struct BacktestReport {
    /// `countersign.dev/backtest/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = BACKTEST_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The branch, as it was asked for.
    pub branch: String,
    /// Whose rules judged.
    pub rules: RulesOf,
    /// The first instant that counts, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub since: String,
    /// The instant of the run, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub until: String,
    /// How many changes landed in between and were judged, or were tried to be.
    pub landings: usize,
    /// Of these, those that would have been stopped.
    pub stopped: usize,
    /// Of these, those that would have passed with a warning.
    pub warned: usize,
    /// Of these, those that could not be judged.
    pub not_judged: usize,
    /// Whether the clone lacks history that belongs to the time asked for.
    pub shallow: bool,
    /// What stopped or warned, what stops most changes first.
    pub by: Vec<StoppedBy>,
    /// Each change that would not have passed without a word, newest first.
    pub changes: Vec<ReplayReport>,
}

/// Whose rules judged a past change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesOf {
    /// Those of the work tree, as they are today.
    Today,
    /// Those that its target had.
    Then,
}

/// A policy, or one conflict of it, with what it would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoppedBy {
    /// The policy.
    pub policy: String,
    /// The conflict, of a policy about conflicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// What it says.
    pub title: String,
    /// The worst severity of its findings.
    pub severity: Severity,
    /// How many changes it would have stopped.
    pub stopped: usize,
    /// Of these, those that nothing else would have stopped: what would pass if this only warned.
    pub alone: usize,
    /// How many changes it would have warned about.
    pub warned: usize,
    /// How many findings changes brought that it would have stopped or warned about.
    pub findings: usize,
}

/// A change that landed, with what the gate would have made of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Replay")]
pub struct ReplayReport {
    /// The commit that landed.
    pub commit: String,
    /// When, as the commit says, RFC 3339, UTC.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The first line of its message.
    pub subject: String,
    /// What the gate would have come to; absent where it came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why it came to nothing, or what could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What would have stopped it or warned; what stops first, then the worst.
    pub findings: Vec<ReplayFinding>,
}

/// A finding that a past change brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayFinding {
    /// Whether it would have stopped the change.
    pub blocks: bool,
    /// The policy.
    pub policy: String,
    /// The conflict, of a policy about conflicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Who or what it is about.
    pub subject: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// Where to look first, as `file:line` in the tree that landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What makes it the same finding elsewhere.
    pub fingerprint: String,
    #[serde(skip)]
    title: String,
}

impl ReplayReport {
    /// What the gate made of a change.
    #[must_use]
    pub fn judged(commit: &BranchCommit, judgement: &Judgement, texts: &dyn Texts) -> Self {
        let told: Vec<&Judged> = judgement.findings.iter().filter(|judged| is_told(judged)).collect();
        let mut wanted = Wanted::default();
        for location in told.iter().filter_map(|judged| primary(judged)) {
            wanted.add(location.side, &location.place);
        }
        let positions = wanted.find(texts);
        let mut findings: Vec<ReplayFinding> = told
            .iter()
            .map(|judged| {
                let finding = &judged.finding;
                let place = primary(judged).map(|at| match positions.range(at.side, &at.place) {
                    Some(range) => format!("{}:{}", at.place.file, range.start.line),
                    None => at.place.file.to_string(),
                });
                ReplayFinding {
                    blocks: judged.decision.blocks,
                    policy: finding.policy.to_string(),
                    conflict: finding.conflict.as_ref().map(|conflict| conflict.id.to_string()),
                    severity: finding.severity,
                    subject: finding.subject.id.to_string(),
                    message: finding.message.clone(),
                    place,
                    fingerprint: finding.fingerprint.to_string(),
                    title: finding
                        .conflict
                        .as_ref()
                        .map_or_else(|| finding.title.to_string(), |conflict| conflict.title.to_string()),
                }
            })
            .collect();
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        let not_evaluated = judgement.unresolved.iter().find(|found| !found.existing);
        let because = match judgement.outcome {
            Outcome::NotEvaluated => not_evaluated.map(|found| found.reason.clone()),
            Outcome::NothingCollected => Some("nothing of what the rules have in scope was there".to_owned()),
            Outcome::Clean | Outcome::NotApplicable | Outcome::Blocked => None,
        };
        Self { outcome: Some(judgement.outcome), because, findings, ..Self::of(commit) }
    }

    /// A change that the gate could not judge.
    #[must_use]
    pub fn failed(commit: &BranchCommit, because: String) -> Self {
        Self { because: Some(because), ..Self::of(commit) }
    }

    fn of(commit: &BranchCommit) -> Self {
        Self {
            commit: commit.commit.clone(),
            at: instant(commit.at),
            subject: commit.subject.clone(),
            outcome: None,
            because: None,
            findings: Vec::new(),
        }
    }

    fn is_stopped(&self) -> bool {
        // A definition that the change breaks stops it, too.
        self.outcome == Some(Outcome::NotEvaluated) || self.findings.iter().any(|finding| finding.blocks)
    }

    fn is_judged(&self) -> bool {
        !matches!(self.outcome, None | Some(Outcome::NothingCollected))
    }
}

impl ReplayFinding {
    fn order(&self) -> impl Ord + '_ {
        (!self.blocks, Reverse(self.severity), &self.policy, &self.conflict, &self.subject, &self.fingerprint)
    }

    fn by(&self) -> (&str, Option<&str>) {
        (&self.policy, self.conflict.as_deref())
    }
}

/// Whether a developer would have been told of it.
fn is_told(judged: &Judged) -> bool {
    let decision = &judged.decision;
    let warns = decision.record.is_none() && decision.enforcement >= Enforcement::Warn;
    decision.blocks || (judged.state == State::Introduced && warns)
}

fn primary(judged: &Judged) -> Option<&Location> {
    judged.finding.locations.iter().find(|location| location.role == LocationRole::Primary)
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The version of this program.
    pub version: String,
    /// The branch.
    pub branch: String,
    /// Whose rules.
    pub rules: RulesOf,
    /// From when, in epoch seconds.
    pub since: i64,
    /// Until when, in epoch seconds.
    pub until: i64,
    /// Whether the clone lacks history that belongs to the time asked for.
    pub shallow: bool,
}

impl BacktestReport {
    /// Puts the changes together, given in the order in which they landed.
    #[must_use]
    pub fn new(asked: Asked, replays: Vec<ReplayReport>) -> Self {
        let landings = replays.len();
        let count = |is: &dyn Fn(&ReplayReport) -> bool| replays.iter().filter(|replay| is(replay)).count();
        let stopped = count(&ReplayReport::is_stopped);
        let not_judged = count(&|replay| !replay.is_stopped() && !replay.is_judged());
        let warned = count(&|replay| !replay.is_stopped() && replay.is_judged() && !replay.findings.is_empty());
        let by = by(&replays);
        let mut changes: Vec<ReplayReport> = replays
            .into_iter()
            .filter(|own| !own.findings.is_empty() || own.is_stopped() || !own.is_judged())
            .collect();
        changes.reverse();
        Self {
            schema: BACKTEST_SCHEMA,
            tool: Tool { name: "countersign", version: asked.version },
            branch: asked.branch,
            rules: asked.rules,
            since: instant(asked.since),
            until: instant(asked.until),
            landings,
            stopped,
            warned,
            not_judged,
            shallow: asked.shallow,
            by,
            changes,
        }
    }
}

/// What stopped or warned.
fn by(replays: &[ReplayReport]) -> Vec<StoppedBy> {
    let mut found: BTreeMap<(&str, Option<&str>), StoppedBy> = BTreeMap::new();
    for replay in replays {
        let stops: BTreeSet<_> = replay.findings.iter().filter(|own| own.blocks).map(ReplayFinding::by).collect();
        let told: BTreeSet<_> = replay.findings.iter().map(ReplayFinding::by).collect();
        for finding in &replay.findings {
            let row = found.entry(finding.by()).or_insert_with(|| StoppedBy {
                policy: finding.policy.clone(),
                conflict: finding.conflict.clone(),
                title: finding.title.clone(),
                severity: finding.severity,
                stopped: 0,
                alone: 0,
                warned: 0,
                findings: 0,
            });
            row.findings += 1;
            row.severity = row.severity.max(finding.severity);
        }
        for by in told {
            let Some(row) = found.get_mut(&by) else { continue };
            match stops.contains(&by) {
                true => {
                    row.stopped += 1;
                    row.alone += usize::from(stops.len() == 1);
                }
                false => row.warned += 1,
            }
        }
    }
    let mut rows: Vec<StoppedBy> = found.into_values().collect();
    rows.sort_by_cached_key(|row| {
        (Reverse(row.stopped), Reverse(row.severity), Reverse(row.warned), row.policy.clone(), row.conflict.clone())
    });
    rows
}
