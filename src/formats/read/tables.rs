//! Tables among the files of a tree: found by their header rows, lowered folder by folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::{DATA_ENDINGS, LoweredUnit, NotLowered, Reader, UnitKey};
use crate::facts::{Gap, Text};
use crate::formats::tables::{Claim, Found, Header, TABLES, TableFile, TableFormat, TableUnit};
use crate::rules::{ExportKind, Rules};
use crate::source::{SourceFile, Tree};
use crate::store::Digest;
use crate::syntax::table::Dialect;

/// A file that is a table of one of the formats.
pub(super) struct TableCandidate<'a> {
    pub(super) file: &'a SourceFile,
    bytes: &'a [u8],
    digest: Digest,
    claim: Claim,
    format: &'static TableFormat,
    dialect: Dialect,
    system: Option<Text>,
    /// The file beside it that says how many rows it should have.
    pub(super) expected: Option<&'a SourceFile>,
}

/// Endings of files that are tables, whatever is in them.
const ROWS_ENDINGS: &[&str] = &[".csv", ".tsv"];

/// The ending of the file beside a table that says how many rows it should have.
const EXPECTED: &str = ".expect.yaml";

/// What a file is, by its header row.
pub(super) enum Recognised<'a> {
    /// A table.
    Table(TableCandidate<'a>),
    /// A table of a format that lacks a column without which its rows say nothing.
    Broken(NotLowered),
}

impl<'a> TableCandidate<'a> {
    /// What a file is, if it is a table. Files named like documents never are: a list in JSON has commas too.
    pub(super) fn of(file: &'a SourceFile, bytes: &'a [u8], digest: Digest, rules: &Rules) -> Option<Recognised<'a>> {
        if DATA_ENDINGS.iter().any(|ending| file.path.ends_with(ending)) {
            return None;
        }
        let named = rules.system_of(&file.path);
        let dialect = named.map(|system| system.dialect).unwrap_or_default();
        let header = Header::read(bytes, dialect)?;
        let claim = match header.table(export_of(file, rules))? {
            Found::Table(claim) => claim,
            Found::Nearly(format, reason) => {
                return Some(Recognised::Broken(NotLowered {
                    file: file.path.clone(),
                    digest: Some(digest),
                    format,
                    gap: Gap::Broken,
                    reason,
                    span: Some(header.span),
                }));
            }
        };
        let format = TABLES.get(claim.format)?;
        let system = named.map(|system| system.id.clone());
        Some(Recognised::Table(Self { file, bytes, digest, claim, format, dialect, system, expected: None }))
    }

    /// Looks for the file beside it that says how many rows it should have.
    pub(super) fn expect(&mut self, tree: &'a Tree) {
        self.expected = tree.get(&format!("{}{EXPECTED}", self.file.path));
    }

    pub(super) fn format(&self) -> &'static TableFormat {
        self.format
    }

    /// The tables of one format in one folder belong together, and what is imported stands in none.
    fn unit(&self) -> (usize, bool, &str) {
        let imported = self.file.imported_as().is_some();
        (self.claim.format, imported, self.file.path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }
}

/// Why an imported file is no export of what it is imported as.
///
/// # Errors
/// The reason, in words.
pub fn importable(file: &SourceFile, rules: &Rules) -> Result<(), String> {
    let (Some(wanted), Some(bytes), Some(digest)) = (export_of(file, rules), file.bytes(), file.digest()) else {
        return Err("it was not read".to_owned());
    };
    if DATA_ENDINGS.iter().any(|ending| file.path.ends_with(ending)) {
        return Err("a file with such a name is a document, and exports are tables".to_owned());
    }
    match TableCandidate::of(file, bytes, digest, rules) {
        Some(Recognised::Table(table)) if table.format.name == wanted.as_str() => Ok(()),
        Some(Recognised::Broken(found)) if found.format == wanted.as_str() => Err(found.reason),
        Some(Recognised::Table(table)) => Err(format!("it is a table of {}", table.format.name)),
        _ => Err(format!("no table of {} that is read has such columns", wanted.as_str())),
    }
}

/// What system's exports a file is said to be one of: by whoever imports it, else by the configuration.
fn export_of(file: &SourceFile, rules: &Rules) -> Option<ExportKind> {
    let said = || rules.system_of(&file.path)?.export;
    file.imported_as().map_or_else(said, ExportKind::of_word)
}

/// What system's tables are expected at a path, if it is named like one.
pub(super) fn expected(file: &SourceFile, rules: &Rules) -> Option<ExportKind> {
    let named = ROWS_ENDINGS.iter().any(|ending| file.path.ends_with(ending));
    export_of(file, rules).filter(|_| named)
}

impl Reader {
    /// Lowers tables, unit by unit.
    pub(super) fn lower_tables(&self, tables: &[TableCandidate<'_>]) -> Vec<LoweredUnit> {
        let mut units: BTreeMap<(usize, bool, &str), Vec<&TableCandidate<'_>>> = BTreeMap::new();
        for table in tables {
            units.entry(table.unit()).or_default().push(table);
        }
        let units: Vec<Vec<&TableCandidate<'_>>> = units.into_values().collect();
        units.par_iter().filter_map(|members| self.lower_table_unit(members)).collect()
    }

    fn lower_table_unit(&self, members: &[&TableCandidate<'_>]) -> Option<LoweredUnit> {
        let format = members.first()?.format;
        let key = |member: &&TableCandidate<'_>| {
            let system = member.system.clone().map(|id| (id, false));
            (member.file.path.clone(), member.digest, system, member.dialect)
        };
        let beside = |member: &&TableCandidate<'_>| {
            let file = member.expected?;
            Some((file.path.clone(), file.digest()?, None, Dialect::default()))
        };
        let key: UnitKey = (format.name, members.iter().map(key).chain(members.iter().filter_map(beside)).collect());
        let files = members.iter().map(|member| member.file.path.clone()).collect();
        if let Some(facts) = self.lowered.lock().ok().and_then(|lowered| lowered.get(&key).cloned()) {
            return Some(LoweredUnit { format: format.name, files, facts });
        }
        let unit = TableUnit {
            format,
            files: members
                .iter()
                .map(|member| TableFile {
                    path: &member.file.path,
                    bytes: member.bytes,
                    kind: member.claim.kind,
                    dialect: member.dialect,
                    system: member.system.clone(),
                    expected: member.expected.map(|file| file.bytes().map_or(&[][..], |bytes| bytes)),
                })
                .collect(),
        };
        let facts = Arc::new((format.lower)(&unit));
        if let Ok(mut lowered) = self.lowered.lock() {
            lowered.insert(key, facts.clone());
        }
        Some(LoweredUnit { format: format.name, files, facts })
    }
}
