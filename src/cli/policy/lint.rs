//! `countersign policy lint`: what a check would refuse of the policies, and what it would let pass and nobody wants.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::error::CliError;
use super::super::model::TreeArgs;
use super::super::policy_files::read_rego;
use super::super::table;
use super::super::{Env, Exit};
use crate::gate::policy_data;
use crate::policy::{Bundle, Policy, input, module_of, names_of_input};
use crate::rules::{RuleFile, is_rego};
use crate::syntax::{LineIndex, nearest};

/// Which policies.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 nothing, 1 something to mend, 2 a check would refuse the policies")]
pub struct PolicyLintArgs {
    /// Folders or bundles with policies; default: those that countersign.yaml names.
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &PolicyLintArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let mut files: Vec<RuleFile> = Vec::new();
    let wanted = |path: &str| path.ends_with(".rego");
    for folder in &args.folders {
        files.extend(read_rego(&env.cwd, folder, &wanted)?);
    }
    if args.folders.is_empty() {
        let (comparison, rules) = TreeArgs::here().open(env)?;
        for folder in &rules.config.policies {
            files.extend(read_rego(&comparison.root, Path::new(&**folder), &wanted)?);
        }
        if files.is_empty() {
            return Err(CliError::other(
                "there is nothing to look at: countersign.yaml names no folder under `policies`",
                "give a folder: `countersign policy lint policies/`",
            ));
        }
    }
    let (policies, tests): (Vec<RuleFile>, Vec<RuleFile>) = files.into_iter().partition(|file| is_rego(&file.path));
    let bundle = Bundle::load(&policies, policy_data((env.now)()))?;
    let own: Vec<&Policy> = bundle.policies.iter().filter(|policy| !policy.built_in).collect();
    let mut found: Vec<(String, u32, String)> = own.iter().flat_map(|policy| of_policy(policy, &tests)).collect();
    found.sort();
    let mut text = String::new();
    for (path, line, what) in &found {
        let _ = writeln!(text, "{path}:{line}  {what}");
    }
    let count = if own.len() == 1 { "1 policy".to_owned() } else { format!("{} policies", own.len()) };
    let things = if found.len() == 1 { "1 thing".to_owned() } else { format!("{} things", found.len()) };
    let _ = match found.is_empty() {
        true => writeln!(text, "{count}: nothing to mend\nnext: countersign test"),
        false => writeln!(text, "\n{count}: {things} to mend"),
    };
    table::print(env, &text)?;
    Ok(if found.is_empty() { Exit::Clean } else { Exit::Blocked })
}

/// What of a policy wants mending: its file, a line, and what is wrong.
fn of_policy(policy: &Policy, tests: &[RuleFile]) -> Vec<(String, u32, String)> {
    let file = &policy.file;
    let text = String::from_utf8_lossy(&file.bytes);
    let mut found = Vec::new();
    let mut add = |line: u32, what: String| found.push((file.path.to_string(), line, what));
    let beside = file.path.strip_suffix(".rego").map(|stem| format!("{stem}_test.rego"));
    if !tests.iter().any(|test| Some(&*test.path) == beside.as_deref()) {
        let name = beside.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        add(1, format!("{} has no tests: write {name} beside it", policy.id));
    }
    if policy.metadata.description.trim().is_empty() {
        add(1, "its metadata has no `description`: say why a finding matters".to_owned());
    }
    if policy.metadata.custom.remediation.trim().is_empty() {
        add(1, "its metadata has no `remediation`: say what to do about a finding".to_owned());
    }
    if let Ok(module) = module_of(file) {
        if !module.rules.iter().any(|rule| rule.name == "finding") {
            add(1, "it defines no rule `finding`, and a check fails on it".to_owned());
        }
        for import in module.imports.iter().filter(|own| !own.text.starts_with("import rego.")) {
            let others = text
                .lines()
                .zip(1u32..)
                .filter(|(line, number)| *number != import.line && !line.trim_start().starts_with('#'));
            if !others.into_iter().any(|(line, _)| has_word(line, &import.name)) {
                add(import.line, format!("the import `{}` is not used", import.name));
            }
        }
    }
    let schema = input::schema(policy.metadata.custom.scope);
    let known: BTreeSet<&str> =
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let index = LineIndex::new(&file.bytes);
    for (name, span) in names_of_input(&text) {
        if !known.contains(&*name) {
            let near = nearest(&name, known.iter().copied());
            let near = near.map(|near| format!("; did you mean `input.{near}`?")).unwrap_or_default();
            let line = index.position(span.start).line;
            add(line, format!("{} has no `{name}`: it is always undefined{near}", policy.metadata.custom.input));
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}
