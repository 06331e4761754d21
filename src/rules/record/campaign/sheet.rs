//! A reviewer's file as a table, for whoever decides in a spreadsheet. It says the same as the YAML.

use super::decisions::{Decided, RestsOn, ReviewerFile};
use crate::rules::dates::Instant;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::record::person;
use crate::store::Digest;
use crate::syntax::table::{Dialect, Row, Table, TableText, TextEncoding};
use crate::syntax::{Span, Spanned};

/// The columns, in the order in which they are written. All but the last three tell what is decided about.
pub const COLUMNS: [&str; 21] = [
    "campaign",
    "opening",
    "reviewer",
    "item",
    "who",
    "what",
    "scope",
    "until",
    "conditions",
    "permits",
    "why",
    "justification",
    "ticket",
    "duties",
    "conflicts",
    "privileged",
    "last_change",
    "approval",
    "decision",
    "reason",
    "decided",
];
/// Those without which nothing can be read.
const NEEDED: [&str; 7] = ["campaign", "opening", "reviewer", "item", "decision", "reason", "decided"];

/// Which column is which.
struct Columns {
    places: Vec<(&'static str, usize)>,
}

impl Columns {
    fn of(file: &RuleFile, table: &Table<'_>) -> Result<Self, RuleError> {
        let mut places = Vec::new();
        for name in COLUMNS {
            let found = table.header().iter().position(|own| own.trim().eq_ignore_ascii_case(name));
            match found {
                Some(at) => places.push((name, at)),
                None if NEEDED.contains(&name) => {
                    return Err(file
                        .error(table.header_span(), format!("the column `{name}` is gone"))
                        .with_help("keep the header and the columns of the file as it was written"));
                }
                None => {}
            }
        }
        Ok(Self { places })
    }

    /// A cell. A quote in front keeps a spreadsheet from taking a text for a formula.
    fn cell<'r>(&self, row: &'r Row, name: &str) -> &'r str {
        let place = self.places.iter().find(|(own, _)| *own == name);
        let text = place.map_or("", |(_, at)| row.cell(*at)).trim();
        text.strip_prefix('\'').unwrap_or(text)
    }

    fn spanned(&self, row: &Row, name: &str) -> Spanned<String> {
        Spanned { value: self.cell(row, name).to_owned(), span: row.span }
    }
}

/// Reads a reviewer's table.
pub(super) fn read(
    file: &RuleFile,
    signatures: Vec<RuleFile>,
    rests: &RestsOn<'_>,
) -> Result<ReviewerFile, Vec<RuleError>> {
    let syntax = |error| vec![RuleError::syntax(file, error)];
    let text = TableText::decode(&file.bytes, TextEncoding::marked(&file.bytes).unwrap_or_default()).map_err(syntax)?;
    let Some(mut table) = Table::open(&text, Dialect::default()) else {
        return Err(vec![
            file.error(None, "this table of an access review has no header")
                .with_help(format!("its first line is {}", COLUMNS.join(","))),
        ]);
    };
    let columns = Columns::of(file, &table).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut reviewer: Option<Spanned<String>> = None;
    let mut decided = Vec::new();
    let mut row = Row::default();
    while table.next(&mut row).map_err(syntax)? {
        let own = columns.spanned(&row, "reviewer");
        match &reviewer {
            Some(known) if known.value != own.value => {
                errors.push(file.error(
                    row.span,
                    format!("this row is of `{}`, and those before it of `{}`", own.value, known.value),
                ));
            }
            Some(_) => {}
            None => reviewer = Some(own),
        }
        match one(file, &columns, &row, rests) {
            Ok(Some(decision)) => decided.push(decision),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    let Some(reviewer) = reviewer else {
        return Err(vec![file.error(None, "this table of an access review has no rows")]);
    };
    match person(file, "reviewer", &reviewer) {
        Ok(reviewer) if errors.is_empty() => Ok(rests.file(file, &reviewer, signatures, decided)),
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(error);
            Err(errors)
        }
    }
}

fn one(file: &RuleFile, columns: &Columns, row: &Row, rests: &RestsOn<'_>) -> Result<Option<Decided>, RuleError> {
    let digest = |name: &str| {
        let text = columns.cell(row, name);
        let value = Digest::parse(text)
            .map_err(|_| file.error(row.span, format!("the {name} `{text}` of this row is no digest")));
        value.map(|value| Spanned { value, span: row.span })
    };
    let (opening, item) = (digest("opening")?, digest("item")?);
    rests.check(file, &columns.spanned(row, "campaign"), &opening)?;
    let frozen = rests.item(file, &item)?;
    for (name, was) in [("who", &frozen.principal), ("what", &frozen.what)] {
        let said = columns.cell(row, name);
        if !said.is_empty() && said != was {
            return Err(file.error(row.span, format!("the item of this row is of `{was}`, not of `{said}`")));
        }
    }
    let written = columns.spanned(row, "decision");
    if written.value.is_empty() {
        return Ok(None);
    }
    let at = instant(file, columns.cell(row, "decided"), row.span)?;
    rests.decision(file, &item, &written, Some(columns.cell(row, "reason")), at.as_ref()).map(Some)
}

fn instant(file: &RuleFile, text: &str, span: Span) -> Result<Option<Spanned<Instant>>, RuleError> {
    if text.is_empty() {
        return Ok(None);
    }
    let value: Result<Instant, _> = serde_json::from_value(serde_json::Value::String(text.to_owned()));
    let value = value.map_err(|error| {
        file.error(span, error.to_string())
            .with_help("spreadsheets rewrite dates: set the column to text, and write it again")
    })?;
    Ok(Some(Spanned { value, span }))
}
