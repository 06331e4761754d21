//! What became of every record in a run: which answer something, which are of no use, which need somebody.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answers, is_about, is_for};
use crate::gate::finding::{Finding, Judged, RecordRef, State};
use crate::rules::{Record, RecordKind, Records, Terms, day};

/// Days before its end at which a record is about to end.
const SOON: i64 = 14 * 86_400;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// It answers some finding.
    InForce,
    /// It answers some finding, and ends within 14 days.
    EndsSoon,
    /// It answers nothing.
    Unused,
    /// It begins later.
    NotYet,
    /// It has ended.
    Ended,
    /// It held and no longer does, though it has not ended.
    Lapsed,
    /// It is about some finding, or should be a register, and does not count.
    Refused,
}

impl RecordState {
    /// The words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::EndsSoon => "ends soon",
            Self::Unused => "unused",
            Self::NotYet => "not yet",
            Self::Ended => "ended",
            Self::Lapsed => "lapsed",
            Self::Refused => "refused",
        }
    }
}

/// One record in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordStatus {
    /// Its kind.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// Its file.
    pub path: std::sync::Arc<str>,
    /// What became of it.
    pub state: RecordState,
    /// Why, in words.
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// The first second at which it no longer counts, in epoch seconds; `None` for what does not end.
    pub expires: Option<i64>,
    /// How many findings it answers.
    pub answers: usize,
}

/// What became of every record of head.
pub(in crate::gate) fn statuses(
    answers: &Answers<'_>,
    judged: &[Judged],
    refused: &BTreeMap<RecordRef, String>,
    as_of: i64,
) -> Vec<RecordStatus> {
    let mut used: BTreeMap<RecordRef, usize> = BTreeMap::new();
    let mut lapsed: BTreeMap<RecordRef, &str> = BTreeMap::new();
    for judged in judged {
        let Some(record) = &judged.decision.record else { continue };
        if judged.decision.lapsed {
            lapsed.entry(record.clone()).or_insert(&judged.decision.because);
        } else {
            *used.entry(record.clone()).or_default() += 1;
        }
    }
    let head: &Records = answers.head;
    let owned = |terms: &Terms, owner: Option<&String>| owner.cloned().unwrap_or_else(|| terms.approvers.join(", "));
    let one = |terms: &Terms, owner: Option<&String>, about: &dyn Fn(&Finding) -> bool| {
        let reference = RecordRef { kind: terms.kind, id: terms.id.clone() };
        let count = used.get(&reference).copied().unwrap_or_default();
        let ends = (terms.expires != i64::MAX).then_some(terms.expires);
        let (state, because) = if let Some(why) = refused.get(&reference) {
            (RecordState::Refused, why.clone())
        } else if ends.is_some_and(|end| end <= as_of) {
            (RecordState::Ended, format!("it ended on {}", day(terms.expires - 1)))
        } else if terms.not_before.is_some_and(|from| from > as_of) {
            (RecordState::NotYet, format!("it begins on {}", day(terms.not_before.unwrap_or_default())))
        } else if let Some(why) = lapsed.get(&reference) {
            (RecordState::Lapsed, (*why).to_owned())
        } else if count == 0 {
            let meant = judged.iter().find(|own| own.state != State::Resolved && about(&own.finding));
            match meant {
                Some(own) => (RecordState::Refused, own.decision.because.clone()),
                None => (RecordState::Unused, "it answers no finding".to_owned()),
            }
        } else if ends.is_some_and(|end| end - as_of <= SOON) {
            (RecordState::EndsSoon, format!("it ends on {}", day(terms.expires - 1)))
        } else {
            (RecordState::InForce, String::new())
        };
        RecordStatus {
            kind: terms.kind,
            id: terms.id.clone(),
            path: terms.file.path.clone(),
            state,
            because,
            owner: owned(terms, owner),
            expires: ends,
            answers: count,
        }
    };
    let mut all: Vec<RecordStatus> = Vec::new();
    all.extend(head.approvals.iter().map(|own| one(own.terms(), None, &|finding| is_about(own, finding))));
    all.extend(
        head.exceptions
            .iter()
            .map(|own| one(own.terms(), Some(&own.owner), &|finding| finding.fingerprint.0 == own.finding)),
    );
    all.extend(head.emergencies.iter().map(|own| one(own.terms(), None, &|finding| is_for(own, finding))));
    all.extend(head.registers.iter().map(|own| one(own.terms(), None, &|_| false)));
    all.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    all
}
