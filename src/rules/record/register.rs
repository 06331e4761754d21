//! The adoption register: what was there when the gate went live, each finding with an owner and a due date.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ExtentEntry, OneOrMany, RecordKind, RecordMetadata, Terms, approvers, person, reason};
use crate::rules::dates::{Day, Instant};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: Register`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum RegisterKind {
    /// The only value.
    Register,
}

/// A register file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: RegisterKind,
    /// Its id.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: RegisterSpec,
}

/// What was there, and who takes care of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterSpec {
    /// When it was written.
    pub adopted: Instant,
    /// Who answers for the register, and signs it.
    pub owner: Spanned<OneOrMany>,
    /// Why.
    pub reason: Spanned<String>,
    /// What each policy, conflict, duty and mapping meant then. What means something else, or was not there, is newer.
    #[serde(default)]
    pub meanings: BTreeMap<String, Digest>,
    /// The findings.
    #[serde(default)]
    pub findings: Vec<RegisterEntrySpec>,
}

/// One finding of a register.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterEntrySpec {
    /// The finding's fingerprint.
    pub finding: Digest,
    /// Its policy, for people.
    pub policy: String,
    /// Its subject, for people.
    pub subject: String,
    /// Its conflict, duty or credential, for people.
    #[serde(default)]
    pub about: Option<String>,
    /// How far it went.
    #[serde(default)]
    pub extent: Vec<ExtentEntry>,
    /// Who takes care of it: `person:ID`.
    pub owner: Spanned<String>,
    /// The last day on which it may still be there.
    pub due: Day,
}

/// One finding of a register, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisterEntry {
    /// The finding's fingerprint.
    pub finding: Digest,
    /// Its policy.
    pub policy: String,
    /// Its subject.
    pub subject: String,
    /// How far it went.
    pub extent: Vec<ExtentEntry>,
    /// Who takes care of it.
    pub owner: String,
    /// The first second at which it is overdue, in epoch seconds.
    pub due: i64,
}

/// A register that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// What every record has; the approvers are its owners, and it does not expire.
    pub terms: Terms,
    /// When it was written, in epoch seconds.
    pub adopted: i64,
    /// What each policy, conflict and duty meant then.
    pub meanings: BTreeMap<String, Digest>,
    /// The findings by fingerprint.
    pub findings: BTreeMap<Digest, RegisterEntry>,
}

impl Register {
    pub(super) fn read(file: &RuleFile, written: RegisterFile, signatures: Vec<RuleFile>) -> Result<Self, RuleError> {
        let spec = written.spec;
        let mut findings = BTreeMap::new();
        for entry in spec.findings {
            let owner = person(file, "owner", &entry.owner)?;
            let at = entry.owner.span;
            let entry = RegisterEntry {
                finding: entry.finding,
                policy: entry.policy,
                subject: entry.subject,
                extent: entry.extent,
                owner,
                due: entry.due.ends(),
            };
            if findings.insert(entry.finding, entry).is_some() {
                return Err(file.error(at, "this finding is in the register twice"));
            }
        }
        Ok(Self {
            terms: Terms {
                kind: RecordKind::Register,
                id: written.metadata.id.value,
                file: file.clone(),
                signatures,
                approvers: approvers(file, &spec.owner, &[])?,
                reason: reason(file, &spec.reason, RecordKind::Register)?,
                ticket: None,
                not_before: Some(spec.adopted.seconds()),
                expires: i64::MAX,
            },
            adopted: spec.adopted.seconds(),
            meanings: spec.meanings,
            findings,
        })
    }
}
