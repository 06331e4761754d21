//! Where git looks for the hooks of a repository.

use std::path::{Path, PathBuf};

use super::SourceError;
use super::git::{GitEnv, discover, failed};

/// The folder of a repository's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksFolder {
    /// The folder; it need not be there.
    pub folder: PathBuf,
    /// Whether `core.hooksPath` names it: it may be shared by several repositories, or be a part of the tree.
    pub configured: bool,
}

/// Where git looks for the hooks of the repository that `path` is in.
///
/// # Errors
/// [`SourceError`]: `path` is in no work tree, or what git reports.
pub fn hooks_folder(cwd: &Path, path: &Path, env: &GitEnv) -> Result<HooksFolder, SourceError> {
    let path = cwd.join(path);
    let place = discover(cwd, &path, env)?
        .ok_or_else(|| SourceError::NotARepository { path: path.clone(), wanted: "hook".to_owned() })?;
    // Git itself is run with hooks turned off, so that each file is asked instead of all at once: the nearest one counts.
    for scope in ["--local", "--global", "--system"] {
        let arguments = ["config", scope, "--type=path", "--get", "core.hooksPath"];
        let output = place.git.output(&arguments)?;
        match output.status.code() {
            Some(0) => {
                let named = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
                // What is relative is so to where hooks are run.
                let from = place.root.as_ref().unwrap_or(&place.common_dir);
                return Ok(HooksFolder { folder: from.join(named), configured: true });
            }
            // Nothing is set there, or there is no such file.
            Some(1) => {}
            _ if scope != "--local" => {}
            _ => return Err(failed(&arguments, &output.stderr)),
        }
    }
    Ok(HooksFolder { folder: place.common_dir.join("hooks"), configured: false })
}
