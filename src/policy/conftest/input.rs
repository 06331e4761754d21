//! Files as the documents that Conftest's policies read.
//!
//! As Conftest does it: a file is read by its ending; each document of a YAML file, and each item of a list that a whole
//! file is, is asked about by itself.

use serde_json::{Map, Number, Value, json};

use super::hcl;
use crate::syntax::{self, Node, Span};

/// One document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What tells it apart in its file: kind and name of a Kubernetes object, else its number; nothing of an only one.
    pub name: Option<String>,
    /// Where to point.
    pub span: Span,
    /// What it says.
    pub value: Value,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Yaml,
    Json,
    Toml,
    Hcl,
}

fn language(path: &str) -> Option<Language> {
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => Some(Language::Yaml),
        "json" => Some(Language::Json),
        "toml" => Some(Language::Toml),
        "tf" | "tfvars" | "hcl" => Some(Language::Hcl),
        _ => None,
    }
}

/// Whether a file is read, by its path.
#[must_use]
pub fn reads(path: &str) -> bool {
    language(path).is_some()
}

/// The documents of a file; `None` where it is none that is read.
///
/// # Errors
/// Why it cannot be read.
pub fn documents(path: &str, bytes: &[u8]) -> Option<Result<Vec<Document>, String>> {
    Some(match language(path)? {
        Language::Hcl => hcl::document(bytes).map(|value| vec![Document { name: None, span: start(bytes), value }]),
        Language::Toml => syntax::toml::parse(bytes).map_err(|error| error.message).map(|node| of(&[node], b"")),
        // Quotes are all that there is in JSON.
        Language::Json => syntax::parse(bytes).map_err(|error| error.message).map(|nodes| of(&nodes, b"")),
        Language::Yaml => syntax::parse(bytes).map_err(|error| error.message).map(|nodes| of(&nodes, bytes)),
    })
}

/// The first line that says something.
fn start(bytes: &[u8]) -> Span {
    let from = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let to = bytes.iter().skip(from).position(|byte| *byte == b'\n').map_or(bytes.len(), |length| from + length);
    Span::new(from, to)
}

fn of(nodes: &[Node], yaml: &[u8]) -> Vec<Document> {
    // Conftest asks about nothing, too: a file of comments alone is `null`.
    if nodes.is_empty() {
        return vec![Document { name: None, span: Span::default(), value: Value::Null }];
    }
    let flat: Vec<&Node> = match nodes {
        [only] => only.as_list().map_or_else(|| vec![only], |items| items.iter().collect()),
        several => several.iter().collect(),
    };
    let alone = nodes.len() == 1 && nodes.iter().all(|node| node.as_list().is_none());
    let mut names: Vec<String> = Vec::new();
    flat.into_iter()
        .enumerate()
        .map(|(number, node)| {
            let name = (!alone).then(|| {
                let own = object_name(node).filter(|own| !names.contains(own));
                own.unwrap_or_else(|| (number + 1).to_string())
            });
            names.extend(name.clone());
            let span = node.entry("kind").map_or_else(|| node.head(), |kind| kind.span());
            Document { name, span, value: value(node, yaml) }
        })
        .collect()
}

/// Kind, namespace and name of a Kubernetes object, which stay when others come before it.
fn object_name(node: &Node) -> Option<String> {
    let kind = node.at(&["kind"])?.as_str()?;
    let name = node.at(&["metadata", "name"])?.as_str()?;
    let namespace = node.at(&["metadata", "namespace"]).and_then(Node::as_str);
    Some(namespace.map_or_else(|| format!("{kind}/{name}"), |namespace| format!("{kind}/{namespace}/{name}")))
}

/// A node as JSON. Conftest reads YAML 1.1, where a plain `yes` or `off` is a boolean.
pub(super) fn value(node: &Node, yaml: &[u8]) -> Value {
    match &node.value {
        syntax::Value::Null => Value::Null,
        syntax::Value::Bool(own) => json!(own),
        syntax::Value::Number(text) => number(text),
        syntax::Value::String(text) => {
            let plain =
                yaml.get(node.span.start as usize).is_some_and(|byte| !matches!(byte, b'"' | b'\'' | b'|' | b'>'));
            match &**text {
                "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" if plain && node.tag.is_none() => json!(true),
                "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" if plain && node.tag.is_none() => json!(false),
                text => json!(text),
            }
        }
        syntax::Value::List(items) => items.iter().map(|item| value(item, yaml)).collect(),
        syntax::Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.to_string(), value(&entry.value, yaml)))
            .collect::<Map<String, Value>>()
            .into(),
    }
}

fn number(text: &str) -> Value {
    if let Ok(own) = serde_json::from_str::<Number>(text) {
        return Value::Number(own);
    }
    // What YAML and TOML write and JSON does not: `+1`, `0x1f`, `1_000`, `.5`.
    let plain = text.replace('_', "");
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let of_base = |prefix: &str, base| plain.strip_prefix(prefix).and_then(|own| i64::from_str_radix(own, base).ok());
    of_base("0x", 16)
        .or_else(|| of_base("0o", 8))
        .or_else(|| of_base("0b", 2))
        .or_else(|| plain.parse().ok())
        .map(|own| json!(own))
        .or_else(|| plain.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number))
        .unwrap_or_else(|| json!(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Vec<(Option<String>, Value)> {
        let found = documents(path, text.as_bytes()).unwrap().unwrap();
        found.into_iter().map(|own| (own.name, own.value)).collect()
    }

    #[test]
    fn each_document_and_each_item_of_a_list_stands_for_itself() {
        assert_eq!(read("a.yaml", "a: 1\n"), [(None, json!({"a": 1}))]);
        let two = read("a.yml", "kind: Pod\nmetadata: {name: web}\n---\nb: 2\n");
        assert_eq!(two[0].0.as_deref(), Some("Pod/web"));
        assert_eq!(two[1], (Some("2".to_owned()), json!({"b": 2})));
        assert_eq!(read("a.json", "[{\"a\": \"yes\"}, 2]")[0], (Some("1".to_owned()), json!({"a": "yes"})));
        assert_eq!(read("a.yaml", "# nothing\n"), [(None, Value::Null)]);
        assert!(documents("a.md", b"").is_none());
        assert!(documents("a.json", b"{").unwrap().is_err());
    }

    #[test]
    fn yaml_is_read_as_conftest_reads_it() {
        assert_eq!(
            read("a.yaml", "a: yes\nb: 'yes'\nc: off\nd: [on, \"no\"]\n")[0].1,
            json!({
                "a": true, "b": "yes", "c": false, "d": [true, "no"],
            })
        );
    }

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(
            read("a.toml", "a = 1_000\nb = 0x1f\nc = 1.5\nd = true\n")[0].1,
            json!({
                "a": 1000, "b": 31, "c": 1.5, "d": true,
            })
        );
    }
}
