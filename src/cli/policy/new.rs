//! `countersign policy new`: a policy with its tests, to be changed.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::error::CliError;
use super::super::files::create;
use super::super::model::TreeArgs;
use super::super::table;
use super::super::{Env, Exit};
use crate::policy::Scope;
use crate::rules::Severity;

/// A policy to be written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign policy new ACME-ACCESS-001
  countersign policy new ACME-ROLE-002 --scope role --severity low
  countersign policy new many-accounts --folder rules/")]
pub struct PolicyNewArgs {
    /// Its id, such as ACME-ACCESS-001, or a name, such as many-accounts.
    id: String,
    /// What it judges: principal, role, service_identity, credential, secret, document, record or repository.
    #[arg(long, value_name = "SCOPE", default_value = "principal", value_parser = scope)]
    scope: Scope,
    /// How bad a finding is: low, medium, high or critical.
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity)]
    severity: Severity,
    /// Where to write it.
    #[arg(long, value_name = "DIR", default_value = "policies")]
    folder: PathBuf,
}

fn scope(text: &str) -> Result<Scope, String> {
    let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let known = Scope::ALL.into_iter().find(|scope| scope.as_str() == text.replace('-', "_"));
    known.ok_or_else(|| format!("one of: {}", names.join(", ")))
}

fn severity(text: &str) -> Result<Severity, String> {
    serde_json::from_value(serde_json::json!(text)).map_err(|_| "one of: low, medium, high, critical".to_owned())
}

/// What a policy of a scope may begin with: a condition, a document that meets it, and one that does not.
fn start(scope: Scope) -> (&'static str, &'static str, &'static str) {
    match scope {
        Scope::Principal => (
            "count(input.accounts) > 3",
            r#"{"id": "person:ann", "kind": "person", "accounts": ["a", "b", "c", "d"]}"#,
            r#"{"id": "person:ann", "kind": "person", "accounts": ["a"]}"#,
        ),
        Scope::Role => (
            "count(input.privileged_duties) > 0",
            r#"{"id": "role:erp/ALL", "privileged_duties": [{"id": "SUPER"}]}"#,
            r#"{"id": "role:erp/ALL", "privileged_duties": []}"#,
        ),
        Scope::ServiceIdentity => (
            "not input.purpose",
            r#"{"id": "service:bot", "accounts": []}"#,
            r#"{"id": "service:bot", "accounts": [], "purpose": "sends invoices"}"#,
        ),
        Scope::Credential => (
            "input.max_age_days > 30",
            r#"{"id": "AKIA1", "kind": "access_key", "max_age_days": 90}"#,
            r#"{"id": "AKIA1", "kind": "access_key", "max_age_days": 30}"#,
        ),
        Scope::Secret => (
            r#"input.kind == "github_pat""#,
            r#"{"id": "secret:1", "kind": "github_pat"}"#,
            r#"{"id": "secret:1", "kind": "jwt"}"#,
        ),
        Scope::Document => (
            r#"input.gap == "broken""#,
            r#"{"file": "a.yaml", "gap": "broken"}"#,
            r#"{"file": "a.yaml", "gap": "unsupported"}"#,
        ),
        Scope::Record => (
            "count(input.beneficiaries) > 1",
            r#"{"id": "a", "kind": "approval", "beneficiaries": ["person:ann", "person:bob"]}"#,
            r#"{"id": "a", "kind": "approval", "beneficiaries": ["person:ann"]}"#,
        ),
        Scope::Repository => (
            "count(input.context) > 0",
            r#"{"id": "repository", "context": [{"id": "other"}]}"#,
            r#"{"id": "repository", "context": []}"#,
        ),
    }
}

/// The names that follow from what was asked for: id, package and file.
fn names(asked: &str) -> Result<(String, String, String), CliError> {
    let refused = |why: &str| {
        let message = format!("`{asked}` cannot be the id of a policy: {why}");
        CliError::other(message, "write an id such as ACME-ACCESS-001, or a name such as many-accounts")
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !asked.chars().all(plain) || !asked.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(refused("it is written with letters, digits and dashes, and begins with a letter"));
    }
    let id = asked.to_ascii_uppercase().replace('_', "-");
    if id.starts_with("CS-") {
        return Err(refused("`CS-` is reserved for the policies that ship with the binary"));
    }
    let lower = id.to_ascii_lowercase().replace('-', "_");
    // `ACME-ACCESS-001` is of `acme`; a lone name is of nobody in particular.
    let named = asked.chars().any(|c| c.is_ascii_lowercase());
    let (area, name) = lower.split_once('_').filter(|_| !named).unwrap_or(("own", &lower));
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) { format!("policy_{name}") } else { name.to_owned() };
    const TAKEN: [&str; 5] = ["countersign", "data", "input", "default", "package"];
    let area = if TAKEN.contains(&area) { "own" } else { area };
    Ok((id, format!("{area}.{name}"), name.to_owned()))
}

fn policy(id: &str, package: &str, args: &PolicyNewArgs) -> String {
    let (condition, ..) = start(args.scope);
    let (scope, severity) = (args.scope.as_str(), args.severity);
    let subject = if args.scope == Scope::Document { "input.file" } else { "input.id" };
    let schema = scope.replace('_', "-");
    format!(
        r#"# METADATA
# title: say in one clause what is wrong
# description: >-
#   Say why it matters, in a sentence or two.
# custom:
#   id: {id}
#   severity: {severity}
#   scope: {scope}
#   input: {scope}/v1
#   remediation: Say what to do about a finding.
package {package}

import rego.v1

# What it is given: `countersign schema {schema}-input`. The only clock is `data.countersign.as_of`, in epoch seconds.
finding contains {{"message": sprintf("%s: say what is wrong", [{subject}])}} if {{
	# Change this condition.
	{condition}
}}
"#
    )
}

fn tests(package: &str, args: &PolicyNewArgs) -> String {
    let (_, fires, silent) = start(args.scope);
    let name = package.rsplit('.').next().unwrap_or(package);
    format!(
        r#"package {package}_test

import rego.v1

import data.{package}

test_fires_where_it_is_wrong if {{
	found := {name}.finding with input as {fires}
	count(found) == 1
}}

test_silent_where_it_is_not if {{
	found := {name}.finding with input as {silent}
	count(found) == 0
}}
"#
    )
}

/// Runs the command.
pub(super) fn run(args: &PolicyNewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (id, package, name) = names(&args.id)?;
    let file = args.folder.join(format!("{name}.rego"));
    let test = args.folder.join(format!("{name}_test.rego"));
    for path in [&file, &test] {
        if env.cwd.join(path).exists() {
            return Err(CliError::other(
                format!("{} is there already", path.display()),
                "choose another id, or another folder with `--folder DIR`",
            ));
        }
    }
    let help = "choose another id, or another folder with `--folder DIR`";
    create(&file, policy(&id, &package, args).as_bytes(), help, env)?;
    create(&test, tests(&package, args).as_bytes(), help, env)?;
    let folder = shown(&args.folder);
    let mut text = format!("wrote {}: {id}, for each {}\n", shown(&file), args.scope.as_str().replace('_', " "));
    text.push_str(&format!("wrote {}: a test in which it fires and one in which it is silent\n", shown(&test)));
    if !named(&args.folder, env) {
        text.push_str(&format!("add to countersign.yaml, so that checks ask it: policies: [{folder}]\n"));
    }
    text.push_str(&format!("next: countersign test {folder}\n"));
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/").trim_end_matches('/').to_owned()
}

/// Whether the configuration names the folder. One that cannot be read is told by the commands that need it.
fn named(folder: &Path, env: &Env<'_>) -> bool {
    let Ok((_, rules)) = TreeArgs::here().open(env) else { return false };
    rules.config.policies.iter().any(|own| own.trim_end_matches('/') == shown(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Bundle, Chosen, TestOutcome, run_tests};
    use crate::rules::RuleFile;

    #[test]
    fn what_is_written_loads_and_passes_in_every_scope() {
        for scope in Scope::ALL {
            let args = PolicyNewArgs {
                id: "ACME-ACCESS-001".to_owned(),
                scope,
                severity: Severity::High,
                folder: PathBuf::from("policies"),
            };
            let (id, package, _) = names(&args.id).unwrap();
            let file = RuleFile::new("a.rego", policy(&id, &package, &args).into_bytes());
            let bundle = Bundle::load(std::slice::from_ref(&file), serde_json::json!({})).unwrap();
            assert_eq!(bundle.find("ACME-ACCESS-001").unwrap().metadata.custom.scope, scope);
            let test = RuleFile::new("a_test.rego", super::tests(&package, &args).into_bytes());
            let chosen = Chosen { name: &|_| true, file: &|_| true, coverage: false };
            let tested = run_tests(&[file, test], &chosen).unwrap();
            assert_eq!(tested.tests.len(), 2);
            assert!(tested.tests.iter().all(|own| own.outcome == TestOutcome::Passed), "{scope:?}: {tested:?}");
        }
    }

    #[test]
    fn names_follow_from_the_id() {
        let of = |asked| names(asked).map(|(id, package, name)| format!("{id} {package} {name}")).ok();
        assert_eq!(of("ACME-ACCESS-001").as_deref(), Some("ACME-ACCESS-001 acme.access_001 access_001"));
        assert_eq!(of("ACME-1").as_deref(), Some("ACME-1 acme.policy_1 policy_1"));
        assert_eq!(of("many-accounts").as_deref(), Some("MANY-ACCOUNTS own.many_accounts many_accounts"));
        for refused in ["CS-SOD-900", "cs-x", "../x", "1-a", "a b", ""] {
            assert_eq!(of(refused), None, "{refused}");
        }
    }
}
