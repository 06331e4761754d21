//! What the gate does with findings: compared as it would resolve for each conflict, policy and severity.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::{Config, Day, EnforcedBy, EnforcedOn, Enforcement, Severity, day};

/// The policies that state conflicts.
const OF_CONFLICTS: [&str; 2] = ["CS-SOD-001", "CS-SOD-002"];
const SEVERITIES: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

/// The entry that decides, from the most specific.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Entry<'a> {
    Conflict(&'a str),
    Policy(&'a str),
    Severity(Severity),
}

/// What a configuration asks for at an instant, and which entry says so.
fn at<'a>(config: &'a Config, on: EnforcedOn<'a>, instant: i64) -> (Enforcement, Entry<'a>) {
    let enforced = config.enforcement.decide(on, instant);
    let entry = match enforced.by {
        EnforcedBy::Conflict(id) => Entry::Conflict(id),
        EnforcedBy::Policy(id) => Entry::Policy(id),
        EnforcedBy::Approval | EnforcedBy::Indirect => Entry::Policy(on.policy),
        EnforcedBy::Severity(severity) | EnforcedBy::Default(severity) => Entry::Severity(severity),
    };
    (enforced.enforcement, entry)
}

/// Enforcement that is lower or higher, now or at any later step.
pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.config, &sides.head.config);
    let now = sides.task.as_of;
    let mut instants = BTreeSet::from([now]);
    let days = base.enforcement.days().chain(head.enforcement.days());
    instants.extend(days.map(Day::starts).filter(|step| *step > now));
    let conflicts = &sides.base.definitions.conflicts;
    let mut cases: Vec<EnforcedOn<'_>> = Vec::new();
    // A severity that the change gives is its own effect, so both are asked about the target's.
    for (id, conflict) in conflicts.iter().filter(|(id, _)| sides.head.definitions.conflicts.contains_key(*id)) {
        let severity = conflict.value.severity;
        cases.extend(OF_CONFLICTS.map(|policy| EnforcedOn { conflict: Some(id), policy, severity }));
    }
    for policy in &sides.task.bundle.policies {
        if OF_CONFLICTS.contains(&&*policy.id) {
            continue;
        }
        let own = policy.metadata.custom.severity;
        // A policy may give each finding a severity; which ones is not known beforehand.
        let gives = policy.file.bytes.windows(10).any(|bytes| bytes == b"\"severity\"");
        cases.extend(SEVERITIES.into_iter().filter(|severity| gives || *severity == own).map(|severity| EnforcedOn {
            conflict: None,
            policy: &policy.id,
            severity,
        }));
    }
    let mut changed: BTreeMap<(Entry<'_>, Enforcement, Enforcement, i64), usize> = BTreeMap::new();
    for case in cases {
        // The first instant at which they differ stands for the later ones.
        for instant in &instants {
            let ((before, by), (after, now_by)) = (at(base, case, *instant), at(head, case, *instant));
            if before != after {
                *changed.entry((by.min(now_by), before, after, *instant)).or_default() += 1;
                break;
            }
        }
    }
    changed
        .into_iter()
        .map(|((entry, before, after, instant), count)| {
            let lower = after < before;
            let weight = if lower { Weight::Weakens } else { Weight::Tightens };
            let kind = if lower { EffectKind::EnforcementLowered } else { EffectKind::EnforcementRaised };
            let (what, place) = match &entry {
                Entry::Conflict(id) => ((*id).to_owned(), ["conflicts", *id]),
                Entry::Policy(id) => ((*id).to_owned(), ["policies", *id]),
                Entry::Severity(severity) => {
                    let of = if count == 1 { "one rule".to_owned() } else { format!("{count} rules") };
                    (format!("{severity} findings ({of})"), ["severities", severity.as_str()])
                }
            };
            let from = if instant == now { String::new() } else { format!(" from {}", day(instant)) };
            let text = format!("{what} would {} instead of {}{from}", words(after), words(before),);
            let concerns = sides.concerns(|flip| match &entry {
                Entry::Conflict(id) => flip.about.iter().any(|about| **about == **id),
                Entry::Policy(id) => *flip.policy == **id,
                Entry::Severity(severity) => flip.severity == *severity,
            });
            Effect::new(weight, kind, text)
                .at(sides.in_config(&["enforcement", place[0], place[1]]))
                .concerning(lower && concerns)
        })
        .collect()
}

/// What is done, as the end of "would …".
fn words(enforcement: Enforcement) -> &'static str {
    match enforcement {
        Enforcement::Record => "only be recorded",
        Enforcement::Warn => "warn",
        Enforcement::Approve => "need an approval",
        Enforcement::Block => "block",
    }
}
