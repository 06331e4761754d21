//! What a run came to, in a line that every format for people shares.

use super::check::{CheckReport, FindingReport};
use super::run::{MergeStrategy, Revision};
use super::sorted::tolerated;
use super::words::{count, findings, list};
use crate::gate::{Outcome, State, Verdict};
use crate::rules::Enforcement;

/// A verdict for people.
pub(super) struct Said {
    /// Whether the change may land.
    pub(super) good: bool,
    /// One word or two.
    pub(super) word: &'static str,
    /// What that means here.
    pub(super) text: String,
}

/// The verdict of a report. `causes` is how many causes the blocking findings have.
pub(super) fn verdict(report: &CheckReport, causes: usize) -> Said {
    let (good, word, text) = match (report.verdict, report.outcome) {
        (_, Outcome::Blocked) | (Verdict::Blocked, _) => {
            let n = report.summary.blocking;
            let of = match causes {
                causes if causes == n => String::new(),
                causes => format!(" with {}", count(causes, "cause", "causes")),
            };
            (false, "blocked", format!("{}{of} must be cleared", findings(n)))
        }
        (_, Outcome::NotEvaluated) => (
            false,
            "not evaluated",
            "this change introduces a definition that could not be evaluated; mend it or exclude it".to_owned(),
        ),
        (_, Outcome::NothingCollected) => (
            false,
            "nothing was judged",
            "definitions are expected here (`in_scope`) and none were found, or no policy ran".to_owned(),
        ),
        (_, Outcome::NotApplicable) => {
            (true, "pass", "there are no access definitions here, and none are expected".to_owned())
        }
        (Verdict::Error, Outcome::Clean) => (false, "error", "it could not be judged".to_owned()),
        (Verdict::Pass, Outcome::Clean) => (true, "pass", passed(report)),
    };
    Said { good, word, text }
}

/// What there is to say of a change that may land.
fn passed(report: &CheckReport) -> String {
    let brought: Vec<&FindingReport> =
        report.findings.iter().filter(|finding| finding.state == State::Introduced).collect();
    let answered = brought.iter().filter(|finding| tolerated(finding)).count();
    let warned = brought.iter().filter(|finding| finding.decision.enforcement == Enforcement::Warn);
    let warned = warned.filter(|finding| !tolerated(finding)).count();
    let mut parts = Vec::new();
    if warned > 0 {
        parts.push(format!("{} to look at", count(warned, "warning", "warnings")));
    }
    if answered > 0 {
        parts.push(format!("{} that somebody answers for", count(answered, "new finding", "new findings")));
    }
    match (parts.is_empty(), brought.len(), report.summary.state.existing) {
        (false, ..) => parts.join(", "),
        (true, 0, 0) => "nothing found".to_owned(),
        (true, 0, _) => "nothing new".to_owned(),
        (true, ..) => "nothing new to look at".to_owned(),
    }
}

/// What was judged, and what it was compared with.
pub(super) fn comparison(report: &CheckReport) -> String {
    let head = name(&report.head);
    let Some(base) = &report.base else { return format!("{head}, compared with nothing") };
    let base = name(base);
    match &report.merge {
        Some(merge) => match merge.strategy {
            MergeStrategy::Predicted => format!("{head} as merged into {base}"),
            MergeStrategy::MergeBase => {
                format!("{head}, compared with {}, where it left {base}", short(&merge.merge_base))
            }
            MergeStrategy::HeadAgainstMergeBase => format!(
                "{head} alone, compared with {}, since it does not merge into {base}: {}",
                short(&merge.merge_base),
                list(&merge.conflicts, 3),
            ),
        },
        None => format!("{head}, compared with {base}"),
    }
}

/// A revision for people: `feature (1234567)`.
fn name(revision: &Revision) -> String {
    match &revision.commit {
        Some(commit) if *commit != revision.label => format!("{} ({})", revision.label, short(commit)),
        Some(commit) => short(commit).to_owned(),
        None => revision.label.clone(),
    }
}

fn short(commit: &str) -> &str {
    commit.get(..9).unwrap_or(commit)
}
