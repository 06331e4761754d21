//! Which conflicts the held duties make, and on what they meet.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::catalogue::{Catalogue, Conflict, ConflictIdx, DutyIdx};
use super::holdings::{Certainty, HeldContainer, HeldDuty};
use super::support::Support;
use crate::access::{ConditionId, ContainerId, NodeId, SystemIdx};
use crate::facts::Validity;
use crate::facts::scope::{Dimension, Scope, Values};
use crate::rules::ConflictKind;

/// Most meetings kept apart for one conflict of one subject; more than that are joined where nothing is lost.
const MEETINGS_PER_CONFLICT: usize = 16;

/// Most meetings kept at all; more than that are joined even if what they meet on then looks wider than it is.
const MOST_MEETINGS: usize = 256;

/// How far apart the legs of a conflict are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Apart {
    /// One role gives them all.
    Intrinsic,
    /// One account holds them by several grants.
    Combined,
    /// Several accounts of one principal hold them.
    CrossAccount,
}

impl Apart {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intrinsic => "intrinsic",
            Self::Combined => "combined",
            Self::CrossAccount => "cross_account",
        }
    }
}

/// Duties that meet: one support of each.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// For each duty: its place among the held duties, and its support there.
    pub legs: Vec<(u32, u32)>,
    /// On what they meet, by the conflict's dimensions. An unknown dimension is absent: it counts as all.
    pub on: Scope,
    /// When all legs count.
    pub validity: Validity,
    /// How certainly.
    pub certainty: Certainty,
    /// Under which conditions of the legs.
    pub conditions: BTreeSet<ConditionId>,
    /// How far apart.
    pub apart: Apart,
    /// The role that gives all legs, when one does.
    pub role: Option<ContainerId>,
    /// The privileged duty that gives some leg and includes them all, in one system.
    pub under: Option<DutyIdx>,
}

/// A conflict in a set of systems.
#[derive(Debug, Clone)]
pub struct MetConflict {
    /// The conflict.
    pub conflict: ConflictIdx,
    /// The systems of the legs, sorted.
    pub systems: Vec<SystemIdx>,
    /// How the duties meet, the shortest first.
    pub meetings: Vec<Meeting>,
}

/// Finds the static conflicts among held duties.
pub(super) fn conflicts(
    catalogue: &Catalogue,
    duties: &[HeldDuty],
    held: &[HeldContainer],
    as_of: i64,
) -> Vec<MetConflict> {
    let mut by_duty: BTreeMap<DutyIdx, Vec<u32>> = BTreeMap::new();
    for (number, duty) in (0u32..).zip(duties) {
        by_duty.entry(duty.duty).or_default().push(number);
    }
    let mut count: BTreeMap<ConflictIdx, usize> = BTreeMap::new();
    for duty in by_duty.keys() {
        for conflict in catalogue.conflicts_of.get(duty.0 as usize).into_iter().flatten() {
            *count.entry(*conflict).or_default() += 1;
        }
    }
    let mut met = Vec::new();
    for (idx, count) in count {
        let Some(conflict) = catalogue.conflict(idx) else { continue };
        if conflict.kind == ConflictKind::Static && count >= conflict.at_least {
            meet(catalogue, idx, conflict, duties, &by_duty, held, as_of, &mut met);
        }
    }
    met
}

#[expect(clippy::too_many_arguments, reason = "one step of a loop, whose whole state it sees")]
fn meet(
    catalogue: &Catalogue,
    idx: ConflictIdx,
    conflict: &Conflict,
    duties: &[HeldDuty],
    by_duty: &BTreeMap<DutyIdx, Vec<u32>>,
    held: &[HeldContainer],
    as_of: i64,
    met: &mut Vec<MetConflict>,
) {
    let mut found: BTreeMap<Vec<SystemIdx>, Vec<Meeting>> = BTreeMap::new();
    for chosen in choices(&conflict.duties, conflict.at_least) {
        let mut partial = vec![Partial::default()];
        for duty in chosen {
            let mut next = Vec::new();
            for number in by_duty.get(&duty).into_iter().flatten() {
                let Some(held_duty) = duties.get(*number as usize) else { continue };
                for (support_number, support) in (0u32..).zip(&held_duty.supports) {
                    next.extend(partial.iter().filter_map(|partial| {
                        partial.with(conflict, (*number, support_number), held_duty.system, support, as_of)
                    }));
                }
            }
            // Many ways to the same thing add nothing; the supports are sorted, so the first are the shortest.
            let mut seen = HashSet::new();
            next.retain(|partial| seen.insert(partial.essence(held)));
            partial = next;
        }
        for partial in partial {
            let Some(meeting) = partial.finish(catalogue, conflict, duties, held) else { continue };
            let systems: Vec<SystemIdx> = partial.systems.into_iter().collect();
            keep(found.entry(systems).or_default(), meeting);
        }
    }
    met.extend(found.into_iter().map(|(systems, mut meetings)| {
        meetings.sort_by_key(|meeting| (std::cmp::Reverse(meeting.certainty), meeting.under.is_some(), meeting.apart));
        MetConflict { conflict: idx, systems, meetings }
    }));
}

/// Keeps a meeting unless another one says as much on as much.
fn keep(meetings: &mut Vec<Meeting>, new: Meeting) {
    let beats = |a: &Meeting, b: &Meeting| {
        a.certainty >= b.certainty
            && a.conditions.is_subset(&b.conditions)
            // What does not come under a privileged duty must stay visible beside what does.
            && a.under.is_none() >= b.under.is_none()
            && a.apart <= b.apart
            && a.validity.covers(b.validity)
            && a.on.covers(&b.on)
    };
    if meetings.iter().any(|known| beats(known, &new)) {
        return;
    }
    meetings.retain(|known| !beats(&new, known));
    if meetings.len() < MEETINGS_PER_CONFLICT {
        meetings.push(new);
        return;
    }
    for known in meetings.iter_mut() {
        let alike = (known.certainty, known.apart, known.validity) == (new.certainty, new.apart, new.validity)
            && (known.role, known.under, &known.conditions) == (new.role, new.under, &new.conditions);
        if let (joined, true) = known.on.join(&new.on)
            && alike
        {
            known.on = joined;
            return;
        }
    }
    if meetings.len() < MOST_MEETINGS {
        meetings.push(new);
    } else if let Some(last) = meetings.last_mut() {
        // No meeting may be forgotten, so the last one stands for all that came after it.
        last.on = last.on.join(&new.on).0;
        last.validity = last.validity.union(new.validity);
        last.certainty = last.certainty.max(new.certainty);
        last.conditions.retain(|condition| new.conditions.contains(condition));
        last.under = last.under.filter(|under| new.under == Some(*under));
    }
}

/// Every choice of `k` duties, in order; all of them in the common case.
fn choices(duties: &[DutyIdx], k: usize) -> Vec<Vec<DutyIdx>> {
    if k >= duties.len() {
        return vec![duties.to_vec()];
    }
    let mut all = vec![Vec::new()];
    for (left, duty) in (1..=duties.len()).rev().zip(duties) {
        all = all
            .into_iter()
            .flat_map(|chosen: Vec<DutyIdx>| {
                let mut with = chosen.clone();
                with.push(*duty);
                [Some(with), (chosen.len() + left > k).then_some(chosen)]
            })
            .flatten()
            .filter(|chosen| chosen.len() <= k)
            .collect();
    }
    all.retain(|chosen| chosen.len() == k);
    all
}

/// Some legs that meet so far.
#[derive(Clone, Default)]
struct Partial<'a> {
    legs: Vec<(u32, u32)>,
    supports: Vec<&'a Support>,
    systems: BTreeSet<SystemIdx>,
    on: Scope,
    validity: Validity,
}

/// The role, the account that holds it, and the wide duty that a leg comes under.
type Through = (Option<ContainerId>, Option<NodeId>, Option<DutyIdx>);

/// See [`Partial::essence`].
#[derive(PartialEq, Eq, Hash)]
struct Essence {
    systems: BTreeSet<SystemIdx>,
    on: Scope,
    validity: Validity,
    certainty: Option<Certainty>,
    through: BTreeSet<Through>,
    conditions: BTreeSet<ConditionId>,
}

impl<'a> Partial<'a> {
    /// These legs and one more, if they still meet.
    fn with(
        &self,
        conflict: &Conflict,
        leg: (u32, u32),
        system: SystemIdx,
        support: &'a Support,
        as_of: i64,
    ) -> Option<Self> {
        let validity = self.validity.intersect(support.validity);
        if validity.is_empty() || validity.until.is_some_and(|until| until <= as_of) {
            return None;
        }
        let mut on = self.on.clone();
        for dimension in &conflict.dimensions {
            if let Some(values) = value_on(&support.scope, dimension) {
                let joined = on.get(dimension).map_or_else(|| values.clone(), |own| own.intersect(&values));
                if joined.is_empty() {
                    return None;
                }
                on = on.with(dimension.clone(), joined);
            }
        }
        let mut next = self.clone();
        next.legs.push(leg);
        next.supports.push(support);
        next.systems.insert(system);
        next.on = on;
        next.validity = validity;
        Some(next)
    }

    /// The grants that the legs stand on. A duty that needs several permissions stands on every grant that gives one.
    fn grants(&self) -> impl Iterator<Item = (u32, Option<DutyIdx>)> {
        self.supports.iter().flat_map(|support| support.parts().map(|(number, ..)| (number, support.under)))
    }

    /// What a meeting of these legs depends on beside what it is a meeting of.
    fn essence(&self, held: &[HeldContainer]) -> Essence {
        let through = |(number, under): (u32, Option<DutyIdx>)| {
            let held = held.get(number as usize);
            (held.map(|held| held.container), held.and_then(|held| held.account), under)
        };
        Essence {
            systems: self.systems.clone(),
            on: self.on.clone(),
            validity: self.validity,
            certainty: self.supports.iter().map(|support| support.certainty).min(),
            through: self.grants().map(through).collect(),
            conditions: self.supports.iter().flat_map(|support| &support.conditions).copied().collect(),
        }
    }

    fn finish(
        &self,
        catalogue: &Catalogue,
        conflict: &Conflict,
        duties: &[HeldDuty],
        held: &[HeldContainer],
    ) -> Option<Meeting> {
        let containers: BTreeSet<Option<ContainerId>> =
            self.grants().map(|(number, _)| held.get(number as usize).map(|held| held.container)).collect();
        let accounts: BTreeSet<_> =
            self.grants().map(|(number, _)| held.get(number as usize).and_then(|held| held.account)).collect();
        if conflict.distinct_accounts && accounts.len() <= 1 {
            return None;
        }
        let one_role = containers.len() == 1 && accounts.len() <= 1;
        let apart = if one_role {
            Apart::Intrinsic
        } else if accounts.len() <= 1 {
            Apart::Combined
        } else {
            Apart::CrossAccount
        };
        let of_legs = || self.legs.iter().filter_map(|(number, _)| duties.get(*number as usize)).map(|held| held.duty);
        // A grant that gives one leg by a wide duty gives the others by it too, on at least as much: even beside an
        // ordinary grant it is the wide duty that makes the conflict. But not across systems, nor where the conflict
        // is that the accounts differ.
        let one_system = self.systems.len() == 1 && !conflict.distinct_accounts;
        let under = self.supports.iter().filter_map(|support| support.under).find(|wide| {
            one_system
                && catalogue
                    .duty(*wide)
                    .is_some_and(|duty| of_legs().all(|leg| leg == *wide || duty.includes.contains(&leg)))
        });
        Some(Meeting {
            legs: self.legs.clone(),
            on: self.on.clone(),
            validity: self.validity,
            certainty: self.supports.iter().map(|support| support.certainty).min().unwrap_or(Certainty::Unknown),
            conditions: self.supports.iter().flat_map(|support| &support.conditions).copied().collect(),
            apart,
            role: if one_role { containers.into_iter().next().flatten() } else { None },
            under,
        })
    }
}

/// What a scope says of a dimension; `None` is unknown and counts as all.
fn value_on(scope: &Arc<Scope>, dimension: &Dimension) -> Option<Values> {
    scope.get(dimension).cloned()
}
