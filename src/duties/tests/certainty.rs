//! How certainly a duty is held: the weakest part of a path decides it, and the strongest path wins.

use proptest::prelude::*;

use super::{Judged, catalogue, met};
use crate::access::fixture::{World, allow, between, condition, scope, when};
use crate::duties::{Catalogue, Certainty, HeldDuty, Holdings};
use crate::facts::Constrains::{self, No, Unknown, Yes};
use crate::facts::Native;

fn two() -> Catalogue {
    catalogue(
        "  duties:
    A: {title: a, process: X, bindings: {erp: {origin: t, any: [a]}}}
    B: {title: b, process: X, bindings: {erp: {origin: t, any: [b]}}}
  conflicts:
    AB: {title: ab, duties: [A, B], severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
",
    )
}

fn duty<'h>(holdings: &'h Holdings, catalogue: &Catalogue, id: &str) -> Option<&'h HeldDuty> {
    let idx = catalogue.find_duty(id).unwrap();
    holdings.duties.iter().find(|held| held.duty == idx)
}

fn keys(judged: &Judged<'_>, held: &HeldDuty) -> Vec<String> {
    let ids = &held.supports[0].conditions;
    ids.iter().map(|id| judged.graph.condition(*id).unwrap().key.to_string()).collect()
}

fn expected(all: &[Constrains]) -> Certainty {
    if all.contains(&Yes) {
        Certainty::Conditional
    } else if all.contains(&Unknown) {
        Certainty::Unknown
    } else {
        Certainty::Certain
    }
}

const CHOICES: [Constrains; 3] = [No, Unknown, Yes];

proptest! {
    #[test]
    fn the_weakest_condition_of_a_path_decides_and_the_strongest_path_wins(
        paths in proptest::collection::vec(
            (0..3usize, 0..3usize, 0..3usize), 1..4,
        ),
    ) {
        let catalogue = two();
        let mut world = World::default();
        world.person("p", &["erp/a"]);
        let mut best = Certainty::Conditional;
        for (number, (trust, grant, statement)) in paths.iter().enumerate() {
            let [trust, grant, statement] = [trust, grant, statement].map(|choice| CHOICES[*choice]);
            let target = format!("erp/t{number}");
            world.acts_as("account:erp/a", &target).conditions = vec![condition("trust", trust)];
            world.permit(&format!("account:{target}"), "erp", vec![when(allow(&["a"]), &[("statement", statement)])])
                .conditions = vec![condition("grant", grant)];
            best = best.max(expected(&[trust, grant, statement]));
        }
        let judged = Judged::new(&world, &catalogue);
        let holdings = judged.of("person:p");
        prop_assert_eq!(duty(&holdings, &catalogue, "A").unwrap().supports[0].certainty, best);
    }
}

#[test]
fn everything_that_narrows_on_the_path_is_named() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    world.acts_as("account:erp/a", "erp/t").conditions = vec![condition("trust", Yes), condition("tls", No)];
    world.permit("account:erp/t", "erp", vec![when(allow(&["a"]), &[("statement", Unknown)])]).conditions =
        vec![condition("grant", Yes), condition("trust", Yes)];
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let mut found = keys(&judged, duty(&holdings, &catalogue, "A").unwrap());
    found.sort();
    assert_eq!(found, ["grant", "statement", "trust"]);
}

#[test]
fn a_conflict_is_as_certain_as_its_weakest_leg_and_shows_its_strongest_meeting_first() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]).scope = scope(&[("entity", "1|2")]);
    let conditional = when(allow(&["b"]), &[("mfa", Yes)]);
    world.permit("account:erp/a", "erp", vec![conditional]).scope = scope(&[("entity", "1")]);
    let unknown = when(allow(&["b"]), &[("tag", Unknown)]);
    world.permit("account:erp/a", "erp", vec![unknown]).scope = scope(&[("entity", "2")]);
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let meetings = &met(&holdings, &catalogue, "AB").unwrap().meetings;
    let told: Vec<_> = meetings.iter().map(|meeting| (meeting.certainty, meeting.on.clone())).collect();
    assert_eq!(
        told,
        [(Certainty::Unknown, scope(&[("entity", "2")])), (Certainty::Conditional, scope(&[("entity", "1")]))]
    );
}

#[test]
fn only_the_widest_supports_are_kept() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a", "erp/b"]);
    world.role("erp/r", vec![allow(&["a"])]);
    world.grant("account:erp/a", "erp/r").scope = scope(&[("entity", "1")]);
    world.grant("account:erp/a", "erp/r").scope = scope(&[("entity", "1|2")]);
    world.grant("account:erp/a", "erp/r").scope = scope(&[("entity", "3")]);
    let shorter = world.grant("account:erp/a", "erp/r");
    shorter.scope = scope(&[("entity", "3")]);
    shorter.validity = between(None, 500);
    let weaker = world.grant("account:erp/a", "erp/r");
    weaker.scope = scope(&[("entity", "1")]);
    weaker.conditions = vec![condition("mfa", Yes)];
    // The same by another account, and by another role: other stories.
    world.grant("account:erp/b", "erp/r").scope = scope(&[("entity", "1")]);
    world.role("erp/s", vec![allow(&["a"])]);
    world.grant("account:erp/a", "erp/s").scope = scope(&[("entity", "1")]);
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let mut told: Vec<(String, String)> = duty(&holdings, &catalogue, "A")
        .unwrap()
        .supports
        .iter()
        .map(|support| {
            let held = &holdings.held[support.held as usize];
            let account = judged.graph.node(held.account.unwrap()).unwrap().holder.to_string();
            let role = judged.graph.container(held.container).unwrap().role.clone().unwrap_or(Native::new("", ""));
            (format!("{account} {}", role.name), support.scope.to_string())
        })
        .collect();
    told.sort();
    let told: Vec<(&str, &str)> = told.iter().map(|(who, on)| (who.as_str(), on.as_str())).collect();
    assert_eq!(
        told,
        [
            ("account:erp/a r", "entity 1 and 2, system erp"),
            ("account:erp/a r", "entity 3, system erp"),
            ("account:erp/a s", "entity 1, system erp"),
            ("account:erp/b r", "entity 1, system erp"),
        ]
    );
}

#[test]
fn however_many_scopes_there_are_none_is_lost() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    world.role("erp/r", vec![allow(&["a"])]);
    for entity in 0..60 {
        world.grant("account:erp/a", "erp/r").scope = scope(&[("entity", &format!("E{entity}"))]);
    }
    for entity in [3, 29, 59] {
        world.permit("account:erp/a", "erp", vec![allow(&["b"])]).scope = scope(&[("entity", &format!("E{entity}"))]);
    }
    world.permit("account:erp/a", "erp", vec![allow(&["b"])]).scope = scope(&[("entity", "elsewhere")]);
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let mut on: Vec<String> =
        met(&holdings, &catalogue, "AB").unwrap().meetings.iter().map(|meeting| meeting.on.to_string()).collect();
    on.sort();
    assert_eq!(on, ["entity E29", "entity E3", "entity E59"]);
}

#[test]
fn of_too_many_supports_the_certain_ones_stay_certain() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    for entity in 0..60 {
        let grant = world.permit("account:erp/a", "erp", vec![allow(&["a"])]);
        grant.scope = scope(&[("entity", &format!("E{entity}"))]);
        grant.conditions = if entity < 50 { vec![condition("mfa", Yes)] } else { Vec::new() };
        grant.validity = between(None, 200 + i64::from(entity));
    }
    world.permit("account:erp/a", "erp", vec![allow(&["b"])]).scope = scope(&[("entity", "E59")]);
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let first = &met(&holdings, &catalogue, "AB").unwrap().meetings[0];
    assert_eq!((first.certainty, first.on.clone()), (Certainty::Certain, scope(&[("entity", "E59")])));
    assert_eq!(first.validity.until, Some(259));
}

#[test]
fn however_many_meetings_there_are_their_extent_is_whole() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    for entity in 0..40 {
        let here = scope(&[("entity", &format!("E{entity}"))]);
        world.permit("account:erp/a", "erp", vec![allow(&["a", "b"])]).scope = here;
    }
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let meetings = &met(&holdings, &catalogue, "AB").unwrap().meetings;
    assert!(meetings.len() <= 40, "one a grant at most");
    for entity in 0..40 {
        let here = scope(&[("entity", &format!("E{entity}"))]);
        assert!(meetings.iter().any(|meeting| meeting.on.covers(&here)), "E{entity}");
    }
    assert!(meetings.iter().all(|meeting| !meeting.on.covers(&scope(&[("entity", "elsewhere")]))));
}

#[test]
fn of_too_many_meetings_a_certain_one_stays_certain() {
    let catalogue = two();
    let mut world = World::default();
    world.person("p", &["erp/a"]);
    for entity in 0..20 {
        let here = scope(&[("entity", &format!("E{entity}"))]);
        world.permit("account:erp/a", "erp", vec![allow(&["b"])]).scope = here.clone();
        let grant = world.permit("account:erp/a", "erp", vec![allow(&["a"])]);
        grant.scope = here;
        grant.conditions = if entity < 19 { vec![condition("mfa", Yes)] } else { Vec::new() };
    }
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let first = &met(&holdings, &catalogue, "AB").unwrap().meetings[0];
    assert_eq!(first.certainty, Certainty::Certain);
    assert!(first.on.covers(&scope(&[("entity", "E19")])));
}
