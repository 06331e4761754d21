//! Which places of the trees a reader has looked at, beside the files that it recognised.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Reader;
use crate::formats::files::Asked;

/// The places that units asked for, of all trees that were read: whatever changes anywhere else, they would have had the
/// same answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadPlaces {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
    below: BTreeSet<String>,
}

impl ReadPlaces {
    /// Whether what stands at a path, or that something stands there, may have been an answer.
    #[must_use]
    pub fn hold(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.files.contains(path)
            || self.folders.contains(folder)
            || self.below.contains("")
            || path.match_indices('/').any(|(at, _)| path.get(..at).is_some_and(|above| self.below.contains(above)))
    }
}

impl Reader {
    /// The places that were asked for so far.
    #[must_use]
    pub fn places(&self) -> ReadPlaces {
        let mut places = ReadPlaces::default();
        let mut add = |asked: &Asked| {
            match asked {
                Asked::File(path, _) => places.files.insert(path.to_string()),
                Asked::Folder(folder, _) => places.folders.insert(folder.to_string()),
                Asked::Below(folder, _) => places.below.insert(folder.to_string()),
            };
        };
        if let Ok(started) = self.started.lock() {
            started.iter().for_each(&mut add);
        }
        if let Ok(reached) = self.reached.lock() {
            reached.values().flatten().flat_map(|own| &own.asked).for_each(&mut add);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_held_by_its_name_its_folder_or_a_folder_above_it() {
        let set = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        let places = ReadPlaces { files: set(&["a/x.txt"]), folders: set(&["b"]), below: set(&["c/d"]) };
        for held in ["a/x.txt", "b/new.txt", "c/d/e/f.txt", "c/d/g"] {
            assert!(places.hold(held), "{held}");
        }
        for other in ["a/y.txt", "b/deeper/new.txt", "c/x", "c/dd/x", "x.txt", "bb/x"] {
            assert!(!places.hold(other), "{other}");
        }
        let root = ReadPlaces { folders: set(&[""]), ..ReadPlaces::default() };
        assert!(root.hold("x.txt") && !root.hold("a/x.txt"));
        let all = ReadPlaces { below: set(&[""]), ..ReadPlaces::default() };
        assert!(all.hold("x.txt") && all.hold("a/x.txt"));
    }
}
