//! A change that edits the rules is judged by the target's; what its own would do is said.

use countersign::cli::Exit;
use serde_json::Value;

use super::places::scratch;
use super::runner::{Ran, countersign};
use super::world::{BILLS, CONFIG, CONFLICT, PAYMENTS, repository};

const POLICY: &str = "# METADATA\n# title: a person holds too many duties\n# custom:\n#   id: HOUSE-001\n#   severity: \
                      high\n#   scope: principal\n#   input: principal/v1\n#   when: duties\n#   remediation: Take some \
                      away.\npackage house.many\n\nimport rego.v1\n\nfinding contains {\"message\": sprintf(\"%s holds \
                      %d duties\", [input.name, count(input.duties)])} if {\n\tcount(input.duties) > 1\n}\n";
const PATH: &str = ".countersign/policies/many.rego";

fn effects(report: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let effects = report["rules_change"]["effects"].as_array().cloned().unwrap_or_default();
    effects
        .iter()
        .map(|effect| (text(&effect["weight"]), text(&effect["kind"]), effect["concerns_author"] == true))
        .collect()
}

fn effect(weight: &str, kind: &str, author: bool) -> (String, String, bool) {
    (weight.to_owned(), kind.to_owned(), author)
}

/// Judges a branch that writes some files, made by Mira, against a main branch that holds the conflict and the policy.
fn judge(files: &[(&str, &str)], line: &str) -> Ran {
    let place = repository(&[BILLS, PAYMENTS, (PATH, POLICY)]);
    place.branch("change", "main").write(files).git("add --all");
    place.git("-c user.name=Mira -c user.email=Mira.Vale@Example.com commit --quiet -m Change");
    countersign(&format!("check --base main --head change {line}"), place.path()).with_its_binary().run()
}

#[test]
fn a_policy_that_is_written_otherwise_and_says_the_same_raises_nothing() {
    let same =
        POLICY.replace("\tcount(input.duties) > 1\n", "\thas_many\n") + "\nhas_many if 2 <= count(input.duties)\n";
    judge(&[(PATH, &same)], "").exits(Exit::Clean).says("HOUSE-001 is rewritten; no difference in");
    let report = judge(&[(PATH, &same)], "--output json").json();
    assert_eq!(effects(&report), []);
    assert!(report["rules_change"]["cases"].as_u64().unwrap() > 200, "{}", report["rules_change"]);
    assert!(report["rules_change"].get("flips").is_none());
}

#[test]
fn a_policy_that_leaves_its_author_out_is_weaker_and_concerns_the_author() {
    let weaker = POLICY.replace("\tcount(", "\tinput.id != \"person:mira.vale\"\n\tcount(");
    let ran = judge(&[(PATH, &weaker)], "");
    ran.exits(Exit::Clean)
        .says("rules this change brings (1 weakens); those of main judged it:")
        .says("the policy HOUSE-001 would no longer find person:mira.vale (concerns an author of this change)")
        .says("under them 1 finding would vanish; 1 concerns an author of this change");
    let report = judge(&[(PATH, &weaker)], "--output json").json();
    assert_eq!(effects(&report), [effect("weakens", "policy_finds_less", true)]);
    assert_eq!(report["rules_change"]["flips"][0]["kind"], "vanishes");
    assert_eq!(report["rules_change"]["flips"][0]["subject"], "person:mira.vale");
}

#[test]
fn a_policy_that_names_somebody_who_is_not_there_yet_is_weaker_all_the_same() {
    let weaker = POLICY.replace("\tcount(", "\tinput.id != \"person:new.comer\"\n\tcount(");
    let report = judge(&[(PATH, &weaker)], "--output json").json();
    assert_eq!(effects(&report), [effect("weakens", "policy_finds_less", false)]);
    assert!(report["rules_change"]["effects"][0]["witness"].as_str().unwrap().contains("person:new.comer"));
}

#[test]
fn a_policy_that_crashes_its_process_is_not_evaluated_and_the_run_goes_on() {
    for (body, why) in [
        ("finding contains {\"message\": \"x\"} if count(numbers.range(0, 2000000000)) == 1\n", "ended early"),
        ("finding contains := if\n", "not Rego"),
        ("finding contains {\"message\": \"x\"} if time.now_ns() == 1\n", "time.now_ns"),
    ] {
        let (head, _) = POLICY.split_once("finding contains").unwrap();
        let report = judge(&[(PATH, &format!("{head}{body}"))], "--output json").exits(Exit::Clean).json();
        assert_eq!(effects(&report), [effect("weakens", "policy_not_evaluated", true)], "{body}");
        let text = report["rules_change"]["effects"][0]["text"].as_str().unwrap();
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn without_a_binary_a_policy_of_the_change_is_not_evaluated() {
    let place = repository(&[(PATH, POLICY)]);
    place.branch("change", "main").write(&[(PATH, &POLICY.replace("> 1", "> 2"))]).commit("Change");
    countersign("check --base main --head change", place.path())
        .run()
        .exits(Exit::Clean)
        .says("the policy HOUSE-001 could not be evaluated: there is no binary at hand");
}

#[test]
fn rules_that_do_not_load_are_said_and_the_targets_judge() {
    let place = repository(&[BILLS]);
    place.branch("change", "main").write(&[PAYMENTS, ("countersign.yaml", "version: 2\n")]).commit("Change");
    let ran = countersign("check --base main --head change --output json", place.path()).with_its_binary().run();
    let report = ran.exits(Exit::Blocked).json();
    assert_eq!(super::runner::findings(&report), ["introduced CS-GATE-001 repository", CONFLICT]);
    assert_eq!(effects(&report), [effect("weakens", "rules_do_not_load", false)]);
}

#[test]
fn a_branch_that_is_behind_the_target_brings_no_rules() {
    let place = repository(&[(PATH, POLICY)]);
    place.branch("change", "main").write(&[("notes.txt", "one\n")]).commit("Note");
    place.git("checkout --quiet main");
    let config = format!("{CONFIG}enforcement: {{policies: {{CS-SOD-001: warn}}}}\n");
    place.write(&[("countersign.yaml", &config), (PATH, &POLICY.replace("> 1", "> 2"))]).commit("Other rules");
    place.git("checkout --quiet change");
    for line in ["--base main", "--base main --head change"] {
        let ran = countersign(&format!("check {line} --output json"), place.path()).with_its_binary().run();
        let report = ran.exits(Exit::Clean).json();
        assert!(report.get("rules_differ").is_none() && report.get("rules_change").is_none(), "{line}");
    }
}

#[test]
fn records_alone_are_no_rules_but_have_to_prove_themselves() {
    let place = repository(&[super::world::ADMIN]);
    place.branch("change", "main").write(&[super::world::APPROVAL]).commit("Approve");
    let ran = countersign("check --base main --head change --output json", place.path()).with_its_binary().run();
    let report = ran.json();
    assert_eq!(report["rules_differ"][0], super::world::APPROVAL.0);
    assert_eq!(effects(&report), [effect("weakens", "record_does_not_count", false)]);
    assert!(report["rules_change"].get("flips").is_none());
}

#[test]
fn evidence_that_would_be_kept_for_less_or_would_name_people_is_weaker() {
    let judge = |before: &str, after: &str| {
        let config = |evidence: &str| format!("{CONFIG}evidence: {evidence}\n");
        let place = repository(&[("countersign.yaml", &config(before))]);
        place.branch("change", "main").write(&[("countersign.yaml", &config(after))]).commit("Change");
        let keys = scratch();
        let table = keys.path().join("table.json").display().to_string();
        countersign(&format!("evidence pseudonyms new {table}"), place.path()).run().exits(Exit::Clean);
        let line = format!("check --base main --head change --output json --pseudonyms {table}");
        effects(&countersign(&line, place.path()).with_its_binary().run().json())
    };
    assert_eq!(
        judge("{retention: {pass: 7 years, error: 10 years}}", "{retention: {pass: 84 months, error: 9 years}}"),
        [effect("weakens", "retention_shortened", false)]
    );
    assert_eq!(judge("{}", "{retention: {blocked: forever}}"), [effect("tightens", "retention_lengthened", false)]);
    assert_eq!(judge("{retention: {blocked: forever}}", "{}"), [effect("weakens", "retention_shortened", false)]);
    assert_eq!(judge("{pseudonyms: true}", "{}"), [effect("weakens", "pseudonyms_dropped", false)]);
    assert_eq!(judge("{}", "{pseudonyms: true}"), [effect("tightens", "pseudonyms_added", false)]);
}
