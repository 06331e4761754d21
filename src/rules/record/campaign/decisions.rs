//! What a reviewer decided: one file a reviewer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::items::FrozenItem;
use super::terms;
use crate::rules::dates::{Instant, minute};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::record::{Terms, person};
use crate::rules::ruleset::ApiVersion;
use crate::store::Digest;
use crate::syntax::{Span, Spanned, nearest};

/// `kind: AccessReviewDecisions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum DecisionsKind {
    /// The only value.
    AccessReviewDecisions,
}

/// A reviewer's file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionsFile {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: DecisionsKind,
    /// Whose it is.
    pub metadata: DecisionsMetadata,
    /// What it says.
    pub spec: DecisionsSpec,
}

/// Of which campaign, and by whom.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionsMetadata {
    /// The campaign's id.
    pub campaign: Spanned<String>,
    /// Who decides: `person:ID`.
    pub reviewer: Spanned<String>,
}

/// The decisions.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionsSpec {
    /// The digest of the campaign's opening.
    pub opening: Spanned<Digest>,
    /// When this was decided, for every item that does not say it itself.
    #[serde(default)]
    pub decided: Option<Spanned<Instant>>,
    /// The items.
    pub items: Vec<ItemSpec>,
}

/// One item. What it tells is for whoever decides, and stands in the frozen items; only the last three keys are answers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemSpec {
    /// The digest of the frozen item.
    pub item: Spanned<Digest>,
    /// Who holds it; as it was frozen.
    #[serde(default)]
    pub who: Option<Spanned<String>>,
    /// What is held; as it was frozen.
    #[serde(default)]
    pub what: Option<Spanned<String>>,
    /// On what.
    #[serde(default)]
    pub scope: Option<serde_json::Value>,
    /// Until when.
    #[serde(default)]
    pub until: Option<serde_json::Value>,
    /// Under which conditions.
    #[serde(default)]
    pub conditions: Option<serde_json::Value>,
    /// What it permits.
    #[serde(default)]
    pub permits: Option<serde_json::Value>,
    /// By which paths.
    #[serde(default)]
    pub why: Option<serde_json::Value>,
    /// What whoever granted it gave as the reason.
    #[serde(default)]
    pub justification: Option<serde_json::Value>,
    /// The ticket.
    #[serde(default)]
    pub ticket: Option<serde_json::Value>,
    /// What it lets its holder do.
    #[serde(default)]
    pub duties: Option<serde_json::Value>,
    /// The conflicts that it takes part in.
    #[serde(default)]
    pub conflicts: Option<serde_json::Value>,
    /// The privileged duties that it gives.
    #[serde(default)]
    pub privileged: Option<serde_json::Value>,
    /// The last change of the lines that grant it.
    #[serde(default)]
    pub last_change: Option<serde_json::Value>,
    /// The approvals that name it.
    #[serde(default)]
    pub approval: Option<serde_json::Value>,
    /// What is decided.
    #[serde(default)]
    pub decision: Option<Spanned<String>>,
    /// Why.
    #[serde(default)]
    pub reason: Option<Spanned<String>>,
    /// When, where it is not the file's instant.
    #[serde(default)]
    pub decided: Option<Spanned<Instant>>,
}

/// What is decided about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemDecision {
    /// It stays.
    Keep,
    /// It goes.
    Revoke,
    /// It has to become another one.
    Modify,
    /// Whoever was asked does not decide.
    Abstain,
}

impl ItemDecision {
    /// Every decision.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Revoke, Self::Modify, Self::Abstain];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Revoke => "revoke",
            Self::Modify => "modify",
            Self::Abstain => "abstain",
        }
    }
}

/// A decision that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The item.
    pub item: Digest,
    /// What.
    pub decision: ItemDecision,
    /// Why; empty where nothing is said.
    pub reason: String,
    /// When, in epoch seconds.
    pub at: i64,
    /// Where it is written.
    pub span: Span,
}

/// A reviewer's file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewerFile {
    /// What every record has; its id is `CAMPAIGN/REVIEWER`.
    pub terms: Terms,
    /// Who decides: `person:ID`.
    pub reviewer: String,
    /// The decisions.
    pub decided: Vec<Decided>,
}

/// What a file of decisions rests on.
pub(super) struct RestsOn<'a> {
    pub(super) id: &'a str,
    /// The digest of the opening.
    pub(super) digest: Digest,
    pub(super) opened: i64,
    pub(super) items: BTreeMap<Digest, &'a FrozenItem>,
}

impl RestsOn<'_> {
    /// The frozen item of a digest.
    pub(super) fn item(&self, file: &RuleFile, item: &Spanned<Digest>) -> Result<&FrozenItem, RuleError> {
        self.items.get(&item.value).copied().ok_or_else(|| {
            file.error(item.span, format!("no such item was frozen for the access review `{}`", self.id)).with_help(
                "decide about the items that `countersign review open` wrote; others take a campaign of their own",
            )
        })
    }

    /// Whether a file is of this campaign as it was opened.
    pub(super) fn check(
        &self,
        file: &RuleFile,
        campaign: &Spanned<String>,
        opening: &Spanned<Digest>,
    ) -> Result<(), RuleError> {
        if campaign.as_str() != self.id {
            return Err(file.error(
                campaign.span,
                format!("this is of the access review `{}`, in the folder of `{}`", campaign.value, self.id),
            ));
        }
        if opening.value != self.digest {
            return Err(file
                .error(
                    opening.span,
                    format!("the opening of the access review `{}` was edited: its digest is {}", self.id, self.digest),
                )
                .with_help("bring its campaign.yaml back from history; what has been opened is never edited"));
        }
        Ok(())
    }

    /// A decision as somebody wrote it.
    pub(super) fn decision(
        &self,
        file: &RuleFile,
        item: &Spanned<Digest>,
        written: &Spanned<String>,
        reason: Option<&str>,
        at: Option<&Spanned<Instant>>,
    ) -> Result<Decided, RuleError> {
        let word = written.trim();
        let decision = ItemDecision::ALL.into_iter().find(|own| word.eq_ignore_ascii_case(own.as_str()));
        let Some(decision) = decision else {
            let near = nearest(&word.to_lowercase(), ItemDecision::ALL.into_iter().map(ItemDecision::as_str));
            let help = near.map_or_else(
                || "decide keep, revoke, modify or abstain".to_owned(),
                |near| format!("did you mean `{near}`? It is one of keep, revoke, modify and abstain"),
            );
            return Err(file.error(written.span, format!("`{word}` is no decision")).with_help(help));
        };
        let Some(at) = at else {
            return Err(file
                .error(written.span, "nothing says when this was decided")
                .with_help("write `decided: 2026-11-21T18:30:00Z`, once for the file or at this item"));
        };
        if at.seconds() < self.opened {
            return Err(file
                .error(
                    at.span,
                    format!("this was decided before the access review was opened, on {}", minute(self.opened)),
                )
                .with_help("write the instant of the decision"));
        }
        let reason = reason.map(str::trim).unwrap_or_default().to_owned();
        Ok(Decided { item: item.value, decision, reason, at: at.seconds(), span: written.span })
    }

    /// The file of a reviewer with its decisions.
    pub(super) fn file(
        &self,
        file: &RuleFile,
        reviewer: &str,
        signatures: Vec<RuleFile>,
        decided: Vec<Decided>,
    ) -> ReviewerFile {
        let last = decided.iter().map(|own| own.at).max();
        ReviewerFile { terms: terms(file, self.id, reviewer, signatures, last), reviewer: reviewer.to_owned(), decided }
    }
}

/// Reads a reviewer's file.
pub(super) fn read(
    file: &RuleFile,
    written: &DecisionsFile,
    signatures: Vec<RuleFile>,
    rests: &RestsOn<'_>,
) -> Result<ReviewerFile, Vec<RuleError>> {
    let spec = &written.spec;
    rests.check(file, &written.metadata.campaign, &spec.opening).map_err(|error| vec![error])?;
    let reviewer = person(file, "reviewer", &written.metadata.reviewer).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut decided: Vec<Decided> = Vec::new();
    for own in &spec.items {
        match one(file, own, spec.decided.as_ref(), rests) {
            Ok(Some(decision)) => decided.push(decision),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(rests.file(file, &reviewer, signatures, decided)) } else { Err(errors) }
}

fn one(
    file: &RuleFile,
    own: &ItemSpec,
    at: Option<&Spanned<Instant>>,
    rests: &RestsOn<'_>,
) -> Result<Option<Decided>, RuleError> {
    let frozen = rests.item(file, &own.item)?;
    for (said, was) in [(&own.who, &frozen.principal), (&own.what, &frozen.what)] {
        if let Some(said) = said.as_ref().filter(|said| said.value != *was) {
            return Err(file.error(said.span, format!("this item is of `{was}`")).with_help(
                "leave what was frozen as it is: a decision is about the item's digest, whatever stands beside it",
            ));
        }
    }
    let Some(written) = own.decision.as_ref().filter(|own| !own.trim().is_empty()) else { return Ok(None) };
    let reason = own.reason.as_ref().map(|reason| reason.as_str());
    rests.decision(file, &own.item, written, reason, own.decided.as_ref().or(at)).map(Some)
}

/// Items that are decided twice. Who abstains leaves the decision to somebody else.
pub(super) fn decided_twice(reviewers: &[ReviewerFile]) -> Vec<RuleError> {
    let mut known: BTreeMap<Digest, &ReviewerFile> = BTreeMap::new();
    let mut errors = Vec::new();
    for file in reviewers {
        for decided in file.decided.iter().filter(|own| own.decision != ItemDecision::Abstain) {
            if let Some(other) = known.insert(decided.item, file) {
                errors.push(
                    file.terms
                        .file
                        .error(decided.span, "this item is decided twice")
                        .with_help(format!("the other decision stands in {}; one of both goes", other.terms.file.path)),
                );
            }
        }
    }
    errors
}
