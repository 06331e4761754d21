//! Access of other repositories: people live in one, roles in another.
//!
//! `countersign access export` writes what a repository declares as one document, a fact a line; `context:` of another
//! repository's `countersign.yaml` names such documents by path and digest. Their facts join those of the tree, on both
//! sides of a comparison, so that a conflict across repositories is found and is introduced only by a change that touches
//! one of its legs.

mod document;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{About, Graph, GraphError, read};
pub use write::write;

use std::sync::Arc;

use super::{LoweredUnit, Text};
use crate::facts::Facts;
use crate::rules::Context;

/// The name of these units.
pub const NAME: &str = "context";

/// How a graph may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is what is pinned, and not too old.
    Usable,
    /// It is older than the configuration allows. It counts all the same.
    Stale,
    /// There is no such file.
    Missing,
    /// The file is not the one that is pinned.
    Altered,
    /// The file cannot be read as a graph.
    Broken,
}

impl State {
    /// The word in policies' input.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Stale => "stale",
            Self::Missing => "missing",
            Self::Altered => "altered",
            Self::Broken => "broken",
        }
    }
}

/// How a graph may be used at an instant, and its age in whole days, where that is known.
#[must_use]
pub fn state(context: &Context, as_of: i64) -> (State, Option<i64>) {
    let Some(file) = &context.found else { return (State::Missing, None) };
    if !context.is_pinned() {
        return (State::Altered, None);
    }
    match read(&file.bytes) {
        Err(_) => (State::Broken, None),
        Ok(graph) => {
            let age = as_of.saturating_sub(graph.about.generated).max(0) / 86_400;
            let state = if age > i64::from(context.max_age_days) { State::Stale } else { State::Usable };
            (state, Some(age))
        }
    }
}

/// The unit of a graph that is the pinned one. What a broken one would say is not known, which a policy tells.
#[must_use]
pub fn unit(context: &Context) -> Option<LoweredUnit> {
    let file = context.found.as_ref().filter(|_| context.is_pinned())?;
    let facts: Facts = read(&file.bytes).ok()?.facts;
    Some(LoweredUnit { format: NAME, files: Arc::from([Text::from(&*file.path)]), facts: Arc::new(facts) })
}
