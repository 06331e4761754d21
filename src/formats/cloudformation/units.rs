//! Which templates are evaluated together.
//!
//! A template that no other nests is a root. Templates that exchange exports are one unit, as each needs the other's
//! values. Of templates that only nest each other, the first by path stands for the ring.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::stacks::Stacks;
use super::template::Library;
use crate::formats::Files;

/// The units of a tree: the paths of their roots, by the first of them.
pub(super) fn units(all: &BTreeSet<&str>, tree: &Files<'_>) -> BTreeMap<String, Vec<String>> {
    let paths: Vec<&str> = all.iter().copied().collect();
    let nested: HashMap<&str, Vec<String>> = paths
        .iter()
        .map(|path| {
            let library = Library::load(tree, &[path]);
            let own = library.template(path).map(|own| own.nested().map(|(_, path)| path).collect());
            (*path, own.unwrap_or_default())
        })
        .collect();
    let roots = roots(&paths, &nested);
    // Without a name that is both exported and imported, every root is its own unit.
    let exchanged = if roots.len() > 1 { exchanged(tree, &roots) } else { Vec::new() };
    let mut parent: Vec<usize> = (0..roots.len()).collect();
    for (left, right) in exchanged {
        let (left, right) = (top(&parent, left), top(&parent, right));
        if let Some(own) = parent.get_mut(left.max(right)) {
            *own = left.min(right);
        }
    }
    let mut units: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, root) in roots.iter().enumerate() {
        let name = roots.get(top(&parent, at)).unwrap_or(root);
        units.entry((*name).to_owned()).or_default().push((*root).to_owned());
    }
    units
}

fn top(parent: &[usize], mut at: usize) -> usize {
    while let Some(up) = parent.get(at).copied().filter(|up| *up != at) {
        at = up;
    }
    at
}

fn roots<'p>(paths: &[&'p str], nested: &HashMap<&'p str, Vec<String>>) -> Vec<&'p str> {
    let inner: HashSet<&str> =
        nested.iter().flat_map(|(path, own)| own.iter().map(String::as_str).filter(move |own| own != path)).collect();
    let mut reached: HashSet<&str> = HashSet::new();
    let mut roots = Vec::new();
    let first: Vec<&'p str> = paths.iter().copied().filter(|path| !inner.contains(path)).collect();
    for start in first.into_iter().chain(paths.iter().copied()) {
        if reached.contains(start) {
            continue;
        }
        roots.push(start);
        let mut open = vec![start];
        while let Some(path) = open.pop() {
            if reached.insert(path) {
                let below = nested.get(path).into_iter().flatten();
                open.extend(below.filter_map(|own| nested.get_key_value(own.as_str()).map(|(path, _)| *path)));
            }
        }
    }
    roots.sort_unstable();
    roots
}

/// Pairs of roots of which one exports what the other imports.
fn exchanged(tree: &Files<'_>, roots: &[&str]) -> Vec<(usize, usize)> {
    let library = Library::load(tree, roots);
    let stacks = Stacks::of(&library, roots);
    let imports = stacks.imports();
    if imports.values().all(Vec::is_empty) {
        return Vec::new();
    }
    let root_of: Vec<Option<usize>> = (0..stacks.stacks.len())
        .map(|at| {
            let path = stacks.stacks.get(stacks.outermost(at))?.template.path;
            roots.iter().position(|root| *root == path)
        })
        .collect();
    let root = |at: usize| root_of.get(at).copied().flatten();
    let exports = stacks.exports();
    let mut pairs = Vec::new();
    for (importer, names) in imports {
        for (exporter, _) in names.iter().filter_map(|name| exports.get(name)).flatten() {
            pairs.extend(root(importer).zip(root(*exporter)).filter(|(left, right)| left != right));
        }
    }
    pairs
}
