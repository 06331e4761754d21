//! What holds of employment facts in every case under `testdata/check`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::judging::{CASES, Case};
use super::tests::{judge, judge_with};
use super::*;
use crate::rules::{People, RuleFile};

/// The ids of the people whom the files of a folder declare.
fn declared(folder: &Path) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            ids.extend(declared(&path));
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        for person in text.split("kind: Person").skip(1) {
            let id = person.split("id: ").nth(1).and_then(|rest| rest.split(['}', ',', '\n']).next());
            // What a mapping has there stands for many.
            ids.extend(id.map(str::trim).filter(|id| !id.contains('{')).map(str::to_owned));
        }
    }
    ids
}

fn departed<'i>(ids: impl Iterator<Item = &'i String>) -> People {
    let rows: String = ids.map(|id| format!("{id},2026-01-31\n")).collect();
    People::read(&RuleFile::new("people.csv", format!("id,end\n{rows}").into_bytes())).unwrap()
}

/// What head has: policy, subject and what makes it the same finding elsewhere.
fn there(judgement: &Judgement) -> BTreeSet<(String, String, Fingerprint)> {
    judgement
        .findings
        .iter()
        .filter(|judged| judged.state != State::Resolved)
        .map(|judged| &judged.finding)
        .map(|finding| (finding.policy.to_string(), finding.subject.id.to_string(), finding.fingerprint))
        .collect()
}

#[test]
fn a_departure_removes_no_finding() {
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.is_of("check")).collect();
    let tried: usize = cases
        .par_iter()
        .filter(|case| case.folder.join("base").is_dir())
        .map(|Case { folder, judged }| {
            let (head, base) = (folder.join("head"), folder.join("base"));
            let ids = declared(folder);
            if ids.is_empty() {
                return 0;
            }
            let before = match judged.as_ref().unwrap() {
                judged if judged.opened.people.is_none() => there(&judged.record.judgement),
                _ => there(&judge(&head, Some(&base))),
            };
            for people in [departed(ids.iter()), departed(ids.iter().take(1))] {
                let after = there(&judge_with(&head, Some(&base), Some(&people)));
                let gone: Vec<_> = before.difference(&after).collect();
                // A mover is told to have what they hold reviewed; a leaver, to have it removed.
                assert!(gone.iter().all(|(policy, ..)| policy == "CS-LEAVER-002"), "{}: {gone:?}", folder.display());
            }
            1
        })
        .sum();
    assert!(tried > 30, "{tried} cases declare people");
}

/// What the gate makes of a finding: its state, its cause, and whether it blocks.
type Told = (State, Cause, bool);

/// A small company in which ann holds something, as files.
fn company(dir: &Path, ann: &str, granted: bool) -> PathBuf {
    let head = "apiVersion: countersign.dev/v1\n";
    let grant = if granted {
        format!("---\n{head}kind: Grant\nspec: {{system: erp, to: person:ann, role: r}}\n")
    } else {
        String::new()
    };
    std::fs::create_dir_all(dir).unwrap();
    let text = format!("{head}kind: Person\nmetadata: {{id: ann}}\nspec: {{{ann}}}\n{grant}");
    std::fs::write(dir.join("all.yaml"), text).unwrap();
    dir.to_owned()
}

fn leaver(judgement: &Judgement) -> Vec<Told> {
    let of = |judged: &&Judged| &*judged.finding.policy == "CS-LEAVER-001" && judged.finding.fingerprint != returned();
    judgement.findings.iter().filter(of).map(|judged| (judged.state, judged.cause, judged.decision.blocks)).collect()
}

fn returned() -> Fingerprint {
    Fingerprint::new("CS-LEAVER-001", "person:ann", &["returned"], &[])
}

#[test]
fn whoever_either_side_or_an_import_says_has_left_is_given_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = People::read(&RuleFile::new("p.csv", b"id,status\nann,active\n".as_slice())).unwrap();
    let gone = departed([&"ann".to_owned()].into_iter());
    let blocked = vec![(State::Introduced, Cause::Access, true)];
    let cases: [(&str, &str, Option<&People>, Vec<Told>); 6] = [
        ("", "", None, Vec::new()),
        ("", "", Some(&here), Vec::new()),
        ("", "", Some(&gone), blocked.clone()),
        ("status: departed", "", None, blocked.clone()),
        ("", "status: departed", None, blocked.clone()),
        // An import brings nobody back.
        ("status: departed", "status: departed", Some(&here), blocked),
    ];
    for (number, (base, head, people, expected)) in cases.iter().enumerate() {
        let at = dir.path().join(number.to_string());
        let (base, head) = (company(&at.join("base"), base, false), company(&at.join("head"), head, true));
        assert_eq!(leaver(&judge_with(&head, Some(&base), *people)), *expected, "case {number}");
    }
}

#[test]
fn a_person_who_is_no_longer_declared_has_still_left() {
    let dir = tempfile::tempdir().unwrap();
    let base = company(&dir.path().join("base"), "status: departed", false);
    let head = company(&dir.path().join("head"), "", true);
    let text = std::fs::read_to_string(head.join("all.yaml")).unwrap();
    std::fs::write(head.join("all.yaml"), text.split("---\n").nth(1).unwrap()).unwrap();
    let judgement = judge(&head, Some(&base));
    assert_eq!(leaver(&judgement), [(State::Introduced, Cause::Access, true)]);
    assert!(judgement.findings.iter().all(|judged| judged.finding.fingerprint != returned()));
}
