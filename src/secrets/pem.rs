//! Private keys in text: PEM (RFC 7468, RFC 1421), OpenSSH, OpenPGP (RFC 9580) and PuTTY; also inside of a string with
//! escaped line ends, and wrapped in base64 once more.

use super::checks::{decoded, find};
use super::{Refutation, Verdict};

/// Longest key that is read, in bytes of text.
pub(super) const MOST: usize = 64 * 1024;

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) end: usize,
    pub(super) verdict: Verdict,
    /// Whether a passphrase keeps it.
    pub(super) encrypted: bool,
}

/// The key that starts at `at`, where `-----BEGIN` stands.
pub(super) fn read(bytes: &[u8], at: usize) -> Option<Key> {
    let window = bytes.get(at..bytes.len().min(at + MOST))?;
    let label_end = memchr::memmem::find(window.get(11..120.min(window.len()))?, b"-----")? + 11;
    let label = window.get(11..label_end)?;
    if !label.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" _-".contains(byte)) {
        return None;
    }
    if !ends_in_key(label) {
        return None;
    }
    let body_start = label_end + 5;
    let rest = window.get(body_start..)?;
    // Dashes within a body end it: the next line of a list of such lines is none of this key.
    let close = memchr::memmem::find(rest, b"-----")
        .filter(|at| rest.get(*at..).is_some_and(|own| own.starts_with(b"-----END")));
    let (body, end) = match close {
        Some(close) => {
            let tail = rest.get(close + 8..).unwrap_or_default();
            let dashes = memchr::memmem::find(tail.get(..120.min(tail.len())).unwrap_or_default(), b"-----");
            (rest.get(..close)?, body_start + close + 8 + dashes.map_or(0, |dashes| dashes + 5))
        }
        // The end is missing or far: what can be read of it counts.
        None => {
            let dashes = memchr::memmem::find(rest, b"-----").unwrap_or(rest.len());
            let length = rest.iter().take(dashes).take_while(|byte| is_body(**byte)).count();
            (rest.get(..length)?, body_start + length)
        }
    };
    let read = Body::of(body);
    let (verdict, encrypted) = judge(label, &read, close.is_some());
    Some(Key { end: at + end, verdict, encrypted })
}

fn ends_in_key(label: &[u8]) -> bool {
    label.ends_with(b"PRIVATE KEY") || label == b"PGP PRIVATE KEY BLOCK" || label.ends_with(b"ENCRYPTED SECRET KEY")
}

fn is_body(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=\r\n\\ \t\"',:-".contains(&byte)
}

/// What stands between the lines.
struct Body {
    text: Vec<u8>,
    encrypted: bool,
    /// Whether a line stands there for those that were left out.
    shortened: bool,
}

impl Body {
    /// Joins the lines of base64, whatever a string of a language puts around them.
    fn of(body: &[u8]) -> Self {
        let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
        let mut rest = body;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match (first, after.first()) {
                (b'\n' | b'\r', _) => lines.push(Vec::new()),
                (b'\\', Some(b'n' | b'r')) => {
                    lines.push(Vec::new());
                    rest = after.get(1..).unwrap_or_default();
                }
                (b'\\', Some(b'\\')) => {}
                (b'\\', Some(b't')) => rest = after.get(1..).unwrap_or_default(),
                _ => {
                    if let Some(line) = lines.last_mut() {
                        line.push(*first);
                    }
                }
            }
        }
        // What stands behind the first line's dashes is a remark, where lines follow and it is no line of a key itself.
        let remark = lines.len() > 1 && lines.first().is_some_and(|first| base64(first).len() < SHORTEST);
        let mut own = Self { text: Vec::new(), encrypted: false, shortened: false };
        for line in lines.iter().skip(usize::from(remark)) {
            let line = line.trim_ascii();
            own.shortened |= matches!(line, b"..." | b"[...]" | b"(...)") || line == "…".as_bytes();
            if line.contains(&b':') {
                own.encrypted |= find(line, b"ENCRYPTED") || line.starts_with(b"DEK-Info");
                continue;
            }
            // The checksum of OpenPGP stands on a line of its own.
            if line.len() == 5 && line.first() == Some(&b'=') {
                continue;
            }
            own.text.extend(base64(line));
        }
        own
    }
}

/// What is shorter on the first line of a key is none of it.
const SHORTEST: usize = 16;

/// The base64 of a line, without what a language puts around it: a `+` that joins strings, the `//` of a comment.
fn base64(line: &[u8]) -> Vec<u8> {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let runs = line.split(|byte| !is_sign(*byte));
    let joins = |run: &&[u8]| run.len() < 4 && run.iter().all(|byte| matches!(byte, b'+' | b'/'));
    runs.filter(|run| !joins(run)).flatten().copied().collect()
}

fn judge(label: &[u8], body: &Body, closed: bool) -> (Verdict, bool) {
    let encrypted = body.encrypted || find(label, b"ENCRYPTED");
    let bare: Vec<u8> = body.text.iter().copied().filter(|byte| *byte != b'=').collect();
    if bare.len() < 48 {
        return (Verdict::Refuted(Refutation::Structure), encrypted);
    }
    let bytes = decoded(&bare);
    if (body.shortened || is_filled(&bare)) && !bytes.as_deref().is_some_and(|own| is_key(label, own)) {
        return (Verdict::Refuted(Refutation::Placeholder), encrypted);
    }
    match bytes.as_deref() {
        Some(bytes) if body.encrypted || is_key(label, bytes) => {
            (if closed { Verdict::Proved } else { Verdict::Shape }, encrypted || keeps_a_passphrase(label, bytes))
        }
        // Altered, cut off, or a form that is not known here.
        _ => (Verdict::Shape, encrypted),
    }
}

/// Whether a body was put there by hand. The parameters of a curve hold long rows of one sign: they are left out.
fn is_filled(bare: &[u8]) -> bool {
    let front = bare.get(..bare.len().min(400)).unwrap_or_default();
    let mut varied: Vec<u8> = Vec::with_capacity(front.len());
    for byte in front {
        let row = varied.len() >= 3 && varied.iter().rev().take(3).all(|own| own == byte);
        if !row || !matches!(byte, b'/' | b'A') {
            varied.push(*byte);
        }
    }
    varied.len() < 48 || super::value::filler(&varied, 64) == super::value::Filler::Sure
}

/// Whether it decodes to what its label says.
fn is_key(label: &[u8], bytes: &[u8]) -> bool {
    if label.starts_with(b"OPENSSH") {
        return bytes.starts_with(b"openssh-key-v1\0");
    }
    if label.starts_with(b"PGP") {
        return secret_key_packet(bytes).is_some();
    }
    // A DER sequence that is as long as it says.
    let Some(content) = sequence(bytes) else { return false };
    match content.first() {
        // A version, or the algorithm of an encrypted key.
        Some(2) => content.get(1) == Some(&1),
        Some(0x30) => true,
        _ => false,
    }
}

fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first()?;
    if *first != 0x30 {
        return None;
    }
    let (length, rest) = der_length(rest)?;
    (rest.len() >= length && rest.len() <= length + 3).then(|| rest.get(..length)).flatten()
}

fn der_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=3).contains(&count) {
        return None;
    }
    let length = rest.get(..count)?.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    Some((length, rest.get(count..)?))
}

fn keeps_a_passphrase(label: &[u8], bytes: &[u8]) -> bool {
    if label.starts_with(b"OPENSSH") {
        // The cipher's name follows the magic, with its length before it.
        return bytes.get(15..23).is_some_and(|name| name != b"\0\0\0\x04none");
    }
    if label.starts_with(b"PGP") {
        return secret_key_packet(bytes).and_then(usage).is_some_and(|usage| usage != 0);
    }
    false
}

/// The body of the packet with the secret key that an OpenPGP block starts with.
fn secret_key_packet(bytes: &[u8]) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let (tag, rest) = if first & 0x40 != 0 {
        let (length, rest) = rest.split_first()?;
        let skip = match length {
            0..=191 => 0,
            192..=223 => 1,
            255 => 4,
            _ => return None,
        };
        (first & 0x3f, rest.get(skip..)?)
    } else {
        let skip = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        (first >> 2 & 0xf, rest.get(skip..)?)
    };
    (tag == 5 && rest.first() == Some(&4)).then_some(rest)
}

/// How the secret parts of a version 4 key are kept; 0 says in the clear.
fn usage(packet: &[u8]) -> Option<u8> {
    let algorithm = packet.get(5)?;
    let mut rest = packet.get(6..)?;
    let numbers = match algorithm {
        1..=3 => 2,
        16 | 17 => {
            if *algorithm == 17 {
                4
            } else {
                3
            }
        }
        18 | 19 | 22 => {
            let length = usize::from(*rest.first()?);
            rest = rest.get(1 + length..)?;
            if *algorithm == 18 {
                // Behind the point stand the parameters of the key derivation.
                rest = skip_number(rest)?;
                return rest.get(1 + usize::from(*rest.first()?)).copied();
            }
            1
        }
        _ => return None,
    };
    for _ in 0..numbers {
        rest = skip_number(rest)?;
    }
    rest.first().copied()
}

fn skip_number(bytes: &[u8]) -> Option<&[u8]> {
    let bits = usize::from(u16::from_be_bytes([*bytes.first()?, *bytes.get(1)?]));
    bytes.get(2 + bits.div_ceil(8)..)
}

/// The key in PuTTY's form that starts at `at`, where `PuTTY-User-Key-File-` stands.
pub(super) fn putty(bytes: &[u8], at: usize) -> Option<Key> {
    let window = bytes.get(at..bytes.len().min(at + MOST))?;
    // A version and a colon follow: a program that reads such files names them too.
    if !matches!(window.get(20..22), Some([b'1'..=b'3', b':'])) {
        return None;
    }
    let lines = memchr::memmem::find(window, b"Private-Lines:")?;
    let mac =
        window.get(lines..).and_then(|rest| memchr::memmem::find(rest, b"Private-MAC:")).map(|mac| lines + mac)?;
    let end = mac + window.get(mac..)?.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r' | b'\\')).count();
    let encrypted = !find(window.get(..lines)?, b"Encryption: none");
    Some(Key { end: at + end, verdict: Verdict::Proved, encrypted })
}

/// The key that is wrapped in base64 from `at` on, where that of `-----BEGIN` stands.
pub(super) fn wrapped(bytes: &[u8], at: usize) -> Option<Key> {
    let window = bytes.get(at..bytes.len().min(at + MOST))?;
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let mut end = 0;
    let mut text = Vec::new();
    // Some tools break the lines of base64, in YAML with indentation.
    while let Some(byte) = window.get(end) {
        if is_sign(*byte) {
            text.push(*byte);
        } else {
            let rest = window.get(end + 1..).unwrap_or_default();
            let next = rest.iter().find(|next| !next.is_ascii_whitespace());
            let goes_on = matches!(byte, b'\n' | b'\r' | b' ')
                && text.len() >= 40
                && text.len() % 4 == 0
                && next.is_some_and(|next| is_sign(*next));
            if !goes_on {
                break;
            }
        }
        end += 1;
    }
    // Only the front of it is needed to know whether it is a certificate.
    let front = decoded(text.get(..text.len().min(80) / 4 * 4)?)?;
    if !find(&front, b"PRIVATE KEY") {
        return None;
    }
    let whole = text.len() - usize::from(text.len() % 4 == 1);
    let inner = read(&decoded(text.get(..whole)?)?, 0)?;
    Some(Key { end: at + end, ..inner })
}
