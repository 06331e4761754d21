//! What a run knows beside its judgement: what was compared, how, and where the evidence went.

use schemars::JsonSchema;
use serde::Serialize;

use crate::store::Digest;

/// What a report says of the run itself. The caller fills it in; nothing here is found out.
#[derive(Debug, Clone, Default)]
pub struct RunInfo {
    /// The version of Countersign.
    pub version: String,
    /// What is judged.
    pub head: Revision,
    /// What it is compared with; `None` when nothing is.
    pub base: Option<Revision>,
    /// How a merge came into it.
    pub merge: Option<Merge>,
    /// Where the repository is fetched from, without user and password.
    pub repository: Option<String>,
    /// The digest of the rules that judged.
    pub rules: Option<Digest>,
    /// What was kept as evidence.
    pub evidence: Option<Evidence>,
    /// The command that does the same again on another machine.
    pub reproduce: Option<String>,
}

/// One side of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Revision")]
pub struct Revision {
    /// What people call it: a branch, a folder, `work tree`.
    pub label: String,
    /// Its commit. Absent when it is none (a work tree, a plain folder).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Its git tree. Absent when it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
}

/// How a merge came into a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Merge {
    /// What was done.
    pub strategy: MergeStrategy,
    /// The commit that both sides have in common.
    pub merge_base: String,
    /// The merged tree. Absent when none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// Paths in conflict, sorted. Absent when the two sides merge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
}

/// How two histories were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MergeStrategy {
    /// The head was merged into the base, and the result compared with the base.
    Predicted,
    /// The two do not merge; the head alone was compared with the merge base.
    HeadAgainstMergeBase,
    /// A work tree was compared with the merge base of `HEAD` and the base.
    MergeBase,
}

/// What was kept as evidence of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Where the record is. Absent when none was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The digest of the record. Absent when none was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Whether it outlives the machine: it is in a store that others can read.
    pub durable: bool,
    /// Why there is no record, or why it does not last. Absent when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}
