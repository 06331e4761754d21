//! Functions on lists and maps.

use std::collections::BTreeMap;
use std::iter::once;
use std::sync::Arc;

use super::{Answer, Arguments, Function, Stop};
use crate::facts::Text;
use crate::formats::configuration::value::{Items, Kind, Member, Members, Unknown, Value};
use crate::formats::terraform::eval::types::{as_list, to_list};
use crate::formats::terraform::eval::unify::{into_text, unified};

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "length" => length,
        "concat" => concat,
        "flatten" => flatten,
        "merge" => merge,
        "lookup" => lookup,
        "keys" => keys,
        "values" => values,
        "element" => element,
        "index" => index,
        "contains" => contains,
        "coalesce" => coalesce,
        "coalescelist" => coalescelist,
        "compact" => compact,
        "distinct" => distinct,
        "slice" => slice,
        "chunklist" => chunklist,
        "reverse" => reverse,
        "sort" => sort,
        "zipmap" => zipmap,
        "transpose" => transpose,
        "matchkeys" => matchkeys,
        "one" => one,
        "range" => range,
        "alltrue" => alltrue,
        "anytrue" => anytrue,
        "tolist" => tolist,
        "tomap" => tomap,
        "tostring" => tostring,
        "tonumber" => tonumber,
        "tobool" => tobool,
        "sensitive" | "nonsensitive" | "ephemeralasnull" => same,
        _ => return None,
    })
}

fn map_value(call: &Arguments<'_, '_>, known: BTreeMap<Text, Member>, rest: Option<Arc<Unknown>>) -> Answer {
    call.evaluator.step(known.len(), call.origin)?;
    Ok(Value::new(Kind::Map(Members { known: Arc::new(known), rest }), call.origin))
}

fn same(call: &Arguments<'_, '_>) -> Answer {
    call.get(0).cloned()
}

#[expect(clippy::cast_precision_loss, reason = "no collection is that large")]
fn length(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if let Some(rest) = value.rest() {
        return Err(Stop::Unknown(rest.clone()));
    }
    let count = match &value.kind {
        Kind::List(items) | Kind::Set(items) => items.known.len(),
        Kind::Map(members) => members.known.len(),
        Kind::Text(written) => call.characters(&written.text)?.len(),
        _ => return Err(call.unfit(value, 0, "a collection")),
    };
    call.number_value(count as f64)
}

fn concat(call: &Arguments<'_, '_>) -> Answer {
    let mut known = Vec::new();
    let mut rest = None;
    for (at, value) in call.values.iter().enumerate() {
        match &value.kind {
            Kind::List(items) | Kind::Set(items) => {
                call.at_most(known.len() + items.known.len())?;
                known.extend(items.known.iter().cloned());
                rest = rest.or_else(|| items.rest.clone());
            }
            Kind::Unknown(unknown) => rest = rest.or_else(|| Some(unknown.clone())),
            _ => return Err(call.unfit(value, at, "a list")),
        }
    }
    call.list_value(known, rest)
}

fn flatten(call: &Arguments<'_, '_>) -> Answer {
    fn walk(
        call: &Arguments<'_, '_>,
        items: &Items,
        into: &mut Vec<Value>,
        rest: &mut Option<Arc<Unknown>>,
        depth: u32,
    ) -> Result<(), Stop> {
        call.evaluator.step(items.known.len(), call.origin)?;
        call.at_most(into.len())?;
        for item in &*items.known {
            match &item.kind {
                Kind::List(inner) | Kind::Set(inner) if depth < 100 => walk(call, inner, into, rest, depth + 1)?,
                // It may be a list of any length.
                Kind::Unknown(unknown) => {
                    if unknown.candidates.is_empty() {
                        *rest = Some(unknown.bare());
                        continue;
                    }
                    for candidate in &unknown.candidates {
                        match &candidate.kind {
                            Kind::List(inner) | Kind::Set(inner) => walk(call, inner, into, rest, depth + 1)?,
                            _ => into.push(candidate.clone()),
                        }
                    }
                    *rest = Some(unknown.bare());
                }
                _ => into.push(item.clone()),
            }
        }
        if let Some(own) = &items.rest {
            *rest = Some(own.bare());
        }
        Ok(())
    }
    let mut known = Vec::new();
    let mut rest = None;
    walk(call, call.items(0)?, &mut known, &mut rest, 0)?;
    call.list_value(known, rest)
}

fn merge(call: &Arguments<'_, '_>) -> Answer {
    let mut known: BTreeMap<Text, Member> = BTreeMap::new();
    let mut rest: Option<Arc<Unknown>> = None;
    for (at, value) in call.values.iter().enumerate() {
        match &value.kind {
            Kind::Map(members) => {
                call.evaluator.step(members.known.len(), call.origin)?;
                known.extend(members.known.iter().map(|(key, own)| (key.clone(), own.clone())));
                rest = rest.or_else(|| members.rest.clone());
            }
            Kind::Null => {}
            Kind::Unknown(unknown) => {
                // Any key that is known so far may get another value.
                for member in known.values_mut() {
                    member.value = super::one_of(unknown, Vec::new(), member.value.origin);
                }
                rest = rest.or_else(|| Some(unknown.clone()));
            }
            _ => return Err(call.unfit(value, at, "a map")),
        }
    }
    map_value(call, known, rest)
}

fn lookup(call: &Arguments<'_, '_>) -> Answer {
    let (map, key) = (call.get(0)?, call.text(1)?);
    let Some(members) = map.as_map() else { return Err(call.unfit(map, 0, "a map")) };
    match (members.known.get(&*key), &members.rest, call.values.get(2)) {
        (Some(own), ..) => Ok(own.value.clone()),
        (None, Some(rest), _) => Err(Stop::Unknown(rest.clone())),
        (None, None, Some(default)) => Ok(default.clone()),
        (None, None, None) => Err(call.fail(format!("there is no member `{key}`"))),
    }
}

fn keys(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    let Some(members) = value.as_map() else { return Err(call.unfit(value, 0, "a map")) };
    let known = members.known.iter().map(|(key, own)| Value::text(key.clone(), own.key_origin)).collect();
    call.list_value(known, members.rest.as_ref().map(Unknown::bare))
}

fn values(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    let Some(members) = value.as_map() else { return Err(call.unfit(value, 0, "a map")) };
    call.list_value(members.known.values().map(|own| own.value.clone()).collect(), members.rest.clone())
}

fn element(call: &Arguments<'_, '_>) -> Answer {
    let items = call.whole(0)?;
    let at = call.number(1)?;
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let length = items.len() as f64;
    let at = super::place_of(at.rem_euclid(length)).and_then(|at| items.get(at));
    at.cloned().ok_or_else(|| call.fail("the list is empty"))
}

fn index(call: &Arguments<'_, '_>) -> Answer {
    for (at, item) in call.whole(0)?.iter().enumerate() {
        if call.same(item, call.get(1)?)? {
            #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
            return call.number_value(at as f64);
        }
    }
    Err(call.fail("the list does not hold the value"))
}

fn contains(call: &Arguments<'_, '_>) -> Answer {
    let items = call.items(0)?;
    let wanted = call.get(1)?;
    let mut open = items.rest.clone();
    for item in &*items.known {
        match call.same(item, wanted) {
            Ok(true) => return call.bool_value(true),
            Ok(false) => {}
            Err(Stop::Unknown(unknown)) => open = Some(unknown),
            Err(failed) => return Err(failed),
        }
    }
    open.map_or_else(|| call.bool_value(false), |unknown| Err(Stop::Unknown(unknown)))
}

fn coalesce(call: &Arguments<'_, '_>) -> Answer {
    for value in call.values {
        match &value.kind {
            Kind::Null => {}
            Kind::Text(written) if written.text.is_empty() => {}
            // It may be null, so what follows may count; an attribute of a resource is what is meant to count.
            _ => {
                return Ok(unified(once(value).chain(call.values).cloned().collect())
                    .into_iter()
                    .next()
                    .unwrap_or(value.clone()));
            }
        }
    }
    Err(call.fail("every argument is null or empty"))
}

fn coalescelist(call: &Arguments<'_, '_>) -> Answer {
    for (at, value) in call.values.iter().enumerate() {
        match &value.kind {
            Kind::Null => {}
            Kind::List(items) | Kind::Set(items) => match (&items.rest, items.known.is_empty()) {
                (None, true) => {}
                (Some(rest), true) => return Err(Stop::Unknown(rest.clone())),
                (_, _) => return Ok(as_list(value)),
            },
            _ => return Err(call.unfit(value, at, "a list")),
        }
    }
    Err(call.fail("every list is empty"))
}

fn compact(call: &Arguments<'_, '_>) -> Answer {
    let items = call.items(0)?;
    let kept = |item: &&Value| !item.is_null() && item.as_str() != Some("");
    call.list_value(items.known.iter().filter(kept).cloned().map(into_text).collect(), items.rest.clone())
}

fn distinct(call: &Arguments<'_, '_>) -> Answer {
    let list = to_list(call.get(0)?);
    let items = list.as_items().ok_or_else(|| call.unfit(&list, 0, "a list"))?;
    let mut seen = std::collections::HashSet::new();
    let mut known: Vec<Value> = Vec::new();
    for item in &*items.known {
        if call.evaluator.identity(item)?.is_none_or(|identity| seen.insert(identity)) {
            known.push(item.clone());
        }
    }
    call.list_value(known, items.rest.clone())
}

fn slice(call: &Arguments<'_, '_>) -> Answer {
    let items = call.whole(0)?;
    let (from, to) = (call.place(1)?, call.place(2)?);
    let own = items.get(from..to).ok_or_else(|| call.fail("the places are outside of the list"))?;
    call.list_value(own.to_vec(), None)
}

fn chunklist(call: &Arguments<'_, '_>) -> Answer {
    let size = call.place(1)?;
    let list = to_list(call.get(0)?);
    let items = call.whole(0).map(|_| list.as_items().map(|own| own.known.as_slice()).unwrap_or_default())?;
    let chunks = items.chunks(if size == 0 { items.len().max(1) } else { size });
    let chunks = chunks.map(|chunk| Value::list(chunk.to_vec(), call.origin)).collect();
    call.list_value(chunks, None)
}

fn reverse(call: &Arguments<'_, '_>) -> Answer {
    call.list_value(call.whole(0)?.iter().rev().cloned().collect(), None)
}

fn sort(call: &Arguments<'_, '_>) -> Answer {
    let items = call.items(0)?;
    let mut known: Vec<Value> = items.known.iter().cloned().map(into_text).collect();
    if let Some(unknown) = known.iter().find_map(Value::first_unknown).or(items.rest.as_ref()) {
        // The members are known, their order is not.
        return call.list_value(known.clone(), items.rest.clone().or_else(|| Some(unknown.clone())));
    }
    known.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
    call.list_value(known, None)
}

fn zipmap(call: &Arguments<'_, '_>) -> Answer {
    let (keys, values) = (call.whole(0)?, call.whole(1)?);
    if keys.len() != values.len() {
        return Err(call.fail("the lists differ in length"));
    }
    let mut known = BTreeMap::new();
    for (key, value) in keys.iter().zip(values) {
        let text = key.as_text().ok_or_else(|| call.unfit(key, 0, "text"))?;
        known.insert(Text::from(&*text), Member { key_origin: key.origin, value: value.clone() });
    }
    map_value(call, known, None)
}

/// A map of lists, with keys and members exchanged.
fn transpose(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    let Some(members) = value.as_map() else { return Err(call.unfit(value, 0, "a map")) };
    let mut known: BTreeMap<Text, Member> = BTreeMap::new();
    let mut rest = members.rest.clone();
    for (key, own) in &*members.known {
        let (list, open) = own.value.possible_members();
        rest = rest.or_else(|| open.cloned());
        for item in list {
            let text = item.as_text().ok_or_else(|| call.unfit(item, 0, "text"))?;
            let member = known
                .entry(Text::from(&*text))
                .or_insert_with(|| Member { key_origin: item.origin, value: Value::list(Vec::new(), call.origin) });
            if let Kind::List(items) = &mut member.value.kind {
                Arc::make_mut(&mut items.known).push(Value::text(key.clone(), own.key_origin));
            }
        }
    }
    map_value(call, known, rest)
}

fn matchkeys(call: &Arguments<'_, '_>) -> Answer {
    let (values, keys, wanted) = (call.whole(0)?, call.whole(1)?, call.whole(2)?);
    let mut known = Vec::new();
    for (value, key) in values.iter().zip(keys) {
        for own in wanted {
            if call.same(key, own)? {
                known.push(value.clone());
                break;
            }
        }
    }
    call.list_value(known, None)
}

fn one(call: &Arguments<'_, '_>) -> Answer {
    let items = call.items(0)?;
    match (items.known.as_slice(), &items.rest) {
        ([], None) => Ok(Value::null(call.origin)),
        // At most one is there, so it is this one or none.
        ([only], _) => Ok(only.clone()),
        ([], Some(rest)) => match rest.candidates.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(Stop::Unknown(rest.clone())),
        },
        _ => Err(call.fail("the list has more than one member")),
    }
}

fn range(call: &Arguments<'_, '_>) -> Answer {
    let (from, to, step) = match call.values.len() {
        1 => (0.0, call.number(0)?, None),
        2 => (call.number(0)?, call.number(1)?, None),
        _ => (call.number(0)?, call.number(1)?, Some(call.number(2)?)),
    };
    let step = step.unwrap_or(if to < from { -1.0 } else { 1.0 });
    if step == 0.0 || (to - from) * step < 0.0 {
        return Err(call.fail("the step leads nowhere"));
    }
    let mut known = Vec::new();
    let mut at = from;
    while if step > 0.0 { at < to } else { at > to } {
        // The language stops at 1,024 numbers.
        if known.len() >= 1024 {
            return Err(call.fail("more than 1024 numbers are too many"));
        }
        known.push(Value::number(at, call.origin));
        at += step;
    }
    call.list_value(known, None)
}

fn every(call: &Arguments<'_, '_>, decides: bool) -> Answer {
    let items = call.items(0)?;
    let mut open = items.rest.clone();
    for item in &*items.known {
        match (item.as_bool(), item.first_unknown()) {
            (Some(value), _) if value == decides => return call.bool_value(decides),
            (Some(_), _) => {}
            (None, Some(unknown)) => open = Some(unknown.clone()),
            // Null counts as false.
            (None, None) if item.is_null() && !decides => return call.bool_value(false),
            (None, None) if item.is_null() => {}
            (None, None) => return Err(call.fail("a member is not true or false")),
        }
    }
    open.map_or_else(|| call.bool_value(!decides), |unknown| Err(Stop::Unknown(unknown)))
}

fn alltrue(call: &Arguments<'_, '_>) -> Answer {
    every(call, false)
}

fn anytrue(call: &Arguments<'_, '_>) -> Answer {
    every(call, true)
}

fn tolist(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if value.is_null() || value.as_unknown().is_some() || value.as_items().is_some() {
        return Ok(to_list(value));
    }
    Err(call.unfit(value, 0, "a list"))
}

fn tomap(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if value.is_null() || value.as_unknown().is_some() {
        return Ok(value.clone());
    }
    let Some(members) = value.as_map() else { return Err(call.unfit(value, 0, "a map")) };
    let values = unified(members.known.values().map(|own| own.value.clone()).collect());
    let known = members.known.iter().zip(values);
    let known = known.map(|((key, own), value)| (key.clone(), Member { key_origin: own.key_origin, value })).collect();
    Ok(Value { kind: Kind::Map(Members { known: Arc::new(known), rest: members.rest.clone() }), ..value.clone() })
}

fn tostring(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    match (&value.kind, value.as_text()) {
        (Kind::Null | Kind::Text(_) | Kind::Template(_) | Kind::Unknown(_), _) => Ok(value.clone()),
        (_, Some(text)) => {
            if let Kind::Number(number) = value.kind {
                call.evaluator.digits(number, call.origin)?;
            }
            call.text_value(&*text)
        }
        _ => Err(call.unfit(value, 0, "text")),
    }
}

fn tonumber(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if value.is_null() { Ok(value.clone()) } else { call.number_value(call.number(0)?) }
}

fn tobool(call: &Arguments<'_, '_>) -> Answer {
    let value = call.get(0)?;
    if value.is_null() {
        return Ok(value.clone());
    }
    call.bool_value(value.as_bool().ok_or_else(|| call.unfit(value, 0, "true or false"))?)
}
