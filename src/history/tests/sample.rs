//! Samples, against a sort of everything and against chance.

use proptest::prelude::*;
use serde_json::json;

use super::{block, frozen};
use crate::history::{ALGORITHM, Population, Sample, SampleError, Seed, sample_schema};
use crate::store::Digest;

fn seed(text: &str) -> Seed {
    Seed::new(text).unwrap()
}

fn draw(population: &Population, n: u64, text: &str) -> Sample {
    let file = Digest::of(population.to_json().unwrap().as_bytes());
    Sample::draw(population, file, n, seed(text)).unwrap()
}

fn ids(population: &Population, n: u64, text: &str) -> Vec<String> {
    population.select(n, &seed(text)).iter().map(|own| own.item.id.clone()).collect()
}

/// Everything, sorted by what the definition says, byte by byte.
fn sorted(population: &Population, text: &str) -> Vec<String> {
    let mut all: Vec<(String, String)> = Vec::new();
    for own in population.items() {
        let mut input = population.root().0.to_vec();
        for place in (0..8).rev() {
            input.push(((text.len() >> (8 * place)) & 0xff) as u8);
        }
        input.extend(text.bytes());
        input.extend(own.id.bytes());
        all.push((Digest::of(&input).to_string(), own.id.clone()));
    }
    all.sort();
    all.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn the_document_prints_what_is_selected() {
    let text = block("{\n  \"schema\": \"countersign.dev/population/v1\"");
    let population = Population::read(text.as_bytes()).unwrap();
    let printed = block("0e99ede7942e6d168da7b5b28db4cf27fb087872b7cf882c5857c89b7fece530 ");
    for n in 1..=4 {
        let selected = population.select(n as u64, &seed("4146235"));
        let lines: Vec<String> = selected.iter().map(|own| format!("{} {}", own.digest, own.item.id)).collect();
        assert_eq!(lines, printed.lines().take(n).collect::<Vec<_>>());
    }
}

/// The digest is what coreutils answers, too.
#[test]
fn digests_are_those_of_other_tools() {
    // { printf '\1%.0s' $(seq 32); printf '\0\0\0\0\0\0\0\1sid'; } | sha256sum
    let digest = seed("s").digest(Digest([1; 32]), "id");
    assert_eq!(digest.to_string(), "2e187e83c5c8573e91fb099850e5ae26e53a937c3d7881751d782a1243b8cf39");
    // A length in front of the seed keeps apart what would be one text.
    assert_ne!(seed("si").digest(Digest([1; 32]), "d"), digest);
}

#[test]
fn more_than_there_are_selects_all_once() {
    let population = frozen((0..7).map(|n| format!("{n}")));
    for n in [7, 8, 1_000, u64::MAX] {
        let mut all = ids(&population, n, "x");
        all.sort();
        assert_eq!(all, ["0", "1", "2", "3", "4", "5", "6"]);
    }
    let nothing = draw(&frozen(Vec::<String>::new()), 25, "x");
    assert!(nothing.items.is_empty() && nothing.bounds.is_empty());
}

#[test]
fn a_seed_is_a_text_that_can_be_typed_again() {
    assert_eq!(Seed::new("").unwrap_err(), SampleError::EmptySeed);
    for wrong in [" ", " 1", "1 ", "1\n", "a\u{0}b", "\t"] {
        assert_eq!(Seed::new(wrong).unwrap_err(), SampleError::Seed(wrong.escape_debug().to_string()));
    }
    for right in ["0", "4 1 4", "Zoë", "🎲"] {
        assert_eq!(Seed::new(right).unwrap().as_str(), right);
    }
}

#[test]
fn a_sample_of_nothing_is_not_drawn() {
    let error = Sample::draw(&frozen(["a"]), Digest::of(b""), 0, seed("x")).unwrap_err();
    assert_eq!(error, SampleError::None);
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("--n 25"));
}

#[test]
fn the_record_has_all_that_it_takes_to_draw_it_again() {
    let population = frozen((0..250).map(|n| format!("commit-{n}")));
    let sample = draw(&population, 25, "4146235");
    assert_eq!(sample.algorithm, ALGORITHM);
    assert_eq!((sample.population.root, sample.population.count, sample.n), (population.root(), 250, 25));
    let again = Population::read(population.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(draw(&again, sample.n, sample.seed.as_str()), sample);
    assert!(sample.items.windows(2).all(|pair| pair[0].digest < pair[1].digest && pair[0].rank + 1 == pair[1].rank));
    let bounds = serde_json::to_value(&sample.bounds).unwrap();
    assert_eq!(bounds[0], json!({ "confidence": 90, "exceptions": 0, "rate_at_most": 880, "items_at_most": 20 }));
    assert_eq!((sample.bounds.len(), sample.sizes.len()), (6, 4));
    let sizes: Vec<u64> = sample.sizes.iter().map(|own| own.size).take(2).collect();
    assert_eq!(sizes, [40, 51]);
    let schema = jsonschema::validator_for(&sample_schema().to_value()).unwrap();
    assert!(schema.is_valid(&serde_json::to_value(&sample).unwrap()));
}

/// No more exceptions are spoken of than there are items.
#[test]
fn bounds_of_small_samples_speak_of_what_can_be() {
    let sample = draw(&frozen(["a", "b"]), 1, "x");
    let said: Vec<u64> = sample.bounds.iter().map(|own| own.exceptions).collect();
    assert_eq!(said, [0, 0, 1, 1]);
}

/// The statistic of drawing without putting back, over items: each has the same chance.
fn chi_squared(counts: &[u64], drawn: u64, of: u64) -> f64 {
    let expected = drawn as f64 / counts.len() as f64;
    let sum: f64 = counts.iter().map(|count| (*count as f64 - expected).powi(2) / expected).sum();
    let n = counts.len() as f64;
    sum * (n - 1.0) / (n - of as f64)
}

#[test]
fn every_item_has_the_same_chance_over_seeds() {
    let population = frozen((0..20).map(|n| format!("merge-{n}")));
    for of in [1, 5, 13] {
        let mut counts = [0; 20];
        for number in 0..4_000 {
            for own in population.select(of, &seed(&format!("{number}"))) {
                counts[own.item.id[6..].parse::<usize>().unwrap()] += 1;
            }
        }
        // 19 degrees of freedom: chance is past this once in a thousand, and these seeds are always the same.
        let found = chi_squared(&counts, of * 4_000, of);
        assert!(found < 43.82, "{of}: {found} {counts:?}");
        assert!(found > 4.91, "{of}: more even than chance: {found} {counts:?}");
    }
}

/// Another population is another draw: whoever adds an item does not know which ones fall out.
#[test]
fn one_more_item_selects_anew() {
    let before = frozen((0..200).map(|n| format!("{n}")));
    let after = frozen((0..201).map(|n| format!("{n}")));
    let (one, other) = (ids(&before, 20, "x"), ids(&after, 20, "x"));
    let kept = one.iter().filter(|id| other.contains(id)).count();
    // By chance two; twenty if the digests did not depend on the root.
    assert!(kept < 10, "{kept}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn selection_is_the_beginning_of_a_sort_of_all(
        names in proptest::collection::btree_set("[a-dé]{1,3}", 0..60),
        n in 1_u64..70,
        text in "[0-9aé]{1,12}",
    ) {
        let population = frozen(names);
        let all = sorted(&population, &text);
        let selected = ids(&population, n, &text);
        prop_assert_eq!(selected.as_slice(), &all[..all.len().min(n as usize)]);
        // One more has all of these.
        let more = ids(&population, n + 1, &text);
        prop_assert!(more.starts_with(&selected) && more.len() == all.len().min(n as usize + 1));
    }
}
