//! Findings over time against an oracle that asks at every hour.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use crate::evidence::RecordId;
use crate::history::evaluations::{Came, Evaluation, Evaluator, Proof};
use crate::history::exposures::{Exposure, exposures};
use crate::history::findings::{KeptFinding, KeptFindings};
use crate::history::landings::{Landing, State};
use crate::history::{Offset, Period};
use crate::source::BranchCommit;
use crate::store::Digest;

const HOUR: i64 = 3_600;

/// Landings some hours apart, each with the findings of its evaluation; nothing where it was not evaluated.
type History = Vec<(i64, Option<BTreeSet<u8>>)>;

fn period() -> Period {
    Period::parse("2026-10-02..2026-10-04", Offset::UTC).unwrap()
}

fn told(history: &History, as_of: i64) -> Vec<Exposure> {
    let mut at = period().from - 24 * HOUR;
    let (mut commits, mut evaluations) = (Vec::new(), Vec::new());
    for (number, (hours, there)) in history.iter().enumerate() {
        at += hours * HOUR;
        let tree = format!("tree-{number}");
        commits.push(BranchCommit {
            commit: format!("commit-{number}"),
            tree: tree.clone(),
            parents: Vec::new(),
            at,
            authors: Vec::new(),
            subject: String::new(),
        });
        evaluations.push(there.as_ref().map(|_| Evaluation {
            id: RecordId(Digest::of(number.to_string().as_bytes())),
            by: Evaluator::Recorder,
            at,
            commit: None,
            tree: Some(tree),
            base: None,
            came: Came::Pass,
            accepted_by: Vec::new(),
            proof: Proof::Signed,
            engine: String::new(),
            rules: String::new(),
            policies: [].into(),
            findings: Digest::of(b""),
        }));
    }
    let landings: Vec<Landing<'_>> = commits
        .iter()
        .zip(&evaluations)
        .map(|(commit, evaluation)| Landing {
            commit,
            state: State::Recorded,
            evaluation: evaluation.as_ref(),
            judged: None,
        })
        .collect();
    let findings = |of: &Evaluation| {
        let number = evaluations.iter().position(|own| own.as_ref().is_some_and(|own| own.id == of.id)).unwrap();
        let there = history[number].1.as_ref().unwrap();
        let kept = there.iter().map(|name| {
            serde_json::from_value(json!({
                "fingerprint": name.to_string(), "policy": "CS-SOD-001", "severity": "critical",
                "subject": { "kind": "principal", "id": "person:mira" }, "state": "existing",
                "decision": { "blocks": false },
            }))
        });
        kept.collect::<Result<Vec<KeptFinding>, _>>().map(|kept| KeptFindings(vec![kept.into()]))
    };
    exposures(&landings, &period(), as_of, findings).unwrap()
}

/// The hours of the period in which each finding was there: the last evaluation before an hour says so.
fn slowly(history: &History, as_of: i64) -> Vec<(String, u64)> {
    let period = period();
    let mut hours: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let mut at = period.from;
    while at < period.to.min(as_of) {
        let mut landed = period.from - 24 * HOUR;
        let mut there: Option<&BTreeSet<u8>> = None;
        for (later, findings) in history {
            landed += later * HOUR;
            if landed <= at && landed < period.to {
                there = findings.as_ref().or(there);
            }
        }
        for name in there.into_iter().flatten() {
            *hours.entry(name.to_string()).or_default() += 1;
        }
        at += HOUR;
    }
    hours.into_iter().map(|(name, hours)| (name, hours.div_ceil(24))).collect()
}

proptest! {
    #[test]
    fn days_are_those_that_asking_every_hour_gives(
        history in proptest::collection::vec(
            (1_i64..20, proptest::option::weighted(0.8, proptest::collection::btree_set(0_u8..4, 0..4))),
            1..12,
        ),
        as_of in 0_i64..120,
    ) {
        let as_of = period().from + as_of * HOUR;
        let told: Vec<(String, u64)> = told(&history, as_of)
            .into_iter()
            .filter(|own| own.days > 0)
            .map(|own| (own.fingerprint, own.days))
            .collect();
        prop_assert_eq!(told, slowly(&history, as_of));
    }
}

#[test]
fn what_comes_back_has_two_spans_and_what_was_there_at_first_says_so() {
    let some = |names: &[u8]| Some(names.iter().copied().collect());
    let history = vec![(30, some(&[1])), (5, some(&[1, 2])), (5, None), (5, some(&[1])), (5, some(&[1, 2]))];
    let told = told(&history, period().to);
    let [first, second] = told.as_slice() else { panic!("{told:#?}") };
    assert_eq!((first.spans.len(), first.spans[0].since_before, &first.spans[0].to), (1, true, &None));
    let spans: Vec<_> = second.spans.iter().map(|own| (own.from_commit.as_str(), own.to_commit.as_deref())).collect();
    // Over the landing that was not evaluated it goes on.
    assert_eq!(spans, [("commit-1", Some("commit-3")), ("commit-4", None)]);
    assert!(!second.spans[0].since_before && second.at(period().to - 1) && !second.at(period().from));
}
