//! Whom escalations may reach: the accounts and groups of a graph that have the form a rule describes.

use std::sync::Arc;

use super::rules::{EscalationRule, Target};
use super::template::Parts;
use crate::access::{ConditionId, Graph, Named, NodeId, Reached, SystemIdx};
use crate::facts::scope::{Scope, Values};
use crate::facts::{AccountKind, Holder, Native, Patterns, Trusted};
use crate::rules::TargetKind;

/// An account or group that an escalation may reach.
#[derive(Debug, Clone)]
pub(super) struct Reachable {
    pub(super) node: NodeId,
    /// Where it stands, in shared dimensions.
    pub(super) place: Option<Arc<Scope>>,
    /// What permissions on it name.
    pub(super) resource: String,
    /// What the trust stands under by which a service acts as it.
    pub(super) conditions: Vec<ConditionId>,
}

/// Everything in a system that a rule may reach, in the order of nodes.
pub(super) fn of_rule(graph: &Graph, rule: &EscalationRule, system: SystemIdx) -> Vec<Reachable> {
    let Some(target) = &rule.target else { return Vec::new() };
    let Some(own) = graph.systems.get(system) else { return Vec::new() };
    (0u32..)
        .map(NodeId)
        .map_while(|id| Some((id, graph.node(id)?)))
        .filter_map(|(id, node)| {
            let native = of_kind(&node.holder, node.account, target.kind)?;
            if native.system != own.id {
                return None;
            }
            let mut parts = match &target.name {
                Some(name) => name.parts(&native.name)?,
                None => Parts::new(),
            };
            parts.insert("system".to_owned(), own.id.to_string());
            let conditions = if target.trusts.is_empty() { Vec::new() } else { trusting(graph, id, target)? };
            let place = if target.place.is_empty() {
                None
            } else {
                let mut scope = Scope::unknown();
                for (dimension, value) in &target.place {
                    scope = scope.with(dimension.clone(), Values::of([value.filled(&parts)?]));
                }
                Some(Arc::new(own.share(&scope)))
            };
            let resource = match &target.resource {
                Some(resource) => resource.filled(&parts)?,
                None => graph.resource_name(native),
            };
            // What is called otherwise than everything that it could be is none of it: whoever is trusted and not known is a
            // group, and no group that anybody can join.
            let own_name = Named::new(resource.clone());
            let could_be = |others: &String| own_name.reached(&Patterns::of([others.as_str()])) == Reached::Yes;
            if !target.others.as_ref().is_none_or(could_be) {
                return None;
            }
            Some(Reachable { node: id, place, resource, conditions })
        })
        .collect()
}

impl Reachable {
    /// The thing that is asked for.
    pub(super) fn named(&self, graph: &Graph, asking: Option<NodeId>) -> Named {
        Named { name: self.resource.clone(), variables: asking.map(|node| graph.variables(node)).unwrap_or_default() }
    }
}

/// The native name of a holder that is of a kind.
fn of_kind(holder: &Holder, account: Option<AccountKind>, wanted: Option<TargetKind>) -> Option<&Native> {
    match (holder, wanted) {
        (Holder::Group(native), Some(TargetKind::Group)) => Some(native),
        (Holder::Account(native), None) => Some(native),
        (Holder::Account(native), Some(wanted)) => {
            let is = match wanted {
                TargetKind::User => account == Some(AccountKind::User),
                TargetKind::AssumedRole => account == Some(AccountKind::AssumedRole),
                TargetKind::ServiceAccount => account == Some(AccountKind::ServiceAccount),
                TargetKind::CloudService => account == Some(AccountKind::CloudService),
                TargetKind::Group => false,
            };
            is.then_some(native)
        }
        _ => None,
    }
}

/// Under which conditions one of the services may act as an account: the fewest of several; `None` when none may.
fn trusting(graph: &Graph, account: NodeId, target: &Target) -> Option<Vec<ConditionId>> {
    graph
        .trusts_of(account)
        .iter()
        .filter(|trust| match &trust.trusted {
            Trusted::Service(name) => target.trusts.iter().any(|service| service.eq_ignore_ascii_case(name)),
            _ => false,
        })
        .map(|trust| trust.conditions.clone())
        .min_by_key(Vec::len)
}
