//! How far numbers are kept. Terraform computes with 512 bits, here are the 53 of a float: where that would show, the
//! value is not known.

use super::{Evaluator, Failed};
use crate::facts::Origin;
use crate::formats::configuration::value::number_text;
use crate::syntax::hcl::BinaryOperator as Operator;

/// From here on whole numbers are no longer each their own (2^53).
pub(super) const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Most digits of a fraction that are those that Terraform has.
const DIGITS: usize = 15;

/// Whether all digits of a number are those that Terraform has.
fn kept(number: f64) -> bool {
    if number.fract() == 0.0 && number.abs() < WHOLE {
        return true;
    }
    let text = number_text(number).replace(['-', '.'], "");
    text.trim_matches('0').len() <= DIGITS
}

impl Evaluator<'_> {
    /// Stops where the digits of a number would be shown that are not kept.
    pub(super) fn digits(&self, number: f64, origin: Origin) -> Result<(), Failed> {
        if kept(number) { Ok(()) } else { Err(too_many(origin)) }
    }
}

/// That digits would be shown that are not kept.
pub(super) fn too_many(origin: Origin) -> Failed {
    Failed::limit("this number has more digits than are kept".to_owned(), origin)
}

/// A sum, difference or product as decimal fractions have it, as long as their digits suffice.
pub(super) fn exactly(operator: Operator, a: f64, b: f64, origin: Origin) -> Result<f64, Failed> {
    if a.abs() >= WHOLE || b.abs() >= WHOLE {
        return Err(too_many(origin));
    }
    let rough = match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        _ => a * b,
    };
    if a.fract() == 0.0 && b.fract() == 0.0 {
        return if rough.abs() < WHOLE { Ok(rough) } else { Err(too_many(origin)) };
    }
    Ok(in_decimals(operator, a, b).unwrap_or(rough))
}

fn in_decimals(operator: Operator, a: f64, b: f64) -> Option<f64> {
    let parts = |number: f64| {
        let text = number_text(number);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some((digits, u32::try_from(fraction.len()).ok()?))
    };
    let ((a, a_places), (b, b_places)) = (parts(a)?, parts(b)?);
    let places = a_places.max(b_places);
    let scaled = |digits: i128, own: u32| digits.checked_mul(10_i128.checked_pow(places - own)?);
    let (digits, places) = match operator {
        Operator::Add => (scaled(a, a_places)?.checked_add(scaled(b, b_places)?)?, places),
        Operator::Subtract => (scaled(a, a_places)?.checked_sub(scaled(b, b_places)?)?, places),
        _ => (a.checked_mul(b)?, a_places + b_places),
    };
    format!("{digits}e-{places}").parse().ok()
}
