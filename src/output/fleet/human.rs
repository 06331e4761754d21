//! Many repositories, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::words::{count, list};
use super::{FleetReport, FleetRepository};
use crate::rules::Severity;

/// How many names a line shows.
const NAMES: usize = 5;
/// How many findings across repositories are written out.
const ACROSS: usize = 20;

/// What lays out a table: its header, and its rows.
type Aligned = dyn Fn(&[&str], &[Vec<String>]) -> String;

/// The page for a terminal.
#[must_use]
pub fn fleet_human(report: &FleetReport, aligned: &Aligned) -> String {
    let totals = &report.totals;
    let rows: Vec<Vec<String>> = report.repositories.iter().map(row).collect();
    let header = ["repository", "commit", "definitions", "not evaluated", "open findings", "standing"];
    let mut text = aligned(&header, &rows);
    if !report.owners.is_empty() {
        text.push_str("\nWho answers for what is open\n");
        let rows: Vec<Vec<String>> = report
            .owners
            .iter()
            .map(|own| {
                let who = own.owner.clone().unwrap_or_else(|| "nobody".to_owned());
                vec![format!("  {who}"), severities(&own.findings), list(&own.repositories, NAMES)]
            })
            .collect();
        text.push_str(&aligned(&["  owner", "findings", "in"], &rows));
    }
    for own in report.across.iter().take(ACROSS) {
        let _ = write!(text, "\nacross repositories: {} {} {}\n", own.severity.as_str(), own.policy, own.message);
        for leg in &own.legs {
            let _ = writeln!(text, "  {}", leg.title);
            for step in &leg.steps {
                let at = step.repository.as_ref().map(|name| {
                    step.place.as_ref().map_or_else(|| format!("  [{name}]"), |place| format!("  [{name} {place}]"))
                });
                let _ = writeln!(text, "    {}{}", step.text, at.unwrap_or_default());
            }
        }
    }
    if report.across.len() > ACROSS {
        let _ = writeln!(text, "\n{} more across repositories: --format json", report.across.len() - ACROSS);
    }
    let _ = write!(
        text,
        "\n{}: {} with access declared, {} of these without a countersign.yaml; {} not judged\n",
        count(totals.repositories, "repository", "repositories"),
        totals.declaring,
        totals.uncovered,
        totals.not_judged,
    );
    let _ = writeln!(
        text,
        "{} in {}, {}; {}",
        match totals.findings.values().sum::<usize>() {
            0 => "no finding".to_owned(),
            all => count(all, "finding", "findings"),
        },
        count(totals.definition_files, "file with definitions", "files with definitions"),
        match totals.not_evaluated {
            0 => "all evaluated".to_owned(),
            n => format!("{n} not evaluated"),
        },
        match report.across.len() {
            0 => "none needs two repositories to be seen".to_owned(),
            n => format!("{n} more across repositories"),
        }
    );
    let sets = match report.rules.iter().filter(|own| own.rules.is_some()).count() {
        0 => "no rules of their own".to_owned(),
        n => format!("{} of rules", count(n, "set", "sets")),
    };
    let _ = writeln!(text, "{sets}; {}", versions(report));
    if let Some(first) = report.repositories.iter().find(|own| own.is_uncovered()) {
        let _ = writeln!(text, "next: countersign init {}", first.folder);
    }
    text
}

fn row(own: &FleetRepository) -> Vec<String> {
    let commit = own.commit.as_deref().and_then(|commit| commit.get(..12)).unwrap_or_default().to_owned();
    let standing = match &own.problem {
        Some(why) => format!("not judged: {why}"),
        None if own.is_uncovered() => "declares access, and has no countersign.yaml".to_owned(),
        None if own.definition_files == 0 => "declares nothing".to_owned(),
        None => "judged by its rules".to_owned(),
    };
    vec![
        own.name.clone(),
        commit,
        own.definition_files.to_string(),
        own.not_evaluated.to_string(),
        severities(&own.open()),
        standing,
    ]
}

/// `2 critical, 1 high`; a dash for none.
fn severities(counts: &BTreeMap<Severity, usize>) -> String {
    if counts.is_empty() {
        return "-".to_owned();
    }
    let words: Vec<String> = counts.iter().rev().map(|(severity, n)| format!("{n} {}", severity.as_str())).collect();
    words.join(", ")
}

fn versions(report: &FleetReport) -> String {
    match report.versions.as_slice() {
        [] => "no workflow or hook names a version of Countersign".to_owned(),
        [one] => format!("one version of Countersign, {}", one.version),
        many => {
            let named: Vec<String> =
                many.iter().map(|own| format!("{} ({})", own.version, own.repositories.len())).collect();
            format!("{} versions of Countersign: {}", many.len(), list(&named, NAMES))
        }
    }
}
