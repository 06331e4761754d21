//! Which duties meet: parts of a duty, what duties bring along, sets, and what folds under a privileged duty.

use std::collections::BTreeSet;

use super::{BUILT_IN, Judged, NOW, catalogue, met};
use crate::access::fixture::{World, allow, between, condition, except, include, on, scope, when};
use crate::duties::{Apart, Catalogue, Certainty, Holdings};
use crate::facts::Constrains::Yes;
use crate::facts::{Level, Statement, Validity};
use crate::rules::ConflictKind;

fn sample() -> Catalogue {
    catalogue(
        "  duties:
    A: {title: a, process: X, bindings: {erp: {origin: t, any: [a]}}}
    B: {title: b, process: X, bindings: {erp: {origin: t, any: [b]}, crm: {origin: t, any: [b]}}}
    C: {title: c, process: X, bindings: {erp: {origin: t, any: [c]}}}
    D: {title: d, process: X, bindings: {erp: {origin: t, any: [d]}}}
    E: {title: e, process: X, bindings: {erp: {origin: t, any: [{permission: e, level: edit}]}}}
    V: {title: v, process: X, bindings: {erp: {origin: t, any: [{permission: v, level: view}]}}}
    J: {title: j, process: X, bindings: {erp: {origin: t, any: [{all: [j1, {any: [j2, j3]}]}]}}}
    ANY: {title: any, process: X, any_duty: [C, D]}
    WIDE: {title: w, process: X, privileged: true, severity: high, includes: [MID],
      bindings: {erp: {origin: t, any: [wide]}, crm: {origin: t, any: [wide]}}}
    PLAIN: {title: p, process: X, includes: [A, B], bindings: {erp: {origin: t, any: [plain]}}}
    MID: {title: m, process: X, privileged: true, severity: high, includes: [A, B], bindings: {erp: {origin: t, any: [mid]}}}
  conflicts:
    A-B: {title: t, duties: [A, B], severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
    A-ANY: {title: t, duties: [A, ANY], severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
    A-J: {title: t, duties: [A, J], severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
    DYN: {title: t, duties: [A, C], severity: high, scope: {dimension: entity}, kind: dynamic, risk: r, owner: o}
    TWO: {title: t, duties: [B, C, D], severity: high, scope: {dimension: entity}, kind: static, at_least: 2,
      risk: r, owner: o}
    APART: {title: t, duties: [C, D, E], severity: high, scope: {dimensions: [entity, plant]}, kind: static,
      at_least: 2, accounts: distinct, risk: r, owner: o}
",
    )
}

fn world() -> World {
    let mut world = World::default();
    world.person("p", &["erp/a", "erp/b", "crm/c"]);
    world
}

fn held(holdings: &Holdings, catalogue: &Catalogue) -> Vec<String> {
    holdings.duties.iter().map(|held| catalogue.duty(held.duty).unwrap().id.to_string()).collect()
}

fn conflicts(holdings: &Holdings, catalogue: &Catalogue) -> Vec<String> {
    holdings.conflicts.iter().map(|met| catalogue.conflict(met.conflict).unwrap().id.to_string()).collect()
}

/// The duties of one person with these statements in one account.
fn duties(statements: Vec<Statement>) -> Vec<String> {
    let catalogue = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", statements);
    held(&Judged::new(&world, &catalogue).of("person:p"), &catalogue)
}

fn level(level: Level, statement: Statement) -> Statement {
    Statement { level: Some(level), ..statement }
}

#[test]
fn a_permission_confers_from_its_level_on() {
    use Level::{Create, Edit, Full, View};
    for (given, expected) in [(View, false), (Create, true), (Edit, true), (Full, true)] {
        assert_eq!(duties(vec![level(given, allow(&["a"]))]) == ["A"], expected, "{given:?}");
    }
    for (given, expected) in [(View, false), (Create, false), (Edit, true), (Full, true)] {
        assert_eq!(duties(vec![level(given, allow(&["e"]))]) == ["E"], expected, "{given:?}");
    }
    assert_eq!(duties(vec![level(View, allow(&["v"]))]), ["V"]);
    assert_eq!(duties(vec![allow(&["e"])]), ["E"], "a system without levels gives all of it");
}

#[test]
fn all_but_some_actions_confers_the_rest() {
    assert_eq!(
        duties(vec![except(allow(&["A", "b*", "wide", "mid", "plain", "j1", "v"]))]),
        ["ANY", "C", "D", "E"],
        "names compare without case"
    );
    assert_eq!(duties(vec![except(allow(&["*"]))]), Vec::<String>::new());
    assert_eq!(duties(vec![allow(&["J?"])]), ["J"]);
}

#[test]
fn parts_of_a_duty_may_come_by_two_roles_that_meet() {
    let catalogue = sample();
    let parts = |first: &[(&str, &str)], second: &[(&str, &str)], times: [Validity; 2]| {
        let mut world = world();
        let one = world.permit("account:erp/a", "erp", vec![allow(&["j1"])]);
        (one.scope, one.validity) = (scope(first), times[0]);
        let other = world.permit("account:erp/a", "erp", vec![allow(&["j3"])]);
        (other.scope, other.validity) = (scope(second), times[1]);
        let holdings = Judged::new(&world, &catalogue).of("person:p");
        let support = holdings.duties.first().map(|held| held.supports[0].clone());
        support.map(|support| (support.scope.to_string(), support.validity))
    };
    let always = [Validity::default(); 2];
    let on = |text: &str| Some((text.to_owned(), Validity::default()));
    assert_eq!(parts(&[("entity", "1|2")], &[("entity", "2|3")], always), on("entity 2, system erp"));
    assert_eq!(parts(&[("entity", "1")], &[("entity", "2")], always), None);
    assert_eq!(parts(&[("entity", "1")], &[], always), on("entity 1, system erp"));
    assert_eq!(
        parts(&[], &[], [between(None, 300), between(200, None)]),
        Some(("system erp".to_owned(), between(200, 300)))
    );
    assert_eq!(parts(&[], &[], [between(None, 300), between(300, None)]), None);
    assert_eq!(duties(vec![allow(&["j2", "j3"])]), Vec::<String>::new(), "one part twice is not both");
}

#[test]
fn a_leg_of_several_permissions_is_as_far_apart_as_they_are() {
    let catalogue = sample();
    let apart = |world: &World| {
        let holdings = Judged::new(world, &catalogue).of("person:p");
        met(&holdings, &catalogue, "A-J").unwrap().meetings[0].apart
    };
    let mut one = world();
    one.role("erp/r", vec![allow(&["a"]), allow(&["j1"]), allow(&["j2"])]);
    one.grant("account:erp/a", "erp/r");
    assert_eq!(apart(&one), Apart::Intrinsic, "one role gives every part of both legs");
    let mut two = world();
    two.role("erp/r", vec![allow(&["a"]), allow(&["j1"])]);
    two.role("erp/s", vec![allow(&["j2"])]);
    two.grant("account:erp/a", "erp/r");
    let mut three = two.clone();
    two.grant("account:erp/a", "erp/s");
    assert_eq!(apart(&two), Apart::Combined);
    three.grant("account:erp/b", "erp/s");
    assert_eq!(apart(&three), Apart::CrossAccount, "the second part of the leg is in another account");
}

#[test]
fn the_nearest_meeting_comes_first_and_hides_farther_ones_on_the_same() {
    let catalogue = sample();
    let mut world = world();
    world.role("erp/both", vec![allow(&["a", "b"])]);
    world.role("erp/b", vec![allow(&["b"])]);
    world.grant("account:erp/a", "erp/both").scope = scope(&[("entity", "1")]);
    world.grant("account:erp/b", "erp/b").scope = scope(&[("entity", "1")]);
    let apart = |world: &World| -> Vec<Apart> {
        let holdings = Judged::new(world, &catalogue).of("person:p");
        met(&holdings, &catalogue, "A-B").unwrap().meetings.iter().map(|meeting| meeting.apart).collect()
    };
    assert_eq!(apart(&world), [Apart::Intrinsic]);
    world.facts.grants[0].validity = between(None, 500);
    assert_eq!(apart(&world), [Apart::Intrinsic], "the other meets no longer than the role does");
    world.grant("account:erp/a", "erp/b").scope = scope(&[("entity", "1")]);
    world.permit("account:erp/b", "erp", vec![allow(&["a"])]).scope = scope(&[("entity", "1")]);
    assert_eq!(apart(&world), [Apart::Intrinsic, Apart::Combined], "and beyond the end of the role they meet apart");
}

#[test]
fn duties_are_included_only_where_their_system_could_confer_them() {
    let catalogue = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["wide"])]);
    let judged = Judged::new(&world, &catalogue);
    assert_eq!(held(&judged.of("person:p"), &catalogue), ["A", "B", "MID", "WIDE"], "through any number of steps");
    let mut world = self::world();
    world.permit("account:crm/c", "crm", vec![allow(&["wide"])]);
    let judged = Judged::new(&world, &catalogue);
    assert_eq!(held(&judged.of("person:p"), &catalogue), ["B", "WIDE"], "a CRM binds neither A nor MID");
}

#[test]
fn what_brings_a_duty_is_named_and_its_own_permission_is_preferred() {
    let catalogue = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["mid"])]);
    let of = |world: &World, id: &str| {
        let holdings = Judged::new(world, &catalogue).of("person:p");
        let idx = catalogue.find_duty(id).unwrap();
        let held = holdings.duties.iter().find(|held| held.duty == idx).unwrap();
        held.supports.iter().map(|s| s.via.map(|via| catalogue.duty(via).unwrap().id.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(of(&world, "A"), [Some("MID".to_owned())]);
    world.facts.grants[0].what = crate::facts::Granted::Statements(vec![allow(&["mid", "a"])]);
    assert_eq!(of(&world, "A"), [None]);
    world.facts.grants[0].what = crate::facts::Granted::Statements(vec![allow(&["c"])]);
    assert_eq!(of(&world, "ANY"), [Some("C".to_owned())]);
}

#[test]
fn a_duty_that_others_confer_meets_like_them() {
    let catalogue = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]).scope = scope(&[("entity", "1")]);
    world.permit("account:erp/a", "erp", vec![allow(&["d"])]).scope = scope(&[("entity", "2")]);
    assert_eq!(conflicts(&Judged::new(&world, &catalogue).of("person:p"), &catalogue), Vec::<String>::new());
    world.facts.grants[1].scope = scope(&[("entity", "1")]);
    assert_eq!(conflicts(&Judged::new(&world, &catalogue).of("person:p"), &catalogue), ["A-ANY"]);
}

/// Under what the conflict of A and B folds, meeting by meeting.
fn folds(world: &World) -> Vec<Option<String>> {
    let catalogue = sample();
    let holdings = Judged::new(world, &catalogue).of("person:p");
    let Some(met) = met(&holdings, &catalogue, "A-B") else { return Vec::new() };
    let under = |meeting: &crate::duties::Meeting| meeting.under.map(|u| catalogue.duty(u).unwrap().id.to_string());
    met.meetings.iter().map(under).collect()
}

fn wide() -> Option<String> {
    Some("WIDE".to_owned())
}

#[test]
fn conflicts_fold_under_the_widest_privileged_duty_that_gives_all_legs() {
    let mut world = world();
    world.role("erp/r", vec![allow(&["wide"])]);
    world.grant("account:erp/a", "erp/r");
    assert_eq!(folds(&world), [wide()]);
    let mut more = world.clone();
    more.facts.roles[0].statements.push(allow(&["mid", "a", "b"]));
    assert_eq!(folds(&more), [wide()], "and what the same grant gives besides");
    let mut only_mid = world.clone();
    only_mid.facts.roles[0].statements = vec![allow(&["mid"])];
    assert_eq!(folds(&only_mid), [Some("MID".to_owned())]);
    let mut twice = world.clone();
    twice.role("erp/s", vec![allow(&["*"])]);
    twice.grant("account:erp/a", "erp/s");
    twice.grant("account:erp/b", "erp/s");
    assert!(!folds(&twice).is_empty() && folds(&twice).iter().all(|under| *under == wide()), "{:?}", folds(&twice));
}

#[test]
fn a_leg_by_another_grant_of_the_same_system_adds_nothing_to_a_wide_duty() {
    // Whoever holds the wide duty on entity 1 meets the conflict there alone; the ordinary grant makes no other one.
    let mut world = world();
    world.role("erp/r", vec![allow(&["wide"])]);
    world.role("erp/b", vec![allow(&["b"])]);
    world.grant("account:erp/a", "erp/r").scope = scope(&[("entity", "1")]);
    world.grant("account:erp/b", "erp/b").scope = scope(&[("entity", "1")]);
    let found = folds(&world);
    assert!(!found.is_empty() && found.iter().all(|under| *under == wide()), "{found:?}");
    // Both legs without the wide duty are a conflict of their own.
    world.role("erp/a", vec![allow(&["a"])]);
    world.grant("account:erp/a", "erp/a").scope = scope(&[("entity", "1")]);
    assert_eq!(folds(&world)[0], None, "what does not fold comes first");
}

#[test]
fn nothing_folds_under_a_privileged_duty_that_says_less() {
    // The same role gives both duties without doubt, and all of the system only with a second factor.
    let mut uncertain = world();
    uncertain.role("erp/r", vec![when(allow(&["wide"]), &[("mfa", Yes)]), allow(&["a", "b"])]);
    uncertain.grant("account:erp/a", "erp/r");
    assert_eq!(folds(&uncertain)[0], None);
    let mut elsewhere = world();
    let narrow = |statement: Statement, entity: &str| Statement { scope: scope(&[("entity", entity)]), ..statement };
    elsewhere.role("erp/r", vec![narrow(allow(&["wide"]), "1"), narrow(allow(&["a", "b"]), "2")]);
    elsewhere.grant("account:erp/a", "erp/r");
    let mut found = folds(&elsewhere);
    found.sort();
    assert_eq!(found, [None, wide()], "on entity 2 without, on entity 1 under it");
}

#[test]
fn nothing_folds_under_a_duty_that_needs_no_approval() {
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["plain"])]);
    assert_eq!(folds(&world), [None]);
}

#[test]
fn of_too_many_meetings_one_that_does_not_fold_stays_visible() {
    let mut world = world();
    for entity in 0..20 {
        let statements = if entity < 19 { vec![allow(&["wide", "a", "b"])] } else { vec![allow(&["a", "b"])] };
        world.permit("account:erp/a", "erp", statements).scope = scope(&[("entity", &format!("E{entity}"))]);
    }
    assert_eq!(folds(&world)[0], None);
}

#[test]
fn words_for_how_far_apart_are_those_of_the_machine_format() {
    for apart in [Apart::Intrinsic, Apart::Combined, Apart::CrossAccount] {
        assert_eq!(serde_json::to_value(apart).unwrap(), apart.as_str());
    }
    for certainty in [Certainty::Certain, Certainty::Conditional, Certainty::Unknown] {
        assert_eq!(serde_json::to_value(certainty).unwrap(), certainty.as_str());
    }
}

#[test]
fn across_systems_nothing_folds() {
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["mid"])]).scope = scope(&[("entity", "1")]);
    world.permit("account:crm/c", "crm", vec![allow(&["wide"])]).scope = scope(&[("entity", "1")]);
    let catalogue = sample();
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    let found: Vec<(usize, bool)> = holdings
        .conflicts
        .iter()
        .map(|met| (met.systems.len(), met.meetings.iter().all(|meeting| meeting.under.is_none())))
        .collect();
    assert_eq!(found, [(1, false), (2, true)]);
}

#[test]
fn conflicts_in_several_systems_are_told_by_systems() {
    let catalogue = sample();
    let mut world = world();
    for (account, system) in [("account:erp/a", "erp"), ("account:crm/c", "crm")] {
        world.permit(account, system, vec![allow(&["a", "b"])]).scope = scope(&[("entity", "1")]);
    }
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let systems: Vec<Vec<&str>> = holdings
        .conflicts
        .iter()
        .map(|met| met.systems.iter().map(|idx| &*judged.graph.systems.get(*idx).unwrap().id).collect())
        .collect();
    assert_eq!(systems, [vec!["erp"], vec!["erp", "crm"]]);
}

#[test]
fn dynamic_conflicts_never_arise_from_access() {
    let sample = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["a", "c"])]);
    assert_eq!(conflicts(&Judged::new(&world, &sample).of("person:p"), &sample), ["A-ANY"]);

    let catalogue = &BUILT_IN.1;
    let kinds: BTreeSet<&str> =
        catalogue.duties().flat_map(|(_, duty)| duty.kinds.iter().map(|kind| &**kind)).collect();
    let mut world = World::default();
    for kind in kinds {
        world.permit("person:p", kind, vec![allow(&["*"])]);
    }
    let holdings = Judged::new(&world, catalogue).of("person:p");
    let (found, dynamic): (BTreeSet<_>, BTreeSet<_>) = (
        holdings.conflicts.iter().map(|met| met.conflict).collect(),
        catalogue.conflicts().filter(|(_, c)| c.kind == ConflictKind::Dynamic).map(|(idx, _)| idx).collect(),
    );
    assert_eq!(dynamic.len(), 9);
    assert!(found.is_disjoint(&dynamic));
    assert!(found.len() > 80, "whoever holds everything has {} conflicts", found.len());
}

#[test]
fn any_two_of_a_set_suffice_when_two_are_asked_for() {
    let catalogue = sample();
    for (given, expected) in [
        (vec!["b"], vec![]),
        (vec!["b", "c"], vec!["TWO"]),
        (vec!["b", "d"], vec!["TWO"]),
        (vec!["c", "d"], vec!["TWO"]),
        (vec!["b", "c", "d"], vec!["TWO"]),
    ] {
        let mut world = world();
        world.permit("account:erp/a", "erp", vec![allow(&given)]);
        assert_eq!(conflicts(&Judged::new(&world, &catalogue).of("person:p"), &catalogue), expected, "{given:?}");
    }
    let mut world = world();
    for (action, entity) in [("b", "1"), ("c", "2"), ("d", "2|3")] {
        world.permit("account:erp/a", "erp", vec![allow(&[action])]).scope = scope(&[("entity", entity)]);
    }
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let meetings = &met(&holdings, &catalogue, "TWO").unwrap().meetings;
    assert_eq!(meetings.len(), 1);
    assert_eq!((meetings[0].on.clone(), meetings[0].legs.len()), (scope(&[("entity", "2")]), 2));
}

/// An account, an action there, and on what.
type Given<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

#[test]
fn distinct_accounts_are_two_that_meet_on_every_dimension() {
    let catalogue = sample();
    let here = [("entity", "1"), ("plant", "1")];
    let run = |grants: &[Given<'_>]| {
        let mut world = world();
        for (account, action, on) in grants {
            world.permit(account, "erp", vec![allow(&[action])]).scope = scope(on);
        }
        let holdings = Judged::new(&world, &catalogue).of("person:p");
        met(&holdings, &catalogue, "APART").map(|met| met.meetings[0].apart)
    };
    let (a, b) = ("account:erp/a", "account:erp/b");
    assert_eq!(run(&[(a, "c", &here), (a, "d", &here), (a, "e", &here)]), None, "all in one account");
    assert_eq!(run(&[(a, "c", &here), (b, "d", &here)]), Some(Apart::CrossAccount));
    assert_eq!(run(&[(a, "c", &here), (b, "c", &here)]), None, "one duty twice");
    assert_eq!(run(&[(a, "c", &here), (b, "e", &[("entity", "1"), ("plant", "2")])]), None);
    assert_eq!(run(&[(a, "c", &here), (b, "e", &[("entity", "2"), ("plant", "1")])]), None);
    assert_eq!(run(&[(a, "c", &here), (b, "e", &[("plant", "1")])]), Some(Apart::CrossAccount));
}

#[test]
fn a_meeting_ends_with_its_first_leg_and_the_past_does_not_meet() {
    let catalogue = sample();
    let mut world = world();
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]).validity = between(NOW - 50, NOW + 50);
    world.permit("account:erp/a", "erp", vec![allow(&["b"])]).validity = between(NOW + 10, NOW + 90);
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    assert_eq!(met(&holdings, &catalogue, "A-B").unwrap().meetings[0].validity, between(NOW + 10, NOW + 50));
}

#[test]
fn the_scope_of_a_statement_narrows_its_grant() {
    let catalogue = sample();
    let meet = |first: &str, second: &str, grant: &str| {
        let narrow = |action: &str, entity: &str| Statement { scope: scope(&[("entity", entity)]), ..allow(&[action]) };
        let mut world = world();
        let statements = vec![narrow("a", first), narrow("b", second)];
        world.permit("account:erp/a", "erp", statements).scope = scope(&[("entity", grant)]);
        let holdings = Judged::new(&world, &catalogue).of("person:p");
        met(&holdings, &catalogue, "A-B").map(|met| met.meetings[0].on.to_string())
    };
    assert_eq!(meet("1", "1", "*").as_deref(), Some("entity 1"));
    assert_eq!(meet("1", "2", "*"), None);
    assert_eq!(meet("1|2", "1|2", "2|3").as_deref(), Some("entity 2"));
    assert_eq!(meet("1", "1", "2"), None);
    assert_eq!(meet("x/*", "x/y", "*").as_deref(), Some("entity x/y"));
}

#[test]
fn what_a_role_holds_is_what_it_and_its_inner_roles_give() {
    let catalogue = sample();
    let mut world = world();
    world.role("erp/inner", vec![allow(&["b"])]);
    world.role("erp/outer", vec![allow(&["a"])]).includes = vec![include("erp/inner")];
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.role("erp/outer");
    assert_eq!(held(&holdings, &catalogue), ["A", "B"]);
    let meeting = &met(&holdings, &catalogue, "A-B").unwrap().meetings[0];
    assert_eq!((meeting.apart, meeting.certainty), (Apart::Intrinsic, Certainty::Certain));
    assert_eq!(held(&judged.role("erp/inner"), &catalogue), ["B"]);
}

#[test]
fn of_two_roles_that_give_a_duty_the_nearer_comes_first() {
    let catalogue = sample();
    let mut world = world();
    world.member("account:erp/a", "erp/g");
    world.permit("group:erp/g", "erp", vec![allow(&["a"])]);
    world.permit("account:erp/a", "erp", vec![on(allow(&["a"]), &["x"])]);
    world.permit("account:erp/a", "erp", vec![allow(&["a"])]).conditions = vec![condition("mfa", Yes)];
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    let supports = &holdings.duties[0].supports;
    let told: Vec<(Certainty, u32)> =
        supports.iter().map(|support| (support.certainty, holdings.held[support.held as usize].steps)).collect();
    assert_eq!(told, [(Certainty::Certain, 1), (Certainty::Certain, 2), (Certainty::Conditional, 1)]);
}

/// Permissions of the built-in catalogue that alone make a static conflict, without being a privileged duty that
/// stands for it. Each is a fact of its system, or a binding to be made narrower.
const ALONE: [(&str, &str, &str); 0] = [];

#[test]
fn few_permissions_are_a_conflict_by_themselves() {
    let catalogue = &BUILT_IN.1;
    let definitions = &BUILT_IN.0;
    let mut found = BTreeSet::new();
    for duty in definitions.duties.values() {
        for (kind, binding) in &duty.value.bindings {
            let mut open: Vec<&crate::rules::Requirement> = binding.any.iter().collect();
            while let Some(requirement) = open.pop() {
                let name = match requirement {
                    crate::rules::Requirement::Name(name) => name,
                    crate::rules::Requirement::Permission(permission) => &permission.permission,
                    crate::rules::Requirement::All { all: parts } | crate::rules::Requirement::Any { any: parts } => {
                        open.extend(parts);
                        continue;
                    }
                };
                let mut world = World::default();
                world.permit("person:p", kind, vec![allow(&[name])]);
                let holdings = Judged::new(&world, catalogue).of("person:p");
                for met in &holdings.conflicts {
                    if met.meetings.iter().any(|meeting| meeting.under.is_none()) {
                        let conflict = &catalogue.conflict(met.conflict).unwrap().id;
                        found.insert((kind.clone(), name.clone(), conflict.to_string()));
                    }
                }
            }
        }
    }
    let listed = ALONE.map(|(kind, name, conflict)| (kind.to_owned(), name.to_owned(), conflict.to_owned()));
    assert_eq!(found, BTreeSet::from(listed));
}

/// Both accounts act as one role that gives it all: what one does the other can approve, as if two had looked at it.
#[test]
fn a_set_that_asks_for_different_accounts_is_met_by_two_that_act_as_one_role() {
    let catalogue = sample();
    let mut world = world();
    world.acts_as("account:erp/a", "erp/role");
    world.acts_as("account:erp/b", "erp/role");
    world.permit("account:erp/role", "erp", vec![allow(&["c", "d"])]);
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    let found = met(&holdings, &catalogue, "APART").unwrap();
    assert!(found.meetings.iter().all(|meeting| meeting.apart == Apart::CrossAccount));
    // One account alone is one user.
    let mut alone = self::world();
    alone.acts_as("account:erp/a", "erp/role");
    alone.permit("account:erp/role", "erp", vec![allow(&["c", "d"])]);
    let holdings = Judged::new(&alone, &catalogue).of("person:p");
    assert!(met(&holdings, &catalogue, "APART").is_none());
}

/// One grant of a role that holds a role of another system: the conflict is in each set of systems.
#[test]
fn one_grant_in_two_systems_meets_in_each() {
    let catalogue = sample();
    let mut world = world();
    world.role("crm/inner", vec![allow(&["b"])]);
    world.role("erp/outer", vec![allow(&["a", "b"])]).includes = vec![include("crm/inner")];
    world.grant("account:erp/a", "erp/outer");
    let judged = Judged::new(&world, &catalogue);
    let holdings = judged.of("person:p");
    let system = |idx: &crate::access::SystemIdx| judged.graph.systems.get(*idx).unwrap().id.to_string();
    let systems: BTreeSet<Vec<String>> =
        holdings.conflicts.iter().map(|met| met.systems.iter().map(system).collect()).collect();
    assert_eq!(systems, BTreeSet::from([vec!["erp".to_owned()], vec!["crm".to_owned(), "erp".to_owned()]]));
}

/// A legal entity that the system is not of leaves nothing of a grant.
#[test]
fn what_is_granted_nowhere_is_held_by_nobody() {
    let catalogue = sample();
    let mut world = world();
    world.system("erp", "erp").fixed = scope(&[("entity", "1")]);
    world.permit("account:erp/a", "erp", vec![allow(&["a", "wide"])]).scope = scope(&[("entity", "2")]);
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    assert_eq!(held(&holdings, &catalogue), Vec::<String>::new());
    world.facts.grants[0].scope = scope(&[("entity", "1")]);
    let holdings = Judged::new(&world, &catalogue).of("person:p");
    assert!(held(&holdings, &catalogue).contains(&"A".to_owned()));
}
