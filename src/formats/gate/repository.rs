//! Write access to the repository that holds the rules, from what the tree's GitHub definitions say, and whether its
//! branch asks for a review of what is written.

use std::sync::Arc;

use super::{AUTHOR, Known, LANDER, NAME, SYSTEM, grant};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Approvals, Facts, Gap, GrantFact, Granted, Native, ProtectionFact, Unresolved};
use crate::formats::LoweredUnit;
use crate::formats::github::{WRITE, givers, guards_default_branch, protects, repository_scope};

/// Lowers what gives write access to a repository: the same grants, read as powers over the gate.
pub(super) fn lower(known: &Known<'_>, owner: &str, name: &str) -> Vec<LoweredUnit> {
    let wanted = repository_scope(owner, name);
    let guards = |own: &&ProtectionFact| protects(own, &wanted) && guards_default_branch(own);
    let guarding: Vec<(&LoweredUnit, &ProtectionFact)> = known
        .units
        .iter()
        .flat_map(|unit| unit.facts.protections.iter().filter(guards).map(move |own| (unit, own)))
        .collect();
    let mut found = Vec::new();
    let mut writers = Vec::new();
    for (unit, grants) in givers(known.units, &wanted, WRITE) {
        let mut facts = Facts::default();
        for given in grants {
            let mut power = grant(given.to.clone(), AUTHOR, known.policy_repository(), given.validity, given.origin);
            power.conditions.clone_from(&given.conditions);
            writers.push(power.clone());
            facts.grants.push(power);
        }
        found.push(LoweredUnit { format: NAME, files: unit.files.clone(), facts: Arc::new(facts) });
    }
    found.extend(rules_of_branch(&guarding, writers, &format!("{owner}/{name}")));
    found
}

/// What the rules of the branch leave open. Where nothing is said of the branch, nothing is claimed.
fn rules_of_branch(
    guarding: &[(&LoweredUnit, &ProtectionFact)],
    writers: Vec<GrantFact>,
    repository: &str,
) -> Option<LoweredUnit> {
    let (unit, _) = guarding.first()?;
    let needed = guarding.iter().any(|(_, own)| own.approvals.are_needed());
    let open = guarding.iter().find(|(_, own)| !needed && own.approvals == Approvals::Of(0));
    let unit = open.map_or(unit, |(unit, _)| unit);
    let mut facts = Facts::default();
    if let Some((_, open)) = open {
        let lands = |power: GrantFact| GrantFact {
            what: Granted::Role(Native::new(SYSTEM, LANDER)),
            origin: open.origin,
            ..power
        };
        facts.grants.extend(writers.into_iter().map(lands));
    }
    if guarding.iter().all(|(_, own)| own.checks.is_empty())
        && let Some(first) = unit.facts.protections.iter().find(|own| guarding.iter().any(|(_, known)| known == own))
    {
        facts.unresolved.push(Unresolved {
            gap: Gap::Unknown,
            reason: format!("the rules of the branch of {repository} name no status check that must pass"),
            consequence: "what the gate decides may stop no change".to_owned(),
            origin: first.origin,
        });
    }
    Some(LoweredUnit { format: NAME, files: unit.files.clone(), facts: Arc::new(facts) })
}

/// The repositories that a scope names.
pub(super) fn repositories(scope: &Scope) -> impl Iterator<Item = &str> {
    let values = match scope.get(&Dimension::new("repository")) {
        Some(Values::Set(set)) => Some(set.iter().map(|value| &**value)),
        _ => None,
    };
    values.into_iter().flatten()
}
