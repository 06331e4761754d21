//! `countersign evidence export`.

use std::path::PathBuf;

use clap::Args;

use super::place::{StoreArgs, evaluation};
use crate::cli::check::{READ_LIMIT, instant, read_rule_file};
use crate::cli::error::CliError;
use crate::cli::policy_files::read_policies;
use crate::cli::{Env, Exit};
use crate::evidence::export::{self, ExportError, Exported};
use crate::gate::{self, Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::Rules;
use crate::source::{self, Head, Request};

/// Write a folder from which other engines derive the verdict again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign evidence export --opa out                     what this work tree comes to
  countersign evidence export --opa out --base origin/main  what this branch would bring to main
  countersign evidence export --opa out --record 98cbbed5   what was recorded

The folder's README.md has the one `opa eval` that derives all of it again, and says what is taken as given.")]
pub struct ExportArgs {
    /// The folder to write for OPA; it must be empty or not be there.
    #[arg(long, value_name = "DIR")]
    opa: PathBuf,
    /// A record to judge again and export, by its id or the beginning of it.
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["base", "head", "as_of", "config", "policy"])]
    record: Option<String>,
    /// What to compare with: the target branch's revision, or a folder.
    #[arg(long, value_name = "REV|DIR")]
    base: Option<String>,
    /// Judge this revision instead of the files on disk; with --base, as it would merge.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Judge as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// Use this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Add the policies of this folder; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &ExportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let isolation = Isolation::of(env.binary.clone());
    let exported = match &args.record {
        Some(record) => {
            let store = args.store.open(env)?;
            let ledger = store.ledger();
            let statement = evaluation(&ledger, ledger.find(record)?)?;
            export::opa_of_record(&statement, &ledger, &isolation, &env.cwd.join(&args.opa))?
        }
        None => of_a_tree(args, env, &isolation)?,
    };
    writeln!(
        env.stdout,
        "{} documents, {} findings of policies; the duties and conflicts of {} of {} principals\n\
         {} says how another engine derives them again",
        exported.documents,
        exported.findings,
        exported.sampled,
        exported.principals,
        args.opa.join("README.md").display(),
    )?;
    Ok(Exit::Clean)
}

/// Judges a tree and exports it.
fn of_a_tree(args: &ExportArgs, env: &Env<'_>, isolation: &Isolation) -> Result<Exported, CliError> {
    let as_of = match &args.as_of {
        Some(text) => instant(text)?,
        None => (env.now)(),
    };
    let git = env.git();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.store.path,
        base: args.base.as_deref(),
        head: args.head.as_deref().map_or(Head::WorkTree, Head::Revision),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    let config = args.config.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    let rules = Rules::load_in(&rule_files(comparison.rules_tree()), config, comparison.repository.as_ref())?;
    let mut policies = rules.policies.clone();
    for folder in &args.policy {
        policies.extend(read_policies(&env.cwd, folder)?);
    }
    let bundle = Bundle::load(&policies, policy_data(as_of))?;
    rules.check_policies(bundle.severities())?;
    let secrets = gate::search(&comparison, &rules, as_of)?;
    let task = Task { isolation, ..Task::new(&comparison, &rules, &bundle, as_of, &secrets) };
    Ok(export::opa(&task, &env.cwd.join(&args.opa))?)
}

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> Self {
        Self::Export(error)
    }
}
