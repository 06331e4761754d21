//! Policies that take away what others give.
//!
//! A policy sets everything, a binding all members of its role; each application removes what is there besides
//! (provider documentation, "IAM policy for projects", note on using them together). Which of them stands is a matter of
//! the order in which they are applied, so that all of them count, and it is said that they fight.

use std::collections::BTreeMap;

use super::super::arguments::text;
use super::targets::{kind_of, target};
use crate::facts::{Gap, Origin};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::{Mode, Resource};

/// How much of a policy a type sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sets {
    Everything,
    Role,
    Member,
}

impl Sets {
    fn of(kind: &str) -> Option<Self> {
        let kind = kind.strip_prefix("google_")?;
        let forms = [("_iam_policy", Self::Everything), ("_iam_binding", Self::Role), ("_iam_member", Self::Member)];
        forms.into_iter().find(|(suffix, _)| kind.ends_with(suffix)).map(|(_, sets)| sets)
    }
}

/// A policy, binding or member of one resource.
struct Part<'c> {
    resource: &'c Resource,
    sets: Sets,
    role: Option<(String, String)>,
}

/// Says of each part that another removes it.
pub(super) fn report(lowering: &mut Lowering<'_>) {
    let mut by_target: BTreeMap<String, Vec<Part<'_>>> = BTreeMap::new();
    let configuration = lowering.configuration;
    for resource in configuration.resources.iter().filter(|own| own.address.mode == Mode::Managed) {
        let Some(sets) = Sets::of(resource.kind()) else { continue };
        let target = target(resource, lowering);
        if target.open.is_some() {
            continue;
        }
        let condition = resource.blocks("condition").first().and_then(|own| own.get("expression")).and_then(text);
        let role = resource.get("role").filter(|role| role.as_unknown().is_none()).and_then(text);
        let role = role.map(|role| (role, condition.unwrap_or_default()));
        let key = format!("{} {:?}", kind_of(resource.kind()), target.on);
        by_target.entry(key).or_default().push(Part { resource, sets, role });
    }
    let mut told: std::collections::BTreeSet<(Origin, Origin)> = std::collections::BTreeSet::new();
    for parts in by_target.values() {
        let whole = parts.iter().find(|part| part.sets == Sets::Everything);
        let mut bindings: BTreeMap<&(String, String), &Part<'_>> = BTreeMap::new();
        for part in parts.iter().filter(|part| part.sets == Sets::Role) {
            if let Some(role) = &part.role {
                bindings.entry(role).or_insert(part);
            }
        }
        for part in parts {
            let of_role = part.role.as_ref().and_then(|role| bindings.get(role)).copied();
            let winner = [whole, of_role].into_iter().flatten().find(|own| own.resource.name != part.resource.name);
            let Some(winner) = winner else { continue };
            // Only one of two policies is said to lose, and each pair of blocks is told once.
            if part.sets < winner.sets || !told.insert((part.resource.origin, winner.resource.origin)) {
                continue;
            }
            let what = match winner.sets {
                Sets::Everything => "the whole policy of this resource",
                _ => "all members of this role",
            };
            lowering.unresolved(
                Gap::DefinedTwice,
                part.resource.origin,
                format!("`{}` sets {what} and removes what is given here", winner.resource.name),
                "which of the two stands depends on the order in which they are applied; both count together",
            );
        }
    }
}
