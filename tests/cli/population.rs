//! The population from the command line: what landed, held against what was evaluated.

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Repository, scratch};
use super::runner::{NOW, countersign};
use super::world::{BILLS, PAYMENTS, repository};

/// The period in which the repositories of tests are committed to.
const PERIOD: &str = "--period 2026Q4 --branch main";
/// Before that, on the same day.
const BEFORE: i64 = NOW - 86_400;

fn harmless(number: usize) -> (String, String) {
    (format!("notes/{number}.md"), format!("note {number}\n"))
}

/// A repository with a log.
struct Place {
    repository: Repository,
    _keys: tempfile::TempDir,
    key: String,
    changes: usize,
}

impl Place {
    fn new() -> Self {
        let repository = repository(&[]);
        let keys = scratch();
        let key = keys.path().join("key.pem").display().to_string();
        countersign(&format!("evidence keygen {key}"), repository.path()).run().exits(Exit::Clean);
        countersign(&format!("evidence trust init --origin acme.example/evidence --key {key}"), repository.path())
            .run()
            .exits(Exit::Clean);
        let place = Self { repository, _keys: keys, key, changes: 0 };
        place.record();
        place
    }

    fn run(&self, line: &str, exit: Exit) -> super::runner::Ran {
        countersign(line, self.repository.path()).run().exits(exit)
    }

    fn record(&self) {
        self.run(&format!("record --key {}", self.key), Exit::Clean);
    }

    /// A change on a branch of its own; the head's name is returned.
    fn change(&mut self) -> String {
        self.changes += 1;
        let name = format!("change-{}", self.changes);
        let (path, text) = harmless(self.changes);
        self.repository.branch(&name, "main").write(&[(&*path, &*text)]).commit(&format!("Note {}", self.changes));
        name
    }

    fn judge(&self, name: &str, exit: Exit) {
        let line = format!("check --base main --head {name}");
        countersign(&line, self.repository.path()).at(BEFORE).run().exits(exit);
    }

    fn merge(&self, name: &str) {
        self.repository.git("checkout --quiet main");
        self.repository.git(&format!("merge --quiet --no-ff --message Merge {name}"));
    }

    /// A change that is judged, merged and recorded.
    fn lands(&mut self) {
        let name = self.change();
        self.judge(&name, Exit::Clean);
        self.merge(&name);
        self.record();
    }

    /// What came of a night is attached.
    fn night(&self, more: &str) {
        std::fs::write(self.repository.path().join("night.md"), "all is well\n").unwrap();
        let line = format!(
            "evidence attach night.md --source ci --run-by person:nora.lind --run-at 2026-11-20T03:00:00Z {more}"
        );
        self.run(&line, Exit::Clean);
        std::fs::remove_file(self.repository.path().join("night.md")).unwrap();
    }

    fn verify(&self, more: &str, exit: Exit) -> Value {
        self.run(&format!("population verify {} {more} --format json", PERIOD), exit).json()
    }
}

fn taken<'a>(answer: &'a Value, way: &str) -> &'a Vec<Value> {
    let own = answer["ways"].as_array().unwrap().iter().find(|own| own["way"] == way).unwrap();
    own["taken"].as_array().unwrap()
}

#[test]
fn a_day_without_a_signed_night_is_not_evidenced() {
    let place = Place::new();
    // Asked at the end of the day on which all of it happens, when that day is over.
    let asked = |format: &str| {
        let line = format!("population verify {PERIOD} {format}");
        countersign(&line, place.repository.path()).at(NOW + 86_400).run().exits(Exit::Clean)
    };
    let night = |name: &str| {
        let answer = asked("--format json").json();
        let days = answer["days"].as_array().unwrap().clone();
        days.iter().find(|day| day["day"] == name).unwrap()["night"].as_str().unwrap().to_owned()
    };
    assert_eq!(night("2026-11-21"), "not_evidenced");
    assert_eq!(night("2026-11-22"), "open", "the day has not ended");
    place.night(&format!("--key {}", place.key));
    assert_eq!(night("2026-11-21"), "not_evidenced", "it is attached, and for something else");
    place.night("--purpose night");
    assert_eq!(night("2026-11-21"), "not_evidenced", "nobody signed it");
    place.night(&format!("--purpose night --key {}", place.key));
    assert_eq!(night("2026-11-21"), "evidenced");
    assert_eq!(night("2026-11-20"), "not_evidenced");
    asked("").says("51 of 52 days that are over without a night that is evidenced: 2026-10-01 to 2026-11-20");
}

#[test]
fn what_was_judged_and_recorded_is_complete() {
    let mut place = Place::new();
    for _ in 0..2 {
        place.lands();
    }
    let answer = place.verify("", Exit::Clean);
    assert_eq!((&answer["complete"], &answer["landed"]), (&true.into(), &3.into()));
    assert_eq!((&answer["states"]["judged"], &answer["states"]["recorded"]), (&2.into(), &1.into()));
    place
        .run(&format!("population verify {}", PERIOD), Exit::Clean)
        .says("complete: each of 3 landings has an evaluation that passed")
        .says("0 a commit that nothing evaluated (proven by git)")
        .says("? what guards the branch was changed (give --forge-audit)")
        .says("? a tag was moved (nothing shows it)")
        .says("which no checkpoint from elsewhere holds to");
    // The first commit was recorded and never judged.
    let answer = place.verify("--judged", Exit::Blocked);
    assert_eq!(answer["states"]["not_evaluated"], 1);
}

#[test]
fn where_nothing_was_evaluated_nothing_is_complete() {
    let mut place = Place::new();
    place.lands();
    place.verify("", Exit::Clean);
    // Somebody takes all evidence away.
    std::fs::remove_dir_all(place.repository.path().join(".git/countersign")).unwrap();
    let answer = place.verify("", Exit::Blocked);
    assert_eq!((&answer["complete"], &answer["states"]["before_the_gate"]), (&false.into(), &2.into()));
    place
        .run(&format!("population verify {PERIOD}"), Exit::Blocked)
        .says("Nothing that the branch went through was ever evaluated")
        .says("there is no log")
        .says("not complete: 2 of 2 landings came before there was a gate");
}

#[test]
fn each_way_that_git_proves_is_found() {
    let mut place = Place::new();
    // Recorded, and then replaced.
    place.lands();
    let lost = place.repository.git("rev-parse main");
    place.repository.git("reset --quiet --hard HEAD~1");
    // Judged and merged.
    let name = place.change();
    place.judge(&name, Exit::Clean);
    place.merge(&name);
    // Judged, changed and squashed.
    let name = place.change();
    place.judge(&name, Exit::Clean);
    place.repository.git("checkout --quiet main");
    place.repository.git(&format!("merge --quiet --squash {name}"));
    place.repository.write(&[("notes/more.md", "more\n")]).commit("Squashed with more");
    let squashed = place.repository.git("rev-parse main");
    // Blocked and merged.
    place.repository.branch("pay", "main").write(&[BILLS, PAYMENTS]).commit("Pay");
    place.judge("pay", Exit::Blocked);
    place.merge("pay");
    let blocked = place.repository.git("rev-parse main");
    // Pushed.
    place.repository.write(&[("notes/pushed.md", "pushed\n")]).commit("Pushed");
    let pushed = place.repository.git("rev-parse main");
    // Merged without a look.
    let name = place.change();
    place.merge(&name);
    let merged = place.repository.git("rev-parse main");
    // Another repository's commit, in a repository that says that such changes are not to be shown.
    let ignoring = "[submodule \"library\"]\n\tpath = vendor/library\n\turl = ./library\n\tignore = all\n";
    place.repository.write(&[(".gitmodules", ignoring)]).git("add .gitmodules");
    place.repository.git(&format!("update-index --add --cacheinfo 160000,{pushed},vendor/library"));
    place.repository.git("commit --quiet --message Pin");
    let pinned = place.repository.git("rev-parse main");

    let answer = place.verify("", Exit::Blocked);
    assert_eq!(answer["complete"], false);
    let commits = |way: &str| -> Vec<String> {
        taken(&answer, way).iter().map(|own| own["commit"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(commits("history_replaced"), [lost]);
    assert_eq!(commits("other_tree"), [squashed]);
    assert_eq!(commits("not_passed"), [blocked]);
    assert_eq!(commits("merge_not_evaluated"), [merged]);
    assert_eq!(commits("direct_push"), [pushed.clone(), pinned.clone()]);
    assert_eq!(commits("other_repository"), [pinned]);
    let direct = &taken(&answer, "direct_push")[0];
    assert_eq!(
        (&direct["who"], &direct["what"]),
        (&"Nora Lind <nora.lind@example.com>".into(), &"Pushed: notes/pushed.md".into())
    );
    place
        .run(&format!("population verify {}", PERIOD), Exit::Blocked)
        .says("1 recorded commits are gone from the branch (proven by git)")
        .says("not complete: 5 of 7 landings got past the gate");
}

#[test]
fn an_export_of_the_forge_shows_what_git_cannot() {
    let place = Place::new();
    let event = |kind: &str, at: &str| {
        format!(
            "{{\"activity_type\": \"{kind}\", \"timestamp\": \"{at}\", \"ref\": \"refs/heads/main\", \"actor\": {{\"login\": \"kim\"}}}}\n"
        )
    };
    let export = [
        event("pr_merge", "2026-09-30T00:00:00Z"),
        event("force_push", "2026-11-20T13:00:00Z"),
        event("pr_merge", "2027-01-01T00:00:00Z"),
    ];
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), export.concat()).unwrap();
    let answer = place.verify(&format!("--forge-audit {}", file.path().display()), Exit::Clean);
    let pushed = taken(&answer, "pushed_at_the_forge");
    assert_eq!((&pushed[0]["who"], &pushed[0]["what"]), (&"kim".into(), &"force_push on main".into()));
    let looked =
        |way: &str| answer["ways"].as_array().unwrap().iter().find(|own| own["way"] == way).unwrap()["looked"].clone();
    assert_eq!(
        (looked("branch_deleted"), looked("override"), looked("tag_moved")),
        ("yes".into(), "no".into(), "no".into())
    );
    std::fs::write(file.path(), "{\"activity_type\": ").unwrap();
    place
        .run(&format!("population verify {} --forge-audit {}", PERIOD, file.path().display()), Exit::Usage)
        .complains("it is no JSON");
}

#[test]
fn a_frozen_population_is_what_git_counts_and_is_drawn_from() {
    let mut place = Place::new();
    for _ in 0..3 {
        let name = place.change();
        place.merge(&name);
    }
    let place = place;
    let line = format!("population merges {} --output merges.json", PERIOD);
    place.run(&line, Exit::Clean).says("4 merges in merges.json, root ");
    place.run(&line, Exit::Usage).complains("name a file that is not there yet");
    let counted = place.repository.git("rev-list --count --first-parent main");
    let frozen: Value =
        serde_json::from_slice(&std::fs::read(place.repository.path().join("merges.json")).unwrap()).unwrap();
    assert_eq!(frozen["count"].to_string(), counted);
    place.run("sample --population merges.json --n 2 --seed 2026", Exit::Clean).says("2 of 4");
    place
        .run(&format!("population evaluations {} --output evaluations.json", PERIOD), Exit::Clean)
        .says("evaluations in evaluations.json");
}

#[test]
fn each_item_of_a_sample_is_packed_so_that_it_is_judged_again_alone() {
    let mut place = Place::new();
    for _ in 0..2 {
        place.lands();
    }
    let name = place.change();
    place.merge(&name);
    place.run(&format!("population merges {PERIOD} --output merges.json"), Exit::Clean);
    place.run("sample --population merges.json --n 9 --seed 7 --output sample.json", Exit::Clean);
    let pack = "evidence pack --sample sample.json --branch main --output items";
    place.run(pack, Exit::Blocked).says("4 items in items: 1 have no evidence");
    place.run(pack, Exit::Usage).complains("items is not empty");
    let items = scratch();
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(place.repository.path().join("items"))
        .arg(items.path())
        .status();
    assert!(copied.unwrap().success());
    let index = std::fs::read_to_string(items.path().join("items/README.md")).unwrap();
    assert!(
        index.starts_with("# 4 of 4 merges") && index.contains("| 2 records |") && index.contains("| none |"),
        "{index}"
    );
    let mut judged = 0;
    for entry in std::fs::read_dir(items.path().join("items")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("README.md")) else { continue };
        assert!(folder.join("change.txt").is_file());
        for line in text.lines().filter_map(|line| line.strip_prefix("countersign ")) {
            // Far from the repository.
            countersign(line, &folder).run().exits(Exit::Clean);
            judged += 1;
        }
    }
    // Two landings with two records, the first with one; each is shown and judged again.
    assert_eq!(judged, 10);
}

#[test]
fn commits_that_landed_together_are_packed_with_the_evaluation_that_takes_them_in() {
    let mut place = Place::new();
    let name = place.change();
    place.repository.write(&[("notes/second.md", "second\n")]).commit("Second");
    place.judge(&name, Exit::Clean);
    place.repository.git("checkout --quiet main");
    place.repository.git(&format!("merge --quiet --ff-only {name}"));
    let answer = place.verify("", Exit::Clean);
    assert_eq!((&answer["states"]["judged"], &answer["states"]["together"]), (&1.into(), &1.into()));
    place.run(&format!("population merges {PERIOD} --output merges.json"), Exit::Clean);
    place.run("sample --population merges.json --n 9 --seed 7 --output sample.json", Exit::Clean);
    place
        .run("evidence pack --sample sample.json --branch main --output items", Exit::Clean)
        .says("3 items in items: each has evidence");
}

#[test]
fn what_was_altered_is_believed_in_nothing() {
    let place = Place::new();
    let records = place.repository.path().join(".git/countersign/evidence/records");
    let mut statements = Vec::new();
    let mut open = vec![records];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(".json") {
                statements.push(path);
            }
        }
    }
    let evaluation =
        statements.iter().find(|path| std::fs::read_to_string(path).unwrap().contains("evaluation/v1")).unwrap();
    let text = std::fs::read_to_string(evaluation).unwrap();
    std::fs::remove_file(evaluation).unwrap();
    std::fs::write(evaluation, text.replace("\"verdict\":\"pass\"", "\"verdict\":\"PASS\"")).unwrap();
    let answer = place.verify("", Exit::EvidenceInvalid);
    assert_eq!((&answer["complete"], &answer["states"]["recorded"]), (&false.into(), &0.into()));
    assert_ne!(answer["refused"].as_array().unwrap().len(), 0);
}

#[test]
fn what_cannot_be_asked_is_told() {
    let place = Place::new();
    place.run("population verify --period 2026Q5", Exit::Usage).complains("2026Q5");
    place.run("population verify --period 2026Q4 --branch maim", Exit::Usage).complains("main");
    place.run("population verify --period 2026Q4 --forge-audit nothing.json", Exit::Usage).complains("nothing.json");
    let folder = scratch();
    countersign("population verify --period 2026Q4", folder.path()).run().exits(Exit::Usage).complains("repository");
}

/// Copies a repository with its evidence, as somebody has it who clones it and reads the shared evidence.
fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Two clones in a folder, with their evidence; something got past the gate of the second.
fn clones(place: &Place) -> tempfile::TempDir {
    let folder = scratch();
    for (name, address) in [("access", "git@github.com:Acme/Access.git"), ("erp", "https://github.com/acme/erp")] {
        let clone = folder.path().join("clones").join(name);
        copied(place.repository.path(), &clone);
        let git = |arguments: &[&str]| {
            let when = format!("@{} +0000", NOW - 60);
            let done = std::process::Command::new("git")
                .arg("-C")
                .arg(&clone)
                .args(arguments)
                .env("GIT_COMMITTER_DATE", &when)
                .env("GIT_AUTHOR_DATE", &when)
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        git(&["remote", "add", "origin", address]);
        if name == "erp" {
            std::fs::write(clone.join("past.md"), "past the gate\n").unwrap();
            git(&["add", "-A"]);
            git(&[
                "-c",
                "user.name=Ann",
                "-c",
                "user.email=ann@acme.example",
                "commit",
                "--quiet",
                "--message",
                "Past",
            ]);
        }
    }
    std::fs::create_dir(folder.path().join("clones/no-clone")).unwrap();
    folder
}

#[test]
fn many_clones_are_held_against_the_list_of_the_forge() {
    let folder = clones(&Place::new());
    let run = |line: &str, exit| countersign(line, folder.path()).run().exits(exit);
    let list = |names: &str| std::fs::write(folder.path().join("repos.json"), names).unwrap();
    list(
        r#"[{"full_name": "acme/access", "default_branch": "main"}, {"full_name": "acme/erp", "default_branch": "main"},
        {"full_name": "acme/payroll", "default_branch": "main"}, {"full_name": "acme/old", "archived": true}]"#,
    );
    let line = "population repositories clones --period 2026Q4 --forge-list repos.json";
    run(line, Exit::Blocked)
        .says("acme/access")
        .says("missing: acme/payroll")
        .says("missing: acme/old (archived: nothing lands there)")
        .says("2 repositories, of 4 that the forge lists; 1 missing");
    let told: Value = serde_json::from_str(&run(&format!("{line} --format json"), Exit::Blocked).stdout).unwrap();
    let complete: Vec<_> = told["repositories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (own["name"].clone(), own["complete"].clone()))
        .collect();
    assert_eq!(complete, [("acme/access".into(), true.into()), ("acme/erp".into(), false.into())]);
    // Alone it is complete, and nobody knows of others.
    std::fs::remove_dir_all(folder.path().join("clones/erp")).unwrap();
    run("population repositories clones --period 2026Q4", Exit::Clean)
        .says("without the forge's list nobody knows of others");
    list("[{\"name\": \"access\"}]");
    run(line, Exit::Usage).complains("entry 1 has neither full_name nor path_with_namespace");
    run("population repositories clones/no-clone --period 2026Q4", Exit::Usage).complains("is a clone");
}

#[test]
fn many_clones_are_told_in_one_report_that_comes_out_the_same() {
    let place = Place::new();
    let folder = clones(&place);
    let at = |name: &str| folder.path().join(name);
    std::fs::write(
        at("repos.json"),
        r#"[{"full_name": "acme/access"}, {"full_name": "acme/erp"}, {"full_name": "acme/payroll"}]"#,
    )
    .unwrap();
    let line = "report repositories clones --period 2026Q4 --forge-list repos.json";
    let run = |line: &str, exit| countersign(line, folder.path()).run().exits(exit);
    let made = format!(
        "{line} --entity Acme --output json=all.json --output html=all.html --output csv=papers --output markdown=all.md --each each"
    );
    run(&made, Exit::Clean).says("1 of 2 repositories complete").says("1 got past the gate");
    let told: Value = serde_json::from_slice(&std::fs::read(at("all.json")).unwrap()).unwrap();
    assert_eq!(told["population"]["missing"][0]["name"], "acme/payroll");
    assert_eq!(told["ungated"][0]["repository"], "acme/erp");
    assert_eq!(told["ungated"][0]["subject"], "Past");
    for own in told["repositories"].as_array().unwrap() {
        // What is said of each is what its own report says.
        let name = own["name"].as_str().unwrap().replace('/', "-");
        let bytes = std::fs::read(at("each").join(format!("{name}.json"))).unwrap();
        assert_eq!(own["report"], countersign::store::Digest::of(&bytes).to_string());
        let alone: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(own["position"], alone["position"]);
        assert_eq!(own["landed"], alone["completeness"]["landed"]);
        assert!(at("each").join(format!("{name}.html")).is_file());
    }
    assert!(std::fs::read_to_string(at("papers/repositories.csv")).unwrap().contains("acme/access,complete,"));
    // It is made again after more has landed, and whatever is altered is told.
    let more = |arguments: &[&str]| {
        let done =
            std::process::Command::new("git").arg("-C").arg(at("clones/access")).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    more(&[
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@acme.example",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "More",
    ]);
    run(&format!("{line} --verify all.json"), Exit::Clean).says("it comes out the same");
    run(&format!("{line} --verify all.html"), Exit::Clean).says("it comes out the same");
    let also = format!("{line} --verify all.json --also csv=papers --also markdown=all.md --also html=all.html");
    run(&also, Exit::Clean).says("it comes out the same");
    let page = std::fs::read_to_string(at("all.md")).unwrap();
    assert!(page.starts_with("# Acme: access control, 2026Q4\n"), "{page}");
    assert!(page.contains("**Not complete:** 1 of 2 repositories complete; 1 missing."), "{page}");
    std::fs::write(at("all.md"), page.replace("1 missing", "0 missing")).unwrap();
    run(&also, Exit::EvidenceInvalid).says("all.md, ");
    run(&format!("{line} --output markdown=x --also csv=papers"), Exit::Usage);
    for (name, place) in [("landed", "/population/landed"), ("closing", "/repositories/0/position/closing")] {
        let mut altered = told.clone();
        let number = altered.pointer_mut(place).unwrap();
        *number = (number.as_u64().unwrap() + 1).into();
        std::fs::write(at(name), altered.to_string()).unwrap();
        run(&format!("{line} --verify {name}"), Exit::EvidenceInvalid).says(place);
    }
    run(&format!("{line} --output oscal=x"), Exit::Usage).complains("html, csv, markdown or json");
    run("report verify all.json --period 2026Q4 --path clones/access", Exit::Usage).complains("does not verify");
}
