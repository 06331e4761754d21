//! Which values are worth trying at one place of a document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Real;
use crate::policy::Words;

/// Values of one kind that are tried at one place, at most.
const MOST: usize = 28;
/// Values of the tree that are tried at one place, at most.
const FROM_TREE: usize = 3;
const DAY: i64 = 86_400;

/// What is known of a run beside the policies.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Known {
    /// The instant of the evaluation.
    pub(in super::super) as_of: i64,
    /// Ids of the people who made the change.
    pub(in super::super) authors: Vec<String>,
}

/// Values by the name of the field.
pub(super) struct Domain<'a> {
    words: &'a Words,
    known: &'a Known,
    texts: BTreeMap<String, BTreeSet<String>>,
    numbers: BTreeMap<String, BTreeSet<i64>>,
}

impl<'a> Domain<'a> {
    pub(super) fn new(words: &'a Words, known: &'a Known, real: &[Real]) -> Self {
        let mut domain = Self { words, known, texts: BTreeMap::new(), numbers: BTreeMap::new() };
        for (_, document) in real.iter().take(200) {
            domain.learn("", document);
        }
        domain
    }

    fn learn(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| self.learn(name, value)),
            Value::Array(items) => items.iter().for_each(|item| self.learn(name, item)),
            Value::String(text) => {
                let known = self.texts.entry(name.to_owned()).or_default();
                if known.len() < FROM_TREE {
                    known.insert(text.clone());
                }
            }
            Value::Number(number) => {
                let known = self.numbers.entry(name.to_owned()).or_default();
                if let Some(number) = number.as_i64().filter(|_| known.len() < FROM_TREE) {
                    known.insert(number);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Whether a field is worth varying.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.words.may_read(name)
    }

    /// Values that the modules likely compare with a text: they come first.
    pub(super) fn near_texts(&self, name: &str) -> Vec<String> {
        self.words.strings_near.get(name).into_iter().flatten().cloned().collect()
    }

    /// Texts for a field. `examples` are the words of its description.
    pub(super) fn texts(&self, name: &str, examples: &[String]) -> Vec<String> {
        // A finding must name one of these, so a policy that hands the field on fails on anything else.
        if name == "severity" {
            return ["critical", "high", "medium", "low"].map(str::to_owned).to_vec();
        }
        let near = self.near_texts(name);
        let mut all = near.clone();
        all.extend(examples.iter().cloned());
        all.extend(self.texts.get(name).into_iter().flatten().cloned());
        if matches!(name, "id" | "was" | "now" | "holder") {
            all.extend(self.known.authors.iter().cloned());
        }
        all.extend(["alpha", "beta", ""].map(str::to_owned));
        // Around what is compared with it: the ends of prefixes, suffixes, parts and cases.
        for text in &near {
            let around = [format!("{text}x"), format!("x{text}"), text.to_uppercase(), text.to_lowercase()];
            all.extend(around);
        }
        all.extend(self.words.strings.iter().cloned());
        unique(all)
    }

    /// Numbers for a field.
    pub(super) fn numbers(&self, name: &str, instant: bool) -> Vec<i64> {
        let near: Vec<i64> = self.words.numbers_near.get(name).into_iter().flatten().copied().collect();
        let tree: Vec<i64> = self.numbers.get(name).into_iter().flatten().copied().collect();
        if !instant {
            let mut all: Vec<i64> = near.iter().chain(&tree).flat_map(|n| [*n, n - 1, n + 1]).collect();
            all.extend([0, 1, 90]);
            all.extend(self.words.numbers.iter().flat_map(|n| [*n, n - 1, n + 1]));
            all.retain(|n| *n >= 0);
            return unique(all);
        }
        let now = self.known.as_of;
        let mut offsets: Vec<i64> = vec![0, 1, -1, DAY, -DAY];
        let limits = self.numbers.get("max_age_days").into_iter().flatten().copied();
        let counts: BTreeSet<i64> = limits.chain(self.words.numbers.iter().copied()).chain([90]).collect();
        for n in counts.iter().copied().filter(|n| (2..=100_000).contains(n)) {
            // As days, on either side of the limit and a day further; as seconds when it is that many.
            offsets.extend([n * DAY, (n + 1) * DAY, n * DAY - 1, -n * DAY, -(n + 1) * DAY]);
            if n >= 3600 {
                offsets.extend([n, n + 1, -n]);
            }
            for other in counts.iter().copied().filter(|other| *other > n && other * n < 4_000_000_000) {
                offsets.extend([other * n, other * n + DAY, other * n - 1]);
            }
        }
        let mut all: Vec<i64> = near.iter().copied().filter(|n| *n > 1_000_000_000).collect();
        all.extend(offsets.into_iter().filter_map(|offset| now.checked_add(offset)));
        all.extend(tree);
        unique(all)
    }

    /// How long a list is made: around every number that stands beside its name.
    pub(super) fn lengths(&self, name: &str) -> Vec<usize> {
        let near = self.words.numbers_near.get(name).into_iter().flatten();
        let mut all: Vec<usize> = vec![0, 1, 2];
        all.extend(
            near.filter_map(|n| usize::try_from(*n).ok())
                .filter(|n| *n <= 24)
                .flat_map(|n| [n, n + 1, n.saturating_sub(1)]),
        );
        unique(all)
    }

    /// Names for the keys of a map.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut all = vec!["legal_entity".to_owned()];
        all.extend(self.words.strings.iter().filter(|text| !text.contains(' ')).cloned());
        let mut all = unique(all);
        all.truncate(6);
        all
    }
}

/// Each once, in the order of the first, and no more than are tried.
fn unique<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for value in all {
        if kept.len() < MOST && !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}
