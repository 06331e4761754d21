//! Write access to the repository that holds the rules, from what the tree's GitHub definitions say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AUTHOR, Known, NAME, grant};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Effect, Facts, Granted, Native, Patterns, Statement};
use crate::formats::{LoweredUnit, peribolos};

/// What lets somebody change the files of a repository, in our GitHub vocabulary; whoever administers it or owns the organisation holds
/// it too.
const WRITE: &str = "repo:write";

/// Lowers what gives write access to a repository: the same grants, read as powers over the gate.
pub(super) fn lower(known: &Known<'_>, owner: &str, name: &str) -> Vec<LoweredUnit> {
    let wanted = Scope::unknown().with(Dimension::new("repository"), Values::of([format!("{owner}/{name}")]));
    let github = || known.units.iter().filter(|unit| speaks_github(unit));
    let roles: BTreeMap<&Native, &[Statement]> =
        github().flat_map(|unit| &unit.facts.roles).map(|role| (&role.id, role.statements.as_slice())).collect();
    let mut found = Vec::new();
    for unit in github() {
        let mut facts = Facts::default();
        for given in &unit.facts.grants {
            let statements = match &given.what {
                Granted::Role(role) => roles.get(role).copied().unwrap_or_default(),
                Granted::Statements(statements) => statements.as_slice(),
            };
            let writes = |statement: &Statement| {
                statement.effect == Effect::Allow
                    && names(&statement.actions, WRITE)
                    && given.scope.intersect(&statement.scope).covers(&wanted)
            };
            if statements.iter().any(writes) {
                let scope = known.policy_repository();
                let mut power = grant(given.to.clone(), AUTHOR, scope, given.validity, given.origin);
                power.conditions.clone_from(&given.conditions);
                facts.grants.push(power);
            }
        }
        found.push(LoweredUnit { format: NAME, files: unit.files.clone(), facts: Arc::new(facts) });
    }
    found
}

/// Whether a unit's grants are in our GitHub vocabulary.
pub(super) fn speaks_github(unit: &LoweredUnit) -> bool {
    unit.format == peribolos::FORMAT.name || unit.facts.grants.iter().any(|grant| grant.system.starts_with("github:"))
}

/// The repositories that a scope names.
pub(super) fn repositories(scope: &Scope) -> impl Iterator<Item = &str> {
    let values = match scope.get(&Dimension::new("repository")) {
        Some(Values::Set(set)) => Some(set.iter().map(|value| &**value)),
        _ => None,
    };
    values.into_iter().flatten()
}

fn names(actions: &Patterns, action: &str) -> bool {
    !actions.negated && actions.list.iter().any(|own| own.eq_ignore_ascii_case(action))
}
