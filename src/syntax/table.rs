//! Tables as other programs export them: a header row, then rows of the same width, read one after the other.
//!
//! Nothing is guessed that could lose a row. A row of another width, a quote that is never closed and bytes that are not
//! in the encoding are errors with their place; leading zeros and spaces inside values stay. Two shapes are read: values
//! parted by a delimiter, perhaps in quotes, and the text lists of SAP's data browser, whose cells stand between `|`.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{Span, SyntaxError, SyntaxErrorKind};

/// How far into a file its header row is looked for when no row is declared, in lines.
const HEADER_LINES: usize = 16;

/// How a text's bytes are to be read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Deserialize, schemars::JsonSchema,
)]
pub enum TextEncoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, the low byte first, with or without a byte-order mark.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, the high byte first, with or without a byte-order mark.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows code page 1252.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// ISO 8859-1: every byte is the character of that number.
    #[serde(rename = "iso-8859-1")]
    Latin1,
}

/// What the content of a table cannot tell for sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dialect {
    /// What parts values; found in the header row when not declared.
    pub delimiter: Option<u8>,
    /// What quotes values; `"` when not declared.
    pub quote: Option<u8>,
    /// How the bytes are to be read.
    pub encoding: TextEncoding,
    /// The line of the header, from 1; the first line that can be one when not declared.
    pub header_row: Option<u32>,
}

/// One row: its values, and where it is written.
#[derive(Debug, Default)]
pub struct Row {
    /// The values, as many as the header has.
    pub cells: Vec<String>,
    /// The whole row.
    pub span: Span,
}

impl Row {
    /// A value; empty beyond the width.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

/// Decoded bytes of a table, from which it is read.
pub struct TableText<'a> {
    bytes: Cow<'a, [u8]>,
    /// Where the text begins, behind a byte-order mark.
    start: usize,
    /// Of UTF-16, how many bytes its byte-order mark has: places are counted back to the bytes of the file.
    wide: Option<usize>,
    encoding: TextEncoding,
}

impl TextEncoding {
    /// What a byte-order mark says, if it is one of UTF-16.
    #[must_use]
    pub fn marked(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xFE, ..] => Some(Self::Utf16Le),
            [0xFE, 0xFF, ..] => Some(Self::Utf16Be),
            _ => None,
        }
    }
}

impl<'a> TableText<'a> {
    /// Decodes what must be decoded as a whole. Encodings of one byte a character are decoded cell by cell.
    ///
    /// # Errors
    /// Bytes that are not in the encoding.
    pub fn decode(bytes: &'a [u8], encoding: TextEncoding) -> Result<Self, SyntaxError> {
        let wide = match encoding {
            TextEncoding::Utf16Le => Some((UTF_16LE, if bytes.starts_with(&[0xFF, 0xFE]) { 2 } else { 0 })),
            TextEncoding::Utf16Be => Some((UTF_16BE, if bytes.starts_with(&[0xFE, 0xFF]) { 2 } else { 0 })),
            _ => None,
        };
        if let Some((wide, mark)) = wide {
            return Self::decode_wide(bytes, wide, mark);
        }
        let start = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        if encoding == TextEncoding::Utf8
            && let Err(error) = std::str::from_utf8(bytes)
        {
            let at = error.valid_up_to();
            return Err(not_in("UTF-8; declare the table's encoding in `countersign.yaml`", at));
        }
        Ok(Self { bytes: Cow::Borrowed(bytes), start, wide: None, encoding })
    }

    fn decode_wide(bytes: &'a [u8], encoding: &'static Encoding, mark: usize) -> Result<Self, SyntaxError> {
        let body = bytes.get(mark..).unwrap_or_default();
        if body.len() % 2 != 0 {
            return Err(not_in("UTF-16: it ends within a character", bytes.len()));
        }
        let (text, broken) = encoding.decode_without_bom_handling(body);
        if broken {
            return Err(not_in("UTF-16", mark));
        }
        let bytes = Cow::Owned(text.into_owned().into_bytes());
        Ok(Self { bytes, start: 0, wide: Some(mark), encoding: TextEncoding::Utf8 })
    }

    fn cell(&self, bytes: &[u8], into: &mut String) {
        into.clear();
        match self.encoding {
            TextEncoding::Windows1252 => into.push_str(&WINDOWS_1252.decode_without_bom_handling(bytes).0),
            TextEncoding::Latin1 => into.extend(bytes.iter().map(|byte| char::from(*byte))),
            // The whole was found to be UTF-8 before.
            _ => into.push_str(&UTF_8.decode_without_bom_handling(bytes).0),
        }
        let trimmed = into.trim();
        if trimmed.len() < into.len() {
            *into = trimmed.to_owned();
        }
    }
}

fn not_in(what: &str, at: usize) -> SyntaxError {
    SyntaxError {
        span: Span::new(at, at + 1),
        message: format!("the text is not {what}"),
        kind: SyntaxErrorKind::Encoding,
    }
}

/// A table that is read row by row.
pub struct Table<'t> {
    text: &'t TableText<'t>,
    header: Vec<String>,
    header_span: Span,
    /// The bytes behind the header row.
    body: &'t [u8],
    /// Where they begin in the text.
    body_at: usize,
    shape: Shape<'t>,
    /// Of UTF-16: a place in the text and the place in the file that it stands for.
    known: (usize, usize),
}

enum Shape<'t> {
    /// Values parted by a delimiter.
    Delimited { reader: Box<csv::Reader<&'t [u8]>>, record: csv::ByteRecord, delimiter: u8, quote: u8 },
    /// A text list: cells between `|`. Holds how much of the body was read.
    List { read: usize },
}

impl<'t> Table<'t> {
    /// Finds the header row. `None` when the text has none: no line near its start has two values.
    #[must_use]
    pub fn open(text: &'t TableText<'t>, dialect: Dialect) -> Option<Self> {
        let all: &'t [u8] = &text.bytes;
        let mut at = text.start;
        for number in 1.. {
            let line = line_at(all, at)?;
            let declared = dialect.header_row.map(|row| row == number);
            if declared == Some(true) || declared.is_none() && header_like(line, dialect.delimiter) {
                return Self::from_header(text, at, line, dialect);
            }
            if declared.is_none() && number as usize >= HEADER_LINES {
                return None;
            }
            at += line.len();
        }
        None
    }

    fn from_header(text: &'t TableText<'t>, at: usize, line: &'t [u8], dialect: Dialect) -> Option<Self> {
        let all: &'t [u8] = &text.bytes;
        let mut table = Self {
            text,
            header: Vec::new(),
            header_span: Span::default(),
            body: all.get(at + line.len()..)?,
            body_at: at + line.len(),
            shape: Shape::List { read: 0 },
            known: (0, text.wide.unwrap_or_default()),
        };
        table.header_span = table.span(at, at + line.trim_ascii_end().len());
        if dialect.delimiter.is_none() && line.trim_ascii().starts_with(b"|") {
            list_cells(text, line, &mut table.header);
            return (table.header.len() > 1).then_some(table);
        }
        let delimiter = dialect.delimiter.or_else(|| delimiter_of(line))?;
        let quote = dialect.quote.unwrap_or(b'"');
        let reader = |bytes| {
            csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .quote(quote)
                .from_reader(bytes)
        };
        let mut record = csv::ByteRecord::new();
        let mut first: csv::Reader<&[u8]> = reader(line);
        if !first.read_byte_record(&mut record).ok()? {
            return None;
        }
        for cell in &record {
            let mut name = String::new();
            text.cell(cell, &mut name);
            table.header.push(name);
        }
        let reader = Box::new(reader(table.body));
        table.shape = Shape::Delimited { reader, record, delimiter, quote };
        Some(table)
    }

    /// The names of the columns.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Where the header stands.
    #[must_use]
    pub fn header_span(&self) -> Span {
        self.header_span
    }

    /// Reads the next row; `false` at the end.
    ///
    /// # Errors
    /// A row of another width than the header, and a quote that is never closed. Nothing behind such a row can be
    /// trusted, so that reading ends there.
    pub fn next(&mut self, row: &mut Row) -> Result<bool, SyntaxError> {
        let found = match &mut self.shape {
            Shape::Delimited { reader, record, delimiter, quote } => {
                match reader.read_byte_record(record) {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    Err(_) => return Err(malformed(Span::default(), "the rows cannot be read".to_owned())),
                }
                let start = record.position().map_or(0, |position| offset(position.byte()));
                let end = offset(reader.position().byte());
                let written = self.body.get(start..end).unwrap_or_default();
                // The reader leaves the end of a line, and empty lines, to the row behind.
                let ends = written.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let (start, written) = (start + ends, written.get(ends..).unwrap_or_default());
                let last = self.body.get(end..).is_none_or(|rest| rest.trim_ascii().is_empty());
                let fault = quote_fault(written, record, last, *delimiter, *quote, self.header.len());
                row.cells.resize_with(record.len(), String::new);
                for (cell, into) in record.iter().zip(&mut row.cells) {
                    self.text.cell(cell, into);
                }
                Some((start, start + written.trim_ascii_end().len(), fault))
            }
            Shape::List { read } => loop {
                let Some(line) = line_at(self.body, *read) else { return Ok(false) };
                let start = *read;
                *read += line.len();
                let trimmed = line.trim_ascii();
                if trimmed.is_empty() || trimmed.iter().all(|byte| *byte == b'-') {
                    continue;
                }
                let place = (start, start + line.trim_ascii_end().len());
                if !(trimmed.starts_with(b"|") && trimmed.len() > 1 && trimmed.ends_with(b"|")) {
                    break Some((place.0, place.1, Some("this line is no row of the list".to_owned())));
                }
                if trimmed.iter().skip(1).all(|byte| matches!(byte, b'-' | b'|')) {
                    continue;
                }
                list_cells(self.text, line, &mut row.cells);
                // Lists repeat their header on every page.
                if row.cells != self.header {
                    break Some((place.0, place.1, None));
                }
            },
        };
        let Some((start, end, fault)) = found else { return Ok(false) };
        row.span = self.span(self.body_at + start, self.body_at + end);
        if let Some(fault) = fault {
            return Err(malformed(row.span, fault));
        }
        if row.cells.len() != self.header.len() {
            let (has, wants) = (row.cells.len(), self.header.len());
            let message = format!("this row has {has} values and the header has {wants}; the file may be cut off here");
            return Err(malformed(row.span, message));
        }
        Ok(true)
    }

    /// The bytes of the file that a range of the text stands for. Ranges are asked for in ascending order.
    fn span(&mut self, start: usize, end: usize) -> Span {
        if self.text.wide.is_none() {
            return Span::new(start, end);
        }
        let mut source = |to: usize| {
            let (known, at) = self.known;
            let between = self.text.bytes.get(known..to).unwrap_or_default();
            // A character takes one unit of two bytes, and one beyond the basic plane (four bytes of UTF-8) takes two.
            let units: usize =
                between.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum();
            if to >= known {
                self.known = (to, at + 2 * units);
            }
            self.known.1
        };
        let start = source(start);
        Span::new(start, source(end))
    }
}

fn offset(byte: u64) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}

fn malformed(span: Span, message: String) -> SyntaxError {
    SyntaxError { span, message, kind: SyntaxErrorKind::Malformed }
}

/// The line that begins at a place, with its ending; `None` at the end.
fn line_at(text: &[u8], at: usize) -> Option<&[u8]> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    rest.get(..memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1))
}

/// What parts the values of a header: the mark that stands there most often.
fn delimiter_of(line: &[u8]) -> Option<u8> {
    let count = |mark: &u8| line.iter().filter(|byte| *byte == mark).count();
    let marks = [b',', b';', b'\t', b'|'];
    marks.into_iter().filter(|mark| count(mark) > 0).max_by_key(|mark| (count(mark), *mark == b','))
}

fn header_like(line: &[u8], delimiter: Option<u8>) -> bool {
    match delimiter {
        Some(delimiter) => line.contains(&delimiter),
        None => delimiter_of(line).is_some() && !line.trim_ascii().iter().all(|byte| matches!(byte, b'-' | b'|')),
    }
}

/// The cells of a list's line, between its first and its last `|`.
fn list_cells(text: &TableText<'_>, line: &[u8], into: &mut Vec<String>) {
    let line = line.trim_ascii();
    let inner = line.strip_prefix(b"|").unwrap_or(line);
    let inner = inner.strip_suffix(b"|").unwrap_or(inner);
    let count = inner.iter().filter(|byte| **byte == b'|').count() + 1;
    into.resize_with(count, String::new);
    for (cell, into) in inner.split(|byte| *byte == b'|').zip(into) {
        text.cell(cell, into);
    }
}

/// Whether a quote took more than its value: it is never closed, or a row's end with the next row stands inside it.
fn quote_fault(
    written: &[u8],
    record: &csv::ByteRecord,
    last: bool,
    delimiter: u8,
    quote: u8,
    width: usize,
) -> Option<String> {
    if last && written.iter().filter(|byte| **byte == quote).count() % 2 == 1 {
        return Some("a quote is opened here and never closed; the file may be cut off".to_owned());
    }
    let swallows = |cell: &[u8]| {
        cell.contains(&b'\n') && cell.iter().filter(|byte| **byte == delimiter).count() + 1 >= width.max(2)
    };
    (written.contains(&b'\n') && record.iter().any(swallows))
        .then(|| "a quoted value here holds whole rows; a quote is missing".to_owned())
}

#[cfg(test)]
mod tests;
