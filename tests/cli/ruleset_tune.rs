//! `countersign ruleset tune`.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::Folder;
use super::runner::countersign;

const WORLD: &str = "\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: ledger}
spec: {type: netsuite}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: all}
spec: {system: ledger, permissions: [Bills, Pay Bills]}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: clerk}
spec: {system: ledger, permissions: [Bills]}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: payer}
spec: {system: ledger, permissions: [Pay Bills]}
---
apiVersion: countersign.dev/v1
kind: Group
metadata: {id: team}
spec: {system: ledger, members: [account:ledger/EVE, account:ledger/FAY]}
";

fn grants(to: &[(&str, &str)]) -> String {
    let one = |(who, role): &(&str, &str)| {
        format!(
            "---\napiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: ledger, to: \"{who}\", role: {role}, scope: {{legal_entity: DE01}}}}\n"
        )
    };
    let people = ["ann", "bob", "cy", "dot", "eve", "fay"]
        .map(|id| format!("---\napiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: {id}}}\nspec: {{accounts: [{{system: ledger, name: {}}}]}}\n", id.to_uppercase()));
    format!("{WORLD}{}{}", people.concat(), to.iter().map(one).collect::<String>())
}

fn tune(text: &str, line: &str) -> super::runner::Ran {
    let place = Folder::with(&[("erp.yaml", text)]);
    countersign(&format!("ruleset tune {line}"), &place.path).run().exits(Exit::Clean).without_complaint()
}

const HELD: [(&str, &str); 9] = [
    ("person:ann", "all"),
    ("person:bob", "all"),
    // Cy would keep the conflict by the other two roles.
    ("person:cy", "all"),
    ("person:cy", "clerk"),
    ("person:cy", "payer"),
    ("person:dot", "clerk"),
    ("person:dot", "payer"),
    ("group:ledger/team", "clerk"),
    ("group:ledger/team", "payer"),
];

/// How, of what, hits and what would be cleared of the causes of one conflict.
fn causes(report: &Value) -> Vec<String> {
    let causes = report["causes"].as_array().unwrap();
    causes
        .iter()
        .map(|own| {
            format!("{} {} {} {}", own["kind"].as_str().unwrap(), own["of"], own["principals"], own["conflicts"])
        })
        .collect()
}

#[test]
fn roles_groups_and_roles_together_are_told_apart() {
    let report = tune(&grants(&HELD), "--format json").json();
    let found = causes(&report);
    let of = |words: &str| found.iter().any(|own| own.starts_with(words));
    assert!(of(r#"role ["role:ledger/all"] 3"#), "{found:#?}");
    assert!(of(r#"group ["group:ledger/team"] 2"#), "{found:#?}");
    assert!(of(r#"together ["role:ledger/clerk","role:ledger/payer"] 1"#), "{found:#?}");
    let schema = countersign("schema ruleset-tune", Path::new(".")).run().json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn what_would_remain_is_what_remains() {
    let report = tune(&grants(&HELD), "--format json").json();
    let all = report["hits"].as_u64().unwrap();
    let first = &report["causes"][0];
    assert_eq!(first["of"][0], "role:ledger/all");
    // Mended for real: the role gives one side alone.
    let mended = grants(&HELD).replace("permissions: [Bills, Pay Bills]", "permissions: [Bills]");
    let after = tune(&mended, "--format json").json()["hits"].as_u64().unwrap();
    assert_eq!(first["remain"], after, "{report}");
    assert_eq!(all - first["cleared"].as_u64().unwrap(), after);
}

#[test]
fn a_conflict_that_warns_stops_nobody() {
    let place = Folder::with(&[("erp.yaml", &grants(&HELD))]);
    let tuned = || countersign("ruleset tune --format json", &place.path).run().exits(Exit::Clean).json();
    let before = tuned();
    let conflict = &before["conflicts"][0];
    let id = conflict["id"].as_str().unwrap();
    super::places::write(
        &place.path,
        "countersign.yaml",
        &format!("version: 1\nenforcement: {{conflicts: {{{id}: warn}}}}\n"),
    );
    let after = tuned();
    assert_eq!(after["stopping"], conflict["stopping_if_it_warned"], "{before}");
    let same = after["conflicts"].as_array().unwrap().iter().find(|own| own["id"] == id).unwrap();
    assert_eq!((&same["enforcement"], &same["stopping_if_it_warned"]), (&Value::from("warn"), &after["stopping"]));
}

#[test]
fn the_lines_worth_acting_on_come_first() {
    let ran = tune(&grants(&HELD), "");
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("ruleset_tune", ran.stdout);
    });
    let none = tune(WORLD, "");
    assert_eq!(none.stdout, "nobody declared here holds a conflict\n");
}
