//! The Rego engine. Nothing else names `regorus`.
//!
//! The interpreter is used, cloned per worker; the library's bytecode machine is faster and silently wrong on default
//! functions, conflicting rules and partial paths.

use std::collections::BTreeMap;
use std::fmt;

pub(super) use regorus::unstable as ast;

use regorus::Value;
use serde::{Deserialize, Serialize};

use super::bundle::Policy;
use super::outline::{self, Module};
use super::rego_tests::Covered;
use crate::rules::{RuleError, RuleFile, Severity};
use crate::syntax::{LineIndex, Span};

/// What a policy says of one subject. Ids refer to the policy's input; the gate finds places and paths by them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawFinding {
    /// What is wrong, one sentence; not part of the verdict.
    pub message: String,
    /// The conflict that it is about.
    #[serde(default)]
    pub conflict: Option<String>,
    /// The duty that it is about.
    #[serde(default)]
    pub duty: Option<String>,
    /// The credential that it is about.
    #[serde(default)]
    pub credential: Option<String>,
    /// The systems that it is about.
    #[serde(default)]
    pub systems: Vec<String>,
    /// What tells several findings of one subject apart, when none of the above does.
    #[serde(default)]
    pub key: Option<String>,
    /// What of the input's `access` it is about; beside the fingerprint, as far as it goes.
    #[serde(default)]
    pub access: Vec<String>,
    /// What only a person at a terminal may read: it is in no file that a run writes.
    #[serde(default)]
    pub private: Option<String>,
    /// How bad it is, instead of the policy's own severity.
    #[serde(default)]
    pub severity: Option<Severity>,
}

/// A policy that loaded and then failed, or gave something that is not a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError {
    /// The policy's id.
    pub policy: String,
    /// The subject it was given.
    pub subject: String,
    /// What went wrong.
    pub message: String,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the policy {} failed on {}: {}", self.policy, self.subject, self.message)
    }
}

impl std::error::Error for EngineError {}

impl miette::Diagnostic for EngineError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("nothing is judged by policies that fail; mend the policy or take it out of `policies`"))
    }
}

/// What the engine gave up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What went wrong.
    pub message: String,
    /// The file and the line that it names.
    pub place: Option<(String, u32)>,
}

/// Loaded policies and data; clone it for each worker.
#[derive(Clone)]
pub struct Engine {
    inner: regorus::Engine,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

/// An input in the engine's own form, made once and given to many policies.
#[derive(Clone)]
pub struct Input(Value);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Input")
    }
}

impl Input {
    /// Converts a JSON document. Integers stay integers.
    #[must_use]
    pub fn new(document: serde_json::Value) -> Self {
        Self(Value::from(document))
    }
}

impl Engine {
    /// An engine without data and policies.
    #[must_use]
    pub fn empty() -> Self {
        let mut inner = regorus::Engine::new();
        inner.set_strict_builtin_errors(true);
        Self { inner }
    }

    /// An engine for policies that were written for another tool: what a builtin cannot do is undefined, as OPA has it,
    /// and the clock stands at the instant of the evaluation.
    #[must_use]
    pub(super) fn lenient(as_of: i64) -> Self {
        let mut inner = regorus::Engine::new();
        inner.set_strict_builtin_errors(false);
        let now = Value::from(as_of.saturating_mul(1_000_000_000));
        // The only way to fail is that it is there already.
        let _ = inner.add_extension("time.now_ns".to_owned(), 0, Box::new(move |_: Vec<Value>| Ok(now.clone())));
        inner.set_gather_prints(true);
        Self { inner }
    }

    /// Parses a module that is written in Rego v1, or else in v0.
    ///
    /// # Errors
    /// What is wrong with it as Rego v1, at its place.
    pub(super) fn add_of_any_version(&mut self, file: &RuleFile, text: &str) -> Result<String, RuleError> {
        let first = match self.add(file, text) {
            Ok(package) => return Ok(package),
            Err(error) => error,
        };
        self.inner.set_rego_v0(true);
        let second = self.add(file, text);
        self.inner.set_rego_v0(false);
        second.map_err(|_| first.with_help("it is Rego neither of v1 nor of v0"))
    }

    /// The engine with other data instead of its own.
    #[must_use]
    pub(super) fn with_other_data(mut self, data: serde_json::Value) -> Self {
        self.inner.clear_data();
        self.with_data(data)
    }

    /// The engine with its data, which is given once.
    #[must_use]
    pub fn with_data(mut self, data: serde_json::Value) -> Self {
        // The only way to fail is a conflict with earlier data, and there is none.
        let _ = self.inner.add_data(Value::from(data));
        self
    }

    /// The engine with its policies analysed, which the first question would otherwise do, in each clone anew. What is
    /// wrong with them is said by the questions.
    #[must_use]
    pub(super) fn prepared(mut self) -> Self {
        let _ = self.inner.eval_rule("data.countersign.as_of".to_owned());
        self
    }

    /// Parses a module.
    ///
    /// # Errors
    /// The engine's message, at the line and column that it names.
    pub fn add(&mut self, file: &RuleFile, text: &str) -> Result<String, RuleError> {
        self.inner.add_policy(file.path.to_string(), text.to_owned()).map_err(|error| located(file, &error.to_string()))
    }

    /// Asks one policy about one input.
    ///
    /// # Errors
    /// [`EngineError`] when evaluation fails or the result is not a set of findings.
    pub fn evaluate(&mut self, policy: &Policy, subject: &str, input: &Input) -> Result<Vec<RawFinding>, EngineError> {
        let failed = |message: String| EngineError {
            policy: policy.id.clone(),
            subject: subject.to_owned(),
            message: first_line(&message),
        };
        self.inner.set_input(input.0.clone());
        let value = self.inner.eval_rule(policy.rule.clone()).map_err(|error| failed(error.to_string()))?;
        if value == Value::Undefined {
            return Ok(Vec::new());
        }
        let json = value.to_json_str().map_err(|error| failed(error.to_string()))?;
        let mut findings: Vec<RawFinding> = serde_json::from_str(&json)
            .map_err(|error| failed(format!("its result is not a set of findings: {error}")))?;
        findings.sort();
        Ok(findings)
    }

    /// Adds data to what is there.
    ///
    /// # Errors
    /// The engine's message: the same path holds something else.
    pub fn add_data(&mut self, data: serde_json::Value) -> Result<(), String> {
        self.inner.add_data(Value::from(data)).map_err(|error| first_line(&error.to_string()))
    }

    /// Evaluates a rule to JSON, sets as lists. `None` is undefined.
    ///
    /// # Errors
    /// The engine's message.
    pub fn value(&mut self, rule: &str, input: &Input) -> Result<Option<serde_json::Value>, String> {
        self.inner.set_input(input.0.clone());
        let value = self.inner.eval_rule(rule.to_owned()).map_err(|error| error.to_string())?;
        if value == Value::Undefined {
            return Ok(None);
        }
        let json = value.to_json_str().map_err(|error| error.to_string())?;
        serde_json::from_str(&json).map(Some).map_err(|error| error.to_string())
    }

    /// The modules that are loaded, as they are written.
    #[must_use]
    pub fn modules(&mut self) -> Vec<Module> {
        self.inner.get_modules().iter().map(|module| outline::of(module)).collect()
    }

    /// Keeps what `print` says, instead of writing it to standard error.
    pub fn gather_prints(&mut self) {
        self.inner.set_gather_prints(true);
    }

    /// What was printed since the last time.
    pub fn printed(&mut self) -> Vec<String> {
        self.inner.take_prints().unwrap_or_default()
    }

    /// Whether to note which lines are evaluated.
    pub fn cover(&mut self, wanted: bool) {
        self.inner.set_enable_coverage(wanted);
    }

    /// Notes from now on which lines are evaluated, and forgets earlier ones.
    pub fn cover_anew(&mut self) {
        self.inner.set_enable_coverage(true);
        self.inner.clear_coverage_data();
    }

    /// Which lines were evaluated, by file; nothing of files of which none was.
    #[must_use]
    pub fn covered(&self) -> BTreeMap<String, Covered> {
        let files = self.inner.get_coverage_report().map(|report| report.files).unwrap_or_default();
        let own = |file: regorus::coverage::File| {
            let of = Covered { file: file.path.clone(), covered: file.covered, uncovered: file.not_covered };
            (file.path, of)
        };
        files.into_iter().map(own).collect()
    }

    /// Gives a document to everything that is asked from now on.
    pub fn give(&mut self, input: &Input) {
        self.inner.set_input(input.0.clone());
    }

    /// Evaluates a rule to JSON, sets as lists, on the document that was given before. `None` is undefined.
    ///
    /// # Errors
    /// What the engine says, and where.
    pub fn asked(&mut self, rule: &str) -> Result<Option<serde_json::Value>, Failed> {
        let failed = |text: String| {
            let (message, place) = told(&text);
            Failed { message, place: place.map(|(file, line, _)| (file, line)) }
        };
        let value = self.inner.eval_rule(rule.to_owned()).map_err(|error| failed(error.to_string()))?;
        if value == Value::Undefined {
            return Ok(None);
        }
        let json = value.to_json_str().map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&json).map(Some).map_err(|error| failed(error.to_string()))
    }

    /// Evaluates a rule to a boolean: a policy's own test. `None` is undefined, which for a test is a failure.
    ///
    /// # Errors
    /// The engine's message.
    pub fn test(&mut self, rule: &str) -> Result<Option<bool>, String> {
        match self.inner.eval_rule(rule.to_owned()) {
            Ok(Value::Bool(value)) => Ok(Some(value)),
            Ok(_) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What an error says, and the file, line and column that it names. The engine prints errors as text:
/// `--> file:line:col`, some source, and `error: message`.
fn told(text: &str) -> (String, Option<(String, u32, u32)>) {
    let message = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .map_or_else(|| first_line(text), str::to_owned);
    let place = text.lines().find_map(|line| {
        let mut parts = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
        let column: u32 = parts.next()?.parse().ok()?;
        let line: u32 = parts.next()?.parse().ok()?;
        Some((parts.next()?.to_owned(), line, column))
    });
    (message, place)
}

fn located(file: &RuleFile, text: &str) -> RuleError {
    let (message, place) = told(text);
    let span = place.and_then(|(_, line, column)| {
        let start = LineIndex::new(&file.bytes).offset(line)? as usize + (column as usize).saturating_sub(1);
        Some(Span::new(start, (start + 1).min(file.bytes.len())))
    });
    file.error(span, format!("not Rego: {message}"))
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
