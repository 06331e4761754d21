//! `countersign.dev/explain/v1`: what an id means, for who meets it in a finding.
//!
//! Within v1 optional fields may be added, and nothing else.

mod human;
mod markdown;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};
use crate::rules::{Enforcement, Severity};

pub use human::explain_human;
pub use markdown::explain_markdown;

/// The name of this version of the format.
pub const EXPLAIN_SCHEMA: &str = "countersign.dev/explain/v1";

/// The JSON Schema of an explanation.
#[must_use]
pub fn explain_schema() -> Schema {
    check::schema_of::<ExplainReport>()
}

/// What an id is the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExplainedKind {
    /// A policy.
    Policy,
    /// A conflict.
    Conflict,
    /// A duty.
    Duty,
    /// A way to administer a system.
    Escalation,
    /// An exit status.
    ExitStatus,
    /// One finding of this tree.
    Finding,
}

/// What an id means. A field that can be absent is absent when it has nothing to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/explain/v1")]
pub struct ExplainReport {
    /// `countersign.dev/explain/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = EXPLAIN_SCHEMA))]
    pub schema: &'static str,
    /// What made it.
    pub tool: Tool,
    /// What the id is the id of.
    pub kind: ExplainedKind,
    /// The id.
    pub id: String,
    /// What it says, as a clause.
    pub title: String,
    /// How bad it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What the gate does here with a new finding of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    /// The finding, where one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<ExplainedFinding>,
    /// What it means and why it matters: paragraphs.
    pub meaning: Vec<String>,
    /// What it rests on, such as the duties of a conflict: one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rests_on: Vec<String>,
    /// One example that is found and one that is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<ExamplesReport>,
    /// What to do: paragraphs.
    pub fix: Vec<String>,
    /// Who may let it pass as it is, and how: paragraphs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unblock: Vec<String>,
    /// Commands to run next.
    pub next: Vec<NextReport>,
    /// The controls that it serves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub serves: Vec<ServedReport>,
}

/// A finding of this tree.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplainedFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub message: String,
    /// Where, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// Two examples.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Examples")]
pub struct ExamplesReport {
    /// Files that stand beside those of both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<ExampleFile>,
    /// What is found.
    pub fires: ExampleReport,
    /// What is left alone.
    pub silent: ExampleReport,
}

/// One example.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Example")]
pub struct ExampleReport {
    /// What it shows, in a sentence.
    pub says: String,
    /// What the target has, where both sides are compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<ExampleFile>,
    /// Its files, or the document that the policy reads.
    pub files: Vec<ExampleFile>,
    /// Employment facts that are imported with `--people`, as CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<String>,
}

/// One file of an example.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExampleFile {
    /// Its path; none for a document that a policy reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its text.
    pub text: String,
    /// The line that matters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// A command to run next.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Next")]
pub struct NextReport {
    /// The command; words in capitals are for its reader to fill in.
    pub command: String,
    /// What it is for.
    pub what: String,
}

/// A control that is served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "Served")]
pub struct ServedReport {
    /// The framework's id.
    pub framework: String,
    /// The control's id in it.
    pub control: String,
    /// The control's name, where it is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
}
