//! What counts as a way to administer a system.

use std::collections::BTreeSet;

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::Escalation;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.definitions.escalations, &sides.head.definitions.escalations);
    let ids: BTreeSet<&String> = base.keys().chain(head.keys()).collect();
    let effect = |id: &String| {
        let (weight, kind, text) = match (base.get(id), head.get(id)) {
            (Some(before), None) => (
                Weight::Weakens,
                EffectKind::EscalationRemoved,
                format!("the escalation {id} would not be known: {}", before.value.title),
            ),
            (None, Some(after)) => (
                Weight::Tightens,
                EffectKind::EscalationAdded,
                format!("the escalation {id} would be known: {}", after.value.title),
            ),
            // Whether other needs are met by fewer or by more cannot be told from the rule alone.
            (Some(before), Some(after)) if decides(&before.value) != decides(&after.value) => (
                Weight::Weakens,
                EffectKind::EscalationRewritten,
                format!("the escalation {id} would be another: {}", after.value.title),
            ),
            _ => return None,
        };
        Some(Effect::new(weight, kind, text).at(sides.in_rulesets("escalations", id)))
    };
    ids.into_iter().filter_map(effect).collect()
}

/// An escalation without its words for people.
pub(in crate::gate) fn decides(escalation: &Escalation) -> Escalation {
    Escalation { title: String::new(), origin: String::new(), ..escalation.clone() }
}
