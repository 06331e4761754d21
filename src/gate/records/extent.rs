//! Extents as records write them down.

use crate::duties::Certainty;
use crate::gate::finding::{Extent, ExtentPart};
use crate::rules::{ExtentEntry, HeldWord, Instant, OneOrMany, scope};

/// An extent as a record writes it down.
#[must_use]
pub fn extent_entries(extent: &Extent) -> Vec<ExtentEntry> {
    extent
        .0
        .iter()
        .map(|part| ExtentEntry {
            scope: part.scope.lists().into_iter().map(|(name, values)| (name, OneOrMany::Many(values))).collect(),
            held: match part.held {
                Certainty::Certain => HeldWord::Certain,
                Certainty::Conditional => HeldWord::Conditional,
                Certainty::Unknown => HeldWord::Unknown,
            },
            conditions: part.conditions.iter().map(ToString::to_string).collect(),
            what: part.what.as_ref().map(ToString::to_string),
            until: part.until.map(Instant::from_seconds),
        })
        .collect()
}

/// What a record wrote down.
pub(super) fn extent_of(entries: &[ExtentEntry]) -> Extent {
    Extent(
        entries
            .iter()
            .map(|entry| ExtentPart {
                scope: scope(&entry.scope),
                held: match entry.held {
                    HeldWord::Certain => Certainty::Certain,
                    HeldWord::Conditional => Certainty::Conditional,
                    HeldWord::Unknown => Certainty::Unknown,
                },
                conditions: entry.conditions.iter().map(|text| text.as_str().into()).collect(),
                apart: None,
                what: entry.what.as_deref().map(Into::into),
                until: entry.until.map(Instant::seconds),
            })
            .collect(),
    )
}
