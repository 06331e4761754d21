//! `countersign test`: the tests of policies.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use countersign::cli::Exit;

use super::places::{Folder, write};
use super::runner::{binary, countersign, flowing};

const POLICY: &str = r#"# METADATA
# title: somebody uses many accounts
# custom:
#   id: ACME-ACCESS-001
#   severity: high
#   scope: principal
#   input: principal/v1
package acme.access.many

import rego.v1

finding contains {"message": sprintf("%s uses %d accounts", [input.id, count(input.accounts)])} if {
	count(input.accounts) > limit
}

limit := 1 if input.kind == "person"

limit := 3 if {
	input.kind == "service"
	not input.shared
}
"#;

const HEAD: &str = "package acme.access.many_test\n\nimport rego.v1\n\nimport data.acme.access.many\n\n";

const FIRES: &str = "test_fires_on_two if {\n\tfound := many.finding with input as {\"id\": \"person:ann\", \"kind\": \
                     \"person\", \"accounts\": [1, 2]}\n\tcount(found) == 1\n}\n\n";

const SILENT: &str = "test_silent_on_one if {\n\tcount(many.finding) == 0 with input as {\"kind\": \"person\", \"accounts\": [1]}\n}\n\n";

fn place(tests: &str) -> Folder {
    let place = Folder::new();
    write(&place.path, "policies/many.rego", POLICY);
    write(&place.path, "policies/many_test.rego", &format!("{HEAD}{tests}"));
    place
}

#[test]
fn tests_that_hold_are_counted_by_policy() {
    let place = place(&format!("{FIRES}{SILENT}todo_test_of_services if false\n"));
    let ran = countersign("test policies", &place.path).run().exits(Exit::Clean).without_complaint();
    assert_eq!(ran.stdout, "ACME-ACCESS-001  policies/many.rego  2 passed, 1 to do\n\n2 passed, 0 failed, 1 to do\n");
}

#[test]
fn a_test_that_does_not_hold_says_where_and_what_stood_there() {
    let wrong = FIRES.replace("== 1", "== 2");
    let place = place(&format!("{wrong}{SILENT}"));
    let ran = countersign("test policies/", &place.path).run().exits(Exit::Blocked).without_complaint();
    assert_eq!(
        ran.stdout,
        "ACME-ACCESS-001  policies/many.rego  1 passed, 1 failed\n\n\
         failed  acme.access.many_test.test_fires_on_two  policies/many_test.rego:7\n  \
         line 9 does not hold: count(found) == 2\n    \
         count(found) is 1\n    \
         found is [{\"message\":\"person:ann uses 2 accounts\"}]\n\n1 passed, 1 failed\n"
    );
}

#[test]
fn whatever_is_not_true_is_a_failure() {
    let cases = [
        ("test_a if many.nothing", "failed", "does not hold: many.nothing"),
        ("test_a := false", "failed", "it is false"),
        ("test_a := {\"b\": 1}", "failed", "its value is {\"b\":1} and not true"),
        ("test_a contains 1 if true", "failed", "its value is [1] and not true"),
        ("test_a if {\n\tx := 1 / 0\n\tx == 1\n}", "error", "policies/many_test.rego:7"),
        ("test_a if not true", "failed", "does not hold: not true"),
        ("test_a(x) if x", "error", "a test takes no arguments"),
    ];
    for (test, word, wanted) in cases {
        let place = place(test);
        let ran = countersign("test policies", &place.path).run().exits(Exit::Blocked);
        assert!(ran.stdout.contains(&format!("{word}  acme.access.many_test.test_a")), "{test}: {}", ran.stdout);
        assert!(ran.stdout.contains(wanted), "{test}: {}", ran.stdout);
    }
}

#[test]
fn that_nothing_was_tested_is_said_and_is_no_success() {
    let place = place("helper := 1\n");
    let ran = countersign("test policies", &place.path).run().exits(Exit::NothingCollected);
    assert!(ran.stdout.contains("ACME-ACCESS-001  policies/many.rego  no tests"), "{}", ran.stdout);
    assert!(ran.stdout.contains("policies/many_test.rego defines no test"), "{}", ran.stdout);
    assert!(ran.stdout.contains("no test ran"), "{}", ran.stdout);
    // Beside tests that hold, a file of tests without any is still none.
    write(&place.path, "policies/other_test.rego", "package other\n\ntest_a := true\n");
    countersign("test policies", &place.path).run().exits(Exit::NothingCollected);
    write(&place.path, "policies/many_test.rego", &format!("{HEAD}{FIRES}"));
    countersign("test policies", &place.path).run().exits(Exit::Clean);
}

#[test]
fn an_expression_or_a_file_chooses() {
    let place = place(&format!("{}{SILENT}", FIRES.replace("== 1", "== 2")));
    let ran = countersign("test policies --run silent", &place.path).run().exits(Exit::Clean);
    assert!(ran.stdout.ends_with("\n1 passed, 0 failed\n"), "{}", ran.stdout);
    countersign("test policies --run many_test.test_fires", &place.path).run().exits(Exit::Blocked);
    countersign("test policies --run nobody", &place.path).run().exits(Exit::NothingCollected);
    let ran = countersign("test policies --run (", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("is not a regular expression"), "{}", ran.stderr);
    write(&place.path, "policies/good.rego", "package good\n\nx := 1\n");
    write(&place.path, "policies/good_test.rego", "package good\n\ntest_x if x == 1\n");
    countersign("test policies/good_test.rego", &place.path).run().exits(Exit::Clean);
    countersign("test policies/many_test.rego", &place.path).run().exits(Exit::Blocked);
}

#[test]
fn the_configuration_names_the_policies() {
    let place = place(&format!("{FIRES}{SILENT}"));
    let ran = countersign("test", &place.path).run().exits(Exit::Usage);
    assert!(flowing(&ran.stderr).contains("countersign policy new ID"), "{}", ran.stderr);
    write(&place.path, "countersign.yaml", "version: 1\npolicies: [policies]\n");
    let ran = countersign("test", &place.path).run().exits(Exit::Clean);
    assert!(ran.stdout.contains("2 passed"), "{}", ran.stdout);
}

#[test]
fn what_is_not_rego_or_could_do_harm_is_refused_at_its_place() {
    let place = place(FIRES);
    write(&place.path, "policies/broken_test.rego", "package a\n\ntest_a if {\n");
    let ran = countersign("test policies", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("not Rego") && ran.stderr.contains("broken_test.rego"), "{}", ran.stderr);
    write(&place.path, "policies/broken_test.rego", "package a\n\nf(x) := f(x)\n\ntest_a if f(1)\n");
    let ran = countersign("test policies", &place.path).run().exits(Exit::Usage);
    assert!(ran.stderr.contains("calls itself"), "{}", ran.stderr);
}

#[test]
fn coverage_names_the_lines_that_no_test_evaluates() {
    let place = place(&format!("{FIRES}{SILENT}"));
    write(&place.path, "policies/none.rego", "package none\n\nimport rego.v1\n\na := 1\n\nb if {\n\ta == 1\n}\n");
    let ran = countersign("test policies --coverage", &place.path).run().exits(Exit::Clean);
    assert!(ran.stdout.contains("policies/many.rego  2 passed; "), "{}", ran.stdout);
    assert!(ran.stdout.contains("of its lines evaluated, not 18, 20\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("no tests; 0% of its lines evaluated, not 5, 8\n"), "{}", ran.stdout);
    let ran = countersign("test policies --coverage --threshold 50", &place.path).run().exits(Exit::Blocked);
    assert!(ran.stdout.contains("policies/none.rego: fewer than 50% of its lines"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("policies/many.rego: fewer"), "{}", ran.stdout);
    countersign("test policies --threshold 50", &place.path).run().exits(Exit::Usage);
    countersign("test policies --coverage --threshold 101", &place.path).run().exits(Exit::Usage);
}

#[test]
fn programs_read_it_as_json_and_as_junit() {
    let place = place(&format!("{}{SILENT}todo_test_b if true\n", FIRES.replace("== 1", "== 2 # <&>")));
    let ran = countersign("test policies --coverage --output json", &place.path).run().exits(Exit::Blocked);
    let schema = countersign("schema policy-tests", &place.path).run().exits(Exit::Clean).json();
    let report = ran.json();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let outcomes: Vec<&str> =
        report["tests"].as_array().unwrap().iter().map(|test| test["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["failed", "passed", "to_do"]);
    assert_eq!(report["tests"][0]["failure"]["line"], 9);
    assert_eq!(report["policies"][0]["id"], "ACME-ACCESS-001");
    let junit = countersign("test policies --output junit", &place.path).run().exits(Exit::Blocked).stdout;
    assert!(
        junit.contains("<testsuites name=\"countersign test\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\">")
    );
    assert!(junit.contains("<failure message=\"it does not hold\">"), "{junit}");
    assert_eq!(junit.matches("<testcase ").count(), 3);
    assert!(!junit.contains("<&>"), "{junit}");
}

#[test]
fn what_a_test_prints_is_shown_where_it_fails() {
    let place = place("test_a if {\n\tprint(\"seen\", many.limit)\n\tmany.limit == 9\n}\n");
    let ran = countersign("test policies", &place.path).run().exits(Exit::Blocked);
    assert!(ran.stdout.contains("printed "), "{}", ran.stdout);
    assert!(ran.stdout.contains("many.limit is undefined"), "{}", ran.stdout);
}

#[test]
fn the_policies_that_ship_with_the_binary_pass_their_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = countersign("test policies", root).run().exits(Exit::Clean).without_complaint();
    assert!(!ran.stdout.contains("no tests"), "{}", ran.stdout);
    assert!(ran.stdout.lines().filter(|line| line.starts_with("CS-")).count() > 40, "{}", ran.stdout);
}

#[test]
fn watching_runs_them_again_when_a_file_changes() {
    let place = place(FIRES);
    let mut child = Command::new(binary())
        .args(["test", "policies", "--watch"])
        .current_dir(&place.path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = |wanted: &str| {
        let found = lines.by_ref().find(|line| line.contains(" failed") && !line.starts_with("failed"));
        assert_eq!(found.as_deref(), Some(wanted));
        assert!(lines.by_ref().any(|line| line.starts_with("waiting for a change")));
    };
    next("1 passed, 0 failed");
    write(&place.path, "policies/many_test.rego", &format!("{HEAD}{FIRES}{SILENT}"));
    next("2 passed, 0 failed");
    child.kill().unwrap();
    child.wait().unwrap();
}
