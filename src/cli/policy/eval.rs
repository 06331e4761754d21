//! `countersign policy eval`: what one policy finds in one document.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::check::{instant, read_rule_file};
use super::super::error::CliError;
use super::super::policy_files::read_rego;
use super::super::{Env, Exit, table};
use crate::gate::policy_data;
use crate::output::pretty;
use crate::policy::{Evaluated, try_out};
use crate::rules::is_rego;

/// One policy and one document.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign policy eval policies/many.rego --input ann.json
  countersign policy eval policies/many.rego --input ann.json --trace

`countersign schema principal-input` says what a document of the scope principal looks like. The
policy may print: print(\"seen\", x).")]
pub struct PolicyEvalArgs {
    /// The policy's file. Policies beside it are loaded, too.
    file: PathBuf,
    /// The document, as JSON.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Say of each rule what it gives, and which of its lines were evaluated.
    #[arg(long)]
    trace: bool,
    /// Write it as JSON.
    #[arg(long)]
    json: bool,
    /// Evaluate as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &PolicyEvalArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = args.as_of.as_deref().map_or_else(|| Ok((env.now)()), instant)?;
    let document = read_rule_file(&env.cwd, &args.input)?;
    let document: Value = serde_json::from_slice(&document.bytes).map_err(|error| {
        CliError::other(format!("{} is not JSON: {error}", args.input.display()), "give one document as JSON")
    })?;
    let file = read_rule_file(&env.cwd, &args.file)?;
    let folder = args.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = read_rego(&env.cwd, folder, &is_rego)?;
    files.retain(|own| own.bytes != file.bytes);
    files.push(file.clone());
    let found = try_out(&files, &file, policy_data(as_of), document)?;
    let text = if args.json { as_json(&found, args.trace) } else { human(&found, args.trace) };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn as_json(found: &Evaluated, trace: bool) -> String {
    let mut all = json!({
        "schema": "countersign.dev/policy-eval/v1",
        "findings": found.findings,
        "printed": found.printed,
    });
    if let Some(all) = all.as_object_mut().filter(|_| trace) {
        let rules = found.rules.iter().map(|rule| {
            json!({
                "rule": rule.name, "line": rule.line, "value": rule.value,
                "defined": rule.value.is_some(), "evaluated": rule.reached, "not_evaluated": rule.unreached,
            })
        });
        all.insert("rules".to_owned(), rules.collect());
    }
    pretty(&all)
}

fn human(found: &Evaluated, trace: bool) -> String {
    let mut out = String::new();
    for line in &found.printed {
        let _ = writeln!(out, "printed {line}");
    }
    for finding in &found.findings {
        let message = finding["message"].as_str().unwrap_or_default();
        let _ = writeln!(out, "finding {message}");
        for (key, value) in finding.as_object().into_iter().flatten().filter(|(key, _)| *key != "message") {
            let _ = writeln!(out, "  {key}: {value}");
        }
    }
    let _ = match found.findings.len() {
        0 => writeln!(out, "the policy finds nothing"),
        1 => writeln!(out, "1 finding"),
        many => writeln!(out, "{many} findings"),
    };
    if trace {
        out.push('\n');
        for rule in &found.rules {
            let value = match &rule.value {
                _ if rule.function => "a function".to_owned(),
                Some(value) => {
                    let text = value.to_string();
                    let short: String = text.chars().take(120).collect();
                    if short == text { text } else { format!("{short}…") }
                }
                None => "undefined".to_owned(),
            };
            let _ = writeln!(out, "line {:<4} {}  {value}", rule.line, rule.name);
            let lines = |lines: &[u32]| lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            if !rule.unreached.is_empty() {
                let _ = writeln!(out, "          not reached: line {}", lines(&rule.unreached));
            }
        }
    }
    out
}
