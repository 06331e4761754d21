//! What a run tells somebody who wants to derive its verdict again: every document that policies saw with what they
//! said of it, and head as it was joined. A run that nobody watches makes none of this.

use serde_json::Value;

use super::finding::Side;
use super::judgement::Judgement;
use crate::access::UnitFacts;
use crate::duties::Matcher;
use crate::policy::{RawFinding, Scope, When};

/// One document that policies were asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The tree that it is of.
    pub side: Side,
    /// The scope whose policies were asked.
    pub scope: Scope,
    /// Where only policies that wait for this were asked.
    pub only: Option<When>,
    /// The subject's id.
    pub subject: String,
    /// What policies saw.
    pub input: Value,
    /// What they said, by policy id.
    pub findings: Vec<(String, RawFinding)>,
}

/// Head, joined and judged.
pub struct Joined<'a> {
    /// The graph, the catalogue, and what follows from them for each principal.
    pub matcher: &'a Matcher<'a>,
    /// What the tree declares that head is compared with.
    pub base: Option<&'a [UnitFacts]>,
    /// The judgement.
    pub judgement: &'a Judgement,
}

/// Somebody who is told what a run does.
pub trait Witness: Sync {
    /// Is told of a document. Several threads tell at once, in no order; a document may come several times.
    fn asked(&self, document: Document);

    /// Whether it wants the documents. Writing one down takes longer than asking about it.
    fn wants_documents(&self) -> bool {
        true
    }

    /// Is told of head once it is judged.
    fn joined(&self, joined: &Joined<'_>);
}
