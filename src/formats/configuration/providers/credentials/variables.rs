//! Variables of pipelines and of runs that a configuration sets: those that hold a credential by their name.
//!
//! Arguments by registry.terraform.io/providers/{gitlabhq/gitlab,hashicorp/tfe}/latest/docs/resources/NAME.

use super::super::Lowering;
use super::{at, is_literal};
use crate::facts::{CredentialDetail, CredentialFact, Holder, Native};
use crate::formats::configuration::providers::arguments::text;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::credentials::{Means, of_variable};

/// A type, the type of its system, and where it says who gets the variable.
const VARIABLES: [(&str, &str, &str); 4] = [
    ("gitlab_project_variable", "gitlab", "project"),
    ("gitlab_group_variable", "gitlab", "group"),
    ("gitlab_instance_variable", "gitlab", ""),
    ("tfe_variable", "tfe", "workspace_id"),
];

/// The argument that is the value.
pub(super) const VALUE: &str = "value";

/// The name under which a type is counted.
pub(super) fn name(kind: &str) -> Option<&'static str> {
    VARIABLES.iter().find(|(own, ..)| *own == kind).map(|(own, ..)| *own)
}

/// A variable that holds a credential.
pub(super) fn lower(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some((_, system, holder)) = VARIABLES.iter().find(|(own, ..)| *own == resource.kind()) else { return };
    let (Some(key), Some(value)) = (resource.get("key").and_then(Value::as_str), resource.get(VALUE)) else { return };
    let Some(Means::Credential(kind, lifetime, pipeline)) = of_variable(key) else { return };
    let system = lowering.system_of(system);
    let whose = at(&resource.attributes, holder).into_iter().next().and_then(text);
    let whose = whose.unwrap_or_else(|| resource.lasting_name.to_string());
    lowering.facts.credentials.push(CredentialFact {
        id: Native::new(system.clone(), resource.lasting_name.clone()),
        holder: Holder::Account(Native::new(system, whose)),
        kind,
        lifetime,
        created: None,
        detail: CredentialDetail { is_literal: is_literal(value), pipeline, ..CredentialDetail::of(key) },
        origin: resource.origin,
    });
}
