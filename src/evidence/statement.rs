//! The record of one evaluation: an in-toto Statement v1.
//!
//! Sources: in-toto attestation specification, `spec/v1/statement.md`, `resource_descriptor.md` and `digest_set.md`.
//! Everything that two identical judgements share is under `resultDigest`; times, the machine and the CI run are not.
//!
//! Fields stand in the order of canonical JSON (RFC 8785), so that nothing has to be sorted when many are read and held
//! against their bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::canonical::canonical;
use super::ledger::Retention;
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
    /// What came of it.
    pub predicate: Predicate,
    /// Always [`PREDICATE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What was judged.
    pub subject: Vec<ResourceDescriptor>,
}

impl Statement {
    /// Whether it says that it is an evaluation.
    pub(super) fn is_evaluation(&self) -> bool {
        *self.kind == *STATEMENT_TYPE && *self.predicate_type == *PREDICATE_TYPE
    }
}

/// An in-toto resource descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// What it is, to the byte.
    pub digest: DigestSet,
    /// A name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

/// `evaluation/v1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// What head was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<TreeInfo>,
    /// The CI run; outside `resultDigest`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: BTreeMap<Word, String>,
    /// The configuration; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ResourceDescriptor>,
    /// What evaluated.
    pub engine: EngineInfo,
    /// Why there is no judgement, where the verdict is `error` because rules or policies failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The only clock that policies see, RFC 3339.
    pub evaluation_time: String,
    /// The findings.
    pub findings: FindingsInfo,
    /// What was judged.
    pub head: TreeInfo,
    /// Exports that were imported, each with its digest; absent when there were none. The manifest of head has them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ResourceDescriptor>,
    /// Everything that it takes to judge again: an object that names the bytes of files, rules, policies and commits.
    pub inputs: ResourceDescriptor,
    /// How it was run; outside `resultDigest`.
    pub invocation: Invocation,
    /// How a merge came into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<MergeInfo>,
    /// Why, in one word.
    pub outcome: Word,
    /// Employment facts that were imported; absent when there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Imported>,
    /// The policies.
    pub policy: Vec<ResourceDescriptor>,
    /// What was looked at.
    pub population: PopulationInfo,
    /// The pseudonyms that stand for people's names in all that the record names: an object that lists them; absent where
    /// names are kept as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<ResourceDescriptor>,
    /// SHA-256 of everything that re-performing must give again.
    pub result_digest: DigestSet,
    /// How long the record is kept; outside `resultDigest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The forge's review of the change; absent when none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ResourceDescriptor>,
    /// All rule files: an object that lists rulesets, frameworks, known roles, configuration and records by digest.
    pub rules: ResourceDescriptor,
    /// What each policy came to.
    #[serde(rename = "rulesEvaluated")]
    pub rules_evaluated: Vec<RuleResult>,
    /// Always `unsigned` in this version.
    pub signature: Word,
    /// Whether doubt and conditions counted as certainty.
    pub strict: bool,
    /// What could not be told: an object that lists it.
    pub unresolved: Listed,
    /// `pass`, `blocked` or `error`.
    pub verdict: Word,
}

impl Predicate {
    /// The digest of what re-performing must give again, as canonical JSON: what `resultDigest` is to be.
    ///
    /// Times recorded, the machine, the CI run and what people call the trees are no part of it. What was not given leaves no
    /// trace, but that there was no base.
    #[must_use]
    pub fn digest_of_result(&self) -> Digest {
        Digest::of(&canonical(&self.result()))
    }

    /// What re-performing must give again.
    pub(super) fn result(&self) -> EvaluationResult<'_> {
        EvaluationResult {
            base: self.base.as_ref().map(|tree| &tree.manifest),
            error: self.error.as_deref(),
            evaluation_time: &self.evaluation_time,
            findings: &self.findings.digest,
            head: &self.head.manifest,
            outcome: &self.outcome,
            people: self.people.as_ref(),
            policy: &self.policy,
            review: self.review.as_ref().map(|review| &review.digest),
            rules: &self.rules.digest,
            rules_evaluated: &self.rules_evaluated,
            strict: self.strict,
            unresolved: &self.unresolved.digest,
            verdict: &self.verdict,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvaluationResult<'a> {
    base: Option<&'a DigestSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    evaluation_time: &'a str,
    findings: &'a DigestSet,
    head: &'a DigestSet,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<&'a Imported>,
    policy: &'a [ResourceDescriptor],
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<&'a DigestSet>,
    rules: &'a DigestSet,
    rules_evaluated: &'a [RuleResult],
    strict: bool,
    unresolved: &'a DigestSet,
    verdict: &'a str,
}

/// The predicate of a test's result (in-toto attestation specification, `spec/predicates/test-result.md`).
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The outcome as an in-toto `test-result/v0.1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: Word,
    /// What came of it.
    pub predicate: TestResultPredicate,
    /// Always [`TEST_RESULT_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What was judged.
    pub subject: Vec<ResourceDescriptor>,
}

/// `test-result/v0.1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResultPredicate {
    /// The policies, by the digest of the evaluation's `policy` in canonical JSON, and the configuration. Records from
    /// before name each policy.
    pub configuration: Vec<ResourceDescriptor>,
    /// Policies with a finding, of a change that is stopped.
    pub failed_tests: Vec<String>,
    /// Policies without a finding.
    pub passed_tests: Vec<String>,
    /// `PASSED`, `WARNED` or `FAILED`.
    pub result: Word,
    /// The run, if it was one in CI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Policies whose findings stop nothing.
    pub warned_tests: Vec<String>,
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
    /// RFC 3339.
    pub finished_on: String,
    /// `gate`, or `period` for a scheduled run.
    pub mode: Word,
    /// RFC 3339.
    pub started_on: String,
}

/// What evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// The binary; absent when it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
    /// `countersign`.
    pub name: Word,
    /// The Rego library's version.
    pub regorus_version: Word,
    /// The target that the binary was built for: architecture and operating system.
    pub target: String,
    /// Its version.
    pub version: Word,
}

/// A tree of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeInfo {
    /// The commit that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
    /// The git tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
    /// For people.
    pub label: String,
    /// The manifest of its files.
    pub manifest: DigestSet,
}

/// How a merge came into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeInfo {
    /// The merged tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_tree: Option<String>,
    /// The commit that both sides have in common.
    pub merge_base: String,
    /// `predicted`, `head_against_merge_base` or `merge_base`.
    pub strategy: Word,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PopulationInfo {
    /// How many definitions of each kind.
    pub definitions: BTreeMap<String, u64>,
    /// The manifest of head's files.
    pub digest: DigestSet,
    /// How many files are of each class.
    pub files: BTreeMap<Word, usize>,
    /// How many grants.
    pub grants: usize,
    /// How many principals of each kind.
    pub principals: BTreeMap<Word, usize>,
}

/// What one policy came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleResult {
    /// The policy's text, in records that say it here too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
    /// The policy's id; `policy` has the digest of its text by that name.
    pub id: String,
    /// How many subjects it judged.
    pub items_tested: usize,
    /// `passed`, `failed` or `not-applicable`.
    pub result: Word,
}

/// The findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingsInfo {
    /// Fingerprints of those that stop the change.
    pub blocking: Vec<String>,
    /// How many there are in each state.
    pub counts: BTreeMap<Word, usize>,
    /// An object that lists the objects that hold them.
    pub digest: DigestSet,
}

/// A file that was imported and is not kept, since it is about people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// How many people it names.
    pub count: usize,
    /// The file's bytes.
    pub digest: DigestSet,
}

/// A list that is kept as an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// How many entries it has.
    pub count: usize,
    /// The object.
    pub digest: DigestSet,
}
