//! Legal holds, as records of the ledger itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::RecordId;
use crate::evidence::statement::{ResourceDescriptor, STATEMENT_TYPE, Word, sha256};
use crate::store::Digest;

/// The predicate of a statement about a legal hold.
pub const HOLD_TYPE: &str = "https://countersign.dev/attestation/hold/v1";

/// An in-toto statement about a legal hold: nothing that it covers is removed, whatever its date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldStatement {
    /// Always in-toto's.
    #[serde(rename = "_type")]
    pub kind: Word,
    /// The log, by the SHA-256 of its name.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`HOLD_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What is said.
    pub predicate: HoldPredicate,
}

/// What is said of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldPredicate {
    /// The log, as its checkpoints name it.
    pub origin: String,
    /// Whether it is placed or lifted.
    #[serde(flatten)]
    pub action: HoldAction,
    /// By whom: `person:ID` or `service:ID`.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was said, RFC 3339. Nothing is judged by it: where the record stands in the log is what counts.
    pub at: String,
}

/// What becomes of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum HoldAction {
    /// It holds from here on.
    Place {
        /// What it is over.
        covers: Covers,
    },
    /// It holds no longer.
    Lift {
        /// The record that placed it.
        hold: RecordId,
    },
}

/// What a hold is over: what meets everything that is given here; everything when nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covers {
    /// These records.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub records: BTreeSet<RecordId>,
    /// Evaluations of this repository, and what names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// What was made at this instant or later, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What was made before this instant, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl HoldStatement {
    /// A statement about a hold.
    #[must_use]
    pub fn new(predicate: HoldPredicate) -> Self {
        Self {
            kind: STATEMENT_TYPE.into(),
            subject: vec![log(&predicate.origin)],
            predicate_type: HOLD_TYPE.into(),
            predicate,
        }
    }
}

/// The log as a subject.
pub(super) fn log(origin: &str) -> ResourceDescriptor {
    let digest = sha256(Digest::of(origin.as_bytes()));
    ResourceDescriptor { name: Some("log".to_owned()), uri: None, digest }
}
