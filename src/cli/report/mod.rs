//! `countersign report`.

mod formats;
mod make;
mod repositories;
mod signed;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use self::formats::{Output, ReportFormat, Written};
use self::make::make;
use self::repositories::RepositoriesReportArgs;
use self::signed::SignedArgs;
use self::verify::VerifyReportArgs;
use crate::cli::error::CliError;
use crate::cli::population::{NEW, OfArgs};
use crate::cli::table::print;
use crate::cli::{Env, Exit, files};
use crate::report::RenderError;

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
  countersign report verify report.json --period 2026Q4 --branch main --also csv=papers
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
    for output in &args.output {
        let files = output.files(Written::One(&report))?;
        let without = match (output.format, files.len()) {
            (ReportFormat::Oscal, 1) => ", without poam.json: nothing is open",
            _ => "",
        };
        for (path, text) in files {
            write(&path, &text, env)?;
        }
        print(env, &format!("wrote {}{without}\n", output.path.display()))?;
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
