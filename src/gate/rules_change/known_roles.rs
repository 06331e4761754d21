//! What the house says of roles that systems bring along.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::{KnownRole, Rules};

type ByName<'r> = BTreeMap<(&'r str, &'r str), &'r KnownRole>;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let of = |rules: &'_ Rules| -> BTreeMap<(String, String), String> {
        let all: ByName<'_> = rules.known_roles.own_roles().collect();
        let key = |(kind, name): (&str, &str)| (kind.to_owned(), name.to_owned());
        all.into_iter().map(|(at, role)| (key(at), format!("{:?}", role.statements))).collect()
    };
    let (base, head) = (of(sides.base), of(sides.head));
    let names: BTreeSet<&(String, String)> = base.keys().chain(head.keys()).collect();
    let changed = names.into_iter().filter(|name| base.get(*name) != head.get(*name));
    // Whether it gives less or more than what ships with the binary says is not compared: less would hide what is held.
    let effect = |name: &(String, String)| {
        let text = format!("what the role {} of {} gives would be something else", name.1, name.0);
        Effect::new(Weight::Weakens, EffectKind::KnownRoleRewritten, text)
    };
    changed.map(effect).collect()
}
