//! Employment facts, imported from whoever keeps them: `--people FILE`, as CSV or JSON.
//!
//! They are facts about people and not about access. Nothing of them is written anywhere: the evidence has the file's
//! digest and its count, and an error names a line and a column and quotes no value, since it may end in a public log.

use std::collections::BTreeMap;
use std::fmt;

use super::RuleFile;
use crate::facts::date::Date;
use crate::facts::{PersonStatus, Text, Validity};
use crate::store::Digest;
use crate::syntax::{LineIndex, Node, Span, Value, nearest, parse};

/// The columns, in the order that help shows them.
const COLUMNS: &[&str] = &["id", "status", "start", "end", "manager", "position", "position_since"];

/// One person as a JSON file has it, for the schema. The file is read by [`COLUMNS`], as CSV is.
#[derive(schemars::JsonSchema)]
#[schemars(rename = "People", deny_unknown_fields)]
#[expect(dead_code, reason = "it describes a file and is never filled")]
struct Row {
    /// The id of a `Person`, with or without `person:`.
    id: String,
    /// Whether the person works here.
    status: Option<PersonStatus>,
    /// The first day.
    start: Option<String>,
    /// The last day. One that has passed is a departure, whatever the status says.
    end: Option<String>,
    /// The manager's id, with or without `person:`.
    manager: Option<String>,
    /// The job or the department.
    position: Option<String>,
    /// The first day in that position.
    position_since: Option<String>,
}

/// The JSON Schema of a file of employment facts, as JSON.
#[must_use]
pub fn people_schema() -> serde_json::Value {
    schemars::schema_for!(Vec<Row>).to_value()
}

/// Errors that are shown; a column that is wrong throughout would fill a screen otherwise.
const MOST_ERRORS: usize = 20;

/// What was imported of one person.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Employment {
    /// Whether the person works here; `None` when the file does not say.
    pub status: Option<PersonStatus>,
    /// From when and until when, in epoch seconds.
    pub employed: Validity,
    /// The manager's person id.
    pub manager: Option<Text>,
    /// The job or the department.
    pub position: Option<Text>,
    /// Since when it is that, in epoch seconds.
    pub position_since: Option<i64>,
}

/// Employment is private: not even a debugger's line shows it.
impl fmt::Debug for Employment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Employment")
    }
}

/// An imported file of employment facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// The digest of the file's bytes.
    pub digest: Digest,
    by_id: BTreeMap<Text, Employment>,
}

/// What is wrong with an imported file, at its place and without what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleError {
    /// `people.csv:7:12`.
    pub place: String,
    /// What is wrong, lower case, one sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for PeopleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for PeopleError {}

impl miette::Diagnostic for PeopleError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

impl People {
    /// Reads a file: JSON when it begins like JSON, else CSV with a header line.
    ///
    /// # Errors
    /// Every error in the file, up to a screenful: nobody is judged by half of the facts.
    pub fn read(file: &RuleFile) -> Result<Self, Vec<PeopleError>> {
        let mut draft = Draft { file, index: LineIndex::new(&file.bytes), by_id: BTreeMap::new(), errors: Vec::new() };
        let start = if file.bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let body = file.bytes.get(start..).unwrap_or_default();
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => draft.json(),
            _ => draft.csv(body, start),
        }
        if draft.by_id.is_empty() && draft.errors.is_empty() {
            draft.error(Span::default(), "the file names nobody", "export it again, or leave out --people");
        }
        let more = draft.errors.len().saturating_sub(MOST_ERRORS);
        draft.errors.truncate(MOST_ERRORS);
        if let (Some(last), true) = (draft.errors.last_mut(), more > 0) {
            last.message.push_str(&format!(" (and {more} more errors)"));
        }
        if draft.errors.is_empty() {
            Ok(Self { digest: Digest::of(&file.bytes), by_id: draft.by_id })
        } else {
            Err(draft.errors)
        }
    }

    /// What was imported of a person.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Employment> {
        self.by_id.get(id)
    }

    /// Everybody, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, &Employment)> {
        self.by_id.iter()
    }

    /// How many people the file names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it names nobody; a file that was read never does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// A file while it is read.
struct Draft<'a> {
    file: &'a RuleFile,
    index: LineIndex<'a>,
    by_id: BTreeMap<Text, Employment>,
    errors: Vec<PeopleError>,
}

/// One value of one person, with its place.
struct Cell<'a> {
    column: &'a str,
    text: &'a str,
    span: Span,
}

impl Draft<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let at = self.index.position(span.start);
        self.errors.push(PeopleError {
            place: format!("{}:{}:{}", self.file.path, at.line, at.column),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    fn csv(&mut self, body: &[u8], start: usize) {
        let header = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // Spreadsheets write `;` or tabs where a comma separates decimals.
        let delimiter = [b';', b'\t'].into_iter().find(|mark| header.contains(mark) && !header.contains(&b','));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(delimiter.unwrap_or(b','))
            .trim(csv::Trim::All)
            .from_reader(body);
        let mut columns: Option<Vec<String>> = None;
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => {
                    let at = start + error.position().map_or(0, |position| offset(position.byte()));
                    let (message, help) = csv_error(&error);
                    return self.error(Span::new(at, at), message, help);
                }
            }
            let at = record.position().map_or(0, |position| offset(position.byte()));
            let end = offset(reader.position().byte());
            let spans = spans(body, at..end, &record, start);
            let cells = || record.iter().zip(spans.iter().copied());
            let Some(columns) = &columns else {
                let names: Vec<String> = record.iter().map(str::to_owned).collect();
                if !self.header(&names, cells().map(|(_, span)| span)) {
                    return;
                }
                columns = Some(names);
                continue;
            };
            let row = columns.iter().zip(cells()).map(|(column, (text, span))| Cell { column, text, span });
            let row: Vec<Cell<'_>> = row.filter(|cell| !cell.text.is_empty()).collect();
            self.person(&row, spans.first().copied().unwrap_or_default());
        }
    }

    /// Whether the header line can be used.
    fn header(&mut self, names: &[String], spans: impl Iterator<Item = Span>) -> bool {
        let mut good = true;
        for (number, (name, span)) in names.iter().zip(spans).enumerate() {
            good &= self.column(name, span);
            if names.iter().take(number).any(|earlier| earlier == name) {
                self.error(span, format!("the column `{name}` is there twice"), "remove one of them");
                good = false;
            }
        }
        if good && !names.iter().any(|name| name == "id") {
            self.error(Span::default(), "there is no column `id`", "the first line names the columns");
            good = false;
        }
        good
    }

    /// Whether a column is known.
    fn column(&mut self, name: &str, span: Span) -> bool {
        if COLUMNS.contains(&name) {
            return true;
        }
        let help = match nearest(name, COLUMNS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known columns: {}", COLUMNS.join(", ")),
        };
        // Without a header line the first person's values stand here: they are not repeated.
        let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == ' ');
        let message = if word { format!("unknown column `{name}`") } else { "unknown column".to_owned() };
        self.error(span, message, help);
        false
    }

    fn json(&mut self) {
        let documents = match parse(&self.file.bytes) {
            Ok(documents) => documents,
            Err(error) => {
                return self.error(error.span, "this is not JSON that can be read", "check the export at this place");
            }
        };
        let list = match documents.as_slice() {
            [Node { value: Value::List(items), .. }] => items,
            other => {
                let span = other.first().map_or(Span::default(), |node| Span { end: node.span.start, ..node.span });
                return self.error(span, "a list of people is expected", "write `[{\"id\": \"ann\"}]`");
            }
        };
        for item in list {
            let Some(entries) = item.as_map() else {
                self.error(
                    item.span,
                    format!("a person is expected, found {}", item.kind()),
                    "write `{\"id\": \"ann\"}`",
                );
                continue;
            };
            let mut row = Vec::new();
            let mut good = true;
            for entry in entries {
                good &= self.column(&entry.key, entry.key_span);
                match (&entry.value.value, entry.value.as_text()) {
                    (Value::Null, _) => {}
                    (_, Some(text)) => row.push(Cell { column: &entry.key, text, span: entry.value.span }),
                    (_, None) => {
                        let message = format!("`{}` is text, found {}", entry.key, entry.value.kind());
                        self.error(entry.value.span, message, "write one value");
                        good = false;
                    }
                }
            }
            if good {
                self.person(&row, item.span);
            }
        }
    }

    fn person(&mut self, row: &[Cell<'_>], span: Span) {
        let mut id: Option<Text> = None;
        let mut found = Employment::default();
        let before = self.errors.len();
        for cell in row {
            match cell.column {
                "id" => id = self.person_id(cell),
                "manager" => found.manager = self.person_id(cell),
                "position" => found.position = Some(cell.text.into()),
                "status" => found.status = self.status(cell),
                "start" => found.employed.from = self.date(cell).map(|date| date.start),
                // Somebody still works here on the last day.
                "end" => found.employed.until = self.date(cell).map(|date| date.end),
                _ => found.position_since = self.date(cell).map(|date| date.start),
            }
        }
        if self.errors.len() > before {
            return;
        }
        let Some(id) = id else {
            return self.error(span, "this person has no `id`", "give the id that the `Person` manifest has");
        };
        if found.employed.is_empty() {
            return self.error(span, "the `end` is before the `start`", "check both dates");
        }
        if self.by_id.contains_key(&id) {
            return self.error(
                span,
                format!("the person `{id}` is there twice"),
                "one line a person: keep the one that counts",
            );
        }
        self.by_id.insert(id, found);
    }

    fn person_id(&mut self, cell: &Cell<'_>) -> Option<Text> {
        let id = cell.text.strip_prefix("person:").unwrap_or(cell.text);
        if id.is_empty() || id.contains(char::is_whitespace) || id.starts_with("service:") {
            let message = format!("the `{}` is not a person's id", cell.column);
            self.error(cell.span, message, "write the id of a `Person`, such as `ann.lee` or `person:ann.lee`");
            return None;
        }
        Some(id.into())
    }

    fn status(&mut self, cell: &Cell<'_>) -> Option<PersonStatus> {
        match cell.text {
            "active" => Some(PersonStatus::Active),
            "leave" => Some(PersonStatus::Leave),
            "departed" => Some(PersonStatus::Departed),
            other => {
                let help = match nearest(other, ["active", "leave", "departed"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "one of: active, leave, departed".to_owned(),
                };
                self.error(cell.span, "the `status` is not known", help);
                None
            }
        }
    }

    fn date(&mut self, cell: &Cell<'_>) -> Option<Date> {
        let date = Date::parse(cell.text);
        if date.is_none() {
            self.error(cell.span, format!("the `{}` is not a date", cell.column), "write it as `2026-12-31`");
        }
        date
    }
}

fn offset(byte: u64) -> usize {
    usize::try_from(byte).unwrap_or(usize::MAX)
}

/// What is wrong, without the bytes that the library would quote.
fn csv_error(error: &csv::Error) -> (String, &'static str) {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => (
            format!("this line has {len} values, the header has {expected_len}"),
            "put values that hold the separator in quotes",
        ),
        csv::ErrorKind::Utf8 { .. } => ("this line is not UTF-8 text".to_owned(), "export the file as UTF-8"),
        _ => ("this is not CSV that can be read".to_owned(), "check the export at this place"),
    }
}

/// Where the values of a record stand. The library does not say, so each is looked for behind the one before; a value
/// that is written with doubled quotes is placed at the start of its line.
fn spans(body: &[u8], line: std::ops::Range<usize>, record: &csv::StringRecord, start: usize) -> Vec<Span> {
    let raw = body.get(line.start..line.end.min(body.len())).unwrap_or_default();
    let first = raw.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let mut from = first;
    let mut place = |field: &str| {
        let rest = raw.get(from..).unwrap_or_default();
        let found = memchr::memmem::find(rest, field.as_bytes()).map(|at| from + at);
        let at = found.unwrap_or(first);
        from = found.map_or(from, |at| at + field.len());
        Span::new(start + line.start + at, start + line.start + at + field.len())
    };
    record.iter().map(&mut place).collect()
}

#[cfg(test)]
mod tests;
