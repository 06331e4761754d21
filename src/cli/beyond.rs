//! What somebody holds in one tree and not in another one.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::model::{LocatedStep, Way, located, ways};
use crate::access::NodeId;
use crate::duties::{Certainty, HeldDuty, Holdings, Matcher, Meeting, MetConflict, Support};
use crate::facts::Text;
use crate::gate::{Extent, ExtentPart, path};
use crate::rules::Severity;
use crate::source::Comparison;

/// What is told of somebody by what they hold, and by what they held before.
type Told<'f, T> = &'f (dyn Fn(NodeId, &Holdings, Option<Holdings>) -> Vec<T> + Sync);

/// A conflict that somebody meets in one tree and not in another one.
pub(super) struct FurtherConflict {
    /// Its id.
    pub(super) id: Text,
    /// Its title.
    pub(super) title: Text,
    /// How bad it is.
    pub(super) severity: Severity,
    /// Who meets it.
    pub(super) principal: String,
    /// The systems of its duties.
    pub(super) systems: Vec<String>,
    /// How certainly.
    pub(super) held: Certainty,
    /// On what, in words.
    pub(super) on: String,
    /// The steps to each duty.
    pub(super) steps: Vec<LocatedStep>,
}

/// The ways of one tree that go beyond those of the other.
pub(super) fn beyond(own: &Matcher<'_>, other: &Matcher<'_>, comparison: &Comparison) -> Vec<Way> {
    both(own, other, &|node, holdings, others| {
        let further = |held: &HeldDuty, support: &Support| {
            let name = |matcher: &Matcher<'_>, held: &HeldDuty| {
                let duty = matcher.catalogue.duty(held.duty).map(|duty| duty.id.clone());
                (duty, matcher.graph.systems.get(held.system).map(|system| system.id.clone()))
            };
            let wanted = name(own, held);
            let same = others.iter().flat_map(|others| &others.duties).filter(|held| name(other, held) == wanted);
            let parts = same.flat_map(|held| &held.supports).map(|support| part(other, support)).collect();
            !Extent(parts).covers(&Extent(vec![part(own, support)]))
        };
        ways(own, comparison, node, holdings, &further)
    })
}

/// The conflicts of one tree that go beyond those of the other, each by its first way that does.
pub(super) fn conflicts_beyond(
    own: &Matcher<'_>,
    other: &Matcher<'_>,
    comparison: &Comparison,
) -> Vec<FurtherConflict> {
    both(own, other, &|node, holdings, others| {
        let same = |met: &MetConflict| {
            let parts = others.iter().flat_map(|others| &others.conflicts);
            let parts = parts.filter(|known| named(other, known) == named(own, met));
            Extent(parts.flat_map(|known| &known.meetings).map(|meeting| meeting_part(other, meeting)).collect())
        };
        let mut found = Vec::new();
        for met in &holdings.conflicts {
            let Some(conflict) = own.catalogue.conflict(met.conflict) else { continue };
            let known = same(met);
            let further = met.meetings.iter().find(|meeting| !known.covers(&Extent(vec![meeting_part(own, meeting)])));
            let Some(meeting) = further else { continue };
            found.push(FurtherConflict {
                id: conflict.id.clone(),
                title: conflict.title.clone(),
                severity: conflict.severity,
                principal: own.graph.node(node).map(|node| node.holder.to_string()).unwrap_or_default(),
                systems: named(own, met).1.iter().map(ToString::to_string).collect(),
                held: meeting.certainty,
                on: meeting.on.to_string(),
                steps: legs(own, comparison, holdings, meeting),
            });
        }
        found
    })
}

/// What is asked of each principal of one tree, with what it holds there and in the other one.
fn both<T: Send>(own: &Matcher<'_>, other: &Matcher<'_>, of: Told<'_, T>) -> Vec<T> {
    let found: Vec<Vec<T>> = own
        .graph
        .principals()
        .par_iter()
        .map(|(node, _)| {
            let holdings = own.principal(*node);
            let holder = own.graph.node(*node).map(|node| &node.holder);
            let others = holder.and_then(|holder| other.graph.find(holder)).map(|node| other.principal(node));
            of(*node, &holdings, others)
        })
        .collect();
    found.into_iter().flatten().collect()
}

/// A conflict's id, and the ids of its systems in order.
fn named(matcher: &Matcher<'_>, met: &MetConflict) -> (Option<Text>, BTreeSet<Text>) {
    let systems = met.systems.iter().filter_map(|system| matcher.graph.systems.get(*system));
    let conflict = matcher.catalogue.conflict(met.conflict).map(|conflict| conflict.id.clone());
    (conflict, systems.map(|system| system.id.clone()).collect())
}

fn legs(matcher: &Matcher<'_>, comparison: &Comparison, holdings: &Holdings, meeting: &Meeting) -> Vec<LocatedStep> {
    let mut steps = Vec::new();
    for (held, support) in &meeting.legs {
        let Some(held) = holdings.duties.get(*held as usize) else { continue };
        let Some(support) = held.supports.get(*support as usize) else { continue };
        let walked = path(matcher.graph, matcher.matches, holdings, support);
        steps.extend(walked.into_iter().map(|step| located(step, comparison)));
        let title = matcher.catalogue.duty(held.duty).map(|duty| duty.title.to_string()).unwrap_or_default();
        steps.push(LocatedStep { text: format!("so: {title}"), file: None, line: None, is_outcome: true });
    }
    steps
}

fn part(matcher: &Matcher<'_>, support: &Support) -> ExtentPart {
    let conditions = support.conditions.iter().filter_map(|id| matcher.graph.condition(*id));
    ExtentPart {
        scope: (*support.scope).clone(),
        held: support.certainty,
        conditions: conditions.map(|condition| condition.text.clone()).collect(),
        apart: None,
        until: support.validity.until,
        what: None,
    }
}

fn meeting_part(matcher: &Matcher<'_>, meeting: &Meeting) -> ExtentPart {
    let conditions = meeting.conditions.iter().filter_map(|id| matcher.graph.condition(*id));
    let conditions: BTreeSet<Arc<str>> = conditions.map(|condition| condition.text.clone()).collect();
    ExtentPart {
        scope: meeting.on.clone(),
        held: meeting.certainty,
        conditions,
        apart: None,
        until: meeting.validity.until,
        what: None,
    }
}
