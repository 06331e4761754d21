//! Which inputs of which actions stand for identities and credentials elsewhere.
//!
//! Inputs are those of each action's own documentation.

use crate::facts::Cloud::{Aws, Azure, Gcp};
use crate::facts::CredentialKind::{AccessKey, Password, ServiceAccountKey, SshKey, Token};
use crate::facts::Lifetime::{Unbounded, Unknown};
use crate::formats::credentials::Means::{self, AwsRole, Credential, EntraApplication, GoogleServiceAccount};

/// The inputs of actions. Keys of clouds and of apps have no end of their own; of tokens and passwords nothing is said.
const INPUTS: &[(&str, &str, Means)] = &[
    ("aws-actions/configure-aws-credentials", "role-to-assume", AwsRole),
    ("aws-actions/configure-aws-credentials", "aws-secret-access-key", Credential(AccessKey, Unbounded, Some(Aws))),
    ("google-github-actions/auth", "service_account", GoogleServiceAccount),
    ("google-github-actions/auth", "credentials_json", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("google-github-actions/setup-gcloud", "service_account_key", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("azure/login", "client-id", EntraApplication),
    ("azure/login", "creds", Credential(Password, Unknown, Some(Azure))),
    ("actions/create-github-app-token", "private-key", Credential(ServiceAccountKey, Unbounded, None)),
    ("tibdex/github-app-token", "private_key", Credential(ServiceAccountKey, Unbounded, None)),
    ("actions/checkout", "token", Credential(Token, Unknown, None)),
    ("actions/checkout", "ssh-key", Credential(SshKey, Unbounded, None)),
    ("webfactory/ssh-agent", "ssh-private-key", Credential(SshKey, Unbounded, None)),
    ("docker/login-action", "password", Credential(Token, Unknown, None)),
    ("hashicorp/setup-terraform", "cli_config_credentials_token", Credential(Token, Unknown, None)),
    ("hashicorp/vault-action", "token", Credential(Token, Unknown, None)),
    ("hashicorp/vault-action", "secretId", Credential(Password, Unknown, None)),
    ("azure/k8s-set-context", "kubeconfig", Credential(Token, Unknown, None)),
    ("azure/docker-login", "password", Credential(Password, Unknown, Some(Azure))),
];

/// What an input of an action stands for; the action without its version.
pub(super) fn of_input(action: &str, input: &str) -> Option<Means> {
    let is_own =
        |(name, key, _): &&(&str, &str, Means)| name.eq_ignore_ascii_case(action) && key.eq_ignore_ascii_case(input);
    INPUTS.iter().find(is_own).map(|(_, _, means)| *means)
}
