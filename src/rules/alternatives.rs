//! A binding as the smallest sets of permissions that satisfy it.

use super::ruleset::{Binding, Requirement};
use crate::facts::Level;

/// One permission: its name, the least level, and the resource, if one is named.
pub type RequiredPermission = (String, Level, Option<String>);

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
        Requirement::Name(name) => vec![vec![(name.clone(), Level::Create, None)]],
        Requirement::Permission(one) => {
            vec![vec![(one.permission.clone(), one.level.unwrap_or(Level::Create), one.resource.clone())]]
        }
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
