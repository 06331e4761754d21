//! Passwords in URLs, and what stands behind `Authorization:`.

use super::checks::{decoded, find, is_login};
use super::{Refutation, Tier, Verdict, value};

/// A secret that a structure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) verdict: Verdict,
    pub(super) tier: Tier,
}

/// Longest user and password that are looked at.
const MOST: usize = 256;

/// The password of the URL whose `://` stands at `at`.
pub(super) fn password(bytes: &[u8], at: usize) -> Option<Part> {
    let start = at + 3;
    let window = bytes.get(start..bytes.len().min(start + MOST))?;
    let stop = window.iter().position(|byte| {
        matches!(
            byte,
            b'/' | b' ' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\n' | b'\r' | b'\t' | b'\\' | b'?' | b'#' | b',' | b'|'
        )
    })?;
    let authority = window.get(..stop)?;
    let user_end = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority.get(..user_end)?.iter().position(|byte| *byte == b':')?;
    let own = authority.get(colon + 1..user_end)?;
    let host = authority.get(user_end + 1..)?;
    let before = bytes.get(at.saturating_sub(16)..at)?;
    let scheme = before.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte)).count();
    if own.len() < 3 || host.is_empty() || scheme < 2 {
        return None;
    }
    let user = authority.get(..colon)?;
    let (start, end) = (start + colon + 1, start + user_end);
    let refuted = |why| Some(Part { start, end, verdict: Verdict::Refuted(why), tier: Tier::Record });
    if value::reference(own).is_some() || own.iter().any(|byte| b"${}<>[]()*".contains(byte)) {
        return refuted(Refutation::Reference);
    }
    if is_common(own) || own.eq_ignore_ascii_case(user) || value::is_filler(own, 62) {
        return refuted(Refutation::Placeholder);
    }
    let outside = is_outside(host);
    let strong = own.len() >= 8 && !value::is_wordy(own) && own.iter().any(u8::is_ascii_digit);
    let tier = if strong && outside { Tier::Blocking } else { Tier::Advisory };
    // A word as password of a machine of one's own is what every tutorial has.
    if !outside && !strong {
        return refuted(Refutation::Placeholder);
    }
    Some(Part { start, end, verdict: Verdict::Shape, tier })
}

/// Passwords that stand for one.
pub(super) fn is_common(own: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "pass",
        "passw",
        "passwd",
        "password",
        "pwd",
        "secret",
        "user",
        "username",
        "root",
        "admin",
        "test",
        "tests",
        "guest",
        "postgres",
        "mysql",
        "mongo",
        "redis",
        "rabbitmq",
        "token",
        "key",
        "apikey",
        "api_key",
        "pw",
        "foo",
        "bar",
        "baz",
        "xxx",
        "none",
        "null",
        "nil",
        "true",
        "false",
        "empty",
        "string",
        "value",
        "default",
        "credentials",
        "p@ssw0rd",
        "p@ssword",
        "passw0rd",
        "password1",
        "password123",
        "admin123",
        "pass123",
        "test123",
        "secret123",
        "letmein",
        "mypassword",
        "mypass",
        "yourpassword",
        "dbpass",
        "dbpassword",
        "userpass",
        "access_token",
        "auth_token",
        "hidden",
        "some_password",
        "the_password",
        "a_password",
        "new_password",
        "old_password",
        "1234",
        "12345",
    ];
    let own = own.to_ascii_lowercase();
    WORDS.iter().any(|word| own == word.as_bytes())
}

/// Whether a host is reached from elsewhere, and is no example's.
fn is_outside(host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    let ends = |own: &[u8]| name.ends_with(own);
    let reserved = [
        &b"example.com"[..],
        b"example.org",
        b"example.net",
        b".example",
        b".test",
        b".invalid",
        b".local",
        b"localhost",
        b".localdomain",
    ];
    !(reserved.iter().any(|own| ends(own))
        || !name.contains(&b'.')
        || name.starts_with(b"127.")
        || name.starts_with(b"0.0.0.0")
        || find(name, b"example")
        || name.starts_with(b"host.")
        || name.starts_with(b"your")
        || name.starts_with(b"my"))
}

/// What stands behind `authorization`, at `at`: `: Basic …` or `: Bearer …`.
pub(super) fn authorization(bytes: &[u8], at: usize) -> Option<Part> {
    let window = bytes.get(at..bytes.len().min(at + 2048))?;
    let gap = window
        .iter()
        .take(12)
        .take_while(|byte| {
            matches!(byte, b':' | b'=' | b' ' | b'"' | b'\'' | b'\\' | b',' | b'>' | b'[' | b']' | b')' | b'(' | b'{')
        })
        .count();
    let rest = window.get(gap..)?;
    // Issuers have schemes of their own (`Api-Token`), and some none.
    let word = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
    let scheme = rest.get(..word + 1).filter(|own| word > 2 && own.ends_with(b" ")).unwrap_or_default();
    let start = gap + scheme.len();
    let sign = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/=_-.~".contains(byte);
    let length = window.get(start..)?.iter().take_while(sign).count();
    let own = window.get(start..start + length)?;
    let (verdict, tier) = if scheme.eq_ignore_ascii_case(b"basic ") {
        let login = decoded(own).filter(|bytes| is_login(bytes))?;
        let password = login.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default();
        let user = login.split(|byte| *byte == b':').next().unwrap_or_default();
        if is_common(password)
            || value::is_filler(password, 62)
            || password == user
            || value::reference(password).is_some()
        {
            (Verdict::Refuted(Refutation::Placeholder), Tier::Record)
        } else {
            (Verdict::Proved, Tier::Advisory)
        }
    } else if gap > 0 && own.len() >= 20 && value::is_drawn(own) && !value::is_filler(own, 62) {
        (Verdict::Shape, Tier::Advisory)
    } else {
        return None;
    };
    Some(Part { start: at + start, end: at + start + length, verdict, tier })
}

/// The password of `curl -u user:password`, where `curl` ends at `at`.
pub(super) fn curl(bytes: &[u8], at: usize) -> Option<Part> {
    let window = bytes.get(at..bytes.len().min(at + 512))?;
    // A command goes on behind a `\` at the end of its line.
    let ends = |place: &usize| window.get(*place) == Some(&b'\n') && window.get(place.wrapping_sub(1)) != Some(&b'\\');
    let line = window.get(..(0..window.len()).find(ends).unwrap_or(window.len()))?;
    let option = [&b" -u "[..], b" --user "];
    let start = option.iter().find_map(|own| Some(memchr::memmem::find(line, own)? + own.len()))?;
    let start = start + line.get(start..)?.iter().take_while(|byte| **byte == b' ').count();
    let quote = line.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let start = start + usize::from(quote.is_some());
    let ends = |byte: &u8| {
        quote.map_or(byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'\\'), |own| *byte == own)
    };
    let rest = line.get(start..)?;
    let login = rest.get(..rest.iter().position(ends).unwrap_or(rest.len()))?;
    let colon = login.iter().position(|byte| *byte == b':').filter(|colon| *colon > 0)?;
    let (user, own) = (login.get(..colon)?, login.get(colon + 1..)?);
    let refuted = |why| (Verdict::Refuted(why), Tier::Record);
    let (verdict, tier) = if own.len() < 4 {
        return None;
    } else if value::reference(own).is_some() || own.iter().any(|byte| b"{}<>[]()*".contains(byte)) {
        refuted(Refutation::Reference)
    } else if is_common(own) || own.eq_ignore_ascii_case(user) || value::is_filler(own, 62) || value::is_wordy(own) {
        refuted(Refutation::Placeholder)
    } else {
        (Verdict::Shape, Tier::Advisory)
    };
    let start = at + start + colon + 1;
    Some(Part { start, end: start + own.len(), verdict, tier })
}
