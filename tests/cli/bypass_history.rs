//! Attempts to get a violation past the gate by what git lets one do with commits and branches, and by policies that
//! misbehave: each is stopped or flagged, and it is said by what.

use std::fs;

use countersign::cli::Exit;

use super::bypass_git::judge;
use super::places::{Folder, Repository, git};
use super::records::private;
use super::runner::countersign;
use super::world::{ADMIN, APPROVAL, BILLS, CONFIG, PAYMENTS, repository};

const TARA: (&str, &str) = ("Tara Moss", "tara.moss@example.com");
const ADMINISTERS: &str = "CS-GRANT-001 critical sam.reed would be able to administer a whole system";
const CONFLICTS: &str = "CS-SOD-001 critical mira.vale would hold conflicting duties";

#[test]
fn a_replaced_object_is_not_what_is_judged() {
    let place = repository(&[]);
    let harmless = place.branch("harmless", "main").write(&[("rbac/on-call.yaml", "kind: nothing\n")]).commit("None");
    let head = place.branch("change", "main").write(&[ADMIN]).commit("On call");
    let blobs = [&head, &harmless].map(|commit| place.git(&format!("rev-parse {commit}:rbac/on-call.yaml")));
    for [object, other] in [[head.clone(), harmless.clone()], blobs] {
        place.git(&format!("replace --force {object} {other}"));
    }
    // Git itself now shows something harmless.
    assert_eq!(place.git("show change:rbac/on-call.yaml"), "kind: nothing");
    judge("--base main --head change", &place).exits(Exit::Blocked).says(ADMINISTERS);
}

#[test]
fn a_graft_does_not_hide_who_made_the_change() {
    let place = repository(&[APPROVAL]);
    let main = place.git("rev-parse main");
    place.branch("change", "main").write(&[ADMIN]).commit_as("On call", TARA);
    let head = place.write(&[("notes.txt", "one\n")]).commit("Note");
    fs::create_dir_all(place.path().join(".git/info")).unwrap();
    fs::write(place.path().join(".git/info/grafts"), format!("{head} {main}\n")).unwrap();
    let log = place.git("-c advice.graftFileDeprecated=false log --format=%ae main..change");
    assert_eq!(log, "nora.lind@example.com", "the graft hides the commit from git itself");
    judge("--base main --head change", &place)
        .exits(Exit::Blocked)
        .says(ADMINISTERS)
        .says("person:tara.moss is an author of this change");
}

#[test]
fn a_clone_without_the_history_is_not_judged() {
    let place = repository(&[]);
    place.branch("bills", "main").write(&[BILLS]).commit("Bills");
    place.branch("change", "main").write(&[PAYMENTS]).commit("Payments");
    let elsewhere = Folder::new();
    let from = format!("file://{}", place.path().display());
    let clone = ["-c", "protocol.file.allow=always", "clone", "--quiet", "--depth", "1", "--no-single-branch", &from];
    git(&elsewhere.path, &[&clone[..], &["shallow"]].concat());
    let line = "check --as-of 2026-11-21T00:00:00Z --base origin/bills --head origin/change";
    countersign(line, &elsewhere.path.join("shallow")).run_the_binary().exits(Exit::Usage).complains("fetch-depth: 0");
}

#[test]
fn what_a_force_push_took_off_the_target_is_brought_back_by_the_change() {
    let place = repository(&[]);
    place.write(&[ADMIN]).commit("On call");
    place.branch("change", "main").write(&[("notes.txt", "one\n")]).commit("Note");
    judge("--base main --head change", &place).exits(Exit::Clean).says("1 existing finding");
    // The target is put back to where it was before.
    place.git("branch --force main main~1");
    judge("--base main --head change", &place).exits(Exit::Blocked).says(ADMINISTERS);
    // And once more, to something that shares only its beginning with the change.
    place.git("checkout --quiet main");
    place.write(&[("other.txt", "two\n")]).commit("Other");
    judge("--base main --head change", &place).exits(Exit::Blocked).says(ADMINISTERS);
}

#[test]
fn a_base_without_a_common_ancestor_is_refused() {
    let place = repository(&[BILLS, PAYMENTS]);
    place.git("checkout --quiet --orphan change");
    place.write(&[ADMIN]).commit("A beginning of its own");
    for line in ["--base main --head change", "--base main"] {
        judge(line, &place).exits(Exit::Usage).complains("have no common ancestor");
    }
}

#[test]
fn a_base_that_is_no_ancestor_is_judged_as_the_merge_into_it() {
    let place = repository(&[]);
    place.branch("change", "main").write(&[PAYMENTS]).commit("Payments");
    place.git("checkout --quiet main");
    place.write(&[BILLS]).commit("Bills");
    judge("--base main --head change", &place).exits(Exit::Blocked).says(CONFLICTS).says("as merged into main");
}

/// A branch `change` whose last commit merges `main` and, where an edit is given, hides it there.
fn merged(place: &Repository, edit: Option<(&str, &str)>, by: (&str, &str)) {
    place.branch("change", "main").write(&[("notes.txt", "one\n")]).commit("Note");
    place.git("checkout --quiet main");
    place.write(&[("other.txt", "two\n")]).commit("Other");
    place.git("checkout --quiet change");
    place.git("merge --quiet --no-ff --no-commit main");
    place.write(edit.as_slice()).commit_as("Merge branch 'main' into change", by);
    assert_eq!(place.git("rev-list --parents --max-count=1 HEAD").split(' ').count(), 3);
}

#[test]
fn an_edit_that_a_merge_hides_is_judged() {
    let place = repository(&[]);
    merged(&place, Some(ADMIN), TARA);
    // Neither side of the merge has it.
    assert_eq!(place.git("log --format=%h --no-merges main change -- rbac"), "");
    judge("--base main --head change", &place).exits(Exit::Blocked).says(ADMINISTERS);
}

#[test]
fn whoever_hides_an_edit_in_a_merge_is_an_author() {
    let place = repository(&[APPROVAL]);
    merged(&place, Some(ADMIN), TARA);
    judge("--base main --head change", &place)
        .exits(Exit::Blocked)
        .says("person:tara.moss is an author of this change");
    // Whoever only brings a branch up to date is not.
    let place = repository(&[APPROVAL]);
    merged(&place, None, TARA);
    place.write(&[ADMIN]).commit("On call");
    judge("--base main --head change", &place).exits(Exit::Clean).says("person:tara.moss approved it");
}

#[test]
fn a_commit_that_takes_an_edit_back_still_has_its_author() {
    let place = repository(&[APPROVAL]);
    place.branch("change", "main").write(&[ADMIN]).commit_as("On call", TARA);
    place.git("revert --no-edit HEAD");
    place.write(&[ADMIN]).commit("On call, as if I had written it");
    judge("--base main --head change", &place)
        .exits(Exit::Blocked)
        .says("person:tara.moss is an author of this change");
}

#[test]
fn an_empty_change_makes_nothing_of_what_escaped_existing() {
    let signers = "person:olga.brandt ecdsa-sha2-nistp256 ";
    let key = fs::read_to_string(format!("{}/testdata/keys/keys/ecdsa256.pub", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let signers = format!("{signers}{}\n", key.split(' ').nth(1).unwrap());
    let config = format!("{CONFIG}authority: {{control_owners: [person:olga.brandt]}}\n");
    let place = repository(&[("countersign.yaml", &config), (".countersign/allowed_signers", &signers)]);
    let at = "--as-of 2026-11-21T00:00:00Z";
    countersign(&format!("adopt --owner person:olga.brandt {at}"), place.path()).run_the_binary().exits(Exit::Clean);
    let private = private("ecdsa256");
    countersign(&format!("adopt sign adoption {at} --key {private}"), place.path()).run_the_binary().exits(Exit::Clean);
    place.commit("Adopt the gate");
    place.write(&[ADMIN]).commit("Past the gate");
    for name in ["first", "second"] {
        place.branch(name, "main").git("commit --quiet --allow-empty --message Nothing");
        judge(&format!("--base main --head {name}"), &place)
            .exits(Exit::Clean)
            .says("sam.reed would be able to administer a whole system")
            .says("it landed without a passing evaluation");
        place.git("checkout --quiet main");
        place.git(&format!("merge --quiet --ff-only {name}"));
    }
    // What is the same on both sides is no change at all.
    judge("--base main --head main", &place).exits(Exit::Clean).says("it landed without a passing evaluation");
}

#[test]
fn a_conflict_over_two_changes_is_stopped_at_the_second() {
    let place = repository(&[]);
    place.branch("bills", "main").write(&[BILLS]).commit("Bills");
    place.branch("payments", "main").write(&[PAYMENTS]).commit("Payments");
    for name in ["bills", "payments"] {
        judge(&format!("--base main --head {name}"), &place).exits(Exit::Clean).says("pass");
    }
    // It makes no difference whether the first is merged or squashed.
    for how in ["merge --quiet --no-ff --no-edit bills", "merge --quiet --squash bills"] {
        place.git("checkout --quiet -B target main");
        place.git(how);
        if how.contains("squash") {
            place.commit("Bills");
        }
        judge("--base target --head payments", &place).exits(Exit::Blocked).says(CONFLICTS);
    }
    // One on top of the other hides nothing either.
    place.branch("stacked", "bills").git("cherry-pick payments");
    judge("--base main --head stacked", &place).exits(Exit::Blocked).says(CONFLICTS);
}

const POLICY: &str = "# METADATA\n# title: a person holds too many duties\n# custom:\n#   id: HOUSE-001\n#   severity: \
                      high\n#   scope: principal\n#   input: principal/v1\npackage house.many\n\nimport rego.v1\n\n";

/// Replaces the only policy of the house by one that misbehaves, beside an access that conflicts.
fn misbehaving(body: &str) -> Repository {
    let own = format!("{POLICY}finding contains {{\"message\": \"x\"}} if count(input.duties) > 100\n");
    let config = format!("{CONFIG}authority: {{control_owners: [person:olga.brandt]}}\n");
    let place = repository(&[("countersign.yaml", &config), (".countersign/policies/many.rego", &own)]);
    let worse = format!("{POLICY}{body}");
    let files = [BILLS, PAYMENTS, (".countersign/policies/many.rego", worse.as_str())];
    place.branch("change", "main").write(&files).commit("Change");
    place
}

#[test]
fn a_policy_that_never_ends_is_stopped_and_so_is_the_change() {
    let place = misbehaving(
        "finding contains {\"message\": \"x\"} if {\n\tsome a in numbers.range(0, 60000)\n\tsome b in \
         numbers.range(0, 60000)\n\tsome c in numbers.range(0, 60000)\n\t((a + b) + c) == -1\n}\n",
    );
    judge("--base main --head change", &place)
        .exits(Exit::Blocked)
        .says(CONFLICTS)
        .says("CS-GATE-001")
        .says("the policy HOUSE-001 could not be evaluated: it was not done after 10000 ms");
}

#[test]
fn a_policy_that_takes_all_memory_is_stopped_and_so_is_the_change() {
    for body in [
        "finding contains {\"message\": \"x\"} if count(numbers.range(0, 2000000000)) == 1\n",
        "s0 := concat(\"\", [\"aaaaaaaaaaaaaaaa\" | some _ in numbers.range(1, 100000)])\nfinding contains \
         {\"message\": concat(\"\", [s0 | some _ in numbers.range(1, 4000)])}\n",
    ] {
        judge("--base main --head change", &misbehaving(body))
            .exits(Exit::Blocked)
            .says(CONFLICTS)
            .says("the policy HOUSE-001 could not be evaluated: its process ended early");
    }
}

#[test]
fn a_policy_that_would_crash_its_reader_is_stopped_and_so_is_the_change() {
    let deep = format!("finding contains {{\"message\": \"x\"}} if {{\n\t{}false\n}}\n", "not ".repeat(100_000));
    judge("--base main --head change", &misbehaving(&deep))
        .exits(Exit::Blocked)
        .says(CONFLICTS)
        .says("the policy HOUSE-001 could not be evaluated");
}
