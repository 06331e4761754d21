//! Two quarters of Acme, played from the command line, and the report of the second: the demonstration of README.
//!
//! The page is left in `target/report-page/acme.html`, where a browser opens it.

use std::path::Path;
use std::process::Command;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Repository, contents, write};
use super::runner::countersign;

const SHARED: &str = "--branch main --entity Acme";

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
    changes: usize,
}

impl Acme {
    fn new() -> Self {
        let acme = Self { repository: Repository::unborn(), keys: tempfile::tempdir().unwrap(), changes: 0 };
        acme.put("base");
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
        countersign(&format!("record --key {}", self.key()), self.repository.path()).at(noon(day) + 3_600).run();
    }

    fn git(&self, day: &str, arguments: &[&str]) {
        let when = format!("{} +0000", noon(day) + 60);
        let done = Command::new("git")
            .args(["-c", "user.name=Tess Murphy", "-c", "user.email=tess.murphy@acme.example"])
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

    /// Makes the files those of a side, but for what stands under `.countersign`.
    fn put(&self, side: &str) {
        let (own, root) = (self.repository.path(), testdata(side));
        for (path, kind) in contents(own) {
            if kind != "folder" && !path.starts_with(".git/") && !path.starts_with(".countersign") {
                std::fs::remove_file(own.join(path)).unwrap();
            }
        }
        for (path, kind) in contents(&root) {
            if kind != "folder" && !path.starts_with(".countersign/evidence") {
                write(own, &path, &std::fs::read_to_string(root.join(&path)).unwrap());
            }
        }
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let at = self.repository.path().join(path);
        let text = std::fs::read_to_string(&at).unwrap();
        assert!(text.contains(from), "{path}: {from}");
        std::fs::write(at, text.replacen(from, to, 1)).unwrap();
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
        let path = acme.repository.path().join("erp/grants/treasury.yaml");
        std::fs::copy(testdata("head/erp/grants/treasury.yaml"), path).unwrap();
    });
    acme.lands("2026-08-19", "Dana is back", Way::Squash, |acme| {
        let path = acme.repository.path().join("erp/grants/treasury.yaml");
        std::fs::copy(testdata("base/erp/grants/treasury.yaml"), path).unwrap();
    });
    acme.lands(
        "2026-10-05",
        "Tell where tickets are",
        Way::Squash,
        note("Kept by people operations; tickets in ACC.\n"),
    );
    // An administrator with an approval that stands on the branch.
    acme.lands("2026-10-19", "Jo moves the AWS account", Way::Merge, |acme| {
        let path = acme.repository.path().join("aws/account-details.json");
        std::fs::copy(testdata("head/aws/account-details.json"), path).unwrap();
    });
    // A bot is retired, and its account is forgotten for a month.
    acme.lands("2026-11-02", "Retire the usage reports", Way::Overridden, |acme| {
        acme.edit(
            "bots/technology.yaml",
            "  purpose: counts orders",
            "  retired: 2026-11-01\n  purpose: counts orders",
        );
    });
    acme.lands("2026-11-20", "Year-end preparations", Way::Overridden, |acme| acme.put("head"));
    acme.lands("2026-12-01", "Take back what the year-end brought", Way::Merge, |acme| {
        for path in ["erp/grants/treasury.yaml", "kubernetes/rbac.yaml", "bots/finance.yaml"] {
            std::fs::copy(testdata("base").join(path), acme.repository.path().join(path)).unwrap();
        }
    });
    acme
}

#[test]
fn the_second_quarter_is_told_beside_the_first_and_comes_out_the_same() {
    let acme = played();
    let list =
        acme.run("2027-01-04", &format!("report --period 2026Q4 {SHARED} --output json=first.json"), Exit::Clean);
    list.says("5 landed in 2026Q4, 2 got past the gate");
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
    assert_eq!(report["declared"]["systems"].as_array().unwrap().len(), 5);
    let verify = "report verify report.html --period 2026Q4 --branch main --tickets tickets.csv";
    acme.run("2027-01-05", verify, Exit::Clean).says("it comes out the same");
    let page = std::fs::read_to_string(acme.repository.path().join("report.html")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-page");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("acme.html"), page).unwrap();
}
