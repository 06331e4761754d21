use super::codeowners::owners_of;
use crate::facts::{Facts, Granted};
use crate::formats::trees::tree;
use crate::formats::{Class, Reader, Reading};
use crate::rules::{RuleFile, Rules};
use crate::source::SourceFile;

const SYSTEMS: &str = "\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: ledger-de}
spec: {type: netsuite}
---
apiVersion: countersign.dev/v1
kind: System
metadata: {id: bank}
spec: {type: sap}
";

fn read(files: &[(&str, &str)]) -> Reading {
    let tree = tree(files);
    let of = |file: &SourceFile| Some(RuleFile { path: file.path.clone(), bytes: file.bytes()?.clone() });
    let rules = Rules::load(&tree.files.iter().filter_map(of).collect::<Vec<_>>(), None).unwrap();
    Reader::default().read(&tree, &rules)
}

/// What a tree says of the gate, one line a grant.
fn powers(files: &[(&str, &str)]) -> Vec<String> {
    let reading = read(files);
    let facts: Vec<&Facts> =
        reading.units.iter().filter(|unit| unit.format == super::NAME).map(|unit| &*unit.facts).collect();
    let mut lines: Vec<String> = facts
        .iter()
        .flat_map(|facts| &facts.grants)
        .map(|grant| {
            let Granted::Role(role) = &grant.what else { panic!("{grant:?}") };
            let until = grant.validity.until.map(|until| format!(" until {}", crate::rules::day(until - 1)));
            format!("{} {} [{}]{}", grant.to, role.name, grant.scope, until.unwrap_or_default())
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn control_owners_give_every_record_until_there_is_a_row() {
    let owners = "authority:\n  control_owners: ['person:a']\n";
    assert_eq!(
        powers(&[("countersign.yaml", owners)]),
        [
            "person:a access-approver [every system]",
            "person:a control-owner []",
            "person:a emergency-approver [every system]",
            "person:a exception-approver [every system]",
        ]
    );
    let row = format!("{owners}  approvers: [{{people: ['person:b'], records: [exception, review_decision]}}]\n");
    assert_eq!(
        powers(&[("countersign.yaml", &row)]),
        ["person:a control-owner []", "person:b exception-approver [every system]", "person:b reviewer [every system]"]
    );
}

#[test]
fn a_row_gives_its_powers_on_its_systems_and_scope() {
    let config = "authority:\n  approvers:\n    - people: ['person:a']\n      records: [approval]\n      \
                  systems: ['ledger-*', 'payroll']\n      scope: {legal_entity: DE01}\n";
    assert_eq!(
        powers(&[("countersign.yaml", config), ("systems.yaml", SYSTEMS)]),
        ["person:a access-approver [legal entity DE01, system ledger-de and payroll]"]
    );
}

#[test]
fn a_deputy_has_what_the_other_has_for_that_time() {
    let config = "gate: {repository: Acme/Access}\nauthority:\n  control_owners: ['person:a']\n  \
                  approvers: [{people: ['person:a'], records: [emergency]}]\n  deputies:\n    \
                  - {of: 'person:a', person: 'person:b', from: 2026-11-01, until: 2026-11-30}\n    \
                  - {of: 'person:b', person: 'person:c', from: 2026-11-01, until: 2026-11-30}\n";
    assert_eq!(
        powers(&[("countersign.yaml", config)]),
        [
            "person:a control-owner [policy repository acme/access]",
            "person:a emergency-approver [every system]",
            "person:b control-owner [policy repository acme/access] until 2026-11-30",
            "person:b emergency-approver [every system] until 2026-11-30",
        ]
    );
}

#[test]
fn write_access_counts_whoever_gives_it() {
    let org = "\
orgs:
  Acme:
    admins: [root]
    members: [bo]
    default_repository_permission: write
    repos: {access: {collaborators: {eve: maintain, dan: triage}}, shop: {collaborators: {fay: admin}}}
";
    assert_eq!(
        powers(&[("countersign.yaml", "gate: {repository: acme/Access}\n"), ("org/github.yaml", org)]),
        [
            "account:github:acme/eve rules-author [policy repository acme/access]",
            "account:github:acme/root rules-author [policy repository acme/access]",
            "group:github:acme/org-members rules-author [policy repository acme/access]",
        ]
    );
    assert_eq!(powers(&[("countersign.yaml", "version: 1\n"), ("org/github.yaml", org)]), [""; 0]);
}

#[test]
fn code_owners_count_wherever_the_rules_are() {
    let config = "gate: {repository: acme/access}\nexclude: ['CODEOWNERS']\npolicies: [rego]\n";
    let owners = "/shop/ @shop\n/rego/ @Rego @acme/The-Board\n";
    let policy = "package x\n";
    let reading = read(&[("countersign.yaml", config), ("CODEOWNERS", owners)]);
    assert_eq!(reading.classes, [Class::Excluded, Class::Rule]);
    let files = [("countersign.yaml", config), ("CODEOWNERS", owners), ("rego/a.rego", policy)];
    assert_eq!(
        powers(&files),
        [
            "account:github:acme/rego code-owner [policy repository acme/access]",
            "group:github:acme/The-Board code-owner [policy repository acme/access]",
        ]
    );
    assert_eq!(read(&files).classes[0], Class::Definition);
    // The first place counts, even if it names nobody.
    let other = [files[0], files[1], files[2], (".github/CODEOWNERS", "* nobody\n")];
    assert_eq!(powers(&other), [""; 0]);
}

#[test]
fn the_last_pattern_that_matches_a_path_decides() {
    let written = "* @all\n/.countersign/ @rules\n/.countersign/policies/*.rego @rego @two\n";
    assert_eq!(owners_of(written, "src/main.rs"), ["@all"]);
    assert_eq!(owners_of(written, ".countersign/policies/a.rego"), ["@rego", "@two"]);
    assert_eq!(owners_of(written, ".countersign/policies/deep/a.rego"), ["@rules"]);
    assert_eq!(owners_of(written, ".countersign/allowed_signers"), ["@rules"]);
}

#[test]
fn patterns_mean_what_github_says() {
    // The examples of GitHub's documentation.
    let owns = |pattern: &str, path: &str| owners_of(&format!("{pattern} @a"), path) == ["@a"];
    assert!(owns("*", "countersign.yaml") && owns("*", "a/b/c"));
    assert!(owns("*.js", "x.js") && owns("*.js", "a/b/x.js") && !owns("*.js", "x.ts"));
    assert!(owns("/build/logs/", "build/logs/a/b") && !owns("/build/logs/", "x/build/logs/a"));
    assert!(!owns("/build/logs/", "build/logs"));
    assert!(owns("docs/*", "docs/a.md") && !owns("docs/*", "docs/build/a.md"));
    assert!(owns("apps/", "apps/a") && owns("apps/", "x/y/apps/a/b"));
    assert!(owns("/docs/", "docs/a/b") && !owns("/docs/", "x/docs/a"));
    assert!(owns("**/logs", "build/logs/a") && owns("**/logs", "deep/er/logs/a") && owns("**/logs", "logs/a"));
    assert!(owns("/scripts/**", "scripts/a/b"));
    assert!(owns("a/**/z", "a/z") && owns("a/**/z", "a/b/c/z") && !owns("a/**/z", "b/a/z"));
    assert!(owns("/a\\ b.yaml", "a b.yaml"));
    assert!(!owns("Countersign.yaml", "countersign.yaml"), "paths have case");
}

#[test]
fn a_pattern_without_owners_leaves_a_path_to_nobody() {
    assert_eq!(owners_of("* @a\n/countersign.yaml\n", "countersign.yaml"), [""; 0]);
    assert_eq!(owners_of("* @a\n/countersign.yaml # @b\n", "countersign.yaml"), [""; 0]);
}

#[test]
fn lines_that_are_not_understood_are_passed_over() {
    for line in ["!countersign.yaml @b", "\\#x @b", "[c]ountersign.yaml @b", "countersign.yaml nobody", "/ @b", "#* @b"]
    {
        assert_eq!(owners_of(&format!("* @a\n{line}\n"), "countersign.yaml"), ["@a"], "{line}");
    }
}

#[test]
fn a_line_that_is_no_text_is_passed_over() {
    assert_eq!(owners_of("* @a\r\n  \t\r\n/x @b\r\n", "x"), ["@b"]);
    assert_eq!(owners_of("* @a b\u{e9}l@acme.example\n", "x"), ["@a", "b\u{e9}l@acme.example"]);
}

#[test]
fn a_pattern_cannot_run_away() {
    let pattern = "**/a/".repeat(400);
    let path = "a/".repeat(2000);
    assert_eq!(owners_of(&format!("/{pattern} @a"), &format!("{path}b")), ["@a"]);
}
