//! Patterns with `*` and `?`, as IAM documents and role exports write them.

use crate::facts::{Admits, NameRange, Patterns};

/// Whether a held pattern gives everything that a wanted text or pattern names.
///
/// A `*` in `wanted` stands for every text, so only a `*` in `held` covers it. `fold` compares without regard to
/// ASCII case (AWS action names, ERP permission names).
#[must_use]
pub fn covers(held: &str, wanted: &str, fold: bool) -> bool {
    let (held, wanted) = (held.as_bytes(), wanted.as_bytes());
    let same = |a: u8, b: u8| a == b || (fold && a.eq_ignore_ascii_case(&b));
    let (mut h, mut w) = (0, 0);
    // The last star in `held`, and how much of `wanted` it has taken.
    let mut star: Option<(usize, usize)> = None;
    while w < wanted.len() {
        match held.get(h) {
            Some(b'*') => {
                star = Some((h, w));
                h += 1;
            }
            // A wanted star is many texts at once: one character never covers it, and neither does `?`.
            Some(b'?') if wanted[w] != b'*' => {
                h += 1;
                w += 1;
            }
            Some(&c) if c != b'?' && wanted[w] != b'*' && same(c, wanted[w]) => {
                h += 1;
                w += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    h = at + 1;
                    w = taken + 1;
                }
                None => return false,
            },
        }
    }
    held[h..].iter().all(|c| *c == b'*')
}

/// Whether some text matches both patterns.
#[must_use]
pub fn intersects(a: &str, b: &str, fold: bool) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = |x: u8, y: u8| x == b'?' || y == b'?' || x == y || (fold && x.eq_ignore_ascii_case(&y));
    // row[j]: a[i..] and b[j..] share a text; filled from the end.
    let mut next = vec![false; b.len() + 1];
    let mut row = vec![false; b.len() + 1];
    for i in (0..=a.len()).rev() {
        for j in (0..=b.len()).rev() {
            row[j] = match (a.get(i), b.get(j)) {
                (None, None) => true,
                (Some(b'*'), _) => next[j] || (j < b.len() && row[j + 1]),
                (_, Some(b'*')) => row[j + 1] || (i < a.len() && next[j]),
                (Some(&x), Some(&y)) => same(x, y) && next[j + 1],
                _ => false,
            };
        }
        std::mem::swap(&mut row, &mut next);
    }
    next[0]
}

/// Whether a condition on a key holds when the key has a value.
#[must_use]
pub fn admits(admits: &Admits, value: &str) -> bool {
    let listed = admits.values.iter().any(|own| match (admits.wildcards, admits.folds) {
        (true, folds) => covers(own, value, folds),
        (false, true) => own.eq_ignore_ascii_case(value),
        (false, false) => **own == *value,
    });
    listed != admits.negated
}

impl Patterns {
    /// Whether these give everything that `wanted` names.
    #[must_use]
    pub fn cover(&self, wanted: &str, fold: bool) -> bool {
        if self.negated {
            !self.list.iter().any(|pattern| intersects(pattern, wanted, fold))
                && !self.ranges.iter().any(|range| range.touches(wanted, fold))
        } else {
            self.list.iter().any(|pattern| covers(pattern, wanted, fold))
                || self.ranges.iter().any(|range| range.holds(wanted, fold))
        }
    }

    /// Whether these give something of what `wanted` names.
    #[must_use]
    pub fn touch(&self, wanted: &str, fold: bool) -> bool {
        if self.negated {
            !self.list.iter().any(|pattern| covers(pattern, wanted, fold))
                && !self.ranges.iter().any(|range| range.holds(wanted, fold))
        } else {
            self.list.iter().any(|pattern| intersects(pattern, wanted, fold))
                || self.ranges.iter().any(|range| range.touches(wanted, fold))
        }
    }
}

impl NameRange {
    /// Whether one name is in the range. A pattern stands for many names and is not.
    #[must_use]
    pub fn holds(&self, wanted: &str, fold: bool) -> bool {
        if wanted.contains(['*', '?']) {
            return false;
        }
        let shape = |text: &str| if fold { text.to_ascii_uppercase() } else { text.to_owned() };
        let (wanted, low, high) = (shape(wanted), shape(&self.low), shape(&self.high));
        let low = low.strip_suffix('*').unwrap_or(&low);
        let below = match high.strip_suffix('*') {
            Some(prefix) => *wanted <= *prefix || wanted.starts_with(prefix),
            None => wanted <= high,
        };
        low <= wanted.as_str() && below
    }

    /// Whether the range may share a name with a pattern: with any pattern that is not a plain name it may.
    fn touches(&self, wanted: &str, fold: bool) -> bool {
        wanted.contains(['*', '?']) || self.holds(wanted, fold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_cover_what_they_should() {
        for (held, wanted, expected) in [
            ("*", "iam:CreateUser", true),
            ("*", "*", true),
            ("iam:*", "*", false),
            ("iam:*", "iam:*", true),
            ("iam:C*", "iam:*", false),
            ("IAM:createuser", "iam:CreateUser", true),
            ("iam:Put?serPolicy", "iam:PutUserPolicy", true),
            ("iam:?", "iam:*", false),
            ("i*:*", "iam:PassRole", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("", "", true),
            ("a", "", false),
            ("**", "", true),
        ] {
            assert_eq!(covers(held, wanted, true), expected, "{held} covers {wanted}");
        }
        assert!(!covers("arn:Aws", "arn:aws", false), "resources compare with case");
    }

    /// Every text over a small alphabet up to a length.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..5 {
            last = last.iter().flat_map(|text| ['a', 'b'].map(|c| format!("{text}{c}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    /// The definition, by recursion.
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|n| matches(rest, &text[n..])),
            Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && matches(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn covering_a_text_is_matching_it(pattern in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            prop_assert_eq!(covers(&pattern, &text, false), matches(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn covering_a_pattern_is_sound(held in "[ab*?]{0,5}", wanted in "[ab*]{0,5}") {
            if covers(&held, &wanted, false) {
                for text in texts() {
                    if matches(wanted.as_bytes(), text.as_bytes()) {
                        prop_assert!(matches(held.as_bytes(), text.as_bytes()), "{} {} {}", held, wanted, text);
                    }
                }
            }
        }

        #[test]
        fn intersecting_is_sharing_a_text(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
            // Two patterns with at most four fixed characters each share a text of at most eight, if any; stars may
            // then be empty, and five characters suffice for all but patterns without stars, which are short.
            let shared = texts().iter().any(|text| {
                matches(a.as_bytes(), text.as_bytes()) && matches(b.as_bytes(), text.as_bytes())
            });
            if shared {
                prop_assert!(intersects(&a, &b, false));
            } else if a.len() + b.len() <= 5 {
                prop_assert!(!intersects(&a, &b, false), "{} {}", a, b);
            }
        }
    }
}
