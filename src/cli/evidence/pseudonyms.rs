//! `countersign evidence pseudonyms`: the table of pseudonyms that stand for people.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{EvidenceError, Objects, PseudonymError, Statement, TableFile, pseudonymise};
use crate::rules::{CONFIG_FILE, Config, RuleFile};
use crate::source::Comparison;

/// Make a table of pseudonyms, and forget somebody in it.
#[derive(Debug, Subcommand)]
pub enum PseudonymsCommand {
    /// Make a table with a new key.
    New(NewArgs),
    /// Delete somebody's rows: what evidence has of them stays, and nobody can tell whom it is about.
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// The file, which must not exist; keep it apart from the repository and the evidence.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// The table.
    file: PathBuf,
    /// Whom: `person:ID`, or any name or address of theirs.
    #[arg(long, value_name = "TEXT")]
    subject: String,
}

/// Runs the command.
pub(super) fn run(command: &PseudonymsCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        PseudonymsCommand::New(args) => {
            TableFile::create(&env.cwd.join(&args.file)).map_err(EvidenceError::from)?;
            table::print(env, &format!("wrote {}; keep it secret, and keep a copy\n", args.file.display()))?;
        }
        PseudonymsCommand::Forget(args) => {
            let mut file = TableFile::open(&env.cwd.join(&args.file)).map_err(EvidenceError::from)?;
            let count = file.table.forget(&args.subject);
            file.save().map_err(EvidenceError::from)?;
            table::print(env, &format!("deleted {count} rows; delete them in every copy of the table too\n"))?;
        }
    }
    Ok(Exit::Clean)
}

/// Which pseudonyms a run uses.
pub(in crate::cli) struct Pseudonyms<'a> {
    /// The table's file, if one is given.
    pub(in crate::cli) file: Option<&'a Path>,
    /// Whether the configuration asks for one.
    pub(in crate::cli) wanted: bool,
    /// Where it must not be: the repository, and the evidence.
    pub(in crate::cli) apart: Vec<PathBuf>,
}

impl Pseudonyms<'_> {
    /// Replaces people's names in what is about to be kept. New rows are in the table's file before.
    pub(in crate::cli) fn apply(
        &self,
        env: &Env<'_>,
        statement: Statement,
        objects: Objects,
    ) -> Result<(Statement, Objects), EvidenceError> {
        let Some(file) = self.file else {
            return if self.wanted { Err(PseudonymError::Wanted.into()) } else { Ok((statement, objects)) };
        };
        let path = env.cwd.join(file);
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.apart.iter().any(|folder| real(&path).starts_with(real(folder))) {
            return Err(PseudonymError::Beside(file.to_owned()).into());
        }
        let mut file = TableFile::open(&path)?;
        let kept = pseudonymise(&mut file.table, statement, objects)?;
        file.save()?;
        Ok(kept)
    }
}

/// Whether the configuration of a tree asks for pseudonyms. One that cannot be read does if it names them.
pub(in crate::cli) fn wanted(comparison: &Comparison) -> bool {
    let bytes = comparison.rules_tree().get(CONFIG_FILE).and_then(|file| file.bytes());
    bytes.is_some_and(|bytes| asked_for(&RuleFile { path: CONFIG_FILE.into(), bytes: bytes.clone() }))
}

/// Whether a configuration asks for pseudonyms.
pub(in crate::cli) fn asked_for(file: &RuleFile) -> bool {
    match Config::read(file) {
        Ok(config) => config.evidence.pseudonyms,
        Err(_) => memchr::memmem::find(&file.bytes, b"pseudonyms").is_some(),
    }
}
