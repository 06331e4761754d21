//! The names and literals of a Rego module, read without compiling it: enough to know what to try it on.

use std::collections::{BTreeMap, BTreeSet};

/// Keys of a finding: they say what a policy answers and not what it reads.
const FINDING_KEYS: &[&str] = &["message", "conflict", "duty", "credential", "systems", "key", "severity"];

/// What a module mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Identifiers and parts of paths: `input.owner.status` gives three.
    pub names: BTreeSet<String>,
    /// Texts in quotes, without format strings and keys of findings.
    pub strings: BTreeSet<String>,
    /// Whole numbers; of a fraction both neighbours.
    pub numbers: BTreeSet<i64>,
    /// The texts that stand on a line with a name, and so are likely compared with it.
    pub strings_near: BTreeMap<String, BTreeSet<String>>,
    /// The numbers that do.
    pub numbers_near: BTreeMap<String, BTreeSet<i64>>,
    /// Whether fields may be read that are not named: by `walk`, by a computed key, by looking at all of the input.
    pub reads_unnamed: bool,
}

impl Words {
    /// Reads a module.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut words = Self::default();
        let mut raw = false;
        for line in text.lines() {
            let mut found = Line::default();
            scan(line, &mut raw, &mut found);
            words.reads_unnamed |= found.reads_unnamed;
            for name in &found.names {
                words.strings_near.entry(name.clone()).or_default().extend(found.strings.iter().cloned());
                words.numbers_near.entry(name.clone()).or_default().extend(found.numbers.iter().copied());
            }
            words.names.extend(found.names);
            words.strings.extend(found.strings);
            words.numbers.extend(found.numbers);
        }
        words
    }

    /// What two modules mention together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self.strings.extend(other.strings);
        self.numbers.extend(other.numbers);
        for (name, strings) in other.strings_near {
            self.strings_near.entry(name).or_default().extend(strings);
        }
        for (name, numbers) in other.numbers_near {
            self.numbers_near.entry(name).or_default().extend(numbers);
        }
        self.reads_unnamed |= other.reads_unnamed;
        self
    }

    /// Whether a field may be read.
    #[must_use]
    pub fn may_read(&self, field: &str) -> bool {
        self.reads_unnamed || self.names.contains(field) || self.strings.contains(field)
    }
}

#[derive(Default)]
struct Line {
    names: Vec<String>,
    strings: Vec<String>,
    numbers: Vec<i64>,
    reads_unnamed: bool,
}

/// Reads one line. `raw` says whether it begins inside a text in backquotes.
fn scan(line: &str, raw: &mut bool, found: &mut Line) {
    let bytes = line.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        if *raw {
            let end = line.get(at..).and_then(|rest| rest.find('`'));
            at = end.map_or(bytes.len(), |end| at + end + 1);
            *raw = end.is_none();
            let text = line.get(start..at).unwrap_or_default().trim_end_matches('`');
            found.strings.push(text.to_owned());
            continue;
        }
        match byte {
            b'#' => return,
            b'`' => {
                *raw = true;
                at += 1;
            }
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|b| *b != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                let text = line.get(start..at).unwrap_or("\"\"");
                let text = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.trim_matches('"').to_owned());
                let is_key = line.get(at..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                if !(text.contains('%') || is_key && FINDING_KEYS.contains(&text.as_str())) {
                    found.strings.push(text);
                }
            }
            b'0'..=b'9' => {
                while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'_')) {
                    at += 1;
                }
                let text = line.get(start..at).unwrap_or_default();
                if let Ok(number) = text.parse::<i64>() {
                    found.numbers.push(number);
                } else if let Ok(number) = text.parse::<f64>()
                    && number.abs() < 9e15
                {
                    #[expect(clippy::cast_possible_truncation, reason = "bounded on the line above")]
                    found.numbers.extend([number.floor() as i64, number.ceil() as i64]);
                }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                    at += 1;
                }
                let name = line.get(start..at).unwrap_or_default();
                let next = bytes.get(at..).unwrap_or_default().iter().find(|b| !b.is_ascii_whitespace());
                found.reads_unnamed |= match name {
                    "walk" => true,
                    "input" if start == 0 || bytes.get(start - 1) != Some(&b'.') => match next {
                        Some(b'.') => false,
                        // A key in quotes is a name; `object.get(input, "x", …)` names its field, too.
                        Some(b'[') => {
                            !line.get(at..).unwrap_or_default().trim_start().trim_start_matches('[').starts_with('"')
                        }
                        Some(b',') => !line.get(..start).unwrap_or_default().trim_end().ends_with("object.get("),
                        _ => true,
                    },
                    _ => false,
                };
                found.names.push(name.to_owned());
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_literals_are_found_and_formats_are_not() {
        let words = Words::of(
            "# input.hidden == \"no\"\npackage a.b\nfinding contains f if {\n  input.kind == \"service\"\n  count(input.\
             accounts) > 3.5\n  f := {\"message\": sprintf(\"%s\", [input.name]), \"key\": \"k\"}\n}\nwords := \
             {\"token\": `raw`}\nx := object.get(input, \"created\", 7)\n",
        );
        assert_eq!(
            words.strings.iter().map(String::as_str).collect::<Vec<_>>(),
            ["created", "k", "raw", "service", "token"]
        );
        assert_eq!(words.numbers.iter().copied().collect::<Vec<_>>(), [3, 4, 7]);
        assert_eq!(words.strings_near["kind"], BTreeSet::from(["service".to_owned()]));
        assert!(words.may_read("created") && words.may_read("accounts") && !words.may_read("hidden"));
        assert!(!words.reads_unnamed);
    }

    #[test]
    fn what_reads_fields_without_naming_them_is_noticed() {
        for text in ["walk(input, [p, v])", "input[k]", "some k, v in input", "f(input)", "x := input"] {
            assert!(Words::of(text).reads_unnamed, "{text}");
        }
        for text in ["input.a", "input[\"a\"]", "data.input.a", "object.get(input, \"a\", 1)"] {
            assert!(!Words::of(text).reads_unnamed, "{text}");
        }
    }
}
