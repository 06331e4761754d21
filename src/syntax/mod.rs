//! Text read into one tree that keeps positions.
//!
//! JSON, YAML and [`toml`] become a [`Node`]: a value with the byte range that wrote it. Formats, rules and records all
//! read this tree, so every message can point at the text. Three things that other readers let pass are errors
//! here, because each can hide a grant: a key that is written twice, an alias that expands without end, and nesting
//! without end. Exports of other programs are tables of rows, which no tree is made of: [`table`].

mod csv;
mod de;
pub mod hcl;
mod json;
mod position;
pub mod sql;
pub mod table;
pub mod toml;
mod yaml;

pub use csv::{CsvTable, RowEnd};
pub use de::{DecodeError, Spanned, decode, nearest};
pub use position::{LineIndex, Position};

use std::fmt;

/// Deepest nesting that is read. Real definitions stay below 30 levels.
pub const MAX_DEPTH: usize = 200;

/// Most nodes that aliases may add to one file before it counts as an expansion attack.
pub const MAX_ALIAS_NODES: usize = 500_000;

/// Largest file that is parsed, in bytes. The largest rendered manifests seen in public repositories are under 15 MB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`; offsets beyond 4 GiB are clamped (files that large are never parsed).
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes that wrote it (of an alias: the anchor's).
    pub span: Span,
    /// A YAML tag that is not of the core schema, such as `!Ref`.
    pub tag: Option<Box<str>>,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] holds. Plain YAML scalars resolve by the YAML 1.2 core schema, so `on` and `no` are text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(Box<str>),
    /// Text.
    String(Box<str>),
    /// A sequence or array.
    List(Vec<Node>),
    /// A mapping or object, in the order written, without duplicate keys.
    Map(Vec<Entry>),
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: Box<str>,
    /// The key's bytes.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// The bytes of key and value together.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key_span.to(self.value.span)
    }
}

impl Node {
    /// A node without a tag.
    #[must_use]
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, tag: None, value }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Any scalar but null as text: what a lenient reader (`name: 123`) would take.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            Value::Bool(true) => Some("true"),
            Value::Bool(false) => Some("false"),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether this is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The entry of a map with this key, with its key's position.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| &*entry.key == key)
    }

    /// The value of a map's key; null counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value).filter(|node| !node.is_null())
    }

    /// Follows keys from map to map.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// A list's items, or a lone value as a list of one: the "string or list" that IAM documents allow everywhere.
    #[must_use]
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// Where to point for the whole: of a map, its first key, since all of it would be too much to underline.
    #[must_use]
    pub fn head(&self) -> Span {
        self.as_map().and_then(<[_]>::first).map_or(self.span, |first| first.key_span)
    }

    /// What kind of value this is, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not the language.
    Malformed,
    /// A map names one key twice.
    DuplicateKey,
    /// Aliases expand to more than [`MAX_ALIAS_NODES`].
    AliasExpansion,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Longer than [`MAX_BYTES`].
    TooLarge,
    /// The bytes are not UTF-8.
    Encoding,
}

/// A text that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The bytes at fault.
    pub span: Span,
    /// What is wrong, lower case, one sentence.
    pub message: String,
    /// Which rule it breaks.
    pub kind: SyntaxErrorKind,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// The documents of a text: one for JSON, any number for YAML.
///
/// A text whose first character is `{` or `[` is tried as JSON first, whatever its name, and as YAML when that fails
/// (a YAML flow mapping may start the same way). A leading byte-order mark is skipped.
///
/// # Errors
/// [`SyntaxError`] with the position; nothing of a broken file is returned.
pub fn parse(bytes: &[u8]) -> Result<Vec<Node>, SyntaxError> {
    if bytes.len() > MAX_BYTES {
        return Err(too_large(bytes.len()));
    }
    let text = utf8(bytes)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    if body.trim_start().starts_with(['{', '[']) {
        match json::parse(body, offset) {
            Ok(node) => return Ok(vec![node]),
            // A rule of ours was broken, so it is JSON: YAML would only repeat the complaint less clearly.
            Err(error) if error.kind != SyntaxErrorKind::Malformed => return Err(error),
            Err(error) => {
                return yaml::parse(body, offset).map_err(|yaml_error| {
                    if yaml_error.kind == SyntaxErrorKind::Malformed { error } else { yaml_error }
                });
            }
        }
    }
    yaml::parse(body, offset)
}

fn too_large(length: usize) -> SyntaxError {
    SyntaxError {
        span: Span::default(),
        message: format!(
            "the file has {} MB; files over {} MB are not read",
            length / 1_048_576,
            MAX_BYTES / 1_048_576
        ),
        kind: SyntaxErrorKind::TooLarge,
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, SyntaxError> {
    std::str::from_utf8(bytes).map_err(|error| SyntaxError {
        span: Span::new(error.valid_up_to(), error.valid_up_to() + 1),
        message: "the file is not UTF-8 text".to_owned(),
        kind: SyntaxErrorKind::Encoding,
    })
}

/// Checks a finished map for a key written twice.
fn duplicate_key(entries: &[Entry]) -> Option<&Entry> {
    if entries.len() <= 8 {
        return (1..entries.len())
            .find(|&i| entries[..i].iter().any(|earlier| earlier.key == entries[i].key))
            .map(|i| &entries[i]);
    }
    let mut seen = std::collections::HashSet::with_capacity(entries.len());
    entries.iter().find(|entry| !seen.insert(&*entry.key))
}

fn duplicate_key_error(entry: &Entry) -> SyntaxError {
    SyntaxError {
        span: entry.key_span,
        message: format!("the key `{}` is written twice; readers disagree on which one counts", entry.key),
        kind: SyntaxErrorKind::DuplicateKey,
    }
}

#[cfg(test)]
mod tests;
