//! Functions on numbers.

use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::{Kind, Value};

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
    for item in call.whole(0)? {
        total += item.as_number().ok_or_else(|| match item.first_unknown() {
            Some(unknown) => Stop::Unknown(unknown.clone()),
            None => call.fail("a member is no number"),
        })?;
    }
    call.number_value(total)
}

fn parseint(call: &Arguments<'_, '_>) -> Answer {
    let (text, base) = (call.text(0)?, call.place(1)?);
    let base = u32::try_from(base).ok().filter(|base| (2..=36).contains(base));
    let base = base.ok_or_else(|| call.fail("the base is between 2 and 36"))?;
    let number = i64::from_str_radix(&text, base).map_err(|_| call.fail("the text is no whole number"))?;
    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 2^53 lose digits, as documented of values")]
    Ok(Value::new(Kind::Number(number as f64), call.origin))
}
