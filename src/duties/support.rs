//! Ways in which a duty is held: joining the parts of one, and keeping those that say most.

use std::collections::HashMap;
use std::sync::Arc;

use super::catalogue::{DutyIdx, Expression, LeafIdx};
use super::holdings::{Certainty, HeldContainer};
use crate::access::{ConditionId, ContainerId, NodeId, SystemIdx};
use crate::facts::Validity;
use crate::facts::scope::Scope;

/// Most supports kept apart for one duty in one system; more than that are joined where nothing is lost.
const SUPPORTS_PER_DUTY: usize = 24;

/// Most supports kept at all; more than that are joined even if what is held then looks wider than it is.
const MOST_SUPPORTS: usize = 512;

/// One way in which a duty is held.
#[derive(Debug, Clone)]
pub struct Support {
    /// Which of the held containers.
    pub held: u32,
    /// Which container inside it.
    pub inner: u32,
    /// Which statement there.
    pub statement: u32,
    /// Further statements, where the duty needs several permissions: (held, inner, statement).
    pub also: Vec<(u32, u32, u32)>,
    /// The duty that brings this one, if it is not held by its own permissions.
    pub via: Option<DutyIdx>,
    /// The privileged duty that the same grant gives and that includes this one.
    pub under: Option<DutyIdx>,
    /// On what.
    pub scope: Arc<Scope>,
    /// When.
    pub validity: Validity,
    /// How certainly.
    pub certainty: Certainty,
    /// Under which conditions.
    pub conditions: Vec<ConditionId>,
}

impl Support {
    /// The statements that it stands on, each as what is held, the container inside it, and the place there.
    pub fn parts(&self) -> impl Iterator<Item = (u32, u32, u32)> {
        std::iter::once((self.held, self.inner, self.statement)).chain(self.also.iter().copied())
    }

    /// Makes it hold less certainly, under further conditions.
    pub(super) fn weaken(&mut self, certainty: Certainty, conditions: Vec<ConditionId>) {
        self.certainty = self.certainty.min(certainty);
        self.conditions.extend(conditions);
        self.conditions.sort_unstable();
        self.conditions.dedup();
    }
}

/// All ways in which an expression holds in a system; parts must share a scope and a time.
pub(super) fn solve(
    expression: &Expression,
    system: SystemIdx,
    leaves: &HashMap<(LeafIdx, SystemIdx), Vec<Support>>,
    held: &[HeldContainer],
) -> Vec<Support> {
    match expression {
        Expression::Leaf(leaf) => leaves.get(&(*leaf, system)).cloned().unwrap_or_default(),
        Expression::Any(parts) => parts.iter().flat_map(|part| solve(part, system, leaves, held)).collect(),
        Expression::All(parts) => {
            let mut all: Option<Vec<Support>> = None;
            for part in parts {
                let found = solve(part, system, leaves, held);
                all = Some(match all {
                    None => found,
                    Some(so_far) => {
                        let mut joined = Vec::new();
                        for support in so_far.iter().flat_map(|a| found.iter().filter_map(|b| both(a, b))) {
                            add(&mut joined, support, held);
                        }
                        joined
                    }
                });
            }
            all.unwrap_or_default()
        }
    }
}

pub(super) fn both(a: &Support, b: &Support) -> Option<Support> {
    let scope = a.scope.intersect(&b.scope);
    let validity = a.validity.intersect(b.validity);
    if scope.is_empty() || validity.is_empty() {
        return None;
    }
    let mut also = a.also.clone();
    also.push((b.held, b.inner, b.statement));
    also.extend_from_slice(&b.also);
    let mut conditions = a.conditions.clone();
    conditions.extend_from_slice(&b.conditions);
    conditions.sort_unstable();
    conditions.dedup();
    Some(Support {
        also,
        scope: Arc::new(scope),
        validity,
        certainty: a.certainty.min(b.certainty),
        conditions,
        ..a.clone()
    })
}

/// The grants that a support stands on, as accounts and roles: supports through different ones tell different stories
/// (cross-account, intrinsic), so that both are kept.
fn story<'a>(
    support: &'a Support,
    held: &'a [HeldContainer],
) -> impl Iterator<Item = Option<(Option<NodeId>, ContainerId)>> + 'a {
    support.parts().map(|(number, ..)| held.get(number as usize).map(|held| (held.account, held.container)))
}

/// Whether one support makes another one pointless.
fn beats(a: &Support, b: &Support, held: &[HeldContainer]) -> bool {
    // What tells most pairs apart comes first, and the scopes, which take longest, last.
    a.certainty >= b.certainty
        && a.via.is_none() >= b.via.is_none()
        && a.also.len() == b.also.len()
        && story(a, held).eq(story(b, held))
        && a.conditions.iter().all(|condition| b.conditions.binary_search(condition).is_ok())
        && a.validity.covers(b.validity)
        && (Arc::ptr_eq(&a.scope, &b.scope) || a.scope.covers(&b.scope))
}

/// Adds a support unless a known one beats it, and drops those that it beats.
pub(super) fn add(supports: &mut Vec<Support>, new: Support, held: &[HeldContainer]) {
    if supports.iter().any(|known| beats(known, &new, held)) {
        return;
    }
    supports.retain(|known| !beats(&new, known, held));
    if supports.len() < SUPPORTS_PER_DUTY {
        supports.push(new);
        return;
    }
    let alike = |known: &Support| {
        (known.certainty, known.via, known.validity) == (new.certainty, new.via, new.validity)
            && known.conditions == new.conditions
            && story(known, held).eq(story(&new, held))
    };
    for known in supports.iter_mut().filter(|known| alike(known)) {
        if let (joined, true) = known.scope.join(&new.scope) {
            known.scope = Arc::new(joined);
            return;
        }
    }
    if supports.len() < MOST_SUPPORTS {
        supports.push(new);
    } else {
        absorb(supports, new, held);
    }
}

/// Lets a known support speak for a new one too, since there are too many to keep: it comes to cover what both do,
/// rather more than less.
fn absorb(supports: &mut [Support], new: Support, held: &[HeldContainer]) {
    let nearest = supports.iter_mut().max_by_key(|known| {
        (
            known.certainty >= new.certainty,
            known.via.is_none() >= new.via.is_none(),
            story(known, held).eq(story(&new, held)),
        )
    });
    let Some(known) = nearest else { return };
    let (scope, validity) = (known.scope.union(&new.scope), known.validity.union(new.validity));
    known.conditions.retain(|condition| new.conditions.contains(condition));
    if known.certainty < new.certainty {
        *known = Support { conditions: std::mem::take(&mut known.conditions), ..new };
    }
    known.scope = Arc::new(scope);
    known.validity = validity;
}
