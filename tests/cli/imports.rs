//! Exports from outside of the repository: judged with it, kept with the evidence, and no author's doing.

use std::fs;

use countersign::cli::Exit;
use countersign::store::Digest;
use serde_json::Value;

use super::places::{Folder, Repository, contents, scratch, write};
use super::runner::{Ran, check, countersign};
use super::world::{START, folder, repository};

const DORA: (&str, &str) = (
    "dora.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: dora.quist}
spec: {accounts: [{system: sap, name: DQUIST}]}
",
);

const AUTHORIZATIONS: &str = "\
AGR_NAME;OBJECT;AUTH;FIELD;LOW;HIGH;DELETED
Z_VENDOR;S_TCODE;T-01;TCD;FK01;;
Z_PAYMENT;S_TCODE;T-02;TCD;F110;;
";

const BOTH: &str = "AGR_NAME;UNAME;FROM_DAT;TO_DAT\nZ_VENDOR;DQUIST;;\nZ_PAYMENT;DQUIST;;\n";
const VENDOR_ALONE: &str = "AGR_NAME;UNAME;FROM_DAT;TO_DAT\nZ_VENDOR;DQUIST;;\n";

/// The grant that the export does not have, declared in the repository.
const PAYMENT: (&str, &str) = (
    "grants/dora.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: sap, to: account:sap/DQUIST, role: Z_PAYMENT}
",
);

/// A folder with exports of SAP, and the options that import them.
fn exports(users: &str) -> (tempfile::TempDir, String) {
    let place = scratch();
    write(place.path(), "agr_1251.csv", AUTHORIZATIONS);
    write(place.path(), "agr_users.csv", users);
    let file = |name: &str| place.path().join(name).display().to_string();
    let options = format!("--import {} --as sap --import {} --as sap", file("agr_1251.csv"), file("agr_users.csv"));
    (place, options)
}

fn conflict(ran: &Ran) -> Value {
    let report = ran.json();
    let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["policy"] == "CS-SOD-001");
    found.unwrap_or_else(|| panic!("no conflict in {report:#}")).clone()
}

fn stands_open(found: &Value) {
    let told = [&found["state"], &found["cause"], &found["tier"], &found["decision"]["enforcement"]];
    assert_eq!(told, ["escaped", "time", "observed", "warn"], "{found:#}");
    assert_eq!(found["decision"]["blocks"], false);
}

#[test]
fn what_an_import_shows_by_itself_stops_nobody_and_stays_in_sight() {
    let place = folder(&[DORA]);
    let (_exports, options) = exports(BOTH);
    let ran = check(&format!("--no-record --output json {options}"), &place.path).exits(Exit::Clean);
    let found = conflict(&ran);
    stands_open(&found);
    assert_eq!(found["subject"]["id"], "person:dora.quist");
    assert!(ran.stdout.contains("import:sap/agr_users.csv"), "{}", ran.stdout);
    check(&format!("--no-record {options}"), &place.path)
        .exits(Exit::Clean)
        .says("dora.quist would hold conflicting duties")
        .says("an imported export shows it, which no change of this repository brought");
    // The same tables in the tree are the tree's doing.
    write(&place.path, "sap/agr_1251.csv", AUTHORIZATIONS);
    write(&place.path, "sap/agr_users.csv", BOTH);
    check("--no-record", &place.path).exits(Exit::Blocked);
}

/// A repository whose main branch knows Dora, and a branch of it.
fn branched(files: &[(&str, &str)]) -> Repository {
    let place = repository(&[DORA]);
    place.branch("change", "main").write(files).commit("Change");
    place
}

#[test]
fn beside_a_change_it_is_still_nobodys_doing() {
    let place = branched(&[("notes.txt", "a note\n")]);
    let (_exports, options) = exports(BOTH);
    let line = format!("--base main --head change --no-record --output json {options}");
    stands_open(&conflict(&check(&line, place.path()).exits(Exit::Clean)));
}

#[test]
fn a_change_that_adds_the_other_leg_is_blocked() {
    let place = branched(&[PAYMENT]);
    let (_exports, options) = exports(VENDOR_ALONE);
    let line = format!("--base main --head change --no-record --output json {options}");
    let found = conflict(&check(&line, place.path()).exits(Exit::Blocked));
    assert_eq!([&found["state"], &found["cause"], &found["tier"]], ["introduced", "access", "observed"]);
    // Without the export there is nothing to meet.
    check("--base main --head change --no-record", place.path()).exits(Exit::Clean);
}

#[test]
fn the_access_diff_knows_what_an_export_says_of_a_role() {
    let place = branched(&[PAYMENT]);
    let (_exports, options) = exports(VENDOR_ALONE);
    let line = "diff --base main --head change --format json";
    let conflicts = |ran: Ran| ran.exits(Exit::Clean).json()["conflicts"].as_array().unwrap().len();
    assert_eq!(conflicts(countersign(&format!("{line} {options}"), place.path()).run()), 1);
    // Nothing in the repository says what the role permits, and nothing of what the export has is a gain.
    assert_eq!(conflicts(countersign(line, place.path()).run()), 0);
    let other = branched(&[("notes.txt", "a note\n")]);
    let line = format!("diff --base main --head change {options}");
    countersign(&line, other.path()).run().exits(Exit::Clean).says("no effective access changes");
    let line = format!("diff --base main --head change --import {} --as sap", other.path().join("notes.txt").display());
    countersign(&line, other.path()).run().exits(Exit::Usage).complains("edited by the change");
}

/// A file may be named as if it were imported: it is the change's all the same.
#[test]
#[cfg(unix)]
fn a_file_of_the_tree_that_is_named_like_an_import_is_none() {
    let place = branched(&[("import:sap/agr_1251.csv", AUTHORIZATIONS), ("import:sap/agr_users.csv", BOTH)]);
    check("--base main --head change --no-record", place.path()).exits(Exit::Blocked);
    let (_exports, options) = exports(BOTH);
    check(&format!("--base main --head change --no-record {options}"), place.path())
        .exits(Exit::Usage)
        .complains("a file is there twice as `import:sap/agr_1251.csv`");
}

#[test]
fn the_evidence_keeps_it_once_and_judging_again_needs_no_file() {
    let place = folder(&[DORA]);
    let (exports, options) = exports(BOTH);
    let record = |options: &str| -> Value {
        let report = check(&format!("--output json {options}"), &place.path).exits(Exit::Clean).json();
        let name = report["evidence"]["record"].as_str().unwrap().to_owned();
        serde_json::from_slice(&fs::read(place.path.join(name)).unwrap()).unwrap()
    };
    let first = record(&options);
    let digest = |name: &str| Digest::of(&fs::read(exports.path().join(name)).unwrap()).to_string();
    for (number, name) in ["agr_1251.csv", "agr_users.csv"].into_iter().enumerate() {
        let import = &first["predicate"]["imports"][number];
        assert_eq!(import["name"], format!("import:sap/{name}"));
        assert_eq!(import["digest"]["sha256"], digest(name));
    }
    assert_eq!(first["predicate"]["population"]["definitions"]["AGR_1251"], 2);
    let before = contents(&place.path.join(".countersign/evidence")).len();
    // Tomorrow's export with a row less: authorizations that did not change are not kept again.
    write(exports.path(), "agr_users.csv", VENDOR_ALONE);
    let second = record(&options);
    assert_ne!(second["predicate"]["resultDigest"], first["predicate"]["resultDigest"]);
    let stored = |digest: &str| {
        let all = contents(&place.path.join(".countersign/evidence"));
        all.iter().filter(|(name, _)| name.replace('/', "").contains(digest)).count()
    };
    assert_eq!(stored(&digest("agr_1251.csv")), 1);
    assert!(contents(&place.path.join(".countersign/evidence")).len() > before);
    drop(exports);
    countersign("evidence reperform --all", &place.path)
        .run()
        .exits(Exit::Clean)
        .says("2 of 2 came out the same, to the byte");
}

#[test]
fn what_lands_is_recorded_again_whenever_the_exports_are_others() {
    let place = repository(&[DORA]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    let run = |line: &str| countersign(line, place.path()).run().exits(Exit::Clean);
    run(&format!("evidence keygen {key}"));
    run(&format!("evidence trust init --origin acme.example/evidence --key {key}"));
    let (exports, options) = exports(VENDOR_ALONE);
    let night = || run(&format!("record --key {key} {options}"));
    night().says("recorded ");
    night().says("it is recorded already");
    write(exports.path(), "agr_users.csv", BOTH);
    night().says("recorded ").says("pass");
    night().says("it is recorded already");
    run("evidence verify").says("2 signed evaluations").says("it verifies");
    run("evidence reperform --all").says("2 of 2 came out the same, to the byte");
}

#[test]
fn questions_are_answered_with_imports_too() {
    let place = folder(&[DORA]);
    let (_exports, options) = exports(BOTH);
    let line = format!("who-can PAY {options}");
    countersign(&line, &place.path)
        .run()
        .exits(Exit::Clean)
        .says("person:dora.quist")
        .says("import:sap/agr_users.csv:3");
    let line = format!("access dora.quist {options}");
    countersign(&line, &place.path).run().exits(Exit::Clean).says("VEND").says("PAY");
    countersign("who-can PAY", &place.path).run().exits(Exit::Clean).says("nobody declared here holds the duty PAY");
}

#[test]
fn the_configuration_says_how_imports_are_written_and_whose_they_are() {
    let config = format!(
        "{}\
         systems:\n  - {{paths: [\"import:sap/**\"], id: \"sap:prod\", table: {{encoding: windows-1252}}}}\n",
        "version: 1\nexclude: [\"**/*.csv\"]\n"
    );
    let place = folder(&[DORA, ("countersign.yaml", &config)]);
    let (exports, options) = exports(BOTH);
    fs::write(exports.path().join("agr_users.csv"), b"AGR_NAME;UNAME;FROM_DAT;TO_DAT\nZ_PAYMENT;M\xdcLLER;;\n")
        .unwrap();
    let ran = countersign(&format!("who-can PAY {options}"), &place.path).run().exits(Exit::Clean);
    assert!(ran.stdout.contains("account:sap:prod/M\u{dc}LLER"), "{}", ran.stdout);
}

/// Fewer rows than were counted may hide somebody; it is told, and whose change is judged that night cannot help it.
#[test]
fn an_import_that_lost_rows_is_told_and_stops_nobody() {
    let place = branched(&[("notes.txt", "a note\n")]);
    let (exports, options) = exports(VENDOR_ALONE);
    write(exports.path(), "agr_users.csv.expect.yaml", "rows: 2\n");
    let ran = check(&format!("--base main --head change --no-record {options}"), place.path()).exits(Exit::Clean);
    ran.says("the table has 1 rows and should have 2; it may be incomplete");
    let line = format!("--base main --head change --no-record --output json {options}");
    let report = check(&line, place.path()).exits(Exit::Clean).json();
    let found = report["findings"].as_array().unwrap().iter().find(|found| found["policy"] == "CS-COVER-001").unwrap();
    stands_open(found);
}

#[test]
fn what_cannot_be_imported_is_2_and_says_why() {
    let place = Folder::new();
    for (name, text) in START {
        write(&place.path, name, text);
    }
    write(&place.path, "users.csv", BOTH);
    write(&place.path, "renamed.csv", &BOTH.replace("UNAME", "USER"));
    write(&place.path, "users.json", "{}\n");
    write(&place.path, "more/users.csv", VENDOR_ALONE);
    for (options, words) in [
        ("--import nowhere.csv --as sap", "nowhere.csv cannot be read"),
        ("--import users.csv", "--as <KIND>"),
        ("--as sap", "--import <FILE>"),
        ("--import users.csv --as oracle", "it is one of sap, netsuite, workday, fusion, d365"),
        ("--import users.csv --as sap --import users.csv", "--import is given 2 times and --as 1 times"),
        ("--import users.csv --as netsuite", "import:netsuite/users.csv cannot be imported: it is a table of sap"),
        (
            "--import renamed.csv --as sap",
            "import:sap/renamed.csv cannot be imported: the column `UNAME` of AGR_USERS is missing",
        ),
        ("--import people.yaml --as sap", "a file with such a name is a document"),
        ("--import users.csv --as sap --import more/users.csv --as sap", "is there twice as `import:sap/users.csv`"),
    ] {
        check(&format!("--no-record {options}"), &place.path).exits(Exit::Usage).complains(words);
    }
}

#[test]
fn a_change_does_not_bring_the_exports_that_it_is_judged_with() {
    let place = repository(&[DORA, ("sap/agr_users.csv", VENDOR_ALONE)]);
    place.branch("change", "main").write(&[("sap/agr_users.csv", BOTH)]).commit("Change");
    place.git("checkout --quiet change");
    check("--base main --no-record --import sap/agr_users.csv --as sap", place.path())
        .exits(Exit::Usage)
        .complains("sap/agr_users.csv is edited by the change that it would judge");
}

#[test]
fn the_command_that_does_it_again_names_the_imports() {
    let place = folder(&[DORA]);
    write(&place.path, "out/u.csv", BOTH);
    let report = check("--no-record --output json --import out/u.csv --as sap", &place.path).json();
    assert!(report["reproduce"].as_str().unwrap().contains("--import out/u.csv --as sap"), "{}", report["reproduce"]);
}

/// Accounts and the names of files may be people's names.
#[test]
fn where_people_are_pseudonyms_nothing_imported_names_them() {
    let config = "version: 1\nevidence: {pseudonyms: true}\n";
    let place = folder(&[DORA, ("countersign.yaml", config)]);
    let table = scratch();
    let table = table.path().join("names.json").display().to_string();
    countersign(&format!("evidence pseudonyms new {table}"), &place.path).run().exits(Exit::Clean);
    let (_exports, options) = exports(BOTH);
    check(&format!("--pseudonyms {table} {options}"), &place.path).exits(Exit::Clean);
    let original = Digest::of(BOTH.as_bytes()).to_string();
    for (name, _) in contents(&place.path.join(".countersign/evidence")) {
        let path = place.path.join(".countersign/evidence").join(&name);
        let Ok(bytes) = fs::read(&path) else { continue };
        let plain = if name.ends_with(".zst") { zstd::decode_all(&*bytes).unwrap() } else { bytes };
        let text = String::from_utf8_lossy(&plain);
        assert!(!text.contains("DQUIST") && !text.contains("dora.quist") && !text.contains(&original), "{name}");
    }
    countersign(&format!("evidence reperform --all --pseudonyms {table}"), &place.path)
        .run()
        .exits(Exit::Clean)
        .says("1 of 1 came out the same");
}
