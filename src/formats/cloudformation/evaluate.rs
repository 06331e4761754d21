//! Values of a template: literals, and calls of intrinsic functions in both forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::repeat::bound;
use super::stacks::{Place, Stacks};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Kind, Member, Members, Unknown, Value, Why};
use crate::syntax::{Entry, Node, Value as Data};

/// A call of an intrinsic function: its name without `Fn::`, and what it is given.
pub(super) struct Call<'t> {
    pub(super) name: &'t str,
    pub(super) argument: Argument<'t>,
}

/// What a function is given. In the short form the node carries the function's own tag.
#[derive(Clone, Copy)]
pub(super) struct Argument<'t> {
    pub(super) node: &'t Node,
    tagged: bool,
}

impl<'t> Argument<'t> {
    /// The items of a list that is written out.
    pub(super) fn items(&self) -> Option<&'t [Node]> {
        self.node.as_list().filter(|_| self.tagged || self.node.tag.is_none())
    }

    /// The text, if it is written out.
    pub(super) fn text(&self) -> Option<&'t str> {
        self.node.as_str().filter(|_| self.tagged || self.node.tag.is_none())
    }
}

/// The call that a node is, if it is one (CloudFormation user guide, "Intrinsic function reference").
pub(super) fn call(node: &Node) -> Option<Call<'_>> {
    if let Some(tag) = &node.tag {
        let name = tag.strip_prefix('!').unwrap_or(tag);
        return Some(Call { name, argument: Argument { node, tagged: true } });
    }
    match node.as_map()? {
        [Entry { key, value, .. }] => {
            let name = if &**key == "Ref" { "Ref" } else { key.strip_prefix("Fn::")? };
            (!name.starts_with("ForEach")).then_some(Call { name, argument: Argument { node: value, tagged: false } })
        }
        _ => None,
    }
}

impl<'t> Stacks<'t> {
    /// What a node says.
    pub(super) fn value(&self, node: &'t Node, place: &Place<'t>) -> Value {
        let origin = self.at(place, node.span);
        self.deeper(origin, || match call(node) {
            Some(call) => self.call(&call, place, origin),
            None => self.literal(node, place, origin),
        })
        .unwrap_or_else(|limit| Value::new(Kind::Unknown(limit), origin))
    }

    /// What an argument says.
    pub(super) fn argument(&self, argument: Argument<'t>, place: &Place<'t>) -> Value {
        if !argument.tagged {
            return self.value(argument.node, place);
        }
        let origin = self.at(place, argument.node.span);
        self.deeper(origin, || self.literal(argument.node, place, origin))
            .unwrap_or_else(|limit| Value::new(Kind::Unknown(limit), origin))
    }

    fn literal(&self, node: &'t Node, place: &Place<'t>, origin: Origin) -> Value {
        match &node.value {
            Data::Null => Value::null(origin),
            Data::Bool(flag) => Value::bool(*flag, origin),
            // Properties are texts to CloudFormation, and an account number may start with a zero.
            Data::Number(number) => Value::text(&**number, origin),
            Data::String(text) if place.loops.is_some() => {
                self.charge(text.len() / 64);
                Value::text(bound(text, place), origin)
            }
            Data::String(text) => Value::text(&**text, origin),
            Data::List(items) => list(items.iter().map(|item| self.value(item, place)).collect(), origin),
            Data::Map(entries) => self.map(entries, place, origin),
        }
    }

    fn map(&self, entries: &'t [Entry], place: &Place<'t>, origin: Origin) -> Value {
        let mut known: BTreeMap<Text, Member> = BTreeMap::new();
        let mut rest = None;
        for (key, span, node, place) in self.expand(entries, place) {
            if &*key == "Fn::Transform" {
                let name = node.get("Name").and_then(Node::as_str).unwrap_or("Fn::Transform");
                let why = Why::Macro { name: name.into() };
                rest = Some(Arc::new(Unknown { why, origin: self.at(&place, span), candidates: Vec::new() }));
                continue;
            }
            let member = Member { key_origin: self.at(&place, span), value: self.value(node, &place) };
            known.insert(key, member);
        }
        Value::new(Kind::Map(Members { known: Arc::new(known), rest }), origin)
    }
}

/// A list without what is `AWS::NoValue`. If some members are one of several values, the list is one of two: what it
/// holds for certain, and that with all that it may hold.
pub(super) fn list(items: Vec<Value>, origin: Origin) -> Value {
    let mut certain = Vec::with_capacity(items.len());
    let mut possible = Vec::with_capacity(items.len());
    let mut why: Option<Arc<Unknown>> = None;
    for item in items {
        match item.as_unknown().filter(|unknown| !unknown.candidates.is_empty()) {
            Some(unknown) => {
                possible.extend(unknown.candidates.iter().filter(|own| !own.is_null()).cloned());
                why.get_or_insert_with(|| unknown.bare());
            }
            None if item.is_null() => {}
            None => {
                certain.push(item.clone());
                possible.push(item);
            }
        }
    }
    let Some(why) = why else { return Value::list(certain, origin) };
    one_of(why.why.clone(), vec![Value::list(certain, origin), Value::list(possible, origin)], origin)
}

/// A value that is one of several.
pub(super) fn one_of(why: Why, values: Vec<Value>, origin: Origin) -> Value {
    let mut candidates: Vec<Value> = Vec::with_capacity(values.len());
    for value in values {
        match value.as_unknown() {
            Some(unknown) if unknown.candidates.is_empty() => return value,
            Some(unknown) => candidates.extend(unknown.candidates.iter().cloned()),
            None => candidates.push(value),
        }
        if candidates.len() > MAX_CANDIDATES {
            return Value::unknown(why, origin);
        }
    }
    Value::new(Kind::Unknown(Arc::new(Unknown { why, origin, candidates })), origin)
}

/// Most values that one value can be.
pub(super) const MAX_CANDIDATES: usize = 64;

/// A call that cannot succeed.
pub(super) fn fails(reason: impl Into<Text>, origin: Origin) -> Value {
    Value::unknown(Why::Fails { reason: reason.into() }, origin)
}
