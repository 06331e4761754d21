//! Type constraints of variables: values are converted, and what is optional and not given gets its default (Terraform
//! documentation, "Type Constraints").

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::steps::one_of;
use super::unify::unified;
use super::{Evaluation, Evaluator, Failed, Place};
use crate::facts::Text;
use crate::formats::configuration::value::{Items, Kind, Member, Members, Unknown, Value};
use crate::syntax::hcl::{Call, Expression, ExpressionKind};

impl Evaluator<'_> {
    /// A value as a type constraint converts it. What cannot be converted stays as it is: Terraform refuses it, and what it
    /// says is judged all the same.
    pub(super) fn convert(&self, value: &Value, constraint: &Expression, place: Place<'_>) -> Evaluation {
        let origin = place.at(constraint.span);
        self.deeper(origin, || {
            if let Kind::Unknown(unknown) = &value.kind {
                if unknown.candidates.is_empty() {
                    return Ok(value.clone());
                }
                let own = unknown.candidates.iter().map(|own| self.convert(own, constraint, place));
                return Ok(one_of(unknown, own.collect::<Result<_, _>>()?, value.origin));
            }
            match &constraint.kind {
                ExpressionKind::Variable(name) => self.primitive(value, name),
                ExpressionKind::Call(call) => self.collection(value, call, place),
                _ => Ok(value.clone()),
            }
        })
    }

    fn primitive(&self, value: &Value, name: &str) -> Evaluation {
        Ok(match name {
            "string" => match (&value.kind, value.as_text()) {
                (Kind::Number(_) | Kind::Bool(_), Some(text)) => Value::text(&*text, value.origin),
                _ => value.clone(),
            },
            "number" => match (&value.kind, value.as_number()) {
                (Kind::Text(_), Some(number)) => Value::number(number, value.origin),
                _ => value.clone(),
            },
            "bool" => match (&value.kind, value.as_bool()) {
                (Kind::Text(_), Some(flag)) => Value::bool(flag, value.origin),
                _ => value.clone(),
            },
            "list" => to_list(value),
            "set" => self.to_set(value)?,
            _ => value.clone(),
        })
    }

    fn collection(&self, value: &Value, call: &Call, place: Place<'_>) -> Evaluation {
        if value.is_null() {
            return Ok(value.clone());
        }
        let Some(inner) = call.arguments.first() else { return Ok(value.clone()) };
        match (&*call.name, &inner.kind) {
            ("list" | "set", _) => {
                let list = to_list(value);
                let Kind::List(items) = &list.kind else { return Ok(value.clone()) };
                self.step(items.known.len(), value.origin)?;
                let known = items.known.iter().map(|own| self.convert(own, inner, place)).collect::<Result<_, _>>()?;
                let converted = Value {
                    kind: Kind::List(Items { known: Arc::new(known), rest: items.rest.as_ref().map(Unknown::bare) }),
                    ..value.clone()
                };
                if &*call.name == "set" { self.to_set(&converted) } else { Ok(converted) }
            }
            ("map", _) => {
                let Kind::Map(members) = &value.kind else { return Ok(value.clone()) };
                self.step(members.known.len(), value.origin)?;
                let mut known = BTreeMap::new();
                for (key, own) in &*members.known {
                    let value = self.convert(&own.value, inner, place)?;
                    known.insert(key.clone(), Member { key_origin: own.key_origin, value });
                }
                let members = Members { known: Arc::new(known), rest: members.rest.as_ref().map(Unknown::bare) };
                Ok(Value { kind: Kind::Map(members), ..value.clone() })
            }
            ("object", ExpressionKind::Object(attributes)) => self.to_object(value, attributes, place),
            ("tuple", ExpressionKind::List(types)) => {
                let Kind::List(items) = &value.kind else { return Ok(value.clone()) };
                let known = items.known.iter().enumerate().map(|(at, own)| match types.get(at) {
                    Some(constraint) => self.convert(own, constraint, place),
                    None => Ok(own.clone()),
                });
                let items = Items { known: Arc::new(known.collect::<Result<_, _>>()?), rest: items.rest.clone() };
                Ok(Value { kind: Kind::List(items), ..value.clone() })
            }
            ("optional", _) => self.convert(value, inner, place),
            _ => Ok(value.clone()),
        }
    }

    /// An object has the attributes that its type names, and no others.
    fn to_object(&self, value: &Value, attributes: &[(Expression, Expression)], place: Place<'_>) -> Evaluation {
        let Kind::Map(members) = &value.kind else { return Ok(value.clone()) };
        self.step(attributes.len(), value.origin)?;
        let mut known = BTreeMap::new();
        for (name, constraint) in attributes {
            let ExpressionKind::Text(name) = &name.kind else { continue };
            let (constraint, default) = match &constraint.kind {
                ExpressionKind::Call(call) if &*call.name == "optional" => {
                    (call.arguments.first().unwrap_or(constraint), call.arguments.get(1))
                }
                _ => (constraint, None),
            };
            let own = members.known.get(name);
            let given = own.map(|own| &own.value).filter(|own| default.is_none() || !own.is_null());
            let member = match (given, default, &members.rest) {
                (Some(given), ..) => self.convert(given, constraint, place)?,
                (None, _, Some(rest)) if own.is_none() => Value::new(Kind::Unknown(rest.bare()), value.origin),
                (None, Some(default), _) => {
                    let default = self.expression(default, place)?;
                    self.convert(&default, constraint, place)?
                }
                (None, None, _) => Value::null(value.origin),
            };
            let key_origin = own.map_or(value.origin, |own| own.key_origin);
            known.insert(name.clone(), Member { key_origin, value: member });
        }
        Ok(Value { kind: Kind::Map(Members { known: Arc::new(known), rest: None }), ..value.clone() })
    }

    /// A text that two values have in common when they are equal, wherever they are written. None where something in the
    /// value is not known.
    pub(super) fn identity(&self, value: &Value) -> Result<Option<String>, Failed> {
        if value.first_unknown().is_some() {
            return Ok(None);
        }
        Ok(self.json(value, value.origin)?.as_str().map(str::to_owned))
    }

    /// The members of a list as a set: sorted, each once. Members that are not known are never merged.
    pub(super) fn to_set(&self, value: &Value) -> Result<Value, Failed> {
        let (Kind::List(items) | Kind::Set(items)) = &value.kind else { return Ok(value.clone()) };
        self.step(items.known.len(), value.origin)?;
        let mut sorted: BTreeMap<Text, Value> = BTreeMap::new();
        let mut others: Vec<Value> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        for own in &unified(items.known.to_vec()) {
            match own.as_text() {
                Some(text) => _ = sorted.entry(Text::from(&*text)).or_insert_with(|| own.clone()),
                None => {
                    if self.identity(own)?.is_none_or(|identity| seen.insert(identity)) {
                        others.push(own.clone());
                    }
                }
            }
        }
        let mut known: Vec<Value> = sorted.into_values().chain(others).collect();
        let number = |value: &Value| if let Kind::Number(number) = value.kind { Some(number) } else { None };
        if known.iter().all(|own| number(own).is_some()) {
            known.sort_by(|a, b| number(a).unwrap_or_default().total_cmp(&number(b).unwrap_or_default()));
        }
        let items = Items { known: Arc::new(known), rest: items.rest.clone() };
        Ok(Value { kind: Kind::Set(items), ..value.clone() })
    }
}

/// A set or tuple as a list, whose members have one type.
pub(super) fn to_list(value: &Value) -> Value {
    match &value.kind {
        Kind::List(items) => {
            let items = Items { known: Arc::new(unified(items.known.to_vec())), rest: items.rest.clone() };
            Value { kind: Kind::List(items), ..value.clone() }
        }
        _ => as_list(value),
    }
}

/// A set as a list. The members of a tuple keep their types.
pub(super) fn as_list(value: &Value) -> Value {
    match &value.kind {
        Kind::Set(items) => Value { kind: Kind::List(items.clone()), ..value.clone() },
        _ => value.clone(),
    }
}
