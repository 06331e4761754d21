//! `countersign report`.

mod make;
mod repositories;
mod signed;
mod verify;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use self::make::make;
use self::repositories::RepositoriesReportArgs;
use self::signed::SignedArgs;
use self::verify::VerifyReportArgs;
use crate::cli::error::CliError;
use crate::cli::population::{NEW, OfArgs};
use crate::cli::table::print;
use crate::cli::{Env, Exit, files};
use crate::output::pretty;
use crate::report::{self, RenderError};

/// Write the report of a period: what landed, what was evaluated, what was found and for how long.
///
/// Everything in it follows from git and the evidence, so that whoever has both makes the same report again. Management and
/// the auditor conclude: the report leaves room for it and concludes nothing.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  countersign report --period 2026Q4 --branch main --entity Acme --output json=report.json
  countersign report verify report.json --period 2026Q4 --branch main
  countersign report repositories clones --period 2026Q4 --output html=all.html"
)]
pub struct ReportArgs {
    #[command(flatten)]
    new: NewArgs,
    #[command(subcommand)]
    command: Option<ReportCommand>,
}

/// What else is done about reports.
#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Make a report again from git and the evidence, and name what differs.
    Verify(Box<VerifyReportArgs>),
    /// Write one report of many repositories.
    Repositories(Box<RepositoriesReportArgs>),
}

/// Of what the report is, and where it is written.
#[derive(Debug, Args)]
struct NewArgs {
    #[command(flatten)]
    of: OfArgs,
    /// Whose report it is, as they want to be called.
    #[arg(long, value_name = "NAME", default_value = "")]
    entity: String,
    /// What a tracker says of findings, as CSV: `finding,ticket,owner,due,state`. Nothing is closed by it.
    #[arg(long, value_name = "FILE")]
    tickets: Option<PathBuf>,
    /// A format and where it is written, `FORMAT=PATH`; may be given several times. What is there is never overwritten.
    #[arg(long, value_name = "FORMAT=PATH", required = true)]
    output: Vec<Output>,
    #[command(flatten)]
    signed: SignedArgs,
}

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    Html,
    Markdown,
    Csv,
    Json,
    Oscal,
}

/// A format and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    format: ReportFormat,
    path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text.split_once('=').ok_or("write it as FORMAT=PATH, such as json=report.json")?;
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let known = ReportFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|own| own.get_name().to_owned()).collect();
            format!("`{format}` is no format of the report: {}", known.join(", "))
        })?;
        if path.is_empty() { Err("no path is given".to_owned()) } else { Ok(Self { format, path: path.into() }) }
    }
}

/// Runs the command.
pub(super) fn run(args: &ReportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match &args.command {
        Some(ReportCommand::Verify(args)) => verify::verify(args, env),
        Some(ReportCommand::Repositories(args)) => repositories::run(args, env),
        None => new(&args.new, env),
    }
}

fn new(args: &NewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = (env.now)();
    let run_by = args.signed.run_by()?;
    let opened = args.of.open(env, None)?;
    let report = make(&args.of, &opened, &args.entity, args.tickets.as_deref(), as_of, env)?;
    for Output { format, path } in &args.output {
        let mut without = "";
        match format {
            ReportFormat::Html => write(path, &report::html(&report).map_err(|error| rendered(&error))?, env)?,
            ReportFormat::Markdown => write(path, &report::markdown(&report), env)?,
            ReportFormat::Csv => {
                for (name, text) in report::csv_files(&report).map_err(|error| rendered(&error))? {
                    write(&path.join(name), &text, env)?;
                }
            }
            ReportFormat::Json => write(path, &pretty(&report), env)?,
            ReportFormat::Oscal => {
                let files = report::oscal_files(&report).map_err(|error| rendered(&error))?;
                if files.len() == 1 {
                    without = ", without poam.json: nothing is open";
                }
                for (name, text) in files {
                    write(&path.join(name), &text, env)?;
                }
            }
        }
        print(env, &format!("wrote {}{without}\n", path.display()))?;
    }
    let frame = &report.completeness.frame;
    if let Some(run_by) = run_by {
        // Workpapers and such follow from these two, and are a folder.
        let whole = |own: &&Output| matches!(own.format, ReportFormat::Html | ReportFormat::Json);
        let written: Vec<&Path> = args.output.iter().filter(whole).map(|own| own.path.as_path()).collect();
        let exports: Vec<&Path> = args.of.asked.forge_audit.iter().chain(&args.tickets).map(PathBuf::as_path).collect();
        let said = args.signed.sign((&report, run_by), (&written, &exports), &opened.store, env)?;
        print(env, &said)?;
    }
    let mut text = format!(
        "{} landed in {}, {} got past the gate; {} findings at its beginning, {} at its end\n",
        report.completeness.landed,
        frame.period.name,
        report.completeness.ungated(),
        report.position.opening,
        report.position.closing,
    );
    let verified = |own: &&Output| matches!(own.format, ReportFormat::Html | ReportFormat::Json);
    if let Some(Output { path, .. }) = args.output.iter().find(verified) {
        let (path, period, branch) = (path.display(), &frame.period.name, &frame.branch);
        text.push_str(&format!("next: countersign report verify {path} --period {period} --branch {branch}\n"));
    }
    print(env, &text)?;
    Ok(Exit::Clean)
}

fn rendered(error: &RenderError) -> CliError {
    CliError::other(error.to_string(), "write it as JSON, and report this as a bug")
}

fn write(path: &Path, text: &str, env: &Env<'_>) -> Result<(), CliError> {
    files::create(path, text.as_bytes(), NEW, env)
}
