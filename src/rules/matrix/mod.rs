//! Matrices of duties that conflict, as spreadsheets and SAP's Access Control keep them, drawn as a ruleset.
//!
//! Three shapes are known by their headers: a square of functions with marks; a list of risks with the functions of each;
//! and the files that `GRAC_DOWNLOAD_RULES` writes. What cannot be carried over is listed with its file and line.

mod grc;
mod sheet;
mod square;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::ruleset::Severity;

/// A file to read.
#[derive(Debug, Clone)]
pub struct MatrixFile {
    /// What it is called, for people.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a ruleset is to be called, and what a matrix does not say.
#[derive(Debug, Clone)]
pub struct MatrixWish {
    /// The ruleset's id.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What every id begins with.
    pub prefix: String,
    /// The type of system that actions are of, such as `sap`.
    pub system: String,
    /// On what the sides of each conflict must meet.
    pub dimension: String,
    /// How bad a mark is that does not say.
    pub severity: Severity,
    /// Who owns the risks.
    pub owner: String,
    /// What the numbers of risk levels mean.
    pub levels: BTreeMap<String, Severity>,
}

/// A ruleset that was drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The duties, by id.
    pub duties: BTreeMap<String, DrawnDuty>,
    /// The conflicts, by id.
    pub conflicts: BTreeMap<String, DrawnConflict>,
    /// What was not carried over, in the order of the files.
    pub left_out: Vec<LeftOut>,
}

/// A duty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrawnDuty {
    /// Its name.
    pub title: String,
    /// Its process.
    pub process: String,
    /// Where it is written.
    pub at: At,
    /// What confers it, by action.
    pub actions: BTreeMap<String, Vec<Object>>,
    /// Where the first action is written.
    pub actions_at: At,
    /// How bad it is to hold it alone, where that is a risk.
    pub alone: Option<Severity>,
}

/// An authorization object that an action asks for, with the values of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// For each field, any of the values.
    pub fields: BTreeMap<String, BTreeSet<String>>,
}

/// A conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnConflict {
    /// The duties' ids.
    pub duties: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What can go wrong.
    pub risk: String,
    /// Where it is written.
    pub at: At,
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// Something that was not carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is written.
    pub at: At,
    /// What, and why.
    pub why: String,
}

/// Why nothing could be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixError {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Draws a ruleset from files that belong together.
///
/// # Errors
/// A file that is no table of a known shape, is too large or cannot be read as text; or nothing that conflicts.
pub fn draw(files: &[MatrixFile], wish: &MatrixWish) -> Result<Drawn, MatrixError> {
    let mut drawing = Drawing { wish, drawn: Drawn::default(), ids: BTreeMap::new() };
    let mut rules = grc::Files::default();
    for file in files {
        let sheet = sheet::read(file)?;
        for note in &sheet.notes {
            drawing.leave(At { path: sheet.path.clone(), line: 1 }, note.clone());
        }
        if rules.take(&sheet) {
            continue;
        }
        if !square::draw(&sheet, &mut drawing) {
            return Err(MatrixError {
                message: format!("{} is no matrix that is known", file.path),
                help: "give a square of functions with marks, a list with a risk and two functions in each row, or the files \
                       that GRAC_DOWNLOAD_RULES writes, each with its header row"
                    .to_owned(),
            });
        }
    }
    rules.draw(&mut drawing);
    let mut drawn = drawing.drawn;
    if drawn.conflicts.is_empty() && drawn.duties.values().all(|duty| duty.alone.is_none()) {
        return Err(MatrixError {
            message: "no conflict is in what was given".to_owned(),
            help: drawn
                .left_out
                .first()
                .map_or_else(|| "give the file of the risks, too".to_owned(), |own| format!("{}: {}", own.at, own.why)),
        });
    }
    let unbound = drawn.duties.values().filter(|duty| duty.actions.is_empty());
    let unbound: Vec<LeftOut> = unbound
        .map(|duty| LeftOut {
            at: duty.at.clone(),
            why: format!("nothing says what confers `{}`: write `bindings:` for it", duty.title),
        })
        .collect();
    drawn.left_out.extend(unbound);
    Ok(drawn)
}

/// Writes what was drawn as a ruleset in YAML.
#[must_use]
pub fn matrix_yaml(drawn: &Drawn, wish: &MatrixWish) -> String {
    write::yaml(drawn, wish)
}

/// What is being drawn.
struct Drawing<'a> {
    wish: &'a MatrixWish,
    drawn: Drawn,
    /// The id of each function, by the name that the files have for it.
    ids: BTreeMap<String, String>,
}

impl Drawing<'_> {
    fn leave(&mut self, at: At, why: impl Into<String>) {
        self.drawn.left_out.push(LeftOut { at, why: why.into() });
    }

    /// The id of a function; it is added where it is new.
    fn duty(&mut self, name: &str, at: &At) -> String {
        let Named { code, title, key } = named(name);
        if let Some(id) = self.ids.get(&key) {
            // A code alone may come before the name that goes with it.
            if let Some(duty) = self.drawn.duties.get_mut(id).filter(|duty| duty.title == code && title != code) {
                duty.title = title;
            }
            return id.clone();
        }
        let id = self.free(&code, |drawn, id| drawn.duties.contains_key(id));
        self.ids.insert(key, id.clone());
        let duty = DrawnDuty { title, process: "imported".to_owned(), at: at.clone(), ..DrawnDuty::default() };
        self.drawn.duties.insert(id.clone(), duty);
        id
    }

    /// Adds a conflict under an id of its own.
    fn conflict(&mut self, code: &str, conflict: DrawnConflict) {
        let id = self.free(code, |drawn, id| drawn.conflicts.contains_key(id));
        self.drawn.conflicts.insert(id, conflict);
    }

    fn free(&self, code: &str, taken: impl Fn(&Drawn, &str) -> bool) -> String {
        let id = format!("{}{code}", self.wish.prefix);
        let numbered = (2u32..).map(|number| format!("{id}-{number}"));
        std::iter::once(id.clone()).chain(numbered).find(|id| !taken(&self.drawn, id)).unwrap_or(id)
    }

    /// How bad a level is, in words or by its number.
    fn level(&self, written: &str) -> Option<Severity> {
        match written.trim().to_lowercase().as_str() {
            "critical" | "very high" | "c" => Some(Severity::Critical),
            "high" | "h" => Some(Severity::High),
            "medium" | "moderate" | "m" => Some(Severity::Medium),
            "low" | "l" => Some(Severity::Low),
            other => self.wish.levels.get(other).copied(),
        }
    }
}

/// The name of a function, taken apart.
struct Named {
    /// What its id is made of.
    code: String,
    title: String,
    /// What tells it from others: its code, if it has one, or its whole name.
    key: String,
}

/// Takes a name such as `AP01 - Process vendor invoices` apart.
fn named(name: &str) -> Named {
    let first = name.split_whitespace().next().unwrap_or(name).trim_end_matches([':', '-', '_']);
    let rest = name.get(first.len()..).unwrap_or_default().trim_start_matches([' ', ':', '-', '\u{2013}', '\u{2014}']);
    let has_code = first.len() <= 10
        && first.chars().any(|c| c.is_ascii_digit())
        && first.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    if !has_code {
        return Named { code: code(name), title: name.to_owned(), key: name.to_lowercase() };
    }
    let title = if rest.is_empty() { first } else { rest };
    Named { code: code(first), title: title.to_owned(), key: first.to_lowercase() }
}

/// What an id may be made of: capitals, digits and `-`.
fn code(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') {
            out.push(c.to_ascii_uppercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
        if out.len() >= 48 {
            break;
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "X".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_before_a_name_is_the_id() {
        let of = |name: &str| {
            let Named { code, title, key } = named(name);
            (code, title, key)
        };
        let own = |code: &str, title: &str, key: &str| (code.to_owned(), title.to_owned(), key.to_owned());
        assert_eq!(of("AP01 - Process vendor invoices"), own("AP01", "Process vendor invoices", "ap01"));
        assert_eq!(of("Maintain Vendors"), own("MAINTAIN-VENDORS", "Maintain Vendors", "maintain vendors"));
        assert_eq!(of("AP01"), own("AP01", "AP01", "ap01"));
        assert_eq!(of("支払"), own("X", "支払", "支払"));
    }
}
