//! Approvals: of privileged duties, and of changed rules.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{OneOrMany, RecordKind, RecordMetadata, Terms, approvers, period, reason, scope, with_kind};
use crate::facts::scope::Scope;
use crate::rules::dates::Day;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: Approval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ApprovalKind {
    /// The only value.
    Approval,
}

/// An approval file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: ApprovalKind,
    /// Its id.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: ApprovalSpec,
}

/// Who gets what, who says so, and until when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The policy whose finding this answers: `CS-GRANT-001`, or `CS-GATE-001` for changed rules.
    pub policy: Spanned<String>,
    /// Who is approved: the finding's subject, such as `person:alice.ng`; of changed rules `repository`.
    #[serde(default)]
    pub subject: Option<Spanned<String>>,
    /// Several at once.
    #[serde(default)]
    pub subjects: Vec<Spanned<String>>,
    /// Whoever receives the duty by this role and nothing else: a standing approval of a birthright role.
    #[serde(default)]
    pub role: Option<Spanned<String>>,
    /// The duty.
    #[serde(default)]
    pub duty: Option<Spanned<String>>,
    /// The system in which it is held.
    #[serde(default)]
    pub system: Option<String>,
    /// The extent, by dimension: a value, a list, or `*`. An absent dimension is not limited.
    #[serde(default)]
    pub scope: BTreeMap<String, OneOrMany>,
    /// Of changed rules: the digest of the new rules.
    #[serde(default)]
    pub rules: Option<Spanned<Digest>>,
    /// Who approves; neither a subject nor an author of the change. Several where it takes more than one.
    pub approver: Spanned<OneOrMany>,
    /// Why.
    pub reason: Spanned<String>,
    /// The ticket.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The first day on which it counts, UTC.
    #[serde(default)]
    pub not_before: Option<Day>,
    /// The last day on which it counts, UTC.
    pub expires: Spanned<Day>,
}

/// What is approved.
#[derive(Debug, Clone, PartialEq)]
pub enum Approved {
    /// A duty of one or several subjects.
    Duty {
        /// Their ids.
        subjects: Vec<String>,
        /// The duty's id.
        duty: String,
    },
    /// A duty of whoever receives it by one role alone.
    ByRole {
        /// The role's id.
        role: String,
        /// The duty's id.
        duty: String,
    },
    /// Rules with this digest.
    Rules(Digest),
}

/// An approval that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// What every record has.
    pub terms: Terms,
    /// The policy it answers.
    pub policy: String,
    /// What it approves.
    pub approved: Approved,
    /// The system, when it limits.
    pub system: Option<String>,
    /// The extent.
    pub scope: Scope,
}

impl Approval {
    pub(super) fn read(file: &RuleFile, written: ApprovalFile, signatures: Vec<RuleFile>) -> Result<Self, RuleError> {
        let spec = written.spec;
        let id = &written.metadata.id;
        let (not_before, expires) = period(file, spec.not_before, &spec.expires)?;
        let subjects: Vec<String> = spec
            .subject
            .iter()
            .chain(&spec.subjects)
            .map(|subject| with_kind(file, "subject", subject))
            .collect::<Result<_, _>>()?;
        let duty = || {
            spec.duty.as_ref().map(|duty| duty.value.clone()).ok_or_else(|| {
                file.error(id.span, "the key `duty` is missing").with_help(
                    "`countersign ruleset list` names the duties; approvals of changed rules have `rules` instead",
                )
            })
        };
        let approved = match (&spec.rules, &spec.role) {
            (Some(rules), None) if spec.duty.is_none() => Approved::Rules(rules.value),
            (Some(rules), _) => {
                return Err(file
                    .error(rules.span, "an approval of rules approves nothing else")
                    .with_help("write a second approval for the duty"));
            }
            (None, Some(role)) if subjects.is_empty() => {
                Approved::ByRole { role: with_kind(file, "role", role)?, duty: duty()? }
            }
            (None, Some(role)) => {
                return Err(file.error(role.span, "an approval names either subjects or a role"));
            }
            (None, None) if subjects.is_empty() => {
                return Err(file.error(id.span, "nobody is approved").with_help("add `subject: person:ID`"));
            }
            (None, None) => Approved::Duty { subjects: subjects.clone(), duty: duty()? },
        };
        Ok(Self {
            terms: Terms {
                kind: RecordKind::Approval,
                id: id.value.clone(),
                file: file.clone(),
                signatures,
                approvers: approvers(file, &spec.approver, &subjects)?,
                reason: reason(file, &spec.reason, RecordKind::Approval)?,
                ticket: spec.ticket,
                not_before,
                expires,
            },
            policy: spec.policy.value,
            approved,
            system: spec.system,
            scope: scope(&spec.scope),
        })
    }
}
