//! What was removed, as records of the ledger itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::RecordId;
use super::hold_statement::log;
use crate::evidence::statement::{ResourceDescriptor, STATEMENT_TYPE, Word};
use crate::rules::RetentionClass;
use crate::store::Digest;

/// The predicate of a statement about what was removed.
pub const TOMBSTONE_TYPE: &str = "https://countersign.dev/attestation/tombstone/v1";

/// An in-toto statement about objects that were removed, and for which records they are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TombstoneStatement {
    /// Always in-toto's.
    #[serde(rename = "_type")]
    pub kind: Word,
    /// The log, by the SHA-256 of its name.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`TOMBSTONE_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// What is said.
    pub predicate: TombstonePredicate,
}

/// What was removed, why, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TombstonePredicate {
    /// The log, as its checkpoints name it.
    pub origin: String,
    /// Why it was allowed.
    pub cause: TombstoneCause,
    /// The records for which something is gone.
    pub records: Vec<Buried>,
    /// The objects that are gone.
    pub objects: BTreeSet<Digest>,
    /// By whom: `person:ID` or `service:ID`.
    pub by: String,
    /// Why, in words; an erasure has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When, RFC 3339.
    pub at: String,
}

/// Why something was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TombstoneCause {
    /// Its records need not be kept any longer.
    Retention,
    /// The law asks for it, whatever the date.
    Erasure,
}

/// A record for which something is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Buried {
    /// The record; its statement stays.
    pub record: RecordId,
    /// What it was.
    pub class: RetentionClass,
    /// Until when it was kept, RFC 3339; absent is without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<String>,
}

impl TombstoneStatement {
    /// A statement about what was removed.
    #[must_use]
    pub fn new(predicate: TombstonePredicate) -> Self {
        Self {
            kind: STATEMENT_TYPE.into(),
            subject: vec![log(&predicate.origin)],
            predicate_type: TOMBSTONE_TYPE.into(),
            predicate,
        }
    }
}
