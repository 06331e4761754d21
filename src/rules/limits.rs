//! How long records may hold.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ruleset::Severity;

/// How long records may hold, as it is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Of exceptions.
    #[serde(default)]
    pub exceptions: ExceptionLimits,
    /// Of approvals.
    #[serde(default)]
    pub approvals: ApprovalLimits,
    /// Of emergencies.
    #[serde(default)]
    pub emergencies: EmergencyLimits,
}

/// Limits of exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionLimits {
    /// Most days from `not_before` to `expires`, by severity of the finding. Default: critical 90, high 180, others 366.
    #[serde(default)]
    pub max_days: BTreeMap<Severity, u32>,
    /// How often an exception may be renewed. Default 2.
    #[serde(default)]
    pub max_renewals: Option<u32>,
}

/// Limits of approvals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalLimits {
    /// Most days from `not_before` to `expires`. Default 366; an approval that says no `not_before` is not measured.
    #[serde(default)]
    pub max_days: Option<u32>,
}

/// Limits of emergencies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyLimits {
    /// Most hours from `begins` to `ends`. Default 24.
    #[serde(default)]
    pub max_hours: Option<u32>,
    /// Days after `begins` within which somebody else reviews it. Default 5.
    #[serde(default)]
    pub review_within_days: Option<u32>,
    /// Hours after a landing past the gate within which it is reconciled. Default 24.
    #[serde(default)]
    pub reconcile_within_hours: Option<u32>,
}

impl LimitsConfig {
    /// Most days of an exception to a finding of this severity.
    #[must_use]
    pub fn exception_days(&self, severity: Severity) -> u32 {
        self.exceptions.max_days.get(&severity).copied().unwrap_or(match severity {
            Severity::Critical => 90,
            Severity::High => 180,
            Severity::Medium | Severity::Low => 366,
        })
    }

    /// How often an exception may be renewed.
    #[must_use]
    pub fn renewals(&self) -> u32 {
        self.exceptions.max_renewals.unwrap_or(2)
    }

    /// Most days of an approval.
    #[must_use]
    pub fn approval_days(&self) -> u32 {
        self.approvals.max_days.unwrap_or(366)
    }

    /// Most hours of an emergency.
    #[must_use]
    pub fn emergency_hours(&self) -> u32 {
        self.emergencies.max_hours.unwrap_or(24)
    }

    /// Days within which an emergency is reviewed.
    #[must_use]
    pub fn review_days(&self) -> u32 {
        self.emergencies.review_within_days.unwrap_or(5)
    }

    /// Hours within which a landing past the gate is reconciled.
    #[must_use]
    pub fn reconcile_hours(&self) -> u32 {
        self.emergencies.reconcile_within_hours.unwrap_or(24)
    }
}
