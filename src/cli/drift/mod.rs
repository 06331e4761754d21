//! `countersign drift`: what a tree declares, held against exports of what systems really have.

mod attached;
mod comes_along;
mod compare;
mod human;
mod observed;

use std::path::PathBuf;

use clap::Args;

use self::compare::Compared;
use self::observed::GivenAs;
use super::check::instant;
use super::error::CliError;
use super::evidence::KeyArgs;
use super::model::TreeArgs;
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::output::{DriftReport, LineOutcome, pretty};

/// Hold what is declared against an export of what a system really has.
///
/// Compared is who is given what, who is in which group, who may act as whom, and what roles hold. First comes what
/// somebody holds in fact and nothing declares: conflicts and privileged duties. What only one side speaks of is told and
/// counts as no drift. docs/drift.md says what each kind of export shows and what it does not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aws iam get-account-authorization-details > account.json
  countersign drift --observed account.json --as aws
  countersign drift --observed rbac.yaml --as kubernetes=kubernetes:prod
  countersign drift --observed roles.csv --as netsuite --observed users.csv --as netsuite
  countersign drift --observed account.json --as aws --head origin/main --format json
  countersign drift --observed account.json --as aws --key key.pem --run-by service:nightly

KIND is one of aws, kubernetes, github (what peribolos --dump writes), okta, sap, netsuite, workday,
fusion, d365.

Exit status: 0 both sides agree, 1 something is on one side alone, 2 wrong usage, configuration or
             git state, or an export that is none, 3 no system is on both sides,
             4 both agree, but an export may be incomplete")]
pub struct DriftArgs {
    /// An export of what a system has; may be given several times, each with --as.
    #[arg(long = "observed", value_name = "FILE", required = true, requires = "as")]
    files: Vec<PathBuf>,
    /// What the file before is an export of; with the system's id where the export does not name it.
    #[arg(long = "as", id = "as", value_name = "KIND[=SYSTEM]")]
    kinds: Vec<GivenAs>,
    /// When the exports were taken, if you know it: it is kept as your word.
    #[arg(long, value_name = "RFC3339")]
    taken_at: Option<String>,
    /// Compare as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// How to write the answer.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    tree: TreeArgs,
    /// Who runs this, `person:ID` or `service:ID`; asked for when it is signed.
    #[arg(long, value_name = "ID")]
    run_by: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    /// The evidence that a signed drift is added to. Default: where `check` keeps it.
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &DriftArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    if args.files.len() != args.kinds.len() {
        return Err(CliError::other(
            format!("--observed is given {} times and --as {} times", args.files.len(), args.kinds.len()),
            "give each file with its kind: `--observed account.json --as aws --observed rbac.yaml --as kubernetes`",
        ));
    }
    let taken_at = args.taken_at.as_deref().map(instant).transpose()?.map(table::instant);
    let as_of = args.as_of.as_deref().map(instant).transpose()?.unwrap_or_else(|| (env.now)());
    let given = observed::given(args.files.iter().map(PathBuf::as_path).zip(&args.kinds), env)?;
    let (comparison, rules) = args.tree.open(env)?;
    let compared = Compared::of(&comparison, &rules, &given, as_of)?;
    let report = compared.report(&given, taken_at, env.version);
    let signed = attached::sign(args, &report, &comparison, env)?;
    let text = match args.format {
        ListFormat::Json => pretty(&report),
        ListFormat::Csv => csv(&report),
        ListFormat::Table => human::drift(&report) + &signed.unwrap_or_default(),
    };
    table::print(env, &text)?;
    Ok(exit(&report))
}

fn exit(report: &DriftReport) -> Exit {
    if report.drift > 0 {
        Exit::Blocked
    } else if report.systems.iter().any(|system| system.inconclusive > 0) {
        Exit::NotEvaluated
    } else if report.systems.iter().all(|system| !system.compared) {
        Exit::NothingCollected
    } else {
        Exit::Clean
    }
}

fn csv(report: &DriftReport) -> String {
    let header = [
        "outcome",
        "tier",
        "aspect",
        "system",
        "subject",
        "what",
        "permissions",
        "scope",
        "duties",
        "declared at",
        "observed at",
        "note",
    ];
    let rows: Vec<Vec<String>> = report
        .lines
        .iter()
        .map(|line| {
            let scope = line.scope.iter().map(|(dimension, values)| format!("{dimension}={}", values.join("|")));
            vec![
                line.outcome.as_str().to_owned(),
                tier(line.outcome).to_owned(),
                line.aspect.clone(),
                line.system.clone(),
                line.subject.clone(),
                line.what.clone(),
                line.permissions.join("; "),
                scope.collect::<Vec<_>>().join("; "),
                line.duties.join(" "),
                line.declared_at.clone().unwrap_or_default(),
                line.observed_at.clone().unwrap_or_default(),
                line.note.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table::rows_csv(&header, &rows)
}

fn tier(outcome: LineOutcome) -> &'static str {
    match outcome {
        LineOutcome::Reconciled => "reconciled",
        LineOutcome::NotDeclared | LineOutcome::ComesWith => "observed",
        LineOutcome::NotObserved | LineOutcome::Inconclusive => "declared",
        LineOutcome::NotCompared => "",
    }
}
