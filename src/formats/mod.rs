//! Definition formats: each recognises its documents and lowers them to access facts.
//!
//! [`FORMATS`] is the one table. To add a format, write one file or folder, add its row, and add one case under
//! `testdata/formats/`. A document is recognised by its content, never by its name alone; the first row that claims a
//! document gets it. Exports that are tables have a list of their own ([`tables`]). Files that mean something together form a unit and are lowered together. [`gate`] stands beside the
//! table: it says of the gate itself who may do what, from files of several kinds.

pub mod aws;
#[cfg(test)]
mod cases;
pub mod gate;
pub mod kubernetes;
pub mod manifest;
pub mod peribolos;
mod read;
pub mod tables;

pub use read::{Class, LoweredUnit, NotLowered, Reader, Reading};

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::facts::{Facts, Gap, Origin, Text, Unresolved};
use crate::syntax::{Node, Span, SyntaxError};

/// One way of writing access down.
pub struct Format {
    /// A short name, shown in outcomes and evidence.
    pub name: &'static str,
    /// Whether a parsed document is one of these.
    pub recognise: fn(path: &str, document: &Node) -> bool,
    /// What a text that does not parse is, if it looks like one of these: broken, or a form that is not read.
    pub suspect: fn(path: &str, text: &str, error: &SyntaxError) -> Option<Gap>,
    /// Which files mean something together.
    pub unit: Grouping,
    /// Lowers one unit.
    pub lower: fn(unit: &Unit<'_>) -> Facts,
}

/// The ordered table of formats.
pub static FORMATS: &[Format] = &[manifest::FORMAT, kubernetes::FORMAT, peribolos::FORMAT, aws::POLICY, aws::EXPORT];

/// Files of one format that mean something together.
pub struct Unit<'a> {
    /// The members, in path order; an [`Origin`]'s `file` is a place in this list.
    pub files: Vec<UnitFile<'a>>,
}

/// One member of a unit.
pub struct UnitFile<'a> {
    /// Path from the root of the tree, with `/`.
    pub path: &'a str,
    /// The documents that the format claimed, in order.
    pub documents: Vec<&'a Node>,
    /// The system that the configuration names for this path, if any.
    pub system: Option<SystemHint>,
}

/// What `systems:` in `countersign.yaml` says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemHint {
    /// The instance's id.
    pub id: Text,
    /// Whether the documents there only limit (service control policies).
    pub guardrail: bool,
}

/// Which files of a format mean something together.
#[derive(Clone, Copy)]
pub enum Grouping {
    /// Each file is a unit.
    Alone,
    /// The name of the unit that a file belongs to, given every file of the format.
    Together(fn(path: &str, all: &BTreeSet<&str>) -> String),
}

impl Grouping {
    /// The name of a file's unit.
    #[must_use]
    pub fn name(self, path: &str, all: &BTreeSet<&str>) -> String {
        match self {
            Self::Alone => path.to_owned(),
            Self::Together(unit) => unit(path, all),
        }
    }
}

/// Collects facts while walking one file of a unit.
pub struct Lowering<'f> {
    /// The facts so far.
    pub facts: &'f mut Facts,
    /// The file's place in the unit.
    pub file: u32,
}

impl Lowering<'_> {
    /// The origin of a range in this file.
    #[must_use]
    pub fn at(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }

    /// Counts one definition.
    pub fn count(&mut self, kind: &'static str) {
        *self.facts.tally.entry(kind).or_default() += 1;
    }

    /// Records something that cannot be told.
    pub fn unresolved(&mut self, gap: Gap, span: Span, reason: impl Into<String>, consequence: impl Into<String>) {
        let origin = self.at(span);
        self.facts.unresolved.push(Unresolved { gap, reason: reason.into(), consequence: consequence.into(), origin });
    }
}

/// Shares a text.
#[must_use]
pub fn text(value: &str) -> Text {
    Arc::from(value)
}
