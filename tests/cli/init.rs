//! The first minutes with a repository.

use std::fs;

use countersign::cli::Exit;

use super::places::{Folder, Repository, contents};
use super::runner::countersign;
use super::world;

const ADMIN: (&str, &str) = (
    "infra/live/prod/admin.json",
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
);
const BINDING: (&str, &str) = (
    "clusters/blue/binding.yaml",
    "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kim}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: kim, apiGroup: rbac.authorization.k8s.io}]
",
);
const SAMPLE: (&str, &str) = ("examples/a/admin.json", ADMIN.1);

/// A repository that knows nothing of the gate.
fn plain() -> Repository {
    let repository = Repository::with(&[ADMIN, BINDING, SAMPLE, ("README.md", "plain\n")]);
    repository.git("remote add origin https://github.com/acme/infra.git");
    repository
}

fn configuration(repository: &Repository) -> String {
    fs::read_to_string(repository.path().join("countersign.yaml")).unwrap()
}

#[test]
fn it_says_what_it_found_and_writes_what_the_gate_needs() {
    let repository = plain();
    countersign("init", repository.path())
        .run()
        .exits(Exit::Clean)
        .says("4 files, 3 with definitions of access")
        .says("CS-GRANT-001")
        .says("Next: countersign backtest --since 90d");
    let text = configuration(&repository);
    for line in
        ["  - \"clusters/blue/**\"", "  - \"infra/live/prod/**\"", "#   - \"examples/**\"", "id: \"kubernetes:prod\""]
    {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    let there: Vec<String> = contents(repository.path()).into_keys().collect();
    let workflows = ["countersign", "countersign-review", "countersign-rejudge"];
    let workflows = workflows.map(|name| format!(".github/workflows/{name}.yml"));
    for path in
        [".countersign/README.md", ".git/hooks/pre-commit"].into_iter().chain(workflows.iter().map(String::as_str))
    {
        assert!(there.iter().any(|own| own == path), "{path} is not there");
    }
    let judge = fs::read_to_string(repository.path().join(&workflows[0])).unwrap();
    assert!(judge.contains("pull_request_target") && !judge.contains("code-scanning"), "{judge}");
    // What it wrote changes no verdict, and is itself accepted.
    fs::remove_file(repository.path().join(".git/hooks/pre-commit")).unwrap();
    repository.commit("Adopt the gate");
    countersign("check --no-record --base HEAD~ --head HEAD", repository.path()).run().exits(Exit::Clean);
}

#[test]
fn what_it_writes_is_read_as_it_was_meant() {
    let repository = plain();
    countersign("init --no-hook", repository.path()).run().exits(Exit::Clean);
    // Everything that it proposes in comments is right, too.
    let all: String = configuration(&repository)
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with(' ') || rest.split_once(':').is_some_and(|(key, _)| is_key(key)) => {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    repository.write(&[("countersign.yaml", &all)]);
    let report = countersign("check --no-record --output json", repository.path()).run().json();
    assert_eq!(report["population"]["excluded"], 1, "{all}");
    let text = report.to_string();
    assert!(text.contains("kubernetes:prod") && text.contains("aws:prod"), "{text}");
}

fn is_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

#[test]
fn it_overwrites_nothing_and_is_done_when_it_is_done() {
    let repository = plain();
    repository.write(&[("countersign.yaml", "version: 1\n"), (".github/workflows/countersign.yml", "name: mine\n")]);
    countersign("init", repository.path())
        .run()
        .exits(Exit::Clean)
        .says("countersign.yaml: it is there already")
        .says(".github/workflows/countersign.yml: it is there already");
    assert_eq!(configuration(&repository), "version: 1\n");
    let before = contents(repository.path());
    countersign("init", repository.path()).run().exits(Exit::Clean).says("There is nothing to write.");
    assert_eq!(contents(repository.path()), before);
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let repository = plain();
    let before = contents(repository.path());
    countersign("init --dry-run", repository.path())
        .run()
        .exits(Exit::Clean)
        .says("This would be written:")
        .says("--- countersign.yaml: what is in scope")
        .says("- \"clusters/blue/**\"")
        .says("Next: countersign init");
    assert_eq!(contents(repository.path()), before);
}

#[test]
fn a_hook_of_somebody_else_is_left_and_the_rest_is_written() {
    let repository = plain();
    let hook = repository.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\n").unwrap();
    countersign("init", repository.path()).run().exits(Exit::Clean).says("somebody else wrote it").says("Written:");
    assert_eq!(fs::read_to_string(hook).unwrap(), "#!/bin/sh\n");
}

#[test]
fn a_folder_without_git_and_one_without_access_are_served_too() {
    let folder = Folder::with(&[ADMIN]);
    countersign("init", &folder.path).run().exits(Exit::Clean).says("no hook: this is no git repository");
    assert!(folder.path.join("countersign.yaml").exists());
    let empty = Repository::with(&[("README.md", "plain\n")]);
    countersign("init", empty.path()).run().exits(Exit::Clean).says("1 file, 0 with definitions of access");
    countersign("check --no-record", empty.path()).run().exits(Exit::Clean);
}

#[test]
fn rulesets_of_erp_systems_want_an_owner() {
    let repository = Repository::with(&[("systems.yaml", world::START[2].1), ("roles.yaml", world::START[3].1)]);
    countersign("init --no-hook", repository.path()).run().exits(Exit::Clean);
    let text = configuration(&repository);
    assert!(text.contains("#   - {id: cs-p2p, owner: person:your.control.owner}"), "{text}");
    assert!(
        !configuration(&{
            let other = plain();
            countersign("init", other.path()).run();
            other
        })
        .contains("cs-p2p")
    );
}
