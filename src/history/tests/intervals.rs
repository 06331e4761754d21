//! Intervals against an oracle that asks, second by second, what the landings up to then had.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::duties::Certainty;
use crate::history::{Intervals, Seen, Standing, Stretch, Sums, There, Window, landing_times, sums};
use crate::source::BranchCommit;

/// What a landing has: things, each with the record that lets it pass, and the files that are broken. Nothing where it
/// could not be judged.
type Had = Option<(BTreeMap<u32, Option<u32>>, BTreeSet<u8>)>;

/// Landings, each some seconds after the one before.
type Past = Vec<(i64, Had)>;

fn standing((there, broken): &(BTreeMap<u32, Option<u32>>, BTreeSet<u8>)) -> Standing {
    let there = there.iter().map(|(thing, record)| (*thing, There { record: *record, held: Certainty::Certain }));
    Standing { there: there.collect(), broken: broken.iter().map(ToString::to_string).collect() }
}

fn told(past: &Past) -> BTreeMap<u32, Vec<Stretch>> {
    let mut intervals = Intervals::new(false);
    let mut at = 0;
    for (number, (later, had)) in past.iter().enumerate() {
        at += later;
        let standing = had.as_ref().map(standing);
        let seen = standing.as_ref().map_or(Seen::Unknown, Seen::Known);
        intervals.observe(at, Some(&format!("commit-{number}")), seen);
    }
    intervals.finish()
}

/// Whether a thing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    There(Option<u32>),
    Unknown,
    Gone,
}

/// Whether a thing is there after a landing, by its number.
fn is(past: &Past, thing: u32, number: usize) -> Is {
    let before = number.checked_sub(1).map_or(Is::Gone, |last| is(past, thing, last));
    let Some((there, broken)) = &past[number].1 else {
        return if before == Is::Gone { Is::Gone } else { Is::Unknown };
    };
    if let Some(record) = there.get(&thing) {
        return Is::There(*record);
    }
    if before == Is::Gone {
        return Is::Gone;
    }
    // It may stand in a file that broke after it was last seen and that nobody has mended since.
    let judged: Vec<(usize, &BTreeSet<u8>)> =
        past.iter().take(number + 1).enumerate().filter_map(|(at, (_, had))| Some((at, &had.as_ref()?.1))).collect();
    let last_seen = (0..number).rev().find(|at| past[*at].1.as_ref().is_some_and(|own| own.0.contains_key(&thing)));
    let since: Vec<&BTreeSet<u8>> =
        judged.iter().filter(|(at, _)| Some(*at) >= last_seen).map(|(_, own)| *own).collect();
    let may_hold = |path: &u8| {
        let broken_for = since.iter().rev().take_while(|own| own.contains(path)).count();
        broken_for < since.len()
    };
    if broken.iter().any(may_hold) { Is::Unknown } else { Is::Gone }
}

/// The sums of a thing within a window, asked for every second.
fn slowly(past: &Past, thing: u32, window: Window) -> Sums {
    let at = |second: i64| {
        let mut landed = 0;
        let mut last = None;
        for (number, (later, _)) in past.iter().enumerate() {
            landed += later;
            if landed <= second {
                last = Some(number);
            }
        }
        last.map_or(Is::Gone, |number| is(past, thing, number))
    };
    let mut own = Sums::default();
    let mut began: Option<i64> = None;
    let mut times = 0;
    for second in 0..window.to {
        let (was, now) = (at(second - 1), at(second));
        let inside = second >= window.from;
        if was == Is::Gone && now != Is::Gone {
            times += 1;
            began = Some(second);
            own.began += usize::from(inside);
            own.came_back += usize::from(inside && times > 1);
        }
        if was != Is::Gone && now == Is::Gone && second > window.from {
            own.ended += 1;
            own.lasted.extend(began.map(|began| second - began));
        }
        if inside {
            own.seconds += i64::from(matches!(now, Is::There(_)));
            own.uncovered += i64::from(now == Is::There(None));
            own.unknown += i64::from(now == Is::Unknown);
        }
        if second == window.from {
            own.at_start = was != Is::Gone && now != Is::Gone;
        }
        own.at_end = now != Is::Gone;
    }
    own
}

fn had() -> impl Strategy<Value = Had> {
    let there = proptest::collection::btree_map(0_u32..3, proptest::option::of(0_u32..2), 0..3);
    let broken = proptest::collection::btree_set(0_u8..2, 0..2);
    proptest::option::weighted(0.85, (there, broken))
}

proptest! {
    #[test]
    fn sums_are_those_that_asking_every_second_gives(
        past in proptest::collection::vec((1_i64..5, had()), 1..12),
        from in 0_i64..20,
        long in 1_i64..30,
    ) {
        let window = Window { from, to: from + long };
        let told = told(&past);
        for thing in 0..3 {
            let stretches: Vec<Stretch> =
                told.get(&thing).into_iter().flatten().filter_map(|own| own.before(window.to)).collect();
            let fast = sums(&stretches, window).unwrap_or_default();
            prop_assert_eq!(fast, slowly(&past, thing, window), "thing {} of {:?}", thing, stretches);
        }
    }
}

fn some(things: &[(u32, Option<u32>)], broken: &[u8]) -> Had {
    Some((things.iter().copied().collect(), broken.iter().copied().collect()))
}

#[test]
fn what_came_and_went_in_one_push_was_never_there_and_what_went_and_came_back_never_gone() {
    let both = some(&[(1, None), (2, None)], &[]);
    let past =
        vec![(5, some(&[(1, None)], &[])), (5, some(&[(2, None)], &[])), (0, some(&[(1, None)], &[])), (9, both)];
    let told = told(&past);
    assert_eq!(told[&1].len(), 1, "{:?}", told[&1]);
    assert_eq!((told[&1][0].from, told[&1][0].to), (5, None));
    assert_eq!((told[&2].len(), told[&2][0].from_commit.as_deref()), (1, Some("commit-3")));
}

#[test]
fn what_was_there_at_first_says_so_only_where_history_is_cut_off() {
    for cut_off in [true, false] {
        let mut intervals = Intervals::new(cut_off);
        let first = standing(&some(&[(1, None)], &[]).unwrap());
        intervals.observe(3, Some("commit-0"), Seen::Known(&first));
        assert_eq!(intervals.finish()[&1][0].since_before, cut_off);
    }
    let past = vec![(3, None), (2, some(&[(1, None)], &[]))];
    assert!(told(&past)[&1][0].after_gap);
}

#[test]
fn a_landing_is_never_before_the_one_that_it_follows() {
    let commits = |times: &[i64]| -> Vec<BranchCommit> {
        let commit = |(number, at): (usize, &i64)| BranchCommit {
            commit: format!("commit-{number}"),
            tree: String::new(),
            parents: Vec::new(),
            at: *at,
            authors: Vec::new(),
            subject: String::new(),
        };
        times.iter().enumerate().map(commit).collect()
    };
    assert_eq!(landing_times(&commits(&[1, 5, 3, 8]), 10), (vec![1, 5, 5, 8], 1));
    // A clock of another century moves no other landing.
    assert_eq!(landing_times(&commits(&[1, 900, 3, 8]), 10), (vec![1, 3, 3, 8], 1));
    assert_eq!(landing_times(&commits(&[1, 900]), 10), (vec![1, 10], 1));
}
