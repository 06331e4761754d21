//! The duty layer: vectors of every built-in conflict, semantics one by one, and the matcher against a slow oracle.

mod certainty;
mod conflicts;
mod denies;
mod fields;
mod matching;
mod reference;
mod shift;
mod vectors;

use std::sync::{Arc, LazyLock};

use super::{Catalogue, ConflictIdx, Holdings, Matcher, Matches, MetConflict};
use crate::access::Graph;
use crate::access::fixture::{World, native, node};
use crate::rules::{Definitions, Rules};

/// The instant of every evaluation here.
pub(super) const NOW: i64 = 100;

/// The built-in rulesets, read and compiled.
pub(super) static BUILT_IN: LazyLock<(Definitions, Catalogue)> = LazyLock::new(|| {
    let definitions = Rules::built_in().unwrap().definitions;
    let catalogue = Catalogue::new(&definitions);
    (Arc::unwrap_or_clone(definitions), catalogue)
});

/// A catalogue written in the test: the text under `add:` of a ruleset, over no built-in one.
pub(super) fn catalogue(add: &str) -> Catalogue {
    Catalogue::new(&definitions(add))
}

pub(super) fn definitions(add: &str) -> Definitions {
    let text = format!(
        "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {{id: t, version: '1', title: t}}\nadd:\n{add}"
    );
    Definitions::of(&text)
}

/// A graph with what a catalogue makes of it.
pub(super) struct Judged<'a> {
    pub(super) graph: Graph,
    pub(super) matches: Matches,
    pub(super) catalogue: &'a Catalogue,
}

impl<'a> Judged<'a> {
    pub(super) fn new(world: &World, catalogue: &'a Catalogue) -> Self {
        let graph = world.graph();
        let matches = Matches::new(&graph, catalogue);
        Self { graph, matches, catalogue }
    }

    fn matcher(&self) -> Matcher<'_> {
        Matcher { graph: &self.graph, catalogue: self.catalogue, matches: &self.matches, as_of: NOW }
    }

    pub(super) fn of(&self, who: &str) -> Holdings {
        self.matcher().principal(node(&self.graph, who))
    }

    pub(super) fn role(&self, role: &str) -> Holdings {
        self.matcher().role(self.graph.role(&native(role)).unwrap())
    }
}

/// What a conflict id came to, if it is met.
pub(super) fn met<'h>(holdings: &'h Holdings, catalogue: &Catalogue, conflict: &str) -> Option<&'h MetConflict> {
    let idx: ConflictIdx = catalogue.conflicts().find(|(_, known)| &*known.id == conflict)?.0;
    holdings.conflicts.iter().find(|met| met.conflict == idx)
}
