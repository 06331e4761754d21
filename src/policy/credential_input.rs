//! What policies read of a credential.

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::Lifetime;

/// `credential/v1`: a declared credential; never the secret.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CredentialInput {
    /// Its id inside its system.
    pub id: String,
    /// What it is: `access_key`, `token` …
    pub kind: &'static str,
    /// The system that it opens.
    pub system: String,
    /// Whose it is.
    pub holder: HolderInput,
    /// How long it lives.
    pub lifetime: LifetimeInput,
    /// When it was made, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// How many days it may live, by the configuration.
    pub max_age_days: u32,
    /// What declares it, as its format calls that, such as a type of resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_as: Option<String>,
    /// Whether its value is written in the file, where a reference belongs. The value itself is never here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub literal: bool,
    /// How often it is replaced by itself, of what can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<RotationInput>,
    /// Of a static key of a cloud that a pipeline holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineInput>,
    /// The workloads that use it, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
    /// The person whose it is, where a workload uses it: `person:ID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// What its system asks of passwords; of the passwords of a system together, and of one that has such a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passwords: Option<PasswordsInput>,
}

/// How often something is replaced by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RotationInput {
    /// `off`, `every` or `unsaid`.
    pub kind: &'static str,
    /// Of `every`: so many days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// Where a pipeline holds a static key.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PipelineInput {
    /// The cloud that it opens: `aws`, `gcp` or `azure`.
    pub cloud: &'static str,
    /// Whether something in the tree lets pipelines into that cloud by OIDC.
    pub federation: bool,
}

/// What is asked of the passwords of a system. What is not known is absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PasswordsInput {
    /// Whether a definition says so; where none does, the system's own default holds.
    pub declared: bool,
    /// The fewest signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// How many of the four kinds of signs one must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<u32>,
    /// How many former passwords may not come again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<u32>,
    /// Failed attempts until the account is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// Whose a credential is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HolderInput {
    /// The id.
    pub id: String,
    /// `person`, `service`, `account` or `group`.
    pub kind: &'static str,
}

/// How long a credential lives.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LifetimeInput {
    /// `temporary`, `bounded`, `unbounded` or `unknown`.
    pub kind: &'static str,
    /// Of a bounded one: the end, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Of a bounded one whose end is counted from when it is made: for how many days. A day that is begun counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
}

impl From<Lifetime> for LifetimeInput {
    fn from(lifetime: Lifetime) -> Self {
        const DAY: i64 = 86_400;
        let (kind, until, days) = match lifetime {
            Lifetime::Temporary => ("temporary", None, None),
            Lifetime::Until(until) => ("bounded", Some(until), None),
            Lifetime::For(seconds) => ("bounded", None, Some(seconds.saturating_add(DAY - 1).div_euclid(DAY))),
            Lifetime::Unbounded => ("unbounded", None, None),
            Lifetime::Unknown => ("unknown", None, None),
        };
        Self { kind, until, days }
    }
}
