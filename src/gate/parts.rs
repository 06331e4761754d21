//! What makes a part of a file that could not be evaluated the same part elsewhere.
//!
//! It is known by what the smallest mapping around it says, in whatever layout and order: a move, another indentation
//! or JSON instead of YAML changes nothing, and a second part that is broken in the same way is another one.

use std::collections::HashMap;

use crate::access::Place;
use crate::facts::{Gap, Text};
use crate::source::Tree;
use crate::store::Digest;
use crate::syntax::{Node, Span, Value, parse};

/// The parts of one tree's files; each file is parsed once.
pub(super) struct Parts<'a> {
    tree: &'a Tree,
    parsed: HashMap<Text, Vec<Node>>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(tree: &'a Tree) -> Self {
        Self { tree, parsed: HashMap::new() }
    }

    /// The identity of the part at a place.
    pub(super) fn identity(&mut self, place: &Place, gap: Gap) -> String {
        let bytes = self.tree.get(&place.file).and_then(|file| file.bytes());
        let documents = self
            .parsed
            .entry(place.file.clone())
            .or_insert_with(|| bytes.and_then(|bytes| parse(bytes).ok()).unwrap_or_default());
        let around = documents.iter().find_map(|document| smallest_map(document, place.span));
        let content = around.map(content).or_else(|| {
            let written = bytes?.get(place.span.start as usize..place.span.end as usize)?;
            Some(Digest::of(written))
        });
        match content {
            Some(content) => Digest::of(format!("{gap:?} {content}").as_bytes()).to_string(),
            None => place.file.to_string(),
        }
    }
}

/// The smallest mapping that holds a range of bytes.
fn smallest_map(node: &Node, span: Span) -> Option<&Node> {
    if !(node.span.start <= span.start && span.end <= node.span.end) {
        return None;
    }
    match &node.value {
        Value::Map(entries) => Some(entries.iter().find_map(|entry| smallest_map(&entry.value, span)).unwrap_or(node)),
        Value::List(items) => items.iter().find_map(|item| smallest_map(item, span)),
        _ => None,
    }
}

fn is_secret(node: &Node) -> bool {
    node.get("kind").and_then(Node::as_str) == Some("Secret")
}

/// The digest of what a node says; the order of keys and items does not count.
fn content(node: &Node) -> Digest {
    let mut lines = match &node.value {
        Value::Null => vec!["null".to_owned()],
        Value::Bool(value) => vec![format!("bool {value}")],
        Value::Number(written) => vec![format!("number {written}")],
        Value::String(text) => vec![format!("text {text}")],
        Value::List(items) => items.iter().map(|item| format!("item {}", content(item))).collect(),
        // What a Secret holds does not tell it from another: evidence keeps it without.
        Value::Map(entries) => entries
            .iter()
            .filter(|entry| !(is_secret(node) && matches!(&*entry.key, "data" | "stringData")))
            .map(|entry| format!("{} {}", Digest::of(entry.key.as_bytes()), content(&entry.value)))
            .collect(),
    };
    lines.sort_unstable();
    let kind = match &node.value {
        Value::List(_) => "list",
        Value::Map(_) => "map",
        _ => "scalar",
    };
    let tag = node.tag.as_deref().unwrap_or_default();
    Digest::of(format!("{kind} {tag}\n{}", lines.join("\n")).as_bytes())
}
