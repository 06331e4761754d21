//! Judging again, by this program and by those of other versions.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::Folder;
use super::runner::{Ran, binary, check, countersign};
use super::world::{BILLS, PAYMENTS, folder};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder that was judged by a program of some version.
fn judged_by(version: &'static str) -> Folder {
    let place = folder(&[BILLS, PAYMENTS]);
    countersign("check", &place.path).as_version(version).run().exits(Exit::Blocked);
    place
}

fn reperform(place: &Folder, more: &str) -> Ran {
    countersign(&format!("evidence reperform --all {more}"), &place.path).run()
}

fn with(binary: &Path) -> String {
    format!("--binary {}", binary.display())
}

#[test]
fn a_record_of_another_version_is_judged_by_this_one_and_that_is_said() {
    let place = judged_by("0.0.9");
    let ran = reperform(&place, "").exits(Exit::Clean).says("1 of 1 came out the same");
    assert!(ran.stdout.contains("judged then by countersign 0.0.9 with regorus "), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!(", now by countersign {VERSION} with regorus ")), "{}", ran.stdout);
    let ran = reperform(&judged_by(VERSION), "").exits(Exit::Clean);
    assert!(!ran.stdout.contains("judged then by"), "{}", ran.stdout);
}

/// A later program has the one that made the record judge, which is a real one of its own here.
#[test]
fn the_program_of_the_recorded_version_judges_where_it_is_given() {
    let place = judged_by(VERSION);
    let later = |more: &str| {
        countersign(&format!("evidence reperform --all {more}"), &place.path)
            .as_version("9.9.9")
            .run()
            .exits(Exit::Clean)
    };
    later("").says(&format!("judged then by countersign {VERSION}")).says("now by countersign 9.9.9");
    let ran = later(&with(&binary())).says("1 of 1 came out the same, to the byte");
    assert!(!ran.stdout.contains("judged then by"), "{}", ran.stdout);
    let report = later(&format!("{} --format json", with(&binary()))).json();
    assert_eq!(report["schema"], "countersign.dev/reperformance/v1");
    assert_eq!(report["judge"]["version"], VERSION);
    assert_eq!(report["records"][0]["now"], report["records"][0]["recorded"]);
}

#[test]
fn a_program_of_another_version_than_the_recorded_one_is_told() {
    reperform(&judged_by("0.0.9"), &with(&binary()))
        .exits(Exit::Clean)
        .says(&format!("is countersign {VERSION}: give the program of version 0.0.9"))
        .says("judged then by countersign 0.0.9");
}

#[test]
fn employment_facts_are_handed_on() {
    let place = folder(&[BILLS]);
    fs::create_dir(place.path.join("hr")).unwrap();
    fs::write(place.path.join("hr/people.csv"), "id,status\nmira.vale,departed\n").unwrap();
    check("--people hr/people.csv", &place.path);
    reperform(&place, &with(&binary())).exits(Exit::EvidenceInvalid).says("which are never kept");
    reperform(&place, &format!("{} --people hr/people.csv", with(&binary()))).exits(Exit::Clean).says("1 of 1");
}

#[test]
fn a_file_that_is_no_program_of_ours_is_refused() {
    let place = judged_by(VERSION);
    reperform(&place, "--binary nowhere").exits(Exit::Usage).complains("nowhere cannot be run");
    let ran = reperform(&place, "--binary /bin/false").exits(Exit::Usage);
    assert!(ran.stderr.contains("does not answer as countersign does"), "{}", ran.stderr);
}

/// A program that answers as a file says, and writes down what it was given.
#[cfg(unix)]
fn program(folder: &Path, answer: &Value) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(folder.join("answer"), answer.to_string()).unwrap();
    let path = folder.join("program");
    let at = folder.display();
    fs::write(&path, format!("#!/bin/sh\n/usr/bin/env > {at}/env\n/bin/pwd > {at}/cwd\n/bin/cat {at}/answer\n"))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What came out is held against the record here, whatever the program says of it.
#[cfg(unix)]
#[test]
fn a_program_that_lies_is_found_out() {
    let place = judged_by(VERSION);
    let report = reperform(&place, "--format json").exits(Exit::Clean).json();
    let tools = Folder::new();
    let of = |change: &dyn Fn(&mut Value)| {
        let mut report = report.clone();
        change(&mut report);
        countersign("evidence reperform --all", &place.path)
            .var("GITHUB_TOKEN", "secret")
            .with(["--binary".into(), program(&tools.path, &report)])
            .run()
    };
    of(&|_| {}).exits(Exit::Clean);
    let given = fs::read_to_string(tools.path.join("env")).unwrap();
    assert!(!given.contains("GITHUB_TOKEN") && !given.contains("HOME="), "{given}");
    let cwd = fs::read_to_string(tools.path.join("cwd")).unwrap();
    assert!(!Path::new(cwd.trim()).starts_with(&place.path) && !Path::new(cwd.trim()).exists(), "{cwd}");
    let other = "0".repeat(64);
    of(&|report| report["records"][0]["now"] = json!(other)).exits(Exit::EvidenceInvalid).says("says not what differs");
    of(&|report| {
        // It changes what was recorded as well.
        report["records"][0]["now"] = json!(other);
        report["records"][0]["recorded"] = json!(other);
    })
    .exits(Exit::EvidenceInvalid);
    of(&|report| report["records"] = json!([])).exits(Exit::EvidenceInvalid).says("says nothing of it");
    of(&|report| {
        report["records"][0]["now"] = json!(other);
        report["records"][0]["difference"] = json!({"field": "verdict", "recorded": "blocked", "now": "pass"});
    })
    .exits(Exit::EvidenceInvalid)
    .says("verdict: \"blocked\" then, \"pass\" now");
    of(&|report| report["schema"] = json!("other/v1")).exits(Exit::Usage).complains("does not answer");
}
