//! Functions on text.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use super::{Answer, Arguments, Function, Stop};
use crate::facts::Text;
use crate::formats::configuration::value::{Kind, Member, Part, Value};
use crate::formats::terraform::eval::template::Builder;

/// Largest program that a regular expression may become, in bytes.
const MAX_REGEX: usize = 1024 * 1024;

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "lower" => |call| each_part(call, |text| text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()),
        "upper" => |call| each_part(call, |text| text.chars().map(upper).collect()),
        "title" => |call| call.text_value(title(&call.text(0)?)),
        "trim" => |call| {
            let cut: Vec<char> = call.text(1)?.chars().collect();
            call.text_value(call.text(0)?.trim_matches(&cut[..]))
        },
        "trimspace" => |call| call.text_value(call.text(0)?.trim()),
        "trimprefix" => |call| {
            let text = call.text(0)?;
            call.text_value(text.strip_prefix(&*call.text(1)?).unwrap_or(&text))
        },
        "trimsuffix" => |call| {
            let text = call.text(0)?;
            call.text_value(text.strip_suffix(&*call.text(1)?).unwrap_or(&text))
        },
        "chomp" => |call| call.text_value(call.text(0)?.trim_end_matches(['\n', '\r'])),
        "startswith" => |call| edge(call, true),
        "endswith" => |call| edge(call, false),
        "strcontains" => |call| call.bool_value(call.text(0)?.contains(&*call.text(1)?)),
        "strrev" => |call| call.text_value(call.characters(&call.text(0)?)?.iter().rev().collect::<String>()),
        "substr" => substr,
        "split" => split,
        "join" => join,
        "indent" => indent,
        "replace" => replace,
        "regex" => regex_first,
        "regexall" => regex_all,
        _ => return None,
    })
}

/// Changes each known part of a text by itself, which is right for what looks at one character at a time.
fn each_part(call: &Arguments<'_, '_>, change: fn(&str) -> String) -> Answer {
    let value = call.get(0)?;
    match &value.kind {
        Kind::Template(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Known(text, origin) => Part::Known(change(text).into(), *origin),
                Part::Unknown(unknown) => Part::Unknown(unknown.clone()),
            });
            Ok(Value::new(Kind::Template(parts.collect()), call.origin))
        }
        _ => {
            let text = change(&call.text(0)?);
            // The literal is what says it.
            Ok(Value::text(text, value.origin))
        }
    }
}

/// The capital letter; what only has one of several letters stays.
fn upper(c: char) -> char {
    let mut capital = c.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

fn title(text: &str) -> String {
    let mut start = true;
    text.chars()
        .map(|c| {
            let own = if start { upper(c) } else { c };
            start = if c.is_ascii() { !(c.is_ascii_alphanumeric() || c == '_') } else { c.is_whitespace() };
            own
        })
        .collect()
}

/// Whether a text starts or ends so; the known start or end of a text that is known in part may tell.
fn edge(call: &Arguments<'_, '_>, start: bool) -> Answer {
    let wanted = call.text(1)?;
    let value = call.get(0)?;
    if let Kind::Template(parts) = &value.kind {
        let part = if start { parts.first() } else { parts.last() };
        if let Some(Part::Known(own, _)) = part {
            let (own, wanted) = (&**own, &*wanted);
            let long = own.len() >= wanted.len();
            let same = if start { own.starts_with(wanted) } else { own.ends_with(wanted) };
            let open = if start { wanted.starts_with(own) } else { wanted.ends_with(own) };
            if long || !open {
                return call.bool_value(same);
            }
        }
    }
    let text = call.text(0)?;
    call.bool_value(if start { text.starts_with(&*wanted) } else { text.ends_with(&*wanted) })
}

fn substr(call: &Arguments<'_, '_>) -> Answer {
    let text: Vec<char> = call.characters(&call.text(0)?)?;
    let (from, length) = (call.number(1)?, call.number(2)?);
    let counted_back = from < 0.0;
    #[expect(clippy::cast_precision_loss, reason = "no text is that long")]
    let from = if from < 0.0 { (text.len() as f64 + from).max(0.0) } else { from };
    let from = super::place_of(from).ok_or_else(|| call.fail("the place is no whole number"))?;
    let rest = text.get(from..).unwrap_or_default();
    // A length of 0 from a place that is counted from the end is no limit.
    let length = if length < 0.0 || counted_back && length == 0.0 {
        rest.len()
    } else {
        super::place_of(length).unwrap_or(rest.len())
    };
    call.text_value(rest.iter().take(length).collect::<String>())
}

fn split(call: &Arguments<'_, '_>) -> Answer {
    let (separator, value) = (call.text(0)?, call.get(1)?);
    if separator.is_empty() {
        let text = call.text(1)?;
        call.members(text.len())?;
        return call.list_value(
            call.characters(&text)?.iter().map(|c| Value::text(c.to_string(), value.origin)).collect(),
            None,
        );
    }
    // What is not known may hold separators, so only a text without unknown parts can be split.
    let text = call.text(1)?;
    if text.is_empty() {
        return call.list_value(vec![Value::text("", value.origin)], None);
    }
    call.members(text.matches(&*separator).count() + 1)?;
    call.list_value(text.split(&*separator).map(|part| Value::text(part, value.origin)).collect(), None)
}

/// Joins lists of texts; what is not known stays a part of the text.
fn join(call: &Arguments<'_, '_>) -> Answer {
    let separator = call.text(0)?;
    let mut builder = Builder::default();
    let mut first = true;
    for (at, value) in call.values.iter().enumerate().skip(1) {
        let Some(items) = value.as_items() else { return Err(call.unfit(value, at, "a list")) };
        call.evaluator.step(items.known.len(), call.origin)?;
        for item in &*items.known {
            if !std::mem::take(&mut first) {
                builder.text(&separator, call.origin)?;
            }
            if !builder.value(item)? {
                return Err(call.fail(format!("a member is {}, not text", item.kind_name())));
            }
        }
        if let Some(rest) = &items.rest {
            builder.unknown(rest)?;
            first = false;
        }
    }
    call.evaluator.spend(builder.length(), call.origin)?;
    Ok(builder.finish(call.origin))
}

fn indent(call: &Arguments<'_, '_>) -> Answer {
    let (text, width) = (call.text(1)?, call.place(0)?.min(1_000));
    let lines = text.bytes().filter(|byte| *byte == b'\n').count();
    call.evaluator.spend(text.len() + lines * width, call.origin)?;
    call.text_value(text.replace('\n', &format!("\n{}", " ".repeat(width))))
}

fn compile(call: &Arguments<'_, '_>, pattern: &str) -> Result<Regex, Stop> {
    RegexBuilder::new(pattern)
        .size_limit(MAX_REGEX)
        .build()
        .map_err(|_| call.fail("the pattern is no regular expression, or too large a one"))
}

fn replace(call: &Arguments<'_, '_>) -> Answer {
    let (pattern, with) = (call.text(1)?, call.text(2)?);
    let value = call.get(0)?;
    // One character that is not known to be in the unknown parts is replaced in the known ones; the rest is unknown anyway.
    if let (Kind::Template(parts), 1) = (&value.kind, pattern.chars().count()) {
        let parts = parts.iter().map(|part| match part {
            Part::Known(text, origin) => Part::Known(text.replace(&*pattern, &with).into(), *origin),
            Part::Unknown(unknown) => Part::Unknown(unknown.clone()),
        });
        return Ok(Value::new(Kind::Template(parts.collect()), call.origin));
    }
    let text = call.text(0)?;
    match pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.is_empty()) {
        Some(inner) => {
            let pattern = compile(call, inner)?;
            // Each `$` may bring the whole match.
            let copies = with.matches('$').count() + 1;
            let most = pattern.find_iter(&text).count().saturating_mul(with.len()) + copies.saturating_mul(text.len());
            call.evaluator.spend(most, call.origin)?;
            call.text_value(&*pattern.replace_all(&text, &*with))
        }
        None if pattern.is_empty() => call.text_value(&*text),
        None => {
            call.evaluator.spend(text.matches(&*pattern).count().saturating_mul(with.len()), call.origin)?;
            call.text_value(text.replace(&*pattern, &with))
        }
    }
}

/// What a match gives: the whole, the groups in order, or the groups by name.
fn captured(pattern: &Regex, found: &Captures<'_>, call: &Arguments<'_, '_>) -> Value {
    let own = |group: Option<regex::Match<'_>>| match group {
        Some(group) => Value::text(group.as_str(), call.origin),
        None => Value::null(call.origin),
    };
    let names: Vec<Option<&str>> = pattern.capture_names().collect();
    if names.len() <= 1 {
        return own(found.get(0));
    }
    if names.iter().all(Option::is_none) {
        return Value::list((1..names.len()).map(|at| own(found.get(at))).collect(), call.origin);
    }
    let members: BTreeMap<Text, Member> = names
        .iter()
        .flatten()
        .map(|name| (Text::from(*name), Member { key_origin: call.origin, value: own(found.name(name)) }))
        .collect();
    Value::map(members, call.origin)
}

fn regex_first(call: &Arguments<'_, '_>) -> Answer {
    let pattern = compile(call, &call.text(0)?)?;
    let text = call.text(1)?;
    match pattern.captures(&text) {
        Some(found) => Ok(captured(&pattern, &found, call)),
        None => Err(call.fail("the pattern matches nothing")),
    }
}

fn regex_all(call: &Arguments<'_, '_>) -> Answer {
    let pattern = compile(call, &call.text(0)?)?;
    let text = call.text(1)?;
    call.members(pattern.find_iter(&text).count().saturating_mul(pattern.captures_len()))?;
    let found = pattern.captures_iter(&text).map(|found| captured(&pattern, &found, call)).collect();
    Ok(Value::new(
        Kind::List(crate::formats::configuration::value::Items { known: Arc::new(found), rest: None }),
        call.origin,
    ))
}
