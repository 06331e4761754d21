//! `countersign evidence hold`: what must not be removed, whatever its date.

use clap::{Args, Subcommand};

use super::key::KeyArgs;
use super::place::StoreArgs;
use crate::cli::check::instant;
use crate::cli::error::CliError;
use crate::cli::table::{ListFormat, aligned, rows_csv, rows_json};
use crate::cli::{Env, Exit, table};
use crate::evidence::{Covers, HoldAction, Recorder, Survey, hold};

/// Place, lift and list legal holds: what they cover is never removed.
#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Place a hold, as a signed record of the log.
    Place(Box<PlaceArgs>),
    /// Lift a hold, as another one.
    Lift(Box<LiftArgs>),
    /// List the holds that are in force.
    List(ListArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "What several of --repository, --from, --until and --record say must all be so.")]
pub struct PlaceArgs {
    /// Everything that there is and that will come.
    #[arg(long, conflicts_with_all = ["record", "repository", "from", "until"],
        required_unless_present_any = ["record", "repository", "from", "until"])]
    all: bool,
    /// This record, by its id or the beginning of it; may be given several times.
    #[arg(long, value_name = "RECORD")]
    record: Vec<String>,
    /// Evaluations of this repository, as their subjects name it, and records that name none.
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// What was made at this instant or later.
    #[arg(long, value_name = "RFC3339")]
    from: Option<String>,
    /// What was made before this instant.
    #[arg(long, value_name = "RFC3339")]
    until: Option<String>,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Args)]
pub struct LiftArgs {
    /// The hold, by the id of the record that placed it or the beginning of it.
    hold: String,
    #[command(flatten)]
    who: WhoArgs,
}

#[derive(Debug, Args)]
struct WhoArgs {
    /// Who decided it: `person:ID` or `service:ID`.
    #[arg(long, value_name = "ID")]
    by: String,
    /// Why. It is recorded for good.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// How the list is written.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(command: &HoldCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        HoldCommand::Place(args) => place(args, env),
        HoldCommand::Lift(args) => lift(args, env),
        HoldCommand::List(args) => list(args, env),
    }
}

fn place(args: &PlaceArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.who.store.open(env)?;
    let ledger = store.ledger();
    let normal = |text: &Option<String>| text.as_deref().map(|text| instant(text).map(table::instant)).transpose();
    let covers = Covers {
        records: args.record.iter().map(|named| ledger.find(named)).collect::<Result<_, _>>()?,
        repository: args.repository.clone(),
        from: normal(&args.from)?,
        until: normal(&args.until)?,
    };
    let (recorder, _) = Recorder::open(&store.storage, args.who.key.open(env)?)?;
    let at = table::instant((env.now)());
    let logged = hold(&recorder, HoldAction::Place { covers }, &args.who.by, &args.who.reason, at)?;
    table::print(env, &format!("placed the hold {} at {}\n", logged.id, logged.index))?;
    Ok(Exit::Clean)
}

fn lift(args: &LiftArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.who.store.open(env)?;
    let id = store.ledger().find(&args.hold)?;
    let (recorder, _) = Recorder::open(&store.storage, args.who.key.open(env)?)?;
    let at = table::instant((env.now)());
    let logged = hold(&recorder, HoldAction::Lift { hold: id }, &args.who.by, &args.who.reason, at)?;
    table::print(env, &format!("lifted the hold {id} at {}\n", logged.index))?;
    Ok(Exit::Clean)
}

fn list(args: &ListArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let survey = Survey::read(&store.storage)?;
    let rows: Vec<Vec<String>> = survey
        .holds()
        .map(|own| {
            let short = own.id.to_string().get(..12).unwrap_or_default().to_owned();
            vec![short, own.at.clone(), own.by.clone(), covered(&own.covers), own.reason.clone()]
        })
        .collect();
    let header = ["hold", "placed", "by", "covers", "reason"];
    let text = match args.format {
        ListFormat::Csv => rows_csv(&header, &rows),
        ListFormat::Json => rows_json("countersign.dev/holds/v1", "holds", &header, &rows),
        ListFormat::Table if rows.is_empty() => format!("no hold is in force in {}\n", store.label),
        ListFormat::Table => aligned(&header, &rows),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What a hold is over, in words.
fn covered(covers: &Covers) -> String {
    let mut parts = Vec::new();
    match covers.records.len() {
        0 => {}
        1 => parts.push("1 record".to_owned()),
        n => parts.push(format!("{n} records")),
    }
    parts.extend(covers.repository.as_ref().map(|name| format!("of {name}")));
    parts.extend(covers.from.as_ref().map(|from| format!("from {from}")));
    parts.extend(covers.until.as_ref().map(|until| format!("before {until}")));
    if parts.is_empty() { "everything".to_owned() } else { parts.join(", ") }
}
