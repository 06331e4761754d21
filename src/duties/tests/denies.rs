//! What takes permissions away: denies, guardrails, boundaries.

use super::{Judged, NOW, catalogue};
use crate::access::fixture::{
    World, allow, between, condition, deny, except, include, native, on, origin, scope, when,
};
use crate::duties::{Catalogue, Certainty};
use crate::facts::Constrains::{No, Unknown, Yes};
use crate::facts::RoleKind;

fn duties() -> Catalogue {
    catalogue(
        "  duties:
    A: {title: a, process: X, bindings: {erp: {origin: t, any: [a]}}}
    R: {title: r, process: X, bindings: {erp: {origin: t, any: [{permission: use, resource: 'key/*'}]}}}
    W: {title: w, process: X, bindings: {erp: {origin: t, any: ['a*']}}}
    J: {title: j, process: X, bindings: {erp: {origin: t, any: [{all: [j1, j2]}]}}}
",
    )
}

/// How certainly a duty is held, and on what conditions.
fn held(world: &World, id: &str) -> Option<(Certainty, Vec<String>)> {
    let catalogue = duties();
    let judged = Judged::new(world, &catalogue);
    let idx = catalogue.find_duty(id).unwrap();
    let holdings = judged.of("person:p");
    let support = &holdings.duties.iter().find(|held| held.duty == idx)?.supports[0];
    let keys = support.conditions.iter().map(|id| judged.graph.condition(*id).unwrap().key.to_string());
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    Some((support.certainty, keys))
}

fn certain() -> Option<(Certainty, Vec<String>)> {
    Some((Certainty::Certain, Vec::new()))
}

fn under(certainty: Certainty, keys: &[&str]) -> Option<(Certainty, Vec<String>)> {
    Some((certainty, keys.iter().map(|key| (*key).to_owned()).collect()))
}

fn world() -> World {
    let mut world = World::default();
    world.person("p", &["erp/a", "erp/b"]);
    world.account("erp/a");
    world.account("erp/b");
    world
}

/// A person with one allow and one deny in the same account.
fn with(allowed: crate::facts::Statement, denied: crate::facts::Statement) -> World {
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allowed]);
    world.permit("account:erp/a", "erp", vec![denied]);
    world
}

#[test]
fn a_deny_takes_what_it_covers_whole_and_nothing_else() {
    for (denied, what) in
        [(deny(&["a"]), "by name"), (deny(&["A"]), "whatever the case"), (deny(&["*"]), "all"), (deny(&["?"]), "by ?")]
    {
        assert_eq!(held(&with(allow(&["a"]), denied), "A"), None, "{what}");
    }
    assert_eq!(held(&with(allow(&["a"]), deny(&["b"])), "A"), certain());
    assert_eq!(held(&with(allow(&["a"]), except(deny(&["b"]))), "A"), None, "everything but b");
    assert_eq!(held(&with(allow(&["a"]), except(deny(&["a"]))), "A"), certain(), "everything but a");
    assert_eq!(held(&with(allow(&["*"]), deny(&["a"])), "A"), None, "a wildcard is denied in part");
    assert_eq!(held(&with(allow(&["*"]), deny(&["ab"])), "W"), certain(), "a part of a wildcard duty leaves it");
    assert_eq!(held(&with(allow(&["*"]), deny(&["a*"])), "W"), None);
}

#[test]
fn a_deny_on_some_resources_leaves_the_others() {
    assert_eq!(held(&with(allow(&["a"]), on(deny(&["a"]), &["x"])), "A"), certain());
    assert_eq!(held(&with(on(allow(&["a"]), &["x"]), on(deny(&["a"]), &["x"])), "A"), None);
    assert_eq!(held(&with(on(allow(&["a"]), &["x", "y"]), on(deny(&["a"]), &["x"])), "A"), certain());
    assert_eq!(held(&with(on(allow(&["a"]), &["x1", "x2"]), on(deny(&["a"]), &["x*"])), "A"), None);
    assert_eq!(held(&with(on(allow(&["a"]), &["x"]), on(deny(&["a"]), &["X"])), "A"), certain(), "resources have case");
    let mut not_x = on(allow(&["a"]), &["x"]);
    not_x.resources.negated = true;
    assert_eq!(held(&with(not_x.clone(), on(deny(&["a"]), &["y"])), "A"), certain());
    assert_eq!(held(&with(not_x.clone(), deny(&["a"])), "A"), None);
    let mut deny_not_x = deny(&["a"]);
    deny_not_x.resources = not_x.resources;
    assert_eq!(held(&with(on(allow(&["a"]), &["y"]), deny_not_x.clone()), "A"), None);
    assert_eq!(held(&with(on(allow(&["a"]), &["x"]), deny_not_x), "A"), certain());
}

#[test]
fn a_duty_on_a_resource_goes_with_that_resource() {
    assert_eq!(held(&with(allow(&["use"]), deny(&["other"])), "R"), certain());
    assert_eq!(held(&with(allow(&["use"]), on(deny(&["use"]), &["key/*"])), "R"), None, "all that the duty wants");
    assert_eq!(held(&with(allow(&["use"]), on(deny(&["use"]), &["key/1"])), "R"), certain());
    assert_eq!(held(&with(on(allow(&["use"]), &["key/1"]), deny(&["x"])), "R"), None, "one key is not every key");
}

#[test]
fn a_condition_on_a_deny_leaves_the_duty_as_uncertain_as_it_is() {
    let conditional = |constrains| with(allow(&["a"]), when(deny(&["a"]), &[("k", constrains)]));
    assert_eq!(held(&conditional(Yes), "A"), under(Certainty::Conditional, &["k"]));
    assert_eq!(held(&conditional(Unknown), "A"), under(Certainty::Unknown, &["k"]));
    assert_eq!(held(&conditional(No), "A"), None);
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]);
    world.permit("account:erp/a", "erp", vec![deny(&["a"])]).conditions = vec![condition("way", Yes)];
    assert_eq!(held(&world, "A"), under(Certainty::Conditional, &["way"]), "the way to the deny counts like its own");
    world.permit("account:erp/a", "erp", vec![when(deny(&["a"]), &[("k", Unknown)])]);
    assert_eq!(held(&world, "A"), under(Certainty::Conditional, &["k", "way"]));
}

#[test]
fn a_deny_takes_only_for_the_time_that_it_counts() {
    let timed = |allowed, denied| {
        let mut world = world();
        world.permit("account:erp/a", "erp", vec![allow(&["a"])]).validity = allowed;
        world.permit("account:erp/a", "erp", vec![deny(&["a"])]).validity = denied;
        held(&world, "A")
    };
    assert_eq!(timed(between(None, None), between(None, NOW + 1)), certain(), "held again afterwards");
    assert_eq!(timed(between(None, None), between(NOW + 1, None)), certain(), "held until then");
    assert_eq!(timed(between(None, None), between(NOW, None)), None, "denied from now on");
    assert_eq!(timed(between(None, None), between(0, None)), None, "what is past does not matter");
    assert_eq!(timed(between(NOW + 5, NOW + 9), between(NOW + 5, NOW + 9)), None);
    assert_eq!(timed(between(NOW + 5, NOW + 9), between(NOW + 5, NOW + 8)), certain());
    assert_eq!(timed(between(NOW + 5, NOW + 9), between(NOW + 6, NOW + 9)), certain());
}

#[test]
fn a_deny_takes_only_where_it_counts() {
    let scoped = |allowed: &[(&str, &str)], denied: &[(&str, &str)], own: &[(&str, &str)]| {
        let mut world = world();
        world.permit("account:erp/a", "erp", vec![allow(&["a"])]).scope = scope(allowed);
        let mut statement = deny(&["a"]);
        statement.scope = scope(own);
        world.permit("account:erp/a", "erp", vec![statement]).scope = scope(denied);
        held(&world, "A")
    };
    assert_eq!(scoped(&[("e", "1")], &[("e", "1|2")], &[]), None);
    assert_eq!(scoped(&[("e", "1|2")], &[("e", "1")], &[]), certain());
    assert_eq!(scoped(&[], &[("e", "1")], &[]), certain(), "an unknown scope is all");
    assert_eq!(scoped(&[("e", "1")], &[], &[("e", "1")]), None);
    assert_eq!(scoped(&[("e", "1|2")], &[], &[("e", "1")]), certain());
}

#[test]
fn a_deny_counts_for_the_account_that_it_reaches() {
    let mut same = world();
    same.permit("account:erp/a", "erp", vec![allow(&["a"])]);
    same.role("erp/inner", vec![deny(&["a"])]);
    same.role("erp/outer", Vec::new()).includes = vec![include("erp/inner")];
    let mut other = same.clone();
    let mut group = same.clone();
    let mut direct = same.clone();
    let mut other_system = same.clone();
    same.grant("account:erp/a", "erp/outer");
    assert_eq!(held(&same, "A"), None, "a role inside another role of the account");
    other.grant("account:erp/b", "erp/outer");
    assert_eq!(held(&other, "A"), certain(), "another account's deny");
    group.member("account:erp/a", "erp/g");
    group.grant("group:erp/g", "erp/outer");
    assert_eq!(held(&group, "A"), None, "a group of the account");
    direct.grant("person:p", "erp/outer");
    assert_eq!(held(&direct, "A"), None, "what a person is denied is denied to all the person's accounts");
    other_system.permit("account:erp/a", "other", vec![deny(&["*"])]);
    assert_eq!(held(&other_system, "A"), certain(), "another system's deny");
}

#[test]
fn an_account_that_is_acted_as_is_denied_by_itself() {
    let mut world = world();
    world.acts_as("account:erp/a", "erp/robot");
    world.permit("account:erp/robot", "erp", vec![allow(&["a"])]);
    world.permit("account:erp/a", "erp", vec![deny(&["a"])]);
    assert_eq!(held(&world, "A"), certain(), "what one's own account is denied does not follow into another");
    world.permit("account:erp/robot", "erp", vec![deny(&["a"])]);
    assert_eq!(held(&world, "A"), None);
}

#[test]
fn a_deny_takes_one_part_of_a_duty_that_needs_several() {
    assert_eq!(held(&with(allow(&["j1", "j2"]), deny(&["x"])), "J"), certain());
    assert_eq!(held(&with(allow(&["j1", "j2"]), deny(&["j2"])), "J"), None);
    let conditional = with(allow(&["j1", "j2"]), when(deny(&["j2"]), &[("k", Yes)]));
    assert_eq!(held(&conditional, "J"), under(Certainty::Conditional, &["k"]));
}

#[test]
fn a_guardrail_denies_everyone_in_its_system_and_grants_nothing() {
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]);
    world.role("erp/rail", vec![deny(&["a"]), allow(&["use"])]).kind = RoleKind::Guardrail;
    assert_eq!(held(&world, "A"), None);
    assert_eq!(held(&world, "R"), None);
    world.facts.roles[0].statements[0].conditions = vec![condition("k", Unknown)];
    assert_eq!(held(&world, "A"), under(Certainty::Unknown, &["k"]));
    world.facts.roles[0].id = native("other/rail");
    assert_eq!(held(&world, "A"), certain());
}

#[test]
fn a_guardrail_reaches_what_another_systems_role_brings_in() {
    let mut world = world();
    world.system("erp", "erp");
    world.system("portal", "portal");
    world.role("erp/inner", vec![allow(&["a"])]);
    world.role("portal/outer", Vec::new()).includes = vec![include("erp/inner")];
    world.grant("account:erp/a", "portal/outer");
    assert_eq!(held(&world, "A"), certain());
    world.role("erp/rail", vec![deny(&["a"])]).kind = RoleKind::Guardrail;
    assert_eq!(held(&world, "A"), None);
}

/// The duty A of an account under a boundary.
fn bounded(statements: Vec<crate::facts::Statement>) -> Option<(Certainty, Vec<String>)> {
    let mut world = world();
    world.role("erp/fence", statements);
    world.facts.accounts[0].boundary = Some((native("erp/fence"), origin()));
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]);
    held(&world, "A")
}

#[test]
fn a_boundary_lets_through_what_it_allows() {
    assert_eq!(bounded(vec![allow(&["a"])]), certain());
    assert_eq!(bounded(vec![allow(&["b"])]), None);
    assert_eq!(bounded(Vec::new()), None);
    assert_eq!(bounded(vec![except(allow(&["b"]))]), certain());
    assert_eq!(bounded(vec![except(allow(&["a"]))]), None);
    assert_eq!(bounded(vec![allow(&["*"]), deny(&["a"])]), None);
    assert_eq!(bounded(vec![allow(&["*"]), deny(&["b"])]), certain());
    assert_eq!(bounded(vec![allow(&["*"]), on(deny(&["a"]), &["x"])]), certain());
}

#[test]
fn conditions_of_a_boundary_are_conditions_of_the_duty() {
    let mfa = |statement| when(statement, &[("mfa", Yes)]);
    let tag = |statement| when(statement, &[("tag", Unknown)]);
    assert_eq!(bounded(vec![mfa(allow(&["a"]))]), under(Certainty::Conditional, &["mfa"]));
    assert_eq!(bounded(vec![mfa(allow(&["a"])), tag(allow(&["*"]))]), under(Certainty::Unknown, &["tag"]));
    assert_eq!(bounded(vec![mfa(allow(&["a"])), allow(&["*"])]), certain());
    assert_eq!(bounded(vec![allow(&["*"]), mfa(deny(&["a"]))]), under(Certainty::Conditional, &["mfa"]));
    assert_eq!(bounded(vec![allow(&["*"]), tag(deny(&["a"]))]), under(Certainty::Unknown, &["tag"]));
    assert_eq!(bounded(vec![allow(&["*"]), mfa(deny(&["b"]))]), certain());
}

#[test]
fn a_boundary_limits_its_account_by_whatever_way_and_no_other() {
    let mut world = world();
    world.role("erp/fence", vec![allow(&["b"])]);
    world.facts.accounts[0].boundary = Some((native("erp/fence"), origin()));
    world.member("account:erp/a", "erp/g");
    world.permit("group:erp/g", "erp", vec![allow(&["a"])]);
    assert_eq!(held(&world, "A"), None, "by a group");
    world.permit("account:erp/b", "erp", vec![allow(&["a"])]);
    assert_eq!(held(&world, "A"), certain(), "the other account has none");
}
