//! The record of one evaluation: an in-toto Statement v1.
//!
//! Sources: in-toto attestation specification, `spec/v1/statement.md`, `resource_descriptor.md` and `digest_set.md`.
//! Everything that two identical judgements share is under `resultDigest`; times, the machine and the CI run are not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ledger::Retention;
use super::manifest::canonical;
use crate::store::Digest;

/// The type of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The predicate of an evaluation.
pub const PREDICATE_TYPE: &str = "https://countersign.dev/attestation/evaluation/v1";

/// Digests by algorithm, as in-toto names them: `sha256`, `gitCommit`, `gitTree`.
pub type DigestSet = BTreeMap<Word, String>;

/// A word of the format: ours are constants, those of a record that is read are its own.
pub type Word = Cow<'static, str>;

/// A digest set of one SHA-256.
#[must_use]
pub fn sha256(digest: Digest) -> DigestSet {
    BTreeMap::from([("sha256".into(), digest.to_string())])
}

/// An in-toto Statement v1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: Word,
    /// What was judged.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What came of it.
    pub predicate: Predicate,
}

/// An in-toto resource descriptor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// A name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// What it is, to the byte.
    pub digest: DigestSet,
}

/// `evaluation/v1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ResourceDescriptor>,
    /// Employment facts that were imported; absent when there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Imported>,
    /// Exports that were imported, each with its digest; absent when there were none. The manifest of head has them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ResourceDescriptor>,
    /// The forge's review of the change; absent when none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ResourceDescriptor>,
    /// Everything that it takes to judge again: an object that names the bytes of files, rules, policies and commits.
    pub inputs: ResourceDescriptor,
    /// The pseudonyms that stand for people's names in all that the record names: an object that lists them; absent where
    /// names are kept as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<ResourceDescriptor>,
    /// What head was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<TreeInfo>,
    /// What was judged.
    pub head: TreeInfo,
    /// How a merge came into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    pub verdict: Word,
    /// Why, in one word.
    pub outcome: Word,
    /// Why there is no judgement, where the verdict is `error` because rules or policies failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long the record is kept; outside `resultDigest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The CI run; outside `resultDigest`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: BTreeMap<Word, String>,
    /// SHA-256 of everything that re-performing must give again.
    pub result_digest: DigestSet,
    /// Always `unsigned` in this version.
    pub signature: Word,
}

impl Predicate {
    /// What re-performing must give again, as the JSON whose digest is `resultDigest`.
    ///
    /// Times recorded, the machine, the CI run and what people call the trees are no part of it.
    #[must_use]
    pub fn result(&self) -> Value {
        let mut result = json!({
            "base": self.base.as_ref().map(|tree| &tree.manifest),
            "evaluationTime": self.evaluation_time,
            "findings": self.findings.digest,
            "head": self.head.manifest,
            "outcome": self.outcome,
            "policy": self.policy,
            "rules": self.rules.digest,
            "rulesEvaluated": self.rules_evaluated,
            "strict": self.strict,
            "unresolved": self.unresolved.digest,
            "verdict": self.verdict,
        });
        // What was not given leaves no trace.
        if let Some(map) = result.as_object_mut() {
            map.extend(self.people.as_ref().map(|people| ("people".to_owned(), json!(people))));
            map.extend(self.error.as_ref().map(|error| ("error".to_owned(), json!(error))));
            map.extend(self.review.as_ref().map(|review| ("review".to_owned(), json!(review.digest))));
        }
        result
    }
}

/// The predicate of a test's result (in-toto attestation specification, `spec/predicates/test-result.md`).
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The outcome as an in-toto `test-result/v0.1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: Word,
    /// What was judged.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`TEST_RESULT_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What came of it.
    pub predicate: TestResultPredicate,
}

/// `test-result/v0.1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResultPredicate {
    /// `PASSED`, `WARNED` or `FAILED`.
    pub result: Word,
    /// The policies, by the digest of the evaluation's `policy` in canonical JSON, and the configuration. Records from
    /// before name each policy.
    pub configuration: Vec<ResourceDescriptor>,
    /// The run, if it was one in CI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Policies without a finding.
    pub passed_tests: Vec<String>,
    /// Policies whose findings stop nothing.
    pub warned_tests: Vec<String>,
    /// Policies with a finding, of a change that is stopped.
    pub failed_tests: Vec<String>,
}

/// The same outcome as a `test-result/v0.1`. It follows from the statement alone.
#[must_use]
pub fn test_result(statement: &Statement) -> TestResult {
    let predicate = &statement.predicate;
    let of = |wanted: &str| -> Vec<String> {
        let rules = predicate.rules_evaluated.iter().filter(|rule| rule.result == wanted);
        rules.map(|rule| rule.id.clone()).collect()
    };
    let found = of("failed");
    let passes = predicate.verdict == "pass";
    let result = match (passes, found.is_empty()) {
        (true, true) => "PASSED",
        (true, false) => "WARNED",
        (false, _) => "FAILED",
    };
    let policies = ResourceDescriptor {
        name: Some("policies".to_owned()),
        uri: None,
        digest: sha256(Digest::of(&canonical(&predicate.policy))),
    };
    let (warned_tests, failed_tests) = if passes { (found, Vec::new()) } else { (Vec::new(), found) };
    TestResult {
        kind: STATEMENT_TYPE.into(),
        subject: statement.subject.clone(),
        predicate_type: TEST_RESULT_TYPE.into(),
        predicate: TestResultPredicate {
            result: result.into(),
            configuration: std::iter::once(policies).chain(predicate.config.clone()).collect(),
            url: predicate.ci.get("runUri").cloned(),
            passed_tests: of("passed"),
            warned_tests,
            failed_tests,
        },
    }
}

/// The same in the form of records from before, which name each policy: evidence that is kept stays what it is.
pub(super) fn test_result_in_full(statement: &Statement) -> TestResult {
    let mut result = test_result(statement);
    let predicate = &statement.predicate;
    result.predicate.configuration = predicate.policy.iter().chain(&predicate.config).cloned().collect();
    result
}

/// How a run was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// `gate`, or `period` for a scheduled run.
    pub mode: Word,
    /// RFC 3339.
    pub started_on: String,
    /// RFC 3339.
    pub finished_on: String,
}

/// What evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// `countersign`.
    pub name: Word,
    /// Its version.
    pub version: Word,
    /// The Rego library's version.
    pub regorus_version: Word,
    /// The target that the binary was built for: architecture and operating system.
    pub target: String,
    /// The binary; absent when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
}

/// A tree of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeInfo {
    /// For people.
    pub label: String,
    /// The commit that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// The git tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
    /// The manifest of its files.
    pub manifest: DigestSet,
}

/// How a merge came into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeInfo {
    /// `predicted`, `head_against_merge_base` or `merge_base`.
    pub strategy: Word,
    /// The commit that both sides have in common.
    pub merge_base: String,
    /// The merged tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PopulationInfo {
    /// The manifest of head's files.
    pub digest: DigestSet,
    /// How many files are of each class.
    pub files: BTreeMap<Word, usize>,
    /// How many definitions of each kind.
    pub definitions: BTreeMap<String, u64>,
    /// How many principals of each kind.
    pub principals: BTreeMap<Word, usize>,
    /// How many grants.
    pub grants: usize,
}

/// What one policy came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// The policy's id; `policy` has the digest of its text by that name.
    pub id: String,
    /// The policy's text, in records that say it here too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
    /// `passed`, `failed` or `not-applicable`.
    pub result: Word,
    /// How many subjects it judged.
    pub items_tested: usize,
}

/// The findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingsInfo {
    /// An object that lists the objects that hold them.
    pub digest: DigestSet,
    /// How many there are in each state.
    pub counts: BTreeMap<Word, usize>,
    /// Fingerprints of those that stop the change.
    pub blocking: Vec<String>,
}

/// A file that was imported and is not kept, since it is about people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The file's bytes.
    pub digest: DigestSet,
    /// How many people it names.
    pub count: usize,
}

/// A list that is kept as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The object.
    pub digest: DigestSet,
    /// How many entries it has.
    pub count: usize,
}
