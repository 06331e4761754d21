//! Secrets in the configuration of a provider itself (registry.terraform.io, the index page of each provider).

use super::super::Lowering;
use super::is_literal;
use crate::facts::CredentialKind::{self, AccessKey, Certificate, Password, ServiceAccountKey, Token};
use crate::facts::{CredentialDetail, CredentialFact, Holder, Lifetime, Native, Text};

/// A provider, an argument that is a secret, what it is, and the type of the system that takes it.
const SECRETS: &[(&str, &str, CredentialKind, &str)] = &[
    ("aws", "secret_key", AccessKey, "aws"),
    ("aws", "token", Token, "aws"),
    ("azurerm", "client_secret", Password, "entra"),
    ("azurerm", "client_certificate_password", Password, "entra"),
    ("azuread", "client_secret", Password, "entra"),
    ("azapi", "client_secret", Password, "entra"),
    ("google", "credentials", ServiceAccountKey, "gcp"),
    ("google", "access_token", Token, "gcp"),
    ("google-beta", "credentials", ServiceAccountKey, "gcp"),
    ("kubernetes", "token", Token, "kubernetes"),
    ("kubernetes", "password", Password, "kubernetes"),
    ("kubernetes", "client_key", Certificate, "kubernetes"),
    ("kubectl", "token", Token, "kubernetes"),
    ("github", "token", Token, "github"),
    ("gitlab", "token", Token, "gitlab"),
    ("okta", "api_token", Token, "okta"),
    ("okta", "private_key", Certificate, "okta"),
    ("databricks", "token", Token, "databricks"),
    ("databricks", "client_secret", Password, "databricks"),
    ("databricks", "password", Password, "databricks"),
    ("snowflake", "password", Password, "snowflake"),
    ("snowflake", "private_key", Certificate, "snowflake"),
    ("snowflake", "token", Token, "snowflake"),
    ("tfe", "token", Token, "tfe"),
    ("vault", "token", Token, "vault"),
    ("confluent", "cloud_api_secret", AccessKey, "confluent"),
    ("confluent", "kafka_api_secret", AccessKey, "confluent"),
    ("datadog", "api_key", Token, "datadog"),
    ("datadog", "app_key", Token, "datadog"),
    ("mongodbatlas", "private_key", AccessKey, "mongodbatlas"),
    ("postgresql", "password", Password, "postgres"),
    ("mysql", "password", Password, "mysql"),
    ("cloudflare", "api_token", Token, "cloudflare"),
    ("cloudflare", "api_key", Token, "cloudflare"),
    ("digitalocean", "token", Token, "digitalocean"),
    ("grafana", "auth", Token, "grafana"),
    ("newrelic", "api_key", Token, "newrelic"),
    ("pagerduty", "token", Token, "pagerduty"),
    ("keycloak", "client_secret", Password, "keycloak"),
    ("keycloak", "password", Password, "keycloak"),
];

/// The arguments of a provider that hold secrets.
pub(in crate::formats::configuration::providers) fn arguments(provider: &str) -> impl Iterator<Item = &'static str> {
    SECRETS.iter().filter(move |(own, ..)| *own == provider).map(|(_, argument, ..)| *argument)
}

/// What the providers of a configuration authenticate with, as far as that is written in it. A secret that is taken from
/// elsewhere is not the configuration's.
pub(in crate::formats::configuration::providers) fn of_providers(lowering: &mut Lowering<'_>) {
    let mut configured: Vec<_> = lowering.configuration.providers().iter().collect();
    configured.sort_by_key(|(name, _)| (*name).clone());
    for (name, arguments) in configured {
        let provider = name.split('.').next().unwrap_or(name);
        for (_, argument, kind, system) in SECRETS.iter().filter(|(own, ..)| *own == provider) {
            if !arguments.get(argument).is_some_and(is_literal) {
                continue;
            }
            let system = lowering.system_of(system);
            let what = format!("provider/{name}");
            lowering.facts.credentials.push(CredentialFact {
                id: Native::new(system.clone(), format!("{what}/{argument}")),
                holder: Holder::Account(Native::new(system, Text::from(what))),
                kind: *kind,
                lifetime: Lifetime::Unknown,
                created: None,
                detail: CredentialDetail { is_literal: true, ..CredentialDetail::of("provider") },
                origin: arguments.origin,
            });
        }
    }
}
