//! Lists records with what became of each, and checks their signatures.

use clap::Args;

use super::super::imports::ImportArgs;
use super::{PlaceArgs, file};
use crate::cli::error::CliError;
use crate::cli::table::{ListFormat, aligned, print, rows_csv, rows_json};
use crate::cli::{Env, Exit};
use crate::facts::PersonFact;
use crate::formats::Reader;
use crate::gate::{Addresses, signed_by};
use crate::rules::{RecordKind, Rules, SIGNERS, Terms, day};
use crate::source::Comparison;

#[derive(Debug, Args)]
pub struct ListArgs {
    /// How the list is written.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    imports: ImportArgs,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Files or ids; default: all.
    records: Vec<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Lists the records of a kind.
pub(super) fn run(kind: RecordKind, args: &ListArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let judged = args.place.judge(&args.imports, env)?;
    let header = ["id", "state", "until", "answers", "owner", "because", "file"];
    let rows: Vec<Vec<String>> = judged
        .judgement
        .records
        .iter()
        .filter(|status| status.kind == kind)
        .map(|status| {
            vec![
                status.id.clone(),
                status.state.as_str().to_owned(),
                status.expires.map(|end| day(end - 1)).unwrap_or_default(),
                status.answers.to_string(),
                status.owner.clone(),
                status.because.clone(),
                status.path.to_string(),
            ]
        })
        .collect();
    let text = match args.format {
        ListFormat::Csv => rows_csv(&header, &rows),
        ListFormat::Json => rows_json("countersign.dev/records/v1", "records", &header, &rows),
        ListFormat::Table if rows.is_empty() => format!("there is no {} in {}\n", kind.as_str(), kind.folder()),
        ListFormat::Table => aligned(&header, &rows),
    };
    print(env, &text)?;
    Ok(Exit::Clean)
}

/// Checks the signatures of the records of a kind by the keys of the same tree.
pub(super) fn verify(kind: RecordKind, args: &VerifyArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.place.open(env)?;
    let as_of = args.place.as_of(env)?;
    let people = people(&comparison, &rules);
    let found = |named: &String| file::find(&rules.records, &comparison.root, &env.cwd, kind, named);
    let mut wanted: Vec<&Terms> = args.records.iter().map(found).collect::<Result<_, _>>()?;
    if args.records.is_empty() {
        wanted = file::of_kind(&rules.records, kind);
    }
    let mut text = String::new();
    let mut sound = true;
    for terms in &wanted {
        for approver in &terms.approvers {
            let verdict = check(terms, approver, &people, &rules, &[since(terms, as_of)]);
            sound &= verdict.is_ok() || terms.signatures.is_empty();
            let line = match verdict {
                Ok(line) => format!("ok       {}  {approver}  {line}\n", terms.id),
                Err(why) if terms.signatures.is_empty() => format!("unsigned {}  {approver}  {why}\n", terms.id),
                Err(why) => format!("refused  {}  {approver}  {why}\n", terms.id),
            };
            text.push_str(&line);
        }
    }
    if wanted.is_empty() {
        text = format!("there is no {} in {}\n", kind.as_str(), kind.folder());
    }
    print(env, &text)?;
    Ok(if sound { Exit::Clean } else { Exit::EvidenceInvalid })
}

/// When a record was given, as far as it says so.
pub(super) fn since(terms: &Terms, as_of: i64) -> i64 {
    terms.not_before.unwrap_or(as_of)
}

/// Whether somebody's signature over a record is there and fits, at every one of some instants.
pub(super) fn check(
    terms: &Terms,
    approver: &str,
    people: &[PersonFact],
    rules: &Rules,
    instants: &[i64],
) -> Result<String, String> {
    if terms.signatures.is_empty() {
        return Err("nobody signed it; it counts by review, or once it has landed".to_owned());
    }
    let Some((_, signers)) = &rules.signers else {
        return Err(format!("there is no {SIGNERS} to say whose keys count"));
    };
    let signed = signed_by(signers, terms, approver, &Addresses::of(people.iter()), instants)?;
    Ok(format!("{} as {}, {}", signed.fingerprint, signed.identity, signed.path))
}

/// The people whom a tree declares.
pub(super) fn people(comparison: &Comparison, rules: &Rules) -> Vec<PersonFact> {
    let reading = Reader::default().read(&comparison.head, rules);
    reading.units.iter().flat_map(|unit| unit.facts.people.iter().cloned()).collect()
}
