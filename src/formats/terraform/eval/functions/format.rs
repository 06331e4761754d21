//! `format` and `formatlist` (Terraform documentation, "format Function").

use std::sync::Arc;

use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::{Items, Kind, Unknown, Value};
use crate::formats::terraform::eval::Failed;
use crate::formats::terraform::eval::digits::{WHOLE, too_many};
use crate::formats::terraform::eval::template::Builder;

/// Widest field that is made.
const MAX_WIDTH: usize = 1_000;

/// One verb, such as `%-10s` or `%[2]d`.
#[derive(Default)]
struct Verb {
    minus: bool,
    zero: bool,
    plus: bool,
    space: bool,
    sharp: bool,
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
    let mut length: Option<usize> = None;
    let mut rest = None;
    let open = arguments.iter().any(|value| value.rest().is_some());
    for value in arguments {
        match &value.kind {
            Kind::List(items) | Kind::Set(items) => {
                if !open && length.is_some_and(|length| length != items.known.len()) {
                    return Err(call.fail("the lists differ in length"));
                }
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
    let (mut used, mut chosen) = (0, false);
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
        used = used.max(next);
        chosen |= verb.argument.is_some();
        let value = values
            .get(at)
            .ok_or_else(|| Failed::new(format!("`format`: there is no argument for %{}", verb.letter), call.origin))?;
        write(call, &verb, value, &mut builder)?;
    }
    if used < values.len() && !chosen {
        return Err(Failed::new("`format`: there are more arguments than verbs", call.origin));
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
        verb.space |= *flag == b' ';
        verb.sharp |= *flag == b'#';
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

/// A number with an exponent of two digits at least, as `%e` has it; with as many digits as tell it, or so many.
fn scientific(number: f64, digits: Option<usize>) -> String {
    let text = digits.map_or_else(|| format!("{number:e}"), |digits| format!("{number:.digits$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |own| ('-', own));
    format!("{mantissa}e{sign}{exponent:0>2}")
}

/// A number as `%g` has it: with an exponent where that is below -4 or, without a precision, above 5 (Go's `math/big`).
fn general(number: f64, digits: Option<usize>) -> String {
    let written = scientific(number, digits.map(|digits| digits.max(1) - 1));
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let most = i64::try_from(digits.map_or(6, |digits| digits.max(1))).unwrap_or(i64::MAX);
    if exponent < -4 || exponent >= most {
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        return written
            .split_once('e')
            .map_or_else(|| written.clone(), |(_, exponent)| format!("{mantissa}e{exponent}"));
    }
    match digits {
        None => crate::formats::configuration::value::number_text(number),
        Some(_) => {
            let places = usize::try_from(most - 1 - exponent).unwrap_or(0);
            let text = format!("{number:.places$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
    }
}

fn write(call: &Arguments<'_, '_>, verb: &Verb, value: &Value, into: &mut Builder) -> Result<(), Failed> {
    let plain = verb.width.is_none() && verb.precision.is_none() && !verb.sharp;
    let number_as_value = verb.letter == 'v' && matches!(value.kind, Kind::Number(_));
    if let Some(number) = value.as_number()
        && (matches!(verb.letter, 's' | 'q') && matches!(value.kind, Kind::Number(_)) || number.fract() == 0.0)
    {
        call.evaluator.digits(number, call.origin)?;
    }
    if matches!(verb.letter, 's' | 'v') && plain && !number_as_value && into.value(value)? {
        return Ok(());
    }
    if let Some(unknown) = value.first_unknown() {
        return into.unknown(unknown);
    }
    let fail = |what: &str| Failed::new(format!("`format`: %{} takes {what}", verb.letter), call.origin);
    let number = || value.as_number().ok_or_else(|| fail("a number"));
    let text = match verb.letter {
        's' => value.as_text().ok_or_else(|| fail("text"))?.into_owned(),
        'v' if number_as_value => general(number()?, None),
        'q' => {
            let text = value.as_text().ok_or_else(|| fail("text"))?;
            call.evaluator.json(&Value::text(&*text, call.origin), call.origin)?.as_str().unwrap_or_default().to_owned()
        }
        'v' => match value.as_text().filter(|_| !verb.sharp) {
            Some(text) => text.into_owned(),
            None => call.evaluator.json(value, call.origin)?.as_str().unwrap_or_default().to_owned(),
        },
        't' => value.as_bool().ok_or_else(|| fail("true or false"))?.to_string(),
        'd' => {
            let whole = Some(number()?).filter(|own| own.fract() == 0.0).ok_or_else(|| fail("a whole number"))?;
            // Nothing is the number 0, whatever its sign.
            format!("{:.0}", whole + 0.0)
        }
        'f' | 'F' => format!("{:.*}", verb.precision.unwrap_or(6), number()?),
        'e' => scientific(number()?, Some(verb.precision.unwrap_or(6))),
        'E' => scientific(number()?, Some(verb.precision.unwrap_or(6))).to_uppercase(),
        'g' => general(number()?, verb.precision),
        'G' => general(number()?, verb.precision).to_uppercase(),
        'b' | 'o' | 'x' | 'X' => {
            let number = Some(number()?).filter(|own| own.fract() == 0.0).ok_or_else(|| fail("a whole number"))?;
            if number.abs() >= WHOLE {
                return Err(too_many(call.origin));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers below 2^53")]
            let digits = number.abs() as u64;
            let digits = match (verb.letter, verb.sharp) {
                ('b', false) => format!("{digits:b}"),
                ('b', true) => format!("{digits:#b}"),
                ('o', false) => format!("{digits:o}"),
                ('o', true) => format!("0{digits:o}"),
                ('x', false) => format!("{digits:x}"),
                ('x', true) => format!("{digits:#x}"),
                (_, false) => format!("{digits:X}"),
                (_, true) => format!("0X{digits:X}"),
            };
            if number < 0.0 { format!("-{digits}") } else { digits }
        }
        _ => return Err(fail("nothing that is known")),
    };
    let text = match (verb.letter, verb.precision) {
        ('s', Some(most)) => text.chars().take(most).collect(),
        _ => text,
    };
    let sign = match (verb.plus, verb.space) {
        _ if matches!(verb.letter, 's' | 'q' | 't') || value.as_number().is_none_or(|own| own < 0.0) => "",
        (true, _) => "+",
        (false, true) => " ",
        (false, false) => "",
    };
    let text = format!("{sign}{text}");
    let missing = verb.width.unwrap_or(0).saturating_sub(text.chars().count());
    let padded = match (verb.minus, verb.zero) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => match text.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}", "0".repeat(missing)),
            None => match text.strip_prefix(['+', ' ']).filter(|_| !sign.is_empty()) {
                Some(digits) => format!("{sign}{}{digits}", "0".repeat(missing)),
                None => format!("{}{text}", "0".repeat(missing)),
            },
        },
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    };
    into.text(&padded, call.origin)
}
