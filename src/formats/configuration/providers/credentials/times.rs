//! Instants and spans of time as arguments write them.

use super::at;
use super::row::{End, Form};
use crate::facts::Lifetime;
use crate::facts::date::Date;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

const DAY: i64 = 86_400;

/// How long a credential lives, by the first argument that says so.
pub(super) fn lifetime(end: End, resource: &Resource) -> Lifetime {
    let mut written = end.written.iter().filter_map(|(path, form)| {
        let value = at(&resource.attributes, path).into_iter().next()?;
        (!is_open(value)).then_some((value, *form))
    });
    let Some((value, form)) = written.next() else { return end.otherwise };
    match form {
        Form::Date => value.as_str().and_then(instant).map_or(Lifetime::Unknown, Lifetime::Until),
        _ => seconds(value, form).map_or(Lifetime::Unknown, Lifetime::For),
    }
}

/// Whether a value says that there is no end: no time at all, or for ever.
fn is_open(value: &Value) -> bool {
    value.as_number() == Some(0.0) || matches!(value.as_str(), Some("infinity" | "0s" | "0h"))
}

/// How many days a span is, rounded up.
pub(super) fn days(value: &Value, form: Form) -> Option<u32> {
    let seconds = seconds(value, form)?;
    u32::try_from(seconds.saturating_add(DAY - 1).div_euclid(DAY)).ok()
}

/// The first second after an instant, or after a day.
fn instant(text: &str) -> Option<i64> {
    let exact = text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    exact.or_else(|| Date::parse(text.get(..10)?).map(|date| date.end))
}

/// How many seconds a value is.
fn seconds(value: &Value, form: Form) -> Option<i64> {
    let whole = |number: f64| (0.0..1e12).contains(&number).then_some(number as i64);
    match form {
        Form::Date => None,
        Form::Seconds => match value.as_number() {
            Some(number) => whole(number),
            None => value.as_str().and_then(span),
        },
        Form::Days => whole(value.as_number()?).map(|days| days.saturating_mul(DAY)),
        Form::Span => match value.as_number() {
            // A number alone is of hours: `validity_period_hours`.
            Some(number) => whole(number).map(|hours| hours.saturating_mul(3_600)),
            None => value.as_str().and_then(span),
        },
    }
}

/// A span as Go writes it (`240h`, `1h30m`), with days, or as ISO 8601 does (`P30D`, `P1Y`, `PT1H`). A month counts as 31
/// days and a year as 366: no longer than it is.
fn span(text: &str) -> Option<i64> {
    let (text, iso) = match text.strip_prefix('P') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut total = 0_i64;
    let (mut number, mut in_time) = (String::new(), !iso);
    for c in text.chars() {
        let unit = match c {
            '0'..='9' | '.' => {
                number.push(c);
                continue;
            }
            'T' if iso && number.is_empty() => {
                in_time = true;
                continue;
            }
            's' | 'S' => 1,
            'm' | 'M' if in_time => 60,
            'h' | 'H' => 3_600,
            'd' | 'D' => DAY,
            'W' if iso => 7 * DAY,
            'M' => 31 * DAY,
            'Y' if iso => 366 * DAY,
            _ => return None,
        };
        let own: f64 = number.parse().ok().filter(|own: &f64| *own < 1e9)?;
        total = total.saturating_add((own * f64::from(unit as i32)) as i64);
        number.clear();
    }
    (number.is_empty() && total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_go_and_iso_8601_write_them() {
        for (text, wanted) in [
            ("240h", Some(10 * DAY)),
            ("1h30m", Some(5_400)),
            ("63072000s", Some(730 * DAY)),
            ("30d", Some(30 * DAY)),
            ("P30D", Some(30 * DAY)),
            ("P1Y", Some(366 * DAY)),
            ("P1M", Some(31 * DAY)),
            ("PT1M", Some(60)),
            ("0 0 * * SAT", None),
            ("", None),
            ("12", None),
            ("soon", None),
        ] {
            assert_eq!(span(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_date_ends_with_its_day() {
        assert_eq!(instant("2026-12-31T00:00:00Z"), Some(1_798_675_200));
        assert_eq!(instant("2026-12-31"), Some(1_798_761_600));
        assert_eq!(instant("next year"), None);
    }
}
