//! Blanks secret values in files before they are kept.
//!
//! Evidence is kept for years and read by many, so a password that stands beside a definition must not enter it. The
//! values of Kubernetes Secrets, literal secrets of configurations and templates, and private keys in PEM are replaced
//! letter by letter, also where they are wrapped in base64 or in another document; of a file that cannot be parsed nothing
//! is left but what gives it its shape. The file is read as before, and the manifest keeps the digest of the file as it
//! was.

mod configuration;
mod encoded;
mod identity;
mod plan;
mod sql;
mod structure;
mod template;

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;

use crate::formats::secret_variables;
use crate::syntax::{Node, Value, parse};

use encoded::{Wide, hides_a_secret, holds_a_secret, wrapped};
use structure::outside_structure;

/// Who reads a file again when it is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadBy {
    /// The parsers of `syntax` alone: what they refuse, nobody reads any further.
    Syntax,
    /// A reader of its own, as of code owners or keys, which needs more of the text.
    ItsOwn,
    /// The reader of tables, which needs every row, in whatever encoding.
    Rows,
    /// A configuration in HCL, or what one reads besides: templates and plain text among that, of which every character
    /// may count.
    Configuration,
    /// The reader of SQL, which needs what speaks of access.
    Script,
}

/// Fewer characters in one word are no secret of their own in a text that nobody could parse.
const LONG: usize = 16;

/// Words without which no parsed text has a Secret: its kind, or what may spell it otherwise.
const HINTS: &[&[u8]] =
    &[b"Secret", b"secretGenerator", b"stringData", b"!!binary", b"2002:binary", b"\\u", b"\\x", b"\\U"];

/// Words without which no parsed text is an export of an identity provider.
const EXPORTS: [&[u8]; 2] = [b"\"realm\"", b"\"login\""];

/// How often a file is blanked at most. Blanking may make a text that was parsed one that cannot be, of which less is kept.
const PASSES: usize = 4;

/// The file without its secrets; `None` when it has none. `found` is where the search for secrets found some: of a text
/// in UTF-16, in what it is in UTF-8.
pub(super) fn redacted(bytes: &[u8], read_by: ReadBy, found: &[Range<usize>]) -> Option<Vec<u8>> {
    let mut blanked = without(bytes, found);
    for _ in 0..PASSES {
        match once(blanked.as_deref().unwrap_or(bytes), read_by) {
            Some(further) => blanked = Some(further),
            None => break,
        }
    }
    blanked
}

/// The file without what stands in some places.
fn without(bytes: &[u8], found: &[Range<usize>]) -> Option<Vec<u8>> {
    if found.is_empty() {
        return None;
    }
    match Wide::decode(bytes) {
        Some(wide) => changed(bytes, wide.encode(&blanked(wide.text.as_bytes(), found))),
        None => changed(bytes, blanked(bytes, found)),
    }
}

fn once(bytes: &[u8], read_by: ReadBy) -> Option<Vec<u8>> {
    if read_by == ReadBy::Rows {
        return changed(bytes, blanked(bytes, &private_keys(bytes)));
    }
    if read_by == ReadBy::Script {
        return changed(bytes, blanked(bytes, &sql::outside_access(bytes)));
    }
    if let Some(wide) = Wide::decode(bytes) {
        // Nothing here reads it, so that only what it looks like matters.
        let ranges = outside_structure(wide.text.as_bytes());
        return changed(bytes, wide.encode(&blanked(wide.text.as_bytes(), &ranges)));
    }
    let mut ranges = private_keys(bytes);
    let wrapped = wrapped(bytes);
    let hinted = !wrapped.is_empty()
        || HINTS.iter().any(|hint| memmem::find(bytes, hint).is_some())
        || secret_variables().any(|name| memmem::find(bytes, name.as_bytes()).is_some());
    ranges.extend(wrapped);
    if read_by == ReadBy::Configuration {
        ranges.extend(configuration::literals(bytes));
    }
    if hinted || read_by == ReadBy::Syntax {
        match parse(bytes) {
            Ok(documents) => ranges.extend(of_documents(bytes, &documents)),
            Err(_) if read_by == ReadBy::Syntax => ranges.extend(outside_structure(bytes)),
            Err(_) if read_by == ReadBy::Configuration => {}
            Err(_) => ranges.extend(long_words(bytes)),
        }
    }
    changed(bytes, blanked(bytes, &ranges))
}

/// A file as it may be shown to whoever reads what a check prints, line for line and byte for byte where it was. A
/// definition that cannot be parsed is shown whole unless it speaks of Secrets, or may be an export of an identity
/// provider; of a script in SQL, what speaks of access is shown. `found` is where the search for secrets found some.
#[must_use]
pub fn shown(path: &str, bytes: &Arc<[u8]>, found: &[Range<usize>]) -> Arc<[u8]> {
    let data = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
    let hinted = || {
        HINTS.iter().chain(&EXPORTS).any(|hint| memmem::find(bytes, hint).is_some())
            || secret_variables().any(|name| memmem::find(bytes, name.as_bytes()).is_some())
    };
    let blanked = if path.ends_with(".sql") {
        redacted(bytes, ReadBy::Script, found)
    } else if data && (hinted() || Wide::decode(bytes).is_some()) {
        redacted(bytes, ReadBy::Syntax, found)
    } else {
        let first = without(bytes, found);
        let own = first.as_deref().unwrap_or(bytes);
        changed(own, blanked(own, &private_keys(own))).or(first)
    };
    blanked.map_or_else(|| bytes.clone(), Arc::from)
}

fn changed(bytes: &[u8], blanked: Vec<u8>) -> Option<Vec<u8>> {
    (blanked != bytes).then_some(blanked)
}

/// The bytes, with what stands in some places blanked.
fn blanked(bytes: &[u8], ranges: &[Range<usize>]) -> Vec<u8> {
    let mut blanked = bytes.to_vec();
    for range in ranges {
        let end = range.end.min(bytes.len());
        if let Some(part) = blanked.get_mut(range.start.min(end)..end) {
            blank(part);
        }
    }
    keep_the_encoding(bytes, &mut blanked);
    blanked
}

/// What is no UTF-8 stays none, at the same place: it is refused for that.
fn keep_the_encoding(bytes: &[u8], blanked: &mut [u8]) {
    let Err(error) = std::str::from_utf8(bytes) else { return };
    let at = error.valid_up_to();
    if let (Some(place), Some(byte)) = (blanked.get_mut(at), bytes.get(at)) {
        *place = *byte;
    }
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

/// The secrets of a text that was parsed, and what stands in its comments when it has any: an old value often does.
fn of_documents(bytes: &[u8], documents: &[Node]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    documents.iter().for_each(|document| secrets(document, false, &mut ranges));
    documents.iter().for_each(|document| template::literals(document, &mut ranges));
    documents.iter().for_each(|document| plan::literals(document, &mut ranges));
    documents.iter().for_each(|document| identity::literals(document, &mut ranges));
    documents.iter().for_each(|document| variables(document, &mut ranges));
    let found = !ranges.is_empty();
    documents.iter().for_each(|document| wrapping(document, &mut ranges));
    if found {
        let mut written = Vec::new();
        documents.iter().for_each(|document| scalars(document, &mut written));
        ranges.extend(comments(bytes, written));
    }
    ranges
}

fn range(node: &Node) -> Range<usize> {
    node.span.start as usize..node.span.end as usize
}

/// The values of Kubernetes Secrets anywhere below a node: lists of objects hold them too, and those of a `SecretList`
/// need not say what they are. A value that is an alias is blanked where its anchor stands.
fn secrets(node: &Node, listed: bool, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            let kind = node.get("kind").and_then(Node::as_str);
            let is_secret = kind == Some("Secret") || listed && kind.is_none();
            for entry in entries {
                if is_secret && matches!(&*entry.key, "data" | "stringData") {
                    texts(&entry.value, ranges);
                } else if &*entry.key == "secretGenerator" {
                    // What a kustomization makes Secrets of.
                    let made = entry.value.as_list().unwrap_or_default();
                    made.iter().filter_map(|own| own.get("literals")).for_each(|own| texts(own, ranges));
                } else {
                    secrets(&entry.value, kind == Some("SecretList") && &*entry.key == "items", ranges);
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| secrets(item, listed, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Values of variables that hold credentials, as pipelines write them. What refers to something stays: it is no secret.
fn variables(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let is_secret = secret_variables().any(|name| *name == *entry.key);
                match entry.value.as_text() {
                    Some(text) if is_secret && !text.contains('$') => ranges.push(range(&entry.value)),
                    _ => variables(&entry.value, ranges),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| variables(item, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn texts(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| texts(&entry.value, ranges)),
        Value::List(items) => items.iter().for_each(|item| texts(item, ranges)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) => ranges.push(range(node)),
    }
}

/// Texts that hold a whole document with a secret, as the annotation in which kubectl keeps what it applied last.
fn wrapping(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| wrapping(&entry.value, ranges)),
        Value::List(items) => items.iter().for_each(|item| wrapping(item, ranges)),
        Value::String(text) if holds_a_secret(text) || hides_a_secret(text) => ranges.push(range(node)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Where scalars and keys are written.
fn scalars(node: &Node, written: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                written.push(entry.key_span.start as usize..entry.key_span.end as usize);
                scalars(&entry.value, written);
            }
        }
        Value::List(items) => items.iter().for_each(|item| scalars(item, written)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => written.push(range(node)),
    }
}

/// What stands behind a `#` between the scalars of a text.
fn comments(bytes: &[u8], mut written: Vec<Range<usize>>) -> Vec<Range<usize>> {
    written.sort_by_key(|range| (range.start, range.end));
    let mut ranges = Vec::new();
    let mut at = 0;
    let end = std::iter::once(bytes.len()..bytes.len());
    for next in written.into_iter().chain(end) {
        let mut from = at;
        while let Some(found) = bytes.get(from..next.start).and_then(|gap| memchr::memchr(b'#', gap)) {
            let start = from + found;
            let length = bytes.get(start..).and_then(|rest| memchr::memchr(b'\n', rest));
            from = length.map_or(bytes.len(), |length| start + length);
            ranges.push(start..from);
        }
        at = at.max(next.end);
    }
    ranges
}

/// What stands between the lines of private keys in PEM (RFC 7468) and of OpenPGP (RFC 9580, section 6.2).
fn private_keys(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for begin in [b"PRIVATE KEY-----".as_slice(), b"PRIVATE KEY BLOCK-----"] {
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(|rest| memmem::find(rest, begin)) {
            let start = from + found + begin.len();
            let rest = bytes.get(start..).unwrap_or_default();
            let length = memmem::find(rest, b"-----END").unwrap_or_else(|| cut_off(rest));
            // The line of the end has the same words as that of the beginning.
            ranges.push(start..start + length);
            from = start + length;
            if let Some(end) = bytes.get(from..).and_then(|rest| memmem::find(rest, begin)) {
                from += end + begin.len();
            }
        }
    }
    ranges
}

/// How far a key goes that has no end: to the quote that closes its text, or as long as lines are such as keys have. What
/// stands behind is read, and must be read again.
fn cut_off(rest: &[u8]) -> usize {
    let mut length = 0;
    for (number, line) in rest.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let quote = line.iter().position(|byte| matches!(byte, b'"' | b'\''));
        let own = line.trim_ascii();
        let of_a_key = own.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
            || [b"Proc-Type:".as_slice(), b"DEK-Info:"].iter().any(|header| own.starts_with(header));
        match quote {
            Some(at) if number == 0 => return at,
            _ if number == 0 || of_a_key => length += line.len(),
            _ => break,
        }
    }
    length
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
mod tests;
