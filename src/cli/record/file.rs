//! Writing a record's file: never over another one.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::error::CliError;
use crate::rules::{Day, RecordKind, RuleFile, day, record_path};

/// The document of a record.
pub(super) fn document(kind: &str, id: &str, spec: Value) -> Value {
    json!({ "apiVersion": "countersign.dev/v1", "kind": kind, "metadata": { "id": id }, "spec": spec })
}

/// Writes a new record and returns its path from the root.
pub(super) fn create(root: &Path, kind: RecordKind, id: &str, document: &Value) -> Result<String, CliError> {
    let path = record_path(kind, id);
    let text = yaml(document)?;
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

/// A document as YAML, its first line a comment that says what to do with it.
pub(super) fn yaml(document: &Value) -> Result<String, CliError> {
    serde_saphyr::to_string(document)
        .map_err(|error| CliError::Other { message: format!("the record cannot be written: {error}"), help: None })
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

/// Reads a record that was written, so that nothing is announced that cannot be read.
pub(super) fn reread(root: &Path, path: &str) -> Result<(), CliError> {
    let bytes = std::fs::read(root.join(path)).map_err(|error| cannot_write(path, &error))?;
    crate::rules::Records::load(&[RuleFile::new(path, bytes)])?;
    Ok(())
}
