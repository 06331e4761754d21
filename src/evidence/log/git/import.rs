//! Making a commit with one `git fast-import`: its files, its trees, itself and the reference.

use std::fmt;
use std::io::{self, Seek as _};
use std::path::Path;
use std::process::Stdio;

use super::error::GitError;
use crate::source::Git;

/// Who makes the commits, and when: those of one storage have one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committer {
    /// A name.
    pub name: String,
    /// An e-mail address.
    pub email: String,
    /// Epoch seconds.
    pub at: i64,
}

impl fmt::Display for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |text: &str| text.replace(['<', '>', '\n', '\r', '\0'], "");
        write!(f, "{} <{}> {} +0000", plain(&self.name).trim(), plain(&self.email).trim(), self.at.max(0))
    }
}

/// What a commit changes.
#[derive(Default)]
pub(super) struct Change<'a> {
    pub(super) message: String,
    pub(super) files: Vec<(&'a str, &'a [u8])>,
    pub(super) removed: Vec<&'a str>,
}

/// Where a commit goes.
pub(super) struct Target<'a> {
    pub(super) reference: &'a str,
    /// Whether the reference is ours alone, and may lead anywhere.
    pub(super) own: bool,
    pub(super) parent: Option<&'a str>,
}

/// What git is told besides, so that a user's settings change nothing and what returned is durable.
const SETTINGS: &[&str] = &[
    "-c",
    "core.fsync=committed,loose-object",
    "-c",
    "core.fsyncMethod=batch",
    "-c",
    "core.filesRefLockTimeout=5000",
    "-c",
    "core.ignoreCase=false",
    // As many files in one pack as loose ones would be too many.
    "-c",
    "fastimport.unpackLimit=100",
];

/// Commits a change and moves the reference, which git does only where the parent is still its tip. The commit's id.
pub(super) fn import(
    git: &Git,
    temp_dir: &Path,
    target: &Target<'_>,
    committer: &Committer,
    change: &Change<'_>,
) -> Result<String, GitError> {
    let failed = |message: String| GitError::Failed { command: "fast-import", message };
    // The whole stream is there before git starts: if this process ends, git goes on, or never began.
    let written = || -> io::Result<std::fs::File> {
        let mut file = io::BufWriter::new(tempfile::tempfile_in(temp_dir)?);
        write(&mut file, target, committer, change)?;
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        Ok(file)
    };
    let stream = written().map_err(|error| failed(format!("`{}`: {error}", temp_dir.display())))?;
    let mut arguments = SETTINGS.to_vec();
    arguments.extend(["fast-import", "--quiet", "--done"]);
    if target.own {
        arguments.push("--force");
    }
    let mut command = git.command(&arguments);
    let output = command.stdin(Stdio::from(stream)).output().map_err(|error| failed(error.to_string()))?;
    let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !id.is_empty() {
        return Ok(id);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let lines = message.lines().filter(|line| !line.starts_with("fast-import: dumping crash report"));
    Err(failed(lines.collect::<Vec<_>>().join(" ")))
}

/// The stream of `git help fast-import`. Names of objects need no quotes.
fn write(
    stream: &mut impl io::Write,
    target: &Target<'_>,
    committer: &Committer,
    change: &Change<'_>,
) -> io::Result<()> {
    writeln!(stream, "feature done\ncommit {}\nmark :1\ncommitter {committer}", target.reference)?;
    writeln!(stream, "data {}\n{}", change.message.len(), change.message)?;
    if let Some(parent) = target.parent {
        writeln!(stream, "from {parent}")?;
    }
    for (name, bytes) in &change.files {
        writeln!(stream, "M 100644 inline {name}\ndata {}", bytes.len())?;
        stream.write_all(bytes)?;
        writeln!(stream)?;
    }
    for name in &change.removed {
        writeln!(stream, "D {name}")?;
    }
    writeln!(stream, "get-mark :1\ndone")
}
