//! `test-of-one` and `benchmark`: one case of each sort, and what must be tested again.

use countersign::cli::Exit;
use serde_json::Value;

use super::places::Repository;
use super::report::history;
use super::runner::{Ran, countersign};
use super::world::{APPROVAL, BILLS, CONFIG, repository};

const OF: &str = "--period 2026Q4 --branch main";

fn run(place: &Repository, line: &str, exit: Exit) -> Ran {
    countersign(line, place.path()).run().exits(exit)
}

fn follows_its_schema(place: &Repository, name: &str, report: &Value) {
    let schema = run(place, &format!("schema {name}"), Exit::Clean).json();
    if let Err(error) = jsonschema::validate(&schema, report) {
        panic!("{error}\n{report:#}");
    }
}

fn test<'r>(report: &'r Value, id: &str) -> &'r Value {
    let all = report["tests"].as_array().unwrap();
    all.iter().find(|own| own["id"] == id).unwrap_or_else(|| panic!("no test of {id}"))
}

#[test]
fn what_the_evidence_shows_is_real_and_the_rest_is_labelled() {
    let (place, _keys, _) = history();
    let report = run(&place, &format!("test-of-one {OF} --format json"), Exit::Clean).json();
    follows_its_schema(&place, "test-of-one", &report);
    assert_eq!((&report["evaluations"], &report["signed"]), (&3.into(), &3.into()));
    let sod = test(&report, "CS-SOD-001");
    assert_eq!([&sod["deny"]["source"], &sod["allow"]["source"]], ["real", "real"]);
    // What is real can be shown and judged again.
    for case in ["deny", "allow"] {
        let record = sod[case]["record"].as_str().unwrap();
        run(&place, &format!("evidence reperform {record}"), Exit::Clean).says("came out the same");
    }
    let denied = run(&place, &format!("evidence show {}", sod["deny"]["record"].as_str().unwrap()), Exit::Clean);
    denied.says("blocked");
    assert_eq!(sod["accepted"]["source"], "not_shown");
    assert_eq!(sod["error"]["source"], "synthetic");
    // The conflict that landed is told from one that nobody ever met.
    let conflicts: Vec<&Value> =
        report["tests"].as_array().unwrap().iter().filter(|own| own["kind"] == "conflict").collect();
    let real: Vec<&&Value> = conflicts.iter().filter(|own| own["deny"]["source"] == "real").collect();
    assert!(!real.is_empty() && real.len() < conflicts.len(), "{} of {}", real.len(), conflicts.len());
    for own in &real {
        assert_eq!(own["allow"]["source"], "real", "{own:#}");
    }
    let made = conflicts.iter().filter(|own| own["deny"]["source"] == "synthetic").count();
    assert!(made > 10, "{made}");
    let text = run(&place, &format!("test-of-one {OF}"), Exit::Clean);
    text.says("2026Q4 on main: 3 evaluations, 3 of them signed")
        .says("a synthetic case shows what the rules do, not that they ran")
        .says("a made-up one counts for nothing: nobody signed it")
        .says("next: countersign evidence show");
    let csv = run(&place, &format!("test-of-one {OF} --format csv"), Exit::Clean).stdout;
    assert_eq!(csv.lines().count(), 1 + 4 * report["tests"].as_array().unwrap().len());
}

#[test]
fn a_conflict_that_stops_nobody_is_not_shown_as_denied() {
    let place = repository(&[]);
    let told = |place: &Repository| {
        let report = run(place, &format!("test-of-one {OF} --format json"), Exit::Clean).json();
        test(&report, "P2P-01")["deny"].clone()
    };
    assert_eq!(told(&place)["source"], "synthetic", "the house has adopted its ruleset");
    let config = format!("{CONFIG}enforcement: {{conflicts: {{P2P-01: record}}}}\n");
    place.write(&[("countersign.yaml", &config)]).commit("Only record");
    let deny = told(&place);
    assert_eq!(deny["source"], "not_shown");
    assert!(
        deny["what"].as_str().unwrap().contains("is found, and let pass: the configuration says so for P2P-01"),
        "{deny}"
    );
}

#[test]
fn a_period_that_is_none_and_a_branch_that_is_none_are_refused() {
    let place = repository(&[]);
    run(&place, "test-of-one --period 2026Q5 --branch main", Exit::Usage).complains("2026Q5");
    run(&place, "test-of-one --period 2026Q4 --branch gone", Exit::Usage).complains("gone");
}

fn benchmark(place: &Repository, line: &str, exit: Exit) -> Value {
    let report = run(place, &format!("benchmark check {line} --format json"), exit).json();
    follows_its_schema(place, "benchmark", &report);
    report
}

fn again(report: &Value) -> Vec<String> {
    let all = report["test_again"].as_array().unwrap().iter();
    all.map(|own| {
        let conflicts: Vec<&str> =
            own["conflicts"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{} {}", own["policy"].as_str().unwrap(), conflicts.join(",")).trim().to_owned()
    })
    .collect()
}

#[test]
fn what_did_not_change_need_not_be_tested_again() {
    let place = repository(&[]);
    place.git("tag tested");
    place.write(&[BILLS, APPROVAL]).commit("Grant, and a record");
    let report = benchmark(&place, "--baseline tested", Exit::Clean);
    assert_eq!(report["unchanged"].as_u64().unwrap() as usize, report["policies"].as_array().unwrap().len());
    run(&place, "benchmark check --baseline tested", Exit::Clean)
        .says("unchanged, with everything that they depend on: CS-")
        .says("judged by a program that is not known")
        .says("give a record of an evaluation to compare those too");
}

#[test]
fn one_conflict_that_changed_is_all_that_must_be_tested_again() {
    let place = repository(&[]);
    place.git("tag tested");
    let ruleset = "\
apiVersion: countersign.dev/v1
kind: Ruleset
metadata: {id: house, title: Ours, version: \"1\"}
override:
  conflicts:
    P2P-01: {severity: medium}
";
    place.write(&[(".countersign/rulesets/house.yaml", ruleset)]).commit("Think less of a conflict");
    let report = benchmark(&place, "--baseline tested", Exit::Blocked);
    let again = again(&report);
    let stating = ["CS-NHI-010", "CS-SOD-001", "CS-SOD-002", "CS-SOD-003", "CS-SOD-004"];
    assert_eq!(again, stating.map(|policy| format!("{policy} P2P-01")));
    run(&place, "benchmark check --baseline tested", Exit::Blocked)
        .says("conflict P2P-01 changed")
        .says("CS-SOD-001, for P2P-01 alone");
    let csv = run(&place, "benchmark check --baseline tested --format csv", Exit::Blocked).stdout;
    assert!(csv.lines().any(|row| row == "CS-SOD-001,changed,conflict,P2P-01,changed"), "{csv}");
}

#[test]
fn a_setting_and_a_policy_of_ones_own_count() {
    let place = repository(&[]);
    place.git("tag tested");
    let policy = "\
# METADATA
# title: too many duties
# custom:
#   id: ACME-1
#   severity: low
#   scope: principal
#   input: principal/v1
package acme.many

import rego.v1

finding contains {\"message\": \"many\"} if count(input.duties) > 99
";
    place.write(&[(".countersign/policies/many.rego", policy)]).commit("A policy of our own");
    assert_eq!(again(&benchmark(&place, "--baseline tested", Exit::Blocked)), ["ACME-1"]);
    let config = format!("{CONFIG}credentials: {{max_age_days: 30}}\n");
    place.git("tag ours");
    place.write(&[("countersign.yaml", &config)]).commit("Younger credentials");
    let found = again(&benchmark(&place, "--baseline ours", Exit::Blocked));
    assert!(!found.is_empty(), "{found:?}");
    assert!(found.iter().all(|own| own.starts_with("CS-CRED-") || own.starts_with("CS-SECRET-")), "{found:?}");
}

#[test]
fn a_record_says_which_program_judged() {
    let (place, _keys, _) = history();
    let listed = run(&place, "evidence list --format csv", Exit::Clean).stdout;
    let record = listed.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let report = benchmark(&place, &format!("--baseline {record}"), Exit::Clean);
    assert!(report["baseline"]["record"].as_str().unwrap().starts_with(&record));
    assert_eq!(report["baseline"]["engine"], report["now"]["engine"]);
    assert!(!report["limits"].to_string().contains("does not say which program"), "{report:#}");
    // Another program has everything tested again.
    let line = format!("benchmark check --baseline {record} --format json");
    let other = countersign(&line, place.path()).of_version("9.9.9").run().exits(Exit::Blocked).json();
    assert_eq!(other["unchanged"], 0);
    assert_eq!(other["policies"][0]["changed"][0]["part"], "engine");
    run(&place, "benchmark check --baseline neither-of-both", Exit::Usage).complains("neither-of-both");
}
