//! Keys of services that no kind of the table knows: what their issuers have in common is the form of the key, and names
//! say whose it is.

use super::checks::find;
use super::shape::Segment;
use super::{Table, value};

/// Parts of names that do not say whose a key is.
const NOBODY: &[&str] = &[
    // What it is.
    "access",
    "accesskey",
    "account",
    "api",
    "apikey",
    "app",
    "application",
    "auth",
    "authorization",
    "authtoken",
    "base",
    "bearer",
    "client",
    "code",
    "credential",
    "credentials",
    "data",
    "developer",
    "encryption",
    "header",
    "integration",
    "json",
    "jwt",
    "key",
    "keys",
    "license",
    "live",
    "login",
    "master",
    "oauth",
    "oauth2",
    "org",
    "organization",
    "pass",
    "password",
    "personal",
    "prod",
    "production",
    "project",
    "provider",
    "root",
    "secret",
    "secrets",
    "server",
    "service",
    "shared",
    "signing",
    "string",
    "super",
    "system",
    "tenant",
    "token",
    "tokens",
    "user",
    "username",
    "value",
    "web",
    "webhook",
    // What no issuer hands out, or only for a while: cursors of lists, guards of forms, rounds of tests.
    "bad",
    "cache",
    "cancel",
    "confirm",
    "confirmation",
    "continuation",
    "cookie",
    "csrf",
    "current",
    "cursor",
    "demo",
    "device",
    "dummy",
    "example",
    "expected",
    "fake",
    "first",
    "hash",
    "id",
    "idempotency",
    "invalid",
    "invite",
    "last",
    "mock",
    "next",
    "non",
    "nonce",
    "old",
    "new",
    "other",
    "page",
    "partition",
    "previous",
    "primary",
    "public",
    "push",
    "random",
    "refresh",
    "reset",
    "result",
    "row",
    "sample",
    "session",
    "some",
    "sort",
    "state",
    "sync",
    "temp",
    "test",
    "testing",
    "tests",
    "tmp",
    "unlock",
    "upload",
    "valid",
    "verification",
    "wrong",
    "xsrf",
    // How it is declared or spoken of.
    "and",
    "arg",
    "auto",
    "char",
    "const",
    "debug",
    "declare",
    "def",
    "define",
    "dim",
    "env",
    "export",
    "final",
    "for",
    "from",
    "get",
    "global",
    "her",
    "his",
    "has",
    "info",
    "its",
    "let",
    "local",
    "mut",
    "my",
    "our",
    "private",
    "readonly",
    "request",
    "self",
    "send",
    "sending",
    "set",
    "static",
    "that",
    "the",
    "this",
    "type",
    "use",
    "used",
    "using",
    "val",
    "var",
    "with",
    "your",
];

/// Lengths that keys of letters and digits have.
const LENGTHS: &[usize] = &[20, 24, 32, 36, 40, 48, 56, 60, 64, 72, 80, 96, 128];

/// Whether a text has the form of a key that a machine drew: one class of signs throughout, and as many of them as a
/// whole number of bytes or a round number of signs comes to.
pub(super) fn is_key(text: &[u8]) -> bool {
    let all = |of: fn(&u8) -> bool| text.iter().all(of);
    let lower_hex = all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let length = if lower_hex || all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        matches!(text.len(), 32 | 40 | 48 | 64 | 96 | 128)
    } else if all(u8::is_ascii_alphanumeric) {
        LENGTHS.contains(&text.len()) && !is_almost_hex(text)
    } else if all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        // Base64 for URLs of 24, 32, 36, 48 and 64 bytes; parts with dashes between them are names.
        matches!(text.len(), 32 | 40 | 43 | 48 | 64 | 86) && marks(text, b"-_") * 8 <= text.len()
    } else {
        // Base64 of at least 24 bytes with its padding.
        let bare = text.iter().rev().skip_while(|byte| **byte == b'=').count();
        text.len() >= 32
            && text.len().is_multiple_of(4)
            && text.len() - bare <= 2
            && text.iter().take(bare).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
    };
    length && is_even(text)
}

fn marks(text: &[u8], of: &[u8]) -> usize {
    text.iter().filter(|byte| of.contains(byte)).count()
}

/// Whether nearly all signs are hexadecimal: a key with one sign altered, which no generator draws.
fn is_almost_hex(text: &[u8]) -> bool {
    text.iter().filter(|byte| !byte.is_ascii_hexdigit()).count() * 10 < text.len()
}

/// Whether digits and letters are as frequent as chance has them: people who type at random use few digits.
fn is_even(text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits * 16 >= text.len()
        && digits * 10 <= text.len() * 9
        && value::filler(text, value::alphabet(text)) == value::Filler::No
}

/// Whether the name around the word at `start..end` says whose key it is: `ACME_API_KEY`, `acmeToken`, `acme token`.
pub(super) fn says_whose(table: &Table, bytes: &[u8], start: usize, end: usize) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let before = bytes.get(start.saturating_sub(64)..start).unwrap_or_default();
    let after = bytes.get(end..bytes.len().min(end + 40)).unwrap_or_default();
    let name = before.iter().rev().take_while(|byte| is_name(byte)).count();
    let front = before.get(before.len() - name..).unwrap_or_default();
    let back = after.get(..after.iter().take_while(|byte| is_name(byte)).count()).unwrap_or_default();
    // Keys of those whom the table knows have their own forms: what has none of them is no key of theirs.
    if issuers(table, front) || issuers(table, back) {
        return false;
    }
    if words(front).chain(words(back)).any(|word| is_somebody(&word)) {
        return true;
    }
    // `acme token`: a word before the name, and nothing before that word.
    let Some((b' ', rest)) = before.get(..before.len() - name).and_then(|rest| rest.split_last()) else { return false };
    let word = rest.iter().rev().take_while(|byte| is_name(byte)).count();
    let opens = rest.len() == word || rest.get(rest.len() - word - 1).is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
    let said = rest.get(rest.len() - word..).unwrap_or_default();
    opens && !issuers(table, said) && words(said).any(|word| is_somebody(&word))
}

/// Whether a name holds the word of a kind that is told by it.
fn issuers(table: &Table, name: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let kinds = table.kinds().iter();
    kinds.flat_map(|kind| &kind.near).filter(|word| word.len() > 3).any(|word| find(&lower, word.as_bytes()))
}

/// Whether a text starts as tokens of a kind do: it has not become one of them, so that it is altered or cut off.
pub(super) fn is_known(table: &Table, text: &[u8]) -> bool {
    let shapes = table.kinds().iter().filter(|kind| kind.near.is_empty()).flat_map(|kind| &kind.shapes);
    let fronts = shapes.filter_map(|shape| match shape.segments.first() {
        Some(Segment::Fixed(front)) if shape.anchor == Some(0) && front.len() > 2 => Some(front),
        _ => None,
    });
    fronts.into_iter().any(|front| text.len() > front.len() && text[..front.len()].eq_ignore_ascii_case(front))
}

fn is_somebody(word: &str) -> bool {
    word.len() >= 3 && word.bytes().any(|byte| byte.is_ascii_alphabetic()) && !NOBODY.contains(&word)
}

/// The words of a name, in lower case: they end at signs and where an upper case letter follows a lower one.
fn words(name: &[u8]) -> impl Iterator<Item = String> {
    let mut all = vec![String::new()];
    let mut lower = false;
    for byte in name {
        if !byte.is_ascii_alphanumeric() || lower && byte.is_ascii_uppercase() {
            all.push(String::new());
        }
        if byte.is_ascii_alphanumeric()
            && let Some(last) = all.last_mut()
        {
            last.push(char::from(byte.to_ascii_lowercase()));
        }
        lower = byte.is_ascii_lowercase();
    }
    all.into_iter()
}
