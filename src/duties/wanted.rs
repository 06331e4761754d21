//! One use of a permission: which action, on what, with which values of condition keys.

use std::collections::BTreeMap;

use super::holdings::{Certainty, certainty_under};
use crate::access::{ConditionId, Graph, Named, Reached};
use crate::facts::{Condition, Statement, Text};

/// The values that condition keys have in a use; keys are in lower case.
pub type With = BTreeMap<Text, Text>;

/// A use of a permission.
#[derive(Debug, Clone, Copy)]
pub struct Use<'u> {
    /// The action.
    pub permission: &'u str,
    /// On what.
    pub wanted: Wanted<'u>,
    /// With which values.
    pub with: Option<&'u With>,
}

/// On what a permission is used.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'u> {
    /// On anything at all: whoever uses it chooses.
    Anything,
    /// On everything that matches a pattern.
    Every(&'u str),
    /// On one thing.
    Named(&'u Named),
}

/// How certainly something is reached; `None` when it is not.
pub(super) fn certainty_of(reached: Reached) -> Option<Certainty> {
    match reached {
        Reached::No => None,
        Reached::Perhaps => Some(Certainty::Unknown),
        Reached::Yes => Some(Certainty::Certain),
    }
}

impl Use<'_> {
    /// How certainly a statement that allows lets this use through, its conditions aside; `None` when it does not.
    pub(super) fn allowed_by(&self, statement: &Statement) -> Option<Certainty> {
        if !statement.actions.cover(self.permission, true) {
            return None;
        }
        match self.wanted {
            Wanted::Anything => Some(Certainty::Certain),
            Wanted::Every(pattern) => statement.resources.cover(pattern, false).then_some(Certainty::Certain),
            Wanted::Named(named) => certainty_of(named.reached(&statement.resources)),
        }
    }

    /// How certainly conditions hold in this use, and which of them are left open; `None` when one of them does not hold.
    pub(super) fn under(&self, conditions: &[Condition], graph: &Graph) -> Option<(Certainty, Vec<ConditionId>)> {
        let mut open: Vec<&Condition> = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match self.decided(condition) {
                Some(true) => {}
                Some(false) => return None,
                None => open.push(condition),
            }
        }
        let ids = open.iter().filter_map(|condition| graph.condition_id(condition)).collect();
        Some((certainty_under(open), ids))
    }

    /// Whether the values of this use decide a condition.
    pub(super) fn decided(&self, condition: &Condition) -> Option<bool> {
        let with = self.with.filter(|with| !with.is_empty())?;
        let value = with.get(condition.key.to_ascii_lowercase().as_str())?;
        condition.admits.as_ref().map(|admits| crate::access::admits(admits, value))
    }
}
