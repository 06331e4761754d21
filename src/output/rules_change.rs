//! What a change makes of the rules, as other programs read it.

use schemars::JsonSchema;
use serde::Serialize;

use super::positions::{Positions, Wanted};
use super::words::{findings, number};
use crate::gate::{EffectKind, FlipKind, RulesChange, Side, Weight};
use crate::rules::Severity;
use crate::store::Digest;

/// What a change makes of the rules. It was judged by the target's; this is what its own would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "RulesChange")]
pub struct RulesChangeReport {
    /// The digest of the rules that the change brings, without records.
    pub digest: Digest,
    /// How they differ by effect: weakening first. Absent when they do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectReport>,
    /// What findings of head would become under them. Absent when all stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flips: Vec<FlipReport>,
    /// Policies that were rewritten without effect. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rewritten: Vec<RewrittenReport>,
    /// On how many documents policies were compared. Absent when none was.
    #[serde(skip_serializing_if = "is_zero")]
    pub cases: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// One way in which the rules differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Effect")]
pub struct EffectReport {
    /// What it does to the gate.
    pub weight: Weight,
    /// What it is about.
    pub kind: EffectKind,
    /// One clause for people.
    pub text: String,
    /// In which tree it is written. Absent when no single place is, as are the other fields of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1. Absent when the file could not be read, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// An example that shows it. Absent when the text says it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// Whether somebody who made the change gains by it. Absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub concerns_author: bool,
}

/// A finding of head that both rule sets see differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Flip")]
pub struct FlipReport {
    /// What would become of it.
    pub kind: FlipKind,
    /// Which finding.
    pub fingerprint: Digest,
    /// The policy's id.
    pub policy: String,
    /// The id of its subject.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// Whether it is about somebody who made the change. Absent when not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub concerns_author: bool,
}

/// A policy that was rewritten without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Rewritten")]
pub struct RewrittenReport {
    /// The policy's id.
    pub policy: String,
    /// On how many documents both texts said the same.
    pub cases: usize,
}

impl RulesChangeReport {
    /// Whether there is nothing to say.
    pub(super) fn is_silent(&self) -> bool {
        self.effects.is_empty() && self.flips.is_empty() && self.rewritten.is_empty()
    }

    /// What would become of findings of head, counted; `None` when all stay as they are.
    pub(super) fn flips_in_words(&self) -> Option<String> {
        let mut phrases = Vec::new();
        for (kind, words) in [
            (FlipKind::Vanishes, "would vanish"),
            (FlipKind::StopsBlocking, "would no longer block"),
            (FlipKind::StartsBlocking, "would block"),
            (FlipKind::Appears, "would appear"),
        ] {
            match self.flips.iter().filter(|flip| flip.kind == kind).count() {
                0 => {}
                n => phrases.push(format!("{} {words}", findings(n))),
            }
        }
        let author = match self.flips.iter().filter(|flip| flip.concerns_author && flip.kind.weakens()).count() {
            0 => String::new(),
            1 => "; 1 concerns an author of this change".to_owned(),
            n => format!("; {} concern authors of this change", number(n)),
        };
        (!phrases.is_empty()).then(|| format!("{}{author}", phrases.join(", ")))
    }
}

/// Notes the places of the effects.
pub(super) fn want<'a>(change: &'a RulesChange, wanted: &mut Wanted<'a>) {
    for (side, place) in change.effects.iter().filter_map(|effect| effect.place.as_ref()) {
        wanted.add(*side, place);
    }
}

impl RulesChangeReport {
    pub(super) fn new(change: &RulesChange, positions: &Positions<'_>) -> Self {
        Self {
            digest: change.digest,
            effects: change
                .effects
                .iter()
                .map(|effect| {
                    let place = effect.place.as_ref();
                    let range = place.and_then(|(side, place)| positions.range(*side, place));
                    EffectReport {
                        weight: effect.weight,
                        kind: effect.kind,
                        text: effect.text.clone(),
                        side: place.map(|(side, _)| *side),
                        file: place.map(|(_, place)| place.file.to_string()),
                        line: range.map(|range| range.start.line),
                        witness: effect.witness.clone(),
                        concerns_author: effect.concerns_author,
                    }
                })
                .collect(),
            flips: change
                .flips
                .iter()
                .map(|flip| FlipReport {
                    kind: flip.kind,
                    fingerprint: flip.fingerprint.0,
                    policy: flip.policy.to_string(),
                    subject: flip.subject.id.to_string(),
                    severity: flip.severity,
                    message: flip.message.clone(),
                    concerns_author: flip.concerns_author,
                })
                .collect(),
            rewritten: change
                .rewritten
                .iter()
                .map(|same| RewrittenReport { policy: same.policy.clone(), cases: same.cases })
                .collect(),
            cases: change.cases,
        }
    }
}
