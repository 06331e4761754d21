//! A file of rows, read with patience: what is odd about a row is said, and the others count.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{At, MatrixError, MatrixFile};

/// Larger files are no matrix that somebody keeps.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Rows with their lines.
pub(super) struct Sheet {
    pub(super) path: String,
    pub(super) header: Vec<String>,
    /// The line of the header.
    pub(super) header_line: u64,
    pub(super) rows: Vec<(u64, Vec<String>)>,
    /// What is odd about the whole file.
    pub(super) notes: Vec<String>,
}

impl Sheet {
    pub(super) fn at(&self, line: u64) -> At {
        At { path: self.path.clone(), line }
    }

    /// The column whose title is one of some, compared by letters and digits alone.
    pub(super) fn column(&self, titles: &[&str]) -> Option<usize> {
        titles.iter().find_map(|title| self.header.iter().position(|own| plain(own) == *title))
    }
}

/// A title by its letters and digits alone, in small ones.
pub(super) fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a spreadsheet would calculate a value instead of showing it.
pub(super) fn is_formula(value: &str) -> bool {
    let mut letters = value.chars();
    match letters.next() {
        Some('=' | '@') => true,
        Some('+' | '-') => letters.next().is_some_and(|c| c.is_alphabetic() || c == '('),
        _ => false,
    }
}

/// Reads a file.
pub(super) fn read(file: &MatrixFile) -> Result<Sheet, MatrixError> {
    let wrong = |message: String, help: &str| MatrixError { message, help: help.to_owned() };
    if file.bytes.len() > MAX_BYTES {
        let message = format!("{} is larger than {} MiB", file.path, MAX_BYTES / (1024 * 1024));
        return Err(wrong(message, "export the rules alone"));
    }
    if file.bytes.starts_with(b"PK\x03\x04") || file.bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(wrong(format!("{} is a workbook", file.path), "save the sheet as CSV and give that"));
    }
    let mut notes = Vec::new();
    let text = decode(&file.bytes, &mut notes)
        .ok_or_else(|| wrong(format!("{} is no text", file.path), "save it as CSV in UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let delimiter = delimiter(text);
    // What SAP downloads has no quotes but those of its texts.
    let quoting = delimiter != b'\t';
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quoting(quoting)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| wrong(format!("{}: {error}", file.path), "save it as CSV in UTF-8"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<String> = record.iter().map(tidy).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push((line, cells));
        }
    }
    // A quote that is never closed takes every row after it into one value.
    if quoting && text.matches('"').count() % 2 == 1 {
        let line = rows.last().map_or(1, |(line, _)| *line);
        let message = format!("{}:{line}: a quote is opened and never closed", file.path);
        return Err(wrong(message, "close it, or double each quote within a value"));
    }
    // A title may stand above the header: the header is the first row with two titles or more.
    let Some(first) = rows.iter().position(|(_, cells)| cells.iter().filter(|cell| !cell.is_empty()).count() > 1)
    else {
        return Err(wrong(format!("{} has no table", file.path), "give a table with a header row"));
    };
    let (header_line, header) = rows.remove(first);
    for (line, _) in rows.drain(..first) {
        notes.push(format!("line {line} stands above the header and says nothing"));
    }
    Ok(Sheet { path: file.path.clone(), header, header_line, rows, notes })
}

/// A value in one line, without what a terminal would obey.
fn tidy(cell: &str) -> String {
    let words: Vec<&str> =
        cell.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn decode(bytes: &[u8], notes: &mut Vec<String>) -> Option<String> {
    let wide = match bytes {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        _ => None,
    };
    if let Some(encoding) = wide {
        let (text, broken) = encoding.decode_with_bom_removal(bytes);
        return (!broken).then(|| text.into_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (!text.contains('\0')).then(|| text.to_owned()),
        Err(_) if bytes.contains(&0) => None,
        Err(_) => {
            notes.push("the file is not UTF-8 and was read as Windows-1252: look at its names".to_owned());
            Some(WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
        }
    }
}

/// What parts the values of the first line that has any of the usual signs.
fn delimiter(text: &str) -> u8 {
    let signs = [b'\t', b';', b',', b'|'];
    let count = |line: &str, sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(5);
    let best =
        lines.map(|line| signs.into_iter().map(|sign| (count(line, sign), sign)).rev().max().unwrap_or((0, b',')));
    best.max_by_key(|(count, _)| *count).map_or(b',', |(_, sign)| sign)
}
