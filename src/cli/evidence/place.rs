//! Where the evidence is.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Env;
use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::evidence::Ledger;
use crate::evidence::log::{AnyStorage, FolderStorage, Surroundings, open};
use crate::rules::{CONFIG_FILE, Config, RuleFile};
use crate::source::{self, Comparison, Head, Request, SourceFile};

/// Which evidence.
#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    /// The evidence: `dir:PATH`, `git:REF`, `git:REF@REMOTE` or `s3://BUCKET/PREFIX`. Default: where `check` keeps it, as
    /// countersign.yaml says.
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    /// The folder of the tree whose evidence it is; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) path: PathBuf,
}

/// The evidence that a command works on.
pub(super) struct Store {
    /// The ledger in it.
    pub(super) storage: AnyStorage,
    /// What to call it.
    pub(super) label: String,
}

/// The ledger in it.
pub(super) type Opened<'a> = Ledger<&'a AnyStorage>;

impl Store {
    pub(super) fn ledger(&self) -> Opened<'_> {
        Ledger::new(&self.storage)
    }
}

impl StoreArgs {
    /// Opens it; nothing is read yet.
    pub(super) fn open(&self, env: &Env<'_>) -> Result<Store, CliError> {
        if let Some(location) = &self.store {
            let surroundings = Surroundings {
                cwd: env.cwd.clone(),
                repository: env.cwd.join(&self.path),
                variables: env.variables.clone(),
                temp_dir: env.temp_dir.clone(),
                now: (env.now)(),
            };
            let storage = open(location, &surroundings).map_err(CliError::Location)?;
            return Ok(Store { label: location.clone(), storage });
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
        let folder = folder(&own_config(&comparison), &comparison);
        Ok(Store { label: folder.display().to_string(), storage: Box::new(FolderStorage::new(folder)) })
    }
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
