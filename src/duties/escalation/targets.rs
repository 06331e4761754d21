//! Whom escalations may reach: the accounts and groups of a graph that have the form a rule describes.

use std::sync::Arc;

use super::rules::{EscalationRule, Target};
use super::template::Parts;
use crate::access::{ConditionId, Graph, Named, NodeId, Reached, System, SystemIdx};
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
            if !is_in(graph, native, own, target) {
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
    /// Whether what is held on a scope is held where it stands. A dimension that its place does not have cannot tell.
    pub(super) fn stands_in(&self, scope: &Scope) -> Reached {
        let Some(place) = self.place.as_deref() else { return Reached::Yes };
        let of_dimension = |(dimension, values): (_, &Values)| match place.get(dimension) {
            Some(own) if values.covers(own) => Reached::Yes,
            Some(_) => Reached::No,
            None if *values == Values::All => Reached::Yes,
            None => Reached::Perhaps,
        };
        scope.iter().map(of_dimension).min().unwrap_or(Reached::Yes)
    }

    /// What of a scope its place does not say.
    pub(super) fn untold(&self, scope: &Scope) -> Scope {
        let place = self.place.as_deref();
        let is_untold = |dimension, values: &Values| {
            *values != Values::All && place.is_some_and(|place| place.get(dimension).is_none())
        };
        let untold = scope.iter().filter(|(dimension, values)| is_untold(dimension, values));
        untold.fold(Scope::unknown(), |scope, (dimension, values)| scope.with(dimension.clone(), values.clone()))
    }

    /// The thing that is asked for.
    pub(super) fn named(&self, graph: &Graph, asking: Option<NodeId>) -> Named {
        Named { name: self.resource.clone(), variables: asking.map(|node| graph.variables(node)).unwrap_or_default() }
    }
}

/// Whether an account or group is of the system that a target is of, where permissions are held in `own`.
fn is_in(graph: &Graph, native: &Native, own: &System, target: &Target) -> bool {
    let Some(wanted) = &target.system else { return native.system == own.id };
    let parts =
        |id: &str| id.split_once(':').map_or((id.to_owned(), None), |(a, b)| (a.to_owned(), Some(b.to_owned())));
    let (written, instance) = parts(&native.system);
    // A system in which nothing is granted is known by its id alone.
    let described = graph.systems.find(&native.system).and_then(|idx| graph.systems.get(idx));
    let kind = described.map_or(&*written, |system| &*system.kind);
    kind == &**wanted && instance == parts(&own.id).1
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
