//! Documents inside texts: IAM answers with URL-encoded JSON, AWS Organizations with JSON in a string.

use std::borrow::Cow;

use super::Fault;
use crate::syntax::{Node, Span, Value, parse};

/// A policy document that may be written as text. Every position inside a text is that of the whole text.
///
/// IAM percent-encodes documents as RFC 3986 describes (IAM API reference, `GetPolicyVersion`); the command line
/// client decodes them, raw answers keep them.
pub(super) fn document(node: &Node) -> Result<Cow<'_, Node>, Fault> {
    match &node.value {
        Value::Map(_) => Ok(Cow::Borrowed(node)),
        Value::String(text) => {
            let broken = |why: &str| Fault::broken(node.span, format!("the policy document in this text {why}"));
            let decoded = if text.trim_start().starts_with('{') {
                Cow::Borrowed(text.as_bytes())
            } else {
                Cow::Owned(percent_decode(text).ok_or_else(|| broken("is not percent-encoded as it should be"))?)
            };
            let mut documents = parse(&decoded).map_err(|error| broken(&format!("cannot be read: {error}")))?;
            match (documents.pop(), documents.is_empty()) {
                (Some(mut inner), true) if inner.as_map().is_some() => {
                    move_to(&mut inner, node.span);
                    Ok(Cow::Owned(inner))
                }
                _ => Err(broken("is not one JSON object")),
            }
        }
        _ => Err(Fault::broken(node.span, format!("the policy document is {}, not an object", node.kind()))),
    }
}

/// Decodes `%XX`; `+` stays what it is (RFC 3986 §2.1). None when a `%` is not followed by two hexadecimal digits.
fn percent_decode(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    Some(decoded)
}

/// Gives a node and all inside it one position. The reader bounds the depth.
fn move_to(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| move_to(item, span)),
        Value::Map(entries) => {
            for entry in entries {
                entry.key_span = span;
                move_to(&mut entry.value, span);
            }
        }
        _ => {}
    }
}
