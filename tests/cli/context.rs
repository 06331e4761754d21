//! Access of other repositories: written in one, counted in another.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use tempfile::TempDir;

use super::places::scratch;
use super::runner::{check, countersign, findings};

const PEOPLE: &str = "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: ann}\nspec:\n  accounts:\n    - {system: erp, name: ann}\n---\n\
    apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: erp}\nspec: {type: netsuite}\n---\n\
    apiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: erp\n  to: person:ann\n  permissions:\n    - {permission: \"Vendors\", level: full}\n";

const ROLES: &str = "apiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: erp\n  to: account:erp/ann\n  permissions:\n    - {permission: \"Pay Bills\", level: full}\n";

fn place(files: &[(&str, &str)]) -> TempDir {
    let place = scratch();
    for (path, text) in files {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    place
}

/// A repository with a graph of people and what else it is to hold, and how the graph is pinned.
fn with_context(more: &[(&str, &str)]) -> TempDir {
    let people = place(&[("people.yaml", PEOPLE)]);
    let own = place(more);
    let graph = own.path().join(".countersign/context/people.json");
    fs::create_dir_all(graph.parent().unwrap()).unwrap();
    let ran = countersign("access export -o", people.path()).with([graph.as_os_str()]).run().exits(Exit::Clean);
    let told = ran.stdout.split_once("\n\n").unwrap().1;
    fs::write(own.path().join("countersign.yaml"), format!("version: 1\n{told}")).unwrap();
    own
}

fn report(path: &Path, more: &str) -> Vec<String> {
    findings(&check(&format!(". --no-record --output json {more}"), path).json())
}

#[test]
fn a_conflict_across_repositories_is_found() {
    let own = with_context(&[("grants.yaml", ROLES)]);
    let found = report(own.path(), "");
    assert!(found.iter().any(|line| line.contains("CS-SOD-001 person:ann")), "{found:#?}");
    check(". --no-record", own.path()).says(".countersign/context/people.json:8");
    // Neither repository has it by itself.
    let alone = place(&[("grants.yaml", ROLES)]);
    assert!(!report(alone.path(), "").iter().any(|line| line.contains("CS-SOD-001")));
}

#[test]
fn only_a_change_that_touches_a_leg_introduces_it() {
    let base = with_context(&[("grants.yaml", ROLES)]);
    let head = with_context(&[("grants.yaml", ROLES), ("notes.yaml", "a: b\n")]);
    for name in ["countersign.yaml", ".countersign/context/people.json"] {
        fs::copy(base.path().join(name), head.path().join(name)).unwrap();
    }
    let line = format!("--base {}", base.path().display());
    let found = report(head.path(), &line);
    assert!(found.iter().any(|line| line.starts_with("existing CS-SOD-001 person:ann")), "{found:#?}");
    fs::remove_file(base.path().join("grants.yaml")).unwrap();
    let found = report(head.path(), &line);
    assert!(found.iter().any(|line| line.starts_with("introduced CS-SOD-001 person:ann")), "{found:#?}");
}

#[test]
fn a_graph_that_is_missing_altered_or_old_is_told() {
    let own = with_context(&[("grants.yaml", ROLES)]);
    let graph = own.path().join(".countersign/context/people.json");
    let run = || countersign("check . --no-record", own.path());
    run()
        .at(super::runner::NOW + 40 * 86_400)
        .run()
        .says("is 40 days old; at most 35 are allowed")
        .says("countersign.yaml:3");
    let text = fs::read_to_string(&graph).unwrap();
    fs::write(&graph, text.replace("ann", "ben")).unwrap();
    run().run().exits(Exit::Blocked).says("CS-COVER-002").says("it is not the file whose digest is pinned");
    fs::remove_file(&graph).unwrap();
    run().run().exits(Exit::Blocked).says("CS-COVER-002").says("there is no such file");
}

#[test]
fn a_graph_stands_where_a_change_cannot_replace_it() {
    let digest = "0".repeat(64);
    let config = format!(
        "version: 1\ncontext:\n  - file: people.json\n    sha256: {digest}\n  - file: .countersign/context/x.json\n    sha256: 12\n"
    );
    let own = place(&[("countersign.yaml", &config)]);
    check(". --no-record", own.path())
        .exits(Exit::Usage)
        .complains("does not stand below `.countersign/`")
        .complains("a SHA-256 digest is 64 hexadecimal digits");
}

#[test]
fn what_counted_of_another_repository_is_judged_again() {
    let own = with_context(&[("grants.yaml", ROLES)]);
    check(".", own.path());
    countersign("evidence reperform --all", own.path()).run().exits(Exit::Clean);
}
