//! Exceptions: one exact finding that is tolerated for a time, with a control that makes up for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExtentEntry, OneOrMany, RecordKind, RecordMetadata, Terms, approvers, period, person, reason, with_kind};
use crate::rules::dates::Day;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: Exception`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ExceptionKind {
    /// The only value.
    Exception,
}

/// An exception file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: ExceptionKind,
    /// Its id.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: ExceptionSpec,
}

/// One finding, why it is tolerated, what makes up for it, and until when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionSpec {
    /// The finding's fingerprint.
    pub finding: Spanned<Digest>,
    /// Its policy.
    pub policy: Spanned<String>,
    /// Its subject.
    pub subject: Spanned<String>,
    /// Its conflict, duty or credential, for people.
    #[serde(default)]
    pub about: Option<String>,
    /// What the policy and the definitions behind the finding meant when it was written.
    pub meaning: Spanned<Digest>,
    /// How far the finding may go. Empty for findings without extent.
    #[serde(default)]
    pub extent: Vec<ExtentEntry>,
    /// Who answers for it: `person:ID`.
    pub owner: Spanned<String>,
    /// What makes up for it.
    pub compensating_control: CompensatingControlSpec,
    /// Who approves; neither the subject nor an author of the change. Several where it takes more than one.
    pub approver: Spanned<OneOrMany>,
    /// Why.
    pub reason: Spanned<String>,
    /// The ticket.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The first day on which it counts, UTC.
    pub not_before: Day,
    /// The last day on which it counts, UTC.
    pub expires: Spanned<Day>,
    /// How often it was renewed.
    #[serde(default)]
    pub renewals: u32,
}

/// A control that makes up for a tolerated finding.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompensatingControlSpec {
    /// Its id in the company's own list.
    pub id: String,
    /// What is done.
    pub description: Spanned<String>,
    /// Who answers for it: `person:ID`.
    pub owner: Spanned<String>,
    /// Who does it: `person:ID`; not the exception's subject.
    pub monitor: Spanned<String>,
    /// How often.
    pub frequency: Frequency,
    /// The last day on which it was done.
    #[serde(default)]
    pub last_operated: Option<Day>,
    /// Whether it works. An exception over a control that does not has lapsed.
    #[serde(default)]
    pub effective: Option<bool>,
}

/// How often a control operates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Frequency {
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every quarter.
    Quarterly,
}

impl Frequency {
    /// Most days between two times.
    #[must_use]
    pub fn days(self) -> i64 {
        match self {
            Self::Daily => 1,
            Self::Weekly => 7,
            Self::Monthly => 31,
            Self::Quarterly => 92,
        }
    }
}

/// A control that makes up for a tolerated finding, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct CompensatingControl {
    /// Its id.
    pub id: String,
    /// What is done.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Who does it.
    pub monitor: String,
    /// How often.
    pub frequency: Frequency,
    /// The last day on which it was done, in epoch seconds.
    pub last_operated: Option<i64>,
    /// Whether it works.
    pub effective: bool,
}

/// An exception that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    /// What every record has.
    pub terms: Terms,
    /// The finding's fingerprint.
    pub finding: Digest,
    /// Its policy.
    pub policy: String,
    /// Its subject.
    pub subject: String,
    /// Its conflict, duty or credential, for people.
    pub about: Option<String>,
    /// What the policy and the definitions meant.
    pub meaning: Digest,
    /// How far the finding may go.
    pub extent: Vec<ExtentEntry>,
    /// Who answers for it.
    pub owner: String,
    /// What makes up for it.
    pub compensating_control: CompensatingControl,
    /// How often it was renewed.
    pub renewals: u32,
}

impl Exception {
    pub(super) fn read(file: &RuleFile, written: ExceptionFile, signatures: Vec<RuleFile>) -> Result<Self, RuleError> {
        let spec = written.spec;
        let (not_before, expires) = period(file, Some(spec.not_before), &spec.expires)?;
        let subject = with_kind(file, "subject", &spec.subject)?;
        for (what, text) in [("policy", &spec.policy), ("subject", &spec.subject)] {
            if text.contains(['*', '?']) {
                return Err(file
                    .error(text.span, format!("the {what} `{}` is a wildcard", text.value))
                    .with_help("an exception is to one finding: `countersign exception new` writes it"));
            }
        }
        let control = spec.compensating_control;
        let monitor = person(file, "monitor", &control.monitor)?;
        if monitor == subject {
            return Err(file
                .error(control.monitor.span, "the compensating control is operated by the person it watches")
                .with_help("name somebody else as its monitor"));
        }
        Ok(Self {
            terms: Terms {
                kind: RecordKind::Exception,
                id: written.metadata.id.value,
                file: file.clone(),
                signatures,
                approvers: approvers(file, &spec.approver, std::slice::from_ref(&subject))?,
                reason: reason(file, &spec.reason, RecordKind::Exception)?,
                ticket: spec.ticket,
                not_before,
                expires,
            },
            finding: spec.finding.value,
            policy: spec.policy.value,
            subject,
            about: spec.about,
            meaning: spec.meaning.value,
            extent: spec.extent,
            owner: person(file, "owner", &spec.owner)?,
            compensating_control: CompensatingControl {
                id: control.id,
                description: reason(file, &control.description, RecordKind::Exception)?,
                owner: person(file, "control's owner", &control.owner)?,
                monitor,
                frequency: control.frequency,
                last_operated: control.last_operated.map(Day::starts),
                effective: control.effective.unwrap_or(true),
            },
            renewals: spec.renewals,
        })
    }
}
