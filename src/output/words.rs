//! Phrases that several renderers share.

use super::check::ExtentReport;

/// A number that people can read: `12,345`.
pub(super) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 finding`, `12 findings`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The commonest count.
pub(super) fn findings(n: usize) -> String {
    count(n, "finding", "findings")
}

/// A list for people: `a, b and c`, after `most` items `a, b and 7 more`.
pub(super) fn list<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let shown: Vec<&str> = items.iter().take(most).map(AsRef::as_ref).collect();
    let rest = items.len() - shown.len();
    if rest > 0 {
        return format!("{} and {} more", shown.join(", "), number(rest));
    }
    match shown.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Text that ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Prose that starts with a capital letter. An id or a name at the start stays as it is.
pub(super) fn capital(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if !word.chars().all(|c| c.is_ascii_lowercase()) || word.is_empty() {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

/// What a finding extends to, in words: `legal entity DE01 and US01`. The system is said elsewhere.
pub(super) fn extent(parts: &[ExtentReport]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for part in parts {
        let dimensions: Vec<String> = part
            .scope
            .iter()
            .filter(|(dimension, _)| *dimension != "system")
            .map(|(dimension, values)| {
                let dimension = dimension.replace('_', " ");
                match values.as_slice() {
                    [all] if all == "*" => format!("every {dimension}"),
                    values => format!("{dimension} {}", list(values, 5)),
                }
            })
            .collect();
        let phrase = dimensions.join(", ");
        if !phrase.is_empty() && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases.truncate(4);
    phrases.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_by_thousands() {
        assert_eq!(["0", "999", "1,000", "12,345,678"].map(str::to_owned), [0, 999, 1000, 12_345_678].map(number));
    }

    #[test]
    fn lists_end_with_and() {
        assert_eq!(list(&["a"], 5), "a");
        assert_eq!(list(&["a", "b", "c"], 5), "a, b and c");
        assert_eq!(list(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(list::<&str>(&[], 2), "");
    }

    #[test]
    fn names_stay_and_prose_gets_a_capital() {
        assert_eq!(capital("alice.ng would hold"), "alice.ng would hold");
        assert_eq!(capital("the token x"), "The token x");
        assert_eq!(capital("person:a has"), "person:a has");
    }
}
