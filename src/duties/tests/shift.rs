//! What a change makes of a holding, against the definition: every point, one by one.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::access::fixture::{between, scope};
use crate::duties::{Certainty, Part, Respect, Shift, shift};

const NOW: i64 = 1;
const LEVELS: [Certainty; 3] = [Certainty::Conditional, Certainty::Unknown, Certainty::Certain];
/// Values of a dimension; no part names those that are elsewhere.
const VALUES: [&str; 5] = ["a/1", "a/2", "a/elsewhere", "b", "elsewhere"];

/// Somewhere, at an instant, so surely, while these conditions hold.
type Point = ((&'static str, &'static str), i64, Certainty, BTreeSet<&'static str>);

fn assumed() -> [BTreeSet<&'static str>; 4] {
    [&[][..], &["mfa"], &["office"], &["mfa", "office"]].map(|list| list.iter().copied().collect())
}

/// Every point that the parts hold, from now on.
fn points(parts: &[Part]) -> BTreeSet<Point> {
    let mut all = BTreeSet::new();
    for part in parts {
        for one in VALUES {
            for two in VALUES {
                for instant in NOW..7 {
                    let there = part.scope.covers(&scope(&[("entity", one), ("ledger", two)]));
                    if !there || !part.validity.contains(instant) {
                        continue;
                    }
                    for level in LEVELS.into_iter().filter(|level| *level <= part.certainty) {
                        for conditions in assumed() {
                            if part.conditions.iter().all(|own| conditions.contains(&**own)) {
                                all.insert(((one, two), instant, level, conditions));
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

fn expected(before: &BTreeSet<Point>, after: &BTreeSet<Point>) -> Option<Shift> {
    match (before.is_empty(), after.is_empty()) {
        (true, true) => return None,
        (true, false) => return Some(Shift::Gained),
        (false, true) => return Some(Shift::Lost),
        (false, false) => {}
    }
    let mut respects = BTreeSet::new();
    let sides = [
        (before, after, [Respect::Wider, Respect::Longer, Respect::MoreCertain, Respect::FewerConditions]),
        (after, before, [Respect::Narrower, Respect::Shorter, Respect::LessCertain, Respect::MoreConditions]),
    ];
    for (known, own, [wider, longer, surer, freer]) in sides {
        for (place, instant, level, _) in own.difference(known) {
            let there = |point: &&Point| point.0 == *place;
            let then = |point: &&Point| there(point) && point.1 == *instant;
            respects.insert(if !known.iter().any(|point| there(&point)) {
                wider
            } else if !known.iter().any(|point| then(&point)) {
                longer
            } else if !known.iter().any(|point| then(&point) && point.2 == *level) {
                surer
            } else {
                freer
            });
        }
    }
    (!respects.is_empty()).then_some(Shift::Changed(respects))
}

fn part() -> impl Strategy<Value = Part> {
    let values = || prop::sample::select(vec!["a/1", "a/2", "b", "a/*", "a/1|a/2", "a/1|b", "a/*|b", "*"]);
    let scopes = prop_oneof![
        Just(scope(&[])),
        values().prop_map(|one| scope(&[("entity", one)])),
        (values(), values()).prop_map(|(one, two)| scope(&[("entity", one), ("ledger", two)])),
    ];
    let times = (prop::option::of(0_i64..6), prop::option::of(1_i64..7));
    let conditions = prop::sample::select(assumed().to_vec());
    (scopes, prop::sample::select(LEVELS.to_vec()), conditions, times).prop_map(
        |(scope, certainty, conditions, (from, until))| Part {
            scope,
            certainty,
            conditions: conditions.into_iter().map(Into::into).collect(),
            validity: between(from, until),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn it_is_what_every_point_says(
        before in prop::collection::vec(part(), 0..4),
        after in prop::collection::vec(part(), 0..4),
    ) {
        prop_assert_eq!(shift(&before, &after, NOW), expected(&points(&before), &points(&after)));
    }

    #[test]
    fn parts_that_are_taken_apart_are_no_change(parts in prop::collection::vec(part(), 0..4)) {
        let apart: Vec<Part> = parts
            .iter()
            .flat_map(|part| {
                let cut = |from: Option<i64>, until: Option<i64>| Part {
                    validity: part.validity.intersect(between(from, until)),
                    ..part.clone()
                };
                [cut(None, Some(3)), cut(Some(3), None)]
            })
            .collect();
        prop_assert_eq!(shift(&parts, &apart, NOW), None);
        prop_assert_eq!(shift(&apart, &parts, NOW), None);
    }

    #[test]
    fn there_and_back_is_the_reverse(
        before in prop::collection::vec(part(), 0..3),
        after in prop::collection::vec(part(), 0..3),
    ) {
        let turned = |respect: &Respect| match respect {
            Respect::Wider => Respect::Narrower,
            Respect::Narrower => Respect::Wider,
            Respect::Longer => Respect::Shorter,
            Respect::Shorter => Respect::Longer,
            Respect::MoreCertain => Respect::LessCertain,
            Respect::LessCertain => Respect::MoreCertain,
            Respect::FewerConditions => Respect::MoreConditions,
            Respect::MoreConditions => Respect::FewerConditions,
        };
        let back = shift(&after, &before, NOW).map(|shift| match shift {
            Shift::Gained => Shift::Lost,
            Shift::Lost => Shift::Gained,
            Shift::Changed(respects) => Shift::Changed(respects.iter().map(turned).collect()),
        });
        prop_assert_eq!(shift(&before, &after, NOW), back);
    }
}
