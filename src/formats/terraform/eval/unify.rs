//! One type for several values, as a list, a set, a map or a conditional has it (Terraform documentation, "Type
//! Conversion"). A text beside numbers makes all of them text. Values that have no type in common stay as they are:
//! Terraform refuses them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::configuration::value::{Items, Kind, Member, Members, Value};

/// The values with one type.
pub(super) fn unified(values: Vec<Value>) -> Vec<Value> {
    let kinds = || values.iter().map(|value| &value.kind);
    let texts = kinds().any(|kind| matches!(kind, Kind::Text(_) | Kind::Template(_)));
    if texts {
        return values.into_iter().map(into_text).collect();
    }
    if values.len() > 1 && kinds().all(|kind| matches!(kind, Kind::List(_) | Kind::Set(_))) {
        return lists(values);
    }
    if values.len() > 1 && kinds().all(|kind| matches!(kind, Kind::Map(_))) {
        return maps(values);
    }
    values
}

/// A number or a boolean as text; anything else as it is.
pub(super) fn into_text(value: Value) -> Value {
    match (&value.kind, value.as_text()) {
        (Kind::Number(_) | Kind::Bool(_), Some(text)) => {
            Value { reference: value.reference.clone(), ..Value::text(&*text, value.origin) }
        }
        _ => value,
    }
}

fn members_of(value: &Value) -> &[Value] {
    value.as_items().map(|items| items.known.as_slice()).unwrap_or_default()
}

/// Lists of one length member by member, as tuples; others with one type for all members.
fn lists(values: Vec<Value>) -> Vec<Value> {
    let length = values.first().map(members_of).unwrap_or_default().len();
    let members: Vec<Vec<Value>> = if values.iter().all(|value| members_of(value).len() == length) {
        let columns: Vec<Vec<Value>> = (0..length)
            .map(|at| unified(values.iter().filter_map(|value| members_of(value).get(at).cloned()).collect()))
            .collect();
        (0..values.len()).map(|row| columns.iter().filter_map(|column| column.get(row).cloned()).collect()).collect()
    } else {
        let mut all = unified(values.iter().flat_map(|value| members_of(value).to_vec()).collect()).into_iter();
        values.iter().map(|value| all.by_ref().take(members_of(value).len()).collect()).collect()
    };
    let with = |(value, known): (Value, Vec<Value>)| {
        let rest = value.as_items().and_then(|items| items.rest.clone());
        let items = Items { known: Arc::new(known), rest };
        let kind = if matches!(value.kind, Kind::Set(_)) { Kind::Set(items) } else { Kind::List(items) };
        Value { kind, ..value }
    };
    values.into_iter().zip(members).map(with).collect()
}

/// Objects of the same attributes attribute by attribute; others with one type for all members.
fn maps(values: Vec<Value>) -> Vec<Value> {
    let keys =
        |value: &Value| -> Vec<_> { value.as_map().map(|own| own.known.keys().cloned().collect()).unwrap_or_default() };
    let of = |value: &Value| -> Vec<Value> {
        value.as_map().map(|own| own.known.values().map(|own| own.value.clone()).collect()).unwrap_or_default()
    };
    let first = values.first().map(keys).unwrap_or_default();
    let rows: Vec<Vec<Value>> = if values.iter().all(|value| keys(value) == first) {
        let rows: Vec<Vec<Value>> = values.iter().map(of).collect();
        let columns: Vec<Vec<Value>> =
            (0..first.len()).map(|at| unified(rows.iter().filter_map(|row| row.get(at).cloned()).collect())).collect();
        (0..values.len()).map(|row| columns.iter().filter_map(|column| column.get(row).cloned()).collect()).collect()
    } else {
        let mut all = unified(values.iter().flat_map(of).collect()).into_iter();
        values.iter().map(|value| all.by_ref().take(keys(value).len()).collect()).collect()
    };
    let with = |(value, row): (Value, Vec<Value>)| {
        let Kind::Map(members) = &value.kind else { return value };
        let known: BTreeMap<_, _> = members
            .known
            .iter()
            .zip(row)
            .map(|((key, own), value)| (key.clone(), Member { key_origin: own.key_origin, value }))
            .collect();
        Value { kind: Kind::Map(Members { known: Arc::new(known), rest: members.rest.clone() }), ..value.clone() }
    };
    values.into_iter().zip(rows).map(with).collect()
}
