//! `evidence export`: a folder from which other engines derive the verdict again.

use std::path::Path;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, contents};
use super::runner::countersign;
use super::world::{BILLS, PAYMENTS, folder, repository};

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn instant(folder: &Path) -> i64 {
    let data: Value = serde_json::from_str(&text(folder, "data.json")).unwrap();
    data["countersign"]["as_of"].as_i64().unwrap()
}

#[test]
fn a_change_is_exported_as_it_is_judged() {
    let place = repository(&[BILLS]);
    place.branch("change", "main").write(&[PAYMENTS]).commit("payments");
    let out = Folder::new();
    let line = format!("evidence export --opa {} --base main", out.path.join("opa").display());
    countersign(&line, place.path()).run().exits(Exit::Clean).without_complaint().says("README.md says how");
    let opa = out.path.join("opa");
    assert!(text(&opa, "expected.json").contains("CS-SOD-001"));
    assert_eq!(instant(&opa), super::runner::NOW);
    assert!(text(&opa, "README.md").contains("Not in here: parsing"));
    assert!(text(&opa, "README.md").lines().count() <= 10);
    assert_eq!(place.git("status --porcelain"), "", "nothing is written beside the folder");
    // The same at another instant, and of a revision.
    let line = format!("evidence export --opa {} --head main", out.path.join("main").display());
    countersign(&format!("{line} --as-of 2027-01-01T00:00:00Z"), place.path()).run().exits(Exit::Clean);
    let main = out.path.join("main");
    assert_eq!(instant(&main), 1_798_761_600);
    assert!(!text(&main, "expected.json").contains("CS-SOD-001"));
}

#[test]
fn a_folder_that_is_in_use_is_refused() {
    let place = folder(&[BILLS]);
    let ran = countersign("evidence export --opa .", &place.path).run().exits(Exit::Usage);
    ran.complains("is not empty").complains("name a folder that is not there yet");
    countersign("evidence export --opa out --path nowhere", &place.path).run().exits(Exit::Usage);
    assert!(!place.path.join("out").exists(), "nothing is left of what failed");
}

#[test]
fn the_example_company_is_exported() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let out = Folder::new();
    let into = |name: &str| out.path.join(name).display().to_string();
    for name in ["one", "two"] {
        let line = format!("evidence export --opa {} --path head --base base", into(name));
        countersign(&line, &root).run().exits(Exit::Clean).says("26 of 26 principals");
    }
    assert_eq!(contents(&out.path.join("one")), contents(&out.path.join("two")));
    countersign("evidence export", &root).run().exits(Exit::Usage).complains("--opa <DIR>");
}

/// What is exported of a record follows from the evidence alone, and is what its tree gives.
#[test]
fn a_record_is_exported_as_it_was_judged() {
    let place = folder(&[BILLS, PAYMENTS]);
    countersign("check", &place.path).run().exits(Exit::Blocked);
    let list = countersign("evidence list --format json", &place.path).run().json();
    let id = list["records"][0]["record"].as_str().unwrap().to_owned();
    let out = Folder::new();
    let tree = format!("evidence export --opa {}", out.path.join("tree").display());
    countersign(&tree, &place.path).run().exits(Exit::Clean);
    let evidence = place.path.join(".countersign/evidence");
    let opa = out.path.join("record").display().to_string();
    let line = format!("evidence export --opa {opa} --record {id} --store dir:{}", evidence.display());
    let elsewhere = Folder::new();
    countersign(&line, &elsewhere.path).run().exits(Exit::Clean).says("findings of policies");
    assert_eq!(contents(&out.path.join("record")), contents(&out.path.join("tree")));
    assert!(contents(&out.path.join("record")).contains_key("check.py"));
    countersign(&line.replace(&id, "ffff"), &elsewhere.path).run().exits(Exit::Usage).complains("there is no record");
    let both = line.replace("--record", "--base main --record");
    countersign(&both, &elsewhere.path).run().exits(Exit::Usage).complains("cannot be used with");
}
