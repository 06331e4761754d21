//! Evidence in other places than a folder.

use std::fs;

use countersign::cli::Exit;

use super::places::{Repository, git, scratch};
use super::runner::{Ran, check, countersign};
use super::world::{BILLS, PAYMENTS, repository};

fn run(place: &Repository, line: &str, exit: Exit) -> Ran {
    countersign(line, place.path()).run().exits(exit)
}

/// A repository whose log is in a place.
fn begun(store: &str) -> (Repository, tempfile::TempDir, String) {
    let place = repository(&[]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), Exit::Clean);
    run(
        &place,
        &format!("evidence trust init --origin acme.example/evidence --key {key} --store {store}"),
        Exit::Clean,
    )
    .says(&format!("began the log acme.example/evidence in {store}"));
    (place, keys, key)
}

#[test]
fn a_log_in_a_reference_has_the_judges_record_and_everything_that_it_names() {
    let store = "git:refs/countersign/evidence";
    let (place, _keys, key) = begun(store);
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]).commit("Pay");
    check("--base main --head pay", place.path()).exits(Exit::Blocked);
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --message Merge pay");
    let record = format!("record --key {key} --store {store}");
    run(&place, &record, Exit::Clean).says("blocked, with the judge's record of the same tree");
    run(&place, &record, Exit::Clean).says("it is recorded already");
    run(&place, &format!("evidence verify --store {store}"), Exit::Clean)
        .says("3 records")
        .says("what is removed from git:refs/countersign/evidence stays: git keeps them in the history")
        .says("it verifies");
    run(&place, &format!("evidence reperform --all --store {store}"), Exit::Clean).says("2 of 2 came out the same");
    run(&place, &format!("evidence tidy --store {store}"), Exit::Clean).says("their bytes stay: git keeps them");
    // Nothing of it is a file of the work tree, and nothing of it is judged.
    assert_eq!(place.git("status --porcelain"), "");
    // Another clone that fetches the reference has all of it.
    let clone = scratch();
    let at = place.path().display().to_string();
    git(clone.path(), &["clone", "--quiet", &at, "."]);
    git(clone.path(), &["fetch", "--quiet", &at, "refs/countersign/*:refs/countersign/*"]);
    countersign(&format!("evidence verify --store {store}"), clone.path()).run().exits(Exit::Clean).says("3 records");
}

#[test]
fn a_reference_is_that_of_the_repository_that_is_named() {
    let store = "git:refs/countersign/evidence";
    let (place, _keys, key) = begun(store);
    place.write(&[BILLS]).commit("Bills");
    let elsewhere = scratch();
    let at = place.path().display();
    let line = |rest: &str| format!("{rest} --path {at} --store {store}");
    countersign(&line(&format!("record --key {key}")), elsewhere.path()).run().exits(Exit::Clean).says("pass");
    countersign(&line("evidence verify"), elsewhere.path()).run().exits(Exit::Clean).says("2 records");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_place_that_is_none_is_told_with_the_nearest_form() {
    let place = repository(&[]);
    for (store, expected) in [
        ("refs/countersign/evidence", "did you mean `git:refs/countersign/evidence`"),
        ("s3://bucket/evidence", "there are no credentials for the bucket `bucket`"),
        ("gs://bucket", "is no place for evidence that is known"),
        ("git:evidence", "it is not the whole name of a reference"),
    ] {
        run(&place, &format!("evidence verify --store {store}"), Exit::Usage).complains(expected);
    }
}
