//! A binding as the smallest sets of permissions that satisfy it.

use std::collections::BTreeMap;

use super::ruleset::{Binding, Requirement};
use crate::facts::Level;

/// One permission that must be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredPermission {
    /// Its name.
    pub permission: String,
    /// The least level.
    pub level: Level,
    /// The resource, if one is named.
    pub resource: Option<String>,
    /// For each field that is named, the values any of which suffices.
    pub fields: BTreeMap<String, Vec<String>>,
}

/// The alternatives of a binding, each a set of permissions that must be held together; at most `most` of them.
#[must_use]
pub fn alternatives(binding: &Binding, most: usize) -> Vec<Vec<RequiredPermission>> {
    any(&binding.any, most)
}

fn any(parts: &[Requirement], most: usize) -> Vec<Vec<RequiredPermission>> {
    let mut all: Vec<_> = parts.iter().flat_map(|part| of(part, most)).collect();
    all.truncate(most);
    all
}

fn of(requirement: &Requirement, most: usize) -> Vec<Vec<RequiredPermission>> {
    match requirement {
        Requirement::Name(name) => vec![vec![RequiredPermission {
            permission: name.clone(),
            level: Level::Create,
            resource: None,
            fields: BTreeMap::new(),
        }]],
        Requirement::Permission(one) => vec![vec![RequiredPermission {
            permission: one.permission.clone(),
            level: one.level.unwrap_or(Level::Create),
            resource: one.resource.clone(),
            fields: one.fields.clone(),
        }]],
        Requirement::Any { any: parts } => any(parts, most),
        Requirement::All { all } => all.iter().fold(vec![Vec::new()], |known, part| {
            let further = of(part, most);
            let mut joined: Vec<Vec<RequiredPermission>> = known
                .iter()
                .flat_map(|known| further.iter().map(move |more| known.iter().chain(more).cloned().collect()))
                .take(most)
                .collect();
            joined.truncate(most);
            joined
        }),
    }
}
