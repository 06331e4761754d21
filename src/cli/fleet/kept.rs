//! What is known of repositories that were judged before, so that a run which was stopped goes on where it was.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::error::CliError;
use crate::output::{FleetRepository, pretty};
use crate::store::{Digest, create_folders, write_durably};

/// For how long it counts, in seconds: records end, and people leave.
const COUNTS_FOR: i64 = 86_400;

/// A folder with a file for each repository.
pub(super) struct Kept(PathBuf);

/// What is known of a repository.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptRepository {
    /// Program, commit and configuration.
    pub(super) key: Digest,
    /// When it was judged.
    pub(super) as_of: i64,
    pub(super) repository: FleetRepository,
    /// The access that it declares.
    pub(super) access: String,
}

impl Kept {
    pub(super) fn open(folder: &Path) -> Result<Self, CliError> {
        create_folders(folder).map_err(CliError::Store)?;
        Ok(Self(folder.to_owned()))
    }

    /// Names have slashes, and two may differ in them alone.
    fn path(&self, name: &str) -> PathBuf {
        let shown: String = name.chars().map(|own| if own.is_ascii_alphanumeric() { own } else { '-' }).collect();
        let digest = Digest::of(name.as_bytes()).to_string();
        self.0.join(format!("{shown}-{}.json", digest.get(..8).unwrap_or_default()))
    }

    /// What is kept, where it is of that key and still counts. A file that was damaged is passed over.
    pub(super) fn get(&self, name: &str, key: Digest, now: i64) -> Option<KeptRepository> {
        let bytes = fs::read(self.path(name)).ok()?;
        let kept: KeptRepository = serde_json::from_slice(&bytes).ok()?;
        let age = now.checked_sub(kept.as_of)?;
        (kept.key == key && (0..COUNTS_FOR).contains(&age)).then_some(kept)
    }

    pub(super) fn put(&self, name: &str, own: &KeptRepository) -> Result<(), CliError> {
        write_durably(&self.path(name), pretty(own).as_bytes()).map_err(CliError::Store)
    }
}
