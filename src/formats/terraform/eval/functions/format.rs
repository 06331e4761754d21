//! `format` and `formatlist` (Terraform documentation, "format Function").

use std::sync::Arc;

use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::{Items, Kind, Unknown, Value};
use crate::formats::terraform::eval::Failed;
use crate::formats::terraform::eval::template::Builder;

/// Widest field that is made.
const MAX_WIDTH: usize = 1_000;

/// One verb, such as `%-10s` or `%[2]d`.
#[derive(Default)]
struct Verb {
    minus: bool,
    zero: bool,
    plus: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    letter: char,
}

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "format" => format,
        "formatlist" => formatlist,
        _ => return None,
    })
}

fn format(call: &Arguments<'_, '_>) -> Answer {
    let pattern = call.text(0)?;
    let values = call.values.get(1..).unwrap_or_default();
    Ok(fill(call, &pattern, values)?)
}

/// The pattern once for each place of the lists; what is not a list is the same each time.
fn formatlist(call: &Arguments<'_, '_>) -> Answer {
    let pattern = call.text(0)?;
    let arguments = call.values.get(1..).unwrap_or_default();
    let mut length = None;
    let mut rest = None;
    for value in arguments {
        match &value.kind {
            Kind::List(items) | Kind::Set(items) => {
                length = Some(length.unwrap_or(usize::MAX).min(items.known.len()));
                rest = rest.or_else(|| items.rest.as_ref().map(Unknown::bare));
            }
            Kind::Unknown(unknown) => return Err(Stop::Unknown(unknown.clone())),
            _ => {}
        }
    }
    let count = length.unwrap_or(1);
    call.evaluator.step(count, call.origin)?;
    let made = (0..count).map(|at| {
        let own: Vec<Value> = arguments
            .iter()
            .filter_map(|value| match &value.kind {
                Kind::List(items) | Kind::Set(items) => items.known.get(at).cloned(),
                _ => Some(value.clone()),
            })
            .collect();
        fill(call, &pattern, &own)
    });
    let known = made.collect::<Result<Vec<_>, _>>()?;
    Ok(Value::new(Kind::List(Items { known: Arc::new(known), rest }), call.origin))
}

fn fill(call: &Arguments<'_, '_>, pattern: &str, values: &[Value]) -> Result<Value, Failed> {
    let mut builder = Builder::default();
    let mut rest = pattern;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        builder.text(before, call.origin)?;
        let after = from.get(1..).unwrap_or_default();
        if let Some(after) = after.strip_prefix('%') {
            builder.text("%", call.origin)?;
            rest = after;
            continue;
        }
        let (verb, after) =
            verb(after).ok_or_else(|| Failed::new("`format`: the pattern ends in a verb", call.origin))?;
        rest = after;
        let at = verb.argument.map_or(next, |argument| argument.saturating_sub(1));
        next = at + 1;
        let value = values
            .get(at)
            .ok_or_else(|| Failed::new(format!("`format`: there is no argument for %{}", verb.letter), call.origin))?;
        write(call, &verb, value, &mut builder)?;
    }
    builder.text(rest, call.origin)?;
    call.evaluator.spend(builder.length(), call.origin)?;
    Ok(builder.finish(call.origin))
}

fn verb(text: &str) -> Option<(Verb, &str)> {
    let mut verb = Verb::default();
    let mut at = 0;
    let bytes = text.as_bytes();
    let number = |at: &mut usize| {
        let from = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        text.get(from..*at).and_then(|digits| digits.parse::<usize>().ok())
    };
    while let Some(flag @ (b'-' | b'0' | b'+' | b' ' | b'#')) = bytes.get(at) {
        verb.minus |= *flag == b'-';
        verb.zero |= *flag == b'0';
        verb.plus |= *flag == b'+';
        at += 1;
    }
    verb.width = number(&mut at).map(|width| width.min(MAX_WIDTH));
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        verb.precision = Some(number(&mut at).unwrap_or(0).min(MAX_WIDTH));
    }
    if bytes.get(at) == Some(&b'[') {
        at += 1;
        verb.argument = number(&mut at);
        at += 1;
    }
    let rest = text.get(at..)?;
    verb.letter = rest.chars().next()?;
    let after = rest.get(verb.letter.len_utf8()..)?;
    Some((verb, after))
}

fn write(call: &Arguments<'_, '_>, verb: &Verb, value: &Value, into: &mut Builder) -> Result<(), Failed> {
    let plain = verb.width.is_none() && verb.precision.is_none();
    if matches!(verb.letter, 's' | 'v') && plain && into.value(value)? {
        return Ok(());
    }
    if let Some(unknown) = value.first_unknown() {
        return into.unknown(unknown);
    }
    let fail = |what: &str| Failed::new(format!("`format`: %{} takes {what}", verb.letter), call.origin);
    let number = || value.as_number().ok_or_else(|| fail("a number"));
    let text = match verb.letter {
        's' => value.as_text().ok_or_else(|| fail("text"))?.into_owned(),
        'v' | 'q' => match (verb.letter, value.as_text()) {
            ('v', Some(text)) => text.into_owned(),
            _ => call.evaluator.json(value, call.origin)?.as_str().unwrap_or_default().to_owned(),
        },
        't' => value.as_bool().ok_or_else(|| fail("true or false"))?.to_string(),
        'd' => format!("{:.0}", number()?.trunc()),
        'f' | 'F' => format!("{:.*}", verb.precision.unwrap_or(6), number()?),
        'e' | 'E' | 'g' | 'G' => crate::formats::configuration::value::number_text(number()?),
        'b' | 'o' | 'x' | 'X' => {
            #[expect(clippy::cast_possible_truncation, reason = "these verbs write whole numbers")]
            let whole = number()? as i64;
            match verb.letter {
                'b' => format!("{whole:b}"),
                'o' => format!("{whole:o}"),
                'x' => format!("{whole:x}"),
                _ => format!("{whole:X}"),
            }
        }
        _ => return Err(fail("nothing that is known")),
    };
    let text = match (verb.letter, verb.precision) {
        ('s', Some(most)) => text.chars().take(most).collect(),
        _ => text,
    };
    let text = if verb.plus && value.as_number().is_some_and(|own| own >= 0.0) { format!("+{text}") } else { text };
    let missing = verb.width.unwrap_or(0).saturating_sub(text.chars().count());
    let padded = match (verb.minus, verb.zero && !matches!(verb.letter, 's' | 'v' | 'q' | 't')) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => match text.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}", "0".repeat(missing)),
            None => format!("{}{text}", "0".repeat(missing)),
        },
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    };
    into.text(&padded, call.origin)
}
