//! `countersign.dev/policy-tests/v1`: what came of the tests of policies.
//!
//! Within v1 optional fields may be added, and nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::check::{self, Tool};

/// The name of this version of the format.
pub const POLICY_TESTS_SCHEMA: &str = "countersign.dev/policy-tests/v1";

/// The JSON Schema of a run of tests.
#[must_use]
pub fn policy_tests_schema() -> Schema {
    check::schema_of::<PolicyTestsReport>()
}

/// What came of the tests of policies. A field that can be absent is absent when it has nothing to say; it is never
/// `null`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "countersign.dev/policy-tests/v1")]
pub struct PolicyTestsReport {
    /// `countersign.dev/policy-tests/v1`. A reader refuses what it does not know.
    #[schemars(extend("const" = POLICY_TESTS_SCHEMA))]
    pub schema: &'static str,
    /// What made the report.
    pub tool: Tool,
    /// The policies, and test files that stand beside none, by their files.
    pub policies: Vec<TestedPolicyReport>,
    /// The tests, by file and line.
    pub tests: Vec<RegoTestReport>,
    /// Files that are named as tests and define none.
    pub without_tests: Vec<String>,
    /// The least of a policy's lines that had to be evaluated, of a hundred, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

/// The tests of one policy, counted.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(rename = "TestedPolicy")]
pub struct TestedPolicyReport {
    /// The policy's id, as far as its metadata says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its file.
    pub file: String,
    /// How many tests passed.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// How many are still to be written.
    pub to_do: usize,
    /// Which of its lines the tests evaluated, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageReport>,
}

/// Which lines of a policy were evaluated.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
pub struct CoverageReport {
    /// How many lines of a hundred that can be evaluated.
    pub percent: f64,
    /// Lines that were evaluated.
    pub covered: BTreeSet<u32>,
    /// Lines that were not.
    pub uncovered: BTreeSet<u32>,
}

/// What came of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegoTestOutcome {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// The engine gave up on it.
    Error,
    /// It is still to be written.
    ToDo,
}

/// One test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "RegoTest")]
pub struct RegoTestReport {
    /// Its package.
    pub package: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// What came of it.
    pub outcome: RegoTestOutcome,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<RegoFailureReport>,
    /// What it printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<String>,
}

/// Why a test did not pass.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "RegoFailure")]
pub struct RegoFailureReport {
    /// What is wrong.
    pub message: String,
    /// The file of the statement that stopped it.
    pub file: String,
    /// The line of that statement.
    pub line: u32,
    /// The statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What stood there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<StoodReport>,
}

/// What stood in a statement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Stood")]
pub struct StoodReport {
    /// The term, as it is written.
    pub term: String,
    /// Its value as JSON, shortened; or `undefined`.
    pub value: String,
}

impl PolicyTestsReport {
    /// How many tests have an outcome.
    #[must_use]
    pub fn count(&self, outcome: RegoTestOutcome) -> usize {
        self.tests.iter().filter(|test| test.outcome == outcome).count()
    }

    /// How many did not pass.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.count(RegoTestOutcome::Failed) + self.count(RegoTestOutcome::Error)
    }

    /// The policies of which fewer lines were evaluated than asked for.
    pub fn below(&self) -> impl Iterator<Item = &TestedPolicyReport> {
        self.policies.iter().filter(|own| {
            own.coverage.as_ref().zip(self.threshold).is_some_and(|(coverage, least)| coverage.percent < least)
        })
    }
}

/// A run of tests for people.
#[must_use]
pub fn policy_tests_human(report: &PolicyTestsReport) -> String {
    let mut out = String::new();
    let width = |of: &dyn Fn(&TestedPolicyReport) -> usize| report.policies.iter().map(of).max().unwrap_or_default();
    let id = |own: &TestedPolicyReport| own.id.clone().unwrap_or_else(|| "-".to_owned());
    let ids = width(&|own| id(own).chars().count());
    let files = width(&|own| own.file.chars().count());
    for own in &report.policies {
        let _ = write!(out, "{:ids$}  {:files$}  {}", id(own), own.file, counts(own));
        if let Some(coverage) = &own.coverage {
            let _ = write!(out, "; {} of its lines evaluated", percent(coverage.percent));
            if !coverage.uncovered.is_empty() {
                let _ = write!(out, ", not {}", ranges(&coverage.uncovered));
            }
        }
        out.push('\n');
    }
    for test in &report.tests {
        if let Some(failure) = &test.failure {
            failed(&mut out, test, failure);
        }
    }
    for file in &report.without_tests {
        let _ = writeln!(out, "\n{file} defines no test: a test is a rule whose name begins with `test_`");
    }
    for own in report.below() {
        let _ = writeln!(
            out,
            "\n{}: fewer than {} of its lines are evaluated by tests",
            own.file,
            percent(report.threshold.unwrap_or_default())
        );
    }
    let passed = report.count(RegoTestOutcome::Passed);
    let mut parts = vec![format!("{passed} passed"), format!("{} failed", report.failed())];
    let to_do = report.count(RegoTestOutcome::ToDo);
    if to_do > 0 {
        parts.push(format!("{to_do} to do"));
    }
    if passed + report.failed() == 0 {
        let _ = writeln!(out, "\nno test ran: a test is a rule whose name begins with `test_`, beside its policy");
        out.push_str("next: countersign policy new ID writes a policy with tests\n");
    } else {
        let _ = writeln!(out, "\n{}", parts.join(", "));
    }
    out
}

fn counts(own: &TestedPolicyReport) -> String {
    let mut parts = Vec::new();
    for (count, word) in [(own.passed, "passed"), (own.failed, "failed"), (own.to_do, "to do")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    if parts.is_empty() { "no tests".to_owned() } else { parts.join(", ") }
}

fn failed(out: &mut String, test: &RegoTestReport, failure: &RegoFailureReport) {
    let word = if test.outcome == RegoTestOutcome::Error { "error" } else { "failed" };
    let _ = writeln!(out, "\n{word}  {}.{}  {}:{}", test.package, test.name, test.file, test.line);
    let place = if failure.file == test.file {
        format!("line {}", failure.line)
    } else {
        format!("{}:{}", failure.file, failure.line)
    };
    match &failure.statement {
        Some(statement) => {
            let mut lines = statement.lines();
            let _ = writeln!(out, "  {place} does not hold: {}", lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(out, "  {line}");
            }
        }
        None => {
            let _ = writeln!(out, "  {place}: {}", failure.message);
        }
    }
    for own in &failure.values {
        let term = own.term.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "    {term} is {}", own.value);
    }
    for line in &test.printed {
        let _ = writeln!(out, "    printed {line}");
    }
}

/// A number of a hundred, without a fraction that says nothing.
fn percent(value: f64) -> String {
    let text = format!("{value:.1}");
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// Lines as `3, 5-7`.
fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match parts.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*line) => *last = *line,
            _ => parts.push((*line, *line)),
        }
    }
    let texts: Vec<String> = parts
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    texts.join(", ")
}

/// A run of tests as JUnit's XML, which CI systems show.
#[must_use]
pub fn policy_tests_junit(report: &PolicyTestsReport) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"countersign test\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        report.tests.len(),
        report.count(RegoTestOutcome::Failed),
        report.count(RegoTestOutcome::Error),
        report.count(RegoTestOutcome::ToDo),
    );
    let files: BTreeSet<&str> = report.tests.iter().map(|test| &*test.file).collect();
    for file in files {
        let own = || report.tests.iter().filter(|test| test.file == file);
        let count = |outcome| own().filter(|test| test.outcome == outcome).count();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(file),
            own().count(),
            count(RegoTestOutcome::Failed),
            count(RegoTestOutcome::Error),
            count(RegoTestOutcome::ToDo),
        );
        for test in own() {
            let head = format!(
                "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
                escaped(&test.package),
                escaped(&test.name),
                escaped(file),
                test.line
            );
            let mut said = String::new();
            if let Some(failure) = &test.failure {
                failed(&mut said, test, failure);
            }
            let element = if test.outcome == RegoTestOutcome::Error { "error" } else { "failure" };
            let _ = match (&test.failure, test.outcome) {
                (Some(failure), _) => writeln!(
                    out,
                    "{head}>\n      <{element} message=\"{}\">{}</{element}>\n    </testcase>",
                    escaped(&failure.message),
                    escaped(said.trim())
                ),
                (None, RegoTestOutcome::ToDo) => writeln!(out, "{head}>\n      <skipped/>\n    </testcase>"),
                (None, _) => writeln!(out, "{head}/>"),
            };
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Text as XML has it; control characters, which XML cannot say, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
