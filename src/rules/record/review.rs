//! Review decisions: what somebody decided, afterwards, about an exception or an emergency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RecordKind, RecordMetadata, Terms, person, reason};
use crate::rules::dates::Instant;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::syntax::Spanned;

/// `kind: ReviewDecision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ReviewDecisionKind {
    /// The only value.
    ReviewDecision,
}

/// A review decision's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDecisionFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: ReviewDecisionKind,
    /// Its id.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: ReviewDecisionSpec,
}

/// What was decided about which record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDecisionSpec {
    /// The record: `emergency:ID` or `exception:ID`.
    pub of: Spanned<String>,
    /// Who decided; nobody who gave or used the record.
    pub reviewer: Spanned<String>,
    /// What.
    pub disposition: Disposition,
    /// Why.
    pub reason: Spanned<String>,
    /// When.
    pub decided: Instant,
}

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// It was right.
    Keep,
    /// It must end.
    Revoke,
}

/// A review decision that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewDecision {
    /// What every record has; the approver is the reviewer, and it does not expire.
    pub terms: Terms,
    /// The kind of the record that it is about.
    pub of: RecordKind,
    /// That record's id.
    pub id: String,
    /// What was decided.
    pub disposition: Disposition,
    /// When, in epoch seconds.
    pub decided: i64,
}

impl ReviewDecision {
    pub(super) fn read(
        file: &RuleFile,
        written: ReviewDecisionFile,
        signatures: Vec<RuleFile>,
    ) -> Result<Self, RuleError> {
        let spec = written.spec;
        let (of, id) = match spec.of.split_once(':') {
            Some(("emergency", id)) => (RecordKind::Emergency, id),
            Some(("exception", id)) => (RecordKind::Exception, id),
            _ => {
                return Err(file
                    .error(spec.of.span, format!("`{}` is not a record that is reviewed", spec.of.value))
                    .with_help("write it as `emergency:ID` or `exception:ID`"));
            }
        };
        Ok(Self {
            of,
            id: id.to_owned(),
            terms: Terms {
                kind: RecordKind::ReviewDecision,
                id: written.metadata.id.value,
                file: file.clone(),
                signatures,
                approvers: vec![person(file, "reviewer", &spec.reviewer)?],
                reason: reason(file, &spec.reason, RecordKind::ReviewDecision)?,
                ticket: None,
                not_before: Some(spec.decided.seconds()),
                expires: i64::MAX,
            },
            disposition: spec.disposition,
            decided: spec.decided.seconds(),
        })
    }
}
