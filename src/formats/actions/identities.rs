//! Which inputs of which actions, and which variables, stand for identities and credentials elsewhere.
//!
//! Inputs are those of each action's own documentation. Variables are those that the tools of each provider read.

use crate::facts::{CredentialKind, Lifetime};

/// What an input or a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// A role of AWS that is taken on, by ARN.
    AwsRole,
    /// A service account of Google Cloud that is taken on, by e-mail address.
    GoogleServiceAccount,
    /// An application of Microsoft Entra that is taken on, by client id.
    EntraApplication,
    /// A secret.
    Credential(CredentialKind, Lifetime),
}

use CredentialKind::{AccessKey, Password, ServiceAccountKey, SshKey, Token};
use Lifetime::{Unbounded, Unknown};
use Means::{AwsRole, Credential, EntraApplication, GoogleServiceAccount};

/// The inputs of actions. Keys of clouds and of apps have no end of their own; of tokens and passwords nothing is said.
const INPUTS: &[(&str, &str, Means)] = &[
    ("aws-actions/configure-aws-credentials", "role-to-assume", AwsRole),
    ("aws-actions/configure-aws-credentials", "aws-secret-access-key", Credential(AccessKey, Unbounded)),
    ("google-github-actions/auth", "service_account", GoogleServiceAccount),
    ("google-github-actions/auth", "credentials_json", Credential(ServiceAccountKey, Unbounded)),
    ("google-github-actions/setup-gcloud", "service_account_key", Credential(ServiceAccountKey, Unbounded)),
    ("azure/login", "client-id", EntraApplication),
    ("azure/login", "creds", Credential(Password, Unknown)),
    ("actions/create-github-app-token", "private-key", Credential(ServiceAccountKey, Unbounded)),
    ("tibdex/github-app-token", "private_key", Credential(ServiceAccountKey, Unbounded)),
    ("actions/checkout", "token", Credential(Token, Unknown)),
    ("actions/checkout", "ssh-key", Credential(SshKey, Unbounded)),
    ("webfactory/ssh-agent", "ssh-private-key", Credential(SshKey, Unbounded)),
    ("docker/login-action", "password", Credential(Token, Unknown)),
    ("hashicorp/setup-terraform", "cli_config_credentials_token", Credential(Token, Unknown)),
    ("hashicorp/vault-action", "token", Credential(Token, Unknown)),
    ("hashicorp/vault-action", "secretId", Credential(Password, Unknown)),
    ("azure/k8s-set-context", "kubeconfig", Credential(Token, Unknown)),
    ("azure/docker-login", "password", Credential(Password, Unknown)),
];

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

/// What an input of an action stands for; the action without its version.
pub(super) fn of_input(action: &str, input: &str) -> Option<Means> {
    let is_own =
        |(name, key, _): &&(&str, &str, Means)| name.eq_ignore_ascii_case(action) && key.eq_ignore_ascii_case(input);
    INPUTS.iter().find(is_own).map(|(_, _, means)| *means)
}

/// What a variable of the environment stands for.
pub(super) fn of_variable(name: &str) -> Option<Means> {
    VARIABLES.iter().find(|(own, _)| *own == name).map(|(_, means)| *means)
}
