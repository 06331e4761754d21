//! Loops: `Fn::ForEach` writes an entry of a map once for each member of a collection (CloudFormation user guide,
//! "Fn::ForEach").

use std::rc::Rc;

use super::stacks::{Binding, Place, Stacks};
use crate::facts::{Gap, Text};
use crate::syntax::{Entry, Node, Span};

/// Most entries that the loops of one map write.
const MAX_TURNS: usize = 10_000;

/// Deepest nesting of loops.
const MAX_LOOPS: usize = 8;

/// Whether a key is that of a loop.
pub(super) fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach")
}

/// An entry of a map, in one turn of the loops around it.
pub(super) type Turn<'t> = (Text, Span, &'t Node, Place<'t>);

impl<'t> Stacks<'t> {
    /// The entries of a map, with loops carried out.
    pub(super) fn expand(&self, entries: &'t [Entry], place: &Place<'t>) -> Vec<Turn<'t>> {
        let mut turns = Vec::with_capacity(entries.len());
        self.expand_into(entries, place, 0, &mut turns);
        turns
    }

    fn expand_into(&self, entries: &'t [Entry], place: &Place<'t>, depth: usize, turns: &mut Vec<Turn<'t>>) {
        for entry in entries {
            if is_loop(&entry.key) {
                self.turn(entry, place, depth, turns);
            } else {
                turns.push((bound(&entry.key, place).into(), entry.key_span, &entry.value, place.clone()));
            }
        }
    }

    fn turn(&self, entry: &'t Entry, place: &Place<'t>, depth: usize, turns: &mut Vec<Turn<'t>>) {
        let origin = self.at(place, entry.key_span);
        let nothing = "what this loop declares is not evaluated";
        let (name, collection, body) = match entry.value.as_list() {
            Some([name, collection, body]) => (name.as_str(), collection, body.as_map()),
            _ => (None, &entry.value, None),
        };
        let (Some(name), Some(body)) = (name, body) else {
            let reason = "a loop has an identifier, a collection and a map of what is repeated";
            return self.report(Gap::Broken, origin, reason, nothing);
        };
        if depth >= MAX_LOOPS {
            let reason = format!("loops are nested deeper than {MAX_LOOPS}");
            return self.report(Gap::Unsupported, origin, reason, nothing);
        }
        let collection = self.value(collection, place);
        let (members, rest) = collection.possible_members();
        if let Some(rest) = rest {
            let consequence = if members.is_empty() { nothing } else { "there may be more or fewer turns than shown" };
            self.report(Gap::Unknown, origin, rest.why.to_string(), consequence);
        }
        for member in members {
            if turns.len() >= MAX_TURNS || !self.charge(body.len()) {
                let reason =
                    format!("the loops of this map write more than {MAX_TURNS} entries, or take too many steps");
                return self.report(Gap::Unsupported, origin, reason, "the rest is not evaluated");
            }
            if member.as_text().is_none() {
                let reason = format!("a loop runs over texts, and this is {}", member.kind_name());
                self.report(Gap::Unknown, member.origin, reason, "this turn is not evaluated");
                continue;
            }
            let binding = Binding { name, value: member.clone(), outer: place.loops.clone() };
            let inner = Place { stack: place.stack, loops: Some(Rc::new(binding)) };
            self.expand_into(body, &inner, depth + 1, turns);
        }
    }
}

impl Place<'_> {
    /// What a loop around this place binds to an identifier.
    pub(super) fn bound(&self, name: &str) -> Option<&super::stacks::Binding<'_>> {
        let mut binding = self.loops.as_deref();
        while let Some(own) = binding {
            if own.name == name {
                return Some(own);
            }
            binding = own.outer.as_deref();
        }
        None
    }
}

/// A text with the identifiers of the loops around it filled in: `${Name}`, or `&{Name}` with all but letters and digits
/// left out.
pub(super) fn bound(text: &str, place: &Place<'_>) -> String {
    let mut text = text.to_owned();
    let mut binding = place.loops.as_deref();
    while let Some(own) = binding {
        if let Some(value) = own.value.as_text() {
            text = text.replace(&format!("${{{}}}", own.name), &value);
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text = text.replace(&format!("&{{{}}}", own.name), &plain);
        }
        binding = own.outer.as_deref();
    }
    text
}
