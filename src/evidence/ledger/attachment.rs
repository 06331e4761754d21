//! External evidence: what somebody took from another system, by digest, with where it comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::retained::seconds;
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
    /// The systems that it tells of, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// Of which time it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<CoveredTime>,
    /// Whether the file itself is kept. Otherwise whoever has it proves by its digest that it is the one.
    pub kept: bool,
    /// When it was attached, RFC 3339.
    pub at: String,
    /// How long it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
}

/// How far external evidence can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentTier {
    /// An export of the system itself.
    Observed,
    /// A named person says so.
    Attested,
}

/// What external evidence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentPurpose {
    /// It tells what a night came to, and shows that the day of its [`at`](AttachmentPredicate::at) was looked at, also when
    /// nothing landed.
    Night,
    /// It shows who used which access.
    Usage,
    /// It shows what happened in sessions.
    Sessions,
    /// It shows that what was declared was applied.
    Applies,
}

/// A stretch of time, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredTime {
    /// Its first second, RFC 3339.
    pub from: String,
    /// The first second after it, RFC 3339.
    pub to: String,
}

/// What is said of a file from elsewhere that is for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The place of the statement in the log.
    pub index: u64,
    /// What the file is called.
    pub name: String,
    /// Its digest.
    pub file: Digest,
    /// What it is for.
    pub purpose: AttachmentPurpose,
    /// How far it can be believed.
    pub tier: AttachmentTier,
    /// The system that it was taken from.
    pub source: String,
    /// The query, report or call that gave it.
    pub query: Option<String>,
    /// Who ran it.
    pub run_by: String,
    /// When, in epoch seconds.
    pub run_at: i64,
    /// How many rows it has.
    pub rows: Option<u64>,
    /// The systems that it tells of.
    pub systems: Vec<String>,
    /// From when to when it tells of them, in epoch seconds; the second is the first after it.
    pub covers: Option<(i64, i64)>,
    /// Whether the file is kept.
    pub kept: bool,
    /// When it was attached, in epoch seconds.
    pub at: i64,
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

    /// What it says where the file is for something, at a place of the log.
    ///
    /// # Errors
    /// What is no time, and that it names no file.
    pub(super) fn attached(&self, index: u64) -> Result<Option<Attached>, String> {
        let own = &self.predicate;
        let at = |text: &str| seconds(text).ok_or_else(|| format!("`{text}` is no time"));
        let Some(purpose) = own.purpose else { return Ok(None) };
        let covers = own.covers.as_ref().map(|own| Ok::<_, String>((at(&own.from)?, at(&own.to)?))).transpose()?;
        Ok(Some(Attached {
            index,
            name: self.subject.first().and_then(|own| own.name.clone()).unwrap_or_default(),
            file: self.file().ok_or("it names no file by a SHA-256")?,
            purpose,
            tier: own.tier,
            source: own.source.clone(),
            query: own.query.clone(),
            run_by: own.run_by.clone(),
            run_at: at(&own.run_at)?,
            rows: own.rows,
            systems: own.systems.clone(),
            covers,
            kept: own.kept,
            at: at(&own.at)?,
        }))
    }

    /// The digest of the file.
    #[must_use]
    pub fn file(&self) -> Option<Digest> {
        self.subject.first()?.digest.get("sha256")?.parse().ok()
    }
}
