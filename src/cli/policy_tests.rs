//! `countersign test`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use regex::Regex;

use super::check::read_rule_file;
use super::error::CliError;
use super::model::TreeArgs;
use super::policy_files::read_rego;
use super::table;
use super::{Env, Exit, show};
use crate::output::{
    CoverageReport, POLICY_TESTS_SCHEMA, PolicyTestsReport, RegoFailureReport, RegoTestOutcome, RegoTestReport,
    StoodReport, TestedPolicyReport, Tool, policy_tests_human, policy_tests_junit, pretty,
};
use crate::policy::{Chosen, RegoTest, RegoTests, TestOutcome, policy_id, run_tests};
use crate::rules::{RuleFile, is_rego};
use crate::store::Digest;

/// How long to wait before looking again whether something was changed.
const PAUSE: Duration = Duration::from_millis(400);

/// Run the tests of your policies: every rule whose name begins with test_.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign test                       the policies that countersign.yaml names
  countersign test policies/             the policies of a folder, with the tests beside them
  countersign test --run 'wildcard'      tests whose name the expression matches
  countersign test --coverage --threshold 90
  countersign test --watch               again whenever a file is changed

A test holds when its value is true. It reads no data but what it gives with `with`: a policy that
reads data.countersign.as_of is given one by its tests.

Exit status: 0 all passed, 1 some test failed or too little was evaluated, 2 wrong usage,
             3 no test ran, or a test file defines none")]
pub struct TestArgs {
    /// Folders with policies and their tests, or test files; default: what countersign.yaml names.
    #[arg(value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Run the tests whose PACKAGE.NAME this regular expression matches.
    #[arg(long, value_name = "REGEX")]
    run: Option<String>,
    /// How to write the result.
    #[arg(long, value_enum, default_value = "human")]
    output: TestFormat,
    /// Say which lines of the policies the tests evaluated.
    #[arg(long)]
    coverage: bool,
    /// Fail when fewer lines of some policy are evaluated than this many of a hundred.
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = threshold)]
    threshold: Option<f64>,
    /// Run them again whenever a file is changed, until interrupted.
    #[arg(long)]
    watch: bool,
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
    Junit,
}

fn threshold(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "write a number from 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&value) { Ok(value) } else { Err("write a number from 0 to 100".to_owned()) }
}

/// Runs the command.
pub(super) fn run(args: &TestArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let named = args.run.as_deref().map(expression).transpose()?;
    if !args.watch {
        return once(args, named.as_ref(), &files(args, env)?, env);
    }
    let mut before: Option<Digest> = None;
    loop {
        let found = files(args, env);
        let now = found.as_ref().map_or_else(|_| Digest::of(b""), digest);
        if before.replace(now) == Some(now) {
            std::thread::sleep(PAUSE);
            continue;
        }
        // What is wrong with a file that is being written is shown, and mended by the next change.
        match found.and_then(|found| once(args, named.as_ref(), &found, env)) {
            Ok(_) => {}
            Err(error) => show(&error, env),
        }
        table::print(env, "\nwaiting for a change; Ctrl-C ends\n\n")?;
        env.stdout.flush()?;
    }
}

fn expression(text: &str) -> Result<Regex, CliError> {
    Regex::new(text).map_err(|_| {
        CliError::other(format!("`{text}` is not a regular expression"), "write it as for the crate regex: `^acme\\.`")
    })
}

/// What is tested.
struct Found {
    /// Every file that is loaded.
    files: Vec<RuleFile>,
    /// The files whose tests are run, where they were named one by one.
    named: Vec<String>,
}

fn digest(found: &Found) -> Digest {
    let parts = found.files.iter().map(|file| format!("{} {}\n", file.path, Digest::of(&file.bytes)));
    Digest::of(parts.collect::<String>().as_bytes())
}

/// The policies and tests of the folders that were given, or that the configuration names.
fn files(args: &TestArgs, env: &Env<'_>) -> Result<Found, CliError> {
    let mut files = BTreeMap::new();
    let mut named = Vec::new();
    let mut add = |root: &Path, folder: &Path| -> Result<(), CliError> {
        for file in read_rego(root, folder, &|path| path.ends_with(".rego"))? {
            files.insert(file.path.clone(), file);
        }
        Ok(())
    };
    for path in &args.paths {
        if env.cwd.join(path).is_file() {
            // A test is nothing without the policies beside it.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            add(&env.cwd, folder)?;
            let name = path.file_name().map(|name| folder.join(name)).unwrap_or_default();
            named.push(name.display().to_string());
        } else {
            add(&env.cwd, path)?;
        }
    }
    if args.paths.is_empty() {
        let (comparison, rules) = TreeArgs::here().open(env)?;
        if rules.config.policies.is_empty() {
            return Err(CliError::other(
                "there is nothing to test: countersign.yaml names no folder under `policies`",
                "give a folder, `countersign test policies/`, or write a policy with tests: countersign policy new ID",
            ));
        }
        for folder in &rules.config.policies {
            add(&comparison.root, Path::new(&**folder))?;
        }
    }
    for name in &named {
        if !files.contains_key(name.as_str()) {
            let file = read_rule_file(&env.cwd, Path::new(name))?;
            return Err(CliError::other(format!("{} is not a .rego file", file.path), "tests are written in Rego"));
        }
    }
    Ok(Found { files: files.into_values().collect(), named })
}

fn once(args: &TestArgs, named: Option<&Regex>, found: &Found, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let chosen = Chosen {
        name: &|name| named.is_none_or(|own| own.is_match(name)),
        file: &|path| found.named.is_empty() || found.named.iter().any(|own| own == path),
        coverage: args.coverage,
    };
    let tested = run_tests(&found.files, &chosen)?;
    let report = report(&found.files, tested, args, env.version);
    let text = match args.output {
        TestFormat::Human => policy_tests_human(&report),
        TestFormat::Json => pretty(&report),
        TestFormat::Junit => policy_tests_junit(&report),
    };
    table::print(env, &text)?;
    let ran = report.count(RegoTestOutcome::Passed) + report.failed();
    Ok(if report.failed() > 0 || report.below().next().is_some() {
        Exit::Blocked
    } else if ran == 0 || !report.without_tests.is_empty() {
        Exit::NothingCollected
    } else {
        Exit::Clean
    })
}

fn report(files: &[RuleFile], tested: RegoTests, args: &TestArgs, version: &str) -> PolicyTestsReport {
    let mut policies: BTreeMap<String, TestedPolicyReport> = BTreeMap::new();
    for file in files.iter().filter(|file| is_rego(&file.path)) {
        let own = TestedPolicyReport { id: policy_id(file), file: file.path.to_string(), ..Default::default() };
        policies.insert(own.file.clone(), own);
    }
    for covered in tested.coverage {
        if let Some(own) = policies.get_mut(&covered.file) {
            let percent = covered.percent();
            own.coverage = Some(CoverageReport { percent, covered: covered.covered, uncovered: covered.uncovered });
        }
    }
    for test in &tested.tests {
        // A test counts for the policy that it stands beside.
        let beside = test.file.strip_suffix("_test.rego").map(|stem| format!("{stem}.rego"));
        let key = beside.filter(|path| policies.contains_key(path)).unwrap_or_else(|| test.file.clone());
        let own = policies
            .entry(key)
            .or_insert_with(|| TestedPolicyReport { file: test.file.clone(), ..TestedPolicyReport::default() });
        match test.outcome {
            TestOutcome::Passed => own.passed += 1,
            TestOutcome::Failed | TestOutcome::Error => own.failed += 1,
            TestOutcome::ToDo => own.to_do += 1,
        }
    }
    PolicyTestsReport {
        schema: POLICY_TESTS_SCHEMA,
        tool: Tool { name: "countersign", version: version.to_owned() },
        policies: policies.into_values().collect(),
        tests: tested.tests.into_iter().map(told).collect(),
        without_tests: tested.without_tests,
        threshold: args.threshold,
    }
}

fn told(test: RegoTest) -> RegoTestReport {
    RegoTestReport {
        package: test.package,
        name: test.name,
        file: test.file,
        line: test.line,
        outcome: match test.outcome {
            TestOutcome::Passed => RegoTestOutcome::Passed,
            TestOutcome::Failed => RegoTestOutcome::Failed,
            TestOutcome::Error => RegoTestOutcome::Error,
            TestOutcome::ToDo => RegoTestOutcome::ToDo,
        },
        failure: test.failure.map(|failure| RegoFailureReport {
            message: failure.message,
            file: failure.file,
            line: failure.line,
            statement: failure.statement,
            values: failure.values.into_iter().map(|(term, value)| StoodReport { term, value }).collect(),
        }),
        printed: test.printed,
    }
}
