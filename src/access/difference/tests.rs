//! The comparison of small worlds, against sets that are made one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::access::fixture::{World, allow, between, native, on, scope};
use crate::access::{Graph, UnitFacts};

/// Somebody is given a role on some entities.
type Given = (&'static str, &'static str, BTreeSet<&'static str>);

/// What one side says: grants, memberships, and what each role permits.
#[derive(Debug, Clone, Default)]
struct Said {
    grants: BTreeSet<Given>,
    members: BTreeSet<(&'static str, &'static str)>,
    roles: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Whether grants say on what they are.
    scoped: bool,
}

const HOLDERS: [&str; 4] = ["account:erp/A", "account:erp/B", "person:ann", "group:erp/team"];
const ROLES: [&str; 3] = ["erp/r0", "erp/r1", "erp/r2"];
const ACTIONS: [&str; 3] = ["View", "PAY", "post"];

/// Ann owns the account A.
fn known_as(holder: &str) -> &str {
    if holder == "account:erp/A" { "person:ann" } else { holder }
}

impl Said {
    fn world(&self) -> World {
        let mut world = World::default();
        world.person("ann", &["erp/A"]);
        for (role, actions) in &self.roles {
            let actions: Vec<&str> = actions.iter().copied().collect();
            world.role(role, vec![allow(&actions)]);
        }
        for (to, role, entities) in &self.grants {
            let entities: Vec<&str> = entities.iter().copied().collect();
            let grant = world.grant(to, role);
            if self.scoped {
                grant.scope = scope(&[("legal_entity", &entities.join("|"))]);
            }
        }
        for (member, group) in &self.members {
            world.member(member, group);
        }
        world
    }

    /// Each grant as whose it is, what it gives and on what; on anything where that is not asked.
    fn atoms(&self, scoped: bool) -> BTreeSet<(String, String, String)> {
        let mut all = BTreeSet::new();
        for (to, role, entities) in &self.grants {
            let entities: Vec<&str> = if scoped { entities.iter().copied().collect() } else { vec!["*"] };
            for entity in entities {
                all.insert((known_as(to).to_owned(), format!("role:{role}"), entity.to_owned()));
            }
        }
        all
    }
}

fn compared(declared: &World, observed: &World, lists_all: bool) -> Difference {
    compare_as(declared, observed, lists_all, &BTreeMap::new())
}

fn compare_as(declared: &World, observed: &World, lists_all: bool, incomplete: &BTreeMap<Text, String>) -> Difference {
    let (declared_units, observed_units) = (declared.units(), observed.units());
    let together: Vec<UnitFacts> = declared_units.iter().chain(&observed_units).cloned().collect();
    let (links, _) = Links::of_tree(&together, &[]);
    let graph = Graph::build(declared_units.clone(), &links, &declared.known);
    difference(&Sides {
        declared: &declared_units,
        observed: &observed_units,
        links: &links,
        systems: &graph.systems,
        compared: &BTreeSet::from(["erp".into()]),
        incomplete,
        lists_all: &|_| lists_all,
        brought_along: &|_, _| false,
        as_of: 100,
    })
}

fn said() -> impl Strategy<Value = Said> {
    let entities = prop_oneof![Just(vec!["x"]), Just(vec!["y"]), Just(vec!["x", "y"])];
    let grant = (prop::sample::select(&HOLDERS[..]), prop::sample::select(&ROLES[..]), entities)
        .prop_map(|(to, role, entities)| (to, role, entities.into_iter().collect::<BTreeSet<&str>>()));
    let member = (prop::sample::select(&HOLDERS[..3]), prop::sample::select(&["erp/team", "erp/crew"][..]));
    let actions = prop::collection::btree_set(prop::sample::select(&ACTIONS[..]), 0..3);
    let roles = prop::collection::btree_map(prop::sample::select(&ROLES[..]), actions, 0..4);
    (prop::collection::btree_set(grant, 0..6), prop::collection::btree_set(member, 0..3), roles, any::<bool>())
        .prop_map(|(grants, members, roles, scoped)| Said { grants, members, roles, scoped })
}

/// The lines of grants that came to something, value by value.
fn grants(found: &Difference, outcome: Outcome) -> BTreeSet<(String, String, String)> {
    let mut all = BTreeSet::new();
    for line in found.lines.iter().filter(|line| line.aspect == Aspect::Grant && line.outcome == outcome) {
        let lists = line.scope.lists();
        let entities = lists.get("legal_entity").cloned().unwrap_or_else(|| vec!["*".to_owned()]);
        for entity in entities {
            all.insert((line.subject.to_string(), line.what.to_string(), entity));
        }
    }
    all
}

fn contents(found: &Difference, outcome: Outcome) -> BTreeSet<(String, String)> {
    let content = |line: &&Line| matches!(line.aspect, Aspect::Permission | Aspect::Role) && line.outcome == outcome;
    let lines = found.lines.iter().filter(content);
    lines
        .flat_map(|line| {
            let each = line.permissions.iter().map(|text| (line.subject.to_string(), text.to_lowercase()));
            let own = (line.aspect == Aspect::Role).then(|| (line.subject.to_string(), String::new()));
            each.chain(own).collect::<Vec<_>>()
        })
        .collect()
}

/// What of the roles of one side the other lacks, where the other speaks of it.
fn expected_contents(own: &Said, other: &Said, other_speaks: bool) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for (role, actions) in &own.roles {
        let subject = format!("role:{role}");
        match other.roles.get(role) {
            Some(known) => {
                let lacking = actions.difference(known).map(|action| (subject.clone(), action.to_lowercase()));
                all.extend(lacking);
            }
            None if other_speaks && !other.grants.iter().any(|(_, own, _)| own == role) => {
                all.insert((subject.clone(), String::new()));
                all.extend(actions.iter().map(|action| (subject.clone(), action.to_lowercase())));
            }
            None => {}
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn two_worlds_differ_as_their_sets_do(declared in said(), observed in said()) {
        let found = compared(&declared.world(), &observed.world(), true);
        // On what somebody has a role counts where both sides say it.
        let scoped = |side: &Said| side.scoped && !side.grants.is_empty();
        let both = scoped(&declared) && scoped(&observed);
        let (d, o) = (declared.atoms(both), observed.atoms(both));
        let flat = |all: BTreeSet<(String, String, String)>| -> BTreeSet<(String, String, String)> {
            if both { return all; }
            all.into_iter().map(|(subject, what, _)| (subject, what, "*".to_owned())).collect()
        };
        prop_assert_eq!(flat(grants(&found, Outcome::NotDeclared)), o.difference(&d).cloned().collect());
        prop_assert_eq!(flat(grants(&found, Outcome::NotObserved)), d.difference(&o).cloned().collect());

        let members = |side: &Said| -> BTreeSet<(String, String)> {
            side.members.iter().map(|(who, group)| (known_as(who).to_owned(), format!("group:{group}"))).collect()
        };
        let lines = |outcome| -> BTreeSet<(String, String)> {
            let own = found.lines.iter().filter(|line| line.aspect == Aspect::Membership && line.outcome == outcome);
            own.map(|line| (line.subject.to_string(), line.what.to_string())).collect()
        };
        prop_assert_eq!(lines(Outcome::NotDeclared), members(&observed).difference(&members(&declared)).cloned().collect());
        prop_assert_eq!(lines(Outcome::NotObserved), members(&declared).difference(&members(&observed)).cloned().collect());

        let not_declared = expected_contents(&observed, &declared, !declared.roles.is_empty());
        prop_assert_eq!(contents(&found, Outcome::NotDeclared), not_declared);
        prop_assert_eq!(contents(&found, Outcome::NotObserved), expected_contents(&declared, &observed, true));
    }

    #[test]
    fn what_is_declared_is_no_drift_from_itself(declared in said(), lists_all in any::<bool>()) {
        let found = compared(&declared.world(), &declared.world(), lists_all);
        prop_assert_eq!(found.drift().count(), 0, "{:#?}", found.lines);
        let all = found.lines.iter().all(|line| line.outcome == Outcome::Reconciled);
        prop_assert!(all, "{:#?}", found.lines);
    }

    #[test]
    fn one_grant_more_or_less_is_exactly_that(declared in said(), at in any::<prop::sample::Index>()) {
        prop_assume!(!declared.grants.is_empty());
        let mut less = declared.clone();
        let gone = declared.grants.iter().nth(at.index(declared.grants.len())).unwrap().clone();
        less.grants.remove(&gone);
        // Ann and her account are one, and a role on one entity may be had twice.
        let lacking = declared.atoms(declared.scoped).difference(&less.atoms(declared.scoped)).count();
        for (one, other, outcome) in [(&declared, &less, Outcome::NotObserved), (&less, &declared, Outcome::NotDeclared)] {
            let found = compared(&one.world(), &other.world(), true);
            let drift: Vec<&Line> = found.drift().filter(|line| line.aspect == Aspect::Grant).collect();
            prop_assert_eq!(drift.len(), usize::from(lacking > 0), "{:#?}", drift);
            for line in drift {
                prop_assert_eq!(line.outcome, outcome);
                prop_assert_eq!(&*line.subject, known_as(gone.0));
                prop_assert_eq!(line.what.to_string(), format!("role:{}", gone.1));
            }
            // Whether a role is only named changes nothing in what is drift beside it.
            prop_assert!(found.drift().all(|line| line.aspect == Aspect::Grant), "{:#?}", found.lines);
        }
    }
}

fn outcomes(found: &Difference) -> Vec<String> {
    let line = |line: &Line| {
        format!(
            "{:?} {} {}{} [{}]",
            line.outcome,
            line.aspect.as_str(),
            line.subject,
            line.what,
            line.permissions.join("; ")
        )
    };
    found.lines.iter().map(line).collect()
}

#[test]
fn what_an_export_says_nothing_of_is_not_missing() {
    let mut declared = World::default();
    declared.role("erp/clerk", vec![allow(&["PAY"])]);
    declared.grant("account:erp/A", "erp/clerk");
    declared.member("account:erp/A", "erp/team");
    let mut observed = World::default();
    observed.grant("account:erp/A", "erp/clerk");
    let found = compared(&declared, &observed, false);
    assert_eq!(
        outcomes(&found),
        [
            "NotCompared membership account:erp/Agroup:erp/team []",
            "NotCompared role role:erp/clerk [PAY]",
            "Reconciled grant account:erp/Arole:erp/clerk []",
        ]
    );
    let why: Vec<&str> = found.lines.iter().filter_map(|line| line.note.as_deref()).collect();
    assert_eq!(why, ["the export says nothing of memberships", "the export says nothing of what roles hold"]);
    // An export that lists everything says that there is none.
    let found = compared(&declared, &observed, true);
    assert_eq!(outcomes(&found)[0], "NotObserved membership account:erp/Agroup:erp/team []");
}

#[test]
fn what_an_incomplete_export_lacks_is_no_drift() {
    let mut declared = World::default();
    declared.grant("account:erp/A", "erp/clerk");
    declared.grant("account:erp/B", "erp/clerk");
    let mut observed = World::default();
    observed.grant("account:erp/B", "erp/clerk");
    observed.grant("account:erp/C", "erp/clerk");
    let incomplete = BTreeMap::from([("erp".into(), "it is one page of two".to_owned())]);
    let found = compare_as(&declared, &observed, true, &incomplete);
    assert_eq!(
        outcomes(&found),
        [
            "NotDeclared grant account:erp/Crole:erp/clerk []",
            "Inconclusive grant account:erp/Arole:erp/clerk []",
            "Reconciled grant account:erp/Brole:erp/clerk []",
        ]
    );
}

#[test]
fn it_does_not_matter_how_permissions_are_grouped() {
    let mut declared = World::default();
    declared.role("erp/a", vec![on(allow(&["Read", "Write"]), &["x", "y"])]);
    let mut observed = World::default();
    observed.role(
        "erp/a",
        vec![on(allow(&["read"]), &["y"]), on(allow(&["write", "Read"]), &["x"]), on(allow(&["WRITE"]), &["y"])],
    );
    assert_eq!(compared(&declared, &observed, true).drift().count(), 0);
    observed.role("erp/a", vec![on(allow(&["erase"]), &["y"])]);
    let found = compared(&declared, &observed, true);
    let drift: Vec<String> = found.drift().map(|line| line.permissions.join("; ")).collect();
    assert_eq!(drift, ["erase on y"], "{:#?}", found.lines);
}

#[test]
fn what_has_ended_counts_on_neither_side_and_is_told() {
    let mut declared = World::default();
    declared.grant("account:erp/A", "erp/clerk").validity = between(None, 100);
    declared.grant("account:erp/B", "erp/clerk").validity = between(None, 101);
    let mut observed = World::default();
    observed.grant("account:erp/A", "erp/clerk");
    observed.grant("account:erp/B", "erp/clerk");
    let found = compared(&declared, &observed, true);
    let drift: Vec<(&str, Option<&str>)> = found.drift().map(|line| (&*line.subject, line.note.as_deref())).collect();
    assert_eq!(drift, [("account:erp/A", Some("the tree declares it until 1970-01-01T00:01:40Z"))]);
}

#[test]
fn the_world_as_it_is_observed_has_the_exports_word_where_they_speak() {
    let mut declared = World::default();
    declared.role("erp/clerk", vec![allow(&["PAY"])]);
    declared.grant("account:erp/A", "erp/clerk");
    declared.grant("account:other/A", "other/clerk");
    declared.member("account:erp/A", "erp/team");
    let mut observed = World::default();
    observed.grant("account:erp/B", "erp/clerk");
    observed.grant("account:third/B", "third/clerk");
    let found = compared(&declared, &observed, false);
    let world = observed_world(&declared.units(), &observed.units(), &found.spoken);
    let grants: Vec<String> =
        world.iter().flat_map(|unit| &unit.facts.grants).map(|grant| grant.to.to_string()).collect();
    assert_eq!(grants, ["account:other/A", "account:erp/B"]);
    let facts = &world[0].facts;
    assert_eq!(facts.memberships.len(), 1, "the export says nothing of memberships");
    assert_eq!(facts.roles[0].id, native("erp/clerk"), "nor of what roles hold");
}
