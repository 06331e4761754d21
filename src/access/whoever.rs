//! Who may act as an account because of a permission to: the trust of an AWS role in an account hands the decision to
//! what that account's own identities are permitted (IAM user guide, "Cross-account policy evaluation logic").

use super::build::Builder;
use super::graph::{ConditionId, ContainerId, EdgeKind, Grant, NodeId};
use super::resource::{Named, Reached};
use super::systems::SystemIdx;
use crate::facts::{Condition, Constrains, Effect, Holder, Native, RoleKind, Statement, Validity};

impl Builder<'_> {
    /// Accounts of a system that are permitted an action on a target, by themselves or by a group, with what that stands
    /// under.
    pub(super) fn whoever_may(
        &mut self,
        system: SystemIdx,
        action: &str,
        target: &Native,
    ) -> Vec<(NodeId, Vec<ConditionId>)> {
        let id = self.graph.systems.get(system).map(|system| system.id.clone());
        let candidates: Vec<NodeId> = (0u32..)
            .map(NodeId)
            .zip(&self.graph.nodes)
            .filter(|(_, node)| matches!(&node.holder, Holder::Account(native) if Some(&native.system) == id.as_ref()))
            .map(|(id, _)| id)
            .collect();
        let guardrails: Vec<ContainerId> = self
            .graph
            .containers()
            .filter(|(_, container)| container.kind == RoleKind::Guardrail && container.system == system)
            .map(|(id, _)| id)
            .collect();
        let name = self.graph.resource_name(target);
        let found: Vec<(NodeId, Vec<Condition>)> = candidates
            .into_iter()
            .filter_map(|account| {
                let named = Named { name: name.clone(), variables: self.graph.variables(account) };
                Some((account, self.permitted(account, &guardrails, action, &named)?))
            })
            .collect();
        found.into_iter().map(|(node, conditions)| (node, self.graph.intern_conditions(&conditions))).collect()
    }

    /// Under which conditions an account is permitted an action; `None` when it is not.
    fn permitted(
        &self,
        account: NodeId,
        guardrails: &[ContainerId],
        action: &str,
        named: &Named,
    ) -> Option<Vec<Condition>> {
        let groups = self.graph.edges_of(account).iter().filter(|edge| edge.kind == EdgeKind::MemberOf);
        let holders = std::iter::once(account).chain(groups.map(|edge| edge.to));
        let grants: Vec<&Grant> = holders
            .flat_map(|holder| self.graph.grants_of(holder))
            .filter_map(|grant| self.graph.grant(*grant))
            .collect();
        let boundary = self.graph.node(account).and_then(|node| node.boundary);
        let held = grants.iter().flat_map(|grant| {
            // What counts only at times or on conditions takes nothing for good.
            let lasting = grant.validity == Validity::default() && grant.conditions.is_empty();
            self.statements(grant.container).filter(move |own| lasting || own.effect == Effect::Allow)
        });
        let held: Vec<&Statement> = held.filter(|own| own.actions.cover(action, true)).collect();
        let limits = guardrails.iter().copied().chain(boundary).flat_map(|id| self.statements(id));
        let denied = held.iter().copied().chain(limits).any(|own| {
            own.effect == Effect::Deny
                && own.actions.cover(action, true)
                && named.reached(&own.resources) == Reached::Yes
                && narrowing(&own.conditions) == (false, 0)
        });
        let allow = least(held.iter().copied(), named)?;
        let bound = match boundary {
            None => Vec::new(),
            Some(boundary) => least(self.statements(boundary).filter(|own| own.actions.cover(action, true)), named)?,
        };
        (!denied).then(|| allow.into_iter().chain(bound).collect())
    }

    fn statements(&self, container: ContainerId) -> impl Iterator<Item = &Statement> {
        self.graph.container(container).into_iter().flat_map(|own| &own.statements).map(|(statement, _)| &**statement)
    }
}

/// The conditions of the allow that narrows least.
fn least<'s>(statements: impl Iterator<Item = &'s Statement>, named: &Named) -> Option<Vec<Condition>> {
    statements
        .filter(|own| own.effect == Effect::Allow)
        .filter_map(|own| match named.reached(&own.resources) {
            Reached::No => None,
            Reached::Yes => Some(own.conditions.clone()),
            Reached::Perhaps => {
                let open = "whether the resource is this one depends on a policy variable";
                let open = Condition::new("resource", open, Constrains::Unknown);
                Some(own.conditions.iter().cloned().chain([open]).collect())
            }
        })
        .min_by_key(|conditions| narrowing(conditions))
}

/// How much conditions narrow: whether one surely does, and how many may.
fn narrowing(conditions: &[Condition]) -> (bool, usize) {
    let count = |constrains| conditions.iter().filter(|own| own.constrains == constrains).count();
    let (sure, unknown) = (count(Constrains::Yes), count(Constrains::Unknown));
    (sure > 0, sure + unknown)
}
