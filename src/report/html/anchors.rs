//! What can be linked to: findings, landings that are listed, policies, records.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Value, context};

use super::super::model::Report;
use super::super::words::short;
use crate::history::State;

/// The anchors of a report.
#[derive(Default)]
pub(in crate::report) struct Anchors<'a> {
    findings: BTreeMap<&'a str, String>,
    landings: BTreeMap<&'a str, String>,
    policies: BTreeSet<&'a str>,
    records: BTreeSet<&'a str>,
}

impl<'a> Anchors<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let listed = report.completeness.landings.iter().filter(|own| is_listed(own.state));
        Self {
            findings: named("finding", report.exposures.iter().map(|own| own.fingerprint.as_str())),
            landings: named("landing", listed.map(|own| own.commit.as_str())),
            policies: report.policies.iter().map(|own| own.id.as_str()).collect(),
            records: report.accepted.iter().map(|own| own.record.as_str()).collect(),
        }
    }

    /// A finding, named by the beginning of its fingerprint.
    pub(super) fn finding(&self, fingerprint: &str) -> Value {
        link(short(fingerprint), self.findings.get(fingerprint).cloned())
    }

    /// A landing, named by the beginning of its commit. Those that are only counted have no anchor.
    pub(super) fn landing(&self, commit: &str) -> Value {
        link(short(commit), self.landings.get(commit).cloned())
    }

    /// A policy.
    pub(super) fn policy(&self, id: &str) -> Value {
        link(id, self.policies.contains(id).then(|| format!("policy-{}", plain(id))))
    }

    /// A record that let something pass, by its kind and id.
    pub(super) fn record(&self, record: &str) -> Value {
        link(record, self.records.contains(record).then(|| format!("record-{}", plain(record))))
    }
}

/// Whether landings of a state are listed one by one. Ordinary ones are counted: a quarter may have thousands.
pub(super) fn is_listed(state: State) -> bool {
    !matches!(state, State::Judged | State::Recorded | State::Together)
}

fn link(text: &str, anchor: Option<String>) -> Value {
    context! { text, anchor => anchor.unwrap_or_default() }
}

/// Anchors by the first twelve characters, or by all of them where two begin alike.
fn named<'a>(kind: &str, all: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, String> {
    let all: BTreeSet<&str> = all.collect();
    let mut alike: BTreeMap<&str, u64> = BTreeMap::new();
    for one in &all {
        *alike.entry(short(one)).or_default() += 1;
    }
    let anchor = |one: &str| {
        let name = if alike.get(short(one)).is_some_and(|count| *count > 1) { one } else { short(one) };
        format!("{kind}-{}", plain(name))
    };
    all.into_iter().map(|one| (one, anchor(one))).collect()
}

/// A name in the characters that an anchor and a link to it share; others by their number, so that no two names become
/// one.
fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') {
            out.push(c);
        } else {
            out.push_str(&format!("_{:x}_", u32::from(c)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{named, plain};

    #[test]
    fn a_plain_name_stays_as_it_is() {
        assert_eq!(plain("CS-SOD-001"), "CS-SOD-001");
    }

    #[test]
    fn no_two_names_become_one() {
        assert_ne!(plain("conftest/main/deny"), plain("conftest main/deny"));
        assert_ne!(plain("a_20_b"), plain("a b"));
        assert!(plain("\"><script>").chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }

    #[test]
    fn those_that_begin_alike_have_long_anchors() {
        let anchors = named("finding", ["aaaaaaaaaaaa1", "aaaaaaaaaaaa2", "bbbbbbbbbbbb1"].into_iter());
        let all: Vec<&str> = anchors.values().map(String::as_str).collect();
        assert_eq!(all, ["finding-aaaaaaaaaaaa1", "finding-aaaaaaaaaaaa2", "finding-bbbbbbbbbbbb"]);
    }
}
