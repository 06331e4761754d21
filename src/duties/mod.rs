//! Duties: the catalogue and its matcher. Who holds which duty, on which extent, by which path, how certainly.

mod catalogue;
mod conflicts;
mod escalation;
mod holdings;
mod left_out;
mod limits;
mod matching;
mod names;
mod shift;
mod support;
mod wanted;

pub use catalogue::{Catalogue, Conflict, ConflictIdx, Duty, DutyIdx, Leaf, LeafIdx};
pub use conflicts::{Apart, Meeting, MetConflict};
pub use escalation::{
    ADMINISTRATOR, AbilityIdx, Arrival, Escalation, EscalationIdx, EscalationRule, EscalationRules, EscalationStep,
    Escalations,
};
pub use holdings::{Certainty, HeldContainer, HeldDuty, certainty_under};
pub use left_out::LeftOut;
pub use limits::{bounds, takes};
pub use matching::{AbilityHit, ContainerMatch, Hit, Matches};
pub use shift::{Part, Respect, Shift, beyond, shift};
pub use support::Support;
pub use wanted::{Use, Wanted, With};

use crate::access::{ContainerId, Graph, NodeId, Reach, SystemIdx, Without, reach_without};
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
    /// How the subject could come to administer a system; empty where nobody looked, see [`Escalations`].
    pub escalations: Vec<Escalation>,
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

    /// What a principal would hold if something were not there.
    #[must_use]
    pub fn principal_without(&self, principal: NodeId, left_out: Option<LeftOut<'_>>) -> Holdings {
        let (held, reach) = self.held(principal, left_out.and_then(LeftOut::step));
        let mut holdings = self.of(held, left_out);
        holdings.reach = reach;
        holdings
    }

    /// What a principal is granted, in the order in which it is reached, and how.
    fn held(&self, principal: NodeId, without: Option<Without>) -> (Vec<HeldContainer>, Reach) {
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
        (held, reach)
    }

    /// What whoever holds a role holds by it alone, on whatever scope it is given.
    #[must_use]
    pub fn role(&self, role: ContainerId) -> Holdings {
        self.of(vec![self.held_role(role)], None)
    }

    fn held_role(&self, role: ContainerId) -> HeldContainer {
        let scope = self
            .graph
            .container(role)
            .and_then(|container| self.graph.systems.get(container.system))
            .map_or_else(Scope::unknown, |system| system.share(&Scope::unknown()));
        HeldContainer {
            container: role,
            scope: std::sync::Arc::new(scope),
            validity: Validity::default(),
            conditions: Vec::new(),
            actor: None,
            account: None,
            steps: 0,
        }
    }

    fn evaluation(&self) -> holdings::Evaluation<'_> {
        self.evaluation_without(None)
    }

    fn evaluation_without<'l>(&'l self, left_out: Option<LeftOut<'l>>) -> holdings::Evaluation<'l> {
        holdings::Evaluation {
            left_out,
            as_of: self.as_of,
            graph: self.graph,
            catalogue: self.catalogue,
            matches: self.matches,
        }
    }

    /// The ways in which a principal may use a permission in a system, all that it holds, all that takes from it and all
    /// that limits it taken together: the surest first. None means that it may not.
    #[must_use]
    pub fn ask(&self, principal: NodeId, system: SystemIdx, used: &Use<'_>) -> Vec<Support> {
        self.evaluation().ask(&self.held(principal, None).0, system, used)
    }

    fn of(&self, held: Vec<HeldContainer>, left_out: Option<LeftOut<'_>>) -> Holdings {
        let duties = self.evaluation_without(left_out).duties(&held);
        let conflicts = conflicts::conflicts(self.catalogue, &duties, &held, self.as_of);
        Holdings { held, duties, conflicts, ..Holdings::default() }
    }
}

#[cfg(test)]
mod tests;
