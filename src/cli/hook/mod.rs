//! `countersign hook`: the gate where a commit is made.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::error::CliError;
use super::table::print;
use super::{Env, Exit};
use crate::source::{HooksFolder, hooks_folder};
use crate::store::{create_folders, write_durably};

/// The line by which a hook of ours is told from others.
const MARK: &str = "# Installed by `countersign hook install`";

/// Judge every commit where it is made: git hooks that run `countersign check`.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Write the hooks. One that somebody else wrote is never overwritten.
    Install(InstallArgs),
    /// Take away the hooks that `install` wrote, and no others.
    Uninstall(PlaceArgs),
    /// Say which hooks are there.
    Status(PlaceArgs),
}

/// Where.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// A folder in the repository.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
}

/// Which hooks, and where.
#[derive(Debug, Args)]
#[command(after_help = "\
pre-commit judges what is staged against HEAD, and pre-merge-commit what a merge would commit, for
which git asks no pre-commit. pre-push judges each commit that is pushed as it would merge into the
branch that the remote calls HEAD. They keep no evidence, and `--no-verify` passes by them: what
lands is judged again.

Examples:
  countersign hook install
  countersign hook install --hook pre-commit --hook pre-merge-commit --hook pre-push")]
pub struct InstallArgs {
    /// Which; may be given several times.
    #[arg(long, value_enum, value_name = "HOOK", default_value = "pre-commit")]
    hook: Vec<Hook>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// A hook of git (githooks(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Hook {
    #[value(name = "pre-commit")]
    Commit,
    #[value(name = "pre-merge-commit")]
    MergeCommit,
    #[value(name = "pre-push")]
    Push,
}

impl Hook {
    const ALL: [Self; 3] = [Self::Commit, Self::MergeCommit, Self::Push];

    fn name(self) -> &'static str {
        match self {
            Self::Commit => "pre-commit",
            Self::MergeCommit => "pre-merge-commit",
            Self::Push => "pre-push",
        }
    }

    fn runs(self) -> &'static str {
        match self {
            Self::Commit | Self::MergeCommit => "countersign check --staged",
            Self::Push => "countersign check --base REMOTE/HEAD --head COMMIT --no-record",
        }
    }

    /// The script. `binary` is where this program is: programs with a window start git with a PATH of their own.
    fn script(self, binary: Option<&Path>) -> String {
        let known = binary.map(|path| quoted(&path.to_string_lossy())).unwrap_or_else(|| "countersign".to_owned());
        let name = self.name();
        let judged = match self {
            Self::Commit | Self::MergeCommit => "exec \"$countersign\" check --staged\n".to_owned(),
            Self::Push => include_str!("pre-push.sh").to_owned(),
        };
        format!(
            "#!/bin/sh\n{MARK}; `countersign hook uninstall` takes it away.\n\
             # `git commit --no-verify` and `git push --no-verify` pass by it; what lands is judged again.\n\
             countersign=$(command -v countersign) || countersign={known}\n\
             if ! command -v \"$countersign\" >/dev/null; then\n\
             \techo \"{name}: countersign is not on PATH, so that nothing was judged: install it, or take this hook away\" >&2\n\
             \texit 1\n\
             fi\n{judged}"
        )
    }
}

/// A word of a shell's command line.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What stands in the place of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Ours,
    Others,
}

/// Runs the command.
pub(super) fn run(command: &HookCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        HookCommand::Install(args) => install(args, env),
        HookCommand::Uninstall(args) => uninstall(args, env),
        HookCommand::Status(args) => status(args, env),
    }
}

fn there(path: &Path) -> Result<There, CliError> {
    match fs::read(path) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).lines().any(|line| line.starts_with(MARK)) => Ok(There::Ours),
        Ok(_) => Ok(There::Others),
        // A link that leads nowhere is somebody's too.
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => Ok(There::Nothing),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(There::Others),
        Err(error) => Err(cannot(path, &error)),
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::other(format!("{} cannot be read or written: {error}", path.display()), "check its permissions")
}

fn install(args: &InstallArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let mut hooks: Vec<Hook> = args.hook.clone();
    hooks.dedup();
    let mut text = String::new();
    for (hook, path) in put(&hooks, &args.place.path, env)? {
        text.push_str(&format!("wrote {}, which runs: {}\n", path.display(), hook.runs()));
    }
    text.push_str("next: countersign check --staged, which is what it runs\n");
    print(env, &text)?;
    Ok(Exit::Clean)
}

/// Writes the hook of pre-commit where none of ours is: where it stands now, or nothing where it stood before.
///
/// # Errors
/// As `countersign hook install`.
pub(super) fn install_pre_commit(path: &Path, env: &Env<'_>) -> Result<Option<PathBuf>, CliError> {
    let folder = hooks_folder(&env.cwd, path, &env.git())?.folder;
    if there(&folder.join(Hook::Commit.name()))? == There::Ours {
        return Ok(None);
    }
    Ok(put(&[Hook::Commit], path, env)?.into_iter().next().map(|(_, path)| path))
}

/// Writes hooks, all or none: whoever has one of two believes to have both.
fn put(hooks: &[Hook], place: &Path, env: &Env<'_>) -> Result<Vec<(Hook, PathBuf)>, CliError> {
    let HooksFolder { folder, configured } = hooks_folder(&env.cwd, place, &env.git())?;
    for hook in hooks {
        let path = folder.join(hook.name());
        if configured && there(&path)? != There::Ours {
            return Err(CliError::other(
                format!("core.hooksPath names {}, which is not this repository's alone", folder.display()),
                format!("add a line to {} yourself: {}", path.display(), hook.runs()),
            ));
        }
        if there(&path)? == There::Others {
            return Err(CliError::other(
                format!("{} is there already, and somebody else wrote it", path.display()),
                format!("add a line to it yourself: {}", hook.runs()),
            ));
        }
    }
    create_folders(&folder).map_err(CliError::Store)?;
    let mut written = Vec::new();
    for hook in hooks {
        let path = folder.join(hook.name());
        write_durably(&path, hook.script(env.binary.as_deref()).as_bytes()).map_err(CliError::Store)?;
        executable(&path)?;
        written.push((*hook, path));
    }
    Ok(written)
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|error| cannot(path, &error))
}

/// Git for Windows asks the first line alone.
#[cfg(not(unix))]
fn executable(_: &Path) -> Result<(), CliError> {
    Ok(())
}

fn uninstall(args: &PlaceArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let HooksFolder { folder, .. } = hooks_folder(&env.cwd, &args.path, &env.git())?;
    let mut text = String::new();
    for hook in Hook::ALL {
        let path = folder.join(hook.name());
        match there(&path)? {
            There::Ours => {
                fs::remove_file(&path).map_err(|error| cannot(&path, &error))?;
                text.push_str(&format!("removed {}\n", path.display()));
            }
            There::Others => text.push_str(&format!("left {}: somebody else wrote it\n", path.display())),
            There::Nothing => {}
        }
    }
    if text.is_empty() {
        text = format!("there is none in {}\n", folder.display());
    }
    print(env, &text)?;
    Ok(Exit::Clean)
}

fn status(args: &PlaceArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let HooksFolder { folder, configured } = hooks_folder(&env.cwd, &args.path, &env.git())?;
    let named = if configured { " (by core.hooksPath)" } else { "" };
    let mut text = format!("{}{named}\n", folder.display());
    for hook in Hook::ALL {
        let path = folder.join(hook.name());
        let current = || fs::read_to_string(&path).is_ok_and(|text| text == hook.script(env.binary.as_deref()));
        let what = match there(&path)? {
            There::Nothing => "not there",
            There::Ours if current() => "installed",
            There::Ours => "installed by another version or from another place: `countersign hook install` renews it",
            There::Others => "somebody else's",
        };
        text.push_str(&format!("  {:<16} {what}\n", hook.name()));
    }
    print(env, &text)?;
    Ok(Exit::Clean)
}
