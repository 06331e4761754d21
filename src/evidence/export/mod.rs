//! A folder from which other engines derive our verdict again: policies, data, one document a subject with what is
//! expected of it, and atoms from which plain Rego joins again what Rust joined.
//!
//! Parsing is not in it: that files say what the atoms say is judged again by us alone (see [`super::reperform()`]).

mod atoms;
mod documents;
mod error;
mod joined;
mod knowledge;
mod links;
mod paths;
mod recorded;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Value, json};

pub use error::ExportError;
pub use recorded::opa_of_record;

use self::atoms::Beside;

use crate::gate::{self, Document, Joined, Task, Witness, policy_data};
use crate::policy::LIBRARY;
use crate::rules::Rules;
use crate::store::{create_folders, write_durably};

/// How many principals are derived again when nothing is found about them.
const SAMPLE: usize = 50;

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Documents that policies saw.
    pub documents: usize,
    /// What policies said of them.
    pub findings: usize,
    /// Principals whose duties and conflicts are derived again.
    pub sampled: usize,
    /// All principals.
    pub principals: usize,
}

/// Judges again and writes the folder. It is made if it is not there; it must be empty.
///
/// # Errors
/// [`ExportError`] when the run fails, when something is in the folder or it cannot be written, and when employment
/// facts were imported, which are written nowhere.
pub fn opa(task: &Task<'_>, into: &Path) -> Result<Exported, ExportError> {
    if task.people.is_some() {
        return Err(ExportError::Employment);
    }
    let folder = |error| ExportError::Folder(into.to_owned(), error);
    match std::fs::read_dir(into) {
        Ok(mut entries) => {
            if let Some(entry) = entries.next() {
                entry.map_err(folder)?;
                return Err(ExportError::NotEmpty(into.to_owned()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(folder(error)),
    }
    let (exported, files) = files(task)?;
    for (name, bytes) in &files {
        let path = into.join(name);
        if let Some(parent) = path.parent() {
            create_folders(parent)?;
        }
        write_durably(&path, bytes)?;
    }
    Ok(exported)
}

/// The files by their paths in the folder.
pub(super) fn files(task: &Task<'_>) -> Result<(Exported, BTreeMap<String, Vec<u8>>), ExportError> {
    let watcher = Watcher { rules: task.rules, documents: Mutex::default(), found: Mutex::default() };
    let record = gate::run_witnessed(task, &watcher)?;
    let documents = watcher.documents.into_inner().unwrap_or_default();
    let found = watcher.found.into_inner().unwrap_or_default();
    let documents = documents::named(documents);

    let mut files = BTreeMap::new();
    for (id, bytes) in policies(task) {
        files.insert(format!("policies/{id}.rego"), bytes);
    }
    for document in &documents {
        files.insert(format!("inputs/{}.json", document.name), pretty(&document.input));
    }
    files.insert("all.rego".to_owned(), documents::driver(task.bundle).into_bytes());
    files.insert("compare.rego".to_owned(), include_bytes!("compare.rego").to_vec());
    files.insert("data.json".to_owned(), pretty(&policy_data(task.as_of)));
    files.insert("inputs.json".to_owned(), pretty(&documents::inputs(&documents)));
    files.insert("expected.json".to_owned(), pretty(&documents::expected(&documents)));
    files.insert("derive/derive.rego".to_owned(), include_bytes!("derive.rego").to_vec());
    files.insert("derive/atoms.json".to_owned(), pretty(&json!({ "countersign": { "atoms": found.atoms } })));
    files.insert("derive/expected.json".to_owned(), pretty(&json!({ "countersign": { "joined": found.joined } })));
    files.insert("paths.csv".to_owned(), paths::table(&record.judgement, task.comparison).into_bytes());
    files.insert("check.py".to_owned(), include_bytes!("check.py").to_vec());
    files.insert("README.md".to_owned(), include_bytes!("README.md").to_vec());
    let exported = Exported {
        documents: documents.len(),
        findings: documents.iter().map(|document| document.findings.len()).sum(),
        sampled: found.sampled,
        principals: found.principals,
    };
    Ok((exported, files))
}

/// The policies in force, each under a name of its own.
fn policies(task: &Task<'_>) -> BTreeMap<String, Vec<u8>> {
    let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for policy in &task.bundle.policies {
        let mut name = documents::slug(&policy.id);
        // Names that differ in letters' case alone are one file on some systems.
        while all.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        all.insert(name, policy.file.bytes.to_vec());
    }
    let (_, library) = LIBRARY;
    if all.values().any(|text| String::from_utf8_lossy(text).contains("data.countersign.lib")) {
        all.insert("countersign_lib".to_owned(), library.as_bytes().to_vec());
    }
    all
}

/// JSON that a person can read; keys are in order.
fn pretty<T: Serialize>(value: &T) -> Vec<u8> {
    // Only maps with other keys than text fail, and none is used.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// Collects what a run tells.
struct Watcher<'a> {
    rules: &'a Rules,
    documents: Mutex<Vec<Document>>,
    found: Mutex<Found>,
}

/// What is to be derived again.
#[derive(Default)]
struct Found {
    atoms: Value,
    joined: Value,
    sampled: usize,
    principals: usize,
}

impl Witness for Watcher<'_> {
    fn asked(&self, document: Document) {
        if let Ok(mut documents) = self.documents.lock() {
            documents.push(document);
        }
    }

    fn joined(&self, joined: &Joined<'_>) {
        let principals = joined.matcher.graph.principals();
        let sample = joined::sample(joined, &principals);
        let beside =
            Beside { base: joined.base, links: &self.rules.config.links, definitions: &self.rules.definitions };
        let found = Found {
            atoms: atoms::atoms(joined.matcher, &beside, &sample),
            joined: joined::expected(joined.matcher, &sample),
            sampled: sample.len(),
            principals: principals.len(),
        };
        if let Ok(mut own) = self.found.lock() {
            *own = found;
        }
    }
}

#[cfg(test)]
mod tests;
