//! What policies read of whom an account lets act as it, of guards that a change removes, and of how long grants last.

use schemars::JsonSchema;
use serde::Serialize;

/// Somebody whom an account lets act as it, or who is given something although anybody can be them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TrustInput {
    /// What tells it from other trusts of the subject. A finding names it in `access`.
    pub id: String,
    /// The account that is acted as; of `public`, the role that is granted.
    pub account: String,
    /// A short name of that for people.
    pub name: String,
    /// Its system.
    pub system: String,
    /// Who is trusted, in words.
    pub party: String,
    /// `anyone`; `account`, of another account of a cloud; `federation`, whoever has a token of an issuer; `public`, those
    /// who are granted something and whom anybody can be.
    pub kind: &'static str,
    /// Of `account`: whether it is every identity there that its own policies let, rather than one that is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<bool>,
    /// Of `federation`: whose tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<IssuerInput>,
    /// Of `federation`: how many of the issuer's tokens get in: `nothing`, `one`, `project`, `owner` or `everybody`;
    /// absent where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admits: Option<&'static str>,
    /// Of `federation`: the values that the subject is compared with, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
    /// Of `federation`: whether it is asked for whom the token was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<bool>,
    /// What else is asked, and narrows who it can be: `aws:PrincipalOrgID`, `sts:ExternalId` …
    pub narrowed_by: Vec<String>,
    /// Whether something is asked of which it cannot be told whether it narrows.
    pub unsure: bool,
}

/// Who issues tokens.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct IssuerInput {
    /// The host and path of its address; absent where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `github`, `gitlab`, `terraform`, `kubernetes`, `cognito`, `public` or `other`.
    pub kind: &'static str,
    /// Whether anybody in the world can have a token of it.
    pub public: bool,
}

/// A guard that base has and head has not, or has weaker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GuardInput {
    /// What tells it from other guards of the subject. A finding names it in `access`.
    pub id: String,
    /// `boundary`, `guardrail`, `deny` or `condition`.
    pub kind: &'static str,
    /// `removed` or `weakened`.
    pub change: &'static str,
    /// The system that it counts in.
    pub system: String,
    /// What it was, in words.
    pub text: String,
    /// Of a `condition`: the key that it tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of a `boundary` that is weaker: something that it lets through and did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<String>,
}

/// How long a duty is held by one grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpanInput {
    /// The first second at which it counts, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// The first second at which it no longer counts, in epoch seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// What the configuration asks of privileged grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GrantLimitsInput {
    /// Most days that a privileged duty may be held.
    pub max_days: u32,
}
