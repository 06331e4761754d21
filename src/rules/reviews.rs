//! How access reviews are opened.

use schemars::JsonSchema;
use serde::Deserialize;

use super::record::ReviewerRule;

/// How access reviews are opened, as it is configured. A campaign that is open keeps what it was opened with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewsConfig {
    /// Who reviews: `manager` or `system_owner`; where the first cannot, the other one. Default: manager.
    #[serde(default)]
    pub reviewer: ReviewerRule,
    /// How many days after the last day decisions are late. Default 5.
    #[serde(default)]
    pub grace_days: Option<u32>,
    /// How many days after the decision revoked access may still be there. Default 14.
    #[serde(default)]
    pub revoke_within_days: Option<u32>,
}

impl ReviewsConfig {
    /// How many days after the last day decisions are late.
    #[must_use]
    pub fn grace(&self) -> u32 {
        self.grace_days.unwrap_or(5)
    }

    /// How many days after the decision revoked access may still be there.
    #[must_use]
    pub fn revoke_within(&self) -> u32 {
        self.revoke_within_days.unwrap_or(14)
    }
}
