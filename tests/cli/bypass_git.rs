//! Attempts to get a violation past the gate by what git lets one do with files: each is stopped or flagged, and it is
//! said by what. Attempts with commits and branches are in [`super::bypass_history`], those without git under
//! `testdata/bypass`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use countersign::cli::Exit;

use super::places::{Folder, Repository, git};
use super::runner::{Ran, countersign};
use super::world::{ADMIN, BILLS, CONFIG, PAYMENTS, repository};

/// Judges with the program as it is shipped.
pub(super) fn judge(line: &str, place: &Repository) -> Ran {
    let line = format!("check --as-of 2026-11-21T00:00:00Z --no-record {line}");
    countersign(&line, place.path()).run_the_binary()
}

/// Judges a branch `change` as a pull request to `main` is, and in the work tree.
fn judge_both(place: &Repository) -> [Ran; 2] {
    [judge("--base main --head change", place), judge("--base main", place)]
}

/// Makes a repository with a definition in a folder.
fn nested(at: &Path) {
    fs::create_dir_all(at).unwrap();
    git(at, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(at.join("on-call.yaml"), ADMIN.1).unwrap();
    git(at, &["add", "--all"]);
    git(at, &["commit", "--quiet", "--message", "Definitions"]);
}

#[test]
fn definitions_in_a_submodule_are_said_not_to_count() {
    let place = repository(&[]);
    let other = Folder::new();
    nested(&other.path);
    place.branch("change", "main");
    let url = format!("file://{}", other.path.display());
    git(place.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "rbac/more"]);
    place.commit("Definitions from elsewhere");
    for ran in judge_both(&place) {
        ran.exits(Exit::Clean).says("another git repository; what it may define does not count rbac/more");
    }
}

#[test]
fn a_folder_that_becomes_a_submodule_is_said_to_be_gone_from_sight() {
    let place = repository(&[BILLS, PAYMENTS]);
    let other = Folder::new();
    nested(&other.path);
    place.branch("change", "main").git("rm --quiet -r grants");
    let url = format!("file://{}", other.path.display());
    git(place.path(), &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "grants"]);
    place.commit("Grants from elsewhere");
    for ran in judge_both(&place) {
        ran.exits(Exit::Clean).says("another git repository; what it may define does not count grants");
    }
}

#[test]
fn a_nested_repository_is_said_not_to_count() {
    let place = repository(&[]);
    nested(&place.branch("change", "main").path().join("rbac/own"));
    let said = "another git repository; what it may define does not count rbac/own";
    judge("--base main", &place).exits(Exit::Clean).says(said);
    // Added, it is a submodule that nothing says where to fetch from.
    place.commit("Definitions in a repository of their own");
    judge("--base main --head change", &place).exits(Exit::Clean).says(said);
    judge("--head change", &place).exits(Exit::Clean).says(said);
}

#[test]
fn a_link_is_never_followed() {
    let outside = Folder::with(&[("on-call.yaml", ADMIN.1)]);
    let place = repository(&[("countersign.yaml", &format!("{CONFIG}exclude: [\"archive/**\"]\n"))]);
    place.branch("change", "main").write(&[("rbac/README", "who is on call\n")]);
    symlink(outside.path.join("on-call.yaml"), place.path().join("rbac/on-call.yaml")).unwrap();
    symlink(&outside.path, place.path().join("more")).unwrap();
    place.commit("Definitions from elsewhere");
    for ran in judge_both(&place) {
        ran.exits(Exit::Clean)
            .says("2 things could not be told")
            .says("a symbolic link that leaves the tree; what it may define does not count more, rbac/on-call.yaml");
    }
}

#[test]
fn what_a_link_inside_the_tree_leads_to_is_flagged_where_it_stands() {
    let config = format!("{CONFIG}exclude: [\"archive/**\"]\n");
    let place = repository(&[("countersign.yaml", &config)]);
    place.branch("change", "main").write(&[("archive/on-call.yaml", ADMIN.1), ("rbac/README", "who is on call\n")]);
    symlink("../archive/on-call.yaml", place.path().join("rbac/on-call.yaml")).unwrap();
    place.commit("On call");
    for ran in judge_both(&place) {
        ran.exits(Exit::Clean)
            .says("CS-COVER-001 medium archive/on-call.yaml was not evaluated")
            .says("the change puts definitions where the configuration reads none");
    }
}

#[test]
fn rules_that_become_a_link_are_rules_that_are_gone() {
    let config = format!("{CONFIG}authority: {{control_owners: [person:olga.brandt]}}\n");
    let place = repository(&[("countersign.yaml", &config)]);
    place.branch("change", "main").write(&[BILLS, PAYMENTS, ("elsewhere.yaml", "version: 1\n")]);
    fs::remove_file(place.path().join("countersign.yaml")).unwrap();
    symlink("elsewhere.yaml", place.path().join("countersign.yaml")).unwrap();
    place.commit("Rules from elsewhere");
    for ran in judge_both(&place) {
        ran.exits(Exit::Blocked)
            .says("CS-SOD-001 critical mira.vale would hold conflicting duties")
            .says("CS-GATE-001")
            .says("would no longer have adopted cs-p2p");
    }
}

#[test]
fn an_ignored_file_that_is_committed_all_the_same_counts() {
    let place = repository(&[]);
    place.branch("change", "main").write(&[(".gitignore", "rbac/\n*.yaml\n"), ADMIN]);
    place.git("add --force rbac .gitignore");
    place.git("commit --quiet --message Ignored");
    for ran in judge_both(&place) {
        ran.exits(Exit::Blocked).says("CS-GRANT-001 critical sam.reed would be able to administer a whole system");
    }
}

#[test]
fn attributes_change_nothing_of_what_is_read() {
    let attributes = "*.yaml filter=harmless -diff -text export-ignore merge=ours linguist-generated \
                      working-tree-encoding=UTF-16 ident eol=crlf\n";
    let place = repository(&[]);
    // The filter shows an empty file to whoever checks it out, and commits what it is given.
    for setting in [
        "filter.harmless.clean cat",
        "filter.harmless.smudge true",
        "filter.harmless.required true",
        "merge.ours.driver true",
        "core.autocrlf true",
    ] {
        place.git(&format!("config {setting}"));
    }
    place.branch("change", "main").write(&[ADMIN]).commit("On call");
    place.write(&[(".gitattributes", attributes)]);
    git(place.path(), &["add", "--force", ".gitattributes"]);
    place.git("commit --quiet --message Attributes");
    fs::create_dir_all(place.path().join(".git/info")).unwrap();
    fs::write(place.path().join(".git/info/attributes"), attributes).unwrap();
    let said = "CS-GRANT-001 critical sam.reed would be able to administer a whole system";
    for ran in judge_both(&place) {
        ran.exits(Exit::Blocked).says(said);
    }
}

#[test]
fn a_file_that_git_is_told_not_to_look_at_is_looked_at() {
    let place = repository(&[("rbac/on-call.yaml", "kind: nothing\n")]);
    place.branch("change", "main");
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        place.git(&format!("update-index {flag} rbac/on-call.yaml"));
        place.write(&[ADMIN]);
        assert_eq!(place.git("status --porcelain"), "");
        judge("--base main", &place)
            .exits(Exit::Blocked)
            .says("CS-GRANT-001 critical sam.reed would be able to administer a whole system");
    }
}

#[test]
fn a_name_that_is_no_text_is_said_not_to_count() {
    let place = repository(&[]);
    place.branch("change", "main").write(&[("rbac/README", "who is on call\n")]);
    let name = OsStr::from_bytes(b"rbac/on-c\xe4ll.yaml");
    fs::write(place.path().join(name), ADMIN.1).unwrap();
    place.commit("On call");
    for ran in judge_both(&place) {
        ran.exits(Exit::NotEvaluated)
            .says("its name is not UTF-8; what it may define does not count rbac/on-c")
            .says("could not be searched for secrets: its name is not UTF-8");
    }
}

#[test]
fn definitions_among_committed_evidence_are_flagged() {
    let place = repository(&[ADMIN]);
    place.branch("change", "main").git("rm --quiet rbac/on-call.yaml");
    place.write(&[(".countersign/evidence/on-call.yaml", ADMIN.1)]).commit("On call");
    for ran in judge_both(&place) {
        ran.exits(Exit::Clean)
            .says("CS-COVER-001 medium .countersign/evidence/on-call.yaml was not evaluated")
            .says("the change puts definitions where the configuration reads none");
    }
    // Evidence that nobody committed is ours.
    place.git("checkout --quiet main");
    place.write(&[(".countersign/evidence/on-call.yaml", ADMIN.1)]);
    let ran = judge("--base main", &place).exits(Exit::Clean);
    assert!(!ran.stdout.contains(".countersign/evidence"), "{}", ran.stdout);
}

#[test]
fn what_decides_how_a_change_is_judged_does_not_come_from_it() {
    let place = repository(&[("hr/people.csv", "id,status\nmira.vale,departed\n")]);
    place.branch("bills", "main").write(&[BILLS]).commit("Let Mira enter invoices");
    // The target's own file may be named, wherever it lies.
    judge("--base main --head bills --people hr/people.csv", &place)
        .exits(Exit::Blocked)
        .says("CS-LEAVER-001 high employment records do not support the access of mira.vale");
    place.branch("change", "bills").write(&[("hr/people.csv", "id,status\nmira.vale,active\n")]);
    let lenient = format!("{CONFIG}enforcement: {{policies: {{CS-SOD-001: record}}}}\n");
    place.write(&[PAYMENTS, ("countersign.yaml", &lenient)]).commit("She is back");
    for (option, path) in [("--people", "hr/people.csv"), ("--config", "countersign.yaml")] {
        for line in ["--base main --head change", "--base main"] {
            judge(&format!("{line} {option} {path}"), &place)
                .exits(Exit::Usage)
                .complains(&format!("{path} is edited by the change that it would judge"));
        }
    }
    // Nor is a link that the change puts there, be it to a file of the target.
    let place = repository(&[("hr/people.csv", "id,status\nmira.vale,departed\n"), ("hr/old/people.csv", "id\n")]);
    place.branch("change", "main").write(&[BILLS]).git("rm --quiet hr/people.csv");
    symlink("old/people.csv", place.path().join("hr/people.csv")).unwrap();
    place.commit("She is back");
    judge("--base main --head change --people hr/people.csv", &place)
        .exits(Exit::Usage)
        .complains("hr/people.csv is edited by the change that it would judge");
}
