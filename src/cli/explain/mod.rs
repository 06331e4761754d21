//! `countersign explain`: what an id means, for who meets it in a finding.

mod definitions;
mod exit;
mod finding;
mod policy;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::model::TreeArgs;
use super::policy::PolicyFolders;
use super::{Env, Exit, table};
use crate::output::{
    EXPLAIN_SCHEMA, ExplainReport, ExplainedKind, NextReport, Tool, explain_human, explain_markdown, pretty,
};
use crate::policy::Bundle;
use crate::rules::Rules;
use crate::syntax::nearest;

/// Say what an id means: what it finds, why, by an example, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign explain CS-SOD-001       a policy, with what it finds and what it leaves alone
  countersign explain P2P-03           a conflict
  countersign explain VBANK            a duty
  countersign explain AWS-IAM-007      a way to administer a system
  countersign explain exit 4           an exit status
  countersign explain 7f714f           a finding of this tree, by the beginning of its fingerprint
  countersign explain CS-SOD-001 --format markdown > sod.md")]
pub struct ExplainArgs {
    /// The id of a policy, a conflict, a duty or an escalation; `exit` and a status; or a fingerprint.
    #[arg(required = true, num_args = 1..=2, value_name = "ID")]
    id: Vec<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value = "human")]
    format: ExplainFormat,
    #[command(flatten)]
    policies: PolicyFolders,
    #[command(flatten)]
    tree: TreeArgs,
}

/// How an explanation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Human,
    Markdown,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &ExplainArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let report = explained(args, env)?;
    let text = match args.format {
        ExplainFormat::Human => explain_human(&report, env.width.unwrap_or(100).clamp(40, 110)),
        ExplainFormat::Markdown => explain_markdown(&report),
        ExplainFormat::Json => pretty(&report),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn explained(args: &ExplainArgs, env: &Env<'_>) -> Result<ExplainReport, CliError> {
    let status = match args.id.as_slice() {
        [word, status] if word.eq_ignore_ascii_case("exit") || word.eq_ignore_ascii_case("status") => Some(status),
        [status] if status.len() == 1 && status.parse::<u8>().is_ok() => Some(status),
        [_] => None,
        several => {
            return Err(CliError::other(
                format!("`{}` is no id", several.join(" ")),
                "give one id, or `exit` and a status: `countersign explain exit 4`",
            ));
        }
    };
    if let Some(status) = status {
        return exit::of(status, env.version);
    }
    let id = args.id.concat();
    let (bundle, rules) = args.policies.load(&args.tree, env)?;
    let asked = Asked { bundle: &bundle, rules: &rules, now: (env.now)(), version: env.version };
    if let Some(policy) = bundle.find(&id.to_ascii_uppercase()).or_else(|| bundle.find(&id)) {
        return Ok(policy::of(policy, &asked));
    }
    if let Some(report) = definitions::of(&id, &asked).or_else(|| definitions::of(&id.to_ascii_uppercase(), &asked)) {
        return Ok(report);
    }
    if id.len() >= finding::SHORTEST && id.chars().all(|c| c.is_ascii_hexdigit()) {
        return finding::of(&id.to_ascii_lowercase(), &args.tree, &asked, env);
    }
    Err(unknown(&id, &asked))
}

/// What every explanation asks.
struct Asked<'a> {
    bundle: &'a Bundle,
    rules: &'a Rules,
    now: i64,
    version: &'a str,
}

fn unknown(id: &str, asked: &Asked<'_>) -> CliError {
    let definitions = &asked.rules.definitions;
    let policies = asked.bundle.policies.iter().map(|policy| policy.id.as_str());
    let known = policies
        .chain(definitions.conflicts.keys().map(String::as_str))
        .chain(definitions.duties.keys().map(String::as_str))
        .chain(definitions.escalations.keys().map(String::as_str));
    let help = nearest(&id.to_ascii_uppercase(), known).map_or_else(
        || {
            "`countersign policy list` names the policies, `countersign ruleset list --conflicts` the conflicts"
                .to_owned()
        },
        |near| format!("did you mean `{near}`?"),
    );
    CliError::other(format!("nothing here has the id `{id}`"), help)
}

/// An explanation that says nothing yet.
fn empty(kind: ExplainedKind, id: &str, title: &str, version: &str) -> ExplainReport {
    ExplainReport {
        schema: EXPLAIN_SCHEMA,
        tool: Tool { name: "countersign", version: version.to_owned() },
        kind,
        id: id.to_owned(),
        title: title.to_owned(),
        severity: None,
        enforcement: None,
        finding: None,
        meaning: Vec::new(),
        rests_on: Vec::new(),
        examples: None,
        fix: Vec::new(),
        unblock: Vec::new(),
        next: Vec::new(),
        serves: Vec::new(),
    }
}

/// A command to run next.
fn next(command: impl Into<String>, what: &str) -> NextReport {
    NextReport { command: command.into(), what: what.to_owned() }
}
