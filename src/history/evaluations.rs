//! The evaluations that the evidence holds, as far as the history of a branch asks for them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::findings::{FindingsReader, KeptFinding};
use crate::evidence::log::Storage;
use crate::evidence::{
    EvidenceError, Ledger, RecordId, RuleResult, Statement, Verification, Verifying, verify_watched,
};
use crate::store::Digest;

/// Who evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evaluator {
    /// The judge, on a proposed change.
    Judge,
    /// The recorder, on what landed.
    Recorder,
}

/// What an evaluation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// Nothing stopped the change.
    Pass,
    /// Nothing stopped it, and a record let something pass that would have.
    Accepted,
    /// A finding stopped it.
    Blocked,
    /// It could not be evaluated.
    Error,
}

/// What stands behind a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A key that counts signed it in the log.
    Signed,
    /// Nobody did: whoever can write to the evidence could have written it.
    Unsigned,
}

/// One evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Its record.
    pub id: RecordId,
    /// Who evaluated.
    pub by: Evaluator,
    /// When it ended, by its own word, in epoch seconds.
    pub at: i64,
    /// The commit that was judged, where it was one.
    pub commit: Option<String>,
    /// The git tree that was judged: of a proposed change, as it would merge.
    pub tree: Option<String>,
    /// The commit that it was compared with.
    pub base: Option<String>,
    /// What it came to.
    pub came: Came,
    /// Kind and id of the records that let something pass, sorted.
    pub accepted_by: Vec<String>,
    /// What stands behind it.
    pub proof: Proof,
    /// The version of the program.
    pub engine: String,
    /// The digest of all rule files.
    pub rules: String,
    /// The exports that were imported, each by its name and digest.
    pub imports: Arc<[(String, String)]>,
    /// What each policy came to. Evaluations that came to the same share the list.
    pub policies: Arc<[PolicyCame]>,
    /// The list of its findings.
    pub findings: Digest,
}

/// What a policy came to in an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyCame {
    /// The policy.
    pub id: Arc<str>,
    /// Whether it found something; nothing where it judged nothing.
    pub found: Option<bool>,
    /// How many subjects it judged.
    pub subjects: u64,
}

/// What many evaluations say alike, kept once.
#[derive(Default)]
struct Shared {
    ids: Mutex<HashSet<Arc<str>>>,
    lists: Mutex<HashSet<Arc<[PolicyCame]>>>,
}

impl Shared {
    fn policies(&self, of: &[RuleResult]) -> Arc<[PolicyCame]> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |own: &RuleResult| {
            let id = ids.get(own.id.as_str()).cloned().unwrap_or_else(|| {
                let id: Arc<str> = own.id.as_str().into();
                ids.insert(id.clone());
                id
            });
            let found = match &*own.result {
                "passed" => Some(false),
                "failed" => Some(true),
                _ => None,
            };
            PolicyCame { id, found, subjects: own.items_tested as u64 }
        };
        let list: Vec<PolicyCame> = of.iter().map(one).collect();
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists.get(list.as_slice()) {
            return known.clone();
        }
        let list: Arc<[PolicyCame]> = list.into();
        lists.insert(list.clone());
        list
    }
}

/// Evaluations, and the records that could not be taken for any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluations {
    /// In the order of their time, then of their ids.
    pub all: Vec<Evaluation>,
    /// Records that do not verify, and why: nothing is believed of them.
    pub refused: Vec<(RecordId, String)>,
}

impl Evaluations {
    /// Verifies a ledger, and reads every evaluation that it holds, each once.
    ///
    /// # Errors
    /// [`EvidenceError`] when the storage cannot be read.
    pub fn verified<S: Storage + Sync>(
        ledger: &Ledger<&S>,
        verifying: &Verifying,
    ) -> Result<(Verification, Self), EvidenceError> {
        let (shared, findings) = (Shared::default(), FindingsReader::new(ledger));
        let logged: Mutex<HashMap<RecordId, Result<Evaluation, String>>> = Mutex::default();
        let watch = |id: RecordId, statement: &Statement| {
            let read = evaluation(id, statement, &shared, &findings);
            logged.lock().unwrap_or_else(PoisonError::into_inner).insert(id, read);
        };
        let verified = verify_watched(ledger.storage, verifying, &watch)?;
        let mut logged = logged.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut refused: Vec<(RecordId, String)> =
            verified.problems.iter().filter_map(|problem| Some((problem.record?, problem.what.clone()))).collect();
        refused.sort();
        refused.dedup();
        let wrong: BTreeSet<RecordId> = refused.iter().map(|(id, _)| *id).collect();
        let ids = ledger.records()?.into_iter().filter(|id| !wrong.contains(id));
        let known: Vec<(RecordId, Option<Result<Evaluation, String>>)> =
            ids.map(|id| (id, logged.remove(&id))).collect();
        let beside = |id: RecordId| -> Result<Option<Evaluation>, String> {
            let statement = ledger.evaluation(id).map_err(|error| error.to_string())?;
            statement.map(|statement| evaluation(id, &statement, &shared, &findings)).transpose()
        };
        let read: Vec<(RecordId, Result<Option<Evaluation>, String>)> =
            known.into_par_iter().map(|(id, own)| (id, own.map_or_else(|| beside(id), |own| own.map(Some)))).collect();
        let mut all = Vec::new();
        for (id, read) in read {
            match read {
                Ok(evaluation) => all.extend(evaluation),
                Err(why) => refused.push((id, why)),
            }
        }
        for own in &mut all {
            if verified.signed_evaluations.contains(&own.id) {
                own.proof = Proof::Signed;
            }
        }
        all.sort_by_key(|own: &Evaluation| (own.at, own.id));
        Ok((verified, Self { all, refused }))
    }
}

/// An evaluation, behind which nothing stands yet.
fn evaluation(
    id: RecordId,
    statement: &Statement,
    shared: &Shared,
    findings: &FindingsReader<'_>,
) -> Result<Evaluation, String> {
    let told = |error: EvidenceError| error.to_string();
    let predicate = &statement.predicate;
    let time = &predicate.invocation.finished_on;
    let at = time.parse::<Timestamp>().map_err(|_| format!("`{time}` is no time"))?.as_second();
    let by = match &*predicate.invocation.mode {
        "record" => Evaluator::Recorder,
        _ => Evaluator::Judge,
    };
    let list = predicate.findings.digest.get("sha256").and_then(|text| text.parse().ok());
    let list: Digest = list.ok_or(EvidenceError::NoDigest).map_err(told)?;
    let accepted_by = match &*predicate.verdict {
        "pass" => accepted_by(findings, statement, list).map_err(told)?,
        _ => Vec::new(),
    };
    let came = match (&*predicate.verdict, accepted_by.is_empty()) {
        ("pass", true) => Came::Pass,
        ("pass", false) => Came::Accepted,
        ("blocked", _) => Came::Blocked,
        _ => Came::Error,
    };
    Ok(Evaluation {
        id,
        by,
        at,
        commit: predicate.head.git_commit.clone(),
        tree: predicate.head.git_tree.clone(),
        base: predicate.base.as_ref().and_then(|base| base.git_commit.clone()),
        came,
        accepted_by,
        proof: Proof::Unsigned,
        engine: predicate.engine.version.to_string(),
        rules: predicate.rules.digest.get("sha256").cloned().unwrap_or_default(),
        imports: imports(statement),
        policies: shared.policies(&predicate.rules_evaluated),
        findings: list,
    })
}

fn imports(statement: &Statement) -> Arc<[(String, String)]> {
    let named = statement.predicate.imports.iter().filter_map(|own| {
        let digest = own.digest.get("sha256").map(ToString::to_string)?;
        Some((own.name.clone()?, digest))
    });
    named.collect()
}

/// The records without which a finding would have stopped the change.
fn accepted_by(
    findings: &FindingsReader<'_>,
    statement: &Statement,
    list: Digest,
) -> Result<Vec<String>, EvidenceError> {
    let counts = &statement.predicate.findings.counts;
    if counts.iter().all(|(state, count)| matches!(&**state, "existing" | "resolved") || *count == 0) {
        return Ok(Vec::new());
    }
    let found = findings.of(list)?;
    let records: BTreeSet<String> = found.iter().filter(|own| own.counts()).filter_map(KeptFinding::record).collect();
    Ok(records.into_iter().collect())
}
