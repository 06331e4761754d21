//! Secrets in a plan or a state of Terraform. Both have every value as it is, apart from marks that say which are secret.
//!
//! Blanked are what is marked, what a name says is secret, and every variable and output, of which none is read again.

use std::ops::Range;

use super::configuration::is_secret;
use super::{range, texts};
use crate::formats::terraform::plan;
use crate::syntax::{Node, Value};

/// A value beside its marks, and a lone value beside its mark (Terraform documentation, "JSON Output Format").
const MARKED: [(&str, &str); 4] = [
    ("values", "sensitive_values"),
    ("before", "before_sensitive"),
    ("after", "after_sensitive"),
    ("value", "sensitive"),
];

/// What has variables and outputs, whose values decide nothing.
const UNREAD: [&str; 3] = ["variables", "outputs", "output_changes"];

/// The secrets of a document, if it is a plan or a state.
pub(super) fn literals(document: &Node, ranges: &mut Vec<Range<usize>>) {
    if plan::FORMAT.recognise.data("", document) {
        of_node(document, ranges);
    }
}

/// The parser bounds the depth.
fn of_node(node: &Node, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            for (value, mark) in MARKED {
                if let (Some(value), Some(mark)) = (node.get(value), node.get(mark)) {
                    marked(value, mark, ranges);
                }
            }
            for entry in entries {
                match &entry.value.value {
                    Value::String(_) | Value::Number(_) if is_secret(&entry.key) => ranges.push(range(&entry.value)),
                    // An expression by its name: what it refers to is no secret.
                    Value::Map(_) if is_secret(&entry.key) => {
                        if let Some(value) = entry.value.get("constant_value") {
                            texts(value, ranges);
                        }
                        of_node(&entry.value, ranges);
                    }
                    Value::Map(inner) if UNREAD.contains(&&*entry.key) => {
                        for own in inner {
                            ["value", "default", "before", "after"]
                                .iter()
                                .filter_map(|key| own.value.get(key))
                                .for_each(|value| texts(value, ranges));
                        }
                        of_node(&entry.value, ranges);
                    }
                    _ => of_node(&entry.value, ranges),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| of_node(item, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What the marks, in the shape of the value, say is secret.
fn marked(value: &Node, mark: &Node, ranges: &mut Vec<Range<usize>>) {
    match &mark.value {
        Value::Bool(true) => texts(value, ranges),
        Value::Map(entries) => {
            for entry in entries {
                if let Some(inner) = value.get(&entry.key) {
                    marked(inner, &entry.value, ranges);
                }
            }
        }
        Value::List(items) => {
            for (inner, mark) in value.as_list().unwrap_or_default().iter().zip(items) {
                marked(inner, mark, ranges);
            }
        }
        _ => {}
    }
}
