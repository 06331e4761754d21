//! Objects of Kubernetes that other languages hold, such as Terraform's: each is lowered as if it stood in a file by
//! itself.

use super::{Cluster, Contents};
use crate::facts::{Facts, Text};
use crate::formats::Lowering;
use crate::syntax::Node;

/// Lowers documents, each of which may be a list. Positions are the documents' own; objects of other kinds are passed
/// over.
pub(in crate::formats) fn documents<'n>(
    documents: impl IntoIterator<Item = &'n Node>,
    system: &Text,
    facts: &mut Facts,
) {
    let contents = documents.into_iter().map(Contents::of);
    Cluster::of(Lowering { facts, file: 0 }, system.clone()).contents(contents);
}

/// Whether a document declares access.
pub(in crate::formats) fn declares_access(document: &Node) -> bool {
    !Contents::of(document).objects.is_empty()
}
