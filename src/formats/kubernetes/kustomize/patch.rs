//! Patches: strategic merges, and operations of JSON Patch (RFC 6902).

use regex::Regex;

use super::build::Item;
use crate::formats::kubernetes::{DEFAULT_NAMESPACE, Kind};
use crate::syntax::{Entry, Node, Span, Value as Data};

/// The objects that a patch is for.
#[derive(Clone)]
pub(super) struct Target {
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: Vec<(String, String)>,
}

impl Target {
    /// A `target`. Err with what is not evaluated.
    pub(super) fn of(node: &Node) -> Result<Self, Span> {
        let pattern = |key: &str| match node.get(key) {
            None => Ok(None),
            Some(own) => match own.as_str() {
                Some("") => Ok(None),
                Some(text) => anchored(text).map(Some).ok_or(own.span),
                None => Err(own.span),
            },
        };
        if let Some(annotations) = node.get("annotationSelector") {
            return Err(annotations.span);
        }
        let mut labels = Vec::new();
        if let Some(selector) = node.get("labelSelector") {
            for part in selector.as_str().ok_or(selector.span)?.split(',') {
                let (key, value) = part.split_once('=').ok_or(selector.span)?;
                if key.ends_with('!') {
                    return Err(selector.span);
                }
                labels.push((key.trim().to_owned(), value.trim_start_matches('=').trim().to_owned()));
            }
        }
        Ok(Self { kind: pattern("kind")?, name: pattern("name")?, namespace: pattern("namespace")?, labels })
    }

    /// The object that a strategic merge names itself.
    pub(super) fn of_object(patch: &Node) -> Option<Self> {
        let exact = |text: &str| anchored(&regex::escape(text));
        let kind = patch.get("kind").and_then(Node::as_str)?;
        let name = patch.at(&["metadata", "name"]).and_then(Node::as_str)?;
        let namespace = patch.at(&["metadata", "namespace"]).and_then(Node::as_str);
        Some(Self { kind: exact(kind), name: exact(name), namespace: namespace.and_then(exact), labels: Vec::new() })
    }

    /// By its name and namespace of now or of an earlier level.
    pub(super) fn matches(&self, item: &Item) -> bool {
        let fits = |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|own| own.is_match(text));
        let own = (item.name().to_owned(), item.namespace().to_owned());
        let named = item.before.iter().chain([&own]).any(|(name, namespace)| {
            let namespace = if namespace.is_empty() { DEFAULT_NAMESPACE } else { namespace };
            fits(&self.name, name) && (!item.namespaced() || fits(&self.namespace, namespace))
        });
        let label = |key: &str| item.node.at(&["metadata", "labels", key]).and_then(Node::as_str);
        named
            && fits(&self.kind, item.kind.name())
            && self.labels.iter().all(|(key, value)| label(key) == Some(value.as_str()))
    }

    /// Whether it can only be for an object that declares access.
    pub(super) fn concerns_access(&self) -> bool {
        const KINDS: [Kind; 5] =
            [Kind::Role, Kind::ClusterRole, Kind::RoleBinding, Kind::ClusterRoleBinding, Kind::ServiceAccount];
        self.kind.as_ref().is_some_and(|own| KINDS.iter().any(|kind| own.is_match(kind.name())))
    }
}

/// A pattern that must match a whole text, as the tool anchors it.
fn anchored(pattern: &str) -> Option<Regex> {
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build().ok()
}

/// The node at a path of keys.
pub(super) fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| member_mut(node, key))
}

fn member_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    match &mut node.value {
        Data::Map(entries) => entries.iter_mut().find(|entry| &*entry.key == key).map(|entry| &mut entry.value),
        _ => None,
    }
}

/// A strategic merge: maps member by member, lists of named things by name, other lists as a whole; null takes away. Rules
/// and subjects have no key to merge by, so a patch replaces them (the API's `patchStrategy`).
pub(super) fn merge(base: &mut Node, patch: &Node) {
    match (&mut base.value, &patch.value) {
        (Data::Map(own), Data::Map(entries)) => {
            if directive(patch) == Some("replace") {
                *own = entries.iter().filter(|entry| &*entry.key != "$patch").cloned().collect();
                return;
            }
            for entry in entries.iter().filter(|entry| !entry.key.starts_with('$')) {
                let place = own.iter().position(|known| known.key == entry.key);
                let whole = matches!(&*entry.key, "rules" | "subjects");
                match place.and_then(|place| own.get_mut(place)) {
                    _ if entry.value.is_null() || directive(&entry.value) == Some("delete") => {
                        own.retain(|known| known.key != entry.key);
                    }
                    Some(known) if !whole => merge(&mut known.value, &entry.value),
                    Some(known) => known.value = entry.value.clone(),
                    None => own.push(entry.clone()),
                }
            }
        }
        (Data::List(own), Data::List(items)) if items.iter().chain(own.iter()).all(|item| named(item).is_some()) => {
            for item in items {
                let known = own.iter_mut().find(|known| named(known) == named(item));
                match known {
                    _ if directive(item) == Some("delete") => {
                        let gone = named(item).map(str::to_owned);
                        own.retain(|known| named(known).map(str::to_owned) != gone);
                    }
                    Some(known) => merge(known, item),
                    None => own.push(item.clone()),
                }
            }
        }
        _ => *base = patch.clone(),
    }
}

fn directive(node: &Node) -> Option<&str> {
    node.get("$patch").and_then(Node::as_str)
}

fn named(node: &Node) -> Option<&str> {
    node.get("name").and_then(Node::as_str)
}

/// One operation of JSON Patch. Err with why it changes nothing.
pub(super) fn operate(node: &mut Node, operation: &Node) -> Result<(), String> {
    let field = |key: &str| operation.get(key).and_then(Node::as_str);
    let (Some(op), Some(path)) = (field("op"), field("path")) else {
        return Err("this operation of a patch has no `op` or no `path`".to_owned());
    };
    if op == "test" {
        return Ok(());
    }
    if !matches!(op, "add" | "replace" | "remove") {
        return Err(format!("the operation `{op}` of a patch is not evaluated"));
    }
    let lost = || format!("this operation of a patch finds nothing at `{path}`");
    let value = operation.entry("value").map(|entry| entry.value.clone());
    let steps: Vec<String> = path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, before)) = steps.split_last() else {
        if let (Some(value), "add" | "replace") = (value, op) {
            *node = value;
        }
        return Ok(());
    };
    let mut at = node;
    for step in before {
        at = match &mut at.value {
            Data::Map(entries) => entries.iter_mut().find(|entry| *entry.key == **step).map(|entry| &mut entry.value),
            Data::List(items) => step.parse::<usize>().ok().and_then(|place| items.get_mut(place)),
            _ => None,
        }
        .ok_or_else(lost)?;
    }
    match (&mut at.value, op, value) {
        (Data::Map(entries), "remove", _) => {
            let count = entries.len();
            entries.retain(|entry| *entry.key != **last);
            if entries.len() == count { Err(lost()) } else { Ok(()) }
        }
        (Data::Map(entries), _, Some(value)) => {
            match entries.iter_mut().find(|entry| *entry.key == **last) {
                Some(entry) => entry.value = value,
                None if op == "replace" => return Err(lost()),
                None => entries.push(Entry { key: last.as_str().into(), key_span: value.span, value }),
            }
            Ok(())
        }
        (Data::List(items), "add", Some(value)) if last == "-" => {
            items.push(value);
            Ok(())
        }
        (Data::List(items), _, value) => {
            let place = last.parse::<usize>().ok().filter(|place| *place < items.len() + usize::from(op == "add"));
            match (place, op, value) {
                (Some(place), "remove", _) => _ = items.remove(place),
                (Some(place), "add", Some(value)) => items.insert(place, value),
                (Some(place), _, Some(value)) => {
                    if let Some(item) = items.get_mut(place) {
                        *item = value;
                    }
                }
                _ => return Err(lost()),
            }
            Ok(())
        }
        (Data::Null, "add", Some(value)) => {
            at.value = Data::Map(vec![Entry { key: last.as_str().into(), key_span: value.span, value }]);
            Ok(())
        }
        _ => Err(lost()),
    }
}
