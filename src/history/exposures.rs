//! What was declared on a branch, and from when to when: findings that the evaluations of its landings keep.
//!
//! A finding is there from the landing whose evaluation has it first to the first whose evaluation has it no more. What
//! was not evaluated says nothing: a span goes on over it, and how many such landings there were is told. A commit that was
//! evaluated again while it was the last one, with exports of another night, says when that was; what an export showed is
//! carried over evaluations without one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::evaluations::Evaluation;
use super::findings::{KeptFinding, KeptFindings};
use super::landings::Landing;
use super::period::Period;
use crate::evidence::RecordId;
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
    /// The imported exports that show it, at any time, such as `import:sap/agr_users.csv`. The repository alone declares
    /// what has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observed_in: Vec<String>,
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
    /// The evaluation that has it first, where that is a later one of that commit: then `from` is its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_record: Option<RecordId>,
    /// Whether it was there already when the branch was evaluated first: since when is not known.
    pub since_before: bool,
    /// When the landing was that removed it; nothing while it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// That landing's commit; nothing where no landing removed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_commit: Option<String>,
    /// The evaluation that has it no more, where no landing removed it: then `to` is its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_record: Option<RecordId>,
    /// The records that let it pass this time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted_by: Vec<String>,
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
    let mut seen = Seen::default();
    let mut landings = landings.iter().filter(|own| own.commit.at < period.to).peekable();
    while let Some(landing) = landings.next() {
        // Of commits that landed together the last one speaks.
        let of_this = |id: &&Evaluation| id.tree.as_ref() == Some(&landing.commit.tree);
        let Some(evaluation) = landing.evaluation.filter(of_this) else { continue };
        seen.observe(landing, None, evaluation, &findings(evaluation)?);
        // What is evaluated again says something of the branch while the commit is its last one.
        let until = landings.peek().map_or(period.to, |next| next.commit.at);
        for again in landing.again.iter().filter(|own| (landing.commit.at..until).contains(&own.at)) {
            seen.observe(landing, Some(again), again, &findings(again)?);
        }
    }
    let mut own: Vec<Exposure> = seen.all.into_values().collect();
    for exposure in &mut own {
        let of_spans = exposure.spans.iter_mut().map(|span| &mut span.accepted_by);
        for names in of_spans.chain([&mut exposure.accepted_by, &mut exposure.observed_in]) {
            names.sort();
            names.dedup();
        }
    }
    own.sort_by(|a, b| (&a.policy, &a.subject, &a.fingerprint).cmp(&(&b.policy, &b.subject, &b.fingerprint)));
    Ok(own)
}

/// What evaluations have shown so far.
#[derive(Default)]
struct Seen {
    all: BTreeMap<String, Exposure>,
    /// Those whose last span goes on, each with the exports that showed it last: what went long ago is not looked at again.
    open: BTreeMap<String, Vec<String>>,
    any: bool,
}

impl Seen {
    /// Takes in an evaluation of a landing: its own, or one that came `again` later.
    fn observe(
        &mut self,
        landing: &Landing<'_>,
        again: Option<&Evaluation>,
        evaluation: &Evaluation,
        there: &KeptFindings,
    ) {
        let commit = &landing.commit.commit;
        let at = Instant::from_seconds(again.map_or(landing.commit.at, |own| own.at));
        let record = again.map(|own| own.id);
        let mut seen: BTreeMap<&str, &KeptFinding> = BTreeMap::new();
        for finding in there.iter().filter(|own| own.is_there() && own.under.is_none()) {
            seen.insert(&finding.fingerprint, finding);
        }
        let all = &mut self.all;
        self.open.retain(|fingerprint, imports| {
            // Without an export of that kind nothing is known of what one showed.
            let unknown = |name: &String| !evaluation.imports.iter().any(|(own, _)| kind(own) == kind(name));
            let stays = seen.contains_key(fingerprint.as_str()) || imports.iter().any(unknown);
            if let Some(span) = all.get_mut(fingerprint).and_then(|own| own.spans.last_mut()).filter(|_| !stays) {
                span.to = Some(at);
                span.to_commit = record.is_none().then(|| commit.clone());
                span.to_record = record;
            }
            stays
        });
        for (fingerprint, finding) in seen {
            let own = self.all.entry(fingerprint.to_owned()).or_insert_with(|| Exposure::of(finding));
            // A file of the tree may have such a name.
            let imported = |name: &&String| evaluation.imports.iter().any(|(own, _)| own == *name);
            let imports: Vec<String> = finding.imports.iter().filter(imported).cloned().collect();
            own.observed_in.extend(imports.iter().cloned());
            if self.open.insert(fingerprint.to_owned(), imports).is_none() {
                own.spans.push(Span {
                    from: at,
                    from_commit: commit.clone(),
                    from_record: record,
                    since_before: !self.any,
                    to: None,
                    to_commit: None,
                    to_record: None,
                    accepted_by: Vec::new(),
                });
            }
            own.accepted = finding.is_accepted();
            if let (Some(record), Some(span)) = (finding.record(), own.spans.last_mut()) {
                if !span.accepted_by.contains(&record) {
                    span.accepted_by.push(record.clone());
                }
                own.accepted_by.push(record);
            }
        }
        self.any = true;
    }
}

/// Of what an import is an export, by its name: `import:sap` of `import:sap/agr_users.csv`.
fn kind(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(kind, _)| kind)
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
            observed_in: Vec::new(),
            spans: Vec::new(),
            accepted_by: Vec::new(),
            accepted: false,
            days: 0,
        }
    }
}
