//! The table of pseudonyms: a file that whoever may know people's names keeps, and no evidence has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use miette::Diagnostic;
use rand_core::{OsRng, RngCore as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tempfile::NamedTempFile;

use super::{DIGITS, PREFIX};
use crate::store::{Digest, StoreError, sync_folder};

const SCHEMA: &str = "countersign.dev/pseudonyms/v1";

/// Which text each pseudonym stands for, and the key that makes them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PseudonymTable {
    schema: String,
    /// 32 bytes: a pseudonym is a keyed digest of its text (HMAC-SHA-256, RFC 2104), so that it is always the same and
    /// nobody without the key can try names.
    key: Digest,
    rows: BTreeMap<String, Row>,
    /// Pseudonyms of those who were forgotten. Their rows do not come back.
    forgotten: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Whose name it is: `person:ID`, `account:SYSTEM/NAME`, an e-mail address or a login.
    subject: String,
    text: String,
}

/// What it says is people's, and what makes it is secret.
impl fmt::Debug for PseudonymTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PseudonymTable({} rows)", self.rows.len())
    }
}

impl PseudonymTable {
    /// A table without rows, with a new key.
    #[must_use]
    pub fn generate() -> Self {
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        Self::with_key(key)
    }

    pub(super) fn with_key(key: [u8; 32]) -> Self {
        Self { schema: SCHEMA.to_owned(), key: Digest(key), rows: BTreeMap::new(), forgotten: BTreeSet::new() }
    }

    /// Reads a table's bytes.
    ///
    /// # Errors
    /// [`PseudonymError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PseudonymError> {
        let table: Self =
            serde_json::from_slice(bytes).map_err(|error| PseudonymError::Malformed(error.to_string()))?;
        if table.schema == SCHEMA {
            Ok(table)
        } else {
            Err(PseudonymError::Malformed(format!("its schema is `{}`, and `{SCHEMA}` is known", table.schema)))
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    fn keyed(&self, kind: &str, text: &str) -> String {
        // A key of 32 bytes is never refused: HMAC takes any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key.0) else { return String::new() };
        mac.update(format!("countersign.dev/{kind}/v1\n{text}").as_bytes());
        Digest(mac.finalize().into_bytes().into()).to_string()
    }

    /// What names it in records, without saying anything of its key.
    #[must_use]
    pub fn id(&self) -> String {
        self.keyed("pseudonym-table", "").get(..16).unwrap_or_default().to_owned()
    }

    /// The pseudonym of a text.
    #[must_use]
    pub fn pseudonym(&self, text: &str) -> String {
        format!("{PREFIX}{}", self.keyed("pseudonym", text).get(..DIGITS).unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn lose_rows(&mut self) {
        self.rows.clear();
    }

    /// Adds a row, unless it is that of somebody who was forgotten.
    pub(super) fn add(&mut self, pseudonym: &str, subject: &str, text: &str) {
        if !self.forgotten.contains(pseudonym) {
            let row = Row { subject: subject.to_owned(), text: text.to_owned() };
            self.rows.entry(pseudonym.to_owned()).or_insert(row);
        }
    }

    /// What a pseudonym stands for.
    pub(super) fn text(&self, pseudonym: &str) -> Result<String, PseudonymError> {
        match self.rows.get(pseudonym) {
            Some(row) => Ok(row.text.clone()),
            None if self.forgotten.contains(pseudonym) => Err(PseudonymError::Forgotten(pseudonym.to_owned())),
            None => Err(PseudonymError::NoRow(pseudonym.to_owned())),
        }
    }

    /// Deletes the rows of a subject, or of whose name a text is, and returns how many. What is kept of that person from
    /// then on gets the same pseudonyms, and no rows.
    pub fn forget(&mut self, name: &str) -> usize {
        let name = name.to_lowercase();
        let is = |row: &Row| row.subject.to_lowercase() == name || row.text.to_lowercase() == name;
        let subjects: BTreeSet<String> =
            self.rows.values().filter(|row| is(row)).map(|row| row.subject.clone()).collect();
        let gone: Vec<String> = self
            .rows
            .iter()
            .filter(|(_, row)| is(row) || !row.subject.is_empty() && subjects.contains(&row.subject))
            .map(|(pseudonym, _)| pseudonym.clone())
            .collect();
        for pseudonym in &gone {
            self.rows.remove(pseudonym);
            self.forgotten.insert(pseudonym.clone());
        }
        gone.len()
    }
}

/// A table in its file, which nobody else changes meanwhile.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    /// The table.
    pub table: PseudonymTable,
    _lock: File,
}

impl TableFile {
    /// Makes a file with a new table. It must not exist.
    ///
    /// # Errors
    /// [`PseudonymError`].
    pub fn create(path: &Path) -> Result<(), PseudonymError> {
        if path.symlink_metadata().is_ok() {
            return Err(PseudonymError::Exists(path.to_owned()));
        }
        write_private(path, &PseudonymTable::generate().to_bytes())
    }

    /// Opens a file to change it. The system gives its lock back when the process ends, however it ends.
    ///
    /// # Errors
    /// [`PseudonymError`]: it cannot be read, others may read it, or it is no table.
    pub fn open(path: &Path) -> Result<Self, PseudonymError> {
        let failed = |error| PseudonymError::Unreadable { path: path.to_owned(), error };
        // First, so that no lock is left beside what is not there.
        let _ = read(path)?;
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self { path: path.to_owned(), table: read(path)?, _lock: lock })
    }

    /// Writes it, so that it is there before the evidence that needs it.
    ///
    /// # Errors
    /// [`PseudonymError::Store`].
    pub fn save(&self) -> Result<(), PseudonymError> {
        write_private(&self.path, &self.table.to_bytes())
    }
}

/// Writes a file that only its owner can read: whole beside it, and then in its place, durably.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), PseudonymError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        // Such a file is its owner's alone from its beginning.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failed| failed.error)?;
        Ok(())
    };
    written().map_err(|error| PseudonymError::Store(StoreError::from_io(path, error)))?;
    sync_folder(folder).map_err(PseudonymError::Store)
}

/// Reads a table's file. Only its owner may be able to.
///
/// # Errors
/// [`PseudonymError`].
pub(super) fn read(path: &Path) -> Result<PseudonymTable, PseudonymError> {
    let failed = |error| PseudonymError::Unreadable { path: path.to_owned(), error };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(PseudonymError::Exposed { path: path.to_owned(), mode });
        }
    }
    PseudonymTable::parse(&fs::read(path).map_err(failed)?)
}

impl PseudonymTable {
    /// Reads a table's file, to look into it alone.
    ///
    /// # Errors
    /// [`PseudonymError`]: it cannot be read, others may read it, or it is no table.
    pub fn read(path: &Path) -> Result<Self, PseudonymError> {
        read(path)
    }
}

/// Why there are no pseudonyms, or no names.
#[derive(Debug)]
pub enum PseudonymError {
    /// A record has pseudonyms, and no table is given.
    NoTable(String),
    /// Another table than the one that a record was made with.
    OtherTable {
        /// The one that it was made with.
        wanted: String,
        /// The one that is given.
        given: String,
    },
    /// Somebody was forgotten.
    Forgotten(String),
    /// A row lacks, and nobody was forgotten by it.
    NoRow(String),
    /// More names than can be looked for.
    TooMany(String),
    /// A file that is no table.
    Malformed(String),
    /// A file that is there already.
    Exists(PathBuf),
    /// A file that cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file that others than its owner may read.
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A table in a place that evidence or the repository is kept in.
    Beside(PathBuf),
    /// The configuration asks for pseudonyms, and no table is given.
    Wanted,
    /// A file that cannot be written.
    Store(StoreError),
}

impl fmt::Display for PseudonymError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTable(id) => write!(f, "it has pseudonyms for people, of the table {id}"),
            Self::OtherTable { wanted, given } => {
                write!(f, "its pseudonyms are of the table {wanted}, and the one that is given is {given}")
            }
            Self::Forgotten(pseudonym) => write!(f, "whom {pseudonym} stands for was forgotten"),
            Self::NoRow(pseudonym) => write!(f, "the table has no row of {pseudonym}"),
            Self::TooMany(why) => write!(f, "people have more names than can be looked for: {why}"),
            Self::Malformed(why) => write!(f, "it is no table of pseudonyms: {why}"),
            Self::Exists(path) => write!(f, "{} exists", path.display()),
            Self::Unreadable { path, error } => write!(f, "{} cannot be read: {error}", path.display()),
            Self::Exposed { path, mode } => write!(f, "{} can be read by others (mode {mode:o})", path.display()),
            Self::Beside(path) => write!(f, "{} is where the repository or its evidence is kept", path.display()),
            Self::Wanted => f.write_str("the configuration asks for pseudonyms, and no table of them is given"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PseudonymError {}

impl Diagnostic for PseudonymError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(match self {
            Self::NoTable(_) | Self::Wanted => Box::new(
                "give the table with `--pseudonyms FILE`; `countersign evidence pseudonyms new FILE` makes one",
            ),
            Self::OtherTable { .. } => Box::new("ask whoever made the record for its table"),
            Self::Forgotten(_) => Box::new("it cannot be judged again; that it was recorded can still be verified"),
            Self::NoRow(_) => Box::new("restore the table from a copy"),
            Self::TooMany(_) => Box::new("split the repository, or keep evidence without pseudonyms"),
            Self::Malformed(_) => Box::new("name the file that `countersign evidence pseudonyms new` made"),
            Self::Exists(_) => Box::new("name another file: what stands in that one is not made again"),
            Self::Unreadable { .. } => Box::new("check the path and its permissions"),
            Self::Exposed { path, .. } => Box::new(format!("run `chmod 600 {}`", path.display())),
            Self::Beside(_) => Box::new("keep the table elsewhere: whoever reads the evidence must not find it"),
            Self::Store(error) => return error.help(),
        })
    }
}
