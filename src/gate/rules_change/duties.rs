//! What confers which duty.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effect, EffectKind, Sides, Weight, some};
use crate::access::covers;
use crate::duties::Catalogue;
use crate::facts::Level;
use crate::rules::{Binding, Duty, RequiredPermission, Rules, alternatives};

/// Alternatives of one binding that are compared. Catalogues stay far below it; what goes beyond is left out.
const MOST: usize = 4096;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.definitions.duties, &sides.head.definitions.duties);
    let (included, includes) = (included(sides.base), included(sides.head));
    let mut effects = Vec::new();
    for (id, before) in base {
        let before = &before.value;
        let place = || sides.in_rulesets("duties", id);
        let concerns = sides.concerns(|flip| flip.about.iter().any(|about| **about == **id));
        let Some(after) = head.get(id).map(|after| &after.value) else {
            let text = format!("the duty {id} would not be known: {}", before.title);
            effects.push(Effect::new(Weight::Weakens, EffectKind::DutyRemoved, text).at(place()).concerning(concerns));
            continue;
        };
        let mut found: Vec<Effect> = bindings(id, before, after);
        found.extend(sets(
            "held by holding",
            id,
            (&names(&before.any_duty), &names(&after.any_duty)),
            (EffectKind::DutyConferredByLess, EffectKind::DutyConferredByMore),
        ));
        let none = BTreeSet::new();
        found.extend(sets(
            "to mean holding",
            id,
            (included.get(id).unwrap_or(&none), includes.get(id).unwrap_or(&none)),
            (EffectKind::DutyIncludesLess, EffectKind::DutyIncludesMore),
        ));
        found.extend(privilege(id, before, after));
        if before.scope != after.scope {
            let scope = |duty: &Duty| duty.scope.clone().unwrap_or_else(|| "no dimension".to_owned());
            let text = format!("{id} would work on {} instead of {}", scope(after), scope(before));
            found.push(Effect::new(Weight::Alters, EffectKind::DutyScopeChanged, text));
        }
        effects.extend(found.into_iter().map(|effect| {
            let weaker = effect.weight == Weight::Weakens;
            effect.at(place()).concerning(weaker && concerns)
        }));
    }
    for (id, after) in head.iter().filter(|(id, _)| !base.contains_key(*id)) {
        let text = format!("the duty {id} would be known: {}", after.value.title);
        // Alone it finds nothing unless it needs an approval.
        let weight = if after.value.privileged { Weight::Tightens } else { Weight::Alters };
        effects.push(Effect::new(weight, EffectKind::DutyAdded, text).at(sides.in_rulesets("duties", id)));
    }
    effects
}

fn names(list: &[crate::syntax::Spanned<String>]) -> BTreeSet<String> {
    list.iter().map(|name| name.value.clone()).collect()
}

/// Everything that holding each duty means, through any number of steps.
fn included(rules: &Rules) -> BTreeMap<String, BTreeSet<String>> {
    let catalogue = Catalogue::of(&rules.definitions);
    let name = |idx: crate::duties::DutyIdx| catalogue.duty(idx).map(|duty| duty.id.to_string());
    catalogue
        .duties()
        .map(|(_, duty)| (duty.id.to_string(), duty.includes.iter().filter_map(|idx| name(*idx)).collect()))
        .collect()
}

fn sets(
    how: &str,
    id: &str,
    (before, after): (&BTreeSet<String>, &BTreeSet<String>),
    (less, more): (EffectKind, EffectKind),
) -> Vec<Effect> {
    let lost: Vec<String> = before.difference(after).cloned().collect();
    let gained: Vec<String> = after.difference(before).cloned().collect();
    let mut effects = Vec::new();
    if !lost.is_empty() {
        let text = format!("{id} would no longer be known {how} {}", some(&lost));
        effects.push(Effect::new(Weight::Weakens, less, text));
    }
    if !gained.is_empty() {
        effects.push(Effect::new(Weight::Tightens, more, format!("{id} would be known {how} {}", some(&gained))));
    }
    effects
}

fn privilege(id: &str, before: &Duty, after: &Duty) -> Option<Effect> {
    let of = |duty: &Duty| duty.severity.filter(|_| duty.privileged);
    Some(match (of(before), of(after)) {
        (Some(_), None) => {
            Effect::new(Weight::Weakens, EffectKind::PrivilegeDropped, format!("{id} would need no approval by itself"))
        }
        (None, Some(_)) => {
            Effect::new(Weight::Tightens, EffectKind::PrivilegeAdded, format!("{id} would need an approval by itself"))
        }
        (Some(before), Some(after)) if before != after => {
            let text = format!("to hold {id} would be {after} instead of {before}");
            let (weight, kind) = if after < before {
                (Weight::Weakens, EffectKind::PrivilegeSeverityLowered)
            } else {
                (Weight::Tightens, EffectKind::PrivilegeSeverityRaised)
            };
            Effect::new(weight, kind, text)
        }
        _ => return None,
    })
}

fn bindings(id: &str, before: &Duty, after: &Duty) -> Vec<Effect> {
    let systems: BTreeSet<&String> = before.bindings.keys().chain(after.bindings.keys()).collect();
    let mut effects = Vec::new();
    for system in systems {
        let (old, new) = (before.bindings.get(system), after.bindings.get(system));
        if old == new {
            continue;
        }
        let lost = beyond(old, new);
        if !lost.is_empty() {
            let text = format!("{id} would no longer follow in {system} from {}", some(&lost));
            let witness = format!("a role with {} in {system}", lost.first().cloned().unwrap_or_default());
            effects.push(Effect::new(Weight::Weakens, EffectKind::BindingShrunk, text).shown_by(witness));
        }
        let gained = beyond(new, old);
        if !gained.is_empty() {
            let text = format!("{id} would follow in {system} from {}", some(&gained));
            effects.push(Effect::new(Weight::Tightens, EffectKind::BindingWidened, text));
        }
    }
    effects
}

/// The smallest holdings that satisfy one binding and not the other. Since covering is transitive, whatever else
/// satisfies the one and not the other holds at least one of these.
fn beyond(one: Option<&Binding>, other: Option<&Binding>) -> Vec<String> {
    let Some(one) = one else { return Vec::new() };
    let wanted = other.map(|binding| alternatives(binding, MOST)).unwrap_or_default();
    alternatives(one, MOST)
        .into_iter()
        .filter(|held| !wanted.iter().any(|wanted| satisfied(held, wanted)))
        .map(|held| held.iter().map(words).collect::<Vec<_>>().join(" + "))
        .collect()
}

fn satisfied(held: &[RequiredPermission], wanted: &[RequiredPermission]) -> bool {
    let gives = |held: &RequiredPermission, wanted: &RequiredPermission| {
        let (resource, on) = (&held.resource, &wanted.resource);
        covers(&held.permission, &wanted.permission, true)
            && held.level >= wanted.level
            // A permission that a binding asks for on no resource in particular may be held on any single one.
            && on.as_ref().is_none_or(|on| resource.as_ref().is_some_and(|resource| covers(resource, on, false)))
            // Whichever of its values is held, the other binding must take it.
            && wanted.fields.iter().all(|(field, values)| {
                held.fields.get(field).is_some_and(|own| {
                    own.iter().all(|own| values.iter().any(|value| covers(own, value, true)))
                })
            })
    };
    wanted.iter().all(|wanted| held.iter().any(|held| gives(held, wanted)))
}

fn words(RequiredPermission { permission, level, resource, fields }: &RequiredPermission) -> String {
    let level = match level {
        Level::View => " (view)",
        Level::Create => "",
        Level::Edit => " (edit)",
        Level::Full => " (full)",
    };
    let resource = resource.as_ref().map(|resource| format!(" on {resource}")).unwrap_or_default();
    let fields = fields.iter().map(|(field, values)| format!(" with {field} {}", values.join(" or ")));
    format!("{permission}{level}{resource}{}", fields.collect::<String>())
}
