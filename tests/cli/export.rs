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
