//! Tables as they are written for people: comma-separated values (RFC 4180) in which no cell is a formula.
//!
//! A spreadsheet takes a cell that begins like a formula for one (OWASP, "CSV Injection"), and many of these texts are
//! written by whoever proposes a change. Such a cell gets an apostrophe in front, and so does one that begins with an
//! apostrophe: whoever takes one off has the text. What is written as JSON has every text as it is.

use std::borrow::Cow;

/// What a cell does not begin with.
const BEGINNINGS: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '\''];

/// How rows end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// With a line feed: for lists that other programs read line by line.
    Lf,
    /// With carriage return and line feed, as RFC 4180 has it: for workpapers.
    CrLf,
}

/// A table in the making.
#[derive(Debug)]
pub struct CsvTable {
    writer: csv::Writer<Vec<u8>>,
    width: usize,
}

impl CsvTable {
    /// A table with its header.
    #[must_use]
    pub fn new(header: &[&str], end: RowEnd) -> Self {
        let terminator = match end {
            RowEnd::Lf => csv::Terminator::Any(b'\n'),
            RowEnd::CrLf => csv::Terminator::CRLF,
        };
        // What is as wide as it likes, and in memory, is always written.
        let writer = csv::WriterBuilder::new().terminator(terminator).flexible(true).from_writer(Vec::new());
        let mut table = Self { writer, width: header.len() };
        table.row(header);
        table
    }

    /// Adds a row, with a cell for each column.
    pub fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        debug_assert_eq!(cells.len(), self.width, "a row is as wide as its header");
        let _ = self.writer.write_record(cells.iter().map(|cell| harmless(cell.as_ref()).into_owned()));
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        // Every cell was text.
        String::from_utf8_lossy(&self.writer.into_inner().unwrap_or_default()).into_owned()
    }
}

/// A cell that no spreadsheet computes.
fn harmless(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(BEGINNINGS) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cells: &[&str]) -> String {
        let header: Vec<&str> = cells.iter().map(|_| "h").collect();
        let mut table = CsvTable::new(&header, RowEnd::Lf);
        table.row(cells);
        table.finish().lines().skip(1).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn no_cell_begins_like_a_formula_and_one_apostrophe_less_is_the_text() {
        for beginning in BEGINNINGS {
            let text = format!("{beginning}1+1");
            let written = harmless(&text).into_owned();
            assert_eq!(written.strip_prefix('\''), Some(text.as_str()));
        }
        assert_eq!(table(&["=1", "+1", "-1", "@A1", "'x"]), "'=1,'+1,'-1,'@A1,''x");
        assert_eq!(table(&["a=1", "it's", "1-2", "", "a@b.example"]), "a=1,it's,1-2,,a@b.example");
    }

    #[test]
    fn workpapers_end_their_rows_as_rfc_4180_says() {
        let mut table = CsvTable::new(&["one", "two"], RowEnd::CrLf);
        table.row(&["a", "b, c"]);
        table.row(&["", "\"d\""]);
        assert_eq!(table.finish(), "one,two\r\na,\"b, c\"\r\n,\"\"\"d\"\"\"\r\n");
    }
}
