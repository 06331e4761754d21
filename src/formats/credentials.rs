//! What variables and inputs of pipelines stand for: identities that a job takes on, and credentials that it holds.
//!
//! Variables are those that the tools of each provider read.

use super::cloud;
use crate::facts::{Cloud, CredentialKind, Lifetime, Native};

/// What an input or a variable stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Means {
    /// A role of AWS that is taken on, by ARN.
    AwsRole,
    /// A service account of Google Cloud that is taken on, by e-mail address.
    GoogleServiceAccount,
    /// An application of Microsoft Entra that is taken on, by client id.
    EntraApplication,
    /// A secret, and the cloud that it opens where that accepts tokens of pipelines instead.
    Credential(CredentialKind, Lifetime, Option<Cloud>),
}

use Cloud::{Aws, Azure, Gcp};
use CredentialKind::{AccessKey, Password, ServiceAccountKey, Token};
use Lifetime::{Unbounded, Unknown};
use Means::{AwsRole, Credential};

/// Variables of the environment.
const VARIABLES: &[(&str, Means)] = &[
    ("AWS_ROLE_ARN", AwsRole),
    ("AWS_SECRET_ACCESS_KEY", Credential(AccessKey, Unbounded, Some(Aws))),
    ("GOOGLE_CREDENTIALS", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("GOOGLE_APPLICATION_CREDENTIALS_JSON", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("GCP_SA_KEY", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("GOOGLE_SERVICE_ACCOUNT_KEY", Credential(ServiceAccountKey, Unbounded, Some(Gcp))),
    ("ARM_CLIENT_SECRET", Credential(Password, Unknown, Some(Azure))),
    ("ARM_ACCESS_KEY", Credential(AccessKey, Unbounded, Some(Azure))),
    ("AZURE_STORAGE_KEY", Credential(AccessKey, Unbounded, Some(Azure))),
    ("AZURE_CLIENT_SECRET", Credential(Password, Unknown, Some(Azure))),
    ("AZURE_CREDENTIALS", Credential(Password, Unknown, Some(Azure))),
    ("CLOUDFLARE_API_TOKEN", Credential(Token, Unknown, None)),
    ("DATABRICKS_TOKEN", Credential(Token, Unknown, None)),
    ("GH_TOKEN", Credential(Token, Unknown, None)),
    ("GITHUB_TOKEN", Credential(Token, Unknown, None)),
    ("KUBECONFIG", Credential(Token, Unknown, None)),
    ("NODE_AUTH_TOKEN", Credential(Token, Unknown, None)),
    ("NPM_TOKEN", Credential(Token, Unknown, None)),
    ("OKTA_API_TOKEN", Credential(Token, Unknown, None)),
    ("SNOWFLAKE_PASSWORD", Credential(Password, Unknown, None)),
    ("TF_API_TOKEN", Credential(Token, Unknown, None)),
    ("TWINE_PASSWORD", Credential(Token, Unknown, None)),
    ("VAULT_TOKEN", Credential(Token, Unknown, None)),
];

/// Whether a text is a value itself: not empty, and neither a reference nor a placeholder that something fills in later.
///
/// A reference is told by signs alone, so that the answer is the same for a text whose letters are blanked: `${NAME}` and
/// `$(NAME)` of shells and templates, `{{…}}` of templates and of CloudFormation's dynamic references, `<…>` of
/// placeholders, `@…(` of Key Vault's references in App Service, `%NAME%`, and cipher text of SOPS, `…[…]`.
pub(in crate::formats) fn is_written(text: &str) -> bool {
    let text = text.trim();
    let around = |open: char, close: char| text.starts_with(open) && text.ends_with(close) && text.len() > 1;
    let cipher = text.ends_with(']') && text.contains('[') && text.contains(':');
    let refers = text.starts_with('$') || text.contains("${") || text.contains("{{") || text.starts_with('@');
    !(text.is_empty() || refers || cipher || around('<', '>') || around('%', '%'))
}

/// Whether a variable holds where a credential is, not the credential.
fn names_a_file(name: &str) -> bool {
    name == "KUBECONFIG"
}

/// The variables that hold a credential themselves, by name.
pub fn secret_variables() -> impl Iterator<Item = &'static str> {
    let credentials = VARIABLES.iter().filter(|(_, means)| matches!(means, Credential(..)));
    credentials.map(|(name, _)| *name).filter(|name| !names_a_file(name))
}

/// Whether a text that a variable has is a credential itself.
pub(in crate::formats) fn is_literal(name: &str, text: &str) -> bool {
    !names_a_file(name) && is_written(text)
}

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
