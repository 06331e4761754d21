//! `countersign report`.

mod signed;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use self::signed::SignedArgs;
use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::cli::model::Model;
use crate::cli::population::{MOST, NEW, OfArgs, Opened};
use crate::cli::table::print;
use crate::cli::{Env, Exit, files};
use crate::gate::{policy_data, rule_files};
use crate::output::pretty;
use crate::policy::Bundle;
use crate::report::{self, Declared, Knowledge, RenderError, Report, ReportError, SourceReport, Sources, Tickets};
use crate::rules::{RecordKind, Rules};
use crate::source::{self, Head, Request};
use crate::store::Digest;

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
  countersign report verify report.json --period 2026Q4 --branch main"
)]
pub struct ReportArgs {
    #[command(flatten)]
    new: NewArgs,
    #[command(subcommand)]
    command: Option<ReportCommand>,
}

/// What is done with a report that there is.
#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Make a report again from git and the evidence, and name what differs.
    Verify(Box<VerifyReportArgs>),
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

/// Make a report again from git and the evidence, and name what differs.
///
/// The period, the entity and the time are the report's; the branch is asked as it was at the tip that the report names.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 it comes out the same, 5 something in it is otherwise, 2 it cannot be made again")]
struct VerifyReportArgs {
    /// The report, as JSON or as a page of HTML.
    report: PathBuf,
    /// What a tracker said of findings, where the report was made with it.
    #[arg(long, value_name = "FILE")]
    tickets: Option<PathBuf>,
    #[command(flatten)]
    of: OfArgs,
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
        Some(ReportCommand::Verify(args)) => verify(args, env),
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
        let exports: Vec<&Path> = args.of.forge_audit.iter().chain(&args.tickets).map(PathBuf::as_path).collect();
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

fn make(
    args: &OfArgs,
    opened: &Opened,
    entity: &str,
    tickets: Option<&Path>,
    as_of: i64,
    env: &Env<'_>,
) -> Result<Report, CliError> {
    let git = env.git();
    let tip = opened.branch.commits.last().map(|tip| tip.commit.as_str()).unwrap_or_default();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.store.path,
        base: None,
        head: Head::Revision(tip),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    // What the policies are called does not depend on whether the rules of the tip can be read.
    let own = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref());
    let (rules, declared) = match own {
        Ok(own) => (own.clone(), declared_at(Model::join(comparison, own, as_of, None), tip)),
        Err(errors) => (Rules::built_in()?, declared_at(Err(CliError::Rules(errors)), tip)),
    };
    let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
    let files = opened.files.iter().map(|(name, digest)| SourceReport {
        what: format!("the forge's export {}", name.rsplit('/').next().unwrap_or(name)),
        digest: digest.to_string(),
    });
    let mut files: Vec<SourceReport> = files.collect();
    let tickets = match tickets {
        Some(path) => {
            let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
            let name = path.display().to_string();
            let read = Tickets::read(&name, &bytes).map_err(|error| CliError::told(&error))?;
            let count = read.len();
            files.push(SourceReport {
                what: format!("{count} tickets of the tracker's export {}", name.rsplit('/').next().unwrap_or(&name)),
                digest: Digest::of(&bytes).to_string(),
            });
            read
        }
        None => Tickets::default(),
    };
    let folders = RecordKind::ALL.map(|kind| kind.folder().trim_end_matches('/'));
    let records = opened.git.versions(&folders, READ_LIMIT)?;
    let ledger = opened.store.ledger();
    let sources = Sources {
        question: opened.question(as_of),
        ledger: &ledger,
        knowledge: Knowledge { policies: &bundle.policies, frameworks: &rules.frameworks, records: &rules.records },
        entity,
        version: env.version,
        declared,
        tickets: &tickets,
        records: &records,
        files,
    };
    report::report(&sources).map_err(|error| match error {
        ReportError::Source(error) => error.into(),
        ReportError::Evidence(error) => error.into(),
    })
}

/// What the tip declares, or why that cannot be told.
fn declared_at(model: Result<Model, CliError>, tip: &str) -> Declared {
    match model {
        Ok(model) => report::declared(&model.tip()),
        Err(error) => {
            Declared { commit: Some(tip.to_owned()), unreadable: Some(error.to_string()), ..Declared::default() }
        }
    }
}

fn write(path: &Path, text: &str, env: &Env<'_>) -> Result<(), CliError> {
    files::create(path, text.as_bytes(), NEW, env)
}

fn verify(args: &VerifyReportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let name = args.report.display().to_string();
    let none = |why: &str| {
        CliError::other(
            format!("{name} is no report: {why}"),
            "give what `countersign report --output json=FILE` wrote",
        )
    };
    let bytes = files::read(&args.report, MOST, "check the path and its permissions", env)?;
    let page = std::str::from_utf8(&bytes).ok().filter(|text| report::is_page(text));
    let data = match page {
        Some(page) => report::data_of(page).ok_or_else(|| none("the page has no data"))?.as_bytes(),
        None => &bytes,
    };
    let stated: Value = serde_json::from_slice(data).map_err(|error| none(&error.to_string()))?;
    if stated["schema"] != report::REPORT_SCHEMA {
        return Err(none("it is of a kind or version that this binary does not know"));
    }
    let as_of = stated["as_of"].as_str().ok_or_else(|| none("it does not say when it was made"))?;
    let as_of = crate::cli::check::instant(as_of)?;
    let size = stated["log"]["size"].as_u64().unwrap_or_default();
    let root = stated["log"]["root"].as_str().and_then(|root| root.parse::<Digest>().ok());
    let mut opened = args.of.open(env, root.map(|root| (size, root)))?;
    // What came afterwards is no part of it. That the log goes on from what it was, was verified.
    if opened.verified.size > size && root.is_some() {
        opened.verified.size = size;
        opened.verified.root = root;
        // Who cosigned that checkpoint, the log of today does not say.
        let stated = stated["log"]["witnesses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        opened.verified.witnesses = stated.map(|name| (name.to_owned(), 0)).collect();
    }
    let tip = stated["completeness"]["frame"]["tip"].as_str().unwrap_or_default();
    let there = opened.branch.commits.iter().position(|own| own.commit == tip);
    let place = there.ok_or_else(|| {
        CliError::other(
            format!("the branch {} did not go through {tip}, at which {name} was made", args.of.branch),
            "name the branch that the report is of; if it is that one, its history was replaced since",
        )
    })?;
    opened.branch.commits.truncate(place + 1);
    opened.evaluations.all.retain(|own| own.at <= as_of);
    let entity = stated["entity"].as_str().unwrap_or_default();
    let again = make(&args.of, &opened, entity, args.tickets.as_deref(), as_of, env)?;
    let drawn = page.map(|_| report::html(&again)).transpose().map_err(|error| rendered(&error))?;
    let again = serde_json::to_value(&again).map_err(|error| none(&error.to_string()))?;
    let mut differences = Vec::new();
    differ("", &stated, &again, &mut differences);
    if let (Some(page), Some(drawn), true) = (page, &drawn, differences.is_empty()) {
        differences.extend(otherwise(page, drawn));
    }
    if differences.is_empty() {
        print(env, "it comes out the same: every number follows from git and the evidence\n")?;
        return Ok(Exit::Clean);
    }
    let mut text = String::new();
    for Difference { place, stated, again } in &differences {
        text.push_str(&format!("{place}: the report says {stated}, and it is {again}\n"));
    }
    text.push_str(&format!("it does not come out the same: {} places differ\n", differences.len()));
    print(env, &text)?;
    Ok(Exit::EvidenceInvalid)
}

/// The first line of a page that says something else than its data.
fn otherwise(page: &str, drawn: &str) -> Option<Difference> {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (stated, again) = (lines(page), lines(drawn));
    let at = (0..stated.len().max(again.len())).find(|at| stated.get(*at) != again.get(*at))?;
    let shown = |lines: &[String]| {
        let line = lines.get(at).map(|line| line.trim().chars().take(120).collect::<String>());
        line.map_or_else(|| "nothing".to_owned(), |line| format!("`{line}`"))
    };
    Some(Difference { place: format!("line {}", at + 1), stated: shown(&stated), again: shown(&again) })
}

/// A place that differs, as a JSON pointer (RFC 6901).
struct Difference {
    place: String,
    stated: String,
    again: String,
}

fn differ(place: &str, stated: &Value, again: &Value, into: &mut Vec<Difference>) {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    match (stated, again) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => differ(&place, one, other, into),
                    (one, other) => into.push(Difference { place, stated: shown(one), again: shown(other) }),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let place = format!("{place}/{at}");
                match (one.get(at), other.get(at)) {
                    (Some(one), Some(other)) => differ(&place, one, other, into),
                    (one, other) => into.push(Difference { place, stated: shown(one), again: shown(other) }),
                }
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            into.push(Difference { place: place.to_owned(), stated: one.to_string(), again: other.to_string() });
        }
    }
}
