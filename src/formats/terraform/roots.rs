//! Which folders are root modules: each is a configuration of its own.
//!
//! A root is a module that no other module of the tree calls, or one that says where its state is kept or what its
//! variables are. Of modules that only call each other, the first by path stands for the ring. A copy that
//! `terraform init` left behind is evaluated where it is called.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{folder_of, join};
use super::plan;
use crate::formats::Files;
use crate::syntax::hcl::{Block, ExpressionKind};

/// Where `terraform init` keeps its copies.
const INSTALLED: &str = ".terraform/";

/// What one folder says of others, and of itself.
#[derive(Default)]
struct Folder {
    files: Vec<String>,
    calls: BTreeSet<String>,
    root: bool,
}

/// The units of a tree: for each root module its files.
pub(super) fn units(all: &BTreeSet<&str>, tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    for path in all {
        let name = folder_of(path);
        let folder = folders.entry(name.to_owned()).or_default();
        folder.files.push((*path).to_owned());
        let Some((_, parsed)) = tree.body(path) else { continue };
        for block in parsed.iter().flat_map(|body| &body.blocks) {
            match &*block.kind {
                "module" => folder.calls.extend(local_source(block).and_then(|source| join(name, source))),
                "terraform" => {
                    let says = |kind: &str| {
                        block.body.blocks_of(kind).next().is_some() || block.body.attribute(kind).is_some()
                    };
                    folder.root |= says("backend") || says("cloud");
                }
                _ => {}
            }
        }
    }
    for (name, folder) in &mut folders {
        let own = |path: &&str| is_automatic(path.rsplit('/').next().unwrap_or(path));
        folder.root |= tree.folder(name).iter().any(own);
    }
    let called: BTreeSet<&String> =
        folders.iter().flat_map(|(name, folder)| folder.calls.iter().filter(move |call| *call != name)).collect();
    let is_copy = |name: &str| format!("{name}/").contains(INSTALLED);
    let mut roots: BTreeSet<&String> = folders
        .iter()
        .filter(|(name, folder)| folder.root || !called.contains(name))
        .map(|(name, _)| name)
        .filter(|name| !is_copy(name))
        .collect();
    let mut reached: BTreeSet<&String> = BTreeSet::new();
    let mut open: Vec<&String> = roots.iter().copied().collect();
    let mut rest = folders.keys();
    loop {
        while let Some(name) = open.pop() {
            if reached.insert(name)
                && let Some(folder) = folders.get(name)
            {
                open.extend(folder.calls.iter());
            }
        }
        match rest.next() {
            Some(name) if reached.contains(name) || is_copy(name) => {}
            Some(name) => {
                roots.insert(name);
                open.push(name);
            }
            None => break,
        }
    }
    // A plan is a unit of its own with the root that it is made of.
    roots.retain(|name| !plan::is_in(name, tree));
    roots.iter().filter_map(|name| Some(((*name).clone(), folders.get(*name)?.files.clone()))).collect()
}

/// The source of a call, if it is a folder of the tree.
fn local_source(block: &Block) -> Option<&str> {
    match &block.body.attribute("source")?.value.kind {
        ExpressionKind::Text(text) if text.starts_with("./") || text.starts_with("../") => Some(text),
        _ => None,
    }
}

/// Whether Terraform reads a variable file by itself (Terraform documentation, "Variable Definitions Files").
pub(super) fn is_automatic(name: &str) -> bool {
    let json = name.strip_suffix(".json").unwrap_or(name);
    json == "terraform.tfvars" || json.ends_with(".auto.tfvars")
}
