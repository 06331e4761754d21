//! Plans of Terraform, compared with the state before them.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::places::scratch;
use super::runner::{check, countersign, findings};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn attachment(name: &str) -> Value {
    json!({"user": name, "policy_arn": ADMIN})
}

/// A plan of two users, of which one has had everything before and the other is to get it.
fn plan() -> Value {
    let (users, attachments) = ("aws_iam_user", "aws_iam_user_policy_attachment");
    let resource = |kind: &str, name: &str, values: Value| {
        let address = format!("{kind}.{name}");
        json!({"address": address, "mode": "managed", "type": kind, "name": name, "values": values, "sensitive_values": {}})
    };
    let change = |kind: &str, name: &str, action: &str, before: Value, after: Value| {
        json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "change": {"actions": [action], "before": before, "after": after, "after_unknown": {}}})
    };
    let (ann, ben) = (json!({"name": "ann"}), json!({"name": "ben"}));
    json!({
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [
            change(users, "ann", "no-op", ann.clone(), ann.clone()),
            change(users, "ben", "no-op", ben.clone(), ben.clone()),
            change(attachments, "ann", "no-op", attachment("ann"), attachment("ann")),
            change(attachments, "ben", "create", Value::Null, attachment("ben")),
        ],
        "prior_state": {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [
            resource(users, "ann", ann),
            resource(users, "ben", ben),
            resource(attachments, "ann", attachment("ann")),
        ]}}},
        "configuration": {"root_module": {}},
    })
}

fn place(plan: &Value) -> TempDir {
    let place = scratch();
    fs::write(place.path().join("plan.json"), plan.to_string()).unwrap();
    place
}

fn introduced(path: &Path) -> Vec<String> {
    let report = check(". --plans --no-record --output json", path).json();
    findings(&report).into_iter().filter(|line| line.contains("introduced")).collect()
}

#[test]
fn a_plan_is_compared_with_the_state_before_it() {
    let place = place(&plan());
    let found = introduced(place.path());
    assert!(!found.is_empty() && found.iter().all(|line| line.contains("user/ben")), "{found:#?}");
    let all = check(". --no-record --output json", place.path()).json();
    let all = findings(&all);
    assert!(all.iter().any(|line| line.contains("user/ann") && line.contains("introduced")), "{all:#?}");
    check(". --plans --no-record", place.path()).exits(Exit::Blocked).says("compared with the state before its plan");
}

#[test]
fn the_files_beside_a_plan_say_where_things_are_on_both_sides() {
    let place = place(&plan());
    let block = |name: &str| {
        format!(
            "resource \"aws_iam_user\" \"{name}\" {{\n  name = \"{name}\"\n}}\nresource \"aws_iam_user_policy_attachment\" \
             \"{name}\" {{\n  user       = \"{name}\"\n  policy_arn = \"{ADMIN}\"\n}}\n"
        )
    };
    fs::write(place.path().join("main.tf"), block("ann") + &block("ben")).unwrap();
    let found = introduced(place.path());
    assert!(!found.is_empty() && found.iter().all(|line| line.contains("user/ben")), "{found:#?}");
    check(". --plans --no-record", place.path()).says("main.tf:13");
}

#[test]
fn the_access_diff_of_a_plan_tells_what_it_would_do() {
    let place = place(&plan());
    let ran = countersign("diff --plans", place.path()).run().exits(Exit::Clean);
    let told = ran.says("the state before its plan → ").says("user/ben gains").stdout;
    assert!(!told.contains("user/ann"), "{told}");
    countersign("diff --plans --base main", place.path()).run().exits(Exit::Usage);
    fs::remove_file(place.path().join("plan.json")).unwrap();
    countersign("diff --plans", place.path()).run().exits(Exit::Usage).complains("has no plan of Terraform");
}

#[test]
fn what_was_judged_of_a_plan_can_be_judged_again() {
    let place = place(&plan());
    check(". --plans", place.path()).exits(Exit::Blocked);
    countersign("evidence reperform --all", place.path()).run().exits(Exit::Clean);
}

#[test]
fn without_a_plan_there_is_nothing_to_compare() {
    let place = scratch();
    fs::write(place.path().join("main.tf"), "").unwrap();
    check(". --plans", place.path())
        .exits(Exit::Usage)
        .complains("has no plan of Terraform")
        .complains("terraform show");
}
