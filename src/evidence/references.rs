//! Everything that a record names by digest, down to the bytes of files.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::error::EvidenceError;
use super::inputs;
use super::manifest::{self, FOLDER};
use super::objects::ReadObjects;
use super::record::{FINDINGS, RULES, UNRESOLVED};
use super::secrets::FOUND;
use super::statement::{DigestSet, Predicate};
use crate::store::Digest;

/// Something that is wrong with what a record names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// An object is not there. What it names was not looked at.
    Missing(Digest),
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(digest) => EvidenceError::NoObject(*digest).fmt(f),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl From<EvidenceError> for Wrong {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::NoObject(digest) => Self::Missing(digest),
            error => Self::Other(error.to_string()),
        }
    }
}

/// What was found below each object, so that what many records share is looked at once, and what is wrong with it is
/// told of every record that names it.
#[derive(Default)]
pub(super) struct Looked(Mutex<HashMap<Node, Arc<Below>>>);

/// An object, and as what it was named.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Object(Digest),
    Inputs(Digest),
    List(Digest, &'static str),
    /// A piece of a list, so many levels above the entries.
    Piece(Digest, &'static str, usize),
}

/// What is below an object, itself included.
#[derive(Default)]
struct Below {
    wrong: BTreeSet<Wrong>,
    /// Of a piece, how many entries it has.
    entries: usize,
}

/// An object whose children are being looked at.
struct Open {
    node: Node,
    children: Vec<Node>,
    /// Of a list, itself, and how many entries it says that it has.
    says: Option<(Digest, usize)>,
    below: Below,
}

impl Open {
    fn take(&mut self, child: Node, below: &Below) {
        self.below.wrong.extend(below.wrong.iter().cloned());
        if matches!(child, Node::Piece(..)) {
            self.below.entries = self.below.entries.saturating_add(below.entries);
        }
    }

    fn close(mut self) -> (Node, Arc<Below>) {
        let has = self.below.entries;
        // What is missing was told, and has entries that nobody counted.
        if let Some((digest, says)) = self.says.filter(|(_, says)| *says != has && self.below.wrong.is_empty()) {
            let why = format!("it says that it has {says} entries and has {has}");
            self.below.wrong.insert(EvidenceError::malformed(digest, &why).into());
        }
        (self.node, Arc::new(self.below))
    }
}

/// Looks at every object that an evaluation names, and tells what is wrong.
pub(super) fn walk(predicate: &Predicate, objects: &dyn ReadObjects, looked: &Looked) -> BTreeSet<Wrong> {
    let mut wrong = BTreeSet::new();
    let mut look = |set: &DigestSet, node: &dyn Fn(Digest) -> Node| match set
        .get("sha256")
        .and_then(|text| text.parse::<Digest>().ok())
    {
        Some(digest) => wrong.extend(looked.below(node(digest), objects).wrong.iter().cloned()),
        None => drop(wrong.insert(EvidenceError::NoDigest.into())),
    };
    look(&predicate.head.manifest, &|digest| Node::List(digest, FOLDER));
    if let Some(base) = &predicate.base {
        look(&base.manifest, &|digest| Node::List(digest, FOLDER));
    }
    look(&predicate.findings.digest, &|digest| Node::List(digest, FINDINGS));
    look(&predicate.unresolved.digest, &|digest| Node::List(digest, UNRESOLVED));
    look(&predicate.rules.digest, &|digest| Node::List(digest, RULES));
    for policy in &predicate.policy {
        look(&policy.digest, &Node::Object);
    }
    look(&predicate.inputs.digest, &Node::Inputs);
    if let Some(list) = &predicate.pseudonyms {
        look(&list.digest, &Node::Object);
    }
    wrong
}

impl Looked {
    fn known(&self) -> MutexGuard<'_, HashMap<Node, Arc<Below>>> {
        // Every change is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong at an object and below it. Objects name each other by digest, so that there are no circles; how
    /// deep they go, whoever wrote them decided, so that nothing here calls itself.
    fn below(&self, node: Node, objects: &dyn ReadObjects) -> Arc<Below> {
        if let Some(below) = self.known().get(&node) {
            return below.clone();
        }
        let mut above: Vec<Open> = Vec::new();
        let mut open = opened(node, objects);
        loop {
            if let Some(child) = open.children.pop() {
                let known = self.known().get(&child).cloned();
                match known {
                    Some(below) => open.take(child, &below),
                    None => above.push(std::mem::replace(&mut open, opened(child, objects))),
                }
                continue;
            }
            let (node, below) = open.close();
            self.known().insert(node, below.clone());
            match above.pop() {
                Some(parent) => open = parent,
                None => return below,
            }
            open.take(node, &below);
        }
    }
}

fn opened(node: Node, objects: &dyn ReadObjects) -> Open {
    let mut open = Open { node, children: Vec::new(), says: None, below: Below::default() };
    if let Err(error) = children(&mut open, objects) {
        open.below.wrong.insert(error.into());
    }
    open
}

fn children(open: &mut Open, objects: &dyn ReadObjects) -> Result<(), EvidenceError> {
    match open.node {
        Node::Object(digest) => drop(objects.object(&digest)?),
        Node::Inputs(digest) => {
            let named = inputs::named(digest, objects)?;
            open.children.extend(named.manifests.into_iter().map(|manifest| Node::List(manifest, FOLDER)));
            open.children.push(Node::List(named.kept, inputs::KEPT));
            open.children.extend(named.objects.into_iter().map(Node::Object));
            open.children.extend(named.secrets.into_iter().map(|list| Node::List(list, FOUND)));
        }
        Node::List(digest, schema) => {
            let root = manifest::list_root(digest, schema, objects)?;
            open.says = Some((digest, root.count));
            open.children = root.pieces.into_iter().map(|piece| Node::Piece(piece, schema, root.depth)).collect();
        }
        Node::Piece(digest, schema, 0) => {
            let entries: Vec<Value> = objects.json(digest)?;
            open.below.entries = entries.len();
            open.children = entries.iter().filter_map(|entry| named_by(entry, schema)).collect();
        }
        Node::Piece(digest, schema, depth) => {
            let pieces: Vec<Digest> = objects.json(digest)?;
            open.children = pieces.into_iter().map(|piece| Node::Piece(piece, schema, depth - 1)).collect();
        }
    }
    Ok(())
}

/// The object that an entry of a list names, where lists of this kind name any.
fn named_by(entry: &Value, schema: &str) -> Option<Node> {
    let digest = |key: &str| entry[key].as_str().and_then(|text| text.parse::<Digest>().ok());
    match schema {
        FOLDER => digest("folder").map(|folder| Node::List(folder, FOLDER)),
        RULES | inputs::KEPT => digest("redacted").or_else(|| digest("sha256")).map(Node::Object),
        _ => None,
    }
}
