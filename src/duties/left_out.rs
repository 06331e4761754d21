//! What would be so if something were not there.

use super::holdings::At;
use super::wanted::{Use, Wanted};
use crate::access::{ContainerId, Without, intersects};

/// Something left out of what is held, to see what would change without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut<'l> {
    /// A grant, or a step to it.
    Step(Without),
    /// A permission of one statement, on whatever that gives it.
    Action {
        /// The role, or what stands for one.
        container: ContainerId,
        /// The statement's place in it.
        statement: u32,
        /// The permission.
        permission: &'l str,
    },
    /// One resource of one permission of one statement.
    Resource {
        /// The role, or what stands for one.
        container: ContainerId,
        /// The statement's place in it.
        statement: u32,
        /// The permission.
        permission: &'l str,
        /// The resource, by the name that permissions on it have.
        resource: &'l str,
    },
}

impl LeftOut<'_> {
    /// The step that it is.
    pub(super) fn step(self) -> Option<Without> {
        match self {
            Self::Step(without) => Some(without),
            Self::Action { .. } | Self::Resource { .. } => None,
        }
    }

    /// Whether a statement no longer gives a use.
    pub(super) fn takes(self, at: &At<'_>, used: &Use<'_>) -> bool {
        let (container, statement, permission) = match self {
            Self::Step(_) => return false,
            Self::Action { container, statement, permission }
            | Self::Resource { container, statement, permission, .. } => (container, statement, permission),
        };
        if (at.container, at.number.2) != (container, statement) || !intersects(used.permission, permission, true) {
            return false;
        }
        match (self, used.wanted) {
            (Self::Resource { resource, .. }, Wanted::Named(named)) => named.name == resource,
            // What is given on something is still given on something else, and on everything no longer.
            (Self::Resource { .. }, Wanted::Anything) => false,
            _ => true,
        }
    }
}
