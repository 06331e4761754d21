//! Roles that systems bring along, and roles that take in others by label.

use std::collections::BTreeSet;

use crate::access::fixture::{World, allow, include, native, node};
use crate::access::{Graph, flatten};
use crate::facts::{Gap, Selector, SelectorExpression, Text};
use crate::rules::Rules;

fn inside(graph: &Graph, role: &str) -> BTreeSet<String> {
    flatten(graph, graph.role(&native(role)).unwrap())
        .into_iter()
        .skip(1)
        .map(|inner| graph.container(inner.container).unwrap().role.as_ref().unwrap().name.to_string())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn labelled(world: &mut World, role: &str, labels: &[(&str, &str)]) {
    world.role(role, Vec::new()).labels =
        labels.iter().map(|(key, value)| (Text::from(*key), Text::from(*value))).collect();
}

fn taking(world: &mut World, role: &str, selectors: Vec<Selector>) {
    world.role(role, Vec::new()).aggregates = selectors;
}

fn expression(expression: SelectorExpression) -> Selector {
    Selector { match_expressions: vec![expression], ..Selector::default() }
}

#[test]
fn aggregation_takes_in_by_label() {
    let mut world = World::default();
    labelled(&mut world, "k8s/a", &[("app", "x"), ("tier", "one")]);
    labelled(&mut world, "k8s/b", &[("app", "y")]);
    labelled(&mut world, "k8s/c", &[("tier", "two")]);
    labelled(&mut world, "k8s/none", &[]);
    labelled(&mut world, "other/a", &[("app", "x")]);
    let label = |key: &str, value: &str| Selector {
        match_labels: [(Text::from(key), Text::from(value))].into(),
        ..Selector::default()
    };
    let list = |values: &[&str]| values.iter().map(|value| Text::from(*value)).collect::<Vec<_>>();
    taking(&mut world, "k8s/z-label", vec![label("app", "x")]);
    taking(&mut world, "k8s/z-either", vec![label("app", "x"), label("tier", "two")]);
    taking(&mut world, "k8s/z-in", vec![expression(SelectorExpression::In("app".into(), list(&["x", "y"])))]);
    taking(&mut world, "k8s/z-exists", vec![expression(SelectorExpression::Exists("tier".into()))]);
    taking(
        &mut world,
        "k8s/z-both",
        vec![Selector { match_expressions: vec![SelectorExpression::Exists("tier".into())], ..label("app", "x") }],
    );
    taking(
        &mut world,
        "k8s/z-not-in",
        vec![Selector {
            match_expressions: vec![
                SelectorExpression::NotIn("app".into(), list(&["x"])),
                SelectorExpression::Exists("app".into()),
            ],
            ..Selector::default()
        }],
    );
    taking(
        &mut world,
        "k8s/z-absent",
        vec![Selector {
            match_expressions: vec![
                SelectorExpression::DoesNotExist("app".into()),
                SelectorExpression::NotIn("app".into(), list(&["x"])),
                SelectorExpression::Exists("tier".into()),
            ],
            ..Selector::default()
        }],
    );
    taking(&mut world, "k8s/z-none", Vec::new());
    taking(&mut world, "k8s/z-all", vec![Selector::default()]);
    let graph = world.graph();
    assert_eq!(inside(&graph, "k8s/z-label"), set(&["a"]), "and nothing of another system");
    assert_eq!(inside(&graph, "k8s/z-either"), set(&["a", "c"]));
    assert_eq!(inside(&graph, "k8s/z-in"), set(&["a", "b"]));
    assert_eq!(inside(&graph, "k8s/z-exists"), set(&["a", "c"]));
    assert_eq!(inside(&graph, "k8s/z-both"), set(&["a"]));
    assert_eq!(inside(&graph, "k8s/z-not-in"), set(&["b"]));
    assert_eq!(inside(&graph, "k8s/z-absent"), set(&["c"]));
    assert!(inside(&graph, "k8s/z-none").is_empty());
    let all = inside(&graph, "k8s/z-all");
    assert_eq!(all.len(), 12, "an empty selector takes everything: {all:?}");
}

#[test]
fn a_role_is_taken_in_once_though_two_selectors_and_an_include_name_it() {
    let mut world = World::default();
    labelled(&mut world, "k8s/a", &[("app", "x")]);
    let role = world.role("k8s/outer", Vec::new());
    role.aggregates = vec![Selector::default(), expression(SelectorExpression::Exists("app".into()))];
    role.includes = vec![include("k8s/a")];
    let graph = world.graph();
    assert_eq!(graph.container(graph.role(&native("k8s/outer")).unwrap()).unwrap().includes.len(), 1);
}

#[test]
fn a_missing_role_is_reported_wherever_it_is_named() {
    let mut world = World::default();
    world.role("s/outer", Vec::new()).includes = vec![include("s/inner")];
    world.grant("person:p", "s/granted");
    let graph = world.graph();
    let told: Vec<(Gap, &str, &str)> =
        graph.gaps.iter().map(|(gap, _)| (gap.gap, gap.reason.as_str(), gap.consequence.as_str())).collect();
    let consequence = "what it gives is unknown and counts for nothing in the findings";
    assert_eq!(
        told,
        [
            (Gap::Dangling, "the role s/inner is not defined here", consequence),
            (Gap::Dangling, "the role s/granted is not defined here", consequence),
        ]
    );
}

#[test]
fn a_role_that_the_system_brings_along_is_known_and_a_definition_replaces_it() {
    let mut world = World { known: Rules::built_in().unwrap().known_roles, ..World::default() };
    world.grant("group:kubernetes:prod/admins", "kubernetes:prod/clusterrole/cluster-admin");
    world.grant("group:kubernetes:test/admins", "kubernetes:test/clusterrole/cluster-admin");
    world.grant("person:p", "kubernetes:test/clusterrole/cluster-admin");
    world.grant("person:p", "netsuite/clusterrole/cluster-admin");
    world.role("kubernetes:test/clusterrole/cluster-admin", vec![allow(&["get:core/pods"])]);
    let graph = world.graph();
    let actions = |role: &str| {
        let container = graph.container(graph.role(&native(role))?)?;
        Some(container.statements.iter().flat_map(|(statement, _)| statement.actions.list.clone()).collect::<Vec<_>>())
    };
    assert_eq!(
        actions("kubernetes:prod/clusterrole/cluster-admin"),
        Some(vec![Text::from("*:*/*"), Text::from("*:url/*")])
    );
    assert_eq!(actions("kubernetes:test/clusterrole/cluster-admin"), Some(vec![Text::from("get:core/pods")]));
    assert_eq!(actions("netsuite/clusterrole/cluster-admin"), None, "known to Kubernetes, not to others");
    assert_eq!(graph.gaps.len(), 1);
    assert_eq!(graph.grants_of(node(&graph, "person:p")).len(), 1);
    let containers = graph.containers().filter(|(_, container)| container.role.is_some()).count();
    assert_eq!(containers, 2, "one container a role, however often it is granted");
}

#[test]
fn known_roles_keep_what_they_except() {
    let mut world = World { known: Rules::built_in().unwrap().known_roles, ..World::default() };
    world.grant("account:aws:1/user/dev", "aws:1/arn:aws:iam::aws:policy/PowerUserAccess");
    let graph = world.graph();
    let role = graph.role(&native("aws:1/arn:aws:iam::aws:policy/PowerUserAccess")).unwrap();
    let power = &graph.container(role).unwrap().statements[0].0;
    assert!(power.actions.cover("s3:PutObject", true));
    assert!(!power.actions.cover("iam:CreateUser", true));
    assert!(power.resources.cover("*", false));
}

#[test]
fn a_known_role_is_one_by_whatever_name_it_is_granted() {
    let mut world = World { known: Rules::built_in().unwrap().known_roles, ..World::default() };
    world.grant("account:entra/ann", "azure/8e3af657-a8ff-443c-a75c-2fe8c4bcb635");
    world.grant("account:entra/ann", "azure/Owner");
    let graph = world.graph();
    let grants = graph.grants_of(node(&graph, "account:entra/ann"));
    let containers: Vec<_> = grants.iter().map(|grant| graph.grant(*grant).unwrap().container).collect();
    assert_eq!(containers.len(), 2);
    assert_eq!(containers[0], containers[1]);
    assert_eq!(graph.role(&native("azure/Owner")), Some(containers[0]));
    assert!(graph.gaps.is_empty());
}

#[test]
fn a_predefined_role_that_is_not_listed_is_told_once() {
    let mut world = World { known: Rules::built_in().unwrap().known_roles, ..World::default() };
    world.grant("account:gcp/ann", "gcp/roles/not.listed");
    world.grant("account:gcp/bob", "gcp/roles/not.listed");
    world.grant("account:gcp/bob", "gcp/projects/acme/roles/payer");
    let graph = world.graph();
    let told: Vec<(Gap, &str)> = graph.gaps.iter().map(|(gap, _)| (gap.gap, gap.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (Gap::Unknown, "what the predefined role gcp/roles/not.listed permits is not listed"),
            (Gap::Dangling, "the role gcp/projects/acme/roles/payer is not defined here"),
        ]
    );
}
