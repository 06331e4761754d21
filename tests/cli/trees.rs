//! What is judged, and what it is compared with.

use std::fs;

use countersign::cli::Exit;

use super::places::{Folder, Repository, contents, git, write};
use super::runner::{Ran, check, countersign, findings};
use super::world::{ADMIN, BILLS, BROKEN, CONFIG, CONFLICT, PAYMENTS, START, folder, repository};

fn listed(ran: &Ran) -> Vec<String> {
    findings(&ran.json())
}

#[test]
fn two_branches_that_are_clean_alone_are_blocked_when_the_second_arrives() {
    let place = repository(&[]);
    place.branch("bills", "main").write(&[BILLS]).commit("Let Mira enter invoices");
    place.branch("payments", "main").write(&[PAYMENTS]).commit("Let Mira pay");
    check("--base main --head bills", place.path()).exits(Exit::Clean);
    check("--base main --head payments", place.path()).exits(Exit::Clean);

    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --no-edit bills");
    let ran = check("--base main --head payments --output json", place.path()).exits(Exit::Blocked);
    assert_eq!(listed(&ran), [CONFLICT]);
    let report = ran.json();
    assert_eq!(report["merge"]["strategy"], "predicted");
    assert_eq!(report["head"]["commit"], place.git("rev-parse payments"));
    // The tree that was judged is the one that git then makes.
    place.git("merge --quiet --no-ff --no-edit payments");
    assert_eq!(report["merge"]["tree"], place.git("rev-parse HEAD^{tree}"));
}

#[test]
fn people_read_what_was_judged_by_the_names_that_they_gave() {
    let place = repository(&[]);
    let head = place.branch("payments", "main").write(&[PAYMENTS]).commit("Let Mira pay");
    let start = place.git("rev-parse main");
    place.git("checkout --quiet main");
    let base = place.write(&[("notes.txt", "one\n")]).commit("Note");
    place.git("checkout --quiet payments");
    let [short_head, short_base, start] = [&head[..9], &base[..9], &start[..9]];
    let judged = |line: &str, expected: &str| {
        check(line, place.path()).says(&format!("judged {expected} kept"));
    };
    judged("--base main --head payments", &format!("payments ({short_head}) as merged into main ({short_base})"));
    judged(&format!("--base {base} --head {head}"), &format!("{short_head} as merged into {short_base}"));
    judged(&format!("--base {} --head {head}", &base[..12]), &format!("{short_head} as merged into {short_base}"));
    judged("--base main", &format!("work tree, compared with {start}, where it left main ({short_base})"));
    judged("--staged", &format!("staged changes, compared with HEAD ({short_head})"));
    judged("--head payments", &format!("payments ({short_head}), compared with nothing"));
    judged("", "work tree, compared with nothing");
}

#[test]
fn the_command_that_does_the_same_again_names_commits_and_the_instant() {
    let place = repository(&[]);
    let (base, head) = (place.git("rev-parse main"), place.branch("bills", "main").write(&[BILLS]).commit("Bills"));
    let again = |line: &str, expected: &str| {
        let report = check(&format!("{line} --no-record --output json"), place.path()).json();
        assert_eq!(report["reproduce"], format!("countersign check {expected}"));
    };
    let at = "--as-of 2026-11-21T00:00:00Z";
    again("--base main --head bills", &format!("--base {base} --head {head} {at}"));
    again("--base main", &format!("--base {base} {at}"));
    again("grants --head bills --strict", &format!("grants --head {head} {at} --strict"));
    let later = "--as-of 2026-11-30T23:00:00Z";
    again("--config countersign.yaml --as-of 2026-12-01T00:00:00+01:00", &format!("{later} --config countersign.yaml"));
    let report = check("--staged --output json", place.path()).json();
    assert_eq!(report["reproduce"], format!("countersign check {at} --staged"));
}

#[test]
fn a_head_that_does_not_merge_is_judged_against_the_merge_base_and_that_is_said() {
    let place = repository(&[("notes.txt", "one\n")]);
    place.branch("payments", "main").write(&[BILLS, PAYMENTS, ("notes.txt", "two\n")]).commit("Let Mira pay");
    place.git("checkout --quiet main");
    place.write(&[("notes.txt", "three\n")]).commit("Count");
    check("--base main --head payments", place.path())
        .exits(Exit::Blocked)
        .says("alone, compared with")
        .says("since it does not merge into main")
        .says("notes.txt");
    let report = check("--base main --head payments --output json", place.path()).json();
    assert_eq!(report["merge"]["strategy"], "head_against_merge_base");
    assert_eq!(report["merge"]["conflicts"], serde_json::json!(["notes.txt"]));
}

#[test]
fn a_commit_is_judged_without_a_checkout_and_the_repository_is_left_alone() {
    let place = repository(&[]);
    place.branch("payments", "main").write(&[BILLS, PAYMENTS]).commit("Let Mira pay");
    place.git("checkout --quiet main");
    write(place.path(), "grants/half-done.yaml", "kind: [");
    let before = contents(place.path());
    check("--base main --head payments --no-record", place.path()).exits(Exit::Blocked);
    assert_eq!(contents(place.path()), before);
}

#[test]
fn staged_sees_the_index_and_not_the_work_tree() {
    let place = repository(&[BILLS]);
    place.write(&[PAYMENTS]);
    check("--staged", place.path()).exits(Exit::Clean);
    place.git("add grants");
    fs::remove_file(place.path().join(PAYMENTS.0)).unwrap();
    check("--staged", place.path()).exits(Exit::Blocked).says("staged changes, compared with HEAD");
    check("", place.path()).exits(Exit::Clean);
}

#[test]
fn staged_judges_a_first_commit_too() {
    let place = Repository::unborn();
    place.write(START).write(&[ADMIN]).git("add --all");
    check("--staged", place.path())
        .exits(Exit::Blocked)
        .says("judged staged changes, compared with a repository without commits");
}

#[test]
fn staged_writes_nothing_anywhere() {
    let place = repository(&[BILLS]);
    place.write(&[PAYMENTS]).git("add --all");
    let index = ".git/index";
    let mut before = contents(place.path());
    check("--staged", place.path()).exits(Exit::Blocked).says("kept nothing: the index is not recorded");
    let mut after = contents(place.path());
    // Git may refresh what it knows of the work tree's files.
    assert!(before.remove(index).is_some() && after.remove(index).is_some());
    assert_eq!(after, before);
}

#[test]
fn the_work_tree_counts_with_untracked_files_and_without_ignored_ones() {
    let place = repository(&[BILLS, (".gitignore", "ignored/\n")]);
    let name = PAYMENTS.0;
    place.write(&[("ignored/payments.yaml", PAYMENTS.1)]);
    check("--base main", place.path()).exits(Exit::Clean);
    place.write(&[PAYMENTS]);
    check("--base main", place.path()).exits(Exit::Blocked).says(name);
}

#[test]
fn the_work_tree_counts_with_tracked_files_although_they_are_ignored() {
    let place = repository(&[BILLS, (".gitignore", "payments.yaml\n")]);
    place.branch("payments", "main").write(&[PAYMENTS]);
    check("--base main", place.path()).exits(Exit::Clean);
    place.git("add --force grants/payments.yaml");
    check("--base main", place.path()).exits(Exit::Blocked).says(PAYMENTS.0);
    // What counts is the file, not what the index holds of it.
    fs::remove_file(place.path().join(PAYMENTS.0)).unwrap();
    check("--base main", place.path()).exits(Exit::Clean);
}

#[test]
fn a_work_tree_is_compared_with_where_it_left_the_base() {
    let place = repository(&[]);
    place.branch("payments", "main").write(&[PAYMENTS]).commit("Let Mira pay");
    place.git("checkout --quiet main");
    place.write(&[BILLS]).commit("Let Mira enter invoices");
    place.git("checkout --quiet payments");
    let ran = check("--base main --output json", place.path()).exits(Exit::Clean);
    assert_eq!(ran.json()["merge"]["strategy"], "merge_base");
}

#[test]
fn a_clone_without_history_is_2_and_names_fetch_depth_0() {
    let place = repository(&[]);
    place.branch("bills", "main").write(&[BILLS]).commit("Let Mira enter invoices");
    place.branch("payments", "main").write(&[PAYMENTS]).commit("Let Mira pay");
    let clone = Folder::new();
    let from = format!("file://{}", place.path().display());
    let arguments = ["clone", "--quiet", "--depth", "1", "--no-single-branch", &from, "shallow"];
    git(&clone.path, &arguments);
    let clone = clone.path.join("shallow");
    for line in ["--base origin/bills --head origin/payments", "--base origin/bills"] {
        check(line, &clone).exits(Exit::Usage).complains("this clone is shallow").complains("`fetch-depth: 0`");
    }
    // What needs no history works.
    check("", &clone).exits(Exit::Clean);
}

#[test]
fn a_revision_that_is_not_there_is_2_and_names_the_nearest() {
    let place = repository(&[]);
    place.git("branch release");
    check("--base relaese", place.path())
        .exits(Exit::Usage)
        .complains("`relaese` does not name a commit")
        .complains("did you mean `release`?");
    check("--base main --head HAED", place.path()).exits(Exit::Usage).complains("`HAED` does not name a commit");
}

#[test]
fn a_name_that_is_a_revision_and_a_folder_is_2() {
    let place = repository(&[BILLS]);
    place.git("branch grants");
    check("--base grants", place.path())
        .exits(Exit::Usage)
        .complains("both a revision and a folder")
        .complains("`--base ./grants`")
        .complains("`--base refs/heads/grants`");
    check("--base ./grants", place.path()).says("compared with folder ./grants");
    check("--base refs/heads/grants", place.path()).exits(Exit::Clean);
}

#[test]
fn a_base_that_is_a_folder_compares_folders_even_inside_a_repository() {
    let place = Repository::unborn();
    let mut files = Vec::new();
    for (path, text) in START {
        files.push((format!("old/{path}"), *text));
        files.push((format!("new/{path}"), *text));
    }
    for (path, text) in [BILLS, PAYMENTS] {
        files.push((format!("new/{path}"), text));
    }
    files.push((format!("old/{}", BILLS.0), BILLS.1));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    place.write(&files).commit("Both");
    let ran = check("new --base old --output json", place.path()).exits(Exit::Blocked);
    assert_eq!(listed(&ran), [CONFLICT]);
    let report = ran.json();
    assert!(report.get("merge").is_none() && report["head"].get("commit").is_none());
    check("old --base new", place.path()).exits(Exit::Clean).says("folder old, compared with folder new");
    // A head that is a revision has no folder to be compared with.
    check("--base ./old --head HEAD", place.path()).exits(Exit::Usage).complains("the base `./old` is a folder");
}

#[test]
fn a_folder_below_the_root_finds_the_root() {
    let place = repository(&[BILLS]);
    place.write(&[PAYMENTS]);
    let below = place.path().join("grants");
    for (line, cwd) in [("grants", place.path()), ("", below.as_path()), ("..", below.as_path())] {
        let ran = check(&format!("{line} --base main --output json"), cwd).exits(Exit::Blocked);
        assert_eq!(ran.json()["findings"][0]["locations"][0]["file"], PAYMENTS.0, "check {line}");
    }
}

#[test]
fn a_plain_folder_is_judged_as_it_is() {
    let place = folder(&[BILLS, PAYMENTS]);
    let elsewhere = Folder::new();
    countersign("check", &elsewhere.path).with([&place.path]).run().exits(Exit::Blocked);
}

#[test]
fn the_rules_are_the_targets_and_a_change_that_edits_them_is_told() {
    let place = repository(&[]);
    let weaker = format!("{CONFIG}enforcement: {{policies: {{CS-SOD-001: record, CS-SOD-002: record}}}}\n");
    let weaker = ("countersign.yaml", weaker.as_str());
    place.branch("payments", "main").write(&[BILLS, PAYMENTS, weaker]).commit("Let Mira pay, quietly");
    for line in ["--base main --head payments", "--base main"] {
        check(line, place.path())
            .exits(Exit::Blocked)
            .says("this change edits 1 rule file, but the rules of")
            .says("judged it: countersign.yaml");
    }
    let report = check("--base main --head payments --output json", place.path()).json();
    assert_eq!(report["rules_differ"], serde_json::json!(["countersign.yaml"]));
    // The index is judged by the rules of HEAD, and so is a change whose rules are broken.
    place.git("checkout --quiet main");
    place.write(&[BILLS, PAYMENTS, ("countersign.yaml", "version: 2\n")]).git("add --all");
    check("--staged", place.path()).exits(Exit::Blocked).says("this change edits 1 rule file");
    // Where nothing is compared there is no target: the tree's own rules hold.
    place.git("checkout --quiet --force payments");
    check("", place.path()).exits(Exit::Clean);
}

#[test]
fn rules_come_from_the_tip_of_the_target_not_from_where_the_change_left_it() {
    let place = repository(&[]);
    place.branch("payments", "main").write(&[BILLS, PAYMENTS]).commit("Let Mira pay");
    place.git("checkout --quiet main");
    let config = format!("{CONFIG}enforcement: {{policies: {{CS-SOD-001: warn}}}}\n");
    place.write(&[("countersign.yaml", &config)]).commit("Only warn");
    place.git("checkout --quiet payments");
    check("--base main --head payments", place.path()).exits(Exit::Clean);
    check("--base main", place.path()).exits(Exit::Clean);
}

#[test]
fn what_was_there_before_blocks_nobody() {
    let place = repository(&[BILLS, PAYMENTS, BROKEN]);
    place.branch("notes", "main").write(&[("notes.txt", "one\n")]).commit("Note");
    for line in ["--base main --head notes", "--base main", "--staged"] {
        check(line, place.path()).exits(Exit::Clean).says("existing finding");
    }
    place.git("rm --quiet grants/payments.yaml");
    check("--staged --show resolved", place.path()).exits(Exit::Clean).says("mira.vale");
}
