//! Kustomizations, resolved without rendering: bases, overlays and components with what they do to access (Kubernetes SIG
//! CLI, "The Kustomization File").
//!
//! A unit is a kustomization that no other of the tree uses, with everything that it reads. The objects that it comes to
//! are lowered like those of a manifest; what it reads counts for nothing by itself.

mod build;
mod patch;
mod references;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Facts, Gap};
use crate::formats::documents::Documents;
use crate::formats::paths::{folder_of, join};
use crate::formats::{Files, Format, Grouping, Recognise, Unit};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "kustomize",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Reaching(units),
    lower,
};

/// What the file of a kustomization may be called.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The API group of the file.
const GROUP: &str = "kustomize.config.k8s.io/";

/// Keys that tell the file where it names neither version nor kind.
const KEYS: [&str; 8] = [
    "resources",
    "bases",
    "components",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "namespace",
    "helmCharts",
];

fn is_named(path: &str) -> bool {
    NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

fn recognise(path: &str, document: &Node) -> bool {
    let field = |key| document.get(key).and_then(Node::as_str);
    if !is_named(path) || !matches!(field("kind"), None | Some("Kustomization" | "Component")) {
        return false;
    }
    match field("apiVersion") {
        Some(version) => version.starts_with(GROUP),
        None => KEYS.iter().any(|key| document.entry(key).is_some()),
    }
}

fn suspect(path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let filled_in = text.contains(super::TEMPLATE_MARK);
    is_named(path).then_some(if filled_in { Gap::Unsupported } else { Gap::Broken })
}

/// The file of the kustomization in a folder.
fn file_in(tree: &Files<'_>, folder: &str) -> Option<String> {
    let own = tree.folder(folder);
    let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    NAMES.iter().map(|name| format!("{inside}{name}")).find(|path| own.contains(&path.as_str()))
}

/// The units of a tree: each kustomization that no other one uses. Of those that only use each other, the first by path
/// stands for the ring. A component is part of what uses it.
fn units(all: &BTreeSet<&str>, tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    let mut uses: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut components = BTreeSet::new();
    for path in all {
        let folder = folder_of(path);
        let own = uses.entry(folder).or_default();
        let Some((_, parsed)) = tree.documents(path) else { continue };
        let Documents::Data(Ok(documents)) = &*parsed else { continue };
        for document in documents {
            if document.get("kind").and_then(Node::as_str) == Some("Component") {
                components.insert(folder);
            }
            for key in ["resources", "bases", "components"] {
                let entries = document.get(key).and_then(Node::as_list).unwrap_or_default();
                own.extend(entries.iter().filter_map(Node::as_str).filter_map(|entry| join(folder, entry)));
            }
        }
    }
    let used: BTreeSet<&str> = uses
        .iter()
        .flat_map(|(folder, used)| used.iter().map(String::as_str).filter(move |own| own != folder))
        .collect();
    let mut roots: BTreeSet<&str> = uses.keys().copied().filter(|folder| !used.contains(folder)).collect();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = roots.iter().copied().collect();
    let mut rest = uses.keys().copied();
    loop {
        while let Some(folder) = open.pop() {
            if reached.insert(folder)
                && let Some(used) = uses.get(folder)
            {
                open.extend(used.iter().map(String::as_str));
            }
        }
        match rest.next() {
            Some(folder) if reached.contains(folder) => {}
            Some(folder) => {
                roots.insert(folder);
                open.push(folder);
            }
            None => break,
        }
    }
    roots.retain(|folder| !components.contains(folder));
    let files = |folder: &str| {
        let own: Vec<String> =
            all.iter().filter(|path| folder_of(path) == folder).map(|path| (*path).to_owned()).collect();
        (folder.to_owned(), own)
    };
    roots.into_iter().map(files).collect()
}

fn lower(unit: &Unit<'_>) -> Facts {
    let (Some(tree), Some(first)) = (unit.tree, unit.files.first()) else { return Facts::default() };
    let system = unit.files.iter().find_map(|file| file.system.as_ref()).map(|hint| hint.id.clone());
    build::facts(tree, folder_of(first.path), &system.unwrap_or_else(|| super::DEFAULT_SYSTEM.into()))
}
