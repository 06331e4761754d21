//! Who owns the control over time.

use std::sync::Arc;

use crate::history::{Offset, OwnerChange, Period, owner_changes};
use crate::source::{BranchCommit, FileVersion};

const DAY: i64 = 86_400;

fn period() -> Period {
    Period::parse("2026-11", Offset::UTC).unwrap()
}

/// A branch with a commit on each day from ten days before the period; on some of them the configuration changes.
fn told(changes: &[(usize, Option<&str>)]) -> Vec<OwnerChange> {
    let commit = |day: i64| BranchCommit {
        commit: format!("commit-{day}"),
        tree: String::new(),
        parents: Vec::new(),
        at: period().from + (day - 10) * DAY,
        authors: Vec::new(),
        subject: String::new(),
    };
    let commits: Vec<BranchCommit> = (0..60).map(commit).collect();
    let version = |(day, text): &(usize, Option<&str>)| FileVersion {
        commit: format!("commit-{day}"),
        path: "countersign.yaml".to_owned(),
        bytes: text.map(|text| Arc::from(text.as_bytes())),
    };
    let files: Vec<FileVersion> = changes.iter().map(version).collect();
    owner_changes(&files, &commits, &period())
}

const ANN: &str =
    "version: 1\nauthority: {control_owners: [person:ann]}\nrulesets: [{id: cs-p2p, owner: person:bea}]\n";

fn told_of(own: &OwnerChange) -> (String, String, String, String) {
    let part = own.ruleset.clone().unwrap_or_else(|| "control".to_owned());
    (own.commit.clone(), part, own.before.join(" "), own.after.join(" "))
}

fn of(commit: &str, part: &str, before: &str, after: &str) -> (String, String, String, String) {
    (commit.to_owned(), part.to_owned(), before.to_owned(), after.to_owned())
}

#[test]
fn each_part_that_comes_to_another_owner_is_told_with_its_commit() {
    let both = ANN.replace("[person:ann]", "[person:cid, person:ann]").replace("person:bea", "person:dan");
    let all = told(&[(2, Some(ANN)), (12, Some(&both))]);
    let all: Vec<_> = all.iter().map(told_of).collect();
    assert_eq!(
        all,
        [
            of("commit-12", "control", "person:ann", "person:ann person:cid"),
            of("commit-12", "cs-p2p", "person:bea", "person:dan"),
        ]
    );
}

#[test]
fn what_changes_outside_of_the_period_counts_as_known_and_is_not_told() {
    let (bea, cid) = (ANN.replace("ann", "bea"), ANN.replace("ann", "cid"));
    let all = told(&[(1, Some(ANN)), (5, Some(&bea)), (15, Some(&cid)), (45, Some(ANN))]);
    let all: Vec<_> = all.iter().map(told_of).collect();
    assert_eq!(all, [of("commit-15", "control", "person:bea", "person:cid")]);
}

#[test]
fn the_first_configuration_and_other_changes_of_it_are_no_change_of_owners() {
    let limited = format!("{ANN}limits: {{}}\n").replace("limits: {}", "in_scope: [erp/**]");
    let otherwise =
        "version: 1\nrulesets: [{owner: person:bea, id: cs-p2p}]\nauthority: {control_owners: [person:ann]}\n";
    assert_eq!(told(&[(12, Some(ANN)), (13, Some(&limited)), (14, Some(otherwise))]), []);
}

#[test]
fn a_ruleset_that_is_adopted_given_up_or_left_with_its_file_is_told() {
    let nobody = "version: 1\nrulesets: [{id: cs-p2p}]\n";
    let adopted = "version: 1\nrulesets: [{id: cs-p2p, owner: person:bea}]\n";
    let all = told(&[(2, Some(nobody)), (12, Some(adopted)), (14, Some(nobody)), (16, Some(adopted)), (18, None)]);
    let all: Vec<_> = all.iter().map(told_of).collect();
    assert_eq!(
        all,
        [
            of("commit-12", "cs-p2p", "", "person:bea"),
            of("commit-14", "cs-p2p", "person:bea", ""),
            of("commit-16", "cs-p2p", "", "person:bea"),
            of("commit-18", "cs-p2p", "person:bea", ""),
        ]
    );
}

#[test]
fn a_configuration_that_cannot_be_read_changes_nobody() {
    let all = told(&[(2, Some(ANN)), (12, Some("version: [")), (14, Some(ANN))]);
    assert_eq!(all, []);
}
