//! Which leaves each container satisfies: worked out once a container, whoever holds it.

use std::sync::Arc;

use rayon::prelude::*;

use super::catalogue::{Catalogue, Leaf, LeafIdx};
use super::escalation::AbilityIdx;
use super::holdings::HeldContainer;
use crate::access::{Container, Graph, Inner, flatten};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Fields, Level, Statement};

/// A leaf that a statement satisfies.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The leaf.
    pub leaf: LeafIdx,
    /// The statement's place in its container.
    pub statement: u32,
    /// What the statement itself says of dimensions, in shared words.
    pub scope: Option<Arc<Scope>>,
}

/// A permission of some escalation that a statement gives, on whatever resource.
#[derive(Debug, Clone)]
pub struct AbilityHit {
    /// The permission.
    pub ability: AbilityIdx,
    /// The statement's place in its container.
    pub statement: u32,
    /// What the statement itself says of dimensions, in shared words.
    pub scope: Option<Arc<Scope>>,
}

/// What one container, without those inside it, means for duties.
#[derive(Debug, Clone, Default)]
pub struct ContainerMatch {
    /// Leaves that its allow statements satisfy, by leaf.
    pub hits: Vec<Hit>,
    /// Permissions of escalations that its allow statements give.
    pub abilities: Vec<AbilityHit>,
    /// Its deny statements.
    pub denies: Vec<u32>,
}

/// What every container of a graph means for duties, and what stands inside it.
#[derive(Debug)]
pub struct Matches {
    containers: Vec<ContainerMatch>,
    flat: Vec<Vec<Inner>>,
}

impl Matches {
    /// Matches every container of a graph.
    #[must_use]
    pub fn new(graph: &Graph, catalogue: &Catalogue) -> Self {
        let all: Vec<_> = graph.containers().collect();
        let containers = all.par_iter().map(|(_, container)| match_container(graph, catalogue, container)).collect();
        let flat = all.par_iter().map(|(id, _)| flatten(graph, *id)).collect();
        Self { containers, flat }
    }

    /// What one container means by itself.
    #[must_use]
    pub fn of(&self, container: crate::access::ContainerId) -> Option<&ContainerMatch> {
        self.containers.get(container.0 as usize)
    }

    /// A statement by its place: of what is held, inside which container, which one there.
    #[must_use]
    pub fn statement<'g>(
        &self,
        graph: &'g Graph,
        held: &[HeldContainer],
        (held_at, inner, statement): (u32, u32, u32),
    ) -> Option<&'g Statement> {
        let held = held.get(held_at as usize)?;
        let inner = self.flat(held.container).get(inner as usize)?;
        let (statement, _) = graph.container(inner.container)?.statements.get(statement as usize)?;
        Some(statement)
    }

    /// A container with everything inside it.
    #[must_use]
    pub fn flat(&self, container: crate::access::ContainerId) -> &[Inner] {
        self.flat.get(container.0 as usize).map_or(&[], Vec::as_slice)
    }
}

fn match_container(graph: &Graph, catalogue: &Catalogue, container: &Container) -> ContainerMatch {
    let mut found = ContainerMatch::default();
    let Some(system) = graph.systems.get(container.system) else { return found };
    for (number, (statement, _)) in (0u32..).zip(&container.statements) {
        if statement.effect == Effect::Deny {
            found.denies.push(number);
            continue;
        }
        let leaves = leaves_of(catalogue, &system.kind, statement);
        let abilities = catalogue.escalations.given_by(&system.kind, statement);
        if leaves.is_empty() && abilities.is_empty() {
            continue;
        }
        let scope = (!statement.scope.is_unknown()).then(|| Arc::new(system.share_statement(&statement.scope)));
        let ability = |ability| AbilityHit { ability, statement: number, scope: scope.clone() };
        found.abilities.extend(abilities.into_iter().map(ability));
        found.hits.extend(leaves.into_iter().map(|leaf| Hit { leaf, statement: number, scope: scope.clone() }));
    }
    found.hits.sort_by_key(|hit| (hit.leaf, hit.statement));
    found
}

/// The leaves that one allow statement satisfies.
pub(super) fn leaves_of(catalogue: &Catalogue, kind: &str, statement: &Statement) -> Vec<LeafIdx> {
    let Some(index) = catalogue.kind(kind) else { return Vec::new() };
    let mut leaves = index.given_by(&statement.actions);
    leaves.retain(|idx| {
        catalogue.leaf_at(*idx).is_some_and(|leaf| {
            statement.level.unwrap_or(Level::Full) >= leaf.level
                && leaf.resource.as_deref().is_none_or(|resource| statement.resources.cover(resource, false))
                && statement.fields.as_ref().is_none_or(|own| gives_fields(own, leaf))
        })
    });
    leaves
}

/// Whether one authorization gives, in every field that a leaf names, one of its values. A field that the authorization
/// does not have gives nothing.
fn gives_fields(held: &Fields, leaf: &Leaf) -> bool {
    leaf.fields
        .iter()
        .all(|(field, values)| held.get(field).is_some_and(|own| values.iter().any(|value| own.cover(value, true))))
}
