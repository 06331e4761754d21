//! Two quarters of Acme, played from the command line, and the report of the second: the demonstration of README.
//!
//! The page is left in `target/report-page/acme.html`, where a browser opens it.

use std::path::Path;
use std::process::Command;

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::{Repository, contents, scratch, write};
use super::records::{private, public};
use super::runner::countersign;

const SHARED: &str = "--branch main --entity Acme";

/// Whose key is which of `testdata/keys`.
const KEYS: [(&str, &str); 6] = [
    ("carla.ruiz", "ecdsa256"),
    ("dana.weiss", "ecdsa384"),
    ("ivan.petrov", "ecdsa521"),
    ("liam.byrne", "ed25519"),
    ("olu.adeyemi", "other"),
    ("priya.nair", "rsa3072"),
];

const REVIEW: &str = ".countersign/campaigns/UAR-2026Q4";

/// What the access review takes away, and why; everything else is kept.
const REVOKED: [(&str, &str); 2] =
    [("ap-supervisor", "payables has two people now"), ("supplier-master", "away since September")];

fn testdata(side: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme").join(side)
}

/// Noon of a day in 2026 or later, in epoch seconds.
fn noon(day: &str) -> i64 {
    format!("{day}T12:00:00Z").parse::<jiff::Timestamp>().unwrap().as_second()
}

/// How a change comes to the branch.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Judged, and merged with a merge commit.
    Merge,
    /// Judged, and squashed.
    Squash,
    /// Judged and blocked, and merged all the same.
    Overridden,
    /// Pushed, and never judged.
    Pushed,
}

struct Acme {
    repository: Repository,
    keys: tempfile::TempDir,
    /// Where the exports of SAP are put every night, once there are any.
    exports: tempfile::TempDir,
    changes: usize,
}

impl Acme {
    fn new() -> Self {
        let folder = || scratch();
        let acme = Self { repository: Repository::unborn(), keys: folder(), exports: folder(), changes: 0 };
        for (path, kind) in contents(&testdata("base")) {
            if kind != "folder" && !path.starts_with(".countersign/evidence") {
                acme.take(&path, "base");
            }
        }
        acme.git("2026-06-29", &["add", "--all"]);
        acme.git("2026-06-29", &["commit", "--quiet", "--message", "Declare what there is"]);
        let key = acme.key();
        acme.run("2026-06-29", &format!("evidence keygen {key}"), Exit::Clean);
        acme.run("2026-06-29", &format!("evidence trust init --origin acme.example/evidence --key {key}"), Exit::Clean);
        acme.record("2026-06-29");
        acme
    }

    fn key(&self) -> String {
        self.keys.path().join("key.pem").display().to_string()
    }

    fn run(&self, day: &str, line: &str, exit: Exit) -> super::runner::Ran {
        countersign(line, self.repository.path()).at(noon(day)).run().exits(exit)
    }

    fn record(&self, day: &str) {
        self.record_at(noon(day) + 3_600);
    }

    /// Records what landed, judged with the export of the night before, where there is one.
    fn record_at(&self, at: i64) {
        let export = self.exports.path().join("agr_users.csv");
        let imports = if export.is_file() { format!("--import {} --as sap", export.display()) } else { String::new() };
        countersign(&format!("record --key {} {imports}", self.key()), self.repository.path()).at(at).run();
    }

    /// An export of SAP arrives, and the last commit is judged with it.
    fn night(&self, day: &str, export: &str) {
        write(self.exports.path(), "agr_users.csv", export);
        self.record_at(noon(day) + 36_000);
    }

    /// Writes a record for a reason.
    fn gives(&self, day: &str, line: &str, reason: &str) {
        let own = countersign(line, self.repository.path()).with(["--reason", reason]);
        own.at(noon(day)).run().exits(Exit::Clean);
    }

    /// Signs with somebody's key what a command of their name signs.
    fn signs(&self, day: &str, command: &str, who: &str) {
        let (_, key) = KEYS.iter().find(|(name, _)| *name == who).unwrap();
        self.run(day, &format!("{command} --key {}", private(key)), Exit::Clean).says("it verifies");
    }

    fn git(&self, day: &str, arguments: &[&str]) {
        let when = format!("{} +0000", noon(day) + 60);
        let done = Command::new("git")
            .args(["-c", "user.name=Mia Rossi", "-c", "user.email=mia.rossi@acme.example"])
            .args(arguments)
            .current_dir(self.repository.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.repository.path())
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")])
            .envs([("GIT_AUTHOR_DATE", when.as_str()), ("GIT_COMMITTER_DATE", when.as_str())])
            .output()
            .unwrap();
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.repository.path().join(path)).unwrap()
    }

    /// A file as a side has it.
    fn take(&self, path: &str, side: &str) {
        write(self.repository.path(), path, &std::fs::read_to_string(testdata(side).join(path)).unwrap());
    }

    /// Changes the files that the pull request changes, and no others.
    fn pull_request(&self) {
        let (base, head) = (contents(&testdata("base")), contents(&testdata("head")));
        let own = |path: &str| !path.starts_with(".countersign");
        for path in base.keys().filter(|path| own(path) && !head.contains_key(*path)) {
            std::fs::remove_file(self.repository.path().join(path)).unwrap();
        }
        for (path, digest) in head.iter().filter(|(path, _)| own(path)) {
            if digest != "folder" && base.get(path) != Some(digest) {
                self.take(path, "head");
            }
        }
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path}: {from}");
        write(self.repository.path(), path, &text.replacen(from, to, 1));
    }

    /// Takes a grant of NetSuite away.
    fn revoke(&self, grant: &str) {
        const GRANTS: &str = "erp/grants/netsuite.yaml";
        let text = self.read(GRANTS);
        let all: Vec<&str> = text.split("---\n").collect();
        let left: Vec<&str> = all.iter().copied().filter(|own| !own.contains(&format!("{{id: {grant}}}"))).collect();
        assert_eq!(left.len() + 1, all.len(), "{grant}");
        write(self.repository.path(), GRANTS, &left.join("---\n"));
    }

    /// Every reviewer decides what they were asked, and signs it.
    fn decide(&self, day: &str) {
        for (path, _) in contents(&self.repository.path().join(REVIEW)) {
            let Some(reviewer) = path.strip_prefix("person-").and_then(|own| own.strip_suffix(".yaml")) else {
                continue;
            };
            let file = format!("{REVIEW}/{path}");
            let mut why = "";
            let mut lines: Vec<String> = Vec::new();
            for line in self.read(&file).lines() {
                if line.starts_with("      what:") {
                    why = REVOKED.iter().find(|(role, _)| line.contains(role)).map_or("", |(_, why)| why);
                }
                lines.push(match line {
                    "  decided:" => format!("{line} {day}T10:00:00Z"),
                    "      decision:" => format!("{line} {}", if why.is_empty() { "keep" } else { "revoke" }),
                    "      reason:" => format!("{line} {why}"),
                    _ => line.to_owned(),
                });
            }
            write(self.repository.path(), &file, &lines.join("\n"));
            self.signs(day, &format!("review sign UAR-2026Q4/{reviewer}"), reviewer);
        }
    }

    /// A change, and how it lands; the recorder runs an hour later.
    fn lands(&mut self, day: &str, title: &str, way: Way, change: impl Fn(&Self)) {
        self.changes += 1;
        let name = format!("change-{}", self.changes);
        if way == Way::Pushed {
            change(self);
            self.git(day, &["add", "--all"]);
            self.git(day, &["commit", "--quiet", "--message", title]);
            self.record(day);
            return;
        }
        self.git(day, &["checkout", "--quiet", "-b", &name]);
        change(self);
        self.git(day, &["add", "--all"]);
        self.git(day, &["commit", "--quiet", "--message", title]);
        let judged = if way == Way::Overridden { Exit::Blocked } else { Exit::Clean };
        self.run(day, &format!("check --base main --head {name}"), judged);
        self.git(day, &["checkout", "--quiet", "main"]);
        match way {
            Way::Squash => {
                self.git(day, &["merge", "--quiet", "--squash", &name]);
                self.git(day, &["commit", "--quiet", "--message", title]);
            }
            _ => self.git(day, &["merge", "--quiet", "--no-ff", "--message", title, &name]),
        }
        self.record(day);
    }
}

/// What the two quarters go through. `testdata/acme/README.md` tells the same.
fn played() -> Acme {
    let mut acme = Acme::new();
    let note = |text: &'static str| move |acme: &Acme| write(acme.repository.path(), "notes.md", text);
    acme.lands("2026-07-06", "Say who keeps this", Way::Merge, note("Kept by people operations.\n"));
    // Past the gate in the third quarter, seen by the recorder, and taken back a week later.
    acme.lands("2026-08-12", "Payment run while Dana is away", Way::Pushed, |acme| {
        acme.take("erp/grants/treasury.yaml", "head");
    });
    acme.lands("2026-08-19", "Dana is back", Way::Squash, |acme| acme.take("erp/grants/treasury.yaml", "base"));
    acme.lands(
        "2026-10-05",
        "Tell where tickets are",
        Way::Squash,
        note("Kept by people operations; tickets in ACC.\n"),
    );
    acme.lands("2026-10-07", "Name who owns the controls", Way::Merge, |acme| {
        acme.take("countersign.yaml", "quarter");
        let signers = KEYS.map(|(who, key)| format!("person:{who} {}\n", public(key).trim()));
        write(acme.repository.path(), ".countersign/allowed_signers", &signers.concat());
    });
    // An administrator with an approval that stands on the branch.
    acme.lands("2026-10-19", "Jo moves the AWS account", Way::Merge, |acme| {
        acme.take("aws/account-details.json", "head");
    });
    acme.lands("2026-10-26", "Open the access review of the ERP systems", Way::Merge, |acme| {
        let line = "review open --id UAR-2026Q4 --due 2026-11-13 --system netsuite-prod --system sap-treasury";
        // Owners of the controls find in their files what no manager can review.
        acme.run("2026-10-26", line, Exit::Blocked)
            .says("15 items of 12 principals in 2 systems")
            .says("nobody can review 3");
    });
    // A bot is retired, and its account is forgotten for a month.
    acme.lands("2026-11-02", "Retire the usage reports", Way::Overridden, |acme| {
        acme.edit(
            "bots/technology.yaml",
            "  purpose: counts orders",
            "  retired: 2026-11-01\n  purpose: counts orders",
        );
    });
    acme.lands("2026-11-04", "Decide the access review", Way::Merge, |acme| acme.decide("2026-11-04"));
    // One of two revocations is carried out.
    acme.lands("2026-11-09", "Take the supervision of payables from Priya", Way::Merge, |acme| {
        acme.revoke("ap-supervision-us");
    });
    // Ben's holiday cover ended in August, here and not in SAP.
    let export = std::fs::read_to_string(testdata("quarter/sap/agr_users.csv")).unwrap();
    acme.night("2026-11-10", &export);
    acme.lands("2026-11-13", "Let Kim mend the payments (INC-2291)", Way::Merge, |acme| {
        let binding = std::fs::read_to_string(testdata("quarter/incident.yaml")).unwrap();
        let rbac = format!("{}---\n{binding}", acme.read("kubernetes/rbac.yaml"));
        write(acme.repository.path(), "kubernetes/rbac.yaml", &rbac);
        let line = "emergency new --incident INC-2291 --subject person:kim.alvarez --system kubernetes:prod \
                    --approver person:liam.byrne --hours 8";
        acme.gives("2026-11-13", line, "payments fail and the rollout is stuck");
        acme.signs("2026-11-13", "emergency sign INC-2291", "liam.byrne");
    });
    acme.lands("2026-11-14", "The incident is over (INC-2291)", Way::Merge, |acme| {
        acme.take("kubernetes/rbac.yaml", "base");
    });
    acme.lands("2026-11-16", "Review the emergency (INC-2291)", Way::Merge, |acme| {
        let line = format!("emergency review INC-2291 --reviewer person:carla.ruiz --key {}", private("ecdsa256"));
        acme.gives("2026-11-16", &line, "mended, and taken back within a day");
        assert!(acme.repository.path().join(".countersign/reviews/review-inc-2291.yaml.carla.ruiz.sig").is_file());
    });
    acme.lands("2026-11-17", "Close the access review", Way::Merge, |acme| {
        let closed = acme.run("2026-11-17", "review close UAR-2026Q4", Exit::Clean);
        closed.says("15 items: 13 kept, 2 to be revoked, 0 to be modified, 0 abstained");
    });
    acme.night("2026-11-18", &export.replace("100,Z_TR_PAYMENT_RUN,BOKAFOR,20260803,99991231\n", ""));
    acme.lands("2026-11-20", "Year-end preparations", Way::Overridden, Acme::pull_request);
    acme.lands("2026-12-01", "Take back what the year-end brought", Way::Merge, |acme| {
        for path in ["erp/grants/treasury.yaml", "kubernetes/rbac.yaml", "bots/finance.yaml"] {
            acme.take(path, "base");
        }
    });
    acme.lands("2026-12-02", "Farah has left", Way::Merge, |acme| {
        let farah = "metadata: {id: farah.aziz, name: Farah Aziz}\nspec:\n";
        acme.edit("people/finance.yaml", farah, &format!("{farah}  status: departed\n  end: 2026-11-30\n"));
    });
    acme.lands("2026-12-04", "Remove the account of the usage reports", Way::Merge, |acme| {
        let account = "  accounts:\n    - {system: \"aws:111122223333\", name: \"arn:aws:iam::111122223333:role/usage-reports\"}\n";
        acme.edit("bots/technology.yaml", account, "");
        acme.edit("bots/technology.yaml", "  credentials:\n    - {id: execution-role, kind: federated}\n", "");
        let text = acme.read("aws/account-details.json");
        let (before, rest) = text.split_once("\"RoleDetailList\": [").unwrap();
        let (_, after) = rest.split_once("\"Policies\": [").unwrap();
        let without = format!("{before}\"RoleDetailList\": [],\n  \"Policies\": [{after}");
        write(acme.repository.path(), "aws/account-details.json", &without);
    });
    acme.lands("2026-12-14", "Take what Farah had", Way::Merge, |acme| acme.revoke("buying"));
    acme
}

#[test]
fn the_second_quarter_is_told_beside_the_first_and_comes_out_the_same() {
    let acme = played();
    let list =
        acme.run("2027-01-04", &format!("report --period 2026Q4 {SHARED} --output json=first.json"), Exit::Clean);
    list.says("16 landed in 2026Q4, 2 got past the gate");
    let read = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(acme.repository.path().join(name)).unwrap()).unwrap()
    };
    let first = read("first.json");
    let alice = first["exposures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|own| own["policy"] == "CS-SOD-001" && own["subject"] == "person:alice.ng");
    let alice = alice.unwrap();
    // It was there in August, and came back in November.
    assert_eq!(alice["spans"].as_array().unwrap().len(), 2, "{alice}");
    assert_eq!(alice["days"], 11, "from noon of the twentieth of November to noon of the first of December");
    let fingerprint = alice["fingerprint"].as_str().unwrap();
    write(
        acme.repository.path(),
        "tickets.csv",
        &format!("finding,ticket,owner,due,state\n{fingerprint},ACC-0231,person:dana.weiss,2026-11-27,closed\n"),
    );
    let line = format!(
        "report --period 2026Q4 {SHARED} --tickets tickets.csv --output json=report.json --output html=report.html --output \
         markdown=report.md --output csv=papers"
    );
    acme.run("2027-01-04", &line, Exit::Clean);
    let report = read("report.json");
    let before = &report["before"];
    assert_eq!((&before["period"], &before["landed"], &before["ungated"]), (&"2026Q3".into(), &3.into(), &1.into()));
    let remedied =
        report["remediations"].as_array().unwrap().iter().find(|own| own["fingerprint"] == fingerprint).unwrap();
    assert_eq!(
        (&remedied["closure"], &remedied["overdue"], &remedied["recurrences"]),
        (&"removed".into(), &true.into(), &1.into())
    );
    let approval =
        report["records"].as_array().unwrap().iter().find(|own| own["record"] == "approval aws-migration-jo");
    assert_eq!(approval.unwrap()["in_force"], true);
    let jo = report["declared"]["privileged"].as_array().unwrap().iter();
    assert!(jo.clone().any(|own| own["principal"] == "person:jo.lindqvist" && own["duty"] == "SUPER"));
    // The gate itself is one, since there are people who approve in it.
    assert_eq!(report["declared"]["systems"].as_array().unwrap().len(), 6);
    let verify = "report verify report.html --period 2026Q4 --branch main --tickets tickets.csv";
    acme.run("2027-01-05", verify, Exit::Clean).says("it comes out the same");
    what_an_export_shows_is_told(&report);
    the_emergency_is_told(&report);
    the_access_review_is_told(&report);
    who_has_left_is_told(&report);
    let page = std::fs::read_to_string(acme.repository.path().join("report.html")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-page");
    std::fs::create_dir_all(&folder).unwrap();
    for told in [
        "2026-11-13 12:01 to 2026-11-14 12:01, let pass by emergency INC-2291</title>",
        "2026-11-20 12:01 to 2026-12-01 12:01</title>",
        "shown by import:sap&#x2f;agr_users.csv",
        "1 access review: 15 items were frozen, 15 decided, 2 to go or to change, and of these 1 did.",
        "2 approvals, 0 exceptions and 1 emergency; 1 of them ended or were removed before the period did.",
        "2 of 4 credentials, 1 of them older than allowed.",
        "6 findings of this section open, 6 of them overdue. 31 to 90 days: 1; over 180 days: 5.",
    ] {
        assert!(page.contains(told), "{told}");
    }
    std::fs::write(folder.join("acme.html"), page).unwrap();
}

/// The only finding of a policy about somebody.
fn exposure<'r>(report: &'r Value, policy: &str, subject: &str, system: &str) -> &'r Value {
    let all: Vec<&Value> = report["exposures"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|own| own["policy"] == policy && own["subject"] == subject)
        .filter(|own| own["systems"].as_array().unwrap().iter().any(|own| own == system))
        .collect();
    assert_eq!(all.len(), 1, "{policy} of {subject}: {all:#?}");
    all[0]
}

/// When it came, when it went, and how many days that is.
fn lasted(own: &Value) -> (&str, &str, u64) {
    let spans = own["spans"].as_array().unwrap();
    assert_eq!(spans.len(), 1, "{own:#}");
    (
        spans[0]["from"].as_str().unwrap(),
        spans[0]["to"].as_str().unwrap_or("still there"),
        own["days"].as_u64().unwrap(),
    )
}

/// Ben could pay until somebody took the role from him in SAP, and no landing had to do with it.
fn what_an_export_shows_is_told(report: &Value) {
    let ben = exposure(report, "CS-SOD-001", "person:ben.okafor", "sap-treasury");
    // The cover was declared, and seen to be over with the first landing after it; then SAP showed the rest of it.
    let spans = ben["spans"].as_array().unwrap().iter().map(|own| (own["from"].as_str(), own["to"].as_str()));
    let expected = [("2026-06-29T12:01:00Z", "2026-10-05T12:01:00Z"), ("2026-11-10T22:00:00Z", "2026-11-18T22:00:00Z")];
    assert_eq!(spans.collect::<Vec<_>>(), expected.map(|(from, to)| (Some(from), Some(to))));
    assert_eq!((&ben["conflict"], ben["days"].as_u64()), (&json!("P2P-13"), Some(13)));
    assert_eq!(ben["observed_in"], json!(["import:sap/agr_users.csv"]));
    let span = &ben["spans"][1];
    assert!(
        span["to_commit"].is_null() && span["from_record"].is_string() && span["to_record"].is_string(),
        "{span:#}"
    );
    let closed = report["remediations"].as_array().unwrap().iter();
    let closed = closed.clone().find(|own| own["fingerprint"] == ben["fingerprint"]).unwrap();
    assert_eq!((&closed["closure"], &closed["implementers"]), (&json!("removed"), &json!([])));
    assert_eq!(closed["verified"], span["to_record"]);
    // Nothing that the repository declares was seen in an export.
    let observed = report["exposures"].as_array().unwrap().iter().filter(|own| own.get("observed_in").is_some());
    assert_eq!(observed.count(), 1);
    let sources = report["sources"].as_array().unwrap().iter().map(|own| own["what"].as_str().unwrap());
    let exports: Vec<&str> = sources.filter(|what| what.contains("import:sap")).collect();
    assert_eq!(
        exports,
        [
            "the export import:sap/agr_users.csv, with which 5 evaluations judged from 2026-11-10 to 2026-11-17",
            "the export import:sap/agr_users.csv, with which 6 evaluations judged from 2026-11-18 to 2026-12-14",
        ]
    );
}

/// Eight hours of an administrator, taken back the next day, and looked at by somebody else. A week later the same access
/// came without any record.
fn the_emergency_is_told(report: &Value) {
    let kim = exposure(report, "CS-GRANT-001", "person:kim.alvarez", "kubernetes:prod");
    let spans = kim["spans"].as_array().unwrap().iter().map(|own| (own["from"].as_str(), own["to"].as_str()));
    let expected = [("2026-11-13T12:01:00Z", "2026-11-14T12:01:00Z"), ("2026-11-20T12:01:00Z", "2026-12-01T12:01:00Z")];
    assert_eq!(spans.collect::<Vec<_>>(), expected.map(|(from, to)| (Some(from), Some(to))));
    assert_eq!((kim["days"].as_u64(), &kim["accepted_by"]), (Some(12), &json!(["emergency INC-2291"])));
    let by = kim["spans"].as_array().unwrap().iter().map(|own| own.get("accepted_by").cloned());
    assert_eq!(
        by.collect::<Vec<_>>(),
        [Some(json!(["emergency INC-2291"])), None],
        "the second time nothing let it pass"
    );
    let accepted = report["accepted"].as_array().unwrap().iter().find(|own| own["record"] == "emergency INC-2291");
    assert_eq!(accepted.unwrap()["landings"].as_array().unwrap().len(), 1);
    assert_eq!(report["completeness"]["states"]["accepted"], 2, "this, and Jo in AWS with an approval");
    let record = |name: &str| report["records"].as_array().unwrap().iter().find(|own| own["record"] == name).unwrap();
    let emergency = record("emergency INC-2291");
    assert_eq!(
        (&emergency["begins"], &emergency["ends"], &emergency["in_force"]),
        (&json!("2026-11-13T12:00:00Z"), &json!("2026-11-13T20:00:00Z"), &json!(true))
    );
    assert_eq!(record("review decision review-INC-2291")["approvers"], json!(["person:carla.ruiz"]));
    // It was reviewed in time; what it gave is there once more after it ended.
    let remains: Vec<&Value> =
        report["exposures"].as_array().unwrap().iter().filter(|own| own["policy"] == "CS-GATE-002").collect();
    let [remains] = remains.as_slice() else { panic!("{remains:#?}") };
    assert_eq!(lasted(remains), ("2026-11-20T12:01:00Z", "2026-12-01T12:01:00Z", 11));
}

/// Two of fifteen were to go: one did, and that the other did not is a finding.
fn the_access_review_is_told(report: &Value) {
    let reviews = report["declared"]["reviews"].as_array().unwrap();
    let [own] = reviews.as_slice() else { panic!("{reviews:#?}") };
    let counts = ["items", "decided", "kept", "revoked", "executed", "not_executed", "not_executed_late", "overdue"];
    assert_eq!(counts.map(|name| own[name].as_u64().unwrap()), [15, 15, 13, 2, 1, 1, 1, 0], "{own:#}");
    assert_eq!((&own["closed"], &own["due"]), (&json!("2026-11-17T12:00:00Z"), &json!("2026-11-13")));
    assert_eq!(own["remaining"][0]["principal"], "person:grace.lim");
    let priya = exposure(report, "CS-SOD-001", "person:priya.nair", "netsuite-prod");
    assert_eq!((priya["conflict"].as_str(), lasted(priya).1), (Some("P2P-12"), "2026-11-09T12:01:00Z"));
    let late: Vec<&Value> =
        report["exposures"].as_array().unwrap().iter().filter(|own| own["policy"] == "CS-REVIEW-006").collect();
    let [late] = late.as_slice() else { panic!("{late:#?}") };
    // On the fifteenth day after the decision, when the last commit was judged again that night.
    assert_eq!(
        (late["subject"].as_str(), lasted(late).0),
        (Some("record:access_review/UAR-2026Q4"), "2026-11-18T22:00:00Z")
    );
    assert_eq!(lasted(late).1, "still there");
}

/// Farah held what she had for twelve days after she was declared to have left; a bot its account for a month.
fn who_has_left_is_told(report: &Value) {
    let farah = exposure(report, "CS-LEAVER-001", "person:farah.aziz", "netsuite-prod");
    assert_eq!(lasted(farah), ("2026-12-02T12:01:00Z", "2026-12-14T12:01:00Z", 12));
    let bots = report["exposures"].as_array().unwrap().iter().filter(|own| own["policy"] == "CS-NHI-006");
    let bots: Vec<&Value> = bots.collect();
    let [bot] = bots.as_slice() else { panic!("{bots:#?}") };
    assert_eq!(lasted(bot), ("2026-11-02T12:01:00Z", "2026-12-04T12:01:00Z", 32));
}
