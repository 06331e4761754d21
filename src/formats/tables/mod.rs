//! Exports of ERP and HR systems: tables of rows, each kind of table recognised by the names of its columns.
//!
//! [`TABLES`] is the one list, as [`FORMATS`](super::FORMATS) is for documents. SAP's column names are its own, so its
//! tables are known wherever they stand. Column titles such as `Role` and `Permission` stand in many files: a table that
//! has only such titles counts where `systems:` in the configuration says what system's export it is. The tables of one
//! format in one folder are a unit, since users, roles and authorizations come in files of their own.

mod d365;
mod fusion;
mod netsuite;
mod roles;
mod sap;
#[cfg(test)]
mod tests;
mod workday;

use serde::Deserialize;

use crate::facts::{Facts, Gap, Origin, Text};
use crate::formats::{Lowering, text};
use crate::rules::ExportKind;
use crate::syntax::table::{Dialect, Row, Table, TableText, TextEncoding};
use crate::syntax::{Span, decode, parse};

/// Bytes at the start of a file in which its header row must end.
const HEADER_BYTES: usize = 16 * 1024;

/// A system's exports.
pub struct TableFormat {
    /// A short name, shown in outcomes and evidence; also the system when the configuration names none.
    pub name: &'static str,
    /// The kinds of table, the most telling first.
    pub kinds: &'static [TableKind],
    /// Lowers the tables of one folder.
    pub lower: fn(&TableUnit<'_>) -> Facts,
}

/// One kind of table.
pub struct TableKind {
    /// What its rows are, for the count of definitions.
    pub name: &'static str,
    /// Its columns, in the order in which a format asks for them.
    pub columns: &'static [Column],
    /// Whether its columns stand in no other kind of file.
    pub telling: bool,
}

/// A column that a kind of table has.
pub struct Column {
    /// Its titles, any of which it may carry; compared without regard to case.
    pub titles: &'static [&'static str],
    /// How much the table needs it.
    pub need: Need,
}

/// How much a table needs a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it the file is not such a table.
    Tells,
    /// Such a table without it is broken.
    Required,
    /// It may be left out.
    Optional,
}

/// The formats of tables.
pub static TABLES: &[TableFormat] = &[sap::FORMAT, netsuite::FORMAT, workday::FORMAT, fusion::FORMAT, d365::FORMAT];

/// A place in [`TABLES`] and in a format's kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The format.
    pub format: usize,
    /// The kind of table.
    pub kind: usize,
}

/// The tables of one format that stand in one folder.
pub struct TableUnit<'a> {
    /// The format.
    pub format: &'static TableFormat,
    /// The members, in path order.
    pub files: Vec<TableFile<'a>>,
}

/// One table of a unit.
pub struct TableFile<'a> {
    /// Path from the root of the tree, with `/`.
    pub path: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// What it is, as a place among the format's kinds.
    pub kind: usize,
    /// How it is written.
    pub dialect: Dialect,
    /// The system that the configuration names for this path, if any.
    pub system: Option<Text>,
    /// What the file beside it says of its rows, if there is one: `rows: 120`.
    pub expected: Option<&'a [u8]>,
}

/// What an export should hold, as whoever exported it counted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rows: u64,
}

/// Compares the rows that were read with what is expected; what is wrong, in words.
fn miscounted(expected: &[u8], rows: u64) -> Option<String> {
    let wrong =
        |message: &str| Some(format!("the file beside this table that should count its rows is wrong: {message}"));
    let documents = match parse(expected) {
        Ok(documents) => documents,
        Err(error) => return wrong(&error.message),
    };
    let [document] = documents.as_slice() else { return wrong("one document is expected, such as `rows: 120`") };
    match decode::<Expected>(document) {
        Ok(expected) if expected.rows == rows => None,
        Ok(expected) => {
            Some(format!("the table has {rows} rows and should have {}; it may be incomplete", expected.rows))
        }
        Err(error) => wrong(&error.message),
    }
}

/// The header row of what may be a table.
pub struct Header {
    columns: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A table that a header is, or would be with one more column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is one.
    Table(Claim),
    /// It would be one of a format, and lacks a column without which its rows say nothing.
    Nearly(&'static str, String),
}

/// Columns that a header shares with one of SAP's tables before it counts as one with a column renamed.
const ALIKE: usize = 3;

impl Header {
    /// Reads the header row of a file, if it has one.
    #[must_use]
    pub fn read(bytes: &[u8], dialect: Dialect) -> Option<Self> {
        // What stands behind the header does not decide, and is not decoded for it.
        let start = bytes.get(..HEADER_BYTES.min(bytes.len()))?;
        let end = match start.len() < bytes.len() {
            true => memchr::memrchr(b'\n', start).map_or(start.len(), |end| end + 1),
            false => start.len(),
        };
        // Half a character of UTF-16 may be left of a line's end.
        let decoded =
            |encoding| [end, end + 1].into_iter().find_map(|end| TableText::decode(start.get(..end)?, encoding).ok());
        // In another encoding than declared it is still recognised: the rows then say what is wrong with it.
        let other = TextEncoding::marked(bytes).unwrap_or(TextEncoding::Latin1);
        let head = decoded(dialect.encoding).or_else(|| decoded(other))?;
        let table = Table::open(&head, dialect)?;
        Some(Self { columns: table.header().to_vec(), span: table.header_span() })
    }

    /// What table it is. `named` is what the configuration says of the exports under its path.
    #[must_use]
    pub fn table(&self, named: Option<ExportKind>) -> Option<Found> {
        let is_named = |format: &TableFormat| named.is_some_and(|own| format.name == own.as_str());
        let kinds = || {
            let formats = TABLES.iter().enumerate();
            formats
                .flat_map(|(number, format)| {
                    format
                        .kinds
                        .iter()
                        .enumerate()
                        .map(move |(kind, own)| (Claim { format: number, kind }, format, own))
                })
                .filter(|(_, format, kind)| kind.telling || is_named(format))
        };
        if let Some((claim, _, _)) = kinds().find(|(_, _, kind)| kind.missing(&self.columns).next().is_none()) {
            return Some(Found::Table(claim));
        }
        // Where the configuration expects such tables, one column that tells is enough; elsewhere a table of other
        // people's may have a few of these names.
        let alike = kinds().filter_map(|(_, format, kind)| {
            let missing: Vec<&Column> = kind.missing(&self.columns).collect();
            let tells = kind.columns.iter().filter(|column| column.need == Need::Tells).count();
            let shared = kind.columns.iter().filter(|own| own.need != Need::Optional);
            let shared = shared.filter(|own| own.find(&self.columns).is_some()).count();
            let enough = is_named(format) || missing.len() == 1 && shared >= ALIKE;
            let title = missing.first()?.titles.first()?;
            (missing.len() < tells && enough).then_some((shared, format.name, kind.name, *title))
        });
        let (_, format, kind, title) = alike.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        Some(Found::Nearly(format, format!("the column `{title}` of {kind} is missing; export the table with it")))
    }
}

/// What table a file is, if it is one. `named` is what the configuration says of the exports under its path.
#[must_use]
pub fn recognise(bytes: &[u8], dialect: Dialect, named: Option<ExportKind>) -> Option<Claim> {
    match Header::read(bytes, dialect)?.table(named)? {
        Found::Table(claim) => Some(claim),
        Found::Nearly(..) => None,
    }
}

impl TableKind {
    /// The columns that tell it from other tables and that a header does not have.
    fn missing(&self, header: &[String]) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.need == Need::Tells && column.find(header).is_none())
    }
}

impl Column {
    const fn tells(titles: &'static [&'static str]) -> Self {
        Self { titles, need: Need::Tells }
    }

    const fn required(titles: &'static [&'static str]) -> Self {
        Self { titles, need: Need::Required }
    }

    const fn optional(titles: &'static [&'static str]) -> Self {
        Self { titles, need: Need::Optional }
    }

    fn find(&self, header: &[String]) -> Option<usize> {
        self.titles.iter().find_map(|title| header.iter().position(|name| name.eq_ignore_ascii_case(title)))
    }
}

/// One row, by the columns of its kind.
pub(super) struct Record<'r> {
    row: &'r Row,
    places: &'r [Option<usize>],
    file: u32,
}

impl Record<'_> {
    /// The value of a column; empty when the table leaves the column out.
    fn get(&self, column: usize) -> &str {
        self.places.get(column).copied().flatten().map_or("", |place| self.row.cell(place))
    }

    /// Whether the table has the column.
    fn has(&self, column: usize) -> bool {
        self.places.get(column).copied().flatten().is_some()
    }

    fn origin(&self) -> Origin {
        Origin { file: self.file, span: self.row.span }
    }
}

impl TableUnit<'_> {
    /// The members of one kind with their numbers.
    fn of_kind(&self, kind: usize) -> impl Iterator<Item = (u32, &TableFile<'_>)> {
        (0..).zip(&self.files).filter(move |(_, file)| file.kind == kind)
    }

    /// The system that a member's rows belong to.
    fn system(&self, file: &TableFile<'_>) -> Text {
        file.system.clone().unwrap_or_else(|| text(self.format.name))
    }

    /// Gives every row of a member to `each`. What is wrong with the table is an outcome: rows up to that place count,
    /// and it says that those behind it do not.
    fn rows(
        &self,
        number: u32,
        file: &TableFile<'_>,
        facts: &mut Facts,
        mut each: impl FnMut(&Record<'_>, &mut Facts),
    ) {
        let Some(kind) = self.format.kinds.get(file.kind) else { return };
        let broken = |facts: &mut Facts, span: Span, reason: String, consequence: &str| {
            Lowering { facts, file: number }.unresolved(Gap::Broken, span, reason, consequence);
        };
        let text = match TableText::decode(file.bytes, file.dialect.encoding) {
            Ok(text) => text,
            Err(error) => return broken(facts, error.span, error.message, "no row of this table is evaluated"),
        };
        let Some(mut table) = Table::open(&text, file.dialect) else { return };
        let places: Vec<Option<usize>> = kind.columns.iter().map(|column| column.find(table.header())).collect();
        let at = table.header_span();
        for (column, place) in kind.columns.iter().zip(&places) {
            let title = column.titles.first().copied().unwrap_or_default();
            if place.is_none() && column.need != Need::Optional {
                let reason = format!("the column `{title}` is missing; export the table with it");
                return broken(facts, at, reason, "no row of this table is evaluated");
            }
            let twice =
                |title: &&str| table.header().iter().filter(|name| name.eq_ignore_ascii_case(title)).count() > 1;
            if column.titles.iter().any(twice) {
                let reason = format!("the column `{title}` is there twice; export the table with one of them");
                return broken(facts, at, reason, "no row of this table is evaluated");
            }
        }
        let (mut row, mut count) = (Row::default(), 0u64);
        loop {
            match table.next(&mut row) {
                Ok(true) => {
                    count += 1;
                    each(&Record { row: &row, places: &places, file: number }, facts);
                }
                Ok(false) => break,
                Err(error) => {
                    broken(facts, error.span, error.message, "this row and those behind it are not evaluated");
                    break;
                }
            }
        }
        if let Some(wrong) = file.expected.and_then(|expected| miscounted(expected, count)) {
            broken(facts, at, wrong, "only the rows that are there are evaluated");
        }
        // Nobody is surprised by no rows where none are expected.
        if count == 0 && file.expected.is_none() && facts.unresolved.iter().all(|known| known.origin.file != number) {
            let reason = "the table has no rows; export it again, or remove it";
            broken(facts, at, reason.to_owned(), "nothing is known of what it should list");
        }
        *facts.tally.entry(kind.name).or_default() += count;
    }
}

/// Records that a row cannot be read.
fn broken_row(record: &Record<'_>, facts: &mut Facts, reason: impl Into<String>, consequence: &str) {
    let file = record.file;
    Lowering { facts, file }.unresolved(Gap::Broken, record.row.span, reason, consequence);
}

/// The values of several columns, none of which may be empty; else an outcome that names the first empty one.
fn named<'r, const N: usize>(
    record: &'r Record<'_>,
    kind: &TableKind,
    columns: [usize; N],
    facts: &mut Facts,
) -> Option<[&'r str; N]> {
    let values = columns.map(|column| record.get(column));
    let Some(empty) = values.iter().position(|value| value.is_empty()) else { return Some(values) };
    let title = columns.get(empty).and_then(|column| kind.columns.get(*column)?.titles.first());
    let reason = format!("the column `{}` is empty", title.copied().unwrap_or_default());
    broken_row(record, facts, reason, "this row is not evaluated");
    None
}
