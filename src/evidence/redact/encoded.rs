//! Secrets in other clothes: wrapped in base64, in a document within a document, or in UTF-16.

use std::ops::Range;

use base64ct::{Base64, Base64Url, Encoding as _};

use super::secrets;
use crate::syntax::parse;

/// Shorter words in base64 hold no document and no key.
const SHORTEST: usize = 24;
/// How often one wrapping may stand in another.
const DEPTH: usize = 4;

/// Whether a text holds a private key or a document with a Secret.
pub(super) fn holds_a_secret(text: &str) -> bool {
    if ["PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"].iter().any(|mark| text.contains(mark)) {
        return true;
    }
    if !text.contains("Secret") || !text.contains("ata") {
        return false;
    }
    let mut found = Vec::new();
    parse(text.as_bytes()).unwrap_or_default().iter().for_each(|document| secrets(document, false, &mut found));
    !found.is_empty()
}

/// Whether a text is base64 of one that holds a secret, or of base64 of it.
pub(super) fn hides_a_secret(text: &str) -> bool {
    let mut inner = text.to_owned();
    for _ in 0..DEPTH {
        match unwrapped(&inner) {
            Some(decoded) if holds_a_secret(&decoded) => return true,
            Some(decoded) => inner = decoded,
            None => return false,
        }
    }
    false
}

/// The text that base64 stands for, in either alphabet, over lines and without its padding.
fn unwrapped(text: &str) -> Option<String> {
    if text.len() < SHORTEST {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace() && *c != '=').collect();
    if !compact.bytes().all(is_base64) {
        return None;
    }
    // A run that was cut off has up to three characters too many.
    let whole = compact.get(..compact.len() - usize::from(compact.len() % 4 == 1))?;
    let padding = "=".repeat((4 - whole.len() % 4) % 4);
    let padded = format!("{whole}{padding}");
    let bytes = Base64::decode_vec(&padded).or_else(|_| Base64Url::decode_vec(&padded)).ok()?;
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => Wide::decode(error.as_bytes()).map(|wide| wide.text),
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The runs of base64 in a text that hide a secret.
pub(super) fn wrapped(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let ends = (0..bytes.len()).filter(|at| bytes.get(*at).is_none_or(|byte| !is_base64(*byte) && *byte != b'='));
    for end in ends.chain([bytes.len()]) {
        let run = bytes.get(start..end).and_then(|run| std::str::from_utf8(run).ok());
        if run.is_some_and(|run| run.len() >= SHORTEST && hides_a_secret(run)) {
            ranges.push(start..end);
        }
        start = end + 1;
    }
    ranges
}

/// A text in UTF-16 with a byte-order mark.
pub(super) struct Wide<'a> {
    bytes: &'a [u8],
    big: bool,
    pub(super) text: String,
}

impl<'a> Wide<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes {
            [0xFE, 0xFF, ..] => true,
            [0xFF, 0xFE, ..] => false,
            _ => return None,
        };
        let text = char::decode_utf16(units(bytes, big)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        Some(Self { bytes, big, text: text.collect() })
    }

    /// The bytes of the text as it became by blanking: as many units, and an odd byte at the end blanked too.
    pub(super) fn encode(&self, blanked: &[u8]) -> Vec<u8> {
        let mut encoded = self.bytes.get(..2).unwrap_or_default().to_vec();
        let mut push = |unit: u16| encoded.extend(if self.big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        let mut at = 0;
        for c in self.text.chars() {
            let before = self.text.get(at..at + c.len_utf8()).unwrap_or_default().as_bytes();
            let now = blanked.get(at..at + c.len_utf8()).unwrap_or_default();
            let kept = before == now && c != char::REPLACEMENT_CHARACTER;
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| push(if kept { *unit } else { u16::from(b'x') }));
            at += c.len_utf8();
        }
        encoded.extend(self.bytes.get(encoded.len()..).unwrap_or_default().iter().map(|_| b'x'));
        encoded
    }
}

/// The units behind the mark.
fn units(bytes: &[u8], big: bool) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).skip(1).filter_map(move |pair| {
        let pair: [u8; 2] = pair.try_into().ok()?;
        Some(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    })
}
