//! Functions that encode, decode and hash.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64ct::{Base64, Encoding as _};
use md5::Digest as _;

use super::{Answer, Arguments, Function, Stop};
use crate::facts::Text;
use crate::formats::configuration::value::{Member, Value};
use crate::formats::terraform::eval::encode::{decode, decode_yaml};

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        // JSON is YAML, and what it says is kept beside the text.
        "jsonencode" | "yamlencode" => |call| Ok(call.evaluator.json(call.get(0)?, call.origin)?),
        "jsondecode" => |call| decode(call.get(0)?).map_err(|reason| call.fail(reason)),
        "yamldecode" => |call| decode_yaml(call.get(0)?).map_err(|reason| call.fail(reason)),
        "csvdecode" => csvdecode,
        "base64encode" => |call| {
            let value = call.get(0)?;
            let text = Base64::encode_string(call.text(0)?.as_bytes());
            Ok(Value { encodes: value.encodes.clone(), ..Value::text(text, call.origin) })
        },
        "base64decode" => base64decode,
        "urlencode" => |call| call.text_value(urlencode(&call.text(0)?)),
        "md5" => |call| call.text_value(hex(&md5::Md5::digest(call.text(0)?.as_bytes()))),
        "sha1" => |call| call.text_value(hex(&sha1::Sha1::digest(call.text(0)?.as_bytes()))),
        "sha256" => |call| call.text_value(hex(&sha2::Sha256::digest(call.text(0)?.as_bytes()))),
        "sha512" => |call| call.text_value(hex(&sha2::Sha512::digest(call.text(0)?.as_bytes()))),
        "base64sha256" => {
            |call| call.text_value(Base64::encode_string(&sha2::Sha256::digest(call.text(0)?.as_bytes())))
        }
        "base64sha512" => {
            |call| call.text_value(Base64::encode_string(&sha2::Sha512::digest(call.text(0)?.as_bytes())))
        }
        "uuidv5" => uuidv5,
        _ => return None,
    })
}

/// A UUID that follows from a name (RFC 9562, section 5.5), in a namespace that is a UUID or one of those of appendix A.
fn uuidv5(call: &Arguments<'_, '_>) -> Answer {
    let (namespace, name) = (call.text(0)?, call.text(1)?);
    let namespace = match &*namespace {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let digits: Option<Vec<u8>> =
        namespace.chars().filter(|c| *c != '-').map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 32).ok_or_else(|| call.fail("the namespace is no UUID"))?;
    let mut input: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    input.extend_from_slice(name.as_bytes());
    let mut bytes: Vec<u8> = sha1::Sha1::digest(&input).iter().copied().take(16).collect();
    if let Some(version) = bytes.get_mut(6) {
        *version = *version & 0x0f | 0x50;
    }
    if let Some(variant) = bytes.get_mut(8) {
        *variant = *variant & 0x3f | 0x80;
    }
    let text = hex(&bytes);
    let group = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    call.text_value(format!("{}-{}-{}-{}-{}", group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn base64decode(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    let bytes = Base64::decode_vec(&call.text(0)?).map_err(|_| call.fail("the text is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| call.fail("the text encodes no text"))?;
    Ok(Value { encodes: value.encodes.clone(), ..Value::text(text, value.origin) })
}

fn urlencode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => _ = write!(out, "%{byte:02X}"),
        }
        out
    })
}

/// Rows as objects by the names in the first row.
fn csvdecode(call: &Arguments<'_, '_>) -> Answer {
    let text = call.text(0)?;
    let origin = call.get(0)?.origin;
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let broken = |error: csv::Error| -> Stop { call.fail(format!("the text is not CSV: {error}")) };
    let names: Vec<Text> = reader.headers().map_err(broken)?.iter().map(Text::from).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        call.at_most(rows.len())?;
        call.evaluator.step(record.len(), call.origin)?;
        let members: BTreeMap<Text, Member> = names
            .iter()
            .zip(record.iter())
            .map(|(name, field)| (name.clone(), Member { key_origin: origin, value: Value::text(field, origin) }))
            .collect();
        rows.push(Value::map(members, origin));
    }
    call.list_value(rows, None)
}
