//! The search against one that is obviously right: every step written out, relaxed until nothing changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::ground::{Ground, Hub, HubIdx};
use super::moves::{Move, To};
use super::rules::EscalationIdx;
use super::search::{Goals, LEVELS, View, Ways};
use super::targets::Reachable;
use crate::access::{Named, NodeId, Reached, SystemIdx};
use crate::duties::holdings::Certainty;
use crate::duties::support::Support;
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Patterns, Validity};

/// How many nodes, lists and goals there are.
const NODES: u32 = 6;
const HUBS: u32 = 2;
const GOALS: u32 = 2;

fn support(certainty: Certainty, goal: u32) -> Support {
    let scope = Scope::unknown().with(Dimension::new("place"), Values::of([format!("{goal}")]));
    Support {
        held: 0,
        inner: 0,
        statement: 0,
        also: Vec::new(),
        via: None,
        under: None,
        scope: Arc::new(scope),
        validity: Validity::default(),
        certainty,
        conditions: Vec::new(),
    }
}

/// One thing that a node has.
#[derive(Debug, Clone)]
enum Part {
    /// It is at a goal.
    There(u32),
    ToNode(u32),
    ToHub(u32),
    ToGoal(u32),
}

fn parts() -> impl Strategy<Value = Vec<(u32, Part, Certainty)>> {
    let part = prop_oneof![
        (0..GOALS).prop_map(Part::There),
        (0..NODES).prop_map(Part::ToNode),
        (0..NODES).prop_map(Part::ToNode),
        (0..HUBS).prop_map(Part::ToHub),
        (0..GOALS).prop_map(Part::ToGoal),
    ];
    proptest::collection::vec((0..NODES, part, prop::sample::select(LEVELS.to_vec())), 0..12)
}

fn hubs() -> impl Strategy<Value = Vec<Vec<(u32, Certainty)>>> {
    let target = (0..NODES, prop::sample::select(LEVELS.to_vec()));
    proptest::collection::vec(proptest::collection::vec(target, 0..4), HUBS as usize)
}

/// The fewest steps from each node to a goal over steps that are certain enough.
fn slowly(
    parts: &[(u32, Part, Certainty)],
    hubs: &[Vec<(u32, Certainty)>],
    goal: u32,
    least: Certainty,
) -> Vec<Option<u32>> {
    let mut edges: Vec<(u32, u32)> = Vec::new();
    let mut known: Vec<Option<u32>> = vec![None; NODES as usize];
    let note = |known: &mut Vec<Option<u32>>, node: u32, steps: u32| {
        let own = &mut known[node as usize];
        let better = own.is_none_or(|own| steps < own);
        if better {
            *own = Some(steps);
        }
        better
    };
    for (node, part, _) in parts.iter().filter(|(_, _, certainty)| *certainty >= least) {
        match part {
            Part::There(own) if *own == goal => {
                note(&mut known, *node, 0);
            }
            Part::ToGoal(own) if *own == goal => {
                note(&mut known, *node, 1);
            }
            Part::ToNode(to) => edges.push((*node, *to)),
            Part::ToHub(hub) => {
                let targets = hubs[*hub as usize].iter().filter(|(_, own)| own >= &least);
                edges.extend(targets.map(|(to, _)| (*node, *to)));
            }
            Part::There(_) | Part::ToGoal(_) => {}
        }
    }
    loop {
        let mut changed = false;
        for (from, to) in &edges {
            if let Some(steps) = known[*to as usize] {
                changed |= note(&mut known, *from, steps + 1);
            }
        }
        if !changed {
            return known;
        }
    }
}

proptest! {
    #[test]
    fn the_shortest_way_of_every_certainty_is_found(parts in parts(), hubs in hubs()) {
        let system = SystemIdx(0);
        let mut goals = Goals::default();
        let numbers: Vec<_> =
            (0..GOALS).map(|goal| goals.number(system, &support(Certainty::Certain, goal).scope)).collect();
        let mut views: Vec<View> = (0..NODES).map(|_| View::default()).collect();
        for (node, part, certainty) in &parts {
            let view = &mut views[*node as usize];
            let to = match part {
                Part::There(goal) => {
                    view.there.push((numbers[*goal as usize], support(*certainty, *goal)));
                    continue;
                }
                Part::ToNode(to) => To::Node(NodeId(*to)),
                Part::ToHub(hub) => To::Each(HubIdx(*hub)),
                Part::ToGoal(_) => To::Administrator(system),
            };
            let goal = match part { Part::ToGoal(goal) => *goal, _ => 0 };
            view.moves.push(Move { rule: EscalationIdx(0), to, support: Arc::new(support(*certainty, goal)) });
        }
        let reachable = |(node, _): &(u32, Certainty)| Reachable {
            node: NodeId(*node),
            place: None,
            resource: String::new(),
            conditions: Vec::new(),
        };
        let ground = Ground::of(hubs.iter().map(|own| Hub { targets: own.iter().map(reachable).map(Arc::new).collect() }).collect());
        let ways = Ways::new(&views, &ground, &goals, |hub, place| hubs[hub.0 as usize][place].1);
        for (goal, number) in (0..GOALS).zip(&numbers) {
            for (level, least) in LEVELS.into_iter().enumerate() {
                let expected = slowly(&parts, &hubs, goal, least);
                for node in 0..NODES {
                    let found = ways.way(node, *number, level).map(|way| way.steps);
                    prop_assert_eq!(found, expected[node as usize], "from {} to {} at {:?}", node, goal, least);
                }
            }
        }
    }
}

/// Patterns of resources: of ARNs, with wildcards anywhere, and of texts that are none.
fn pattern() -> impl Strategy<Value = String> {
    let own = "(role|user|\\*)(/[ab*?]{0,3}){0,2}";
    prop_oneof![
        own.prop_map(|own| format!("arn:aws:iam::111122223333:{own}")),
        own.prop_map(|own| format!("arn:*:iam::*:{own}")),
        own,
        Just("*".to_owned()),
        Just("arn*".to_owned()),
        Just("arn:aws:iam::*".to_owned()),
        Just("arn:aws:iam::*:user/${aws:username}".to_owned()),
    ]
}

proptest! {
    #[test]
    fn no_target_that_a_pattern_names_is_passed_over(
        patterns in proptest::collection::vec(pattern(), 0..3),
        negated in any::<bool>(),
        names in proptest::collection::vec("(role|user)(/[ab]{1,3}){1,2}", 1..8),
    ) {
        let target = |(node, name): (u32, &String)| Reachable {
            node: NodeId(node),
            place: None,
            resource: format!("arn:?:iam::000000000000:{name}"),
            conditions: Vec::new(),
        };
        let hub = Hub::new((0u32..).zip(&names).map(target).map(Arc::new).collect());
        let patterns = Patterns { negated, ..Patterns::of(patterns.iter().map(String::as_str)) };
        let mut near = BTreeSet::new();
        let variables: std::collections::BTreeMap<_, _> = [("aws:username".to_owned(), "ab".to_owned())].into();
        let asking = Named { name: String::new(), variables: variables.clone() };
        hub.named_by(&patterns, &BTreeSet::new(), &asking, &mut near);
        for (place, target) in hub.targets.iter().enumerate() {
            let named = Named { name: target.resource.clone(), variables: variables.clone() };
            if named.reached(&patterns) != Reached::No {
                prop_assert!(near.contains(&place), "{:?} names {}", patterns, target.resource);
            }
        }
    }
}

#[test]
fn goals_beyond_the_most_are_one_that_covers_them() {
    let mut goals = Goals::default();
    let scope = |number: u32| support(Certainty::Certain, number).scope;
    let all: Vec<_> = (0..100).map(|number| goals.number(SystemIdx(1), &scope(number))).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 64);
    for (number, idx) in (0u32..).zip(&all) {
        assert_eq!(goals.find(SystemIdx(1), &scope(number)), Some(*idx));
        assert!(goals.get(*idx).unwrap().1.covers(&scope(number)), "{number}");
    }
    assert_eq!(goals.joined().collect::<Vec<_>>(), [(SystemIdx(1), 37)]);
}
