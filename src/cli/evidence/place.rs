//! Where the evidence is.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Env;
use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::evidence::log::{Anchor, AnyStorage, FolderStorage, Slot, Storage, Surroundings, open};
use crate::evidence::{EvidenceError, Ledger, RecordId, Statement, begins_with};
use crate::rules::{CONFIG_FILE, Config, RetentionConfig, RuleFile};
use crate::source::{self, Comparison, Head, Request, SourceFile};

/// Which evidence.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct StoreArgs {
    /// The evidence: `dir:PATH`, `git:REF`, `git:REF@REMOTE` or `s3://BUCKET/PREFIX`. Default: where `check` keeps it, as
    /// countersign.yaml says.
    #[arg(long, value_name = "STORE")]
    pub(in crate::cli) store: Option<String>,
    /// The folder of the tree whose evidence it is; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(in crate::cli) path: PathBuf,
}

/// The evidence that a command works on.
pub(in crate::cli) struct Store {
    /// The ledger in it.
    pub(in crate::cli) storage: AnyStorage,
    /// What to call it.
    pub(super) label: String,
    /// How long evidence is kept, as the tree says whose evidence it is; unknown where the evidence was named.
    pub(in crate::cli) retention: Option<RetentionConfig>,
}

/// How a place for checkpoints is written.
pub(super) const ANCHOR: &str = "ANCHOR";

/// The ledger in it.
pub(in crate::cli) type Opened<'a> = Ledger<&'a AnyStorage>;

impl Store {
    /// The log's last checkpoint, as it is signed.
    pub(super) fn checkpoint(&self) -> Result<Option<Vec<u8>>, CliError> {
        let slot = self.storage.read_slot(Slot::Checkpoint).map_err(EvidenceError::Storage)?;
        Ok(slot.map(|(note, _)| note))
    }

    pub(in crate::cli) fn ledger(&self) -> Opened<'_> {
        Ledger::new(&self.storage)
    }
}

impl StoreArgs {
    /// The folder that is named as the evidence, if one is.
    pub(super) fn folder(&self, env: &Env<'_>) -> Option<PathBuf> {
        Some(env.cwd.join(self.store.as_ref()?.strip_prefix("dir:")?))
    }

    fn surroundings(&self, env: &Env<'_>) -> Surroundings {
        Surroundings {
            cwd: env.cwd.clone(),
            repository: env.cwd.join(&self.path),
            variables: env.variables.clone(),
            temp_dir: env.temp_dir.clone(),
            now: (env.now)(),
        }
    }

    /// Opens places for checkpoints; nothing is read or written yet.
    pub(super) fn anchors(&self, forms: &[String], env: &Env<'_>) -> Result<Vec<Anchor>, CliError> {
        let surroundings = self.surroundings(env);
        forms.iter().map(|form| Anchor::open(form, &surroundings).map_err(CliError::Anchor)).collect()
    }

    /// Opens it; nothing is read yet.
    pub(in crate::cli) fn open(&self, env: &Env<'_>) -> Result<Store, CliError> {
        if let Some(location) = &self.store {
            let storage = open(location, &self.surroundings(env)).map_err(CliError::Location)?;
            return Ok(Store { label: location.clone(), storage, retention: None });
        }
        let git = env.git();
        let comparison = source::open(&Request {
            cwd: &env.cwd,
            path: &self.path,
            base: None,
            head: Head::WorkTree,
            read_limit: READ_LIMIT,
            env: &git,
        })?;
        let config = own_config(&comparison);
        let folder = folder(&config, &comparison);
        let retention = Some(config.evidence.retention);
        Ok(Store { label: folder.display().to_string(), storage: Box::new(FolderStorage::new(folder)), retention })
    }
}

/// The log that a checkpoint is of, by its own word.
pub(super) fn origin(note: &[u8]) -> String {
    String::from_utf8_lossy(note).lines().next().unwrap_or_default().to_owned()
}

/// Adds a checkpoint to every anchor.
pub(super) fn keep(anchors: &[Anchor], note: &[u8]) -> Result<(), CliError> {
    // It was signed here, or read from the log: its second line is its size.
    let size = String::from_utf8_lossy(note).lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default();
    anchors.iter().try_for_each(|anchor| anchor.keep(size, note)).map_err(CliError::Anchor)
}

/// Refuses to go on with a log that an anchor contradicts: what is kept there would be overwritten.
pub(super) fn hold(anchors: &[Anchor], store: &Store) -> Result<(), CliError> {
    let Some(note) = store.checkpoint()? else { return Ok(()) };
    let origin = origin(&note);
    for anchor in anchors {
        // One that holds nothing yet holds something afterwards; one that cannot be reached is told of then.
        for (_, kept) in anchor.read(&origin).unwrap_or_default().iter().filter(|(_, kept)| !kept.is_empty()) {
            begins_with(&store.storage, kept)?;
        }
    }
    Ok(())
}

/// What a tree's configuration says. Evidence is found also where the rules are broken.
pub(in crate::cli) fn own_config(comparison: &Comparison) -> Config {
    let file = comparison.rules_tree().get(CONFIG_FILE);
    let read =
        |file: &SourceFile| Config::read(&RuleFile { path: file.path.clone(), bytes: file.bytes()?.clone() }).ok();
    file.and_then(read).unwrap_or_default()
}

/// Where the evidence of a tree is kept, if nobody says otherwise.
pub(in crate::cli) fn folder(config: &Config, comparison: &Comparison) -> PathBuf {
    match (&config.evidence.path, &comparison.repository) {
        (Some(path), _) => comparison.root.join(path),
        (None, Some(repository)) => repository.git_common_dir.join("countersign/evidence"),
        (None, None) => comparison.root.join(".countersign/evidence"),
    }
}

/// The record of an evaluation.
pub(super) fn evaluation<S: Storage>(ledger: &Ledger<S>, id: RecordId) -> Result<Statement, CliError> {
    ledger.evaluation(id)?.ok_or_else(|| {
        CliError::other(
            format!("the record {id} is of no evaluation"),
            format!("`countersign evidence show {id}` says what it is"),
        )
    })
}
