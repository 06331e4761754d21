//! Permissions by name: which of the names that rules ask for a statement gives.

use std::collections::HashMap;

use crate::access::covers;
use crate::facts::{Patterns, Text};

/// Things that rules ask for by the name of a permission, in one type of system.
#[derive(Debug)]
pub(super) struct NameIndex<I> {
    exact: HashMap<String, Vec<I>>,
    all: Vec<(Text, I)>,
}

impl<I> Default for NameIndex<I> {
    fn default() -> Self {
        Self { exact: HashMap::new(), all: Vec::new() }
    }
}

impl<I: Copy + Ord> NameIndex<I> {
    pub(super) fn add(&mut self, name: &Text, item: I) {
        self.exact.entry(name.to_ascii_lowercase()).or_default().push(item);
        self.all.push((name.clone(), item));
    }

    /// Everything that these actions give, sorted, each once.
    pub(super) fn given_by(&self, actions: &Patterns) -> Vec<I> {
        let mut given = Vec::new();
        if actions.negated {
            given.extend(self.all.iter().filter(|(name, _)| actions.cover(name, true)).map(|(_, item)| *item));
        } else {
            for range in &actions.ranges {
                given.extend(self.all.iter().filter(|(name, _)| range.holds(name, true)).map(|(_, item)| *item));
            }
            for action in &actions.list {
                if action.contains(['*', '?']) {
                    given.extend(self.all.iter().filter(|(name, _)| covers(action, name, true)).map(|(_, item)| *item));
                } else if let Some(found) = self.exact.get(&action.to_ascii_lowercase()) {
                    given.extend_from_slice(found);
                }
            }
        }
        given.sort_unstable();
        given.dedup();
        given
    }
}
