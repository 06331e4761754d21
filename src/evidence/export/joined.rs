//! What the gate joined, to be derived again for a sample of the principals.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::SAMPLE;
use crate::access::{NodeId, PrincipalKind, SystemIdx};
use crate::duties::{Certainty, Matcher};
use crate::gate::{Joined, State};

/// All principals if they are few; otherwise those with findings in head, and of the others every k-th in the order of
/// their ids, so that as many are taken.
pub(super) fn sample(joined: &Joined<'_>, principals: &[(NodeId, PrincipalKind)]) -> Vec<NodeId> {
    if principals.len() <= SAMPLE {
        return principals.iter().map(|(node, _)| *node).collect();
    }
    let findings = joined.judgement.findings.iter().filter(|judged| judged.state != State::Resolved);
    let found: BTreeSet<&str> = findings.map(|judged| &*judged.finding.subject.id).collect();
    let every = principals.len().div_ceil(SAMPLE);
    let taken = principals.iter().enumerate().filter(|(number, (node, _))| {
        number % every == 0
            || joined.matcher.graph.node(*node).is_some_and(|node| found.contains(&*node.holder.to_string()))
    });
    taken.map(|(_, (node, _))| *node).collect()
}

/// Each duty in each system and each conflict in each set of systems that the principals hold, with how certainly at
/// best.
pub(super) fn expected(matcher: &Matcher<'_>, sample: &[NodeId]) -> Value {
    let system = |idx: SystemIdx| matcher.graph.systems.get(idx).map_or("", |system| &*system.id);
    let mut duties = BTreeSet::new();
    let mut conflicts = BTreeSet::new();
    for node in sample {
        let Some(id) = matcher.graph.node(*node).map(|node| node.holder.to_string()) else { continue };
        let holdings = matcher.principal(*node);
        for held in &holdings.duties {
            let best = held.supports.iter().map(|support| support.certainty).max().unwrap_or(Certainty::Unknown);
            if let Some(duty) = matcher.catalogue.duty(held.duty) {
                duties.insert((id.clone(), duty.id.to_string(), system(held.system), best.as_str()));
            }
        }
        for met in &holdings.conflicts {
            let best = met.meetings.iter().map(|meeting| meeting.certainty).max().unwrap_or(Certainty::Unknown);
            let systems: BTreeSet<&str> = met.systems.iter().map(|idx| system(*idx)).collect();
            if let Some(conflict) = matcher.catalogue.conflict(met.conflict) {
                conflicts.insert((id.clone(), conflict.id.to_string(), systems, best.as_str()));
            }
        }
    }
    json!({ "duties": duties, "conflicts": conflicts })
}
