//! The record of a run that came to no judgement: its rules do not load, or a policy fails. That too has to be explained to
//! an auditor, and comes out the same again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::inputs::{self, Parts};
use super::manifest::{self, Objects, Pieces};
use super::record::{
    FINDINGS, RULES, UNRESOLVED, engine, imports, merge_info, retention, rfc3339, subjects, tree_info,
};
use super::statement::{
    FindingsInfo, Invocation, Listed, PREDICATE_TYPE, PopulationInfo, Predicate, ResourceDescriptor, STATEMENT_TYPE,
    Statement, Word, sha256,
};
use crate::formats::{Reader, Reading};
use crate::gate::Secrets;
use crate::policy::conftest::ConftestFiles;
use crate::rules::{ForgeReview, RuleFile, Rules};
use crate::source::Comparison;
use crate::store::Digest;

/// A run that failed, and what it was given.
pub struct FailedRun<'a> {
    /// The trees.
    pub comparison: &'a Comparison,
    /// The rules, where they load.
    pub rules: Option<&'a Rules>,
    /// The configuration that was given instead of the tree's.
    pub config: Option<&'a RuleFile>,
    /// Policies that were given beside the tree's.
    pub policies: &'a [RuleFile],
    /// Policies of Conftest that were given.
    pub conftest: Option<&'a ConftestFiles>,
    /// The forge's review of the change, if one was given.
    pub review: Option<&'a ForgeReview>,
    /// What it was for: `gate`, or `record` of what landed.
    pub mode: &'static str,
    /// The instant of the evaluation, in epoch seconds.
    pub as_of: i64,
    /// Whether doubt and conditions counted as certainty.
    pub strict: bool,
    /// Why it failed, as it is told.
    pub why: String,
    /// When the run began, RFC 3339.
    pub started_on: String,
    /// When it ended, RFC 3339.
    pub finished_on: String,
    /// The version of the binary that ran.
    pub version: &'a str,
    /// The digest of the binary, if it could be read.
    pub binary: Option<Digest>,
    /// What was found in the texts: it is kept of none of them.
    pub secrets: &'a Secrets,
    /// The CI run, by plain names.
    pub ci: BTreeMap<Word, String>,
}

/// Several errors in one text, as the record of a failed run has them.
#[must_use]
pub fn told<E: std::fmt::Display>(errors: &[E]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// The statement of a run that failed; what it refers to by digest is added to `objects`. `None` when even the rules that
/// ship with the binary do not load, which a test rules out.
#[must_use]
pub fn statement_of_failure(run: &FailedRun<'_>, objects: &mut Objects) -> Option<Statement> {
    let comparison = run.comparison;
    let built_in;
    let rules = match run.rules {
        Some(rules) => rules,
        None => {
            built_in = Rules::built_in().ok()?;
            &built_in
        }
    };
    let reader = Reader::default();
    let head: Reading = reader.read(&comparison.head, rules);
    let base = comparison.base.as_ref().map(|tree| reader.read(tree, rules));
    let inputs = inputs::add(
        &Parts {
            comparison,
            rules,
            policies: run.policies.iter().collect(),
            head: &head,
            base: base.as_ref(),
            given: (run.config, run.policies.iter().collect()),
            conftest: run.conftest,
            review: run.review,
            secrets: run.secrets,
        },
        objects,
    );
    if let Some(actor) = run.ci.get("actor") {
        objects.add_person(actor, actor);
    }
    let manifest = manifest::of_tree(&comparison.head, Some(&head), objects);
    let mut nothing = |schema: &str| objects.add_list(schema, Vec::<(String, Value)>::new(), Pieces::SMALL_ENTRIES);
    let (no_findings, none_unresolved, no_rules) = (nothing(FINDINGS), nothing(UNRESOLVED), nothing(RULES));
    let base = comparison.base.as_ref().zip(base.as_ref()).map(|(tree, reading)| {
        let manifest = manifest::of_tree(tree, Some(reading), objects);
        tree_info(tree, comparison.base_label.as_deref().unwrap_or("base"), manifest)
    });
    let mut predicate = Predicate {
        invocation: Invocation {
            mode: run.mode.into(),
            started_on: run.started_on.clone(),
            finished_on: run.finished_on.clone(),
        },
        evaluation_time: rfc3339(run.as_of),
        strict: run.strict,
        engine: engine(run.version, run.binary),
        policy: Vec::new(),
        rules: ResourceDescriptor { name: Some("rules".to_owned()), uri: None, digest: sha256(no_rules) },
        config: None,
        people: None,
        imports: imports(comparison),
        review: None,
        inputs: ResourceDescriptor { name: Some("inputs".to_owned()), uri: None, digest: sha256(inputs) },
        base,
        head: tree_info(&comparison.head, &comparison.head_label, manifest),
        merge: merge_info(comparison),
        population: PopulationInfo {
            digest: sha256(manifest),
            files: BTreeMap::new(),
            definitions: BTreeMap::new(),
            principals: BTreeMap::new(),
            grants: 0,
        },
        rules_evaluated: Vec::new(),
        findings: FindingsInfo { digest: sha256(no_findings), counts: BTreeMap::new(), blocking: Vec::new() },
        unresolved: Listed { digest: sha256(none_unresolved), count: 0 },
        verdict: "error".into(),
        outcome: "failed".into(),
        error: Some(run.why.clone()),
        retention: None,
        pseudonyms: None,
        ci: run.ci.clone(),
        result_digest: BTreeMap::new(),
        signature: "unsigned".into(),
    };
    predicate.result_digest = sha256(predicate.digest_of_result());
    predicate.retention = retention(&predicate, rules);
    Some(Statement {
        kind: STATEMENT_TYPE.into(),
        subject: subjects(comparison, manifest),
        predicate_type: PREDICATE_TYPE.into(),
        predicate,
    })
}
