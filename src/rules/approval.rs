//! Approvals of privileged grants, as files under `.countersign/approvals/` of the target.
//!
//! They are unsigned in this version: what makes one count is that it already stands on the branch that the change
//! targets. Signing adds a second way to count; it will be decided in [`Standing`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{RuleError, RuleFile};
use super::ruleset::ApiVersion;
use crate::facts::scope::{Dimension, Scope, Values};
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
    pub metadata: ApprovalMetadata,
    /// What it says.
    pub spec: ApprovalSpec,
}

/// The id of an approval.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalMetadata {
    /// Unique among approvals.
    pub id: Spanned<String>,
}

/// Who gets what, who says so, and until when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSpec {
    /// The policy whose finding this answers; `CS-GRANT-001`.
    pub policy: String,
    /// Who is approved: the finding's subject, such as `person:alice.ng`.
    pub subject: Spanned<String>,
    /// The duty.
    pub duty: Spanned<String>,
    /// The system in which it is held.
    #[serde(default)]
    pub system: Option<String>,
    /// The extent, by dimension: a value, a list, or `*`. An absent dimension is not limited.
    #[serde(default)]
    pub scope: BTreeMap<String, OneOrMany>,
    /// Who approves; neither the subject nor an author of the change.
    pub approver: Spanned<String>,
    /// Why.
    pub reason: Spanned<String>,
    /// The ticket.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The last day on which it counts, UTC.
    pub expires: Spanned<String>,
}

/// A value or a list of values.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text or a list of texts")
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(value.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<OneOrMany, E> {
                Err(E::custom("write the number in quotes, so that zeros at its start are kept"))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = seq.next_element()? {
                    all.push(value);
                }
                Ok(OneOrMany::Many(all))
            }
        }
        deserializer.deserialize_any(V)
    }
}

/// Why an approval counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It stands on the target branch.
    OnTarget,
}

/// An approval that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: String,
    /// The file.
    pub file: RuleFile,
    /// The policy it answers.
    pub policy: String,
    /// Who is approved.
    pub subject: String,
    /// The duty.
    pub duty: String,
    /// The system, when it limits.
    pub system: Option<String>,
    /// The extent.
    pub scope: Scope,
    /// The approver, as `person:ID`.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// The first second at which it no longer counts, in epoch seconds.
    pub expires: i64,
    /// Why it counts.
    pub standing: Standing,
}

impl Approval {
    pub(super) fn read(file: &RuleFile, written: ApprovalFile) -> Result<Self, RuleError> {
        let spec = written.spec;
        let day: Date = spec.expires.parse().map_err(|_| {
            file.error(spec.expires.span, format!("`{}` is not a date", spec.expires.value))
                .with_help("write it as 2026-12-31")
        })?;
        let expires = day
            .tomorrow()
            .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC))
            .map_err(|_| file.error(spec.expires.span, "the date is out of range"))?
            .timestamp()
            .as_second();
        for (name, field) in [("approver", &spec.approver), ("subject", &spec.subject)] {
            if !field.contains(':') {
                return Err(file
                    .error(field.span, format!("the {name} `{}` has no kind", field.value))
                    .with_help(format!("write it as `person:{}`", field.value)));
            }
        }
        if spec.approver.value == spec.subject.value {
            return Err(file.error(spec.approver.span, "nobody approves access for themselves"));
        }
        if spec.reason.trim().is_empty() {
            return Err(file.error(spec.reason.span, "an approval needs a reason"));
        }
        let mut scope = Scope::unknown();
        for (dimension, values) in &spec.scope {
            let values = match values {
                OneOrMany::One(value) => Values::of([value]),
                OneOrMany::Many(values) => Values::of(values),
            };
            scope = scope.with(Dimension::new(dimension), values);
        }
        Ok(Self {
            id: written.metadata.id.value,
            file: file.clone(),
            policy: spec.policy,
            subject: spec.subject.value,
            duty: spec.duty.value,
            system: spec.system,
            scope,
            approver: spec.approver.value,
            reason: spec.reason.value,
            expires,
            standing: Standing::OnTarget,
        })
    }
}
