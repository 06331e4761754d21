//! What a conflict, a duty or an escalation means.

use super::super::ruleset::{conflict_lines, duty_lines, escalation_lines};
use super::policy::{answering, enforced, serves, unblock};
use super::{Asked, empty, next};
use crate::output::{ExplainReport, ExplainedKind, ServedReport};
use crate::policy::Scope;
use crate::rules::{Conflict, ConflictKind, Defined, Duty, Enforcement, Escalation, Severity};

/// The policies that find what a definition says.
const CONFLICTS: &str = "CS-SOD-001";
const PRIVILEGED: &str = "CS-GRANT-001";
const ESCALATIONS: &str = "CS-GRANT-002";

pub(super) fn of(id: &str, asked: &Asked<'_>) -> Option<ExplainReport> {
    let definitions = &asked.rules.definitions;
    if let Some(own) = definitions.conflicts.get(id) {
        return Some(conflict(id, own, asked));
    }
    if let Some(own) = definitions.duties.get(id) {
        return Some(duty(id, own, asked));
    }
    definitions.escalations.get(id).map(|own| escalation(id, own, asked))
}

fn served(policy: &str, asked: &Asked<'_>) -> Vec<ServedReport> {
    asked.bundle.find(policy).map(|policy| serves(policy, asked)).unwrap_or_default()
}

fn conflict(id: &str, own: &Defined<Conflict>, asked: &Asked<'_>) -> ExplainReport {
    let conflict = &own.value;
    let mut meaning =
        vec![conflict.risk.clone(), format!("{} owns the risk; ruleset {}.", conflict.owner, own.ruleset)];
    let is_static = conflict.kind == ConflictKind::Static;
    let enforcement = is_static.then(|| enforced(Some(id), CONFLICTS, conflict.severity, asked));
    let adopted = asked.rules.rulesets.iter().find(|ruleset| ruleset.id == own.ruleset).map(|ruleset| &ruleset.owner);
    if enforcement.is_some_and(|enforcement| enforcement >= Enforcement::Approve) && adopted == Some(&None) {
        meaning.push(format!(
            "Over the names of an ERP system it only warns until a named owner adopts the ruleset: `rulesets: [{{id: {}, \
             owner: person:WHO}}]` in countersign.yaml.",
            own.ruleset
        ));
    }
    let mut commands: Vec<_> = conflict
        .duties
        .iter()
        .map(|duty| next(format!("countersign who-can {}", duty.value), "who holds one side:"))
        .collect();
    if let Some(enforcement) = enforcement {
        commands.extend(answering(CONFLICTS, Scope::Principal, enforcement, Some(id)));
        commands.push(next(format!("countersign explain {CONFLICTS}"), "the policy that finds it, with examples:"));
    }
    let fix = if is_static {
        "Take away the grant of one side, or narrow its scope so that the sides no longer meet. Where one role gives \
         both, split the role."
    } else {
        "Nothing is found of it from declared access: watch who did both to the same object in the system itself."
    };
    let unblocked = enforcement
        .map(|enforcement| unblock(CONFLICTS, Scope::Principal, conflict.severity, enforcement, &[id], asked));
    ExplainReport {
        severity: Some(conflict.severity),
        enforcement,
        meaning,
        rests_on: conflict_lines(conflict, &asked.rules.definitions),
        fix: vec![fix.to_owned()],
        unblock: unblocked.unwrap_or_default(),
        next: commands,
        serves: served(CONFLICTS, asked),
        ..empty(ExplainedKind::Conflict, id, &conflict.title, asked.version)
    }
}

fn duty(id: &str, own: &Defined<Duty>, asked: &Asked<'_>) -> ExplainReport {
    let duty = &own.value;
    let mut meaning = vec![duty.description.clone(), format!("Process {}; ruleset {}.", duty.process, own.ruleset)];
    meaning.retain(|text| !text.is_empty());
    let severity = duty.severity.filter(|_| duty.privileged);
    let enforcement = severity.map(|severity| enforced(None, PRIVILEGED, severity, asked));
    if duty.privileged {
        meaning.push("It is privileged: holding it needs an approval by itself.".to_owned());
    }
    let mut commands = vec![next(format!("countersign who-can {id}"), "who holds it, by which path:")];
    if duty.privileged {
        commands.push(next(
            format!(
                "countersign approval new {PRIVILEGED} --subject SUBJECT --duty {id} --approver person:WHO --reason WHY"
            ),
            "have a grant of it approved:",
        ));
        commands.push(next(format!("countersign explain {PRIVILEGED}"), "the policy that finds it, with examples:"));
    }
    let fix = if duty.privileged {
        "Grant something narrower that does not confer it, or have the grant approved."
    } else {
        "Nothing: it matters where it meets another duty in a conflict."
    };
    let unblocked = severity
        .zip(enforcement)
        .map(|(severity, enforcement)| unblock(PRIVILEGED, Scope::Principal, severity, enforcement, &[id], asked));
    ExplainReport {
        severity,
        enforcement,
        meaning,
        rests_on: duty_lines(id, duty, &asked.rules.definitions),
        fix: vec![fix.to_owned()],
        unblock: unblocked.unwrap_or_default(),
        next: commands,
        serves: if duty.privileged { served(PRIVILEGED, asked) } else { Vec::new() },
        ..empty(ExplainedKind::Duty, id, &duty.title, asked.version)
    }
}

fn escalation(id: &str, own: &Defined<Escalation>, asked: &Asked<'_>) -> ExplainReport {
    let severity = asked.bundle.find(ESCALATIONS).map_or(Severity::Critical, |policy| policy.metadata.custom.severity);
    let enforcement = enforced(None, ESCALATIONS, severity, asked);
    let mut commands =
        vec![next(format!("countersign explain {ESCALATIONS}"), "the policy that finds it, with examples:")];
    commands.extend(answering(ESCALATIONS, Scope::Principal, enforcement, None));
    ExplainReport {
        severity: Some(severity),
        enforcement: Some(enforcement),
        meaning: vec![
            format!(
                "Whoever holds all of this in a system of the type {} and does not administer it could come to.",
                own.value.system
            ),
            format!("Ruleset {}; {}.", own.ruleset, own.value.origin),
        ],
        rests_on: escalation_lines(&own.value),
        fix: vec!["Take away one of the permissions, or limit it to resources that lead nowhere.".to_owned()],
        unblock: unblock(ESCALATIONS, Scope::Principal, severity, enforcement, &[], asked),
        next: commands,
        serves: served(ESCALATIONS, asked),
        ..empty(ExplainedKind::Escalation, id, &own.value.title, asked.version)
    }
}
