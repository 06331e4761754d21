//! Worlds made at random, joined by Rust and derived by Rego.

use serde_json::{Value, json};

use super::super::atoms::{Beside, atoms};
use super::super::joined::expected;
use crate::access::fixture::{World, allow, between, deny, include, native, on, scope, when};
use crate::access::{Graph, Links, NodeId, UnitFacts};
use crate::duties::{Catalogue, Matcher, Matches};
use crate::facts::{Constrains, RoleKind, Statement, Validity};
use crate::policy::{Engine, Input};
use crate::rules::{Definitions, LinkRule, RuleFile};
use crate::syntax::{Span, Spanned};

/// The instant of every evaluation here.
const NOW: i64 = 100;

/// Duties in alternatives, inside each other and by each other; conflicts of two, of two in three, and by accounts.
const KNOWLEDGE: &str = "
  duties:
    D1: {title: a, process: P, bindings: {t: {origin: t, any: [P1]}, u: {origin: t, any: [P1]}}}
    D2: {title: a, process: P, bindings: {t: {origin: t, any: [{all: [P2, P3]}]}, u: {origin: t, any: [P2]}}}
    D3: {title: a, process: P, bindings: {t: {origin: t, any: [{all: [P1, {any: [P4, {all: [P5, P6]}]}]}, P6]}}}
    D4: {title: a, process: P, any_duty: [D1, D3]}
    D5: {title: a, process: P, any_duty: [D4], bindings: {u: {origin: t, any: [P5]}}}
    D6: {title: a, process: P, privileged: true, severity: high, includes: [D2, D7], bindings: {t: {origin: t, any: ['*']}, u: {origin: t, any: ['*']}}}
    D7: {title: a, process: P, includes: [D1], bindings: {t: {origin: t, any: [{permission: P4, resource: 'x*'}]}}}
  conflicts:
    C1: {title: a, duties: [D1, D2], severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
    C2: {title: a, duties: [D2, D4, D7], at_least: 2, severity: high, scope: {dimensions: [entity, place]}, kind: static, risk: r, owner: o}
    C3: {title: a, duties: [D1, D3], accounts: distinct, severity: high, scope: {dimension: entity}, kind: static, risk: r, owner: o}
    C4: {title: a, duties: [D2, D5], severity: high, scope: {dimension: system}, kind: static, risk: r, owner: o}
    C5: {title: a, duties: [D1, D2, D3], severity: high, scope: {dimension: place}, kind: static, risk: r, owner: o}
";

fn knowledge() -> Definitions {
    let text = format!(
        "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata: {{id: t, version: '1', title: t}}\nadd:{KNOWLEDGE}"
    );
    Definitions::of(&text)
}

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }
}

const SYSTEMS: [(&str, &str); 3] = [("a", "t"), ("b", "u"), ("github:c", "t")];
const IDENTITIES: [&str; 4] = ["person:p1", "person:p2", "person:P3", "service:s"];
const ACCOUNTS: [&str; 7] = ["a/p1", "a/x", "a/y", "b/p1", "b/z", "github:c/p2-c", "github:c/P3-C"];
const GROUPS: [&str; 4] = ["a/g1", "a/g2", "b/g3", "github:c/g4"];
const ROLES: [&str; 6] = ["a/r1", "a/r2", "a/r3", "b/r4", "b/r5", "github:c/r6"];
const ACTIONS: [&str; 9] = ["P1", "P2", "P3", "P4", "P5", "P6", "p1", "P*", "*"];

fn validity(dice: &mut Dice) -> Validity {
    match dice.below(8) {
        0 => between(None, 90),
        1 => between(200, None),
        2 => between(50, 150),
        3 => between(140, 300),
        4 => between(None, 250),
        _ => Validity::default(),
    }
}

fn constrains(dice: &mut Dice) -> Constrains {
    dice.of(&[Constrains::Yes, Constrains::No, Constrains::Unknown])
}

fn conditional(dice: &mut Dice, statement: Statement) -> Statement {
    if !dice.one_in(4) {
        return statement;
    }
    let keys = ["k1", "k2", "k3"];
    let conditions: Vec<(&str, Constrains)> = (0..=dice.below(2)).map(|_| (dice.of(&keys), constrains(dice))).collect();
    when(statement, &conditions)
}

fn statements(dice: &mut Dice) -> Vec<Statement> {
    let mut all = Vec::new();
    for _ in 0..=dice.below(3) {
        let actions: Vec<&str> = (0..=dice.below(2)).map(|_| dice.of(&ACTIONS)).collect();
        let mut statement = if dice.one_in(6) { deny(&actions) } else { allow(&actions) };
        if dice.one_in(3) {
            statement = on(statement, &[dice.of(&["x", "x*", "*", "y"])]);
        }
        if dice.one_in(4) {
            statement.scope = some_scope(dice);
        }
        all.push(conditional(dice, statement));
    }
    all
}

fn some_scope(dice: &mut Dice) -> crate::facts::scope::Scope {
    let mut dimensions = Vec::new();
    if !dice.one_in(3) {
        dimensions.push(("entity", dice.of(&["E1", "E2", "E1|E2", "*", "h/*", "h/1", "h/2|E1"])));
    }
    if dice.one_in(3) {
        dimensions.push(("place", dice.of(&["L1", "L2", "*", "L1|L2"])));
    }
    scope(&dimensions)
}

fn claims(dice: &mut Dice, world: &mut World) {
    for identity in IDENTITIES {
        let own: Vec<&str> = (0..dice.below(4)).map(|_| dice.of(&ACCOUNTS)).collect();
        match identity.split_once(':').unwrap() {
            ("person", id) => world.person(id, &own),
            (_, id) => world.service(id, &own),
        }
    }
    for account in ACCOUNTS {
        if dice.one_in(2) {
            world.account(account);
        }
    }
}

fn world(dice: &mut Dice) -> World {
    let mut world = World::default();
    for (id, kind) in SYSTEMS {
        let system = world.system(id, kind);
        if dice.one_in(3) {
            system.fixed = scope(&[("place", "L1")]);
        }
    }
    claims(dice, &mut world);
    for group in GROUPS {
        let listed = dice.one_in(2);
        world.group(group, listed);
    }
    for role in ROLES {
        let statements = statements(dice);
        let includes: Vec<&str> = (0..dice.below(3)).map(|_| dice.of(&ROLES)).collect();
        let kind = if dice.one_in(12) { RoleKind::Guardrail } else { RoleKind::Role };
        let fact = world.role(role, statements);
        fact.kind = kind;
        fact.includes = includes.into_iter().filter(|inner| *inner != role).map(include).collect();
    }
    let any = |dice: &mut Dice| match dice.below(4) {
        0 => dice.of(&IDENTITIES).to_owned(),
        1 => format!("group:{}", dice.of(&GROUPS)),
        _ => format!("account:{}", dice.of(&ACCOUNTS)),
    };
    for _ in 0..dice.below(8) {
        let (member, group) = (any(dice), dice.of(&GROUPS));
        world.member(&member, group).validity = validity(dice);
    }
    for _ in 0..dice.below(4) {
        let who = if dice.one_in(3) {
            format!("group:{}", dice.of(&GROUPS))
        } else {
            format!("account:{}", dice.of(&ACCOUNTS))
        };
        let conditions = if dice.one_in(3) {
            vec![crate::access::fixture::condition(dice.of(&["k1", "k4"]), constrains(dice))]
        } else {
            Vec::new()
        };
        world.acts_as(&who, dice.of(&ACCOUNTS)).conditions = conditions;
    }
    for _ in 0..2 + dice.below(8) {
        let to = any(dice);
        let conditions = if dice.one_in(5) {
            vec![crate::access::fixture::condition(dice.of(&["k1", "k5"]), constrains(dice))]
        } else {
            Vec::new()
        };
        let (role, own) = (dice.of(&ROLES), statements(dice));
        let grant = if dice.one_in(3) { world.permit(&to, dice.of(&SYSTEMS).0, own) } else { world.grant(&to, role) };
        grant.scope = some_scope(dice);
        grant.validity = validity(dice);
        grant.conditions = conditions;
    }
    if dice.one_in(3) {
        let (account, role) = (dice.of(&ACCOUNTS), dice.of(&ROLES));
        world.account(account).boundary = Some((native(role), crate::access::fixture::origin()));
    }
    if dice.one_in(3) {
        let text = |text: &str| Spanned { value: text.to_owned(), span: Span::default() };
        world.rules.push(LinkRule { system: text("*"), account: text("{person}") });
        world.rules.push(LinkRule { system: text("github:*"), account: text("{person}-C") });
    }
    world
}

/// What Rust joins and Rego derives, compared; counts what there was to compare.
fn compared(seed: u64, definitions: &Definitions, catalogue: &Catalogue, engine: &Engine) -> (Value, usize, usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let head = world(&mut dice);
    let mut before = World { rules: head.rules.clone(), ..World::default() };
    let base: Option<Vec<UnitFacts>> = dice.one_in(2).then(|| {
        claims(&mut dice, &mut before);
        before.units()
    });
    let (own, _) = head.links();
    let links = match &base {
        Some(units) => Links::union(&Links::of_tree(units, &head.rules).0, &own),
        None => own,
    };
    let graph = Graph::build(head.units(), &links, &crate::rules::BroughtAlong::default());
    let matches = Matches::new(&graph, catalogue);
    let matcher = Matcher { graph: &graph, catalogue, matches: &matches, as_of: NOW };
    let sample: Vec<NodeId> = graph.principals().into_iter().map(|(node, _)| node).collect();
    let beside = Beside { base: base.as_deref(), links: &head.rules, definitions };
    let atoms = atoms(&matcher, &beside, &sample);
    let joined = expected(&matcher, &sample);
    let count = |name: &str| joined[name].as_array().unwrap().len();
    let (duties, conflicts) = (count("duties"), count("conflicts"));
    let mut engine = engine.clone();
    engine.add_data(json!({ "countersign": { "as_of": NOW, "atoms": atoms, "joined": joined } })).unwrap();
    let found = engine.value("data.countersign.derive.differences", &Input::new(Value::Null));
    (found.unwrap_or_else(|error| panic!("seed {seed}: {error}")).unwrap(), duties, conflicts)
}

#[test]
fn worlds_made_at_random_are_derived_again() {
    let definitions = knowledge();
    let catalogue = Catalogue::new(&definitions);
    let mut engine = Engine::empty().with_data(json!({}));
    let text = include_str!("../derive.rego");
    engine.add(&RuleFile::new("derive.rego", text.as_bytes()), text).unwrap();
    let (mut duties, mut conflicts) = (0, 0);
    let mut wrong = Vec::new();
    for seed in 1..=400 {
        let (differences, held, met) = compared(seed, &definitions, &catalogue, &engine);
        duties += held;
        conflicts += met;
        if differences != json!([]) {
            wrong.push(format!("seed {seed}: {differences}"));
        }
    }
    assert!(wrong.is_empty(), "{} of them differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(duties > 5000 && conflicts > 5000, "{duties} duties, {conflicts} conflicts");
}
