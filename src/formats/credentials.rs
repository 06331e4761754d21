//! What variables and inputs of pipelines stand for: identities that a job takes on, and credentials that it holds.
//!
//! Variables are those that the tools of each provider read.

use super::cloud;
use crate::facts::{CredentialKind, Lifetime, Native};

/// What an input or a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Means {
    /// A role of AWS that is taken on, by ARN.
    AwsRole,
    /// A service account of Google Cloud that is taken on, by e-mail address.
    GoogleServiceAccount,
    /// An application of Microsoft Entra that is taken on, by client id.
    EntraApplication,
    /// A secret.
    Credential(CredentialKind, Lifetime),
}

use CredentialKind::{AccessKey, Password, ServiceAccountKey, Token};
use Lifetime::{Unbounded, Unknown};
use Means::{AwsRole, Credential};

/// Variables of the environment.
const VARIABLES: &[(&str, Means)] = &[
    ("AWS_ROLE_ARN", AwsRole),
    ("AWS_SECRET_ACCESS_KEY", Credential(AccessKey, Unbounded)),
    ("GOOGLE_CREDENTIALS", Credential(ServiceAccountKey, Unbounded)),
    ("GOOGLE_APPLICATION_CREDENTIALS_JSON", Credential(ServiceAccountKey, Unbounded)),
    ("GCP_SA_KEY", Credential(ServiceAccountKey, Unbounded)),
    ("ARM_CLIENT_SECRET", Credential(Password, Unknown)),
    ("AZURE_CLIENT_SECRET", Credential(Password, Unknown)),
    ("AZURE_CREDENTIALS", Credential(Password, Unknown)),
    ("CLOUDFLARE_API_TOKEN", Credential(Token, Unknown)),
    ("DATABRICKS_TOKEN", Credential(Token, Unknown)),
    ("GH_TOKEN", Credential(Token, Unknown)),
    ("GITHUB_TOKEN", Credential(Token, Unknown)),
    ("KUBECONFIG", Credential(Token, Unknown)),
    ("NODE_AUTH_TOKEN", Credential(Token, Unknown)),
    ("NPM_TOKEN", Credential(Token, Unknown)),
    ("OKTA_API_TOKEN", Credential(Token, Unknown)),
    ("SNOWFLAKE_PASSWORD", Credential(Password, Unknown)),
    ("TF_API_TOKEN", Credential(Token, Unknown)),
    ("TWINE_PASSWORD", Credential(Token, Unknown)),
    ("VAULT_TOKEN", Credential(Token, Unknown)),
];

/// What a variable of the environment stands for.
pub(in crate::formats) fn of_variable(name: &str) -> Option<Means> {
    VARIABLES.iter().find(|(own, _)| *own == name).map(|(_, means)| *means)
}

/// Whom an identity is the account of. None for an empty text, which takes on nothing.
pub(in crate::formats) fn target(means: Means, text: &str) -> Result<Option<Native>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = |target: Option<Native>, what: &str| match target {
        Some(target) => Ok(Some(target)),
        None => Err(format!("`{text}` is not {what}")),
    };
    match means {
        Means::AwsRole => found(cloud::aws_role(text), "the ARN of a role"),
        Means::GoogleServiceAccount => found(cloud::google_service_account(text), "the address of a service account"),
        Means::EntraApplication => found(cloud::entra_client(text), "the id of an application"),
        Means::Credential(..) => Ok(None),
    }
}
