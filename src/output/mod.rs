//! A check as people and programs read it.
//!
//! [`CheckReport`] is the whole check as a versioned document; each renderer turns it into one format and lives in a
//! file of its own. Nothing here looks at the environment: writers, width, colour and links come in as values.

mod backtest;
mod benchmark;
mod brief;
mod build;
mod check;
mod diff;
mod drift;
mod editor;
mod explain;
#[cfg(test)]
mod fixture;
mod fleet;
#[cfg(test)]
mod forge_tests;
mod github;
mod gitlab;
mod graph;
mod groups;
mod human;
mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod markdown_tests;
mod policy_tests;
mod positions;
mod rules_change;
mod run;
mod sarif;
mod secrets;
mod simulate;
mod sorted;
mod test_of_one;
#[cfg(test)]
mod tests;
mod timeline;
mod tune;
mod unblock;
mod verdict;
mod words;

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

pub use backtest::{
    Asked, BACKTEST_SCHEMA, BacktestReport, ReplayFinding, ReplayReport, RulesOf, StoppedBy, backtest_human,
    backtest_schema,
};
pub use benchmark::{
    BENCHMARK_SCHEMA, BenchmarkPolicyReport, BenchmarkReport, DependencyReport, SideReport, Since, TestAgainReport,
    benchmark_schema,
};
pub use check::{
    CauseCounts, CheckReport, ConflictReport, ControlReport, DecisionCounts, DecisionReport, DutyReport, ExtentReport,
    FindingReport, FixReport, LegReport, LocationReport, PolicyReport, PopulationReport, SCHEMA, SeverityCounts,
    StateCounts, StepReport, SubjectReport, Summary, Tool, UnresolvedReport, schema,
};
pub use diff::{
    AccountDiff, BecauseDiff, ConflictDiff, DIFF_SCHEMA, DiffOutcome, DiffReport, DutyDiff, EscalationDiff, LegDiff,
    PartDiff, PermissionDiff, PermissionReport, RulesDiff, ShiftKind, diff_markdown, diff_schema,
};
pub use drift::{
    DRIFT_SCHEMA, DeclaredReport, DriftGapReport, DriftReport, Exposed, ExposureReport, LineOutcome, LineReport,
    LineTier, ObservedReport, SystemDriftReport, drift_schema,
};
pub use editor::{Mark, MarkPlace, Weight, marks};
pub use explain::{
    EXPLAIN_SCHEMA, ExampleFile, ExampleReport, ExamplesReport, ExplainReport, ExplainedFinding, ExplainedKind,
    NextReport, ServedReport, explain_human, explain_markdown, explain_schema,
};
pub use fleet::{
    AcrossLeg, AcrossReport, AcrossStep, FLEET_SCHEMA, FleetFinding, FleetReport, FleetRepository, FleetTotals,
    OwnerReport, RulesInUse, VersionInUse, VersionPin, fleet_human, fleet_schema,
};
pub use graph::{
    Lane, Layer, Picture, PictureEdge, PictureNode, lane, picture_dot, picture_html, picture_mermaid, picture_svg,
};
pub use json::{pretty, write_pretty};
pub use policy_tests::{
    CoverageReport, POLICY_TESTS_SCHEMA, PolicyTestsReport, RegoFailureReport, RegoTestOutcome, RegoTestReport,
    StoodReport, TestedPolicyReport, policy_tests_human, policy_tests_junit, policy_tests_schema,
};
pub use rules_change::{EffectReport, FlipReport, RewrittenReport, RulesChangeReport};
pub use run::{Evidence, Merge, MergeStrategy, Revision, RunInfo};
pub use secrets::{
    HitReport, LifetimeKind, LifetimeReport, SECRETS_SCHEMA, SecretsReport, SecretsSummary, UnreadReport,
    VerdictReport, secrets_human, secrets_schema,
};
pub use simulate::{
    HoldingReport, NeededReport, SIMULATE_SCHEMA, SimulateReport, Supposed, SupposedReport, simulate_schema,
};
pub use test_of_one::{
    CaseReport, CaseSource, TEST_OF_ONE_SCHEMA, TestOfOneReport, TestReport, TestedKind, test_of_one_schema,
};
pub use timeline::{
    NotReadReport, RemediationReport, TIMELINE_SCHEMA, TimelineAsked, TimelineItem, TimelineKind, TimelinePart,
    TimelineRecord, TimelineReport, TimelineSpan, TotalReport, Track, timeline_csv, timeline_human, timeline_schema,
};
pub use tune::{CauseKind, CauseReport, HitConflictReport, TUNE_SCHEMA, TuneReport, tune_schema};

pub(crate) use words::count;

use crate::gate::Texts;

/// A format that a check can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people, in a terminal or a log.
    Human,
    /// `countersign.dev/check/v1`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Commands of a workflow, which GitHub shows as annotations.
    Github,
    /// Code Quality of GitLab.
    Gitlab,
    /// JUnit's XML, for whatever shows tests.
    Junit,
    /// A comment on a change, or a summary beside a build.
    Markdown,
}

/// Every format with its name and what it is for, in the order that help shows them.
pub const FORMATS: &[(Format, &str, &str)] = &[
    (Format::Human, "human", "for people, in a terminal or a log"),
    (Format::Json, "json", "everything, as countersign.dev/check/v1"),
    (Format::Sarif, "sarif", "SARIF 2.1.0, for code scanning"),
    (Format::Github, "github", "annotations of a workflow of GitHub Actions"),
    (Format::Gitlab, "gitlab", "Code Quality of GitLab"),
    (Format::Junit, "junit", "JUnit's XML, for whatever shows tests"),
    (Format::Markdown, "markdown", "a comment on a change, or a summary beside a build"),
];

impl Format {
    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        FORMATS.iter().find(|(format, ..)| *format == self).map_or("", |(_, name, _)| name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = OutputError;

    fn from_str(text: &str) -> Result<Self, OutputError> {
        FORMATS
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(format, ..)| *format)
            .ok_or_else(|| OutputError::Format(text.to_owned()))
    }
}

/// One thing to write: a format, and the file that it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; `None` is standard output.
    pub path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = OutputError;

    /// Reads `FORMAT` or `FORMAT=PATH`; the path `-` is standard output.
    fn from_str(text: &str) -> Result<Self, OutputError> {
        let Some((format, path)) = text.split_once('=') else {
            return Ok(Self { format: text.parse()?, path: None });
        };
        let format = format.parse()?;
        match path {
            "" => Err(OutputError::NoPath(format)),
            "-" => Ok(Self { format, path: None }),
            path => Ok(Self { format, path: Some(path.into()) }),
        }
    }
}

/// A text that names no output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputError {
    /// There is no such format.
    Format(String),
    /// The file behind `=` is missing.
    NoPath(Format),
    /// There is no such group of findings.
    Group(String),
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: Vec<&str>| names.join(", ");
        match self {
            Self::Format(text) => {
                let names = FORMATS.iter().map(|(_, name, _)| *name).collect();
                write!(f, "`{text}` is not a format; there are: {}", list(names))
            }
            Self::NoPath(format) => write!(f, "a path is missing behind `{format}=`"),
            Self::Group(text) => {
                let names = GROUPS.iter().map(|(_, name, _)| *name).collect();
                write!(f, "`{text}` cannot be shown; there are: {}", list(names))
            }
        }
    }
}

impl std::error::Error for OutputError {}

/// What people can ask to see beyond what they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Findings that were there before.
    Existing,
    /// Findings that the change resolves.
    Resolved,
    /// Findings that are only kept in the evidence.
    Recorded,
    /// Findings that come along with a wide duty.
    Implied,
    /// Everybody who holds what a finding is about, not only the first few.
    Holders,
    /// Every record, also those that simply hold.
    Records,
    /// Everything that could not be told.
    Unresolved,
    /// The source of warnings too, and every place of a path.
    Source,
}

/// Every group with its name and what it adds, in the order that help shows them.
pub const GROUPS: &[(Group, &str, &str)] = &[
    (Group::Existing, "existing", "findings that were there before"),
    (Group::Resolved, "resolved", "findings that the change resolves"),
    (Group::Recorded, "recorded", "findings that are only kept in the evidence"),
    (Group::Implied, "implied", "findings that come along with a wide duty"),
    (Group::Holders, "holders", "everybody who holds the same, not only the first few"),
    (Group::Records, "records", "every record, also those that simply hold"),
    (Group::Unresolved, "unresolved", "everything that could not be told"),
    (Group::Source, "source", "the source of warnings too, and every place of a path"),
];

impl FromStr for Group {
    type Err = OutputError;

    fn from_str(text: &str) -> Result<Self, OutputError> {
        GROUPS
            .iter()
            .find(|(_, name, _)| *name == text)
            .map(|(group, ..)| *group)
            .ok_or_else(|| OutputError::Group(text.to_owned()))
    }
}

/// How people see a report. Other formats do not depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether to use colours.
    pub colour: bool,
    /// Whether to draw with more than ASCII.
    pub unicode: bool,
    /// How many columns a line may have.
    pub width: usize,
    /// The absolute path of the tree's root: file names become links (OSC 8) to files there.
    pub links: Option<String>,
    /// What to show beyond what is needed.
    pub show: BTreeSet<Group>,
    /// Whether a person reads it at a terminal, where private facts about others may be shown.
    pub private: bool,
}

impl Default for Options {
    /// What a log wants: 80 columns without colour or links.
    fn default() -> Self {
        Self { colour: false, unicode: true, width: 80, links: None, show: BTreeSet::new(), private: false }
    }
}

/// Writes a report.
///
/// # Errors
/// Whatever the writer fails with.
pub fn render(
    format: Format,
    report: &CheckReport,
    texts: &dyn Texts,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, texts, options, out),
        Format::Json => json::write_pretty(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

/// Writes a simulation for people.
///
/// # Errors
/// Whatever the writer fails with.
pub fn render_simulation(
    report: &SimulateReport,
    texts: &dyn Texts,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    human::simulation::write(report, texts, options, out)
}

/// Writes an access diff for people.
///
/// # Errors
/// Whatever the writer fails with.
pub fn render_diff(report: &DiffReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    human::diff::write(report, options, out)
}
