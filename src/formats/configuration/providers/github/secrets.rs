//! Secrets of Actions whose value the configuration writes, which keeps it in the state file in plain text.

use super::{organisation, repositories};
use crate::facts::{AccountKind, CredentialDetail, CredentialFact, CredentialKind, Holder, Lifetime, Native};
use crate::formats::configuration::providers::arguments::name_of;
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::credentials::{Means, of_variable};

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("github_actions_secret", secret),
    ("github_actions_environment_secret", secret),
    ("github_actions_organization_secret", secret),
];

/// A secret is held by the jobs of the repository; one account stands for them, or for those of the organisation.
fn secret(resource: &Resource, lowering: &mut Lowering<'_>) {
    // `plaintext_value` is the older name of `value`.
    if ["value", "plaintext_value"].into_iter().all(|name| resource.get(name).is_none_or(Value::is_null)) {
        return;
    }
    let origin = resource.origin;
    let own = organisation(resource, lowering);
    let name = name_of(resource, "secret_name");
    let (kind, lifetime, pipeline) = match of_variable(&name) {
        Some(Means::Credential(kind, lifetime, cloud)) => (kind, lifetime, cloud),
        _ => (CredentialKind::Token, Lifetime::Unknown, None),
    };
    let environment = resource.get("environment").map(|_| format!("/{}", name_of(resource, "environment")));
    let holders = match resource.get("repository") {
        Some(repository) => repositories(repository, lowering),
        None => vec!["*".to_owned()],
    };
    for repository in holders {
        let holder = format!("actions:{}{}", repository.to_lowercase(), environment.as_deref().unwrap_or_default());
        let id: Native = own.native(&holder);
        lowering.account(id.clone(), AccountKind::ServiceAccount, origin);
        lowering.facts.credentials.push(CredentialFact {
            id: own.native(&format!("{holder}/secret/{name}")),
            holder: Holder::Account(id),
            kind,
            lifetime,
            created: None,
            detail: CredentialDetail { pipeline, ..CredentialDetail::default() },
            origin,
        });
    }
}
