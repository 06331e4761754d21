//! Tokens made when a test runs, out of the table: no text of this repository holds one.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

use crate::secrets::checks::{base36, base62, bech32_of, nkey_of};
use crate::secrets::shape::{Segment, Shape};
use crate::secrets::table::{Check, Kind};
use crate::secrets::value::{Filler, filler, is_drawn};

/// Numbers that are the same in every run (xorshift64*, Vigna 2016).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % most
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

/// A token of a shape as it is written in the table; checks are not thought of.
fn plain(segments: &[Segment], chance: &mut Chance) -> Vec<u8> {
    let mut token = Vec::new();
    for own in segments {
        match own {
            Segment::Fixed(text) => token.extend_from_slice(text),
            Segment::Run { class, min, .. } => {
                let signs = class.signs();
                // A dash at the border of a run would read as another form.
                for _ in 0..*min {
                    let mut sign = signs[chance.below(signs.len())];
                    while !sign.is_ascii_alphanumeric() {
                        sign = signs[chance.below(signs.len())];
                    }
                    token.push(sign);
                }
            }
            Segment::Optional(_) => {}
        }
    }
    token
}

/// A valid token of a kind's shape.
pub(crate) fn valid(kind: &Kind, shape: &Shape, chance: &mut Chance) -> Vec<u8> {
    for _ in 0..1000 {
        let token = checked(kind, shape, chance);
        let body = shape.body(&token);
        if filler(&body, shape.alphabet()) == Filler::No && (kind.random.is_none() || is_drawn(&body)) {
            return token;
        }
    }
    panic!("every token of {} looks made up: {shape:?}", kind.id)
}

fn checked(kind: &Kind, shape: &Shape, chance: &mut Chance) -> Vec<u8> {
    let mut token = plain(&shape.segments, chance);
    let front = match shape.segments.first() {
        Some(Segment::Fixed(text)) => text.to_vec(),
        _ => Vec::new(),
    };
    match kind.check {
        Some(Check::Crc32Base62) => {
            let at = token.len() - 6;
            let start = token.iter().position(|byte| *byte == b'_').unwrap() + 1;
            let sum = base62(crc32fast::hash(&token[start..at]));
            token[at..].copy_from_slice(&sum);
            token
        }
        Some(Check::GitlabRoutable) => {
            let at = token.len() - 7;
            let sum = base36(crc32fast::hash(&token[..at]));
            token[at..].copy_from_slice(&sum);
            token
        }
        Some(Check::GrafanaCrc) => {
            let at = token.len() - 8;
            let sum = crc32fast::hash(&token[..at - 1]).to_le_bytes();
            let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
            token[at..].copy_from_slice(sum.as_bytes());
            token
        }
        Some(Check::Nkey) => {
            // Both letters of the front, as five bits each; the drawn bytes follow.
            let kind = token[1] - b'A';
            nkey_of([18 << 3 | kind >> 2, (kind & 3) << 6], &chance.bytes(32))
        }
        Some(Check::Bech32) => {
            let data: Vec<u8> = (0..52).map(|_| chance.below(32) as u8).collect();
            bech32_of("AGE-SECRET-KEY-", &data).into_bytes()
        }
        Some(Check::Base64_64) => [front, Base64::encode_string(&chance.bytes(64)).into_bytes()].concat(),
        Some(Check::Base64) => {
            let count = if token.len() - front.len() > 60 { 64 } else { 32 };
            [front, Base64::encode_string(&chance.bytes(count)).into_bytes()].concat()
        }
        Some(Check::Base64Json) => {
            let name = if front.starts_with(b"eyJr") { "k" } else { "iat" };
            let filling: String = (0..240).map(|_| char::from(b'a' + chance.below(26) as u8)).collect();
            let json = Base64::encode_string(format!("{{\"{name}\":\"{filling}\"}}").as_bytes());
            let lead = String::from_utf8(front).unwrap();
            let lead = lead.split("eyJ").next().unwrap();
            let tail = match shape.segments.last() {
                Some(Segment::Run { min: 43, .. }) => {
                    format!("_{}", String::from_utf8(token[token.len() - 43..].to_vec()).unwrap())
                }
                _ => String::new(),
            };
            format!("{lead}{json}{tail}").into_bytes()
        }
        Some(Check::Pypi) => {
            let at: &[u8] =
                if front.ends_with(b"9yZw") { b"\x02\x01\x0dtest.pypi.org" } else { b"\x02\x01\x08pypi.org" };
            let macaroon = [at, b"\x02", &chance.bytes(80)].concat();
            format!("pypi-{}", Base64UrlUnpadded::encode_string(&macaroon)).into_bytes()
        }
        Some(Check::Discord) => {
            let id = format!("8{:017}", chance.below(1 << 30));
            let rest = token.iter().position(|byte| *byte == b'.').unwrap();
            [Base64UrlUnpadded::encode_string(id.as_bytes()).into_bytes(), token[rest..].to_vec()].concat()
        }
        Some(Check::JfrogReference) => loop {
            let letters: String = (0..34).map(|_| char::from(b'A' + chance.below(26) as u8)).collect();
            let own = Base64::encode_string(format!("reftkn:01:98{letters}55").as_bytes());
            if own.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return own.into_bytes();
            }
        },
        Some(Check::Dockerconfig) => {
            let word: String = (0..20).map(|_| char::from(b'A' + chance.below(26) as u8)).collect();
            Base64::encode_string(format!("robot:{word}7").as_bytes()).into_bytes()
        }
        Some(Check::Sas) | None => token,
    }
}

/// The text in which a token of a kind stands, and where.
pub(crate) fn placed(kind: &Kind, token: &[u8]) -> (Vec<u8>, usize) {
    let (lead, tail) = match kind.near.first() {
        Some(word) => (format!("{word} = \""), "\"\n"),
        None if kind.beside.is_empty() => ("see: ".to_owned(), "\n"),
        None => ("?sv=2026-01-01&se=2030-01-01&".to_owned(), "\n"),
    };
    ([lead.as_bytes(), token, tail.as_bytes()].concat(), lead.len())
}

/// The token with a sign inside of its longest run that no class has.
pub(crate) fn broken(shape: &Shape, token: &[u8]) -> Vec<u8> {
    let (mut at, mut best) = (0, (0, 0));
    for own in &shape.segments {
        let length = match own {
            Segment::Fixed(text) => text.len(),
            Segment::Run { min, .. } => {
                if *min > best.1 {
                    best = (at, *min);
                }
                *min
            }
            Segment::Optional(_) => 0,
        };
        at += length;
    }
    [&token[..=best.0], b"!", &token[best.0 + 1..]].concat()
}
