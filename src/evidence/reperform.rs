//! Judging again from what was kept: the verdict must come out the same, to the byte.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::EvidenceError;
use super::failed::{FailedRun, statement_of_failure, told};
use super::inputs::{self, Given};
use super::manifest::{self, Objects};
use super::objects::ReadObjects;
use super::pseudonyms::{Known, PseudonymTable};
use super::record::{FINDINGS, NAME, REGORUS_VERSION, Run, UNRESOLVED, statement_of};
use super::statement::{Predicate, Statement, Word};
use crate::gate::{self, Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::conftest::Conftest;
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
    /// What judged then.
    pub judged_by: Judge,
    /// What judged now.
    pub judged_again_by: Judge,
}

/// What judged: a program, its version, and that of its Rego library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Judge {
    /// The program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The Rego library's version.
    pub regorus_version: String,
}

impl Judge {
    /// What judges here, given the version of the program.
    #[must_use]
    pub fn here(version: &str) -> Self {
        let regorus_version = REGORUS_VERSION.to_owned();
        Self { name: NAME.to_owned(), version: version.to_owned(), regorus_version }
    }

    /// What a record says that it was judged by.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        let engine = &statement.predicate.engine;
        let text = |word: &Word| word.clone().into_owned();
        Self {
            name: text(&engine.name),
            version: text(&engine.version),
            regorus_version: text(&engine.regorus_version),
        }
    }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} with regorus {}", self.name, self.version, self.regorus_version)
    }
}

/// Where two results part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// Which field, as a path: `findings[3].decision.blocks`.
    pub field: String,
    /// What the record says.
    pub recorded: Value,
    /// What comes out now.
    pub now: Value,
}

/// Judges a recorded change again, from what was kept alone. `version` is that of the program that does.
///
/// # Errors
/// [`EvidenceError`] when something that it takes is missing, damaged or was never kept.
pub fn reperform(
    statement: &Statement,
    objects: &dyn ReadObjects,
    people: Option<&People>,
    pseudonyms: Option<&PseudonymTable>,
    isolation: &Isolation,
    version: &str,
) -> Result<Reperformed, EvidenceError> {
    let recorded = &statement.predicate;
    let known = Known::of(recorded.pseudonyms.as_ref(), objects, pseudonyms)?;
    let restored = known.as_ref().map(|known| known.restored(objects));
    // What was removed is told first: nobody has to look for a file that does not help.
    let (given, as_of) =
        read_inputs(statement, restored.as_ref().map_or(objects, |restored| restored as &dyn ReadObjects))?;
    imported(statement, people)?;
    let mut made = Objects::default();
    let again = Again { recorded, given: &given, as_of, people, isolation, version };
    let mut now = again.judge(&mut made)?;
    if let Some(known) = &known {
        (now, made) = known.again(now, &made)?;
    }
    let result_digest = now.predicate.result_digest.clone();
    let equal = result_digest == recorded.result_digest;
    let difference = if equal { None } else { Some(difference(statement, &now, objects, &made)?) };
    Ok(Reperformed {
        result_digest: result_digest.into_values().next().unwrap_or_default(),
        difference,
        judged_by: Judge::of(statement),
        judged_again_by: Judge::of(&now),
    })
}

/// What a judgement was given, and the instant of it.
///
/// # Errors
/// [`EvidenceError`] when something of it is missing, damaged or not what it should be.
pub(super) fn read_inputs(statement: &Statement, objects: &dyn ReadObjects) -> Result<(Given, i64), EvidenceError> {
    let recorded = &statement.predicate;
    let given = inputs::read(digest_of(&recorded.inputs.digest)?, objects)?;
    let instant = recorded.evaluation_time.parse::<jiff::Timestamp>();
    let as_of = instant.map_err(|_| not(format!("`{}` is not an instant", recorded.evaluation_time)))?;
    Ok((given, as_of.as_second()))
}

/// The rules that a record was judged by, from what was kept. What ships with the binary is this one's.
///
/// # Errors
/// [`EvidenceError`] when something of them is missing or damaged, has pseudonyms in it, or does not load.
pub fn rules_of(statement: &Statement, objects: &dyn ReadObjects) -> Result<Rules, EvidenceError> {
    // Links, owners and authority name people, so rules with pseudonyms are not those that judged.
    Known::of(statement.predicate.pseudonyms.as_ref(), objects, None)?;
    let (given, _) = read_inputs(statement, objects)?;
    let comparison = &given.comparison;
    let files = rule_files(comparison.rules_tree());
    let mut rules = Rules::load_in(&files, given.config.clone(), comparison.repository.as_ref())
        .map_err(|errors| not(told(&errors)))?;
    rules.policies.extend(given.policies.iter().cloned());
    Ok(rules)
}

/// A judgement that is made again.
struct Again<'a> {
    recorded: &'a Predicate,
    given: &'a Given,
    as_of: i64,
    people: Option<&'a People>,
    isolation: &'a Isolation,
    version: &'a str,
}

impl Again<'_> {
    /// The statement as it comes out now: of a judgement, or of why there is none.
    fn judge(&self, made: &mut Objects) -> Result<Statement, EvidenceError> {
        let Self { recorded, given, as_of, people, isolation, version } = *self;
        let comparison = &given.comparison;
        let mut failed = |rules: Option<&Rules>, why: String| {
            let run = FailedRun {
                comparison,
                secrets: &given.secrets,
                rules,
                config: given.config.as_ref(),
                policies: &given.policies,
                conftest: given.conftest.as_ref(),
                review: given.review.as_ref(),
                mode: "gate",
                as_of,
                strict: recorded.strict,
                why,
                started_on: String::new(),
                finished_on: String::new(),
                version,
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
        let conftest = match given.conftest.clone().map(|own| Conftest::load(own, as_of)).transpose() {
            Ok(conftest) => conftest.map(Arc::new),
            Err(errors) => return failed(Some(&rules), told(&errors)),
        };
        if let Some(why) = conftest.as_ref().and_then(|own| own.not_reperformable()) {
            return Err(not(format!("{why}, on which engines do not agree")));
        }
        let bundle = bundle.with_conftest(conftest);
        if let Err(errors) = rules.check_policies(bundle.severities()) {
            return failed(Some(&rules), told(&errors));
        }
        let task = Task {
            people,
            strict: recorded.strict,
            review: given.review.as_ref(),
            isolation,
            ..Task::new(comparison, &rules, &bundle, as_of, &given.secrets)
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
            secrets: &given.secrets,
            mode: "gate",
            strict: recorded.strict,
            review: given.review.as_ref(),
            started_on: String::new(),
            finished_on: String::new(),
            version,
            binary: None,
            ci: BTreeMap::new(),
        };
        Ok(statement_of(&run, made))
    }
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
            let listed = match manifest::list(digest_of(a)?, schema, objects) {
                Ok(listed) => listed,
                // What was found then was removed; that it was something else is still so.
                Err(EvidenceError::NoObject(_)) => continue,
                Err(error) => return Err(error),
            };
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
    let value = |predicate: &Predicate| serde_json::to_value(predicate.result()).unwrap_or_default();
    Ok(first("", &value(a), &value(b)).unwrap_or_else(whole))
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
