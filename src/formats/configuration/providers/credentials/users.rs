//! Which workloads are given a credential that another resource of the configuration makes.

use std::collections::BTreeMap;

use super::{BY_KIND, at};
use crate::facts::{Facts, Text};
use crate::formats::configuration::providers::arguments::text;
use crate::formats::configuration::resource::{Configuration, Mode, Resource};
use crate::formats::configuration::value::{Kind, Part, Reference, Unknown, Value, Why};

/// Resource types that are workloads, by how their names begin.
const WORKLOADS: &[&str] = &[
    "aws_lambda_function",
    "aws_ecs_task_definition",
    "aws_instance",
    "aws_launch_template",
    "aws_apprunner_service",
    "aws_batch_job_definition",
    "aws_codebuild_project",
    "aws_glue_job",
    "google_cloud_run",
    "google_cloudfunctions",
    "google_compute_instance",
    "azurerm_linux_function_app",
    "azurerm_windows_function_app",
    "azurerm_linux_web_app",
    "azurerm_windows_web_app",
    "azurerm_container_app",
    "azurerm_container_group",
    "kubernetes_deployment",
    "kubernetes_stateful_set",
    "kubernetes_daemon",
    "kubernetes_cron_job",
    "kubernetes_job",
    "kubernetes_pod",
];

/// Resource types that give a secret to whatever an argument names.
const HANDED: &[(&str, &[&str], &str)] = &[
    ("github_actions_secret", &["repository"], "jobs of"),
    ("github_actions_environment_secret", &["repository", "environment"], "jobs of"),
    ("gitlab_project_variable", &["project"], "pipelines of"),
    ("gitlab_group_variable", &["group"], "pipelines of"),
    ("tfe_variable", &["workspace_id"], "runs of"),
];

/// Notes of each credential the workloads that its configuration gives it to.
pub(in crate::formats::configuration::providers) fn used_by(configuration: &Configuration, facts: &mut Facts) {
    let mut users: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    let managed = configuration.resources.iter().filter(|own| own.address.mode == Mode::Managed);
    for (resource, user) in managed.filter_map(|own| Some((own, user(own)?))) {
        let mut found = Vec::new();
        references(&resource.attributes, &mut found);
        for address in found {
            let own = users.entry(address).or_default();
            if !own.contains(&user) {
                own.push(user.clone());
            }
        }
    }
    if users.is_empty() {
        return;
    }
    let declared: BTreeMap<&Text, &Resource> =
        configuration.resources.iter().map(|own| (&own.lasting_name, own)).collect();
    for fact in &mut facts.credentials {
        let of =
            declared.get(&fact.id.name).or_else(|| declared.get(&Text::from(fact.id.name.trim_start_matches("key/"))));
        if let Some(found) = of.and_then(|own| users.get(&own.name)) {
            fact.detail.used_by.extend(found.iter().cloned());
        }
    }
}

/// What a resource runs, or hands a secret to.
fn user(resource: &Resource) -> Option<Text> {
    let kind = resource.kind();
    if let Some((_, arguments, whose)) = HANDED.iter().find(|(own, ..)| *own == kind) {
        let named: Vec<String> = arguments
            .iter()
            .filter_map(|path| at(&resource.attributes, path).into_iter().next().and_then(text))
            .collect();
        return Some(format!("{whose} {}", named.join("/")).into());
    }
    WORKLOADS.iter().any(|prefix| kind.starts_with(prefix)).then(|| resource.lasting_name.clone())
}

/// The credentials whose secret a value holds: attributes of resources of the table, except those that only name one.
fn references(value: &Value, found: &mut Vec<Text>) {
    if let Some(reference) = &value.reference {
        note(reference, found);
    }
    match &value.kind {
        Kind::Template(parts) => parts.iter().for_each(|part| {
            if let Part::Unknown(unknown) = part {
                of_unknown(unknown, found);
            }
        }),
        Kind::List(items) | Kind::Set(items) => items.known.iter().for_each(|own| references(own, found)),
        Kind::Map(members) => members.known.values().for_each(|own| references(&own.value, found)),
        Kind::Unknown(unknown) => of_unknown(unknown, found),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
    }
    if let Some(encoded) = &value.encodes {
        references(encoded, found);
    }
}

fn of_unknown(unknown: &Unknown, found: &mut Vec<Text>) {
    if let Why::AfterApply(reference) | Why::Sensitive(reference) = &unknown.why {
        note(reference, found);
    }
    unknown.candidates.iter().for_each(|own| references(own, found));
}

/// Attributes that name a credential and are not it.
const NAMES: [&str; 6] = ["id", "name", "arn", "status", "user", "secret_id"];

fn note(reference: &Reference, found: &mut Vec<Text>) {
    let is_name = NAMES.contains(&&*reference.attribute);
    if !reference.data && !is_name && BY_KIND.contains_key(&*reference.kind) && !found.contains(&reference.address) {
        found.push(reference.address.clone());
    }
}
