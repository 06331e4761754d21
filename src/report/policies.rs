//! What each policy came to in the evaluations of a period, and one evaluation of each sort.

use std::collections::BTreeMap;

use super::model::{Examples, PolicyReport};
use crate::evidence::log::Storage;
use crate::evidence::{EvidenceError, Ledger, RecordId, Statement};
use crate::history::{Came, Evaluation, Exposure, KeptFinding};
use crate::policy::Policy;
use crate::rules::Framework;

/// What is known of policies: their titles, and the requirements that they speak of.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The policies.
    pub policies: &'a [Policy],
    /// The frameworks.
    pub frameworks: &'a [Framework],
}

impl Knowledge<'_> {
    fn empty(&self, id: &str) -> PolicyReport {
        let known = self.policies.iter().find(|own| own.id == id);
        let mut requirements: Vec<String> = Vec::new();
        for framework in self.frameworks {
            let own = framework.controls.iter().filter(|control| control.policies.iter().any(|policy| policy == id));
            requirements.extend(own.map(|control| format!("{} {}", *framework.metadata.id, control.id)));
        }
        PolicyReport {
            id: id.to_owned(),
            title: known.map(|own| own.metadata.title.clone()).unwrap_or_default(),
            severity: known.map(|own| own.metadata.custom.severity.as_str().to_owned()).unwrap_or_default(),
            evaluations: 0,
            subjects: 0,
            failed: 0,
            blocked: 0,
            examples: Examples::default(),
            open: 0,
            requirements,
        }
    }
}

/// What each policy came to in these evaluations, in the order of their ids. A policy that no evaluation had is left out.
///
/// # Errors
/// [`EvidenceError`] when a record or what it names cannot be read.
pub(super) fn policies<S: Storage>(
    ledger: &Ledger<S>,
    evaluations: &[&Evaluation],
    exposures: &[Exposure],
    end: i64,
    knowledge: Knowledge<'_>,
) -> Result<Vec<PolicyReport>, EvidenceError> {
    let mut all: BTreeMap<String, PolicyReport> = BTreeMap::new();
    let mut errors: Vec<RecordId> = Vec::new();
    for evaluation in evaluations {
        let statement: Statement = ledger.statement(evaluation.id)?;
        if evaluation.came == Came::Error {
            errors.push(evaluation.id);
        }
        let (mut stopped, mut accepted) = (Vec::new(), Vec::new());
        if matches!(evaluation.came, Came::Blocked | Came::Accepted | Came::Error) {
            for finding in KeptFinding::of(&statement, ledger)? {
                stopped.extend(finding.stops().then(|| finding.policy().to_owned()));
                accepted.extend(finding.is_accepted().then(|| finding.policy().to_owned()));
            }
        }
        for rule in &statement.predicate.rules_evaluated {
            let own = all.entry(rule.id.clone()).or_insert_with(|| knowledge.empty(&rule.id));
            own.evaluations += 1;
            own.subjects += rule.items_tested as u64;
            let first = |example: &mut Option<RecordId>| {
                example.get_or_insert(evaluation.id);
            };
            match &*rule.result {
                "passed" => first(&mut own.examples.allowed),
                "failed" => own.failed += 1,
                _ => {}
            }
            if stopped.contains(&rule.id) {
                own.blocked += 1;
                first(&mut own.examples.denied);
            }
            if accepted.contains(&rule.id) {
                first(&mut own.examples.accepted);
            }
        }
    }
    for own in all.values_mut() {
        own.examples.error = errors.first().copied();
        own.open = exposures.iter().filter(|open| open.policy == own.id && open.at(end)).count() as u64;
    }
    Ok(all.into_values().collect())
}
