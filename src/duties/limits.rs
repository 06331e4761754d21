//! What takes from what is held, and what limits it: denials, guardrails and boundaries.

use std::sync::Arc;

use super::catalogue::Leaf;
use super::holdings::{At, Certainty, Evaluation, HeldContainer};
use super::support::Support;
use super::wanted::{Use, Wanted, certainty_of};
use crate::access::{ConditionId, ContainerId, NodeId, SystemIdx};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Statement, Validity};

/// A deny that applies to an actor in a system.
pub(super) struct Deny<'a> {
    statement: &'a Statement,
    system: SystemIdx,
    actor: Option<NodeId>,
    /// Whose it is: deny statements that a person holds directly apply to all that person's accounts.
    wide: bool,
    scope: Arc<Scope>,
    validity: Validity,
    conditions: Vec<ConditionId>,
}

impl Deny<'_> {
    /// Whether it takes a permission, on something, in a system.
    pub(super) fn speaks_of(&self, permission: &str, system: SystemIdx) -> bool {
        self.system == system && self.statement.actions.cover(permission, true)
    }
}

impl<'a> Evaluation<'a> {
    /// Deny statements that the held containers and the systems' guardrails bring.
    pub(super) fn denies(&self, held: &[HeldContainer]) -> Vec<Deny<'a>> {
        let mut denies = Vec::new();
        for container in held {
            for inner in self.matches.flat(container.container) {
                self.denies_in(inner.container, &mut |statement, system| {
                    denies.push(Deny {
                        statement,
                        system,
                        actor: container.actor,
                        wide: container.account.is_none(),
                        scope: container.scope.clone(),
                        validity: container.validity,
                        conditions: container.conditions.clone(),
                    });
                });
            }
        }
        let mut systems: Vec<SystemIdx> = held
            .iter()
            .flat_map(|held| self.matches.flat(held.container))
            .filter_map(|inner| self.graph.container(inner.container))
            .map(|container| container.system)
            .collect();
        systems.sort_unstable();
        systems.dedup();
        for system in systems {
            for guardrail in self.graph.guardrails(system) {
                self.denies_in(*guardrail, &mut |statement, system| {
                    denies.push(Deny {
                        statement,
                        system,
                        actor: None,
                        wide: true,
                        scope: Arc::new(Scope::unknown()),
                        validity: Validity::default(),
                        conditions: Vec::new(),
                    });
                });
            }
        }
        denies
    }

    fn denies_in(&self, container: ContainerId, each: &mut dyn FnMut(&'a Statement, SystemIdx)) {
        let (Some(container), Some(matched)) = (self.graph.container(container), self.matches.of(container)) else {
            return;
        };
        for number in &matched.denies {
            if let Some((statement, _)) = container.statements.get(*number as usize) {
                each(statement, container.system);
            }
        }
    }

    /// Applies denies and the actor's boundary; `false` when nothing is left.
    pub(super) fn survives(&self, support: &mut Support, used: &Use<'_>, at: At<'_>, denies: &[Deny<'_>]) -> bool {
        let At { system, held, .. } = at;
        for deny in denies.iter().filter(|deny| deny.system == system && (deny.wide || deny.actor == held.actor)) {
            let statement = deny.statement;
            let Some(taken) = taken(statement, at.statement, used) else { continue };
            let whole =
                // What is past does not matter: a deny from yesterday on takes what is held since ever.
                (deny.validity.covers(support.validity)
                    || deny.validity.covers(support.validity.intersect(Validity { from: Some(self.as_of), until: None })))
                && deny.scope.covers(&support.scope)
                && self
                    .graph
                    .systems
                    .get(system)
                    .is_none_or(|system| system.share_statement(&statement.scope).covers(&support.scope));
            if !whole {
                continue;
            }
            // The deny stands under its own conditions and those of the way to it; unless all hold it takes nothing.
            let Some((own, mut ids)) = used.under(&statement.conditions, self.graph) else { continue };
            match own.min(self.certainty(&deny.conditions)).min(taken) {
                Certainty::Certain => return false,
                weaker => {
                    ids.extend_from_slice(&deny.conditions);
                    support.weaken(weaker, ids);
                }
            }
        }
        self.within_boundary(support, used, held)
    }

    /// Whether the actor's boundary, if it has one, lets the use through.
    fn within_boundary(&self, support: &mut Support, used: &Use<'_>, held: &HeldContainer) -> bool {
        let boundary = held.actor.and_then(|actor| self.graph.node(actor)).and_then(|node| node.boundary);
        let Some(boundary) = boundary else { return true };
        let mut best: Option<(Certainty, Vec<ConditionId>)> = None;
        let mut limits = Vec::new();
        for inner in self.matches.flat(boundary) {
            let Some(container) = self.graph.container(inner.container) else { continue };
            for (statement, _) in &container.statements {
                if !statement.actions.cover(used.permission, true) {
                    continue;
                }
                let Some((own, ids)) = used.under(&statement.conditions, self.graph) else { continue };
                match statement.effect {
                    Effect::Allow => {
                        let Some(allowed) = used.allowed_by(statement) else { continue };
                        let certainty = own.min(allowed);
                        if best.as_ref().is_none_or(|(known, _)| *known < certainty) {
                            best = Some((certainty, ids));
                        }
                    }
                    Effect::Deny => {
                        let Some(denied) = denied(statement, used) else { continue };
                        match own.min(denied) {
                            Certainty::Certain => return false,
                            weaker => limits.push((weaker, ids)),
                        }
                    }
                }
            }
        }
        let Some(best) = best else { return false };
        limits.push(best);
        for (certainty, ids) in limits {
            support.weaken(certainty, ids);
        }
        true
    }
}

/// How certainly a deny takes what an allow gives of a use, its conditions aside; `None` when it does not.
fn taken(deny: &Statement, allow: &Statement, used: &Use<'_>) -> Option<Certainty> {
    if !deny.actions.cover(used.permission, true) {
        return None;
    }
    match used.wanted {
        Wanted::Anything => covers_resources(deny, allow, None).then_some(Certainty::Certain),
        Wanted::Every(wanted) => covers_resources(deny, allow, Some(wanted)).then_some(Certainty::Certain),
        Wanted::Named(named) => certainty_of(named.reached(&deny.resources)),
    }
}

/// How certainly a deny takes a use wherever it is given; `None` when it does not.
fn denied(deny: &Statement, used: &Use<'_>) -> Option<Certainty> {
    let everywhere = || deny.resources.cover("*", false);
    match used.wanted {
        Wanted::Named(named) => certainty_of(named.reached(&deny.resources)),
        Wanted::Every(wanted) => (deny.resources.cover(wanted, false) || everywhere()).then_some(Certainty::Certain),
        Wanted::Anything => everywhere().then_some(Certainty::Certain),
    }
}

/// Whether a statement of a boundary speaks of a leaf: lets it through, or denies it wherever it is given.
#[must_use]
pub fn bounds(statement: &Statement, leaf: &Leaf) -> bool {
    let used = leaf.used();
    match statement.effect {
        Effect::Allow => used.allowed_by(statement).is_some(),
        Effect::Deny => statement.actions.cover(used.permission, true) && denied(statement, &used).is_some(),
    }
}

/// Whether a deny, by its actions and resources, takes all that an allow gives of a leaf.
#[must_use]
pub fn takes(deny: &Statement, allow: &Statement, leaf: &Leaf) -> bool {
    taken(deny, allow, &leaf.used()).is_some()
}

/// Whether a deny takes every resource that an allow gives, or all that is wanted of them.
fn covers_resources(deny: &Statement, allow: &Statement, wanted: Option<&str>) -> bool {
    if wanted.is_some_and(|wanted| deny.resources.cover(wanted, false)) {
        return true;
    }
    if allow.resources.negated {
        return deny.resources.cover("*", false);
    }
    allow.resources.list.iter().all(|resource| deny.resources.cover(resource, false))
}
