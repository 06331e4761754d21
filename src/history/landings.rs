//! What landed on a branch, and which evaluation stands behind each landing.
//!
//! An evaluation belongs to a landing if it judged the tree that the branch had afterwards against the commit that it was
//! before. A tree alone is not enough: a revert of a revert has the tree of an earlier merge, and nobody looked at it
//! again.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::evaluations::{Came, Evaluation, Evaluator, Proof};
use crate::source::BranchCommit;

/// Seconds by which clocks differ: an evaluation that ended so long after a landing may still have come before it.
const CLOCKS_DIFFER: i64 = 300;
/// Seconds within which a forge writes the commits of one rebase.
const ONE_REBASE: u64 = 120;

/// What stands behind a landing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It passed before it landed.
    Judged,
    /// It passed when it had landed; of an evaluation before nothing is kept.
    Recorded,
    /// It passed since a record lets something pass: an approval, an exception, an emergency.
    Accepted,
    /// It landed together with a later commit, whose evaluation takes it in.
    Together,
    /// It was evaluated and did not pass.
    NotPassed,
    /// Another tree was evaluated than the one that landed.
    OtherTree,
    /// Nothing was evaluated.
    NotEvaluated,
    /// It landed before the first evaluation of the branch.
    BeforeTheGate,
}

impl State {
    /// Every state, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Judged,
        Self::Recorded,
        Self::Accepted,
        Self::Together,
        Self::NotPassed,
        Self::OtherTree,
        Self::NotEvaluated,
        Self::BeforeTheGate,
    ];

    /// In words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Judged => "passed before they landed",
            Self::Recorded => "passed when they had landed",
            Self::Accepted => "passed since a record let something pass",
            Self::Together => "landed together with one that passed",
            Self::NotPassed => "did not pass and landed",
            Self::OtherTree => "landed otherwise than they were evaluated",
            Self::NotEvaluated => "were not evaluated",
            Self::BeforeTheGate => "landed before there was a gate",
        }
    }

    /// Whether the gate did what it is there for.
    #[must_use]
    pub fn is_gated(self) -> bool {
        matches!(self, Self::Judged | Self::Recorded | Self::Accepted | Self::Together)
    }

    /// Whether it got past the gate.
    #[must_use]
    pub fn is_ungated(self) -> bool {
        matches!(self, Self::NotPassed | Self::OtherTree | Self::NotEvaluated)
    }
}

/// Which evaluation a landing needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// One by the judge or by the recorder.
    Any,
    /// One by the judge, from before it landed.
    Judged,
}

/// One landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing<'a> {
    /// The commit that the branch went to.
    pub commit: &'a BranchCommit,
    /// What stands behind it.
    pub state: State,
    /// The evaluation that says so; of [`State::OtherTree`] the one of another tree.
    pub evaluation: Option<&'a Evaluation>,
    /// The judge's evaluation from before, where one is kept.
    pub judged: Option<&'a Evaluation>,
    /// The recorder's later evaluations of the same commit, oldest first: with exports of the night, say.
    pub again: Vec<&'a Evaluation>,
}

/// The landings of a branch, oldest first, with what stands behind each.
#[must_use]
pub fn landings<'a>(commits: &'a [BranchCommit], evaluations: &'a [Evaluation], needs: Needs) -> Vec<Landing<'a>> {
    let matched = Matched::of(commits, evaluations);
    let mut landings: Vec<Landing<'a>> =
        commits.iter().enumerate().map(|(at, commit)| matched.landing(at, commit, needs)).collect();
    matched.together(&mut landings);
    let first = landings.iter().position(|landing| landing.evaluation.is_some()).unwrap_or(landings.len());
    for landing in landings.iter_mut().take(first) {
        landing.state = State::BeforeTheGate;
    }
    landings
}

/// Evaluations by what they can belong to.
struct Matched<'a> {
    commits: &'a [BranchCommit],
    places: HashMap<&'a str, usize>,
    places_of_tree: HashMap<&'a str, Vec<usize>>,
    by_tree: HashMap<&'a str, Vec<&'a Evaluation>>,
    by_base: HashMap<&'a str, Vec<&'a Evaluation>>,
    by_commit: HashMap<&'a str, Vec<&'a Evaluation>>,
}

impl<'a> Matched<'a> {
    fn of(commits: &'a [BranchCommit], evaluations: &'a [Evaluation]) -> Self {
        let places = commits.iter().enumerate().map(|(at, own)| (own.commit.as_str(), at)).collect();
        let mut places_of_tree: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, own) in commits.iter().enumerate() {
            places_of_tree.entry(own.tree.as_str()).or_default().push(at);
        }
        let (mut by_tree, mut by_base, mut by_commit) = (HashMap::new(), HashMap::new(), HashMap::new());
        for evaluation in evaluations {
            for (map, key) in [
                (&mut by_tree, &evaluation.tree),
                (&mut by_base, &evaluation.base),
                (&mut by_commit, &evaluation.commit),
            ] {
                if let Some(key) = key {
                    map.entry(key.as_str()).or_insert_with(Vec::new).push(evaluation);
                }
            }
        }
        Self { commits, places, places_of_tree, by_tree, by_base, by_commit }
    }

    fn of_tree(&self, commit: &BranchCommit) -> impl Iterator<Item = &'a Evaluation> {
        self.by_tree.get(commit.tree.as_str()).into_iter().flatten().copied()
    }

    /// Whether an evaluation judged what this commit made of the branch, or that and what landed right before it.
    fn belongs(&self, evaluation: &Evaluation, at: usize, commit: &BranchCommit) -> bool {
        if evaluation.by == Evaluator::Recorder && evaluation.commit.as_deref() != Some(&commit.commit) {
            return false;
        }
        match (&evaluation.base, commit.parents.first()) {
            (None, None) => true,
            (Some(base), Some(parent)) if base == parent => true,
            (Some(base), Some(_)) => self.places.get(base.as_str()).is_some_and(|from| self.spans(*from, at)),
            _ => false,
        }
    }

    /// Whether the branch came to the tree at a place for the first time since an earlier one.
    fn spans(&self, from: usize, at: usize) -> bool {
        let tree = self.commits.get(at).map(|own| &own.tree);
        from < at && self.commits.get(from..at).is_some_and(|between| between.iter().all(|own| Some(&own.tree) != tree))
    }

    fn landing(&self, at: usize, commit: &'a BranchCommit, needs: Needs) -> Landing<'a> {
        let belonging: Vec<&Evaluation> =
            self.of_tree(commit).filter(|evaluation| self.belongs(evaluation, at, commit)).collect();
        let judged =
            belonging.iter().copied().find(|own| own.by == Evaluator::Judge && passes(own) && before(own, commit));
        // What nobody signed decides nothing where something is signed.
        let signed = belonging.iter().any(|own| own.proof == Proof::Signed);
        let counting = || belonging.iter().copied().filter(|own| !signed || own.proof == Proof::Signed);
        // An evaluation that came to nothing is none, if there is another.
        let first = counting().find(|own| own.came != Came::Error).or_else(|| counting().next());
        let (state, evaluation) = match first {
            None => match self.of_another_tree(commit) {
                Some(other) => (State::OtherTree, Some(other)),
                None => (State::NotEvaluated, None),
            },
            Some(first) if passes(first) && needs == Needs::Judged && judged.is_none() => {
                (State::NotEvaluated, Some(first))
            }
            Some(first) => match first.came {
                Came::Accepted => (State::Accepted, Some(first)),
                Came::Pass if judged.is_some() => (State::Judged, Some(first)),
                Came::Pass => (State::Recorded, Some(first)),
                // A record that was signed afterwards: an emergency, say.
                Came::Blocked | Came::Error => match counting().find(|own| own.came == Came::Accepted) {
                    Some(later) => (State::Accepted, Some(later)),
                    None => (State::NotPassed, Some(first)),
                },
            },
        };
        let later = |own: &&Evaluation| {
            own.by == Evaluator::Recorder
                && own.came != Came::Error
                && evaluation.is_some_and(|first| first.at < own.at)
        };
        let again = counting().filter(later).collect();
        Landing { commit, state, evaluation, judged, again }
    }

    /// The evaluation of something else that was to become this landing: of a commit that it merged, or, where one commit
    /// stands for a whole change, of another tree on the same base.
    fn of_another_tree(&self, commit: &BranchCommit) -> Option<&'a Evaluation> {
        let merged = commit.parents.iter().skip(1).chain([&commit.commit]);
        let mut of_parts = merged.filter_map(|one| self.by_commit.get(one.as_str())).flatten().copied();
        let of_change = |own: &&Evaluation| own.by == Evaluator::Judge && before(own, commit) && !self.landed(own);
        let on_base = || {
            let parent = commit.parents.first().filter(|_| commit.parents.len() == 1)?;
            self.by_base.get(parent.as_str())?.iter().copied().find(of_change)
        };
        of_parts.find(|own| own.by == Evaluator::Judge).or_else(on_base)
    }

    /// Whether what was evaluated is somewhere on the branch as it was evaluated.
    fn landed(&self, evaluation: &Evaluation) -> bool {
        let Some(places) = evaluation.tree.as_ref().and_then(|tree| self.places_of_tree.get(tree.as_str())) else {
            return false;
        };
        places.iter().any(|at| self.commits.get(*at).is_some_and(|commit| self.belongs(evaluation, *at, commit)))
    }

    /// Commits that landed in one go with a later one: its evaluation begins before them, and they are of its change or
    /// of its minute.
    fn together(&self, landings: &mut [Landing<'a>]) {
        for at in (0..landings.len()).rev() {
            let Some(landing) = landings.get(at).filter(|own| own.state.is_gated()) else { continue };
            let last = landing.commit;
            for evaluation in landing.judged.into_iter().chain(landing.evaluation) {
                let base = evaluation.base.as_ref().and_then(|base| self.places.get(base.as_str()));
                let one_change = evaluation.commit.as_ref() == Some(&last.commit);
                for part in base.and_then(|from| landings.get_mut(from + 1..at)).into_iter().flatten() {
                    let one_rebase = part.commit.at.abs_diff(last.at) <= ONE_REBASE;
                    let told = part.state.is_ungated() && part.state != State::NotPassed;
                    if told && (one_change || one_rebase) {
                        part.state = State::Together;
                        part.evaluation = Some(evaluation);
                    }
                }
            }
        }
    }
}

fn passes(evaluation: &Evaluation) -> bool {
    matches!(evaluation.came, Came::Pass | Came::Accepted)
}

/// Whether an evaluation ended before a commit landed. Only a commit that somebody else made of a change, as a forge does
/// of a merge, says when that was; of one that was pushed as it is, the clone does not know.
fn before(evaluation: &Evaluation, commit: &BranchCommit) -> bool {
    let pushed_as_it_is = evaluation.commit.as_ref() == Some(&commit.commit);
    pushed_as_it_is || evaluation.at <= commit.at.saturating_add(CLOCKS_DIFFER)
}
