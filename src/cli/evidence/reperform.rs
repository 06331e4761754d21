//! `countersign evidence reperform`.

use std::path::PathBuf;

use clap::Args;

use super::place::StoreArgs;
use crate::cli::check::read_rule_file;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::log::Storage;
use crate::evidence::{
    EvidenceError, PREDICATE_TYPE, PseudonymError, PseudonymTable, RecordId, Statement, Survey, reperform,
};
use crate::policy::untrusted::Isolation;
use crate::rules::People;
use crate::store::Digest;

/// Judge recorded changes again, from what the evidence holds alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing but the evidence is read: no repository, no network, no clock.

A record whose inputs were removed, as a tombstone in the log says, is counted as erased.

Exit status: 0 everything came out the same or is erased, 5 something did not, 2 it cannot be read")]
pub struct ReperformArgs {
    /// Records, by their ids or the beginning of them.
    #[arg(required_unless_present_any = ["all", "sample"])]
    records: Vec<String>,
    /// Every evaluation.
    #[arg(long, conflicts_with_all = ["records", "sample"])]
    all: bool,
    /// So many evaluations, chosen by --seed: whoever has the same records and the same seed chooses the same.
    #[arg(long, value_name = "N", conflicts_with = "records", requires = "seed")]
    sample: Option<usize>,
    /// What the choice follows from.
    #[arg(long, value_name = "TEXT")]
    seed: Option<String>,
    /// The employment facts that were imported then: they are never kept.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// The table of pseudonyms, for records in which they stand for people.
    #[arg(long, value_name = "FILE")]
    pseudonyms: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &ReperformArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let mut chosen: Vec<RecordId> = args.records.iter().map(|named| ledger.find(named)).collect::<Result<_, _>>()?;
    if chosen.is_empty() {
        chosen = ledger.records()?;
        let mut evaluations = Vec::new();
        for id in chosen {
            if ledger.predicate_type(id)? == PREDICATE_TYPE {
                evaluations.push(id);
            }
        }
        chosen = evaluations;
    }
    if let (Some(count), Some(seed)) = (args.sample, &args.seed) {
        chosen.sort_by_key(|id| Digest::of(format!("{seed}\n{id}\n").as_bytes()));
        chosen.truncate(count);
    }
    let people = args.people.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    let people = people.map(|file| People::read(&file)).transpose()?;
    let table = args.pseudonyms.as_ref().map(|path| PseudonymTable::read(&env.cwd.join(path)));
    let table = table.transpose().map_err(EvidenceError::from)?;
    let isolation = Isolation::of(env.binary.clone());
    let (mut wrong, mut erased) = (0, 0);
    let mut survey: Option<Survey> = None;
    for id in &chosen {
        let statement: Statement = ledger.statement(*id)?;
        // A record that was judged without employment facts needs none, whoever else's were given.
        let people = people.as_ref().filter(|_| statement.predicate.people.is_some());
        let short = id.to_string();
        let short = short.get(..12).unwrap_or(&short);
        let line = match reperform(&statement, &ledger, people, table.as_ref(), &isolation) {
            Err(EvidenceError::NoObject(object)) if is_erased(&mut survey, &store.storage, *id, &object) => {
                erased += 1;
                format!("erased    {short}  what it was judged from was removed, as the log says\n")
            }
            Err(EvidenceError::Pseudonyms(error @ PseudonymError::Forgotten(_))) => {
                erased += 1;
                format!("erased    {short}  {error}\n")
            }
            Err(error) => {
                wrong += 1;
                let help = miette::Diagnostic::help(&error).map(|help| format!("\n          {help}"));
                format!("failed    {short}  {error}{}\n", help.unwrap_or_default())
            }
            Ok(again) => {
                let engine = again.other_engine.map(|then| format!("          judged then by {then}\n"));
                let line = match again.difference {
                    Some(found) => {
                        wrong += 1;
                        format!("differs   {short}  {}: {} then, {} now\n", found.field, found.recorded, found.now)
                    }
                    None => format!("the same  {short}  {}, {}\n", statement.predicate.verdict, again.result_digest),
                };
                line + &engine.unwrap_or_default()
            }
        };
        table::print(env, &line)?;
    }
    let same = chosen.len() - wrong - erased;
    let gone = if erased > 0 { format!(", {erased} erased") } else { String::new() };
    table::print(env, &format!("{same} of {} came out the same, to the byte{gone}\n", chosen.len()))?;
    Ok(if wrong == 0 { Exit::Clean } else { Exit::EvidenceInvalid })
}

/// Whether the log says that an object was removed and may lack for a record. The log is read when something lacks first.
fn is_erased<S: Storage>(survey: &mut Option<Survey>, storage: &S, id: RecordId, object: &Digest) -> bool {
    if survey.is_none() {
        *survey = Survey::read(storage).ok();
    }
    survey.as_ref().is_some_and(|survey| survey.excuses(id, object))
}
