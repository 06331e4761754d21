//! Ways to administer a system: asked about, found, fixed, defined, and what becomes of them when rules change.

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::{Ran, countersign};
use super::world::folder;

/// A user who may pass the role of an administrator to a new machine, by two policies.
const MAIN: &str = r#"
resource "aws_iam_role" "admin" {
  name = "admin"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "admin" {
  role = aws_iam_role.admin.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_user" "dev" {
  name = "dev"
}

resource "aws_iam_user_policy" "machines" {
  user = aws_iam_user.dev.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ec2:RunInstances", Resource = "*" }]
  })
}

resource "aws_iam_user_policy" "roles" {
  user = aws_iam_user.dev.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:PassRole", Resource = "*" }]
  })
}
"#;

fn run(line: &str, place: &Folder) -> Ran {
    countersign(line, &place.path).run()
}

#[test]
fn a_way_is_shown_step_by_step_with_the_line_of_each() {
    let place = folder(&[("main.tf", MAIN)]);
    run("access user/dev --why SUPER", &place)
        .exits(Exit::Clean)
        .says("account:aws/user/dev could come to administer a whole system in aws")
        .says("permits iam:PassRole main.tf:34")
        .says("permits ec2:RunInstances main.tf:26")
        .says("account:aws/role/admin lets ec2.amazonaws.com act as it")
        .says("so it can start an instance that runs as another role: account:aws/role/admin")
        .says("permits * main.tf:14")
        .says("so it can administer a whole system")
        .without_complaint();
    let report = run("access user/dev --format json", &place).json();
    let super_duty = report["holdings"].as_array().unwrap().iter().find(|own| own["duty"] == "SUPER").unwrap();
    assert_eq!((&super_duty["by_escalation"], &super_duty["held"]), (&true.into(), &"certain".into()));
    run("who-can SUPER", &place).says("certain, by escalation").says("account:aws/role/admin");
}

#[test]
fn whom_an_account_lets_act_as_it_is_listed_with_its_line() {
    let place = folder(&[("main.tf", MAIN)]);
    run("access role/admin --trusted", &place)
        .exits(Exit::Clean)
        .says("ACCOUNT WHO MAY ACT AS IT ONLY IF WRITTEN AT")
        .says("account:aws/role/admin the service ec2.amazonaws.com")
        .says("main.tf:")
        .without_complaint();
    let report = run("access --trusted --format json", &place).json();
    assert_eq!(report["trusted"][0]["who_may_act_as_it"], "the service ec2.amazonaws.com");
    run("access user/dev --trusted", &place).says("no definition lets anybody act as it");
}

#[test]
fn who_administers_a_system_anyway_has_no_way_to_it() {
    let place = folder(&[("main.tf", MAIN)]);
    let said = run("access role/admin --why SUPER", &place);
    assert!(!said.stdout.contains("could come to"), "{}", said.stdout);
}

#[test]
fn a_fix_takes_out_no_more_than_it_must() {
    let place = folder(&[("base/.keep", ""), ("head/main.tf", MAIN)]);
    run("check head --base base --no-record", &place)
        .exits(Exit::Blocked)
        .says("CS-GRANT-002 critical user/dev could come to administer aws")
        .says("name what iam:PassRole is needed on in permissions of its own, without account:aws/role/admin")
        .says("proven: without it, this finding is gone");
}

#[test]
fn what_is_looked_for_is_listed_and_a_house_adds_and_disables() {
    let place = folder(&[("main.tf", MAIN)]);
    run("ruleset list --escalations", &place).says("AWS-EC2-001").says("K8S-");
    run("ruleset show AWS-EC2-001", &place)
        .says("It takes, all held by an account:")
        .says("iam:PassRole on the target, with iam:PassedToService ec2.amazonaws.com")
        .says("It reaches a role that ec2.amazonaws.com may act as.");
    let own = r#"
apiVersion: countersign.dev/v1
kind: Ruleset
metadata: {id: house, version: "1", title: House}
add:
  escalations:
    HOUSE-1:
      title: ask for a machine with any role
      system: aws
      origin: the machine room
      needs: [{permission: "ec2:RunInstances"}]
      becomes: administrator
disable:
  escalations: [AWS-EC2-001]
"#;
    let place = folder(&[("main.tf", MAIN), (".countersign/rulesets/house.yaml", own)]);
    run("access user/dev --why SUPER", &place).says("so it can ask for a machine with any role");
    for (wrong, said) in [
        (own.replace("AWS-EC2-001", "AWS-EC2-01"), "there is no escalation `AWS-EC2-01`"),
        (own.replace("becomes: administrator", "becomes: target"), "becomes its target and describes none"),
        (own.replace("HOUSE-1", "AWS-EC2-003"), "the escalation `AWS-EC2-003` is already defined"),
    ] {
        let place = folder(&[("main.tf", MAIN), (".countersign/rulesets/house.yaml", &wrong)]);
        let ran = run("access", &place).exits(Exit::Usage);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn a_house_says_what_roles_that_a_system_brings_along_give() {
    let grant = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {apiGroup: \
                 rbac.authorization.k8s.io, kind: ClusterRole, name: house-operator}\nsubjects: [{kind: User, name: ann}]\n";
    let list = r#"
apiVersion: countersign.dev/v1
kind: KnownRoles
metadata: {id: house, release: "7", source: https://example.com/roles}
system: kubernetes
roles:
  clusterrole/house-operator:
    statements: [{actions: ["*:*/*"]}]
"#;
    let without = folder(&[("b.yaml", grant)]);
    assert!(!run("who-can SUPER", &without).stdout.contains("ann"));
    for (path, config) in [(".countersign/roles/own.yaml", "version: 1\n"), ("ops/own.yaml", "known_roles: [ops]\n")] {
        let place = folder(&[("b.yaml", grant), (path, list), ("countersign.yaml", config)]);
        run("who-can SUPER", &place).exits(Exit::Clean).says("ann").without_complaint();
    }
    let broken = folder(&[("b.yaml", grant), (".countersign/roles/own.yaml", &list.replace("roles:\n", "rules:\n"))]);
    let ran = run("who-can SUPER", &broken).exits(Exit::Usage);
    assert!(ran.stderr.contains("rules"), "{}", ran.stderr);
}
