//! Evidence: where it is kept, and what happens when it cannot be.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use countersign::evidence::RecordId;
use countersign::store::Digest;
use serde_json::Value;

use super::places::{contents, write};
use super::runner::{Ran, check, countersign};
use super::world::{BILLS, BROKEN, CONFIG, PAYMENTS, folder, repository};

/// The record that a JSON report names, read and checked against its digest.
fn record(ran: &Ran, cwd: &Path) -> (String, Value) {
    let evidence = &ran.json()["evidence"];
    let name = evidence["record"].as_str().unwrap().to_owned();
    let bytes = fs::read(cwd.join(&name)).unwrap();
    let digest = Digest::of(&bytes).to_string();
    assert_eq!(evidence["digest"], digest);
    let id = RecordId::of(&bytes).to_string();
    assert!(Path::new(&name).ends_with(format!("records/{}/{}.json", &id[..2], &id[2..])), "{name}");
    (name, serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn the_record_that_is_named_exists_and_is_named_by_its_digest() {
    for (more, verdict) in [(vec![BILLS], "pass"), (vec![BILLS, PAYMENTS], "blocked"), (vec![BROKEN], "error")] {
        let place = folder(&more);
        let ran = check("--output json --output human=human.txt", &place.path);
        let (name, statement) = record(&ran, &place.path);
        assert!(name.starts_with(".countersign/evidence/records/"), "{name}");
        assert_eq!(statement["predicate"]["verdict"], verdict);
        let human = fs::read_to_string(place.path.join("human.txt")).unwrap();
        assert!(human.contains(&name), "{human}");
    }
}

#[test]
fn inside_git_it_stands_in_the_git_folder_that_all_work_trees_share() {
    let place = repository(&[BILLS]);
    let ran = check("--base main --output json", place.path()).exits(Exit::Clean);
    let (name, statement) = record(&ran, place.path());
    assert!(name.starts_with(".git/countersign/evidence/records/"), "{name}");
    assert_eq!(place.git("status --porcelain"), "");
    // A linked work tree, and a folder below the root.
    place.git("worktree add --quiet -b other linked main");
    let linked = place.path().join("linked");
    let (other, _) = record(&check("--base main --output json", &linked).exits(Exit::Clean), &linked);
    assert!(Path::new(&other).starts_with(place.path().join(".git/countersign/evidence")), "{other}");
    let below = place.path().join("grants");
    record(&check("--output json", &below), &below);
    // A commit is a subject under its own name.
    let ran = check("--base main --head main --output json", place.path()).exits(Exit::Clean);
    let (_, of_commit) = record(&ran, place.path());
    let commit = place.git("rev-parse main");
    assert_eq!(of_commit["subject"][0]["digest"]["gitCommit"], commit);
    assert_eq!(statement["subject"].as_array().unwrap().len(), 1);
}

#[test]
fn earlier_evidence_is_no_part_of_what_is_judged() {
    let place = folder(&[BILLS, PAYMENTS]);
    let result = |ran: &Ran| record(ran, &place.path).1["predicate"]["resultDigest"].clone();
    let first = result(&check("--output json", &place.path));
    assert_eq!(result(&check("--output json", &place.path)), first);
    assert_ne!(result(&check("--as-of 2027-01-01T00:00:00Z --output json", &place.path)), first);
}

#[test]
fn the_configuration_can_name_another_place() {
    let config = format!("{CONFIG}evidence: {{path: kept/here}}\n");
    let place = folder(&[BILLS, ("countersign.yaml", &config)]);
    let (name, _) = record(&check("--output json", &place.path), &place.path);
    assert!(name.starts_with("kept/here/records/"), "{name}");
}

#[test]
fn no_record_writes_nothing() {
    let (place, git) = (folder(&[BILLS, PAYMENTS]), repository(&[BILLS, PAYMENTS]));
    for path in [place.path.as_path(), git.path()] {
        let before = contents(path);
        check("--no-record", path).exits(Exit::Blocked).says("kept nothing: --no-record was given");
        assert_eq!(contents(path), before);
    }
    let evidence = &check("--no-record --output json", &place.path).json()["evidence"];
    assert_eq!(*evidence, serde_json::json!({"durable": false, "because": "--no-record was given"}));
}

#[test]
fn evidence_that_cannot_be_kept_is_said_and_changes_no_verdict() {
    for more in [vec![BILLS], vec![BILLS, PAYMENTS]] {
        let place = folder(&more);
        let exit = if more.len() == 1 { Exit::Clean } else { Exit::Blocked };
        write(&place.path, ".countersign/evidence", "in the way\n");
        let ran = check("--output json --output human=human.txt", &place.path).exits(exit).without_complaint();
        let report = ran.json();
        assert!(report["evidence"].get("record").is_none());
        let because = report["evidence"]["because"].as_str().unwrap();
        assert!(because.contains("is a file where a folder is needed"), "{because}");
        let human = fs::read_to_string(place.path.join("human.txt")).unwrap();
        assert!(human.contains("kept    nothing: "), "{human}");
    }
}

#[test]
fn evidence_that_is_required_and_cannot_be_kept_is_2() {
    let place = folder(&[BILLS, PAYMENTS]);
    check("--require-evidence", &place.path).exits(Exit::Blocked);
    fs::remove_dir_all(place.path.join(".countersign")).unwrap();
    write(&place.path, ".countersign/evidence", "in the way\n");
    let ran = check("--require-evidence --output human --output json=a.json", &place.path)
        .exits(Exit::Usage)
        .complains("is a file where a folder is needed")
        .complains("move the file aside");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_record_names_the_ci_run_that_made_it() {
    let place = folder(&[BILLS]);
    let ran = countersign("check --output json", &place.path)
        .var("GITHUB_ACTIONS", "true")
        .var("GITHUB_SERVER_URL", "https://github.com")
        .var("GITHUB_REPOSITORY", "acme/access")
        .var("GITHUB_RUN_ID", "7")
        .var("GITHUB_ACTOR", "nora")
        .var("GITHUB_TOKEN", "not-for-the-record")
        .run();
    let (name, statement) = record(&ran, &place.path);
    assert_eq!(statement["predicate"]["ci"]["runUri"], "https://github.com/acme/access/actions/runs/7");
    assert!(!fs::read_to_string(place.path.join(name)).unwrap().contains("not-for-the-record"));
}
