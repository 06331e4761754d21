//! What policies read of the life of a service identity, and of what a system means for the company's reporting.

use schemars::JsonSchema;
use serde::Serialize;

use super::input::{ControlInput, OwnerInput};

/// From the first approval of a service identity to its end. Instants are epoch seconds; what nobody declared is absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LifecycleInput {
    /// Whether the configuration declares its file in scope: only there is a step missed that nobody declared.
    pub in_scope: bool,
    /// Who approved that it exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<StepInput>,
    /// `test` or `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    /// The first second at which it is to be gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// When it was retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<i64>,
    /// Who looked at it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<StepInput>,
    /// `third_party`, `acquired`, `no_log`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<&'static str>,
    /// The control that makes up for what its tags say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensating_control: Option<ControlInput>,
    /// What it authenticates with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<IssuedInput>,
    /// How many accounts it still has.
    pub accounts: usize,
    /// How many grants reach it, by itself and by its accounts.
    pub grants: usize,
}

/// That somebody did something at a time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepInput {
    /// Who.
    pub by: OwnerInput,
    /// When.
    pub at: i64,
}

/// A credential of a service identity; never the secret.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IssuedInput {
    /// Its name.
    pub id: String,
    /// What it is: `access_key`, `token` …
    pub kind: &'static str,
    /// Whether it is issued anew for minutes or hours, so that no day of issue can be written down.
    pub temporary: bool,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<i64>,
    /// When it was last replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<i64>,
    /// The first second at which it no longer works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

/// What a system means for the company's financial reporting.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReportingInput {
    /// Whether a manifest describes the system; else only what is declared in it names it.
    pub described: bool,
    /// Whether the configuration declares in scope where it is described, or where something is declared of it.
    pub in_scope: bool,
    /// The processes that it carries.
    pub processes: Vec<String>,
    /// Why it is left out of scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// `third_party`, `acquired`, `no_log`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<&'static str>,
    /// The control that makes up for what its tags say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensating_control: Option<ControlInput>,
}
