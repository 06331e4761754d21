//! `countersign simulate`: what a grant would do, judged by the gate itself on the tree as it would be.

mod resolve;
mod suppose;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::{Args, ValueEnum};

use self::suppose::{Given, Taken};
use super::beyond::beyond;
use super::check::{self, Shown, read_people};
use super::error::CliError;
use super::model::{Model, ModelArgs, Way};
use super::policy_files::read_policies;
use super::{Env, Exit, table};
use crate::facts::scope::{Dimension, Scope};
use crate::gate::{self, Document, Joined, Task, Witness, policy_data};
use crate::output::{self, CheckReport, HoldingReport, Options, Revision, RunInfo, SimulateReport, StepReport, pretty};
use crate::policy::Bundle;
use crate::source::{Comparison, SourceFile};

/// Say what a grant would do before anybody gives it.
///
/// The gate judges the tree as it is against the tree with the grant: duties that somebody would gain, conflicts and
/// privileged duties with every path, what would stop a change that brings it, who may let it pass and how to ask them.
/// Nothing is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign simulate --grant ap-clerk --to alice.ng --scope legal_entity=DE01 --until 2027-06-30
  countersign simulate --grant AdministratorAccess --to account:aws:111122223333/deployer
  countersign simulate --grant kubernetes:prod/clusterrole/cluster-admin --to kim.alvarez
  countersign simulate --grant ap-clerk --grant ap-payments --to alice.ng    both at once
  countersign simulate --revoke ap-clerk --from alice.ng --grant ap-payments --to alice.ng

A role is one that a definition here defines or that its system brings along; a principal is
named as for access. The end of a name suffices, and SYSTEM/NAME tells several apart. What a person
is given in a system where one account is theirs goes to that account.

Exit status: 0 it would pass, 1 it would be blocked, 2 wrong usage, configuration or git state,
             3 and 4 as of check")]
pub struct SimulateArgs {
    /// Suppose that this role is given; may be given several times.
    #[arg(long, value_name = "ROLE", required_unless_present = "revoke", requires = "to")]
    grant: Vec<String>,
    /// To whom: once for all roles, or once for each.
    #[arg(long, value_name = "PRINCIPAL", requires = "grant")]
    to: Vec<String>,
    /// On what, such as legal_entity=DE01,US01; may be given several times. Left out: on everything.
    #[arg(long, value_name = "K=V", requires = "grant")]
    scope: Vec<String>,
    /// The last day, or the instant of the end.
    #[arg(long, value_name = "DATE", requires = "grant")]
    until: Option<String>,
    /// Suppose that this role is taken away; may be given several times.
    #[arg(long, value_name = "ROLE", requires = "from")]
    revoke: Vec<String>,
    /// From whom: once for all roles, or once for each.
    #[arg(long, value_name = "PRINCIPAL", requires = "revoke")]
    from: Vec<String>,
    /// How to write the answer.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Add the policies of this folder; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
    /// Employment facts, as for check.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Treat what is uncertain or conditional as certain.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    model: ModelArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Table,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &SimulateArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let model = Model::open(&args.model, None, env)?;
    let given = Given::of(args, &model)?;
    let taken = Taken::of(args, &model)?;
    let file = given.manifest().map(|text| SourceFile::supposed(&text));
    let comparison = model.comparison.clone().supposing(file);
    let mut policies = model.rules.policies.clone();
    for folder in &args.policy {
        policies.extend(read_policies(&env.cwd, folder)?);
    }
    let bundle = Bundle::load(&policies, policy_data(model.as_of))?;
    model.rules.check_policies(bundle.severities())?;
    let people = args.people.as_ref().map(|path| read_people(&env.cwd, path)).transpose()?;
    let watch = Watch { model: &model, comparison: &comparison, found: Mutex::default() };
    let secrets = gate::search(&comparison, &model.rules, model.as_of)?;
    let task = Task {
        people: people.as_ref(),
        strict: args.strict,
        revoked: &taken.revoked,
        ..Task::new(&comparison, &model.rules, &bundle, model.as_of, &secrets)
    };
    let judgement = gate::run_witnessed(&task, &watch)?.judgement;
    suppose::refuse_unread(&judgement)?;
    let (gained, lost) = watch.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let revision = |label: &str| Revision { label: label.to_owned(), commit: None, tree: None };
    let info = RunInfo {
        version: env.version.to_owned(),
        head: revision("as it would be"),
        base: Some(revision(&model.comparison.head_label)),
        ..RunInfo::default()
    };
    let check = CheckReport::new(&judgement, &info, &comparison);
    let supposed = given.reports().chain(taken.reports()).collect();
    let report = SimulateReport::new(check, supposed, holdings(gained), holdings(lost));
    match args.format {
        Format::Json => {
            table::print(env, &pretty(&report))?;
        }
        Format::Table => {
            let options = Options {
                colour: env.colour(env.stdout_is_terminal),
                unicode: env.unicode(),
                width: if env.stdout_is_terminal { env.width.unwrap_or(100).clamp(40, 140) } else { 100 },
                private: env.stdout_is_terminal,
                ..Options::default()
            };
            let mut bytes = Vec::new();
            output::render_simulation(&report, &Shown(&comparison, &secrets), &options, &mut bytes)?;
            table::print(env, &String::from_utf8_lossy(&bytes))?;
        }
    }
    Ok(check::exit(&judgement))
}

/// Sees the tree as it would be, and compares who holds what with today.
struct Watch<'a> {
    model: &'a Model,
    comparison: &'a Comparison,
    /// Ways that are there then, and ways that are there today, which the other one does not cover.
    found: Mutex<(Vec<Way>, Vec<Way>)>,
}

impl Witness for Watch<'_> {
    fn asked(&self, _: Document) {}

    fn joined(&self, joined: &Joined<'_>) {
        let today = self.model.matcher();
        let gained = beyond(joined.matcher, &today, self.comparison);
        let lost = beyond(&today, joined.matcher, &self.model.comparison);
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = (gained, lost);
    }
}

fn holdings(ways: Vec<Way>) -> Vec<HoldingReport> {
    let step = |step: super::model::LocatedStep| StepReport {
        text: step.text,
        side: None,
        file: step.file,
        line: step.line,
        column: None,
    };
    ways.into_iter()
        .map(|way| HoldingReport {
            principal: way.principal,
            duty: way.duty,
            title: way.title,
            privileged: way.privileged,
            system: way.system,
            held: way.certainty,
            indirect: way.indirect,
            on: without_system(&way.on).to_string(),
            scope: way.on.lists(),
            conditions: way.conditions,
            until: way.until.map(table::instant),
            included_in: way.included_in.or(way.under),
            path: way.steps.into_iter().map(step).collect(),
        })
        .collect()
}

/// A scope without the system, which is said beside it.
fn without_system(scope: &Scope) -> Scope {
    let own = scope.iter().filter(|(dimension, _)| **dimension != Dimension::system());
    own.fold(Scope::unknown(), |scope, (dimension, values)| scope.with(dimension.clone(), values.clone()))
}
