//! Which names a statement gives: patterns, ranges, and the values of fields.

use std::collections::BTreeMap;

use super::Text;

/// Patterns with `*` and `?` and ranges, or everything except them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Patterns {
    /// `true` for `NotAction` and `NotResource`: all but the list.
    pub negated: bool,
    /// The patterns as written.
    pub list: Vec<Text>,
    /// Ranges of names, beside the patterns.
    pub ranges: Vec<NameRange>,
}

/// Every name from one to another, in the order of their characters: SAP's `FB01` to `FB99`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameRange {
    /// The first name.
    pub low: Text,
    /// The last name; with a `*` at the end, the last one that starts so.
    pub high: Text,
}

/// The fields of one authorization, each with the values that it gives. They hold together: a value of one authorization
/// says nothing of another one.
pub type Fields = BTreeMap<Text, Patterns>;

impl Patterns {
    /// Exactly these patterns.
    pub fn of<S: Into<Text>>(list: impl IntoIterator<Item = S>) -> Self {
        Self { negated: false, list: list.into_iter().map(Into::into).collect(), ranges: Vec::new() }
    }

    /// Everything.
    #[must_use]
    pub fn any() -> Self {
        Self::of(["*"])
    }
}
