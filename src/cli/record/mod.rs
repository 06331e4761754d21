//! Commands that write, sign, list and verify records.

mod adopt;
mod approval;
mod emergency;
mod exception;
mod file;
mod list;
mod sign;
mod subject;

use std::path::PathBuf;

use clap::Args;

pub(super) use adopt::AdoptArgs;
pub(super) use approval::ApprovalCommand;
pub(super) use emergency::EmergencyCommand;
pub(super) use exception::ExceptionCommand;

pub(super) use adopt::run as adopt;
pub(super) use approval::run as approval;
pub(super) use emergency::run as emergency;
pub(super) use exception::run as exception;
pub(super) use sign::{SignArgs, run as sign_record};

use super::Env;
use super::check::{READ_LIMIT, instant};
use super::error::CliError;
use super::imports::ImportArgs;
use crate::gate::{self, Judgement, Stage, Task, policy_data, rule_files};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::Rules;
use crate::source::{self, Comparison, Head, Request};

/// Which tree a record is about, and when.
#[derive(Debug, Args)]
pub(super) struct PlaceArgs {
    /// The folder of the tree; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// Judge as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

/// A work tree with what the gate makes of it, by its own rules.
pub(super) struct Judged {
    pub(super) comparison: Comparison,
    pub(super) rules: Rules,
    pub(super) bundle: Bundle,
    pub(super) judgement: Judgement,
    pub(super) as_of: i64,
}

impl PlaceArgs {
    pub(super) fn as_of(&self, env: &Env<'_>) -> Result<i64, CliError> {
        self.as_of.as_deref().map_or_else(|| Ok((env.now)()), instant)
    }

    /// The work tree, without a judgement.
    pub(super) fn open(&self, env: &Env<'_>) -> Result<(Comparison, Rules), CliError> {
        let git = env.git();
        let comparison = source::open(&Request {
            cwd: &env.cwd,
            path: &self.path,
            base: None,
            head: Head::WorkTree,
            read_limit: READ_LIMIT,
            env: &git,
        })?;
        let rules = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref())?;
        Ok((comparison, rules))
    }

    /// The work tree with what is imported, judged: every finding in it, whoever brought it.
    pub(super) fn judge(&self, imports: &ImportArgs, env: &Env<'_>) -> Result<Judged, CliError> {
        let as_of = self.as_of(env)?;
        let (mut comparison, rules) = self.open(env)?;
        let imported = imports.read(env)?;
        imports.apply(&imported, env, &mut comparison)?;
        super::imports::check(&imported, &rules)?;
        let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
        rules.check_policies(bundle.severities())?;
        let judgement = judge(&comparison, &rules, &bundle, as_of)?;
        Ok(Judged { comparison, rules, bundle, judgement, as_of })
    }
}

/// Judges trees for a command that shows no progress.
pub(super) fn judge(
    comparison: &Comparison,
    rules: &Rules,
    bundle: &Bundle,
    as_of: i64,
) -> Result<Judgement, CliError> {
    let silent = |_: Stage| {};
    let secrets = gate::search(comparison, rules, as_of)?;
    let task = Task {
        comparison,
        rules,
        bundle,
        as_of,
        people: None,
        strict: false,
        revoked: &[],
        secrets: &secrets,
        review: None,
        isolation: &Isolation::Nowhere,
        reader: None,
        progress: &silent,
    };
    Ok(gate::run(&task)?.judgement)
}
