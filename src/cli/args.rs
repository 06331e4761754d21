//! The command line.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::{
    access, backtest, benchmark, check, completions, diff, drift, evidence, examples, explain, fleet, graph, hook,
    init, lsp, man, policy, policy_tests, population, record, report, review, ruleset, sample, schema, scope, secrets,
    simulate, test_of_one, timeline, who_can,
};

/// Judges the access that a repository declares: blocks a change that introduces a segregation-of-duties conflict, an
/// unapproved privileged grant or a long-lived credential, and keeps evidence of every evaluation.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at a repository, say what the gate would find, and write what it needs to begin.
    Init(init::InitArgs),
    /// Judge a folder, a work tree, a revision or what is staged.
    Check(check::CheckArgs),
    /// Replay changes that landed before: which of them the gate would have stopped, and why.
    Backtest(backtest::BacktestArgs),
    /// Say from when until when the branch declared each access and each conflict, from git itself.
    Timeline(timeline::TimelineArgs),
    /// Say what a change does to effective access: who gains and who loses which duty, on what, by which path.
    Diff(diff::DiffArgs),
    /// Judge every commit where it is made: git hooks that run `countersign check`.
    #[command(subcommand)]
    Hook(hook::HookCommand),
    /// Show findings in an editor while definitions are written, by the Language Server Protocol.
    Lsp(lsp::LspArgs),
    /// List who holds which duties, with every path and its source line.
    Access(access::AccessArgs),
    /// List who holds a duty or a permission.
    WhoCan(who_can::WhoCanArgs),
    /// Draw who reaches what by which way: of a principal, of a duty, or of a finding.
    Graph(graph::GraphArgs),
    /// List the systems with the processes of financial reporting that they carry, and who can do what in them.
    Scope(scope::ScopeArgs),
    /// List the service identities: owner, purpose, approval, review, end, credentials.
    Services(scope::ServicesArgs),
    /// Say what a grant would do before anybody gives it.
    Simulate(Box<simulate::SimulateArgs>),
    /// Hold what is declared against an export of what a system really has.
    Drift(Box<drift::DriftArgs>),
    /// Find literal secrets in the files of a folder.
    Secrets(secrets::SecretsArgs),
    /// Write, sign, list and verify approvals.
    #[command(subcommand)]
    Approval(record::ApprovalCommand),
    /// Write, sign, list, renew and end exceptions.
    #[command(subcommand)]
    Exception(record::ExceptionCommand),
    /// Write, sign, list and review emergencies, and answer for what landed past the gate.
    #[command(subcommand)]
    Emergency(record::EmergencyCommand),
    /// Open, sign, follow and close access reviews.
    #[command(subcommand)]
    Review(review::ReviewCommand),
    /// Write the register of the findings that are there today.
    Adopt(record::AdoptArgs),
    /// Evaluate what landed on the protected branch, sign the record and log it.
    Record(evidence::RecordArgs),
    /// Verify, judge again, list and show evidence; make the keys that sign it.
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Whether the evidence is complete: what landed on a branch, held against what was evaluated.
    #[command(subcommand)]
    Population(population::PopulationCommand),
    /// Write the report of a period, and make it again.
    Report(Box<report::ReportArgs>),
    /// Show for each policy and each conflict one evaluation of each sort.
    TestOfOne(Box<test_of_one::TestOfOneArgs>),
    /// What of the gate is unchanged since it was last tested.
    #[command(subcommand)]
    Benchmark(benchmark::BenchmarkCommand),
    /// Judge many repositories: which are covered, by which rules, with what found, and who answers for it.
    Fleet(fleet::FleetArgs),
    /// Draw a sample from a frozen population by an auditor's seed.
    Sample(sample::SampleArgs),
    /// Say what an id means: what it finds, why, by an example, and what to do.
    Explain(explain::ExplainArgs),
    /// List and show the policies; write, check and try your own.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Run the tests of your policies: every rule whose name begins with test_.
    Test(policy_tests::TestArgs),
    /// List the rulesets in force, or show a ruleset, a duty or a conflict.
    #[command(subcommand)]
    Ruleset(ruleset::RulesetCommand),
    /// Print a JSON Schema: of an output, of a file that you write, or of what policies read.
    Schema(schema::SchemaArgs),
    /// Print what a shell needs to complete commands, options and their values.
    Completions(completions::CompletionsArgs),
    /// Write a manual page for each command into a folder.
    Man(man::ManArgs),
    /// Load policies and answer questions about them, as lines of JSON; started by `check` for a change's own policies.
    #[command(hide = true)]
    EvaluatePolicies,
}

/// The command line with the examples of each command.
pub(super) fn command() -> clap::Command {
    examples::with_examples(Cli::command())
}

/// Parses arguments, program name first. `width` is how many columns help may have.
///
/// # Errors
/// Clap's own error, which also stands for `--help` and `--version`.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>, width: usize) -> Result<Cli, clap::Error> {
    let mut command = command().term_width(width);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}
