//! `countersign test-of-one`: for each policy and each conflict one evaluation of each sort.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;

use super::check::READ_LIMIT;
use super::error::CliError;
use super::population::OfArgs;
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::evidence::RecordId;
use crate::facts::{PersonFact, PersonStatus};
use crate::formats::Reader;
use crate::gate::{Synthetic, SyntheticConflict, policy_data, rule_files, rules_digest, synthetic};
use crate::history::{Evaluation, Proof, Shown, shown};
use crate::output::{
    CaseReport, CaseSource, TEST_OF_ONE_SCHEMA, TestOfOneReport, TestReport, TestedKind, Tool, pretty,
};
use crate::policy::{Bundle, Policy, Tried, Tries, tried};
use crate::rules::Rules;
use crate::source::{self, Head, Request, Tree};

/// Show for each policy and each conflict one evaluation of each sort: a test of one.
///
/// One that was stopped, one that was let be, one that a record let pass, and one that came to no judgement. Real ones are
/// taken from the evidence of the period. Where there is none, a made-up case is judged by the rules at the branch's tip and
/// labelled `synthetic`; what cannot be shown either way is said. docs/testing-controls.md says what each shows.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign test-of-one --period 2026Q4 --branch main
  countersign test-of-one --period 2026Q4 --branch main --format json

Exit status: 0 written, 1 a synthetic case did not come out as it should,
             5 the evidence does not verify, 2 it cannot be read")]
pub struct TestOfOneArgs {
    #[command(flatten)]
    of: OfArgs,
    /// How to write the answer.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
}

/// Runs the command.
pub(super) fn run(args: &TestOfOneArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = (env.now)();
    let opened = args.of.open(env, None)?;
    let git = env.git();
    let tip = opened.branch.commits.last().map(|tip| tip.commit.clone()).unwrap_or_default();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.of.store.path,
        base: None,
        head: Head::Revision(&tip),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    let tree = comparison.rules_tree();
    let rules = Rules::load_in(&rule_files(tree), None, comparison.repository.as_ref())?;
    let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
    rules.check_policies(bundle.severities())?;
    let own: Vec<&Evaluation> = opened.evaluations.all.iter().filter(|own| opened.period.contains(own.at)).collect();
    let found = shown(&opened.store.ledger(), &own)?;
    let made = synthetic(&rules, &bundle, &active(tree, &rules, as_of), as_of)?;
    let tests = Tests { shown: &found, synthetic: &made };
    let mut all: Vec<TestReport> = bundle.policies.iter().map(|policy| tests.policy(policy)).collect();
    all.extend(rules.definitions.conflicts.iter().map(|(id, own)| tests.conflict(id, &own.value.title)));
    let report = TestOfOneReport {
        schema: TEST_OF_ONE_SCHEMA,
        tool: Tool { name: "countersign", version: env.version.to_owned() },
        period: opened.period.name.clone(),
        branch: args.of.asked.branch.clone(),
        tip,
        rules: rules_digest(tree, &rules.config),
        evaluations: own.len(),
        signed: own.iter().filter(|own| own.proof == Proof::Signed).count(),
        tests: all,
    };
    let text = match args.format {
        ListFormat::Json => pretty(&report),
        ListFormat::Csv => table::rows_csv(&["kind", "id", "case", "source", "record", "what"], &rows(&report)),
        ListFormat::Table => human(&report),
    };
    table::print(env, &text)?;
    let wrong = report.tests.iter().flat_map(cases).any(|(_, case)| case.what.as_deref() == Some(WRONG));
    Ok(if !opened.evaluations.refused.is_empty() {
        Exit::EvidenceInvalid
    } else if wrong {
        Exit::Blocked
    } else {
        Exit::Clean
    })
}

/// The ids of the people who work here, as the tree says.
fn active(tree: &Tree, rules: &Rules, as_of: i64) -> BTreeSet<String> {
    let reading = Reader::default().read(tree, rules);
    let people = reading.units.iter().flat_map(|unit| &unit.facts.people);
    let works = |own: &&PersonFact| own.status == PersonStatus::Active && own.employed.contains(as_of);
    people.filter(works).map(|own| own.id.to_string()).collect()
}

/// What is said of a synthetic case that came out otherwise.
const WRONG: &str = "a made-up case did not come out as it should: look at what the rules at the tip say";

struct Tests<'a> {
    shown: &'a Shown,
    synthetic: &'a Synthetic,
}

impl Tests<'_> {
    fn policy(&self, policy: &Policy) -> TestReport {
        let real = self.shown.policies.get(&policy.id).cloned().unwrap_or_default();
        let tried = tried(policy);
        let case = |wanted: Tries| {
            let own: Vec<&Tried> = tried.iter().filter(|own| own.tries == wanted).collect();
            match own.as_slice() {
                [] => {
                    not_shown("the policy is your own and has no test in this binary; `countersign test` runs its own")
                }
                all if all.iter().any(|own| !own.passed) => not_shown(WRONG),
                [first, ..] => made(format!("{} beside the policy, on its module in force", first.name)),
            }
        };
        TestReport {
            kind: TestedKind::Policy,
            id: policy.id.clone(),
            title: policy.metadata.title.clone(),
            deny: real.denied.map_or_else(|| case(Tries::Fires), evaluation),
            allow: real.allowed.map_or_else(|| case(Tries::Silent), evaluation),
            accepted: real.accepted.map_or_else(|| not_shown(NO_RECORD), evaluation),
            error: self.error(),
        }
    }

    fn conflict(&self, id: &str, title: &str) -> TestReport {
        let real = self.shown.conflicts.get(id).cloned().unwrap_or_default();
        let own = self.synthetic.conflicts.iter().find(|own| own.conflict == id);
        let case = |of: &dyn Fn(&SyntheticConflict) -> CaseReport| match own {
            Some(SyntheticConflict { why_not: Some(why), .. }) => not_shown(why),
            Some(own) => of(own),
            None => not_shown("it is not in force"),
        };
        let deny = case(&|own| match (own.found, own.stopped) {
            (true, true) => made(format!("somebody who holds all its duties, in a system of the type {}", own.kind)),
            (true, false) => {
                let why = own.because.as_deref().unwrap_or("the rules in force stop nobody for it");
                not_shown(&format!("somebody who holds all its duties is found, and let pass: {why}"))
            }
            (false, _) => not_shown(WRONG),
        });
        let allow = case(&|own| match own.allowed {
            true => made(format!("somebody who holds all its duties but one, in a system of the type {}", own.kind)),
            false => not_shown(WRONG),
        });
        TestReport {
            kind: TestedKind::Conflict,
            id: id.to_owned(),
            title: title.to_owned(),
            deny: real.denied.map_or(deny, evaluation),
            allow: real.allowed.map_or(allow, evaluation),
            accepted: real.accepted.map_or_else(|| not_shown(NO_RECORD), evaluation),
            error: self.error(),
        }
    }

    /// What cannot be evaluated passes nothing, whatever it is about: one case stands for all.
    fn error(&self) -> CaseReport {
        match (self.shown.error, self.synthetic.error) {
            (Some(id), _) => evaluation(id),
            (None, true) => made("a definition that cannot be evaluated".to_owned()),
            (None, false) => not_shown(WRONG),
        }
    }
}

const NO_RECORD: &str = "no record let one pass in the period, and a made-up one counts for nothing: nobody signed it";

fn evaluation(id: RecordId) -> CaseReport {
    CaseReport { source: CaseSource::Real, record: Some(id.to_string()), what: None }
}

fn made(what: String) -> CaseReport {
    CaseReport { source: CaseSource::Synthetic, record: None, what: Some(what) }
}

fn not_shown(why: &str) -> CaseReport {
    CaseReport { source: CaseSource::NotShown, record: None, what: Some(why.to_owned()) }
}

fn cases(test: &TestReport) -> [(&'static str, &CaseReport); 4] {
    [("deny", &test.deny), ("allow", &test.allow), ("accepted", &test.accepted), ("error", &test.error)]
}

fn source(case: &CaseReport) -> &'static str {
    match case.source {
        CaseSource::Real => "real",
        CaseSource::Synthetic => "synthetic",
        CaseSource::NotShown => "not shown",
    }
}

fn kind(test: &TestReport) -> &'static str {
    match test.kind {
        TestedKind::Policy => "policy",
        TestedKind::Conflict => "conflict",
    }
}

fn rows(report: &TestOfOneReport) -> Vec<Vec<String>> {
    let row = |test: &TestReport, (name, case): (&str, &CaseReport)| {
        let (record, what) = (case.record.clone().unwrap_or_default(), case.what.clone().unwrap_or_default());
        vec![kind(test).to_owned(), test.id.clone(), name.to_owned(), source(case).to_owned(), record, what]
    };
    report.tests.iter().flat_map(|test| cases(test).map(|case| row(test, case))).collect()
}

fn human(report: &TestOfOneReport) -> String {
    let cell = |case: &CaseReport| match &case.record {
        Some(record) => record.get(..12).unwrap_or(record).to_owned(),
        None => source(case).to_owned(),
    };
    let rows: Vec<Vec<String>> = report
        .tests
        .iter()
        .map(|test| {
            let cells = cases(test).map(|(_, case)| cell(case));
            [vec![test.id.clone()], cells.to_vec(), vec![test.title.clone()]].concat()
        })
        .collect();
    let mut out = format!(
        "{} on {}: {} evaluations, {} of them signed\nsynthetic cases were judged by the rules of {}, {}\n\n",
        report.period,
        report.branch,
        report.evaluations,
        report.signed,
        report.tip.get(..12).unwrap_or(&report.tip),
        report.rules,
    );
    out.push_str(&table::aligned(&["of", "deny", "allow", "accepted", "error", "what"], &rows));
    let mut whys = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for test in &report.tests {
        for (name, case) in cases(test).into_iter().filter(|(_, case)| case.source == CaseSource::NotShown) {
            whys.entry(case.what.as_deref().unwrap_or_default()).or_default().push(format!("{} {name}", test.id));
        }
    }
    if !whys.is_empty() {
        out.push_str("\nNot shown\n");
    }
    for (why, own) in whys {
        let list = if own.len() > SHOWN { format!("{} cases", own.len()) } else { own.join(", ") };
        let _ = writeln!(out, "  {list}: {why}");
    }
    let count =
        |wanted: CaseSource| report.tests.iter().flat_map(cases).filter(|(_, case)| case.source == wanted).count();
    let _ = writeln!(
        out,
        "\n{} cases are real, {} synthetic, {} not shown; a synthetic case shows what the rules do, not that they ran",
        count(CaseSource::Real),
        count(CaseSource::Synthetic),
        count(CaseSource::NotShown)
    );
    if let Some(record) = report.tests.iter().flat_map(cases).find_map(|(_, case)| case.record.as_ref()) {
        let _ = writeln!(out, "next: countersign evidence show {}", record.get(..12).unwrap_or(record));
    }
    out
}

/// Most cases that are named one by one where they are not shown for the same reason.
const SHOWN: usize = 8;
