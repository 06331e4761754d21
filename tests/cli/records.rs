//! Records from the command line: written, signed, in force, lapsed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use countersign::cli::Exit;

use super::places::Repository;
use super::runner::{check, countersign, restrict};
use super::world::{ADMIN, BILLS, PAYMENTS, repository};

/// The authority of the company, and where its keys are.
pub(super) const AUTHORITY: &str = "\
version: 1
systems: [{paths: [\"rbac/**\"], id: \"kubernetes:blue\"}]
rulesets: [{id: cs-p2p, owner: person:olga.brandt}]
authority:
  control_owners: [person:olga.brandt]
  approvers:
    - {people: [person:tara.moss], records: [approval], systems: [\"kubernetes:*\"]}
    - {people: [person:olga.brandt], records: [exception]}
";

pub(super) const APPROVE: &str =
    "approval new --subject person:sam.reed --duty SUPER --approver person:tara.moss --reason nights --id nights";
const EXCEPT: &str = "exception new CS-SOD-001 --subject person:mira.vale --about P2P-13 --approver person:olga.brandt \
                      --owner person:nora.lind --reason small --control MC-7 --control-does weekly-review \
                      --monitor person:tara.moss --frequency weekly --id small";

pub(super) fn key(name: &str) -> String {
    format!("{}/testdata/keys/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn public(name: &str) -> String {
    let path = key(&format!("{name}.pub"));
    std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path}")).split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A repository whose target names who may approve, and Tara's and Olga's keys.
pub(super) fn company() -> Repository {
    let signers =
        format!("tara.moss@example.com {}\nperson:olga.brandt {}\n", public(TARA_KEY).trim(), public(OLGA_KEY).trim());
    repository(&[("countersign.yaml", AUTHORITY), (".countersign/allowed_signers", &signers)])
}

pub(super) const TARA_KEY: &str = "ed25519";
pub(super) const OLGA_KEY: &str = "ecdsa256";

/// A private key in a file of its own, with its public key beside it. It is kept in hexadecimal digits, so that nothing that
/// looks for keys in text finds one in this repository.
pub(super) fn private(name: &str) -> String {
    static WRITTEN: Mutex<()> = Mutex::new(());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keys");
    let path = folder.join(format!("{name}_TEST_ONLY"));
    let _one_at_a_time = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !path.is_file() {
        let digits: String = fs::read_to_string(key(&format!("{name}_TEST_ONLY.hex"))).unwrap().split('\n').collect();
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        fs::create_dir_all(&folder).unwrap();
        // Whole or not at all: another run of the tests may look for it now.
        let whole = tempfile::NamedTempFile::new_in(&folder).unwrap();
        fs::write(whole.path(), (0..digits.len()).step_by(2).map(byte).collect::<Vec<u8>>()).unwrap();
        restrict(whole.path());
        if let Ok(public) = fs::read(key(&format!("{name}.pub"))) {
            fs::write(folder.join(format!("{name}.pub")), public).unwrap();
        }
        whole.persist(&path).unwrap();
    }
    path.display().to_string()
}

pub(super) fn sign(place: &Repository, command: &str, name: &str) {
    countersign(&format!("{command} --key"), place.path()).with([private(name)]).run().exits(Exit::Clean);
}

#[test]
fn one_change_holds_the_grant_and_its_signed_approval() {
    let place = company();
    place.branch("admin", "main").write(&[ADMIN]).commit("Let Sam administer the cluster");
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("person:tara.moss may approve it, in review of this change or with a signature");
    countersign(APPROVE, place.path()).run().exits(Exit::Clean).says("wrote .countersign/approvals/nights.yaml");
    // Unsigned it proves nothing, and is a change of the rules.
    place.commit("Approve");
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("nothing proves that person:tara.moss gave it: it is not signed")
        .says("CS-GATE-001");
    check("--base main --head admin --output json", place.path()).exits(Exit::Blocked).says("\"state\": \"refused\"");
    sign(&place, "approval sign nights", TARA_KEY);
    countersign("approval verify", place.path()).run().exits(Exit::Clean).says("ok nights person:tara.moss");
    place.commit("Sign");
    check("--base main --head admin", place.path()).exits(Exit::Clean).says("person:tara.moss approved it until");
}

#[test]
fn an_approval_that_is_edited_after_signing_counts_no_more() {
    let place = company();
    place.branch("admin", "main").write(&[ADMIN]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    sign(&place, "approval sign nights", TARA_KEY);
    let path = place.path().join(".countersign/approvals/nights.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("nights\n", "nights and days\n")).unwrap();
    place.commit("Edited");
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("its signature does not fit what was signed");
    countersign("approval verify", place.path()).run().exits(Exit::EvidenceInvalid).says("refused nights");
}

#[test]
fn a_key_that_the_change_adds_signs_nothing_yet() {
    let place = repository(&[("countersign.yaml", AUTHORITY)]);
    let signers = format!("tara.moss@example.com {}\n", public(TARA_KEY).trim());
    place.branch("admin", "main").write(&[ADMIN, (".countersign/allowed_signers", &signers)]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    sign(&place, "approval sign nights", TARA_KEY);
    place.commit("Signed");
    check("--base main --head admin", place.path())
        .exits(Exit::Blocked)
        .says("the target has no .countersign/allowed_signers")
        .says("would sign records as tara.moss@example.com");
}

#[test]
fn an_exception_tolerates_one_finding_until_it_widens_or_ends() {
    let place = company();
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]);
    countersign(EXCEPT, place.path()).run().exits(Exit::Clean).says("wrote .countersign/exceptions/small.yaml");
    sign(&place, "exception sign small", OLGA_KEY);
    place.commit("Pay");
    check("--base main --head pay", place.path())
        .exits(Exit::Clean)
        .says("the exception small tolerates it until")
        .says("MC-7 makes up for it");
    // Once it has landed, more of the same is not what was tolerated.
    let wider =
        [(BILLS.0, BILLS.1.replace("DE01", "[DE01, US01]")), (PAYMENTS.0, PAYMENTS.1.replace("DE01", "[DE01, US01]"))];
    place.branch("wide", "pay").write(&wider.each_ref().map(|(path, text)| (*path, text.as_str()))).commit("Wider");
    check("--base pay --head wide", place.path()).exits(Exit::Blocked).says("the access has widened");
    // After its end a change that touches the subject is stopped.
    let narrower = PAYMENTS.1.replace("DE01", "DE01, plant: B");
    place.branch("later", "pay").write(&[(PAYMENTS.0, &narrower)]).commit("Later");
    check("--base pay --head later --as-of 2027-06-01T00:00:00Z", place.path()).says("the exception small ended on");
}

#[test]
fn a_decision_to_end_an_exception_is_signed_as_it_is_written() {
    let place = company();
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]);
    countersign(EXCEPT, place.path()).run().exits(Exit::Clean);
    sign(&place, "exception sign small", OLGA_KEY);
    place.commit("Pay");
    place.branch("ended", "pay");
    let line = "exception expire small --reviewer person:olga.brandt --reason moved";
    let decision = place.path().join(".countersign/reviews/revoke-small.yaml");
    // What cannot be signed is not left behind.
    countersign(&format!("{line} --key nowhere"), place.path()).run().exits(Exit::Usage).complains("nowhere");
    assert!(!decision.exists());
    let ended = countersign(line, place.path()).with(["--key".to_owned(), private(OLGA_KEY)]).run();
    ended
        .exits(Exit::Clean)
        .says("wrote .countersign/reviews/revoke-small.yaml")
        .says("wrote .countersign/reviews/revoke-small.yaml.olga.brandt.sig")
        .says("it verifies: ")
        .says("small no longer holds once this is committed");
    place.commit("End it");
    check("--base main --head ended", place.path()).exits(Exit::Blocked).says("revoked");
    // Another's key is told of at once.
    place.branch("again", "pay");
    countersign(line, place.path())
        .with(["--key".to_owned(), private(TARA_KEY)])
        .run()
        .exits(Exit::Clean)
        .says("it does not count yet: ");
}

#[test]
fn taking_an_exception_away_while_the_access_stays_is_stopped() {
    let place = company();
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]);
    countersign(EXCEPT, place.path()).run().exits(Exit::Clean);
    sign(&place, "exception sign small", OLGA_KEY);
    place.commit("Pay");
    place.branch("gone", "pay");
    place.git("rm --quiet -r .countersign/exceptions");
    place.commit("Gone");
    check("--base pay --head gone", place.path())
        .exits(Exit::Blocked)
        .says("this change removes or rewrites the exception small");
}

#[test]
fn a_register_tells_what_existed_from_what_escaped() {
    let place = company();
    place.branch("live", "main").write(&[BILLS, PAYMENTS]).commit("What exists");
    countersign("adopt --owner person:olga.brandt", place.path()).run().exits(Exit::Clean).says("1 finding");
    sign(&place, "adopt sign adoption", OLGA_KEY);
    place.commit("Register");
    place.branch("next", "live").write(&[("notes.txt", "one\n")]).commit("Note");
    check("--base live --head next --show existing", place.path())
        .exits(Exit::Clean)
        .says("do not block: CS-SOD-001 mira.vale");
    // What lands past the gate afterwards is not taken for something that was there.
    place.branch("past", "live").write(&[ADMIN]).commit("Past the gate");
    place.branch("after", "past").write(&[("notes.txt", "two\n")]).commit("Note");
    check("--base past --head after", place.path()).says("it landed without a passing evaluation");
    let commit = place.git("rev-parse past");
    countersign(
        &format!(
            "emergency reconcile {} --incident INC-1 --approver person:olga.brandt --reason outage",
            commit.trim()
        ),
        place.path(),
    )
    .run()
    .exits(Exit::Clean)
    .says("would have blocked")
    .says("CS-GRANT-001");
}

#[test]
fn a_record_is_never_written_over_another_one() {
    let place = company();
    place.branch("admin", "main").write(&[ADMIN]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    countersign(APPROVE, place.path())
        .run()
        .exits(Exit::Usage)
        .complains(".countersign/approvals/nights.yaml is there already");
    let typo = APPROVE.replace("sam.reed", "sam.red").replace("--id nights", "--id other");
    countersign(&typo, place.path()).run().exits(Exit::Usage).complains("did you mean --subject person:sam.reed?");
}

/// `ssh-keygen`, where it is installed, says the same of what we sign.
#[test]
fn ssh_keygen_accepts_what_is_signed_here() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        return;
    }
    let place = company();
    place.branch("admin", "main").write(&[ADMIN]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    sign(&place, "approval sign nights", TARA_KEY);
    let folder = place.path().join(".countersign");
    let record = std::fs::File::open(folder.join("approvals/nights.yaml")).unwrap();
    let status = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", "tara.moss@example.com", "-n", "approval@countersign.dev", "-f"])
        .arg(folder.join("allowed_signers"))
        .arg("-s")
        .arg(folder.join("approvals/nights.yaml.tara.moss.sig"))
        .stdin(record)
        .output()
        .unwrap()
        .status;
    assert!(status.success());
}

/// People with logins on the forge.
pub(super) const PEOPLE: &str = "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: nora.lind}
spec: {emails: [nora.lind@example.com], accounts: [{system: \"github:acme\", name: nora-l}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: tara.moss}
spec:
  emails: [tara.moss@example.com]
  accounts: [{system: \"github:acme\", name: Tara-M}, {system: \"github:acme\", name: tara-two}]
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: olga.brandt}
spec: {emails: [olga.brandt@example.com], accounts: [{system: \"github:acme\", name: olga-b}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: sam.reed}
spec: {emails: [sam.reed@example.com], accounts: [{system: \"kubernetes:blue\", name: sam.reed}]}
";

/// A pull request by `author`, pushed by them, with reviews `(login, state, of this commit)`.
fn export(commit: &str, author: &str, reviews: &[(&str, &str, bool)]) -> tempfile::NamedTempFile {
    let reviews: Vec<serde_json::Value> = (1..)
        .zip(reviews)
        .map(|(id, (login, state, here))| {
            let commit = if *here { commit } else { "0123456789012345678901234567890123456789" };
            serde_json::json!({
                "id": id, "user": {"login": login, "type": "User"}, "state": state, "commit_id": commit,
                "submitted_at": format!("2026-11-20T10:0{id}:00Z"), "body": "",
            })
        })
        .collect();
    let export = serde_json::json!({
        "pull_request": {
            "number": 7, "html_url": "https://forge.example/acme/iam/pull/7", "user": {"login": author, "type": "User"},
            "head": {"sha": commit}, "base": {"repo": {"full_name": "acme/iam"}},
        },
        "reviews": reviews,
        "activity": [{"actor": {"login": author, "type": "User"}, "activity_type": "push", "after": commit}],
        "run": {"actor": {"login": author, "type": "User"}, "triggering_actor": {"login": author, "type": "User"}},
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), export.to_string()).unwrap();
    file
}

#[test]
fn a_review_of_the_commit_that_is_judged_is_an_approval() {
    let place = repository(&[("countersign.yaml", AUTHORITY), ("people.yaml", PEOPLE)]);
    place.branch("admin", "main").write(&[ADMIN]);
    let commit = place.commit("Let Sam administer the cluster");
    let commit = commit.trim();
    let judge = |author: &str, reviews: &[(&str, &str, bool)]| {
        let file = export(commit, author, reviews);
        countersign("check --base main --head admin --reviews", place.path()).with([file.path()]).run()
    };
    judge("nora-l", &[("tara-m", "APPROVED", true)])
        .exits(Exit::Clean)
        .says("person:tara.moss approved it in https://forge.example/acme/iam/pull/7");
    for (author, reviews, why) in [
        ("nora-l", &[("tara-m", "APPROVED", false)][..], "approved an earlier state"),
        ("nora-l", &[("tara-m", "APPROVED", true), ("tara-m", "CHANGES_REQUESTED", true)], "asks for changes"),
        ("nora-l", &[("tara-m", "APPROVED", true), ("tara-m", "DISMISSED", true)], "it needs an approval"),
        ("nora-l", &[("nora-l", "APPROVED", true)], "person:nora.lind is an author of this change"),
        ("nora-l", &[("olga-b", "APPROVED", true)], "person:olga.brandt has no authority over this"),
        ("nora-l", &[("stranger", "APPROVED", true)], "the reviewer stranger is no declared person's account"),
        // A second account of the same person is the same person.
        ("tara-two", &[("tara-m", "APPROVED", true)], "person:tara.moss proposed, pushed or triggered this change"),
        ("ghost", &[("tara-m", "APPROVED", true)], "the author ghost on the forge is no declared person's account"),
    ] {
        judge(author, reviews).exits(Exit::Blocked).says(why);
    }
    let other = export("1123456789012345678901234567890123456789", "nora-l", &[]);
    countersign("check --base main --head admin --reviews", place.path())
        .with([other.path()])
        .run()
        .exits(Exit::Usage)
        .complains("the reviews are about commit 1123456789");
}

#[test]
fn a_change_does_not_bring_its_own_reviews() {
    let place = repository(&[("countersign.yaml", AUTHORITY), ("people.yaml", PEOPLE)]);
    place.branch("admin", "main").write(&[ADMIN]);
    let commit = place.commit("Let Sam administer the cluster");
    let forged = export(commit.trim(), "nora-l", &[("tara-m", "APPROVED", true)]);
    let text = std::fs::read_to_string(forged.path()).unwrap();
    place.write(&[("reviews.json", &text)]);
    place.commit("Reviewed");
    countersign("check --base main --head admin --reviews reviews.json", place.path())
        .run()
        .exits(Exit::Usage)
        .complains("reviews.json is part of the change that it reviews");
}

#[test]
fn a_control_owner_lets_changed_rules_pass() {
    let place = company();
    let weaker = AUTHORITY.replace("authority:", "enforcement: {policies: {CS-SOD-001: warn}}\nauthority:");
    place.branch("weaker", "main").write(&[("countersign.yaml", &weaker)]).commit("Warn only");
    check("--base main --head weaker", place.path())
        .exits(Exit::Blocked)
        .says("this change would weaken the gate: CS-SOD-001 would warn instead of block")
        .says("person:olga.brandt may approve it")
        .says("countersign approval new --rules");
    countersign("approval new --rules --approver person:olga.brandt --reason agreed --id rules", place.path())
        .run()
        .exits(Exit::Clean);
    sign(&place, "approval sign rules", OLGA_KEY);
    place.commit("Approve");
    check("--base main --head weaker", place.path()).exits(Exit::Clean).says("person:olga.brandt approved these rules");
    // Of these rules, and no others.
    let weakest = weaker.replace("warn}", "record}");
    place.write(&[("countersign.yaml", &weakest)]).commit("Record only");
    check("--base main --head weaker", place.path()).exits(Exit::Blocked).says("the approval rules is of other rules");
}

/// An approval names the rules that would be, wherever the change itself says that rules are kept.
#[test]
fn rules_that_move_where_the_change_keeps_them_can_be_approved() {
    let workflow =
        (".github/workflows/gate.yaml", "on: pull_request\njobs: {gate: {steps: [{run: countersign check}]}}\n");
    let elsewhere = AUTHORITY.replace("authority:", "policies: [guard]\nauthority:");
    let policy = "\
# METADATA
# title: No notes
# description: Nothing is noted.
# custom:
#   id: ACME-NOTE-001
#   severity: low
#   scope: principal
#   input: principal/v1
#   remediation: Remove it.
package acme.note

import rego.v1

finding contains f if {
	input.principal.id == \"person:nobody\"
	f := {\"message\": \"noted\"}
}
";
    let changes: [(&str, &[(&str, &str)]); 2] = [
        ("moved", &[("countersign.yaml", &elsewhere), ("guard/note.rego", policy)]),
        ("silent", &[(workflow.0, "on: pull_request\njobs: {}\n")]),
    ];
    for (name, files) in changes {
        let place = company();
        place.write(&[workflow]).commit("Run the gate");
        place.branch(name, "main").write(files).commit("Change the rules");
        check(&format!("--base main --head {name}"), place.path()).exits(Exit::Blocked).says("CS-GATE-001");
        countersign("approval new --rules --approver person:olga.brandt --reason agreed --id rules", place.path())
            .run()
            .exits(Exit::Clean);
        sign(&place, "approval sign rules", OLGA_KEY);
        place.commit("Approve");
        check(&format!("--base main --head {name}"), place.path())
            .exits(Exit::Clean)
            .says("person:olga.brandt approved these rules");
    }
}

/// A command that is copied with its blanks unfilled is refused, and nothing is left behind.
#[test]
fn a_record_that_could_not_be_read_is_not_written() {
    let place = company();
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]).commit("Pay");
    let all = |text: &str| place.git(text);
    for (from, to, why) in [
        ("--reason small", "--reason WHY", "an exception needs a reason"),
        ("--monitor person:tara.moss", "--monitor person:WHO", "the monitor is still WHO"),
        ("--control MC-7", "--control ID", "--control says nothing of the compensating control"),
        ("--expires 2026-12-31", "--expires 2020-01-01", "it ends before it begins"),
    ] {
        let line = format!("{EXCEPT} --expires 2026-12-31").replace(from, to);
        countersign(&line, place.path()).run().exits(Exit::Usage).complains(why);
        assert_eq!(all("status --porcelain"), "", "{to}");
    }
    // Neither is what another record's id would break, nor a renewal that cannot hold.
    countersign(EXCEPT, place.path()).run().exits(Exit::Clean);
    let own = place.path().join(".countersign/exceptions/small.yaml");
    std::fs::rename(&own, own.with_file_name("moved.yaml")).unwrap();
    countersign(EXCEPT, place.path()).run().exits(Exit::Usage).complains("the exception id `small` is used twice");
    sign(&place, "exception sign small", OLGA_KEY);
    place.commit("Except");
    countersign("exception renew small --expires 2020-01-01", place.path())
        .run()
        .exits(Exit::Usage)
        .complains("it ends before it begins");
    assert_eq!(all("status --porcelain"), "");
    countersign("exception renew smal --expires 2027-01-01", place.path())
        .run()
        .exits(Exit::Usage)
        .complains("did you mean `small`?");
}
