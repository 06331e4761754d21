//! Finding what people are called in bytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::table::PseudonymError;
use super::{DIGITS, PREFIX};
use crate::evidence::manifest::Objects;
use crate::store::Digest;

/// Shorter words are left: they stand everywhere.
const SHORTEST: usize = 2;

/// Texts that are looked for, in upper and lower case.
pub(super) struct Words(Option<AhoCorasick>);

impl Words {
    /// Looks for these texts. What already looks like a pseudonym in the objects is a word like any other, so that nobody
    /// can write one and have it read as somebody's name.
    pub(super) fn of<'t>(texts: impl IntoIterator<Item = &'t str>, objects: &Objects) -> Result<Self, PseudonymError> {
        let mut words: BTreeSet<String> = texts.into_iter().flat_map(parts).map(str::to_owned).collect();
        for bytes in objects.bytes() {
            words.extend(alike(bytes));
        }
        if words.is_empty() {
            return Ok(Self(None));
        }
        let built = AhoCorasick::builder().ascii_case_insensitive(true).build(&words);
        built.map(|built| Self(Some(built))).map_err(|error| PseudonymError::TooMany(error.to_string()))
    }

    /// Where the texts stand in bytes: whole words, the longest first, none within another. Which texts are looked for
    /// that do not stand there makes no difference.
    fn found(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let Some(words) = &self.0 else { return Vec::new() };
        let mut all: Vec<Range<usize>> = words
            .find_overlapping_iter(bytes)
            .map(|found| found.range())
            .filter(|range| is_whole(bytes, range))
            .collect();
        all.sort_by_key(|range| (range.start, Reverse(range.end)));
        let mut end = 0;
        all.retain(|range| {
            let apart = range.start >= end;
            if apart {
                end = range.end;
            }
            apart
        });
        all
    }

    /// Replaces each text by what `pseudonym` gives for it; `None` when there is none. A text that is no UTF-8 cannot be
    /// one of ours.
    pub(super) fn replaced(&self, bytes: &[u8], mut pseudonym: impl FnMut(&str) -> String) -> Option<Vec<u8>> {
        let found = self.found(bytes);
        if found.is_empty() {
            return None;
        }
        let mut replaced = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for range in found {
            let Some(text) = bytes.get(range.clone()).and_then(|text| std::str::from_utf8(text).ok()) else { continue };
            replaced.extend_from_slice(bytes.get(done..range.start).unwrap_or_default());
            replaced.extend_from_slice(pseudonym(text).as_bytes());
            done = range.end;
        }
        replaced.extend_from_slice(bytes.get(done..).unwrap_or_default());
        Some(replaced)
    }
}

/// The words of a text: what JSON would write otherwise parts them. A digest is nobody's name.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let apart = |c: char| c == '"' || c == '\\' || c.is_control();
    let parts = text.split(apart).map(str::trim);
    parts.filter(|part| part.chars().count() >= SHORTEST && part.parse::<Digest>().is_err())
}

/// Whose word it is.
pub(super) fn parts_of(people: &BTreeMap<String, String>, word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let whole = people.get(&word);
    whole.or_else(|| people.iter().find(|(text, _)| parts(text).any(|part| part == word)).map(|(_, own)| own)).cloned()
}

/// What looks like a pseudonym in bytes.
fn alike(bytes: &[u8]) -> Vec<String> {
    let found = memchr::memmem::find_iter(bytes, PREFIX).filter_map(|start| {
        let text = std::str::from_utf8(bytes.get(start..start + PREFIX.len() + DIGITS)?).ok()?;
        let digits = text.strip_prefix(PREFIX)?;
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| text.to_owned())
    });
    found.collect()
}

/// Whether no letter or digit goes on before or behind a text that begins or ends with one.
fn is_whole(bytes: &[u8], range: &Range<usize>) -> bool {
    let of_a_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    let (first, last) = (bytes.get(range.start), range.end.checked_sub(1).and_then(|at| bytes.get(at)));
    !(plain(first) && of_a_word(before) || plain(last) && of_a_word(bytes.get(range.end)))
}
