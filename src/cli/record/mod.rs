//! Commands that write, sign, list and verify records.

mod adopt;
mod approval;
mod decision;
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

use super::check::instant;
use super::error::CliError;
use super::imports::ImportArgs;
use super::{Env, model};
use crate::formats::Reading;
use crate::gate::{self, Judgement, Record, Task, policy_data};
use crate::policy::Bundle;
use crate::rules::Rules;
use crate::source::Comparison;

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
    pub(super) reading: Reading,
    pub(super) as_of: i64,
}

impl Judged {
    /// What is said of those who shall approve and whom the tree does not know: their word would not count.
    pub(super) fn of_strangers(&self, people: &[String]) -> String {
        let strangers = people.iter().filter(|person| !gate::is_active(&self.reading, person, self.as_of));
        strangers
            .map(|person| {
                let id = person.strip_prefix("person:").unwrap_or(person);
                format!(
                    "warning: {person} is declared nowhere here as somebody who works here, so this would not count: \
                     a manifest with `kind: Person` and `id: {id}` has to land on the target first\n"
                )
            })
            .collect()
    }
}

impl PlaceArgs {
    pub(super) fn as_of(&self, env: &Env<'_>) -> Result<i64, CliError> {
        self.as_of.as_deref().map_or_else(|| Ok((env.now)()), instant)
    }

    /// The work tree, without a judgement.
    pub(super) fn open(&self, env: &Env<'_>) -> Result<(Comparison, Rules), CliError> {
        model::open_work_tree(&self.path, env)
    }

    /// The work tree with what is imported, judged: every finding in it, whoever brought it.
    pub(super) fn judge(&self, imports: &ImportArgs, env: &Env<'_>) -> Result<Judged, CliError> {
        let as_of = self.as_of(env)?;
        let (mut comparison, rules) = self.open(env)?;
        let imported = imports.read(env)?;
        imports.apply(&imported, env, &mut comparison)?;
        super::imports::check(&imported, &rules)?;
        let (bundle, record) = judge(&comparison, &rules, as_of)?;
        let Record { judgement, head: reading, .. } = record;
        Ok(Judged { comparison, rules, bundle, judgement, reading, as_of })
    }
}

/// Judges trees by the policies of their rules, for a command that shows no progress.
pub(super) fn judge(comparison: &Comparison, rules: &Rules, as_of: i64) -> Result<(Bundle, Record), CliError> {
    let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
    rules.check_policies(bundle.severities())?;
    let secrets = gate::search(comparison, rules, as_of)?;
    let record = gate::run(&Task::new(comparison, rules, &bundle, as_of, &secrets))?;
    Ok((bundle, record))
}
