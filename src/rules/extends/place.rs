//! Where something that loosens is written.

use crate::rules::{RuleFile, key_span};
use crate::syntax::{Span, parse};

/// The key of a configuration at the end of a path.
pub(super) fn key(file: &RuleFile, path: &[&str]) -> Option<Span> {
    let (last, before) = path.split_last()?;
    key_span(file, before, last)
}

/// The field of an override; of the override itself where it has no such field.
pub(super) fn field(file: &RuleFile, what: &str, id: &str, field: &str) -> Option<Span> {
    let documents = parse(&file.bytes).ok()?;
    let entry = documents.iter().find_map(|node| node.at(&["override", what])?.entry(id))?;
    Some(entry.value.entry(field).map_or(entry.key_span, |entry| entry.key_span))
}
