//! The folder for other engines, from what a record names alone.

use std::path::Path;

use super::{ExportError, Exported, opa};
use crate::evidence::error::EvidenceError;
use crate::evidence::objects::ReadObjects;
use crate::evidence::reperform::read_inputs;
use crate::evidence::statement::Statement;
use crate::gate::{Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::Rules;

/// Judges a recorded change again and writes the folder, as [`opa`] does of a tree.
///
/// # Errors
/// [`ExportError`]: something that it takes is missing, damaged or was never kept; there was no judgement; or as of
/// [`opa`].
pub fn opa_of_record(
    statement: &Statement,
    objects: &dyn ReadObjects,
    isolation: &Isolation,
    into: &Path,
) -> Result<Exported, ExportError> {
    if statement.predicate.people.is_some() {
        return Err(ExportError::Employment);
    }
    if statement.predicate.pseudonyms.is_some() {
        let why = "pseudonyms stand for people in it, and an export would write their names to files".to_owned();
        let help = Some("`countersign evidence reperform --pseudonyms FILE` judges it again".to_owned());
        return Err(EvidenceError::NotReperformed { why, help }.into());
    }
    let (given, as_of) = read_inputs(statement, objects)?;
    let comparison = &given.comparison;
    let none = |why: String| EvidenceError::NotReperformed {
        why: format!("it came to no judgement: {why}"),
        help: Some("`countersign evidence show RECORD` says why".to_owned()),
    };
    let told = |errors: &[crate::rules::RuleError]| none(crate::evidence::told(errors));
    let repository = comparison.repository.as_ref();
    let rules = Rules::load_in(&rule_files(comparison.rules_tree()), given.config.clone(), repository);
    let rules = rules.map_err(|errors| told(&errors))?;
    let mut policies = rules.policies.clone();
    policies.extend(given.policies.iter().cloned());
    let bundle = Bundle::load(&policies, policy_data(as_of)).map_err(|errors| told(&errors))?;
    let task = Task {
        strict: statement.predicate.strict,
        review: given.review.as_ref(),
        isolation,
        ..Task::new(comparison, &rules, &bundle, as_of, &given.secrets)
    };
    opa(&task, into)
}
