//! What leads to a way, and what of it the other tree has not.

use std::collections::BTreeSet;

use super::super::finding::{Side, Step};
use super::super::proof::{self, Keys, ProofStep, StepKind, role_name, scope_words};
use super::model::{Because, Way};
use super::{Held, Joined};
use crate::access::{EdgeKind, NodeId, Without, place};
use crate::duties::Support;

/// The ways of one tree, beside what the other one says.
pub(super) struct Causes<'a> {
    pub(super) joined: &'a Joined<'a>,
    pub(super) held: &'a Held,
    /// The keys of the other tree.
    pub(super) other: &'a Keys,
}

impl Causes<'_> {
    /// The way by which a support is held.
    pub(super) fn way(&self, support: &Support) -> Way {
        let graph = self.joined.graph;
        let steps = proof::steps(graph, self.joined.matcher.matches, &self.held.holdings, support);
        let because = steps.iter().find(|step| !self.other.has(step.key)).map(|step| Because {
            text: step.text.clone(),
            place: self.shown(step).place,
            alike: self.alike(&steps, step),
        });
        Way { steps: steps.iter().map(|step| self.shown(step)).collect(), because }
    }

    fn shown(&self, step: &ProofStep) -> Step {
        proof::shown(self.joined.graph, self.joined.side, step)
    }

    /// A step in words that all have in common who have one like it: their own steps without whose they are.
    fn alike(&self, steps: &[ProofStep], step: &ProofStep) -> String {
        let graph = self.joined.graph;
        let own: BTreeSet<NodeId> = self.held.node.into_iter().flat_map(|node| graph.with_accounts(node)).collect();
        let alike = match step.kind {
            StepKind::Edge(Without::Edge(from, number)) if own.contains(&from) => {
                let edge = graph.edges_of(from).get(number as usize);
                edge.and_then(|edge| Some((edge.kind, graph.node(edge.to)?))).map(|(kind, to)| match kind {
                    EdgeKind::Owns => "by an account of their own".to_owned(),
                    EdgeKind::MemberOf => format!("by membership of {}", to.holder),
                    EdgeKind::ActsAs => format!("by the right to act as {}", to.holder),
                    EdgeKind::Controls => format!("by control of {}", to.holder),
                })
            }
            StepKind::Grant(Without::Grant(id)) => graph.grant(id).and_then(|grant| {
                let holder = steps.iter().rev().find_map(|step| match step.kind {
                    StepKind::Edge(Without::Edge(from, number)) => {
                        graph.edges_of(from).get(number as usize).map(|edge| edge.to)
                    }
                    _ => None,
                });
                let holder = holder.or(self.held.node)?;
                let container = graph.container(grant.container)?;
                let on = graph.scope(grant.scope).map(|scope| scope_words(scope)).unwrap_or_default();
                let on = if on.is_empty() { String::new() } else { format!(" on {on}") };
                own.contains(&holder).then(|| format!("by a grant of {}{on}", role_name(container)))
            }),
            _ => None,
        };
        alike.unwrap_or_else(|| format!("since {}", step.text))
    }

    /// A step of this tree that something else found.
    pub(super) fn placed(&self, step: Step) -> Step {
        Step { place: step.place.map(|(_, place)| (self.joined.side, place)), ..step }
    }

    /// Where something of this tree is written.
    pub(super) fn place(&self, site: Option<crate::access::Site>) -> Option<(Side, crate::access::Place)> {
        site.and_then(|site| place(&self.joined.graph.units, site)).map(|place| (self.joined.side, place))
    }
}
