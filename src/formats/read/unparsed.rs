//! Files that declared something once and cannot be parsed any more.

use std::collections::BTreeSet;

use super::{DATA_ENDINGS, Reader, Reading};
use crate::source::Tree;

impl Reader {
    /// Which of some paths of a tree name files of data that cannot be parsed, and that no format recognises as its own.
    /// What such a file declared before is not gone.
    #[must_use]
    pub fn unparsed<'p>(
        &self,
        tree: &Tree,
        reading: &Reading,
        paths: impl Iterator<Item = &'p str>,
    ) -> BTreeSet<String> {
        let told =
            |path: &str| reading.formats.contains_key(path) || reading.not_lowered.iter().any(|own| *own.file == *path);
        let is_broken = |path: &&str| {
            let Some(file) = tree.get(path).filter(|_| DATA_ENDINGS.iter().any(|own| path.ends_with(own))) else {
                return false;
            };
            let (Some(bytes), Some(digest)) = (file.bytes(), file.digest()) else { return false };
            !told(path) && self.parse(path, bytes, digest).error().is_some()
        };
        paths.filter(is_broken).map(str::to_owned).collect()
    }
}
