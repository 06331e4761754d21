//! Judging again from what was kept: the verdict must come out the same, to the byte.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::EvidenceError;
use super::failed::{FailedRun, statement_of_failure, told};
use super::inputs::{self, Given};
use super::manifest::{self, Objects};
use super::objects::ReadObjects;
use super::record::{FINDINGS, Run, UNRESOLVED, statement_of};
use super::statement::{Predicate, Statement};
use crate::gate::{self, Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{People, Rules};
use crate::store::Digest;

/// What judging again came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reperformed {
    /// The digest of the result, as it came out now.
    pub result_digest: String,
    /// The first thing that differs; `None` when everything is as it was.
    pub difference: Option<Difference>,
    /// What judged then, where it is not what judges now.
    pub other_engine: Option<String>,
}

/// Where two results part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Which field, as a path: `findings[3].decision.blocks`.
    pub field: String,
    /// What the record says.
    pub recorded: Value,
    /// What comes out now.
    pub now: Value,
}

/// Judges a recorded change again, from what was kept alone.
///
/// # Errors
/// [`EvidenceError`] when something that it takes is missing, damaged or was never kept.
pub fn reperform(
    statement: &Statement,
    objects: &dyn ReadObjects,
    people: Option<&People>,
    isolation: &Isolation,
) -> Result<Reperformed, EvidenceError> {
    let recorded = &statement.predicate;
    imported(statement, people)?;
    let given = inputs::read(digest_of(&recorded.inputs.digest)?, objects)?;
    let as_of = recorded
        .evaluation_time
        .parse::<jiff::Timestamp>()
        .map_err(|_| not(format!("`{}` is not an instant", recorded.evaluation_time)))?
        .as_second();
    let mut made = Objects::default();
    let now = again(recorded, &given, as_of, people, isolation, &mut made)?;
    let result_digest = now.predicate.result_digest.clone();
    let equal = result_digest == recorded.result_digest;
    let difference = if equal { None } else { Some(difference(statement, &now, objects, &made)?) };
    let engine = |statement: &Statement| {
        let engine = &statement.predicate.engine;
        format!("{} {} with regorus {}", engine.name, engine.version, engine.regorus_version)
    };
    let other_engine = Some(engine(statement)).filter(|then| *then != engine(&now));
    Ok(Reperformed { result_digest: result_digest.into_values().next().unwrap_or_default(), difference, other_engine })
}

/// The statement as it comes out now: of a judgement, or of why there is none.
fn again(
    recorded: &Predicate,
    given: &Given,
    as_of: i64,
    people: Option<&People>,
    isolation: &Isolation,
    made: &mut Objects,
) -> Result<Statement, EvidenceError> {
    let comparison = &given.comparison;
    let mut failed = |rules: Option<&Rules>, why: String| {
        let run = FailedRun {
            comparison,
            rules,
            config: given.config.as_ref(),
            policies: &given.policies,
            review: given.review.as_ref(),
            mode: "gate",
            as_of,
            strict: recorded.strict,
            why,
            started_on: String::new(),
            finished_on: String::new(),
            binary: None,
            ci: BTreeMap::new(),
        };
        statement_of_failure(&run, made).ok_or_else(|| not("the rules of this binary do not load".to_owned()))
    };
    let repository = comparison.repository.as_ref();
    let rules = match Rules::load_in(&rule_files(comparison.rules_tree()), given.config.clone(), repository) {
        Ok(rules) => rules,
        Err(errors) => return failed(None, told(&errors)),
    };
    let mut own = rules.policies.clone();
    own.extend(given.policies.iter().cloned());
    let bundle = match Bundle::load(&own, policy_data(as_of)) {
        Ok(bundle) => bundle,
        Err(errors) => return failed(Some(&rules), told(&errors)),
    };
    if let Err(errors) = rules.check_policies(bundle.severities()) {
        return failed(Some(&rules), told(&errors));
    }
    let task = Task {
        comparison,
        rules: &rules,
        bundle: &bundle,
        as_of,
        people,
        strict: recorded.strict,
        review: given.review.as_ref(),
        isolation,
        progress: &|_| {},
    };
    let record = match gate::run(&task) {
        Ok(record) => record,
        Err(error) => return failed(Some(&rules), error.to_string()),
    };
    let run = Run {
        comparison,
        rules: &rules,
        bundle: &bundle,
        record: &record,
        mode: "gate",
        strict: recorded.strict,
        review: given.review.as_ref(),
        started_on: String::new(),
        finished_on: String::new(),
        binary: None,
        ci: BTreeMap::new(),
    };
    Ok(statement_of(&run, made))
}

/// Employment facts are not kept: whoever judges again brings the same file.
fn imported(statement: &Statement, people: Option<&People>) -> Result<(), EvidenceError> {
    let wanted = statement.predicate.people.as_ref().map(|people| digest_of(&people.digest)).transpose()?;
    let help = |text: &str| Some(text.to_owned());
    match (wanted, people.map(|people| people.digest)) {
        (None, None) => Ok(()),
        (Some(wanted), Some(given)) if wanted == given => Ok(()),
        (Some(wanted), Some(given)) => Err(EvidenceError::NotReperformed {
            why: format!("it was judged with the employment facts {wanted}, and these are {given}"),
            help: help("give the file as it was imported then"),
        }),
        (Some(wanted), None) => Err(EvidenceError::NotReperformed {
            why: format!("it was judged with the employment facts {wanted}, which are never kept"),
            help: help("give the file that was imported then with `--people FILE`"),
        }),
        (None, Some(_)) => Err(EvidenceError::NotReperformed {
            why: "it was judged without employment facts".to_owned(),
            help: help("leave `--people` out"),
        }),
    }
}

fn not(why: String) -> EvidenceError {
    EvidenceError::NotReperformed { why, help: None }
}

fn digest_of(set: &super::statement::DigestSet) -> Result<Digest, EvidenceError> {
    let text = set.get("sha256").ok_or_else(|| not("a digest of the record is not SHA-256".to_owned()))?;
    text.parse().map_err(|_| not(format!("`{text}` is not a digest")))
}

/// The first difference of two results, looked for inside lists of findings too.
fn difference(
    then: &Statement,
    now: &Statement,
    objects: &dyn ReadObjects,
    made: &Objects,
) -> Result<Difference, EvidenceError> {
    let (a, b) = (&then.predicate, &now.predicate);
    for (name, schema, a, b) in [
        ("findings", FINDINGS, &a.findings.digest, &b.findings.digest),
        ("unresolved", UNRESOLVED, &a.unresolved.digest, &b.unresolved.digest),
    ] {
        if a != b {
            let listed = manifest::list(digest_of(a)?, schema, objects)?;
            let made = manifest::list(digest_of(b)?, schema, made)?;
            if let Some(found) = first(name, &Value::Array(listed), &Value::Array(made)) {
                return Ok(found);
            }
        }
    }
    let whole = || Difference {
        field: "resultDigest".to_owned(),
        recorded: serde_json::json!(a.result_digest),
        now: serde_json::json!(b.result_digest),
    };
    Ok(first("", &a.result(), &b.result()).unwrap_or_else(whole))
}

/// Where two values part, first in the order in which they are written.
fn first(path: &str, a: &Value, b: &Value) -> Option<Difference> {
    if a == b {
        return None;
    }
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            keys.into_iter().find_map(|key| {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                first(&at, x.get(key).unwrap_or(&Value::Null), y.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(x), Value::Array(y)) => (0..x.len().max(y.len())).find_map(|i| {
            let of = |list: &[Value]| list.get(i).cloned().unwrap_or(Value::Null);
            first(&format!("{path}[{i}]"), &of(x), &of(y))
        }),
        _ => Some(Difference { field: path.to_owned(), recorded: a.clone(), now: b.clone() }),
    }
}
