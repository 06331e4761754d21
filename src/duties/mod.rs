//! Duties: the catalogue and its matcher. Who holds which duty, on which extent, by which path, how certainly.

mod catalogue;
mod conflicts;
mod holdings;
mod limits;
mod matching;
mod support;
mod wanted;

pub use catalogue::{Catalogue, Conflict, ConflictIdx, Duty, DutyIdx, Leaf, LeafIdx};
pub use conflicts::{Apart, Meeting, MetConflict};
pub use holdings::{Certainty, HeldContainer, HeldDuty, certainty_under};
pub use limits::{bounds, takes};
pub use matching::{ContainerMatch, Hit, Matches};
pub use support::Support;
pub use wanted::{Use, Wanted, With};

use crate::access::{ContainerId, Graph, NodeId, Reach, Without, reach_without};
use crate::facts::Validity;
use crate::facts::scope::Scope;

/// Everything that follows from what one subject holds.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    /// The held containers.
    pub held: Vec<HeldContainer>,
    /// For a principal: how each held container was reached, in the same order.
    pub reach: Reach,
    /// The duties, by duty and system.
    pub duties: Vec<HeldDuty>,
    /// The static conflicts that they make.
    pub conflicts: Vec<MetConflict>,
}

/// Works out what subjects hold in one graph.
#[derive(Debug)]
pub struct Matcher<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// The catalogue.
    pub catalogue: &'a Catalogue,
    /// What each container means.
    pub matches: &'a Matches,
    /// The instant of the evaluation, in epoch seconds.
    pub as_of: i64,
}

impl Matcher<'_> {
    /// What a principal holds.
    #[must_use]
    pub fn principal(&self, principal: NodeId) -> Holdings {
        self.principal_without(principal, None)
    }

    /// What a principal would hold if one grant or step were not there.
    #[must_use]
    pub fn principal_without(&self, principal: NodeId, without: Option<Without>) -> Holdings {
        let reach = reach_without(self.graph, principal, self.as_of, without);
        let unknown = std::sync::Arc::new(Scope::unknown());
        let held = reach
            .held
            .iter()
            .filter_map(|found| {
                let grant = self.graph.grant(found.grant)?;
                let way = reach.ways.get(found.way as usize)?;
                let mut conditions = way.conditions.clone();
                conditions.extend_from_slice(&grant.conditions);
                conditions.sort_unstable();
                conditions.dedup();
                Some(HeldContainer {
                    container: grant.container,
                    scope: self.graph.scope(grant.scope).unwrap_or(&unknown).clone(),
                    validity: way.validity.intersect(grant.validity),
                    conditions,
                    actor: Some(way.actor),
                    account: way.account,
                    steps: way.steps,
                })
            })
            .collect();
        let mut holdings = self.of(held);
        holdings.reach = reach;
        holdings
    }

    /// What whoever holds a role holds by it alone, on whatever scope it is given.
    #[must_use]
    pub fn role(&self, role: ContainerId) -> Holdings {
        let scope = self
            .graph
            .container(role)
            .and_then(|container| self.graph.systems.get(container.system))
            .map_or_else(Scope::unknown, |system| system.share(&Scope::unknown()));
        self.of(vec![HeldContainer {
            container: role,
            scope: std::sync::Arc::new(scope),
            validity: Validity::default(),
            conditions: Vec::new(),
            actor: None,
            account: None,
            steps: 0,
        }])
    }

    fn of(&self, held: Vec<HeldContainer>) -> Holdings {
        let evaluation = holdings::Evaluation {
            as_of: self.as_of,
            graph: self.graph,
            catalogue: self.catalogue,
            matches: self.matches,
        };
        let duties = evaluation.duties(&held);
        let conflicts = conflicts::conflicts(self.catalogue, &duties, &held, self.as_of);
        Holdings { held, reach: Reach::default(), duties, conflicts }
    }
}

#[cfg(test)]
mod tests;
