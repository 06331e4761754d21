//! `countersign scope` and `countersign services`: what is declared, as the report of a period has it.

use clap::Args;

use super::error::CliError;
use super::model::{Model, ModelArgs};
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::output::pretty;
use crate::report::{self, Cell, Declared, Sheet};

/// Columns that a terminal has no room for; CSV and JSON have them.
const MACHINES: [&str; 3] = ["accounts", "assertions", "clauses"];

/// List the systems with the processes of financial reporting that they carry, and who can do what in them.
///
/// What carries a process, what is left out and why, and of what in scope neither is said. --matrix lists who can read,
/// write, approve and export in each system that carries a process.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign scope
  countersign scope --matrix --format csv > matrix.csv")]
pub struct ScopeArgs {
    /// List who can read, write, approve and export.
    #[arg(long)]
    matrix: bool,
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    model: ModelArgs,
}

/// List the service identities: owner, purpose, approval, review, end, credentials.
///
/// What is missing is not declared. CS-NHI-001 to 010 judge it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign services
  countersign services --format json")]
pub struct ServicesArgs {
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs `countersign scope`.
pub(super) fn run(args: &ScopeArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let declared = declared(&args.model, env)?;
    if args.matrix {
        return told(&report::matrix_sheet(&declared), || pretty(&declared.matrix), args.format, env);
    }
    told(&report::systems_sheet(&declared), || pretty(&declared.systems), args.format, env)
}

/// Runs `countersign services`.
pub(super) fn services(args: &ServicesArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let declared = declared(&args.model, env)?;
    told(&report::services_sheet(&declared), || pretty(&declared.services), args.format, env)
}

fn declared(args: &ModelArgs, env: &Env<'_>) -> Result<Declared, CliError> {
    let model = Model::open(args, None, env)?;
    Ok(report::declared(&model.tip()))
}

fn told(sheet: &Sheet, json: impl Fn() -> String, format: ListFormat, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let text = match format {
        ListFormat::Json => json(),
        ListFormat::Csv => report::sheet_csv(sheet),
        ListFormat::Table if sheet.rows.is_empty() => format!("{}\n", sheet.none),
        ListFormat::Table => {
            // A column in which nothing stands only takes room.
            let says = |at: usize| sheet.rows.iter().any(|row| row.get(at).is_some_and(|cell| !shown(cell).is_empty()));
            let is_told =
                |at: &usize| says(*at) && sheet.columns.get(*at).is_some_and(|column| !MACHINES.contains(&column.name));
            let kept: Vec<usize> = (0..sheet.columns.len()).filter(is_told).collect();
            let header: Vec<&str> = kept.iter().filter_map(|at| sheet.columns.get(*at)).map(|own| own.title).collect();
            let row = |row: &Vec<Cell>| kept.iter().filter_map(|at| row.get(*at)).map(shown).collect();
            let rows: Vec<Vec<String>> = sheet.rows.iter().map(row).collect();
            format!("{}\n{}\n", table::aligned(&header, &rows), sheet.lead)
        }
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// A cell in a terminal.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text)
        | Cell::Severity(text)
        | Cell::Finding(text)
        | Cell::Landing(text)
        | Cell::Policy(text)
        | Cell::Digest(text) => text.clone(),
        Cell::List(all) | Cell::Records(all) => all.join(", "),
        Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
        Cell::At(at) => at.map(|at| crate::rules::day(at.seconds())).unwrap_or_default(),
        Cell::Until(end) => end.map(|end| crate::rules::day(end.seconds() - 1)).unwrap_or_default(),
        Cell::Is(is) => if *is { "yes" } else { "no" }.to_owned(),
        Cell::Blank => String::new(),
    }
}
