//! The lines of files that snippets are cut from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::gate::{Side, Texts};

/// A text with the starts of its lines.
pub(super) struct SourceText {
    bytes: Arc<[u8]>,
    starts: Vec<usize>,
}

impl SourceText {
    fn new(bytes: Arc<[u8]>) -> Self {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).filter(|start| *start < bytes.len()).collect();
        Self { bytes, starts }
    }

    /// How many lines it has.
    pub(super) fn lines(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// Characters of a line, from 1: at most `most` of them from the given one on, from 0. Beyond the end, nothing.
    pub(super) fn slice(&self, line: u32, from: usize, most: usize) -> Vec<char> {
        let index = (line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(index).copied() else { return Vec::new() };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.bytes.len());
        let text = String::from_utf8_lossy(self.bytes.get(start..end).unwrap_or_default());
        text.trim_end_matches(['\n', '\r']).chars().skip(from).take(most).collect()
    }
}

/// The files that were asked for, each read once.
pub(super) struct Sources<'a> {
    texts: &'a dyn Texts,
    known: BTreeMap<(Side, String), Option<SourceText>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(texts: &'a dyn Texts) -> Self {
        Self { texts, known: BTreeMap::new() }
    }

    /// A file of one side; `None` when it is not at hand.
    pub(super) fn get(&mut self, side: Side, file: &str) -> Option<&SourceText> {
        self.known
            .entry((side, file.to_owned()))
            .or_insert_with(|| self.texts.bytes(side, file).map(SourceText::new))
            .as_ref()
    }
}
