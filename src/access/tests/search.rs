//! What a principal reaches, against the definition: every path, one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::access::fixture::{World, allow, between, condition, include, native, node};
use crate::access::{ConditionId, EdgeKind, GrantId, Graph, NodeId, Reach, flatten, reach};
use crate::facts::{Constrains, Holder, Validity};

const NOW: i64 = 100;

/// As whom a path is gone: who acts at its end, and the first account on it.
type Who = (NodeId, Option<NodeId>);

/// What a path comes to: where it ends, as whom, when and on what conditions.
type Label = (NodeId, Who, Validity, BTreeSet<ConditionId>);

/// Who somebody is after one step more.
fn after(graph: &Graph, who: Who, kind: EdgeKind, to: NodeId) -> Who {
    let actor = if kind == EdgeKind::MemberOf { who.0 } else { to };
    (actor, who.1.or_else(|| account(graph, to)))
}

fn account(graph: &Graph, node: NodeId) -> Option<NodeId> {
    matches!(graph.node(node).unwrap().holder, Holder::Account(_)).then_some(node)
}

fn alive(validity: Validity) -> bool {
    // Some second from now on is in it.
    let from = validity.from.unwrap_or(i64::MIN).max(NOW);
    validity.until.is_none_or(|until| from < until)
        && validity.until.is_none_or(|until| validity.from.is_none_or(|from| from < until))
}

/// Every path that passes no holder twice as the same actor by the same account, with the fewest steps of each label.
fn paths(graph: &Graph, principal: NodeId) -> BTreeMap<Label, u32> {
    fn walk(graph: &Graph, at: &Label, steps: u32, passed: &mut Vec<(NodeId, Who)>, found: &mut BTreeMap<Label, u32>) {
        found.entry(at.clone()).and_modify(|known| *known = steps.min(*known)).or_insert(steps);
        for edge in graph.edges_of(at.0) {
            let who = after(graph, at.1, edge.kind, edge.to);
            let mut conditions = at.3.clone();
            conditions.extend(&edge.conditions);
            let validity = at.2.intersect(edge.validity);
            if alive(validity) && !passed.contains(&(edge.to, who)) {
                passed.push((edge.to, who));
                walk(graph, &(edge.to, who, validity, conditions), steps + 1, passed, found);
                passed.pop();
            }
        }
    }
    let mut found = BTreeMap::new();
    let who = (principal, account(graph, principal));
    let start = (principal, who, Validity::default(), BTreeSet::new());
    walk(graph, &start, 0, &mut vec![(principal, who)], &mut found);
    found
}

type Tuple = (GrantId, Who, Validity, BTreeSet<ConditionId>);

fn covers_time(a: Validity, b: Validity) -> bool {
    a.from.unwrap_or(i64::MIN) <= b.from.unwrap_or(i64::MIN)
        && a.until.unwrap_or(i64::MAX) >= b.until.unwrap_or(i64::MAX)
}

/// Those that no other one says as much as.
fn maximal(all: BTreeSet<Tuple>) -> BTreeSet<Tuple> {
    let beaten = |tuple: &&Tuple| {
        all.iter().any(|other| {
            other != *tuple
                && (other.0, other.1) == (tuple.0, tuple.1)
                && covers_time(other.2, tuple.2)
                && other.3.is_subset(&tuple.3)
        })
    };
    all.iter().filter(|tuple| !beaten(tuple)).cloned().collect()
}

fn expected(graph: &Graph, paths: &BTreeMap<Label, u32>) -> BTreeSet<Tuple> {
    let mut all = BTreeSet::new();
    for (end, who, validity, conditions) in paths.keys() {
        for id in graph.grants_of(*end) {
            let grant = graph.grant(*id).unwrap();
            let validity = validity.intersect(grant.validity);
            if alive(validity) {
                let conditions = conditions.iter().chain(&grant.conditions).copied().collect();
                all.insert((*id, *who, validity, conditions));
            }
        }
    }
    maximal(all)
}

fn found(graph: &Graph, reach: &Reach) -> BTreeSet<Tuple> {
    let all = reach.held.iter().map(|held| {
        let (way, grant) = (&reach.ways[held.way as usize], graph.grant(held.grant).unwrap());
        let conditions = way.conditions.iter().chain(&grant.conditions).copied().collect();
        (held.grant, (way.actor, way.account), way.validity.intersect(grant.validity), conditions)
    });
    maximal(all.collect())
}

/// Walks the recorded steps of a way again and says what they come to.
fn retrace(graph: &Graph, principal: NodeId, reach: &Reach, way: u32) -> (Label, u32) {
    let who = (principal, account(graph, principal));
    let mut at: Label = (principal, who, Validity::default(), BTreeSet::new());
    let steps = reach.steps(way);
    for (from, number) in &steps {
        assert_eq!(*from, at.0, "each step leaves where the one before arrived");
        let edge = &graph.edges_of(*from)[*number as usize];
        let who = after(graph, at.1, edge.kind, edge.to);
        let mut conditions = at.3;
        conditions.extend(&edge.conditions);
        at = (edge.to, who, at.2.intersect(edge.validity), conditions);
    }
    (at, u32::try_from(steps.len()).unwrap())
}

/// One random line of a world.
#[derive(Debug, Clone)]
enum Line {
    Member(usize, usize, usize),
    ActsAs(usize, usize, usize),
    Grant(usize, usize, usize),
}

const HOLDERS: [&str; 9] = [
    "person:p",
    "person:q",
    "account:s/a",
    "account:s/b",
    "account:s/c",
    "group:s/g",
    "group:s/h",
    "group:s/i",
    "group:s/j",
];
const ACCOUNTS: [&str; 3] = ["s/a", "s/b", "s/c"];
const GROUPS: [&str; 4] = ["s/g", "s/h", "s/i", "s/j"];

fn validity(choice: usize) -> Validity {
    [
        Validity::default(),
        between(None, 150),
        between(120, None),
        between(110, 200),
        // Past: never counts.
        between(None, 100),
        // Holds no instant.
        between(180, 170),
    ][choice]
}

/// Every subset of two conditions that narrow, each with one that does not.
fn conditions(choice: usize) -> Vec<crate::facts::Condition> {
    let mut all = vec![condition("tls", Constrains::No)];
    if choice & 1 != 0 {
        all.push(condition("mfa", Constrains::Yes));
    }
    if choice & 2 != 0 {
        all.push(condition("tag", Constrains::Unknown));
    }
    all
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = prop_oneof![
        4 => (0..9usize, 0..4usize, prop_oneof![3 => Just(0usize), 2 => 1..6usize])
            .prop_map(|(who, group, validity)| Line::Member(who, group, validity)),
        3 => (0..9usize, 0..3usize, 0..4usize).prop_map(|(who, account, conditions)| Line::ActsAs(who, account, conditions)),
        2 => (0..9usize, prop_oneof![3 => Just(0usize), 2 => 1..6usize], 0..4usize)
            .prop_map(|(who, validity, conditions)| Line::Grant(who, validity, conditions)),
    ];
    proptest::collection::vec(line, 1..16)
}

fn world(lines: &[Line], owned: &[usize]) -> World {
    let mut world = World::default();
    let of = |person: usize| -> Vec<&str> {
        (0..3).filter(|account| owned[*account] == person).map(|account| ACCOUNTS[account]).collect()
    };
    world.person("p", &of(0));
    world.person("q", &of(1));
    for account in ACCOUNTS {
        world.account(account);
    }
    world.role("s/r", vec![allow(&["x"])]);
    for line in lines {
        match line {
            Line::Member(who, group, choice) => {
                world.member(HOLDERS[*who], GROUPS[*group]).validity = validity(*choice);
            }
            Line::ActsAs(who, account, choice) => {
                world.acts_as(HOLDERS[*who], ACCOUNTS[*account]).conditions = conditions(*choice);
            }
            Line::Grant(who, when, choice) => {
                let grant = world.grant(HOLDERS[*who], "s/r");
                grant.validity = validity(*when);
                grant.conditions = conditions(*choice);
            }
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn the_search_finds_what_walking_every_path_finds(
        lines in lines(),
        owned in proptest::collection::vec(0..3usize, 3),
    ) {
        let graph = world(&lines, &owned).graph();
        for (principal, _) in graph.principals() {
            let paths = paths(&graph, principal);
            let reach = reach(&graph, principal, NOW);
            prop_assert_eq!(found(&graph, &reach), expected(&graph, &paths));
            for (number, way) in (0u32..).zip(&reach.ways) {
                let (label, steps) = retrace(&graph, principal, &reach, number);
                let conditions = way.conditions.iter().copied().collect::<BTreeSet<_>>();
                let recorded = (way.node, (way.actor, way.account), way.validity, conditions);
                prop_assert_eq!(&label, &recorded, "the recorded path comes to what the way says");
                prop_assert_eq!(steps, way.steps);
                prop_assert_eq!(Some(&steps), paths.get(&label), "no shorter path comes to the same");
            }
        }
    }

    #[test]
    fn a_role_holds_all_that_its_includes_reach_and_the_shortest_way_down(
        includes in proptest::collection::vec((0..6usize, 0..6usize), 0..14),
    ) {
        let mut world = World::default();
        for outer in 0..6 {
            world.role(&format!("s/r{outer}"), Vec::new()).includes =
                includes.iter().filter(|(from, _)| *from == outer).map(|(_, to)| include(&format!("s/r{to}"))).collect();
        }
        let graph = world.graph();
        // Distances by relaxing every include as often as there are roles.
        let mut distance = [[usize::MAX; 6]; 6];
        for (from, row) in distance.iter_mut().enumerate() {
            row[from] = 0;
            for _ in 0..6 {
                for (outer, inner) in &includes {
                    row[*inner] = row[*inner].min(row[*outer].saturating_add(1));
                }
            }
        }
        for (from, row) in distance.iter().enumerate() {
            let flat = flatten(&graph, graph.role(&native(&format!("s/r{from}"))).unwrap());
            let mut depth: Vec<usize> = Vec::new();
            let mut got = [usize::MAX; 6];
            for inner in &flat {
                let container = graph.container(inner.container).unwrap();
                let deep = match inner.parent {
                    None => 0,
                    Some(parent) => {
                        let outer = graph.container(flat[parent as usize].container).unwrap();
                        prop_assert_eq!(outer.includes[inner.include as usize].0, inner.container);
                        depth[parent as usize] + 1
                    }
                };
                depth.push(deep);
                let number: usize = container.role.as_ref().unwrap().name[1..].parse().unwrap();
                prop_assert_eq!(got[number], usize::MAX, "each role once");
                got[number] = deep;
            }
            prop_assert_eq!(&got, row);
        }
    }
}

#[test]
fn the_proof_is_the_shortest_even_when_its_first_steps_carry_the_condition() {
    // Two ways from `s/me` to `s/x` under `mfa`: three steps whose last has the condition, and two whose first has it.
    let mut world = World::default();
    world.person("p", &["s/me"]);
    world.member("account:s/me", "s/long");
    world.member("group:s/long", "s/longer");
    world.acts_as("group:s/longer", "s/x").conditions = vec![condition("mfa", Constrains::Yes)];
    world.acts_as("account:s/me", "s/short").conditions = vec![condition("mfa", Constrains::Yes)];
    world.acts_as("account:s/short", "s/x");
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    let to_x: Vec<u32> =
        reach.ways.iter().filter(|way| way.node == node(&graph, "account:s/x")).map(|way| way.steps).collect();
    assert_eq!(to_x, [3], "one step to `s/me`, and two more");
}

#[test]
fn a_way_without_conditions_is_found_however_many_weaker_ones_come_first() {
    let mut world = World::default();
    world.person("p", &[]);
    for number in 0..20 {
        world.acts_as("person:p", "s/x").conditions = vec![condition(&format!("c{number}"), Constrains::Yes)];
    }
    // It ends, so that it beats none of the others.
    world.member("person:p", "s/g").validity = between(None, 500);
    world.member("group:s/g", "s/h");
    world.acts_as("group:s/h", "s/x");
    world.permit("account:s/x", "s", vec![allow(&["x"])]);
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    assert!(reach.held.iter().any(|held| reach.ways[held.way as usize].conditions.is_empty()));
}

#[test]
fn each_of_many_accounts_reaches_a_common_group_as_itself() {
    let mut world = World::default();
    let accounts: Vec<String> = (0..20).map(|number| format!("s/a{number}")).collect();
    world.person("p", &accounts.iter().map(String::as_str).collect::<Vec<_>>());
    for account in &accounts {
        world.member(&format!("account:{account}"), "s/g");
    }
    world.permit("group:s/g", "s", vec![allow(&["x"])]);
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    let actors: BTreeSet<&Holder> =
        reach.held.iter().map(|held| &graph.node(reach.ways[held.way as usize].actor).unwrap().holder).collect();
    assert_eq!(actors.len(), 20);
}

/// Whoever acts as one role by two accounts is two users of it.
#[test]
fn each_of_many_accounts_acts_as_a_common_one() {
    let mut world = World::default();
    world.person("p", &["s/a", "s/b"]);
    world.acts_as("account:s/a", "s/role");
    world.acts_as("account:s/b", "s/between");
    world.acts_as("account:s/between", "s/role");
    world.permit("account:s/role", "s", vec![allow(&["x"])]);
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    let by: BTreeSet<Option<NodeId>> = reach.held.iter().map(|held| reach.ways[held.way as usize].account).collect();
    assert_eq!(by, BTreeSet::from(["account:s/a", "account:s/b"].map(|who| Some(node(&graph, who)))));
}

#[test]
fn groups_nest_six_deep_and_in_circles() {
    let mut world = World::default();
    world.person("p", &["s/a"]);
    world.member("account:s/a", "s/g1");
    for depth in 1..6 {
        world.member(&format!("group:s/g{depth}"), &format!("s/g{}", depth + 1));
    }
    world.member("group:s/g6", "s/g1");
    world.member("group:s/g3", "s/g3");
    world.permit("group:s/g6", "s", vec![allow(&["x"])]);
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    assert_eq!(reach.held.len(), 1);
    let way = &reach.ways[reach.held[0].way as usize];
    assert_eq!((way.steps, way.actor), (7, node(&graph, "account:s/a")));
    assert_eq!(reach.ways.len(), 8, "the circle is left once");
}

#[test]
fn the_past_does_not_count_and_the_future_does_with_its_dates() {
    let mut world = World::default();
    world.person("p", &[]);
    world.role("s/past", vec![allow(&["x"])]);
    world.role("s/last-second", vec![allow(&["x"])]);
    world.role("s/future", vec![allow(&["x"])]);
    world.grant("person:p", "s/past").validity = between(None, NOW);
    world.grant("person:p", "s/last-second").validity = between(None, NOW + 1);
    world.grant("person:p", "s/future").validity = between(NOW + 50, NOW + 60);
    let graph = world.graph();
    let reach = reach(&graph, node(&graph, "person:p"), NOW);
    let held: Vec<String> = reach
        .held
        .iter()
        .map(|held| {
            graph.container(graph.grant(held.grant).unwrap().container).unwrap().role.clone().unwrap().to_string()
        })
        .collect();
    assert_eq!(held, ["s/last-second", "s/future"]);
}
