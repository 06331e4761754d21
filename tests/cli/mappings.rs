//! Files of a house's own form: read as the target's mappings say.

use countersign::cli::Exit;

use super::places::Repository;
use super::records::{OLGA_KEY, company, sign};
use super::runner::{check, countersign, findings};
use super::world::{BILLS, folder};

pub(super) const MAPPING: (&str, &str) = (
    ".countersign/mappings/ledger.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Mapping
metadata: {id: ledger}
spec:
  files: [ledger.json]
  each:
    - in: file.access.*
      key: login
      as: roles
      each:
        - in: roles[]
          as: role
          emit:
            - kind: Grant
              spec: {system: ledger, to: 'account:ledger/{login}', role: '{role}', scope: {legal_entity: DE01}}
",
);

const LEDGER: (&str, &str) = ("ledger.json", "{\"access\": {\"MVALE\": [\"payer\"], \"TREED\": [\"clerk\"]}}\n");

/// A company whose ledger's file is there, perhaps with its mapping.
fn mapped(files: &[(&str, &str)]) -> Repository {
    let place = company();
    place.branch("target", "main").write(files).commit("What exists");
    place
}

#[test]
fn a_change_of_a_mapped_file_is_one_of_access() {
    let place = mapped(&[MAPPING, ("ledger.json", "{\"access\": {}}\n"), BILLS]);
    place.branch("change", "target").write(&[LEDGER]).commit("Pay");
    let ran = check("--base target --head change", place.path()).exits(Exit::Blocked);
    ran.says("CS-SOD-001").says("ledger.json:1:23");
    let report = check("--base target --head change --output json", place.path()).json();
    let found = report["findings"].as_array().unwrap().iter().find(|own| own["policy"] == "CS-SOD-001").unwrap();
    assert_eq!((&found["state"], &found["cause"]), (&"introduced".into(), &"access".into()));
}

#[test]
fn a_change_of_a_mapping_is_one_of_rules_and_what_it_brings_is_knowledge() {
    let place = mapped(&[LEDGER, BILLS]);
    countersign("adopt --owner person:olga.brandt", place.path()).run().exits(Exit::Clean);
    sign(&place, "adopt sign adoption", OLGA_KEY);
    place.commit("Register");
    place.branch("change", "target").write(&[MAPPING]).commit("Map");
    // Head is read under the target's mappings, of which there are none.
    let report = check("--base target --head change --output json", place.path()).json();
    assert!(!findings(&report).iter().any(|line| line.contains("CS-SOD-001")), "{report:#}");
    let kinds: Vec<&str> =
        report["rules_change"]["effects"].as_array().unwrap().iter().map(|own| own["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["mapped_to_more"]);
    assert_eq!(report["rules_change"]["flips"][0]["kind"], "appears");
    // What the mapping shows once it has landed, nobody's change brought.
    place.branch("next", "change").write(&[("notes.txt", "one\n")]).commit("Note");
    let report = check("--base change --head next --output json", place.path()).json();
    let found = report["findings"].as_array().unwrap().iter().find(|own| own["policy"] == "CS-SOD-001").unwrap();
    assert_eq!((&found["state"], &found["cause"]), (&"revealed".into(), &"knowledge".into()));
}

#[test]
fn a_mapping_that_matches_nothing_ends_the_run_until_it_is_mended() {
    let wrong = MAPPING.1.replace("file.access", "file.acess");
    let place = mapped(&[(MAPPING.0, &wrong), LEDGER]);
    place.branch("change", "target").write(&[("notes.txt", "one\n")]).commit("Note");
    for line in ["--base target --head change", "."] {
        check(line, place.path())
            .exits(Exit::Usage)
            .complains("the mapping `ledger` matches nothing: no row has `acess` of `file.acess.*`")
            .complains("did you mean `access`?")
            .complains(".countersign/mappings/ledger.yaml:7:11");
    }
    countersign("access", place.path()).run().exits(Exit::Usage).complains("did you mean `access`?");
    // The change that mends it is judged.
    place.branch("mended", "target").write(&[MAPPING]).commit("Mend");
    check("--base target --head mended", place.path()).exits(Exit::Blocked).says("files that are mapped would say");
    place.branch("removed", "target").git("rm --quiet -r .countersign/mappings");
    place.commit("Remove");
    check("--base target --head removed", place.path()).exits(Exit::Blocked).says("mappings are written otherwise");
}

#[test]
fn what_was_mapped_is_judged_again_from_the_evidence() {
    let more = MAPPING.1.replace("id: ledger", "id: more").replace("ledger.json", "ledger.toml");
    let place = folder(&[
        (MAPPING.0, MAPPING.1),
        (".countersign/mappings/more.yaml", &more),
        ("ledger.toml", "[access]\nMVALE = ['payer']\n"),
        ("ledger.json", "{\"access\": {}}\n"),
        ("access.sql", "CREATE USER app PASSWORD 'not-a-real-one';\nINSERT INTO people VALUES ('Mira');\n"),
        BILLS,
    ]);
    let ran = countersign("check", &place.path).run().exits(Exit::Blocked);
    ran.says("CS-SOD-001").says("ledger.toml:2").says("CS-CRED-001").says("PASSWORD 'xxx-x-xxxx-xxx'");
    countersign("evidence reperform --all", &place.path).run().exits(Exit::Clean).says("1 of 1 came out the same");
}
