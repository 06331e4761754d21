//! Whose an account is, and the union of two trees' links.

use crate::access::fixture::{World, allow, holder, native, node};
use crate::access::{Links, reach};
use crate::facts::{Gap, Trusted};
use crate::rules::LinkRule;

fn rule(system: &str, account: &str) -> LinkRule {
    // Read from text, as the configuration is.
    let text = format!("{{system: \"{system}\", account: \"{account}\"}}");
    let node = crate::syntax::parse(text.as_bytes()).unwrap().remove(0);
    crate::syntax::decode(&node).unwrap()
}

fn owner(links: &Links, account: &str) -> Option<String> {
    links.owner(&native(account)).map(ToString::to_string)
}

#[test]
fn an_account_that_two_claim_is_linked_to_nobody_and_reported() {
    let mut world = World::default();
    world.person("p", &["s/shared", "s/own"]);
    world.service("bot", &["s/shared"]);
    let (links, gaps) = world.links();
    assert_eq!(owner(&links, "s/shared"), None);
    assert_eq!(owner(&links, "s/own").as_deref(), Some("person:p"));
    let told: Vec<(Gap, &str)> = gaps.iter().map(|gap| (gap.gap, gap.reason.as_str())).collect();
    assert_eq!(told, [(Gap::Ambiguous, "the account s/shared is claimed by person:p and by service:bot")]);
    world.account("s/shared");
    let graph = world.graph();
    assert!(!graph.node(node(&graph, "account:s/shared")).unwrap().owned, "it is judged as its own principal");
}

#[test]
fn one_identity_may_claim_an_account_twice() {
    let mut world = World::default();
    world.person("p", &["s/a", "s/a"]);
    world.rules.push(rule("s", "{person}"));
    world.person("a", &[]);
    let (links, gaps) = world.links();
    assert_eq!(owner(&links, "s/a").as_deref(), Some("person:p"), "no file names the account but the claim");
    assert!(gaps.is_empty());
}

#[test]
fn a_rule_links_accounts_by_the_persons_id() {
    let mut world = World::default();
    world.person("alice", &[]);
    world.person("bob", &["okta/alice@acme.example"]);
    world.rules = vec![rule("aws:*", "user/{person}"), rule("okta", "{person}@acme.example")];
    world.account("aws:1/user/alice");
    world.account("aws:1/user/alice/x");
    world.account("aws:1/role/alice");
    world.account("azure:1/user/alice");
    world.account("aws:1/user/carol");
    world.permit("account:aws:2/user/alice", "aws:2", vec![allow(&["x"])]);
    world.member("account:aws:3/user/alice", "aws:3/g");
    world.acts_as("account:aws:4/user/alice", "aws:4/role/target");
    world.trust("aws:5/user/alice", Trusted::Anyone);
    world.account("okta/alice@acme.example");
    let (links, gaps) = world.links();
    for system in 1..=5 {
        assert_eq!(owner(&links, &format!("aws:{system}/user/alice")).as_deref(), Some("person:alice"), "{system}");
    }
    for other in ["aws:1/user/alice/x", "aws:1/role/alice", "azure:1/user/alice", "aws:1/user/carol"] {
        assert_eq!(owner(&links, other), None, "{other}");
    }
    assert_eq!(owner(&links, "okta/alice@acme.example"), None, "a rule and a manifest that differ are ambiguous");
    assert_eq!(gaps.len(), 1);
}

#[test]
fn github_logins_compare_without_case_in_claims_and_rules() {
    let mut world = World::default();
    world.person("p", &["github:acme/Octo-Cat"]);
    world.person("Alice", &[]);
    world.person("bob", &[]);
    world.rules.push(rule("github:*", "{person}-ACME"));
    world.account("github:acme/alice-acme");
    world.account("github:acme/BOB-acme");
    let (links, gaps) = world.links();
    assert_eq!(owner(&links, "github:acme/octo-cat").as_deref(), Some("person:p"));
    assert_eq!(owner(&links, "github:acme/OCTO-cat").as_deref(), Some("person:p"));
    assert_eq!(owner(&links, "github:acme/alice-acme").as_deref(), Some("person:Alice"));
    assert_eq!(owner(&links, "github:acme/bob-acme").as_deref(), Some("person:bob"));
    assert!(gaps.is_empty());
    world.person("q", &["github:acme/OCTO-CAT"]);
    assert_eq!(world.links().1.len(), 1, "two cases of one login are one account");
}

#[test]
fn an_account_that_only_a_trust_names_is_its_owners() {
    let mut world = World::default();
    world.person("p", &["okta/p"]);
    world.service("bot", &["aws:1/role/bot"]);
    world.acts_as("account:okta/p", "aws:1/role/bot");
    let graph = world.graph();
    let held: Vec<String> = graph
        .principals()
        .into_iter()
        .map(|(id, _)| {
            let ways = reach(&graph, id, 0).ways;
            format!("{} {}", graph.node(id).unwrap().holder, ways.len())
        })
        .collect();
    assert_eq!(held, ["person:p 3", "service:bot 2"], "the person reaches both accounts, and neither stands alone");
}

fn links(of: &[(&str, &[&str])]) -> Links {
    let mut world = World::default();
    for (person, accounts) in of {
        world.person(person, accounts);
    }
    world.links().0
}

#[test]
fn a_link_that_head_removes_stays_and_one_that_it_adds_counts() {
    let (base, head) = (links(&[("p", &["s/a", "s/b"])]), links(&[("p", &["s/b"]), ("q", &["s/c"])]));
    let both = Links::union(&base, &head);
    let all: Vec<String> = both.iter().map(|(account, holder)| format!("{account} {holder}")).collect();
    assert_eq!(all, ["s/a person:p", "s/b person:p", "s/c person:q"]);
    let lost: Vec<_> = Links::lost(&base, &head).collect();
    assert_eq!(lost, [(&native("s/a"), &holder("person:p"), None)]);
}

#[test]
fn an_account_that_moves_makes_both_identities_one() {
    let (base, head) = (links(&[("p", &["s/a", "s/b"])]), links(&[("p", &["s/b"]), ("q", &["s/a", "s/c"])]));
    let both = Links::union(&base, &head);
    for account in ["s/a", "s/b", "s/c"] {
        assert_eq!(owner(&both, account).as_deref(), Some("person:q"), "{account}");
    }
    assert_eq!(both.identity(&holder("person:p")), &holder("person:q"));
    let lost: Vec<_> = Links::lost(&base, &head).collect();
    assert_eq!(lost, [(&native("s/a"), &holder("person:p"), Some(&holder("person:q")))]);

    let mut world = World::default();
    world.person("p", &["s/b"]);
    world.person("q", &["s/a", "s/c"]);
    world.role("s/r", vec![allow(&["x"])]);
    world.grant("person:p", "s/r");
    world.grant("account:s/a", "s/r");
    world.grant("account:s/b", "s/r");
    let graph = world.graph_under(&both);
    assert_eq!(reach(&graph, node(&graph, "person:q"), 0).held.len(), 3, "the one holds what both held");
    assert_eq!(graph.find(&holder("person:p")), None);
}

#[test]
fn accounts_that_move_in_a_circle_end() {
    let (base, head) = (
        links(&[("p", &["s/a"]), ("q", &["s/b"]), ("r", &["s/c"])]),
        links(&[("q", &["s/a"]), ("r", &["s/b"]), ("p", &["s/c"])]),
    );
    let both = Links::union(&base, &head);
    let owners: std::collections::BTreeSet<_> =
        ["s/a", "s/b", "s/c"].iter().map(|account| owner(&both, account)).collect();
    assert_eq!(owners.len(), 1);
}
