//! `countersign adopt`: writes the register of what exists.

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::imports::ImportArgs;
use super::approval::next_steps;
use super::{PlaceArgs, file, list, sign};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::gate::{Judged, Meanings, State, extent_entries};
use crate::rules::RecordKind;

/// Write the register of the findings that are there today, so that whatever comes later is known to be new.
#[derive(Debug, Args)]
#[command(
    after_help = "\
The register names every finding that would block if a change brought it. Once it is signed or has landed, a finding \
                  that is neither in it nor answered by a record is shown as escaped (it landed past the gate) or \
                  revealed (what finds it is newer than the register).",
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct AdoptArgs {
    #[command(subcommand)]
    command: Option<AdoptCommand>,
    #[command(flatten)]
    new: NewArgs,
}

/// What else is done with a register.
#[derive(Debug, Subcommand)]
enum AdoptCommand {
    /// Sign the register with an SSH key.
    Sign(sign::SignArgs),
    /// Check the register's signatures.
    Verify(list::VerifyArgs),
}

#[derive(Debug, Args)]
struct NewArgs {
    /// Who answers for the register, and signs it; may be given several times.
    #[arg(long, value_name = "person:ID", required = true)]
    owner: Vec<String>,
    /// Who takes care of the findings; default: the register's first owner. `owner` in the file can be changed one by
    /// one.
    #[arg(long, value_name = "person:ID")]
    assignee: Option<String>,
    /// The day by which they are cleared; default: 90 days from now.
    #[arg(long, value_name = "DAY")]
    due: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "findings that existed when the gate was adopted")]
    reason: String,
    /// Its id.
    #[arg(long, default_value = "adoption")]
    id: String,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    imports: ImportArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &AdoptArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match &args.command {
        None => new(&args.new, env),
        Some(AdoptCommand::Sign(args)) => sign::run(RecordKind::Register, args, env),
        Some(AdoptCommand::Verify(args)) => list::verify(RecordKind::Register, args, env),
    }
}

fn new(args: &NewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let judged = args.place.judge(&args.imports, env)?;
    let owners = file::people("owner", &args.owner)?;
    let assignee = match &args.assignee {
        Some(who) => file::person("assignee", who)?,
        None => owners.first().cloned().unwrap_or_default(),
    };
    let due = file::day_or(args.due.as_deref(), judged.as_of, 90)?;
    let meanings = Meanings::new(&judged.bundle, &judged.rules, judged.judgement.kinds());
    let listed = |own: &&Judged| own.decision.blocks && own.state != State::Resolved;
    let findings: Vec<serde_json::Value> = judged
        .judgement
        .findings
        .iter()
        .filter(listed)
        .map(|own| {
            let finding = &own.finding;
            let about = super::subject::abouts(finding).join("+");
            let mut entry = json!({
                "finding": finding.fingerprint.0,
                "policy": &*finding.policy,
                "subject": &*finding.subject.id,
                "extent": extent_entries(&finding.extent),
                "owner": assignee,
                "due": due,
            });
            if let (Some(entry), false) = (entry.as_object_mut(), about.is_empty()) {
                entry.insert("about".to_owned(), json!(about));
            }
            entry
        })
        .collect();
    let count = findings.len();
    let document = file::document(
        "Register",
        &args.id,
        json!({
            "adopted": table::instant(judged.as_of),
            "owner": file::one_or_many(&owners),
            "reason": args.reason,
            "meanings": meanings.all(),
            "findings": findings,
        }),
    );
    let records = &judged.rules.records;
    let path = file::create(&judged.comparison.root, records, RecordKind::Register, &args.id, &document)?;
    let noun = if count == 1 { "finding" } else { "findings" };
    let text = format!(
        "{count} {noun} that would block today\n{}{}",
        next_steps(&path, "adopt", &owners),
        judged.of_strangers(&owners)
    );
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
