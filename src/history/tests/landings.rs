//! Landings against evaluations: every provable way around the gate is found among ordinary changes, and no ordinary
//! change is accused.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::evidence::RecordId;
use crate::history::evaluations::{Came, Evaluation, Evaluator, Proof};
use crate::history::landings::{Needs, State, landings};
use crate::source::BranchCommit;
use crate::store::Digest;

/// A branch that grows, and what was evaluated meanwhile.
struct Story {
    commits: Vec<BranchCommit>,
    evaluations: Vec<Evaluation>,
    /// What each landing must come to.
    expected: BTreeMap<String, State>,
    /// Whether a recorder runs on the branch.
    recorded: bool,
    made: u64,
    now: i64,
}

impl Story {
    fn new(recorded: bool) -> Self {
        let mut story = Self {
            commits: Vec::new(),
            evaluations: Vec::new(),
            expected: BTreeMap::new(),
            recorded,
            made: 0,
            now: 1_790_000_000,
        };
        let first = story.lands("first", &story.name("tree"), Vec::new());
        story.evaluates(Evaluator::Recorder, None, &first, Came::Pass);
        story.expected.insert(first.commit, State::Recorded);
        story
    }

    fn name(&self, of: &str) -> String {
        format!("{of}-{}", self.made)
    }

    fn next(&mut self) {
        self.made += 1;
        self.now += 1_000;
    }

    fn tip(&self) -> BranchCommit {
        self.commits.last().unwrap().clone()
    }

    fn lands(&mut self, commit: &str, tree: &str, merged: Vec<String>) -> BranchCommit {
        let parents = self.commits.last().map(|tip| tip.commit.clone()).into_iter().chain(merged).collect();
        let landed = BranchCommit {
            commit: commit.to_owned(),
            tree: tree.to_owned(),
            parents,
            at: self.now,
            authors: Vec::new(),
            subject: String::new(),
        };
        self.commits.push(landed.clone());
        landed
    }

    fn evaluates(&mut self, by: Evaluator, base: Option<&str>, of: &BranchCommit, came: Came) {
        let number = self.evaluations.len();
        self.evaluations.push(Evaluation {
            id: RecordId(Digest::of(number.to_string().as_bytes())),
            by,
            at: self.now,
            commit: Some(of.commit.clone()),
            tree: Some(of.tree.clone()),
            base: base.map(str::to_owned),
            came,
            accepted_by: Vec::new(),
            proof: if by == Evaluator::Recorder { Proof::Signed } else { Proof::Unsigned },
            engine: String::new(),
            rules: String::new(),
            imports: [].into(),
            policies: [].into(),
            findings: Digest::of(b""),
        });
    }

    /// The judge evaluates a head as it would merge.
    fn judged(&mut self, head: &str, tree: &str, came: Came) {
        let of = BranchCommit { commit: head.to_owned(), tree: tree.to_owned(), ..self.tip() };
        let base = self.tip().commit;
        self.evaluates(Evaluator::Judge, Some(&base), &of, came);
        self.now += 60;
    }

    /// The recorder evaluates what landed, where it runs.
    fn landed(&mut self, landed: &BranchCommit, came: Came, state: State) {
        if self.recorded {
            self.now += 30;
            self.evaluates(Evaluator::Recorder, landed.parents.first().map(String::as_str), landed, came);
        }
        self.expected.insert(landed.commit.clone(), state);
    }

    fn passed(&self, state: State) -> State {
        // A recorder sees what is clean, whoever pushed it.
        if self.recorded { State::Recorded } else { state }
    }

    /// One change, by a way that the number names. Ordinary are those below `ORDINARY`.
    fn change(&mut self, way: usize) {
        self.next();
        let (head, tree, commit) = (self.name("head"), self.name("tree"), self.name("commit"));
        match way {
            // A merge commit; a squash; a merge queue, whose head is a commit of its own.
            0..=2 => {
                self.judged(&head, &tree, Came::Pass);
                let merged = if way == 1 { Vec::new() } else { vec![head] };
                let landed = self.lands(&commit, &tree, merged);
                self.landed(&landed, Came::Pass, State::Judged);
            }
            // A rebase at the forge: new commits in the same second, of which the last has the tree that was judged.
            3 => {
                self.judged(&head, &tree, Came::Pass);
                for part in 0..3 {
                    let own = if part == 2 { tree.clone() } else { format!("{tree}-{part}") };
                    let landed = self.lands(&format!("{commit}-{part}"), &own, Vec::new());
                    let before = if self.recorded { State::Recorded } else { State::Together };
                    self.landed(&landed, Came::Pass, if part == 2 { State::Judged } else { before });
                }
            }
            // Commits of days, pushed as they are.
            4 => {
                let base = self.tip().commit;
                let mut parts = Vec::new();
                for part in 0..3 {
                    self.now += 90_000;
                    parts.push(self.lands(&format!("{commit}-{part}"), &format!("{tree}-{part}"), Vec::new()));
                }
                self.now += 600;
                self.evaluates(Evaluator::Judge, Some(&base), &parts[2], Came::Pass);
                for (part, landed) in parts.iter().enumerate() {
                    let before = if self.recorded { State::Recorded } else { State::Together };
                    self.landed(landed, Came::Pass, if part == 2 { State::Judged } else { before });
                }
            }
            // A record lets it pass.
            5 => {
                self.judged(&head, &tree, Came::Accepted);
                let landed = self.lands(&commit, &tree, vec![head]);
                self.landed(&landed, Came::Accepted, State::Accepted);
            }
            // It was blocked, mended and judged again.
            6 => {
                self.judged(&format!("{head}-a"), &format!("{tree}-a"), Came::Blocked);
                self.judged(&head, &tree, Came::Pass);
                let landed = self.lands(&commit, &tree, vec![head]);
                self.landed(&landed, Came::Pass, State::Judged);
            }
            // From here on around the gate. A direct push; a merge that nobody judged.
            7 | 8 => {
                let landed = self.lands(&commit, &tree, if way == 8 { vec![head] } else { Vec::new() });
                let state = self.passed(State::NotEvaluated);
                self.landed(&landed, Came::Pass, state);
            }
            // A squash that was changed after it was judged.
            9 => {
                self.judged(&head, &tree, Came::Pass);
                let landed = self.lands(&commit, &format!("{tree}-changed"), Vec::new());
                let state = self.passed(State::OtherTree);
                self.landed(&landed, Came::Pass, state);
            }
            // A merge of a head that was judged on an older tip, so that something else came out.
            10 => {
                self.judged(&head, &tree, Came::Pass);
                let landed = self.lands(&commit, &format!("{tree}-changed"), vec![head]);
                let state = self.passed(State::OtherTree);
                self.landed(&landed, Came::Pass, state);
            }
            // Blocked, and merged all the same.
            11 => {
                self.judged(&head, &tree, Came::Blocked);
                let landed = self.lands(&commit, &tree, vec![head]);
                self.landed(&landed, Came::Blocked, State::NotPassed);
            }
            // Judged, merged, reverted by a judged change, and brought back without one: the tree was judged before.
            12 => {
                let before = self.tip().tree;
                self.judged(&head, &tree, Came::Pass);
                let landed = self.lands(&commit, &tree, vec![head.clone()]);
                self.landed(&landed, Came::Pass, State::Judged);
                self.next();
                self.judged(&format!("{head}-revert"), &before, Came::Pass);
                let landed = self.lands(&format!("{commit}-revert"), &before, vec![format!("{head}-revert")]);
                self.landed(&landed, Came::Pass, State::Judged);
                self.next();
                let landed = self.lands(&format!("{commit}-again"), &tree, Vec::new());
                let state = self.passed(State::NotEvaluated);
                self.landed(&landed, Came::Pass, state);
            }
            _ => {
                // Pushed, and an hour later a change lands that was judged on the tip from before the push.
                let base = self.tip().commit;
                let pushed = self.lands(&format!("{commit}-pushed"), &format!("{tree}-pushed"), Vec::new());
                let state = self.passed(State::NotEvaluated);
                self.landed(&pushed, Came::Pass, state);
                self.now += 3_600;
                let of = BranchCommit { commit: head.clone(), tree: tree.clone(), ..self.tip() };
                self.evaluates(Evaluator::Judge, Some(&base), &of, Came::Pass);
                let landed = self.lands(&commit, &tree, vec![head]);
                self.landed(&landed, Came::Pass, State::Judged);
            }
        }
    }

    /// What is told otherwise than it was made.
    fn wrong(&self) -> Vec<(String, State, Option<State>)> {
        let found = self.found(Needs::Any).into_iter();
        let told = found.map(|(commit, state)| (self.expected.get(&commit).copied(), commit, state));
        told.filter(|(expected, _, state)| *expected != Some(*state))
            .map(|(expected, commit, state)| (commit, state, expected))
            .collect()
    }

    fn found(&self, needs: Needs) -> BTreeMap<String, State> {
        let found = landings(&self.commits, &self.evaluations, needs);
        found.into_iter().map(|own| (own.commit.commit.clone(), own.state)).collect()
    }
}

/// The ways below this are ordinary.
const ORDINARY: usize = 7;
const WAYS: usize = 14;

#[test]
fn every_way_is_found_among_five_thousand_ordinary_changes_and_none_of_those_is_accused() {
    for recorded in [false, true] {
        let mut story = Story::new(recorded);
        let mut bypasses = 0;
        for number in 0..5_000 {
            story.change(number % ORDINARY);
            if number % 500 == 250 {
                let way = ORDINARY + (number / 500) % (WAYS - ORDINARY);
                story.change(way);
                bypasses += 1;
            }
        }
        assert_eq!(bypasses, 10);
        assert_eq!(story.wrong(), [], "recorded: {recorded}");
        assert_eq!(story.commits.len(), story.expected.len());
        let found = story.found(Needs::Any);
        let ungated = found.values().filter(|state| state.is_ungated()).count();
        assert_eq!(ungated, if recorded { 1 } else { 10 });
    }
}

#[test]
fn what_only_the_recorder_saw_is_told_where_the_judge_is_asked_for() {
    let mut story = Story::new(true);
    for way in 0..WAYS {
        story.change(way);
    }
    let found = story.found(Needs::Judged);
    let ungated: Vec<&String> =
        found.iter().filter(|(_, state)| state.is_ungated()).map(|(commit, _)| commit).collect();
    // Of the parts of a rebase the last one was judged, and takes in those before it.
    for way in ["commit-8", "commit-9", "commit-10", "commit-11", "commit-12", "commit-13-again", "commit-16-pushed"] {
        assert!(ungated.iter().any(|own| *own == way), "{way} of {ungated:?}");
    }
    // And the first commit, from before anybody judged.
    assert_eq!(ungated.len(), 8, "{ungated:?}");
}

#[test]
fn what_landed_before_the_first_evaluation_is_no_bypass() {
    let mut story = Story::new(false);
    story.evaluations.clear();
    for _ in 0..3 {
        story.next();
        let (commit, tree) = (story.name("commit"), story.name("tree"));
        story.lands(&commit, &tree, Vec::new());
    }
    story.change(0);
    story.change(7);
    let states: Vec<State> = story.commits.iter().map(|own| story.found(Needs::Any)[&own.commit]).collect();
    assert_eq!(states[..4], [State::BeforeTheGate; 4]);
    assert_eq!(states[4..], [State::Judged, State::NotEvaluated]);
}

#[test]
fn a_signed_evaluation_outweighs_what_nobody_signed() {
    let mut story = Story::new(true);
    story.next();
    story.judged("head", "tree", Came::Pass);
    let landed = story.lands("commit", "tree", vec!["head".to_owned()]);
    story.landed(&landed, Came::Blocked, State::NotPassed);
    assert_eq!(story.found(Needs::Any)["commit"], State::NotPassed);
    // An emergency record is signed afterwards, and the recorder judges again.
    story.evaluates(Evaluator::Recorder, landed.parents.first().map(String::as_str), &landed, Came::Accepted);
    assert_eq!(story.found(Needs::Any)["commit"], State::Accepted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_order_changes_come_in_each_is_told_for_what_it_is(
        ways in proptest::collection::vec(0..WAYS, 1..60),
        recorded: bool,
    ) {
        let mut story = Story::new(recorded);
        for way in ways {
            story.change(way);
        }
        prop_assert_eq!(story.wrong(), []);
    }
}
