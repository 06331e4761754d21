//! From a judgement to stored evidence.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::EvidenceError;
use super::inputs::{self, Parts};
use super::ledger::{Retention, class_of};
use super::manifest::{self, Objects, Pieces};
use super::objects::ReadObjects;
use super::statement::{
    DigestSet, EngineInfo, FindingsInfo, Imported, Invocation, Listed, MergeInfo, PREDICATE_TYPE, PopulationInfo,
    Predicate, ResourceDescriptor, RuleResult, STATEMENT_TYPE, Statement, TreeInfo, Word, sha256,
};
use crate::gate::{ExtentPart, Judged, Judgement, Record, Secrets, State};
use crate::policy::Bundle;
use crate::rules::{ForgeReview, Rules};
use crate::source::{Comparison, MergeStrategy, SourceFile, Tree};
use crate::store::Digest;

/// The name of this program.
pub(super) const NAME: &str = "countersign";
/// The Rego library's version; a test holds it against the lock file.
pub(super) const REGORUS_VERSION: &str = "0.14.1";

/// The schema of the list of rule files.
pub(super) const RULES: &str = "countersign.dev/rules/v1";
/// The schema of the list of findings.
pub(super) const FINDINGS: &str = "countersign.dev/findings/v1";
/// The schema of the list of what could not be told.
pub(super) const UNRESOLVED: &str = "countersign.dev/unresolved/v1";

/// What a record says beside the judgement.
pub struct Run<'a> {
    /// The trees.
    pub comparison: &'a Comparison,
    /// The rules.
    pub rules: &'a Rules,
    /// The policies.
    pub bundle: &'a Bundle,
    /// The judgement and how files were read.
    pub record: &'a Record,
    /// What was found in the texts.
    pub secrets: &'a Secrets,
    /// What it was for: `gate`, or `record` of what landed.
    pub mode: &'static str,
    /// Whether doubt and conditions counted as certainty.
    pub strict: bool,
    /// The forge's review of the change, if one was given.
    pub review: Option<&'a ForgeReview>,
    /// When the run began, RFC 3339.
    pub started_on: String,
    /// When it ended, RFC 3339.
    pub finished_on: String,
    /// The version of the binary that judged.
    pub version: &'a str,
    /// The digest of the binary, if it could be read.
    pub binary: Option<Digest>,
    /// The CI run, by plain names: `provider`, `runUri`, `actor`.
    pub ci: BTreeMap<Word, String>,
}

/// The statement of a run; what it refers to by digest is added to `objects`.
#[must_use]
pub fn statement_of(run: &Run<'_>, objects: &mut Objects) -> Statement {
    // Who made the change is in its commits, which are named.
    let Record { judgement, head, base, people, authors: _ } = run.record;
    let people = people.map(|(digest, count)| Imported { digest: sha256(digest), count });
    let comparison = run.comparison;
    let head_manifest = manifest::of_tree(&comparison.head, Some(head), objects);
    let base_tree = comparison.base.as_ref().zip(base.as_ref()).map(|(tree, reading)| {
        let manifest = manifest::of_tree(tree, Some(reading), objects);
        tree_info(tree, comparison.base_label.as_deref().unwrap_or("base"), manifest)
    });
    let inputs = inputs::add(&Parts::of(run), objects);
    if let Some(actor) = run.ci.get("actor") {
        objects.add_person(actor, actor);
    }
    let head_tree = tree_info(&comparison.head, &comparison.head_label, head_manifest);
    let policy: Vec<ResourceDescriptor> = run
        .bundle
        .all()
        .map(|policy| ResourceDescriptor {
            name: Some(policy.id.clone()),
            uri: None,
            digest: sha256(Digest::of(&policy.file.bytes)),
        })
        .collect();
    let rules =
        ResourceDescriptor { name: Some("rules".to_owned()), uri: None, digest: sha256(rule_list(run.rules, objects)) };
    let findings = findings_info(judgement, objects);
    let unresolved = unresolved_list(judgement, objects);
    let evaluation_time = rfc3339(judgement.as_of);
    let rules_evaluated = rule_results(judgement);
    let (verdict, outcome) = (judgement.verdict.as_str(), judgement.outcome.as_str());
    let mut predicate = Predicate {
        invocation: Invocation {
            mode: run.mode.into(),
            started_on: run.started_on.clone(),
            finished_on: run.finished_on.clone(),
        },
        evaluation_time,
        strict: run.strict,
        engine: engine(run.version, run.binary),
        policy,
        rules,
        config: run.rules.config_file.as_ref().map(|file| ResourceDescriptor {
            name: Some(file.path.to_string()),
            uri: None,
            digest: sha256(Digest::of(&file.bytes)),
        }),
        people,
        imports: imports(comparison),
        review: run.review.map(|review| ResourceDescriptor {
            name: Some(review.label.clone()),
            uri: None,
            digest: sha256(review.digest),
        }),
        inputs: ResourceDescriptor { name: Some("inputs".to_owned()), uri: None, digest: sha256(inputs) },
        base: base_tree,
        head: head_tree,
        merge: merge_info(comparison),
        population: population_info(run.record, head_manifest),
        rules_evaluated,
        findings,
        unresolved,
        verdict: verdict.into(),
        outcome: outcome.into(),
        error: None,
        retention: None,
        pseudonyms: None,
        ci: run.ci.clone(),
        result_digest: BTreeMap::new(),
        signature: "unsigned".into(),
    };
    predicate.result_digest = sha256(predicate.digest_of_result());
    predicate.retention = retention(&predicate, run.rules);
    Statement {
        kind: STATEMENT_TYPE.into(),
        subject: subjects(comparison, head_manifest),
        predicate_type: PREDICATE_TYPE.into(),
        predicate,
    }
}

/// How long a record is kept by the configuration that it was made under; `None` when it does not say when it was made.
pub(super) fn retention(predicate: &Predicate, rules: &Rules) -> Option<Retention> {
    let made = predicate.invocation.finished_on.parse::<jiff::Timestamp>().ok()?.as_second();
    Some(Retention::of(class_of(predicate), made, &rules.config.evidence.retention))
}

/// What evaluates here.
pub(super) fn engine(version: &str, binary: Option<Digest>) -> EngineInfo {
    EngineInfo {
        name: NAME.into(),
        version: version.to_owned().into(),
        regorus_version: REGORUS_VERSION.into(),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        digest: binary.map(sha256),
    }
}

/// How a merge came into a comparison.
pub(super) fn merge_info(comparison: &Comparison) -> Option<MergeInfo> {
    comparison.merge.as_ref().map(|merge| MergeInfo {
        strategy: match merge.strategy {
            MergeStrategy::Predicted => "predicted".into(),
            MergeStrategy::HeadAgainstMergeBase { .. } => "head_against_merge_base".into(),
            MergeStrategy::MergeBase => "merge_base".into(),
        },
        merge_base: merge.merge_base.clone(),
        git_tree: merge.tree.clone(),
    })
}

/// The commit and the tree that were judged, where git knows them, and the manifest always.
pub(super) fn subjects(comparison: &Comparison, manifest: Digest) -> Vec<ResourceDescriptor> {
    let mut subjects = Vec::new();
    let git =
        |algorithm: &'static str, value: &str| -> DigestSet { BTreeMap::from([(algorithm.into(), value.to_owned())]) };
    if let Some(commit) = &comparison.head.commit {
        let remote = comparison.repository.as_ref().and_then(|repository| repository.remote_url.as_deref());
        subjects.push(ResourceDescriptor {
            name: remote.is_none().then(|| "commit".to_owned()),
            uri: remote.map(|url| format!("git+{url}")),
            digest: git("gitCommit", commit),
        });
    }
    if let Some(tree) = &comparison.head.tree {
        subjects.push(ResourceDescriptor {
            name: Some("evaluated-tree".to_owned()),
            uri: None,
            digest: git("gitTree", tree),
        });
    }
    subjects.push(ResourceDescriptor {
        name: Some("population-manifest".to_owned()),
        uri: None,
        digest: sha256(manifest),
    });
    subjects
}

pub(super) fn tree_info(tree: &Tree, label: &str, manifest: Digest) -> TreeInfo {
    TreeInfo {
        label: label.to_owned(),
        git_commit: tree.commit.clone(),
        git_tree: tree.tree.clone(),
        manifest: sha256(manifest),
    }
}

fn rule_list(rules: &Rules, objects: &mut Objects) -> Digest {
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    for file in &rules.files {
        let digest = Digest::of(&file.bytes).to_string();
        entries.insert(file.path.to_string(), json!({ "path": &*file.path, "sha256": digest }));
    }
    objects.add_list(RULES, entries.into_iter().collect(), Pieces::SMALL_ENTRIES)
}

fn population_info(record: &Record, manifest: Digest) -> PopulationInfo {
    let mut files: BTreeMap<Word, usize> = BTreeMap::new();
    for class in &record.head.classes {
        *files.entry(class.as_str().into()).or_default() += 1;
    }
    let population = &record.judgement.population;
    PopulationInfo {
        digest: sha256(manifest),
        files,
        definitions: population.definitions.clone(),
        principals: population.principals.iter().map(|(kind, count)| ((*kind).into(), *count)).collect(),
        grants: population.grants,
    }
}

fn rule_results(judgement: &Judgement) -> Vec<RuleResult> {
    judgement
        .policies
        .iter()
        .map(|policy| RuleResult {
            id: policy.id.clone(),
            digest: None,
            result: match (policy.findings, policy.subjects) {
                (0, 0) => "not-applicable".into(),
                (0, _) => "passed".into(),
                _ => "failed".into(),
            },
            items_tested: policy.subjects,
        })
        .collect()
}

fn findings_info(judgement: &Judgement, objects: &mut Objects) -> FindingsInfo {
    let mut counts: BTreeMap<Word, usize> = BTreeMap::new();
    let mut entries: BTreeMap<String, Value> = BTreeMap::new();
    let mut blocking = Vec::new();
    for judged in &judgement.findings {
        *counts.entry(state_word(judged.state).into()).or_default() += 1;
        let fingerprint = judged.finding.fingerprint.to_string();
        if judged.decision.blocks {
            blocking.push(fingerprint.clone());
        }
        entries.insert(fingerprint, finding(judged));
    }
    blocking.sort();
    let digest = objects.add_list(FINDINGS, entries.into_iter().collect(), Pieces::LARGE_ENTRIES);
    FindingsInfo { digest: sha256(digest), counts, blocking }
}

/// An imported file with its digest.
#[must_use]
pub fn imported(file: &SourceFile) -> Option<ResourceDescriptor> {
    Some(ResourceDescriptor { name: Some(file.path.to_string()), uri: None, digest: sha256(file.digest()?) })
}

/// What was imported, in the order of the paths.
pub(super) fn imports(comparison: &Comparison) -> Vec<ResourceDescriptor> {
    comparison.head.imports().filter_map(imported).collect()
}

/// A finding as it is kept. Files are named without lines, so that a line more elsewhere in a file changes nothing;
/// the manifest has the file's digest. The message is for people and no part of the verdict.
fn finding(judged: &Judged) -> Value {
    let finding = &judged.finding;
    let legs: Vec<Value> = finding
        .legs
        .iter()
        .map(|leg| {
            let steps: Vec<Value> = leg
                .steps
                .iter()
                .map(|step| match &step.place {
                    Some((_, place)) => json!({ "step": step.text, "file": &*place.file }),
                    None => json!({ "step": step.text }),
                })
                .collect();
            json!({ "duty": &*leg.duty, "system": &*leg.system, "steps": steps })
        })
        .collect();
    let mut value = json!({
        "fingerprint": finding.fingerprint.to_string(),
        "policy": &*finding.policy,
        "severity": finding.severity.as_str(),
        "subject": { "kind": finding.subject.kind, "id": &*finding.subject.id },
        "systems": finding.systems,
        "state": state_word(judged.state),
        "cause": judged.cause,
        "extent": finding.extent.0.iter().map(extent).collect::<Vec<_>>(),
        "decision": {
            "enforcement": judged.decision.enforcement.as_str(),
            "blocks": judged.decision.blocks,
        },
    });
    let mut set = |key: &str, found: Option<Value>| {
        if let (Some(found), Some(map)) = (found, value.as_object_mut()) {
            map.insert(key.to_owned(), found);
        }
    };
    set("change", judged.change.map(|change| json!(change)));
    set("record", judged.decision.record.as_ref().map(|record| json!({ "kind": record.kind, "id": record.id })));
    set("conflict", finding.conflict.as_ref().map(|conflict| json!(&*conflict.id)));
    set("credential", finding.credential.as_ref().map(|id| json!(&**id)));
    set("under", finding.under.as_ref().map(|id| json!(&**id)));
    let duties: Vec<&str> = finding.duties.iter().map(|duty| &*duty.id).collect();
    set("duties", (!duties.is_empty()).then(|| json!(duties)));
    // What a wider duty speaks for needs no path of its own: the wider one's is the same.
    set("legs", (!legs.is_empty() && finding.under.is_none()).then(|| json!(legs)));
    value
}

fn extent(part: &ExtentPart) -> Value {
    let mut value = json!({ "scope": part.scope.lists(), "held": part.held });
    if let Some(map) = value.as_object_mut() {
        if !part.conditions.is_empty() {
            map.insert("conditions".to_owned(), json!(part.conditions));
        }
        if let Some(apart) = part.apart {
            map.insert("apart".to_owned(), json!(apart));
        }
        if let Some(until) = part.until {
            map.insert("until".to_owned(), json!(until));
        }
        if let Some(what) = &part.what {
            map.insert("what".to_owned(), json!(what));
        }
    }
    value
}

fn unresolved_list(judgement: &Judgement, objects: &mut Objects) -> Listed {
    let entries: BTreeMap<String, Value> = judgement
        .unresolved
        .iter()
        .map(|found| {
            let file = found.place.as_ref().map(|place| &*place.file);
            let value = json!({ "gap": found.gap, "reason": found.reason, "file": file, "existing": found.existing });
            (format!("{}\n{}\n{:?}", file.unwrap_or_default(), found.reason, found.place), value)
        })
        .collect();
    let count = entries.len();
    let entries = entries.into_iter().collect();
    let digest = objects.add_list(UNRESOLVED, entries, Pieces::SMALL_ENTRIES);
    Listed { digest: sha256(digest), count }
}

/// The findings of an evaluation, as they are kept.
///
/// # Errors
/// [`EvidenceError`] when an object is missing or damaged.
pub fn findings_of(statement: &Statement, objects: &dyn ReadObjects) -> Result<Vec<Value>, EvidenceError> {
    let digest = statement.predicate.findings.digest.get("sha256").and_then(|text| text.parse().ok());
    manifest::list(digest.ok_or(EvidenceError::NoDigest)?, FINDINGS, objects)
}

/// A list of findings in the pieces in which it is kept: lists that are alike share most of them, so that whoever reads
/// many lists reads each piece once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingPieces {
    root: Digest,
    count: usize,
    /// The pieces, in order: each is the JSON of a list of findings.
    pub pieces: Vec<Digest>,
}

impl FindingPieces {
    /// The pieces of a list of findings.
    ///
    /// # Errors
    /// [`EvidenceError`] when an object is missing or damaged.
    pub fn of(root: Digest, objects: &dyn ReadObjects) -> Result<Self, EvidenceError> {
        let (pieces, count) = manifest::pieces(root, FINDINGS, objects)?;
        Ok(Self { root, count, pieces })
    }

    /// Whether the pieces have as many findings together as the list says.
    ///
    /// # Errors
    /// [`EvidenceError`] when they have not.
    pub fn hold(&self, has: usize) -> Result<(), EvidenceError> {
        if has == self.count { Ok(()) } else { Err(manifest::wrong_count(self.root, self.count, has)) }
    }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Introduced => "introduced",
        State::Lapsed => "lapsed",
        State::Escaped => "escaped",
        State::Revealed => "revealed",
        State::Existing => "existing",
        State::Resolved => "resolved",
    }
}

pub(super) fn rfc3339(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|instant| instant.to_string()).unwrap_or_default()
}
