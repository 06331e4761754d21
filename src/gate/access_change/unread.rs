//! What a change brings that could not be told.
//!
//! A definition that could not be read is known by what it says: one that is edited and cannot be read is told anew,
//! since nobody knows what the edit does, and one that is only moved is not.

use std::collections::{BTreeSet, HashMap};

use super::super::judgement::UnresolvedAt;
use super::super::parts::Parts;
use super::super::side::Tree;
use super::super::unresolved::unresolved;
use super::model::NotTold;
use crate::duties::Catalogue;
use crate::facts::{Gap, Text};

/// What head has of it and base has not, and how much of base's head has not.
pub(super) fn not_told(head: &Tree<'_>, base: &Tree<'_>, catalogue: &Catalogue) -> (Vec<NotTold>, usize) {
    let (of_head, of_base) = (unresolved(head, None, catalogue, None), unresolved(base, None, catalogue, None));
    let (in_head, in_base) = (Known::of(head, of_head), Known::of(base, of_base));
    let gone = in_base.beyond(&in_head).len();
    let found = in_head.beyond(&in_base).into_iter().map(|found| NotTold {
        gap: found.gap,
        reason: found.reason.clone(),
        consequence: found.consequence.clone(),
        place: found.place.clone(),
    });
    (found.collect(), gone)
}

/// What could not be told of one tree, by what makes it the same elsewhere.
struct Known(HashMap<(Gap, String), Vec<UnresolvedAt>>);

impl Known {
    fn of(tree: &Tree<'_>, all: Vec<UnresolvedAt>) -> Self {
        let mut parts = Parts::of(tree.files);
        let mut known: HashMap<(Gap, String), Vec<UnresolvedAt>> = HashMap::new();
        for found in all {
            let identity = match (&found.place, found.gap) {
                (Some(place), Gap::Broken | Gap::Unsupported | Gap::NotRead) => {
                    let whole = tree
                        .reading
                        .not_lowered
                        .iter()
                        .find(|own| own.file == place.file && own.gap == found.gap && own.reason == found.reason);
                    match whole.map(|own| own.digest) {
                        Some(Some(digest)) => digest.to_string(),
                        Some(None) => place.file.to_string(),
                        None => parts.identity(place, found.gap),
                    }
                }
                _ => found.reason.clone(),
            };
            known.entry((found.gap, identity)).or_default().push(found);
        }
        Self(known)
    }

    /// What this has more of than the other; of several alike those in files that the other has them not in.
    fn beyond<'a>(&'a self, other: &Self) -> Vec<&'a UnresolvedAt> {
        let file = |found: &UnresolvedAt| -> Option<Text> { found.place.as_ref().map(|place| place.file.clone()) };
        let mut all = Vec::new();
        for (key, own) in &self.0 {
            let there = other.0.get(key).map_or(&[][..], Vec::as_slice);
            let files: BTreeSet<Option<Text>> = there.iter().map(file).collect();
            let mut own: Vec<&UnresolvedAt> = own.iter().collect();
            own.sort_by_key(|found| (files.contains(&file(found)), found.place.clone()));
            own.truncate(own.len().saturating_sub(there.len()));
            all.extend(own);
        }
        all.sort_by(|a, b| (a.gap, &a.place, &a.reason).cmp(&(b.gap, &b.place, &b.reason)));
        all
    }
}
