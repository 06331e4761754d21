//! Lines and columns of many places at once.
//!
//! A minified export is one line of several megabytes, and each place in it would count its columns from the start.
//! So the offsets of a file are collected first, and one walk over its bytes answers them all.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access::Place;
use crate::gate::{Side, Texts};
use crate::syntax::Position;

/// Offsets to be asked for, by file.
#[derive(Default)]
pub(super) struct Wanted<'a>(BTreeMap<(Side, &'a str), Vec<u32>>);

impl<'a> Wanted<'a> {
    /// Notes both ends of a place.
    pub(super) fn add(&mut self, side: Side, place: &'a Place) {
        self.0.entry((side, &place.file)).or_default().extend([place.span.start, place.span.end]);
    }

    /// Finds them all. A file that is not at hand is left out.
    pub(super) fn find(self, texts: &dyn Texts) -> Positions<'a> {
        let mut positions = BTreeMap::new();
        for ((side, file), mut offsets) in self.0 {
            let Some(bytes) = texts.bytes(side, file) else { continue };
            offsets.sort_unstable();
            offsets.dedup();
            positions.insert((side, file), walk(&bytes, &offsets));
        }
        Positions(positions)
    }
}

/// Both ends of a place, as people name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Position,
    /// The first position behind it.
    pub(super) end: Position,
}

/// The answers.
pub(super) struct Positions<'a>(BTreeMap<(Side, &'a str), Found>);

type Found = BTreeMap<u32, Position>;

impl Positions<'_> {
    /// Where a place is; `None` when its file is not at hand.
    pub(super) fn range(&self, side: Side, place: &Place) -> Option<Range> {
        let found = self.0.get(&(side, &*place.file))?;
        let start = *found.get(&place.span.start)?;
        let end = *found.get(&place.span.end)?;
        Some(Range { start, end: end.max(start) })
    }
}

/// The positions of sorted offsets. One beyond the end of the text gets the last position.
fn walk(text: &Arc<[u8]>, offsets: &[u32]) -> Found {
    let mut found = Found::new();
    let (mut line, mut column) = (1_u32, 1_u32);
    let mut from = 0_usize;
    for offset in offsets {
        let to = (*offset as usize).min(text.len());
        for byte in text.get(from..to).unwrap_or_default() {
            if *byte == b'\n' {
                line = line.saturating_add(1);
                column = 1;
            } else if (*byte & 0xC0) != 0x80 {
                // A code point starts at every byte that is not a UTF-8 continuation byte.
                column = column.saturating_add(1);
            }
        }
        from = to;
        found.insert(*offset, Position { line, column });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::LineIndex;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_walk_agrees_with_the_line_index(text in "[a\u{e9}\u{1f600}\r\n\t ]{0,60}", asked in prop::collection::vec(0_u32..120, 0..20)) {
            let bytes: Arc<[u8]> = text.as_bytes().into();
            let index = LineIndex::new(&bytes);
            let mut offsets = asked;
            offsets.sort_unstable();
            for (offset, position) in walk(&bytes, &offsets) {
                prop_assert_eq!(position, index.position(offset));
            }
        }
    }
}
