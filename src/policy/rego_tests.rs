//! Runs the tests of policies: every rule whose name begins with `test_`, on the engine that judges.
//!
//! A test holds when its value is `true`. Everything else is a failure and not silence: undefined, false, another value,
//! an error. What is said of a failure comes from asking again: how far the body was reached, and what stood there.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::{BUILT_IN, LIBRARY};
use super::engine::{Engine, Failed};
use super::lint;
use super::outline::{Module, Rule, Statement};
use crate::rules::{RuleError, RuleFile, is_rego};

/// The prefix of a test's name.
const TEST: &str = "test_";

/// The prefix of the name of a test that is still to be written.
const TO_DO: &str = "todo_test_";

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestOutcome {
    /// Its value is `true`.
    Passed,
    /// It is undefined, or has another value.
    Failed,
    /// The engine gave up on it.
    Error,
    /// It is still to be written and was not run.
    ToDo,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoTest {
    /// Its package, without `data.`.
    pub package: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// What came of it.
    pub outcome: TestOutcome,
    /// Where it stopped, and why; of what did not pass.
    pub failure: Option<TestFailure>,
    /// What it printed.
    pub printed: Vec<String>,
}

/// Why a test did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// What is wrong, one sentence.
    pub message: String,
    /// The file of the statement that stopped it.
    pub file: String,
    /// The line of that statement.
    pub line: u32,
    /// The statement, where it is known.
    pub statement: Option<String>,
    /// What stood in the statement and what was named before it: text and value, as JSON.
    pub values: Vec<(String, String)>,
}

/// How much of a file was evaluated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// The file.
    pub file: String,
    /// Lines that were evaluated.
    pub covered: BTreeSet<u32>,
    /// Lines that could be evaluated and were not.
    pub uncovered: BTreeSet<u32>,
}

impl Covered {
    /// How many lines of a hundred were evaluated; all of none.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let all = self.covered.len() + self.uncovered.len();
        if all == 0 { 100.0 } else { self.covered.len() as f64 * 100.0 / all as f64 }
    }
}

/// What came of the tests of some files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegoTests {
    /// The tests, by file and line.
    pub tests: Vec<RegoTest>,
    /// Files that are named as tests (`_test.rego`) and define none.
    pub without_tests: Vec<String>,
    /// How much of each policy was evaluated, when that was asked for.
    pub coverage: Vec<Covered>,
}

/// What of the tests to run.
pub struct Chosen<'a> {
    /// Whether to run a test, by `PACKAGE.NAME`.
    pub name: &'a dyn Fn(&str) -> bool,
    /// Whether to run the tests of a file.
    pub file: &'a dyn Fn(&str) -> bool,
    /// Whether to tell which lines were evaluated.
    pub coverage: bool,
}

/// Loads policies with their tests, and runs the tests.
///
/// # Errors
/// Every file that is not Rego, or that the engine could not evaluate without harm.
pub fn run_tests(files: &[RuleFile], chosen: &Chosen<'_>) -> Result<RegoTests, Vec<RuleError>> {
    let mut engine = loaded(files)?;
    let modules: Vec<Module> = engine.modules().into_iter().filter(|own| is_of(files, own)).collect();
    engine.cover(chosen.coverage);
    let mut found = RegoTests::default();
    for module in &modules {
        let mut names = BTreeSet::new();
        for rule in &module.rules {
            let test = rule.name.starts_with(TEST) || rule.name.starts_with(TO_DO);
            if !test || !names.insert(&*rule.name) {
                continue;
            }
            if (chosen.file)(&module.path) && (chosen.name)(&format!("{}.{}", module.package, rule.name)) {
                found.tests.push(run_one(&mut engine, files, module, rule));
            }
        }
        if names.is_empty() && !is_rego(&module.path) && (chosen.file)(&module.path) {
            found.without_tests.push(module.path.clone());
        }
    }
    if chosen.coverage {
        found.coverage = coverage(&engine, &modules);
    }
    found.tests.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(found)
}

/// An engine that holds files, and of the built-in policies those whose packages the files do not define.
pub(super) fn loaded(files: &[RuleFile]) -> Result<Engine, Vec<RuleError>> {
    let mut engine = Engine::empty().with_data(serde_json::json!({}));
    engine.gather_prints();
    let mut errors = Vec::new();
    let mut packages = BTreeSet::new();
    for file in files {
        let Ok(text) = std::str::from_utf8(&file.bytes) else {
            errors.push(file.error(None, "the policy is not UTF-8 text"));
            continue;
        };
        let problems = lint::to_run(file, text, is_rego(&file.path));
        if !problems.is_empty() {
            errors.extend(problems);
            continue;
        }
        match engine.add(file, text) {
            Ok(package) => {
                packages.insert(package);
            }
            Err(error) => errors.push(error),
        }
    }
    for (path, text) in std::iter::once(&LIBRARY).chain(BUILT_IN) {
        let package = text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default().trim();
        if !packages.contains(&format!("data.{package}")) {
            // They are held by tests of their own.
            let _ = engine.add(&RuleFile::new(format!("built-in/{path}"), text.as_bytes()), text);
        }
    }
    if errors.is_empty() { Ok(engine) } else { Err(errors) }
}

/// The outline of a file alone.
///
/// # Errors
/// Where it is not Rego.
pub fn module_of(file: &RuleFile) -> Result<Module, RuleError> {
    let mut engine = Engine::empty();
    engine.add(file, &String::from_utf8_lossy(&file.bytes))?;
    engine.modules().pop().ok_or_else(|| file.error(None, "there is nothing in it"))
}

fn is_of(files: &[RuleFile], module: &Module) -> bool {
    files.iter().any(|file| *file.path == *module.path)
}

fn run_one(engine: &mut Engine, files: &[RuleFile], module: &Module, rule: &Rule) -> RegoTest {
    let mut test = RegoTest {
        package: module.package.clone(),
        name: rule.name.clone(),
        file: module.path.clone(),
        line: rule.line,
        outcome: TestOutcome::ToDo,
        failure: None,
        printed: Vec::new(),
    };
    if rule.name.starts_with(TO_DO) {
        return test;
    }
    let asked = format!("data.{}.{}", module.package, rule.name);
    let failure = |message: &str| TestFailure {
        message: message.to_owned(),
        file: module.path.clone(),
        line: rule.line,
        statement: None,
        values: Vec::new(),
    };
    let result = if rule.function {
        Err(Failed { message: "a test takes no arguments".to_owned(), place: None })
    } else {
        engine.asked(&asked)
    };
    test.printed = engine.printed();
    (test.outcome, test.failure) = match result {
        Ok(Some(serde_json::Value::Bool(true))) => (TestOutcome::Passed, None),
        Ok(Some(serde_json::Value::Bool(false))) => (TestOutcome::Failed, Some(failure("it is false"))),
        Ok(Some(other)) => {
            let said = failure(&format!("its value is {} and not true", shortened(&other.to_string())));
            (TestOutcome::Failed, Some(said))
        }
        Ok(None) => {
            let mut said = failure("it does not hold");
            stopped(engine, files, module, &rule.name, &asked, &mut said);
            (TestOutcome::Failed, Some(said))
        }
        Err(error) => {
            let mut said = failure(&error.message);
            if let Some((file, line)) = error.place {
                (said.file, said.line) = (file, line);
            }
            (TestOutcome::Error, Some(said))
        }
    };
    test
}

/// Finds the statement at which a test stopped, and what stood there.
fn stopped(engine: &Engine, files: &[RuleFile], module: &Module, name: &str, asked: &str, failure: &mut TestFailure) {
    let mut again = engine.clone();
    again.cover_anew();
    if again.asked(asked).is_err() {
        return;
    }
    let reached = again.covered().remove(&module.path).map(|own| own.covered).unwrap_or_default();
    let is_reached = |own: &Statement| reached.range(own.line..=own.last_line).next().is_some();
    let bodies = module.rules.iter().filter(|own| own.name == name).flat_map(|own| &own.bodies);
    let furthest = bodies
        .filter_map(|body| {
            let at = body.iter().rposition(is_reached)?;
            Some((at, body))
        })
        .max_by_key(|(at, _)| *at);
    let Some((at, body)) = furthest else { return };
    let (Some(first), Some(statement)) = (body.first(), body.get(at)) else { return };
    failure.line = statement.line;
    failure.statement = Some(statement.text.clone());
    let Some(file) = files.iter().find(|file| *file.path == *module.path) else { return };
    let before = file.bytes.get(first.start..statement.start).map(String::from_utf8_lossy).unwrap_or_default();
    let mut probe = Probe { engine, module, before: &before, values: Vec::new() };
    for operand in &statement.operands {
        probe.ask(operand, &statement.with);
    }
    let named = body.get(..at).into_iter().flatten().flat_map(|own| &own.names);
    for own in named {
        probe.ask(own, "");
    }
    failure.values = probe.values;
}

/// Asks what stands in a body after some of its statements, by a module of its own in the same package.
struct Probe<'a> {
    engine: &'a Engine,
    module: &'a Module,
    before: &'a str,
    values: Vec<(String, String)>,
}

impl Probe<'_> {
    fn ask(&mut self, term: &str, with: &str) {
        const NAME: &str = "countersign_value";
        let term = term.trim();
        if term.is_empty() || self.values.iter().any(|(own, _)| own == term) {
            return;
        }
        let version = if self.module.v1 { "import rego.v1\n" } else { "" };
        let imports: String = self
            .module
            .imports
            .iter()
            .filter(|own| !own.text.starts_with("import rego.") && !own.text.starts_with("import future."))
            .map(|own| format!("{}\n", own.text))
            .collect();
        let (package, before) = (&self.module.package, self.before);
        let text = format!(
            "package {package}\n{version}{imports}\n{NAME} contains v if {{\n{before}\nv := {term} {with}\n}}\n"
        );
        let mut engine = self.engine.clone();
        let file = RuleFile::new("countersign-value.rego", text.as_bytes());
        if engine.add(&file, &text).is_err() {
            return;
        }
        let value = match engine.asked(&format!("data.{package}.{NAME}")) {
            Ok(Some(serde_json::Value::Array(values))) => match values.as_slice() {
                [] => "undefined".to_owned(),
                [one] => shortened(&one.to_string()),
                [one, rest @ ..] => format!("{}, and {} more values", shortened(&one.to_string()), rest.len()),
            },
            Ok(None) => "undefined".to_owned(),
            _ => return,
        };
        self.values.push((term.to_owned(), value));
    }
}

/// Longest value that is shown whole.
const SHOWN: usize = 300;

fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}…")
}

fn coverage(engine: &Engine, modules: &[Module]) -> Vec<Covered> {
    let mut told: BTreeMap<String, Covered> = engine.covered();
    let policies = modules.iter().filter(|own| is_rego(&own.path));
    policies
        .map(|module| {
            // The engine says nothing of a file of which it evaluated nothing.
            told.remove(&module.path).unwrap_or_else(|| Covered {
                file: module.path.clone(),
                covered: BTreeSet::new(),
                uncovered: module.rules.iter().flat_map(|rule| rule.lines.iter().copied()).collect(),
            })
        })
        .collect()
}
