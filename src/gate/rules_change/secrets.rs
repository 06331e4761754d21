//! What the house looks for beyond the kinds of secrets that ship with the binary.

use std::collections::BTreeSet;

use super::super::secrets::own_rules;
use super::{Effect, EffectKind, Sides, Weight};

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let files = |rules: &crate::rules::Rules| -> BTreeSet<(String, Vec<u8>)> {
        rules.secret_rules.iter().map(|file| (file.path.to_string(), file.bytes.to_vec())).collect()
    };
    let (base, head) = (files(sides.base), files(sides.head));
    if base == head {
        return Vec::new();
    }
    let place = || sides.in_config(&["secrets"]);
    if let Err(errors) = own_rules(sides.head) {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let text = format!("the rules for secrets would not load: {}", told.join("; "));
        return vec![Effect::new(Weight::Weakens, EffectKind::RulesDoNotLoad, text).at(place())];
    }
    // What an edited rule finds less is not worked out: it is taken to find less.
    let (weight, kind, text) = if base.is_subset(&head) {
        (Weight::Tightens, EffectKind::SecretRulesAdded, "more rules for secrets of one's own would be looked for")
    } else {
        (Weight::Weakens, EffectKind::SecretRulesChanged, "rules for secrets of one's own would be gone or others")
    };
    vec![Effect::new(weight, kind, text).at(place())]
}
