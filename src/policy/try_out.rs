//! One policy on one document, for whoever writes it.

use serde_json::Value;

use super::engine::{Engine, Input};
use super::outline::Module;
use super::rego_tests::loaded;
use crate::rules::{RuleError, RuleFile};

/// What a policy does with a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// What it finds, as it says it.
    pub findings: Vec<Value>,
    /// What it printed.
    pub printed: Vec<String>,
    /// What its rules give, in their order.
    pub rules: Vec<EvaluatedRule>,
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluatedRule {
    /// Its name.
    pub name: String,
    /// The line on which it begins.
    pub line: u32,
    /// Whether it takes arguments: it has no value by itself.
    pub function: bool,
    /// Its value, all rules of its name together; `None` is undefined.
    pub value: Option<Value>,
    /// Its lines that were evaluated.
    pub reached: Vec<u32>,
    /// Its lines that were not.
    pub unreached: Vec<u32>,
}

/// Gives a document to a policy; what it prints and which lines it reaches is noted. `files` are loaded beside it.
///
/// # Errors
/// Files that are not Rego or could do harm, and a policy that fails on the document, at its place.
pub fn try_out(
    files: &[RuleFile],
    policy: &RuleFile,
    data: Value,
    document: Value,
) -> Result<Evaluated, Vec<RuleError>> {
    let mut engine = loaded(files)?.with_data(data);
    let Some(module) = engine.modules().into_iter().find(|own| *own.path == *policy.path) else {
        return Err(vec![policy.error(None, "the policy is not loaded")]);
    };
    engine.give(&Input::new(document));
    engine.cover_anew();
    let failed = |failed: super::engine::Failed| {
        let place = failed.place.map(|(file, line)| format!(" ({file}:{line})")).unwrap_or_default();
        vec![policy.error(None, format!("the policy fails on the document: {}{place}", failed.message))]
    };
    let package = &module.package;
    let findings = match module.rules.iter().any(|rule| rule.name == "finding") {
        true => engine.asked(&format!("data.{package}.finding")).map_err(failed)?,
        false => {
            let error = policy.error(None, "it defines no rule `finding`");
            return Err(vec![error.with_help("write `finding contains {\"message\": \"…\"} if { … }`")]);
        }
    };
    let printed = engine.printed();
    let covered = engine.covered().remove(&module.path).unwrap_or_default();
    let rules = module.rules.iter().map(|rule| {
        let (reached, unreached) = rule.lines.iter().copied().partition(|line| covered.covered.contains(line));
        EvaluatedRule {
            name: rule.name.clone(),
            line: rule.line,
            function: rule.function,
            value: value_of(&engine, &module, &rule.name).filter(|_| !rule.function),
            reached,
            unreached,
        }
    });
    let findings = match findings {
        Some(Value::Array(findings)) => findings,
        Some(other) => vec![other],
        None => Vec::new(),
    };
    Ok(Evaluated { findings, printed, rules: rules.collect() })
}

fn value_of(engine: &Engine, module: &Module, name: &str) -> Option<Value> {
    engine.clone().asked(&format!("data.{}.{name}", module.package)).ok().flatten()
}
