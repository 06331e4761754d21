//! What can be verified of a token without asking its issuer.

use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding as _};

use super::table::Check;
use super::{Refutation, Verdict};

/// Verifies a token of a shape. `around` is the text that it stands in, some of it on either side.
pub(super) fn verify(check: Check, token: &[u8], around: &[u8]) -> Verdict {
    let checksum = |holds: bool| if holds { Verdict::Proved } else { Verdict::Refuted(Refutation::Checksum) };
    let structure = |holds: bool| if holds { Verdict::Proved } else { Verdict::Refuted(Refutation::Structure) };
    match check {
        Check::Crc32Base62 => checksum(crc32_base62(token)),
        Check::GitlabRoutable => checksum(gitlab_routable(token)),
        // Tokens of another scheme have the same shape, so that a mismatch proves nothing.
        Check::GrafanaCrc => {
            if grafana(token) {
                Verdict::Proved
            } else {
                Verdict::Shape
            }
        }
        Check::Bech32 => checksum(bech32(token)),
        // Nothing else has 58 signs of base 32 behind such a front: one that is wrong is still worth to be looked at.
        Check::Nkey => {
            if nkey(token) {
                Verdict::Proved
            } else {
                Verdict::Shape
            }
        }
        Check::Base64_64 => structure(decoded(after_equals(token)).is_some_and(|bytes| bytes.len() == 64)),
        Check::Base64 => {
            structure(decoded(after_equals(token)).is_some_and(|bytes| matches!(bytes.len(), 32 | 33 | 64)))
        }
        Check::Base64Json => structure(base64_json(token)),
        Check::Pypi => structure(pypi(token)),
        Check::Discord => structure(discord(token)),
        Check::JfrogReference => structure(decoded(token).is_some_and(|bytes| bytes.starts_with(b"reftkn:"))),
        Check::Dockerconfig => structure(decoded(token).is_some_and(|bytes| is_login(&bytes))),
        // A signature without a date to end at is another service's.
        Check::Sas => match [&b"se="[..], b"si="].iter().any(|part| find(around, part)) {
            true => Verdict::Shape,
            false => Verdict::Refuted(Refutation::Structure),
        },
    }
}

/// What stands behind the `=` of `AccountKey=…`.
pub(super) fn after_equals(token: &[u8]) -> &[u8] {
    let name = token.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    match token.get(name) {
        Some(b'=') if name < token.len() - 1 && name < 20 => token.get(name + 1..).unwrap_or_default(),
        _ => token,
    }
}

/// Whether a text stands in another.
pub(super) fn find(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// The checksum of NATS' seeds (`nats-io/nkeys`, `crc16.go`): two bytes of type, 32 drawn ones and the CRC-16 of XMODEM over
/// them, low byte first, in base 32.
fn nkey(token: &[u8]) -> bool {
    let bytes = base32(token);
    let Some((before, sum)) = bytes.as_deref().and_then(<[u8]>::split_last_chunk::<2>) else { return false };
    before.len() == 34 && crc16(before) == u16::from_le_bytes(*sum)
}

/// CRC-16 with the polynomial 0x1021, started at zero (XMODEM).
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| if sum & 0x8000 == 0 { sum << 1 } else { sum << 1 ^ 0x1021 })
    })
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The whole bytes of base 32 (RFC 4648) without padding.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for sign in text {
        let value = BASE32.iter().position(|own| own == sign)?;
        held = held << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Base64 of any kind, with or without padding.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = text.trim_end_matches('=');
    if bare.contains(['-', '_']) {
        return Base64UrlUnpadded::decode_vec(bare).ok();
    }
    Base64::decode_vec(text).or_else(|_| Base64Unpadded::decode_vec(bare)).ok()
}

/// The checksum of GitHub's and npm's tokens: behind `xxx_`, the last six signs are the CRC-32 of those before them, in
/// base 62 with digits, upper case and lower case in this order, filled up with zeros.
fn crc32_base62(token: &[u8]) -> bool {
    let Some(at) = token.iter().position(|byte| *byte == b'_') else { return false };
    let Some(body) = token.get(at + 1..).filter(|body| body.len() > 6) else { return false };
    let (drawn, sum) = body.split_at(body.len() - 6);
    sum == base62(crc32fast::hash(drawn))
}

/// A number in six signs of base 62.
pub(super) fn base62(number: u32) -> [u8; 6] {
    const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut signs = [b'0'; 6];
    let mut rest = number as usize;
    for sign in signs.iter_mut().rev() {
        *sign = SIGNS.get(rest % 62).copied().unwrap_or(b'0');
        rest /= 62;
    }
    signs
}

/// The checksum of GitLab's routable tokens (`lib/authn/token_field/generator/routable_token.rb`): the last seven signs
/// are the CRC-32 of everything before them, in base 36, filled up with zeros.
fn gitlab_routable(token: &[u8]) -> bool {
    let Some(at) = token.len().checked_sub(7) else { return false };
    let (before, sum) = token.split_at(at);
    sum == base36(crc32fast::hash(before))
}

/// A number in seven signs of base 36.
pub(super) fn base36(number: u32) -> [u8; 7] {
    let mut signs = [b'0'; 7];
    let mut rest = number;
    for sign in signs.iter_mut().rev() {
        let digit = u8::try_from(rest % 36).unwrap_or_default();
        *sign = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        rest /= 36;
    }
    signs
}

fn grafana(token: &[u8]) -> bool {
    let Some(at) = token.len().checked_sub(8) else { return false };
    let (before, sum) = token.split_at(at);
    let before = before.strip_suffix(b"_").unwrap_or(before);
    let crc = crc32fast::hash(before);
    let shown = |bytes: [u8; 4]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sum = String::from_utf8_lossy(sum).to_ascii_lowercase();
    sum == shown(crc.to_le_bytes()) || sum == shown(crc.to_be_bytes())
}

/// The checksum of bech32 (BIP 173), which age keys carry in upper case.
fn bech32(token: &[u8]) -> bool {
    let text = token.to_ascii_lowercase();
    let Some(at) = text.iter().rposition(|byte| *byte == b'1') else { return false };
    let (prefix, data) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let Some(values) = bech32_values(data) else { return false };
    polymod(&[prefix_values(prefix), values].concat()) == 1
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

fn bech32_values(data: &[u8]) -> Option<Vec<u8>> {
    data.iter().map(|sign| BECH32.iter().position(|own| own == sign).and_then(|at| u8::try_from(at).ok())).collect()
}

fn prefix_values(prefix: &[u8]) -> Vec<u8> {
    let high = prefix.iter().map(|byte| byte >> 5);
    high.chain([0]).chain(prefix.iter().map(|byte| byte & 31)).collect()
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(*value);
        GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1).fold(next, |next, (_, own)| next ^ own)
    })
}

/// A seed of NATS with its checksum.
#[cfg(test)]
pub(super) fn nkey_of(front: [u8; 2], drawn: &[u8]) -> Vec<u8> {
    let before = [&front, drawn].concat();
    let bytes = [before.as_slice(), &crc16(&before).to_le_bytes()].concat();
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let value = |bits: &[u8]| (0..5).fold(0, |value, at| value << 1 | bits.get(at).copied().unwrap_or(0));
    bits.chunks(5).map(|bits| BASE32[usize::from(value(bits))]).collect()
}

/// Data of five bits a value with its checksum, in upper case.
#[cfg(test)]
pub(super) fn bech32_of(prefix: &str, data: &[u8]) -> String {
    let all = [prefix_values(prefix.to_ascii_lowercase().as_bytes()), data.to_vec(), vec![0; 6]].concat();
    let sum = polymod(&all) ^ 1;
    let tail = (0..6).map(|at| (sum >> (5 * (5 - at)) & 31) as u8);
    let signs: String = data.iter().copied().chain(tail).map(|value| BECH32[usize::from(value)] as char).collect();
    format!("{prefix}1{}", signs.to_ascii_uppercase())
}

/// Whether base64 of a JSON object starts somewhere in the first signs, at `eyJ`.
fn base64_json(token: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(token, b"eyJ") else { return false };
    let body = token.get(at..).unwrap_or_default();
    let body = body.split(|byte| *byte == b'_').next().unwrap_or_default();
    let bare: Vec<u8> = body.iter().copied().filter(|byte| *byte != b'=').collect();
    decoded(&bare)
        .is_some_and(|json| json.starts_with(b"{\"") && serde_json::from_slice::<serde_json::Value>(&json).is_ok())
}

/// A macaroon, second version, whose location is the index.
fn pypi(token: &[u8]) -> bool {
    let Some(body) = token.strip_prefix(b"pypi-") else { return false };
    let whole = body.len() - body.len() % 4;
    let macaroon = body.get(..whole).and_then(decoded);
    macaroon.is_some_and(|bytes| {
        bytes.first() == Some(&2) && (find(&bytes, b"\x08pypi.org") || find(&bytes, b"\x0dtest.pypi.org"))
    })
}

fn discord(token: &[u8]) -> bool {
    let first = token.split(|byte| *byte == b'.').next().unwrap_or_default();
    decoded(first).is_some_and(|id| (15..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}

/// `name:password` in printable signs.
pub(super) fn is_login(bytes: &[u8]) -> bool {
    let printable = bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e));
    printable && bytes.iter().position(|byte| *byte == b':').is_some_and(|at| at > 0 && at + 4 < bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base62_counts_digits_then_upper_then_lower_case() {
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(62), b"000010");
        // 4,294,967,295 is 4·62⁵ + 42·62⁴ + 42·62³ + 15·62² + 50·62 + 3 (by hand).
        assert_eq!(&base62(u32::MAX), b"4gfFC3");
        assert_eq!(&base36(u32::MAX), b"1z141z3");
    }

    #[test]
    fn the_checksum_of_seeds_is_that_of_xmodem() {
        // The check value that catalogues of CRCs give for these nine digits.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        let seed = nkey_of([149, 0], &[7; 32]);
        assert!(seed.starts_with(b"SUA") && seed.len() == 58 && nkey(&seed));
        let mut other = seed.clone();
        other[20] = if other[20] == b'B' { b'C' } else { b'B' };
        assert!(!nkey(&other) && !nkey(&seed[..57]));
    }

    #[test]
    fn bech32_holds_for_the_examples_of_its_standard() {
        // BIP 173, valid and invalid checksums.
        assert!(bech32(b"A12UEL5L"));
        assert!(bech32(b"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs"));
        assert!(!bech32(b"A12UEL5M"));
    }
}
