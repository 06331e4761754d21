//! `countersign access`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use rayon::prelude::*;

use super::error::CliError;
use super::model::{Model, ModelArgs, Way, places};
use super::table::{self, ListFormat};
use super::{Env, Exit, trusted};
use crate::access::NodeId;
use crate::formats::{LoweredUnit, Reading, context, gate};
use crate::source::Comparison;
use crate::store::{Digest, write_durably};

/// List who holds which duties, with every path and its source line.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign access                              everyone's duties, a line each
  countersign access alice.ng                     what one principal holds
  countersign access alice.ng --why PAY           every path to one duty
  countersign access alice.ng --why iam:PassRole  the same for a permission
  countersign access role/deploy --trusted        who may act as an account
  countersign access --format csv > access.csv
  countersign access export -o roles.json         all of it, for another repository to count")]
#[command(args_conflicts_with_subcommands = true)]
pub struct AccessArgs {
    #[command(subcommand)]
    command: Option<AccessCommand>,
    /// A principal's id, such as person:alice.ng, or the end of one.
    principal: Option<String>,
    /// Show every path to this duty or permission.
    #[arg(long, value_name = "DUTY|PERMISSION")]
    why: Option<String>,
    /// Show whom accounts let act as them, under which conditions.
    #[arg(long, conflicts_with = "why")]
    trusted: bool,
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    model: ModelArgs,
}

/// What else can be done with the access of a tree.
#[derive(Debug, Subcommand)]
enum AccessCommand {
    /// Write the access that a tree declares as one document, which another repository may name as its `context:`.
    Export(ExportArgs),
}

/// Write the access that a tree declares as one document.
#[derive(Debug, Args)]
struct ExportArgs {
    /// The file to write; standard output when it is left out.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs the command.
pub(super) fn run(args: &AccessArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    if let Some(AccessCommand::Export(args)) = &args.command {
        return export(args, env);
    }
    let model = Model::open(&args.model, args.why.as_deref(), env)?;
    let only = args.why.as_deref().and_then(|why| model.question(why));
    let principals = match &args.principal {
        Some(wanted) => vec![model.principal(wanted)?],
        None => model.graph.principals(),
    };
    if args.trusted {
        let nodes: Vec<NodeId> = principals.iter().map(|(node, _)| *node).collect();
        let text = trusted::list(&model, &nodes, args.format)?;
        table::print(env, &text)?;
        return Ok(Exit::Clean);
    }
    let matcher = model.matcher();
    let ways: Vec<Vec<Way>> =
        principals.par_iter().map(|(node, _)| model.ways(*node, &matcher.principal(*node), only)).collect();
    let ways: Vec<Way> = ways.into_iter().flatten().collect();
    let text = match args.format {
        ListFormat::Csv => table::csv(&ways),
        ListFormat::Json => table::json(&ways, model.as_of),
        ListFormat::Table => match (&args.principal, &args.why) {
            (_, Some(why)) => paths(&ways, why, &model),
            _ => overview(&ways, &model),
        },
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Writes the graph, and says how to name it.
fn export(args: &ExportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let model = Model::open(&args.model, None, env)?;
    let graph = document(&model.comparison, &model.reading, model.as_of);
    let Some(output) = &args.output else {
        table::print(env, &graph)?;
        return Ok(Exit::Clean);
    };
    write_durably(&env.cwd.join(output), graph.as_bytes()).map_err(CliError::Store)?;
    let name = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = format!(
        "wrote {}: keep it in the other repository and name it in its countersign.yaml:\n\ncontext:\n  - file: \
         .countersign/context/{name}\n    sha256: {}\n",
        output.display(),
        Digest::of(graph.as_bytes())
    );
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What a tree declares, as one document.
pub(super) fn document(comparison: &Comparison, reading: &Reading, as_of: i64) -> String {
    let repository = comparison.repository.as_ref().and_then(|repository| repository.remote_url.clone());
    let folder = || comparison.root.file_name().map(|name| name.to_string_lossy().into_owned());
    let unresolved: usize = reading.units.iter().map(|unit| unit.facts.unresolved.len()).sum();
    let about = context::About {
        of: repository.or_else(folder).unwrap_or_default(),
        commit: comparison.head.commit.clone(),
        generated: as_of,
        unresolved: unresolved + reading.not_lowered.len(),
    };
    // What other repositories say is theirs to export, and the gate is each repository's own.
    let is_own = |unit: &&LoweredUnit| ![context::NAME, gate::NAME].contains(&unit.format);
    let units: Vec<LoweredUnit> = reading.units.iter().filter(is_own).cloned().collect();
    context::write(&units, &about, &places(&comparison.head))
}

/// One line a way, then what was looked at.
fn overview(ways: &[Way], model: &Model) -> String {
    let rows: Vec<Vec<String>> = ways
        .iter()
        .map(|way| {
            let mark = if way.privileged { " (privileged)" } else { "" };
            vec![
                way.principal.clone(),
                format!("{}{mark}", way.duty),
                way.title.clone(),
                way.scope.clone(),
                table::held(way),
                table::grant_of(way).map(super::model::LocatedStep::place).unwrap_or_default(),
            ]
        })
        .collect();
    let mut out = String::new();
    if rows.is_empty() {
        out.push_str("nobody holds a duty of the catalogue\n");
    } else {
        out.push_str(&table::aligned(&["principal", "duty", "what it is", "on", "held", "granted at"], &rows));
    }
    let principals = model.graph.principals().len();
    let files = model.reading.formats.len();
    let _ = writeln!(
        out,
        "\n{}, {}, {} with definitions; {} not evaluated",
        counted(principals, "principal"),
        counted(model.graph.grant_count, "grant"),
        counted(files, "file"),
        model.reading.not_lowered.len()
    );
    let mut tally: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for unit in &model.reading.units {
        for (kind, count) in &unit.facts.tally {
            *tally.entry(kind).or_default() += count;
        }
    }
    let tally: Vec<String> = tally.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !tally.is_empty() {
        let _ = writeln!(out, "read: {}", tally.join(", "));
    }
    out
}

/// Every path, step by step.
fn paths(ways: &[Way], why: &str, model: &Model) -> String {
    if ways.is_empty() {
        return format!("no path to {why}\n{}", model.perhaps_a_duty(why));
    }
    let mut out = String::new();
    for way in ways {
        let can = if way.by_escalation { "could come to" } else { "can" };
        let _ = write!(out, "{} {can} {} in {}", way.principal, way.title, way.system);
        if way.held != "certain" {
            let _ = write!(out, " ({}: {})", way.held, way.conditions.join(", "));
        }
        let _ = writeln!(out, "\n  on {}", if way.scope.is_empty() { "everything" } else { &way.scope });
        if let Some(until) = way.until {
            let _ = writeln!(out, "  until {}", table::instant(until));
        }
        if let Some(wide) = &way.included_in {
            let _ = writeln!(out, "  because it comes along with {wide}");
        }
        out.push_str(&table::steps(way));
        out.push('\n');
    }
    out.pop();
    out
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
