//! Every case that is judged anywhere in the tests is judged again from its evidence alone.

use rayon::prelude::*;

use super::judging::{Judged, acme, judged};
use super::log::MemoryStorage;
use super::*;
use crate::policy::untrusted::Isolation;
use crate::rules::{People, RuleFile};

/// Keeps the evidence of a judgement, and reads its statement back.
fn keep(judged: &Judged, ledger: &Ledger<MemoryStorage>) -> Statement {
    let (statement, objects) = judged.statement("2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z");
    let id = ledger.keep(&statement, objects).unwrap();
    ledger.statement(id).unwrap()
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn every_case_comes_out_the_same_from_its_evidence() {
    let ledger = Ledger::new(MemoryStorage::new());
    let cases = judged();
    assert!(cases.len() > 340, "{} cases", cases.len());
    cases.par_iter().for_each(|(case, judged)| {
        let statement = keep(judged, &ledger);
        let people = judged.opened.people.as_ref();
        let again = reperform(&statement, &ledger, people, None, &Isolation::InProcess, VERSION)
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        assert_eq!(again.difference, None, "{}", case.display());
        assert_eq!(again.judged_again_by, again.judged_by);
    });
}

#[test]
fn a_verdict_that_was_written_otherwise_is_told_by_its_first_field() {
    let objects = Ledger::new(MemoryStorage::new());
    let statement = keep(acme(), &objects);
    let again = |statement: &Statement| {
        reperform(statement, &objects, None, None, &Isolation::InProcess, VERSION)
            .unwrap()
            .difference
            .map(|found| found.field)
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
    objects.keep_objects(&made).unwrap();
    let mut edited = statement.clone();
    edited.predicate.findings.digest = sha256(digest);
    edited.predicate.result_digest = sha256(crate::store::Digest::of(b"other"));
    assert_eq!(again(&edited).as_deref(), Some("findings[0].decision.blocks"));
}

#[test]
fn what_is_missing_is_named() {
    let objects = Ledger::new(MemoryStorage::new());
    let statement = keep(acme(), &objects);
    let inputs: crate::store::Digest = statement.predicate.inputs.digest["sha256"].parse().unwrap();
    let name = inputs.to_string();
    objects.storage.tamper(&format!("objects/{}/{}.zst", &name[..2], &name[2..]), None);
    let error = reperform(&statement, &objects, None, None, &Isolation::InProcess, VERSION).unwrap_err();
    assert!(error.to_string().contains(&inputs.to_string()), "{error}");
}

/// Employment facts are brought again, and the very same.
#[test]
fn employment_facts_are_asked_for() {
    let objects = Ledger::new(MemoryStorage::new());
    let (_, judged) = judged().into_iter().find(|(_, judged)| judged.opened.people.is_some()).unwrap();
    let statement = keep(judged, &objects);
    let error = reperform(&statement, &objects, None, None, &Isolation::InProcess, VERSION).unwrap_err();
    assert!(error.to_string().contains("which are never kept"), "{error}");
    let other = People::read(&RuleFile::new("people.csv", b"id,status\nnobody,active\n".as_slice())).unwrap();
    let error = reperform(&statement, &objects, Some(&other), None, &Isolation::InProcess, VERSION).unwrap_err();
    assert!(error.to_string().contains("and these are"), "{error}");
    assert_eq!(
        reperform(&statement, &objects, judged.opened.people.as_ref(), None, &Isolation::InProcess, VERSION)
            .unwrap()
            .difference,
        None
    );
}
