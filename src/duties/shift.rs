//! What somebody holds before and after: what is more, what is less, and in which respect.
//!
//! A part is a set of points: somewhere in its scope, at an instant, at most so surely, under at least its conditions.
//! Several parts hold together whatever one of them holds. So two grants on one entity each are one on both, and what
//! one grant gave and another one gives now is no change.

use std::collections::BTreeSet;

use super::holdings::Certainty;
use crate::facts::scope::{Scope, covered_together};
use crate::facts::{Text, Validity};

/// One way in which something is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// On what.
    pub scope: Scope,
    /// How certainly.
    pub certainty: Certainty,
    /// Under which conditions, in words.
    pub conditions: BTreeSet<Text>,
    /// When.
    pub validity: Validity,
}

/// In which respect something is held otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Respect {
    /// On more.
    Wider,
    /// On less.
    Narrower,
    /// Where it was held, at times when it was not.
    Longer,
    /// Where it is held, no longer at times when it was.
    Shorter,
    /// Where and when it was held, more certainly.
    MoreCertain,
    /// Where and when it is held, less certainly.
    LessCertain,
    /// Where and when it was held as certainly, under conditions that were not enough.
    FewerConditions,
    /// Where and when it is held as certainly, no longer under conditions that were enough.
    MoreConditions,
}

/// What becomes of something that is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shift {
    /// It was not held at all.
    Gained,
    /// It is not held at all.
    Lost,
    /// It is held otherwise; at least one respect.
    Changed(BTreeSet<Respect>),
}

impl Shift {
    /// Whether somebody can do more by it.
    #[must_use]
    pub fn is_more(&self) -> bool {
        match self {
            Self::Gained => true,
            Self::Lost => false,
            Self::Changed(respects) => respects.iter().any(|respect| {
                matches!(respect, Respect::Wider | Respect::Longer | Respect::MoreCertain | Respect::FewerConditions)
            }),
        }
    }
}

/// Most parts that are looked at when times are taken apart. With more, times are compared as they stand, and what two
/// parts cover of a third only one after the other may be told as a change.
const MOST: usize = 512;

/// What becomes of something from `as_of` on; `None` when nothing does.
#[must_use]
pub fn shift(before: &[Part], after: &[Part], as_of: i64) -> Option<Shift> {
    let (before, after) = (from_now(before, as_of), from_now(after, as_of));
    match (before.is_empty(), after.is_empty()) {
        (true, true) => return None,
        (true, false) => return Some(Shift::Gained),
        (false, true) => return Some(Shift::Lost),
        (false, false) => {}
    }
    if beyond(&after, &before).next().is_none() && beyond(&before, &after).next().is_none() {
        return None;
    }
    let slices = slices(&before, &after);
    let small = slices.len().saturating_mul(before.len().max(after.len())) <= MOST;
    let (before, after) = if small { (sliced(&before, &slices), sliced(&after, &slices)) } else { (before, after) };
    let mut respects = BTreeSet::new();
    more(
        &before,
        &after,
        [Respect::Wider, Respect::Longer, Respect::MoreCertain, Respect::FewerConditions],
        &mut respects,
    );
    more(
        &after,
        &before,
        [Respect::Narrower, Respect::Shorter, Respect::LessCertain, Respect::MoreConditions],
        &mut respects,
    );
    (!respects.is_empty()).then_some(Shift::Changed(respects))
}

/// The parts of `own` that those of `other` do not cover.
pub fn beyond<'a>(own: &'a [Part], other: &'a [Part]) -> impl Iterator<Item = &'a Part> {
    own.iter().filter(|part| {
        let alike = |known: &&Part| {
            known.certainty >= part.certainty
                && known.conditions.is_subset(&part.conditions)
                && known.validity.covers(part.validity)
        };
        !covered(other, alike, &part.scope)
    })
}

/// Whether some of the parts cover a scope together.
fn covered(parts: &[Part], alike: impl Fn(&&Part) -> bool, wanted: &Scope) -> bool {
    let scopes: Vec<&Scope> = parts.iter().filter(alike).map(|part| &part.scope).collect();
    covered_together(&scopes, wanted)
}

/// In which respects one side goes beyond the other.
fn more(known: &[Part], own: &[Part], [wider, longer, surer, freer]: [Respect; 4], respects: &mut BTreeSet<Respect>) {
    for part in own {
        if !covered(known, |_| true, &part.scope) {
            respects.insert(wider);
        }
        for other in known {
            let both = part.scope.intersect(&other.scope);
            if both.is_empty() {
                continue;
            }
            let then = |known: &&Part| known.validity.covers(part.validity);
            if !respects.contains(&longer) && !covered(known, then, &both) {
                respects.insert(longer);
            }
            if !then(&other) {
                continue;
            }
            let sure = |known: &&Part| then(known) && known.certainty >= part.certainty;
            if !respects.contains(&surer) && !covered(known, sure, &both) {
                respects.insert(surer);
            }
            let certainty = part.certainty.min(other.certainty);
            let free = |known: &&Part| {
                then(known) && known.certainty >= certainty && known.conditions.is_subset(&part.conditions)
            };
            if !respects.contains(&freer) && !covered(known, free, &both) {
                respects.insert(freer);
            }
        }
    }
}

/// What of the parts lies ahead. When something began does not matter once it has.
fn from_now(parts: &[Part], as_of: i64) -> Vec<Part> {
    let ahead = parts.iter().map(|part| {
        let from = part.validity.from.filter(|from| *from > as_of);
        Part { validity: Validity { from, ..part.validity }, ..part.clone() }
    });
    let counts = |part: &Part| {
        !part.scope.is_empty() && !part.validity.is_empty() && part.validity.until.is_none_or(|until| until > as_of)
    };
    let mut all: Vec<Part> = ahead.filter(counts).collect();
    all.sort();
    all.dedup();
    all
}

/// The times between which nothing begins or ends.
fn slices(before: &[Part], after: &[Part]) -> Vec<Validity> {
    let edges: BTreeSet<i64> =
        before.iter().chain(after).flat_map(|part| [part.validity.from, part.validity.until]).flatten().collect();
    let starts = std::iter::once(None).chain(edges.iter().copied().map(Some));
    let ends = edges.iter().copied().map(Some).chain(std::iter::once(None));
    starts.zip(ends).map(|(from, until)| Validity { from, until }).collect()
}

fn sliced(parts: &[Part], slices: &[Validity]) -> Vec<Part> {
    let of = |part: &Part| -> Vec<Part> {
        let within = slices.iter().filter(|slice| part.validity.covers(**slice));
        within.map(|slice| Part { validity: *slice, ..part.clone() }).collect()
    };
    parts.iter().flat_map(of).collect()
}
