//! `--import FILE --as KIND`: exports from outside of the repository, read as if they stood in the tree.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Env;
use super::error::CliError;
use super::forge;
use crate::formats::importable;
use crate::rules::{ExportKind, Rules};
use crate::source::{Comparison, SourceFile};

/// The ending of the file beside a table that says how many rows it should have.
const EXPECTED: &str = ".expect.yaml";

/// Most bytes of one file: places in it are numbers of 32 bits.
const MOST: u64 = u32::MAX as u64;

/// Exports from outside.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ImportArgs {
    /// Read this export of an ERP or HR system, from outside of the repository, as `import:KIND/NAME`; may be given
    /// several times, each with --as. What it shows stops no change by itself.
    #[arg(long = "import", value_name = "FILE", requires = "as")]
    files: Vec<PathBuf>,
    /// What the file before is an export of: sap, netsuite, workday, fusion, d365.
    #[arg(long = "as", id = "as", value_name = "KIND", requires = "files", value_parser = kind)]
    kinds: Vec<ExportKind>,
}

fn kind(word: &str) -> Result<ExportKind, String> {
    ExportKind::of_word(word)
        .ok_or_else(|| format!("it is one of {}", ExportKind::ALL.map(ExportKind::as_str).join(", ")))
}

impl ImportArgs {
    /// Whether nothing is imported.
    pub(super) fn is_none(&self) -> bool {
        self.files.is_empty()
    }

    /// The options as they were given, each file with its kind.
    pub(super) fn given(&self) -> impl Iterator<Item = (&Path, ExportKind)> {
        self.files.iter().map(PathBuf::as_path).zip(self.kinds.iter().copied())
    }

    /// Reads the files, and what stands beside them to count their rows; sorted by path.
    pub(super) fn read(&self, env: &Env<'_>) -> Result<Vec<SourceFile>, CliError> {
        if self.files.len() != self.kinds.len() {
            return Err(CliError::other(
                format!("--import is given {} times and --as {} times", self.files.len(), self.kinds.len()),
                "give each file with its kind: `--import agr_1251.csv --as sap --import agr_users.csv --as sap`",
            ));
        }
        let mut found = Vec::new();
        for (path, kind) in self.given() {
            found.push(read(&env.cwd.join(path), path, kind.as_str(), &file_name(path))?);
            let beside = beside(path);
            if env.cwd.join(&beside).is_file() {
                found.push(read(&env.cwd.join(&beside), &beside, kind.as_str(), &file_name(&beside))?);
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Puts the files into the trees of a comparison. What the change itself brings is none of them.
    pub(super) fn apply(
        &self,
        files: &[SourceFile],
        env: &Env<'_>,
        comparison: &mut Comparison,
    ) -> Result<(), CliError> {
        for path in &self.files {
            forge::not_edited(path, env, comparison)?;
            let beside = beside(path);
            if env.cwd.join(&beside).is_file() {
                forge::not_edited(&beside, env, comparison)?;
            }
        }
        Ok(comparison.import(files)?)
    }
}

/// Where the file that counts the rows of a table stands.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(EXPECTED);
    beside.into()
}

/// Refuses what is no export of its kind: what was given by hand must not count for nothing.
pub(super) fn check(files: &[SourceFile], rules: &Rules) -> Result<(), CliError> {
    for file in files.iter().filter(|file| !file.path.ends_with(EXPECTED)) {
        importable(file, rules).map_err(|why| {
            CliError::other(
                format!("{} cannot be imported: {why}", file.path),
                "`docs/formats/exports.md` lists the tables and their columns; `systems:` in countersign.yaml says how \
                 the tables of a path such as `import:sap/**` are written",
            )
        })?;
    }
    Ok(())
}

/// The name of a file without its folders.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

/// Reads a file as `import:KIND/NAME`. What is wrong with it is said of how it was given.
pub(super) fn read(at: &Path, shown: &Path, kind: &str, name: &str) -> Result<SourceFile, CliError> {
    let cannot = |why: String| {
        CliError::other(format!("{} cannot be read: {why}", shown.display()), "check the path and its permissions")
    };
    let failed = |error: std::io::Error| cannot(error.to_string());
    let mut file = std::fs::File::open(at).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > MOST {
        return Err(CliError::other(
            format!("{} has {size} bytes, and at most {MOST} are read", shown.display()),
            "export it in several files",
        ));
    }
    // Read where it stays: a copy of a large export would be as large again.
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, usize::try_from(size).unwrap_or_default()).collect();
    if let Some(bytes) = Arc::get_mut(&mut bytes) {
        file.read_exact(bytes).map_err(failed)?;
    }
    Ok(SourceFile::imported(kind, name, bytes))
}
