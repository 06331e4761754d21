//! Employment facts: they judge, and they go nowhere.

use std::fs;

use countersign::cli::Exit;
use countersign::store::Digest;
use serde_json::Value;

use super::outputs::FORMATS;
use super::places::{contents, scratch, write};
use super::runner::{check, countersign};
use super::world::{BILLS, folder};

/// Mira left eleven days before the tests play; what else is there belongs to nobody but her and her employer.
const FILE: &str = "id,status,end,manager,position,position_since\n\
                    mira.vale,departed,2026-11-09,olga.brandt,Treasury Analyst,2026-02-01\n\
                    sam.reed,active,,olga.brandt,Platform Engineer,2026-02-01\n";

#[test]
fn a_leaver_is_found_and_the_reason_is_shown_at_a_terminal_alone() {
    let place = folder(&[BILLS]);
    write(&place.path, "hr/people.csv", FILE);
    let words = "employment records do not support the access of mira.vale to ledger";
    check("--no-record", &place.path).exits(Exit::Clean);
    let log = check("--no-record --people hr/people.csv", &place.path).exits(Exit::Blocked).says(words);
    assert!(!log.stdout.contains("11 days"), "{}", log.stdout);
    let line = "check --no-record --people hr/people.csv";
    countersign(line, &place.path).on_a_terminal(100).run().exits(Exit::Blocked).says("left 11 days ago");
}

#[test]
fn nothing_imported_is_in_any_file_that_a_run_writes() {
    let place = folder(&[BILLS]);
    let hr = scratch();
    write(hr.path(), "people.csv", FILE);
    let people = hr.path().join("people.csv");
    let outputs: String = FORMATS.iter().map(|format| format!(" --output {format}=a.{format}")).collect();
    let outputs = &format!("check{outputs} --people");
    // A terminal, too: what is written to a file is a file.
    countersign(outputs, &place.path).with([&people]).on_a_terminal(100).run().exits(Exit::Blocked);
    for (name, text) in contents(&place.path) {
        for private in
            ["2026-11-09", "2026-02-01", "11 days", "days ago", "Treasury", "Analyst", "has left", "departed"]
        {
            assert!(!text.contains(private), "{name} holds {private}");
        }
    }
    let sarif: Value = serde_json::from_slice(&fs::read(place.path.join("a.sarif")).unwrap()).unwrap();
    let text = sarif["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
    assert!(text.contains("mployment records do not support the access"), "{text}");
    for format in FORMATS {
        let text = fs::read_to_string(place.path.join(format!("a.{format}"))).unwrap();
        assert!(text.contains("mployment records do not support the access"), "{format}: {text}");
    }
}

#[test]
fn the_evidence_has_the_digest_and_the_count() {
    let place = folder(&[BILLS]);
    write(&place.path, "hr/people.csv", FILE);
    let record = |line: &str| -> Value {
        let report = check(line, &place.path).json();
        let name = report["evidence"]["record"].as_str().unwrap().to_owned();
        serde_json::from_slice(&fs::read(place.path.join(name)).unwrap()).unwrap()
    };
    let without = record("--output json");
    assert_eq!(without["predicate"]["people"], Value::Null);
    let with = record("--output json --people hr/people.csv");
    assert_eq!(with["predicate"]["people"]["count"], 2);
    let digest = Digest::of(FILE.as_bytes()).to_string();
    assert_eq!(with["predicate"]["people"]["digest"]["sha256"], digest);
    assert_ne!(with["predicate"]["resultDigest"], without["predicate"]["resultDigest"]);
}

#[test]
fn the_command_that_does_it_again_names_the_file() {
    let place = folder(&[BILLS]);
    write(&place.path, "hr/people.csv", FILE);
    let report = check("--no-record --output json --people hr/people.csv", &place.path).json();
    assert!(report["reproduce"].as_str().unwrap().contains("--people hr/people.csv"), "{}", report["reproduce"]);
}

#[test]
fn a_file_that_cannot_be_used_is_2_and_names_the_place_without_quoting_it() {
    let place = folder(&[BILLS]);
    for (text, words) in [
        ("id,end\nmira.vale,on her wedding\n", "people.csv:2:11: the `end` is not a date"),
        ("id,manger\nmira.vale,x\n", "people.csv:1:4: unknown column `manger`"),
        ("id\nmira.vale\nmira.vale\n", "people.csv:3:1: the person `mira.vale` is there twice"),
    ] {
        write(&place.path, "people.csv", text);
        let ran = check("--no-record --people people.csv", &place.path).exits(Exit::Usage).complains(words);
        assert!(!ran.stderr.contains("wedding"), "{}", ran.stderr);
    }
    check("--people nowhere.csv", &place.path).exits(Exit::Usage).complains("nowhere.csv cannot be read");
}
