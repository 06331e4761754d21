//! Expressions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::steps::one_of;
use super::template::composed;
use super::unify::unified;
use super::{Evaluation, Evaluator, Failed, MAX_MEMBERS, Names, Place, wholly_unknown};
use crate::facts::Text;
use crate::formats::configuration::value::{Items, Kind, Member, Members, Unknown, Value, Why};
use crate::syntax::hcl::{Expression, ExpressionKind, For};

impl Evaluator<'_> {
    /// The value of an expression.
    pub(super) fn expression(&self, expression: &Expression, place: Place<'_>) -> Evaluation {
        let origin = place.at(expression.span);
        match &expression.kind {
            ExpressionKind::Null => Ok(Value::null(origin)),
            ExpressionKind::Bool(value) => Ok(Value::bool(*value, origin)),
            ExpressionKind::Number(value) => Ok(Value::number(*value, origin)),
            ExpressionKind::Text(text) => Ok(Value::text(
                match composed(text) {
                    Cow::Borrowed(_) => text.clone(),
                    Cow::Owned(composed) => composed.into(),
                },
                origin,
            )),
            _ => self.deeper(origin, || self.compound(expression, place)),
        }
    }

    fn compound(&self, expression: &Expression, place: Place<'_>) -> Evaluation {
        let origin = place.at(expression.span);
        match &expression.kind {
            ExpressionKind::Template(parts) => self.template(parts, place, origin),
            ExpressionKind::List(items) => {
                self.step(items.len(), origin)?;
                let items = items.iter().map(|item| self.expression(item, place)).collect::<Result<_, _>>()?;
                Ok(Value::list(items, origin))
            }
            ExpressionKind::Object(items) => self.object(items, place, origin),
            ExpressionKind::Variable(name) => self.reference(name, origin, &[], place),
            ExpressionKind::Traversal(base, steps) => match &base.kind {
                ExpressionKind::Variable(name) => self.reference(name, origin, steps, place),
                _ => self.steps(self.expression(base, place)?, steps, place),
            },
            ExpressionKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.conditional(condition, then, otherwise, place)
            }
            ExpressionKind::Call(call) => self.call(call, place, origin),
            ExpressionKind::Unary(operator, operand) => {
                self.unary(*operator, &self.expression(operand, place)?, origin)
            }
            ExpressionKind::Binary(operator, operands) => {
                let [left, right] = &**operands;
                self.binary(*operator, left, right, place, origin)
            }
            ExpressionKind::For(own) => self.for_expression(own, place, origin),
            // The kinds without parts are done already.
            _ => Ok(Value::null(origin)),
        }
    }

    fn object(&self, items: &[(Expression, Expression)], place: Place<'_>, origin: crate::facts::Origin) -> Evaluation {
        self.step(items.len(), origin)?;
        let mut known = BTreeMap::new();
        let mut rest = None;
        for (key, value) in items {
            let key_origin = place.at(key.span);
            let key = self.expression(key, place)?;
            let value = self.expression(value, place)?;
            match self.map_key(&key)? {
                Ok(key) => _ = known.insert(key, Member { key_origin, value }),
                Err(unknown) => {
                    rest = Some(Arc::new(Unknown { candidates: vec![value], ..Unknown::clone(&unknown) }));
                }
            }
        }
        Ok(Value::new(Kind::Map(Members { known: Arc::new(known), rest }), origin))
    }

    /// A value as a key of a map: text that is known, or text with marks where it is not. Err of the outer result is a
    /// failure, of the inner a key of which nothing is known.
    pub(super) fn map_key(&self, key: &Value) -> Result<Result<Text, Arc<Unknown>>, Failed> {
        if let Some(unknown) = wholly_unknown(key) {
            return Ok(Err(unknown));
        }
        match key.render(|unknown| format!("${{{}}}", unknown.short()).into()) {
            Some(text) => Ok(Ok(text.into())),
            None => Err(Failed::new(format!("{} is no key", key.kind_name()), key.origin)),
        }
    }

    fn conditional(
        &self,
        condition: &Expression,
        then: &Expression,
        otherwise: &Expression,
        place: Place<'_>,
    ) -> Evaluation {
        let decided = self.expression(condition, place)?;
        match (decided.as_bool(), decided.first_unknown().cloned()) {
            (Some(true), _) => self.beside(self.expression(then, place)?, otherwise, place),
            (Some(false), _) => self.beside(self.expression(otherwise, place)?, then, place),
            (None, Some(unknown)) => {
                // Either branch may count; one that fails cannot be the one.
                let branches = [then, otherwise].into_iter().filter_map(|branch| self.expression(branch, place).ok());
                Ok(one_of(&unknown, branches.collect(), place.at(condition.span)))
            }
            (None, None) => {
                let reason = format!("a condition is {}, not true or false", decided.kind_name());
                Err(Failed::new(reason, place.at(condition.span)))
            }
        }
    }

    /// A branch that is taken, with the type that it has together with the other one.
    fn beside(&self, taken: Value, other: &Expression, place: Place<'_>) -> Evaluation {
        if !holds_numbers(&taken) || matches!(other.kind, ExpressionKind::Null) {
            return Ok(taken);
        }
        match self.expression(other, place) {
            Ok(other) => Ok(unified(vec![taken.clone(), other]).into_iter().next().unwrap_or(taken)),
            Err(failed) if matches!(failed.why, Why::Limit { .. }) => Err(failed),
            Err(_) => Ok(taken),
        }
    }

    fn for_expression(&self, own: &For, place: Place<'_>, origin: crate::facts::Origin) -> Evaluation {
        let collection = self.expression(&own.collection, place)?;
        self.walk_for(own, &collection, place, origin)
    }

    fn walk_for(&self, own: &For, over: &Value, place: Place<'_>, origin: crate::facts::Origin) -> Evaluation {
        if let Kind::Unknown(unknown) = &over.kind {
            if unknown.candidates.is_empty() {
                return Ok(nothing_known(own, unknown, origin));
            }
            let results =
                unknown.candidates.iter().filter_map(|own_value| self.walk_for(own, own_value, place, origin).ok());
            return Ok(one_of(unknown, results.collect(), origin));
        }
        let elements = elements(over).ok_or_else(|| {
            Failed::new(format!("`for` walks lists, sets and maps, not {}", over.kind_name()), origin)
        })?;
        self.step(elements.len(), origin)?;
        let mut rest = over.rest().map(Unknown::bare);
        let mut list = Vec::new();
        let mut map: BTreeMap<Text, Member> = BTreeMap::new();
        for (key, value) in elements {
            let mut names = Vec::with_capacity(2);
            if let Some(name) = &own.key {
                names.push((name.clone(), key));
            }
            names.push((own.value.clone(), value));
            let names = Names { own: &names, outer: place.names, rest: None };
            let inner = Place { names: Some(&names), ..place };
            if let Some(condition) = &own.condition {
                let decided = self.expression(condition, inner)?;
                match (decided.as_bool(), decided.first_unknown()) {
                    (Some(true), _) => {}
                    (Some(false), _) => continue,
                    // It may count, so it does; and that more is said than is known, is said.
                    (None, Some(unknown)) => rest = Some(unknown.bare()),
                    (None, None) => return Err(Failed::new("a condition is not true or false", decided.origin)),
                }
            }
            let result = self.expression(&own.result, inner)?;
            let Some(result_key) = &own.result_key else {
                list.push(result);
                continue;
            };
            let key_origin = inner.at(result_key.span);
            let result_key = self.expression(result_key, inner)?;
            let certain = result_key.first_unknown().is_none();
            match self.map_key(&result_key)? {
                Err(unknown) => {
                    rest = Some(Arc::new(Unknown { candidates: vec![result], ..Unknown::clone(&unknown) }));
                }
                Ok(key) if own.grouped => {
                    let member =
                        map.entry(key).or_insert_with(|| Member { key_origin, value: Value::list(Vec::new(), origin) });
                    if let Kind::List(items) = &mut member.value.kind {
                        Arc::make_mut(&mut items.known).push(result);
                    }
                }
                Ok(key) if certain && rest.is_none() && map.contains_key(&key) => {
                    return Err(Failed::new(format!("two members of this `for` have the key `{key}`"), origin));
                }
                Ok(key) => _ = map.insert(key, Member { key_origin, value: result }),
            }
        }
        if list.len().max(map.len()) > MAX_MEMBERS {
            return Err(Failed::limit(format!("a `for` makes more than {MAX_MEMBERS} members"), origin));
        }
        Ok(match own.result_key {
            Some(_) => Value::new(Kind::Map(Members { known: Arc::new(map), rest }), origin),
            None => Value::new(Kind::List(Items { known: Arc::new(list), rest }), origin),
        })
    }
}

/// The keys and values of a collection, as `for` walks it.
pub(super) fn elements(value: &Value) -> Option<Vec<(Value, Value)>> {
    match &value.kind {
        #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
        Kind::List(items) => Some(
            items
                .known
                .iter()
                .enumerate()
                .map(|(at, item)| (Value::number(at as f64, item.origin), item.clone()))
                .collect(),
        ),
        Kind::Set(items) => Some(items.known.iter().map(|item| (item.clone(), item.clone())).collect()),
        Kind::Map(members) => Some(
            members
                .known
                .iter()
                .map(|(key, own)| (Value::text(key.clone(), own.key_origin), own.value.clone()))
                .collect(),
        ),
        _ => None,
    }
}

/// Whether a value has a number or a boolean in it, which beside a text becomes one.
fn holds_numbers(value: &Value) -> bool {
    match &value.kind {
        Kind::Number(_) | Kind::Bool(_) => true,
        Kind::List(items) | Kind::Set(items) => items.known.iter().any(holds_numbers),
        Kind::Map(members) => members.known.values().any(|own| holds_numbers(&own.value)),
        _ => false,
    }
}

/// A list or map of which only is known that it comes from something that is not.
fn nothing_known(own: &For, unknown: &Arc<Unknown>, origin: crate::facts::Origin) -> Value {
    let rest = Some(unknown.bare());
    match own.result_key {
        Some(_) => Value::new(Kind::Map(Members { known: Arc::default(), rest }), origin),
        None => Value::new(Kind::List(Items { known: Arc::default(), rest }), origin),
    }
}
