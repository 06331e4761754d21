//! `countersign who-can`.

use clap::Args;
use rayon::prelude::*;

use super::error::CliError;
use super::model::{LocatedStep, Model, ModelArgs, Way};
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::facts::Gap;

/// Most places that are shown of what is not known.
const NOT_KNOWN: usize = 5;

/// List who holds a duty or a permission.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign who-can PAY                              who can execute supplier payments
  countersign who-can SUPER                            who administers a whole system
  countersign who-can iam:PassRole                     who has an AWS permission
  countersign who-can 'get:core/secrets' --format csv  who has a Kubernetes permission")]
pub struct WhoCanArgs {
    /// A duty's id, or a permission as its system names it.
    #[arg(value_name = "DUTY|PERMISSION")]
    question: String,
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs the command.
pub(super) fn run(args: &WhoCanArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let model = Model::open(&args.model, Some(&args.question), env)?;
    let duty = model.question(&args.question);
    let matcher = model.matcher();
    let ways: Vec<Vec<Way>> = model
        .graph
        .principals()
        .par_iter()
        .map(|(node, _)| model.ways(*node, &matcher.principal(*node), duty))
        .collect();
    let ways: Vec<Way> = ways.into_iter().flatten().collect();
    let text = match args.format {
        ListFormat::Csv => table::csv(&ways),
        ListFormat::Json => table::json(&ways, model.as_of),
        ListFormat::Table => listed(&ways, &args.question, &model),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn listed(ways: &[Way], question: &str, model: &Model) -> String {
    if ways.is_empty() {
        let kind = if model.is_permission() { "permission" } else { "duty" };
        let perhaps = model.perhaps_a_duty(question);
        return format!("nobody declared here holds the {kind} {question}\n{perhaps}{}", not_known(model));
    }
    let rows: Vec<Vec<String>> = ways
        .iter()
        .map(|way| {
            vec![
                way.principal.clone(),
                way.scope.clone(),
                table::held(way),
                way.included_in.clone().map_or_else(|| "itself".to_owned(), |wide| format!("part of {wide}")),
                table::grant_of(way).map(LocatedStep::place).unwrap_or_default(),
            ]
        })
        .collect();
    let mut out = table::aligned(&["principal", "on", "held", "how", "granted at"], &rows);
    out.push_str(&format!("\nevery path: countersign access PRINCIPAL --why {question}\n"));
    out.push_str(&not_known(model));
    out
}

/// The roles that are given here and of which it is not known what they permit: whoever holds one may have it too.
fn not_known(model: &Model) -> String {
    let places = model.places();
    let mut lines: Vec<String> = model
        .graph
        .gaps
        .iter()
        .filter(|(gap, _)| matches!(gap.gap, Gap::Unknown | Gap::Dangling))
        .map(|(gap, unit)| {
            let unit = unit.and_then(|unit| model.reading.units.get(unit as usize));
            let place = unit.map(|unit| places(unit, gap.origin)).unwrap_or_default();
            format!("  {}{}{}\n", place, if place.is_empty() { "" } else { ": " }, gap.reason)
        })
        .collect();
    lines.sort();
    lines.dedup();
    if lines.is_empty() {
        return String::new();
    }
    let more = match lines.len().saturating_sub(NOT_KNOWN) {
        0 => String::new(),
        more => format!("  and {more} more: countersign check --output json\n"),
    };
    let shown: String = lines.into_iter().take(NOT_KNOWN).collect();
    format!("\nthere may be others, since not all that is given here is known:\n{shown}{more}")
}
