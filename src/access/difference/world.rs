//! What is so, as far as exports show it: a tree's facts with those of exports in the place of its own.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::{Aspect, UnitFacts};
use crate::facts::{Facts, Native, Text};

/// The units of a tree as exports show its systems. `spoken` says of which systems exports say what: of everything else
/// the tree's word stands.
#[must_use]
pub fn observed_world(
    declared: &[UnitFacts],
    observed: &[UnitFacts],
    spoken: &BTreeMap<Text, BTreeSet<Aspect>>,
) -> Vec<UnitFacts> {
    let shown: Vec<UnitFacts> = observed
        .iter()
        .map(|unit| {
            let mut facts = (*unit.facts).clone();
            let of = |native: &Native| spoken.contains_key(&native.system);
            keep(&mut facts, &|system, _| spoken.contains_key(system), &of, &of);
            facts.systems.clear();
            UnitFacts { facts: Arc::new(facts), files: unit.files.clone() }
        })
        .collect();
    let each = || shown.iter().map(|unit| &unit.facts);
    let roles: HashSet<&Native> = each().flat_map(|facts| &facts.roles).map(|role| &role.id).collect();
    let accounts = each().flat_map(|facts| &facts.accounts).map(|account| &account.id);
    let groups = each().flat_map(|facts| &facts.groups).map(|group| &group.id);
    let held: HashSet<&Native> = accounts.chain(groups).collect();
    let stays = |system: &Text, aspect| spoken.get(system).is_none_or(|spoken| !spoken.contains(&aspect));
    let mut world: Vec<UnitFacts> = declared
        .iter()
        .map(|unit| {
            let mut facts = (*unit.facts).clone();
            keep(&mut facts, &stays, &|role| !roles.contains(role), &|holder| !held.contains(holder));
            UnitFacts { facts: Arc::new(facts), files: unit.files.clone() }
        })
        .collect();
    world.extend(shown);
    world
}

/// Keeps the grants, memberships and trusts of the systems that are wanted, and the roles, accounts and groups that are.
fn keep(
    facts: &mut Facts,
    wanted: &dyn Fn(&Text, Aspect) -> bool,
    role: &dyn Fn(&Native) -> bool,
    holder: &dyn Fn(&Native) -> bool,
) {
    facts.grants.retain(|grant| wanted(&grant.system, Aspect::Grant));
    facts.memberships.retain(|member| wanted(&member.group.system, Aspect::Membership));
    facts.trusts.retain(|trust| wanted(&trust.target.system, Aspect::ActsAs));
    facts.roles.retain(|own| role(&own.id));
    facts.permits.retain(|own| role(&own.role));
    facts.accounts.retain(|own| holder(&own.id));
    facts.groups.retain(|own| holder(&own.id));
    facts.unresolved.clear();
}
