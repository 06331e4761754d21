//! From git and the evidence to the report.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::Declared;
use super::model::{
    AcceptedReport, Before, FrameworkReport, LogReport, Position, REPORT_SCHEMA, Report, SeverityPosition, SourceReport,
};
use super::policies::{Knowledge, policies};
use super::remediation::{Tickets, remediations};
use super::words::{Clock, counted};
use crate::evidence::log::Storage;
use crate::evidence::{EvidenceError, Ledger, Verification};
use crate::history::{
    Came, Completeness, Evaluation, Exposure, FindingsReader, Landing, Needs, Offset, Period, Proof, Question, Span,
    all_exposures, completeness, observed_exports, owner_changes, record_histories,
};
use crate::rules::Instant;
use crate::source::{FileVersion, SourceError};

/// What a report is made of.
pub struct Sources<'a, S> {
    /// What landed, and what was evaluated.
    pub question: Question<'a>,
    /// The ledger.
    pub ledger: &'a Ledger<S>,
    /// What is known of policies.
    pub knowledge: Knowledge<'a>,
    /// Whose report it is.
    pub entity: &'a str,
    /// The version of the program.
    pub version: &'a str,
    /// What is declared at the tip.
    pub declared: Declared,
    /// What a tracker says of findings.
    pub tickets: &'a Tickets,
    /// The versions of the record files and of the configuration of the branch.
    pub records: &'a [FileVersion],
    /// Files that were read beside git and the evidence, each with its digest.
    pub files: Vec<SourceReport>,
}

/// Why there is no report.
#[derive(Debug)]
pub enum ReportError {
    /// Git does not tell.
    Source(SourceError),
    /// The evidence cannot be read.
    Evidence(EvidenceError),
}

impl From<SourceError> for ReportError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<EvidenceError> for ReportError {
    fn from(error: EvidenceError) -> Self {
        Self::Evidence(error)
    }
}

/// What no tool can know that reads repositories.
const LIMITS: [&str; 6] = [
    "what is declared is shown, not what a system does: that an apply ran, and that a removal reached the system, is not, \
     beyond the exports that others attached",
    "who used an access, when, and what happened in a session no repository shows: exports of it are listed by system, or \
     it is not evidenced",
    "a commit's date and its author are what the commit says itself",
    "of landings that were not evaluated nothing is known here; findings are carried over them, and `countersign timeline` \
     says from git what was declared then",
    "of repositories and branches beside the one named nothing is said",
    "whether a control is effective, and what an exception means, management and the auditor conclude",
];

/// Makes the report.
///
/// # Errors
/// [`ReportError`] when git or the evidence cannot be read. What is wrong with the evidence is in the report.
pub fn report<S: Storage + Sync>(sources: &Sources<'_, S>) -> Result<Report, ReportError> {
    let Sources { question, ledger, knowledge, .. } = sources;
    let (period, as_of) = (question.period, question.as_of);
    let landings = question.landings();
    let completeness = completeness(question, &landings)?;
    let findings = FindingsReader::new(*ledger);
    let all = all_exposures(&landings, period, |evaluation| findings.of(evaluation.findings))?;
    let before = period.previous().map(|earlier| before(question, &landings, &all, &earlier)).transpose()?.flatten();
    let exposures: Vec<Exposure> = all.into_iter().filter_map(|own| own.within(period, as_of)).collect();
    let own: Vec<&Evaluation> = question.evaluations.all.iter().filter(|own| period.contains(own.at)).collect();
    let end = (period.to - 1).min(as_of);
    let policies = policies(&findings, &own, &exposures, end, *knowledge)?;
    let of = |severity: &str| exposures.iter().filter(|own| own.severity == severity).collect::<Vec<_>>();
    let by_severity = ["critical", "high", "medium", "low"].map(|severity| SeverityPosition {
        severity: severity.to_owned(),
        position: position(&of(severity), period.from, period.to),
    });
    Ok(Report {
        schema: REPORT_SCHEMA.to_owned(),
        entity: sources.entity.to_owned(),
        version: sources.version.to_owned(),
        as_of: Instant::from_seconds(as_of),
        judged: question.needs == Needs::Judged,
        log: log(question.verified, &question.evaluations.all),
        policies,
        position: position(&exposures.iter().collect::<Vec<_>>(), period.from, period.to),
        by_severity: by_severity.into(),
        accepted: accepted(&completeness, &exposures, *knowledge),
        remediations: remediations(&exposures, &completeness.landings, &sources.declared, sources.tickets, as_of),
        records: record_histories(sources.records, &question.branch.commits, period, as_of),
        observed: observed_exports(&question.verified.told, period),
        owners: owner_changes(sources.records, &question.branch.commits, period),
        before,
        declared: sources.declared.clone(),
        frameworks: frameworks(*knowledge),
        sources: origins(sources, &completeness, &own),
        limits: LIMITS.map(str::to_owned).into(),
        exposures,
        completeness,
    })
}

/// The numbers of the period before; nothing where nothing had been evaluated in it.
fn before(
    question: &Question<'_>,
    landings: &[Landing<'_>],
    all: &[Exposure],
    earlier: &Period,
) -> Result<Option<Before>, SourceError> {
    let evaluated: Vec<&Evaluation> = question.evaluations.all.iter().filter(|own| earlier.contains(own.at)).collect();
    if evaluated.is_empty() {
        return Ok(None);
    }
    let last = earlier.to - 1;
    let asked = Question { period: earlier, as_of: last.min(question.as_of), ..*question };
    let complete = completeness(&asked, landings)?;
    let exposures: Vec<Exposure> = all.iter().filter_map(|own| own.within(earlier, last)).collect();
    let position = position(&exposures.iter().collect::<Vec<_>>(), earlier.from, earlier.to);
    Ok(Some(Before {
        period: earlier.name.clone(),
        landed: complete.landed,
        ungated: complete.ungated(),
        evaluations: evaluated.len() as u64,
        blocked: evaluated.iter().filter(|own| own.came == Came::Blocked).count() as u64,
        position: Position { closing_accepted: 0, ..position },
    }))
}

impl Position {
    /// Adds the findings of elsewhere.
    pub(super) fn add(&mut self, other: Self) {
        self.opening += other.opening;
        self.introduced += other.introduced;
        self.resolved += other.resolved;
        self.closing += other.closing;
        self.closing_accepted += other.closing_accepted;
        self.days += other.days;
    }
}

pub(super) fn position(exposures: &[&Exposure], from: i64, to: i64) -> Position {
    let mut position = Position::default();
    for exposure in exposures {
        position.days += exposure.days;
        let within = |span: &&Span| span.from.seconds() < to && span.to.is_none_or(|end| end.seconds() > from);
        for span in exposure.spans.iter().filter(within) {
            if span.since_before || span.from.seconds() < from {
                position.opening += 1;
            } else {
                position.introduced += 1;
            }
            if span.to.is_some_and(|end| end.seconds() < to) {
                position.resolved += 1;
            } else {
                position.closing += 1;
                position.closing_accepted += u64::from(exposure.accepted);
            }
        }
    }
    position
}

fn log(verified: &Verification, evaluations: &[Evaluation]) -> LogReport {
    let signed = evaluations.iter().filter(|own| own.proof == Proof::Signed).count() as u64;
    LogReport {
        origin: verified.origin.clone(),
        size: verified.size,
        root: verified.root.map(|root| root.to_string()),
        genesis: verified.genesis.map(|genesis| genesis.to_string()),
        signed,
        unsigned: evaluations.len() as u64 - signed,
        witnesses: verified.witnesses.iter().map(|(name, _)| name.clone()).collect(),
        problems: verified.problems.iter().map(|problem| problem.what.clone()).collect(),
    }
}

fn accepted(completeness: &Completeness, exposures: &[Exposure], knowledge: Knowledge<'_>) -> Vec<AcceptedReport> {
    let mut all: BTreeMap<String, AcceptedReport> = BTreeMap::new();
    fn of<'m>(all: &'m mut BTreeMap<String, AcceptedReport>, record: &str) -> &'m mut AcceptedReport {
        all.entry(record.to_owned()).or_insert_with(|| AcceptedReport {
            record: record.to_owned(),
            landings: Vec::new(),
            findings: Vec::new(),
            expires: None,
        })
    }
    for landing in &completeness.landings {
        for record in &landing.accepted_by {
            of(&mut all, record).landings.push(landing.commit.clone());
        }
    }
    for exposure in exposures {
        for record in &exposure.accepted_by {
            of(&mut all, record).findings.push(exposure.fingerprint.clone());
        }
    }
    for terms in knowledge.records.terms().filter(|terms| terms.expires != i64::MAX) {
        if let Some(own) = all.get_mut(&format!("{} {}", terms.kind.as_str(), terms.id)) {
            own.expires = Some(Instant::from_seconds(terms.expires));
        }
    }
    all.into_values().collect()
}

fn frameworks(knowledge: Knowledge<'_>) -> Vec<FrameworkReport> {
    let own = knowledge.frameworks.iter();
    own.map(|framework| FrameworkReport {
        id: framework.metadata.id.to_string(),
        title: format!("{} {}", framework.metadata.title, framework.metadata.version),
        requirements: framework
            .controls
            .iter()
            .map(|control| (format!("{} {}", control.id.value, control.title), control.policies.clone()))
            .collect(),
    })
    .collect()
}

fn origins<S>(sources: &Sources<'_, S>, completeness: &Completeness, own: &[&Evaluation]) -> Vec<SourceReport> {
    let frame = &completeness.frame;
    let mut all = vec![SourceReport {
        what: format!("{} of {}, by git, first parents", frame.branch, frame.repository),
        digest: frame.tip.clone(),
    }];
    if let (Some(origin), Some(root)) = (&sources.question.verified.origin, sources.question.verified.root) {
        let size = sources.question.verified.size;
        all.push(SourceReport { what: format!("the log {origin} of {size} records"), digest: root.to_string() });
    }
    all.extend(imported(own, completeness.frame.period.offset));
    all.extend(sources.files.iter().cloned());
    all
}

/// The exports of other systems with which something was judged in the period, each version of each by its digest.
fn imported(evaluations: &[&Evaluation], offset: Offset) -> Vec<SourceReport> {
    // By name, then by when it was read first.
    let mut known: BTreeMap<&(String, String), (i64, i64, u64)> = BTreeMap::new();
    for own in evaluations {
        for import in own.imports.iter() {
            let (first, last, count) = known.entry(import).or_insert((own.at, own.at, 0));
            (*first, *last, *count) = ((*first).min(own.at), (*last).max(own.at), *count + 1);
        }
    }
    let rows: BTreeSet<(&str, i64, &str, i64, u64)> = known
        .iter()
        .map(|((name, digest), (first, last, count))| (&**name, *first, &**digest, *last, *count))
        .collect();
    let clock = Clock(offset);
    let day = |at: i64| clock.day(Instant::from_seconds(at));
    rows.into_iter()
        .map(|(name, first, digest, last, count)| SourceReport {
            what: format!(
                "the export {name}, with which {} judged from {} to {}",
                counted(count, "evaluation", "evaluations"),
                day(first),
                day(last)
            ),
            digest: digest.to_owned(),
        })
        .collect()
}
