//! `countersign who-can`.

use clap::Args;
use rayon::prelude::*;

use super::error::CliError;
use super::model::{LocatedStep, Model, ModelArgs, Way};
use super::table::{self, ListFormat};
use super::{Env, Exit};

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
        ListFormat::Csv => table::csv(&ways)?,
        ListFormat::Json => table::json(&ways, model.as_of),
        ListFormat::Table => listed(&ways, &args.question, &model),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn listed(ways: &[Way], question: &str, model: &Model) -> String {
    if ways.is_empty() {
        let kind = if model.is_permission() { "permission" } else { "duty" };
        return format!("nobody declared here holds the {kind} {question}\n{}", model.perhaps_a_duty(question));
    }
    let rows: Vec<Vec<String>> = ways
        .iter()
        .map(|way| {
            vec![
                way.principal.clone(),
                way.scope.clone(),
                if way.indirect { format!("{}, indirectly", way.held) } else { way.held.to_owned() },
                way.included_in.clone().map_or_else(|| "itself".to_owned(), |wide| format!("part of {wide}")),
                table::grant_of(way).map(LocatedStep::place).unwrap_or_default(),
            ]
        })
        .collect();
    let mut out = table::aligned(&["principal", "on", "held", "how", "granted at"], &rows);
    out.push_str(&format!("\nevery path: countersign access PRINCIPAL --why {question}\n"));
    out
}
