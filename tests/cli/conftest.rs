//! `countersign check --conftest`: policies that were written for Conftest.

use countersign::cli::Exit;

use super::places::{Folder, Repository, write};
use super::runner::{check, countersign, findings};

const DEPLOYMENT: &str = "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n";

const MAIN: &str = r#"package main

import rego.v1

deny contains msg if {
	input.kind == "Deployment"
	not input.spec.nonRoot
	msg := sprintf("%s must not run as root", [input.metadata.name])
}

warn contains {"msg": "one replica only", "details": {}} if input.spec.replicas == 1
"#;

fn place(policy: &str, files: &[(&str, &str)]) -> Folder {
    let place = Folder::new();
    write(&place.path, "policy/main.rego", policy);
    files.iter().for_each(|(path, text)| write(&place.path, path, text));
    place
}

#[test]
fn what_deny_finds_blocks_and_what_warn_finds_does_not() {
    let place = place(MAIN, &[("k8s/web.yaml", DEPLOYMENT)]);
    let ran = check("--conftest policy --output json --no-record", &place.path).exits(Exit::Blocked);
    assert_eq!(
        findings(&ran.json()),
        [
            "introduced conftest/main/deny configuration:k8s/web.yaml!",
            "introduced conftest/main/warn configuration:k8s/web.yaml",
        ]
    );
    let report = ran.json();
    assert_eq!(report["findings"][0]["severity"], "high");
    assert_eq!(report["findings"][1]["severity"], "medium");
    assert_eq!(report["findings"][0]["message"], "web must not run as root");
    check("--conftest policy --no-record", &place.path)
        .exits(Exit::Blocked)
        .says("conftest/main/deny high")
        .says("web must not run as root")
        .says("k8s/web.yaml:1")
        .says("again countersign check --as-of 2026-11-21T00:00:00Z --conftest policy");
    write(&place.path, "countersign.yaml", "version: 1\nenforcement: {policies: {conftest/main/deny: warn}}\n");
    check("--conftest policy --no-record", &place.path).exits(Exit::Clean);
}

#[test]
fn head_is_compared_with_base_document_by_document() {
    let place = Folder::new();
    let two = format!("{DEPLOYMENT}---\n{}", DEPLOYMENT.replace("web", "api"));
    write(&place.path, "policy/main.rego", MAIN);
    write(&place.path, "old/a.yaml", &two);
    write(&place.path, "new/a.yaml", &two.replace("name: api", "name: cron"));
    let ran = check("new --base old --conftest policy --output json --no-record", &place.path).exits(Exit::Blocked);
    let mut all = findings(&ran.json());
    all.retain(|line| line.contains("/deny"));
    assert_eq!(
        all,
        [
            "existing conftest/main/deny configuration:a.yaml#Deployment/web",
            "introduced conftest/main/deny configuration:a.yaml#Deployment/cron!",
            "resolved conftest/main/deny configuration:a.yaml#Deployment/api",
        ]
    );
    // Another order says the same.
    let turned = format!("{}---\n{DEPLOYMENT}", DEPLOYMENT.replace("web", "api"));
    write(&place.path, "new/a.yaml", &turned);
    check("new --base old --conftest policy --no-record", &place.path).exits(Exit::Clean);
}

#[test]
fn every_kind_of_file_is_read_and_what_is_excluded_is_not() {
    let policy = "package main\n\nimport rego.v1\n\ndeny contains sprintf(\"%v\", [input.a]) if input.a\n";
    let place = place(
        policy,
        &[
            ("a.json", "{\"a\": 1}"),
            ("b.toml", "a = 2"),
            ("c.tf", "a = 3"),
            ("d.tfvars", "a = \"${var.x}\""),
            ("e.txt", "a: 5"),
            ("vendor/f.yaml", "a: 6"),
            ("countersign.yaml", "version: 1\nexclude: [\"vendor/**\"]\n"),
            ("g.yaml", "a: {{ .Values.a }}\n"),
        ],
    );
    let report = check("--conftest policy --output json --no-record", &place.path).exits(Exit::Blocked).json();
    let mut said: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|own| own["message"].as_str().unwrap()).collect();
    said.sort_unstable();
    assert_eq!(said, ["${var.x}", "1", "2", "3"]);
    let unresolved = report["unresolved"].to_string();
    assert!(unresolved.contains("no Conftest policy is asked about this file"), "{unresolved}");
    assert!(unresolved.contains("g.yaml"), "{unresolved}");
}

#[test]
fn packages_and_data_are_named() {
    let policy = "package team.ports\n\nimport rego.v1\n\nviolation_port contains msg if {\n\tinput.port in \
                  data.lists.ports\n\tmsg := \"port\"\n}\n";
    let place = place(policy, &[("a.yaml", "port: 22"), ("lists/denied.yaml", "lists: {ports: [22]}\n")]);
    let ran = check("--conftest policy --no-record", &place.path).exits(Exit::Usage);
    assert!(ran.stderr.contains("--namespace"), "{}", ran.stderr);
    check("--conftest policy --namespace team.* --no-record", &place.path).exits(Exit::Clean);
    let line = "--conftest policy --namespace team.* --conftest-data lists --output json --no-record";
    let ran = check(line, &place.path).exits(Exit::Blocked);
    assert_eq!(findings(&ran.json()), ["introduced conftest/team.ports/violation_port configuration:a.yaml!"]);
    check("--namespace main", &place.path).exits(Exit::Usage);
}

#[test]
fn a_policy_that_fails_ends_the_run() {
    let place = place("package main\n\nimport rego.v1\n\ndeny if input.a\n", &[("a.yaml", "a: 1")]);
    let ran = check("--conftest policy --no-record", &place.path).exits(Exit::Usage);
    assert!(ran.stderr.contains("the policy conftest/main/deny failed on a.yaml"), "{}", ran.stderr);
    write(&place.path, "policy/main.rego", "package main\n\ndeny[msg] {\n");
    let ran = check("--conftest policy --no-record", &place.path).exits(Exit::Usage);
    assert!(ran.stderr.contains("neither of v1 nor of v0"), "{}", ran.stderr);
}

#[test]
fn a_change_may_not_edit_the_policies_that_judge_it() {
    let place = Repository::with(&[("policy/main.rego", MAIN), ("a.yaml", "a: 1\n")]);
    place.branch("topic", "main").write(&[("policy/main.rego", &MAIN.replace("deny", "warn"))]).commit("Loosen");
    let ran = check("--base main --conftest policy", place.path()).exits(Exit::Usage);
    assert!(ran.stderr.contains("is edited by the change that it would judge"), "{}", ran.stderr);
}

#[test]
fn what_was_found_is_found_again_from_the_evidence_unless_engines_disagree_on_how() {
    let place = place(MAIN, &[("k8s/web.yaml", DEPLOYMENT), ("b.yaml", "no: definition\n")]);
    check("--conftest policy", &place.path).exits(Exit::Blocked);
    let again = || countersign("evidence reperform --all", &place.path).run();
    again().exits(Exit::Clean).says("1 of 1 came out the same");
    let clock = MAIN.replace("input.spec.replicas == 1", "time.now_ns() > 0");
    write(&place.path, "policy/main.rego", &clock);
    check("--conftest policy", &place.path).exits(Exit::Blocked).says("Conftest policies call time.now_ns");
    let ran = again();
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("time.now_ns"), "{}{}", ran.stdout, ran.stderr);
    assert_ne!(ran.exit, Exit::Clean);
}

#[test]
fn a_run_whose_conftest_policy_failed_fails_again() {
    let place = place("package main\n\nimport rego.v1\n\ndeny if input.a\n", &[("a.yaml", "a: 1")]);
    check("--conftest policy", &place.path).exits(Exit::Usage);
    countersign("evidence reperform --all", &place.path).run().exits(Exit::Clean).says("1 of 1 came out the same");
}
