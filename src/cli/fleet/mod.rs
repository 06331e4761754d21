//! `countersign fleet`: many repositories in one run.

mod joined;
mod judged;
mod kept;
mod pins;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use self::judged::{Done, Judging};
use self::kept::Kept;
use super::check::read_rule_file;
use super::error::CliError;
use super::progress::Progress;
use super::repositories::clones_below;
use super::table::{aligned, print, print_json};
use super::{Env, Exit, files};
use crate::output::{FleetReport, FleetRepository, fleet_human};

/// Most bytes of a list of repositories.
const MOST_OF_A_LIST: u64 = 16 << 20;

/// Judge many repositories: which are covered, by which rules, with what found, and who answers for it.
///
/// Each repository is a clone on this disk and is read as git objects: nothing need be checked out, and nothing of it is
/// executed. It is judged by its own rules. Then all of them are seen together: people may live in one repository and roles in
/// another, and a conflict between two is found in neither.
#[derive(Debug, Args)]
#[command(after_help = "\
A list has the path of one clone a line; what begins with # is a comment.

Examples:
  countersign fleet clones                          each folder below it that is a clone
  countersign fleet --list repositories.txt --keep fleet-state
  countersign fleet clones --config central.yaml --format json > fleet.json

Exit status: 0 every repository that declares access is judged by rules of its own,
             1 some are not or could not be judged, 2 wrong usage or configuration")]
pub struct FleetArgs {
    /// The folder that the clones are in.
    #[arg(value_name = "DIR", required_unless_present = "list")]
    folder: Option<PathBuf>,
    /// A file with the path of one clone a line; may be given several times.
    #[arg(long, value_name = "FILE")]
    list: Vec<PathBuf>,
    /// The revision of each repository that is judged.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// Judge each repository, and all of them together, by this configuration instead of their own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep what is known of each repository in this folder, and go on from there: what was judged in the last 24 hours
    /// at the same commit, by this program, is not judged again.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How to write it.
    #[arg(long, value_enum, default_value = "human")]
    format: FleetFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FleetFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
}

/// A repository that is asked about.
pub(super) struct AskedRepository {
    /// The name of its folder, or its whole path where several are called so.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &FleetArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let asked = asked(args, env)?;
    let config = args.config.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    let judging = Judging::new(env, args.head.clone(), config);
    let kept = args.keep.as_ref().map(|folder| Kept::open(&env.cwd.join(folder))).transpose()?;
    let progress = Progress::counting(env, asked.len(), "judging repository {pos} of {len}, {eta} to go");
    let done: Vec<(FleetRepository, Option<String>)> = asked
        .par_iter()
        .map(|one| {
            let done = judging.repository(one, kept.as_ref());
            progress.step();
            match done {
                Ok(Done { repository, access }) => (repository, Some(access)),
                Err(error) => {
                    let folder = one.folder.display().to_string();
                    (FleetRepository::not_judged(one.name.clone(), folder, error.one_line()), None)
                }
            }
        })
        .collect();
    drop(progress);
    let across = judging.across(&done)?;
    let repositories = done.into_iter().map(|(repository, _)| repository).collect();
    let report = FleetReport::new(env.version, judging.as_of, repositories, across);
    match args.format {
        FleetFormat::Json => print_json(env, &report)?,
        FleetFormat::Human => print(env, &fleet_human(&report, &aligned))?,
    }
    Ok(if report.is_covered() { Exit::Clean } else { Exit::Blocked })
}

/// The repositories of the folder and of the lists, each once.
fn asked(args: &FleetArgs, env: &Env<'_>) -> Result<Vec<AskedRepository>, CliError> {
    let mut folders = match &args.folder {
        Some(folder) => clones_below(folder, env)?,
        None => Vec::new(),
    };
    for list in &args.list {
        let bytes = files::read(list, MOST_OF_A_LIST, "name a file with the path of one clone a line", env)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            CliError::other(
                format!("{} is not UTF-8", list.display()),
                "write it as UTF-8, the path of one clone a line",
            )
        })?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        folders.extend(lines.map(PathBuf::from));
    }
    folders.sort();
    folders.dedup();
    if folders.is_empty() {
        let help = "name the folder that the clones are in, or list their paths with --list";
        return Err(CliError::other("there is no repository to judge", help));
    }
    let name = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<Option<String>> = folders.iter().map(|folder| name(folder)).collect();
    let is_alone = |own: &Option<String>| own.is_some() && names.iter().filter(|other| *other == own).count() == 1;
    let asked = folders.iter().zip(&names).map(|(folder, own)| AskedRepository {
        name: own.clone().filter(|_| is_alone(own)).unwrap_or_else(|| folder.display().to_string()),
        folder: folder.clone(),
    });
    Ok(asked.collect())
}
