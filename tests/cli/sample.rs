//! `sample`: what an auditor's seed selects.

use countersign::cli::Exit;
use countersign::history::{Frame, Item, Offset, Period, Population, PopulationKind};
use serde_json::Value;

use super::places::{Folder, contents};
use super::runner::{Ran, countersign};

fn population(kind: PopulationKind, count: u64) -> Population {
    let period = Period::parse("2026Q4", Offset::UTC).unwrap();
    let from = period.from;
    let items = (0..count).map(|n| Item::new(format!("c0ffee{n:03}"), from + n as i64 * 3_600, &format!("Change {n}")));
    let frame = Frame {
        kind,
        period,
        repository: "github.com/acme/access".to_owned(),
        branch: "main".to_owned(),
        tip: "c0ffee000".to_owned(),
    };
    Population::freeze(frame, items.collect()).unwrap()
}

/// A folder with 250 merges.
fn place() -> Folder {
    Folder::with(&[("q4.json", &population(PopulationKind::Merges, 250).to_json().unwrap())])
}

fn sample(place: &Folder, line: &str) -> Ran {
    countersign(&format!("sample --population q4.json {line}"), &place.path).run()
}

fn ids(ran: &Ran) -> Vec<String> {
    ran.json()["items"].as_array().unwrap().iter().map(|own| own["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn it_says_what_was_selected_how_and_what_that_means() {
    let place = place();
    let before = contents(&place.path);
    let root = population(PopulationKind::Merges, 250).root();
    let ran = sample(&place, "--n 25 --seed 4146235").exits(Exit::Clean).without_complaint();
    let ran = ran
        .says("selected 25 of 250 merges in 2026Q4 on main of github.com/acme/access")
        .says(&format!("root {root}"))
        .says("seed 4146235")
        .says("algorithm the items with the lowest SHA-256(root ||")
        .says("for information: whoever audits sets the size")
        .says("0 90 % 8.80 % 20 of 250")
        .says("1 90 % 14.69 %")
        .says("2 95 % ")
        .says("to say without an exception that less than 5.00 % deviates: 40 at 90 %, 51 at 95 %")
        .says("add `--output FILE`");
    let first = ids(&sample(&place, "--n 1 --seed 4146235 --format json")).remove(0);
    let ran = ran.says(&format!("next: countersign evidence list --commit {first}"));
    assert_eq!(ran.stdout.lines().filter(|line| line.contains(" Change ")).count(), 25);
    assert_eq!(contents(&place.path), before, "nothing is written that was not asked for");
}

#[test]
fn every_format_has_the_same_items_and_the_record_follows_its_schema() {
    let place = place();
    let json = sample(&place, "--n 25 --seed 4146235 --format json").exits(Exit::Clean);
    let schema = countersign("schema sample", &place.path).run().exits(Exit::Clean).json();
    assert!(jsonschema::is_valid(&schema, &json.json()), "{}", json.stdout);
    let csv = sample(&place, "--n 25 --seed 4146235 --format csv").exits(Exit::Clean);
    let rows: Vec<Vec<&str>> = csv.stdout.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["rank", "digest", "id", "at", "what"]);
    let report = json.json();
    let told = |own: &Value, key: &str| own[key].as_str().unwrap().to_owned();
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), rows.len() - 1);
    for (own, row) in items.iter().zip(&rows[1..]) {
        assert_eq!([told(own, "digest"), told(own, "id"), told(own, "at"), told(own, "what")], row[1..]);
    }
}

#[test]
fn a_larger_sample_has_all_of_a_smaller_one_and_the_largest_has_all() {
    let place = place();
    let of = |n: u32, seed: &str| {
        let ran = sample(&place, &format!("--n {n} --seed {seed} --format json"));
        ids(&ran.exits(Exit::Clean))
    };
    let (small, large) = (of(25, "4146235"), of(40, "4146235"));
    assert_eq!((small.len(), large.len()), (25, 40));
    assert_eq!(small, large[..25]);
    assert_ne!(small, of(25, "4146236"));
    assert_eq!(of(9_999, "4146235").len(), 250);
    sample(&place, "--n 9999 --seed 4146235").says("selected 250 of 250 merges").says("0 95 % 1.20 % 0 of 250");
}

#[test]
fn the_record_is_written_once_and_is_always_the_same() {
    let place = place();
    let ran = sample(&place, "--n 25 --seed 4146235 --output kept/sample.json").exits(Exit::Clean);
    ran.says("wrote kept/sample.json");
    let kept = std::fs::read_to_string(place.path.join("kept/sample.json")).unwrap();
    assert_eq!(kept, sample(&place, "--n 25 --seed 4146235 --format json").stdout);
    let file = std::fs::read(place.path.join("q4.json")).unwrap();
    let said: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(said["population"]["file"], countersign::store::Digest::of(&file).to_string());
    let again = sample(&place, "--n 30 --seed 4146235 --output kept/sample.json").exits(Exit::Usage);
    let again = again.complains("kept/sample.json is there already").complains("--output");
    assert_eq!(again.stdout, "");
    assert_eq!(std::fs::read_to_string(place.path.join("kept/sample.json")).unwrap(), kept);
}

#[test]
fn evaluations_are_shown_by_their_records() {
    let place = Folder::with(&[("q4.json", &population(PopulationKind::Evaluations, 3).to_json().unwrap())]);
    let first = ids(&sample(&place, "--n 1 --seed 7 --format json")).remove(0);
    sample(&place, "--n 2 --seed 7")
        .says("selected 2 of 3 evaluations")
        .says(&format!("next: countersign evidence show {first}"));
}

#[test]
fn nothing_is_drawn_from_nothing() {
    let place = Folder::with(&[("q4.json", &population(PopulationKind::Merges, 0).to_json().unwrap())]);
    sample(&place, "--n 25 --seed 7").exits(Exit::Clean).without_complaint().says("selected 0 of 0 merges");
}

#[test]
fn wrong_usage_says_what_to_do() {
    let place = place();
    let empty = countersign("sample --population q4.json --n 25", &place.path).with(["--seed", ""]).run();
    empty.exits(Exit::Usage).complains("the seed is empty").complains("countersign sample --seed");
    let spaces = countersign("sample --population q4.json --n 25", &place.path).with(["--seed", "4 "]).run();
    spaces.exits(Exit::Usage).complains("spaces at an end");
    sample(&place, "--n 0 --seed 7").exits(Exit::Usage).complains("at least 1 item").complains("--n 25");
    sample(&place, "--n -1 --seed 7").exits(Exit::Usage);
    sample(&place, "--n 25").exits(Exit::Usage).complains("--seed");
    let none = countersign("sample --population none.json --n 1 --seed 7", &place.path).run();
    none.exits(Exit::Usage).complains("none.json cannot be read").complains("--population FILE");
}

#[test]
fn a_population_that_was_changed_does_not_verify() {
    let text = population(PopulationKind::Merges, 250).to_json().unwrap();
    let without = {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value["items"].as_array_mut().unwrap().remove(17);
        value.to_string()
    };
    for (what, changed) in [
        ("its root is said to be", text.replace("Change 17\"", "Change 18\"")),
        ("its root is said to be", text.replace("c0ffee249", "c0ffee250")),
        ("c0ffee016 is in the population twice", text.replace("c0ffee017", "c0ffee016")),
        ("250 items, and has 249", without.clone()),
        ("its root is said to be", without.replace("\"count\":250", "\"count\":249")),
    ] {
        assert_ne!(changed, text);
        refused(&Folder::with(&[("q4.json", &changed)]), what);
    }
}

#[test]
fn a_population_with_another_root_than_the_published_one_does_not_verify() {
    let (place, root) = (place(), population(PopulationKind::Merges, 250).root());
    let ran = sample(&place, &format!("--n 25 --seed 7 --frozen-root {root}")).exits(Exit::Clean);
    ran.says("the root is the one that was published");
    sample(&place, "--n 25 --seed 7").says("compare the root with the one that was published, or");
    let other = population(PopulationKind::Merges, 249).root();
    let ran = sample(&place, &format!("--n 25 --seed 7 --output sample.json --frozen-root {other}"));
    let ran = ran.exits(Exit::EvidenceInvalid).complains(&format!("its root is {root}, not {other}"));
    assert_eq!(ran.stdout, "");
    assert!(!place.path.join("sample.json").exists());
    sample(&place, "--n 25 --seed 7 --frozen-root b7b3").exits(Exit::Usage).complains("64 hexadecimal digits");
}

fn refused(place: &Folder, what: &str) {
    let ran = sample(place, "--n 25 --seed 7 --output sample.json").exits(Exit::EvidenceInvalid);
    let ran = ran.complains("q4.json: ").complains(what).complains("sha256sum");
    assert_eq!(ran.stdout, "");
    assert!(!place.path.join("sample.json").exists());
}

#[test]
fn what_is_cut_off_or_newer_or_something_else_is_no_population() {
    let text = population(PopulationKind::Merges, 250).to_json().unwrap();
    for (what, wrong) in [
        ("the population is cut off", text[..text.len() / 2].to_owned()),
        ("the population is cut off", String::new()),
        ("is not a version of populations", text.replace("population/v1", "population/v2")),
        ("is not a frozen population", "{\"schema\": \"countersign.dev/sample/v1\"}".to_owned()),
        ("this is not a frozen population", "rank,digest\n".to_owned()),
    ] {
        let place = Folder::with(&[("q4.json", &wrong)]);
        let ran = sample(&place, "--n 25 --seed 7").exits(Exit::Usage).complains("q4.json: ").complains(what);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn instants_outside_of_the_period_are_told() {
    let text = population(PopulationKind::Merges, 3);
    let mut items = text.items().to_vec();
    items.push(Item::new("old", 0, "Backdated"));
    let population = Population::freeze(text.frame().clone(), items).unwrap();
    let place = Folder::with(&[("q4.json", &population.to_json().unwrap())]);
    sample(&place, "--n 2 --seed 7").exits(Exit::Clean).says("1 item of the population has an instant outside");
}
