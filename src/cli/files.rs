//! Files that a command is given, and files that it makes.

use std::path::{Path, PathBuf};

use super::Env;
use super::error::CliError;
use crate::store::create_durably;

/// The bytes of a file, of which there may be at most `most`. `help` says what to give instead.
pub(super) fn read(path: &Path, most: u64, help: &str, env: &Env<'_>) -> Result<Vec<u8>, CliError> {
    let cannot = |why: String| CliError::other(format!("{} cannot be read: {why}", path.display()), help);
    let at = env.cwd.join(path);
    let found = std::fs::metadata(&at).map_err(|error| cannot(error.to_string()))?;
    if found.len() > most {
        return Err(cannot(format!("it has {} bytes, and at most {most} are read", found.len())));
    }
    std::fs::read(&at).map_err(|error| cannot(error.to_string()))
}

/// Makes a file, whole or not at all, and never over another one. `help` says what to do where there is one.
pub(super) fn create(path: &Path, bytes: &[u8], help: &str, env: &Env<'_>) -> Result<(), CliError> {
    match create_durably(&env.cwd.join(path), bytes).map_err(CliError::Store)? {
        true => Ok(()),
        false => Err(CliError::other(format!("{} is there already", path.display()), help)),
    }
}

/// The files of a folder, by name; none where there is no folder.
pub(super) fn listed(path: &Path, env: &Env<'_>) -> Result<Vec<PathBuf>, CliError> {
    let cannot = |error: std::io::Error| {
        CliError::other(format!("{} cannot be read: {error}", path.display()), "check the path and its permissions")
    };
    let folder = match std::fs::read_dir(env.cwd.join(path)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cannot(error)),
    };
    let mut all = Vec::new();
    for entry in folder {
        all.push(path.join(entry.map_err(cannot)?.file_name()));
    }
    all.sort_unstable();
    Ok(all)
}

/// What a folder is called.
pub(super) fn folder_name(path: &Path, env: &Env<'_>) -> String {
    let path = env.cwd.join(path);
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
