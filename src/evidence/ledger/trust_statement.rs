//! Whom to trust, as records of the ledger itself.

use serde::{Deserialize, Serialize};

use crate::evidence::statement::{ResourceDescriptor, STATEMENT_TYPE, Word, sha256};
use crate::keys::PublicKey;

/// The predicate of a statement about a key.
pub const TRUST_TYPE: &str = "https://countersign.dev/attestation/trust/v1";

/// An in-toto statement about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustStatement {
    /// Always in-toto's.
    #[serde(rename = "_type")]
    pub kind: Word,
    /// The key, by its fingerprint.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`TRUST_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What is said.
    pub predicate: TrustPredicate,
}

/// What is said of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustPredicate {
    /// What becomes of it.
    pub action: TrustAction,
    /// What it does.
    pub role: Role,
    /// The log, as its checkpoints name it.
    pub origin: String,
    /// The key, in PEM.
    pub public_key: String,
    /// Of a witness, the name that it signs under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many witnesses a checkpoint needs from here on, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_witnesses: Option<usize>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was said, RFC 3339. Nothing is judged by it: where the record stands in the log is what counts.
    pub at: String,
}

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustAction {
    /// The log begins with it. Whoever trusts the log has confirmed its fingerprint by another way.
    Genesis,
    /// It counts from here on.
    Add,
    /// It does not count from here on.
    Revoke,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Signs records and checkpoints.
    Recorder,
    /// Cosigns checkpoints.
    Witness,
}

impl Role {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Witness => "witness",
        }
    }
}

impl TrustStatement {
    /// A statement about a key.
    #[must_use]
    pub fn new(action: TrustAction, role: Role, origin: &str, key: &PublicKey, at: String) -> Self {
        let subject = ResourceDescriptor { name: Some("key".to_owned()), uri: None, digest: sha256(key.fingerprint()) };
        Self {
            kind: STATEMENT_TYPE.into(),
            subject: vec![subject],
            predicate_type: TRUST_TYPE.into(),
            predicate: TrustPredicate {
                action,
                role,
                origin: origin.to_owned(),
                public_key: key.to_pem(),
                name: None,
                required_witnesses: None,
                reason: None,
                at,
            },
        }
    }
}
