//! JSON Web Tokens (RFC 7519): three parts of base64url, the first two JSON.

use serde_json::Value;

use super::checks::decoded;
use super::{Refutation, Tier, Verdict};
use crate::facts::Lifetime;

/// Longest token that is decoded.
const MOST: usize = 16 * 1024;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) end: usize,
    pub(super) verdict: Verdict,
    pub(super) tier: Tier,
    pub(super) lifetime: Lifetime,
    /// Whether a Kubernetes service account is its subject.
    pub(super) kubernetes: bool,
}

/// A token that still lives so many seconds or fewer is not long-lived.
const SHORT: i64 = 7 * 24 * 3600;

/// The token that starts at `at`, where `eyJ` stands.
pub(super) fn read(bytes: &[u8], at: usize, as_of: i64) -> Option<Token> {
    let window = bytes.get(at..bytes.len().min(at + MOST))?;
    let header_end = part(window, 0)?;
    let header = object(window.get(..header_end)?)?;
    header.get("alg").or_else(|| header.get("typ"))?;
    let payload_end = part(window, header_end + 1)?;
    let payload = window.get(header_end + 1..payload_end).filter(|own| own.len() >= 4)?;
    let signature_end = payload_end + 1 + run(window, payload_end + 1);
    let signed = window.get(payload_end) == Some(&b'.') && signature_end - payload_end > 10;
    let end = at + if signed { signature_end } else { payload_end };
    let refuted = |why| Token {
        end,
        verdict: Verdict::Refuted(why),
        tier: Tier::Record,
        lifetime: Lifetime::Unknown,
        kubernetes: false,
    };
    let Some(claims) = object(payload) else {
        // Three parts and a header: perhaps encrypted or altered.
        let encrypted = header.get("enc").is_some() || !signed;
        let shape = Token { verdict: Verdict::Shape, tier: Tier::Advisory, ..refuted(Refutation::Structure) };
        return Some(if encrypted { refuted(Refutation::Structure) } else { shape });
    };
    if !signed {
        return Some(refuted(Refutation::Structure));
    }
    // What every tutorial shows.
    if claims.get("sub").and_then(Value::as_str) == Some("1234567890") {
        return Some(refuted(Refutation::Placeholder));
    }
    let lifetime = match claims.get("exp").and_then(Value::as_f64) {
        // An instant beyond what is representable is as good as none.
        Some(until) if until < 253_402_300_800.0 => {
            #[allow(clippy::cast_possible_truncation, reason = "a NumericDate may have a fraction; seconds suffice")]
            let seconds = until as i64;
            Lifetime::Until(seconds)
        }
        _ => Lifetime::Unbounded,
    };
    let public = claims.get("role").and_then(Value::as_str) == Some("anon");
    // A token that says nothing of whom it is for logs nobody in.
    let says = ["iss", "sub", "aud", "exp", "iat", "jti", "scope", "role", "user", "id", "uid", "email", "user_id"];
    let cut =
        !is_signature(header.get("alg").and_then(Value::as_str).unwrap_or_default(), signature_end - payload_end - 1);
    let empty = !says.iter().any(|claim| claims.contains_key(*claim));
    let tier = match lifetime {
        Lifetime::Until(until) if until.saturating_sub(as_of) <= SHORT => Tier::Advisory,
        _ if public || empty || cut => Tier::Advisory,
        _ => Tier::Blocking,
    };
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let kubernetes = issuer.starts_with("kubernetes/") || claims.get("kubernetes.io").is_some();
    Some(Token { end, verdict: Verdict::Proved, tier, lifetime, kubernetes })
}

/// Whether a signature has as many signs as its algorithm gives (RFC 7518, section 3.1), or its algorithm is not known.
fn is_signature(algorithm: &str, length: usize) -> bool {
    match algorithm {
        "HS256" => length == 43,
        "HS384" => length == 64,
        "HS512" | "ES256" | "ES256K" | "EdDSA" => length == 86,
        "ES384" => length == 128,
        "ES512" => length == 176,
        // As long as the key: from 512 bits on, in whole bytes.
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => length >= 86 && length % 4 != 1,
        _ => length % 4 != 1,
    }
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn run(window: &[u8], from: usize) -> usize {
    window.get(from..).unwrap_or_default().iter().take_while(|byte| is_sign(**byte)).count()
}

/// The end of a part, at a dot or where the text ends.
fn part(window: &[u8], from: usize) -> Option<usize> {
    let length = run(window, from);
    let end = from + length;
    (length >= 4 && (from > 0 || window.get(end) == Some(&b'.'))).then_some(end)
}

fn object(text: &[u8]) -> Option<serde_json::Map<String, Value>> {
    match serde_json::from_slice(&decoded(text)?).ok()? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}
