//! External evidence: what somebody took from another system, by digest, with where it comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{RecordId, Retention};
use crate::evidence::statement::{ResourceDescriptor, STATEMENT_TYPE, Word, sha256};
use crate::store::Digest;

/// The predicate of a statement about external evidence.
pub const ATTACHMENT_TYPE: &str = "https://countersign.dev/attestation/attachment/v1";

/// An in-toto statement about a file from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentStatement {
    /// Always in-toto's.
    #[serde(rename = "_type")]
    pub kind: Word,
    /// The file.
    pub subject: Vec<ResourceDescriptor>,
    /// Always [`ATTACHMENT_TYPE`].
    #[serde(rename = "predicateType")]
    pub predicate_type: Word,
    /// Where it comes from.
    pub predicate: AttachmentPredicate,
}

/// Where a file comes from, as an auditor asks: which system, which question, who, when, how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttachmentPredicate {
    /// How far it can be believed.
    pub tier: AttachmentTier,
    /// The system that it was taken from.
    pub source: String,
    /// The query, report or call that gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The query's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Who ran it: `person:ID` or `service:ID`.
    pub run_by: String,
    /// When, RFC 3339.
    pub run_at: String,
    /// How many rows it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// A total that the source gives and that the file must come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_total: Option<String>,
    /// The record that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RecordId>,
    /// What it is for, where that counts for something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<AttachmentPurpose>,
    /// Whether the file itself is kept. Otherwise whoever has it proves by its digest that it is the one.
    pub kept: bool,
    /// When it was attached, RFC 3339.
    pub at: String,
    /// How long it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// How far external evidence can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentTier {
    /// An export of the system itself.
    Observed,
    /// A named person says so.
    Attested,
}

/// What external evidence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentPurpose {
    /// It tells what a night came to, and shows that the day of its [`at`](AttachmentPredicate::at) was looked at, also when
    /// nothing landed.
    Night,
}

impl AttachmentStatement {
    /// A statement about a file.
    #[must_use]
    pub fn new(name: String, digest: Digest, predicate: AttachmentPredicate) -> Self {
        Self {
            kind: STATEMENT_TYPE.into(),
            subject: vec![ResourceDescriptor { name: Some(name), uri: None, digest: sha256(digest) }],
            predicate_type: ATTACHMENT_TYPE.into(),
            predicate,
        }
    }

    /// The digest of the file.
    #[must_use]
    pub fn file(&self) -> Option<Digest> {
        self.subject.first()?.digest.get("sha256")?.parse().ok()
    }
}
