//! Who controls a service identity comes to what it holds, indirectly.

use crate::access::fixture::{World, allow, holder, node, origin};
use crate::access::{EdgeKind, held, reach};

/// A bot of Ann's that is operated by Bob, with a role by its account.
fn world() -> World {
    let mut world = World::default();
    world.system("erp", "sap");
    world.person("ann", &["erp/ANN"]);
    world.person("bob", &[]);
    world.person("cy", &[]);
    world.service("bot", &["erp/BOT"]);
    let bot = world.facts.services.last_mut().unwrap();
    bot.owner = Some(("ann".into(), origin()));
    bot.operators = vec![("bob".into(), origin()), ("ann".into(), origin()), ("zoe".into(), origin())];
    world.role("erp/payer", vec![allow(&["F110"])]);
    world.grant("account:erp/BOT", "erp/payer");
    world
}

/// The conditions of every way to the bot's grant, each way as one text.
fn ways(who: &str) -> Vec<String> {
    let graph = world().graph();
    let reached = reach(&graph, node(&graph, who), 100);
    let conditions = |way: u32| -> Vec<String> {
        let ids = reached.ways[way as usize].conditions.iter();
        ids.map(|id| graph.condition(*id).unwrap().text.to_string()).collect()
    };
    reached.held.iter().map(|held| conditions(held.way).join(" and ")).collect()
}

#[test]
fn an_owner_and_an_operator_come_to_it_under_a_condition_that_says_so() {
    assert_eq!(ways("person:ann"), ["indirectly, as the owner of service:bot"], "once, though Ann operates it too");
    assert_eq!(ways("person:bob"), ["indirectly, as an operator of service:bot"]);
    assert_eq!(ways("service:bot"), [""]);
    assert!(ways("person:cy").is_empty());
}

#[test]
fn whoever_is_declared_nowhere_is_nobody_to_judge() {
    let graph = world().graph();
    assert_eq!(graph.find(&holder("person:zoe")), None);
    let bot = node(&graph, "service:bot");
    assert!(graph.edges_of(bot).iter().all(|edge| edge.kind != EdgeKind::Controls), "the bot controls nobody");
}

#[test]
fn what_a_bot_holds_is_no_access_of_its_owners_own() {
    let graph = world().graph();
    assert!(held(&graph, node(&graph, "person:ann"), 100).is_empty());
    assert_eq!(held(&graph, node(&graph, "service:bot"), 100).len(), 1);
}
