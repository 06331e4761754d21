//! Lists for people and for programs: a table, CSV or JSON.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::Env;
use super::error::CliError;
use super::model::{LocatedStep, Way};
use crate::output::{pretty, write_pretty};
use crate::syntax::{CsvTable, RowEnd};

/// How a list is written: in aligned columns, as comma-separated values (RFC 4180) with a header, or as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    // No documentation comments: each would turn into a paragraph of every command's help.
    Table,
    Csv,
    Json,
}

/// Writes text to standard output; a reader who stops reading is no error.
pub(super) fn print(env: &mut Env<'_>, text: &str) -> Result<(), CliError> {
    printed(env.stdout.write_all(text.as_bytes()).and_then(|()| env.stdout.flush()))
}

/// Writes a document as JSON to standard output, piece by piece.
pub(super) fn print_json(env: &mut Env<'_>, document: &impl serde::Serialize) -> Result<(), CliError> {
    let mut out = std::io::BufWriter::new(&mut *env.stdout);
    printed(write_pretty(document, &mut out).and_then(|()| out.flush()))
}

fn printed(result: std::io::Result<()>) -> Result<(), CliError> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Aligned columns under a header. The last column may be as long as it likes.
pub(super) fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|text| unicode_width::UnicodeWidthStr::width(*text)).collect();
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(unicode_width::UnicodeWidthStr::width(text.as_str()));
        }
    }
    let mut out = String::new();
    let header: Vec<String> = header.iter().map(|text| text.to_uppercase()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let last = row.len().saturating_sub(1);
        for (i, (text, width)) in row.iter().zip(&widths).enumerate() {
            out.push_str(text);
            if i < last {
                let gap = width.saturating_sub(unicode_width::UnicodeWidthStr::width(text.as_str())) + 2;
                out.extend(std::iter::repeat_n(' ', gap));
            }
        }
        out.push('\n');
    }
    out
}

/// The ways as CSV.
pub(super) fn csv(ways: &[Way]) -> String {
    let header = ["principal", "duty", "title", "system", "held", "scope", "until", "path", "file", "line"];
    let row = |way: &Way| {
        let grant = grant_of(way);
        let path: Vec<&str> = way.steps.iter().map(|step| step.text.as_str()).collect();
        vec![
            way.principal.clone(),
            way.duty.clone(),
            way.title.clone(),
            way.system.clone(),
            held(way),
            way.scope.clone(),
            way.until.map(instant).unwrap_or_default(),
            path.join("; "),
            grant.and_then(|step| step.file.clone()).unwrap_or_default(),
            grant.and_then(|step| step.line).map(|line| line.to_string()).unwrap_or_default(),
        ]
    };
    rows_csv(&header, &ways.iter().map(row).collect::<Vec<_>>())
}

/// The ways as JSON.
pub(super) fn json(ways: &[Way], as_of: i64) -> String {
    let holdings: Vec<Value> = ways
        .iter()
        .map(|way| {
            let steps: Vec<Value> = way
                .steps
                .iter()
                .map(|step| json!({ "step": step.text, "file": step.file, "line": step.line }))
                .collect();
            json!({
                "principal": way.principal,
                "duty": way.duty,
                "title": way.title,
                "privileged": way.privileged,
                "system": way.system,
                "held": way.held,
                "indirect": way.indirect,
                "by_escalation": way.by_escalation,
                "scope": way.scope,
                "conditions": way.conditions,
                "included_in": way.included_in,
                "until": way.until.map(instant),
                "path": steps,
            })
        })
        .collect();
    let document = json!({ "schema": "countersign.dev/access/v1", "as_of": instant(as_of), "holdings": holdings });
    pretty(&document)
}

/// An instant in RFC 3339.
pub(super) fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}

/// The step that grants, where a reader would look first: the last one before the permission.
pub(super) fn grant_of(way: &Way) -> Option<&LocatedStep> {
    way.steps.iter().rev().nth(1).or(way.steps.last())
}

/// A way's steps, one a line with its place.
pub(super) fn steps(way: &Way) -> String {
    let rows: Vec<Vec<String>> =
        way.steps.iter().map(|step| vec![format!("    {}", step.text), step.place()]).collect();
    let width = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or_default().min(100);
    rows.iter().map(|row| format!("{:width$}  {}\n", row[0], row[1])).collect()
}

/// How certainly something is held, and whether it is rather within reach.
pub(super) fn held(way: &Way) -> String {
    let mut text = way.held.to_owned();
    if way.by_escalation {
        text.push_str(", by escalation");
    }
    if way.indirect {
        text.push_str(", indirectly");
    }
    text
}

/// Rows as CSV.
pub(super) fn rows_csv(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = CsvTable::new(header, RowEnd::Lf);
    rows.iter().for_each(|row| table.row(row));
    table.finish()
}

/// Rows as JSON objects, keyed by the header.
pub(super) fn rows_json(schema: &str, name: &str, header: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let fields =
                header.iter().zip(row).map(|(key, value)| (key.replace(' ', "_"), Value::String(value.clone())));
            Value::Object(fields.collect())
        })
        .collect();
    pretty(&json!({ "schema": schema, name: rows }))
}
