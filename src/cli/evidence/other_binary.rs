//! Judging again with the program of another version, which is given a copy of what the records name and nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::place::Opened;
use super::reperform::{REMOVED, Report, Row, SCHEMA, is_erased};
use crate::cli::Env;
use crate::cli::error::CliError;
use crate::evidence::log::FolderStorage;
use crate::evidence::{EvidenceError, Judge, Ledger, RecordId};

/// Lets `binary` judge the records again, fills in what it came to, and returns what it is.
///
/// # Errors
/// [`CliError`]: the program cannot be run, or its answer is not one of this format.
pub(super) fn run(
    binary: &Path,
    people: Option<&Path>,
    pseudonyms: Option<&Path>,
    ledger: &Opened<'_>,
    env: &Env<'_>,
    rows: &mut [Row],
) -> Result<Judge, CliError> {
    let folder = tempfile::Builder::new().prefix("countersign-").tempdir_in(&env.temp_dir)?;
    let copy = Ledger::new(FolderStorage::new(folder.path().join("evidence")));
    let mut survey = None;
    for row in rows.iter_mut() {
        match copy.copy(ledger, row.record) {
            Err(EvidenceError::NoObject(object)) if is_erased(&mut survey, ledger.storage, row.record, &object) => {
                row.erased = Some(REMOVED.to_owned());
            }
            done => done?,
        }
    }
    // A name without a folder is looked for here, and never by a variable.
    let program = env.cwd.join(binary);
    let mut command = Command::new(&program);
    command.args(["evidence", "reperform", "--store", "dir:evidence", "--format", "json"]);
    if let Some(people) = people {
        command.arg("--people").arg(env.cwd.join(people));
    }
    if let Some(pseudonyms) = pseudonyms {
        command.arg("--pseudonyms").arg(env.cwd.join(pseudonyms));
    }
    let mut asked: Vec<&mut Row> = rows.iter_mut().filter(|row| row.erased.is_none()).collect();
    if asked.is_empty() {
        return Ok(Judge::here(env.version));
    }
    command.args(asked.iter().map(|row| row.record.to_string()));
    let output = command.current_dir(folder.path()).env_clear().stdin(Stdio::null()).output().map_err(|error| {
        CliError::other(
            format!("{} cannot be run: {error}", binary.display()),
            "name the file of the program, as its release has it; it has to be executable",
        )
    })?;
    let report: Option<Report> = serde_json::from_slice(&output.stdout).ok();
    let Some(report) = report.filter(|report| report.schema == SCHEMA) else {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason");
        return Err(CliError::other(
            format!("{} does not answer as countersign does ({}): {said}", binary.display(), output.status),
            "name the file of the program, as its release has it",
        ));
    };
    let mut answers: BTreeMap<RecordId, Row> = report.records.into_iter().map(|row| (row.record, row)).collect();
    for row in &mut asked {
        let Some(answer) = answers.remove(&row.record) else {
            row.error = Some(format!("{} says nothing of it", binary.display()));
            continue;
        };
        // What is recorded is known here; of the program only what came out of it is taken.
        let same = answer.now.as_ref() == Some(&row.recorded);
        row.error = match (answer.error, &answer.difference) {
            (None, None) if !same && answer.erased.is_none() => Some(format!(
                "{} came to {}, and says not what differs",
                binary.display(),
                answer.now.as_deref().unwrap_or("nothing")
            )),
            (error, _) => error,
        };
        (row.now, row.difference, row.help) = (answer.now, answer.difference, answer.help);
        row.erased = answer.erased;
        if row.error.is_none() && row.judged_by.version != report.judge.version {
            row.other = Some(format!(
                "{} is {} {}: give the program of version {} to have it judged as it was then",
                binary.display(),
                report.judge.name,
                report.judge.version,
                row.judged_by.version
            ));
        }
    }
    Ok(report.judge)
}
