//! A record's file: what is written in it, and which one somebody means.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::error::CliError;
use crate::rules::{Day, Record, RecordKind, Records, RuleFile, Terms, day, record_path};

/// The document of a record.
pub(super) fn document(kind: &str, id: &str, spec: Value) -> Value {
    json!({ "apiVersion": "countersign.dev/v1", "kind": kind, "metadata": { "id": id }, "spec": spec })
}

/// Writes a new record and returns its path from the root: never over another file, and only what can be read beside
/// the records that are there.
pub(super) fn create(
    root: &Path,
    records: &Records,
    kind: RecordKind,
    id: &str,
    document: &Value,
) -> Result<String, CliError> {
    let path = record_path(kind, id);
    let text = readable(records, &path, document)?;
    let target = root.join(&path);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(&path, &error))?;
    }
    let mut file = std::fs::File::create_new(&target).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CliError::other(format!("{path} is there already"), "choose another id with --id, or remove the file")
        }
        _ => cannot_write(&path, &error),
    })?;
    // What was begun and cannot be finished is no record.
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        drop(file);
        let _ = std::fs::remove_file(&target);
        return Err(cannot_write(&path, &error));
    }
    Ok(path)
}

/// A record's document as YAML, read once as the gate would read it: in the place of what stands at its path now, or
/// beside the others.
pub(super) fn readable(records: &Records, path: &str, document: &Value) -> Result<String, CliError> {
    let text = serde_saphyr::to_string(document)
        .map_err(|error| CliError::Other { message: format!("the record cannot be written: {error}"), help: None })?;
    // A path that is taken is refused when the file is made, and by a better error.
    let others = records.files.iter().filter(|file| *file.path != *path);
    let unsigned = others.filter(|file| file.path.strip_prefix(path).is_none_or(|rest| !rest.ends_with(".sig")));
    let mut files: Vec<RuleFile> = unsigned.cloned().collect();
    files.push(RuleFile::new(path, text.as_bytes()));
    Records::load(&files)?;
    Ok(text)
}

fn cannot_write(path: &str, error: &std::io::Error) -> CliError {
    CliError::other(format!("{path} cannot be written: {error}"), "check the folder and its permissions")
}

/// A day that somebody gave, or one that many days from now.
pub(super) fn day_or(given: Option<&str>, as_of: i64, days: i64) -> Result<String, CliError> {
    let Some(text) = given else { return Ok(day(as_of + days * 86_400)) };
    let quoted = Value::String(text.to_owned());
    serde_json::from_value::<Day>(quoted)
        .map(|day| day.to_string())
        .map_err(|error| CliError::other(error.to_string(), "a day is written as 2026-12-31"))
}

/// `person:ID` from what somebody typed.
pub(super) fn person(what: &str, text: &str) -> Result<String, CliError> {
    match text.split_once(':') {
        Some(("person", id)) if !id.is_empty() => Ok(text.to_owned()),
        None if !text.is_empty() => Ok(format!("person:{text}")),
        _ => Err(CliError::other(format!("the {what} `{text}` is not a person"), "write it as person:ID")),
    }
}

/// Several of them.
pub(super) fn people(what: &str, texts: &[String]) -> Result<Vec<String>, CliError> {
    texts.iter().map(|text| person(what, text)).collect()
}

/// One name as a text, several as a list.
pub(super) fn one_or_many(names: &[String]) -> Value {
    if let [one] = names { json!(one) } else { json!(names) }
}

/// The record that somebody means by a path or an id.
pub(super) fn find<'r>(
    records: &'r Records,
    root: &Path,
    cwd: &Path,
    kind: RecordKind,
    named: &str,
) -> Result<&'r Terms, CliError> {
    let all = of_kind(records, kind);
    let path = cwd.join(named);
    let at_path = |own: &&Terms| path.is_file() && root.join(&*own.file.path) == path;
    let found = all.iter().copied().find(|own| own.id == named).or_else(|| all.iter().copied().find(at_path));
    found.ok_or_else(|| {
        let word = kind.as_str();
        let known: Vec<&str> = all.iter().map(|own| own.id.as_str()).collect();
        let help = crate::syntax::nearest(named, known.iter().copied()).map_or_else(
            || format!("records of this kind are in {}; `new` writes one", kind.folder()),
            |near| format!("did you mean `{near}`?"),
        );
        CliError::other(format!("there is no {word} `{named}`"), help)
    })
}

/// The terms of every record of a kind.
pub(super) fn of_kind(records: &Records, kind: RecordKind) -> Vec<&Terms> {
    fn each<R: Record>(records: &[R]) -> Vec<&Terms> {
        records.iter().map(Record::terms).collect()
    }
    match kind {
        RecordKind::Approval => each(&records.approvals),
        RecordKind::Exception => each(&records.exceptions),
        RecordKind::Emergency => each(&records.emergencies),
        RecordKind::ReviewDecision => each(&records.reviews),
        RecordKind::Register => each(&records.registers),
        RecordKind::AccessReview => {
            records.campaigns.iter().flat_map(|campaign| &campaign.reviewers).map(|file| &file.terms).collect()
        }
    }
}
