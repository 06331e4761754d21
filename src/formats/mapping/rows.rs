//! Values of a house file at the places that a mapping names.

use super::{KEYS, Reader, place_of};
use crate::rules::{MappingPath, MappingStep};
use crate::syntax::{Node, Span};

/// A bound name, and those around it.
pub(super) struct Frame<'f> {
    pub(super) name: Option<&'f str>,
    pub(super) node: &'f Node,
    /// Where the row stands.
    pub(super) place: Span,
    pub(super) outer: Option<&'f Frame<'f>>,
}

impl<'f> Frame<'f> {
    fn bound(&self, name: &str) -> Option<&'f Node> {
        if self.name == Some(name) { Some(self.node) } else { self.outer?.bound(name) }
    }

    /// Whether a name is bound by this row, and not by one around it.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.name == Some(name) || self.outer.is_some_and(|outer| outer.place == self.place && outer.is_own(name))
    }
}

/// What stands at a place.
#[derive(Clone, Copy)]
pub(super) enum Looked<'n> {
    Found(&'n Node),
    /// Some map on the way has not the key.
    Missing,
    /// Something on the way is no map.
    Wrong,
}

/// A row.
#[derive(Clone, Copy)]
pub(super) struct FoundRow<'n> {
    pub(super) node: &'n Node,
    pub(super) key: Option<(&'n str, Span)>,
    pub(super) place: Span,
}

impl Reader<'_> {
    /// The rows at a path. What is of another kind is said; what is not there is noted.
    pub(super) fn rows<'n>(&mut self, path: &MappingPath, frame: &Frame<'n>) -> Vec<FoundRow<'n>> {
        let mut rows = Vec::new();
        if let Some(node) = frame.bound(&path.name) {
            let place = if path.steps.is_empty() { frame.place } else { place_of(node) };
            self.walk(path, &path.steps, FoundRow { node, key: None, place }, &mut rows);
        }
        rows
    }

    fn walk<'n>(&mut self, path: &MappingPath, steps: &[MappingStep], at: FoundRow<'n>, rows: &mut Vec<FoundRow<'n>>) {
        let Some((step, rest)) = steps.split_first() else {
            self.found(path);
            if !at.node.is_null() {
                rows.push(at);
            }
            return;
        };
        // Nothing is written there: no rows, whatever they would be.
        if at.node.is_null() {
            return self.found(path);
        }
        match step {
            MappingStep::Key(key) => match (at.node.as_map(), at.node.entry(key)) {
                (None, _) => self.wrong(path, at.node, "a map"),
                (Some(_), None) => self.missed(path, key, at.node),
                (Some(_), Some(entry)) => {
                    self.walk(path, rest, FoundRow { node: &entry.value, place: entry.key_span, ..at }, rows);
                }
            },
            MappingStep::EveryValue => match at.node.as_map() {
                None => self.wrong(path, at.node, "a map"),
                Some([]) => self.found(path),
                Some(entries) => {
                    for entry in entries {
                        let key = Some((&*entry.key, entry.key_span));
                        self.walk(path, rest, FoundRow { node: &entry.value, key, place: entry.key_span }, rows);
                    }
                }
            },
            MappingStep::EveryItem => match at.node.as_list() {
                None => self.wrong(path, at.node, "a list"),
                Some([]) => self.found(path),
                Some(items) => {
                    for item in items {
                        self.walk(path, rest, FoundRow { node: item, place: place_of(item), ..at }, rows);
                    }
                }
            },
        }
    }

    /// What stands at a path without `.*` and `[]`.
    pub(super) fn look<'n>(&mut self, path: &MappingPath, frame: &Frame<'n>) -> Looked<'n> {
        let Some(mut node) = frame.bound(&path.name) else { return Looked::Missing };
        for step in &path.steps {
            let MappingStep::Key(key) = step else { return Looked::Wrong };
            if node.is_null() {
                self.found(path);
                return Looked::Missing;
            }
            match (node.as_map(), node.entry(key)) {
                (None, _) => {
                    self.wrong(path, node, "a map");
                    return Looked::Wrong;
                }
                (Some(_), None) => {
                    self.missed(path, key, node);
                    return Looked::Missing;
                }
                (Some(_), Some(entry)) => node = &entry.value,
            }
        }
        self.found(path);
        Looked::Found(node)
    }

    fn found(&mut self, path: &MappingPath) {
        if let Some(seen) = self.seen.get_mut(path.number) {
            seen.found = true;
        }
    }

    fn missed(&mut self, path: &MappingPath, key: &str, map: &Node) {
        let Some(seen) = self.seen.get_mut(path.number).filter(|seen| !seen.found) else { return };
        seen.missed.get_or_insert_with(|| key.into());
        for entry in map.as_map().unwrap_or_default() {
            if seen.keys.len() < KEYS {
                seen.keys.insert(entry.key.clone());
            }
        }
    }
}
