//! Bounds, against tables of auditors and against sums in whole numbers.

use crate::history::{Confidence, Share, size_for, upper_count, upper_share};

const BOTH: [Confidence; 2] = [Confidence::NINETY, Confidence::NINETY_FIVE];

fn share(points: u16) -> Share {
    Share::of_basis_points(points).unwrap()
}

/// Pascal's triangle up to 60, exactly.
fn choose() -> Vec<Vec<u128>> {
    let mut rows = vec![vec![1_u128]];
    for n in 1..=60_usize {
        let above = &rows[n - 1];
        let row = (0..=n).map(|k| above.get(k).unwrap_or(&0) + if k > 0 { above[k - 1] } else { 0 }).collect();
        rows.push(row);
    }
    rows
}

/// Whether at most `k` of `n` drawn from `all` with `bad` ones is improbable enough, in whole numbers.
fn excluded(choose: &[Vec<u128>], k: u64, all: u64, bad: u64, n: u64, confidence: Confidence) -> bool {
    let ways = |n: u64, k: u64| choose[n as usize].get(k as usize).copied().unwrap_or(0);
    let few: u128 = (0..=k.min(n)).map(|x| ways(bad, x) * ways(all - bad, n - x)).sum();
    few * 100 <= ways(all, n) * u128::from(100 - confidence.percent())
}

/// What firms print of the bounds, in tenths of a percent.
#[test]
fn rates_are_those_that_auditors_print() {
    let [ninety, ninety_five] = BOTH;
    for (n, k, confidence, tenths) in [
        (10, 0, ninety, 206),
        (25, 0, ninety, 88),
        (40, 0, ninety, 56),
        (45, 0, ninety, 50),
        (60, 0, ninety, 38),
        (25, 0, ninety_five, 113),
        (45, 0, ninety_five, 64),
        (60, 0, ninety_five, 49),
        (25, 1, ninety, 147),
        (60, 1, ninety, 63),
    ] {
        let points = upper_share(n, k, confidence).basis_points();
        // The printed ones are rounded to the nearest, ours up.
        assert!((tenths * 10 - 5..=tenths * 10 + 5).contains(&points), "{n} {k} {confidence}: {points}");
    }
}

#[test]
fn the_rates_and_sizes_in_the_document_are_those_that_are_printed() {
    let (_, rates) = super::DOCUMENT.split_once("| items | exceptions | at 90 % | at 95 % |\n").unwrap();
    let (rates, sizes) = rates.split_once("| population | at 90 % | at 95 % |\n").unwrap();
    let numbers = |text: &str| -> Vec<Vec<String>> {
        let rows = text.lines().skip(1).take_while(|line| line.starts_with('|'));
        rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace(',', "")).collect()).collect()
    };
    let (rates, sizes) = (numbers(rates), numbers(sizes));
    assert_eq!((rates.len(), sizes.len()), (6, 3));
    for row in rates {
        let (n, k) = (row[0].parse().unwrap(), row[1].parse().unwrap());
        let ours = BOTH.map(|confidence| upper_share(n, k, confidence).to_string());
        assert_eq!(ours, [format!("{} %", row[2]), format!("{} %", row[3])], "{row:?}");
    }
    for row in sizes {
        let ours = BOTH.map(|confidence| size_for(row[0].parse().unwrap(), share(500), 0, confidence).to_string());
        assert_eq!(ours, row[1..], "{row:?}");
    }
}

#[test]
fn sizes_are_those_that_auditors_print() {
    for (population, ninety, ninety_five) in [(100, 37, 45), (250, 40, 51), (1_000, 44, 57)] {
        let sizes = BOTH.map(|confidence| size_for(population, share(500), 0, confidence));
        assert_eq!(sizes, [ninety, ninety_five], "{population}");
    }
}

#[test]
fn counts_and_sizes_of_small_populations_are_those_of_a_search_in_whole_numbers() {
    let choose = choose();
    let confidences = [BOTH[0], BOTH[1], Confidence::of_percent(50).unwrap(), Confidence::of_percent(99).unwrap()];
    for all in (1..=16).chain([40, 60]) {
        for confidence in confidences {
            for k in 0..=3 {
                for n in (k..=all).step_by(if all > 16 { 7 } else { 1 }) {
                    let possible = (k..=all - (n - k)).filter(|bad| !excluded(&choose, k, all, *bad, n, confidence));
                    let slow = possible.max().unwrap_or(k).max(k);
                    assert_eq!(upper_count(all, n, k, confidence), slow, "{all} {n} {k} {confidence}");
                }
                for points in [1, 500, 1_000, 3_333, 10_000_u16] {
                    let bad = (1..=all).find(|bad| bad * 10_000 >= all * u64::from(points)).unwrap();
                    let slow = (0..=all).find(|n| bad > k && excluded(&choose, k, all, bad, *n, confidence));
                    let ours = size_for(all, share(points), k, confidence);
                    assert_eq!(ours, slow.unwrap_or(all), "{all} {points} {k} {confidence}");
                }
            }
        }
    }
}

#[test]
fn rates_of_small_samples_are_those_of_a_search_in_whole_numbers() {
    let choose = choose();
    // Powers of ten thousand fit up to here.
    for n in 0..=8_u32 {
        for k in 0..=n {
            for confidence in BOTH {
                let excluded = |points: u128| {
                    let term = |x: u32| choose[n as usize][x as usize] * points.pow(x) * (10_000 - points).pow(n - x);
                    let few: u128 = (0..=k).map(term).sum();
                    few * 100 <= 10_000_u128.pow(n) * u128::from(100 - confidence.percent())
                };
                let slow = (0..=10_000).find(|points| excluded(*points)).unwrap_or(10_000);
                let ours = upper_share(n.into(), k.into(), confidence).basis_points();
                assert_eq!(u128::from(ours), slow, "{n} {k} {confidence}");
            }
        }
    }
}

#[test]
fn rates_of_larger_samples_are_those_of_plain_sums() {
    for n in [9_u64, 25, 60, 150, 400] {
        for k in [0, 1, 2, 7] {
            for confidence in BOTH {
                let at_most = |points: u16| {
                    let p = f64::from(points) / 10_000.0;
                    let mut ways = 1.0;
                    let mut sum = 0.0;
                    for x in 0..=k {
                        sum += ways * p.powi(x as i32) * (1.0 - p).powi((n - x) as i32);
                        ways *= (n - x) as f64 / (x + 1) as f64;
                    }
                    sum
                };
                let wanted = f64::from(100 - confidence.percent()) / 100.0;
                let points = upper_share(n, k, confidence).basis_points();
                assert!(at_most(points) <= wanted + 1e-9, "{n} {k} {confidence}: {points}");
                assert!(at_most(points - 1) > wanted - 1e-9, "{n} {k} {confidence}: {points}");
            }
        }
    }
}

#[test]
fn more_items_say_more_and_more_exceptions_less() {
    for confidence in BOTH {
        for k in 0..5 {
            for n in k..120 {
                let rate = upper_share(n, k, confidence);
                assert!(upper_share(n + 1, k, confidence) <= rate, "{n} {k}");
                assert!(upper_share(n, k + 1, confidence) >= rate, "{n} {k}");
                assert!(upper_share(n, k, BOTH[1]) >= upper_share(n, k, BOTH[0]), "{n} {k}");
                let count = upper_count(120, n, k, confidence);
                assert!(upper_count(120, n + 1, k, confidence) <= count, "{n} {k}");
                assert!(upper_count(120, n, k + 1, confidence) >= count, "{n} {k}");
            }
        }
        for population in 1..300 {
            let size = |points, k| size_for(population, share(points), k, confidence);
            assert!(size(500, 0) <= population && size(1_000, 0) <= size(500, 0) && size(500, 0) <= size(500, 1));
        }
    }
}

#[test]
fn what_was_looked_at_in_full_is_known() {
    for k in 0..=3 {
        assert_eq!(upper_count(50, 50, k, Confidence::NINETY), k);
        assert_eq!(upper_count(3, 9, k, Confidence::NINETY_FIVE), k);
    }
    assert_eq!(upper_count(0, 0, 0, Confidence::NINETY), 0);
    assert_eq!(upper_count(50, 0, 0, Confidence::NINETY), 50);
    assert_eq!(upper_share(0, 0, Confidence::NINETY), Share::WHOLE);
    assert_eq!(upper_share(7, 7, Confidence::NINETY), Share::WHOLE);
    assert_eq!(size_for(0, share(500), 0, Confidence::NINETY), 0);
    assert_eq!(size_for(80, share(0), 0, Confidence::NINETY), 80);
    assert_eq!(size_for(80, share(500), 4, Confidence::NINETY), 80);
}

/// In a large population a sample says what it says of a process without end.
#[test]
fn large_numbers_keep_their_digits() {
    let population = 10_000_000_000;
    for confidence in BOTH {
        for (n, k) in [(25, 0), (60, 2), (5_000, 2_500), (100_000, 40_000)] {
            let rate = u64::from(upper_share(n, k, confidence).basis_points());
            let count = upper_count(population, n, k, confidence);
            assert!(
                count <= rate * (population / 10_000) && count > (rate - 1) * (population / 10_000),
                "{n} {k}: {count}"
            );
        }
    }
    // Half of 5,000: the bound of the normal approximation is 50.91 %, and the exact one is next to it.
    assert!((5_090..=5_093).contains(&upper_share(5_000, 2_500, Confidence::NINETY).basis_points()));
    assert_eq!(size_for(population, share(500), 0, Confidence::NINETY), 45);
}

#[test]
fn shares_and_confidences_outside_of_their_range_do_not_exist() {
    assert_eq!(Share::of_basis_points(10_001), None);
    assert_eq!([Confidence::of_percent(0), Confidence::of_percent(100)], [None; 2]);
    assert_eq!((share(880).to_string(), share(5).to_string()), ("8.80 %".to_owned(), "0.05 %".to_owned()));
}
