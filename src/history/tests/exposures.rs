//! Findings over time against an oracle that asks at every hour.

use std::collections::{BTreeSet, HashMap};

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
    told_again(history, &[], as_of)
}

fn evaluation(name: &str, tree: &str, at: i64, imports: &[&str]) -> Evaluation {
    Evaluation {
        id: RecordId(Digest::of(name.as_bytes())),
        by: Evaluator::Recorder,
        at,
        commit: None,
        tree: Some(tree.to_owned()),
        base: None,
        came: Came::Pass,
        accepted_by: Vec::new(),
        proof: Proof::Signed,
        engine: String::new(),
        rules: String::new(),
        imports: imports.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
        policies: [].into(),
        findings: Digest::of(b""),
    }
}

/// The same where landings, by their number, are evaluated again at a time.
fn told_again(history: &History, nights: &[(usize, i64, BTreeSet<u8>)], as_of: i64) -> Vec<Exposure> {
    let mut at = period().from - 24 * HOUR;
    let mut commits = Vec::new();
    let mut evaluations = Vec::new();
    let mut there: HashMap<RecordId, (BTreeSet<u8>, bool)> = HashMap::new();
    for (number, (hours, found)) in history.iter().enumerate() {
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
        let of_landing = evaluation(&number.to_string(), &tree, at, &[]);
        there.extend(found.clone().map(|found| (of_landing.id, (found, false))));
        evaluations.push(found.as_ref().map(|_| of_landing));
    }
    let again: Vec<(usize, Evaluation)> = nights
        .iter()
        .map(|(number, at, found)| {
            let own = evaluation(&format!("night {at}"), &commits[*number].tree, *at, &["import:sap/users.csv"]);
            there.insert(own.id, (found.clone(), true));
            (*number, own)
        })
        .collect();
    let landings: Vec<Landing<'_>> = commits
        .iter()
        .zip(&evaluations)
        .enumerate()
        .map(|(number, (commit, evaluation))| Landing {
            commit,
            state: State::Recorded,
            evaluation: evaluation.as_ref(),
            judged: None,
            again: again.iter().filter(|(of, _)| *of == number).map(|(_, own)| own).collect(),
        })
        .collect();
    let findings = |of: &Evaluation| {
        let (found, by_night) = &there[&of.id];
        let file = if *by_night { "import:sap/users.csv" } else { "users.yaml" };
        let kept = found.iter().map(|name| {
            serde_json::from_value(json!({
                "fingerprint": name.to_string(), "policy": "CS-SOD-001", "severity": "critical",
                "subject": { "kind": "principal", "id": "person:mira" }, "state": "existing",
                "decision": { "blocks": false }, "legs": [{ "steps": [{ "step": "is granted", "file": file }] }],
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

#[test]
fn what_a_night_shows_is_there_from_that_night_until_another_one_shows_it_no_more() {
    let some = |names: &[u8]| names.iter().copied().collect::<BTreeSet<u8>>();
    // The second landing is judged without an export, so that nothing is known of what one showed.
    let history = vec![(25, Some(some(&[]))), (40, Some(some(&[]))), (40, Some(some(&[])))];
    let first = period().from + HOUR;
    let nights = [
        (0, first + 5 * HOUR, some(&[7])),
        // While a later commit was the last one already, it says nothing of the branch.
        (0, first + 41 * HOUR, some(&[8])),
        (1, first + 50 * HOUR, some(&[])),
    ];
    let told = told_again(&history, &nights, period().to);
    let [own] = told.as_slice() else { panic!("{told:#?}") };
    let [span] = own.spans.as_slice() else { panic!("{own:#?}") };
    assert_eq!((span.from.seconds(), span.from_commit.as_str()), (first + 5 * HOUR, "commit-0"));
    assert_eq!((span.to.map(|to| to.seconds()), &span.to_commit), (Some(first + 50 * HOUR), &None));
    let record = |at: i64| Some(RecordId(Digest::of(format!("night {at}").as_bytes())));
    assert_eq!((span.from_record, span.to_record), (record(first + 5 * HOUR), record(first + 50 * HOUR)));
    assert_eq!(own.observed_in, ["import:sap/users.csv"]);
    assert!(!span.since_before);
}
