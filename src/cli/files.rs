//! Files that a command is given, and files that it makes.

use std::path::Path;

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

/// What a folder is called.
pub(super) fn folder_name(path: &Path, env: &Env<'_>) -> String {
    let path = env.cwd.join(path);
    let path = std::fs::canonicalize(&path).unwrap_or(path);
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
