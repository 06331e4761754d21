//! Reads a graph.

use std::fmt;

use serde::Deserialize;

use super::document::Entry;
use crate::facts::{Facts, Origin};
use crate::syntax::{LineIndex, Node, Span, decode, parse};

/// The version of the form.
pub(super) const VERSION: &str = "countersign.dev/v1";
/// What the document is.
pub(super) const KIND: &str = "AccessGraph";

/// What a graph is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The repository, by its address or the name of its folder.
    pub of: String,
    /// The commit, where there is one.
    pub commit: Option<String>,
    /// When it was written, in epoch seconds.
    pub generated: i64,
    /// How much of the repository could not be told.
    pub unresolved: usize,
}

impl About {
    pub(super) fn instant(&self) -> String {
        jiff::Timestamp::from_second(self.generated).map(|at| at.to_string()).unwrap_or_default()
    }
}

/// A graph that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// What it is of.
    pub about: About,
    /// What it declares; every origin is a place in the document.
    pub facts: Facts,
}

/// Why a document is no graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, lower case.
    pub message: String,
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for GraphError {}

#[derive(Deserialize)]
struct Metadata {
    of: String,
    #[serde(default)]
    commit: Option<String>,
    generated: String,
    #[serde(default)]
    unresolved: u64,
}

/// Reads a graph that [`write`](super::write()) wrote.
///
/// # Errors
/// The first thing that is not as it is written there.
pub fn read(bytes: &[u8]) -> Result<Graph, GraphError> {
    let wrong = |span: Option<Span>, message: String| {
        let at = span.map_or(0, |span| span.start);
        GraphError { line: LineIndex::new(bytes).position(at).line, message }
    };
    let documents = parse(bytes).map_err(|error| wrong(Some(error.span), error.message.clone()))?;
    let [root] = &documents[..] else { return Err(wrong(None, "this is not one document".to_owned())) };
    for (key, wanted) in [("apiVersion", VERSION), ("kind", KIND)] {
        if root.get(key).and_then(Node::as_str) != Some(wanted) {
            return Err(wrong(Some(root.span), format!("`{key}` is not `{wanted}`")));
        }
    }
    let missing = |key: &str| wrong(Some(root.span), format!("this graph has no `{key}`"));
    let metadata = root.get("metadata").ok_or_else(|| missing("metadata"))?;
    let own: Metadata = decode(metadata).map_err(|error| wrong(error.span.or(Some(metadata.span)), error.message))?;
    let generated = own
        .generated
        .parse::<jiff::Timestamp>()
        .map_err(|_| wrong(Some(metadata.span), format!("`{}` is no instant", own.generated)))?;
    let list = root.get("facts").and_then(Node::as_list).ok_or_else(|| missing("facts"))?;
    let mut facts = Facts::default();
    for node in list {
        let entry: Entry = decode(node).map_err(|error| wrong(error.span.or(Some(node.span)), error.message))?;
        entry.add(&mut facts, Origin { file: 0, span: node.span });
    }
    let about = About {
        of: own.of,
        commit: own.commit,
        generated: generated.as_second(),
        unresolved: usize::try_from(own.unresolved).unwrap_or(usize::MAX),
    };
    Ok(Graph { about, facts })
}
