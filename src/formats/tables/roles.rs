//! Roles as rows name them, one line a permission or an inner role, collected into one definition each.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::scope::Scope;
use crate::facts::{
    Condition, Facts, GrantFact, Granted, Holder, IncludeFact, Level, Native, Origin, Patterns, RoleFact, Statement,
    Text, Validity,
};

/// A permission on everything, without conditions.
pub(super) fn statement(action: &str, level: Option<Level>, origin: Origin) -> Statement {
    Statement { level, ..Statement::allow(Patterns::of([action]), Patterns::any(), origin) }
}

/// A role given to an account.
pub(super) fn grant(
    account: Native,
    role: Native,
    scope: Scope,
    validity: Validity,
    conditions: Vec<Condition>,
    origin: Origin,
) -> GrantFact {
    GrantFact {
        scope,
        validity,
        conditions,
        ..GrantFact::new(Holder::Account(account), role.system.clone(), Granted::Role(role), origin)
    }
}

/// Roles while they are collected.
#[derive(Default)]
pub(super) struct Roles {
    roles: BTreeMap<Native, RoleFact>,
    permitted: BTreeSet<(Native, Text, Option<Level>)>,
    included: BTreeSet<(Native, Native)>,
}

impl Roles {
    /// A role, known or new.
    pub(super) fn role(&mut self, id: &Native, origin: Origin) -> &mut RoleFact {
        self.roles.entry(id.clone()).or_insert_with(|| RoleFact::new(id.clone(), Vec::new(), origin))
    }

    /// A permission of a role; a row that says it again adds nothing.
    pub(super) fn permit(&mut self, id: &Native, action: &str, level: Option<Level>, origin: Origin) {
        if self.permitted.insert((id.clone(), action.into(), level)) {
            self.role(id, origin).statements.push(statement(action, level, origin));
        }
    }

    /// A role inside another one.
    pub(super) fn include(&mut self, outer: &Native, inner: &Native, origin: Origin) {
        if self.included.insert((outer.clone(), inner.clone())) {
            self.role(outer, origin).includes.push(IncludeFact { role: inner.clone(), origin });
        }
    }

    /// A role whose own name is what bindings know it by: holding it is the permission of that name.
    pub(super) fn ability(&mut self, id: &Native, origin: Origin) {
        let action = id.name.clone();
        self.permit(id, &action, None, origin);
    }

    /// Makes every role whose name begins so the permission of its own name too.
    pub(super) fn abilities(&mut self, prefix: &str) {
        let all = self.roles.values().filter(|role| role.id.name.starts_with(prefix));
        let own: Vec<(Native, Origin)> = all.map(|role| (role.id.clone(), role.origin)).collect();
        for (id, origin) in own {
            self.ability(&id, origin);
        }
    }

    /// Gives them to the facts.
    pub(super) fn finish(self, facts: &mut Facts) {
        facts.roles.extend(self.roles.into_values());
    }
}
