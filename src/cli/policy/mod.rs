//! `countersign policy`.

mod doc;
mod eval;
mod fmt;
mod lint;
mod new;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::model::TreeArgs;
use super::policy_files::read_policies;
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::gate::policy_data;
use crate::policy::{Bundle, Policy};
use crate::rules::{Framework, Rules};
use crate::syntax::nearest;

/// List and show the policies; write, check and try your own.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the built-in policies, the repository's own, and those of --policy.
    List(PolicyListArgs),
    /// Show what one policy says, why, and its Rego.
    Show(PolicyShowArgs),
    /// Write a policy of your own with its tests, to be changed.
    New(new::PolicyNewArgs),
    /// Say what a check would refuse of your policies, and what else wants mending.
    Lint(lint::PolicyLintArgs),
    /// Lay policies out: tabs, spaces and empty lines, and nothing of what they mean.
    Fmt(fmt::PolicyFmtArgs),
    /// Say what one policy finds in one document.
    Eval(eval::PolicyEvalArgs),
    /// Write a page of what the policies find, from their metadata.
    Doc(doc::PolicyDocArgs),
}

/// Which policies.
#[derive(Debug, Args)]
pub struct PolicyListArgs {
    /// Add the policies of this folder or bundle; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    tree: TreeArgs,
}

/// Which policy.
#[derive(Debug, Args)]
pub struct PolicyShowArgs {
    /// The policy's id, such as CS-SOD-001.
    id: String,
    /// Add the policies of this folder or bundle; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    tree: TreeArgs,
}

/// Policies beside those of the tree.
#[derive(Debug, Args)]
pub(super) struct PolicyFolders {
    /// Add the policies of this folder or bundle; may be given several times.
    #[arg(long, value_name = "DIR")]
    policy: Vec<PathBuf>,
}

impl PolicyFolders {
    /// The policies that a check of a tree would ask, and its rules.
    pub(super) fn load(&self, tree: &TreeArgs, env: &Env<'_>) -> Result<(Bundle, Rules), CliError> {
        load(tree, &self.policy, env)
    }
}

/// Runs the command.
pub(super) fn run(command: &PolicyCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let text = match command {
        PolicyCommand::New(args) => return new::run(args, env),
        PolicyCommand::Lint(args) => return lint::run(args, env),
        PolicyCommand::Fmt(args) => return fmt::run(args, env),
        PolicyCommand::Eval(args) => return eval::run(args, env),
        PolicyCommand::Doc(args) => return doc::run(args, env),
        PolicyCommand::List(args) => list(&load(&args.tree, &args.policy, env)?.0, args.format)?,
        PolicyCommand::Show(args) => {
            let (bundle, rules) = load(&args.tree, &args.policy, env)?;
            let Some(policy) = bundle.find(&args.id.to_ascii_uppercase()).or_else(|| bundle.find(&args.id)) else {
                let help = nearest(&args.id, bundle.policies.iter().map(|policy| policy.id.as_str())).map_or_else(
                    || "`countersign policy list` names them all".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(CliError::other(format!("there is no policy `{}`", args.id), help));
            };
            shown(policy, &rules.frameworks)
        }
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// The policies that a check of this tree would ask, and its rules.
fn load(tree: &TreeArgs, folders: &[PathBuf], env: &Env<'_>) -> Result<(Bundle, Rules), CliError> {
    let (_, rules) = tree.open(env)?;
    let mut own = rules.policies.clone();
    for folder in folders {
        own.extend(read_policies(&env.cwd, folder)?);
    }
    let bundle = Bundle::load(&own, policy_data((env.now)()))?;
    rules.check_policies(bundle.severities())?;
    Ok((bundle, rules))
}

fn list(bundle: &Bundle, format: ListFormat) -> Result<String, CliError> {
    let rows: Vec<Vec<String>> = bundle
        .policies
        .iter()
        .map(|policy| {
            let custom = &policy.metadata.custom;
            vec![
                policy.id.clone(),
                custom.severity.to_string(),
                custom.scope.as_str().to_owned(),
                policy.metadata.title.clone(),
            ]
        })
        .collect();
    let header = ["id", "severity", "scope", "title"];
    Ok(match format {
        ListFormat::Table => table::aligned(&header, &rows),
        ListFormat::Csv => table::rows_csv(&header, &rows),
        ListFormat::Json => table::rows_json("countersign.dev/policies/v1", "policies", &header, &rows),
    })
}

fn shown(policy: &Policy, frameworks: &[Framework]) -> String {
    let metadata = &policy.metadata;
    let custom = &metadata.custom;
    let mut out = String::new();
    let _ = writeln!(out, "{}  {}", policy.id, metadata.title);
    let _ = writeln!(out, "severity {}, judges each {}", custom.severity, custom.scope.as_str().replace('_', " "));
    if !metadata.description.is_empty() {
        let _ = writeln!(out, "\n{}", metadata.description.trim());
    }
    if !custom.remediation.is_empty() {
        let _ = writeln!(out, "\nWhat to do: {}", custom.remediation.trim());
    }
    let controls: Vec<String> = frameworks
        .iter()
        .flat_map(|framework| {
            framework
                .controls
                .iter()
                .filter(|control| control.policies.contains(&policy.id))
                .map(|control| format!("  {} {}  {}", framework.metadata.id.value, control.id.value, control.title))
        })
        .collect();
    if !controls.is_empty() {
        let _ = writeln!(out, "\nServes:\n{}", controls.join("\n"));
    }
    let _ = writeln!(out, "\n{}:\n", policy.file.path);
    out.push_str(&String::from_utf8_lossy(&policy.file.bytes));
    out
}
