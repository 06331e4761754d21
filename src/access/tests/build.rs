//! Joining facts: definitions, trust, boundaries, guardrails.

use crate::access::fixture::{World, allow, between, condition, deny, native, node, on, when};
use crate::access::{EdgeKind, Graph, PrincipalKind};
use crate::facts::{AccountKind, Constrains, Gap, Holder, Native, RoleKind, Trusted};

fn gaps(graph: &Graph) -> Vec<(Gap, &str)> {
    graph.gaps.iter().map(|(gap, _)| (gap.gap, gap.reason.as_str())).collect()
}

/// Who may act as an account, each with the keys of the conditions.
fn actors(graph: &Graph, target: &str) -> Vec<(String, Vec<String>)> {
    let to = node(graph, target);
    let mut found = Vec::new();
    for who in [
        "account:aws:1/user/dev",
        "account:aws:1/user/ops",
        "account:aws:1/user/all",
        "account:aws:2/user/dev",
        "account:aws:1/role/target",
        "group:aws:1/anyone",
        "group:aws:1/group/admins",
    ] {
        let Some(from) = graph.find(&crate::access::fixture::holder(who)) else { continue };
        for edge in graph.edges_of(from).iter().filter(|edge| edge.to == to && edge.kind == EdgeKind::ActsAs) {
            let keys = edge.conditions.iter().map(|id| graph.condition(*id).unwrap().key.to_string()).collect();
            found.push((who.to_owned(), keys));
        }
    }
    found
}

const ASSUME: &str = "sts:AssumeRole";

fn whoever_may(world: &mut World) {
    world.trust("aws:1/role/target", Trusted::WhoeverMay { system: "aws:1".into(), action: ASSUME.into() });
}

#[test]
fn trust_in_whoever_may_joins_the_accounts_whose_permissions_cover_the_action() {
    let mut world = World::default();
    for account in ["aws:1/user/dev", "aws:1/user/ops", "aws:1/user/all", "aws:2/user/dev"] {
        world.account(account);
    }
    world.permit("account:aws:1/user/dev", "aws:1", vec![on(allow(&["sts:*"]), &["arn:aws:iam::*:role/other*"])]);
    world.permit("account:aws:2/user/dev", "aws:2", vec![allow(&["*"])]);
    world.permit("account:aws:1/user/all", "aws:1", vec![allow(&["*"])]);
    world.permit("account:aws:1/role/target", "aws:1", vec![allow(&["*"])]);
    world.member("account:aws:1/user/ops", "aws:1/group/admins");
    world.permit(
        "group:aws:1/group/admins",
        "aws:1",
        vec![on(allow(&["STS:assumerole"]), &["arn:aws:iam::111122223333:role/t*"])],
    );
    whoever_may(&mut world);
    assert_eq!(
        actors(&world.graph(), "account:aws:1/role/target"),
        [("account:aws:1/user/ops".to_owned(), vec![]), ("account:aws:1/user/all".to_owned(), vec![])],
        "not another resource's, not another system's, not itself"
    );
}

#[test]
fn whoever_may_is_denied_by_a_deny_without_conditions_alone() {
    let mut world = World::default();
    for account in ["aws:1/user/dev", "aws:1/user/ops", "aws:1/user/all"] {
        world.permit(&format!("account:{account}"), "aws:1", vec![allow(&["*"])]);
    }
    world.permit("account:aws:1/user/dev", "aws:1", vec![deny(&["sts:*"])]);
    world.permit("account:aws:1/user/ops", "aws:1", vec![when(deny(&["sts:*"]), &[("mfa", Constrains::Yes)])]);
    world.permit("account:aws:1/user/all", "aws:1", vec![deny(&["sts:*"])]).validity = between(None, 50);
    whoever_may(&mut world);
    let who: Vec<String> =
        actors(&world.graph(), "account:aws:1/role/target").into_iter().map(|(who, _)| who).collect();
    assert_eq!(who, ["account:aws:1/user/ops", "account:aws:1/user/all"], "a deny with an end takes nothing for good");
}

#[test]
fn whoever_may_takes_the_permission_that_narrows_least() {
    let mut world = World::default();
    world.permit(
        "account:aws:1/user/dev",
        "aws:1",
        vec![
            when(allow(&[ASSUME]), &[("mfa", Constrains::Yes)]),
            when(allow(&[ASSUME]), &[("tls", Constrains::No), ("tls2", Constrains::No)]),
        ],
    );
    world.permit(
        "account:aws:1/user/ops",
        "aws:1",
        vec![
            when(allow(&[ASSUME]), &[("mfa", Constrains::Yes)]),
            when(allow(&[ASSUME]), &[("tag", Constrains::Unknown)]),
        ],
    );
    whoever_may(&mut world);
    assert_eq!(
        actors(&world.graph(), "account:aws:1/role/target"),
        [("account:aws:1/user/dev".to_owned(), vec![]), ("account:aws:1/user/ops".to_owned(), vec!["tag".to_owned()])]
    );
}

#[test]
fn conditions_of_trust_and_permission_both_stand_on_the_step() {
    let mut world = World::default();
    world.permit("account:aws:1/user/dev", "aws:1", vec![when(allow(&[ASSUME]), &[("mfa", Constrains::Yes)])]);
    whoever_may(&mut world);
    world.facts.trusts[0].conditions = vec![condition("org", Constrains::Yes), condition("tls", Constrains::No)];
    let found = actors(&world.graph(), "account:aws:1/role/target");
    assert_eq!(found, [("account:aws:1/user/dev".to_owned(), vec!["org".to_owned(), "mfa".to_owned()])]);
}

#[test]
fn anyone_is_a_principal_of_its_own_and_a_cloud_service_is_not() {
    let mut world = World::default();
    world.account("aws:1/role/target").kind = AccountKind::AssumedRole;
    world.trust("aws:1/role/target", Trusted::Anyone);
    world.trust("aws:1/role/target", Trusted::Service("ec2.amazonaws.com".into()));
    let graph = world.graph();
    assert_eq!(actors(&graph, "account:aws:1/role/target"), [("group:aws:1/anyone".to_owned(), vec![])]);
    let kinds: Vec<PrincipalKind> = graph.principals().into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, [PrincipalKind::Account, PrincipalKind::Group]);
}

#[test]
fn who_is_judged() {
    let mut world = World::default();
    world.person("p", &["s/owned"]);
    world.service("bot", &["s/botted"]);
    for account in ["s/owned", "s/botted", "s/free"] {
        world.account(account);
    }
    world.group("s/listed", true);
    world.group("s/unlisted", false);
    let graph = world.graph();
    let judged: Vec<String> =
        graph.principals().iter().map(|(id, _)| graph.node(*id).unwrap().holder.to_string()).collect();
    assert_eq!(judged, ["person:p", "service:bot", "account:s/free", "group:s/unlisted"]);
}

#[test]
fn a_boundary_is_joined_to_its_account_and_a_missing_one_is_reported() {
    let mut world = World::default();
    world.role("aws:1/policy/fence", vec![allow(&["s3:*"])]);
    world.account("aws:1/user/a").boundary = Some((native("aws:1/policy/fence"), crate::access::fixture::origin()));
    world.account("aws:1/user/b").boundary = Some((native("aws:1/policy/none"), crate::access::fixture::origin()));
    let graph = world.graph();
    let boundary = |who: &str| graph.node(node(&graph, who)).unwrap().boundary;
    assert_eq!(boundary("account:aws:1/user/a"), graph.role(&native("aws:1/policy/fence")));
    assert!(boundary("account:aws:1/user/a").is_some());
    assert_eq!(boundary("account:aws:1/user/b"), None);
    assert_eq!(gaps(&graph), [(Gap::Dangling, "the role aws:1/policy/none is not defined here")]);
    assert!(!graph.container(boundary("account:aws:1/user/a").unwrap()).unwrap().granted, "limiting is not granting");
}

#[test]
fn guardrails_stand_by_system() {
    let mut world = World::default();
    world.role("aws:1/scp", vec![deny(&["iam:*"])]).kind = RoleKind::Guardrail;
    world.role("aws:1/doc", vec![allow(&["iam:*"])]).kind = RoleKind::Document;
    world.role("aws:2/role", vec![allow(&["iam:*"])]);
    let graph = world.graph();
    let of = |system: &str| graph.guardrails(graph.systems.find(system).unwrap());
    assert_eq!(of("aws:1"), [graph.role(&native("aws:1/scp")).unwrap()]);
    assert!(of("aws:2").is_empty());
}

#[test]
fn two_definitions_of_one_id_count_together_and_are_reported() {
    let mut world = World::default();
    world.person("p", &["s/a"]);
    world.person("p", &["s/b"]);
    world.service("bot", &[]);
    world.service("bot", &[]);
    world.role("s/r", vec![allow(&["x"])]);
    world.role("s/r", vec![allow(&["y"])]);
    world.account("s/a");
    world.account("s/a");
    world.account("s/b");
    let graph = world.graph();
    assert_eq!(
        gaps(&graph),
        [
            (Gap::DefinedTwice, "person:p is defined twice"),
            (Gap::DefinedTwice, "service:bot is defined twice"),
            (Gap::DefinedTwice, "the role s/r is defined twice"),
        ],
        "an account may be named by many files"
    );
    let role = graph.container(graph.role(&native("s/r")).unwrap()).unwrap();
    let actions: Vec<&str> = role.statements.iter().map(|(statement, _)| &*statement.actions.list[0]).collect();
    assert_eq!(actions, ["x", "y"]);
    let to: Vec<_> = graph.edges_of(node(&graph, "person:p")).iter().map(|edge| edge.to).collect();
    assert_eq!(to, [node(&graph, "account:s/a"), node(&graph, "account:s/b")]);
}

#[test]
fn a_grant_is_counted_even_when_its_role_is_missing() {
    let mut world = World::default();
    world.grant("person:p", "s/none");
    world.permit("person:p", "s", vec![allow(&["x"])]);
    let graph = world.graph();
    assert_eq!(graph.grant_count, 2);
    assert_eq!(graph.grants_of(node(&graph, "person:p")).len(), 1);
    assert_eq!(gaps(&graph), [(Gap::Dangling, "the role s/none is not defined here")]);
}

#[test]
fn conditions_that_do_not_narrow_are_dropped_and_equal_ones_kept_once() {
    let mut world = World::default();
    let grant = world.permit("person:p", "s", vec![allow(&["x"])]);
    grant.conditions =
        vec![condition("mfa", Constrains::Yes), condition("tls", Constrains::No), condition("mfa", Constrains::Yes)];
    let graph = world.graph();
    let grant = graph.grant(graph.grants_of(node(&graph, "person:p"))[0]).unwrap();
    let keys: Vec<&str> = grant.conditions.iter().map(|id| &*graph.condition(*id).unwrap().key).collect();
    assert_eq!(keys, ["mfa"]);
    assert_eq!(graph.condition_id(&condition("tls", Constrains::No)), None);
}

#[test]
fn github_logins_are_one_account_whatever_their_case_and_others_are_not() {
    let mut world = World::default();
    world.permit("account:github:acme/Alice", "github:acme", vec![allow(&["repo:write"])]);
    world.permit("account:github:acme/alice", "github:acme", vec![allow(&["repo:read"])]);
    world.permit("account:okta/Alice", "okta", vec![allow(&["x"])]);
    world.permit("account:okta/alice", "okta", vec![allow(&["y"])]);
    let graph = world.graph();
    assert_eq!(graph.grants_of(node(&graph, "account:github:acme/ALICE")).len(), 2);
    assert_eq!(graph.grants_of(node(&graph, "account:okta/Alice")).len(), 1);
    assert_eq!(graph.find(&Holder::Account(Native::new("okta", "ALICE"))), None);
}
