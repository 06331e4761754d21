//! A plan with and without the files that it is made of.

use crate::facts::{Gap, Granted, Holder};
use crate::formats::trees::read;
use crate::formats::{LoweredUnit, Reading};

/// A plan of these changes, with what its configuration says.
fn plan(changes: &str, root: &str) -> String {
    format!(
        r#"{{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{changes}],
            "configuration": {{"root_module": {root}}}, "complete": true}}"#
    )
}

/// One change: its address, type and name, then what is there after it and what of that is not known.
fn change(address: &str, kind: &str, name: &str, after: &str, unknown: &str) -> String {
    format!(
        r#"{{"address": {address:?}, "mode": "managed", "type": "{kind}", "name": "{name}",
            "change": {{"actions": ["create"], "before": null, "after": {after}, "after_unknown": {unknown}}}}}"#
    )
}

fn only(reading: &Reading) -> &LoweredUnit {
    assert_eq!(reading.not_lowered, [], "no file is refused");
    let [unit] = &reading.units[..] else {
        panic!("{:?}", reading.units.iter().map(|unit| unit.format).collect::<Vec<_>>())
    };
    unit
}

const USER: &str = r#"{"name": "ann"}"#;

#[test]
fn the_files_beside_a_plan_are_read_with_it_and_say_where_things_are() {
    let plan = plan(&change("aws_iam_user.a", "aws_iam_user", "a", r#"{"name": "ann-7f3"}"#, "{}"), "{}");
    let main = "resource \"aws_iam_user\" \"a\" {\n  name = var.name\n}\nvariable \"name\" {}\n";
    let reading = read(&[("infra/main.tf", main), ("infra/plan.json", &plan)]);
    let unit = only(&reading);
    assert_eq!(unit.format, "terraform-plan");
    let [account] = &unit.facts.accounts[..] else { panic!("{:?}", unit.facts.accounts) };
    assert_eq!(&*account.id.name, "user/ann-7f3");
    assert_eq!(&*unit.files[account.origin.file as usize], "infra/main.tf");
    assert_eq!(unit.facts.unresolved, []);
}

#[test]
fn what_a_plan_does_not_know_is_read_from_the_files() {
    let document = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = aws_s3_bucket.b.arn }] })"#;
    let main = format!(
        "resource \"aws_iam_user\" \"a\" {{\n  name = \"ann\"\n}}\nresource \"aws_s3_bucket\" \"b\" {{}}\n\
         resource \"aws_iam_user_policy\" \"p\" {{\n  user   = aws_iam_user.a.name\n  policy = {document}\n}}\n"
    );
    let changes = [
        change("aws_iam_user.a", "aws_iam_user", "a", USER, "{}"),
        change("aws_s3_bucket.b", "aws_s3_bucket", "b", "{}", r#"{"arn": true, "bucket": true}"#),
        change("aws_iam_user_policy.p", "aws_iam_user_policy", "p", r#"{"user": "ann"}"#, r#"{"policy": true}"#),
    ];
    let root = r#"{"resources": [{"address": "aws_iam_user_policy.p", "type": "aws_iam_user_policy", "name": "p", "expressions":
        {"user": {"references": ["aws_iam_user.a.name", "aws_iam_user.a"]}, "policy": {"references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]}}}]}"#;
    let plan = plan(&changes.join(","), root);
    let with = read(&[("main.tf", &main), ("plan.json", &plan)]);
    let [grant] = &only(&with).facts.grants[..] else { panic!("one grant") };
    let Granted::Statements(statements) = &grant.what else { panic!("statements") };
    assert_eq!(&*statements[0].actions.list[0], "s3:GetObject");
    // By itself the plan has the grant, and says that it does not know what of.
    let alone = read(&[("plan.json", &plan)]);
    let facts = &only(&alone).facts;
    assert_eq!(facts.grants.len(), 1);
    assert!(facts.unresolved.iter().any(|own| own.consequence == "nothing of this document is evaluated"), "{facts:?}");
}

#[test]
fn an_attribute_that_is_not_known_yet_leads_to_its_resource() {
    let root = r#"{"resources": [{"address": "aws_iam_user.a", "type": "aws_iam_user", "name": "a", "expressions": {"name_prefix": {"constant_value": "x"}}}],
        "module_calls": {"m": {"expressions": {"who": {"references": ["aws_iam_user.a[0].name", "aws_iam_user.a[0]"]}},
          "module": {"variables": {"who": {}}, "resources": [
            {"address": "aws_iam_user_policy_attachment.p", "type": "aws_iam_user_policy_attachment", "name": "p",
             "expressions": {"user": {"references": ["var.who"]}, "policy_arn": {"constant_value": "x"}}}]}}}}"#;
    let changes = [
        change("aws_iam_user.a[0]", "aws_iam_user", "a", "{}", r#"{"name": true}"#),
        change(
            "module.m[\"k\"].aws_iam_user_policy_attachment.p",
            "aws_iam_user_policy_attachment",
            "p",
            r#"{"policy_arn": "arn:aws:iam::aws:policy/IAMFullAccess"}"#,
            r#"{"user": true}"#,
        ),
    ];
    let reading = read(&[("roots/a/plan.json", &plan(&changes.join(","), root))]);
    let facts = &only(&reading).facts;
    let Holder::Account(holder) = &facts.grants[0].to else { panic!("an account") };
    assert_eq!(*holder, facts.accounts[0].id);
    assert_eq!(&*holder.name, "user/roots/a#aws_iam_user.a[0]");
}

#[test]
fn a_plan_that_lacks_what_the_files_declare_hides_nothing() {
    let main = "resource \"aws_iam_user\" \"a\" {\n  name = \"ann\"\n}\nresource \"aws_iam_user\" \"b\" {\n  name = \"ben\"\n}\nresource \"aws_iam_user\" \"c\" {\n  count = var.c\n  name = \"cy\"\n}\nvariable \"c\" {}\n";
    let plan = plan(&change("aws_iam_user.a", "aws_iam_user", "a", USER, "{}"), "{}");
    let reading = read(&[("main.tf", main), ("plan.json", &plan)]);
    let facts = &only(&reading).facts;
    let names: Vec<&str> = facts.accounts.iter().map(|own| &*own.id.name).collect();
    // Whether the third exists is said by nobody but the plan.
    assert_eq!(names, ["user/ann", "user/ben"]);
    let [told] = &facts.unresolved[..] else { panic!("{:?}", facts.unresolved) };
    assert!(told.reason.contains("the plan does not have `aws_iam_user.b`"), "{}", told.reason);
}

#[test]
fn what_a_plan_deletes_is_not_there_and_what_it_calls_secret_is_not_known() {
    let gone = r#"{"address": "aws_iam_user.b", "mode": "managed", "type": "aws_iam_user", "name": "b",
        "change": {"actions": ["delete"], "before": {"name": "ben"}, "after": null}}"#;
    let secret = r#"{"address": "aws_iam_user_policy_attachment.p", "mode": "managed", "type": "aws_iam_user_policy_attachment", "name": "p",
        "change": {"actions": ["create"], "after": {"user": "ann", "policy_arn": "x"}, "after_sensitive": {"policy_arn": true}}}"#;
    let reading = read(&[("plan.json", &plan(&format!("{gone},{secret}"), "{}"))]);
    let facts = &only(&reading).facts;
    assert_eq!(facts.accounts, []);
    let [told] = &facts.unresolved[..] else { panic!("{:?}", facts.unresolved) };
    assert_eq!(told.reason, "the plan marks `aws_iam_user_policy_attachment.p.policy_arn` as sensitive");
}

#[test]
fn a_plan_that_is_wrong_is_told_so() {
    for (text, reason) in [
        (r#"{"format_version": "2.0", "terraform_version": "2.0.0"}"#, "this version of the format"),
        (r#"{"format_version": "1.2", "terraform_version": "1.11.4", "errored": true}"#, "this plan failed"),
        (r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": {}}"#, "not a list"),
        (r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{}]}"#, "has no `change`"),
        (
            r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [{"change": {"after": {}}}]}"#,
            "has no `address`",
        ),
        (
            r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [
                {"address": "module.a[\"x.y.z", "type": "y", "name": "z", "change": {"after": {}}}]}"#,
            "cannot be read",
        ),
        (
            r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [
                {"address": "x.y", "type": "x", "name": "y", "change": {"after": "z"}}]}"#,
            "is text, not an object",
        ),
    ] {
        let reading = read(&[("plan.json", text)]);
        let [told] = &only(&reading).facts.unresolved[..] else { panic!("{text}") };
        assert!(told.reason.contains(reason), "{text}: {}", told.reason);
        assert!(matches!(told.gap, Gap::Broken | Gap::Unsupported));
    }
    let cut =
        read(&[("plan.json", r#"{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": ["#)]);
    assert_eq!(cut.not_lowered[0].gap, Gap::Broken);
}

#[test]
fn a_state_has_what_is_there() {
    let state = r#"{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {
        "resources": [{"address": "aws_iam_user.a", "mode": "managed", "type": "aws_iam_user", "name": "a", "values": {"name": "ann"}}],
        "child_modules": [{"address": "module.m", "resources": [
            {"address": "module.m.aws_iam_user.b", "mode": "managed", "type": "aws_iam_user", "name": "b", "values": {"name": "ben"}}]}]}}}"#;
    let reading = read(&[("state.json", state)]);
    assert_eq!(only(&reading).facts.accounts.len(), 2);
}
