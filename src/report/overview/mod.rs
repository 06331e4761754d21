//! Many repositories in one report.
//!
//! Each has a report of its own, made as if it were alone; this takes its numbers from them, so that what is said here of
//! a repository is what its own report says.

mod html;
mod markdown;
mod model;
mod sheets;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

pub use html::overview_html;
pub use markdown::overview_markdown;
pub use model::{
    AcrossReport, EvaluatedSummary, OVERVIEW_SCHEMA, OpenFinding, Overview, RepositorySummary, UngatedLanding,
    overview_schema,
};

use super::csv::sheet_csv;
use super::model::{Position, Report, SeverityPosition, SourceReport};
use super::words::{SEVERITIES, rank};
use crate::history::{Came, Completeness, Evaluation, Repositories};
use crate::rules::Instant;

/// What no overview can know.
const LIMITS: [&str; 3] = [
    "of each repository, what its own report says that it cannot show",
    "of repositories that were not given nothing is said, but that the forge lists them where its list was given",
    "a person with access in several repositories is the same person here where both use the same id; access that \
     conflicts only when repositories are put together is not judged here",
];

/// What an overview takes of one repository.
#[derive(Debug, Clone)]
pub struct Part {
    summary: RepositorySummary,
    by_severity: Vec<SeverityPosition>,
    ungated: Vec<UngatedLanding>,
    open: Vec<OpenFinding>,
}

/// What is everybody's.
#[derive(Debug, Clone)]
pub struct Whole<'a> {
    /// Whose report it is.
    pub entity: &'a str,
    /// The version of the program.
    pub version: &'a str,
    /// When it is made, in epoch seconds.
    pub as_of: i64,
    /// Whether only what was evaluated before it landed counts.
    pub judged: bool,
    /// Files that were read beside git and the evidence, each with its digest.
    pub files: Vec<SourceReport>,
}

impl Part {
    /// Takes what an overview says from a repository's own report, whose SHA-256 as JSON is `digest`.
    #[must_use]
    pub fn of(report: &Report, (name, folder): (&str, &str), evaluations: &[Evaluation], digest: String) -> Self {
        let completeness = &report.completeness;
        let period = &completeness.frame.period;
        let end = (period.to - 1).min(report.as_of.seconds());
        let there: Vec<_> = report.exposures.iter().filter(|own| own.at(end)).collect();
        let mut open: BTreeMap<String, u64> = BTreeMap::new();
        for own in there.iter().filter(|own| !own.accepted) {
            *open.entry(own.severity.clone()).or_default() += 1;
        }
        let findings = there.iter().map(|own| OpenFinding {
            repository: name.to_owned(),
            fingerprint: own.fingerprint.clone(),
            policy: own.policy.clone(),
            severity: own.severity.clone(),
            subject: own.subject.clone(),
            conflict: own.conflict.clone(),
            systems: own.systems.clone(),
            since: own.spans.last().map_or(report.as_of, |span| span.from),
            accepted_by: if own.accepted { own.accepted_by.clone() } else { Vec::new() },
        });
        Self {
            summary: RepositorySummary {
                name: name.to_owned(),
                folder: folder.to_owned(),
                branch: completeness.frame.branch.clone(),
                tip: completeness.frame.tip.clone(),
                log: report.log.clone(),
                landed: completeness.landed,
                states: completeness.states.clone(),
                evaluated: evaluated(evaluations.iter().filter(|own| period.contains(own.at))),
                position: report.position,
                open,
                overdue: report.remediations.iter().filter(|own| own.overdue).count() as u64,
                engine: evaluations.last().map(|own| own.engine.clone()),
                report: digest,
            },
            by_severity: report.by_severity.clone(),
            ungated: ungated(name, completeness),
            open: findings.collect(),
        }
    }
}

fn evaluated<'e>(evaluations: impl Iterator<Item = &'e Evaluation>) -> EvaluatedSummary {
    let mut all = EvaluatedSummary::default();
    for own in evaluations {
        all.evaluations += 1;
        match own.came {
            Came::Pass => {}
            Came::Accepted => all.accepted += 1,
            Came::Blocked => all.blocked += 1,
            Came::Error => all.errors += 1,
        }
    }
    all
}

fn ungated(name: &str, completeness: &Completeness) -> Vec<UngatedLanding> {
    let own = completeness.landings.iter().filter(|own| own.state.is_ungated());
    own.map(|own| UngatedLanding {
        repository: name.to_owned(),
        at: own.at,
        commit: own.commit.clone(),
        authors: own.authors.clone(),
        subject: own.subject.clone(),
        state: own.state,
    })
    .collect()
}

/// Puts the parts together.
#[must_use]
pub fn overview(population: Repositories, parts: Vec<Part>, whole: Whole<'_>) -> Overview {
    let mut position = Position::default();
    let mut by_severity: BTreeMap<String, Position> =
        SEVERITIES.iter().map(|severity| ((*severity).to_owned(), Position::default())).collect();
    let (mut repositories, mut ungated, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut engines: BTreeMap<String, u64> = BTreeMap::new();
    for part in parts {
        position.add(part.summary.position);
        for own in &part.by_severity {
            by_severity.entry(own.severity.clone()).or_default().add(own.position);
        }
        if let Some(engine) = &part.summary.engine {
            *engines.entry(engine.clone()).or_default() += 1;
        }
        repositories.push(part.summary);
        ungated.extend(part.ungated);
        open.extend(part.open);
    }
    repositories.sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
    ungated.sort_by(|a, b| (a.at, &a.repository, &a.commit).cmp(&(b.at, &b.repository, &b.commit)));
    open.sort_by(|a, b| {
        let key = |own: &OpenFinding| (Reverse(rank(&own.severity)), own.since);
        key(a).cmp(&key(b)).then_with(|| (&a.repository, &a.fingerprint).cmp(&(&b.repository, &b.fingerprint)))
    });
    let logs = repositories.iter().map(|own| SourceReport {
        what: match &own.log.origin {
            Some(origin) => format!("the log {origin} of {} records, of {}", own.log.size, own.name),
            None => format!("{} of {}, without a log", own.branch, own.name),
        },
        digest: own.log.root.clone().unwrap_or_else(|| own.tip.clone()),
    });
    Overview {
        schema: OVERVIEW_SCHEMA.to_owned(),
        entity: whole.entity.to_owned(),
        version: whole.version.to_owned(),
        as_of: Instant::from_seconds(whole.as_of),
        judged: whole.judged,
        position,
        by_severity: SEVERITIES
            .iter()
            .map(|severity| SeverityPosition {
                severity: (*severity).to_owned(),
                position: by_severity.get(*severity).copied().unwrap_or_default(),
            })
            .collect(),
        across: across(&open),
        sources: logs.chain(whole.files).collect(),
        limits: LIMITS.map(str::to_owned).into(),
        population,
        repositories,
        ungated,
        open,
        engines,
    }
}

/// Subjects by how many repositories they have findings in.
fn across(open: &[OpenFinding]) -> Vec<AcrossReport> {
    let mut all: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
    for own in open {
        let (count, places) = all.entry(&own.subject).or_default();
        *count += 1;
        places.insert(&own.repository);
    }
    let several = all.into_iter().filter(|(_, (_, places))| places.len() > 1);
    let mut found: Vec<AcrossReport> = several
        .map(|(subject, (open, places))| AcrossReport {
            subject: subject.to_owned(),
            open,
            repositories: places.into_iter().map(str::to_owned).collect(),
        })
        .collect();
    found.sort_by(|a, b| (b.repositories.len(), b.open, &a.subject).cmp(&(a.repositories.len(), a.open, &b.subject)));
    found
}

/// The tables of an overview: the name of each file, and its text.
#[must_use]
pub fn overview_csv(overview: &Overview) -> Vec<(String, String)> {
    let sheets = sheets::sheets(overview);
    sheets.iter().map(|sheet| (format!("{}.csv", sheet.id), sheet_csv(sheet))).collect()
}
