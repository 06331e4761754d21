//! References between objects, which follow when a level renames what they name
//! (`namereference.go` in kubernetes-sigs/kustomize).

use std::collections::BTreeMap;

use super::build::Item;
use super::patch::at_mut;
use crate::formats::kubernetes::{DEFAULT_NAMESPACE, Kind};
use crate::syntax::{Entry, Node, Value as Data};

/// What objects were called before a level, and what they are called now: kind, name and namespace.
type Renamed = BTreeMap<(&'static str, String, String), (String, String)>;

/// The account `default` of a level's namespace stands for that of any other, in bindings that name it.
pub(super) fn default_accounts(items: &mut [Item], namespace: &Node) {
    for item in items.iter_mut().filter(|item| matches!(item.kind, Kind::RoleBinding | Kind::ClusterRoleBinding)) {
        for subject in subjects(&mut item.node) {
            if is_account(subject) && subject.get("name").and_then(Node::as_str) == Some("default") {
                set_namespace(subject, namespace.clone());
            }
        }
    }
}

/// Makes references name what a level has renamed. `before` has the name and namespace of each object before it.
pub(super) fn follow(items: &mut [Item], before: &[(String, String)]) {
    let mut renamed: Renamed = BTreeMap::new();
    for (item, (name, namespace)) in items.iter().zip(before) {
        let now = (item.name().to_owned(), item.namespace().to_owned());
        if now != (name.clone(), namespace.clone()) {
            let namespace = if item.namespaced() { filled_in(namespace) } else { "" };
            renamed.insert((item.kind.name(), name.clone(), namespace.to_owned()), now);
        }
    }
    if renamed.is_empty() {
        return;
    }
    for (item, (_, namespace)) in items.iter_mut().zip(before) {
        let namespace = filled_in(namespace).to_owned();
        match item.kind {
            Kind::RoleBinding | Kind::ClusterRoleBinding => binding(&mut item.node, &namespace, &renamed),
            Kind::Workload(workload) => {
                for field in ["serviceAccountName", "serviceAccount"] {
                    let path: Vec<&str> = workload.pod().iter().copied().chain([field]).collect();
                    if let Some(node) = at_mut(&mut item.node, &path) {
                        rename(node, "ServiceAccount", &namespace, &renamed);
                    }
                }
            }
            _ => {}
        }
    }
}

fn binding(node: &mut Node, namespace: &str, renamed: &Renamed) {
    let kind = node.at(&["roleRef", "kind"]).and_then(Node::as_str).unwrap_or_default().to_owned();
    if let Some(name) = at_mut(node, &["roleRef", "name"]) {
        match &*kind {
            "Role" => rename(name, "Role", namespace, renamed),
            "ClusterRole" => rename(name, "ClusterRole", "", renamed),
            _ => {}
        }
    }
    for subject in subjects(node).iter_mut().filter(|subject| is_account(subject)) {
        let written = subject.get("namespace").and_then(Node::as_str).filter(|own| !own.is_empty());
        let own = written.unwrap_or(namespace).to_owned();
        let Some(name) = subject.get("name").and_then(Node::as_str).map(str::to_owned) else { continue };
        let Some((now, moved)) = renamed.get(&("ServiceAccount", name, own)) else { continue };
        let (now, moved) = (now.clone(), moved.clone());
        let span = subject.span;
        if let Some(name) = at_mut(subject, &["name"]) {
            name.value = Data::String(now.into());
        }
        if !moved.is_empty() {
            set_namespace(subject, Node::new(span, Data::String(moved.into())));
        }
    }
}

fn rename(node: &mut Node, kind: &'static str, namespace: &str, renamed: &Renamed) {
    let Some(name) = node.as_str() else { return };
    if let Some((now, _)) = renamed.get(&(kind, name.to_owned(), namespace.to_owned())) {
        node.value = Data::String(now.as_str().into());
    }
}

fn subjects(node: &mut Node) -> &mut [Node] {
    match at_mut(node, &["subjects"]).map(|subjects| &mut subjects.value) {
        Some(Data::List(list)) => list,
        _ => &mut [],
    }
}

fn is_account(subject: &Node) -> bool {
    subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount")
}

fn set_namespace(subject: &mut Node, namespace: Node) {
    let Data::Map(entries) = &mut subject.value else { return };
    match entries.iter_mut().find(|entry| &*entry.key == "namespace") {
        Some(entry) => entry.value.value = namespace.value,
        None => entries.push(Entry { key: "namespace".into(), key_span: namespace.span, value: namespace }),
    }
}

fn filled_in(namespace: &str) -> &str {
    if namespace.is_empty() { DEFAULT_NAMESPACE } else { namespace }
}
