//! The matcher against a slow oracle that expands every pattern over a tiny universe.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::{Judged, catalogue};
use crate::access::fixture::{World, allow, deny, include, on};
use crate::facts::{Effect, Level, Patterns, Statement};

/// Every action that exists.
const ACTIONS: [&str; 6] = ["aa", "ab", "ba", "bb", "a", "b"];
/// Every resource that exists; nothing names the last, so that only a wildcard is everything.
const RESOURCES: [&str; 3] = ["x", "y", "z"];
const LEVELS: [Level; 4] = [Level::View, Level::Create, Level::Edit, Level::Full];

/// What a duty asks for.
#[derive(Debug, Clone)]
enum Wish {
    Leaf { action: usize, level: usize, resource: Option<usize> },
    All(Vec<Wish>),
    Any(Vec<Wish>),
}

impl Wish {
    fn write(&self, text: &mut String) {
        match self {
            Self::Leaf { action, level, resource } => {
                let resource = resource.map_or(String::new(), |at| format!(", resource: {}", RESOURCES[at]));
                let level = format!("{:?}", LEVELS[*level]).to_lowercase();
                write!(text, "{{permission: {}, level: {level}{resource}}}", ACTIONS[*action]).unwrap();
            }
            Self::All(parts) | Self::Any(parts) => {
                text.push_str(if matches!(self, Self::All(_)) { "{all: [" } else { "{any: [" });
                for part in parts {
                    part.write(text);
                    text.push_str(", ");
                }
                text.push_str("]}");
            }
        }
    }

    fn holds(&self, statements: &[Statement]) -> bool {
        match self {
            Self::Leaf { action, level, resource } => gives(statements, ACTIONS[*action], LEVELS[*level], *resource),
            Self::All(parts) => parts.iter().all(|part| part.holds(statements)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(statements)),
        }
    }
}

/// The definition of a pattern.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|n| matches(rest, &text[n..])),
        Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((c, rest)) => text.first().is_some_and(|first| first.eq_ignore_ascii_case(c)) && matches(rest, &text[1..]),
    }
}

/// The members of a universe that patterns name.
fn expand(patterns: &Patterns, universe: &[&'static str]) -> BTreeSet<&'static str> {
    let named = |text: &str| patterns.list.iter().any(|pattern| matches(pattern.as_bytes(), text.as_bytes()));
    universe.iter().copied().filter(|text| named(text) != patterns.negated).collect()
}

/// Whether some allow gives an action, and no deny takes all that it gives of it or all that is wanted.
fn gives(statements: &[Statement], action: &str, level: Level, resource: Option<usize>) -> bool {
    let on = |statement: &Statement| expand(&statement.resources, &RESOURCES);
    let covers = |statement: &Statement| expand(&statement.actions, &ACTIONS).contains(action);
    statements.iter().filter(|statement| statement.effect == Effect::Allow && covers(statement)).any(|allowed| {
        allowed.level.is_none_or(|own| own >= level)
            && resource.is_none_or(|at| on(allowed).contains(RESOURCES[at]))
            && !statements.iter().filter(|statement| statement.effect == Effect::Deny && covers(statement)).any(
                |denied| {
                    on(allowed).is_subset(&on(denied)) || resource.is_some_and(|at| on(denied).contains(RESOURCES[at]))
                },
            )
    })
}

fn wishes() -> impl Strategy<Value = Wish> {
    let leaf = (0..6usize, 0..4usize, prop_oneof![3 => Just(None), 1 => (0..2usize).prop_map(Some)])
        .prop_map(|(action, level, resource)| Wish::Leaf { action, level, resource });
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wish::All),
            proptest::collection::vec(inner, 1..4).prop_map(Wish::Any),
        ]
    })
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let actions = (proptest::collection::vec("[abAB*?]{1,3}", 1..3), any::<bool>(), any::<bool>());
    let resources = prop_oneof![
        2 => Just(vec!["*"]),
        1 => Just(vec!["x"]),
        1 => Just(vec!["y"]),
        1 => Just(vec!["x", "y"]),
    ];
    let one = (actions, resources, 0..5usize, any::<bool>(), prop_oneof![3 => Just(false), 1 => Just(true)]).prop_map(
        |((list, negate, sure), resources, level, not_resource, takes)| {
            let list: Vec<&str> = list.iter().map(String::as_str).collect();
            let mut statement = on(if takes { deny(&list) } else { allow(&list) }, &resources);
            statement.actions.negated = negate && sure;
            statement.level = LEVELS.get(level).copied();
            // Only a deny is written by what it leaves out: of what an allow leaves out, a deny takes all or nothing.
            statement.resources.negated = takes && not_resource;
            statement
        },
    );
    proptest::collection::vec(one, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_matcher_holds_what_expanding_everything_holds(
        wishes in proptest::collection::vec(proptest::collection::vec(wishes(), 1..3), 3..4),
        statements in statements(),
        inner in any::<bool>(),
    ) {
        let mut text = String::from("  duties:\n");
        for (number, any) in wishes.iter().enumerate() {
            write!(text, "    D{number}: {{title: d, process: X, bindings: {{erp: {{origin: t, any: [").unwrap();
            for wish in any {
                wish.write(&mut text);
                text.push_str(", ");
            }
            text.push_str("]}}");
            // The last duty means the first; another one follows from either of the first two.
            text.push_str(if number == 2 { ", includes: [D0]}\n" } else { "}\n" });
        }
        text.push_str("    D3: {title: d, process: X, any_duty: [D0, D1]}\n");
        let catalogue = catalogue(&text);
        let mut world = World::default();
        // One account, by two roles, one of which may stand inside the other.
        let half = statements.len() / 2;
        world.role("erp/first", statements[..half].to_vec());
        world.role("erp/second", statements[half..].to_vec());
        if inner {
            world.facts.roles[1].includes = vec![include("erp/first")];
        } else {
            world.grant("account:erp/a", "erp/first");
        }
        world.grant("account:erp/a", "erp/second");
        let held = Judged::new(&world, &catalogue).of("account:erp/a").duties;
        let got: BTreeSet<&str> = held.iter().map(|held| &*catalogue.duty(held.duty).unwrap().id).collect();
        let own: Vec<bool> = wishes.iter().map(|any| any.iter().any(|wish| wish.holds(&statements))).collect();
        let first = own[0] || own[2];
        let expected: BTreeSet<&str> = [("D0", first), ("D1", own[1]), ("D2", own[2]), ("D3", first || own[1])]
            .into_iter()
            .filter_map(|(id, held)| held.then_some(id))
            .collect();
        prop_assert_eq!(got, expected, "{}", text);
    }
}

#[test]
fn a_wildcard_in_a_binding_is_only_covered_by_one_as_wide() {
    let catalogue = catalogue(
        "  duties:
    ALL: {title: t, process: X, bindings: {aws: {origin: t, any: [{permission: '*', resource: '*'}]}}}
    IAM: {title: t, process: X, bindings: {aws: {origin: t, any: [{permission: 'iam:*', resource: '*'}]}}}
",
    );
    let held = |statement: Statement| {
        let mut world = World::default();
        world.permit("account:aws:1/user/a", "aws:1", vec![statement]);
        let held = Judged::new(&world, &catalogue).of("account:aws:1/user/a").duties;
        held.iter().map(|held| catalogue.duty(held.duty).unwrap().id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(held(allow(&["*"])), ["ALL", "IAM"]);
    assert_eq!(held(allow(&["IAM:*"])), ["IAM"]);
    assert_eq!(held(allow(&["iam:?*"])), Vec::<String>::new());
    assert_eq!(held(allow(&["iam:C*", "iam:D*"])), Vec::<String>::new());
    assert_eq!(held(on(allow(&["*"]), &["arn:*"])), Vec::<String>::new());
    assert_eq!(held(crate::access::fixture::except(allow(&["s3:*"]))), ["IAM"], "all but s3 is not all");
    assert_eq!(held(crate::access::fixture::except(allow(&["iam:CreateUser"]))), Vec::<String>::new());
}
