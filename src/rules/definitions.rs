//! What several rulesets say together: the duties and conflicts in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use super::builtin;
use super::error::{RuleError, RuleFile};
use super::escalation::Escalation;
use super::ruleset::{Conflict, Duty, Ruleset};
use crate::syntax::{Span, nearest};

/// A definition with the ruleset that it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Defined<T> {
    /// The definition.
    pub value: T,
    /// The ruleset's id.
    pub ruleset: Arc<str>,
}

/// The duties, conflicts and escalations in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definitions {
    /// Duties by id.
    pub duties: BTreeMap<String, Defined<Duty>>,
    /// Conflicts by id.
    pub conflicts: BTreeMap<String, Defined<Conflict>>,
    /// Escalations by id.
    pub escalations: BTreeMap<String, Defined<Escalation>>,
}

#[cfg(test)]
impl Definitions {
    /// What one ruleset adds, over no other one.
    pub(crate) fn of(text: &str) -> Self {
        let node = crate::syntax::parse(text.as_bytes()).unwrap().remove(0);
        let ruleset: Ruleset = crate::syntax::decode(&node).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        lay_all(&[(RuleFile { path: "test".into(), bytes: text.as_bytes().into() }, Arc::new(ruleset))])
    }
}

/// Lays rulesets over each other in order.
///
/// # Errors
/// Every contradiction: a known id added, an unknown one overridden or disabled, a duty that is named and not
/// defined, duties that include each other, a privileged duty without a severity.
pub(super) fn merge(rulesets: &[(RuleFile, Arc<Ruleset>)]) -> Result<Arc<Definitions>, Vec<RuleError>> {
    let built_in = &builtin::READ.rulesets;
    let is_of = |(own, other): (&(RuleFile, Arc<Ruleset>), &(RuleFile, Arc<Ruleset>))| Arc::ptr_eq(&own.1, &other.1);
    if rulesets.len() == built_in.len() && rulesets.iter().zip(built_in).all(is_of) {
        return BUILT_IN.clone();
    }
    merged(rulesets).map(Arc::new)
}

/// The definitions of the rulesets that ship with the binary. They are the same in every run, so that a process joins them
/// once.
static BUILT_IN: LazyLock<Result<Arc<Definitions>, Vec<RuleError>>> =
    LazyLock::new(|| merged(&builtin::READ.rulesets).map(Arc::new));

/// Whether these are the definitions that ship with the binary, shared and not a copy.
#[must_use]
pub fn are_built_in(definitions: &Arc<Definitions>) -> bool {
    BUILT_IN.as_ref().is_ok_and(|own| Arc::ptr_eq(own, definitions))
}

fn merged(rulesets: &[(RuleFile, Arc<Ruleset>)]) -> Result<Definitions, Vec<RuleError>> {
    let mut all = Definitions::default();
    let mut errors = Vec::new();
    for (file, ruleset) in rulesets {
        lay(&mut all, file, ruleset, &mut errors);
    }
    for (file, ruleset) in rulesets {
        check(&all, file, ruleset, &mut errors);
        check_escalations(file, ruleset, &mut errors);
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

/// What rulesets say over each other, whatever is wrong with them.
pub(super) fn lay_all(rulesets: &[(RuleFile, Arc<Ruleset>)]) -> Definitions {
    let mut all = Definitions::default();
    for (file, ruleset) in rulesets {
        lay(&mut all, file, ruleset, &mut Vec::new());
    }
    all
}

fn lay(all: &mut Definitions, file: &RuleFile, ruleset: &Ruleset, errors: &mut Vec<RuleError>) {
    let from: Arc<str> = ruleset.metadata.id.as_str().into();
    let own = from.starts_with("cs-");
    for (id, duty) in &ruleset.add.duties {
        if all.duties.contains_key(id) {
            errors.push(already(file, duty.span, "duty", id));
        } else {
            reserved(file, duty.span, id, own, errors);
            all.duties.insert(id.clone(), Defined { value: duty.value.clone(), ruleset: Arc::clone(&from) });
        }
    }
    for (id, conflict) in &ruleset.add.conflicts {
        if all.conflicts.contains_key(id) {
            errors.push(already(file, conflict.span, "conflict", id));
        } else {
            reserved(file, conflict.span, id, own, errors);
            all.conflicts.insert(id.clone(), Defined { value: conflict.value.clone(), ruleset: Arc::clone(&from) });
        }
    }
    for (id, escalation) in &ruleset.add.escalations {
        if all.escalations.contains_key(id) {
            errors.push(already(file, escalation.span, "escalation", id).with_help(
                "to change it, disable it and add one of your own; `countersign ruleset list --escalations` names them all",
            ));
        } else {
            reserved(file, escalation.span, id, own, errors);
            let defined = Defined { value: escalation.value.clone(), ruleset: Arc::clone(&from) };
            all.escalations.insert(id.clone(), defined);
        }
    }
    for (id, change) in &ruleset.overrides.duties {
        match all.duties.get_mut(id) {
            None => errors.push(unknown(file, change.span, "duty", id, all.duties.keys())),
            Some(duty) => {
                let duty = &mut duty.value;
                replace(&mut duty.title, change.title.as_ref());
                replace(&mut duty.process, change.process.as_ref());
                replace(&mut duty.description, change.description.as_ref());
                replace(&mut duty.privileged, change.privileged.as_ref());
                replace(&mut duty.includes, change.includes.as_ref());
                replace(&mut duty.any_duty, change.any_duty.as_ref());
                duty.severity = change.severity.or(duty.severity);
                duty.scope = change.scope.clone().or(duty.scope.take());
                duty.bindings.extend(change.bindings.clone());
            }
        }
    }
    for (id, change) in &ruleset.overrides.conflicts {
        match all.conflicts.get_mut(id) {
            None => errors.push(unknown(file, change.span, "conflict", id, all.conflicts.keys())),
            Some(conflict) => {
                let conflict = &mut conflict.value;
                replace(&mut conflict.title, change.title.as_ref());
                replace(&mut conflict.duties, change.duties.as_ref());
                replace(&mut conflict.accounts, change.accounts.as_ref());
                replace(&mut conflict.severity, change.severity.as_ref());
                replace(&mut conflict.scope, change.scope.as_ref());
                replace(&mut conflict.risk, change.risk.as_ref());
                replace(&mut conflict.owner, change.owner.as_ref());
                conflict.at_least = change.at_least.or(conflict.at_least);
            }
        }
    }
    for id in &ruleset.disable.duties {
        if all.duties.remove(id.as_str()).is_none() {
            errors.push(unknown(file, id.span, "duty", id, all.duties.keys()));
            continue;
        }
        // What stands on a disabled duty goes with it; an any-duty list simply gets shorter.
        all.conflicts.retain(|_, conflict| conflict.value.duties.iter().all(|duty| duty.value != id.value));
        for duty in all.duties.values_mut() {
            duty.value.includes.retain(|included| included.value != id.value);
            duty.value.any_duty.retain(|conferring| conferring.value != id.value);
        }
    }
    for id in &ruleset.disable.escalations {
        if all.escalations.remove(id.as_str()).is_none() {
            errors.push(unknown(file, id.span, "escalation", id, all.escalations.keys()));
        }
    }
    for id in &ruleset.disable.conflicts {
        if all.conflicts.remove(id.as_str()).is_none() {
            errors.push(unknown(file, id.span, "conflict", id, all.conflicts.keys()));
        }
    }
}

fn replace<T: Clone>(field: &mut T, change: Option<&T>) {
    if let Some(change) = change {
        *field = change.clone();
    }
}

fn reserved(file: &RuleFile, span: Span, id: &str, own: bool, errors: &mut Vec<RuleError>) {
    if !own && id.to_ascii_uppercase().starts_with("CS-") {
        errors.push(
            file.error(span, format!("the id `{id}` begins with `CS-`, which is reserved"))
                .with_help("choose a prefix of your own"),
        );
    }
}

fn already(file: &RuleFile, span: Span, what: &str, id: &str) -> RuleError {
    file.error(span, format!("the {what} `{id}` is already defined"))
        .with_help("to change it, write it under `override:`; `countersign ruleset show` lists what is defined")
}

fn unknown<'a>(
    file: &RuleFile,
    span: Span,
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a String>,
) -> RuleError {
    let error = file.error(span, format!("there is no {what} `{id}`"));
    match nearest(id, known.map(String::as_str)) {
        Some(near) => error.with_help(format!("did you mean `{near}`?")),
        None => error.with_help("`countersign ruleset list` names them all"),
    }
}

/// References between definitions, reported where this file makes them.
fn check(all: &Definitions, file: &RuleFile, ruleset: &Ruleset, errors: &mut Vec<RuleError>) {
    let disabled: BTreeSet<&str> = ruleset.disable.duties.iter().map(|id| id.as_str()).collect();
    for (id, duty) in &ruleset.add.duties {
        let Some(current) = all.duties.get(id) else { continue };
        for named in current.value.includes.iter().chain(&current.value.any_duty) {
            if !all.duties.contains_key(named.as_str()) && !disabled.contains(named.as_str()) {
                errors.push(unknown(file, named.span, "duty", named, all.duties.keys()));
            }
        }
        if current.value.privileged && current.value.severity.is_none() {
            errors.push(file.error(duty.span, format!("the privileged duty `{id}` has no severity")));
        }
        if reaches_itself(all, id) {
            errors.push(file.error(duty.span, format!("the duty `{id}` includes itself through others")));
        }
    }
    for (id, conflict) in &ruleset.add.conflicts {
        let Some(current) = all.conflicts.get(id) else { continue };
        for duty in &current.value.duties {
            if !all.duties.contains_key(duty.as_str()) {
                errors.push(unknown(file, duty.span, "duty", duty, all.duties.keys()));
            }
        }
        let count = current.value.duties.len();
        if count < 2 || current.value.at_least.is_some_and(|k| k < 2 || k > count) {
            errors.push(file.error(
                conflict.span,
                format!("the conflict `{id}` needs two duties or more, and `at_least` between 2 and their number"),
            ));
        }
        if current.value.scope.dimension.is_none() && current.value.scope.dimensions.is_empty() {
            errors.push(file.error(conflict.span, format!("the conflict `{id}` names no dimension to meet on")));
        }
    }
}

/// What is wrong with an escalation by itself is told where it stands.
fn check_escalations(file: &RuleFile, ruleset: &Ruleset, errors: &mut Vec<RuleError>) {
    for (id, escalation) in &ruleset.add.escalations {
        if let Some(fault) = escalation.value.fault() {
            errors.push(file.error(escalation.span, format!("the escalation `{id}` {fault}")));
        }
    }
}

fn reaches_itself(all: &Definitions, id: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(at) = open.pop() {
        let Some(duty) = all.duties.get(at) else { continue };
        for included in &duty.value.includes {
            if included.value == id {
                return true;
            }
            if seen.insert(included.as_str()) {
                open.push(included.as_str());
            }
        }
    }
    false
}
