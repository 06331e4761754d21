//! The record of one evaluation: an in-toto Statement v1.
//!
//! Sources: in-toto attestation specification, `spec/v1/statement.md`, `resource_descriptor.md` and `digest_set.md`.
//! Everything that two identical judgements share is under `resultDigest`; times, the machine and the CI run are not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::store::Digest;

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate of an evaluation.
pub const PREDICATE_TYPE: &str = "https://countersign.dev/attestation/evaluation/v1";

/// Digests by algorithm, as in-toto names them: `sha256`, `gitCommit`, `gitTree`.
pub type DigestSet = BTreeMap<&'static str, String>;

/// A digest set of one SHA-256.
#[must_use]
pub fn sha256(digest: Digest) -> DigestSet {
    BTreeMap::from([("sha256", digest.to_string())])
}

/// An in-toto Statement v1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: &'static str,
    /// What was judged.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: &'static str,
    /// What came of it.
    pub predicate: Predicate,
}

/// An in-toto resource descriptor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ResourceDescriptor {
    /// A name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// What it is, to the byte.
    pub digest: DigestSet,
}

/// `evaluation/v1`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// How it was run; outside `resultDigest`.
    pub invocation: Invocation,
    /// The only clock that policies see, RFC 3339.
    pub evaluation_time: String,
    /// Whether doubt and conditions counted as certainty.
    pub strict: bool,
    /// What evaluated.
    pub engine: EngineInfo,
    /// The policies.
    pub policy: Vec<ResourceDescriptor>,
    /// All rule files: an object that lists rulesets, frameworks, known roles, configuration and records by digest.
    pub rules: ResourceDescriptor,
    /// The configuration; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<ResourceDescriptor>,
    /// Employment facts that were imported; absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Imported>,
    /// What head was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<TreeInfo>,
    /// What was judged.
    pub head: TreeInfo,
    /// How a merge came into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeInfo>,
    /// What was looked at.
    pub population: PopulationInfo,
    /// What each policy came to.
    #[serde(rename = "rulesEvaluated")]
    pub rules_evaluated: Vec<RuleResult>,
    /// The findings.
    pub findings: FindingsInfo,
    /// What could not be told: an object that lists it.
    pub unresolved: Listed,
    /// `pass`, `blocked` or `error`.
    pub verdict: &'static str,
    /// Why, in one word.
    pub outcome: &'static str,
    /// The CI run; outside `resultDigest`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: BTreeMap<&'static str, String>,
    /// SHA-256 of everything that re-performing must give again.
    pub result_digest: DigestSet,
    /// Always `unsigned` in this version.
    pub signature: &'static str,
}

/// How a run was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// `gate`, or `period` for a scheduled run.
    pub mode: &'static str,
    /// RFC 3339.
    pub started_on: String,
    /// RFC 3339.
    pub finished_on: String,
}

/// What evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// `countersign`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The Rego library's version.
    pub regorus_version: &'static str,
    /// The target that the binary was built for: architecture and operating system.
    pub target: String,
    /// The binary; absent when it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
}

/// A tree of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeInfo {
    /// For people.
    pub label: String,
    /// The commit that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// The git tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
    /// The manifest of its files.
    pub manifest: DigestSet,
}

/// How a merge came into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeInfo {
    /// `predicted`, `head_against_merge_base` or `merge_base`.
    pub strategy: &'static str,
    /// The commit that both sides have in common.
    pub merge_base: String,
    /// The merged tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PopulationInfo {
    /// The manifest of head's files.
    pub digest: DigestSet,
    /// How many files are of each class.
    pub files: BTreeMap<&'static str, usize>,
    /// How many definitions of each kind.
    pub definitions: BTreeMap<String, u64>,
    /// How many principals of each kind.
    pub principals: BTreeMap<&'static str, usize>,
    /// How many grants.
    pub grants: usize,
}

/// What one policy came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// The policy's id.
    pub id: String,
    /// The policy's text.
    pub digest: DigestSet,
    /// `passed`, `failed` or `not-applicable`.
    pub result: &'static str,
    /// How many subjects it judged.
    pub items_tested: usize,
}

/// The findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingsInfo {
    /// An object that lists the objects that hold them.
    pub digest: DigestSet,
    /// How many there are in each state.
    pub counts: BTreeMap<&'static str, usize>,
    /// Fingerprints of those that stop the change.
    pub blocking: Vec<String>,
}

/// A file that was imported and is not kept, since it is about people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The file's bytes.
    pub digest: DigestSet,
    /// How many people it names.
    pub count: usize,
}

/// A list that is kept as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The object.
    pub digest: DigestSet,
    /// How many entries it has.
    pub count: usize,
}
