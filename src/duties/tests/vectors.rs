//! Test vectors for every static conflict of the built-in rulesets, in every type of system that binds all its
//! duties, and across systems where none does.
//!
//! Of the usual fifteen vectors twelve are about access and stand here, (a) to (l). The other three (a valid exception,
//! one a second past its end, a conflict that base already has) are about what is tolerated and belong to the gate.

use std::collections::{BTreeMap, BTreeSet};

use super::{BUILT_IN, Judged, NOW, met};
use crate::access::fixture::{World, allow, between, deny, on, scope};
use crate::duties::{Apart, Certainty};
use crate::facts::scope::{Dimension, Scope};
use crate::facts::{Level, Patterns, Statement};
use crate::rules::{Conflict, ConflictAccounts, ConflictKind, Definitions, Requirement};

/// One permission that a binding asks for.
#[derive(Debug, Clone, PartialEq)]
struct Need {
    permission: String,
    level: Level,
    resource: Option<String>,
}

/// Permissions that together confer a duty.
type Alternative = Vec<Need>;

/// Every way to satisfy a requirement.
fn alternatives(requirement: &Requirement) -> Vec<Alternative> {
    match requirement {
        Requirement::Name(name) => vec![vec![Need { permission: name.clone(), level: Level::Create, resource: None }]],
        Requirement::Permission(permission) => vec![vec![Need {
            permission: permission.permission.clone(),
            level: permission.level.unwrap_or(Level::Create),
            resource: permission.resource.clone(),
        }]],
        Requirement::Any { any } => any.iter().flat_map(alternatives).collect(),
        Requirement::All { all } => all.iter().map(alternatives).fold(vec![Vec::new()], |so_far, part| {
            so_far
                .iter()
                .flat_map(|left| part.iter().map(move |right| left.iter().chain(right).cloned().collect()))
                .collect()
        }),
    }
}

/// Every way to hold a duty in a type of system, by its own binding or by a duty that confers it.
fn ways(definitions: &Definitions, duty: &str, kind: &str) -> Vec<Alternative> {
    let rule = &definitions.duties[duty].value;
    let own = rule.bindings.get(kind).into_iter().flat_map(|binding| binding.any.iter().flat_map(alternatives));
    let others = rule.any_duty.iter().flat_map(|other| ways(definitions, other.as_str(), kind));
    own.chain(others).collect()
}

fn kinds(definitions: &Definitions, duty: &str) -> BTreeSet<String> {
    let rule = &definitions.duties[duty].value;
    let others = rule.any_duty.iter().flat_map(|other| kinds(definitions, other.as_str()));
    rule.bindings.keys().cloned().chain(others).collect()
}

/// One duty of a conflict in one system, with the permissions that confer it and no other duty of the conflict.
#[derive(Debug, Clone)]
struct Leg {
    kind: String,
    system: String,
    needs: Alternative,
}

/// A conflict in certain systems.
#[derive(Debug)]
struct Subject {
    conflict: String,
    legs: Vec<Leg>,
    /// Whether all legs are in one system.
    together: bool,
    /// Whether the conflict asks for different accounts.
    distinct: bool,
    /// The leg whose only permission is a privileged duty that includes the others.
    inherent: Option<usize>,
    dimensions: Vec<String>,
}

/// Permissions that confer two duties of one conflict at once, by (conflict, type of system, permission). Nothing but
/// listing them here keeps them out of the plain vectors.
const SHARED: [(&str, &str, &str); 9] = [
    // Who may write to a repository may also approve, so the two never separate inside one account; the set asks for
    // different accounts for that reason. Approving is taken from its other permission.
    ("SET-05", "github", "repo:write"),
    // Administering accounts by the role that administers everything, which includes the other duties. The catalogue
    // knows no narrower one in these systems, so holding it is the conflict.
    ("IT-09", "fusion", "it security manager"),
    ("IT-09", "workday", "security administrator"),
    ("IT-11", "fusion", "it security manager"),
    ("IT-11", "workday", "security administrator"),
    ("IT-15", "fusion", "it security manager"),
    ("IT-15", "workday", "security administrator"),
    ("SET-06", "fusion", "it security manager"),
    ("SET-06", "workday", "security administrator"),
];

fn names(ways: &[Alternative]) -> BTreeSet<String> {
    ways.iter().flatten().map(|need| need.permission.to_ascii_lowercase()).collect()
}

/// Whether one permission of a way alone makes a privileged duty that includes another duty of the conflict.
fn includes_others(definitions: &Definitions, way: &Alternative, kind: &str, others: &[&String]) -> bool {
    let conferring: BTreeSet<&str> = others
        .iter()
        .flat_map(|duty| {
            let rule = &definitions.duties[*duty].value;
            std::iter::once(duty.as_str()).chain(rule.any_duty.iter().map(|other| other.as_str()))
        })
        .collect();
    definitions.duties.iter().any(|(_, privileged)| {
        let rule = &privileged.value;
        let binding = rule.bindings.get(kind).into_iter().flat_map(|binding| &binding.any);
        rule.includes.iter().any(|included| conferring.contains(included.as_str()))
            && binding
                .flat_map(alternatives)
                .any(|alone| alone.len() == 1 && way.iter().any(|need| need.permission == alone[0].permission))
    })
}

/// Splits a conflict into its subjects, noting shared permissions.
fn subjects(
    definitions: &Definitions,
    id: &str,
    duties: &[String],
    conflict: &Conflict,
    shared: &mut BTreeSet<(String, String, String)>,
) -> Vec<Subject> {
    let all: Vec<BTreeSet<String>> = duties.iter().map(|duty| kinds(definitions, duty)).collect();
    let common: Vec<&String> = all[0].iter().filter(|kind| all.iter().all(|set| set.contains(*kind))).collect();
    // Every type of system that binds them all, and once each duty in a system of its own, of different types if any.
    let mut choices: Vec<Vec<(String, String)>> =
        common.iter().map(|kind| vec![((*kind).clone(), "system-1".to_owned()); duties.len()]).collect();
    let mut across: Vec<(String, String)> = Vec::new();
    for (set, number) in all.iter().zip(1..) {
        let fresh = set.iter().find(|kind| across.iter().all(|(used, _)| used != *kind));
        across.push((fresh.or(set.first()).unwrap().clone(), format!("system-{number}")));
    }
    choices.push(across);
    choices
        .into_iter()
        .map(|choice| {
            let ways: Vec<Vec<Alternative>> =
                duties.iter().zip(&choice).map(|(duty, (kind, _))| ways(definitions, duty, kind)).collect();
            let mut inherent = None;
            let mut legs = Vec::new();
            for own in 0..duties.len() {
                let (kind, system) = choice[own].clone();
                let beside: Vec<usize> = (0..duties.len()).filter(|i| *i != own && choice[*i].0 == kind).collect();
                let other_names: BTreeSet<String> = beside.iter().flat_map(|i| names(&ways[*i])).collect();
                let other_duties: Vec<&String> = beside.iter().map(|i| &duties[*i]).collect();
                let mut needs = None;
                for way in &ways[own] {
                    let here = names(std::slice::from_ref(way));
                    let both: BTreeSet<String> = if includes_others(definitions, way, &kind, &other_duties) {
                        here
                    } else {
                        here.intersection(&other_names).cloned().collect()
                    };
                    if both.is_empty() {
                        needs = needs.or(Some(way));
                    }
                    shared.extend(both.into_iter().map(|name| (id.to_owned(), kind.clone(), name)));
                }
                // One account with both is no conflict where two accounts are asked for.
                if needs.is_none() && conflict.accounts != ConflictAccounts::Distinct {
                    assert_eq!(inherent.replace(own), None, "{id} in {kind}");
                }
                let needs = needs.unwrap_or(&ways[own][0]).clone();
                legs.push(Leg { kind, system, needs });
            }
            Subject {
                conflict: id.to_owned(),
                legs,
                inherent,
                together: choice.iter().all(|(_, system)| *system == choice[0].1),
                distinct: conflict.accounts == ConflictAccounts::Distinct,
                dimensions: conflict
                    .scope
                    .dimension
                    .iter()
                    .chain(&conflict.scope.dimensions)
                    .map(ToString::to_string)
                    .collect(),
            }
        })
        .collect()
}

/// What a vector changes of the plain case, in which each duty comes by a role of its own.
struct Vector {
    /// Which legs are granted.
    legs: std::ops::Range<usize>,
    /// Whether each leg has an account of its own.
    apart: bool,
    /// The scope of each leg's grant.
    scopes: Vec<Scope>,
    /// The system of the last leg, when it is another.
    elsewhere: bool,
}

impl Subject {
    fn last(&self) -> usize {
        self.legs.len() - 1
    }

    /// Everywhere that the conflict asks about, one value each.
    fn meeting(&self) -> Scope {
        let known: Vec<(&str, &str)> =
            self.dimensions.iter().filter(|name| *name != "system").map(|name| (name.as_str(), "here")).collect();
        scope(&known)
    }

    fn plain(&self) -> Vector {
        Vector {
            legs: 0..self.legs.len(),
            apart: self.distinct,
            scopes: vec![self.meeting(); self.legs.len()],
            elsewhere: false,
        }
    }

    fn system(&self, leg: usize, vector: &Vector) -> String {
        if vector.elsewhere && leg == self.last() { "elsewhere".to_owned() } else { self.legs[leg].system.clone() }
    }

    fn account(&self, leg: usize, vector: &Vector) -> String {
        let name = if vector.apart || !self.together { format!("a{leg}") } else { "a".to_owned() };
        format!("{}/{name}", self.system(leg, vector))
    }

    /// The systems and the person, with an account for each leg.
    fn world(&self, vector: &Vector) -> World {
        let mut world = World::default();
        let mut described = BTreeSet::new();
        for leg in 0..self.legs.len() {
            let id = self.system(leg, vector);
            if described.insert(id.clone()) {
                let system = world.system(&id, &self.legs[leg].kind);
                if !self.together {
                    // Different systems meet on `system` only when their owners say that they are parts of one.
                    let part = if vector.elsewhere && leg == self.last() { "other" } else { "one" };
                    system.fixed = scope(&[("system", part)]);
                }
            }
        }
        let accounts: BTreeSet<String> = (0..self.legs.len()).map(|leg| self.account(leg, vector)).collect();
        world.person("p", &accounts.iter().map(String::as_str).collect::<Vec<_>>());
        world
    }

    fn statements(&self, leg: usize) -> Vec<Statement> {
        self.legs[leg]
            .needs
            .iter()
            .map(|need| {
                let resources = need.resource.as_deref().unwrap_or("*");
                Statement { level: Some(need.level), ..on(allow(&[&need.permission]), &[resources]) }
            })
            .collect()
    }

    /// Gives a leg by a role of its own.
    fn give(&self, world: &mut World, vector: &Vector, leg: usize, statements: Vec<Statement>) {
        let role = format!("{}/role-{leg}", self.system(leg, vector));
        world.role(&role, statements);
        world.grant(&format!("account:{}", self.account(leg, vector)), &role).scope = vector.scopes[leg].clone();
    }

    fn given(&self, vector: &Vector) -> World {
        let mut world = self.world(vector);
        for leg in vector.legs.clone() {
            self.give(&mut world, vector, leg, self.statements(leg));
        }
        world
    }

    /// What the conflict comes to for somebody: how far apart, how certainly and on what, the nearest meeting first.
    fn told(&self, world: &World, who: &str) -> Option<(Apart, Certainty, Scope)> {
        let catalogue = &BUILT_IN.1;
        let holdings = Judged::new(world, catalogue).of(who);
        let met = met(&holdings, catalogue, &self.conflict)?;
        let meeting = met.meetings.first().unwrap();
        for (leg, (number, support)) in meeting.legs.iter().enumerate() {
            let duty = &holdings.duties[*number as usize];
            assert!(duty.supports.len() > *support as usize, "leg {leg} of {} has a support", self.conflict);
        }
        Some((meeting.apart, meeting.certainty, meeting.on.clone()))
    }

    fn on(&self) -> Scope {
        if !self.dimensions.iter().any(|name| name == "system") {
            return self.meeting();
        }
        let system = if self.together { "system-1" } else { "one" };
        let all = self.meeting();
        all.with(Dimension::system(), crate::facts::scope::Values::of([system]))
    }

    /// How far apart legs with roles of their own are.
    fn several(&self, vector: &Vector) -> Apart {
        if vector.apart || !self.together { Apart::CrossAccount } else { Apart::Combined }
    }

    fn yes(&self, what: &str, world: &World, apart: Apart, on: Scope) {
        assert_eq!(self.told(world, "person:p"), Some((apart, Certainty::Certain, on)), "{what} of {self:#?}");
    }

    fn no(&self, what: &str, world: &World) {
        assert_eq!(self.told(world, "person:p"), None, "{what} of {self:#?}");
    }

    fn run(&self, count: &mut dyn FnMut(&'static str)) {
        if let Some(leg) = self.inherent {
            return self.run_inherent(leg, count);
        }
        let plain = self.plain();
        let several = self.several(&plain);
        let scoped = !self.meeting().is_unknown();

        self.no("(a)", &self.given(&Vector { legs: 0..self.last(), ..self.plain() }));
        count("a one side only");
        self.no("(b)", &self.given(&Vector { legs: self.last()..self.legs.len(), ..self.plain() }));
        count("b other side only");

        if self.together {
            self.one_role(count);
        }
        if self.together && !self.distinct {
            self.yes("(d)", &self.given(&plain), Apart::Combined, self.on());
            count("d two roles of one account");
        } else if self.together {
            let together = Vector { apart: false, ..self.plain() };
            self.no("(d), distinct", &self.given(&together));
            count("d one account where two are asked for");
        }
        let apart = Vector { apart: true, ..self.plain() };
        self.yes("(e)", &self.given(&apart), Apart::CrossAccount, self.on());
        count("e two accounts");

        for dimension in &self.dimensions {
            let mut vector = self.plain();
            if dimension == "system" {
                vector.elsewhere = true;
                vector.apart = true;
            } else {
                let there = crate::facts::scope::Values::of(["there"]);
                vector.scopes[self.last()] = self.meeting().with(Dimension::new(dimension), there);
            }
            self.no("(f)", &self.given(&vector));
            count("f scopes apart");
        }

        if scoped {
            let mut vector = self.plain();
            vector.scopes[self.last()] = Scope::unknown();
            self.yes("(g), one unknown", &self.given(&vector), several, self.on());
            count("g one scope unknown");
            vector.scopes.fill(Scope::unknown());
            self.yes("(g), all unknown", &self.given(&vector), several, {
                // What nobody says is absent from the meeting.
                let system = Dimension::system();
                self.on().get(&system).map_or(Scope::unknown(), |own| Scope::unknown().with(system, own.clone()))
            });
            count("g every scope unknown");
        }

        for viewed in 0..self.legs.len() {
            let mut world = self.world(&plain);
            for leg in 0..self.legs.len() {
                let mut statements = self.statements(leg);
                if leg == viewed {
                    statements.iter_mut().for_each(|statement| statement.level = Some(Level::View));
                }
                self.give(&mut world, &plain, leg, statements);
            }
            if self.legs[viewed].needs.iter().any(|need| need.level > Level::View) {
                self.no("(h)", &world);
                count("h view only");
            } else {
                self.yes("(h), a reading duty", &world, several, self.on());
                count("h view suffices for reading");
            }
        }

        self.wildcards(count);
        self.denied(count);

        let mut world = self.given(&plain);
        for grant in &mut world.facts.grants {
            grant.validity = between(None, NOW + 100);
        }
        world.facts.grants.last_mut().unwrap().validity = between(NOW + 100, None);
        self.no("(k)", &world);
        count("k one after the other");
        for grant in &mut world.facts.grants {
            grant.validity.until = grant.validity.until.map(|until| until + 1);
        }
        self.yes("(k), one second together", &world, several, self.on());
        count("k one second together");

        // (l) The last leg is held by a bot that the person's first account may act as.
        let mut world = self.given(&Vector { legs: 0..self.last(), ..self.plain() });
        let bot = format!("{}/bot", self.legs[self.last()].system);
        world.service("bot", &[&bot]);
        let role = format!("{}/role-bot", self.legs[self.last()].system);
        world.role(&role, self.statements(self.last()));
        world.grant(&format!("account:{bot}"), &role).scope = self.meeting();
        self.no("(l), without the trust", &world);
        world.acts_as("person:p", &bot);
        self.yes("(l)", &world, Apart::CrossAccount, self.on());
        assert_eq!(self.told(&world, "service:bot"), None, "(l), the bot itself, of {self:#?}");
        count("l through a bot");
    }

    /// One leg brings the others with it: it alone is the conflict, and comes under the privileged duty that it is.
    fn run_inherent(&self, leg: usize, count: &mut dyn FnMut(&'static str)) {
        let plain = self.plain();
        let mut others = self.world(&plain);
        for other in (0..self.legs.len()).filter(|other| *other != leg) {
            self.give(&mut others, &plain, other, self.statements(other));
        }
        self.no("the others", &others);
        count("without the leg that brings the others");
        let world = self.given(&Vector { legs: leg..leg + 1, ..self.plain() });
        self.yes("the leg that brings the others", &world, Apart::Intrinsic, self.on());
        let judged = Judged::new(&world, &BUILT_IN.1);
        let holdings = judged.of("person:p");
        let meetings = &met(&holdings, judged.catalogue, &self.conflict).unwrap().meetings;
        assert!(meetings.iter().all(|meeting| meeting.under == judged.catalogue.find_duty("SUPER")), "{self:#?}");
        count("the leg that brings the others");
    }

    /// (c): one role gives every leg.
    fn one_role(&self, count: &mut dyn FnMut(&'static str)) {
        let plain = self.plain();
        let mut world = self.world(&plain);
        let role = "system-1/both";
        world.role(role, (0..self.legs.len()).flat_map(|leg| self.statements(leg)).collect());
        let first = format!("account:{}", self.account(0, &plain));
        world.grant(&first, role).scope = self.meeting();
        let judged = Judged::new(&world, &BUILT_IN.1);
        let of_role = judged.role(role);
        if self.distinct {
            self.no("(c), distinct", &world);
            assert!(met(&of_role, judged.catalogue, &self.conflict).is_none(), "(c), the role, of {self:#?}");
            count("c one role in one account where two are asked for");
            world.grant(&format!("account:{}", self.account(1, &plain)), role).scope = self.meeting();
            self.yes("(c), the role in two accounts", &world, Apart::CrossAccount, self.on());
            count("c one role in two accounts");
        } else {
            self.yes("(c)", &world, Apart::Intrinsic, self.on());
            let met = met(&of_role, judged.catalogue, &self.conflict).unwrap();
            assert_eq!(met.meetings[0].apart, Apart::Intrinsic, "(c), the role, of {self:#?}");
            assert_eq!(met.meetings[0].role, judged.graph.role(&crate::access::fixture::native(role)));
            count("c one role");
        }
    }

    /// A permission with one character made a wildcard, such that it gives no other leg.
    fn wildcard(&self, name: &str) -> String {
        let others = || self.legs[..self.last()].iter().flat_map(|leg| &leg.needs);
        (0..name.len())
            .rev()
            .map(|at| format!("{}*{}", &name[..at], &name[at + 1..]))
            .find(|pattern| !others().any(|need| crate::access::covers(pattern, &need.permission, true)))
            .unwrap()
    }

    /// (i): the last leg by a wildcard, and all of them by `*`.
    fn wildcards(&self, count: &mut dyn FnMut(&'static str)) {
        let plain = self.plain();
        let mut world = self.world(&plain);
        for leg in 0..self.legs.len() {
            let mut statements = self.statements(leg);
            if leg == self.last() {
                for statement in &mut statements {
                    statement.actions = Patterns::of([self.wildcard(&statement.actions.list[0])]);
                }
            }
            self.give(&mut world, &plain, leg, statements);
        }
        self.yes("(i)", &world, self.several(&plain), self.on());
        count("i by a wildcard");

        let mut world = self.world(&plain);
        for leg in 0..self.legs.len() {
            self.give(&mut world, &plain, leg, vec![allow(&["*"])]);
        }
        if self.together && !self.distinct {
            self.yes("(i), everything", &world, Apart::Intrinsic, self.on());
        } else {
            // One of several systems may give every leg by itself, so they may be nearer than the accounts.
            let told = self.told(&world, "person:p").map(|(_, certainty, _)| certainty);
            assert_eq!(told, Some(Certainty::Certain), "(i), everything, of {self:#?}");
        }
        count("i by everything");
    }

    /// (j): an explicit deny in another role of the account takes the last leg.
    fn denied(&self, count: &mut dyn FnMut(&'static str)) {
        let plain = self.plain();
        let mut world = self.given(&plain);
        let system = &self.legs[self.last()].system;
        let role = format!("{system}/no");
        world.role(&role, vec![deny(&[&self.legs[self.last()].needs[0].permission])]);
        let account = format!("account:{}", self.account(self.last(), &plain));
        world.grant(&account, &role).scope = self.meeting();
        self.no("(j)", &world);
        count("j denied");
    }
}

#[test]
fn every_static_conflict_passes_its_vectors() {
    let definitions = &BUILT_IN.0;
    let mut shared = BTreeSet::new();
    let mut subjects_of = BTreeMap::new();
    for (id, conflict) in definitions.conflicts.iter().filter(|(_, rule)| rule.value.kind == ConflictKind::Static) {
        let conflict = &conflict.value;
        let duties: Vec<String> = conflict.duties.iter().map(|duty| duty.as_str().to_owned()).collect();
        let k = conflict.at_least.unwrap_or(duties.len());
        // Of a k-of-n set, every choice of k is a subject.
        let choices: Vec<Vec<String>> = if k == duties.len() {
            vec![duties]
        } else {
            assert_eq!(k, 2, "{id}");
            (0..duties.len())
                .flat_map(|a| (a + 1..duties.len()).map(move |b| (a, b)))
                .map(|(a, b)| vec![duties[a].clone(), duties[b].clone()])
                .collect()
        };
        for choice in choices {
            let found = subjects(definitions, id, &choice, conflict, &mut shared);
            subjects_of.entry(id.as_str()).or_insert_with(Vec::new).extend(found);
        }
    }
    let listed = SHARED.map(|(conflict, kind, name)| (conflict.to_owned(), kind.to_owned(), name.to_owned()));
    assert_eq!(shared, listed.into());

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in subjects_of.values().flatten() {
        subject.run(&mut |vector| *counts.entry(vector).or_default() += 1);
    }
    let together = subjects_of.values().flatten().filter(|subject| subject.together).count();
    let across = subjects_of.values().flatten().filter(|subject| !subject.together).count();
    assert_eq!(
        (subjects_of.len(), together, across),
        (96, 501, 98),
        "conflicts, and their subjects in and across systems"
    );
    let counts: Vec<(&str, usize)> = counts.into_iter().collect();
    assert_eq!(
        counts,
        [
            ("a one side only", 591),
            ("b other side only", 591),
            ("c one role", 483),
            ("c one role in one account where two are asked for", 10),
            ("c one role in two accounts", 10),
            ("d one account where two are asked for", 10),
            ("d two roles of one account", 483),
            ("e two accounts", 591),
            ("f scopes apart", 607),
            ("g every scope unknown", 525),
            ("g one scope unknown", 525),
            ("h view only", 1208),
            ("h view suffices for reading", 10),
            ("i by a wildcard", 591),
            ("i by everything", 591),
            ("j denied", 591),
            ("k one after the other", 591),
            ("k one second together", 591),
            ("l through a bot", 591),
            ("the leg that brings the others", 8),
            ("without the leg that brings the others", 8),
        ]
    );
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), 9206);
}
