//! One evaluation of each sort, for each policy and each conflict: a test of one.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluations::{Came, Evaluation};
use super::findings::{FindingsReader, KeptFinding};
use crate::evidence::log::Storage;
use crate::evidence::{EvidenceError, Ledger, RecordId};

/// The first evaluation of each sort that shows something of one policy or conflict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfOne {
    /// It was looked for and not there.
    pub allowed: Option<RecordId>,
    /// It was there, and the change was stopped.
    pub denied: Option<RecordId>,
    /// It was there, and a record let it pass.
    pub accepted: Option<RecordId>,
}

/// What the evaluations of a period show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// By policy.
    pub policies: BTreeMap<String, OfOne>,
    /// By conflict.
    pub conflicts: BTreeMap<String, OfOne>,
    /// The first evaluation that came to no judgement.
    pub error: Option<RecordId>,
}

/// Looks for one evaluation of each sort, the earliest first.
///
/// That a conflict was looked for is only known of evaluations by rules under which it was found some time.
///
/// # Errors
/// [`EvidenceError`] when a record or what it names cannot be read.
pub fn shown<S: Storage + Sync>(ledger: &Ledger<S>, evaluations: &[&Evaluation]) -> Result<Shown, EvidenceError> {
    let mut shown = Shown::default();
    let reader = FindingsReader::new(ledger);
    // The rules under which each conflict was found, and the passing evaluations by rules without those that have it.
    let mut found_under: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut passes: Vec<(&Evaluation, BTreeSet<String>)> = Vec::new();
    for evaluation in evaluations {
        if evaluation.came == Came::Error {
            shown.error.get_or_insert(evaluation.id);
        }
        let findings = reader.of(evaluation.findings)?;
        for finding in findings.iter() {
            let policy = shown.policies.entry(finding.policy().to_owned()).or_default();
            note(policy, finding, evaluation.id);
            if let Some(conflict) = finding.conflict() {
                note(shown.conflicts.entry(conflict.to_owned()).or_default(), finding, evaluation.id);
                found_under.entry(conflict.to_owned()).or_default().insert(&evaluation.rules);
            }
        }
        for policy in evaluation.policies.iter().filter(|policy| policy.found == Some(false)) {
            shown.policies.entry(policy.id.to_string()).or_default().allowed.get_or_insert(evaluation.id);
        }
        if evaluation.came == Came::Pass {
            let own = findings.iter().filter(|own| own.is_there()).filter_map(KeptFinding::conflict);
            passes.push((evaluation, own.map(str::to_owned).collect()));
        }
    }
    for (conflict, rules) in found_under {
        let without = passes.iter().find(|(own, found)| rules.contains(&*own.rules) && !found.contains(&conflict));
        if let (Some(own), Some((evaluation, _))) = (shown.conflicts.get_mut(&conflict), without) {
            own.allowed = Some(evaluation.id);
        }
    }
    Ok(shown)
}

fn note(own: &mut OfOne, finding: &KeptFinding, id: RecordId) {
    if finding.stops() {
        own.denied.get_or_insert(id);
    }
    if finding.is_accepted() {
        own.accepted.get_or_insert(id);
    }
}
