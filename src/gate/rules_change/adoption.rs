//! Who adopted which ruleset: until somebody does, conflicts over ERP permissions only warn.

use super::super::staff::is_active;
use super::{Effect, EffectKind, Sides, Weight};

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    // Whether somebody works here is for the target to say.
    let reading = sides.record.base.as_ref().unwrap_or(&sides.record.head);
    let adopted = |owner: Option<&str>| owner.is_some_and(|person| is_active(reading, person, sides.task.as_of));
    let mut effects = Vec::new();
    for ruleset in &sides.base.rulesets {
        let (before, after) = (ruleset.owner.as_deref(), sides.head.ruleset_owner(&ruleset.id));
        if before == after {
            continue;
        }
        let id = &ruleset.id;
        let effect = match (before, after) {
            (Some(owner), None) => {
                let text = format!(
                    "{owner} would no longer have adopted {id}: its conflicts over ERP permissions would only warn"
                );
                let weight = if adopted(before) { Weight::Weakens } else { Weight::Alters };
                Effect::new(weight, EffectKind::AdoptionLost, text)
            }
            (Some(owner), Some(new)) if adopted(before) && !adopted(after) => {
                let text = format!(
                    "{new} would have adopted {id} instead of {owner}, and is no active person here: its conflicts over ERP permissions would only warn"
                );
                Effect::new(Weight::Weakens, EffectKind::AdoptionLost, text)
            }
            (Some(owner), Some(new)) => {
                let text = format!("{new} would have adopted {id} instead of {owner}");
                Effect::new(Weight::Alters, EffectKind::AdoptionMoved, text).concerning(sides.authors.contains(new))
            }
            (None, Some(new)) => {
                let weight = if adopted(after) { Weight::Tightens } else { Weight::Alters };
                Effect::new(weight, EffectKind::AdoptionGained, format!("{new} would have adopted {id}"))
            }
            (None, None) => continue,
        };
        effects.push(effect.at(sides.in_config(&["rulesets"])));
    }
    effects
}
