//! Functions on sets.

use std::sync::Arc;

use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::{Items, Kind, Unknown, Value};
use crate::formats::terraform::eval::types::to_list;
use crate::formats::terraform::eval::unify::unified;

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "toset" => toset,
        "setunion" => setunion,
        "setintersection" => setintersection,
        "setsubtract" => setsubtract,
        "setproduct" => setproduct,
        _ => return None,
    })
}

fn set(call: &Arguments<'_, '_>, known: Vec<Value>, rest: Option<Arc<Unknown>>) -> Answer {
    let list = Value::new(Kind::List(Items { known: Arc::new(known), rest }), call.origin);
    Ok(call.evaluator.to_set(&list)?)
}

fn toset(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if value.is_null() || value.as_unknown().is_some() || value.as_items().is_some() {
        return Ok(call.evaluator.to_set(value)?);
    }
    Err(call.unfit(value, 0, "a list"))
}

fn setunion(call: &Arguments<'_, '_>) -> Answer {
    let mut known = Vec::new();
    let mut rest = None;
    for (at, value) in call.values.iter().enumerate() {
        match &value.kind {
            Kind::List(items) | Kind::Set(items) => {
                call.at_most(known.len() + items.known.len())?;
                known.extend(items.known.iter().cloned());
                rest = rest.or_else(|| items.rest.clone());
            }
            Kind::Unknown(unknown) => rest = Some(unknown.clone()),
            _ => return Err(call.unfit(value, at, "a set")),
        }
    }
    set(call, known, rest)
}

/// Whether a set holds a value; what cannot be told stops.
fn holds(call: &Arguments<'_, '_>, set: &[Value], value: &Value) -> Result<bool, Stop> {
    for own in set {
        if call.same(own, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The members of each set, all with the type that they have together.
fn of_one_type(call: &Arguments<'_, '_>) -> Result<Vec<Vec<Value>>, Stop> {
    let sets = (0..call.values.len()).map(|at| call.whole(at)).collect::<Result<Vec<_>, _>>()?;
    let mut all = unified(sets.iter().flat_map(|set| set.iter().cloned()).collect()).into_iter();
    Ok(sets.iter().map(|set| all.by_ref().take(set.len()).collect()).collect())
}

fn setintersection(call: &Arguments<'_, '_>) -> Answer {
    let mut sets = of_one_type(call)?.into_iter();
    let mut known = sets.next().unwrap_or_default();
    for other in sets {
        let mut kept = Vec::new();
        for value in known {
            if holds(call, &other, &value)? {
                kept.push(value);
            }
        }
        known = kept;
    }
    set(call, known, None)
}

fn setsubtract(call: &Arguments<'_, '_>) -> Answer {
    let mut sets = of_one_type(call)?.into_iter();
    let (own, without) = (sets.next().unwrap_or_default(), sets.next().unwrap_or_default());
    let mut kept = Vec::new();
    for value in own {
        if !holds(call, &without, &value)? {
            kept.push(value);
        }
    }
    set(call, kept, None)
}

/// Every combination of one member of each, in order.
fn setproduct(call: &Arguments<'_, '_>) -> Answer {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let mut rest = None;
    // Where one is a set, all are, and so is what comes of them.
    let sets = call.values.iter().any(|value| matches!(value.kind, Kind::Set(_)));
    for at in 0..call.values.len() {
        let value = call.get(at)?;
        let sorted = if sets { call.evaluator.to_set(value)? } else { to_list(value) };
        let items = sorted.as_items().ok_or_else(|| call.unfit(value, at, "a list"))?;
        rest = rest.or_else(|| items.rest.as_ref().map(Unknown::bare));
        if rows.len().saturating_mul(items.known.len()) > super::super::MAX_MEMBERS {
            let limit = format!("`setproduct` makes more than {} members", super::super::MAX_MEMBERS);
            return Err(super::Failed::limit(limit, call.origin).into());
        }
        let combined = rows.iter().flat_map(|row| {
            items.known.iter().map(|item| {
                let mut row = row.clone();
                row.push(item.clone());
                row
            })
        });
        rows = combined.collect();
    }
    let rows = rows.into_iter().map(|row| Value::list(row, call.origin)).collect();
    if sets { set(call, rows, rest) } else { call.list_value(rows, rest) }
}
