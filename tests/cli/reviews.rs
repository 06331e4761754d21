//! A forge's review of a change, given with `--reviews`: which reviews count, and which do not.

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::Repository;
use super::records::{AUTHORITY, PEOPLE};
use super::runner::{Ran, countersign};
use super::world::{ADMIN, repository};

const STRANGER: (&str, &str) = ("Somebody", "somebody@example.org");

/// A repository with a change that makes Sam administrator, and its commit.
fn changed() -> (Repository, String) {
    changed_by(super::places::COMMITTER, AUTHORITY)
}

fn changed_by(who: (&str, &str), config: &str) -> (Repository, String) {
    let place = repository(&[("countersign.yaml", config), ("people.yaml", PEOPLE)]);
    let commit = place.branch("admin", "main").write(&[ADMIN]).commit_as("Let Sam administer the cluster", who);
    (place, commit)
}

fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({"login": login, "type": kind})
}

fn review(id: u64, login: &str, state: &str, commit: &str) -> Value {
    json!({
        "id": id, "user": user(login), "state": state, "commit_id": commit,
        "submitted_at": format!("2026-11-20T10:0{id}:00Z"), "body": "",
    })
}

fn push(login: &str, kind: &str, commit: &str) -> Value {
    json!({"actor": user(login), "activity_type": kind, "after": commit})
}

/// What the forge answers about a pull request that Nora opened and pushed and Tara approved.
fn export(commit: &str) -> Value {
    json!({
        "pull_request": {
            "number": 7, "html_url": "https://forge.example/acme/iam/pull/7", "user": user("nora-l"),
            "head": {"sha": commit}, "base": {"repo": {"full_name": "acme/iam"}},
        },
        "reviews": [review(1, "tara-m", "APPROVED", commit)],
        "activity": [push("nora-l", "push", commit)],
        "run": {"actor": user("nora-l"), "triggering_actor": user("nora-l")},
    })
}

fn judge(place: &Repository, text: &str) -> Ran {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    countersign("check --base main --head admin --reviews", place.path()).with([file.path()]).run()
}

fn judge_export(place: &Repository, export: &Value) -> Ran {
    judge(place, &export.to_string())
}

#[test]
fn only_the_latest_word_of_a_reviewer_counts() {
    let (place, commit) = changed();
    let older = "0123456789012345678901234567890123456789";
    let approved = review(1, "tara-m", "APPROVED", &commit);
    let cases: &[(&[Value], &str)] = &[
        (&[], "it needs an approval"),
        (&[review(1, "tara-m", "COMMENTED", &commit)], "it needs an approval"),
        (&[review(1, "tara-m", "PENDING", &commit)], "it needs an approval"),
        (&[review(1, "tara-m", "APPROVED", older)], "person:tara.moss approved an earlier state"),
        // An approval of the commit, and then one of something else: what counts is the later one.
        (&[approved.clone(), review(2, "tara-m", "APPROVED", older)], "person:tara.moss approved an earlier state"),
        (&[approved.clone(), review(2, "tara-m", "CHANGES_REQUESTED", &commit)], "person:tara.moss asks for changes"),
        (&[approved.clone(), review(2, "tara-m", "DISMISSED", &commit)], "it needs an approval"),
        // The second account of the same person asks for changes.
        (&[approved.clone(), review(2, "Tara-Two", "CHANGES_REQUESTED", &commit)], "person:tara.moss asks for changes"),
        (
            &[review(1, "nobody-known", "APPROVED", &commit)],
            "the reviewer nobody-known is no declared person's account",
        ),
        (&[review(1, "sam-r", "APPROVED", &commit)], "the reviewer sam-r is no declared person's account"),
        (&[review(1, "helper[bot]", "APPROVED", &commit)], "the reviewer helper[bot] is no declared person's account"),
    ];
    for (reviews, why) in cases {
        let mut all = export(&commit);
        all["reviews"] = json!(reviews);
        judge_export(&place, &all).exits(Exit::Blocked).says("CS-GRANT-001").says(why);
    }
    let cases: &[&[Value]] = &[
        std::slice::from_ref(&approved),
        // The same answer twice, as two pages of a list may have it.
        &[approved.clone(), approved.clone()],
        &[review(1, "TARA-M", "approved", &commit)],
        &[approved.clone(), review(2, "tara-m", "COMMENTED", &commit)],
        &[review(1, "tara-m", "CHANGES_REQUESTED", &commit), review(2, "tara-m", "APPROVED", &commit)],
        &[review(2, "tara-m", "APPROVED", &commit), review(1, "tara-m", "CHANGES_REQUESTED", &commit)],
        &[review(1, "nobody-known", "APPROVED", &commit), review(2, "tara-m", "APPROVED", &commit)],
    ];
    for reviews in cases {
        let mut all = export(&commit);
        all["reviews"] = json!(reviews);
        judge_export(&place, &all).exits(Exit::Clean).says("person:tara.moss approved it in https://forge.example");
    }
}

#[test]
fn where_two_are_needed_two_people_have_to_review() {
    let config = AUTHORITY.replace(
        "{people: [person:tara.moss], records: [approval]",
        "{people: [person:tara.moss, person:olga.brandt], quorum: 2, records: [approval]",
    );
    let (place, commit) = changed_by(super::places::COMMITTER, &config);
    let judged = |logins: &[&str]| {
        let mut all = export(&commit);
        let reviews = (1..).zip(logins).map(|(id, login)| review(id, login, "APPROVED", &commit));
        all["reviews"] = reviews.collect();
        judge_export(&place, &all)
    };
    let short = "the review in https://forge.example/acme/iam/pull/7 has 1 of the 2 approvers that it takes";
    judged(&["tara-m"]).exits(Exit::Blocked).says(short);
    judged(&["tara-m", "tara-two"]).exits(Exit::Blocked).says(short);
    judged(&["tara-m", "nora-l"]).exits(Exit::Blocked).says(short);
    judged(&["tara-m", "olga-b"]).exits(Exit::Clean).says("person:olga.brandt and person:tara.moss approved it in");
}

#[test]
fn whoever_brought_anything_to_the_branch_is_an_author() {
    let (place, commit) = changed();
    let earlier = "1123456789012345678901234567890123456789";
    let took_part = "person:tara.moss proposed, pushed or triggered this change";
    for (kind, after) in [
        ("push", &*commit),
        ("force_push", &commit),
        ("branch_creation", earlier),
        ("push", earlier),
        // Somebody's own branch, merged into this one.
        ("pr_merge", &commit),
        ("merge_queue_merge", &commit),
    ] {
        let mut all = export(&commit);
        all["activity"].as_array_mut().unwrap().push(push("Tara-Two", kind, after));
        judge_export(&place, &all).exits(Exit::Blocked).says(took_part);
    }
    for (key, at) in [("actor", "tara-m"), ("triggering_actor", "tara-two")] {
        let mut all = export(&commit);
        all["run"][key] = user(at);
        judge_export(&place, &all).exits(Exit::Blocked).says(took_part);
    }
    // Whoever removes a branch of that name brings nothing.
    let mut all = export(&commit);
    all["activity"].as_array_mut().unwrap().push(push("tara-m", "branch_deletion", earlier));
    judge_export(&place, &all).exits(Exit::Clean);
}

/// A pull request that a bot opened and pushed.
fn by_a_bot(commit: &str, trigger: &str) -> Value {
    let mut all = export(commit);
    all["pull_request"]["user"] = user("helper[bot]");
    all["activity"] = json!([push("helper[bot]", "push", commit)]);
    all["run"] = json!({"actor": user("helper[bot]"), "triggering_actor": user(trigger)});
    all
}

#[test]
fn whoever_sets_off_a_bot_does_not_approve_what_it_does() {
    let (place, commit) = changed();
    judge_export(&place, &by_a_bot(&commit, "tara-m"))
        .exits(Exit::Blocked)
        .says("person:tara.moss proposed, pushed or triggered this change");
    // Who set it off is not known, and an address in a commit is whatever the bot was told to write.
    for who in [super::places::COMMITTER, STRANGER] {
        let (place, commit) = changed_by(who, AUTHORITY);
        for trigger in ["helper[bot]", "nora-l"] {
            judge_export(&place, &by_a_bot(&commit, trigger)).exits(Exit::Blocked).says(
                "helper[bot] pushed to this change, and no declared service identity has that account, so it is not \
                 proven that person:tara.moss is somebody else",
            );
        }
    }
}

#[test]
fn a_bot_that_is_declared_proposes_like_anybody_else() {
    let service = "apiVersion: countersign.dev/v1\nkind: ServiceIdentity\nmetadata: {id: helper}\nspec: {owner: \
                   person:olga.brandt, accounts: [{system: \"github:acme\", name: \"helper[bot]\"}]}\n";
    let place =
        repository(&[("countersign.yaml", AUTHORITY), ("people.yaml", PEOPLE), ("services/helper.yaml", service)]);
    let who = ("helper[bot]", "41898282+helper[bot]@users.noreply.github.com");
    let commit = place.branch("admin", "main").write(&[ADMIN]).commit_as("Let Sam administer the cluster", who);
    judge_export(&place, &by_a_bot(&commit, "helper[bot]")).exits(Exit::Clean).says("person:tara.moss approved it");
}

#[test]
fn an_address_that_nobody_has_is_settled_by_who_pushed() {
    let (place, commit) = changed_by(STRANGER, AUTHORITY);
    judge_export(&place, &export(&commit)).exits(Exit::Clean);
    // Without the forge's word on the very commit it stays open.
    for activity in [json!([]), json!([push("nora-l", "push", "1123456789012345678901234567890123456789")])] {
        let mut all = export(&commit);
        all["activity"] = activity;
        judge_export(&place, &all)
            .exits(Exit::Blocked)
            .says("the author somebody@example.org is no active person who is declared here");
    }
}

#[test]
fn a_file_that_is_no_export_is_refused_with_what_is_wrong() {
    let (place, commit) = changed();
    let whole = export(&commit).to_string();
    let gitlab = json!({
        "approved_by": [{"user": {"username": "tara-m"}}], "sha": commit, "iid": 7, "author": {"username": "nora-l"},
    });
    for (text, why) in [
        ("", "an export of reviews is one JSON object"),
        ("approved by tara\n", "expected a map, found text"),
        ("[]", "expected a map, found a list"),
        (&whole[..whole.len() / 2], "not JSON"),
        (&gitlab.to_string(), "`pull_request` is missing"),
        (&json!({"pull_request": export(&commit)["pull_request"]}).to_string(), "`reviews` is missing"),
        (&whole.replacen("\"reviews\":", "\"reviews\":[],\"reviews\":", 1), "the key `reviews` is written twice"),
        (&whole.replace("2026-11-20T10:01:00Z", "yesterday"), "yesterday"),
    ] {
        judge(&place, text).exits(Exit::Usage).complains(why);
    }
    countersign("check --base main --head admin --reviews nowhere.json", place.path())
        .run()
        .exits(Exit::Usage)
        .complains("nowhere.json cannot be read");
}

#[test]
fn a_file_about_something_else_is_refused() {
    let config = format!("{AUTHORITY}gate: {{repository: acme/iam}}\n");
    let (place, commit) = changed_by(super::places::COMMITTER, &config);
    judge_export(&place, &export(&commit)).exits(Exit::Clean);
    let mut other = export(&commit);
    other["pull_request"]["base"]["repo"]["full_name"] = json!("Acme/IAM");
    judge_export(&place, &other).exits(Exit::Clean);
    other["pull_request"]["base"]["repo"]["full_name"] = json!("tara-m/iam");
    judge_export(&place, &other)
        .exits(Exit::Usage)
        .complains("the reviews are about a change of tara-m/iam, and these rules are those of acme/iam");
    let base = place.git("rev-parse main");
    judge_export(&place, &export(&base)).exits(Exit::Usage).complains(&format!("the reviews are about commit {base}"));
    // A commit that is named by its beginning is not that commit.
    judge_export(&place, &export(&commit[..12])).exits(Exit::Usage).complains("the reviews are about commit");
}
