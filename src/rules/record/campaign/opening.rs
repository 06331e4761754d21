//! The opening of a campaign.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_campaign_id;
use crate::rules::dates::{Day, Instant};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::record::RecordMetadata;
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::Spanned;

/// `kind: AccessReview`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AccessReviewKind {
    /// The only value.
    AccessReview,
}

/// The opening's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessReviewFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: AccessReviewKind,
    /// Its id, which is also the name of its folder.
    pub metadata: RecordMetadata,
    /// What it says.
    pub spec: AccessReviewSpec,
}

/// What is reviewed, and by when.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessReviewSpec {
    /// The commit whose access was frozen.
    pub commit: Spanned<String>,
    /// When it was opened: access that had ended by then is not in it.
    pub opened: Instant,
    /// The last day for decisions.
    pub due: Spanned<Day>,
    /// How many days later they are late.
    pub grace_days: u32,
    /// How many days after the decision revoked access may still be there.
    pub revoke_within_days: u32,
    /// By which rule reviewers were found.
    pub reviewer: ReviewerRule,
    /// What of the tree it covers.
    pub covers: Covers,
    /// How many items were frozen.
    pub items: usize,
    /// The digest of `items.json`.
    pub snapshot: Spanned<Digest>,
}

/// Who reviews what somebody holds. Where the first cannot (nobody is named, they have left, it is their own access or they
/// wrote the grant), the other one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewerRule {
    /// The person's manager; of a service identity the manager of its owner.
    #[default]
    Manager,
    /// The owner of the system.
    SystemOwner,
}

impl ReviewerRule {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::SystemOwner => "system_owner",
        }
    }
}

impl fmt::Display for ReviewerRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a campaign covers. What is left out does not limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Covers {
    /// The systems, by id or glob.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// The principals, by id or glob.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Whether only items that give a privileged duty or take part in a conflict are in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
}

/// An opening that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The commit whose access was frozen.
    pub commit: String,
    /// When it was opened, in epoch seconds.
    pub opened: i64,
    /// The first second after the last day for decisions.
    pub due_until: i64,
    /// How many days later they are late.
    pub grace_days: u32,
    /// How many days after the decision revoked access may still be there.
    pub revoke_within_days: u32,
    /// By which rule reviewers were found.
    pub reviewer: ReviewerRule,
    /// What of the tree it covers.
    pub covers: Covers,
}

impl Opening {
    pub(super) fn read(file: &RuleFile, folder: &str, written: &AccessReviewFile) -> Result<Self, RuleError> {
        let (id, spec) = (&written.metadata.id, &written.spec);
        if !is_campaign_id(id) {
            return Err(file
                .error(id.span, format!("`{}` cannot be the id of an access review", id.value))
                .with_help("use letters, digits, `.`, `_` and `-`, as in UAR-2026Q4"));
        }
        if id.as_str() != folder {
            return Err(file
                .error(id.span, format!("the access review `{}` stands in the folder `{folder}`", id.value))
                .with_help("a campaign's folder has its id as a name"));
        }
        let hexadecimal = spec.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal || ![40, 64].contains(&spec.commit.len()) {
            return Err(
                file.error(spec.commit.span, format!("`{}` is not the full name of a commit", spec.commit.value))
            );
        }
        let opened = spec.opened.seconds();
        if spec.due.ends() <= opened {
            return Err(file.error(spec.due.span, "it is due before it was opened"));
        }
        Ok(Self {
            commit: spec.commit.value.clone(),
            opened,
            due_until: spec.due.ends(),
            grace_days: spec.grace_days,
            revoke_within_days: spec.revoke_within_days,
            reviewer: spec.reviewer,
            covers: spec.covers.clone(),
        })
    }
}
