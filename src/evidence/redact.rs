//! Blanks secret values in files before they are kept.
//!
//! Evidence is kept for years and read by many, so a password that stands beside a definition must not enter it. The
//! values of Kubernetes Secrets and private keys in PEM are replaced letter by letter: the file keeps its shape, so that
//! it is read as before, and the manifest keeps the digest of the file as it was.

use std::ops::Range;

use memchr::memmem;

use crate::syntax::{Node, Value, parse};

/// Fewer characters in one word are no secret of their own in a file that cannot be parsed.
const LONG: usize = 16;

/// The file without its secrets; `None` when it has none.
pub(super) fn redacted(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut ranges = private_keys(bytes);
    if memmem::find(bytes, b"Secret").is_some() || memmem::find(bytes, b"stringData").is_some() {
        match parse(bytes) {
            Ok(documents) => documents.iter().for_each(|document| secrets(document, &mut ranges)),
            Err(_) => ranges.extend(long_words(bytes)),
        }
    }
    ranges.retain(|range| !range.is_empty() && range.end <= bytes.len());
    if ranges.is_empty() {
        return None;
    }
    let mut blanked = bytes.to_vec();
    for range in ranges {
        if let Some(part) = blanked.get_mut(range) {
            blank(part);
        }
    }
    Some(blanked)
}

/// Replaces what a secret is made of, and leaves what gives a text its shape: quotes, indentation, lines.
fn blank(part: &mut [u8]) {
    let mut escaped = false;
    for byte in part {
        let breaks = *byte == b'\n' || *byte == b'\r';
        // A quote that is escaped belongs to the value, and so does the backslash before it.
        let escapes = *byte == b'\\' && !escaped;
        if !breaks && (escaped || escapes || !byte.is_ascii() || byte.is_ascii_alphanumeric() || *byte == b'\\') {
            *byte = b'x';
        }
        escaped = escapes;
    }
}

/// The values of Kubernetes Secrets anywhere below a node: lists of objects hold them too.
fn secrets(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            let is_secret = node.get("kind").and_then(Node::as_str) == Some("Secret");
            for entry in entries {
                if is_secret && matches!(&*entry.key, "data" | "stringData") {
                    texts(&entry.value, ranges);
                } else {
                    secrets(&entry.value, ranges);
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| secrets(item, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn texts(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| texts(&entry.value, ranges)),
        Value::List(items) => items.iter().for_each(|item| texts(item, ranges)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) => ranges.push(node.span.start as usize..node.span.end as usize),
    }
}

/// What stands between the lines of private keys in PEM (RFC 7468).
fn private_keys(bytes: &[u8]) -> Vec<Range<usize>> {
    const BEGIN: &[u8] = b"PRIVATE KEY-----";
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memmem::find(rest, BEGIN)) {
        let start = from + found + BEGIN.len();
        let rest = bytes.get(start..).unwrap_or_default();
        let length = memmem::find(rest, b"-----END").unwrap_or(rest.len());
        // The line of the end has the same words as that of the beginning.
        ranges.push(start..start + length);
        from = start + length;
        if let Some(end) = bytes.get(from..).and_then(|rest| memmem::find(rest, BEGIN)) {
            from += end + BEGIN.len();
        }
    }
    ranges
}

/// Long words of a text that nobody could parse.
fn long_words(bytes: &[u8]) -> Vec<Range<usize>> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    let mut ranges = Vec::new();
    let mut start = 0;
    for end in (0..bytes.len()).filter(|at| bytes.get(*at).is_none_or(|byte| !part(byte))).chain([bytes.len()]) {
        if end - start >= LONG {
            ranges.push(start..end);
        }
        start = end + 1;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &str) -> Option<String> {
        redacted(bytes.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn values_of_secrets_are_blanked_and_nothing_else() {
        let written = "kind: Role\nmetadata: {name: reader}\n---\nkind: Secret\nmetadata: {name: db}\nstringData:\n  \
                       password: \"hunter\\\"2 geheim\u{e4}\"\n  pem: |\n    line one\n    two: three\n  n: 42\ndata: {k: aHVudGVy}\n";
        let blanked = text(written).unwrap();
        assert!(blanked.starts_with("kind: Role\nmetadata: {name: reader}\n---\nkind: Secret\nmetadata: {name: db}\n"));
        for word in ["hunter", "geheim", "line", "three", "42", "aHVudGVy"] {
            assert!(!blanked.contains(word), "{word}: {blanked}");
        }
        assert_eq!(blanked.len(), written.len());
        assert_eq!(blanked.lines().count(), written.lines().count());
        let names = |text: &str| -> Vec<String> {
            let documents = parse(text.as_bytes()).unwrap();
            let secret = documents[1].get("stringData").unwrap().as_map().unwrap();
            secret.iter().map(|entry| entry.key.to_string()).collect()
        };
        assert_eq!(names(&blanked), names(written));
        assert_eq!(text("kind: Role\nmetadata: {name: Secret}\n"), None);
    }

    #[test]
    fn secrets_in_lists_of_objects_are_blanked() {
        let blanked = text(r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "c2VjcmV0"}}]}"#).unwrap();
        assert_eq!(blanked, r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "xxxxxxxx"}}]}"#);
    }

    #[test]
    fn private_keys_are_blanked_wherever_they_stand() {
        let key =
            |body: &str| format!("a\n-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\nb: visible\n");
        let twice = format!("{}{}", key("MIIEvQ=="), key("AbC/"));
        assert_eq!(text(&twice).unwrap(), format!("{}{}", key("xxxxxx=="), key("xxx/")));
    }

    #[test]
    fn a_file_that_does_not_parse_keeps_no_long_words() {
        let blanked = text("kind: Secret\nkind: Secret\ndata: {token: c2VjcmV0LXRva2Vu, short: abc}\n").unwrap();
        assert!(!blanked.contains("c2VjcmV0LXRva2Vu") && blanked.contains("short: abc"), "{blanked}");
    }
}
