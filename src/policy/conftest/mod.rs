//! Policies that were written for Conftest, asked about the configuration files of a tree.
//!
//! What Conftest does is in <https://github.com/open-policy-agent/conftest>, `policy/engine.go`: in each namespace the
//! rules `deny`, `violation` and `warn`, and those that begin with one of these and `_`; a message is text or an object
//! with `msg`; `exception` names rules that find nothing. These policies need no metadata; of a file that is not Rego v1
//! v0 is tried. Builtins that a policy of ours may not call are let be, as far as the engine has them, and remembered: a
//! result that rests on them cannot be had again by another engine.

mod hcl;
mod input;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub use input::{Document, documents, reads};

use super::bundle::Policy;
use super::engine::{Engine, EngineError, Input};
use super::lint;
use super::metadata::{Custom, Metadata, Scope};
use crate::rules::{RuleError, RuleFile, Severity};
use crate::store::Digest;

/// The namespace that is asked unless another one is named.
pub const DEFAULT_NAMESPACE: &str = "main";

/// What policies of Conftest are loaded from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConftestFiles {
    /// The policies.
    pub policies: Vec<RuleFile>,
    /// Data, each file with its path below the folder that was named: its folders are part of what it says.
    pub data: Vec<(String, RuleFile)>,
    /// The packages that are asked, with `*` for any text; none stands for `main`.
    pub namespaces: Vec<String>,
}

/// Policies of Conftest that are loaded.
#[derive(Debug)]
pub struct Conftest {
    engine: Engine,
    /// One for each rule that finds something, by id: `conftest/PACKAGE/RULE`.
    pub policies: Vec<Policy>,
    /// What they were loaded from.
    pub given: ConftestFiles,
    /// What they call that engines do not agree on, or that depends on more than its arguments.
    pub builtins: BTreeSet<String>,
    /// The packages that are asked, with the rules of each.
    asked: BTreeMap<String, Vec<Asked>>,
    /// The packages with a rule `exception`.
    exceptions: BTreeSet<String>,
    data: Value,
    /// Whether some policy reads which file it is asked about.
    reads_file: bool,
    answers: Mutex<Answers>,
}

/// What was said of a document in a file.
type Answers = HashMap<(Digest, String), Arc<Vec<Message>>>;

#[derive(Debug)]
struct Asked {
    rule: String,
    /// Its number in `policies`.
    policy: usize,
}

/// What a rule says of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The number of the policy in [`Conftest::policies`].
    pub policy: usize,
    /// What it says.
    pub text: String,
}

impl Conftest {
    /// Loads policies with their data.
    ///
    /// # Errors
    /// Every file that is neither Rego v1 nor v0, that could do harm, or data that cannot be read; and where no rule of
    /// the namespaces finds anything.
    pub fn load(given: ConftestFiles, as_of: i64) -> Result<Self, Vec<RuleError>> {
        let files = &given.policies;
        let mut engine = Engine::lenient(as_of);
        let mut errors = Vec::new();
        let mut reads_file = false;
        for file in files {
            let Ok(text) = std::str::from_utf8(&file.bytes) else {
                errors.push(file.error(None, "the policy is not UTF-8 text"));
                continue;
            };
            let problems = lint::to_run(file, text, false);
            if !problems.is_empty() {
                errors.extend(problems);
                continue;
            }
            reads_file |= text.contains("data.conftest");
            errors.extend(engine.add_of_any_version(file, text).err());
        }
        let builtins = lint::builtins_beyond(&files.iter().map(|file| &*file.bytes).collect::<Vec<_>>());
        let data = merged(&given.data, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut loaded = Self {
            engine,
            policies: Vec::new(),
            given,
            builtins,
            asked: BTreeMap::new(),
            exceptions: BTreeSet::new(),
            data: json!({}),
            reads_file,
            answers: Mutex::default(),
        };
        loaded.find_rules();
        if loaded.policies.is_empty() {
            let first = loaded.given.policies.first();
            return Err(first.map(|file| nothing(file, &loaded.given.namespaces)).into_iter().collect());
        }
        loaded.engine = loaded.engine.with_data(data.clone());
        loaded.data = data;
        Ok(loaded)
    }

    fn find_rules(&mut self) {
        let ConftestFiles { policies: files, namespaces, data: _ } = &self.given;
        let wanted: Vec<glob::Pattern> =
            namespaces.iter().filter_map(|own| glob::Pattern::new(&own.replace('[', "[[]")).ok()).collect();
        for module in self.engine.modules() {
            let package = &module.package;
            let chosen = if wanted.is_empty() {
                package == DEFAULT_NAMESPACE
            } else {
                wanted.iter().any(|own| own.matches(package))
            };
            let Some(file) = files.iter().find(|file| *file.path == *module.path).filter(|_| chosen) else { continue };
            for rule in &module.rules {
                if rule.name == "exception" {
                    self.exceptions.insert(package.clone());
                }
                let Some(severity) = severity(&rule.name) else { continue };
                let asked = self.asked.entry(package.clone()).or_default();
                if asked.iter().any(|own| own.rule == rule.name) {
                    continue;
                }
                asked.push(Asked { rule: rule.name.clone(), policy: self.policies.len() });
                self.policies.push(policy(package, &rule.name, severity, file));
            }
        }
    }

    /// What the policies say of the documents of a file, each with the number of its document.
    ///
    /// # Errors
    /// A policy that fails, or that holds without a message.
    pub fn ask(&self, path: &str, documents: &[Document]) -> Result<Vec<(usize, Message)>, EngineError> {
        let mut found = Vec::new();
        let mut engine: Option<Engine> = None;
        for (number, document) in documents.iter().enumerate() {
            let key = (Digest::of(document.value.to_string().as_bytes()), path.to_owned());
            let known = self.answers.lock().ok().and_then(|answers| answers.get(&key).cloned());
            let said = match known {
                Some(known) => known,
                None => {
                    let engine = engine.get_or_insert_with(|| self.engine_for(path));
                    let fresh = Arc::new(self.ask_one(engine, path, document)?);
                    if let Ok(mut answers) = self.answers.lock() {
                        answers.insert(key, fresh.clone());
                    }
                    fresh
                }
            };
            found.extend(said.iter().map(|message| (number, message.clone())));
        }
        Ok(found)
    }

    /// An engine that knows which file is asked about, where some policy wants to.
    fn engine_for(&self, path: &str) -> Engine {
        let engine = self.engine.clone();
        if !self.reads_file {
            return engine;
        }
        let (dir, name) = path.rsplit_once('/').unwrap_or((".", path));
        let mut data = self.data.clone();
        if let Some(data) = data.as_object_mut() {
            data.insert("conftest".to_owned(), json!({ "file": { "name": name, "dir": dir } }));
        }
        engine.with_other_data(data)
    }

    fn ask_one(&self, engine: &mut Engine, path: &str, document: &Document) -> Result<Vec<Message>, EngineError> {
        let input = Input::new(document.value.clone());
        let mut found = Vec::new();
        for (package, rules) in &self.asked {
            let excepted = if self.exceptions.contains(package) {
                let failed = |message: String| EngineError {
                    policy: format!("conftest/{package}/exception"),
                    subject: path.to_owned(),
                    message,
                };
                excepted(engine.value(&format!("data.{package}.exception"), &input).map_err(failed)?)
            } else {
                BTreeSet::new()
            };
            for asked in rules {
                let Some(policy) = self.policies.get(asked.policy) else { continue };
                if excepted.contains(without_prefix(&asked.rule)) {
                    continue;
                }
                let failed =
                    |message: String| EngineError { policy: policy.id.clone(), subject: path.to_owned(), message };
                let value = engine.value(&policy.rule, &input).map_err(failed)?;
                for text in messages(value).map_err(failed)? {
                    found.push(Message { policy: asked.policy, text });
                }
            }
        }
        Ok(found)
    }

    /// Why the result of these policies cannot be had again by another engine; `None` where it can.
    #[must_use]
    pub fn not_reperformable(&self) -> Option<String> {
        let names: Vec<&str> = self.builtins.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("Conftest policies call {}", names.join(", ")))
    }
}

/// How bad what a rule finds is; `None` of a rule that finds nothing. As Conftest's expressions
/// `^(deny|violation)(_[a-zA-Z0-9]+)*$` and `^warn(_[a-zA-Z0-9]+)*$`.
fn severity(rule: &str) -> Option<Severity> {
    let of = |prefix: &str| {
        let rest = rule.strip_prefix(prefix)?;
        let mut parts = rest.split('_');
        let first = parts.next()?;
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (first.is_empty() && parts.all(plain)).then_some(())
    };
    match (of("deny").or_else(|| of("violation")), of("warn")) {
        (Some(()), _) => Some(Severity::High),
        (_, Some(())) => Some(Severity::Medium),
        _ => None,
    }
}

/// A rule's name as exceptions have it.
fn without_prefix(rule: &str) -> &str {
    ["violation_", "deny_", "warn_"].iter().find_map(|prefix| rule.strip_prefix(prefix)).unwrap_or_default()
}

/// The rules that an `exception` names: `data.NAMESPACE.exception[_][_]`.
fn excepted(value: Option<Value>) -> BTreeSet<String> {
    let inner = |value: Value| -> Vec<Value> {
        match value {
            Value::Array(items) => items,
            Value::Object(members) => members.into_iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        }
    };
    let all = value.into_iter().flat_map(inner).flat_map(inner);
    all.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The messages of a rule's value. Texts that are empty say nothing.
fn messages(value: Option<Value>) -> Result<Vec<String>, String> {
    let items = match value {
        None | Some(Value::Null | Value::Bool(false)) => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => {
            return Err("it holds and gives no messages; write `deny contains msg if { … }`".to_owned());
        }
    };
    let mut texts = Vec::new();
    for item in items {
        match item {
            Value::String(text) => texts.push(text),
            Value::Object(members) => match members.get("msg").and_then(Value::as_str) {
                Some(text) => texts.push(text.to_owned()),
                None => return Err("a message is an object without `msg`".to_owned()),
            },
            _ => return Err("a message is neither text nor an object with `msg`".to_owned()),
        }
    }
    texts.retain(|text| !text.is_empty());
    texts.sort();
    texts.dedup();
    Ok(texts)
}

/// A rule as a policy: what Conftest does not say is said in general.
fn policy(package: &str, rule: &str, severity: Severity, file: &RuleFile) -> Policy {
    let metadata = Metadata {
        title: format!("the Conftest rule `{rule}` of the package {package} finds something"),
        description: String::new(),
        custom: Custom {
            id: format!("conftest/{package}/{rule}"),
            severity,
            scope: Scope::Document,
            input: "document/v1".to_owned(),
            when: None,
            frameworks: Vec::new(),
            remediation:
                "Clear it, or let an `exception` of the Conftest policies or `enforcement` in countersign.yaml say \
                          otherwise."
                    .to_owned(),
        },
    };
    Policy {
        id: metadata.custom.id.clone(),
        metadata,
        rule: format!("data.{package}.{rule}"),
        file: file.clone(),
        built_in: false,
        accepted: true,
    }
}

fn nothing(file: &RuleFile, namespaces: &[String]) -> RuleError {
    let names = if namespaces.is_empty() { DEFAULT_NAMESPACE.to_owned() } else { namespaces.join(", ") };
    file.error(None, format!("no rule `deny`, `violation` or `warn` is there in the Conftest namespace {names}"))
        .with_help("name the package of the policies: `--namespace PACKAGE`, or `--namespace '*'` for all")
}

/// Data as OPA lays it out: what a file says stands under its folders.
fn merged(data: &[(String, RuleFile)], errors: &mut Vec<RuleError>) -> Value {
    let mut all = json!({});
    for (path, file) in data {
        let parsed = match documents(path, &file.bytes) {
            Some(Ok(parsed)) => parsed,
            Some(Err(why)) => {
                errors.push(file.error(None, format!("the data cannot be read: {why}")));
                continue;
            }
            None => continue,
        };
        let Some(mut value) = parsed.into_iter().next().map(|own| own.value) else { continue };
        let folders: Vec<&str> = path.split('/').collect();
        for folder in folders.iter().rev().skip(1) {
            value = json!({ *folder: value });
        }
        if !merge(&mut all, value) {
            errors.push(file.error(None, "the data says something else than an earlier file at the same place"));
        }
    }
    all
}

fn merge(into: &mut Value, from: Value) -> bool {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => from.into_iter().fold(true, |fits, (key, value)| {
            let own = match into.get_mut(&key) {
                Some(known) => merge(known, value),
                None => {
                    into.insert(key, value);
                    true
                }
            };
            fits && own
        }),
        (into, from) => *into == from,
    }
}

#[cfg(test)]
mod tests;
