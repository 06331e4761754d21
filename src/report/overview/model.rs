//! The report of a period over many repositories: of each the numbers of its own report, and what is open or got past the
//! gate in any of them.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::history::{Repositories, State};
use crate::report::{LogReport, Position, SeverityPosition, SourceReport};
use crate::rules::Instant;

/// The name of this version of the format.
pub const OVERVIEW_SCHEMA: &str = "countersign.dev/report-overview/v1";

/// The JSON Schema of an overview.
#[must_use]
pub fn overview_schema() -> Schema {
    schemars::schema_for!(Overview)
}

/// The report of a period over many repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overview {
    /// Always [`OVERVIEW_SCHEMA`].
    pub schema: String,
    /// Whose report it is, as they want to be called.
    pub entity: String,
    /// The version of the program that made it.
    pub version: String,
    /// When it was made. What is open then is open.
    pub as_of: Instant,
    /// Whether only what was evaluated before it landed counts.
    pub judged: bool,
    /// Which repositories there are, and whether everything that landed in them was evaluated.
    pub population: Repositories,
    /// How many findings there were at the beginning, came, went, and are there at the end, in all repositories.
    pub position: Position,
    /// The same by severity, in the order critical, high, medium, low.
    pub by_severity: Vec<SeverityPosition>,
    /// Each repository of which there is a report, by name.
    pub repositories: Vec<RepositorySummary>,
    /// Every landing that got past the gate, oldest first.
    pub ungated: Vec<UngatedLanding>,
    /// Every finding that is there at the end, the most severe first.
    pub open: Vec<OpenFinding>,
    /// Who or what has findings that are there at the end in several repositories.
    pub across: Vec<AcrossReport>,
    /// The versions of the program by which repositories were last evaluated, with how many of them.
    pub engines: BTreeMap<String, u64>,
    /// Where the facts come from, each by its digest.
    pub sources: Vec<SourceReport>,
    /// What this report cannot show.
    pub limits: Vec<String>,
}

impl Overview {
    /// Whose report it is: as they want to be called, else many repositories'.
    pub(super) fn whose(&self) -> &str {
        if self.entity.is_empty() { "Many repositories" } else { &self.entity }
    }

    /// How many repositories are complete.
    pub(super) fn complete(&self) -> u64 {
        self.population.repositories.iter().filter(|own| own.complete).count() as u64
    }

    /// How many repositories the forge lists and nobody gave, but for those that are archived.
    pub(super) fn missing(&self) -> u64 {
        self.population.missing.iter().filter(|own| !own.archived).count() as u64
    }

    /// How many findings are critical or high at the end, and no record accepts.
    pub(super) fn severe(&self) -> u64 {
        let of = |own: &RepositorySummary| {
            ["critical", "high"].iter().filter_map(|severity| own.open.get(*severity)).sum::<u64>()
        };
        self.repositories.iter().map(of).sum()
    }
}

/// The numbers of one repository's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RepositorySummary {
    /// Its name at the forge, else its folder.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// The branch.
    pub branch: String,
    /// The commit that it was at.
    pub tip: String,
    /// Its log, as it verifies.
    pub log: LogReport,
    /// How many commits the branch went through in the period.
    pub landed: u64,
    /// By state.
    pub states: BTreeMap<State, u64>,
    /// What its evaluations came to.
    pub evaluated: EvaluatedSummary,
    /// Its findings from beginning to end.
    pub position: Position,
    /// Findings that are there at the end and that no record accepts, by severity.
    pub open: BTreeMap<String, u64>,
    /// Findings that are overdue.
    pub overdue: u64,
    /// The version of the program by which it was last evaluated; nothing where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The SHA-256 of its own report as JSON, made at the same instant.
    pub report: String,
}

/// What evaluations of a period came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvaluatedSummary {
    /// How many there were.
    pub evaluations: u64,
    /// Of these, those that stopped a change.
    pub blocked: u64,
    /// Those in which a record let something pass.
    pub accepted: u64,
    /// Those that came to no judgement.
    pub errors: u64,
}

/// A landing that got past the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UngatedLanding {
    /// Where.
    pub repository: String,
    /// When, by its own word.
    pub at: Instant,
    /// The commit.
    pub commit: String,
    /// Its authors, as git has them.
    pub authors: Vec<String>,
    /// The first line of its message.
    pub subject: String,
    /// What stands behind it.
    pub state: State,
}

/// A finding that is there at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenFinding {
    /// Where.
    pub repository: String,
    /// What names it.
    pub fingerprint: String,
    /// The policy.
    pub policy: String,
    /// How severe it is.
    pub severity: String,
    /// Whom or what it is about.
    pub subject: String,
    /// The conflict, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// In which systems.
    pub systems: Vec<String>,
    /// Since when, as far as is known.
    pub since: Instant,
    /// The records that let it pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted_by: Vec<String>,
}

/// Somebody or something with findings in several repositories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcrossReport {
    /// Whom or what.
    pub subject: String,
    /// How many findings, in all.
    pub open: u64,
    /// Where.
    pub repositories: Vec<String>,
}
