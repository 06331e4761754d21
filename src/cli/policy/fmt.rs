//! `countersign policy fmt`: lays policies out, and changes nothing of what they mean.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::check::READ_LIMIT;
use super::super::error::CliError;
use super::super::model::TreeArgs;
use super::super::policy_files::read_below;
use super::super::table;
use super::super::{Env, Exit, files};
use crate::policy::laid_out;
use crate::source::is_bundle;
use crate::store::write_durably;

/// Which files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign policy fmt
  countersign policy fmt policies/ --check

Exit status: 0 done, or nothing to do; 1 --check has found a file; 2 a file is no Rego, or cannot be written")]
pub struct PolicyFmtArgs {
    /// Folders or files; default: the folders that countersign.yaml names.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change no file: name those that would be.
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(super) fn run(args: &PolicyFmtArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let mut all: Vec<PathBuf> = Vec::new();
    for path in &args.paths {
        all.extend(rego(path, env)?);
    }
    if args.paths.is_empty() {
        let (comparison, rules) = TreeArgs::here().open(env)?;
        for folder in &rules.config.policies {
            all.extend(rego(&comparison.root.join(&**folder), env)?);
        }
        if all.is_empty() {
            return Err(CliError::other(
                "there is nothing to lay out: countersign.yaml names no folder under `policies`",
                "give a folder or a file: `countersign policy fmt policies/`",
            ));
        }
    }
    all.sort_unstable();
    all.dedup();
    // All are read before one is written: what is no Rego leaves the others as they are.
    let mut others = Vec::new();
    for path in &all {
        let bytes = files::read(path, READ_LIMIT, "check the path and its permissions", env)?;
        let name = path.strip_prefix(&env.cwd).unwrap_or(path).display().to_string();
        let cannot = |why: &str| {
            CliError::other(
                format!("{name} cannot be laid out: {why}"),
                "`countersign policy lint` says what else is wrong with it",
            )
        };
        let text = std::str::from_utf8(&bytes).map_err(|error| cannot(&error.to_string()))?;
        let after = laid_out(&name, text).map_err(|error| cannot(&error.message))?;
        if after != text {
            others.push((path, name, after));
        }
    }
    let mut text = String::new();
    for (path, name, after) in &others {
        if !args.check {
            write(&env.cwd.join(path), after)?;
        }
        let _ = writeln!(text, "{name}");
    }
    let files = if all.len() == 1 { "1 file".to_owned() } else { format!("{} files", all.len()) };
    let _ = match (others.len(), args.check) {
        (0, _) => writeln!(text, "{files}: nothing to lay out"),
        (many, false) => writeln!(text, "{many} of {files} laid out"),
        (many, true) => writeln!(text, "{many} of {files} to lay out\nnext: countersign policy fmt"),
    };
    table::print(env, &text)?;
    Ok(if args.check && !others.is_empty() { Exit::Blocked } else { Exit::Clean })
}

/// The files of Rego at a path, tests among them.
fn rego(path: &Path, env: &Env<'_>) -> Result<Vec<PathBuf>, CliError> {
    let at = env.cwd.join(path);
    if at.is_file() && path.extension().is_some_and(|ending| ending == "rego") {
        return Ok(vec![path.to_owned()]);
    }
    if is_bundle(&at) {
        return Err(CliError::other(
            format!("{} is no file of Rego, and a bundle is never changed", path.display()),
            "name a folder, or files that end in .rego",
        ));
    }
    let wanted = |own: &str| own.ends_with(".rego");
    let found = read_below(&env.cwd, path, &wanted, ("policies", "name a folder or a file with Rego"))?;
    Ok(found.into_iter().map(|own| path.join(own.below)).collect())
}

/// Writes a file whole or not at all, behind a link that names it and with the permissions that it had.
fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let cannot = |error: std::io::Error| {
        CliError::other(format!("{} cannot be written: {error}", path.display()), "check its permissions")
    };
    let path = std::fs::canonicalize(path).map_err(cannot)?;
    let permissions = std::fs::metadata(&path).map_err(cannot)?.permissions();
    if permissions.readonly() {
        return Err(cannot(std::io::ErrorKind::PermissionDenied.into()));
    }
    write_durably(&path, text.as_bytes()).map_err(CliError::Store)?;
    std::fs::set_permissions(&path, permissions).map_err(cannot)
}
