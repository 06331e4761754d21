//! The intrinsic functions by name, and those that need no page of their own.

use std::sync::Arc;

use base64ct::{Base64, Encoding as _};

use super::evaluate::{Argument, Call, MAX_CANDIDATES, fails, one_of};
use super::network;
use super::repeat::bound;
use super::stacks::{Place, Stacks};
use crate::facts::Origin;
use crate::formats::configuration::value::{Kind, Unknown, Value, Why, number_text};
use crate::syntax::{Entry, Node};

impl<'t> Stacks<'t> {
    /// What a call gives.
    pub(super) fn call(&self, call: &Call<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let argument = call.argument;
        match call.name {
            "Ref" => match argument.text() {
                Some(name) => self.reference(&bound(name, place), place, origin),
                None => fails("`Ref` names a parameter or a resource", origin),
            },
            "GetAtt" => self.get_attribute(argument, place, origin),
            "Sub" => self.substitute(argument, place, origin),
            "Join" => self.join(argument, place, origin),
            "Split" => self.split(argument, place, origin),
            "If" => self.choose(argument, place, origin),
            "FindInMap" => self.find_in_map(argument, place, origin),
            "Select" => self.select(argument, place, origin),
            "ImportValue" => {
                let name = self.argument(argument, place);
                self.import(&name, origin)
            }
            "Base64" => {
                let text = self.argument(argument, place);
                match (text.as_text(), text.first_unknown()) {
                    (Some(text), _) => Value::text(Base64::encode_string(text.as_bytes()), origin),
                    (None, Some(unknown)) => Value::new(Kind::Unknown(unknown.bare()), origin),
                    (None, None) => fails(format!("`Fn::Base64` encodes text, not {}", text.kind_name()), origin),
                }
            }
            "Cidr" => self.cidr(argument, place, origin),
            "Length" => {
                let list = self.argument(argument, place);
                match (&list.kind, list.first_unknown()) {
                    (Kind::List(items), _) if items.rest.is_none() => {
                        Value::text(items.known.len().to_string(), origin)
                    }
                    (_, Some(unknown)) => Value::new(Kind::Unknown(unknown.bare()), origin),
                    _ => fails(format!("`Fn::Length` counts a list, not {}", list.kind_name()), origin),
                }
            }
            "ToJsonString" => self.json(argument, place, origin),
            "Transform" => {
                let name = argument.node.get("Name").and_then(Node::as_str).unwrap_or("Fn::Transform");
                Value::unknown(Why::Macro { name: name.into() }, origin)
            }
            "GetAZs" => Value::unknown(Why::Run { name: "Fn::GetAZs".into() }, origin),
            "And" | "Or" | "Not" | "Equals" | "Condition" => {
                fails(format!("`{}` stands only in conditions", call.name), origin)
            }
            other => Value::unknown(Why::Function { name: other.into() }, origin),
        }
    }

    /// `Fn::Select`: a member of a list by its place, counted from zero.
    fn select(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let Some([at, list]) = argument.items() else { return fails("`Fn::Select` has a place and a list", origin) };
        let at = self.value(at, place);
        let at = match (at.as_text().and_then(|at| at.parse::<usize>().ok()), at.first_unknown()) {
            (Some(at), _) => at,
            (None, Some(unknown)) => return Value::new(Kind::Unknown(unknown.bare()), origin),
            (None, None) => return fails("the place of `Fn::Select` is a whole number", origin),
        };
        // Of a list that is written out, the one member: others may be unknown.
        if let Some(items) = list.as_list().filter(|_| list.tag.is_none()) {
            return match items.get(at) {
                Some(item) => self.value(item, place),
                None => fails(format!("the list has no member {at}"), origin),
            };
        }
        let list = self.value(list, place);
        match (&list.kind, list.as_unknown()) {
            (Kind::List(items), _) => match (items.known.get(at), &items.rest) {
                (Some(member), _) => member.clone(),
                (None, Some(rest)) => Value::new(Kind::Unknown(rest.bare()), origin),
                (None, None) => fails(format!("the list has no member {at}"), origin),
            },
            (_, Some(unknown)) => Value::new(Kind::Unknown(unknown.bare()), origin),
            _ => fails(format!("`Fn::Select` takes from a list, not {}", list.kind_name()), origin),
        }
    }

    /// `Fn::FindInMap`. A key that is not known leaves every value that any key has.
    fn find_in_map(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let (name, top, second, default) = match argument.items() {
            Some([name, top, second]) => (name, top, second, None),
            Some([name, top, second, default]) => (name, top, second, default.get("DefaultValue")),
            _ => return fails("`Fn::FindInMap` has a map and two keys", origin),
        };
        let keys = [name, top, second].map(|node| self.value(node, place));
        let mappings = self.stack(place).map(|stack| stack.template.section("Mappings")).unwrap_or_default();
        let mut open: Option<Arc<Unknown>> = None;
        let mut level: Vec<&'t [Entry]> = vec![mappings];
        let mut leaves: Vec<&'t Node> = Vec::new();
        for (depth, key) in keys.iter().enumerate() {
            let names: Option<Vec<String>> =
                key.candidates().iter().map(|own| own.as_text().map(std::borrow::Cow::into_owned)).collect();
            if names.is_none() || key.as_unknown().is_some() {
                open = open.or_else(|| key.first_unknown().cloned());
            }
            if names.is_none() && key.first_unknown().is_none() {
                return fails("the keys of `Fn::FindInMap` are texts", origin);
            }
            let wanted =
                |entry: &&Entry| names.as_ref().is_none_or(|names| names.iter().any(|own| **own == *entry.key));
            let found = level.iter().flat_map(|entries| entries.iter().filter(wanted)).map(|entry| &entry.value);
            if depth == 2 {
                leaves = found.collect();
            } else {
                level = found.filter_map(Node::as_map).collect();
            }
        }
        let mut values: Vec<Value> = Vec::new();
        for leaf in leaves {
            let value = self.value(leaf, place);
            if !values.iter().any(|own| own.kind == value.kind) {
                values.push(value);
            }
            if values.len() > MAX_CANDIDATES {
                break;
            }
        }
        match (open, default) {
            (None, _) if !values.is_empty() => values.swap_remove(0),
            (None, Some(default)) => self.value(default, place),
            (None, None) => fails("the mappings have no such keys", origin),
            (Some(unknown), default) => {
                values.extend(default.map(|default| self.value(default, place)));
                one_of(unknown.why.clone(), values, origin)
            }
        }
    }

    /// `Fn::Cidr`: ranges of a block.
    fn cidr(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let items = argument.items().unwrap_or_default();
        let values: Vec<Value> = items.iter().map(|item| self.value(item, place)).collect();
        if let Some(unknown) = values.iter().find_map(Value::first_unknown) {
            return Value::new(Kind::Unknown(unknown.bare()), origin);
        }
        let texts: Option<Vec<_>> = values.iter().map(Value::as_text).collect();
        let blocks = texts.ok_or_else(|| "`Fn::Cidr` has a block, a count and a number of bits".to_owned());
        match blocks.and_then(|texts| network::blocks(&texts.iter().map(|own| &**own).collect::<Vec<_>>())) {
            Ok(blocks) => Value::list(blocks.into_iter().map(|block| Value::text(block, origin)).collect(), origin),
            Err(reason) => fails(reason, origin),
        }
    }

    /// `Fn::ToJsonString`. What the text encodes is kept beside it.
    fn json(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let value = self.argument(argument, place);
        if let Some(unknown) = value.as_unknown() {
            return Value::new(Kind::Unknown(unknown.bare()), origin);
        }
        let text = match (plain(&value), value.first_unknown()) {
            (Some(json), _) => Value::text(json.to_string(), origin),
            (None, Some(unknown)) => Value::new(Kind::Unknown(unknown.bare()), origin),
            (None, None) => return fails("this has no form in JSON", origin),
        };
        Value { encodes: Some(Arc::new(value)), ..text }
    }
}

/// A value that is known in full, as JSON. The evaluation bounds the depth.
fn plain(value: &Value) -> Option<serde_json::Value> {
    Some(match &value.kind {
        Kind::Null => serde_json::Value::Null,
        Kind::Bool(flag) => (*flag).into(),
        Kind::Number(number) => number_text(*number).into(),
        Kind::Text(written) => (*written.text).into(),
        Kind::Template(_) | Kind::Unknown(_) => return None,
        Kind::List(items) | Kind::Set(items) => {
            if items.rest.is_some() {
                return None;
            }
            items.known.iter().map(plain).collect::<Option<Vec<_>>>()?.into()
        }
        Kind::Map(members) => {
            if members.rest.is_some() {
                return None;
            }
            let known = members.known.iter().filter(|(_, own)| !own.value.is_null());
            let entries = known.map(|(key, own)| Some((key.to_string(), plain(&own.value)?)));
            serde_json::Value::Object(entries.collect::<Option<serde_json::Map<_, _>>>()?)
        }
    })
}
