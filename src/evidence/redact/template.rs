//! Secrets that stand as literals in a template of CloudFormation: the values of properties whose names say so, and the
//! defaults of parameters that are secret.

use std::ops::Range;

use super::{range, texts};
use crate::formats::cloudformation;
use crate::syntax::{Node, Value};

/// How the names of properties and parameters end that hold a secret.
const ENDINGS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secretstring",
    "secretkey",
    "secretaccesskey",
    "privatekey",
    "apikey",
    "token",
];

/// The literal secrets of a document, if it is a template.
pub(super) fn literals(document: &Node, ranges: &mut Vec<Range<usize>>) {
    if !cloudformation::FORMAT.recognise.data("", document) {
        return;
    }
    of_node(document, ranges);
    for entry in document.get("Parameters").and_then(Node::as_map).unwrap_or_default() {
        let hidden =
            entry.value.get("NoEcho").and_then(Node::as_text).is_some_and(|own| own.eq_ignore_ascii_case("true"));
        if let Some(default) = entry.value.get("Default").filter(|_| hidden || is_secret(&entry.key)) {
            texts(default, ranges);
        }
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The parser bounds the depth.
fn of_node(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                match &entry.value.value {
                    // With a tag it refers to something, and is no secret itself.
                    Value::String(_) | Value::Number(_) if is_secret(&entry.key) && entry.value.tag.is_none() => {
                        ranges.push(range(&entry.value));
                    }
                    _ => of_node(&entry.value, ranges),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| of_node(item, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
