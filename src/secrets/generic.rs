//! Passwords and secrets of no known kind: what is assigned to a name that says so. They are likely, not sure.

use super::assignment::{self, Assignment, Operator};
use super::checks::find;
use super::engine::{Candidate, Page, Rank};
use super::{Table, Tier, Verdict, issued, url, value};
use crate::facts::Lifetime;

/// What a name ends with that holds no secret itself.
const NO_SECRET: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "arn",
    "url",
    "uri",
    "path",
    "file",
    "filename",
    "dir",
    "type",
    "kind",
    "length",
    "size",
    "policy",
    "field",
    "header",
    "count",
    "ttl",
    "expiry",
    "expiration",
    "expires",
    "version",
    "label",
    "hint",
    "prompt",
    "message",
    "msg",
    "error",
    "regex",
    "pattern",
    "format",
    "min",
    "max",
    "required",
    "enabled",
    "provider",
    "manager",
    "ref",
    "reference",
    "prefix",
    "suffix",
    "algorithm",
    "alg",
    "hash",
    "digest",
    "checksum",
    "fingerprint",
    "title",
    "text",
    "description",
    "endpoint",
    "host",
    "issuer",
    "audience",
    "scope",
    "scopes",
    "column",
    "property",
    "param",
    "index",
    "limit",
    "tokens",
    "env",
    "var",
    "variable",
    "selector",
    "class",
    "template",
    "strength",
    "placeholder",
    "integrity",
    "address",
    "exists",
    "store",
    "location",
    "rotation",
    "source",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "commit",
    "etag",
    "uuid",
    "guid",
];

/// Whether a name says that what it holds is no secret: `secret_name`, `tokenUrl`, `password-policy`, `public_key`.
pub(super) fn names_no_secret(name: &[u8]) -> bool {
    let mut lower = name.to_ascii_lowercase();
    while lower.last().is_some_and(|byte| !byte.is_ascii_alphanumeric()) {
        lower.pop();
    }
    if find(&lower, b"public") || find(&lower, b"encrypted") {
        return true;
    }
    let whole = name.get(..lower.len()).unwrap_or_default();
    let ends = |own: &&str| {
        let own = own.as_bytes();
        let Some(at) = lower.len().checked_sub(own.len()).filter(|at| *at > 0) else { return false };
        // A word of its own: behind a sign, or with an upper case letter where the name has lower ones.
        lower.ends_with(own)
            && (whole.get(at - 1).is_some_and(|byte| !byte.is_ascii_alphanumeric())
                || whole.get(at).is_some_and(u8::is_ascii_uppercase)
                    && whole.get(at - 1).is_some_and(u8::is_ascii_lowercase))
    };
    NO_SECRET.iter().any(ends)
}

/// Whether a blank between name and value is that of a command's option: `--password x`.
pub(super) fn is_option(bytes: &[u8], own: &Assignment) -> bool {
    bytes.get(own.name_start).is_some_and(|first| *first == b'-')
}

/// Whether an operator says that a value is given.
fn gives(page: &Page<'_>, own: &Assignment) -> bool {
    match own.operator {
        Operator::Equals | Operator::Colon => own.quote.is_some() || page.is_configuration,
        Operator::Comparison => false,
        Operator::Argument => own.quote.is_some(),
        Operator::Element => own.name_start > 0 && page.bytes.get(own.name_start - 1) == Some(&b'<'),
        Operator::Blank => is_option(page.bytes, own),
    }
}

fn candidate(kind: usize, own: &Assignment) -> Candidate {
    Candidate {
        kind,
        start: own.start,
        end: own.end,
        verdict: Verdict::Shape,
        tier: Tier::Advisory,
        lifetime: Lifetime::Unbounded,
        rank: Rank::Generic,
    }
}

/// The word must end its part of the name: `tokenizer` and `secretary` are others.
fn ends_its_word(bytes: &[u8], end: usize) -> bool {
    let end = end + usize::from(bytes.get(end) == Some(&b's'));
    let goes_on = bytes.get(end).is_some_and(u8::is_ascii_lowercase);
    !goes_on || bytes.get(end.saturating_sub(1)).is_none_or(|last| !last.is_ascii_alphabetic())
}

/// What is assigned to the name around `start..end`, where the assignment counts and the value is one.
fn assigned(
    kind: usize,
    page: &Page<'_>,
    (start, end): (usize, usize),
    counts: impl Fn(&Assignment, &[u8]) -> bool,
    is_one: impl Fn(&[u8]) -> bool,
) -> Option<Candidate> {
    let own = assignment::parse(page.bytes, start, end, false)?;
    let text = page.bytes.get(own.start..own.end)?;
    let name = page.bytes.get(own.name_start..own.name_end)?;
    if !counts(&own, text) || !ends_its_word(page.bytes, end) || names_no_secret(name) {
        return None;
    }
    (is_one(text) && value::reference(text).is_none()).then(|| candidate(kind, &own))
}

/// A password that is assigned to the name around `start..end`.
pub(super) fn password(kind: usize, page: &Page<'_>, start: usize, end: usize) -> Option<Candidate> {
    assigned(kind, page, (start, end), |own, _| gives(page, own), is_password)
}

/// Whether a text is what people take for a password: no word alone, nothing that programs are made of.
pub(super) fn is_password(text: &[u8]) -> bool {
    let has = |own: fn(&u8) -> bool| text.iter().any(own);
    let length = text.len();
    if !(6..=128).contains(&length) || has(|byte| byte.is_ascii_whitespace() || *byte < 0x20) || url::is_common(text) {
        return false;
    }
    let code = text.iter().any(|byte| b"(){}[];<>\\".contains(byte)) || find(text, b"->");
    if code || value::is_filler(text, 62) {
        return false;
    }
    let digit = has(u8::is_ascii_digit);
    let sign = has(|byte| b"!@#$%^&*+=?~".contains(byte));
    let letter = has(u8::is_ascii_alphabetic);
    letter && (digit || sign && !value::is_wordy(text))
}

/// A secret that is assigned to the name around `start..end`. It blocks where the name says whose key it is and the value
/// has the form that issuers give to keys.
pub(super) fn secret(table: &Table, kind: usize, page: &Page<'_>, start: usize, end: usize) -> Option<Candidate> {
    // What a machine drew is told from code by its looks, quoted or not.
    let is_bare = |own: &Assignment, text: &[u8]| {
        own.quote.is_none() && matches!(own.operator, Operator::Equals | Operator::Colon) && is_long(text)
    };
    let found = assigned(kind, page, (start, end), |own, text| is_bare(own, text) || gives(page, own), is_secret)?;
    let text = page.bytes.get(found.start..found.end)?;
    let blocks =
        issued::is_key(text) && !issued::is_known(table, text) && issued::says_whose(table, page.bytes, start, end);
    Some(Candidate { tier: if blocks { Tier::Blocking } else { found.tier }, ..found })
}

/// What is assigned to a name that ends with `key`. Rows, caches and maps have keys too: only one of a named service that
/// has the form of an issuer's is a secret.
pub(super) fn key(table: &Table, kind: usize, page: &Page<'_>, start: usize, end: usize) -> Option<Candidate> {
    let found = secret(table, kind, page, start, end)?;
    let text = page.bytes.get(found.start..found.end)?;
    let named = issued::is_key(text) && issued::says_whose(table, page.bytes, start, end);
    named.then_some(Candidate { tier: Tier::Advisory, ..found })
}

/// Whether a text is so long and mixed that no program has it as a name.
fn is_long(text: &[u8]) -> bool {
    text.len() >= 20
        && text.iter().filter(|byte| byte.is_ascii_digit()).count() >= 3
        && !text.contains(&b'.')
        && !text.contains(&b':')
}

/// Whether a text is a number of so many digits that it counts nothing.
fn is_number(text: &[u8]) -> bool {
    text.len() >= 16 && text.iter().all(u8::is_ascii_digit) && value::entropy(text) >= 2.6
}

/// Whether a text is long enough and looks drawn by chance.
pub(super) fn is_secret(text: &[u8]) -> bool {
    let sign = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-+/=.~:".contains(byte);
    (14..=256).contains(&text.len())
        && text.iter().all(sign)
        && (value::is_drawn(text) || is_number(text))
        && !value::is_filler(text, value::alphabet(text))
}
