//! What the tokens say that a workload shows elsewhere to act as somebody there.

use std::collections::BTreeMap;

use super::{Native, Origin, Text};

/// An account that can have tokens of an issuer: a job of a pipeline, a service account of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFact {
    /// Whose tokens they are.
    pub account: Native,
    /// Who issues them: the host and path of the issuer's address, or `kubernetes` for a cluster whose address is not
    /// known.
    pub issuer: Text,
    /// The ways in which it comes to one.
    pub ways: Vec<TokenWay>,
    /// Where it is written that it can have one.
    pub origin: Origin,
}

/// The tokens that a job can have, as far as its pipeline says: without the repository, which that does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct JobToken {
    /// Who issues them, as in [`TokenFact`].
    pub issuer: Text,
    /// The ways in which it comes to one. The subject is what follows the repository.
    pub ways: Vec<TokenWay>,
}

/// One way in which a workload comes to a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenWay {
    /// When, in words: `a push to main`.
    pub when: Text,
    /// What the token claims, such as `sub`; with `*` for what differs from token to token.
    pub claims: BTreeMap<Text, Text>,
    /// Whether `*` stands for many values, each of which happens. Otherwise it stands for one that is not known.
    pub is_settled: bool,
}
