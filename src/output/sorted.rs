//! The findings of a report by what a reader does about them, and the places where one is shown.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{CheckReport, FindingReport, LegReport, LocationReport, StepReport, UnresolvedReport};
use super::groups::{FindingGroup, group, part_implied};
use crate::facts::Gap;
use crate::gate::{LocationRole, Side, State, SubjectKind};
use crate::rules::Enforcement;

/// Most places shown of one finding.
const PLACES: usize = 6;

/// Findings in groups of one cause, in the order of the report.
pub(super) struct Sorted<'a> {
    /// What stops the change.
    pub(super) blocking: Vec<FindingGroup<'a>>,
    /// What somebody should look at.
    pub(super) warnings: Vec<FindingGroup<'a>>,
    /// What the change brings and somebody said yes to.
    pub(super) approved: Vec<FindingGroup<'a>>,
    /// What is only kept in the evidence.
    pub(super) recorded: Vec<FindingGroup<'a>>,
    /// What was there before.
    pub(super) existing: Vec<FindingGroup<'a>>,
    /// What the change resolves.
    pub(super) resolved: Vec<FindingGroup<'a>>,
    /// What the change brings along with a wider duty, which speaks for it.
    pub(super) implied: Vec<FindingGroup<'a>>,
}

impl<'a> Sorted<'a> {
    /// Sorts the findings of a report.
    pub(super) fn of(report: &'a CheckReport) -> Self {
        let (own, implied) = part_implied(&report.findings);
        let pick = |wanted: fn(&FindingReport) -> bool| -> Vec<FindingGroup<'a>> {
            group(own.iter().copied().filter(|finding| wanted(finding)))
        };
        Self {
            blocking: pick(|finding| finding.decision.blocks),
            warnings: pick(|finding| {
                finding.state != State::Resolved
                    && !finding.decision.blocks
                    && finding.decision.enforcement == Enforcement::Warn
                    && !tolerated(finding)
            }),
            approved: pick(|finding| finding.state == State::Introduced && tolerated(finding)),
            recorded: pick(|finding| {
                !matches!(finding.state, State::Existing | State::Resolved)
                    && !finding.decision.blocks
                    && finding.decision.enforcement == Enforcement::Record
                    && !tolerated(finding)
            }),
            existing: pick(|finding| {
                finding.state == State::Existing
                    && !finding.decision.blocks
                    && finding.decision.enforcement != Enforcement::Warn
            }),
            resolved: pick(|finding| finding.state == State::Resolved && !finding.decision.blocks),
            implied: group(implied.iter().copied().filter(|finding| finding.state == State::Introduced)),
        }
    }
}

/// How many findings groups stand for.
pub(super) fn total(groups: &[FindingGroup<'_>]) -> usize {
    groups.iter().map(FindingGroup::len).sum()
}

/// Whether the change brings a finding that somebody said yes to: by a record, or in review.
pub(super) fn tolerated(finding: &FindingReport) -> bool {
    let decision = &finding.decision;
    !decision.blocks && !decision.lapsed && (decision.record.is_some() || decision.enforcement >= Enforcement::Approve)
}

/// What could not be told, by reason; what the change brings first.
pub(super) type Reasons<'a> = BTreeMap<(bool, Gap, &'a str, &'a str), Vec<&'a UnresolvedReport>>;

/// Gathers what could not be told.
pub(super) fn reasons(report: &CheckReport) -> Reasons<'_> {
    let mut reasons = Reasons::new();
    for found in &report.unresolved {
        reasons.entry((found.existing, found.gap, &found.reason, &found.consequence)).or_default().push(found);
    }
    reasons
}

/// What could not be told and no finding says: a definition that the change breaks is a finding already.
pub(super) fn not_told(report: &CheckReport) -> impl Iterator<Item = &UnresolvedReport> {
    let said: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.subject.kind == SubjectKind::Document && finding.decision.blocks)
        .filter_map(|finding| Some(&*primary(finding)?.file))
        .collect();
    let is_said = move |found: &UnresolvedReport| {
        found.gap == Gap::Broken && !found.existing && found.file.as_deref().is_some_and(|file| said.contains(file))
    };
    report.unresolved.iter().filter(move |found| !is_said(found))
}

/// Which places to show: everything the change adds and each other leg where it is conferred. The rest of the way is in
/// the path.
pub(super) fn places(finding: &FindingReport) -> Vec<&LocationReport> {
    let mut shown: Vec<&LocationReport> =
        finding.locations.iter().filter(|place| place.added || place.role == LocationRole::Primary).collect();
    for leg in &finding.path {
        if !shown.iter().any(|place| is_on(leg, place)) {
            shown.extend(finding.locations.iter().rfind(|place| is_on(leg, place)));
        }
    }
    if finding.path.is_empty() {
        shown.extend(finding.locations.iter().filter(|place| place.role == LocationRole::Related && !place.added));
    }
    shown.truncate(PLACES);
    shown
}

/// Whether the way to a duty goes through a place.
fn is_on(leg: &LegReport, place: &LocationReport) -> bool {
    leg.steps.iter().any(|step| is_at(step, place))
}

fn is_at(step: &StepReport, place: &LocationReport) -> bool {
    step.file.as_ref() == Some(&place.file) && (step.line, step.column) == (place.line, place.column)
}

/// Whether the change adds something on the way to a duty.
pub(super) fn is_added(finding: &FindingReport, leg: &LegReport) -> bool {
    leg.steps.iter().any(|step| is_step_added(finding, step))
}

/// Whether the change adds a step.
pub(super) fn is_step_added(finding: &FindingReport, step: &StepReport) -> bool {
    finding.locations.iter().any(|place| place.added && is_at(step, place))
}

/// Where a finding is in head: what the change adds, else where it is declared.
pub(super) fn primary(finding: &FindingReport) -> Option<&LocationReport> {
    finding.locations.iter().find(|place| place.side == Side::Head)
}

/// A file and line for people.
pub(super) fn at(file: &str, line: Option<u32>) -> String {
    match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    }
}
