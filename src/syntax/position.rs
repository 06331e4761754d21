//! From byte offsets to lines and columns, computed only when something is shown.

/// A place as people name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode code points.
    pub column: u32,
}

/// Where each line of a text starts.
#[derive(Debug)]
pub struct LineIndex<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Reads the line starts of a text. A line ends with `\n`; a `\r` before it belongs to the line.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Self {
        let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The place of a byte; beyond the end, the last place.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let before = &self.text[self.starts[line]..offset];
        // A code point starts at every byte that is not a UTF-8 continuation byte.
        let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        Position { line: to_u32(line + 1), column: to_u32(column + 1) }
    }

    /// The first byte of a line, from 1; `None` beyond the end.
    #[must_use]
    pub fn offset(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).map(|start| to_u32(*start))
    }

    /// The text of a line, from 1, without its line ending; empty beyond the end.
    #[must_use]
    pub fn line(&self, line: u32) -> String {
        let index = (line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(index).copied() else { return String::new() };
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        String::from_utf8_lossy(&self.text[start..end]).trim_end_matches(['\n', '\r']).to_owned()
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
