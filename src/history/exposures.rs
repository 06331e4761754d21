//! What was declared on a branch, and from when to when: findings that the evaluations of its landings keep.
//!
//! A finding is there from the landing whose evaluation has it first to the first whose evaluation has it no more. What
//! was not evaluated says nothing: a span goes on over it, and how many such landings there were is told.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::evaluations::Evaluation;
use super::findings::{KeptFinding, KeptFindings};
use super::landings::Landing;
use super::period::Period;
use crate::rules::Instant;

/// The seconds of a day.
const DAY: i64 = 86_400;

/// A finding over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Exposure {
    /// What names it from evaluation to evaluation.
    pub fingerprint: String,
    /// The policy.
    pub policy: String,
    /// How severe it is.
    pub severity: String,
    /// Whom or what it is about.
    pub subject: String,
    /// The conflict, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// The duties that meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<String>,
    /// Where.
    pub systems: Vec<String>,
    /// When it was there, oldest first; more than one where it came back.
    pub spans: Vec<Span>,
    /// The records that let it pass, at any time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted_by: Vec<String>,
    /// Whether one lets it pass where it was seen last.
    pub accepted: bool,
    /// Whole days within the period, every day that was begun counting as one.
    pub days: u64,
}

/// From when to when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Span {
    /// When the landing was that brought it.
    pub from: Instant,
    /// That landing's commit.
    pub from_commit: String,
    /// Whether it was there already when the branch was evaluated first: since when is not known.
    pub since_before: bool,
    /// When the landing was that removed it; nothing while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// That landing's commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_commit: Option<String>,
}

impl Span {
    /// Its seconds within a period, up to an instant.
    fn within(&self, period: &Period, as_of: i64) -> i64 {
        let from = self.from.seconds().max(period.from);
        let to = self.to.map_or(as_of, Instant::seconds).min(as_of).min(period.to);
        (to - from).max(0)
    }

    /// Whether it was there at an instant.
    #[must_use]
    pub fn at(&self, instant: i64) -> bool {
        self.from.seconds() <= instant && self.to.is_none_or(|to| instant < to.seconds())
    }
}

impl Exposure {
    /// The same of another period, as of an instant; nothing if it was not there in it.
    #[must_use]
    pub fn within(&self, period: &Period, as_of: i64) -> Option<Self> {
        let mut own = self.clone();
        own.spans.retain(|span| span.from.seconds() < period.to);
        let seconds: i64 = own.spans.iter().map(|span| span.within(period, as_of)).sum();
        own.days = u64::try_from((seconds + DAY - 1) / DAY).unwrap_or_default();
        let is_there = own.spans.iter().any(|span| span.to.is_none_or(|to| to.seconds() > period.from));
        is_there.then_some(own)
    }

    /// Whether it was there at an instant, in epoch seconds.
    #[must_use]
    pub fn at(&self, instant: i64) -> bool {
        self.spans.iter().any(|span| span.at(instant))
    }
}

/// The findings of a branch over time, those that were there within the period, in the order of their policies and
/// subjects. `findings` reads those of an evaluation.
///
/// # Errors
/// Those of `findings`.
pub fn exposures<E>(
    landings: &[Landing<'_>],
    period: &Period,
    as_of: i64,
    findings: impl FnMut(&Evaluation) -> Result<KeptFindings, E>,
) -> Result<Vec<Exposure>, E> {
    let all = all_exposures(landings, period, findings)?;
    Ok(all.into_iter().filter_map(|own| own.within(period, as_of)).collect())
}

/// The same from the first evaluation to the end of the period, without their days in it.
///
/// # Errors
/// Those of `findings`.
pub fn all_exposures<E>(
    landings: &[Landing<'_>],
    period: &Period,
    mut findings: impl FnMut(&Evaluation) -> Result<KeptFindings, E>,
) -> Result<Vec<Exposure>, E> {
    let mut all: BTreeMap<String, Exposure> = BTreeMap::new();
    // Those whose last span goes on: what went long ago is not looked at again.
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut first = true;
    for landing in landings.iter().filter(|own| own.commit.at < period.to) {
        // Of commits that landed together the last one speaks.
        let of_this = |id: &&Evaluation| id.tree.as_ref() == Some(&landing.commit.tree);
        let Some(evaluation) = landing.evaluation.filter(of_this) else { continue };
        let there = findings(evaluation)?;
        let at = Instant::from_seconds(landing.commit.at);
        let mut seen: BTreeMap<&str, &KeptFinding> = BTreeMap::new();
        for finding in there.iter().filter(|own| own.is_there() && own.under.is_none()) {
            seen.insert(&finding.fingerprint, finding);
        }
        open.retain(|fingerprint| {
            let stays = seen.contains_key(fingerprint.as_str());
            if let Some(span) = all.get_mut(fingerprint).and_then(|own| own.spans.last_mut()).filter(|_| !stays) {
                span.to = Some(at);
                span.to_commit = Some(landing.commit.commit.clone());
            }
            stays
        });
        for (fingerprint, finding) in seen {
            let own = all.entry(fingerprint.to_owned()).or_insert_with(|| Exposure::of(finding));
            if open.insert(fingerprint.to_owned()) {
                own.spans.push(Span {
                    from: at,
                    from_commit: landing.commit.commit.clone(),
                    since_before: first,
                    to: None,
                    to_commit: None,
                });
            }
            own.accepted = finding.is_accepted();
            own.accepted_by.extend(finding.record());
        }
        first = false;
    }
    let mut own: Vec<Exposure> = all.into_values().collect();
    for exposure in &mut own {
        exposure.accepted_by.sort();
        exposure.accepted_by.dedup();
    }
    own.sort_by(|a, b| (&a.policy, &a.subject, &a.fingerprint).cmp(&(&b.policy, &b.subject, &b.fingerprint)));
    Ok(own)
}

impl Exposure {
    fn of(finding: &KeptFinding) -> Self {
        Self {
            fingerprint: finding.fingerprint.clone(),
            policy: finding.policy.clone(),
            severity: finding.severity.clone(),
            subject: finding.subject.id.clone(),
            conflict: finding.conflict.clone(),
            duties: finding.duties.clone(),
            systems: finding.systems.clone(),
            spans: Vec::new(),
            accepted_by: Vec::new(),
            accepted: false,
            days: 0,
        }
    }
}
