//! Writes a company's documents to files in ways that mean the same: other files, other order, another notation.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::company::Company;

/// A small generator of numbers (SplitMix64), so that a layout follows from one seed.
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }

    fn yes(&mut self) -> bool {
        self.next() & 1 == 1
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}

/// The files of a company: in the plain layout one file a kind of document, or a random layout.
pub(super) fn files(company: &Company, rng: Option<&mut Rng>) -> Vec<(String, String)> {
    let Some(rng) = rng else {
        let mut by_kind: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for document in &company.documents {
            let kind = document["kind"].as_str().unwrap_or("orgs").to_lowercase();
            let mut text = String::new();
            Style::default().block(document, 0, &mut text, &mut Rng::new(0));
            by_kind.entry(format!("{kind}.yaml")).or_default().push(text);
        }
        return by_kind.into_iter().map(|(path, texts)| (path, texts.join("---\n"))).collect();
    };
    let mut documents = split_grants(&company.documents, rng);
    rng.shuffle(&mut documents);
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let count = 1 + rng.below(6);
    for mut document in documents {
        shuffle_lists(&mut document, rng);
        let organisation = document.get("orgs").is_some();
        if organisation || rng.below(4) == 0 {
            // Alone in a file, where it may be JSON; an organisation has no `apiVersion` and is known by its root.
            let folder = ["", "a/", "deep/down/"][rng.below(3)];
            let (path, text) = if rng.yes() {
                let ending = ["json", "yaml"][rng.below(2)];
                let text = if rng.yes() { document.to_string() } else { format!("{document:#}\n") };
                (format!("{folder}x{}.{ending}", all.len()), text)
            } else {
                (format!("{folder}x{}.yml", all.len()), yaml(&document, rng))
            };
            all.insert(path, text);
        } else {
            let path = format!("{}f{}.yaml", ["", "b/"][rng.below(2)], rng.below(count));
            let text = yaml(&document, rng);
            let file = all.entry(path).or_default();
            if !file.is_empty() || rng.yes() {
                file.push_str(["---\n", "--- # next\n", "---\n# a comment\n"][rng.below(3)]);
            }
            file.push_str(&text);
        }
    }
    all.into_iter().collect()
}

/// Writes some grants on several entities as one grant each. A deny that is split so takes less from a grant that is
/// not, so companies with denies are left as they are.
fn split_grants(documents: &[Value], rng: &mut Rng) -> Vec<Value> {
    let denies = documents.iter().any(|document| document.to_string().contains("\"deny\""));
    let mut all = Vec::new();
    for document in documents {
        match document["spec"]["scope"]["legal_entity"].as_array() {
            Some(entities) if !denies && rng.yes() => all.extend(entities.iter().map(|entity| {
                let mut one = document.clone();
                one["spec"]["scope"]["legal_entity"] = entity.clone();
                one
            })),
            _ => all.push(document.clone()),
        }
    }
    all
}

/// Puts every list and the keys of every map in another order.
fn shuffle_lists(value: &mut Value, rng: &mut Rng) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| shuffle_lists(item, rng));
            rng.shuffle(items);
        }
        Value::Object(entries) => entries.values_mut().for_each(|value| shuffle_lists(value, rng)),
        _ => {}
    }
}

fn yaml(document: &Value, rng: &mut Rng) -> String {
    let mut style = Style { step: 2 + 2 * rng.below(2), comments: rng.yes(), shuffle: rng.yes(), ..Style::default() };
    if rng.yes() {
        count(document, &mut style.repeated);
        style.repeated.retain(|_, times| *times > 1);
    }
    let mut text = String::new();
    style.block(document, 0, &mut text, rng);
    text
}

/// How often each value that is no map's key occurs.
fn count(value: &Value, times: &mut BTreeMap<String, usize>) {
    match value {
        Value::Array(items) => {
            for item in items {
                *times.entry(item.to_string()).or_default() += 1;
                count(item, times);
            }
        }
        Value::Object(entries) => {
            for value in entries.values() {
                *times.entry(value.to_string()).or_default() += 1;
                count(value, times);
            }
        }
        _ => {}
    }
}

/// One way of writing YAML.
#[derive(Default)]
struct Style {
    step: usize,
    comments: bool,
    shuffle: bool,
    /// Values that occur more than once and are written once, with an anchor.
    repeated: BTreeMap<String, usize>,
    /// The anchors so far.
    anchors: BTreeMap<String, String>,
}

impl Style {
    fn entries<'v>(&self, map: &'v Map<String, Value>, rng: &mut Rng) -> Vec<(&'v String, &'v Value)> {
        let mut entries: Vec<_> = map.iter().collect();
        if self.shuffle {
            rng.shuffle(&mut entries);
        }
        entries
    }

    fn comment(&self, indent: usize, out: &mut String, rng: &mut Rng) {
        if self.comments && rng.below(3) == 0 {
            let _ = writeln!(out, "{:indent$}# kind: ClusterRoleBinding of nobody", "");
        }
    }

    /// A value that begins on a line of its own.
    fn block(&mut self, value: &Value, indent: usize, out: &mut String, rng: &mut Rng) {
        let step = self.step.max(2);
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in self.entries(map, rng) {
                    self.comment(indent, out, rng);
                    let _ = write!(out, "{:indent$}{key}:", "");
                    self.after(value, indent + step, out, rng);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for item in items {
                    self.comment(indent, out, rng);
                    let _ = write!(out, "{:indent$}-", "");
                    self.after(item, indent + step, out, rng);
                }
            }
            scalar => {
                let _ = writeln!(out, "{:indent$}{scalar}", "");
            }
        }
    }

    /// A value after `key:` or `-`.
    fn after(&mut self, value: &Value, indent: usize, out: &mut String, rng: &mut Rng) {
        let written = value.to_string();
        if let Some(anchor) = self.anchors.get(&written) {
            let _ = writeln!(out, " *{anchor}");
            return;
        }
        if self.repeated.contains_key(&written) {
            let anchor = format!("v{}", self.anchors.len());
            let _ = write!(out, " &{anchor}");
            self.anchors.insert(written, anchor);
        }
        let flow = rng.below(3) == 0 && self.repeated.is_empty() && self.step > 0;
        match value {
            Value::Object(map) if !map.is_empty() && !flow => {
                out.push('\n');
                self.block(value, indent, out, rng);
            }
            Value::Array(items) if !items.is_empty() && !flow => {
                out.push('\n');
                self.block(value, indent, out, rng);
            }
            Value::String(text) if self.step > 0 && rng.yes() && is_plain(text) => {
                let _ = writeln!(out, " {text}");
            }
            other => {
                let _ = writeln!(out, " {other}");
            }
        }
    }
}

/// Whether a text can stand in YAML without quotes and stays text.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_.- ".contains(c))
        && !["true", "false", "null"].contains(&text)
}
