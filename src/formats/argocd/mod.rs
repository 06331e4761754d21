//! Argo CD: who may do what with applications, clusters and repositories (Argo CD documentation, "RBAC Configuration" and
//! "Projects").
//!
//! Read are the ConfigMap `argocd-rbac-cm` (every `policy.*csv` and `policy.default`), the accounts of the ConfigMap
//! `argocd-cm`, and the roles of `AppProject`s with their tokens. The permissions are called `RESOURCE:ACTION`, as in
//! `applications:sync`. The text of a policy is read line by line, so that each grant has its own place.

mod csv;
mod lower;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Gap;
use crate::formats::{Files, Format, Grouping, Recognise};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "argocd",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Reaching(units),
    lower: lower::lower,
};

/// The system of an Argo CD that the configuration does not name, and its type.
const SYSTEM: &str = "argocd";

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The ConfigMap of policies.
    Policies,
    /// The ConfigMap of settings, among them local accounts.
    Settings,
    /// A project.
    Project,
}

impl Kind {
    fn of(document: &Node) -> Option<Self> {
        let field = |key| document.get(key).and_then(Node::as_str);
        match (field("apiVersion")?, field("kind")?) {
            ("v1", "ConfigMap") => match document.at(&["metadata", "name"]).and_then(Node::as_str)? {
                "argocd-rbac-cm" => Some(Self::Policies),
                "argocd-cm" => Some(Self::Settings),
                _ => None,
            },
            (version, "AppProject") if version.starts_with("argoproj.io/") => Some(Self::Project),
            _ => None,
        }
    }
}

fn recognise(_path: &str, document: &Node) -> bool {
    objects(document).next().is_some()
}

/// The documents that declare access: the document, or the items of a list.
fn objects(document: &Node) -> impl Iterator<Item = (Kind, &Node)> {
    let items = match document.get("kind").and_then(Node::as_str) {
        Some("List" | "AppProjectList" | "ConfigMapList") => document.get("items").and_then(Node::as_list),
        _ => None,
    };
    items.unwrap_or(std::slice::from_ref(document)).iter().filter_map(|item| Some((Kind::of(item)?, item)))
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let named = text.contains("argocd-rbac-cm") && text.contains("ConfigMap")
        || text.lines().any(|line| line.trim_end() == "kind: AppProject");
    named.then(|| if text.contains("{{") { Gap::Unsupported } else { Gap::Broken })
}

/// Each file is a unit; it is read as text, too.
fn units(all: &BTreeSet<&str>, _tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    all.iter().map(|path| ((*path).to_owned(), vec![(*path).to_owned()])).collect()
}
