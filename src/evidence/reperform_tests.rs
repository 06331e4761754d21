//! Every case that is judged anywhere in the tests is judged again from its evidence alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::log::FolderStorage;
use super::*;
use crate::gate::{Task, policy_data, rule_files, run};
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{People, RuleFile, Rules};
use crate::source::{self, GitEnv, Head, Request};

/// 2026-11-21T00:00:00Z.
const AS_OF: i64 = 1_795_219_200;

/// Judges a case and keeps its evidence; `None` when its rules or records do not load.
fn kept(case: &Path, store: &Path) -> Option<(Statement, Option<People>)> {
    let env = GitEnv::new([], std::env::temp_dir());
    let base = case.join("base");
    let base = base.is_dir().then(|| base.to_string_lossy().into_owned());
    let comparison = source::open(&Request {
        cwd: Path::new("/"),
        path: &case.join("head"),
        base: base.as_deref(),
        head: Head::WorkTree,
        read_limit: 1 << 28,
        env: &env,
    })
    .unwrap();
    let people = ["people.csv", "people.json"].iter().map(|name| case.join(name)).find(|path| path.is_file());
    let people = people
        .map(|path| People::read(&RuleFile::new(path.display().to_string(), std::fs::read(&path).unwrap())).unwrap());
    let rules = Rules::load(&rule_files(comparison.rules_tree()), None).ok()?;
    let bundle = Bundle::load(&rules.policies, policy_data(AS_OF)).unwrap();
    let record = run(&Task {
        comparison: &comparison,
        rules: &rules,
        bundle: &bundle,
        as_of: AS_OF,
        people: people.as_ref(),
        strict: false,
        review: None,
        isolation: &Isolation::InProcess,
        progress: &|_| {},
    })
    .ok()?;
    let run = Run {
        mode: "gate",
        comparison: &comparison,
        rules: &rules,
        bundle: &bundle,
        record: &record,
        strict: false,
        review: None,
        started_on: "2026-11-21T00:00:00Z".to_owned(),
        finished_on: "2026-11-21T00:00:01Z".to_owned(),
        binary: None,
        ci: BTreeMap::new(),
    };
    let mut objects = Objects::default();
    let ledger = ledger(store);
    let id = ledger.keep(&statement_of(&run, &mut objects), objects).unwrap();
    Some((ledger.statement(id).unwrap(), people))
}

fn ledger(folder: &Path) -> Ledger<FolderStorage> {
    Ledger::new(FolderStorage::new(folder))
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut all: Vec<PathBuf> = ["bypass", "check"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("head").is_dir())
        .collect();
    all.push(root.join("acme"));
    all.sort();
    all
}

#[test]
fn every_case_comes_out_the_same_from_its_evidence() {
    let store = tempfile::tempdir().unwrap();
    let objects = ledger(store.path());
    let mut judged = 0;
    for case in cases() {
        let Some((statement, people)) = kept(&case, store.path()) else { continue };
        judged += 1;
        let again = reperform(&statement, &objects, people.as_ref(), &Isolation::InProcess)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        assert_eq!(again.difference, None, "{}", case.display());
        assert_eq!(again.other_engine, None);
    }
    assert!(judged > 100, "{judged} cases");
}

#[test]
fn a_verdict_that_was_written_otherwise_is_told_by_its_first_field() {
    let store = tempfile::tempdir().unwrap();
    let objects = ledger(store.path());
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let (statement, _) = kept(&acme, store.path()).unwrap();
    let again = |statement: &Statement| {
        reperform(statement, &objects, None, &Isolation::InProcess).unwrap().difference.map(|found| found.field)
    };
    let mut passed = statement.clone();
    passed.predicate.verdict = "pass".into();
    passed.predicate.result_digest = sha256(crate::store::Digest::of(b"other"));
    assert_eq!(again(&passed).as_deref(), Some("verdict"));
    // A finding that was made to look as if it stopped nothing.
    let list = statement.predicate.findings.digest["sha256"].clone();
    let findings: Vec<serde_json::Value> =
        manifest::list(list.parse().unwrap(), record::FINDINGS, &objects as &dyn ReadObjects).unwrap();
    let mut softened = findings.clone();
    softened[0]["decision"]["blocks"] = serde_json::json!(!findings[0]["decision"]["blocks"].as_bool().unwrap());
    let mut made = Objects::default();
    let keyed = softened.into_iter().map(|finding| (finding["fingerprint"].to_string(), finding)).collect();
    let digest = made.add_list(record::FINDINGS, keyed, Pieces::LARGE_ENTRIES);
    objects.keep_objects(made).unwrap();
    let mut edited = statement.clone();
    edited.predicate.findings.digest = sha256(digest);
    edited.predicate.result_digest = sha256(crate::store::Digest::of(b"other"));
    assert_eq!(again(&edited).as_deref(), Some("findings[0].decision.blocks"));
}

#[test]
fn what_is_missing_is_named() {
    let store = tempfile::tempdir().unwrap();
    let objects = ledger(store.path());
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let (statement, _) = kept(&acme, store.path()).unwrap();
    let inputs: crate::store::Digest = statement.predicate.inputs.digest["sha256"].parse().unwrap();
    let name = inputs.to_string();
    std::fs::remove_file(store.path().join(format!("objects/{}/{}.zst", &name[..2], &name[2..]))).unwrap();
    let error = reperform(&statement, &objects, None, &Isolation::InProcess).unwrap_err();
    assert!(error.to_string().contains(&inputs.to_string()), "{error}");
}

/// Employment facts are brought again, and the very same.
#[test]
fn employment_facts_are_asked_for() {
    let store = tempfile::tempdir().unwrap();
    let objects = ledger(store.path());
    let case = cases().into_iter().find(|case| case.join("people.csv").is_file()).unwrap();
    let (statement, people) = kept(&case, store.path()).unwrap();
    let error = reperform(&statement, &objects, None, &Isolation::InProcess).unwrap_err();
    assert!(error.to_string().contains("which are never kept"), "{error}");
    let other = People::read(&RuleFile::new("people.csv", b"id,status\nnobody,active\n".as_slice())).unwrap();
    let error = reperform(&statement, &objects, Some(&other), &Isolation::InProcess).unwrap_err();
    assert!(error.to_string().contains("and these are"), "{error}");
    assert_eq!(reperform(&statement, &objects, people.as_ref(), &Isolation::InProcess).unwrap().difference, None);
}
