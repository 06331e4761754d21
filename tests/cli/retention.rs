//! Holds, purges and erasures from the command line.

use std::fs;

use base64ct::Encoding as _;
use countersign::cli::Exit;

use super::places::{Repository, scratch};
use super::runner::{NOW, countersign};
use super::world::{BILLS, PAYMENTS, repository};

const DAY: i64 = 86_400;

/// A repository with a log and two records: of what lets Mira enter invoices, and of what lets her pay, which blocks.
fn recorded(config: &str) -> (Repository, tempfile::TempDir, String) {
    let rules = format!("{}{config}", super::world::CONFIG);
    let place = repository(&[("countersign.yaml", &rules)]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), NOW).exits(Exit::Clean);
    run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key}"), NOW).exits(Exit::Clean);
    place.write(&[BILLS]).commit("Bills");
    run(&place, &format!("record --key {key}"), NOW).exits(Exit::Clean).says(": pass");
    place.write(&[PAYMENTS]).commit("Payments");
    run(&place, &format!("record --key {key}"), NOW + DAY).exits(Exit::Clean).says(": blocked");
    (place, keys, key)
}

fn run(place: &Repository, line: &str, now: i64) -> super::runner::Ran {
    countersign(line, place.path()).at(now).run()
}

/// The beginning of the id of the record that came to a verdict.
fn record(place: &Repository, verdict: &str) -> String {
    let list = run(place, &format!("evidence list --format json --verdict {verdict}"), NOW + DAY).json();
    list["records"][0]["record"].as_str().unwrap().to_owned()
}

fn objects(place: &Repository) -> usize {
    glob::glob(&format!("{}/.git/countersign/evidence/objects/*/*.zst", place.path().display())).unwrap().count()
}

const SHORT: &str = "evidence: {retention: {pass: 30 days, blocked: 60 days}}\n";

#[test]
fn what_is_due_is_purged_and_everything_stays_provable() {
    let (place, _keys, key) = recorded(SHORT);
    let (pass, blocked) = (record(&place, "pass"), record(&place, "blocked"));
    run(&place, &format!("evidence show {pass}"), NOW).exits(Exit::Clean).says("kept until").says("(pass)");
    let purge = format!("evidence purge --by person:olga.brandt --key {key}");
    run(&place, &format!("{purge} {pass}"), NOW + 29 * DAY)
        .exits(Exit::Usage)
        .complains("is kept until 2026-12-21")
        .complains(&pass);
    run(&place, &purge, NOW + 29 * DAY).exits(Exit::Clean).says("next is").says("removed 0 objects of 0 records");
    let all = objects(&place);
    run(&place, "evidence purge --dry-run", NOW + 30 * DAY).exits(Exit::Clean).says(&format!("due {pass} pass"));
    run(&place, "evidence purge --dry-run --as-of 2033-01-01T00:00:00Z", NOW)
        .exits(Exit::Clean)
        .says(&format!("due {blocked} blocked"));
    assert_eq!(objects(&place), all, "nothing is removed by that");
    run(&place, &purge, NOW + 30 * DAY).exits(Exit::Clean).says("of 1 records").says(&format!("next is {blocked}"));
    let left = objects(&place);
    assert!(left < all && left > 20, "{left} of {all}");
    let later = NOW + 31 * DAY;
    run(&place, "evidence verify", later).exits(Exit::Clean).says("1 tombstones: of 1 records").says("it verifies");
    run(&place, "evidence reperform --all", later)
        .exits(Exit::Clean)
        .says(&format!("erased {pass}"))
        .says("1 of 2 came out the same, to the byte, 1 erased");
    run(&place, "evidence list", later).says("tombstone: ");
    run(&place, &format!("evidence show {pass}"), later).exits(Exit::Clean).says("what was found was removed");
    // The rest goes in its time, and then nothing is left but what proves it.
    run(&place, &purge, NOW + 61 * DAY).exits(Exit::Clean).says("of 1 records");
    assert_eq!(objects(&place), 0);
    run(&place, "evidence verify", NOW + 62 * DAY).exits(Exit::Clean).says("2 tombstones: of 2 records");
    run(&place, "evidence reperform --all", NOW + 62 * DAY).exits(Exit::Clean).says("0 of 2").says("2 erased");
    // Whoever still has the clock of today is not fooled.
    run(&place, "evidence verify", NOW + 2 * DAY).exits(Exit::EvidenceInvalid).says("later than it is now");
}

#[test]
fn a_shorter_period_holds_for_what_comes_and_a_longer_one_for_all() {
    let (place, _keys, _key) = recorded(SHORT);
    let with = |config: &str| place.write(&[("countersign.yaml", &format!("{}{config}", super::world::CONFIG))]);
    let due = |now: i64, text: &str| {
        run(&place, "evidence purge --dry-run", now).exits(Exit::Clean).says(text);
    };
    with("evidence: {retention: {pass: 1 day, blocked: 1 day}}\n").commit("Shorter");
    due(NOW + 29 * DAY, "of 0 records");
    due(NOW + 30 * DAY, "of 1 records");
    with("evidence: {retention: {pass: 40 days, blocked: forever}}\n").commit("Longer");
    due(NOW + 39 * DAY, "of 0 records");
    due(NOW + 400 * DAY, "of 1 records");
}

#[test]
fn holds_are_placed_listed_and_lifted() {
    let (place, _keys, key) = recorded(SHORT);
    let pass = record(&place, "pass");
    run(&place, "evidence hold list", NOW).exits(Exit::Clean).says("no hold is in force");
    let who = format!("--by person:lea.stern --reason case-7 --key {key}");
    run(&place, &format!("evidence hold place {who}"), NOW + DAY).exits(Exit::Usage).complains("--all");
    run(&place, &format!("evidence hold place --record {pass} {who}"), NOW + DAY).exits(Exit::Clean).says("placed");
    run(&place, "evidence hold list", NOW + DAY)
        .exits(Exit::Clean)
        .says("person:lea.stern")
        .says("1 record ")
        .says("case-7");
    let list = run(&place, "evidence hold list --format json", NOW + DAY).json();
    let hold = list["holds"][0]["hold"].as_str().unwrap().to_owned();
    let purge = format!("evidence purge --by person:olga.brandt --key {key}");
    let then = NOW + 40 * DAY;
    run(&place, &purge, then).exits(Exit::Clean).says(&format!("held {pass} by the hold {hold}"));
    run(&place, &format!("{purge} {pass}"), then)
        .exits(Exit::Usage)
        .complains("is under the hold")
        .complains("evidence hold list");
    let erase = format!("evidence erase --subject mira.vale@example.com --reason request-9 --key {key}");
    run(&place, &format!("{erase} --by person:olga.brandt"), then).exits(Exit::Usage).complains("is under the hold");
    run(&place, "evidence verify", then).exits(Exit::Clean).says("by person:lea.stern is in force: case-7");
    run(&place, &format!("evidence hold lift {hold} {who}"), then).exits(Exit::Clean).says("lifted");
    run(&place, &format!("evidence hold lift {hold} {who}"), then).exits(Exit::Usage).complains("is not in force");
    run(&place, "evidence list", then).says("hold: place").says("hold: lift");
    run(&place, &purge, then).exits(Exit::Clean).says("of 1 records");
    run(&place, "evidence verify", then).exits(Exit::Clean).says("it verifies");
    for wrong in ["--by lea --reason x", "--by person:lea.stern --reason=", "--by person: --reason x"] {
        run(&place, &format!("evidence hold place --all {wrong} --key {key}"), then).exits(Exit::Usage);
    }
}

#[test]
fn what_names_a_person_is_erased_and_the_rest_stays() {
    let (place, _keys, key) = recorded("");
    let erase = "evidence erase --subject Mira.Vale@example.com --reason request-9";
    run(&place, &format!("{erase} --dry-run"), NOW + DAY).exits(Exit::Clean).says("would erase").says("of 2 records");
    run(&place, &format!("{erase} --key {key}"), NOW + DAY).exits(Exit::Usage).complains("--by");
    run(&place, &format!("{erase} --by person:olga.brandt --key {key}"), NOW + DAY)
        .exits(Exit::Clean)
        .says("erased ")
        .says("of 2 records")
        .says("tombstone");
    run(&place, "evidence verify", NOW + DAY).exits(Exit::Clean).says("1 tombstones: of 2 records");
    run(&place, "evidence reperform --all", NOW + DAY).exits(Exit::Clean).says("0 of 2").says("2 erased");
    run(&place, &format!("{erase} --dry-run"), NOW + DAY).exits(Exit::Clean).says("would erase 0 objects");
    // An object that lacks beside those is still told.
    let store = format!("{}/.git/countersign/evidence/objects/*/*.zst", place.path().display());
    let object = glob::glob(&store).unwrap().next().unwrap().unwrap();
    fs::remove_file(object).unwrap();
    run(&place, "evidence verify", NOW + DAY).exits(Exit::EvidenceInvalid).says("is not there");
}

#[test]
fn a_period_that_is_none_is_an_error_of_the_configuration() {
    let place = repository(&[(
        "countersign.yaml",
        "version: 1\nevidence: {retention: {pass: seven years, blocked: 3 hours}}\n",
    )]);
    run(&place, "check", NOW)
        .exits(Exit::Usage)
        .complains("`seven years` is not a period")
        .complains("`3 hours` is not a period of days, weeks, months or years")
        .complains("write it as `7 years`");
    let place = repository(&[("countersign.yaml", "version: 1\nevidence: {retention: {passed: 7 years}}\n")]);
    run(&place, "check", NOW).exits(Exit::Usage).complains("passed").complains("pass");
}

/// Every byte that the evidence has, with what is compressed as it was.
fn every_byte(place: &Repository) -> Vec<(String, Vec<u8>)> {
    let files = glob::glob(&format!("{}/.git/countersign/evidence/**/*", place.path().display())).unwrap();
    let files = files.map(Result::unwrap).filter(|path| path.is_file());
    files
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            let mut bytes = countersign::store::decompress(&bytes).unwrap_or(bytes);
            // A bundle has its payload in base64.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((_, rest)) = text.split_once("\"payload\":\"") {
                bytes.extend(base64ct::Base64::decode_vec(rest.split('"').next().unwrap()).unwrap());
            }
            (format!("{} {}", path.display(), text.len()), bytes)
        })
        .collect()
}

fn where_it_stands(place: &Repository, name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase().contains(&name);
    every_byte(place).into_iter().filter(|(_, bytes)| has(bytes)).map(|(path, _)| path).collect()
}

/// Who must not be found in what is kept: people of the manifests, an account, who commits, and who runs the job.
const NAMES: [&str; 8] = [
    "mira.vale",
    "mira.vale@example.com",
    "MVALE",
    "olga.brandt",
    "nora.lind@example.com",
    "Robin Committer",
    "robin@elsewhere.example",
    "octo-robin",
];

#[test]
fn with_pseudonyms_no_byte_of_the_evidence_names_anybody() {
    for on in [false, true] {
        let config = format!("{}evidence: {{pseudonyms: {on}}}\n", super::world::CONFIG);
        let place = repository(&[("countersign.yaml", &config)]);
        let keys = scratch();
        let file = |name: &str| keys.path().join(name).display().to_string();
        let (key, table) = (file("key.pem"), file("table.json"));
        let job = |line: &str| {
            let line = if on { format!("{line} --pseudonyms {table}") } else { line.to_owned() };
            let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_ACTOR", "octo-robin")];
            variables.iter().fold(countersign(&line, place.path()), |run, (name, value)| run.var(name, value)).run()
        };
        run(&place, &format!("evidence keygen {key}"), NOW).exits(Exit::Clean);
        run(&place, &format!("evidence pseudonyms new {table}"), NOW).exits(Exit::Clean).says("keep it secret");
        run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key}"), NOW).exits(Exit::Clean);
        place.git("config user.name Robin_Committer");
        let author = ["-c", "user.name=Robin Committer", "-c", "user.email=robin@elsewhere.example"];
        place.branch("pay", "main").write(&[BILLS, PAYMENTS]);
        place.git("add --all");
        let status = std::process::Command::new("git")
            .args(author)
            .args(["commit", "--quiet", "--message", "Pay"])
            .current_dir(place.path())
            .status();
        assert!(status.unwrap().success());
        job("check --base main --head pay").exits(Exit::Blocked);
        place.git("checkout --quiet main");
        place.git("merge --quiet --ff-only pay");
        job(&format!("record --key {key}")).exits(Exit::Clean).says("with the judge's record of the same tree");
        for name in NAMES {
            assert_eq!(where_it_stands(&place, name).is_empty(), on, "{name}: {:?}", where_it_stands(&place, name));
        }
        run(&place, "evidence verify", NOW).exits(Exit::Clean).says("it verifies");
        let reperform = if on {
            format!("evidence reperform --all --pseudonyms {table}")
        } else {
            "evidence reperform --all".to_owned()
        };
        run(&place, &reperform, NOW).exits(Exit::Clean).says("2 of 2 came out the same, to the byte");
        if !on {
            continue;
        }
        run(&place, "evidence reperform --all", NOW).exits(Exit::EvidenceInvalid).says("it has pseudonyms for people");
        // Somebody who is forgotten: nothing of the evidence changes.
        let before = every_byte(&place);
        run(&place, &format!("evidence pseudonyms forget {table} --subject Mira.Vale@example.com"), NOW)
            .exits(Exit::Clean)
            .says("deleted 3 rows");
        assert!(!fs::read_to_string(&table).unwrap().to_lowercase().contains("vale"));
        assert_eq!(every_byte(&place), before);
        run(&place, "evidence verify", NOW).exits(Exit::Clean).says("it verifies");
        run(&place, &reperform, NOW).exits(Exit::Clean).says("0 of 2").says("2 erased").says("was forgotten");
    }
}

#[test]
fn where_pseudonyms_are_asked_for_nothing_is_kept_without_them() {
    let config = format!("{}evidence: {{pseudonyms: true}}\n", super::world::CONFIG);
    let place = repository(&[("countersign.yaml", &config)]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), NOW).exits(Exit::Clean);
    run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key}"), NOW).exits(Exit::Clean);
    let before = every_byte(&place);
    run(&place, "check", NOW).exits(Exit::Clean).says("no table of them is given");
    run(&place, "check --require-evidence", NOW).exits(Exit::Usage).complains("--pseudonyms FILE");
    run(&place, &format!("record --key {key}"), NOW).exits(Exit::Usage).complains("evidence pseudonyms new FILE");
    // Where the rules are broken, too.
    place.write(&[("countersign.yaml", &format!("{config}no_such_key: 1\n"))]);
    run(&place, "check", NOW).exits(Exit::Usage).complains("no_such_key");
    assert_eq!(every_byte(&place), before);
    place.write(&[("countersign.yaml", &config)]);
    // The table stands where nobody finds it who reads the repository or the evidence.
    let inside = place.path().join("table.json").display().to_string();
    run(&place, &format!("evidence pseudonyms new {inside}"), NOW).exits(Exit::Clean);
    run(&place, &format!("check --require-evidence --pseudonyms {inside}"), NOW)
        .exits(Exit::Usage)
        .complains("is where the repository or its evidence is kept");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let table = keys.path().join("table.json");
        run(&place, &format!("evidence pseudonyms new {}", table.display()), NOW).exits(Exit::Clean);
        fs::set_permissions(&table, fs::Permissions::from_mode(0o644)).unwrap();
        run(&place, &format!("check --require-evidence --pseudonyms {}", table.display()), NOW)
            .exits(Exit::Usage)
            .complains("chmod 600");
    }
}

#[test]
fn what_git_keeps_in_its_history_is_not_said_to_be_erased() {
    let store = "git:refs/countersign/evidence";
    let place = repository(&[("countersign.yaml", &format!("{}{SHORT}", super::world::CONFIG))]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), NOW).exits(Exit::Clean);
    run(&place, &format!("evidence trust init --origin acme.example/evidence --key {key} --store {store}"), NOW)
        .exits(Exit::Clean);
    place.write(&[BILLS]).commit("Bills");
    run(&place, &format!("record --key {key} --store {store}"), NOW).exits(Exit::Clean);
    let tip = place.git("rev-parse refs/countersign/evidence");
    let then = NOW + 30 * DAY;
    let who = format!("--by person:olga.brandt --key {key} --store {store}");
    run(&place, &format!("evidence purge {who}"), then)
        .exits(Exit::Usage)
        .complains("git keeps them in the history")
        .complains("nothing was written or removed");
    run(&place, &format!("evidence erase --subject mira.vale@example.com --reason request-9 {who}"), then)
        .exits(Exit::Usage)
        .complains("git keeps them in the history");
    assert_eq!(place.git("rev-parse refs/countersign/evidence"), tip);
    // What would be due is told all the same.
    run(&place, &format!("evidence purge --dry-run --store {store}"), then).exits(Exit::Clean).says("of 1 records");
}
