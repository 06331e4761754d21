//! What one principal reaches, with a shortest path to each thing as proof.
//!
//! The search keeps, per node, every way that no other way beats: fewer conditions, a longer validity, another account
//! that acts, or another one that the principal signs in with (whoever acts as one role by two accounts is two users of
//! it). Cycles end because a way that comes back to a node is beaten by the one that left it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::graph::{ConditionId, EdgeKind, GrantId, Graph, NodeId};
use crate::facts::{Holder, Validity};

/// Most ways of which none beats another that are followed to one node as one actor by one account.
const WAYS_PER_NODE: usize = 16;

/// One way from the principal to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where it leads.
    pub node: NodeId,
    /// When all its steps count.
    pub validity: Validity,
    /// Everything that must hold on it, sorted.
    pub conditions: Vec<ConditionId>,
    /// The account, or the principal itself, as which permissions at its end are used.
    pub actor: NodeId,
    /// The first account on it, which is the one that the principal signs in with; `None` without any.
    pub account: Option<NodeId>,
    /// The way before the last step, and the number of that step among the edges of its end.
    pub from: Option<(u32, u32)>,
    /// How many steps.
    pub steps: u32,
}

/// Something granted that a principal reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// By which way.
    pub way: u32,
    /// The grant at its end.
    pub grant: GrantId,
}

/// Everything that a principal reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The ways, each after the one it continues.
    pub ways: Vec<Way>,
    /// The grants.
    pub held: Vec<Held>,
}

impl Reach {
    /// The nodes and edges of a way, from the principal on: pairs of a node and the number of the edge that leaves it.
    #[must_use]
    pub fn steps(&self, way: u32) -> Vec<(NodeId, u32)> {
        let mut steps = Vec::new();
        let mut at = way;
        while let Some((before, edge)) = self.ways.get(at as usize).and_then(|way| way.from) {
            if let Some(way) = self.ways.get(before as usize) {
                steps.push((way.node, edge));
            }
            at = before;
        }
        steps.reverse();
        steps
    }
}

/// Whether one way makes another to the same node as the same actor by the same account pointless.
fn beats(a: &Way, b: &Way) -> bool {
    a.validity.covers(b.validity) && a.conditions.iter().all(|condition| b.conditions.binary_search(condition).is_ok())
}

fn join(a: &[ConditionId], b: &[ConditionId]) -> Vec<ConditionId> {
    if a.is_empty() {
        return b.to_vec();
    }
    let mut all = a.to_vec();
    all.extend_from_slice(b);
    all.sort_unstable();
    all.dedup();
    all
}

/// Something left out of a search, to see what would change without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Without {
    /// A grant.
    Grant(GrantId),
    /// A step: the node it leaves and its number among that node's edges.
    Edge(NodeId, u32),
}

/// Searches from a principal. Steps and grants that ended at or before `as_of` do not count; later ones do, with
/// their validity.
#[must_use]
pub fn reach(graph: &Graph, principal: NodeId, as_of: i64) -> Reach {
    reach_without(graph, principal, as_of, None)
}

/// Like [`reach`], as if one grant or step were not there.
#[must_use]
pub fn reach_without(graph: &Graph, principal: NodeId, as_of: i64, without: Option<Without>) -> Reach {
    let mut reach = Reach::default();
    let mut at_node: HashMap<(NodeId, NodeId, Option<NodeId>), Vec<u32>> = HashMap::new();
    let account =
        |node: NodeId| graph.node(node).filter(|node| matches!(node.holder, Holder::Account(_))).map(|_| node);
    let own = account(principal);
    // Fewest steps first, so that the first way of its kind is a shortest; then fewest conditions, then the order found.
    let mut open: BinaryHeap<Reverse<(u32, usize, u32)>> = BinaryHeap::new();
    reach.ways.push(Way {
        node: principal,
        validity: Validity::default(),
        conditions: Vec::new(),
        actor: principal,
        account: own,
        from: None,
        steps: 0,
    });
    at_node.insert((principal, principal, own), vec![0]);
    open.push(Reverse((0, 0, 0)));
    while let Some(Reverse((_, _, number))) = open.pop() {
        let way = reach.ways[number as usize].clone();
        for grant in graph.grants_of(way.node) {
            if without == Some(Without::Grant(*grant)) {
                continue;
            }
            let valid = graph.grant(*grant).map(|grant| grant.validity.intersect(way.validity));
            if valid.is_some_and(|validity| counts(validity, as_of)) {
                reach.held.push(Held { way: number, grant: *grant });
            }
        }
        for (edge_number, edge) in (0u32..).zip(graph.edges_of(way.node)) {
            let validity = way.validity.intersect(edge.validity);
            if !counts(validity, as_of) || without == Some(Without::Edge(way.node, edge_number)) {
                continue;
            }
            let actor = match edge.kind {
                EdgeKind::Owns | EdgeKind::ActsAs | EdgeKind::Controls => edge.to,
                EdgeKind::MemberOf => way.actor,
            };
            let next = Way {
                node: edge.to,
                validity,
                conditions: join(&way.conditions, &edge.conditions),
                actor,
                account: way.account.or_else(|| account(edge.to)),
                from: Some((number, edge_number)),
                steps: way.steps + 1,
            };
            let known = at_node.entry((edge.to, actor, next.account)).or_default();
            if known.iter().any(|other| beats(&reach.ways[*other as usize], &next)) {
                continue;
            }
            // A way that is longer and stronger takes the place of those that it beats, and never yields to weaker ones.
            known.retain(|other| !beats(&next, &reach.ways[*other as usize]));
            if known.len() >= WAYS_PER_NODE {
                let weakest = (0..known.len()).max_by_key(|at| reach.ways[known[*at] as usize].conditions.len());
                match weakest {
                    Some(at) if reach.ways[known[at] as usize].conditions.len() > next.conditions.len() => {
                        known.swap_remove(at);
                    }
                    _ => continue,
                }
            }
            let id = u32::try_from(reach.ways.len()).unwrap_or(u32::MAX);
            known.push(id);
            open.push(Reverse((next.steps, next.conditions.len(), id)));
            reach.ways.push(next);
        }
    }
    reach
}

fn counts(validity: Validity, as_of: i64) -> bool {
    !validity.is_empty() && validity.until.is_none_or(|until| until > as_of)
}
