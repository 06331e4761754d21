//! The access graph: accounts linked to principals, groups and roles nested, and what each principal reaches.
//!
//! [`Links`] decides whose an account is; [`Graph::build`] joins the facts of all units; [`reach()`] finds what one
//! principal holds, with the path as proof.

mod asked;
mod build;
mod control;
mod difference;
pub mod federation;
#[cfg(test)]
pub(crate) mod fixture;
mod flat;
mod graph;
mod held;
mod items;
mod known;
mod link;
mod pattern;
mod reach;
mod resource;
mod systems;
mod touched;
mod units;
mod whoever;
mod workforce;

pub use difference::{Aspect, Difference, Line, Outcome, Sides, difference, observed_world, single_permissions};
pub use flat::{Inner, flatten};
pub use graph::{
    ConditionId, Container, ContainerId, Edge, EdgeKind, Grant, GrantId, Graph, LooseGrant, Node, NodeId,
    PrincipalKind, ScopeId, Trust,
};
pub use held::{Access, AccessKind, Step, held};
pub use items::{Contents, Item, items, items_in};
pub use link::{LinkGap, Links, canonical, folds_case, mentioned};
pub use pattern::{admits, covers, intersects};
pub use reach::{Held, Reach, Way, Without, reach, reach_without};
pub use resource::{Named, Reached, resource_part, share_a_resource};
pub use systems::{System, SystemIdx, Systems};
pub use touched::{Touched, touched};
pub use units::{Place, Site, UnitFacts, place};
pub use workforce::{Departure, Departures, Told, Workforce, union as union_of_departures};

#[cfg(test)]
mod tests;
