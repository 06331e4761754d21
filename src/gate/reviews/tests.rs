//! What is frozen, who reviews it, and what became of it in another tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::freeze::unlike;
use super::*;
use crate::access::fixture::{World, allow};
use crate::access::{Graph, Place};
use crate::duties::{Catalogue, Matcher, Matches};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::rules::{
    Campaign, Covers, Definitions, FrozenItem, Instant, LastChange, Opening, Records, ReviewerRule, RuleFile,
};
use crate::store::Digest;

const AT: i64 = 100;

fn company() -> World {
    let mut world = World::default();
    world.system("erp", "sap");
    world.facts.systems[0].owner = Some("olga".into());
    world.person("max", &[]);
    world.person("olga", &[]);
    world.person("ann", &["erp/ANN"]);
    world.facts.people[2].manager = Some("max".into());
    world.role("erp/clerk", vec![allow(&["VIEW"])]);
    world.grant("account:erp/ANN", "erp/clerk").scope = entity(&["DE01"]);
    world
}

fn entity(values: &[&str]) -> Scope {
    Scope::unknown().with(Dimension::new("legal_entity"), Values::of(values))
}

fn drafts(graph: &Graph) -> Vec<Draft> {
    let catalogue = Catalogue::of(&Arc::<Definitions>::default());
    let matches = Matches::new(graph, &catalogue);
    let matcher = Matcher { graph, catalogue: &catalogue, matches: &matches, as_of: AT };
    freeze(&Freezing { matcher: &matcher, records: &Records::default(), covers: &Covers::default() }).unwrap()
}

fn campaign(items: Vec<FrozenItem>) -> Campaign {
    let opening = Opening {
        commit: "a".repeat(40),
        opened: AT,
        due_until: 200,
        grace_days: 5,
        revoke_within_days: 14,
        reviewer: ReviewerRule::Manager,
        covers: Covers::default(),
    };
    let file = RuleFile::new("campaign.yaml", Vec::new());
    let digest = Digest::of(b"");
    Campaign {
        id: "R1".to_owned(),
        opening,
        file,
        digest,
        items,
        reviewers: Vec::new(),
        closing: None,
        altered: Vec::new(),
    }
}

fn frozen(world: &World) -> Vec<FrozenItem> {
    drafts(&world.graph()).into_iter().map(|draft| draft.item).collect()
}

/// What becomes of everything that is frozen of a world when something is done to it.
fn after(world: impl Fn() -> World, change: impl Fn(&mut World)) -> Vec<ItemNow> {
    let mut changed = world();
    change(&mut changed);
    standing(&changed.graph(), &campaign(frozen(&world())), AT)
}

#[test]
fn what_is_left_as_it_was_is_the_same_and_what_is_taken_away_is_gone() {
    assert_eq!(after(company, |_| {}), [ItemNow::Same]);
    assert_eq!(after(company, |world| world.facts.grants.clear()), [ItemNow::Gone]);
}

#[test]
fn whatever_meets_what_was_frozen_is_left_of_it() {
    let changes: [&dyn Fn(&mut World); 4] = [
        &|world| world.facts.grants[0].scope = entity(&["DE01", "US01"]),
        &|world| world.facts.roles[0].statements = vec![allow(&["VIEW", "PAY"])],
        // The same rights under another name.
        &|world| {
            world.facts.grants.clear();
            world.role("erp/other", vec![allow(&["VIEW"])]);
            world.grant("account:erp/ANN", "erp/other");
        },
        // An account that nobody owns any more still holds it.
        &|world| world.facts.people[2].accounts.clear(),
    ];
    for (number, change) in changes.iter().enumerate() {
        assert_eq!(after(company, change), [ItemNow::Changed], "{number}");
    }
    let elsewhere = |world: &mut World| world.facts.grants[0].scope = entity(&["US01"]);
    assert_eq!(after(company, elsewhere), [ItemNow::Gone]);
}

#[test]
fn what_is_decided_about_by_itself_is_no_remainder_of_something_else() {
    let two = || {
        let mut world = company();
        world.grant("account:erp/ANN", "erp/clerk");
        world
    };
    // One of both has every scope, and was kept.
    let mut now = after(two, |world| {
        world.facts.grants.remove(0);
    });
    now.sort();
    assert_eq!(now, [ItemNow::Same, ItemNow::Gone]);
}

#[test]
fn permissions_without_a_role_are_left_while_others_stand_in_their_place() {
    let bare = || {
        let mut world = company();
        world.facts.grants.clear();
        world.permit("account:erp/ANN", "erp", vec![allow(&["VIEW"])]);
        world
    };
    assert_eq!(frozen(&bare())[0].permits.len(), 1);
    let more = |world: &mut World| {
        world.facts.grants.clear();
        world.permit("account:erp/ANN", "erp", vec![allow(&["VIEW", "PAY"])]);
    };
    assert_eq!(after(bare, more), [ItemNow::Changed]);
    assert_eq!(after(bare, |world| world.facts.grants.clear()), [ItemNow::Gone]);
}

/// Who reviews what Ann holds, when somebody last changed it.
fn reviewer(world: &World, rule: ReviewerRule, author: Option<&str>) -> Option<String> {
    let graph = world.graph();
    let mut drafts = drafts(&graph);
    let change = LastChange {
        commit: "b".repeat(40),
        at: Instant::from_seconds(50),
        author: "Somebody".to_owned(),
        person: author.map(str::to_owned),
    };
    let places: BTreeMap<Place, LastChange> =
        drafts.iter().flat_map(|draft| &draft.places).map(|place| (place.clone(), change.clone())).collect();
    assign(&mut drafts, &places, &graph, rule, AT);
    drafts.remove(0).item.reviewer
}

#[test]
fn the_first_who_can_reviews() {
    let (manager, owner) = (ReviewerRule::Manager, ReviewerRule::SystemOwner);
    let who = |change: &dyn Fn(&mut World), rule, author| {
        let mut world = company();
        change(&mut world);
        reviewer(&world, rule, author)
    };
    let max = Some("person:max".to_owned());
    let olga = Some("person:olga".to_owned());
    assert_eq!(who(&|_| {}, manager, None), max);
    assert_eq!(who(&|_| {}, owner, None), olga);
    assert_eq!(who(&|_| {}, manager, Some("person:max")), olga);
    assert_eq!(who(&|_| {}, owner, Some("person:olga")), max);
    assert_eq!(who(&|world| world.facts.people[0].employed.until = Some(AT), manager, None), olga);
    assert_eq!(who(&|world| world.facts.people[2].manager = None, manager, None), olga);
    // Nobody reviews their own, nor what the one they report to holds.
    assert_eq!(who(&|world| world.facts.people[2].manager = Some("ann".into()), manager, None), olga);
    assert_eq!(who(&|world| world.facts.people[1].manager = Some("ann".into()), owner, None), max);
    let nobody = |world: &mut World| {
        world.facts.people[2].manager = None;
        world.facts.systems[0].owner = None;
    };
    assert_eq!(who(&nobody, manager, None), None);
}

#[test]
fn a_campaign_that_leaves_out_or_adds_or_names_another_reviewer_is_told() {
    let world = company();
    let graph = world.graph();
    let catalogue = Catalogue::of(&Arc::<Definitions>::default());
    let matches = Matches::new(&graph, &catalogue);
    let matcher = Matcher { graph: &graph, catalogue: &catalogue, matches: &matches, as_of: AT };
    let freezing = Freezing { matcher: &matcher, records: &Records::default(), covers: &Covers::default() };
    let whole = frozen(&world);
    let told = |change: &dyn Fn(&mut Vec<FrozenItem>)| {
        let mut items = whole.clone();
        change(&mut items);
        unlike(&campaign(items), &freezing)
    };
    assert_eq!(told(&|_| {}), (0, 0));
    assert_eq!(told(&|items| items[0].reviewer = Some("person:olga".to_owned())), (0, 0));
    assert_eq!(told(&|items| items.clear()), (1, 0));
    assert_eq!(told(&|items| items[0].reviewer = Some("person:ann".to_owned())), (0, 1));
    assert_eq!(told(&|items| items[0].subjects.clear()), (0, 1));
    assert_eq!(told(&|items| items[0].item = Digest::of(b"other")), (1, 1));
}
