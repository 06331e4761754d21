//! What gives a text its shape where nobody could parse it: its keys, and what kind of thing it says it is.

use std::ops::Range;

/// Keys are shorter.
const LONGEST_KEY: usize = 64;
/// What a text in UTF-8 may begin with.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// The keys whose values say what a document is.
const KINDS: &[&str] = &["kind", "apiVersion"];

/// Everything in a text that is neither a key nor the kind of a document. By these alone it is told what a file that
/// cannot be parsed looks like; its other words may be anything, a password too.
pub(super) fn outside_structure(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let first = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
    let mut at = first;
    let mut outside = |to: usize, next: usize| {
        if to > at {
            ranges.push(at..to);
        }
        at = next;
    };
    for start in starts(bytes, first) {
        let Some(key) = key_at(bytes, start) else { continue };
        outside(key.start, key.end);
        let name = bytes.get(key.clone()).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        if KINDS.contains(&name) {
            let value = kind_at(bytes, key.end);
            outside(value.start, value.end);
        }
    }
    outside(bytes.len(), bytes.len());
    ranges
}

/// Where a key may begin: at the start of a line, and behind what separates entries in one.
fn starts(bytes: &[u8], first: usize) -> impl Iterator<Item = usize> {
    let behind = bytes.iter().enumerate().filter(|(_, byte)| b"\n\r{,[".contains(byte)).map(|(at, _)| at + 1);
    std::iter::once(first).chain(behind)
}

/// The key that stands at a place, without its quotes.
fn key_at(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let lead = |byte: &u8| b" \t-?\"'".contains(byte);
    let start = from + count(bytes, from, lead);
    let length = count(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"_./$<".contains(byte) || *byte == b'-');
    if length == 0 || length > LONGEST_KEY {
        return None;
    }
    let end = start + length;
    let quoted = count(bytes, end, |byte| b"\"'".contains(byte)).min(1);
    let colon = end + quoted + count(bytes, end + quoted, |byte| *byte == b' ');
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    // `user:password` is no entry of a map.
    let ends = bytes.get(colon + 1).is_none_or(|byte| quoted == 1 || b" \t\r\n".contains(byte));
    ends.then_some(start..end)
}

/// The value behind a key that says what a document is, as far as it can be such a value.
fn kind_at(bytes: &[u8], from: usize) -> Range<usize> {
    let start = from + count(bytes, from, |byte| b"\"' :".contains(byte));
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"./-".contains(byte);
    start..start + count(bytes, start, word).min(LONGEST_KEY)
}

/// How many bytes from a place on are of some kind.
fn count(bytes: &[u8], from: usize, of: impl Fn(&u8) -> bool) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take_while(|byte| of(byte)).count()
}
