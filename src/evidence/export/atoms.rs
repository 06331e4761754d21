//! Head as the gate joined it, taken apart again: single facts from which another engine derives the same.
//!
//! Rust's own shortcuts (ways that beat others, supports that stand for several) are in none of them. What a pattern
//! covers is worked out here; what follows from it is not.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::knowledge::{knowledge, requirement};
use super::links::link_atoms;
use crate::access::{Container, ContainerId, EdgeKind, Graph, NodeId, SystemIdx, UnitFacts};
use crate::duties::{Certainty, Leaf, Matcher, bounds, certainty_under, takes};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Holder, Native, Statement, Validity};
use crate::rules::{Definitions, LinkRule};

/// What concerns the sampled principals.
struct Part<'a> {
    matcher: &'a Matcher<'a>,
    nodes: BTreeSet<NodeId>,
    containers: BTreeSet<ContainerId>,
    /// Containers that limit some account, with everything inside them.
    boundaries: BTreeSet<ContainerId>,
    systems: BTreeSet<SystemIdx>,
}

/// What else decides beside the graph.
pub(super) struct Beside<'a> {
    /// What the tree declares that head is compared with.
    pub(super) base: Option<&'a [UnitFacts]>,
    /// The rules by which names claim accounts.
    pub(super) links: &'a [LinkRule],
    /// The duties and conflicts in force.
    pub(super) definitions: &'a Definitions,
}

/// Takes apart what concerns some principals.
pub(super) fn atoms(matcher: &Matcher<'_>, beside: &Beside<'_>, sample: &[NodeId]) -> Value {
    let part = Part::of(matcher, sample);
    let graph = part.graph();
    let holder = |node: &NodeId| graph.node(*node).map(|node| node.holder.clone());
    // Whoever controls a service identity comes to its accounts, so whose those are is to be derived too.
    let controlled = part.nodes.iter().filter_map(holder).filter(|holder| matches!(holder, Holder::Service(_)));
    let holders: BTreeSet<Holder> = sample.iter().filter_map(holder).chain(controlled).collect();
    let reached = part.nodes.iter().filter_map(holder).filter_map(|holder| match holder {
        Holder::Account(native) => Some(native),
        _ => None,
    });
    let reached: BTreeSet<Native> = reached.collect();
    let links = link_atoms(&graph.units, beside.base, beside.links, &holders, &reached);
    let listed: Vec<String> = part
        .nodes
        .iter()
        .filter_map(|node| graph.node(*node))
        .filter(|node| matches!(node.holder, Holder::Group(_)) && node.members_listed)
        .map(|node| node.holder.to_string())
        .collect();
    let met = part.met();
    let kinds: BTreeSet<&str> =
        part.systems.iter().filter_map(|system| graph.systems.get(*system)).map(|system| &*system.kind).collect();
    let (duties, conflicts) = knowledge(beside.definitions, &kinds, &met);
    json!({
        "sample": sample.iter().filter_map(|node| Some(graph.node(*node)?.holder.to_string())).collect::<Vec<_>>(),
        "accounts": links.accounts,
        "claims": links.claims,
        "people": links.people,
        "link_rules": links.rules,
        "listed_groups": listed,
        "edges": part.edges(),
        "grants": part.grants(),
        "boundaries": part.boundaries_of_accounts(),
        "containers": part.containers(&met),
        "guardrails": part.guardrails(),
        "systems": part.kinds(),
        "duties": duties,
        "conflicts": conflicts,
    })
}

/// A container, a statement's number in it, the statement, and a requirement that it meets.
type Hit<'a> = (ContainerId, u32, &'a Statement, &'a Leaf);

impl<'a> Part<'a> {
    fn of(matcher: &'a Matcher<'a>, sample: &[NodeId]) -> Self {
        let graph = matcher.graph;
        let mut part = Self {
            matcher,
            nodes: BTreeSet::new(),
            containers: BTreeSet::new(),
            boundaries: BTreeSet::new(),
            systems: BTreeSet::new(),
        };
        let mut open = sample.to_vec();
        while let Some(node) = open.pop() {
            if part.nodes.insert(node) {
                open.extend(graph.edges_of(node).iter().map(|edge| edge.to));
            }
        }
        let inside = |id: ContainerId| matcher.matches.flat(id).iter().map(|inner| inner.container);
        for node in &part.nodes {
            let grants = graph.grants_of(*node).iter().filter_map(|grant| graph.grant(*grant));
            part.containers.extend(grants.flat_map(|grant| inside(grant.container)));
            part.boundaries.extend(graph.node(*node).and_then(|node| node.boundary).into_iter().flat_map(inside));
        }
        let systems = part.containers.iter().filter_map(|id| graph.container(*id)).map(|container| container.system);
        part.systems = systems.collect();
        let guardrails = part.systems.iter().flat_map(|system| graph.guardrails(*system));
        part.containers.extend(guardrails);
        part
    }

    fn graph(&self) -> &'a Graph {
        self.matcher.graph
    }

    fn system(&self, system: SystemIdx) -> &'a str {
        self.graph().systems.get(system).map_or("", |system| &system.id)
    }

    fn kinds(&self) -> BTreeMap<&'a str, &'a str> {
        self.systems.iter().filter_map(|idx| self.graph().systems.get(*idx)).map(|own| (&*own.id, &*own.kind)).collect()
    }

    /// Everything among them that an allow statement meets, with its container and the statement's number.
    fn hits(&self) -> impl Iterator<Item = Hit<'a>> {
        self.containers.iter().flat_map(|id| self.hits_of(*id))
    }

    fn hits_of(&self, container: ContainerId) -> impl Iterator<Item = Hit<'a>> + use<'a> {
        let (graph, matcher) = (self.graph(), self.matcher);
        let hits = matcher.matches.of(container).map_or(&[][..], |matched| &matched.hits);
        hits.iter().filter_map(move |hit| {
            let (statement, _) = graph.container(container)?.statements.get(hit.statement as usize)?;
            Some((container, hit.statement, &**statement, matcher.catalogue.leaf_at(hit.leaf)?))
        })
    }

    fn met(&self) -> BTreeSet<String> {
        self.hits().map(|(_, _, _, leaf)| requirement(leaf)).collect()
    }

    /// Steps other than to one's own accounts, by the holder that they leave.
    fn edges(&self) -> BTreeMap<String, Vec<Value>> {
        let graph = self.graph();
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for node in &self.nodes {
            let Some(from) = graph.node(*node) else { continue };
            for edge in graph.edges_of(*node) {
                let kind = match edge.kind {
                    EdgeKind::Owns => continue,
                    EdgeKind::MemberOf => "member_of",
                    EdgeKind::ActsAs => "acts_as",
                    EdgeKind::Controls => "controls",
                };
                let Some(to) = graph.node(edge.to) else { continue };
                let conditions = edge.conditions.iter().filter_map(|id| graph.condition(*id));
                let mut value = spanned(edge.validity, certainty_under(conditions));
                value.insert("to".to_owned(), json!(to.holder.to_string()));
                value.insert("kind".to_owned(), json!(kind));
                all.entry(from.holder.to_string()).or_default().push(Value::Object(value));
            }
        }
        all
    }

    fn grants(&self) -> BTreeMap<String, Vec<Value>> {
        let graph = self.graph();
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for node in &self.nodes {
            let Some(to) = graph.node(*node) else { continue };
            for grant in graph.grants_of(*node).iter().filter_map(|grant| graph.grant(*grant)) {
                let conditions = grant.conditions.iter().filter_map(|id| graph.condition(*id));
                let mut value = spanned(grant.validity, certainty_under(conditions));
                value.insert("container".to_owned(), json!(self.name(grant.container)));
                let scope = graph.scope(grant.scope).map(|scope| scope.lists()).unwrap_or_default();
                value.insert("scope".to_owned(), json!(scope));
                all.entry(to.holder.to_string()).or_default().push(Value::Object(value));
            }
        }
        all
    }

    /// A role by its id; permissions without a role by a number.
    fn name(&self, id: ContainerId) -> String {
        match self.graph().container(id).and_then(|container| container.role.as_ref()) {
            Some(role) => format!("role:{role}"),
            None => format!("permissions:{}", id.0),
        }
    }

    fn boundaries_of_accounts(&self) -> BTreeMap<String, String> {
        let nodes = self.nodes.iter().filter_map(|node| self.graph().node(*node));
        nodes.filter_map(|node| Some((node.holder.to_string(), self.name(node.boundary?)))).collect()
    }

    fn guardrails(&self) -> BTreeMap<&'a str, Vec<String>> {
        let of = |system: &SystemIdx| {
            let names: Vec<String> = self.graph().guardrails(*system).iter().map(|id| self.name(*id)).collect();
            (!names.is_empty()).then(|| (self.system(*system), names))
        };
        self.systems.iter().filter_map(of).collect()
    }

    fn containers(&self, met: &BTreeSet<String>) -> BTreeMap<String, Value> {
        let all = self.containers.union(&self.boundaries);
        all.filter_map(|id| Some((self.name(*id), self.container(*id, self.graph().container(*id)?, met)))).collect()
    }

    fn container(&self, id: ContainerId, container: &Container, met: &BTreeSet<String>) -> Value {
        let shared = |native: &Scope| match self.graph().systems.get(container.system) {
            Some(system) => system.share_statement(native),
            None => Scope::unknown(),
        };
        let includes: Vec<String> = container.includes.iter().map(|(inner, _)| self.name(*inner)).collect();
        let mut hits: BTreeMap<(u32, String), Value> = BTreeMap::new();
        for (_, number, statement, leaf) in self.hits_of(id) {
            let named = requirement(leaf);
            let mut hit = json!({
                "statement": number,
                "requirement": named,
                "held": certainty_under(&statement.conditions).as_str(),
            });
            if !statement.scope.is_unknown() {
                hit["scope"] = json!(shared(&statement.scope).lists());
            }
            hits.insert((number, named), hit);
        }
        let denies = container.statements.iter().map(|(statement, _)| statement);
        let denies: Vec<Value> = denies
            .filter(|statement| statement.effect == Effect::Deny)
            .map(|deny| {
                json!({
                    "held": certainty_under(&deny.conditions).as_str(),
                    "scope": shared(&deny.scope).lists(),
                    "takes": self.taken(deny, container.system),
                })
            })
            .collect();
        let limits: Vec<Value> = if self.boundaries.contains(&id) {
            container.statements.iter().map(|(statement, _)| self.limit(statement, met)).collect()
        } else {
            Vec::new()
        };
        json!({
            "system": self.system(container.system),
            "includes": includes,
            "hits": hits.into_values().collect::<Vec<_>>(),
            "denies": denies,
            "limits": limits,
        })
    }

    /// What a deny takes, by its patterns alone: container, statement, requirement.
    fn taken(&self, deny: &Statement, system: SystemIdx) -> BTreeSet<(String, u32, String)> {
        self.hits()
            .filter(|(id, _, allow, leaf)| {
                self.graph().container(*id).is_some_and(|own| own.system == system) && takes(deny, allow, leaf)
            })
            .map(|(id, number, _, leaf)| (self.name(id), number, requirement(leaf)))
            .collect()
    }

    /// What a statement of a boundary says of the requirements that are met.
    fn limit(&self, statement: &Statement, met: &BTreeSet<String>) -> Value {
        let spoken_of = self.hits().filter(|(_, _, _, leaf)| bounds(statement, leaf));
        let spoken_of: BTreeSet<String> = spoken_of.map(|(_, _, _, leaf)| requirement(leaf)).collect();
        json!({
            "effect": match statement.effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            },
            "held": certainty_under(&statement.conditions).as_str(),
            "requirements": spoken_of.intersection(met).collect::<Vec<_>>(),
        })
    }
}

/// When something counts, and how certainly. Open ends are left out.
fn spanned(validity: Validity, held: Certainty) -> Map<String, Value> {
    let mut value = Map::new();
    if let Some(from) = validity.from {
        value.insert("from".to_owned(), json!(from));
    }
    if let Some(until) = validity.until {
        value.insert("until".to_owned(), json!(until));
    }
    value.insert("held".to_owned(), json!(held.as_str()));
    value
}
