//! Conditions of bindings, in the Common Expression Language (IAM documentation, "Overview of IAM Conditions" and
//! "Attribute reference for IAM Conditions").
//!
//! A condition that only says until when is a validity. Of the others, those that surely narrow are told from those of
//! which that is not known; nothing is evaluated.

use crate::facts::{Condition, Constrains, Validity};

/// When and under which conditions something counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::formats) struct Limits {
    pub(in crate::formats) validity: Validity,
    pub(in crate::formats) conditions: Vec<Condition>,
}

impl Limits {
    /// The validity as a condition, for a fact that has no dates.
    pub(in crate::formats) fn time_condition(&self) -> Option<Condition> {
        let instant = |at: Option<i64>| jiff::Timestamp::from_second(at?).ok();
        let text = match (instant(self.validity.from), instant(self.validity.until)) {
            (None, None) => return None,
            (Some(from), None) => format!("request.time >= {from}"),
            (None, Some(until)) => format!("request.time < {until}"),
            (Some(from), Some(until)) => format!("{from} <= request.time < {until}"),
        };
        Some(Condition::new("request.time", text, Constrains::Unknown))
    }
}

/// Attributes that a condition can compare with what it names, so that it lets less through.
const NARROWING: [&str; 11] = [
    "resource.name",
    "resource.type",
    "resource.service",
    "request.auth.access_levels",
    "request.auth.claims",
    "request.host",
    "request.path",
    "destination.ip",
    "destination.port",
    "api.getAttribute",
    "resource.matchTag",
];

/// Longest expression that is looked into, in bytes. The service takes far less (IAM documentation, "Quotas and limits":
/// twelve logical operators).
const MAX_EXPRESSION: usize = 20_000;

/// What a condition's expression says.
pub(in crate::formats) fn limits(expression: &str) -> Limits {
    let mut found = Limits::default();
    if expression.len() > MAX_EXPRESSION {
        let text = "an expression that is too long to look into";
        found.conditions.push(Condition::new("condition", text, Constrains::Unknown));
        return found;
    }
    for part in conjuncts(expression) {
        if part == "true" {
            continue;
        }
        match time(part) {
            Some(bound) => found.validity = found.validity.intersect(bound),
            None => found.conditions.push(Condition::new(key(part), part, constrains(part))),
        }
    }
    found
}

/// The parts of a conjunction, without the parentheses around them.
fn conjuncts(expression: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut waiting = vec![expression];
    while let Some(next) = waiting.pop() {
        let bare = unwrapped(next.trim());
        // `&&` binds closer than `||` and `? :`, so that a part beside those is no condition by itself.
        let alternative = split(bare, "||").len() > 1 || split(bare, "?").len() > 1;
        let inner = if alternative { vec![bare] } else { split(bare, "&&") };
        match inner.as_slice() {
            [] => {}
            [only] if !only.trim().is_empty() => parts.push(only.trim()),
            several => waiting.extend(several.iter().rev().filter(|part| !part.trim().is_empty())),
        }
    }
    parts
}

/// A text without the parentheses that enclose all of it.
fn unwrapped(text: &str) -> &str {
    let mut text = text;
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if !balanced(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Whether no parenthesis closes that did not open here.
fn balanced(text: &str) -> bool {
    let mut depth = 0i64;
    let mut least = 0i64;
    walk(text, |_, c, _| {
        depth += i64::from(c == '(') - i64::from(c == ')');
        least = least.min(depth);
    });
    depth == 0 && least == 0
}

/// Goes through the characters outside of quotes, with the depth of brackets before each.
fn walk(text: &str, mut visit: impl FnMut(usize, char, i64)) {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let mut depth = 0i64;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => {
                if !escaped && c == open {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
            }
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {
                visit(at, c, depth);
                depth += i64::from(matches!(c, '(' | '[' | '{')) - i64::from(matches!(c, ')' | ']' | '}'));
            }
        }
    }
}

/// The parts between an operator, where no bracket or quote is open.
fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let mut places = Vec::new();
    walk(text, |at, _, depth| {
        let after_last = places.last().is_none_or(|last| at >= last + operator.len());
        if depth == 0 && after_last && text.get(at..).is_some_and(|rest| rest.starts_with(operator)) {
            places.push(at);
        }
    });
    let mut parts = Vec::new();
    let mut from = 0;
    for at in places {
        parts.extend(text.get(from..at));
        from = at + operator.len();
    }
    parts.extend(text.get(from..));
    parts
}

/// `request.time < timestamp("…")` and its like, in either order.
fn time(part: &str) -> Option<Validity> {
    let (operator, left, right) = ["<=", ">=", "<", ">"].into_iter().find_map(|operator| {
        let parts = split(part, operator);
        match parts.as_slice() {
            [left, right] => Some((operator, left.trim(), right.trim())),
            _ => None,
        }
    })?;
    let (instant, operator) = match (left, right) {
        ("request.time", other) => (timestamp(other)?, operator),
        (other, "request.time") => {
            let turned = match operator {
                "<=" => ">=",
                ">=" => "<=",
                "<" => ">",
                _ => "<",
            };
            (timestamp(other)?, turned)
        }
        _ => return None,
    };
    Some(match operator {
        "<" => Validity { from: None, until: Some(instant) },
        "<=" => Validity { from: None, until: Some(instant.saturating_add(1)) },
        ">=" => Validity { from: Some(instant), until: None },
        _ => Validity { from: Some(instant.saturating_add(1)), until: None },
    })
}

/// The instant of `timestamp("2027-01-01T00:00:00Z")`, in epoch seconds.
fn timestamp(call: &str) -> Option<i64> {
    let argument = call.strip_prefix("timestamp(")?.strip_suffix(')')?.trim();
    let text = argument.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// The attribute that a condition tests.
fn key(part: &str) -> &str {
    let known = NARROWING.iter().chain(&["request.time"]).find(|name| part.contains(**name));
    known.copied().unwrap_or("condition")
}

/// Whether a condition surely lets less through: it demands that a known attribute is, begins or ends as it says. What is
/// negated or one of several alternatives may let everything through.
fn constrains(part: &str) -> Constrains {
    let negated = part.starts_with('!') || split(part, "!=").len() > 1;
    if negated || split(part, "||").len() > 1 || split(part, "?").len() > 1 {
        return Constrains::Unknown;
    }
    let test = [".startsWith(", ".endsWith(", ".hasOnly("].into_iter().find_map(|test| {
        let (subject, rest) = part.split_once(test)?;
        Some((subject, rest.strip_suffix(')')?.trim()))
    });
    let narrows = |subject: &str| NARROWING.iter().any(|name| subject.trim().starts_with(name));
    match test {
        // Every text begins and ends with nothing.
        Some((subject, "\"\"" | "''")) if narrows(subject) => return Constrains::No,
        Some((subject, _)) => return if narrows(subject) { Constrains::Yes } else { Constrains::Unknown },
        None => {}
    }
    if part.starts_with("resource.matchTag") || part.starts_with("resource.hasTagKey") {
        return Constrains::Yes;
    }
    let compared = [split(part, "=="), split(part, " in ")].into_iter().find(|parts| parts.len() == 2);
    match compared.as_deref() {
        Some([left, right]) if narrows(left) || narrows(right) => Constrains::Yes,
        _ => Constrains::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expression: &str) -> String {
        let found = limits(expression);
        let mut parts: Vec<String> = Vec::new();
        parts.extend(found.validity.from.map(|from| format!("from {from}")));
        parts.extend(found.validity.until.map(|until| format!("until {until}")));
        parts.extend(found.conditions.iter().map(|own| format!("{} {:?}", own.key, own.constrains)));
        parts.join(", ")
    }

    #[test]
    fn conditions_are_dates_or_narrow_or_are_not_known() {
        for (expression, expected) in [
            ("request.time < timestamp(\"2027-01-01T00:00:00Z\")", "until 1798761600"),
            ("request.time <= timestamp('2027-01-01T00:00:00Z')", "until 1798761601"),
            ("timestamp(\"2027-01-01T00:00:00Z\") > request.time", "until 1798761600"),
            ("request.time > timestamp(\"2027-01-01T00:00:00Z\")", "from 1798761601"),
            (
                "(request.time >= timestamp(\"2027-01-01T00:00:00Z\") && (request.time < timestamp(\"2027-01-02T00:00:00Z\")))",
                "from 1798761600, until 1798848000",
            ),
            (
                "resource.name.startsWith(\"a && b\") && request.time < timestamp(\"2027-01-01T00:00:00Z\")",
                "until 1798761600, resource.name Yes",
            ),
            ("resource.name.startsWith(\"\")", "resource.name No"),
            ("!resource.name.startsWith(\"x\")", "resource.name Unknown"),
            ("resource.type != \"x\"", "resource.type Unknown"),
            ("resource.type == \"x\" || true", "resource.type Unknown"),
            ("resource.type == \"x\" && resource.service == \"y\" || true", "resource.type Unknown"),
            ("resource.type == \"x\"", "resource.type Yes"),
            ("resource.matchTag(\"1/env\", \"dev\")", "resource.matchTag Yes"),
            (
                "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/viewer'])",
                "api.getAttribute Yes",
            ),
            ("request.time.getHours(\"Europe/Berlin\") < 18", "request.time Unknown"),
            ("request.time < timestamp(\"${var.end}\")", "request.time Unknown"),
            ("true", ""),
            ("", ""),
        ] {
            assert_eq!(shown(expression), expected, "{expression}");
        }
    }
}
