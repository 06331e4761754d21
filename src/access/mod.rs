//! The access graph: accounts linked to principals, groups and roles nested, and what each principal reaches.
//!
//! [`Links`] decides whose an account is; [`Graph::build`] joins the facts of all units; [`reach()`] finds what one
//! principal holds, with the path as proof.

mod build;
#[cfg(test)]
pub(crate) mod fixture;
mod flat;
mod graph;
mod link;
mod pattern;
mod reach;
mod systems;
mod units;

pub use flat::{Inner, flatten};
pub use graph::{
    ConditionId, Container, ContainerId, Edge, EdgeKind, Grant, GrantId, Graph, Node, NodeId, PrincipalKind, ScopeId,
};
pub use link::{LinkGap, Links, canonical};
pub use pattern::{covers, intersects};
pub use reach::{Held, Reach, Way, Without, account_of, reach, reach_without};
pub use systems::{System, SystemIdx, Systems};
pub use units::{Place, Site, UnitFacts, place};

#[cfg(test)]
mod tests;
