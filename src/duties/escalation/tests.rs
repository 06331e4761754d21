//! Escalations one by one: what a rule takes, on what, where it leads, and what stands in the way.

use super::*;
use crate::access::fixture::{World, allow, deny, node, on, when};
use crate::duties::Matches;
use crate::duties::tests::{NOW, catalogue};
use crate::facts::{AccountKind, Admits, Condition, Constrains, RoleKind, Statement, Trusted};

/// Rules of the forms that there are, over two types of system.
const RULES: &str = r#"
  duties:
    SUPER:
      title: administer a whole system
      process: IT
      privileged: true
      severity: critical
      bindings:
        aws: {origin: test, any: [{permission: "*", resource: "*"}]}
        azure: {origin: test, any: ["*"]}
        kubernetes: {origin: test, any: ["*:*/*"]}
  escalations:
    PUT-USER:
      {title: give its own user any permission, system: aws, origin: test, actor: user,
       needs: [{permission: "iam:PutUserPolicy", on: self}], becomes: administrator}
    PUT-ROLE:
      {title: give its own role any permission, system: aws, origin: test, actor: assumed_role,
       needs: [{permission: "iam:PutRolePolicy", on: self}], becomes: administrator}
    VERSION:
      {title: rewrite a policy of its own, system: aws, origin: test,
       needs: [{permission: "iam:CreatePolicyVersion", on: own_policy}], becomes: administrator}
    OWN-GROUP:
      {title: give its own group any permission, system: aws, origin: test,
       needs: [{permission: "iam:PutGroupPolicy", on: own_group}], becomes: administrator}
    OLD-VERSION:
      {title: go back to another version of a policy of its own, system: aws, origin: test,
       needs: [{permission: "iam:SetDefaultPolicyVersion", on: own_policy}], becomes: administrator,
       perhaps: another version of it permits more}
    KEY:
      {title: make an access key of a user, system: aws, origin: test,
       needs: [{permission: "iam:CreateAccessKey", on: target}], becomes: target,
       target: {kind: user, others: "arn:aws:iam::*:user/*"}}
    JOIN:
      {title: join a group, system: aws, origin: test, actor: user,
       needs: [{permission: "iam:AddUserToGroup", on: target}], becomes: target, target: {kind: group}}
    LAMBDA:
      {title: have a new Lambda function run as a role, system: aws, origin: test,
       needs: [{permission: "iam:PassRole", on: target, with: {"iam:PassedToService": lambda.amazonaws.com}},
               {permission: "lambda:CreateFunction", on: same}, {permission: "lambda:InvokeFunction", on: same}],
       becomes: target,
       target: {kind: assumed_role, trusts: lambda.amazonaws.com, others: "arn:aws:iam::*:role/*"}}
    CODE:
      {title: change the code of a Lambda function, system: aws, origin: test,
       needs: [{permission: "lambda:UpdateFunctionCode"}], becomes: target,
       target: {kind: assumed_role, trusts: lambda.amazonaws.com, workload: a Lambda function}}
    POD:
      {title: run a pod as a service account, system: kubernetes, origin: test,
       needs: [{permission: ["create:core/pods", "create:batch/jobs"]}], becomes: target,
       target: {kind: service_account, name: "system:serviceaccount:{namespace}:{name}",
                place: {namespace: "{system}/{namespace}"}, resource: "{name}"}}
    TOKEN:
      {title: make a token of a service account, system: kubernetes, origin: test,
       needs: [{permission: "create:core/serviceaccounts/token", on: target}], becomes: target,
       target: {kind: service_account, name: "system:serviceaccount:{namespace}:{name}",
                place: {namespace: "{system}/{namespace}"}, resource: "{name}"}}
    IDENTITY:
      {title: run commands on a machine, system: azure, origin: test,
       needs: [{permission: "Microsoft.Compute/virtualMachines/runCommand/action"}], becomes: target,
       target: {system: entra, kind: service_account, name: "identity:{name}", workload: a machine}}
"#;

const DEV: &str = "account:aws/user/dev";

/// A world with one user, an administrator role that Lambda may act as, and an administrator.
fn world() -> World {
    let mut world = World::default();
    world.account("aws/user/dev");
    world.account("aws/role/admin").kind = AccountKind::AssumedRole;
    world.permit("account:aws/role/admin", "aws", vec![allow(&["*"])]);
    world.trust("aws/role/admin", Trusted::Service("lambda.amazonaws.com".into()));
    world.account("aws/user/root");
    world.permit("account:aws/user/root", "aws", vec![allow(&["*"])]);
    world
}

/// The ways of a holder, each a line: how certain, then the steps.
fn ways(world: &World, who: &str) -> Vec<String> {
    let (graph, catalogue) = (world.graph(), catalogue(RULES));
    let matches = Matches::new(&graph, &catalogue);
    let matcher = Matcher { graph: &graph, catalogue: &catalogue, matches: &matches, as_of: NOW };
    let all = Escalations::new(&matcher);
    let found = all.of(&matcher, node(&graph, who));
    for way in &found {
        let held = way.steps.iter().map(|step| step.holder).chain([way.end.as_ref().map(|(node, _)| *node)]);
        assert!(held.flatten().all(|id| graph.node(id).is_some()), "every step is somebody's");
    }
    found.iter().map(|way| line(way, &graph, &matcher)).collect()
}

fn line(way: &Escalation, graph: &Graph, matcher: &Matcher<'_>) -> String {
    let mut text = way.certainty.as_str().to_owned();
    for step in &way.steps {
        let rule = matcher.catalogue.escalations.get(step.rule).unwrap();
        let arrival = match step.arrival {
            Arrival::Administrator => "administrator".to_owned(),
            Arrival::Undeclared => "undeclared".to_owned(),
            Arrival::Holder(node) => graph.node(node).unwrap().holder.to_string(),
        };
        text.push_str(&format!(", {} > {arrival}", rule.id));
    }
    for unknown in &way.unknowns {
        text.push_str(&format!(" ({unknown})"));
    }
    text
}

fn dev(statements: Vec<Statement>) -> Vec<String> {
    let mut world = world();
    world.permit(DEV, "aws", statements);
    ways(&world, DEV)
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_permission_on_itself_makes_an_administrator() {
    assert_eq!(dev(vec![allow(&["iam:PutUserPolicy"])]), ["certain, PUT-USER > administrator"]);
    assert_eq!(dev(vec![allow(&["IAM:put?serpolicy"])]), ["certain, PUT-USER > administrator"]);
    let own = |resource| dev(vec![on(allow(&["iam:PutUserPolicy"]), &[resource])]);
    for resource in
        ["arn:aws:iam::111122223333:user/dev", "arn:aws-cn:iam::*:user/d?v", "arn:aws:iam::*:user/${aws:username}"]
    {
        assert_eq!(own(resource), ["certain, PUT-USER > administrator"], "{resource}");
    }
    for resource in ["arn:aws:iam::*:user/other", "arn:aws:iam::*:role/dev", "arn:aws:iam::aws:user/dev"] {
        assert_eq!(own(resource), NOTHING, "{resource}");
    }
    assert_eq!(own("arn:aws:iam::*:user/${aws:PrincipalTag/name}"), ["unknown, PUT-USER > administrator"]);
    assert_eq!(dev(vec![allow(&["iam:PutRolePolicy"])]), NOTHING, "a user is no role");
}

#[test]
fn all_but_some_is_everything_else() {
    let but = |actions: &[&str]| dev(vec![crate::access::fixture::except(allow(actions))]);
    assert!(but(&["s3:*"]).contains(&"certain, PUT-USER > administrator".to_owned()));
    // What remains to whoever may do anything but with identities: functions that may run as somebody.
    let code = "unknown, CODE > account:aws/role/admin (whether a Lambda function runs as account:aws/role/admin)";
    assert_eq!(but(&["iam:*"]), [code]);
}

#[test]
fn what_is_denied_is_not_held() {
    let both = |denied: Statement| dev(vec![allow(&["iam:*"]), denied]);
    assert_eq!(both(deny(&["iam:*"])), NOTHING);
    assert_eq!(both(on(deny(&["iam:*"]), &["arn:aws:iam::*:user/d*"])), ["certain, KEY > account:aws/user/root"]);
    let mfa = when(deny(&["iam:*"]), &[("aws:MultiFactorAuthPresent", Constrains::Yes)]);
    let found = both(mfa);
    assert!(found.iter().all(|way| way.starts_with("conditional")), "{found:?}");
    assert!(!found.is_empty());
}

#[test]
fn boundaries_and_guardrails_limit_what_one_gives_oneself() {
    for (bounded, expected) in [("iam:*", 0), ("*", 1)] {
        let mut world = world();
        world.role("aws/policy/limit", vec![allow(&[bounded])]);
        world.facts.accounts[0].boundary =
            Some((crate::access::fixture::native("aws/policy/limit"), crate::access::fixture::origin()));
        world.permit(DEV, "aws", vec![allow(&["iam:PutUserPolicy"])]);
        assert_eq!(ways(&world, DEV).len(), expected, "{bounded}");
    }
    let mut world = world();
    world.permit(DEV, "aws", vec![allow(&["iam:PutUserPolicy"])]);
    world.role("aws/scp", vec![deny(&["iam:Put*"])]).kind = RoleKind::Guardrail;
    assert_eq!(ways(&world, DEV), NOTHING);
}

#[test]
fn a_policy_of_its_own_is_one_that_the_tree_defines_and_it_holds() {
    for (resource, expected) in [
        ("*", &["certain, VERSION > administrator"][..]),
        ("arn:aws:iam::*:policy/own-*", &["certain, VERSION > administrator"]),
        ("arn:aws:iam::*:policy/other-*", &[]),
        ("arn:aws:iam::aws:policy/own-*", &[]),
    ] {
        let mut world = world();
        world.role("aws/policy/own-policy", vec![on(allow(&["iam:CreatePolicyVersion"]), &[resource])]);
        world.role("aws/policy/other-policy", vec![allow(&["s3:GetObject"])]);
        world.grant(DEV, "aws/policy/own-policy");
        assert_eq!(ways(&world, DEV), expected, "{resource}");
    }
    let mut world = world();
    world.role("aws/policy/own", vec![allow(&["iam:SetDefaultPolicyVersion"])]);
    world.grant(DEV, "aws/policy/own");
    assert_eq!(
        ways(&world, DEV),
        ["unknown, OLD-VERSION > administrator (whether another version of it permits more)"]
    );
}

#[test]
fn groups_count_both_ways() {
    let mut world = world();
    world.group("aws/group/team", true);
    world.member(DEV, "aws/group/team");
    world.permit(
        "group:aws/group/team",
        "aws",
        vec![on(allow(&["iam:PutGroupPolicy"]), &["arn:aws:iam::*:group/team"])],
    );
    assert_eq!(ways(&world, DEV), ["certain, OWN-GROUP > administrator"]);
    let mut world = super::tests::world();
    world.group("aws/group/admins", true);
    world.permit("group:aws/group/admins", "aws", vec![allow(&["*"])]);
    world.permit(DEV, "aws", vec![allow(&["iam:AddUserToGroup"])]);
    assert_eq!(ways(&world, DEV), ["certain, JOIN > group:aws/group/admins"]);
}

fn passes(pass: Statement) -> Vec<String> {
    dev(vec![pass, allow(&["lambda:CreateFunction", "lambda:InvokeFunction"])])
}

#[test]
fn a_role_is_passed_to_a_service_that_may_act_as_it() {
    let lambda = "certain, LAMBDA > account:aws/role/admin";
    assert_eq!(passes(allow(&["iam:PassRole"])), [lambda]);
    assert_eq!(passes(on(allow(&["iam:PassRole"]), &["arn:aws:iam::*:role/ad*"])), [lambda]);
    assert_eq!(passes(on(allow(&["iam:PassRole"]), &["arn:aws:iam::*:role/other"])), NOTHING);
    let passed = |service: &str| {
        let admits = Admits { values: vec![service.into()], ..Admits::default() };
        let condition = Condition {
            admits: Some(std::sync::Arc::new(admits)),
            ..Condition::new("iam:PassedToService", service, Constrains::Yes)
        };
        passes(Statement { conditions: vec![condition], ..allow(&["iam:PassRole"]) })
    };
    assert_eq!(passed("lambda.amazonaws.com"), [lambda], "the condition holds, so that nothing is left of it");
    assert_eq!(passed("ec2.amazonaws.com"), NOTHING);
}

#[test]
fn what_must_meet_on_one_thing_does() {
    let function = |name: &str| format!("arn:aws:lambda:*:*:function:{name}");
    let both = |create: &str, invoke: &str| {
        dev(vec![
            allow(&["iam:PassRole"]),
            on(allow(&["lambda:CreateFunction"]), &[&function(create)]),
            on(allow(&["lambda:InvokeFunction"]), &[&function(invoke)]),
        ])
    };
    assert_eq!(both("dev-*", "dev-x"), ["certain, LAMBDA > account:aws/role/admin"]);
    assert_eq!(both("dev-*", "prod-*"), NOTHING);
}

#[test]
fn roles_that_nothing_declares_are_unknown() {
    let mut world = World::default();
    world.account("aws:111122223333/user/dev");
    let who = "account:aws:111122223333/user/dev";
    let create = allow(&["lambda:CreateFunction", "lambda:InvokeFunction"]);
    world.permit(
        who,
        "aws:111122223333",
        vec![on(allow(&["iam:PassRole"]), &["arn:aws:iam::111122223333:role/*"]), create.clone()],
    );
    let lambda = "unknown, LAMBDA > undeclared (which other accounts lambda.amazonaws.com may act as)";
    assert_eq!(ways(&world, who), [lambda]);
    let mut world = World::default();
    world.account("aws/user/dev");
    world.permit(DEV, "aws", vec![on(allow(&["iam:PassRole"]), &["arn:aws:iam::*:role/app-*"]), create]);
    assert_eq!(ways(&world, DEV), NOTHING, "roles of one name are not all roles");
}

#[test]
fn steps_follow_one_another_and_the_shortest_way_is_told() {
    let mut world = world();
    world.account("aws/user/mid");
    world.account("aws/user/far");
    world.permit(
        DEV,
        "aws",
        vec![on(allow(&["iam:CreateAccessKey"]), &["arn:aws:iam::*:user/mid", "arn:aws:iam::*:user/far"])],
    );
    world.permit(
        "account:aws/user/far",
        "aws",
        vec![on(allow(&["iam:CreateAccessKey"]), &["arn:aws:iam::*:user/mid"])],
    );
    world.permit("account:aws/user/mid", "aws", vec![allow(&["iam:PutUserPolicy"])]);
    assert_eq!(ways(&world, DEV), ["certain, KEY > account:aws/user/mid, PUT-USER > administrator"]);
    assert_eq!(ways(&world, "account:aws/user/far"), ["certain, KEY > account:aws/user/mid, PUT-USER > administrator"]);
    assert_eq!(ways(&world, "account:aws/user/root"), NOTHING, "an administrator has nowhere to go");
}

#[test]
fn the_surest_way_is_told_even_if_it_is_longer() {
    let mut world = world();
    world.account("aws/user/mid");
    world.permit("account:aws/user/mid", "aws", vec![allow(&["iam:PutUserPolicy"])]);
    world.permit(
        DEV,
        "aws",
        vec![allow(&["lambda:UpdateFunctionCode"]), on(allow(&["iam:CreateAccessKey"]), &["arn:aws:iam::*:user/mid"])],
    );
    assert_eq!(ways(&world, DEV), ["certain, KEY > account:aws/user/mid, PUT-USER > administrator"]);
}

#[test]
fn a_pod_runs_as_what_stands_in_its_namespace() {
    use crate::access::fixture::scope;
    let mut world = World::default();
    for (account, kind) in [
        ("kubernetes/system:serviceaccount:a:admin", AccountKind::ServiceAccount),
        ("kubernetes/system:serviceaccount:b:runner", AccountKind::ServiceAccount),
        ("kubernetes/dev", AccountKind::User),
    ] {
        world.account(account).kind = kind;
    }
    world.permit("account:kubernetes/system:serviceaccount:a:admin", "kubernetes", vec![allow(&["*:*/*"])]);
    world.permit("account:kubernetes/dev", "kubernetes", vec![allow(&["create:batch/jobs"])]).scope =
        scope(&[("namespace", "kubernetes/a")]);
    world
        .permit("account:kubernetes/system:serviceaccount:b:runner", "kubernetes", vec![allow(&["create:core/pods"])])
        .scope = scope(&[("namespace", "kubernetes/b")]);
    let admin = "certain, POD > account:kubernetes/system:serviceaccount:a:admin";
    assert_eq!(ways(&world, "account:kubernetes/dev"), [admin]);
    assert_eq!(ways(&world, "account:kubernetes/system:serviceaccount:b:runner"), NOTHING);
    let named = |name: &str| {
        let mut world = world.clone();
        world.account("kubernetes/tokens");
        world.permit(
            "account:kubernetes/tokens",
            "kubernetes",
            vec![on(allow(&["create:core/serviceaccounts/token"]), &[name])],
        );
        ways(&world, "account:kubernetes/tokens")
    };
    assert_eq!(named("admin"), ["certain, TOKEN > account:kubernetes/system:serviceaccount:a:admin"]);
    assert_eq!(named("runner"), NOTHING);
}

#[test]
fn a_person_uses_the_accounts_that_it_reaches() {
    let mut world = world();
    world.person("ann", &["aws/user/dev"]);
    world.account("aws/role/deploy").kind = AccountKind::AssumedRole;
    world.acts_as(DEV, "aws/role/deploy");
    world.permit("account:aws/role/deploy", "aws", vec![allow(&["iam:PutRolePolicy"])]);
    assert_eq!(ways(&world, "person:ann"), ["certain, PUT-ROLE > administrator"]);
}

#[test]
fn a_target_may_be_of_the_system_that_keeps_the_identities() {
    let mut world = World::default();
    for entra in ["entra:acme", "entra:other"] {
        world.account(&format!("{entra}/user:dev"));
        world.account(&format!("{entra}/identity:runner")).kind = AccountKind::ServiceAccount;
    }
    world.permit("account:entra:acme/user:dev", "azure:acme", vec![allow(&["Microsoft.Compute/*"])]);
    world.permit("account:entra:acme/identity:runner", "azure:acme", vec![allow(&["*"])]);
    world.permit("account:entra:other/user:dev", "azure:acme", vec![allow(&["Microsoft.Compute/*"])]);
    world.permit("account:entra:other/identity:runner", "azure:other", vec![allow(&["*"])]);
    let expected = [concat!(
        "unknown, IDENTITY > account:entra:acme/identity:runner ",
        "(whether a machine runs as account:entra:acme/identity:runner)"
    )];
    assert_eq!(ways(&world, "account:entra:acme/user:dev"), expected);
    assert_eq!(ways(&world, "account:entra:other/user:dev"), expected, "whoever holds it in that system");
}
