//! Which conflicts a principal holds by itself, and which only by way of something that it controls: a pipeline that it
//! may write, a service identity that it answers for.

use std::collections::BTreeSet;

use crate::access::Graph;
use crate::duties::{Meeting, MetConflict};
use crate::formats::pipelines::INDIRECT;
use crate::policy::When;

/// The policy over conflicts that a principal holds by itself.
pub(super) const CONFLICT: &str = "CS-SOD-001";

/// Which meetings of a conflict count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directness {
    /// Those that stand by themselves.
    Direct,
    /// Those of which some leg is held only indirectly.
    Indirect,
}

impl Directness {
    /// Which of them a policy is asked about that waits for something.
    pub(super) fn of(when: Option<When>) -> Self {
        if when == Some(When::IndirectConflicts) { Self::Indirect } else { Self::Direct }
    }
}

/// Whether some leg of a meeting is held only by way of something that the principal controls.
pub(super) fn is_indirect(graph: &Graph, meeting: &Meeting) -> bool {
    meeting.conditions.iter().any(|id| graph.condition(*id).is_some_and(|condition| *condition.key == *INDIRECT))
}

/// The meetings of a conflict that count. An indirect one that says no more than a direct one is told by that.
pub(super) fn meetings<'m>(graph: &Graph, met: &'m MetConflict, which: Directness) -> Vec<&'m Meeting> {
    let (indirect, direct): (Vec<&Meeting>, Vec<&Meeting>) =
        met.meetings.iter().partition(|meeting| is_indirect(graph, meeting));
    if which == Directness::Direct {
        return direct;
    }
    let covers = |own: &Meeting, other: &Meeting| {
        own.certainty >= other.certainty
            && own.conditions.is_subset(&other.conditions)
            && own.validity.covers(other.validity)
            && own.on.covers(&other.on)
    };
    indirect.into_iter().filter(|meeting| !direct.iter().any(|own| covers(own, meeting))).collect()
}

/// How a principal comes to what it holds indirectly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ways {
    /// By what, in words: `as the owner of service:bot`.
    pub(super) through: Vec<String>,
    /// What stands in the way where least does, in words.
    pub(super) guards: Vec<String>,
}

/// How some indirect meetings come about.
pub(super) fn ways(graph: &Graph, meetings: &[&Meeting]) -> Ways {
    let texts = |meeting: &Meeting, indirect: bool| -> BTreeSet<String> {
        let conditions = meeting.conditions.iter().filter_map(|id| graph.condition(*id));
        let own = conditions.filter(|condition| (*condition.key == *INDIRECT) == indirect);
        own.map(|condition| condition.text.strip_prefix("indirectly, ").unwrap_or(&condition.text).to_owned()).collect()
    };
    let through: BTreeSet<String> = meetings.iter().flat_map(|meeting| texts(meeting, true)).collect();
    let guards = meetings.iter().map(|meeting| texts(meeting, false)).min_by_key(BTreeSet::len).unwrap_or_default();
    Ways { through: through.into_iter().collect(), guards: guards.into_iter().collect() }
}
