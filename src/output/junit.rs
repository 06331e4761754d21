//! JUnit's XML, for whatever shows tests: a suite for each policy that judged, and one for what was read.
//!
//! A failure is a finding that blocks, and an error is one of a definition that could not be evaluated: so something fails
//! here when the exit status says so, and only then. What warns, or is answered for, has passed and says so. What could
//! not be told otherwise was skipped, and so was a policy that had nothing to judge.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::brief::brief;
use super::check::{CheckReport, FindingReport, PolicyReport, UnresolvedReport};
use super::groups::{FindingGroup, part_implied};
use super::human::style::clean;
use super::sorted::{at, not_told};
use super::verdict::{Said, verdict};
use super::words::{capital, count, sentence};
use crate::gate::{Outcome, State, SubjectKind};
use crate::report::escape::cut;

/// The suite of what was read.
const READ: &str = "what was read";
/// Most characters of a name.
const NAME: usize = 400;

/// Writes the report.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    junit(report).serialize(out).map_err(io::Error::other)
}

fn junit(report: &CheckReport) -> Report {
    let (own, _) = part_implied(&report.findings);
    let mut by_policy: BTreeMap<&str, Vec<&FindingReport>> = BTreeMap::new();
    for finding in own {
        by_policy.entry(&finding.policy).or_default().push(finding);
    }
    let mut junit = Report::new("countersign check");
    junit.add_test_suite(read(report));
    for policy in &report.policies {
        let findings = by_policy.get(&*policy.id).map_or(&[][..], Vec::as_slice);
        junit.add_test_suite(suite(policy, findings, report));
    }
    junit
}

/// What was read, and what of it could not be told.
fn read(report: &CheckReport) -> TestSuite {
    let mut suite = TestSuite::new(READ);
    property(&mut suite, "outcome", report.outcome.as_str());
    property(&mut suite, "as_of", &report.as_of);
    property(&mut suite, "tool", &format!("countersign {}", report.tool.version));
    if let Some(digest) = &report.rules_digest {
        property(&mut suite, "rules", &format!("sha256:{digest}"));
    }
    if let Some(digest) = report.evidence.as_ref().and_then(|evidence| evidence.digest) {
        property(&mut suite, "evidence", &format!("sha256:{digest}"));
    }
    let whole =
        |status| case(READ, &count(report.population.definition_files, "file", "files with definitions"), status);
    let Said { text, .. } = verdict(report, 0);
    suite.add_test_case(match report.outcome {
        Outcome::NothingCollected => {
            whole(said(TestCaseStatus::non_success(NonSuccessKind::Error), "nothing was judged", &text, ""))
        }
        Outcome::NotApplicable => whole(said(TestCaseStatus::skipped(), "not applicable", &text, "")),
        _ => whole(TestCaseStatus::success()),
    });
    for found in not_told(report) {
        suite.add_test_case(gap(found));
    }
    suite
}

fn gap(found: &UnresolvedReport) -> TestCase {
    let name = match &found.file {
        Some(file) => format!("{}: {}", at(file, found.line), found.reason),
        None => found.reason.clone(),
    };
    let when = if found.existing { "as before" } else { "new" };
    let message = format!("{} ({when})", found.reason);
    case(READ, &name, said(TestCaseStatus::skipped(), "not told", &message, &capital(&clean(&found.consequence))))
}

fn suite(policy: &PolicyReport, findings: &[&FindingReport], report: &CheckReport) -> TestSuite {
    let mut suite = TestSuite::new(policy.id.as_str());
    let existing = findings.iter().filter(|finding| is_only_counted(finding)).count();
    property(&mut suite, "title", &policy.title);
    property(&mut suite, "severity", policy.severity.as_str());
    property(&mut suite, "digest", &format!("sha256:{}", policy.digest));
    property(&mut suite, "subjects", &policy.subjects.to_string());
    property(&mut suite, "existing", &existing.to_string());
    let shown: Vec<&&FindingReport> =
        findings.iter().filter(|finding| finding.state != State::Resolved && !is_only_counted(finding)).collect();
    for finding in &shown {
        suite.add_test_case(of_finding(finding, report));
    }
    if shown.is_empty() {
        let name = format!("{}: {}", policy.title, count(policy.subjects, "subject", "subjects"));
        let status = match policy.subjects {
            0 => said(TestCaseStatus::skipped(), "not applicable", "nothing here is for it to judge", ""),
            _ => TestCaseStatus::success(),
        };
        suite.add_test_case(case(&policy.id, &name, status));
    }
    suite
}

/// Whether a finding was there before and stops nothing.
fn is_only_counted(finding: &FindingReport) -> bool {
    finding.state == State::Existing && !finding.decision.blocks
}

fn of_finding(finding: &FindingReport, report: &CheckReport) -> TestCase {
    let lines = brief(&FindingGroup::one(finding), report);
    let lines: Vec<String> = lines.iter().map(|(label, text)| format!("{label}: {}", clean(text))).collect();
    let text = lines.join("\n");
    let name = format!("{}: {}", finding.subject.id, finding.message);
    if finding.decision.blocks {
        let is_broken = finding.subject.kind == SubjectKind::Document;
        let kind = if is_broken { NonSuccessKind::Error } else { NonSuccessKind::Failure };
        let status = TestCaseStatus::non_success(kind);
        return case(&finding.policy, &name, said(status, finding.severity.as_str(), &finding.message, &text));
    }
    let mut case = case(&finding.policy, &name, TestCaseStatus::success());
    case.set_system_out(format!("{}\n{text}", sentence(&capital(&clean(&finding.message)))));
    case
}

fn property(suite: &mut TestSuite, name: &str, value: &str) {
    suite.add_property((name, &*clean(value)));
}

fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(cut(&clean(name), NAME), status);
    case.set_classname(class);
    case
}

fn said(mut status: TestCaseStatus, kind: &str, message: &str, text: &str) -> TestCaseStatus {
    status.set_type(kind);
    status.set_message(sentence(&capital(&clean(message))));
    if !text.is_empty() {
        status.set_description(text);
    }
    status
}
