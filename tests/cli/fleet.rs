//! Many repositories in one run.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, git, write};
use super::runner::{Ran, countersign};

const PEOPLE: &str = "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: mira.vale}\nspec:\n  accounts: \
    [{system: ledger, name: MVALE}, {system: bank, name: mira}]\n";
const LEDGER: &str = "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite, owner: \
    person:olga.brandt}\n---\napiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: clerk}\nspec: {system: ledger, permissions: \
    [Bills]}\n---\napiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: ledger, to: account:ledger/MVALE, role: clerk}\n";
const BANK: &str = "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: bank}\nspec: {type: netsuite}\n---\n\
    apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: payer}\nspec: {system: bank, permissions: [Pay Bills]}\n---\n\
    apiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: bank, to: account:bank/mira, role: payer}\n";

/// A clone with one commit.
fn clone(clones: &Path, name: &str, files: &[(&str, &str)]) {
    let root = clones.join(name);
    fs::create_dir_all(&root).unwrap();
    git(&root, &["init", "--quiet", "--initial-branch=main"]);
    files.iter().for_each(|(path, text)| write(&root, path, text));
    commit(&root);
}

fn commit(root: &Path) {
    git(root, &["add", "--all"]);
    let who = ["-c", "user.name=Nora Lind", "-c", "user.email=nora.lind@example.com"];
    git(root, &[&who[..], &["commit", "--quiet", "--message", "Change"]].concat());
}

/// People in one repository, a role in each of two others, and one with neither.
fn clones() -> Folder {
    let folder = Folder::new();
    clone(&folder.path, "people", &[("countersign.yaml", "version: 1\n"), ("people.yaml", PEOPLE)]);
    clone(&folder.path, "ledger", &[("countersign.yaml", "version: 1\n"), ("ledger.yaml", LEDGER)]);
    let pre_commit =
        "repos:\n  - repo: https://github.com/acme/countersign\n    rev: v1.2.3\n    hooks: [{id: countersign}]\n";
    clone(&folder.path, "bank", &[("bank.yaml", BANK), (".pre-commit-config.yaml", pre_commit)]);
    clone(&folder.path, "site", &[("README.md", "plain\n")]);
    folder
}

fn fleet(words: &str, folder: &Folder) -> Ran {
    countersign(&format!("fleet {words}"), &folder.path).run()
}

fn named<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["repositories"].as_array().unwrap().iter().find(|own| own["name"] == name).unwrap()
}

#[test]
fn each_repository_is_told_with_what_covers_it() {
    let folder = clones();
    let said = fleet(".", &folder).exits(Exit::Blocked);
    let report = fleet(". --format json", &folder).exits(Exit::Blocked).json();
    assert_eq!(report["totals"]["repositories"], 4);
    assert_eq!(report["totals"]["declaring"], 3);
    assert_eq!(report["totals"]["uncovered"], 1);
    assert_eq!(named(&report, "bank")["configured"], false);
    assert_eq!(named(&report, "site")["definition_files"], 0);
    assert_eq!(report["versions"][0]["version"], "v1.2.3");
    said.says("declares access, and has no countersign.yaml").says("next: countersign init ./bank");
    // Covered, and the exit status says so.
    write(&folder.path.join("bank"), "countersign.yaml", "version: 1\n");
    commit(&folder.path.join("bank"));
    fleet(".", &folder).exits(Exit::Clean);
}

#[test]
fn a_conflict_between_two_repositories_is_found_in_neither_and_across_them() {
    let folder = clones();
    let report = fleet(". --format json", &folder).json();
    for repository in report["repositories"].as_array().unwrap() {
        let found = repository["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(!found.iter().any(|own| own["policy"] == "CS-SOD-001"), "{repository:#}");
    }
    let across: Vec<&Value> =
        report["across"].as_array().unwrap().iter().filter(|own| own["policy"] == "CS-SOD-001").collect();
    assert!(!across.is_empty(), "{report:#}");
    for own in across {
        assert_eq!(own["subject"], "person:mira.vale");
        let mut places: Vec<String> = own["legs"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|leg| leg["steps"].as_array().unwrap())
            .filter_map(|step| Some(format!("{} {}", step["repository"].as_str()?, step["place"].as_str()?)))
            .collect();
        places.sort();
        places.dedup();
        for wanted in ["bank bank.yaml:", "ledger ledger.yaml:"] {
            assert!(places.iter().any(|place| place.starts_with(wanted)), "{wanted} is not in {places:?}");
        }
    }
    // Both roles in one repository: it is that one's own, and none across.
    write(&folder.path.join("ledger"), "bank.yaml", BANK);
    write(&folder.path.join("ledger"), "people.yaml", PEOPLE);
    commit(&folder.path.join("ledger"));
    fs::remove_dir_all(folder.path.join("bank")).unwrap();
    let report = fleet(". --format json", &folder).json();
    let own = named(&report, "ledger")["findings"].as_array().unwrap().clone();
    assert!(own.iter().any(|own| own["policy"] == "CS-SOD-001"), "{own:#?}");
    assert!(!report["across"].as_array().unwrap().iter().any(|own| own["policy"] == "CS-SOD-001"), "{report:#}");
}

#[test]
fn whoever_owns_a_system_answers_for_what_is_found_in_it_else_its_code_owners() {
    let folder = Folder::new();
    let broken = "apiVersion: countersign.dev/v1\nkind: Grant\nspec: {system: ledger, colour: red}\n";
    clone(&folder.path, "one", &[("countersign.yaml", "version: 1\n"), ("broken.yaml", broken)]);
    let owners = "*.yaml @acme/platform\n";
    clone(
        &folder.path,
        "two",
        &[("countersign.yaml", "version: 1\n"), ("broken.yaml", broken), (".github/CODEOWNERS", owners)],
    );
    let both = format!("{PEOPLE}---\n{}", LEDGER.replace("[Bills]", "[Bills, Pay Bills]"));
    clone(&folder.path, "three", &[("countersign.yaml", "version: 1\n"), ("all.yaml", &both)]);
    let report = fleet(". --format json", &folder).json();
    let owner = |name: &str, policy: &str| -> Value {
        let found = named(&report, name)["findings"].as_array().unwrap();
        found.iter().find(|own| own["policy"] == policy).unwrap_or_else(|| panic!("{found:#?}"))["owners"].clone()
    };
    assert_eq!(owner("one", "CS-COVER-001"), Value::Null);
    assert_eq!(owner("two", "CS-COVER-001"), serde_json::json!(["@acme/platform"]));
    assert_eq!(owner("three", "CS-SOD-001"), serde_json::json!(["person:olga.brandt"]));
    let nobody = report["owners"].as_array().unwrap().last().unwrap();
    let named = |name: &str| nobody["repositories"].as_array().unwrap().iter().any(|own| own == name);
    assert_eq!((&nobody["owner"], named("one"), named("two")), (&Value::Null, true, false));
}

#[test]
fn what_is_no_repository_is_told_and_the_others_are_judged() {
    let folder = clones();
    fs::create_dir(folder.path.join("plain")).unwrap();
    write(&folder.path, "list.txt", "# ours\nledger\n\nplain\nmissing\nledger\n");
    let report = fleet("--list list.txt --format json", &folder).exits(Exit::Blocked).json();
    assert_eq!(report["totals"]["repositories"], 3);
    assert_eq!(report["totals"]["not_judged"], 2);
    assert!(named(&report, "missing")["problem"].as_str().unwrap().contains("no such folder"), "{report:#}");
    assert_eq!(named(&report, "ledger")["problem"], Value::Null);
    for (words, wrong) in [("--list none.txt", "none.txt cannot be read"), ("plain", "there is no repository")] {
        fleet(words, &folder).exits(Exit::Usage).complains(wrong);
    }
    write(&folder.path, "latin.txt", "");
    fs::write(folder.path.join("latin.txt"), b"caf\xe9\n").unwrap();
    fleet("--list latin.txt", &folder).exits(Exit::Usage).complains("is not UTF-8");
}

#[test]
fn what_was_kept_is_not_judged_again_and_comes_out_the_same() {
    let folder = clones();
    let first = fleet(". --keep state --format json", &folder).json();
    assert_eq!(fleet(". --format json", &folder).json(), first);
    assert_eq!(fleet(". --keep state --format json", &folder).json(), first);
    // It is what was kept: a finding that is taken out there is missing.
    let kept = |name: &str| {
        let found = fs::read_dir(folder.path.join("state")).unwrap().map(|entry| entry.unwrap().path());
        found.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(name)).unwrap()
    };
    let path = kept("bank");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("v1.2.3", "v9.9.9")).unwrap();
    let said = fleet(". --keep state --format json", &folder).json();
    assert_eq!(said["versions"][0]["version"], "v9.9.9");
    // A day later, at another commit, or damaged, it is judged again.
    let later =
        countersign("fleet . --keep state --format json", &folder.path).at(super::runner::NOW + 86_400).run().json();
    assert_eq!(later["versions"][0]["version"], "v1.2.3");
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert_eq!(fleet(". --keep state --format json", &folder).json(), first);
    write(&folder.path.join("bank"), "more.txt", "more\n");
    commit(&folder.path.join("bank"));
    let other = fleet(". --keep state --format json", &folder).json();
    assert_ne!(named(&other, "bank")["commit"], named(&first, "bank")["commit"]);
}

#[test]
fn one_configuration_judges_all_of_them() {
    let folder = clones();
    let soft = "version: 1\nenforcement: {severities: {critical: warn}}\n";
    write(&folder.path, "central.yaml", soft);
    let report = fleet(". --config central.yaml --format json", &folder).json();
    for repository in report["repositories"].as_array().unwrap() {
        assert_eq!(repository["enforcement"]["critical"], "warn", "{repository:#}");
    }
    assert_eq!(fleet(". --format json", &folder).json()["repositories"][0]["enforcement"]["critical"], "block");
}
