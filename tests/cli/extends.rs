//! Organisation rules: a repository tightens what it extends, and cannot get rid of it unseen.

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, Repository};
use super::runner::{Ran, check, countersign, findings};
use super::world::{BILLS, CONFIG, CONFLICT, PAYMENTS, START};

/// What is in scope here carries no process.
const UNMAPPED: &str = "introduced CS-SCOPE-001 system:ledger";
const THERE: &str = "existing CS-SCOPE-001 system:ledger";
/// Olga owns the rules of every repository and has adopted what bills with payments are a conflict of.
const ORG: &str = "\
version: 1
rulesets: [{id: cs-p2p, owner: person:olga.brandt}]
authority: {control_owners: [person:olga.brandt]}
in_scope: [\"grants/**\"]
";
const ADDRESS: &str = "https://git.example/org/rules.git";

/// A configuration that extends something, with the digest that the error names for it.
fn extending(place: &std::path::Path, entry: &str, own: &str) -> String {
    let config = |digest: &str| format!("extends:\n  - {{{entry}{digest}}}\n{own}");
    super::places::write(place, "countersign.yaml", &config(""));
    let told = countersign("policy list", place).run().exits(Exit::Usage).stderr;
    let told: String = told.split_whitespace().collect();
    let (_, rest) = told.split_once("`digest:").unwrap_or_else(|| panic!("{told}"));
    let digest: String = rest.chars().filter(char::is_ascii_hexdigit).take(64).collect();
    config(&format!(", digest: {digest}"))
}

/// A repository whose main branch extends a folder of its own, and holds what else is given.
fn vendored(own: &str, more: &[(&str, &str)]) -> Repository {
    let place = Repository::unborn();
    let start = START.iter().chain(more).filter(|(path, _)| *path != "countersign.yaml");
    place.write(&start.copied().collect::<Vec<_>>()).write(&[("org/countersign.yaml", ORG)]);
    let config = extending(place.path(), "folder: org", own);
    place.write(&[("countersign.yaml", &config)]).commit("Start");
    place
}

fn judged(place: &Repository) -> Ran {
    countersign("check --base main --head change --output json", place.path()).with_its_binary().run()
}

fn effects(report: &Value) -> Vec<String> {
    let effects = report["rules_change"]["effects"].as_array().cloned().unwrap_or_default();
    let word = |effect: &Value, key: &str| effect[key].as_str().unwrap_or_default().to_owned();
    effects.iter().map(|effect| format!("{} {}", word(effect, "weight"), word(effect, "kind"))).collect()
}

#[test]
fn rules_of_a_commit_that_was_fetched_judge_a_change() {
    let org = Repository::with(&[("rules/countersign.yaml", ORG), ("README.md", "Rules\n")]);
    let commit = org.git("rev-parse HEAD");
    let place = Repository::with(&[START, &[BILLS]].concat());
    let entry = format!("commit: {commit}, from: '{ADDRESS}', folder: rules");

    place.write(&[("countersign.yaml", &format!("extends: [{{{entry}}}]\n"))]);
    check("", place.path())
        .exits(Exit::Usage)
        .complains("this commit is not in this repository, and nothing is fetched here")
        .complains(&format!("`git fetch --depth=1 {ADDRESS} {commit}` gets it"));

    place.git(&format!("fetch --quiet --depth=1 {} {commit}", org.path().display()));
    let config = extending(place.path(), &entry, "version: 1\n");
    place.write(&[("countersign.yaml", &config)]).commit("Extend");
    place.branch("change", "main").write(&[PAYMENTS]).commit("Pay");
    let report = judged(&place).exits(Exit::Blocked).json();
    assert_eq!(findings(&report), [THERE, CONFLICT]);
}

#[test]
fn every_command_that_reads_rules_reads_those_that_they_extend() {
    let place = vendored("version: 1\n", &[BILLS]);
    let policy = "# METADATA\n# title: a person holds a duty\n# custom:\n#   id: ORG-001\n#   severity: low\n#   scope: \
                  principal\n#   input: principal/v1\n#   remediation: None.\npackage org.one\n\nimport rego.v1\n\nfinding \
                  contains {\"message\": \"x\"} if false\n";
    let ruleset = "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {id: org, version: '1', title: Org}\nadd: {duties: \
                   {ORG-D: {title: keep the ledger, process: IT, bindings: {netsuite: {origin: us, any: [Bills]}}}}}\n";
    place.write(&[("org/.countersign/policies/one.rego", policy), ("org/.countersign/rulesets/org.yaml", ruleset)]);
    let config = extending(place.path(), "folder: org", "version: 1\n");
    place.write(&[("countersign.yaml", &config)]).commit("More");
    let run = |line: &str| countersign(line, place.path()).run().exits(Exit::Clean);
    run("policy list").says("ORG-001");
    run("ruleset show ORG-D").says("keep the ledger");
    run("access mira.vale --why ORG-D").says("Bills");
    run("who-can ORG-D").says("mira.vale");
    run("who-can POLA").says("olga.brandt");
    run("approval list").says("there is no approval");
}

#[test]
fn outside_of_a_repository_a_folder_is_extended_and_a_commit_is_not() {
    let folder = Folder::with(START).and(&[BILLS, PAYMENTS, ("org/countersign.yaml", ORG)]);
    let config = extending(&folder.path, "folder: org", "version: 1\n");
    let folder = folder.and(&[("countersign.yaml", &config)]);
    assert_eq!(findings(&check("--output json", &folder.path).exits(Exit::Blocked).json()), [UNMAPPED, CONFLICT]);

    let config = format!("extends: [{{commit: {}, from: '{ADDRESS}'}}]\n", "a".repeat(40));
    let folder = folder.and(&[("countersign.yaml", &config)]);
    check("", &folder.path)
        .exits(Exit::Usage)
        .complains("rules of a commit are extended, and there is no git repository here to read it from");
}

#[test]
fn loosening_is_refused_and_tightening_counts() {
    let place = vendored("version: 1\n", &[BILLS, PAYMENTS]);
    let config = |own: &str| extending(place.path(), "folder: org", own);
    place.write(&[("countersign.yaml", &config("enforcement: {conflicts: {P2P-13: warn}}\n"))]);
    check("", place.path())
        .exits(Exit::Usage)
        .complains("the rules that these extend say block for P2P-13, and this says warn")
        .complains("write `block`, or leave the entry out");
    place.write(&[("countersign.yaml", &config("enforcement: {policies: {CS-NHI-001: record}}\n"))]);
    check("", place.path()).exits(Exit::Usage).complains("for CS-NHI-001, and this says record");
    place.write(&[("countersign.yaml", &config("exclude: [\"grants/**\"]\n"))]);
    assert_eq!(findings(&check("--output json", place.path()).exits(Exit::Blocked).json()), [UNMAPPED, CONFLICT]);
}

#[test]
fn a_change_that_drops_what_is_extended_is_stopped() {
    let place = vendored("version: 1\n", &[]);
    place.branch("change", "main").write(&[("countersign.yaml", CONFIG)]).commit("On our own");
    let report = judged(&place).exits(Exit::Blocked).json();
    assert_eq!(findings(&report), ["introduced CS-GATE-001 repository!"]);
    assert!(effects(&report).contains(&"weakens extends_dropped".to_owned()), "{:?}", effects(&report));
    assert!(report.to_string().contains("the rules of org would no longer bind"));
}

#[test]
fn a_folder_that_is_extended_changes_with_its_digest_and_is_seen() {
    let place = vendored("version: 1\n", &[BILLS]);
    let weaker = format!("{ORG}enforcement: {{conflicts: {{P2P-13: warn}}}}\n");
    place.branch("edited", "main").write(&[("org/countersign.yaml", &weaker), PAYMENTS]).commit("Edit");
    let ran = countersign("check --base main --head edited --output json", place.path()).with_its_binary().run();
    let report = ran.exits(Exit::Blocked).json();
    assert_eq!(effects(&report), ["weakens rules_do_not_load"], "the pin does not fit");

    place.branch("change", "edited");
    let config = extending(place.path(), "folder: org", "version: 1\n");
    place.write(&[("countersign.yaml", &config)]).commit("Pin");
    let report = judged(&place).exits(Exit::Blocked).json();
    // The rules of the target judge: the conflict is stopped as well.
    assert_eq!(findings(&report), [THERE, "introduced CS-GATE-001 repository!", CONFLICT]);
    assert_eq!(effects(&report), ["weakens enforcement_lowered", "alters extends_changed"]);
    let paths: Vec<&str> = report["rules_differ"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(paths, ["countersign.yaml", "org/countersign.yaml"]);
}

#[test]
fn a_change_that_pins_another_commit_is_judged_by_the_first_and_compared_with_both() {
    let org = Repository::with(&[("countersign.yaml", ORG)]);
    let first = org.git("rev-parse HEAD");
    let limits = format!("{ORG}limits: {{approvals: {{max_days: 30}}}}\n");
    let second = org.write(&[("countersign.yaml", &limits)]).commit("Limits");
    let place = Repository::with(START);
    let fetch = |commit: &str| place.git(&format!("fetch --quiet --depth=1 {} {commit}", org.path().display()));
    let entry = |commit: &str| format!("commit: {commit}, from: '{ADDRESS}'");
    fetch(&first);
    let config = extending(place.path(), &entry(&first), "version: 1\n");
    place.write(&[("countersign.yaml", &config)]).commit("Extend");

    fetch(&second);
    place.branch("change", "main");
    let config = extending(place.path(), &entry(&second), "version: 1\n");
    place.write(&[("countersign.yaml", &config)]).commit("Pin");
    let report = judged(&place).exits(Exit::Blocked).json();
    assert_eq!(findings(&report), ["introduced CS-GATE-001 repository!"]);
    assert_eq!(effects(&report), ["alters extends_changed", "tightens limit_lowered"]);

    // One that nobody fetched does not load, and says how to get it.
    let third = "b".repeat(40);
    place.branch("unfetched", "main").write(&[("countersign.yaml", &config.replace(&second, &third))]).commit("Pin");
    let ran = countersign("check --base main --head unfetched --output json", place.path()).with_its_binary().run();
    let report = ran.exits(Exit::Blocked).json();
    assert_eq!(effects(&report), ["weakens rules_do_not_load"]);
    let text = report["rules_change"]["effects"][0]["text"].as_str().unwrap();
    assert!(text.ends_with(&format!("; `git fetch --depth=1 {ADDRESS} {third}` gets it")), "{text}");
}

#[test]
fn the_schema_of_the_configuration_says_that_what_is_extended_is_pinned() {
    let schema = countersign("schema config", std::path::Path::new("/")).run().exits(Exit::Clean).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let with = |entry: Value| serde_json::json!({ "version": 1, "extends": [entry] });
    let digest = "0".repeat(64);
    assert!(schema.is_valid(&with(serde_json::json!({ "folder": "org", "digest": digest }))));
    assert!(!schema.is_valid(&with(serde_json::json!({ "folder": "org" }))));
    assert!(!schema.is_valid(&with(serde_json::json!({ "foldr": "org", "digest": digest }))));
}
