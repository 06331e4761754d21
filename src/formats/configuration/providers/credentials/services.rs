//! Credentials that resources of Kubernetes, of databases and of other services declare.
//!
//! Arguments by the documentation of each provider, registry.terraform.io/providers/NAMESPACE/NAME/latest/docs/resources,
//! with the namespaces `hashicorp` (kubernetes), `okta`, `databricks`, `snowflakedb` (snowflake), `confluentinc`
//! (confluent), `DataDog` (datadog), `mongodb` (mongodbatlas), `cyrilgdn` (postgresql), `petoju` (mysql), `cloudflare`,
//! `grafana`, `newrelic` and `keycloak`.

use super::row::{
    Declared,
    Form::{Date, Days, Seconds},
    NEVER, UNSAID, row, until, until_if_said, until_or_days,
};
use crate::facts::CredentialKind::{AccessKey, Certificate, Password, Secret, Token};

const CLUSTER: &str = "kubernetes";
const OKTA: &str = "okta";
const DATABRICKS: &str = "databricks";
const SNOWFLAKE: &str = "snowflake";

pub(super) const ROWS: &[Declared] = &[
    row("kubernetes_secret", CLUSTER, Secret).of("metadata.name").value(&["data", "binary_data"]),
    row("kubernetes_secret_v1", CLUSTER, Secret).of("metadata.name").value(&["data", "binary_data"]),
    row("kubernetes_secret_v1_data", CLUSTER, Secret).of("metadata.name").value(&["data"]),
    // Without a time the API server gives one hour (Kubernetes API reference, TokenRequestSpec).
    row("kubernetes_token_request_v1", CLUSTER, Token).of("metadata.name").always().lives(super::row::End {
        written: &[("spec.expiration_seconds", Seconds)],
        otherwise: crate::facts::Lifetime::For(3_600),
    }),
    row("kubernetes_certificate_signing_request_v1", CLUSTER, Certificate)
        .of("metadata.name")
        .always()
        .lives(until_if_said(&[("spec.expiration_seconds", Seconds)])),
    row("helm_release", CLUSTER, Secret).of("name").value(&["set_sensitive.value"]),
    row("okta_user", OKTA, Password).of("login").value(&["password", "recovery_answer"]),
    row("okta_app_oauth", OKTA, Password).of("label").value(&["client_basic_secret"]),
    row("okta_idp_oidc", OKTA, Password).of("client_id").value(&["client_secret"]),
    row("databricks_token", DATABRICKS, Token).always().lives(until_if_said(&[("lifetime_seconds", Seconds)])),
    row("databricks_obo_token", DATABRICKS, Token)
        .of("application_id")
        .always()
        .lives(until(&[("lifetime_seconds", Seconds)])),
    row("databricks_service_principal_secret", DATABRICKS, Password)
        .of("service_principal_id")
        .always()
        .lives(until_or_days(&[("lifetime", Seconds)], 730)),
    row("databricks_secret", DATABRICKS, Secret).of("key").value(&["string_value"]),
    row("snowflake_user", SNOWFLAKE, Password)
        .of("name")
        .value(&["password"])
        .lives(until_if_said(&[("days_to_expiry", Days)])),
    row("snowflake_legacy_service_user", SNOWFLAKE, Password)
        .of("name")
        .value(&["password"])
        .lives(until(&[("days_to_expiry", Days)])),
    // Without a number of days an authentication policy decides, 15 by default (Snowflake documentation, "Using
    // programmatic access tokens for authentication").
    row("snowflake_user_programmatic_access_token", SNOWFLAKE, Token)
        .of("user")
        .always()
        .lives(until_or_days(&[("days_to_expiry", Days)], 15)),
    row("confluent_api_key", "confluent", AccessKey).of("owner.id").always().lives(NEVER),
    row("datadog_api_key", "datadog", Token).of("name").always().lives(NEVER),
    row("datadog_application_key", "datadog", Token).of("name").always().lives(NEVER),
    row("datadog_service_account_application_key", "datadog", Token).of("service_account_id").always().lives(NEVER),
    row("mongodbatlas_database_user", "mongodbatlas", Password).of("username").value(&["password"]).lives(NEVER),
    row("mongodbatlas_api_key", "mongodbatlas", AccessKey).of("description").always().lives(NEVER),
    row("mongodbatlas_project_api_key", "mongodbatlas", AccessKey).of("description").always().lives(NEVER),
    // `valid_until` is for ever by default.
    row("postgresql_role", "postgres", Password).of("name").value(&["password"]).lives(until(&[("valid_until", Date)])),
    row("mysql_user", "mysql", Password).of("user").value(&["plaintext_password"]).lives(UNSAID),
    row("cloudflare_api_token", "cloudflare", Token).of("name").always().lives(until(&[("expires_on", Date)])),
    row("grafana_service_account_token", "grafana", Token)
        .of("service_account_id")
        .always()
        .lives(until(&[("seconds_to_live", Seconds)])),
    row("newrelic_api_access_key", "newrelic", Token).of("name").always().lives(NEVER),
    row("keycloak_openid_client", "keycloak", Password).of("client_id").value(&["client_secret"]).lives(NEVER),
    row("keycloak_user", "keycloak", Password).of("username").value(&["initial_password.value"]),
];
