//! Records over time: what approvals, exceptions and emergencies a branch had, from when to when, those that are gone too.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::period::Period;
use crate::rules::{Instant, RecordKind, Records, RuleFile, Terms};
use crate::source::{BranchCommit, FileVersion};

/// A record over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordHistory {
    /// Kind and id, as findings name it.
    pub record: String,
    /// What it is.
    pub kind: RecordKind,
    /// Its file, where it stood last.
    pub path: String,
    /// Who gives it, as its last version says.
    pub approvers: Vec<String>,
    /// Why, as its last version says.
    pub reason: String,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// When it landed.
    pub landed: Instant,
    /// With which commit.
    pub landed_commit: String,
    /// How often it was changed afterwards.
    pub changed: u64,
    /// The first second at which its last version counts, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<Instant>,
    /// When it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Instant>,
    /// The first second at which its last version no longer counts; absent of what does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Instant>,
    /// Whether it stood on the branch and had begun and not ended, at any time in the period. Whether it counted, by
    /// signature and authority, each evaluation says.
    pub in_force: bool,
}

/// A version of a record.
struct Version {
    /// Its place on the branch.
    order: usize,
    at: i64,
    commit: String,
    path: String,
    terms: Option<Terms>,
}

/// Every record that a branch ever had, in the order of kinds and ids. Of files that cannot be read nothing is told: an
/// evaluation of such a tree is an error.
#[must_use]
pub fn record_histories(
    files: &[FileVersion],
    commits: &[BranchCommit],
    period: &Period,
    as_of: i64,
) -> Vec<RecordHistory> {
    let places: BTreeMap<&str, (usize, i64)> =
        commits.iter().enumerate().map(|(order, own)| (own.commit.as_str(), (order, own.at))).collect();
    let mut all: BTreeMap<(RecordKind, String), Vec<Version>> = BTreeMap::new();
    let mut there: BTreeMap<&str, Vec<(RecordKind, String)>> = BTreeMap::new();
    for file in files.iter().filter(|own| RecordKind::of_path(&own.path).is_some() && !own.path.ends_with(".sig")) {
        let Some((order, at)) = places.get(file.commit.as_str()).copied() else { continue };
        let now: Vec<Terms> = file.bytes.as_ref().map(|bytes| terms(&file.path, bytes)).unwrap_or_default();
        let names: Vec<(RecordKind, String)> = now.iter().map(|own| (own.kind, own.id.clone())).collect();
        let version = |terms| Version { order, at, commit: file.commit.clone(), path: file.path.clone(), terms };
        for gone in there.insert(&file.path, names.clone()).into_iter().flatten().filter(|own| !names.contains(own)) {
            all.entry(gone).or_default().push(version(None));
        }
        for (name, terms) in names.into_iter().zip(now) {
            all.entry(name).or_default().push(version(Some(terms)));
        }
    }
    let told = all.into_iter().filter_map(|((kind, id), mut versions)| {
        // What one commit takes from one file and puts into another stays.
        versions.sort_by_key(|own| (own.order, own.terms.is_some()));
        one(kind, &id, &versions, period, as_of)
    });
    told.collect()
}

fn terms(path: &str, bytes: &std::sync::Arc<[u8]>) -> Vec<Terms> {
    let file = RuleFile::new(path, bytes.clone());
    Records::load(&[file]).map(|records| records.terms().cloned().collect()).unwrap_or_default()
}

fn one(kind: RecordKind, id: &str, versions: &[Version], period: &Period, as_of: i64) -> Option<RecordHistory> {
    let first = versions.first()?;
    let (last, terms) = versions.iter().rev().find_map(|own| Some((own, own.terms.as_ref()?)))?;
    let until = period.to.min(as_of.saturating_add(1));
    let next = versions.iter().skip(1).map(|own| own.at).chain([i64::MAX]);
    let in_force = versions.iter().zip(next).any(|(own, next)| {
        own.terms.as_ref().is_some_and(|terms| {
            let from = own.at.max(terms.not_before.unwrap_or(i64::MIN)).max(period.from);
            from < next.min(terms.expires).min(until)
        })
    });
    let removed = versions.last().filter(|own| own.terms.is_none()).map(|own| Instant::from_seconds(own.at));
    let lived = versions.iter().filter(|own| own.terms.is_some()).count() as u64;
    Some(RecordHistory {
        record: format!("{} {id}", kind.as_str()),
        kind,
        path: last.path.clone(),
        approvers: terms.approvers.clone(),
        reason: terms.reason.clone(),
        ticket: terms.ticket.clone(),
        landed: Instant::from_seconds(first.at),
        landed_commit: first.commit.clone(),
        changed: lived.saturating_sub(1),
        begins: terms.not_before.map(Instant::from_seconds),
        removed,
        ends: (terms.expires != i64::MAX).then(|| Instant::from_seconds(terms.expires)),
        in_force,
    })
}
