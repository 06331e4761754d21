//! `countersign.dev/benchmark/v1`: what of the gate is unchanged since it was last tested, and what must be tested again.
//!
//! Within v1 optional fields may be added, and nothing else.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};
use crate::store::Digest;

/// The name of this version of the format.
pub const BENCHMARK_SCHEMA: &str = "countersign.dev/benchmark/v1";

/// The JSON Schema of a benchmark.
#[must_use]
pub fn benchmark_schema() -> Schema {
    check::schema_of::<BenchmarkReport>()
}

/// What of the gate is unchanged since a baseline. A field that can be absent is absent when it has nothing to say; it is
/// never `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/benchmark/v1")]
pub struct BenchmarkReport {
    /// `countersign.dev/benchmark/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = BENCHMARK_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// What it was compared with.
    pub baseline: SideReport,
    /// What there is now.
    pub now: SideReport,
    /// How many policies are unchanged with everything that they depend on.
    pub unchanged: usize,
    /// The policies, by id.
    pub policies: Vec<BenchmarkPolicyReport>,
    /// What must be tested again, and nothing else.
    pub test_again: Vec<TestAgainReport>,
    /// What this cannot know.
    pub limits: Vec<String>,
}

/// One side of a benchmark.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "BenchmarkSide")]
pub struct SideReport {
    /// What it is called.
    pub label: String,
    /// The commit, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The record of an evaluation, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The program and its Rego library, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// Whether a policy is what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// Everything that it depends on is as it was.
    Unchanged,
    /// Something that it depends on is not.
    Changed,
    /// It was not there.
    Added,
    /// It is not there any more.
    Removed,
}

impl Since {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// A policy and what it depends on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "BenchmarkPolicy")]
pub struct BenchmarkPolicyReport {
    /// Its id.
    pub policy: String,
    /// Whether it is what it was.
    pub since: Since,
    /// How many things it depends on now.
    pub dependencies: usize,
    /// The digest of everything that it depends on now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The digest of everything that it depended on then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_digest: Option<Digest>,
    /// What of it is not as it was.
    pub changed: Vec<DependencyReport>,
}

/// Something that a policy depends on and that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[schemars(rename = "BenchmarkDependency")]
pub struct DependencyReport {
    /// What kind of thing: `module`, `conflict`, `duty`, `engine` and so on.
    pub part: String,
    /// Which one.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub how: String,
}

/// Something that must be tested again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TestAgain")]
pub struct TestAgainReport {
    /// The policy.
    pub policy: String,
    /// The conflicts that changed, where nothing else did: those alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
}
