//! The report of a period from the command line: made, and made again.

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::{Repository, scratch};
use super::runner::{NOW, countersign};
use super::world::{ADMIN, APPROVAL, BILLS, PAYMENTS, repository};

const OF: &str = "--period 2026Q4 --branch main";

fn run(place: &Repository, line: &str, exit: Exit) -> super::runner::Ran {
    countersign(line, place.path()).run().exits(exit)
}

/// A repository in which a conflict lands although it was blocked, and is taken away again.
pub(crate) fn history() -> (Repository, tempfile::TempDir, String) {
    let place = repository(&[]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), Exit::Clean);
    run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key}"), Exit::Clean);
    run(&place, &format!("record --key {key}"), Exit::Clean);
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]).commit("Pay");
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --message Merge pay");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    std::fs::remove_file(place.path().join(PAYMENTS.0)).unwrap();
    place.commit("Take the payments away");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    (place, keys, key)
}

fn made(place: &Repository) -> Value {
    let line = format!("report {OF} --entity Acme --output json=report.json");
    run(place, &line, Exit::Clean)
        .says("3 landed in 2026Q4, 1 got past the gate")
        .says("next: countersign report verify");
    serde_json::from_slice(&std::fs::read(place.path().join("report.json")).unwrap()).unwrap()
}

#[test]
fn a_conflict_is_told_from_the_landing_that_brought_it_to_the_one_that_took_it_away() {
    let (place, _keys, _) = history();
    let report = made(&place);
    assert_eq!(
        report["position"],
        json!({
            "opening": 0, "introduced": 1, "resolved": 1, "closing": 0, "closing_accepted": 0, "days": 0,
        })
    );
    let exposure = &report["exposures"][0];
    assert_eq!((&exposure["policy"], &exposure["subject"]), (&"CS-SOD-001".into(), &"person:mira.vale".into()));
    let commits = place.git("rev-list --reverse --first-parent main");
    let commits: Vec<&str> = commits.lines().collect();
    let span = &exposure["spans"][0];
    assert_eq!((&span["from_commit"], &span["to_commit"]), (&commits[1].into(), &commits[2].into()));
    let policy = report["policies"].as_array().unwrap().iter().find(|own| own["id"] == "CS-SOD-001").unwrap();
    assert_eq!((&policy["evaluations"], &policy["failed"], &policy["blocked"]), (&3.into(), &1.into(), &1.into()));
    assert!(policy["examples"]["denied"].is_string() && policy["examples"]["accepted"].is_null());
    assert_eq!(report["log"]["signed"], 3);
}

#[test]
fn a_report_comes_out_the_same_again_also_when_the_log_has_grown() {
    let (place, _keys, key) = history();
    made(&place);
    let verify = format!("report verify report.json {OF}");
    run(&place, &verify, Exit::Clean).says("it comes out the same");
    place.write(&[("notes.md", "a note\n")]).commit("Later");
    countersign(&format!("record --key {key}"), place.path()).at(NOW + 3_600).run().exits(Exit::Clean);
    countersign(&verify, place.path()).at(NOW + 7_200).run().exits(Exit::Clean).says("it comes out the same");
    // And never overwrites one.
    run(&place, &format!("report {OF} --output json=report.json"), Exit::Usage).complains("is not there yet");
}

/// Every number of a report, by its place, changed by one.
fn altered(report: &Value) -> Vec<(String, Value)> {
    fn places(value: &Value, place: String, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| places(value, format!("{place}/{}", key.replace('/', "~1")), into));
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(at, value)| places(value, format!("{place}/{at}"), into));
            }
            Value::Number(_) => into.push(place),
            _ => {}
        }
    }
    let mut all = Vec::new();
    places(report, String::new(), &mut all);
    all.into_iter()
        .map(|place| {
            let mut other = report.clone();
            let number = other.pointer_mut(&place).unwrap();
            *number = json!(number.as_u64().unwrap() + 1);
            (place, other)
        })
        .collect()
}

#[test]
fn altering_any_one_number_is_caught_and_named() {
    let (place, _keys, _) = history();
    let report = made(&place);
    let all = altered(&report);
    assert!(all.len() > 200, "{} numbers", all.len());
    // Each kind of number once: those of every day and every policy are alike.
    let mut seen = std::collections::BTreeSet::new();
    let kind =
        |place: &str| place.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/");
    for (at, other) in all.into_iter().filter(|(place, _)| seen.insert(kind(place))) {
        std::fs::write(place.path().join("altered.json"), other.to_string()).unwrap();
        let ran = countersign(&format!("report verify altered.json {OF}"), place.path()).run();
        assert_eq!(ran.exit, Exit::EvidenceInvalid, "{at}");
        assert!(ran.stdout.contains(&format!("{at}: the report says")), "{at}: {}", ran.stdout);
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn a_page_is_verified_as_its_data_is_and_what_it_shows_too() {
    let (place, _keys, _) = history();
    let line =
        format!("report {OF} --entity Acme --output html=report.html --output markdown=report.md --output csv=papers");
    run(&place, &line, Exit::Clean).says("wrote report.md");
    let page = std::fs::read_to_string(place.path().join("report.html")).unwrap();
    run(&place, &format!("report verify report.html {OF}"), Exit::Clean).says("it comes out the same");
    let altered = |from: &str, to: &str, says: &str| {
        assert!(page.contains(from), "{from}");
        place.write(&[("altered.html", &page.replacen(from, to, 1))]);
        run(&place, &format!("report verify altered.html {OF}"), Exit::EvidenceInvalid).says(says);
    };
    altered("\"landed\":3", "\"landed\":4", "/completeness/landed: the report says 4, and it is 3");
    altered("Acme", "Acne", "line ");
    place.write(&[("none.html", "<!doctype html><html></html>")]);
    run(&place, &format!("report verify none.html {OF}"), Exit::Usage).complains("the page has no data");
    let landings = std::fs::read_to_string(place.path().join("papers/landings.csv")).unwrap();
    assert_eq!(landings.lines().count(), 4);
}

#[test]
fn what_exports_show_of_a_system_is_listed_and_the_rest_is_not_evidenced() {
    let (place, _keys, key) = history();
    let sheet = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    run(&place, &format!("report {OF} --output csv=before --output json=before.json"), Exit::Clean);
    assert_eq!(sheet("before/attached.csv").lines().count(), 1);
    assert!(!sheet("before/observed.csv").contains("observed 20"), "{}", sheet("before/observed.csv"));
    place.write(&[("use.csv", "who,what\nann,F-53\n")]);
    let attach = |more: &str, exit: Exit| {
        let line =
            "evidence attach use.csv --source SM20 --query daily --run-by person:nora --run-at 2026-11-20T00:00:00Z";
        run(&place, &format!("{line} {more}"), exit)
    };
    attach("--purpose usage", Exit::Usage).complains("of which systems and of which time");
    attach("--purpose usage --system erp --covers 2026Q9", Exit::Usage);
    // Nobody signed this one, and what does not count is not told.
    attach("--purpose usage --system erp --covers 2026-10", Exit::Clean);
    attach(&format!("--purpose usage --system erp --covers 2026-11-01..2026-11-15 --rows 1 --key {key}"), Exit::Clean);
    attach(
        &format!(
            "--purpose sessions --system other --covers 2026Q4 --offset=+01:00 --tier attested --keep --key {key}"
        ),
        Exit::Clean,
    );
    attach(&format!("--purpose applies --system erp --covers 2026Q3 --key {key}"), Exit::Clean);
    attach(&format!("--purpose night --key {key}"), Exit::Clean);
    // What came since changes nothing in a report that was made before.
    run(&place, &format!("report verify before.json {OF} --also csv=before"), Exit::Clean);
    run(&place, &format!("report {OF} --output csv=papers --output json=report.json"), Exit::Clean);
    let listed = sheet("papers/attached.csv");
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(
        listed.contains("usage,erp,2026-11-01T00:00:00Z,") && listed.contains("SM20,daily,person:nora"),
        "{listed}"
    );
    let systems = sheet("papers/observed.csv");
    let of =
        |system: &str| systems.lines().find(|line| line.starts_with(system)).unwrap_or_else(|| panic!("{systems}"));
    assert!(of("erp,").ends_with("observed 2026-11-01 to 2026-11-15,not evidenced,not evidenced"), "{systems}");
    assert!(of("other,").contains("not evidenced,attested 2026-09-30 to 2026-12-31,not evidenced"), "{systems}");
    run(&place, &format!("report verify report.json {OF} --also csv=papers"), Exit::Clean);
    // The organisation's quarter begins where its clock says, and so do its days.
    run(&place, &format!("report {OF} --offset=+01:00 --output csv=theirs"), Exit::Clean);
    let theirs = sheet("theirs/observed.csv");
    assert!(theirs.contains("not evidenced,attested 2026-10-01 to 2026-12-31,not evidenced"), "{theirs}");
}

#[test]
fn every_format_is_held_against_what_was_made_again() {
    let (place, _keys, _) = history();
    let all = ["csv=papers", "oscal=oscal", "markdown=report.md", "html=report.html", "json=other.json"];
    let flags = |flag: &str| all.map(|own| format!("--{flag} {own}")).join(" ");
    run(&place, &format!("report {OF} --entity Acme --output json=report.json {}", flags("output")), Exit::Clean);
    let verify = format!("report verify report.json {OF} {}", flags("also"));
    run(&place, &verify, Exit::Clean).says("it comes out the same");
    let files = ["papers/landings.csv", "oscal/assessment-results.json", "report.md", "report.html", "other.json"];
    for file in files {
        let path = place.path().join(file);
        let whole = std::fs::read_to_string(&path).unwrap();
        // The last digit of the file, wherever it stands.
        let at = whole.rfind(|own: char| own.is_ascii_digit()).unwrap();
        let digit = if &whole[at..=at] == "7" { "8" } else { "7" };
        std::fs::write(&path, format!("{}{digit}{}", &whole[..at], &whole[at + 1..])).unwrap();
        let line = whole[..at].lines().count().max(1);
        run(&place, &verify, Exit::EvidenceInvalid)
            .says(&format!("{file}, line {line}: the report says"))
            .says("1 place differs");
        std::fs::write(&path, format!("{whole}\n")).unwrap();
        run(&place, &verify, Exit::EvidenceInvalid).says(&format!("{file}, "));
        std::fs::remove_file(&path).unwrap();
        run(&place, &verify, Exit::EvidenceInvalid).says(&format!("{file}: the report says nothing"));
        std::fs::write(&path, whole).unwrap();
    }
    place.write(&[("papers/approvals-of-nobody.csv", "a,b\n")]);
    run(&place, &verify, Exit::EvidenceInvalid)
        .says("approvals-of-nobody.csv: the report says a file, and it is no file of");
}

#[test]
fn what_an_approval_let_pass_is_told_with_its_end() {
    let place = repository(&[APPROVAL]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), Exit::Clean);
    run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key}"), Exit::Clean);
    run(&place, &format!("record --key {key}"), Exit::Clean);
    let landed = place.write(&[ADMIN]).commit("Let Sam administer the cluster");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    run(&place, &format!("report {OF} --output json=report.json --output oscal=oscal"), Exit::Clean);
    let read =
        |name: &str| -> Value { serde_json::from_slice(&std::fs::read(place.path().join(name)).unwrap()).unwrap() };
    let report = read("report.json");
    assert_eq!(report["completeness"]["landings"][1]["state"], "accepted");
    let accepted = &report["accepted"][0];
    assert_eq!((&accepted["record"], &accepted["landings"]), (&"approval sam-on-call".into(), &json!([landed.trim()])));
    assert_eq!(accepted["expires"], "2027-01-01T00:00:00Z");
    let exposures = report["exposures"].as_array().unwrap();
    let own: Vec<&Value> = exposures.iter().filter(|own| own["accepted"] == true).collect();
    assert_eq!((own.len(), &own[0]["accepted_by"]), (1, &json!(["approval sam-on-call"])));
    assert_eq!(report["position"]["closing_accepted"], 1);
    let plan = read("oscal/poam.json");
    let risks = plan["plan-of-action-and-milestones"]["risks"].as_array().unwrap();
    let approved: Vec<&Value> = risks.iter().filter(|own| own["status"] == "deviation-approved").collect();
    assert_eq!((approved.len(), &approved[0]["deadline"]), (1, &"2027-01-01T00:00:00Z".into()));
    run(&place, &format!("report verify report.json {OF}"), Exit::Clean).says("it comes out the same");
}

#[test]
fn oscal_of_a_branch_with_nothing_open_has_no_plan_and_says_so() {
    let place = repository(&[]);
    run(&place, &format!("report {OF} --output oscal=oscal"), Exit::Clean)
        .says("wrote oscal, without poam.json: nothing is open");
    let there = std::fs::read_dir(place.path().join("oscal")).unwrap().count();
    assert_eq!(there, 1);
    run(&place, &format!("report {OF} --output oscal=oscal"), Exit::Usage).complains("is not there yet");
}

#[test]
fn what_is_no_report_is_told() {
    let (place, _keys, _) = history();
    place.write(&[("none.json", "{}"), ("half.json", "{\"schema\": ")]);
    run(&place, &format!("report verify none.json {OF}"), Exit::Usage).complains("none.json is no report");
    run(&place, &format!("report verify half.json {OF}"), Exit::Usage).complains("half.json is no report");
    run(&place, &format!("report {OF} --output pdf=x.pdf"), Exit::Usage).complains("pdf");
    run(&place, &format!("report {OF} --output json"), Exit::Usage).complains("FORMAT=PATH");
}

#[test]
fn a_ticket_closes_nothing_and_is_held_against_the_branch() {
    let (place, _keys, _) = history();
    let report = made(&place);
    let fingerprint = report["exposures"][0]["fingerprint"].as_str().unwrap();
    let own = |report: &Value| report["remediations"][0].clone();
    let remedied = own(&report);
    assert_eq!((&remedied["closure"], &remedied["ticket"]), (&"removed".into(), &Value::Null));
    assert_eq!(remedied["verified"], report["completeness"]["landings"][2]["evaluation"]);
    place.write(&[(
        "tickets.csv",
        &format!("finding,ticket,owner,due,state\n{fingerprint},IAM-7,person:nora.lind,2026-12-31,open\n"),
    )]);
    run(&place, &format!("report {OF} --entity Acme --tickets tickets.csv --output json=with.json"), Exit::Clean);
    let with: Value = serde_json::from_slice(&std::fs::read(place.path().join("with.json")).unwrap()).unwrap();
    assert_eq!(own(&with)["disagreement"], "fixed_not_closed");
    assert_eq!(own(&with)["owner"], "person:nora.lind");
    // Whoever verifies it needs the same export, which is among the sources by its digest.
    run(&place, &format!("report verify with.json {OF} --tickets tickets.csv"), Exit::Clean).says("comes out the same");
    run(&place, &format!("report verify with.json {OF}"), Exit::EvidenceInvalid).says("/remediations/0/ticket");
    place.write(&[("wrong.csv", "finding,ticket,state\nabc,IAM-7,open\n")]);
    let line = format!("report {OF} --tickets wrong.csv --output json=none.json");
    run(&place, &line, Exit::Usage).complains("wrong.csv, row 2: `abc` is no fingerprint");
}

#[test]
fn systems_and_service_identities_are_listed_with_what_is_missing() {
    let place = repository(&[
        (
            "systems.yaml",
            "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite, processes: {name: record \
             to report, accounts: [general ledger], assertions: [completeness], clause: FIN-1}}\n---\napiVersion: \
             countersign.dev/v1\nkind: System\nmetadata: {id: sandbox}\nspec: {type: netsuite, excluded: {reason: made-up data}}\n",
        ),
        (
            "bots.yaml",
            "apiVersion: countersign.dev/v1\nkind: ServiceIdentity\nmetadata: {id: reader}\nspec:\n  purpose: reads the ledger\n  \
             review_by: 2026-12-31\n  accounts: [{system: ledger, name: svc-reader}]\n---\napiVersion: countersign.dev/v1\nkind: \
             Grant\nspec: {system: ledger, to: service:reader, permissions: {permission: Accounts, level: view}}\n",
        ),
    ]);
    run(&place, "scope", Exit::Clean)
        .says("record to report")
        .says("left out: made-up data")
        .says("1 of 2 systems carry a process of financial reporting, 1 are left out with a reason");
    let matrix: Value = serde_json::from_str(&run(&place, "scope --matrix --format json", Exit::Clean).stdout).unwrap();
    let row = matrix.as_array().unwrap().iter().find(|own| own["principal"] == "service:reader").unwrap();
    assert_eq!([&row["read"], &row["write"], &row["approve"], &row["export"]], [true, false, false, false]);
    let services = run(&place, "services", Exit::Clean);
    services
        .says("1 service identity: 0 with an owner, 1 with a purpose, 0 with an approval, 1 with a day of the next review")
        .says("2026-12-31");
    let csv = run(&place, "services --format csv", Exit::Clean).stdout;
    assert!(csv.starts_with("identity,type,owner,purpose,"), "{csv}");
}

#[test]
fn a_signed_report_is_in_the_log_and_comes_out_the_same_all_the_same() {
    let (place, _keys, key) = history();
    place.write(&[("activity.json", "[]")]);
    let line = format!("report {OF} --entity Acme --forge-audit activity.json --output json=report.json --key {key}");
    run(&place, &line, Exit::Usage).complains("who makes the report");
    assert!(!place.path().join("report.json").exists(), "what is refused writes nothing");
    run(&place, &format!("{line} --run-by reporter"), Exit::Usage).complains("neither a person nor a service identity");
    let line = format!("{line} --run-by service:reporter");
    run(&place, &line, Exit::Clean).says("signed activity.json as").says("signed report.json as");
    run(&place, &format!("report verify report.json {OF} --forge-audit activity.json"), Exit::Clean)
        .says("it comes out the same");
    run(&place, "evidence verify --all", Exit::Clean);
}
