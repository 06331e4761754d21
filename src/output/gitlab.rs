//! Code Quality of GitLab: a list of violations that it compares with the target branch's by fingerprint.
//!
//! So the list has what was there before too, else everything would look mended on the day that the gate is adopted.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::brief::brief;
use super::check::{CheckReport, FindingReport, UnresolvedReport};
use super::groups::{FindingGroup, part_implied};
use super::human::style::clean;
use super::json::write_pretty;
use super::sorted::{not_told, primary, tolerated};
use super::words::{capital, sentence};
use crate::gate::{LocationRole, State};
use crate::report::escape::cut;
use crate::rules::{CONFIG_FILE, Severity};
use crate::store::Digest;

/// The check that what could not be told belongs to.
const NOT_TOLD: &str = "could-not-be-told";
/// Most characters of a line that is no command.
const LINE: usize = 480;

/// One violation.
#[derive(Serialize)]
struct Violation {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: Weight,
    location: Location,
}

/// How bad GitLab calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Weight {
    Info,
    Minor,
    Major,
    Critical,
    Blocker,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Writes the report.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    write_pretty(&violations(report), out)
}

fn violations(report: &CheckReport) -> Vec<Violation> {
    let (own, _) = part_implied(&report.findings);
    let live = own.into_iter().filter(|finding| finding.state != State::Resolved);
    let mut all: Vec<Violation> = live.map(|finding| of_finding(finding, report)).collect();
    all.extend(not_told(report).filter_map(of_gap));
    // GitLab takes the first of those that are alike.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for violation in &mut all {
        let before = times.entry(violation.fingerprint.clone()).or_default();
        if *before > 0 {
            violation.fingerprint = Digest::of(format!("{} {before}", violation.fingerprint).as_bytes()).to_string();
        }
        *before += 1;
    }
    all
}

fn of_finding(finding: &FindingReport, report: &CheckReport) -> Violation {
    let lines = brief(&FindingGroup::one(finding), report);
    let mut description = sentence(&capital(&cut(&clean(&finding.message), LINE)));
    for (label, text) in lines {
        let text = clean(&text);
        let said = match label {
            "To ask for that" | "To see it again" => format!("`{text}`."),
            _ => sentence(&cut(&text, LINE)),
        };
        description.push_str(&format!(" {label}: {said}"));
    }
    let place = primary(finding).filter(|place| place.role == LocationRole::Primary);
    Violation {
        description,
        check_name: finding.policy.clone(),
        fingerprint: finding.fingerprint.to_string(),
        severity: match finding.severity {
            _ if finding.decision.blocks => Weight::Blocker,
            _ if tolerated(finding) => Weight::Info,
            Severity::Critical => Weight::Critical,
            Severity::High => Weight::Major,
            Severity::Medium => Weight::Minor,
            Severity::Low => Weight::Info,
        },
        // What has no place of its own is held by the file that governs the gate.
        location: Location {
            path: place.map_or_else(|| CONFIG_FILE.to_owned(), |place| place.file.clone()),
            lines: Lines { begin: place.and_then(|place| place.line).unwrap_or(1) },
        },
    }
}

/// What could not be told in a file. Its fingerprint has no line, so that it stays the same when the file is edited.
fn of_gap(found: &UnresolvedReport) -> Option<Violation> {
    let path = found.file.clone()?;
    let consequence = if found.consequence.is_empty() { String::new() } else { format!("; {}", found.consequence) };
    let description = sentence(&capital(&cut(&clean(&format!("{}{consequence}", found.reason)), LINE)));
    Some(Violation {
        description,
        check_name: NOT_TOLD.to_owned(),
        fingerprint: Digest::of(format!("{NOT_TOLD}\0{path}\0{}", found.reason).as_bytes()).to_string(),
        severity: if found.existing { Weight::Info } else { Weight::Minor },
        location: Location { path, lines: Lines { begin: found.line.unwrap_or(1) } },
    })
}
