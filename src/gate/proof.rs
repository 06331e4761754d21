//! The path from a subject to a permission, step by step, in words and places.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::finding::{Side, Step};
use crate::access::{
    Access, Container, ContainerId, EdgeKind, Graph, Links, NodeId, Site, Step as AccessStep, Without, place,
};
use crate::duties::{Holdings, Support};
use crate::facts::scope::Scope;
use crate::facts::{Effect, Holder, Patterns, Statement, Text, Trusted};
use crate::rules::Globs;

/// What a step is, so that the same step is recognised in the other tree wherever it is written.
pub(super) type Key = u64;

/// One step with what is needed to show it and to compare it.
#[derive(Debug, Clone)]
pub(super) struct ProofStep {
    pub(super) text: String,
    pub(super) site: Option<Site>,
    pub(super) key: Key,
    pub(super) kind: StepKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    /// From holder to holder.
    Edge(Without),
    /// A grant.
    Grant(Without),
    /// A role in a role.
    Include,
    /// The permission: which statement of which container.
    Permission(ContainerId, u32),
    /// Whom an account lets act as it.
    Trust,
}

/// The keys of everything that a graph says.
#[derive(Debug, Default)]
pub(super) struct Keys(HashSet<Key>);

impl Keys {
    /// The keys of a graph whose tree has links of its own; those that it was joined under may hold more.
    pub(super) fn of(graph: &Graph, own: &Links, joined: &Links) -> Self {
        let mut keys = HashSet::new();
        for (account, owner) in own.iter() {
            let account = Holder::Account(account.clone());
            keys.insert(key(&("edge", EdgeKind::Owns, joined.identity(owner), &account)));
        }
        for number in 0.. {
            let id = NodeId(number);
            let Some(node) = graph.node(id) else { break };
            for edge in graph.edges_of(id).iter().filter(|edge| edge.kind != EdgeKind::Owns) {
                if let Some(to) = graph.node(edge.to) {
                    keys.insert(key(&("edge", edge.kind, &node.holder, &to.holder)));
                }
            }
            for trust in graph.trusts_of(id) {
                if let Trusted::Service(service) = &trust.trusted {
                    keys.insert(trust_key(&node.holder, service));
                }
            }
            for grant in graph.grants_of(id).iter().filter_map(|grant| graph.grant(*grant)) {
                if let Some(container) = graph.container(grant.container) {
                    let scope = graph.scope(grant.scope);
                    keys.insert(grant_key(node, container, scope.map(|scope| &**scope), grant.validity));
                }
            }
        }
        for (_, container) in graph.containers() {
            for (statement, _) in &container.statements {
                keys.insert(statement_key(container, statement));
            }
            for (inner, _) in &container.includes {
                keys.insert(key(&("include", &container.role, graph.container(*inner).map(|inner| &inner.role))));
            }
        }
        Self(keys)
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.0.contains(&key)
    }
}

/// The key of an account that a service may act as.
pub(super) fn trust_key(target: &Holder, service: &Text) -> Key {
    key(&("trust", target, service))
}

/// Whether nothing in base gives what a step of head gives.
pub(super) fn is_new(graph: &Graph, base: &Keys, access: &Access) -> bool {
    let found = match access.step {
        AccessStep::Loose => None,
        AccessStep::Edge(from, number) => graph.edges_of(from).get(number as usize).and_then(|edge| {
            let (from, to) = (graph.node(from)?, graph.node(edge.to)?);
            Some(key(&("edge", edge.kind, &from.holder, &to.holder)))
        }),
        AccessStep::Grant(node, grant) => graph.grant(grant).and_then(|grant| {
            let scope = graph.scope(grant.scope).map(|scope| &**scope);
            Some(grant_key(graph.node(node)?, graph.container(grant.container)?, scope, grant.validity))
        }),
    };
    found.is_some_and(|key| !base.has(key))
}

fn key<T: Hash>(value: &T) -> Key {
    // Keys live within one run, so the standard hasher's fixed keys are enough.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn grant_key(
    node: &crate::access::Node,
    container: &Container,
    scope: Option<&Scope>,
    validity: crate::facts::Validity,
) -> Key {
    match &container.role {
        Some(role) => key(&("grant", &node.holder, role, scope, validity)),
        None => {
            let statements: Vec<Key> =
                container.statements.iter().map(|(statement, _)| statement_key(container, statement)).collect();
            key(&("grant", &node.holder, statements, scope, validity))
        }
    }
}

fn statement_key(container: &Container, statement: &Statement) -> Key {
    key(&(
        "statement",
        &container.role,
        statement.effect == Effect::Allow,
        &statement.actions,
        &statement.resources,
        statement.level,
        &statement.conditions,
        &statement.scope,
        &statement.fields,
    ))
}

/// What a role is called in sentences: its name, since the system is said elsewhere.
pub(super) fn role_name(container: &Container) -> Text {
    match (&container.role, &container.title) {
        (Some(role), _) => role.name.clone(),
        (None, Some(title)) => title.clone(),
        (None, None) => "permissions of its own".into(),
    }
}

/// A scope in a sentence, without the system, which is said elsewhere; empty when nothing else is known.
pub(super) fn scope_words(scope: &Scope) -> String {
    let mut shown = Scope::unknown();
    for (dimension, values) in scope.iter() {
        if &*dimension.0 != "system" {
            shown = shown.with(dimension.clone(), values.clone());
        }
    }
    shown.to_string()
}

/// The path of one support, from the subject on. For a role the path begins at the role. Where a duty takes several
/// permissions, what leads to the others follows, as far as it is not told yet.
pub(super) fn steps(
    graph: &Graph,
    matches: &crate::duties::Matches,
    holdings: &Holdings,
    support: &Support,
) -> Vec<ProofStep> {
    let mut steps: Vec<ProofStep> = Vec::new();
    for part in support.parts() {
        for step in steps_to(graph, matches, holdings, part) {
            if !steps.iter().any(|known| known.key == step.key && known.site == step.site) {
                steps.push(step);
            }
        }
    }
    steps
}

/// The path to one statement: of what is held, inside which container, which one there.
fn steps_to(
    graph: &Graph,
    matches: &crate::duties::Matches,
    holdings: &Holdings,
    (held, inner, statement): (u32, u32, u32),
) -> Vec<ProofStep> {
    let mut steps = Vec::new();
    let reached = holdings.reach.held.get(held as usize);
    let Some(held) = holdings.held.get(held as usize) else { return steps };
    if let Some(found) = reached {
        for (node, edge_number) in holdings.reach.steps(found.way) {
            let Some(edge) = graph.edges_of(node).get(edge_number as usize) else { continue };
            let (Some(from), Some(to)) = (graph.node(node), graph.node(edge.to)) else { continue };
            let verb = edge.kind.verb();
            steps.push(ProofStep {
                text: format!("{} {verb} {}", from.holder, to.holder),
                site: Some(edge.site),
                key: key(&("edge", edge.kind, &from.holder, &to.holder)),
                kind: StepKind::Edge(Without::Edge(node, edge_number)),
            });
        }
        let end = holdings.reach.ways.get(found.way as usize).map(|way| way.node);
        if let (Some(grant), Some(node), Some(container)) =
            (graph.grant(found.grant), end.and_then(|node| graph.node(node)), graph.container(held.container))
        {
            let scope = graph.scope(grant.scope).map(|scope| scope_words(scope)).unwrap_or_default();
            let on = if scope.is_empty() { String::new() } else { format!(" on {scope}") };
            steps.push(ProofStep {
                text: format!("{} is granted {}{on}", node.holder, role_name(container)),
                site: Some(grant.site),
                key: grant_key(node, container, graph.scope(grant.scope).map(|scope| &**scope), grant.validity),
                kind: StepKind::Grant(Without::Grant(found.grant)),
            });
        }
    }
    down(graph, matches, held.container, inner, statement, &mut steps);
    steps
}

/// From a held container down to a statement.
fn down(
    graph: &Graph,
    matches: &crate::duties::Matches,
    outermost: ContainerId,
    inner: u32,
    statement: u32,
    steps: &mut Vec<ProofStep>,
) {
    let flat = matches.flat(outermost);
    let mut chain = Vec::new();
    let mut at = inner;
    while let Some(entry) = flat.get(at as usize) {
        let Some(parent) = entry.parent else { break };
        chain.push((parent, entry.include, entry.container));
        at = parent;
    }
    for (parent, include, container) in chain.into_iter().rev() {
        let outer = flat.get(parent as usize).and_then(|entry| graph.container(entry.container));
        let (Some(outer), Some(inner)) = (outer, graph.container(container)) else { continue };
        steps.push(ProofStep {
            text: format!("{} includes {}", role_name(outer), role_name(inner)),
            site: outer.includes.get(include as usize).and_then(|(_, site)| *site),
            key: key(&("include", &outer.role, Some(&inner.role))),
            kind: StepKind::Include,
        });
    }
    let Some(id) = flat.get(inner as usize).map(|entry| entry.container) else { return };
    let Some(container) = graph.container(id) else { return };
    let Some((found, site)) = container.statements.get(statement as usize) else { return };
    steps.push(ProofStep {
        text: format!("{} permits {}", role_name(container), statement_words(found)),
        site: site.or(container.site),
        key: statement_key(container, found),
        kind: StepKind::Permission(id, statement),
    });
}

/// A statement in a few words.
pub(crate) fn statement_words(statement: &Statement) -> String {
    let several = |words: &[String]| match words {
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => "nothing".to_owned(),
    };
    let list = |patterns: &Patterns| several(&values(patterns));
    let actions = list(&statement.actions);
    let actions = if statement.actions.negated { format!("everything but {actions}") } else { actions };
    let level = statement.level.map_or(String::new(), |level| format!(" ({})", format!("{level:?}").to_lowercase()));
    if let Some(fields) = &statement.fields {
        // The codes of an authorization to start transactions are its actions, and its one field.
        if statement.resources == Patterns::of([TRANSACTIONS]) {
            return format!("transaction {actions}");
        }
        let shown = fields.iter().take(MOST_FIELDS).map(|(field, values)| format!("{field} {}", list(values)));
        let shown: Vec<String> = shown.collect();
        let more = if fields.len() > MOST_FIELDS { ", …" } else { "" };
        return format!("{actions}{level} with {}{more}", shown.join(", "));
    }
    let resources = match (statement.resources.negated, statement.resources.list.as_slice()) {
        (false, [one]) if &**one == "*" => String::new(),
        (false, _) => format!(" on {}", list(&statement.resources)),
        (true, _) => format!(" on everything but {}", list(&statement.resources)),
    };
    format!("{actions}{level}{resources}")
}

/// The field of SAP's authorizations to start transactions.
const TRANSACTIONS: &str = "TCD";

/// Most fields of an authorization that a sentence names.
const MOST_FIELDS: usize = 3;

/// What patterns list, ranges behind single names.
fn values(patterns: &Patterns) -> Vec<String> {
    let blank = |text: &Text| if text.is_empty() { "blank".to_owned() } else { text.to_string() };
    let ranges = patterns.ranges.iter().map(|range| format!("{} to {}", range.low, range.high));
    patterns.list.iter().map(blank).chain(ranges).collect()
}

/// A proof step as it is shown.
pub(super) fn shown(graph: &Graph, side: Side, step: &ProofStep) -> Step {
    Step {
        text: step.text.clone(),
        place: step.site.and_then(|site| place(&graph.units, site)).map(|place| (side, place)),
    }
}

/// Whether a step is written in a file that the configuration declares in scope.
pub(super) fn in_scope(graph: &Graph, in_scope: &Globs, steps: &[ProofStep]) -> bool {
    steps
        .iter()
        .filter_map(|step| step.site)
        .filter_map(|site| place(&graph.units, site))
        .any(|place| in_scope.matches(&place.file))
}

/// The path of one way in which a duty is held, from the subject to the permission.
#[must_use]
pub fn path(graph: &Graph, matches: &crate::duties::Matches, holdings: &Holdings, support: &Support) -> Vec<Step> {
    steps(graph, matches, holdings, support).iter().map(|step| shown(graph, Side::Head, step)).collect()
}
