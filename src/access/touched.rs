//! What a change may have touched: of two graphs, the principals that may hold something else in the one than in the
//! other. Everybody else holds the same, and need not be looked at.
//!
//! Every node has a mark, made of all that it says by itself: its steps, its grants with all that they permit, what
//! limits it. Whoever reaches no node whose mark differs holds the same. Marks are made of names and never of places, so
//! that moving a file touches nobody.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};

use super::flat::flatten;
use super::graph::{ConditionId, Container, ContainerId, Graph, NodeId};
use super::systems::SystemIdx;
use crate::facts::{Holder, Statement};

/// What a change may have touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Whether anything differs that somebody could hold or come to.
    pub any: bool,
    /// The nodes that say something else by themselves, or that only one graph has.
    pub nodes: BTreeSet<Holder>,
    /// The principals of either graph that reach one of them.
    pub principals: BTreeSet<Holder>,
}

type Mark = [u8; 32];

/// Takes whatever can be hashed to a digest: marks must not be made alike on purpose.
#[derive(Default)]
struct Marking(Sha256);

impl Hasher for Marking {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest: Mark = self.0.clone().finalize().into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

fn mark(of: &impl Hash) -> Mark {
    let mut marking = Marking::default();
    of.hash(&mut marking);
    marking.0.finalize().into()
}

fn sorted(marks: impl Iterator<Item = Mark>) -> Vec<Mark> {
    let mut all: Vec<Mark> = marks.collect();
    all.sort_unstable();
    all
}

/// The marks of one graph.
struct Marks {
    nodes: Vec<Mark>,
    /// Of everything.
    all: Mark,
}

impl Marks {
    fn of(graph: &Graph) -> Self {
        let systems: Vec<Mark> = graph.systems.iter().map(|system| mark(&system.meaning())).collect();
        let system = |idx: SystemIdx| systems.get(idx.0 as usize).copied().unwrap_or_default();
        let own: Vec<Mark> =
            graph.containers().map(|(_, container)| mark(&(system(container.system), said(container)))).collect();
        let whole: Vec<Mark> = graph
            .containers()
            .map(|(id, _)| {
                let inside = flatten(graph, id);
                let marks = inside.iter().filter_map(|inner| own.get(inner.container.0 as usize).copied());
                // The outermost stands apart: it is what is granted.
                mark(&(own.get(id.0 as usize), sorted(marks)))
            })
            .collect();
        let container = |id: ContainerId| whole.get(id.0 as usize).copied().unwrap_or_default();
        // What every holder of a system is under goes into whatever is held there.
        let under: HashMap<SystemIdx, Vec<Mark>> = graph
            .containers()
            .map(|(_, container)| container.system)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|idx| (idx, sorted(graph.guardrails(idx).iter().map(|id| container(*id)))))
            .collect();
        let conditions =
            |ids: &[ConditionId]| -> Vec<Mark> { sorted(ids.iter().filter_map(|id| graph.condition(*id)).map(mark)) };
        let granted = |id: ContainerId| {
            let systems: BTreeSet<SystemIdx> = flatten(graph, id)
                .iter()
                .filter_map(|inner| graph.container(inner.container))
                .map(|container| container.system)
                .collect();
            let under: Vec<&Vec<Mark>> = systems.iter().filter_map(|idx| under.get(idx)).collect();
            mark(&(container(id), under))
        };
        let mut known: HashMap<ContainerId, Mark> = HashMap::new();
        let nodes: Vec<Mark> = (0u32..)
            .map(NodeId)
            .map_while(|id| Some((id, graph.node(id)?)))
            .map(|(id, node)| {
                let edges = graph.edges_of(id).iter().map(|edge| {
                    let to = graph.node(edge.to).map(|node| &node.holder);
                    mark(&(edge.kind, to, edge.validity, conditions(&edge.conditions)))
                });
                let edges = sorted(edges);
                let grants = graph.grants_of(id).iter().filter_map(|grant| graph.grant(*grant)).map(|grant| {
                    let given = *known.entry(grant.container).or_insert_with(|| granted(grant.container));
                    let scope = graph.scope(grant.scope).map(|scope| &**scope);
                    mark(&(given, scope, grant.validity, conditions(&grant.conditions)))
                });
                let grants = sorted(grants);
                let loose = graph.loose_grants_of(id).iter().map(|loose| mark(&(&loose.role, loose.validity)));
                let loose = sorted(loose);
                let trusts = graph.trusts_of(id).iter();
                let trusts =
                    sorted(trusts.map(|trust| mark(&(format!("{:?}", trust.trusted), conditions(&trust.conditions)))));
                let kind = (node.account.map(|kind| kind as u8), node.members_listed, node.owned);
                mark(&(&node.holder, kind, node.boundary.map(container), edges, grants, (loose, trusts)))
            })
            .collect();
        let all = mark(&(sorted(nodes.iter().copied()), sorted(whole.iter().copied()), sorted(systems.into_iter())));
        Self { nodes, all }
    }
}

/// What a container says by itself.
fn said(container: &Container) -> Mark {
    let statements = sorted(container.statements.iter().map(|(statement, _)| statement_mark(statement)));
    mark(&(&container.role, format!("{:?}", container.kind), statements))
}

/// What a statement says, wherever it is written.
fn statement_mark(statement: &Statement) -> Mark {
    let Statement { effect, actions, resources, level, conditions, scope, fields, origin: _ } = statement;
    mark(&(effect, actions, resources, level, conditions, scope, fields))
}

/// Holds two graphs together.
#[must_use]
pub fn touched(base: &Graph, head: &Graph) -> Touched {
    let (of_base, of_head) = (Marks::of(base), Marks::of(head));
    if of_base.all == of_head.all {
        return Touched::default();
    }
    let mut found = Touched { any: true, ..Touched::default() };
    let (in_base, in_head) = (differing(base, &of_base, head, &of_head), differing(head, &of_head, base, &of_base));
    for (graph, nodes) in [(base, in_base), (head, in_head)] {
        found.nodes.extend(nodes.iter().filter_map(|id| Some(graph.node(*id)?.holder.clone())));
        let reaching = reaching(graph, nodes);
        let principals =
            graph.principals().into_iter().filter(|(id, _)| reaching.get(id.0 as usize).copied().unwrap_or_default());
        found.principals.extend(principals.filter_map(|(id, _)| Some(graph.node(id)?.holder.clone())));
    }
    found
}

/// The nodes of one graph that the other has not, or otherwise.
fn differing(own: &Graph, marks: &Marks, other: &Graph, others: &Marks) -> Vec<NodeId> {
    let differs = |(id, mark): &(NodeId, &Mark)| {
        let there = own.node(*id).and_then(|node| other.find(&node.holder));
        there.and_then(|there| others.nodes.get(there.0 as usize)) != Some(*mark)
    };
    (0u32..).map(NodeId).zip(&marks.nodes).filter(differs).map(|(id, _)| id).collect()
}

/// Of each node, whether some of these can be reached from it.
fn reaching(graph: &Graph, open: Vec<NodeId>) -> Vec<bool> {
    let count = (0u32..).map(NodeId).take_while(|id| graph.node(*id).is_some()).count();
    let mut back: Vec<Vec<NodeId>> = vec![Vec::new(); count];
    for id in (0u32..).map(NodeId).take(count) {
        for edge in graph.edges_of(id) {
            if let Some(list) = back.get_mut(edge.to.0 as usize) {
                list.push(id);
            }
        }
    }
    let mut reaching = vec![false; count];
    let mut open = open;
    while let Some(id) = open.pop() {
        let Some(mark) = reaching.get_mut(id.0 as usize).filter(|mark| !**mark) else { continue };
        *mark = true;
        open.extend(back.get(id.0 as usize).into_iter().flatten());
    }
    reaching
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::fixture::{World, allow, between, deny};

    fn company() -> World {
        let mut world = World::default();
        world.system("erp", "sap");
        world.person("ann", &["erp/ANN"]);
        world.person("bob", &["erp/BOB"]);
        world.role("erp/clerk", vec![allow(&["VIEW"])]);
        world.group("erp/team", true);
        world.member("account:erp/ANN", "erp/team");
        world.grant("group:erp/team", "erp/clerk");
        world
    }

    fn by(change: impl Fn(&mut World)) -> Vec<String> {
        let mut changed = company();
        change(&mut changed);
        let (before, after) = (company().graph(), changed.graph());
        let found = touched(&before, &after);
        assert_eq!(found, touched(&after, &before));
        found.principals.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn whoever_reaches_what_differs_is_touched_and_nobody_else() {
        assert_eq!(by(|_| {}), [""; 0]);
        assert_eq!(
            by(|world| {
                world.grant("group:erp/team", "erp/other");
            }),
            ["person:ann"]
        );
        assert_eq!(by(|world| world.facts.roles[0].statements = vec![allow(&["VIEW", "PAY"])]), ["person:ann"]);
        assert_eq!(by(|world| world.facts.roles[0].statements = vec![deny(&["VIEW"])]), ["person:ann"]);
        assert_eq!(by(|world| world.facts.grants[0].validity = between(None, 9)), ["person:ann"]);
        assert_eq!(
            by(|world| {
                world.member("account:erp/BOB", "erp/team");
            }),
            ["person:bob"]
        );
        assert_eq!(by(|world| world.facts.memberships.clear()), ["person:ann"]);
        assert_eq!(
            by(|world| {
                world.system("crm", "crm");
            }),
            [""; 0]
        );
    }

    #[test]
    fn the_order_of_definitions_touches_nobody() {
        let mut other = company();
        other.facts.people.reverse();
        other.facts.roles.reverse();
        assert_eq!(touched(&company().graph(), &other.graph()), Touched::default());
    }
}
