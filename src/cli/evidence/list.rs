//! `countersign evidence list`.

use clap::Args;

use super::place::StoreArgs;
use crate::cli::error::CliError;
use crate::cli::table::{ListFormat, aligned, print, rows_csv, rows_json};
use crate::cli::{Env, Exit};
use crate::evidence::{
    AttachmentStatement, HoldAction, HoldStatement, PREDICATE_TYPE, Statement, TombstoneStatement, TrustStatement,
};

/// List the records.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only evaluations that came to this: pass, blocked or error.
    #[arg(long, value_name = "VERDICT")]
    verdict: Option<String>,
    /// Only evaluations of this commit, or of commits that begin so.
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// How the list is written.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &ListArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let header = ["record", "made", "what", "verdict", "commit", "blocking", "bundles"];
    let filtered = args.verdict.is_some() || args.commit.is_some();
    let mut rows = Vec::new();
    for id in ledger.records()? {
        let bundles = ledger.bundles(id)?.len().to_string();
        let short = id.to_string().get(..12).unwrap_or_default().to_owned();
        if ledger.predicate_type(id)? != PREDICATE_TYPE {
            let empty = String::new;
            if filtered {
                continue;
            }
            if let Ok(statement) = ledger.statement::<AttachmentStatement>(id) {
                let file = statement.subject.first().and_then(|file| file.name.clone()).unwrap_or_default();
                let what = format!("attached: {file}");
                rows.push(vec![short, statement.predicate.at, what, empty(), empty(), empty(), bundles]);
            } else if let Ok(statement) = ledger.statement::<HoldStatement>(id) {
                let said = statement.predicate;
                let what = match said.action {
                    HoldAction::Place { .. } => "hold: place",
                    HoldAction::Lift { .. } => "hold: lift",
                };
                rows.push(vec![short, said.at, what.to_owned(), empty(), empty(), empty(), bundles]);
            } else if let Ok(statement) = ledger.statement::<TombstoneStatement>(id) {
                let said = statement.predicate;
                let what = format!("tombstone: {} objects", said.objects.len());
                rows.push(vec![short, said.at, what, empty(), empty(), empty(), bundles]);
            } else if let Ok(statement) = ledger.statement::<TrustStatement>(id) {
                let what = format!("trust: {:?} {}", statement.predicate.action, statement.predicate.role.as_str());
                rows.push(vec![short, statement.predicate.at, what.to_lowercase(), empty(), empty(), empty(), bundles]);
            }
            continue;
        }
        let statement: Statement = ledger.statement(id)?;
        let predicate = statement.predicate;
        let commit = predicate.head.git_commit.clone().unwrap_or_default();
        if args.verdict.as_ref().is_some_and(|verdict| predicate.verdict != *verdict)
            || args.commit.as_ref().is_some_and(|wanted| !commit.starts_with(wanted.as_str()))
        {
            continue;
        }
        rows.push(vec![
            short,
            predicate.invocation.finished_on.clone(),
            predicate.invocation.mode.to_string(),
            predicate.verdict.to_string(),
            commit.get(..12).unwrap_or_default().to_owned(),
            predicate.findings.blocking.len().to_string(),
            bundles,
        ]);
    }
    rows.sort_by(|a, b| (&a[1], &a[0]).cmp(&(&b[1], &b[0])));
    let text = match args.format {
        ListFormat::Csv => rows_csv(&header, &rows),
        ListFormat::Json => rows_json("countersign.dev/evidence/v1", "records", &header, &rows),
        ListFormat::Table if rows.is_empty() => format!("there is no such record in {}\n", store.label),
        ListFormat::Table => aligned(&header, &rows),
    };
    print(env, &text)?;
    Ok(Exit::Clean)
}
