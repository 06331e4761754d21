//! Files of a house's own form, read as a mapping says.
//!
//! A mapping (a rule, see [`crate::rules::Mapping`]) turns rows of a file into manifests with holes filled in. Each is
//! lowered as a manifest would be; what is filled in keeps the place where the house file has it, and the rest stands
//! where the row does, so that every fact and every error points into the house file. What a mapping names and no file has
//! is noted on the way, and an error of the rules in the end: [`misfits`].

mod fill;
mod misfit;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

pub use misfit::misfits;

use std::collections::BTreeSet;

use self::rows::{Frame, Looked};
use super::{Lowering, SystemHint, manifest};
use crate::facts::{Facts, Gap};
use crate::rules::{Each, HouseFormat, Mapping, MappingPath, Test};
use crate::syntax::table::{Row, Table, TableText};
use crate::syntax::{Entry, Node, Span, SyntaxError, SyntaxErrorKind, Value, parse, toml};

/// The name of these units.
pub const NAME: &str = "mapping";

/// Keys that are kept of where one was missing, to name the nearest.
const KEYS: usize = 64;

/// How much of one file a mapping may make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Rows, those within rows included.
    pub(super) rows: usize,
    /// Things that are said not to be understood, one by one; the others are counted.
    pub(super) unresolved: usize,
}

/// What is read in earnest.
pub(super) const LIMITS: Limits = Limits { rows: 1_000_000, unresolved: 1_000 };

/// Whether rows had what a path of a mapping names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Some row had it.
    pub found: bool,
    /// The key that some row had not.
    pub missed: Option<Box<str>>,
    /// Keys that stood there instead.
    pub keys: BTreeSet<Box<str>>,
}

/// What a mapping came to over files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// How many files it read.
    pub files: usize,
    /// Whether one of them could not be read.
    pub broken: bool,
    /// By the number of each path.
    pub seen: Vec<Seen>,
}

impl Use {
    /// Adds what another file, or another tree, came to.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.broken |= other.broken;
        self.seen.resize(self.seen.len().max(other.seen.len()), Seen::default());
        for (own, more) in self.seen.iter_mut().zip(&other.seen) {
            own.found |= more.found;
            own.missed = own.missed.take().or_else(|| more.missed.clone());
            own.keys.extend(more.keys.iter().take(KEYS.saturating_sub(own.keys.len())).cloned());
        }
    }
}

/// One file read by one mapping.
pub(super) struct Mapped {
    /// What it declares.
    pub(super) facts: Facts,
    /// Which paths of the mapping it had.
    pub(super) seen: Vec<Seen>,
}

/// Reads a file.
///
/// # Errors
/// A file that is not in its language.
pub(super) fn read(
    mapping: &Mapping,
    path: &str,
    bytes: &[u8],
    hint: Option<&SystemHint>,
    limits: Limits,
) -> Result<Mapped, SyntaxError> {
    let mut facts = Facts::default();
    let mut reader = Reader {
        mapping,
        hint,
        lowering: Lowering { facts: &mut facts, file: 0 },
        seen: vec![Seen::default(); mapping.paths.len()],
        limits,
        rows: 0,
        untold: 0,
        stopped: false,
    };
    match mapping.format_of(path) {
        Some(HouseFormat::Yaml | HouseFormat::Json) => parse(bytes)?.iter().for_each(|node| reader.document(node)),
        Some(HouseFormat::Toml) => reader.document(&toml::parse(bytes)?),
        Some(HouseFormat::Csv) => reader.table(bytes)?,
        None => {
            let message = format!("the mapping `{}` does not say what language this file is in", mapping.id);
            return Err(SyntaxError { span: Span::default(), message, kind: SyntaxErrorKind::Malformed });
        }
    }
    reader.finish();
    let seen = reader.seen;
    Ok(Mapped { facts, seen })
}

struct Reader<'a> {
    mapping: &'a Mapping,
    hint: Option<&'a SystemHint>,
    lowering: Lowering<'a>,
    seen: Vec<Seen>,
    limits: Limits,
    rows: usize,
    /// What is not said one by one.
    untold: usize,
    stopped: bool,
}

impl<'a> Reader<'a> {
    fn document(&mut self, node: &Node) {
        let file = Frame { name: Some("file"), node, place: place_of(node), outer: None };
        let mapping = self.mapping;
        mapping.each.iter().for_each(|each| self.each(each, &file));
    }

    /// A table is given row by row, each as a list of one: it may be long.
    fn table(&mut self, bytes: &[u8]) -> Result<(), SyntaxError> {
        let text = TableText::decode(bytes, self.mapping.dialect.encoding)?;
        let malformed =
            |span, message: &str| SyntaxError { span, message: message.to_owned(), kind: SyntaxErrorKind::Malformed };
        let Some(mut table) = Table::open(&text, self.mapping.dialect) else {
            return Err(malformed(Span::default(), "this table has no header row"));
        };
        let titles: Vec<Box<str>> = table.header().iter().map(|title| title.as_str().into()).collect();
        let twice = titles.iter().enumerate().find(|(at, title)| titles.iter().take(*at).any(|own| own == *title));
        if let Some((_, title)) = twice {
            return Err(malformed(table.header_span(), &format!("the column `{title}` is there twice")));
        }
        let header = table.header_span();
        let (mut row, mut count) = (Row::default(), 0usize);
        loop {
            match table.next(&mut row) {
                Ok(true) if self.stopped => break,
                Ok(true) => {
                    count += 1;
                    let value = |text: &str| match text {
                        "" => Value::Null,
                        text => Value::String(text.into()),
                    };
                    let titled = titles.iter().enumerate();
                    let entries = titled.map(|(at, title)| Entry {
                        key: title.clone(),
                        key_span: row.span,
                        value: Node::new(row.span, value(row.cell(at))),
                    });
                    let entries = entries.collect();
                    let item = Node::new(row.span, Value::Map(entries));
                    self.document(&Node::new(row.span, Value::List(vec![item])));
                }
                Ok(false) => break,
                Err(error) => {
                    self.untold(
                        Gap::Broken,
                        error.span,
                        error.message,
                        "this row and those behind it are not evaluated",
                    );
                    break;
                }
            }
        }
        if count == 0 {
            let reason = "the table has no rows; export it again, or remove it";
            self.untold(Gap::Broken, header, reason.to_owned(), "nothing is known of what it should list");
        }
        Ok(())
    }

    fn finish(&mut self) {
        if self.untold > 0 {
            let reason =
                format!("{} more places of this file do not fit the mapping `{}`", self.untold, self.mapping.id);
            self.lowering.unresolved(Gap::Broken, Span::default(), reason, "none of them is evaluated");
        }
    }

    /// Says that something is not understood; beyond a number, only how often.
    fn untold(&mut self, gap: Gap, span: Span, reason: String, consequence: impl Into<String>) {
        if self.lowering.facts.unresolved.len() < self.limits.unresolved {
            self.lowering.unresolved(gap, span, reason, consequence);
        } else {
            self.untold += 1;
        }
    }

    fn each(&mut self, each: &Each, outer: &Frame<'_>) {
        let rows = self.rows(&each.rows, outer);
        for row in rows {
            let key = row.key.map(|(key, span)| Node::new(span, Value::String(key.into())));
            match each.split.as_deref().map(|mark| (mark, row.node.as_text())) {
                None => self.row(each, row.node, key.as_ref(), row.place, outer),
                Some((mark, Some(text))) => {
                    for part in text.split(mark).map(str::trim).filter(|part| !part.is_empty()) {
                        let node = Node::new(row.node.span, Value::String(part.into()));
                        self.row(each, &node, key.as_ref(), row.place, outer);
                    }
                }
                Some((_, None)) => self.wrong(&each.rows, row.node, "text to split"),
            }
        }
    }

    fn row(&mut self, each: &Each, node: &Node, key: Option<&Node>, place: Span, outer: &Frame<'_>) {
        if self.stopped {
            return;
        }
        self.rows += 1;
        if self.rows > self.limits.rows {
            self.stopped = true;
            let reason =
                format!("the mapping `{}` makes more than {} rows of this file", self.mapping.id, self.limits.rows);
            self.lowering.unresolved(Gap::Broken, place, reason, "this row and those behind it are not evaluated");
            return;
        }
        let frame = Frame { name: each.item.as_deref(), node, place, outer: Some(outer) };
        let keyed;
        let frame = match (key, each.key.as_deref()) {
            (Some(key), Some(name)) => {
                keyed = Frame { name: Some(name), node: key, place, outer: Some(&frame) };
                &keyed
            }
            _ => &frame,
        };
        if !each.conditions.iter().all(|own| self.holds(&own.path, &own.test, frame)) {
            return;
        }
        for emission in &each.emit {
            let kind = emission.kind.as_str();
            let Some(document) = self.filled(emission, frame) else { continue };
            match manifest::lower_document(&mut self.lowering, kind, &document, self.hint) {
                Ok(()) => self.lowering.count(kind),
                Err(error) => {
                    let reason = format!("{} (by the mapping `{}`)", error.told(), self.mapping.id);
                    let span = error.span.unwrap_or(place);
                    self.untold(Gap::Broken, span, reason, format!("this {kind} is not evaluated"));
                }
            }
        }
        each.each.iter().for_each(|inner| self.each(inner, frame));
    }

    fn holds(&mut self, path: &MappingPath, test: &Test, frame: &Frame<'_>) -> bool {
        let found = self.look(path, frame);
        match test {
            Test::Present(wanted) => {
                matches!(found, Looked::Found(node) if !node.is_null()) == *wanted && !matches!(found, Looked::Wrong)
            }
            Test::Is(list) | Test::IsNot(list) => {
                let one_of = match found {
                    Looked::Found(node) if !node.is_null() => match node.as_text() {
                        Some(text) => list.iter().any(|own| own == text),
                        None => {
                            self.wrong(path, node, "one value");
                            return false;
                        }
                    },
                    _ => false,
                };
                one_of == matches!(test, Test::Is(_))
            }
        }
    }

    /// Says that a value is of another kind than a path of the mapping has it.
    fn wrong(&mut self, path: &MappingPath, node: &Node, wanted: &str) {
        let reason =
            format!("this is {}, and `{}` of the mapping `{}` wants {wanted}", node.kind(), path.text, self.mapping.id);
        self.untold(Gap::Broken, node.span, reason, "what it should say is not evaluated");
    }
}

/// Where to point for a row: of a map, its first entry, since the whole would be too much.
fn place_of(node: &Node) -> Span {
    match node.as_map().and_then(<[_]>::first) {
        Some(first) if first.value.as_text().is_some() => first.span(),
        _ => node.head(),
    }
}
