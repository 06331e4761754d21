//! Duties and conflicts under rules that bind: what those define, and what ships with the binary, may be found more often
//! and weigh more, and never less.
//!
//! | field | of what binds |
//! |---|---|
//! | a whole duty, conflict or escalation | stays: it is not disabled |
//! | `title`, `process`, `description`, `risk`, `owner` | may change: they are words for people |
//! | a duty's `privileged` | stays, once true |
//! | `severity` | may rise |
//! | a duty's `scope` | stays, once given |
//! | a duty's `includes`, `any_duty`, and the alternatives of a binding | may be joined by others |
//! | a conflict's `duties` and `at_least` | other duties may join, as long as no more of them are needed together |
//! | a conflict's `accounts` | stays `any`, once it is |
//! | a conflict's `scope` | dimensions may fall away, except the last: the fewer have to meet |

use std::collections::BTreeSet;
use std::sync::Arc;

use super::place;
use crate::rules::definitions::{Definitions, lay_all};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::meaning::requirement;
use crate::rules::ruleset::{Conflict, ConflictAccounts, ConflictScope, Duty, Requirement, Ruleset};
use crate::syntax::Spanned;

/// What to do instead of disabling.
const TOLERATED: &str = "a single finding is tolerated by an exception: `countersign exception new --help`; what it is made \
                         of is changed where it is defined";

/// Everything by which the rulesets from `bound` on make less of what the ones before define.
pub(in crate::rules) fn hold(rulesets: &[(RuleFile, Arc<Ruleset>)], bound: usize, errors: &mut Vec<RuleError>) {
    let (below, own) = rulesets.split_at(bound.min(rulesets.len()));
    if own.is_empty() {
        return;
    }
    let (before, after) = (lay_all(below), lay_all(rulesets));
    let hold = Hold { own, after: &after };
    for (id, duty) in &before.duties {
        match after.duties.get(id) {
            None => errors.extend(hold.disabled("duty", id)),
            Some(now) => hold.duty(id, &duty.value, &now.value, errors),
        }
    }
    for id in before.escalations.keys() {
        // One that is disabled and added anew is another one.
        errors.extend(hold.disabled("escalation", id));
    }
    for (id, conflict) in &before.conflicts {
        match after.conflicts.get(id) {
            None => errors.extend(hold.disabled("conflict", id).or_else(|| hold.gone(id, &conflict.value))),
            Some(now) => hold.conflict(id, &conflict.value, &now.value, errors),
        }
    }
}

struct Hold<'a> {
    own: &'a [(RuleFile, Arc<Ruleset>)],
    after: &'a Definitions,
}

impl Hold<'_> {
    /// What is disabled, where that is written.
    fn disabled(&self, what: &str, id: &str) -> Option<RuleError> {
        let (file, name) = self.own.iter().rev().find_map(|(file, ruleset)| {
            let ids = match what {
                "duty" => &ruleset.disable.duties,
                "escalation" => &ruleset.disable.escalations,
                _ => &ruleset.disable.conflicts,
            };
            Some((file, ids.iter().find(|name| name.as_str() == id)?))
        })?;
        let message = format!("the {what} `{id}` stands in the rules that these extend, and is not disabled here");
        Some(file.error(name.span, message).with_help(TOLERATED))
    }

    /// A conflict that went with a duty: with one that was added to it here, since of the others that is told.
    fn gone(&self, id: &str, conflict: &Conflict) -> Option<RuleError> {
        if conflict.duties.iter().any(|duty| !self.after.duties.contains_key(duty.as_str())) {
            return None;
        }
        let (file, name) =
            self.own.iter().rev().find_map(|(file, ruleset)| Some((file, ruleset.disable.duties.last()?)))?;
        let message = format!("the conflict `{id}` stands in the rules that these extend, and would go with this duty");
        Some(file.error(name.span, message).with_help(TOLERATED))
    }

    /// An error at a field of the last override of a duty or conflict.
    fn error(&self, what: &str, id: &str, field: &str, message: String) -> Option<RuleError> {
        let written = self.own.iter().rev().filter_map(|(file, ruleset)| {
            let there = match what {
                "duties" => ruleset.overrides.duties.contains_key(id),
                _ => ruleset.overrides.conflicts.contains_key(id),
            };
            there.then(|| (file, place::field(file, what, id, field)))
        });
        let (file, span) = written.into_iter().next()?;
        Some(file.error(span, message).with_help(
            "an override may add to what these rules extend, and take nothing from it; leave the field out, or have it \
             changed where it is defined",
        ))
    }

    fn duty(&self, id: &str, before: &Duty, after: &Duty, errors: &mut Vec<RuleError>) {
        let mut less = |field: &str, message: String| errors.extend(self.error("duties", id, field, message));
        if before.privileged && !after.privileged {
            less(
                "privileged",
                format!("`{id}` would no longer need an approval, and does in the rules that these extend"),
            );
        }
        if let (Some(was), now) = (before.severity, after.severity)
            && now < Some(was)
        {
            less("severity", lower(id, was.as_str(), now.map_or("nothing", |now| now.as_str())));
        }
        if let (Some(was), now) = (&before.scope, &after.scope)
            && now.as_ref() != Some(was)
        {
            less(
                "scope",
                format!("`{id}` would work on another dimension than `{was}`, as the rules say that these extend"),
            );
        }
        for (field, was, now) in
            [("includes", &before.includes, &after.includes), ("any_duty", &before.any_duty, &after.any_duty)]
        {
            for lost in self.lost(was, now) {
                less(field, format!("`{field}` of `{id}` would lose `{lost}` of the rules that these extend"));
            }
        }
        for (kind, binding) in &before.bindings {
            let now: BTreeSet<String> =
                after.bindings.get(kind).iter().flat_map(|binding| &binding.any).map(requirement).collect();
            for lost in binding.any.iter().filter(|alternative| !now.contains(&requirement(alternative))) {
                let lost = words(lost);
                less(
                    "bindings",
                    format!(
                        "`{lost}` would no longer confer `{id}` in {kind}, and does in the rules that these extend"
                    ),
                );
            }
        }
    }

    /// Duties that a list loses while they are still defined: of one that is disabled that is told.
    fn lost<'d>(&self, was: &'d [Spanned<String>], now: &[Spanned<String>]) -> Vec<&'d str> {
        let names = was.iter().map(|name| name.as_str());
        names
            .filter(|name| self.after.duties.contains_key(*name) && !now.iter().any(|own| own.as_str() == *name))
            .collect()
    }

    fn conflict(&self, id: &str, before: &Conflict, after: &Conflict, errors: &mut Vec<RuleError>) {
        let mut less = |field: &str, message: String| errors.extend(self.error("conflicts", id, field, message));
        if after.severity < before.severity {
            less("severity", lower(id, before.severity.as_str(), after.severity.as_str()));
        }
        for lost in self.lost(&before.duties, &after.duties) {
            less(
                "duties",
                format!("the conflict `{id}` would lose `{lost}`, which is in it by the rules that these extend"),
            );
        }
        let needed = |conflict: &Conflict| conflict.at_least.unwrap_or(conflict.duties.len());
        let (was, now) = (needed(before), needed(after));
        if now > was {
            let field = if after.at_least == before.at_least { "duties" } else { "at_least" };
            let message = format!(
                "the conflict `{id}` would need {now} duties together, and {was} by the rules that these extend"
            );
            less(field, message);
        }
        if before.accounts == ConflictAccounts::Any && after.accounts == ConflictAccounts::Distinct {
            let message = format!(
                "the conflict `{id}` would need two accounts, and one is enough by the rules that these extend"
            );
            less("accounts", message);
        }
        let (was, now) = (dimensions(&before.scope), dimensions(&after.scope));
        if now != was && (now.is_empty() || !now.is_subset(&was)) {
            let was = was.into_iter().collect::<Vec<_>>().join(", ");
            less(
                "scope",
                format!(
                    "the conflict `{id}` would meet on other dimensions than {was}, as the rules say that these extend"
                ),
            );
        }
    }
}

fn lower(id: &str, was: &str, now: &str) -> String {
    format!("`{id}` would be {now}, and is {was} in the rules that these extend")
}

fn dimensions(scope: &ConflictScope) -> BTreeSet<&str> {
    scope.dimension.iter().chain(&scope.dimensions).map(String::as_str).collect()
}

/// An alternative of a binding, for people.
fn words(requirement: &Requirement) -> String {
    let list = |parts: &[Requirement], with: &str| parts.iter().map(words).collect::<Vec<_>>().join(with);
    match requirement {
        Requirement::Name(name) => name.clone(),
        Requirement::Permission(permission) => permission.permission.clone(),
        Requirement::All { all } => list(all, " + "),
        Requirement::Any { any } => list(any, " or "),
    }
}
