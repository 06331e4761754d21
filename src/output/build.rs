//! From a judgement to a report.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::check::{
    CheckReport, ConflictReport, ControlReport, DecisionReport, DutyReport, ExtentReport, FindingReport, FixReport,
    LegReport, LocationReport, NotReport, PolicyReport, PopulationReport, RecordReport, SCHEMA, StepReport,
    SubjectReport, Summary, Tool, UnresolvedReport, WhoMayReport,
};
use super::positions::{Positions, Wanted};
use super::rules_change::{self, RulesChangeReport};
use super::run::RunInfo;
use crate::gate::{
    Cause, ExtentPart, Judged, Judgement, Leg, Location, PolicyRun, Population, RecordStatus, Side, State, Texts,
    UnresolvedAt, WhoMay,
};
use crate::rules::{Enforcement, Severity};

impl CheckReport {
    /// The report of a judgement. Reads the text of every file that something points into, once.
    #[must_use]
    pub fn new(judgement: &Judgement, run: &RunInfo, texts: &dyn Texts) -> Self {
        let positions = wanted(judgement).find(texts);
        let mut findings: Vec<FindingReport> =
            judgement.findings.iter().map(|judged| finding(judged, &positions)).collect();
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut unresolved: Vec<UnresolvedReport> =
            judgement.unresolved.iter().map(|found| gap(found, &positions)).collect();
        unresolved.sort_by(|a, b| (&a.file, a.line, a.gap, &a.reason).cmp(&(&b.file, b.line, b.gap, &b.reason)));
        Self {
            schema: SCHEMA,
            tool: Tool { name: "countersign", version: run.version.clone() },
            verdict: judgement.verdict,
            outcome: judgement.outcome,
            as_of: instant(judgement.as_of),
            base: run.base.clone(),
            head: run.head.clone(),
            merge: run.merge.clone(),
            repository: run.repository.clone(),
            summary: summary(&findings),
            findings,
            records: judgement.records.iter().map(record).collect(),
            unresolved,
            population: population(&judgement.population),
            policies: judgement.policies.iter().map(policy).collect(),
            rules_digest: run.rules,
            rules_differ: judgement.rules_change.iter().flat_map(|change| strings(&change.paths)).collect(),
            rules_change: judgement.rules_change.as_ref().map(|change| RulesChangeReport::new(change, &positions)),
            evidence: run.evidence.clone(),
            reproduce: run.reproduce.clone(),
        }
    }
}

/// The order of findings; complete, so that equal runs write equal bytes.
fn order(finding: &FindingReport) -> impl Ord + '_ {
    (finding.state, Reverse(finding.severity), &finding.policy, &finding.subject.id, finding.fingerprint)
}

fn wanted(judgement: &Judgement) -> Wanted<'_> {
    let mut wanted = Wanted::default();
    for judged in &judgement.findings {
        for location in &judged.finding.locations {
            wanted.add(location.side, &location.place);
        }
        for (side, place) in
            judged.finding.legs.iter().flat_map(|leg| &leg.steps).filter_map(|step| step.place.as_ref())
        {
            wanted.add(*side, place);
        }
        if let Some(place) = judged.fix.as_ref().and_then(|fix| fix.place.as_ref()) {
            wanted.add(Side::Head, place);
        }
    }
    if let Some(change) = &judgement.rules_change {
        rules_change::want(change, &mut wanted);
    }
    for place in judgement.unresolved.iter().filter_map(|found| found.place.as_ref()) {
        wanted.add(Side::Head, place);
    }
    wanted
}

fn finding(judged: &Judged, positions: &Positions<'_>) -> FindingReport {
    let finding = &judged.finding;
    let mut locations: Vec<LocationReport> =
        finding.locations.iter().map(|location| self::location(location, positions)).collect();
    locations.sort_by_key(|location| location.role);
    FindingReport {
        policy: finding.policy.to_string(),
        title: finding.title.to_string(),
        severity: finding.severity,
        state: judged.state,
        change: judged.change,
        cause: judged.cause,
        tier: finding.tier,
        held: finding.extent.held(),
        fingerprint: finding.fingerprint.0,
        extent: finding.extent.0.iter().map(extent).collect(),
        delta: judged.delta.iter().map(extent).collect(),
        message: finding.message.clone(),
        private: finding.private.clone(),
        subject: SubjectReport {
            kind: finding.subject.kind,
            id: finding.subject.id.to_string(),
            name: finding.subject.name.to_string(),
        },
        systems: strings(&finding.systems),
        conflict: finding.conflict.as_ref().map(|conflict| ConflictReport {
            id: conflict.id.to_string(),
            title: conflict.title.to_string(),
            risk: conflict.risk.to_string(),
            owner: conflict.owner.to_string(),
            ruleset: conflict.ruleset.to_string(),
            dimensions: strings(&conflict.dimensions),
        }),
        duties: finding
            .duties
            .iter()
            .map(|duty| DutyReport { id: duty.id.to_string(), title: duty.title.to_string() })
            .collect(),
        credential: finding.credential.as_ref().map(ToString::to_string),
        decision: DecisionReport {
            enforcement: judged.decision.enforcement,
            because: judged.decision.because.clone(),
            record: judged.decision.record.as_ref().map(|record| record.id.clone()),
            record_kind: judged.decision.record.as_ref().map(|record| record.kind),
            lapsed: judged.decision.lapsed,
            blocks: judged.decision.blocks,
            who_may: judged.who_may.as_ref().map(who_may),
        },
        locations,
        path: finding.legs.iter().map(|leg| self::leg(leg, positions)).collect(),
        frameworks: finding
            .frameworks
            .iter()
            .map(|control| ControlReport { framework: control.framework.clone(), control: control.control.clone() })
            .collect(),
        remediation: finding.remediation.to_string(),
        fix: judged.fix.as_ref().map(|fix| FixReport {
            text: fix.text.clone(),
            file: fix.place.as_ref().map(|place| place.file.to_string()),
            line: fix.place.as_ref().and_then(|place| Some(positions.range(Side::Head, place)?.start.line)),
        }),
        explained_by: finding.explained_by.as_ref().map(ToString::to_string),
        under: finding.under.as_ref().map(ToString::to_string),
        implies: strings(&finding.implied),
    }
}

fn who_may(who: &WhoMay) -> WhoMayReport {
    WhoMayReport {
        give: who.give,
        people: who.people.clone(),
        anyone: who.anyone,
        not: who
            .not
            .iter()
            .map(|(person, because)| NotReport { person: person.clone(), because: because.clone() })
            .collect(),
        quorum: who.quorum,
    }
}

fn record(status: &RecordStatus) -> RecordReport {
    RecordReport {
        kind: status.kind,
        id: status.id.clone(),
        file: status.path.to_string(),
        state: status.state,
        because: status.because.clone(),
        owner: status.owner.clone(),
        expires: status.expires.map(instant),
        answers: status.answers,
    }
}

fn location(location: &Location, positions: &Positions<'_>) -> LocationReport {
    let range = positions.range(location.side, &location.place);
    LocationReport {
        side: location.side,
        file: location.place.file.to_string(),
        line: range.map(|range| range.start.line),
        column: range.map(|range| range.start.column),
        end_line: range.map(|range| range.end.line),
        end_column: range.map(|range| range.end.column),
        role: location.role,
        text: location.text.clone(),
        added: location.added,
    }
}

fn leg(leg: &Leg, positions: &Positions<'_>) -> LegReport {
    let steps = leg.steps.iter().map(|step| {
        let range = step.place.as_ref().and_then(|(side, place)| positions.range(*side, place));
        StepReport {
            text: step.text.clone(),
            side: step.place.as_ref().map(|(side, _)| *side),
            file: step.place.as_ref().map(|(_, place)| place.file.to_string()),
            line: range.map(|range| range.start.line),
            column: range.map(|range| range.start.column),
        }
    });
    LegReport {
        duty: leg.duty.to_string(),
        title: leg.title.to_string(),
        system: leg.system.to_string(),
        steps: steps.collect(),
    }
}

fn extent(part: &ExtentPart) -> ExtentReport {
    ExtentReport {
        scope: part.scope.lists(),
        held: part.held,
        conditions: part.conditions.iter().map(ToString::to_string).collect(),
        apart: part.apart,
        until: part.until.map(instant),
        what: part.what.as_ref().map(ToString::to_string),
    }
}

fn gap(found: &UnresolvedAt, positions: &Positions<'_>) -> UnresolvedReport {
    UnresolvedReport {
        gap: found.gap,
        reason: found.reason.clone(),
        consequence: found.consequence.clone(),
        file: found.place.as_ref().map(|place| place.file.to_string()),
        line: found.place.as_ref().and_then(|place| Some(positions.range(Side::Head, place)?.start.line)),
        existing: found.existing,
    }
}

fn population(population: &Population) -> PopulationReport {
    PopulationReport {
        files: population.files,
        definition_files: population.definition_files,
        definitions: population.definitions.clone(),
        principals: population.principals.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
        grants: population.grants,
        not_evaluated: population.not_evaluated,
        excluded: population.excluded,
        unlinked_accounts: population.unlinked_accounts,
        conflicts_static: population.conflicts_static,
        conflicts_dynamic: strings(&population.conflicts_dynamic),
    }
}

fn policy(run: &PolicyRun) -> PolicyReport {
    PolicyReport {
        id: run.id.clone(),
        title: run.title.clone(),
        digest: run.digest,
        severity: run.severity,
        subjects: run.subjects,
        findings: run.findings,
    }
}

fn summary(findings: &[FindingReport]) -> Summary {
    let mut summary = Summary { findings: findings.len(), ..Summary::default() };
    for finding in findings {
        summary.blocking += usize::from(finding.decision.blocks);
        *match finding.state {
            State::Introduced => &mut summary.state.introduced,
            State::Lapsed => &mut summary.state.lapsed,
            State::Escaped => &mut summary.state.escaped,
            State::Revealed => &mut summary.state.revealed,
            State::Existing => &mut summary.state.existing,
            State::Resolved => &mut summary.state.resolved,
        } += 1;
        *match finding.cause {
            Cause::Access => &mut summary.cause.access,
            Cause::Knowledge => &mut summary.cause.knowledge,
            Cause::Time => &mut summary.cause.time,
        } += 1;
        *match finding.decision.enforcement {
            Enforcement::Block => &mut summary.decision.block,
            Enforcement::Approve => &mut summary.decision.approve,
            Enforcement::Warn => &mut summary.decision.warn,
            Enforcement::Record => &mut summary.decision.record,
        } += 1;
        *match finding.severity {
            Severity::Critical => &mut summary.severity.critical,
            Severity::High => &mut summary.severity.high,
            Severity::Medium => &mut summary.severity.medium,
            Severity::Low => &mut summary.severity.low,
        } += 1;
    }
    summary
}

fn strings(texts: &[Arc<str>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// An instant in RFC 3339; one beyond what can be written is the nearest that can.
pub(super) fn instant(seconds: i64) -> String {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest).to_string()
}
