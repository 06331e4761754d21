//! A smallest edit that clears a finding, proven by evaluating the subject without it.

use super::finding::{Finding, Fix};
use super::indirect::is_indirect;
use super::proof::{self, ProofStep, StepKind};
use super::side::{Evaluator, Tree};
use crate::access::{NodeId, Without, place};
use crate::duties::{Holdings, Matcher};

/// Looks for one grant or step whose removal clears the finding. What the change itself adds is tried first; among the
/// rest the leg that comes last, since the first is usually the older one.
pub(super) fn find(
    tree: &Tree<'_>,
    evaluator: &Evaluator<'_>,
    base: Option<&proof::Keys>,
    node: NodeId,
    finding: &Finding,
) -> Option<Fix> {
    let matcher =
        Matcher { graph: &tree.graph, catalogue: evaluator.catalogue, matches: &tree.matches, as_of: evaluator.as_of };
    let holdings = matcher.principal(node);
    let mut candidates: Vec<ProofStep> = Vec::new();
    for held in &holdings.duties {
        let named = evaluator
            .catalogue
            .duty(held.duty)
            .is_some_and(|duty| finding.duties.iter().any(|wanted| wanted.id == duty.id));
        if !named {
            continue;
        }
        for support in &held.supports {
            candidates.extend(proof::steps(&tree.graph, &tree.matches, &holdings, support));
        }
    }
    candidates.retain(|step| matches!(step.kind, StepKind::Grant(_) | StepKind::Edge(_)));
    candidates.sort_by_key(|step| {
        let old = base.is_none_or(|base| base.has(step.key));
        (old, !matches!(step.kind, StepKind::Grant(_)))
    });
    let mut tried: Vec<Without> = Vec::new();
    for step in candidates {
        let (StepKind::Grant(without) | StepKind::Edge(without)) = step.kind else { continue };
        // Taking the whole account away clears anything and helps nobody.
        if tried.contains(&without) || is_ownership(tree, without) || tried.len() >= 8 {
            continue;
        }
        tried.push(without);
        if clears(evaluator, tree, &matcher.principal_without(node, Some(without)), finding) {
            let site = step.site?;
            return Some(Fix { text: words(tree, without, &step.text), place: place(&tree.graph.units, site) });
        }
    }
    None
}

fn is_ownership(tree: &Tree<'_>, without: Without) -> bool {
    match without {
        Without::Grant(_) => false,
        Without::Edge(node, edge) => {
            tree.graph.edges_of(node).get(edge as usize).is_some_and(|edge| edge.kind == crate::access::EdgeKind::Owns)
        }
    }
}

/// Whether nothing of the finding is left.
fn clears(evaluator: &Evaluator<'_>, tree: &Tree<'_>, holdings: &Holdings, finding: &Finding) -> bool {
    let system = |idx: crate::access::SystemIdx| tree.graph.systems.get(idx).map(|system| system.id.clone());
    match &finding.conflict {
        Some(conflict) => !holdings.conflicts.iter().any(|met| {
            let counts = |meeting| finding.indirect.is_some() || !is_indirect(&tree.graph, meeting);
            met.meetings.iter().any(counts)
                && evaluator.catalogue.conflict(met.conflict).is_some_and(|known| known.id == conflict.id)
                && met.systems.iter().filter_map(|idx| system(*idx)).eq(finding.systems.iter().cloned())
        }),
        // A permission without a duty is told by nothing that is looked at here.
        None if finding.duties.iter().any(|own| evaluator.catalogue.find_duty(&own.id).is_none()) => false,
        None => !holdings.duties.iter().any(|held| {
            let one_of = |system| finding.systems.is_empty() || finding.systems.contains(&system);
            evaluator
                .catalogue
                .duty(held.duty)
                .is_some_and(|duty| finding.duties.iter().any(|wanted| wanted.id == duty.id))
                && system(held.system).is_some_and(one_of)
        }),
    }
}

fn words(tree: &Tree<'_>, without: Without, fallback: &str) -> String {
    match without {
        Without::Grant(id) => tree.graph.grant(id).and_then(|grant| tree.graph.container(grant.container)).map_or_else(
            || format!("remove: {fallback}"),
            |container| {
                let holder = fallback.split(" is granted ").next().unwrap_or_default();
                format!("remove {} from {holder}", proof::role_name(container))
            },
        ),
        Without::Edge(..) => match fallback.split_once(" belongs to ") {
            Some((member, group)) => format!("take {member} out of {group}"),
            None => format!("remove: {fallback}"),
        },
    }
}
