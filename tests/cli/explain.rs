//! `countersign explain`: what an id means, by examples that are so.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, write};
use super::runner::{check, countersign, findings};
use super::world;

fn explain(line: &str, place: &Path) -> super::runner::Ran {
    countersign(&format!("explain {line}"), place).run()
}

/// Every policy that ships, with its file.
fn built_in() -> Vec<(String, String)> {
    let place = Folder::new();
    let page = countersign("policy doc --output json", &place.path).run().json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let policies = page["policies"].as_array().unwrap().iter();
    policies.map(|policy| (text(&policy["id"]), text(&policy["file"]).replace("built-in/", "policies/"))).collect()
}

fn put(folder: &Path, files: &Value) {
    for file in files.as_array().into_iter().flatten() {
        write(folder, file["path"].as_str().unwrap(), file["text"].as_str().unwrap());
    }
}

/// What a policy finds in an example: its own findings, and whatever could not be evaluated in it.
fn found(policy: &str, file: &str, beside: &Value, example: &Value) -> Vec<String> {
    let place = Folder::new();
    if example["files"][0].get("path").is_none() {
        write(&place.path, "input.json", example["files"][0]["text"].as_str().unwrap());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let line = format!("policy eval {} --input input.json --json", file.display());
        let report = countersign(&line, &place.path).run().exits(Exit::Clean).json();
        return report["findings"].as_array().unwrap().iter().map(|own| own["message"].to_string()).collect();
    }
    let (head, base) = (place.path.join("head"), place.path.join("base"));
    put(&head, beside);
    put(&head, &example["files"]);
    let mut line = "head --no-record --output json".to_owned();
    if example.get("before").is_some() {
        put(&base, beside);
        put(&base, &example["before"]);
        line.push_str(" --base base");
    }
    if let Some(people) = example["people"].as_str() {
        write(&place.path, "people.csv", people);
        line.push_str(" --people people.csv");
    }
    let report = check(&line, &place.path).json();
    let of = |own: &Value| own["policy"] == policy || own["policy"] == "CS-COVER-001";
    let own = report["findings"].as_array().unwrap().iter().filter(|own| of(own));
    own.map(|own| format!("{}: {}", own["policy"], own["message"])).collect()
}

#[test]
fn every_built_in_policy_has_an_example_that_it_finds_and_one_that_it_does_not() {
    let place = Folder::new();
    let policies = built_in();
    assert!(policies.len() >= 45, "{}", policies.len());
    for (id, file) in &policies {
        let report = explain(&format!("{id} --format json"), &place.path).exits(Exit::Clean).json();
        let examples = &report["examples"];
        let fires = found(id, file, &examples["beside"], &examples["fires"]);
        let other = id != "CS-COVER-001" && fires.iter().any(|own| own.contains("CS-COVER-001"));
        assert!(!fires.is_empty() && !other, "{id} in its example: {fires:?}");
        let silent = found(id, file, &examples["beside"], &examples["silent"]);
        assert_eq!(silent, [""; 0], "{id}");
        for example in [&examples["fires"], &examples["silent"]] {
            let marked = example["files"].as_array().unwrap().iter().filter(|file| file.get("line").is_some());
            assert_eq!(marked.count(), 1, "{id}");
        }
    }
}

#[test]
fn every_explanation_says_what_to_do_and_what_to_run_and_the_commands_exist() {
    let place = Folder::new();
    let list = |what: &str| {
        let listed = countersign(&format!("ruleset list --{what} --format json"), &place.path).run().json();
        let rows = listed[what].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<String>>()
    };
    let mut ids: Vec<String> = built_in().into_iter().map(|(id, _)| id).collect();
    ids.extend(["conflicts", "duties", "escalations"].into_iter().flat_map(|what| list(what).into_iter().step_by(9)));
    ids.extend((0..=5).map(|status| format!("exit {status}")));
    let schema = countersign("schema explain", &place.path).run().json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for id in ids {
        let report = explain(&format!("{id} --format json"), &place.path).exits(Exit::Clean).without_complaint().json();
        let wrong: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{id}");
        for part in ["meaning", "fix", "next"] {
            assert!(!report[part].as_array().unwrap().is_empty(), "{id} says nothing under `{part}`");
        }
        for next in report["next"].as_array().unwrap() {
            let command = next["command"].as_str().unwrap();
            let words = command.split(" > ").next().unwrap().split_whitespace().skip(1).map(|word| match word {
                "N" => "1",
                word => word,
            });
            // Whether clap takes it: a command that is wrong says so before it does anything.
            let ran = countersign("", &place.path).with(words).run();
            assert!(!ran.stderr.contains("Usage:"), "{id}: `{command}`: {}", ran.stderr);
        }
        for format in ["human", "markdown"] {
            let text = explain(&format!("{id} --format {format}"), &place.path).exits(Exit::Clean).stdout;
            assert!(text.contains(report["title"].as_str().unwrap().split('`').next().unwrap().trim()), "{id}: {text}");
        }
    }
}

fn holds(name: &str, line: &str) {
    let place = Folder::with(&[(
        "countersign.yaml",
        "version: 1\nauthority:\n  approvers: [{people: [person:bob.reyes, person:eve.stone]}]\n",
    )]);
    let ran = explain(line, &place.path).exits(Exit::Clean).without_complaint();
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, ran.stdout);
    });
}

#[test]
fn explanations_as_a_person_reads_them() {
    holds("explain_policy", "cs-sod-001");
    holds("explain_policy_that_compares", "CS-GRANT-006 --format markdown");
    holds("explain_conflict", "P2P-03");
    holds("explain_duty", "PAY");
    holds("explain_escalation", "AWS-IAM-007");
    holds("explain_exit_status", "exit 4");
}

#[test]
fn an_unknown_id_names_the_nearest() {
    let place = Folder::new();
    let ran = explain("CS-SOD-01", &place.path).exits(Exit::Usage);
    assert!(
        ran.stderr.contains("nothing here has the id `CS-SOD-01`") && ran.stderr.contains("CS-SOD-0"),
        "{}",
        ran.stderr
    );
    explain("p2p-3", &place.path).exits(Exit::Usage).complains("did you mean `P2P-");
    explain("exit 6", &place.path).exits(Exit::Usage).complains("there is no exit status `6`").complains("0 to 5");
    explain("one two", &place.path).exits(Exit::Usage).complains("`one two` is no id");
    explain("wwwwwwwwwwww", &place.path).exits(Exit::Usage).complains("`countersign policy list` names the policies");
    explain("", &place.path).exits(Exit::Usage);
}

#[test]
fn a_policy_of_ones_own_is_explained_without_examples() {
    let place = Folder::new();
    countersign("policy new ACME-ACCESS-001", &place.path).run().exits(Exit::Clean);
    explain("ACME-ACCESS-001", &place.path).exits(Exit::Usage);
    let ran = explain("ACME-ACCESS-001 --policy policies", &place.path).exits(Exit::Clean);
    assert!(!ran.stdout.contains("It finds"), "{}", ran.stdout);
    write(&place.path, "countersign.yaml", "version: 1\npolicies: [policies]\n");
    assert_eq!(explain("ACME-ACCESS-001", &place.path).exits(Exit::Clean).stdout, ran.stdout);
}

#[test]
fn what_the_rules_of_the_tree_say_is_what_is_told() {
    let place = Folder::with(&[("countersign.yaml", "version: 1\nenforcement: {conflicts: {P2P-03: warn}}\n")]);
    let ran = explain("P2P-03 --format json", &place.path).exits(Exit::Clean).json();
    assert_eq!(ran["enforcement"], "warn");
    assert_eq!(ran["unblock"][0], "It stops nobody here, so nobody has to.");
    let ran = explain("P2P-04 --format json", &place.path).exits(Exit::Clean).json();
    assert_ne!(ran["enforcement"], "warn");
}

#[test]
fn a_finding_is_explained_by_its_fingerprint() {
    let place = world::folder(&[world::BILLS, world::PAYMENTS]);
    let report = check("--no-record --output json", &place.path).json();
    let all = report["findings"].as_array().unwrap();
    let finding =
        all.iter().find(|own| own["policy"] == "CS-SOD-001").unwrap_or_else(|| panic!("{:?}", findings(&report)));
    let fingerprint = finding["fingerprint"].as_str().unwrap();
    let ran = explain(&format!("{} --format json", &fingerprint[..12]), &place.path).exits(Exit::Clean).json();
    assert_eq!(ran["kind"], "finding");
    assert_eq!(ran["finding"]["fingerprint"], fingerprint);
    assert_eq!(ran["finding"]["message"], finding["message"]);
    assert_eq!(ran["finding"]["subject"], finding["subject"]["id"]);
    let subject = finding["subject"]["id"].as_str().unwrap();
    assert!(
        ran["next"].as_array().unwrap().iter().any(|next| next["command"].as_str().unwrap().contains(subject)),
        "{ran}"
    );
    explain("0000000000", &place.path).exits(Exit::Usage).complains("there is no finding `0000000000` in this tree");
}
