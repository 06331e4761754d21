//! What head's findings would become under the rules that the change brings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::finding::{Fingerprint, Judged, State, Subject};
use super::super::judgement::Judgement;
use super::super::run::{Fixes, judge as judge_by};
use super::super::task::{RunError, Task};
use super::policies::Outsiders;
use crate::policy::Bundle;
use crate::rules::{Rules, Severity};

/// What would become of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlipKind {
    /// It would not be found.
    Vanishes,
    /// It would be found and no longer stop the change.
    StopsBlocking,
    /// It would stop the change, and does not now.
    StartsBlocking,
    /// It is not found now and would be.
    Appears,
}

impl FlipKind {
    /// Whether less would be found or stopped.
    #[must_use]
    pub fn weakens(self) -> bool {
        matches!(self, Self::Vanishes | Self::StopsBlocking)
    }
}

/// A finding of head that both rule sets see differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flip {
    /// What would become of it.
    pub kind: FlipKind,
    /// Which finding.
    pub fingerprint: Fingerprint,
    /// The policy's id.
    pub policy: Arc<str>,
    /// Whom it is about.
    pub subject: Subject,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The conflict or the duties that it is about.
    pub about: Vec<Arc<str>>,
    /// Whether it is about somebody who made the change.
    pub concerns_author: bool,
}

/// Judges head under the change's rules. Where some policies are not accepted it judges twice: the first time to learn
/// what they are to be asked.
pub(super) fn judge(
    task: &Task<'_>,
    head: &Rules,
    bundle: &mut Bundle,
    outside: &mut Outsiders,
) -> Result<Judgement, RunError> {
    let run = |bundle: &Bundle| judge_by(&Task { rules: head, bundle, ..*task }, Fixes::None, None, None);
    if bundle.policies.iter().any(|policy| !policy.accepted) {
        // Every subject, so that a narrower `when` does not hide what it leaves out.
        let mut asking = bundle.clone();
        for policy in asking.policies.iter_mut().filter(|policy| !policy.accepted) {
            let old = task.bundle.find(&policy.id).map(|old| old.metadata.custom.when);
            if old != Some(policy.metadata.custom.when) {
                policy.metadata.custom.when = None;
            }
        }
        run(&asking)?;
        outside.ask(bundle);
    }
    run(bundle).map(|record| record.judgement)
}

/// What the second judgement sees differently.
pub(super) fn compare(now: &Judgement, then: &Judgement, authors: &BTreeSet<String>) -> Vec<Flip> {
    let of = |judgement: &'_ Judgement| -> BTreeMap<Fingerprint, Judged> {
        let there = judgement.findings.iter().filter(|judged| judged.state != State::Resolved);
        there.map(|judged| (judged.finding.fingerprint, judged.clone())).collect()
    };
    let (before, after) = (of(now), of(then));
    let flip = |kind: FlipKind, judged: &Judged| {
        let finding = &judged.finding;
        let conflict = finding.conflict.iter().map(|conflict| conflict.id.clone());
        Flip {
            kind,
            fingerprint: finding.fingerprint,
            policy: finding.policy.clone(),
            subject: finding.subject.clone(),
            severity: finding.severity,
            message: finding.message.clone(),
            about: conflict.chain(finding.duties.iter().map(|duty| duty.id.clone())).collect(),
            concerns_author: authors.contains(&*finding.subject.id),
        }
    };
    let mut flips = Vec::new();
    for (fingerprint, judged) in &before {
        match after.get(fingerprint) {
            // What a wider duty speaks for would only repeat it.
            None if judged.finding.under.is_none() => flips.push(flip(FlipKind::Vanishes, judged)),
            Some(other) if judged.decision.blocks && !other.decision.blocks => {
                flips.push(flip(FlipKind::StopsBlocking, judged));
            }
            Some(other) if !judged.decision.blocks && other.decision.blocks => {
                flips.push(flip(FlipKind::StartsBlocking, judged));
            }
            _ => {}
        }
    }
    let new = after
        .iter()
        .filter(|(fingerprint, judged)| !before.contains_key(*fingerprint) && judged.finding.under.is_none());
    flips.extend(new.map(|(_, judged)| flip(FlipKind::Appears, judged)));
    flips.sort_by(|a, b| {
        let key = |flip: &Flip| (flip.kind, !flip.concerns_author, std::cmp::Reverse(flip.severity));
        key(a)
            .cmp(&key(b))
            .then_with(|| (&a.policy, &a.subject.id, a.fingerprint).cmp(&(&b.policy, &b.subject.id, b.fingerprint)))
    });
    flips
}
