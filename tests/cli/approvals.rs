//! Approvals: which count, and which do not.

use countersign::cli::Exit;

use super::runner::{NOW, check, countersign};
use super::world::{ADMIN, APPROVAL, folder, repository};

/// As [`super::places::COMMITTER`], somebody who is declared and neither approves nor receives.
const TARA: (&str, &str) = ("Tara Moss", "tara.moss@example.com");

#[test]
fn an_approval_on_the_target_counts() {
    let place = repository(&[APPROVAL]);
    place.branch("admin", "main").write(&[ADMIN]).commit("Let Sam administer the cluster");
    check("--base main --head admin", place.path())
        .exits(Exit::Clean)
        .says("person:tara.moss approved it until 2026-12-31 (sam-on-call)");
    check("--base main", place.path()).exits(Exit::Clean);
}

#[test]
fn without_an_approval_a_privileged_grant_is_blocked_and_the_command_is_shown() {
    let place = repository(&[]);
    place.branch("admin", "main").write(&[ADMIN]).commit("Let Sam administer the cluster");
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("CS-GRANT-001")
        .says("countersign approval new CS-GRANT-001 --subject person:sam.reed --duty SUPER")
        .says("since it needs an approval");
}

#[test]
fn an_approval_that_the_change_brings_does_not_count() {
    let place = repository(&[]);
    place.branch("admin", "main").write(&[ADMIN, APPROVAL]).commit("Let Sam administer the cluster");
    for line in ["--base main --head admin", "--base main"] {
        check(line, place.path())
            .exits(Exit::Blocked)
            .says("this change edits 1 rule file")
            .says(".countersign/approvals/sam.yaml");
    }
    place.git("checkout --quiet main");
    place.write(&[ADMIN, APPROVAL]).git("add --all");
    check("--staged", place.path()).exits(Exit::Blocked);
}

#[test]
fn an_approver_who_is_an_author_of_the_change_does_not_count() {
    let place = repository(&[APPROVAL]);
    place.branch("admin", "main").write(&[ADMIN]).commit_as("Let Sam administer the cluster", TARA);
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("person:tara.moss is an author of this change");
    // Neither does one of several commits, nor a co-author, whatever the case of the address.
    place.branch("two", "main").write(&[("notes.txt", "one\n")]).commit_as("Note", TARA);
    place.write(&[ADMIN]).commit("Let Sam administer the cluster");
    check("--base main --head two", place.path()).exits(Exit::Blocked);
    let message = "Let Sam administer the cluster\n\nCo-authored-by: Tara <Tara.Moss@Example.com>\n";
    place.branch("three", "main").write(&[ADMIN]).commit(message);
    check("--base main --head three", place.path())
        .exits(Exit::Blocked)
        .says("person:tara.moss is a co-author of this change");
}

#[test]
fn whoever_would_commit_the_work_tree_or_the_index_is_an_author() {
    let place = repository(&[APPROVAL]);
    place.write(&[ADMIN]).git("add --all");
    place.git("config user.email nora.lind@example.com");
    check("--staged", place.path()).exits(Exit::Clean);
    check("--base main", place.path()).exits(Exit::Clean);
    place.git("config user.email tara.moss@example.com");
    check("--staged", place.path()).exits(Exit::Blocked).says("person:tara.moss is making this change");
    check("--base main", place.path()).exits(Exit::Blocked);
    // Git tells its hooks who commits.
    place.git("config user.email nora.lind@example.com");
    countersign("check --staged", place.path())
        .var("GIT_AUTHOR_EMAIL", "tara.moss@example.com")
        .run()
        .exits(Exit::Blocked);
}

#[test]
fn an_author_who_is_nobody_declared_leaves_independence_unproven() {
    let place = repository(&[APPROVAL]);
    let stranger = ("Somebody", "somebody@example.org");
    place.branch("admin", "main").write(&[ADMIN]).commit_as("Let Sam administer the cluster", stranger);
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("the author somebody@example.org is no active person who is declared here");
}

#[test]
fn the_instant_decides_whether_an_approval_still_counts() {
    let (base, head) = (folder(&[APPROVAL]), folder(&[APPROVAL, ADMIN]));
    let at = |as_of: &str| {
        let line = format!("check --as-of {as_of} --base");
        countersign(&line, &head.path).with([&base.path]).run()
    };
    at("2026-12-31T23:59:59Z").exits(Exit::Clean);
    at("2027-01-01T00:00:00Z").exits(Exit::Blocked).says("the approval sam-on-call ended on 2026-12-31");
    // A time zone is part of an instant.
    at("2027-01-01T00:59:59+01:00").exits(Exit::Clean);
    // Without the option the clock decides.
    let now = |now: i64| countersign("check --base", &head.path).with([&base.path]).at(now).run();
    now(NOW).exits(Exit::Clean);
    now(NOW + 60 * 86_400).exits(Exit::Blocked);
}
