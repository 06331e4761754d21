//! An approval of changed rules is of all that the new rules consist of, and the command that writes one knows it.

use countersign::cli::Exit;

use super::places::Repository;
use super::records::{AUTHORITY, OLGA_KEY, company, sign};
use super::runner::{Ran, check, countersign};

const RULESET: &str = "\
apiVersion: countersign.dev/v1
kind: Ruleset
metadata: {id: house, version: \"1\", title: House}
override: {conflicts: {P2P-01: {severity: low}}}
";

/// A change whose configuration names a ruleset that the target's does not.
fn named_anew() -> Repository {
    let place = company();
    let config = AUTHORITY.replace("rulesets: [", "rulesets: [{path: rules/house.yaml}, ");
    place.branch("change", "main").write(&[("countersign.yaml", &config), ("rules/house.yaml", RULESET)]);
    place.commit("A ruleset of our own");
    place
}

fn judge(place: &Repository) -> Ran {
    check("--base main --head change", place.path())
}

#[test]
fn a_ruleset_that_the_change_names_anew_is_part_of_what_is_approved() {
    let place = named_anew();
    let report = check("--base main --head change --output json", place.path()).exits(Exit::Blocked).json();
    let digest = report["rules_change"]["digest"].as_str().unwrap().to_owned();
    let record = format!(
        "apiVersion: countersign.dev/v1\nkind: Approval\nmetadata: {{id: rules}}\nspec:\n  policy: CS-GATE-001\n  \
         subject: repository\n  rules: {digest}\n  approver: person:olga.brandt\n  reason: agreed\n  not_before: \
         2026-11-21\n  expires: 2026-12-31\n"
    );
    place.write(&[(".countersign/approvals/rules.yaml", &record)]);
    sign(&place, "approval sign rules", OLGA_KEY);
    place.commit("Approve");
    judge(&place).exits(Exit::Clean).says("person:olga.brandt approved these rules");
    // What she approved said nothing of this conflict.
    place.write(&[("rules/house.yaml", &RULESET.replace("P2P-01", "P2P-13"))]).commit("Another conflict");
    judge(&place).exits(Exit::Blocked).says("the approval rules is of other rules");
}

fn approve(place: &Repository) {
    countersign("approval new --rules --approver person:olga.brandt --reason agreed --id rules", place.path())
        .run()
        .exits(Exit::Clean);
    sign(place, "approval sign rules", OLGA_KEY);
    place.commit("Approve");
}

#[test]
fn the_command_approves_rules_that_name_further_files() {
    let place = named_anew();
    approve(&place);
    judge(&place).exits(Exit::Clean).says("person:olga.brandt approved these rules");
}

#[test]
fn the_command_approves_a_workflow_that_no_longer_speaks_of_the_gate() {
    let place = company();
    let workflow = ".github/workflows/gate.yaml";
    place.git("checkout --quiet main");
    place.write(&[(workflow, "jobs: {check: {steps: [{run: countersign check}]}}\n")]).commit("Gate");
    place.branch("change", "main").write(&[(workflow, "jobs: {check: {steps: [{run: make check}]}}\n")]);
    place.commit("By way of make");
    judge(&place).exits(Exit::Blocked).says("which decides whether and by whom the gate is run, changes");
    approve(&place);
    judge(&place).exits(Exit::Clean).says("person:olga.brandt approved these rules");
}
