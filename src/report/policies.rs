//! What each policy came to in the evaluations of a period, and one evaluation of each sort.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Examples, PolicyReport};
use crate::evidence::{EvidenceError, RecordId};
use crate::history::{Came, Evaluation, Exposure, FindingsReader};
use crate::policy::Policy;
use crate::rules::{Framework, Records};

/// What the rules know: the titles of policies, the requirements that they speak of, and the records.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// The policies.
    pub policies: &'a [Policy],
    /// The frameworks.
    pub frameworks: &'a [Framework],
    /// The records of the tip.
    pub records: &'a Records,
}

impl Knowledge<'_> {
    fn empty(&self, id: &str) -> PolicyReport {
        let known = self.policies.iter().find(|own| own.id == id);
        let mut requirements: Vec<String> = Vec::new();
        for framework in self.frameworks {
            let own = framework.controls.iter().filter(|control| control.policies.iter().any(|policy| policy == id));
            requirements.extend(own.map(|control| format!("{} {}", *framework.metadata.id, control.id.value)));
        }
        // Those that the policy names itself.
        let named = known.iter().flat_map(|own| &own.metadata.custom.frameworks);
        requirements.extend(named.filter(|own| !requirements.contains(own)).cloned().collect::<Vec<_>>());
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
pub(super) fn policies(
    findings: &FindingsReader<'_>,
    evaluations: &[&Evaluation],
    exposures: &[Exposure],
    end: i64,
    knowledge: Knowledge<'_>,
) -> Result<Vec<PolicyReport>, EvidenceError> {
    let mut all: BTreeMap<String, PolicyReport> = BTreeMap::new();
    let mut errors: Vec<RecordId> = Vec::new();
    for evaluation in evaluations {
        if evaluation.came == Came::Error {
            errors.push(evaluation.id);
        }
        let (mut stopped, mut accepted) = (BTreeSet::new(), BTreeSet::new());
        if matches!(evaluation.came, Came::Blocked | Came::Accepted | Came::Error) {
            for finding in findings.of(evaluation.findings)?.iter() {
                stopped.extend(finding.stops().then(|| finding.policy().to_owned()));
                accepted.extend(finding.is_accepted().then(|| finding.policy().to_owned()));
            }
        }
        for policy in evaluation.policies.iter() {
            if !all.contains_key(&*policy.id) {
                all.insert(policy.id.to_string(), knowledge.empty(&policy.id));
            }
            let Some(own) = all.get_mut(&*policy.id) else { continue };
            own.evaluations += 1;
            own.subjects += policy.subjects;
            let first = |example: &mut Option<RecordId>| {
                example.get_or_insert(evaluation.id);
            };
            match policy.found {
                Some(false) => first(&mut own.examples.allowed),
                Some(true) => own.failed += 1,
                None => {}
            }
            if stopped.contains(&*policy.id) {
                own.blocked += 1;
                first(&mut own.examples.denied);
            }
            if accepted.contains(&*policy.id) {
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
