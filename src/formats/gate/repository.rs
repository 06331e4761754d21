//! Write access to the repository that holds the rules, from what the tree's GitHub definitions say, and whether its
//! branch asks for a review of what is written.

use std::sync::Arc;

use super::{AUTHOR, Known, LANDER, NAME, grant};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Facts, Gap, ProtectionFact, Unresolved};
use crate::formats::LoweredUnit;
use crate::formats::github::{WRITE, givers, guards_default_branch, protects, repository_scope};

/// Lowers what gives write access to a repository: the same grants, read as powers over the gate.
pub(super) fn lower(known: &Known<'_>, owner: &str, name: &str) -> Vec<LoweredUnit> {
    let wanted = repository_scope(owner, name);
    let guards = |own: &&ProtectionFact| protects(own, &wanted) && guards_default_branch(own);
    let all = known.units.iter().flat_map(|unit| &unit.facts.protections);
    let guarding: Vec<&ProtectionFact> = all.filter(guards).collect();
    // Where nothing is said of the branch, nothing is claimed.
    let is_open = !guarding.is_empty() && guarding.iter().all(|own| own.approvals == Some(0));
    let mut found = Vec::new();
    for (unit, grants) in givers(known.units, &wanted, WRITE) {
        let mut facts = Facts::default();
        for given in grants {
            for role in [AUTHOR, LANDER].into_iter().take(if is_open { 2 } else { 1 }) {
                let scope = known.policy_repository();
                let mut power = grant(given.to.clone(), role, scope, given.validity, given.origin);
                power.conditions.clone_from(&given.conditions);
                facts.grants.push(power);
            }
        }
        if guarding.iter().all(|own| own.checks.is_empty())
            && let Some(first) = unit.facts.protections.iter().find(guards)
        {
            facts.unresolved.push(Unresolved {
                gap: Gap::Unknown,
                reason: format!("the rules of the branch of {owner}/{name} name no status check that must pass"),
                consequence: "what the gate decides may stop no change".to_owned(),
                origin: first.origin,
            });
        }
        found.push(LoweredUnit { format: NAME, files: unit.files.clone(), facts: Arc::new(facts) });
    }
    found
}

/// The repositories that a scope names.
pub(super) fn repositories(scope: &Scope) -> impl Iterator<Item = &str> {
    let values = match scope.get(&Dimension::new("repository")) {
        Some(Values::Set(set)) => Some(set.iter().map(|value| &**value)),
        _ => None,
    };
    values.into_iter().flatten()
}
