//! Finds every word of a set wherever it stands in a text, whatever its case.
//!
//! One table step a byte, and each waits for the one before it: most of the time is spent waiting. So a text is cut into
//! parts that are gone through side by side. A part begins a little before its front, so that a word across a cut is
//! found, and once.

use std::fmt;
use std::ops::Range;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::noncontiguous;
use aho_corasick::{Anchored, MatchKind, StartKind};

/// How many parts are gone through side by side: of one to eight, as fast as any, and twice as fast as one.
const PARTS: usize = 4;

/// What is shorter is not cut.
const SHORT: usize = 1024;

/// Words to be found.
pub(super) struct Search {
    automaton: DFA,
    start: StateID,
    longest: usize,
    lengths: Vec<usize>,
}

impl fmt::Debug for Search {
    // The tables would be a megabyte of numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("words", &self.lengths.len()).finish_non_exhaustive()
    }
}

/// Where a word stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Which word, by its place in the set.
    pub(super) word: usize,
    pub(super) place: Range<usize>,
}

impl Search {
    /// A search for words. Nothing if there are more than fit in an automaton.
    pub(super) fn new<'w>(words: impl IntoIterator<Item = &'w [u8]>) -> Option<Self> {
        let words: Vec<&[u8]> = words.into_iter().collect();
        let states = noncontiguous::Builder::new()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            // Of what the table is built from, which is freed afterwards, the states that most failures lead to are tables:
            // without them building takes thirteen times as long, and with more of them no less.
            .dense_depth(2)
            .prefilter(false)
            .build(&words)
            .ok()?;
        let automaton = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build_from_noncontiguous(&states)
            .ok()?;
        let start = automaton.start_state(Anchored::No).ok()?;
        let lengths: Vec<usize> = words.iter().map(|word| word.len()).collect();
        Some(Self { longest: lengths.iter().copied().max().unwrap_or_default(), automaton, start, lengths })
    }

    /// Every word in a text, overlapping ones too, in the order in which they end.
    // Within a caller, the states would be kept in memory and not in registers: half as fast.
    #[inline(never)]
    pub(super) fn find(&self, text: &[u8]) -> Vec<Found> {
        let part = text.len() / PARTS;
        let part = if text.len() < SHORT || part < self.longest { 0 } else { part };
        let bytes = |number: usize| text.get(number * part..(number + 1) * part).unwrap_or_default();
        let step = |state, byte: &u8| self.automaton.next_state(Anchored::No, state, *byte);
        let special = |state| self.automaton.is_special(state);
        let before = |number: usize| {
            // What the longest word could have before a part.
            let front = text.get((number * part).saturating_sub(self.longest)..number * part).unwrap_or_default();
            front.iter().fold(self.start, step)
        };
        let mut found: [Vec<Found>; PARTS] = Default::default();
        let (mut first, mut second, mut third, mut fourth) = (before(0), before(1), before(2), before(3));
        for (at, (((a, b), c), d)) in bytes(0).iter().zip(bytes(1)).zip(bytes(2)).zip(bytes(3)).enumerate() {
            first = step(first, a);
            second = step(second, b);
            third = step(third, c);
            fourth = step(fourth, d);
            if special(first) | special(second) | special(third) | special(fourth) {
                self.ends_of_parts([first, second, third, fourth], part, at + 1, &mut found);
            }
        }
        // What the parts leave over, at the end.
        let [all, second, third, mut last] = found;
        for (at, byte) in text.iter().enumerate().skip(PARTS * part) {
            fourth = step(fourth, byte);
            if special(fourth) {
                self.ends(fourth, at + 1, &mut last);
            }
        }
        [all, second, third, last].concat()
    }

    #[cold]
    #[inline(never)]
    fn ends_of_parts(&self, states: [StateID; PARTS], part: usize, end: usize, found: &mut [Vec<Found>; PARTS]) {
        for (number, (state, found)) in states.into_iter().zip(found).enumerate() {
            self.ends(state, number * part + end, found);
        }
    }

    /// The words that end in a state.
    fn ends(&self, state: StateID, end: usize, found: &mut Vec<Found>) {
        if !self.automaton.is_match(state) {
            return;
        }
        for number in 0..self.automaton.match_len(state) {
            let word = self.automaton.match_pattern(state, number).as_usize();
            let length = self.lengths.get(word).copied().unwrap_or_default();
            found.push(Found { word, place: end.saturating_sub(length)..end });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every place of every word, looked for one by one.
    fn slowly(words: &[Vec<u8>], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let mut all = Vec::new();
        for (word, bytes) in words.iter().enumerate() {
            for start in 0..=text.len().saturating_sub(bytes.len()) {
                if text.get(start..start + bytes.len()).is_some_and(|there| there.eq_ignore_ascii_case(bytes)) {
                    all.push((word, start..start + bytes.len()));
                }
            }
        }
        all.sort_by_key(|(word, place)| (place.end, *word));
        all
    }

    fn quickly(words: &[Vec<u8>], text: &[u8]) -> Vec<(usize, Range<usize>)> {
        let found = Search::new(words.iter().map(Vec::as_slice)).unwrap().find(text);
        assert!(found.is_sorted_by_key(|own| own.place.end), "{found:?}");
        let mut all: Vec<_> = found.into_iter().map(|own| (own.word, own.place)).collect();
        all.sort_by_key(|(word, place)| (place.end, *word));
        all
    }

    proptest! {
        #[test]
        fn every_word_is_found_wherever_it_stands_and_once(
            words in proptest::collection::btree_set("[ab]{1,5}", 1..6),
            text in "[abAB ]{0,20}",
            repeated in 1_usize..200,
        ) {
            let words: Vec<Vec<u8>> = words.into_iter().map(String::into_bytes).collect();
            let text = text.repeat(repeated).into_bytes();
            prop_assert_eq!(quickly(&words, &text), slowly(&words, &text));
        }
    }

    #[test]
    fn a_word_across_every_cut_is_found_once() {
        let words = vec![b"needle".to_vec(), b"needles and pins".to_vec(), b"n".to_vec()];
        for length in [SHORT - 1, SHORT, SHORT + 1, SHORT + 3, 4 * SHORT + 2] {
            for at in 0..length - 16 {
                // Every place in a short text, and in a longer one those around its cuts.
                if length > SHORT + 3 && (at + 20) % (length / PARTS) > 40 {
                    continue;
                }
                let mut text = vec![b'.'; length];
                text[at..at + 16].copy_from_slice(b"NEEDLES and pins");
                assert_eq!(quickly(&words, &text), slowly(&words, &text), "{length} {at}");
            }
        }
    }

    #[test]
    fn nothing_is_found_of_nothing() {
        assert_eq!(quickly(&[], b"text"), []);
        assert_eq!(quickly(&[b"word".to_vec()], b""), []);
    }
}
