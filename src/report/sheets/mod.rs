//! Sections of a report that are a sentence and a table: written once, and rendered by each renderer in its own way.

mod control;
mod declared;
mod findings;
mod observed;
mod reviews;

use super::model::Report;
use crate::rules::Instant;

pub use declared::{matrix_sheet, services_sheet, systems_sheet};

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its anchor, and the name of its file.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it says, with its denominators. Words of a repository in it are escaped by each renderer.
    pub lead: String,
    /// What the table shows.
    pub caption: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// What stands in the place of an empty table: zero, and of how many.
    pub none: String,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its title for people.
    pub title: &'static str,
    /// Its name for machines.
    pub name: &'static str,
    /// Whether it has numbers.
    pub is_number: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Several words.
    List(Vec<String>),
    /// A number; nothing where there is none.
    Number(Option<i64>),
    /// An instant; nothing where there is none.
    At(Option<Instant>),
    /// The first instant after something ended, shown as the last one of it.
    Until(Option<Instant>),
    /// A severity.
    Severity(String),
    /// Whether it is so.
    Is(bool),
    /// A finding, by its fingerprint.
    Finding(String),
    /// A landing, by its commit.
    Landing(String),
    /// A policy.
    Policy(String),
    /// The digest of a file, whole: whoever has the file compares it.
    Digest(String),
    /// Records, by kind and id.
    Records(Vec<String>),
    /// Left for a person to write.
    Blank,
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn maybe(text: Option<&String>) -> Self {
        Self::Text(text.cloned().unwrap_or_default())
    }

    /// The last second before something ended.
    pub(super) fn last(end: Option<Instant>) -> Option<Instant> {
        end.map(|end| Instant::from_seconds(end.seconds().saturating_sub(1)))
    }

    pub(super) fn count(number: u64) -> Self {
        Self::Number(i64::try_from(number).ok())
    }
}

/// A column of words.
pub(super) const fn words(title: &'static str, name: &'static str) -> Column {
    Column { title, name, is_number: false }
}

/// A column of numbers.
pub(super) const fn number(title: &'static str, name: &'static str) -> Column {
    Column { title, name, is_number: true }
}

/// The sections of a report, in their order.
pub(super) fn sheets(report: &Report) -> Vec<Sheet> {
    let declared = &report.declared;
    vec![
        findings::comparison(report),
        findings::records(report),
        findings::remediation(report),
        systems_sheet(declared),
        matrix_sheet(declared),
        declared::privileged(report),
        services_sheet(declared),
        declared::credentials(declared),
        reviews::reviews(declared),
        findings::leavers(report),
        observed::observed(report),
        observed::exports(report),
        control::changes(report),
        control::worksheet(report),
    ]
}
