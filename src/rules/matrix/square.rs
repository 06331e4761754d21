//! A square of functions: each row and each column is one, and a mark says that the two conflict.

use std::collections::BTreeMap;

use super::sheet::{Sheet, is_formula};
use super::{Drawing, DrawnConflict, code, named};
use crate::rules::Severity;

/// What stands in a cell.
enum Mark {
    None,
    /// A conflict, perhaps with how bad it is.
    Conflict(Option<Severity>),
    /// A conflict by its id.
    Risk(String),
    Unknown,
}

/// Two functions that conflict.
struct Pair {
    severity: Option<Severity>,
    /// The risk's id, where the mark is one.
    risk: Option<String>,
    line: u64,
}

/// Draws a square; whether the sheet is one.
pub(super) fn draw(sheet: &Sheet, drawing: &mut Drawing<'_>) -> bool {
    let Some(first) = names_column(sheet) else { return false };
    let columns: Vec<(usize, &String)> =
        sheet.header.iter().enumerate().skip(first + 1).filter(|(_, name)| !name.is_empty()).collect();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    // Each pair once, whichever half of the square is filled.
    let mut pairs: BTreeMap<(String, String), Pair> = BTreeMap::new();
    for (number, (_, name)) in columns.iter().enumerate() {
        if columns.iter().take(number).any(|(_, other)| other.eq_ignore_ascii_case(name)) {
            drawing.leave(sheet.at(sheet.header_line), format!("the column `{name}` stands there twice; both count"));
        }
    }
    for (line, cells) in &sheet.rows {
        let at = sheet.at(*line);
        let name = cells.get(first).map_or("", String::as_str);
        if name.is_empty() || is_formula(name) {
            drawing.leave(
                at,
                if name.is_empty() {
                    "a row without a name".to_owned()
                } else {
                    format!("`{name}` is a formula and no name")
                },
            );
            continue;
        }
        if let Some(earlier) = seen.insert(name.to_lowercase(), *line) {
            drawing.leave(at.clone(), format!("the row `{name}` is on line {earlier}, too; both count"));
        }
        if cells.len() > sheet.header.len() && cells.iter().skip(sheet.header.len()).any(|cell| !cell.is_empty()) {
            drawing.leave(at.clone(), "values beyond the last column, which no title names".to_owned());
        }
        let own = drawing.duty(name, &at);
        for (column, other) in &columns {
            let written = cells.get(*column).map_or("", String::as_str);
            let (severity, risk) = match mark(written, drawing) {
                Mark::None => continue,
                Mark::Conflict(severity) => (severity, None),
                Mark::Risk(risk) => (None, Some(risk)),
                Mark::Unknown => {
                    drawing.leave(at.clone(), format!("`{written}` for {name} and {other} is no mark that is known"));
                    continue;
                }
            };
            if is_formula(other) {
                drawing.leave(at.clone(), format!("`{other}` is a formula and no name"));
                continue;
            }
            let other_id = drawing.duty(other, &sheet.at(sheet.header_line));
            if other_id == own {
                drawing.leave(at.clone(), format!("`{name}` is marked to conflict with itself"));
                continue;
            }
            let key = if own < other_id { (own.clone(), other_id) } else { (other_id, own.clone()) };
            let known = pairs.entry(key).or_insert(Pair { severity, risk: risk.clone(), line: *line });
            if known.line != *line && (known.severity != severity || known.risk != risk) {
                let default = drawing.wish.severity;
                let stricter = known.severity.unwrap_or(default).max(severity.unwrap_or(default));
                drawing.drawn.left_out.push(super::LeftOut {
                    at: at.clone(),
                    why: format!(
                        "{name} and {other} are marked otherwise on line {}; the stricter mark counts",
                        known.line
                    ),
                });
                known.severity = Some(stricter);
                known.risk = known.risk.take().or(risk);
            }
        }
    }
    for ((one, other), Pair { severity, risk, line }) in pairs {
        let title = |id: &str| drawing.drawn.duties.get(id).map_or_else(String::new, |duty| duty.title.clone());
        let strip = |id: &str| id.strip_prefix(&drawing.wish.prefix).unwrap_or(id).to_owned();
        let id = risk.as_deref().map_or_else(|| format!("{}+{}", strip(&one), strip(&other)), code);
        let said = format!("One person can do both: {}, and {}.", title(&one), title(&other));
        let severity = severity.unwrap_or(drawing.wish.severity);
        let id = id.replace('+', "--");
        drawing.conflict(&id, DrawnConflict { duties: vec![one, other], severity, risk: said, at: sheet.at(line) });
    }
    true
}

/// The column of the names, where the titles beside it are names, too.
fn names_column(sheet: &Sheet) -> Option<usize> {
    (0..sheet.header.len().min(3)).find(|column| {
        let names: Vec<String> =
            sheet.rows.iter().filter_map(|(_, cells)| Some(named(cells.get(*column)?).key)).collect();
        let titles = sheet.header.iter().skip(column + 1).filter(|title| !title.is_empty());
        titles.filter(|title| names.contains(&named(title).key)).count() >= 2
    })
}

fn mark(written: &str, drawing: &Drawing<'_>) -> Mark {
    match written.to_lowercase().as_str() {
        "" | "-" | "\u{2013}" | "\u{2014}" | "." | "0" | "n" | "no" | "n/a" | "na" | "none" | "ok" | "/" | "\\" => {
            Mark::None
        }
        "x" | "xx" | "1" | "y" | "yes" | "\u{2713}" | "\u{2714}" | "conflict" | "sod" | "r" | "risk" => {
            Mark::Conflict(None)
        }
        other => match drawing.level(other) {
            Some(severity) => Mark::Conflict(Some(severity)),
            None if is_risk(written) => Mark::Risk(written.to_owned()),
            None => Mark::Unknown,
        },
    }
}

/// Whether a mark is the id of a risk: a word with a digit.
fn is_risk(written: &str) -> bool {
    written.len() <= 20
        && written.chars().any(|c| c.is_ascii_digit())
        && written.chars().any(|c| c.is_ascii_alphabetic())
        && written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
