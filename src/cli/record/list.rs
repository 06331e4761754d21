//! Lists records with what became of each, and checks their signatures.

use clap::Args;

use super::PlaceArgs;
use super::approval::path_of;
use crate::cli::error::CliError;
use crate::cli::table::{ListFormat, aligned, print, rows_csv, rows_json};
use crate::cli::{Env, Exit};
use crate::facts::PersonFact;
use crate::formats::Reader;
use crate::keys::Refused;
use crate::rules::{Record, RecordKind, Records, Rules, SIGNERS, Terms, day};
use crate::source::Comparison;

#[derive(Debug, Args)]
pub struct ListArgs {
    /// How the list is written.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    place: PlaceArgs,
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
    let judged = args.place.judge(env)?;
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
        ListFormat::Csv => rows_csv(&header, &rows)?,
        ListFormat::Json => rows_json("countersign.dev/records/v1", "records", &header, &rows),
        ListFormat::Table if rows.is_empty() => format!("there is no {} in {}\n", kind.as_str(), kind.folder()),
        ListFormat::Table => aligned(&header, &rows),
    };
    print(env, &text)?;
    Ok(Exit::Clean)
}

/// The terms of every record of a kind.
pub(super) fn terms(records: &Records, kind: RecordKind) -> Vec<&Terms> {
    fn each<R: Record>(records: &[R]) -> Vec<&Terms> {
        records.iter().map(Record::terms).collect()
    }
    match kind {
        RecordKind::Approval => each(&records.approvals),
        RecordKind::Exception => each(&records.exceptions),
        RecordKind::Emergency => each(&records.emergencies),
        RecordKind::ReviewDecision => each(&records.reviews),
        RecordKind::Register => each(&records.registers),
    }
}

/// Checks the signatures of the records of a kind by the keys of the same tree.
pub(super) fn verify(kind: RecordKind, args: &VerifyArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.place.open(env)?;
    let as_of = args.place.as_of(env)?;
    let people = people(&comparison, &rules);
    let all = terms(&rules.records, kind);
    let mut wanted: Vec<&Terms> = Vec::new();
    for named in &args.records {
        let path = path_of(&comparison.root, &env.cwd, kind, named);
        let found = all.iter().find(|own| own.id == *named || comparison.root.join(&*own.file.path) == path);
        wanted.push(found.copied().ok_or_else(|| {
            let word = kind.as_str();
            CliError::other(
                format!("there is no {word} `{named}`"),
                format!("records of this kind are in {}", kind.folder()),
            )
        })?);
    }
    if args.records.is_empty() {
        wanted = all;
    }
    let mut text = String::new();
    let mut sound = true;
    for terms in &wanted {
        for approver in &terms.approvers {
            let verdict = check(terms, approver, &people, &rules, as_of);
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

/// Whether somebody's signature over a record is there and fits.
pub(super) fn check(
    terms: &Terms,
    approver: &str,
    people: &[PersonFact],
    rules: &Rules,
    as_of: i64,
) -> Result<String, String> {
    if terms.signatures.is_empty() {
        return Err("nobody signed it; it counts by review, or once it has landed".to_owned());
    }
    let Some((_, signers)) = &rules.signers else {
        return Err(format!("there is no {SIGNERS} to say whose keys count"));
    };
    let mut identities = vec![approver.to_owned()];
    let id = approver.strip_prefix("person:").unwrap_or(approver);
    let own = people.iter().filter(|person| *person.id == *id);
    identities.extend(own.flat_map(|person| &person.emails).map(|email| email.to_ascii_lowercase()));
    let at = terms.not_before.unwrap_or(as_of);
    let mut refused = None;
    for signature in &terms.signatures {
        for identity in &identities {
            match signers.verify(identity, terms.kind.namespace(), &terms.file.bytes, &signature.bytes, at) {
                Ok(verified) => return Ok(format!("{} as {identity}, {}", verified.fingerprint, signature.path)),
                Err(why) => refused = Some(Refused::nearer(refused, why)),
            }
        }
    }
    Err(refused.map_or_else(|| "nobody signed it".to_owned(), |why| why.to_string()))
}

/// The people whom a tree declares.
pub(super) fn people(comparison: &Comparison, rules: &Rules) -> Vec<PersonFact> {
    let reading = Reader::default().read(&comparison.head, rules);
    reading.units.iter().flat_map(|unit| unit.facts.people.iter().cloned()).collect()
}
