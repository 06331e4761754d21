//! The values of a plan. What it does not know, or calls secret, is unknown where it stands.

use std::collections::BTreeMap;

use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Member, Reference, Value, Why};
use crate::syntax::{Node, Value as Data};

/// What a plan says of one attribute.
pub(super) struct Attribute<'n> {
    pub(super) node: Option<&'n Node>,
    pub(super) unknown: Option<&'n Node>,
    pub(super) sensitive: Option<&'n Node>,
}

/// Whether a mark, or one inside it, is set.
fn is_marked(mark: Option<&Node>) -> bool {
    match mark.map(|node| &node.value) {
        Some(Data::Bool(flag)) => *flag,
        Some(Data::List(items)) => items.iter().any(|item| is_marked(Some(item))),
        Some(Data::Map(entries)) => entries.iter().any(|entry| is_marked(Some(&entry.value))),
        _ => false,
    }
}

fn is_whole(mark: Option<&Node>) -> bool {
    mark.and_then(Node::as_bool) == Some(true)
}

impl<'n> Attribute<'n> {
    /// Whether all of it is known.
    pub(super) fn is_known(&self) -> bool {
        !is_marked(self.unknown) && !is_marked(self.sensitive)
    }

    /// The value, with the attribute as what each unknown part refers to. The reader bounds the depth.
    pub(super) fn value(&self, own: &Reference, origin: Origin) -> Value {
        if is_whole(self.unknown) {
            return Value::unknown(Why::AfterApply(own.clone()), origin);
        }
        if is_whole(self.sensitive) {
            return Value::unknown(Why::Sensitive(own.clone()), origin);
        }
        match self.node.map(|node| &node.value) {
            None | Some(Data::Null) => Value::null(origin),
            Some(Data::Bool(flag)) => Value::bool(*flag, origin),
            Some(Data::Number(text)) => match text.parse::<f64>() {
                Ok(number) => Value::number(number, origin),
                Err(_) => Value::text(&**text, origin),
            },
            Some(Data::String(text)) => Value::text(&**text, origin),
            Some(Data::List(items)) => {
                let inner = |at: usize| format!("{}[{at}]", own.attribute);
                let item = |at: usize, node| self.part(node, |mark| mark.as_list()?.get(at), own, inner(at), origin);
                Value::list(items.iter().enumerate().map(|(at, node)| item(at, node)).collect(), origin)
            }
            Some(Data::Map(entries)) => {
                let mut members: BTreeMap<Text, Member> = BTreeMap::new();
                let mut add = |key: &str, node: Option<&Node>| {
                    let inner = format!("{}.{key}", own.attribute);
                    let part = Attribute {
                        node,
                        unknown: self.unknown.and_then(|mark| mark.get(key)),
                        sensitive: self.sensitive.and_then(|mark| mark.get(key)),
                    };
                    let value = part.value(&Reference { attribute: inner.into(), ..own.clone() }, origin);
                    members.insert(key.into(), Member { key_origin: origin, value });
                };
                entries.iter().for_each(|entry| add(&entry.key, Some(&entry.value)));
                // What is not known has no entry of its own.
                for entry in self.unknown.and_then(Node::as_map).unwrap_or_default() {
                    if !entries.iter().any(|own| own.key == entry.key) && is_marked(Some(&entry.value)) {
                        add(&entry.key, None);
                    }
                }
                Value::map(members, origin)
            }
        }
    }

    fn part(
        &self,
        node: &Node,
        mark: impl Fn(&Node) -> Option<&Node>,
        own: &Reference,
        inner: String,
        origin: Origin,
    ) -> Value {
        let part = Attribute {
            node: Some(node),
            unknown: self.unknown.filter(|own| !is_whole(Some(own))).and_then(&mark),
            sensitive: self.sensitive.filter(|own| !is_whole(Some(own))).and_then(&mark),
        };
        part.value(&Reference { attribute: inner.into(), ..own.clone() }, origin)
    }
}

/// Whether a value of the files says what a node of a plan says: the same, or the same document in another text.
pub(super) fn agrees(value: &Value, node: &Node) -> bool {
    match &node.value {
        Data::String(text) => value.as_text().is_some_and(|own| *own == **text || same_document(&own, text)),
        Data::Bool(flag) => value.as_bool() == Some(*flag),
        Data::Null => value.is_null(),
        Data::Number(text) => value.as_number().is_some_and(|own| text.parse::<f64>() == Ok(own)),
        Data::List(items) => {
            value.as_unknown().is_none()
                && value.rest().is_none()
                && value.as_items().is_some_and(|own| own.known.len() == items.len())
                && value.one_or_many().iter().zip(items).all(|(own, node)| agrees(own, node))
        }
        Data::Map(entries) => {
            value.rest().is_none()
                && value.as_map().is_some()
                && entries.iter().all(|entry| match value.get(&entry.key) {
                    Some(own) => agrees(own, &entry.value),
                    None => is_empty(&entry.value),
                })
        }
    }
}

/// What a block that does not set something has in a plan.
fn is_empty(node: &Node) -> bool {
    match &node.value {
        Data::Null => true,
        Data::List(items) => items.is_empty(),
        Data::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

fn same_document(one: &str, other: &str) -> bool {
    let document = |text: &str| {
        let is_object = text.trim_start().starts_with('{');
        is_object.then(|| serde_json::from_str::<serde_json::Value>(text).ok()).flatten()
    };
    document(one).is_some_and(|one| Some(one) == document(other))
}
