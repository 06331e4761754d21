//! Functions on numbers.

use super::super::digits::exactly;
use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::{Kind, Value};
use crate::syntax::hcl::BinaryOperator;

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "abs" => |call| call.number_value(call.number(0)?.abs()),
        "ceil" => |call| call.number_value(call.number(0)?.ceil()),
        "floor" => |call| call.number_value(call.number(0)?.floor()),
        "log" => |call| call.number_value(call.number(0)?.ln() / call.number(1)?.ln()),
        "pow" => |call| call.number_value(call.number(0)?.powf(call.number(1)?)),
        "signum" => |call| {
            let number = call.number(0)?;
            call.number_value(if number == 0.0 { 0.0 } else { number.signum() })
        },
        "max" => |call| fold(call, f64::max),
        "min" => |call| fold(call, f64::min),
        "sum" => sum,
        "parseint" => parseint,
        _ => return None,
    })
}

fn fold(call: &Arguments<'_, '_>, pick: fn(f64, f64) -> f64) -> Answer {
    let mut found = call.number(0)?;
    for at in 1..call.values.len() {
        found = pick(found, call.number(at)?);
    }
    call.number_value(found)
}

fn sum(call: &Arguments<'_, '_>) -> Answer {
    let mut total = 0.0;
    let items = call.whole(0)?;
    if items.is_empty() {
        return Err(call.fail("the list is empty"));
    }
    for item in items {
        let own = item.as_number().ok_or_else(|| match item.first_unknown() {
            Some(unknown) => Stop::Unknown(unknown.clone()),
            None => call.fail("a member is no number"),
        })?;
        total = exactly(BinaryOperator::Add, total, own, call.origin)?;
    }
    call.number_value(total)
}

/// A whole number with digits from 0 to 9, a to z and, in a base over 36, A to Z.
fn whole_number(text: &str, base: i64) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |own| (-1, own));
    let digit = |c: char| match c {
        'A'..='Z' if base > 36 => Some(i64::from(u32::from(c) - u32::from('A')) + 36),
        _ => c.to_digit(36).map(i64::from),
    };
    let add = |number: i64, c| number.checked_mul(base)?.checked_add(digit(c).filter(|own| *own < base)?);
    let number = digits.chars().try_fold(0, add).filter(|_| !digits.is_empty())?;
    Some(sign * number)
}

fn parseint(call: &Arguments<'_, '_>) -> Answer {
    let (text, base) = (call.text(0)?, call.place(1)?);
    let base = i64::try_from(base).ok().filter(|base| (2..=62).contains(base));
    let base = base.ok_or_else(|| call.fail("the base is between 2 and 62"))?;
    let number = whole_number(&text, base).ok_or_else(|| call.fail("the text is no whole number"))?;
    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 2^53 lose digits, as documented of values")]
    Ok(Value::new(Kind::Number(number as f64), call.origin))
}
