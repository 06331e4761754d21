//! The ways by which something is held, hop by hop, for whoever draws them. [`path`](super::path) says the same in words.

use super::proof::{role_name, scope_words, statement_words};
use crate::access::{ContainerId, Graph, Place, Site, place};
use crate::duties::{Arrival, Certainty, Duty, Escalation, HeldDuty, Holdings, Matcher, Support};
use crate::facts::{Holder, Text};

/// Where a hop leads from or to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// A principal, an account or a group.
    Holder(Holder),
    /// A role, or permissions without one.
    Role {
        /// What tells it from others.
        id: String,
        /// Its name.
        name: Text,
        /// Its system.
        system: Text,
    },
    /// What is held in the end.
    Duty {
        /// Its id.
        id: Text,
        /// Its title.
        title: Text,
        /// The system in which it is held.
        system: Text,
        /// Whether it alone needs an approval.
        privileged: bool,
    },
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// From where.
    pub from: Stop,
    /// To where.
    pub to: Stop,
    /// What stands between: `belongs to`, `is granted on legal entity DE01`, `permits Pay Bills`.
    pub verb: String,
    /// Where it is written.
    pub place: Option<Place>,
}

/// One way, from a principal to a duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The hops; each begins where the one before ended.
    pub hops: Vec<Hop>,
    /// How certainly it holds.
    pub certainty: Certainty,
    /// Under which conditions, and what is not known.
    pub conditions: Vec<Text>,
}

/// The ways of one support of a duty: one for each permission that the duty takes.
#[must_use]
pub fn trails(matcher: &Matcher<'_>, holdings: &Holdings, held: &HeldDuty, support: &Support) -> Vec<Trail> {
    let Some(duty) = matcher.catalogue.duty(held.duty) else { return Vec::new() };
    let end = duty_stop(matcher, duty, held.system);
    let conditions: Vec<Text> = conditions(matcher.graph, &support.conditions);
    let trail = |hops| Trail { hops, certainty: support.certainty, conditions: conditions.clone() };
    support.parts().map(|part| trail(hops(matcher, holdings, part, &end))).collect()
}

/// The way of an escalation, with everybody whom it passes.
#[must_use]
pub fn escalation_trail(matcher: &Matcher<'_>, subject: &Holdings, way: &Escalation) -> Trail {
    let administrator = matcher.catalogue.administrator().map(|(_, duty)| duty_stop(matcher, duty, way.system));
    let mut all: Vec<Hop> = Vec::new();
    for step in &way.steps {
        let Some(rule) = matcher.catalogue.escalations.get(step.rule) else { continue };
        let reached = match step.arrival {
            Arrival::Holder(node) => matcher.graph.node(node).map(|node| Stop::Holder(node.holder.clone())),
            Arrival::Administrator | Arrival::Undeclared => administrator.clone(),
        };
        let Some(reached) = reached else { continue };
        let own = step.holder.map(|node| matcher.principal(node));
        let holdings = own.as_ref().unwrap_or(subject);
        for part in step.support.parts() {
            let mut hops = hops(matcher, holdings, part, &reached);
            if let Some(last) = hops.last_mut() {
                last.verb = format!("{}, so it can {}", last.verb, rule.title);
            }
            all.extend(hops);
        }
    }
    if let (Some((node, support)), Some(end)) = (&way.end, &administrator) {
        let holdings = matcher.principal(*node);
        all.extend(support.parts().flat_map(|part| hops(matcher, &holdings, part, end)));
    }
    let mut known = conditions(matcher.graph, &way.conditions);
    known.extend(way.unknowns.iter().cloned());
    Trail { hops: all, certainty: way.certainty, conditions: known }
}

fn conditions(graph: &Graph, ids: &[crate::access::ConditionId]) -> Vec<Text> {
    ids.iter().filter_map(|id| graph.condition(*id)).map(|condition| condition.text.clone()).collect()
}

fn duty_stop(matcher: &Matcher<'_>, duty: &Duty, system: crate::access::SystemIdx) -> Stop {
    Stop::Duty {
        id: duty.id.clone(),
        title: duty.title.clone(),
        system: matcher.graph.systems.get(system).map(|system| system.id.clone()).unwrap_or_default(),
        privileged: duty.privileged.is_some(),
    }
}

/// The hops to one statement, and from it to what it leads to.
fn hops(matcher: &Matcher<'_>, holdings: &Holdings, (at, inner, statement): (u32, u32, u32), end: &Stop) -> Vec<Hop> {
    let (graph, matches) = (matcher.graph, matcher.matches);
    let mut all = Vec::new();
    let Some(held) = holdings.held.get(at as usize) else { return all };
    let found = holdings.reach.held.get(at as usize);
    let mut hop = |from: Stop, to: Stop, verb: String, site: Option<Site>| {
        all.push(Hop { from, to, verb, place: site.and_then(|site| place(&graph.units, site)) });
    };
    if let Some(found) = found {
        for (node, number) in holdings.reach.steps(found.way) {
            let Some(edge) = graph.edges_of(node).get(number as usize) else { continue };
            let (Some(from), Some(to)) = (graph.node(node), graph.node(edge.to)) else { continue };
            let (from, to) = (Stop::Holder(from.holder.clone()), Stop::Holder(to.holder.clone()));
            hop(from, to, edge.kind.verb().to_owned(), Some(edge.site));
        }
        let holder = holdings.reach.ways.get(found.way as usize).and_then(|way| graph.node(way.node));
        if let (Some(grant), Some(holder)) = (graph.grant(found.grant), holder) {
            let on = graph.scope(grant.scope).map(|scope| scope_words(scope)).unwrap_or_default();
            let on = if on.is_empty() { String::new() } else { format!(" on {on}") };
            let from = Stop::Holder(holder.holder.clone());
            hop(from, role(graph, held.container), format!("is granted{on}"), Some(grant.site));
        }
    }
    let flat = matches.flat(held.container);
    let mut down = Vec::new();
    let mut place_in = inner;
    while let Some(entry) = flat.get(place_in as usize) {
        let Some(parent) = entry.parent else { break };
        let outer = flat.get(parent as usize).map(|outer| outer.container);
        down.push((outer, entry.include, entry.container));
        place_in = parent;
    }
    for (outer, include, container) in down.into_iter().rev() {
        let Some(outer) = outer else { continue };
        let site =
            graph.container(outer).and_then(|own| own.includes.get(include as usize)).and_then(|(_, site)| *site);
        hop(role(graph, outer), role(graph, container), "includes".to_owned(), site);
    }
    let last = flat.get(inner as usize).map_or(held.container, |entry| entry.container);
    if let Some(container) = graph.container(last)
        && let Some((statement, site)) = container.statements.get(statement as usize)
    {
        let verb = format!("permits {}", statement_words(statement));
        hop(role(graph, last), end.clone(), verb, site.or(container.site));
    }
    all
}

fn role(graph: &Graph, id: ContainerId) -> Stop {
    let Some(container) = graph.container(id) else {
        return Stop::Role { id: String::new(), name: "".into(), system: "".into() };
    };
    let system = graph.systems.get(container.system).map(|system| system.id.clone()).unwrap_or_default();
    // Permissions without a role have no name of their own.
    let own = container.role.as_ref().map_or_else(|| format!("permissions {}", id.0), |role| format!("role {role}"));
    Stop::Role { id: own, name: role_name(container), system }
}
