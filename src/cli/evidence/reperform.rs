//! `countersign evidence reperform`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::other_binary;
use super::place::{StoreArgs, evaluation};
use crate::cli::check::read_rule_file;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::log::Storage;
use crate::evidence::{
    Difference, EvidenceError, Judge, PREDICATE_TYPE, PseudonymError, PseudonymTable, RecordId, Statement, Survey,
    reperform,
};
use crate::policy::untrusted::Isolation;
use crate::rules::People;
use crate::store::Digest;

/// Judge recorded changes again, from what the evidence holds alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing but the evidence is read: no repository, no network, no clock. A record of another version is judged by this one, \
and that is said; with --binary, the program of that version judges, in a folder with a copy of what the records name and \
without any environment.

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
    /// Let this program judge: countersign of the version that made the records.
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "human")]
    format: FormatArg,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// What judging again came to, as one program tells it to another.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Report {
    pub(super) schema: String,
    /// What judged now.
    pub(super) judge: Judge,
    pub(super) records: Vec<Row>,
}

/// The schema of [`Report`].
pub(super) const SCHEMA: &str = "countersign.dev/reperformance/v1";

/// One record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Row {
    pub(super) record: RecordId,
    pub(super) verdict: String,
    /// What judged then.
    pub(super) judged_by: Judge,
    /// The digest of the result, as it is recorded and as it came out now.
    pub(super) recorded: String,
    pub(super) now: Option<String>,
    /// The first field that differs.
    pub(super) difference: Option<Difference>,
    /// That what it was judged from was removed, as the log or the table of pseudonyms says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erased: Option<String>,
    /// Why it could not be judged again, and what to do.
    pub(super) error: Option<String>,
    pub(super) help: Option<String>,
    /// That the program that was given is not of the version that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) other: Option<String>,
}

impl Row {
    pub(super) fn of(record: RecordId, statement: &Statement) -> Self {
        let predicate = &statement.predicate;
        Self {
            record,
            verdict: predicate.verdict.to_string(),
            judged_by: Judge::of(statement),
            recorded: predicate.result_digest.get("sha256").cloned().unwrap_or_default(),
            now: None,
            difference: None,
            erased: None,
            error: None,
            help: None,
            other: None,
        }
    }

    fn same(&self) -> bool {
        self.erased.is_none() && self.error.is_none() && self.now.as_ref() == Some(&self.recorded)
    }

    fn human(&self, judge: &Judge) -> String {
        let short = self.record.to_string();
        let short = short.get(..12).unwrap_or(&short);
        if let Some(erased) = &self.erased {
            return format!("erased    {short}  {erased}\n");
        }
        let line = match (&self.error, &self.difference) {
            (Some(error), _) => {
                let help = self.help.as_ref().map(|help| format!("\n          {help}"));
                return format!("failed    {short}  {error}{}\n", help.unwrap_or_default());
            }
            (None, Some(found)) => {
                format!("differs   {short}  {}: {} then, {} now\n", found.field, found.recorded, found.now)
            }
            (None, None) => format!("the same  {short}  {}, {}\n", self.verdict, self.recorded),
        };
        let other = (self.judged_by != *judge)
            .then(|| format!("          judged then by {}, now by {judge}\n", self.judged_by));
        let version = self.other.as_ref().map(|other| format!("          {other}\n"));
        line + &other.unwrap_or_default() + &version.unwrap_or_default()
    }
}

/// Runs the command.
pub(super) fn run(args: &ReperformArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let mut chosen: Vec<RecordId> = args.records.iter().map(|named| ledger.find(named)).collect::<Result<_, _>>()?;
    if chosen.is_empty() {
        for id in ledger.records()? {
            if ledger.predicate_type(id)? == PREDICATE_TYPE {
                chosen.push(id);
            }
        }
    }
    if let (Some(count), Some(seed)) = (args.sample, &args.seed) {
        chosen.sort_by_key(|id| Digest::of(format!("{seed}\n{id}\n").as_bytes()));
        chosen.truncate(count);
    }
    let mut rows = Vec::new();
    for id in &chosen {
        rows.push(Row::of(*id, &evaluation(&ledger, *id)?));
    }
    let judge = match &args.binary {
        Some(binary) => {
            let (people, pseudonyms) = (args.people.as_deref(), args.pseudonyms.as_deref());
            other_binary::run(binary, people, pseudonyms, &ledger, env, &mut rows)?
        }
        None => here(args, env, &ledger, &mut rows)?,
    };
    let same = rows.iter().filter(|row| row.same()).count();
    let erased = rows.iter().filter(|row| row.erased.is_some()).count();
    let all = rows.len();
    let text = match args.format {
        FormatArg::Human => {
            let lines: String = rows.iter().map(|row| row.human(&judge)).collect();
            let gone = if erased > 0 { format!(", {erased} erased") } else { String::new() };
            format!("{lines}{same} of {all} came out the same, to the byte{gone}\n")
        }
        FormatArg::Json => {
            let report = Report { schema: SCHEMA.to_owned(), judge, records: rows };
            crate::output::pretty(&report)
        }
    };
    table::print(env, &text)?;
    Ok(if same + erased == all { Exit::Clean } else { Exit::EvidenceInvalid })
}

/// What is said of a record that cannot be judged again, and need not be.
pub(super) const REMOVED: &str = "what it was judged from was removed, as the log says";

/// Judges in this process.
fn here(
    args: &ReperformArgs,
    env: &Env<'_>,
    ledger: &super::place::Opened<'_>,
    rows: &mut [Row],
) -> Result<Judge, CliError> {
    let people = args.people.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    let people = people.map(|file| People::read(&file)).transpose()?;
    let table = args.pseudonyms.as_ref().map(|path| PseudonymTable::read(&env.cwd.join(path)));
    let table = table.transpose().map_err(EvidenceError::from)?;
    let isolation = Isolation::of(env.binary.clone());
    let mut survey: Option<Survey> = None;
    for row in rows {
        let statement: Statement = ledger.statement(row.record)?;
        // A record that was judged without employment facts needs none, whoever else's were given.
        let people = people.as_ref().filter(|_| statement.predicate.people.is_some());
        match reperform(&statement, ledger, people, table.as_ref(), &isolation, env.version) {
            Err(EvidenceError::NoObject(object)) if is_erased(&mut survey, ledger.storage, row.record, &object) => {
                row.erased = Some(REMOVED.to_owned());
            }
            Err(EvidenceError::Pseudonyms(error @ PseudonymError::Forgotten(_))) => {
                row.erased = Some(error.to_string())
            }
            Err(error) => {
                row.help = miette::Diagnostic::help(&error).map(|help| help.to_string());
                row.error = Some(error.to_string());
            }
            Ok(again) => {
                row.now = Some(again.result_digest);
                row.difference = again.difference;
            }
        }
    }
    Ok(Judge::here(env.version))
}

/// Whether the log says that an object was removed and may lack for a record. The log is read when something lacks first.
pub(super) fn is_erased<S: Storage>(survey: &mut Option<Survey>, storage: &S, id: RecordId, object: &Digest) -> bool {
    if survey.is_none() {
        *survey = Survey::read(storage).ok();
    }
    survey.as_ref().is_some_and(|survey| survey.excuses(id, object))
}
