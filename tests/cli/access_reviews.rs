//! Access reviews from end to end: opened, decided, merged, followed, closed, and what is done about what was revoked.

use std::fs;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::Repository;
use super::records::{OLGA_KEY, TARA_KEY, public, sign};
use super::runner::{NOW, check, countersign, findings};
use super::world::{BILLS, PAYMENTS, START};

const DAY: i64 = 86_400;

/// Mira reports to Tara; Olga owns the ledger; a robot belongs to Sam, who reports to Tara too.
const PEOPLE: &str = "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: olga.brandt}
spec: {emails: [olga.brandt@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: nora.lind}
spec: {emails: [nora.lind@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: tara.moss}
spec: {emails: [tara.moss@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: mira.vale}
spec:
  manager: person:tara.moss
  emails: [mira.vale@example.com]
  accounts: [{system: ledger, name: MVALE}]
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: sam.reed}
spec:
  manager: person:tara.moss
  emails: [sam.reed@example.com]
---
apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: robot}
spec: {owner: person:sam.reed, operator: person:nora.lind, purpose: posts invoices, accounts: [{system: ledger, name: ROBOT}]}
";

const SYSTEMS: &str = "\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: ledger}
spec: {type: netsuite, owner: person:olga.brandt}
---
apiVersion: countersign.dev/v1
kind: System
metadata: {id: \"kubernetes:blue\"}
spec: {type: kubernetes}
";

const ROBOT: (&str, &str) = (
    "grants/robot.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: ledger, to: account:ledger/ROBOT, role: clerk, justification: posts at night, ticket: FIN-7}
",
);

const CONFIG: &str = "\
version: 1
systems: [{paths: [\"rbac/**\"], id: \"kubernetes:blue\"}]
rulesets: [{id: cs-p2p, owner: person:olga.brandt}]
authority: {control_owners: [person:olga.brandt]}
";

const FOLDER: &str = ".countersign/campaigns/UAR-1";
const TARAS: &str = ".countersign/campaigns/UAR-1/person-tara.moss.yaml";
const OPEN: &str = "review open --id UAR-1 --due 2026-11-30 --system ledger";

/// The ledger in which Mira enters and pays invoices, and a robot enters them.
fn company() -> Repository {
    let signers =
        format!("tara.moss@example.com {}\nperson:olga.brandt {}\n", public(TARA_KEY).trim(), public(OLGA_KEY).trim());
    let place = Repository::with(START);
    place.write(&[
        ("people.yaml", PEOPLE),
        ("systems.yaml", SYSTEMS),
        ("countersign.yaml", CONFIG),
        (".countersign/allowed_signers", &signers),
        BILLS,
        PAYMENTS,
        ROBOT,
    ]);
    place.commit("Ledger");
    place
}

/// The same with a review that is open, on the target.
fn opened() -> Repository {
    let place = company();
    countersign(OPEN, place.path()).run().exits(Exit::Clean).says("opened UAR-1: 3 items of 2 principals in 1 system");
    place.commit("Open the review");
    place
}

fn read(place: &Repository, path: &str) -> String {
    fs::read_to_string(place.path().join(path)).unwrap()
}

/// Writes decisions into Tara's file, by what is held; each with a reason where one is given.
fn decide(place: &Repository, decisions: &[(&str, &str, &str)]) {
    let mut text = read(place, TARAS).replacen("  decided:\n", "  decided: 2026-11-21T00:00:00Z\n", 1);
    for (what, decision, reason) in decisions {
        let (before, rest) = text.split_once(what).unwrap_or_else(|| panic!("{what} in {text}"));
        let rest = rest.replacen("decision:\n", &format!("decision: {decision}\n"), 1);
        let rest = rest.replacen("reason:\n", &format!("reason: {reason}\n"), 1);
        text = format!("{before}{what}{rest}");
    }
    place.write(&[(TARAS, &text)]);
}

const ALL: [(&str, &str, &str); 3] = [
    ("who: \"person:mira.vale\"\n      what: \"role:ledger/clerk\"", "keep", "enters invoices"),
    ("what: \"role:ledger/payer\"", "revoke", "pays no more"),
    ("who: \"service:robot\"\n      what: \"role:ledger/clerk\"", "keep", ""),
];

/// A text without what its commit's name makes of it.
fn without_digests(text: &str) -> String {
    let is_name = |word: &str| word.len() >= 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let word = |word: &str| {
        let (own, end) = word.split_at(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
        if is_name(own) { format!("NAME{end}") } else { word.to_owned() }
    };
    words.map(word).collect()
}

fn status(place: &Repository, line: &str) -> Value {
    let all = countersign(&format!("review status --format json {line}"), place.path()).run().exits(Exit::Clean).json();
    all["campaigns"][0].clone()
}

fn found(place: &Repository, line: &str) -> Vec<String> {
    let report = check(&format!("{line} --output json"), place.path()).json();
    findings(&report).into_iter().filter(|own| own.contains("CS-REVIEW") || own.contains("CS-GATE-001")).collect()
}

#[test]
fn what_is_opened_tells_a_reviewer_all_that_a_decision_takes() {
    let place = opened();
    let text = without_digests(&read(&place, TARAS));
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("access_review_sheet", text);
    });
    let schema = |name: &str| {
        let schema = countersign(&format!("schema {name}"), place.path()).run().json();
        jsonschema::validator_for(&schema).unwrap()
    };
    let items: Value = serde_json::from_str(&read(&place, &format!("{FOLDER}/items.json"))).unwrap();
    assert!(schema("access-review-items").is_valid(&items));
    for (name, path) in [("access-review-decisions", TARAS), ("access-review", &format!("{FOLDER}/campaign.yaml"))] {
        let node = countersign::syntax::parse(read(&place, path).as_bytes()).unwrap().remove(0);
        let value: Value = countersign::syntax::decode(&node).unwrap();
        let errors: Vec<String> = schema(name).iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
    // An open review that is in time is nothing to stop anybody for.
    assert!(found(&place, "").is_empty());
}

#[test]
fn a_review_goes_from_opening_to_the_removal_of_what_was_revoked() {
    let place = opened();
    // Nobody has decided yet.
    countersign("review close UAR-1", place.path())
        .run()
        .exits(Exit::Blocked)
        .says("UAR-1 cannot be closed: 3 of 3 items undecided")
        .says("role:ledger/payer of person:mira.vale, asked: person:tara.moss");
    place.branch("decide", "main");
    decide(&place, &ALL);
    place.commit("Decide");
    // Unsigned it proves nothing.
    let arrives = found(&place, "--base main --head decide");
    assert_eq!(arrives, ["introduced CS-GATE-001 repository!"], "{arrives:#?}");
    sign(&place, "review sign UAR-1/tara.moss", TARA_KEY);
    place.commit("Sign");
    check("--base main --head decide", place.path()).exits(Exit::Clean);
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-edit decide");
    let now = status(&place, "UAR-1");
    for (count, number) in
        [("items", 3), ("decided", 3), ("kept", 2), ("revoked", 1), ("executed", 0), ("not_executed", 1)]
    {
        assert_eq!(now[count], number, "{count} in {now:#}");
    }
    countersign("review status", place.path())
        .run()
        .exits(Exit::Clean)
        .says("decided 3 of 3 items")
        .says("role:ledger/payer of person:mira.vale: revoked by person:tara.moss on 2026-11-21, to be done before 2026-12-05");
    countersign("review close UAR-1", place.path())
        .run()
        .exits(Exit::Clean)
        .says("3 items: 2 kept, 1 to be revoked, 0 to be modified, 0 abstained")
        .says("1 item still there; each has to go within 14 days of its decision");
    place.commit("Close");
    countersign("review close UAR-1", place.path()).run().exits(Exit::Usage).complains("UAR-1 is closed");
    // A ticket that says it is done changes nothing.
    let late = format!("--as-of {}", "2026-12-05T00:00:00Z");
    assert_eq!(found(&place, "--as-of 2026-12-04T23:59:59Z"), Vec::<String>::new());
    let still = found(&place, &late);
    assert_eq!(still.len(), 1, "{still:#?}");
    assert!(still[0].contains("CS-REVIEW-006 record:access_review/UAR-1"), "{still:#?}");
    // Granted by another name, it is the same rights.
    let renamed = START[3].1.replace("{id: payer}", "{id: settler}");
    place.write(&[("roles.yaml", &renamed), (PAYMENTS.0, &PAYMENTS.1.replace("payer", "settler"))]);
    assert_eq!(found(&place, &late).len(), 1);
    place.git("checkout --quiet -- roles.yaml grants/payments.yaml");
    place.git("rm --quiet grants/payments.yaml");
    place.commit("Remove what was revoked");
    assert!(found(&place, &late).is_empty());
    let done = status(&place, "--as-of 2026-12-05T00:00:00Z");
    assert_eq!((&done["executed"], &done["not_executed"]), (&Value::from(1), &Value::from(0)));
    let shown = countersign("review status", place.path()).run().stdout;
    assert!(!shown.contains("effective"), "{shown}");
    // Whoever gives it back is stopped.
    place.branch("again", "main").write(&[PAYMENTS]).commit("Again");
    check(&format!("--base main --head again {late}"), place.path()).exits(Exit::Blocked).says("CS-REVIEW-006");
}

#[test]
fn it_is_late_the_day_after_its_grace() {
    let place = opened();
    for (at, late) in [("2026-11-30T23:59:59Z", 0), ("2026-12-05T23:59:59Z", 0), ("2026-12-06T00:00:00Z", 1)] {
        let all = found(&place, &format!("--as-of {at}"));
        assert_eq!(all.len(), late, "{at}: {all:#?}");
        assert_eq!(status(&place, &format!("--as-of {at}"))["overdue"], 3 * late, "{at}");
    }
    countersign("review status --as-of 2026-12-06T00:00:00Z", place.path())
        .run()
        .says("UAR-1 late since 2026-12-06")
        .says("undecided and late 3 of 3 items");
}

#[test]
fn who_must_not_decide_is_stopped_and_so_is_a_flagged_item_without_a_reason() {
    let place = opened();
    place.branch("decide", "main");
    decide(&place, &[(ALL[0].0, "keep", "")]);
    sign(&place, "review sign UAR-1/tara.moss", TARA_KEY);
    place.commit("Keep what conflicts");
    check("--base main --head decide", place.path())
        .exits(Exit::Blocked)
        .says("CS-REVIEW-004")
        .says("person:tara.moss keeps role:ledger/clerk of person:mira.vale in the access review UAR-1 without a reason, and it is flagged: P2P-13");
    // Olga was not asked.
    place.branch("other", "main");
    decide(&place, &ALL);
    let text = read(&place, TARAS)
        .replace("person:tara.moss}", "person:olga.brandt}")
        .replace("\"person:tara.moss\"}", "\"person:olga.brandt\"}");
    place.git("rm --quiet --cached .countersign/campaigns/UAR-1/person-tara.moss.yaml");
    fs::remove_file(place.path().join(TARAS)).unwrap();
    place.write(&[(&format!("{FOLDER}/person-olga.brandt.yaml"), &text)]);
    sign(&place, "review sign UAR-1/olga.brandt", OLGA_KEY);
    place.commit("Decide for somebody else");
    check("--base main --head other", place.path())
        .exits(Exit::Blocked)
        .says("CS-REVIEW-001")
        .says("and person:tara.moss was asked");
    assert_eq!(status(&place, "")["self_reviewed"], 0);
}

#[test]
fn what_changed_after_it_was_frozen_makes_its_decision_stale() {
    let place = opened();
    decide(&place, &ALL);
    place.commit("Decide");
    assert_eq!(status(&place, "")["stale"], 0);
    place.branch("wider", "main").write(&[(BILLS.0, &BILLS.1.replace("DE01", "[DE01, US01]"))]).commit("Wider");
    let all = found(&place, "--base main --head wider");
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(all[0].contains("CS-REVIEW-005"), "{all:#?}");
    assert_eq!(status(&place, "")["stale"], 1);
    // What is only moved or told otherwise is the same.
    place.branch("moved", "main");
    place.git("mv grants/bills.yaml grants/invoices.yaml");
    place.commit("Move");
    assert!(found(&place, "--base main --head moved").is_empty());
}

#[test]
fn what_was_opened_or_closed_is_not_altered() {
    let place = opened();
    place.branch("later", "main");
    let opening = format!("{FOLDER}/campaign.yaml");
    place.write(&[(&opening, &read(&place, &opening).replace("2026-11-30", "2027-11-30"))]).commit("Later");
    check("--base main --head later", place.path())
        .exits(Exit::Usage)
        .complains("the opening of the access review `UAR-1` was edited");
    place.branch("consistent", "later");
    let digest = countersign::store::Digest::of(read(&place, &opening).as_bytes()).to_string();
    let text = read(&place, TARAS);
    let (before, rest) = text.split_once("opening: \"").unwrap();
    place.write(&[(TARAS, &format!("{before}opening: \"{digest}{}", &rest[64..]))]).commit("Every digest");
    check("--base main --head consistent", place.path())
        .exits(Exit::Blocked)
        .says("this change edits the opening of the access review UAR-1");
    place.branch("gone", "main");
    place.git(&format!("rm --quiet -r {FOLDER}"));
    place.commit("Gone");
    check("--base main --head gone", place.path())
        .exits(Exit::Blocked)
        .says("this change removes the access review UAR-1");
    place.git("checkout --quiet main");
    decide(&place, &ALL);
    place.commit("Decide");
    place.branch("undecide", "main");
    fs::remove_file(place.path().join(TARAS)).unwrap();
    place.commit("Rather nothing");
    check("--base main --head undecide", place.path())
        .exits(Exit::Blocked)
        .says("takes decisions of the access review UAR-1 away; items that are decided no more: 3");
    place.git("checkout --quiet main");
    countersign("review close UAR-1", place.path()).run().exits(Exit::Clean);
    place.commit("Close");
    place.branch("afterwards", "main");
    place.write(&[(TARAS, &read(&place, TARAS).replace("decision: revoke", "decision: keep"))]).commit("Rather not");
    check("--base main --head afterwards", place.path())
        .exits(Exit::Blocked)
        .says("person-tara.moss.yaml of the access review UAR-1 is not as it was when that was closed");
}

#[test]
fn a_table_is_edited_and_read_the_same() {
    let place = company();
    countersign(&format!("{OPEN} --sheets csv --principal person:*"), place.path())
        .run()
        .exits(Exit::Clean)
        .says("2 items of 1 principal");
    let path = format!("{FOLDER}/person-tara.moss.csv");
    let table = read(&place, &path);
    let rows: Vec<String> = table
        .lines()
        .enumerate()
        .map(|(at, row)| match at {
            0 => row.to_owned(),
            _ => format!("{}keep,team of three,2026-11-21T00:00:00Z", row.strip_suffix(",,").unwrap()),
        })
        .collect();
    assert!(table.contains("P2P-13"), "{table}");
    place.write(&[(&path, &rows.join("\n"))]);
    let now = status(&place, "");
    assert_eq!((&now["kept"], &now["unexplained"]), (&Value::from(2), &Value::from(0)), "{now:#}");
    countersign("review status --format csv", place.path())
        .run()
        .says("UAR-1,2026-11-30,,person:tara.moss,2,2,2,0,0,0,0");
}

#[test]
fn reviewers_are_found_by_rule_and_nobody_reviews_their_own() {
    let place = company();
    // The owner of the ledger instead of the manager.
    countersign(&format!("{OPEN} --reviewer system_owner"), place.path())
        .run()
        .exits(Exit::Clean)
        .says("person:olga.brandt 3");
    fs::remove_dir_all(place.path().join(FOLDER)).unwrap();
    // Whoever wrote the grant does not review it: the other one does.
    place.write(&[(BILLS.0, &BILLS.1.replace("DE01", "DE02"))]);
    place.commit_as("By the manager", ("Tara Moss", "tara.moss@example.com"));
    countersign(OPEN, place.path()).run().exits(Exit::Clean).says("person:olga.brandt 1").says("person:tara.moss 2");
    fs::remove_dir_all(place.path().join(FOLDER)).unwrap();
    // Where nobody is left an owner of the controls is told, and finds it.
    let orphans = PEOPLE.replace("  manager: person:tara.moss\n", "");
    place.write(&[("people.yaml", &orphans), ("systems.yaml", &SYSTEMS.replace(", owner: person:olga.brandt", ""))]);
    place.commit("Nobody");
    countersign(OPEN, place.path()).run().exits(Exit::Blocked).says("nobody can review 3 items").says(
        "role:ledger/payer of person:mira.vale: person:olga.brandt owns the controls, and finds it in their file",
    );
    assert_eq!(status(&place, "")["unassigned"], 3);
    // Not what is their own: who owns the controls is an item too, and nobody is left for that.
    countersign("review open --id GATE --due 2026-11-30 --system countersign:gate", place.path())
        .run()
        .exits(Exit::Blocked)
        .says("role:countersign:gate/exception-approver of person:olga.brandt name managers");
    assert!(!place.path().join(".countersign/campaigns/GATE/person-olga.brandt.yaml").exists());
}

#[test]
fn what_cannot_be_opened_is_refused_with_what_to_do() {
    let place = company();
    for (line, told) in [
        ("review open --id ../x --due 2026-11-30", "`../x` cannot be the id of an access review"),
        ("review open --id X --due tomorrow", "`tomorrow` is not a day"),
        ("review open --id X --due 2026-11-20", "2026-11-20 is over"),
        ("review open --id X --due 2026-11-30 --system none", "nothing is declared that this access review covers"),
        ("review open --id X --due 2026-11-30 --system [", "`[` is not a glob"),
        ("review open --id X --due 2026-11-30 --head nowhere", "nowhere"),
        ("review close X", "there is no access review `X`"),
        ("review status X", "there is no access review `X`"),
    ] {
        countersign(line, place.path()).run().exits(Exit::Usage).complains(told);
    }
    assert!(!place.path().join(".countersign/campaigns").exists());
    countersign("review status", place.path()).run().exits(Exit::Clean).says("there is no access review");
    countersign(OPEN, place.path()).run().exits(Exit::Clean);
    countersign(OPEN, place.path()).run().exits(Exit::Usage).complains("campaign.yaml is there already");
    countersign("review close UAR-2", place.path()).run().exits(Exit::Usage).complains("did you mean `UAR-1`?");
    // Only what gives a privileged duty or takes part in a conflict.
    countersign("review open --id RISKY --due 2026-11-30 --system l* --privileged", place.path())
        .run()
        .says("opened RISKY: 2 items of 1 principal");
}

#[test]
fn hostile_names_stay_texts() {
    let place = company();
    let hostile = "=HYPERLINK(1)\\n      decision: keep\\u2028# \\u202e";
    place.write(&[(ROBOT.0, &ROBOT.1.replace("posts at night", &format!("\"{hostile}\"")))]);
    place.commit("Hostile");
    countersign(OPEN, place.path()).run().exits(Exit::Clean);
    assert_eq!(status(&place, "")["decided"], 0);
    fs::remove_dir_all(place.path().join(FOLDER)).unwrap();
    countersign(&format!("{OPEN} --sheets csv"), place.path()).run().exits(Exit::Clean);
    assert_eq!(status(&place, "")["decided"], 0);
    assert!(read(&place, &format!("{FOLDER}/person-tara.moss.csv")).contains("'=HYPERLINK"));
}

#[test]
fn a_decision_that_arrives_late_is_late_whatever_it_says() {
    let place = opened();
    place.branch("decide", "main");
    decide(&place, &ALL);
    sign(&place, "review sign UAR-1/tara.moss", TARA_KEY);
    place.commit("Decide");
    let late = |at: i64| {
        let ran = countersign("check --base main --head decide --output json", place.path()).at(at).run();
        findings(&ran.json())
            .iter()
            .filter(|own| own.contains("CS-REVIEW-002") && own.starts_with("introduced"))
            .count()
    };
    assert_eq!(late(NOW + 14 * DAY), 0);
    assert_eq!(late(NOW + 15 * DAY), 3);
}

#[test]
fn a_review_that_leaves_something_out_is_told_when_it_is_opened() {
    let place = company();
    place.branch("open", "main");
    countersign(OPEN, place.path()).run().exits(Exit::Clean);
    place.commit("Open");
    assert_eq!(found(&place, "--base main --head open"), Vec::<String>::new());
    // Whoever opens it for themselves takes an item out, and makes every digest fit.
    let path = format!("{FOLDER}/items.json");
    let mut items: Value = serde_json::from_str(&read(&place, &path)).unwrap();
    items["items"].as_array_mut().unwrap().retain(|item| item["what"] != "role:ledger/payer");
    let less = serde_json::to_string(&items).unwrap();
    let digest = |text: &str| countersign::store::Digest::of(text.as_bytes()).to_string();
    let opening = read(&place, &format!("{FOLDER}/campaign.yaml"));
    let fitting = opening.replace(&digest(&read(&place, &path)), &digest(&less)).replace("items: 3", "items: 2");
    fs::remove_file(place.path().join(TARAS)).unwrap();
    place.write(&[(&path, &less), (&format!("{FOLDER}/campaign.yaml"), &fitting)]);
    place.commit("Less");
    check("--base main --head open", place.path())
        .says("CS-REVIEW-007")
        .says("items left out: 1, items that are otherwise: 0");
}

#[test]
fn of_two_grants_of_one_role_each_is_decided_and_done_by_itself() {
    let place = company();
    let elsewhere = BILLS.1.replace("DE01", "US01");
    place.write(&[("grants/elsewhere.yaml", &elsewhere)]).commit("Elsewhere");
    countersign(OPEN, place.path()).run().exits(Exit::Clean).says("4 items of 2 principals");
    place.commit("Open");
    decide(&place, &[("scope: \"legal_entity: US01\"", "revoke", "moved")]);
    place.git("rm --quiet grants/elsewhere.yaml");
    let now = status(&place, "");
    assert_eq!((&now["revoked"], &now["executed"]), (&Value::from(1), &Value::from(1)), "{now:#}");
    // An account that is unlinked from its person still holds what it held.
    place.git("reset --quiet --hard");
    decide(&place, &[("scope: \"legal_entity: US01\"", "revoke", "moved")]);
    place.write(&[("people.yaml", &PEOPLE.replace("  accounts: [{system: ledger, name: MVALE}]\n", ""))]);
    let now = status(&place, "");
    assert_eq!((&now["revoked"], &now["executed"]), (&Value::from(1), &Value::from(0)), "{now:#}");
}
