//! Past changes, put together.

use super::*;
use crate::output::fixture::{self, Fixture};

fn commit(name: &str, at: i64) -> BranchCommit {
    BranchCommit {
        commit: name.repeat(40),
        tree: String::new(),
        parents: Vec::new(),
        at,
        authors: Vec::new(),
        subject: format!("Change {name}"),
    }
}

fn judged(name: &str, fixture: &Fixture) -> ReplayReport {
    ReplayReport::judged(&commit(name, 1_795_000_000), &fixture.judgement, &fixture.texts)
}

fn report(replays: Vec<ReplayReport>) -> BacktestReport {
    let asked = Asked {
        version: "0.1.0".to_owned(),
        branch: "main".to_owned(),
        rules: RulesOf::Today,
        since: 1_790_000_000,
        until: 1_795_219_200,
        shallow: false,
    };
    BacktestReport::new(asked, replays)
}

fn stop(policy: &str, conflict: Option<&str>, blocks: bool) -> ReplayFinding {
    ReplayFinding {
        blocks,
        policy: policy.to_owned(),
        conflict: conflict.map(str::to_owned),
        severity: Severity::High,
        subject: "person:alice.ng".to_owned(),
        message: "alice.ng holds it".to_owned(),
        place: Some("a.yaml:1".to_owned()),
        fingerprint: "f".repeat(64),
        title: "title".to_owned(),
    }
}

fn with(name: &str, findings: Vec<ReplayFinding>) -> ReplayReport {
    ReplayReport { outcome: Some(Outcome::Clean), findings, ..ReplayReport::of(&commit(name, 1_795_000_000)) }
}

#[test]
fn each_change_counts_once_as_stopped_warned_passed_or_not_judged() {
    let found = report(vec![
        with("a", vec![stop("CS-SOD-001", Some("P2P-01"), true), stop("CS-CRED-001", None, false)]),
        with("b", vec![stop("CS-CRED-001", None, false)]),
        with("c", Vec::new()),
        ReplayReport::failed(&commit("d", 0), "no such object".to_owned()),
        ReplayReport { outcome: Some(Outcome::NotEvaluated), ..with("e", Vec::new()) },
    ]);
    assert_eq!((found.landings, found.stopped, found.warned, found.not_judged), (5, 2, 1, 1));
    let names: String = found.changes.iter().filter_map(|change| change.commit.chars().next()).collect();
    assert_eq!(names, "edba", "newest first, and not those that pass without a word");
}

#[test]
fn a_policy_stops_alone_where_nothing_else_stops() {
    let found = report(vec![
        with("a", vec![stop("CS-SOD-001", Some("P2P-01"), true), stop("CS-SOD-001", Some("P2P-01"), true)]),
        with("b", vec![stop("CS-SOD-001", Some("P2P-01"), true), stop("CS-SOD-001", Some("P2P-02"), true)]),
        with("c", vec![stop("CS-SOD-001", Some("P2P-01"), true), stop("CS-CRED-001", None, false)]),
    ]);
    let rows: Vec<_> = found
        .by
        .iter()
        .map(|row| (row.policy.as_str(), row.conflict.as_deref(), row.stopped, row.alone, row.warned, row.findings))
        .collect();
    assert_eq!(
        rows,
        [
            ("CS-SOD-001", Some("P2P-01"), 3, 2, 0, 4),
            ("CS-SOD-001", Some("P2P-02"), 1, 0, 0, 1),
            ("CS-CRED-001", None, 0, 0, 1, 1),
        ]
    );
}

#[test]
fn what_was_there_before_and_what_a_record_answers_is_no_matter_of_the_change() {
    let blocked = fixture::blocked();
    let replay = judged("a", &blocked);
    let told: BTreeSet<&str> = replay.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    for own in &blocked.judgement.findings {
        let is_told = told.contains(own.finding.fingerprint.to_string().as_str());
        let of_the_change = own.decision.blocks
            || own.state == State::Introduced
                && own.decision.record.is_none()
                && own.decision.enforcement >= Enforcement::Warn;
        assert_eq!(is_told, of_the_change, "{} {:?}", own.finding.message, own.state);
    }
}

#[test]
fn a_backtest_in_a_terminal() {
    let found = report(vec![
        judged("a", &fixture::blocked()),
        with("b", Vec::new()),
        ReplayReport::failed(&commit("c", 1_794_000_000), "git has no object 1234".to_owned()),
    ]);
    insta::assert_snapshot!(backtest_human(&found, 3));
}
