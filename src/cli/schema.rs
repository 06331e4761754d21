//! `countersign schema`.

use clap::Args;
use serde_json::Value;

use super::error::CliError;
use super::table;
use super::{Env, Exit};
use crate::policy::Scope;
use crate::syntax::nearest;

/// Print a JSON Schema: of an output, of a file that you write, or of what policies read.
#[derive(Debug, Args)]
#[command(after_help = "\
Names: check, diff, backtest, timeline, simulate, test-of-one, benchmark, drift, explain, secrets,
       ruleset-tune, completeness, population, repositories, fleet, sample, report,
       report-overview, review, manifest, config, ruleset, approval, exception, emergency,
       review-decision, access-review, access-review-items, access-review-decisions,
       access-review-closing, register, mapping, people, framework, known-roles, policy-tests,
       policy-metadata, principal-input, role-input, service-identity-input, credential-input,
       secret-input, document-input, record-input, repository-input

An editor completes manifests when their first line says
  # yaml-language-server: $schema=manifest.schema.json")]
pub struct SchemaArgs {
    /// Which schema; none lists the names.
    name: Option<String>,
}

/// Every schema by name.
fn schemas() -> Vec<(String, fn() -> Value)> {
    let mut all: Vec<(String, fn() -> Value)> = vec![
        ("check".to_owned(), || crate::output::schema().to_value()),
        ("diff".to_owned(), || crate::output::diff_schema().to_value()),
        ("backtest".to_owned(), || crate::output::backtest_schema().to_value()),
        ("timeline".to_owned(), || crate::output::timeline_schema().to_value()),
        ("simulate".to_owned(), || crate::output::simulate_schema().to_value()),
        ("drift".to_owned(), || crate::output::drift_schema().to_value()),
        ("explain".to_owned(), || crate::output::explain_schema().to_value()),
        ("ruleset-tune".to_owned(), || crate::output::tune_schema().to_value()),
        ("benchmark".to_owned(), || crate::output::benchmark_schema().to_value()),
        ("test-of-one".to_owned(), || crate::output::test_of_one_schema().to_value()),
        ("secrets".to_owned(), || crate::output::secrets_schema().to_value()),
        ("completeness".to_owned(), || crate::history::completeness_schema().to_value()),
        ("population".to_owned(), || crate::history::population_schema().to_value()),
        ("fleet".to_owned(), || crate::output::fleet_schema().to_value()),
        ("repositories".to_owned(), || crate::history::repositories_schema().to_value()),
        ("sample".to_owned(), || crate::history::sample_schema().to_value()),
        ("report".to_owned(), || crate::report::report_schema().to_value()),
        ("report-overview".to_owned(), || crate::report::overview_schema().to_value()),
        ("manifest".to_owned(), crate::formats::manifest::manifest_schema),
        ("config".to_owned(), || schemars::schema_for!(crate::rules::Config).to_value()),
        ("ruleset".to_owned(), || schemars::schema_for!(crate::rules::Ruleset).to_value()),
        ("approval".to_owned(), || schemars::schema_for!(crate::rules::ApprovalFile).to_value()),
        ("exception".to_owned(), || schemars::schema_for!(crate::rules::ExceptionFile).to_value()),
        ("emergency".to_owned(), || schemars::schema_for!(crate::rules::EmergencyFile).to_value()),
        ("review-decision".to_owned(), || schemars::schema_for!(crate::rules::ReviewDecisionFile).to_value()),
        ("access-review".to_owned(), || schemars::schema_for!(crate::rules::AccessReviewFile).to_value()),
        ("access-review-items".to_owned(), || schemars::schema_for!(crate::rules::FrozenItems).to_value()),
        ("access-review-decisions".to_owned(), || schemars::schema_for!(crate::rules::DecisionsFile).to_value()),
        ("access-review-closing".to_owned(), || schemars::schema_for!(crate::rules::ClosingFile).to_value()),
        ("review".to_owned(), || crate::history::reviews_schema().to_value()),
        ("register".to_owned(), || schemars::schema_for!(crate::rules::RegisterFile).to_value()),
        ("mapping".to_owned(), || schemars::schema_for!(crate::rules::MappingFile).to_value()),
        ("framework".to_owned(), || schemars::schema_for!(crate::rules::Framework).to_value()),
        ("people".to_owned(), crate::rules::people_schema),
        ("known-roles".to_owned(), || schemars::schema_for!(crate::rules::KnownRoles).to_value()),
        ("policy-tests".to_owned(), || crate::output::policy_tests_schema().to_value()),
        ("policy-metadata".to_owned(), || schemars::schema_for!(crate::policy::Metadata).to_value()),
    ];
    let inputs: [(Scope, fn() -> Value); 8] = [
        (Scope::Principal, || crate::policy::input::schema(Scope::Principal)),
        (Scope::Role, || crate::policy::input::schema(Scope::Role)),
        (Scope::ServiceIdentity, || crate::policy::input::schema(Scope::ServiceIdentity)),
        (Scope::Credential, || crate::policy::input::schema(Scope::Credential)),
        (Scope::Secret, || crate::policy::input::schema(Scope::Secret)),
        (Scope::Document, || crate::policy::input::schema(Scope::Document)),
        (Scope::Record, || crate::policy::input::schema(Scope::Record)),
        (Scope::Repository, || crate::policy::input::schema(Scope::Repository)),
    ];
    all.extend(inputs.map(|(scope, schema)| (format!("{}-input", scope.as_str().replace('_', "-")), schema)));
    all
}

/// The schema of a name.
pub(super) fn named(name: &str) -> Option<Value> {
    schemas().into_iter().find(|(own, _)| own == name).map(|(_, schema)| schema())
}

/// Runs the command.
pub(super) fn run(args: &SchemaArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let all = schemas();
    let text = match &args.name {
        None => all.iter().map(|(name, _)| format!("{name}\n")).collect(),
        Some(wanted) => match all.iter().find(|(name, _)| name == wanted) {
            Some((_, schema)) => crate::output::pretty(&schema()),
            None => {
                let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
                let help = nearest(wanted, names.iter().copied())
                    .map_or_else(|| format!("one of: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
                return Err(CliError::other(format!("there is no schema `{wanted}`"), help));
            }
        },
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
