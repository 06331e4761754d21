//! `countersign diff`: what a change does to effective access, in words. It judges nothing.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::check::{READ_LIMIT, distinct, instant, read_rule_file, with_plans};
use super::error::CliError;
use super::imports::{self, ImportArgs};
use super::{Env, Exit, forge, told};
use crate::gate::{access_change, rule_files};
use crate::output::{self, DiffReport, Options, Revision, RunInfo};
use crate::rules::Rules;
use crate::source::{self, Comparison, Head, Request};
use crate::store::write_durably;

/// Say what a change does to effective access: who gains and who loses which duty, on what, by which path.
///
/// It judges nothing: `countersign check` says whether a change may land.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign diff --base origin/main                    what this branch does to access
  countersign diff --base origin/main --head HEAD        the same for a commit, as it would merge
  countersign diff --staged                              what the next commit does
  countersign diff new/ --base old/                      compare two folders
  countersign diff infra/ --plans                        what plans of Terraform there would do
  countersign diff --base origin/main --format markdown  the comment on a pull request
  countersign diff --base origin/main --output json=diff.json --output markdown=comment.md

Exit status: 0 it could be computed, 2 wrong usage, configuration or git state, 4 the change
             brings a definition that could not be evaluated")]
pub struct DiffArgs {
    /// The folder to compare; in a git work tree its root is found.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// What to compare with: the target branch's revision, or a folder.
    #[arg(long, value_name = "REV|DIR", required_unless_present_any = ["staged", "plans"])]
    base: Option<String>,
    /// Compare this revision instead of the files on disk, as it would merge.
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    head: Option<String>,
    /// Compare the index with HEAD.
    #[arg(long, conflicts_with = "base")]
    staged: bool,
    /// Compare the plans of Terraform in the folder (terraform show -json) with the state before them.
    #[arg(long, conflicts_with_all = ["base", "head", "staged"])]
    plans: bool,
    /// Compare as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
    /// Use this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    imports: ImportArgs,
    /// How to write it to standard output.
    #[arg(long, value_enum, default_value = "human", conflicts_with = "output")]
    format: DiffFormat,
    /// Write it as human, json or markdown, to a file or to standard output; may be given several times.
    #[arg(long, value_name = "FORMAT[=PATH]")]
    output: Vec<DiffOutput>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Json,
    Markdown,
}

/// One thing to write.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DiffOutput {
    format: DiffFormat,
    path: Option<PathBuf>,
}

impl FromStr for DiffOutput {
    type Err = String;

    /// Reads `FORMAT` or `FORMAT=PATH`; the path `-` is standard output.
    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text.split_once('=').map_or((text, None), |(format, path)| (format, Some(path)));
        let format = <DiffFormat as ValueEnum>::from_str(format, false)
            .map_err(|_| format!("`{format}` is not a format; there are: human, json, markdown"))?;
        match path {
            Some("") => Err(format!("a path is missing behind `{text}`")),
            None | Some("-") => Ok(Self { format, path: None }),
            Some(path) => Ok(Self { format, path: Some(path.into()) }),
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &DiffArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let standard = [DiffOutput { format: args.format, path: None }];
    let outputs = if args.output.is_empty() { &standard[..] } else { &args.output[..] };
    distinct(outputs.iter().map(|output| output.path.as_deref()), "markdown=comment.md")?;
    let as_of = args.as_of.as_deref().map_or_else(|| Ok((env.now)()), instant)?;
    let git = env.git();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.path,
        base: args.base.as_deref(),
        head: match (&args.head, args.staged) {
            (Some(revision), _) => Head::Revision(revision),
            (None, true) => Head::Staged,
            (None, false) => Head::WorkTree,
        },
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    let mut comparison = if args.plans { with_plans(comparison)? } else { comparison };
    let config = args.config.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    args.config.iter().try_for_each(|path| forge::not_edited(path, env, &comparison))?;
    let imported = args.imports.read(env)?;
    args.imports.apply(&imported, env, &mut comparison)?;
    let files = rule_files(comparison.rules_tree());
    let rules = Rules::load_in(&files, config, comparison.repository.as_ref())?;
    imports::check(&imported, &rules)?;
    let change = access_change(&comparison, &rules, as_of)?;
    let report = DiffReport::new(&change, &info(args, &comparison, env), as_of, &comparison);
    for output in outputs {
        write(output, &report, env)?;
    }
    Ok(if change.is_broken() { Exit::NotEvaluated } else { Exit::Clean })
}

fn info(args: &DiffArgs, comparison: &Comparison, env: &Env<'_>) -> RunInfo {
    let head = &comparison.head;
    let head_label = args.head.clone().unwrap_or_else(|| comparison.head_label.clone());
    let tip = comparison.rules_tree();
    let base_label = match (&args.base, &comparison.base) {
        (Some(base), _) => base.clone(),
        (None, Some(tree)) if tree.commit.is_some() => "HEAD".to_owned(),
        (None, _) => comparison.base_label.clone().unwrap_or_else(|| "nothing".to_owned()),
    };
    let of_base = comparison.repository.as_ref().map(|_| tip);
    RunInfo {
        version: env.version.to_owned(),
        head: Revision { label: head_label, commit: head.commit.clone(), tree: head.tree.clone() },
        base: Some(Revision {
            label: base_label,
            commit: of_base.and_then(|tree| tree.commit.clone()),
            tree: of_base.and_then(|tree| tree.tree.clone()),
        }),
        merge: comparison.merge.as_ref().map(told::merge),
        ..RunInfo::default()
    }
}

fn write(output: &DiffOutput, report: &DiffReport, env: &mut Env<'_>) -> Result<(), CliError> {
    let terminal = output.path.is_none() && env.stdout_is_terminal;
    let mut bytes = Vec::new();
    match output.format {
        DiffFormat::Json => output::write_pretty(report, &mut bytes)?,
        DiffFormat::Markdown => bytes.extend(output::diff_markdown(report).bytes()),
        DiffFormat::Human => {
            let options = Options {
                colour: output.path.is_none() && env.colour(env.stdout_is_terminal),
                unicode: env.unicode(),
                width: if terminal { env.width.unwrap_or(100).clamp(40, 140) } else { 100 },
                private: terminal,
                ..Options::default()
            };
            output::render_diff(report, &options, &mut bytes)?;
        }
    }
    match &output.path {
        Some(path) => write_durably(&env.cwd.join(path), &bytes).map_err(CliError::Store),
        None => super::table::print(env, &String::from_utf8_lossy(&bytes)),
    }
}
