//! Definition formats: each recognises its documents and lowers them to access facts.
//!
//! [`FORMATS`] is the one table. To add a format, write one file or folder, add its row, and add one case under
//! `testdata/formats/`. A document is recognised by its content, never by its name alone; the first row that claims a
//! document gets it. Exports that are tables have a list of their own ([`tables`]), and files of a house's own form are read
//! as rules say ([`mapping`]), whatever else they are. Files that mean something together form
//! a unit and are lowered together; a unit may read other files of the tree, which become its members. [`gate`] stands
//! beside the table: it says of the gate itself who may do what, from files of several kinds. [`pipelines`] says so of the
//! jobs that a repository runs.

pub mod actions;
pub mod argocd;
pub mod aws;
pub mod azure;
#[cfg(test)]
mod cases;
mod cloud;
pub mod cloudformation;
pub mod configuration;
pub mod context;
mod credentials;
mod documents;
mod files;
pub mod gate;
pub mod gcp;
mod github;
pub mod gitlab;
pub mod identity;
pub mod kubernetes;
pub mod manifest;
pub mod mapping;
mod mentioned;
mod okta;
mod paths;
pub mod peribolos;
pub mod permifrost;
pub mod pipelines;
mod places;
pub mod postgres;
mod read;
mod revoked;
pub mod safe_settings;
#[cfg(test)]
mod same_access;
mod snowflake;
pub mod tables;
pub mod terraform;
pub mod tokens;
#[cfg(test)]
mod trees;
pub mod vault;
mod wildcards;

pub use credentials::secret_variables;
pub use files::{Files, ParsedBody, ReadFile};
pub use read::{Class, LoweredUnit, NotLowered, ReadPlaces, Reader, Reading, importable};
pub use revoked::Revoked;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::{Facts, Gap, Origin, Text, Unresolved};
use crate::syntax::hcl::Body;
use crate::syntax::sql::Script;
use crate::syntax::{Node, Span, SyntaxError};

/// One way of writing access down.
pub struct Format {
    /// A short name, shown in outcomes and evidence.
    pub name: &'static str,
    /// Whether a parsed document is one of these.
    pub recognise: Recognise,
    /// What a text that does not parse is, if it looks like one of these: broken, or a form that is not read.
    pub suspect: fn(path: &str, text: &str, error: &SyntaxError) -> Option<Gap>,
    /// Which files mean something together.
    pub unit: Grouping,
    /// Lowers one unit.
    pub lower: fn(unit: &Unit<'_>) -> Facts,
}

/// How a format knows its documents: by the tree of the language that it is written in.
#[derive(Clone, Copy)]
pub enum Recognise {
    /// A document of JSON or YAML.
    Data(fn(path: &str, document: &Node) -> bool),
    /// A file of HCL, in the native syntax or in JSON.
    Hcl(fn(path: &str, body: &Body) -> bool),
    /// A script in SQL.
    Sql(fn(path: &str, script: &Script) -> bool),
}

impl Recognise {
    /// Whether this is the format of a document of JSON or YAML.
    #[must_use]
    pub fn data(self, path: &str, document: &Node) -> bool {
        matches!(self, Self::Data(recognise) if recognise(path, document))
    }

    /// Whether this is the format of a file of HCL.
    #[must_use]
    pub fn hcl(self, path: &str, body: &Body) -> bool {
        matches!(self, Self::Hcl(recognise) if recognise(path, body))
    }

    /// Whether this is the format of a script in SQL.
    #[must_use]
    pub fn sql(self, path: &str, script: &Script) -> bool {
        matches!(self, Self::Sql(recognise) if recognise(path, script))
    }
}

/// The ordered table of formats.
pub static FORMATS: &[Format] = &[
    manifest::FORMAT,
    kubernetes::FORMAT,
    kubernetes::KUSTOMIZE,
    argocd::FORMAT,
    permifrost::FORMAT,
    peribolos::FORMAT,
    safe_settings::FORMAT,
    aws::POLICY,
    aws::EXPORT,
    azure::ROLES,
    azure::TEMPLATE,
    gcp::CONNECTOR,
    gcp::NATIVE,
    cloudformation::FORMAT,
    terraform::FORMAT,
    terraform::plan::FORMAT,
    actions::FORMAT,
    gitlab::FORMAT,
    vault::FORMAT,
    postgres::FORMAT,
    identity::KEYCLOAK,
    identity::OKTA,
];

/// Formats whose units take in files of another: what a unit of the first reads is no unit of the second by itself.
const TAKES_IN: &[(&str, &str)] = &[(kubernetes::KUSTOMIZE.name, kubernetes::FORMAT.name)];

/// Files of one format that mean something together.
pub struct Unit<'a> {
    /// The files that it starts from, in path order. An [`Origin`]'s `file` is a place in this list, or, in a unit that
    /// reads the tree, what reading gave.
    pub files: Vec<UnitFile<'a>>,
    /// The files of the tree, for a format that is [`Grouping::Reaching`].
    pub tree: Option<&'a Files<'a>>,
}

/// One member of a unit.
pub struct UnitFile<'a> {
    /// Path from the root of the tree, with `/`.
    pub path: &'a str,
    /// The documents of JSON or YAML that the format claimed, in order.
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

/// The types of systems that formats declare access in of themselves.
const SYSTEM_TYPES: [&str; 13] = [
    "argocd",
    "aws",
    "azure",
    "entra",
    "gcp",
    "github",
    "gitlab",
    "keycloak",
    "kubernetes",
    "okta",
    "postgres",
    "snowflake",
    "vault",
];

/// The system of a type: the one that the configuration names, unless that is of another type.
fn system_of_type(named: Option<&Text>, own: &str) -> Text {
    let named = named.filter(|system| {
        let kind = system.split_once(':').map_or(&***system, |(kind, _)| kind);
        kind == own || !SYSTEM_TYPES.contains(&kind)
    });
    named.cloned().unwrap_or_else(|| own.into())
}

/// Which files of a format mean something together.
#[derive(Clone, Copy)]
pub enum Grouping {
    /// Each file is a unit.
    Alone,
    /// The name of the unit that a file belongs to, given every file of the format.
    Together(fn(path: &str, all: &BTreeSet<&str>) -> String),
    /// Units that start from some files and read others, given every file of the format. A file may be read by several
    /// units; its name is that of what it starts from.
    Reaching(fn(all: &BTreeSet<&str>, tree: &Files<'_>) -> BTreeMap<String, Vec<String>>),
}

impl Grouping {
    /// The name of a file's unit, among those that the names of the files decide.
    #[must_use]
    pub fn name(self, path: &str, all: &BTreeSet<&str>) -> String {
        match self {
            Self::Alone | Self::Reaching(_) => path.to_owned(),
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

/// The file's name without folder and extension: what a document that stands alone is called.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// Shares a text.
#[must_use]
pub fn text(value: &str) -> Text {
    Arc::from(value)
}
