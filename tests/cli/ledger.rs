//! The ledger from the command line: recorded, verified, judged again.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;

use super::places::{Repository, scratch};
use super::runner::{NOW, check, countersign};
use super::world::{ADMIN, BILLS, PAYMENTS, repository};

/// A repository with a log, and its key beside it.
fn begun() -> (Repository, tempfile::TempDir, String) {
    let place = repository(&[]);
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    countersign(&format!("evidence keygen {key}"), place.path()).run().exits(Exit::Clean).says("keep it secret");
    countersign(&format!("evidence trust init --origin acme.example/evidence --key {key}"), place.path())
        .run()
        .exits(Exit::Clean)
        .says("began the log acme.example/evidence");
    (place, keys, key)
}

fn run(place: &Repository, line: &str, exit: Exit) -> super::runner::Ran {
    countersign(line, place.path()).run().exits(exit)
}

fn genesis(keys: &Path, place: &Repository) -> String {
    let ran = run(place, "evidence verify --format json", Exit::Clean);
    let found = ran.json()["genesis"].as_str().unwrap().to_owned();
    assert!(keys.join("key.pem.pub").is_file());
    found
}

fn evidence(place: &Repository) -> std::path::PathBuf {
    place.path().join(".git/countersign/evidence")
}

#[test]
fn what_lands_is_recorded_with_the_judges_record_and_comes_out_the_same_again() {
    let (place, keys, key) = begun();
    place.branch("pay", "main").write(&[BILLS, PAYMENTS]).commit("Pay");
    check("--base main --head pay", place.path()).exits(Exit::Blocked);
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --message Merge pay");
    run(&place, &format!("record --key {key}"), Exit::Clean).says("blocked, with the judge's record of the same tree");
    // Once is enough.
    run(&place, &format!("record --key {key}"), Exit::Clean).says("it is recorded already");
    let genesis = genesis(keys.path(), &place);
    run(&place, &format!("evidence verify --genesis {genesis}"), Exit::Clean)
        .says("3 records")
        .says("1 signed evaluations, 1 unsigned ones")
        .says("no witness and no anchor")
        .says("it verifies");
    run(&place, "evidence reperform --all", Exit::Clean).says("2 of 2 came out the same, to the byte");
    run(&place, "evidence reperform --sample 1 --seed 2026Q4", Exit::Clean).says("1 of 1");
    // The repository is not needed for any of it.
    let copy = scratch();
    let status = std::process::Command::new("cp")
        .args(["-r"])
        .arg(evidence(&place))
        .arg(copy.path().join("evidence"))
        .status()
        .unwrap();
    assert!(status.success());
    for line in ["evidence verify --store dir:evidence", "evidence reperform --all --store dir:evidence"] {
        countersign(line, copy.path()).run().exits(Exit::Clean);
    }
    let list = run(&place, "evidence list --format json --verdict blocked", Exit::Clean).json();
    assert_eq!(list["records"].as_array().unwrap().len(), 2);
    let id = list["records"].as_array().unwrap().iter().find(|row| row["what"] == "record").unwrap()["record"].clone();
    run(&place, &format!("evidence show {}", id.as_str().unwrap()), Exit::Clean)
        .says("verdict blocked")
        .says("CS-SOD-001 critical person:mira.vale P2P-13");
    run(&place, "evidence show ffff", Exit::Usage).complains("there is no record `ffff`");
}

#[test]
fn a_recorder_catches_up_after_an_outage() {
    let (place, _keys, key) = begun();
    place.write(&[BILLS]).commit("One");
    run(&place, &format!("record --key {key}"), Exit::Clean).says("pass");
    for n in 0..3 {
        place.write(&[("notes.txt", &format!("{n}\n"))]).commit("Note");
    }
    let ran = run(&place, &format!("record --key {key}"), Exit::Clean);
    assert_eq!(ran.stdout.matches("recorded ").count(), 3, "{}", ran.stdout);
    run(&place, "evidence verify", Exit::Clean).says("4 signed evaluations");
}

#[test]
fn what_is_changed_taken_away_or_cut_off_is_found() {
    let (place, keys, key) = begun();
    place.write(&[ADMIN]).commit("One");
    let anchor = keys.path().join("anchor");
    run(&place, &format!("record --key {key} --anchor {}", anchor.display()), Exit::Clean);
    run(&place, &format!("evidence verify --anchor {}", anchor.display()), Exit::Clean).says("consistent with 1");
    let store = evidence(&place);
    // A record that says something else.
    let record = glob::glob(&format!("{}/records/*/*.json", store.display()))
        .unwrap()
        .map(Result::unwrap)
        .find(|path| {
            fs::read_to_string(path).unwrap().contains("evaluation/v1\"")
                && !path.to_string_lossy().contains(".sigstore")
        })
        .unwrap();
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("\"verdict\":\"blocked\"", "\"verdict\":\"pass\"")).unwrap();
    run(&place, "evidence verify", Exit::EvidenceInvalid).says("holds something else");
    fs::write(&record, &text).unwrap();
    run(&place, "evidence verify", Exit::Clean);
    // An object that is gone.
    let object = glob::glob(&format!("{}/objects/*/*.zst", store.display())).unwrap().next().unwrap().unwrap();
    let bytes = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    run(&place, "evidence verify", Exit::EvidenceInvalid).says("is not there");
    fs::write(&object, bytes).unwrap();
    // A store that was put back to an earlier copy.
    let (head, checkpoint) = (fs::read(store.join("head")).unwrap(), fs::read(store.join("checkpoint")).unwrap());
    place.write(&[("notes.txt", "more\n")]).commit("Two");
    run(&place, &format!("record --key {key} --anchor {}", anchor.display()), Exit::Clean);
    fs::write(store.join("head"), head).unwrap();
    fs::write(store.join("checkpoint"), checkpoint).unwrap();
    run(&place, &format!("evidence verify --anchor {}", anchor.display()), Exit::EvidenceInvalid)
        .says("the end was cut off");
    // Another log than the one that somebody was told of.
    let other = "0".repeat(64);
    run(&place, &format!("evidence verify --genesis {other}"), Exit::EvidenceInvalid).says("was confirmed");
}

#[test]
fn keys_come_and_go_by_records_of_the_log() {
    let (place, keys, key) = begun();
    let second = keys.path().join("second.pem").display().to_string();
    run(&place, &format!("evidence keygen {second} --algorithm ed25519"), Exit::Clean);
    place.write(&[BILLS]).commit("One");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    run(&place, &format!("evidence trust add {second}.pub --key {key}"), Exit::Clean).says("counts as a recorder");
    place.write(&[("notes.txt", "two\n")]).commit("Two");
    run(&place, &format!("record --key {second}"), Exit::Clean);
    run(&place, &format!("evidence trust revoke {key}.pub --reason left --key {second}"), Exit::Clean)
        .says("no longer counts");
    run(&place, "evidence trust show", Exit::Clean).says("recorder 4").says("recorder 2");
    run(&place, "evidence verify", Exit::Clean).says("2 signed evaluations");
    // Whoever still has the old key records no more.
    place.write(&[("notes.txt", "three\n")]).commit("Three");
    run(&place, &format!("record --key {key}"), Exit::Usage).complains("does not count");
    run(&place, "evidence verify", Exit::Clean);
}

#[test]
fn what_cannot_be_done_is_said_with_the_next_command() {
    let place = repository(&[]);
    run(&place, "record", Exit::Usage).complains("no key is named that signs");
    let keys = scratch();
    let key = keys.path().join("key.pem").display().to_string();
    run(&place, &format!("evidence keygen {key}"), Exit::Clean);
    run(&place, &format!("evidence keygen {key}"), Exit::Usage).complains("exists");
    run(&place, &format!("record --key {key}"), Exit::Usage)
        .complains("there is no log here yet")
        .complains("countersign evidence trust init");
    run(&place, "evidence verify", Exit::Clean).says("there is no log in");
    run(&place, "evidence verify --store s4://x", Exit::Usage).complains("did you mean `s3:");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        run(&place, &format!("evidence trust init --origin a.example --key {key}"), Exit::Usage).complains("chmod 600");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }
    run(&place, &format!("evidence trust init --origin a.example --key {key}"), Exit::Clean);
    run(&place, &format!("evidence trust init --origin a.example --key {key}"), Exit::Usage).complains("already");
    place.write(&[BILLS]).commit("One");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    // A clock that was put back.
    place.write(&[("notes.txt", "two\n")]).commit("Two");
    countersign(&format!("record --key {key}"), place.path())
        .at(NOW - 86_400)
        .run()
        .exits(Exit::Usage)
        .complains("set this machine's clock");
}

/// That a change could not be judged is evidence like any other, and comes out the same again.
#[test]
fn what_cannot_be_judged_is_recorded_too() {
    let (place, _keys, key) = begun();
    place.branch("broken", "main").write(&[("countersign.yaml", "version: 1\nno_such_key: true\n")]).commit("Break");
    run(&place, "check", Exit::Usage).complains("no_such_key");
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --message Merge broken");
    // It landed under the rules before it; what comes next has none.
    run(&place, &format!("record --key {key}"), Exit::Clean);
    place.write(&[("notes.txt", "more\n")]).commit("More");
    run(&place, &format!("record --key {key}"), Exit::Clean).says(": error");
    run(&place, "evidence list --verdict error --format json", Exit::Clean)
        .says("\"what\": \"gate\"")
        .says("\"record\"");
    run(&place, "evidence verify", Exit::Clean).says("it verifies");
    run(&place, "evidence reperform --all", Exit::Clean).says("the same").says("error, ");
}

#[test]
fn external_evidence_is_attached_by_digest_and_others_sign_beside() {
    let (place, keys, key) = begun();
    place.write(&[BILLS]).commit("One");
    run(&place, &format!("record --key {key}"), Exit::Clean);
    let list = run(&place, "evidence list --format json --verdict pass", Exit::Clean).json();
    let id = list["records"][0]["record"].as_str().unwrap().to_owned();
    let export = keys.path().join("tickets.csv");
    fs::write(&export, "id,state\nCHG-1,approved\n").unwrap();
    let attach = format!(
        "evidence attach {} --source tickets.example --query changes-of-the-quarter --parameter quarter=2026Q4 \
         --run-by person:nora.lind --run-at 2026-11-20T09:00:00Z --rows 1 --record {id}",
        export.display()
    );
    run(&place, &attach, Exit::Clean).says("nobody signed it");
    run(&place, &format!("{attach} --key {key} --keep"), Exit::Clean).says("attached");
    let listed = run(&place, "evidence list --format json", Exit::Clean).json();
    let records = listed["records"].as_array().unwrap();
    let attached = records.iter().find(|own| own["record"] != id.as_str()).unwrap()["record"].as_str().unwrap();
    run(&place, &format!("evidence reperform {attached}"), Exit::Usage)
        .complains("is of no evaluation")
        .complains(&format!("countersign evidence show {attached}"));
    run(&place, &attach.replace("person:nora.lind", "nora"), Exit::Usage).complains("write it as `person:ID`");
    run(&place, &attach.replace("2026-11-20T09:00:00Z", "yesterday"), Exit::Usage).complains("is not an instant");
    let auditor = keys.path().join("auditor.pem").display().to_string();
    run(&place, &format!("evidence keygen {auditor} --algorithm ed25519"), Exit::Clean);
    run(&place, &format!("evidence sign {id} --key {auditor}"), Exit::Clean).says("sigstore.json");
    run(&place, "evidence verify", Exit::Clean)
        .says("1 statements about external evidence")
        .says("1 signatures of others")
        .says("1 records are kept beside the log");
    run(&place, "evidence list", Exit::Clean).says("attached: tickets.csv");
    // What is kept can be damaged, and what others signed can be swapped.
    let store = evidence(&place);
    let bundle = glob::glob(&format!("{}/records/*/*.sigstore.json", store.display()))
        .unwrap()
        .map(Result::unwrap)
        .find(|path| {
            path.to_string_lossy().contains(&id[2..]) && {
                let public = fs::read_to_string(format!("{auditor}.pub")).unwrap();
                let fingerprint = countersign::keys::PublicKey::from_pem(&public).unwrap().fingerprint().to_string();
                path.to_string_lossy().contains(&fingerprint[..16])
            }
        })
        .unwrap();
    let other = glob::glob(&format!("{}/records/*/*.sigstore.json", store.display()))
        .unwrap()
        .map(Result::unwrap)
        .find(|path| !path.to_string_lossy().contains(&id[2..]))
        .unwrap();
    fs::write(&bundle, fs::read(other).unwrap()).unwrap();
    run(&place, "evidence verify", Exit::EvidenceInvalid).says("is over another payload");
}
