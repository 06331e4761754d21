//! `countersign benchmark`: what of the gate is unchanged since it was last tested.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::check::READ_LIMIT;
use super::error::CliError;
use super::evidence::StoreArgs;
use super::model::TreeArgs;
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::evidence::{Judge, RecordId, Statement, rules_of};
use crate::gate::{Dependencies, Dependency, Part, dependencies, policy_data, rule_files};
use crate::output::{
    BENCHMARK_SCHEMA, BenchmarkPolicyReport, BenchmarkReport, DependencyReport, SideReport, Since, TestAgainReport,
    Tool, pretty,
};
use crate::policy::Bundle;
use crate::rules::Rules;
use crate::source::{self, Head, Request};

/// What of the gate is unchanged since it was last tested.
#[derive(Debug, Subcommand)]
pub enum BenchmarkCommand {
    /// Name the policies that are unchanged with all they depend on, and what must be tested again.
    Check(Box<BenchmarkArgs>),
}

/// Name the policies that are unchanged with all they depend on, and what must be tested again.
///
/// For each policy: its module and those that it imports, the conflicts, duties and bindings that its findings follow from,
/// the roles that systems bring along, what the gate does with its findings, the settings that read the tree, and the program
/// where a record says which one judged. Whoever relies on a benchmark decides whether that suffices.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign benchmark check --baseline v2026.1
  countersign benchmark check --baseline 3f9c2e71 --head origin/main
  countersign benchmark check --baseline 3f9c2e71 --format json

The baseline is a revision, whose rules are compared, or a record of the evidence, which also says
what program judged. A name that is both is taken for the revision.

Exit status: 0 everything is unchanged, 1 something must be tested again,
             2 wrong usage, configuration or git state")]
pub struct BenchmarkArgs {
    /// A revision, or a record by its id or the beginning of it.
    #[arg(long, value_name = "REV|RECORD")]
    baseline: String,
    /// How to write the answer.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    tree: TreeArgs,
    /// The evidence that has the record. Default: where `check` keeps it.
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &BenchmarkCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let BenchmarkCommand::Check(args) = command;
    let (comparison, rules) = args.tree.open(env)?;
    let now = Side {
        report: SideReport {
            label: comparison.head_label.clone(),
            commit: comparison.head.commit.clone(),
            record: None,
            engine: Some(Judge::here(env.version).to_string()),
        },
        policies: policies(&rules)?,
    };
    let report = report(&baseline(args, env)?, &now, env.version);
    let text = match args.format {
        ListFormat::Json => pretty(&report),
        ListFormat::Csv => table::rows_csv(&["policy", "since", "part", "name", "how"], &rows(&report)),
        ListFormat::Table => human(&report),
    };
    table::print(env, &text)?;
    Ok(if report.test_again.is_empty() { Exit::Clean } else { Exit::Blocked })
}

/// The rules of one side.
struct Side {
    report: SideReport,
    policies: BTreeMap<String, Dependencies>,
}

fn policies(rules: &Rules) -> Result<BTreeMap<String, Dependencies>, CliError> {
    let bundle = Bundle::load(&rules.policies, policy_data(0))?;
    rules.check_policies(bundle.severities())?;
    Ok(dependencies(&bundle, rules))
}

fn baseline(args: &BenchmarkArgs, env: &Env<'_>) -> Result<Side, CliError> {
    let git = env.git();
    let opened = source::open(&Request {
        cwd: &env.cwd,
        path: &args.tree.path,
        base: None,
        head: Head::Revision(&args.baseline),
        read_limit: READ_LIMIT,
        env: &git,
    });
    let revision = match opened {
        Ok(comparison) => comparison,
        Err(error) => return recorded(args, env)?.ok_or_else(|| error.into()),
    };
    let repository = revision.repository.as_ref();
    let rules = Rules::load_in(&rule_files(revision.rules_tree()), None, repository)?;
    let report =
        SideReport { label: args.baseline.clone(), commit: revision.head.commit.clone(), record: None, engine: None };
    Ok(Side { report, policies: policies(&rules)? })
}

/// The rules of an evaluation, as its record keeps them; nothing where no record is called so.
fn recorded(args: &BenchmarkArgs, env: &Env<'_>) -> Result<Option<Side>, CliError> {
    let store = StoreArgs { store: args.store.clone(), path: args.tree.path.clone() }.open(env)?;
    let ledger = store.ledger();
    let Ok(id) = ledger.find(&args.baseline) else { return Ok(None) };
    let id: RecordId = id;
    let Some(statement) = ledger.evaluation(id)? else {
        return Err(CliError::other(
            format!("the record {id} is no evaluation"),
            "`countersign evidence list` names the evaluations",
        ));
    };
    let statement: Statement = statement;
    let rules = rules_of(&statement, &ledger)?;
    let mut policies = policies(&rules)?;
    // What ships with the binary is this binary's; the record says what the other one had.
    for judged in &statement.predicate.rules_evaluated {
        let Some(digest) = judged.digest.as_ref().and_then(|set| set.get("sha256")?.parse().ok()) else { continue };
        let Some(own) = policies.get_mut(&judged.id) else { continue };
        let module = |dependency: &&Dependency| dependency.part == Part::Module;
        if let Some(dependency) =
            own.0.keys().find(module).cloned().filter(|_| own.0.keys().filter(module).count() == 1)
        {
            own.0.insert(dependency, digest);
        }
    }
    let report = SideReport {
        label: format!("the evaluation {id}"),
        commit: statement.predicate.head.git_commit.clone(),
        record: Some(id.to_string()),
        engine: Some(Judge::of(&statement).to_string()),
    };
    Ok(Some(Side { report, policies }))
}

fn report(baseline: &Side, now: &Side, version: &str) -> BenchmarkReport {
    let ids: BTreeSet<&String> = baseline.policies.keys().chain(now.policies.keys()).collect();
    let engine = match (&baseline.report.engine, &now.report.engine) {
        (Some(before), Some(after)) if before != after => Some(DependencyReport {
            part: "engine".to_owned(),
            name: format!("{before}, now {after}"),
            how: "changed".to_owned(),
        }),
        _ => None,
    };
    let policies: Vec<BenchmarkPolicyReport> = ids
        .into_iter()
        .map(|id| {
            let (before, after) = (baseline.policies.get(id), now.policies.get(id));
            let mut changed = match (before, after) {
                (Some(before), Some(after)) => differences(before, after),
                _ => Vec::new(),
            };
            changed.extend(engine.clone().filter(|_| before.is_some() && after.is_some()));
            let since = match (before, after) {
                (None, _) => Since::Added,
                (_, None) => Since::Removed,
                _ if changed.is_empty() => Since::Unchanged,
                _ => Since::Changed,
            };
            BenchmarkPolicyReport {
                policy: id.clone(),
                since,
                dependencies: after.or(before).map_or(0, |own| own.0.len()),
                digest: after.map(Dependencies::digest),
                baseline_digest: before.map(Dependencies::digest),
                changed,
            }
        })
        .collect();
    let mut limits = vec![
        "the tree itself is no part of it: what it declares is what the policies judge".to_owned(),
        "whether a control that is unchanged may be relied on without a test, whoever relies on it decides".to_owned(),
    ];
    if baseline.report.engine.is_none() {
        limits.push(
            "a revision does not say which program judged, so the rules that ship with it are this binary's on both sides; \
             give a record of an evaluation to compare those too"
                .to_owned(),
        );
    }
    BenchmarkReport {
        schema: BENCHMARK_SCHEMA,
        tool: Tool { name: "countersign", version: version.to_owned() },
        baseline: baseline.report.clone(),
        now: now.report.clone(),
        unchanged: policies.iter().filter(|own| own.since == Since::Unchanged).count(),
        test_again: policies.iter().filter_map(test_again).collect(),
        policies,
        limits,
    }
}

fn differences(before: &Dependencies, after: &Dependencies) -> Vec<DependencyReport> {
    let all: BTreeSet<&Dependency> = before.0.keys().chain(after.0.keys()).collect();
    let one = |own: &Dependency| {
        let how = match (before.0.get(own), after.0.get(own)) {
            (None, Some(_)) => "added",
            (Some(_), None) => "removed",
            (before, after) if before != after => "changed",
            _ => return None,
        };
        Some(DependencyReport { part: own.part.as_str().to_owned(), name: own.name.clone(), how: how.to_owned() })
    };
    all.into_iter().filter_map(one).collect()
}

/// What of a policy must be tested again: its conflicts that changed, where that is all that did.
fn test_again(policy: &BenchmarkPolicyReport) -> Option<TestAgainReport> {
    if matches!(policy.since, Since::Unchanged | Since::Removed) {
        return None;
    }
    let is = |own: &&DependencyReport, part: Part| own.part == part.as_str();
    // A duty counts by the conflicts that it is in, which changed with it.
    let narrow = |own: &DependencyReport| is(&own, Part::Conflict) || is(&own, Part::Duty);
    let conflicts = policy.changed.iter().filter(|own| is(own, Part::Conflict) && own.how != "removed");
    let conflicts: Vec<String> = conflicts.map(|own| own.name.clone()).collect();
    let enforced = |own: &DependencyReport| {
        is(&own, Part::Enforcement)
            && own.name.split_once(' ').is_some_and(|(_, id)| conflicts.iter().any(|own| own == id))
    };
    let is_narrow = policy.changed.iter().all(|own| narrow(own) || enforced(own));
    let is_narrow = is_narrow && policy.since == Since::Changed;
    // A conflict that is gone leaves nothing to test.
    let gone = |own: &DependencyReport| own.how == "removed" && own.part != Part::Module.as_str();
    if policy.since == Since::Changed && policy.changed.iter().all(gone) {
        return None;
    }
    let conflicts = if is_narrow { conflicts } else { Vec::new() };
    Some(TestAgainReport { policy: policy.policy.clone(), conflicts })
}

fn rows(report: &BenchmarkReport) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for own in &report.policies {
        let row = |part: &str, name: &str, how: &str| {
            [own.policy.as_str(), own.since.as_str(), part, name, how].map(str::to_owned).to_vec()
        };
        if own.changed.is_empty() {
            all.push(row("", "", ""));
        }
        all.extend(own.changed.iter().map(|changed| row(&changed.part, &changed.name, &changed.how)));
    }
    all
}

/// Most changes of a policy that are shown; the machine output has all.
const SHOWN: usize = 6;

fn human(report: &BenchmarkReport) -> String {
    let mut out = String::new();
    let side = |own: &SideReport| {
        let commit = own.commit.as_deref().map(|commit| format!(", commit {commit}")).unwrap_or_default();
        let engine = own
            .engine
            .as_deref()
            .map_or(", judged by a program that is not known".to_owned(), |engine| format!(", {engine}"));
        format!("{}{commit}{engine}", own.label)
    };
    let _ = writeln!(out, "baseline  {}\nnow       {}\n", side(&report.baseline), side(&report.now));
    for own in report.policies.iter().filter(|own| own.since != Since::Unchanged) {
        let _ = writeln!(out, "{}  {}", own.policy, own.since.as_str());
        for changed in own.changed.iter().take(SHOWN) {
            let _ = writeln!(out, "    {} {} {}", changed.part.replace('_', " "), changed.name, changed.how);
        }
        if own.changed.len() > SHOWN {
            let _ = writeln!(out, "    … and {} more; --format json has all", own.changed.len() - SHOWN);
        }
    }
    let unchanged: Vec<&str> =
        report.policies.iter().filter(|own| own.since == Since::Unchanged).map(|own| own.policy.as_str()).collect();
    if !unchanged.is_empty() {
        let _ = writeln!(out, "unchanged, with everything that they depend on: {}", unchanged.join(" "));
    }
    let _ = writeln!(out, "\n{} of {} policies are unchanged", report.unchanged, report.policies.len());
    if !report.test_again.is_empty() {
        out.push_str("to be tested again:\n");
    }
    for own in &report.test_again {
        let narrow =
            if own.conflicts.is_empty() { String::new() } else { format!(", for {} alone", own.conflicts.join(", ")) };
        let _ = writeln!(out, "  {}{narrow}", own.policy);
    }
    for limit in &report.limits {
        let _ = writeln!(out, "note: {limit}");
    }
    out
}
