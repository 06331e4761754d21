//! From what the gate found to the document.

use super::super::build::instant;
use super::super::check::{StepReport, Tool, UnresolvedReport};
use super::super::positions::{Positions, Wanted};
use super::super::run::RunInfo;
use super::{
    AccountDiff, BecauseDiff, ConflictDiff, DIFF_SCHEMA, DiffOutcome, DiffReport, DutyDiff, EscalationDiff, LegDiff,
    PartDiff, PermissionDiff, PermissionReport, RulesDiff, ShiftKind,
};
use crate::access::Place;
use crate::duties::{Part, Respect, Shift};
use crate::facts::scope::{Dimension, Scope};
use crate::gate::{AccessChange, Because, Permission, Side, Step, Texts, Way};

impl DiffReport {
    /// Makes the document. `as_of` is the instant for which both trees were read.
    #[must_use]
    pub fn new(change: &AccessChange, info: &RunInfo, as_of: i64, texts: &dyn Texts) -> Self {
        let places = Places::of(change, texts);
        let known = change.duties.is_empty()
            && change.conflicts.is_empty()
            && change.escalations.is_empty()
            && change.permissions.is_empty()
            && change.beside.is_empty();
        let outcome = match (known, change.not_told.is_empty()) {
            (false, _) => DiffOutcome::Changed,
            (true, true) => DiffOutcome::Unchanged,
            (true, false) => DiffOutcome::Unknown,
        };
        Self {
            schema: DIFF_SCHEMA,
            tool: Tool { name: "countersign", version: info.version.clone() },
            as_of: instant(as_of),
            base: info.base.clone().unwrap_or_default(),
            head: info.head.clone(),
            merge: info.merge.clone(),
            outcome,
            counted: change.counted,
            duties: duties(change, &places),
            conflicts: conflicts(change, &places),
            escalations: escalations(change, &places),
            permissions: permissions(change, &places),
            accounts: accounts(change, &places),
            not_told: not_told(change, &places),
            told_now: change.told_now,
            rules: RulesDiff {
                rules: change.rules.rules.clone(),
                records: change.rules.records.clone(),
                systems: change.rules.systems.clone(),
            },
        }
    }
}

/// Where everything is, in lines.
struct Places<'a>(Positions<'a>);

impl<'a> Places<'a> {
    fn of(change: &'a AccessChange, texts: &dyn Texts) -> Self {
        let mut wanted = Wanted::default();
        let mut add = |place: Option<&'a (Side, Place)>| {
            if let Some((side, place)) = place {
                wanted.add(*side, place);
            }
        };
        let legs = change.conflicts.iter().flat_map(|own| &own.legs).map(|(_, _, way)| way);
        for way in change.duties.iter().map(|own| &own.way).chain(legs) {
            way.steps.iter().for_each(|step| add(step.place.as_ref()));
            add(way.because.as_ref().and_then(|because| because.place.as_ref()));
        }
        change.escalations.iter().flat_map(|own| &own.steps).for_each(|step| add(step.place.as_ref()));
        let permissions = change.permissions.iter().flat_map(|own| own.gained.iter().chain(&own.lost));
        permissions.for_each(|own| add(own.place.as_ref()));
        change.beside.iter().for_each(|own| add(own.place.as_ref()));
        for place in change.not_told.iter().filter_map(|own| own.place.as_ref()) {
            wanted.add(Side::Head, place);
        }
        Self(wanted.find(texts))
    }

    fn step(&self, text: &str, place: Option<&(Side, Place)>) -> StepReport {
        let start = place.and_then(|(side, place)| self.0.range(*side, place)).map(|range| range.start);
        StepReport {
            text: text.to_owned(),
            side: place.map(|(side, _)| *side),
            file: place.map(|(_, place)| place.file.to_string()),
            line: start.map(|start| start.line),
            column: start.map(|start| start.column),
        }
    }

    fn steps(&self, steps: &[Step]) -> Vec<StepReport> {
        steps.iter().map(|step| self.step(&step.text, step.place.as_ref())).collect()
    }

    fn because(&self, way: &Way) -> Option<BecauseDiff> {
        let Because { text, place, alike } = way.because.as_ref()?;
        Some(BecauseDiff { step: self.step(text, place.as_ref()), alike: alike.clone() })
    }
}

fn shift(of: &Shift) -> (ShiftKind, std::collections::BTreeSet<Respect>) {
    match of {
        Shift::Gained => (ShiftKind::Gained, Default::default()),
        Shift::Lost => (ShiftKind::Lost, Default::default()),
        Shift::Changed(respects) => (ShiftKind::Changed, respects.clone()),
    }
}

/// A scope without the system, which is said beside it.
fn lists(scope: &Scope) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut lists = scope.lists();
    lists.remove(&*Dimension::system().0);
    lists
}

fn parts(all: &[Part]) -> Vec<PartDiff> {
    let part = |part: &Part| PartDiff {
        scope: lists(&part.scope),
        held: part.certainty,
        conditions: part.conditions.iter().map(ToString::to_string).collect(),
        from: part.validity.from.map(instant),
        until: part.validity.until.map(instant),
    };
    let mut all: Vec<PartDiff> = all.iter().map(part).collect();
    all.sort();
    all.dedup();
    all
}

fn duties(change: &AccessChange, places: &Places<'_>) -> Vec<DutyDiff> {
    let duty = |own: &crate::gate::DutyChange| {
        let (change, respects) = shift(&own.shift);
        DutyDiff {
            principal: own.who.clone(),
            kind: own.kind,
            change,
            respects,
            duty: own.duty.to_string(),
            title: own.title.to_string(),
            privileged: own.privileged,
            system: own.system.to_string(),
            before: parts(&own.before),
            after: parts(&own.after),
            along: own.along.as_ref().map(ToString::to_string),
            because: places.because(&own.way),
            path: places.steps(&own.way.steps),
        }
    };
    change.duties.iter().map(duty).collect()
}

fn conflicts(change: &AccessChange, places: &Places<'_>) -> Vec<ConflictDiff> {
    let conflict = |own: &crate::gate::ConflictChange| {
        let (change, respects) = shift(&own.shift);
        let leg = |(duty, title, way): &(crate::facts::Text, crate::facts::Text, Way)| LegDiff {
            duty: duty.to_string(),
            title: title.to_string(),
            because: places.because(way),
            path: places.steps(&way.steps),
        };
        ConflictDiff {
            principal: own.who.clone(),
            kind: own.kind,
            change,
            respects,
            conflict: own.conflict.to_string(),
            title: own.title.to_string(),
            severity: own.severity,
            systems: own.systems.iter().map(ToString::to_string).collect(),
            before: parts(&own.before),
            after: parts(&own.after),
            along: own.along.as_ref().map(ToString::to_string),
            legs: own.legs.iter().map(leg).collect(),
        }
    };
    change.conflicts.iter().map(conflict).collect()
}

fn escalations(change: &AccessChange, places: &Places<'_>) -> Vec<EscalationDiff> {
    let escalation = |own: &crate::gate::EscalationChange| {
        let (change, respects) = shift(&own.shift);
        EscalationDiff {
            principal: own.who.clone(),
            kind: own.kind,
            change,
            respects,
            system: own.system.to_string(),
            before: parts(&own.before),
            after: parts(&own.after),
            unknowns: own.unknowns.iter().map(ToString::to_string).collect(),
            path: places.steps(&own.steps),
        }
    };
    change.escalations.iter().map(escalation).collect()
}

fn permissions(change: &AccessChange, places: &Places<'_>) -> Vec<PermissionDiff> {
    let all = |own: &[Permission]| -> Vec<PermissionReport> {
        let permission = |own: &Permission| PermissionReport {
            system: own.system.to_string(),
            unknown: own.unknown,
            step: places.step(&own.text, own.place.as_ref()),
        };
        own.iter().map(permission).collect()
    };
    let of = |own: &crate::gate::PermissionChange| PermissionDiff {
        principal: own.who.clone(),
        kind: own.kind,
        gained: all(&own.gained),
        lost: all(&own.lost),
    };
    change.permissions.iter().map(of).collect()
}

fn accounts(change: &AccessChange, places: &Places<'_>) -> Vec<AccountDiff> {
    let account = |own: &crate::gate::BesideChange| {
        let step = places.step("", own.place.as_ref());
        AccountDiff {
            what: own.kind,
            change: if own.gained { ShiftKind::Gained } else { ShiftKind::Lost },
            who: own.who.clone(),
            of: own.what.clone(),
            side: step.side,
            file: step.file,
            line: step.line,
        }
    };
    change.beside.iter().map(account).collect()
}

fn not_told(change: &AccessChange, places: &Places<'_>) -> Vec<UnresolvedReport> {
    let found = |own: &crate::gate::NotTold| {
        let start = own.place.as_ref().and_then(|place| places.0.range(Side::Head, place)).map(|range| range.start);
        UnresolvedReport {
            gap: own.gap,
            reason: own.reason.clone(),
            consequence: own.consequence.clone(),
            file: own.place.as_ref().map(|place| place.file.to_string()),
            line: start.map(|start| start.line),
            existing: false,
        }
    };
    change.not_told.iter().map(found).collect()
}
