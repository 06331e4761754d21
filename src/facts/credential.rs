//! Credentials: what authenticates, how long it lives, how it is kept and how often it is replaced. Never the secret.

use serde::{Deserialize, Serialize};

use super::{Holder, Native, Origin, Text};

/// How long a credential lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// Minutes or hours, renewed by itself.
    Temporary,
    /// Until an instant, in epoch seconds.
    Until(i64),
    /// So many seconds from when it is made.
    For(i64),
    /// For ever.
    Unbounded,
    /// Not said.
    Unknown,
}

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A static cloud access key.
    AccessKey,
    /// A key file of a cloud service account.
    ServiceAccountKey,
    /// A bearer token.
    Token,
    /// A password.
    Password,
    /// A client certificate.
    Certificate,
    /// An SSH key.
    SshKey,
    /// Short-lived federation (OIDC, workload identity); never long-lived.
    Federated,
    /// A secret of any kind that a secret store keeps.
    Secret,
    /// A key that encrypts what others keep.
    EncryptionKey,
}

impl CredentialKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::AccessKey,
        Self::ServiceAccountKey,
        Self::Token,
        Self::Password,
        Self::Certificate,
        Self::SshKey,
        Self::Federated,
        Self::Secret,
        Self::EncryptionKey,
    ];

    /// The word in documents and configurations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessKey => "access_key",
            Self::ServiceAccountKey => "service_account_key",
            Self::Token => "token",
            Self::Password => "password",
            Self::Certificate => "certificate",
            Self::SshKey => "ssh_key",
            Self::Federated => "federated",
            Self::Secret => "secret",
            Self::EncryptionKey => "encryption_key",
        }
    }
}

/// What authenticates a holder.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialFact {
    /// Its identity inside its holder or system; never the secret.
    pub id: Native,
    /// Whose it is.
    pub holder: Holder,
    /// What it is.
    pub kind: CredentialKind,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// When it was made, in epoch seconds.
    pub created: Option<i64>,
    /// What else is said of it.
    pub detail: CredentialDetail,
    /// Where it is written.
    pub origin: Origin,
}

/// What is said of a credential beside whose it is and how long it lives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CredentialDetail {
    /// What declares it, as its format calls that: `aws_iam_access_key`, `Secret`, `AWS_SECRET_ACCESS_KEY`.
    pub declared_as: Option<Text>,
    /// Whether its value is written in the file, where a reference belongs.
    pub is_literal: bool,
    /// How often it is replaced, of what can be replaced by itself.
    pub rotation: Option<Rotation>,
    /// When it was last replaced, in epoch seconds.
    pub rotated: Option<i64>,
    /// The workloads that use it, as their format calls them.
    pub used_by: Vec<Text>,
    /// Of a static key that a pipeline holds: the cloud that it opens.
    pub pipeline: Option<Cloud>,
    /// Of the passwords of a system together: what is asked of them.
    pub rules: Option<PasswordRules>,
}

impl CredentialDetail {
    /// Of something that is declared under this name.
    #[must_use]
    pub fn of(declared_as: &str) -> Self {
        Self { declared_as: Some(declared_as.into()), ..Self::default() }
    }
}

/// How often something is replaced by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Never: no rotation is declared, or it is turned off.
    Off,
    /// Every so many days.
    Every(u32),
    /// By itself, and nothing here says how often.
    Unsaid,
}

/// A cloud that accepts tokens of pipelines in the place of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cloud {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure and Entra.
    Azure,
}

impl Cloud {
    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
        }
    }

    /// The cloud that a system is of, by its type.
    #[must_use]
    pub fn of_system(system: &str) -> Option<Self> {
        match system.split(':').next().unwrap_or_default() {
            "aws" => Some(Self::Aws),
            "gcp" => Some(Self::Gcp),
            "azure" | "entra" => Some(Self::Azure),
            _ => None,
        }
    }
}

/// What a system asks of the passwords in it. What is not known is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PasswordRules {
    /// The fewest signs.
    pub min_length: Option<u32>,
    /// How many of the four kinds of signs (small, capital, digits, others) one must have.
    pub classes: Option<u32>,
    /// How many former passwords may not come again.
    pub history: Option<u32>,
    /// Failed attempts until the account is locked, where that is limited.
    pub attempts: Option<u32>,
}
