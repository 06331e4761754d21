//! Attempts to get a violation past the gate: `testdata/bypass/NAME/{base,head}`, with what stops or flags each of them
//! in `stopped.snap` beside them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::judging::{CASES, Case, Opened};
use super::tests::copy;
use super::*;
use crate::rules::Enforcement;

/// The least number of attempts.
const ATTEMPTS: usize = 85;

/// Judges a case that was changed.
pub(super) fn judge(folder: &Path) -> Judgement {
    Opened::case(folder).and_then(judging::Judged::of).unwrap().record.judgement
}

/// What stops or flags a change, line by line.
fn stopped(case: &Case) -> String {
    let mut out = String::new();
    match &case.judged {
        Err(errors) => {
            for error in errors {
                let _ = writeln!(out, "refused: {}: {}", error.file.path, error.message);
            }
        }
        Ok(judged) => {
            let judgement = &judged.record.judgement;
            let there = judgement.findings.iter().filter(|judged| judged.state != State::Resolved);
            for judged in there.filter(|judged| judged.finding.under.is_none()) {
                let finding = &judged.finding;
                let how = match (judged.decision.blocks, judged.decision.enforcement) {
                    (true, _) => "stopped",
                    (false, Enforcement::Warn) => "flagged",
                    _ => continue,
                };
                let _ = writeln!(out, "{how} by {}: {}", finding.policy, finding.message);
                let _ = writeln!(out, "    {}", judged.decision.because);
            }
            for found in judgement.unresolved.iter().filter(|found| !found.existing) {
                let _ = writeln!(out, "flagged: {}; {}", found.reason, found.consequence);
            }
        }
    }
    out
}

#[test]
fn every_attempt_is_stopped_or_flagged() {
    let attempts: Vec<&Case> = CASES.iter().filter(|case| case.is_of("bypass")).collect();
    assert!(attempts.len() >= ATTEMPTS, "{} attempts", attempts.len());
    let mut passed = Vec::new();
    for case in attempts {
        let found = stopped(case);
        if found.is_empty() {
            passed.push(case.folder.file_name().unwrap().to_owned());
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.remove_snapshot_suffix();
        settings.bind(|| insta::assert_snapshot!("stopped", found));
    }
    assert!(passed.is_empty(), "got past the gate: {passed:?}");
}

/// Every case that has both sides and comes to a judgement: its folder, and that.
pub(super) fn cases() -> Vec<(&'static Path, &'static Judgement)> {
    let both = CASES.iter().filter(|case| case.folder.join("base").is_dir());
    both.filter_map(|case| Some((&*case.folder, &case.judged.as_ref().ok()?.record.judgement))).collect()
}

/// The records of a folder, each with its signatures.
fn records(head: &Path) -> Vec<Vec<PathBuf>> {
    let files: Vec<PathBuf> = glob::glob(&format!("{}/.countersign/*/*", head.display()))
        .unwrap()
        .map(Result::unwrap)
        .filter(|path| crate::rules::is_record_path(&path.strip_prefix(head).unwrap().to_string_lossy()))
        .collect();
    let own = files.iter().filter(|path| path.extension().is_some_and(|ending| ending != "sig"));
    own.map(|record| {
        files.iter().filter(|path| path.to_string_lossy().starts_with(&*record.to_string_lossy())).cloned().collect()
    })
    .collect()
}

/// What stops a change, apart from what is said of its rules and records themselves.
pub(super) fn stops(judgement: &Judgement) -> Vec<String> {
    let about_access = |judged: &&Judged| {
        judged.decision.blocks
            && !judged.finding.policy.starts_with("CS-GATE")
            && !judged.finding.policy.starts_with("CS-REC")
    };
    let blocking = judgement.findings.iter().filter(about_access);
    blocking.map(|judged| format!("{} {}", judged.finding.policy, judged.finding.fingerprint)).collect()
}

#[test]
fn removing_a_record_never_lets_more_pass() {
    let mut tried = 0;
    for (folder, before) in cases() {
        let all = records(&folder.join("head"));
        if all.is_empty() {
            continue;
        }
        for record in all {
            let elsewhere = tempfile::tempdir().unwrap();
            copy(folder, elsewhere.path());
            for file in &record {
                std::fs::remove_file(elsewhere.path().join(file.strip_prefix(folder).unwrap())).unwrap();
            }
            let after = judge(elsewhere.path());
            let left = stops(&after);
            for stop in stops(before) {
                assert!(left.contains(&stop), "{}: without {record:?}, {stop} stops no more", folder.display());
            }
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn removing_a_signature_never_lets_more_pass() {
    let mut tried = 0;
    for (folder, before) in cases() {
        let is_signature = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "sig");
        let signatures: Vec<_> = records(&folder.join("head")).into_iter().flatten().filter(is_signature).collect();
        if signatures.is_empty() {
            continue;
        }
        for signature in signatures {
            let elsewhere = tempfile::tempdir().unwrap();
            copy(folder, elsewhere.path());
            std::fs::remove_file(elsewhere.path().join(signature.strip_prefix(folder).unwrap())).unwrap();
            let left = stops(&judge(elsewhere.path()));
            for stop in stops(before) {
                assert!(left.contains(&stop), "{}: without {signature:?}, {stop} stops no more", folder.display());
            }
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn an_exception_changes_no_finding_but_its_own() {
    let mut tried = 0;
    for (folder, before) in cases() {
        let exceptions = records(&folder.join("head"));
        let exceptions: Vec<_> =
            exceptions.into_iter().filter(|record| record[0].to_string_lossy().contains("/exceptions/")).collect();
        if exceptions.is_empty() {
            continue;
        }
        for record in exceptions {
            let text = std::fs::read_to_string(&record[0]).unwrap();
            let elsewhere = tempfile::tempdir().unwrap();
            copy(folder, elsewhere.path());
            for file in &record {
                std::fs::remove_file(elsewhere.path().join(file.strip_prefix(folder).unwrap())).unwrap();
            }
            let without = judge(elsewhere.path());
            let others = |judgement: &Judgement| -> Vec<String> {
                let other = judgement.findings.iter().filter(|judged| {
                    !text.contains(&judged.finding.fingerprint.to_string())
                        && judged.finding.subject.kind != SubjectKind::Record
                        && judged.finding.subject.kind != SubjectKind::Repository
                });
                other
                    .map(|judged| format!("{} {:?} {:?}", judged.finding.fingerprint, judged.state, judged.decision))
                    .collect()
            };
            assert_eq!(others(before), others(&without), "{}", folder.display());
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried}");
}
