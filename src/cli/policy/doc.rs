//! `countersign policy doc`: what the metadata of policies says, as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::super::error::CliError;
use super::super::model::TreeArgs;
use super::super::{Env, Exit, table};
use super::load;
use crate::output::pretty;
use crate::policy::{Policy, Scope};
use crate::rules::Framework;

/// Which policies, and how.
#[derive(Debug, Args)]
pub struct PolicyDocArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value = "markdown")]
    output: DocFormat,
    /// Leave the policies out that ship with the binary.
    #[arg(long)]
    own: bool,
    /// Add the policies of this folder; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    tree: TreeArgs,
}

/// How a page of policies is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DocFormat {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Markdown,
    Json,
}

/// Runs the command.
pub(super) fn run(args: &PolicyDocArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (bundle, rules) = load(&args.tree, &args.policy, env)?;
    let policies: Vec<&Policy> = bundle.policies.iter().filter(|policy| !(args.own && policy.built_in)).collect();
    let text = match args.output {
        DocFormat::Markdown => markdown(&policies, &rules.frameworks),
        DocFormat::Json => {
            let all: Vec<Value> = policies.iter().map(|policy| document(policy, &rules.frameworks)).collect();
            pretty(&json!({ "schema": "countersign.dev/policy-doc/v1", "policies": all }))
        }
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// The controls that a policy serves, by framework.
fn controls(policy: &Policy, frameworks: &[Framework]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for framework in frameworks {
        for control in framework.controls.iter().filter(|control| control.policies.contains(&policy.id)) {
            all.entry(framework.metadata.id.value.clone()).or_default().push(control.id.value.clone());
        }
    }
    for own in &policy.metadata.custom.frameworks {
        if let Some((framework, control)) = own.split_once(' ') {
            all.entry(framework.to_owned()).or_default().push(control.to_owned());
        }
    }
    for controls in all.values_mut() {
        controls.sort();
        controls.dedup();
    }
    all
}

fn document(policy: &Policy, frameworks: &[Framework]) -> Value {
    let custom = &policy.metadata.custom;
    json!({
        "id": policy.id,
        "title": policy.metadata.title,
        "description": policy.metadata.description.trim(),
        "severity": custom.severity,
        "scope": custom.scope,
        "input": custom.input,
        "when": custom.when,
        "remediation": custom.remediation.trim(),
        "frameworks": controls(policy, frameworks),
        "file": &*policy.file.path,
        "built_in": policy.built_in,
    })
}

fn markdown(policies: &[&Policy], frameworks: &[Framework]) -> String {
    let mut out = String::from(
        "# Policies\n\nWritten by `countersign policy doc` from the metadata of each policy. `countersign policy show ID` \
         shows the Rego.\n",
    );
    for scope in Scope::ALL {
        let own: Vec<&&Policy> = policies.iter().filter(|policy| policy.metadata.custom.scope == scope).collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## For each {}\n", scope.as_str().replace('_', " "));
        out.push_str("| id | severity | what it finds |\n|---|---|---|\n");
        for policy in &own {
            let title = cell(&policy.metadata.title);
            let anchor = policy.id.to_ascii_lowercase();
            let _ = writeln!(out, "| [{}](#{anchor}) | {} | {title} |", policy.id, policy.metadata.custom.severity);
        }
        for policy in own {
            section(&mut out, policy, frameworks);
        }
    }
    out
}

fn section(out: &mut String, policy: &Policy, frameworks: &[Framework]) {
    let custom = &policy.metadata.custom;
    let _ = writeln!(out, "\n### {}\n\n{}.", policy.id, sentence(&policy.metadata.title));
    let description = policy.metadata.description.trim();
    if !description.is_empty() {
        let _ = writeln!(out, "\n{description}");
    }
    if !custom.remediation.trim().is_empty() {
        let _ = writeln!(out, "\nWhat to do: {}", custom.remediation.trim());
    }
    let _ =
        writeln!(out, "\n- severity: {}, unless a finding says another\n- input: `{}`", custom.severity, custom.input);
    let serves = controls(policy, frameworks);
    if !serves.is_empty() {
        let texts: Vec<String> =
            serves.iter().map(|(framework, controls)| format!("{framework} {}", controls.join(", "))).collect();
        let _ = writeln!(out, "- serves: {}", texts.join("; "));
    }
    let path = policy.file.path.strip_prefix("built-in/").map(|path| format!("policies/{path}"));
    let _ = writeln!(out, "- file: `{}`", path.unwrap_or_else(|| policy.file.path.to_string()));
}

fn sentence(title: &str) -> String {
    let title = title.trim().trim_end_matches('.');
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
