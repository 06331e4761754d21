//! `graph`: who reaches what by which way, as a picture.

use std::path::Path;

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::{Ran, check, countersign};
use super::world::{ADMIN, BILLS, PAYMENTS, folder};

fn draw(line: &str) -> Ran {
    let place = folder(&[BILLS, PAYMENTS, ADMIN]);
    countersign(&format!("graph {line}"), &place.path).run()
}

#[test]
fn a_principal_is_drawn_with_every_way_and_where_it_is_written() {
    draw("--principal mira.vale --format mermaid")
        .exits(Exit::Clean)
        .without_complaint()
        .says("flowchart LR")
        .says("[\"person<br/>mira.vale\"]")
        .says("account in ledger<br/>MVALE")
        .says("is granted on legal entity DE01<br/>grants/payments.yaml:3")
        .says("permits Pay Bills")
        .says("PAY execute supplier payments");
    let ran = draw("--principal sam.reed --format dot").exits(Exit::Clean);
    assert_eq!(ran.stdout.matches("privileged duty in kubernetes:blue").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_duty_is_drawn_with_everybody_who_holds_it() {
    draw("--duty PAY --format svg").exits(Exit::Clean).says("person mira.vale").says("one principal holds PAY");
    draw("--duty get:core/secrets --format mermaid").exits(Exit::Clean).says("sam.reed");
    draw("--duty AP-NOBODY --format html").exits(Exit::Clean).says("nobody declared here holds AP-NOBODY");
}

#[test]
fn the_legs_of_a_conflict_stand_in_lanes_of_their_own() {
    let place = folder(&[BILLS, PAYMENTS]);
    let report = check("--no-record --output json", &place.path).json();
    let found = report["findings"].as_array().unwrap().iter().find(|own| own["policy"] == "CS-SOD-001").unwrap();
    let fingerprint = found["fingerprint"].as_str().unwrap();
    for name in [fingerprint, &fingerprint[..10]] {
        let line = format!("graph --finding {name} --format dot");
        let ran = countersign(&line, &place.path).run().exits(Exit::Clean).without_complaint();
        assert_eq!(ran.stdout.matches("subgraph cluster_").count(), 2, "{}", ran.stdout);
        ran.says("CS-SOD-001 person:mira.vale").says("PAY: execute supplier payments");
    }
    for format in ["svg", "html"] {
        let ran = countersign(&format!("graph --finding {fingerprint} --format {format}"), &place.path).run();
        assert_eq!(ran.exits(Exit::Clean).stdout.matches("<g id=\"cs-lane-").count(), 2);
    }
    countersign("graph --finding 00000000 --format dot", &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("there is no finding `00000000`");
    countersign("graph --finding xyz --format dot", &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("is no fingerprint");
}

#[test]
fn what_is_asked_must_be_one_thing() {
    draw("--format svg").exits(Exit::Usage).complains("--principal");
    draw("--principal mira.vale --duty PAY --format svg").exits(Exit::Usage);
    draw("--principal mira.val --format svg").exits(Exit::Usage).complains("did you mean `mira.vale`?");
}

#[test]
fn the_example_company_is_drawn_alike_every_time() {
    let place = Folder::copy_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme/head"));
    let draw = |format: &str| {
        let line = format!("graph --principal alice.ng --format {format} --as-of 2026-11-21T00:00:00Z");
        countersign(&line, &place.path).run().exits(Exit::Clean).stdout
    };
    assert_eq!(draw("svg"), draw("svg"));
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("graph_of_the_example_company", draw("mermaid"));
    });
}
