//! What README says of approvals, run as it is printed.

use std::path::Path;
use std::process::Command;

use super::places::{Folder, Repository, write};
use super::records::{TARA_KEY, private, public};
use super::runner::{binary, flowing};

/// Everybody whom README's authority names, and Kim, who shall administer the cluster.
const PEOPLE: &str = "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: omar.haddad}
spec: {emails: [omar.haddad@acme.example], accounts: [{system: \"github:acme\", name: omar-h}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: li.wei}
spec: {emails: [li.wei@acme.example], accounts: [{system: \"github:acme\", name: li-w}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: kim.alvarez}
spec: {emails: [kim.alvarez@acme.example], accounts: [{system: \"kubernetes:prod\", name: kim.alvarez}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: dana.cole}
spec: {emails: [dana.cole@acme.example]}
";

const KIM: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: upgrade}
subjects: [{kind: User, name: kim.alvarez, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}
";

/// The blocks of code in README's section on approvals, in order.
fn blocks() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("\n## Approve, except, adopt\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let fences = section.split("\n```").skip(1).step_by(2);
    fences.map(|block| block.split_once('\n').unwrap().1.to_owned() + "\n").collect()
}

fn block(with: &str) -> String {
    let all: Vec<String> = blocks().into_iter().filter(|block| block.contains(with)).collect();
    let [one] = all.as_slice() else { panic!("{} blocks with {with}", all.len()) };
    one.clone()
}

/// Acme's repository with README's authority on `origin/main`, and a change by Li that makes Kim administrator.
fn acme() -> Repository {
    let config =
        format!("version: 1\nsystems: [{{paths: [\"k8s/**\"], id: \"kubernetes:prod\"}}]\n{}", block("deputies:"));
    let signers = format!("omar.haddad@acme.example {}\n", public(TARA_KEY).trim());
    let place = Repository::with(&[
        ("countersign.yaml", &config),
        ("people.yaml", PEOPLE),
        (".countersign/allowed_signers", &signers),
    ]);
    place.git("update-ref refs/remotes/origin/main main");
    place.branch("upgrade", "main").write(&[("k8s/upgrade.yaml", KIM)]);
    place.commit_as("Let Kim upgrade the cluster", ("Li Wei", "li.wei@acme.example"));
    place
}

/// What a person or a job has around it: a home, and tools.
struct Surroundings {
    home: Folder,
    tools: Folder,
}

impl Surroundings {
    fn new() -> Self {
        let (home, tools) = (Folder::new(), Folder::new());
        std::os::unix::fs::symlink(binary(), tools.path.join("countersign")).unwrap();
        std::fs::create_dir(home.path.join(".ssh")).unwrap();
        std::fs::copy(private(TARA_KEY), home.path.join(".ssh/id_ed25519")).unwrap();
        Self { home, tools }
    }

    fn tool(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        write(&self.tools.path, name, script);
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.tools.path.join(name), mode).unwrap();
    }

    /// Runs lines of a shell; the exit status of the last, and all that was said.
    fn shell(&self, lines: &str, at: &Path) -> (i32, String) {
        let path = std::env::var_os("PATH").unwrap();
        let path = std::iter::once(self.tools.path.clone()).chain(std::env::split_paths(&path));
        let head = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(at).output().unwrap();
        let output = Command::new("sh")
            .args(["-e", "-c", lines])
            .current_dir(at)
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", &self.home.path)
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GITHUB_HEAD_REF", "upgrade"), ("GITHUB_RUN_ID", "99")])
            .env("GITHUB_WORKSPACE", at)
            .env("RUNNER_TEMP", &self.home.path)
            .env("HEAD_SHA", String::from_utf8(head.stdout).unwrap().trim())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), flowing(&String::from_utf8(said).unwrap()))
    }
}

const CHECK: &str = "countersign check --base origin/main --head \"$HEAD_SHA\"";

#[test]
fn by_signature() {
    let (place, around) = (acme(), Surroundings::new());
    let (status, said) = around.shell(CHECK, place.path());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("person:omar.haddad may approve it, in review of this change or with a signature"), "{said}");
    let (status, said) = around.shell(&block("countersign approval sign"), place.path());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("it verifies: SHA256:"), "{said}");
    assert!(said.contains("ok kim.alvarez-SUPER person:omar.haddad"), "{said}");
    place.commit_as("Approve", ("Li Wei", "li.wei@acme.example"));
    let (status, said) = around.shell(CHECK, place.path());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("person:omar.haddad approved it until"), "{said}");
}

/// Answers as GitHub's command does, a page after another.
const GH: &str = r#"#!/bin/sh
for last; do :; done
sha=$(git -C "$GITHUB_WORKSPACE" rev-parse HEAD)
li='{"login": "li-w", "type": "User"}'
review() { printf '{"id": %s, "user": {"login": "%s", "type": "User"}, "state": "%s", "commit_id": "%s", "submitted_at": "2026-11-20T10:0%s:00Z"}' "$1" "$2" "$3" "$sha" "$1"; }
case "$last" in
repos/ACME/iam/pulls/7)
    echo '{"number": 7, "html_url": "https://github.com/ACME/iam/pull/7", "user": '"$li"',
           "head": {"sha": "'"$sha"'"}, "base": {"repo": {"full_name": "ACME/iam"}}}' ;;
repos/ACME/iam/pulls/7/reviews)
    echo "[$(review 1 omar-h APPROVED)]" "[$LATER]" ;;
"repos/ACME/iam/activity?ref=refs/heads/upgrade")
    echo '[{"actor": '"$li"', "activity_type": "push", "after": "'"$sha"'"}]' ;;
repos/ACME/iam/actions/runs/99)
    echo '{"actor": '"$li"', "triggering_actor": '"$li"'}' ;;
*)
    echo "gh: no such thing: $last" >&2; exit 1 ;;
esac
"#;

/// What the one program of `jq` in README does, where `jq` is not installed.
const JQ: &str = r#"#!/bin/sh
test "$*" = '-n --slurpfile p pull.json --slurpfile r reviews-pages.json --slurpfile a activity-pages.json --slurpfile j run.json {pull_request: $p[0], reviews: ($r | add), activity: ($a | add), run: $j[0]}' || exit 9
pages() { tr -d '\n' < "$1" | sed 's/\] \[\]/]/; s/\] \[/,/'; }
echo '{"pull_request":'; cat pull.json
echo ', "reviews":'; pages reviews-pages.json
echo ', "activity":'; pages activity-pages.json
echo ', "run":'; cat run.json; echo '}'
"#;

#[test]
fn by_review() {
    let (place, around) = (acme(), Surroundings::new());
    if Command::new("jq").arg("--version").output().is_err() {
        around.tool("jq", JQ);
    }
    let lines = block("gh api");
    around.tool("gh", &GH.replace("[$LATER]", "[]"));
    let (status, said) = around.shell(&lines, place.path());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("person:omar.haddad approved it in https://github.com/ACME/iam/pull/7"), "{said}");
    // What stands on a later page counts.
    around.tool("gh", &GH.replace("[$LATER]", "[$(review 2 omar-h CHANGES_REQUESTED)]"));
    let (status, said) = around.shell(&lines, place.path());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("person:omar.haddad asks for changes"), "{said}");
}

#[test]
fn adopting() {
    let (place, around) = (acme(), Surroundings::new());
    let readme = include_str!("../../README.md");
    let command = "countersign adopt --owner person:dana.cole";
    assert!(readme.contains(command));
    let (status, said) = around.shell(command, place.path());
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("wrote .countersign/register/"), "{said}");
}

#[test]
fn the_stand_in_for_jq_says_the_same() {
    let around = Surroundings::new();
    around.tool("jq", JQ);
    around.tool("gh", &GH.replace("[$LATER]", "[$(review 2 omar-h DISMISSED)]"));
    let place = acme();
    let (status, said) = around.shell(&block("gh api"), place.path());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("CS-GRANT-001"), "{said}");
}
