//! A backtest in a terminal.

use std::fmt::Write as _;

use super::{BacktestReport, ReplayReport, RulesOf};
use crate::output::words::{count, list};

/// Most changes that are shown one by one, and most findings of each; the JSON has all.
const SHOWN: (usize, usize) = (10, 3);

/// The backtest for people. `seconds` is how long it took.
#[must_use]
pub fn backtest_human(report: &BacktestReport, seconds: i64) -> String {
    let mut text = String::new();
    let day = |instant: &str| instant.get(..10).unwrap_or(instant).to_owned();
    let rules = match report.rules {
        RulesOf::Today => "by the rules of this work tree",
        RulesOf::Then => "each by the rules that its target had",
    };
    let _ = writeln!(
        text,
        "{} landed on {} from {} to {}, judged {rules} in {}.",
        count(report.landings, "change", "changes"),
        report.branch,
        day(&report.since),
        day(&report.until),
        if seconds < 1 { "less than a second".to_owned() } else { format!("{seconds} s") },
    );
    if report.shallow {
        text.push_str("This clone is shallow and lacks what landed before: `git fetch --unshallow` gets it.\n");
    }
    if report.landings == 0 {
        text.push_str("\nNext: countersign backtest --since 365d\n");
        return text;
    }
    let passed = report.landings - report.stopped - report.warned - report.not_judged;
    let share = |n: usize| format!("{:.1} % of {}", percent(n, report.landings), report.landings);
    let mut rows = vec![
        (report.stopped, format!("would have been stopped ({})", share(report.stopped))),
        (report.warned, "would have passed with a warning".to_owned()),
        (passed, "would have passed without a word".to_owned()),
    ];
    if report.not_judged > 0 {
        rows.push((report.not_judged, "could not be judged".to_owned()));
    }
    let width = report.landings.to_string().len();
    text.push('\n');
    for (n, what) in rows {
        let _ = writeln!(text, "  {n:>width$}  {what}");
    }
    if !report.by.is_empty() {
        text.push_str(&table(report));
    }
    for change in report.changes.iter().filter(|change| change.is_stopped()).take(SHOWN.0) {
        text.push_str(&shown(change));
    }
    if report.stopped > SHOWN.0 {
        let more = count(report.stopped - SHOWN.0, "change more", "changes more");
        let _ = writeln!(text, "\n… and {more}; `--format json` has all.");
    }
    text.push_str(&not_judged(report));
    text.push_str(&next(report));
    text
}

#[expect(clippy::cast_precision_loss, reason = "a share in a sentence")]
fn percent(n: usize, of: usize) -> f64 {
    n as f64 * 100.0 / of as f64
}

fn table(report: &BacktestReport) -> String {
    let mut text = "\n  STOPPED  ALONE  WARNED  SEVERITY  WHAT\n".to_owned();
    for row in &report.by {
        let what = match &row.conflict {
            Some(conflict) => format!("{} {conflict}: {}", row.policy, row.title),
            None => format!("{}: {}", row.policy, row.title),
        };
        let severity = row.severity.as_str();
        let _ = writeln!(text, "  {:>7}  {:>5}  {:>6}  {severity:<8}  {what}", row.stopped, row.alone, row.warned);
    }
    if report.stopped > 0 {
        text.push_str(
            "\nALONE: what would have passed if this only warned. An approval or an exception would have let it \
                       pass, too.\n",
        );
    }
    text
}

/// Why changes could not be judged, each reason once.
fn not_judged(report: &BacktestReport) -> String {
    let mut reasons: Vec<(&str, Vec<&ReplayReport>)> = Vec::new();
    for change in report.changes.iter().filter(|change| !change.is_judged()) {
        let because = change.because.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| *known == because) {
            Some((_, changes)) => changes.push(change),
            None => reasons.push((because, vec![change])),
        }
    }
    let mut text = String::new();
    for (because, changes) in reasons.iter().take(SHOWN.1) {
        let names: Vec<&str> = changes.iter().map(|change| change.commit.get(..10).unwrap_or(&change.commit)).collect();
        let what = count(changes.len(), "change", "changes");
        let _ = writeln!(text, "\n{what} could not be judged ({}): {because}", list(&names, 3));
    }
    if reasons.len() > SHOWN.1 {
        let more = count(reasons.len() - SHOWN.1, "reason more", "reasons more");
        let _ = writeln!(text, "\n… and {more}; `--format json` has all.");
    }
    text
}

fn shown(change: &ReplayReport) -> String {
    let commit = change.commit.get(..10).unwrap_or(&change.commit);
    let mut text = format!("\n{}  {commit}  {}\n", change.at.get(..10).unwrap_or(&change.at), change.subject);
    if let Some(because) = &change.because {
        let _ = writeln!(text, "  not evaluated: {because}");
    }
    let stops: Vec<_> = change.findings.iter().filter(|finding| finding.blocks).collect();
    for finding in stops.iter().take(SHOWN.1) {
        let _ = writeln!(text, "  {} {}  {}", finding.policy, finding.severity.as_str(), finding.message);
        if let Some(place) = &finding.place {
            let _ = writeln!(text, "    {place}");
        }
    }
    if stops.len() > SHOWN.1 {
        let _ = writeln!(text, "  … and {}", count(stops.len() - SHOWN.1, "finding more", "findings more"));
    }
    text
}

fn next(report: &BacktestReport) -> String {
    let mut text = "\nNext:\n".to_owned();
    if let Some(change) = report.changes.iter().find(|change| change.is_stopped()) {
        let commit = change.commit.get(..10).unwrap_or(&change.commit);
        let _ = writeln!(
            text,
            "  countersign check --base {commit}~ --head {commit} --no-record   one of these in full, by the rules of \
             its time"
        );
    }
    let most = report.by.iter().filter(|row| row.alone > 0).max_by_key(|row| row.alone);
    match most {
        Some(row) => {
            let (what, name) = match &row.conflict {
                Some(conflict) => ("conflicts", conflict),
                None => ("policies", &row.policy),
            };
            let _ = writeln!(
                text,
                "  enforcement: {{{what}: {{{name}: warn}}}}   in countersign.yaml, to begin softly; then this again"
            );
        }
        None => text.push_str("  countersign hook install   the gate where commits are made\n"),
    }
    text
}
