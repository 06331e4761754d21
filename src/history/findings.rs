//! Findings as evidence keeps them, as far as the history of a branch asks for them.

use serde::Deserialize;
use serde_json::Value;

use crate::evidence::{EvidenceError, ReadObjects, Statement, findings_of};

/// A finding as evidence keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeptFinding {
    pub(super) fingerprint: String,
    pub(super) policy: String,
    pub(super) severity: String,
    pub(super) subject: KeptSubject,
    #[serde(default)]
    pub(super) systems: Vec<String>,
    state: String,
    #[serde(default)]
    pub(super) conflict: Option<String>,
    #[serde(default)]
    pub(super) duties: Vec<String>,
    #[serde(default)]
    decision: KeptDecision,
    /// What a wider finding speaks for.
    #[serde(default)]
    pub(super) under: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct KeptSubject {
    pub(super) id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct KeptDecision {
    #[serde(default)]
    blocks: bool,
    #[serde(default)]
    record: Option<KeptRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct KeptRecord {
    kind: String,
    id: String,
}

impl KeptFinding {
    /// The findings of an evaluation.
    ///
    /// # Errors
    /// [`EvidenceError`] when an object is missing or damaged.
    pub fn of(statement: &Statement, objects: &dyn ReadObjects) -> Result<Vec<Self>, EvidenceError> {
        let kept = findings_of(statement, objects)?;
        let digest = statement.predicate.findings.digest.get("sha256").and_then(|text| text.parse().ok());
        let digest = digest.ok_or(EvidenceError::NoDigest)?;
        Self::read(kept).map_err(|error| EvidenceError::malformed(digest, &error.to_string()))
    }

    /// Findings from what evidence keeps.
    pub(super) fn read(findings: Vec<Value>) -> Result<Vec<Self>, serde_json::Error> {
        findings.into_iter().map(serde_json::from_value).collect()
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// The conflict that it is about, if it is about one.
    #[must_use]
    pub fn conflict(&self) -> Option<&str> {
        self.conflict.as_deref()
    }

    /// Whether it stopped the change.
    #[must_use]
    pub fn stops(&self) -> bool {
        self.decision.blocks
    }

    /// Whether a record let it pass.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.decision.record.is_some()
    }

    /// Kind and id of the record that let it pass.
    pub(super) fn record(&self) -> Option<String> {
        self.decision.record.as_ref().map(|record| format!("{} {}", record.kind, record.id))
    }

    pub(super) fn is_there(&self) -> bool {
        self.state != "resolved"
    }

    /// Whether the change brought it, or something else made it count: what was there before stops nobody.
    pub(super) fn counts(&self) -> bool {
        self.is_there() && self.state != "existing"
    }
}
