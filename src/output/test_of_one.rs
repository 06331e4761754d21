//! `countersign.dev/test-of-one/v1`: for each policy and each conflict one evaluation of each sort, real or synthetic.
//!
//! Within v1 optional fields may be added, and nothing else.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};
use crate::store::Digest;

/// The name of this version of the format.
pub const TEST_OF_ONE_SCHEMA: &str = "countersign.dev/test-of-one/v1";

/// The JSON Schema of a test of one.
#[must_use]
pub fn test_of_one_schema() -> Schema {
    check::schema_of::<TestOfOneReport>()
}

/// One evaluation of each sort for each policy and each conflict. A field that can be absent is absent when it has nothing
/// to say; it is never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/test-of-one/v1")]
pub struct TestOfOneReport {
    /// `countersign.dev/test-of-one/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = TEST_OF_ONE_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The period, as it was asked for.
    pub period: String,
    /// The branch, as it was asked for.
    pub branch: String,
    /// The commit whose rules synthetic cases were judged by.
    pub tip: String,
    /// The digest of those rules, without records.
    pub rules: Digest,
    /// How many evaluations of the period there are.
    pub evaluations: usize,
    /// Of these, those that a key in force signed.
    pub signed: usize,
    /// What is tested, policies before conflicts, by their ids.
    pub tests: Vec<TestReport>,
}

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestedKind {
    /// A policy.
    Policy,
    /// A conflict of duties.
    Conflict,
}

/// The tests of one policy or conflict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Test")]
pub struct TestReport {
    /// What is tested.
    pub kind: TestedKind,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// It was there, and the change was stopped.
    pub deny: CaseReport,
    /// It was looked for and not there.
    pub allow: CaseReport,
    /// It was there, and a record let it pass.
    pub accepted: CaseReport,
    /// There was no judgement, and nothing passed.
    pub error: CaseReport,
}

/// Where a case comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseSource {
    /// An evaluation of the period.
    Real,
    /// A made-up case, judged by the rules in force. It shows that they do what they say, and not that they ran.
    Synthetic,
    /// None.
    NotShown,
}

/// One case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Case")]
pub struct CaseReport {
    /// Where it comes from.
    pub source: CaseSource,
    /// Of a real one: its record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Of a synthetic one what was judged, and of one that is not shown why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
}
