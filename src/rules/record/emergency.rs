//! Emergencies: access for hours, and landings past the gate; somebody else reviews each afterwards.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{OneOrMany, RecordKind, RecordMetadata, Terms, approvers, reason, scope, with_kind};
use crate::facts::scope::Scope;
use crate::rules::dates::Instant;
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: Emergency`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EmergencyKind {
    /// The only value.
    Emergency,
}

/// An emergency file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: EmergencyKind,
    /// Its id.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: EmergencySpec,
}

/// Why, who, what, and for how long.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencySpec {
    /// The incident.
    pub incident: Spanned<String>,
    /// Who receives access. Left out when a landing is reconciled.
    #[serde(default)]
    pub subject: Option<Spanned<String>>,
    /// The conflict or duty that it is about. Left out: whatever the findings of the subject are about.
    #[serde(default)]
    pub about: Option<String>,
    /// The system.
    #[serde(default)]
    pub system: Option<String>,
    /// How far: by dimension a value, a list, or `*`.
    #[serde(default)]
    pub scope: BTreeMap<String, OneOrMany>,
    /// What landed past the gate, when that is reconciled.
    #[serde(default)]
    pub landed: Option<LandedSpec>,
    /// Who issues it; neither the subject nor an author of the change.
    pub approver: Spanned<OneOrMany>,
    /// Why.
    pub reason: Spanned<String>,
    /// From when.
    pub begins: Instant,
    /// Until when: hours, not days.
    pub ends: Spanned<Instant>,
}

/// A commit that landed past the gate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandedSpec {
    /// The commit's full name.
    pub commit: String,
    /// When it landed.
    pub at: Instant,
    /// When it was reconciled.
    pub reconciled: Instant,
    /// Fingerprints of the findings that it introduced and that block.
    pub findings: Vec<Digest>,
}

/// An emergency that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Emergency {
    /// What every record has.
    pub terms: Terms,
    /// The incident.
    pub incident: String,
    /// Who receives access.
    pub subject: Option<String>,
    /// The conflict or duty that it is about.
    pub about: Option<String>,
    /// The system, when it limits.
    pub system: Option<String>,
    /// The extent.
    pub scope: Scope,
    /// What landed past the gate.
    pub landed: Option<LandedSpec>,
    /// When it begins, in epoch seconds; its end is in the terms.
    pub begins: i64,
}

impl Emergency {
    pub(super) fn read(file: &RuleFile, written: EmergencyFile, signatures: Vec<RuleFile>) -> Result<Self, RuleError> {
        let spec = written.spec;
        let (begins, ends) = (spec.begins.seconds(), spec.ends.seconds());
        if begins >= ends {
            return Err(file.error(spec.ends.span, "it ends before it begins"));
        }
        if spec.incident.trim().is_empty() {
            return Err(file.error(spec.incident.span, "an emergency names its incident"));
        }
        let subject = spec.subject.as_ref().map(|subject| with_kind(file, "subject", subject)).transpose()?;
        if subject.is_none() && spec.landed.is_none() {
            return Err(file
                .error(spec.incident.span, "an emergency names who receives access, or what landed")
                .with_help("add `subject: person:ID`, or let `countersign emergency reconcile COMMIT` write it"));
        }
        Ok(Self {
            terms: Terms {
                kind: RecordKind::Emergency,
                id: written.metadata.id.value,
                file: file.clone(),
                signatures,
                approvers: approvers(file, &spec.approver, subject.as_slice())?,
                reason: reason(file, &spec.reason, RecordKind::Emergency)?,
                ticket: Some(spec.incident.value.clone()),
                not_before: Some(begins),
                expires: ends,
            },
            incident: spec.incident.value,
            subject,
            about: spec.about,
            system: spec.system,
            scope: scope(&spec.scope),
            landed: spec.landed,
            begins,
        })
    }
}
