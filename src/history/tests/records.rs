//! Records over time: written, changed, moved, taken away.

use std::sync::Arc;

use crate::history::{Offset, Period, RecordHistory, record_histories};
use crate::source::{BranchCommit, FileVersion};

const DAY: i64 = 86_400;

fn period() -> Period {
    Period::parse("2026-11", Offset::UTC).unwrap()
}

/// An emergency that begins on one day of November and ends some hours later.
fn emergency(id: &str, day: u32, hours: u32) -> String {
    format!(
        "apiVersion: countersign.dev/v1\nkind: Emergency\nmetadata: {{id: {id}}}\nspec:\n  incident: INC-1\n  subject: person:ann\n  \
         approver: person:bea\n  reason: the night run failed\n  begins: 2026-11-{day:02}T00:00:00Z\n  ends: 2026-11-{day:02}T{hours:02}:00:00Z\n"
    )
}

/// A branch with a commit on each day from the end of October; on some of them files change.
fn told(changes: &[(usize, &str, Option<String>)], as_of: i64) -> Vec<RecordHistory> {
    let commits: Vec<BranchCommit> = (0..60)
        .map(|day| BranchCommit {
            commit: format!("commit-{day}"),
            tree: String::new(),
            parents: Vec::new(),
            at: period().from + (day - 10) * DAY,
            authors: Vec::new(),
            subject: String::new(),
        })
        .collect();
    let files: Vec<FileVersion> = changes
        .iter()
        .map(|(day, path, text)| FileVersion {
            commit: format!("commit-{day}"),
            path: format!(".countersign/emergencies/{path}"),
            bytes: text.as_ref().map(|text| Arc::from(text.as_bytes())),
        })
        .collect();
    record_histories(&files, &commits, &period(), as_of)
}

fn now() -> i64 {
    period().to + 5 * DAY
}

#[test]
fn a_record_that_is_gone_is_still_told() {
    let all = told(&[(12, "a.yaml", Some(emergency("e", 3, 9))), (15, "a.yaml", None)], now());
    let [own] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((own.record.as_str(), own.landed_commit.as_str(), own.changed), ("emergency e", "commit-12", 0));
    assert_eq!(own.removed.map(|at| at.seconds()), Some(period().from + 5 * DAY));
    assert!(own.in_force);
}

#[test]
fn what_was_taken_away_before_it_began_was_never_in_force() {
    let all = told(&[(11, "a.yaml", Some(emergency("e", 20, 9))), (15, "a.yaml", None)], now());
    assert!(!all[0].in_force);
}

#[test]
fn what_begins_after_the_report_is_not_in_force_yet() {
    let changes = [(11, "a.yaml", Some(emergency("e", 20, 9)))];
    assert!(!told(&changes, period().from + 15 * DAY)[0].in_force);
    assert!(told(&changes, period().from + 19 * DAY)[0].in_force);
}

#[test]
fn an_earlier_version_counts_while_it_stood() {
    // At first it began on the third; on the eighth it was written anew, for the last of the month.
    let changes = [(11, "a.yaml", Some(emergency("e", 3, 9))), (17, "a.yaml", Some(emergency("e", 30, 9)))];
    let all = told(&changes, period().from + 20 * DAY);
    assert_eq!((all[0].changed, all[0].in_force), (1, true));
}

#[test]
fn a_record_that_moves_to_another_file_stays() {
    // Git tells paths in their order: the new place before the old one, and the other way round.
    for (old, new) in [("b.yaml", "a.yaml"), ("a.yaml", "b.yaml")] {
        let text = emergency("e", 3, 9);
        let mut moved = [(15, old, None), (15, new, Some(text.clone()))];
        moved.sort_by_key(|(_, path, _)| *path);
        let changes: Vec<_> = std::iter::once((12, old, Some(text))).chain(moved).collect();
        let all = told(&changes, now());
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((all[0].removed, all[0].path.as_str()), (None, format!(".countersign/emergencies/{new}").as_str()));
    }
}

#[test]
fn two_records_of_one_file_are_told_apart() {
    let both = format!("{}---\n{}", emergency("e", 3, 9), emergency("f", 4, 9));
    let all = told(&[(12, "a.yaml", Some(both)), (16, "a.yaml", Some(emergency("f", 4, 9)))], now());
    let ends: Vec<_> = all.iter().map(|own| (own.record.as_str(), own.removed.is_some())).collect();
    assert_eq!(ends, [("emergency e", true), ("emergency f", false)]);
}

#[test]
fn what_cannot_be_read_and_what_is_a_signature_is_no_record() {
    let changes = [
        (12, "a.yaml", Some("kind: Emergency\n".to_owned())),
        (12, "b.yaml.ann.sig", Some("-----BEGIN".to_owned())),
        (13, "c.txt", Some(emergency("e", 3, 9))),
    ];
    assert_eq!(told(&changes, now()), []);
}
