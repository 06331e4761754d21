//! Which rules of an organisation bind a repository. What they say is compared with everything else; that they bind at
//! all, and at which digest, is an effect of its own.

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::Extended;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.extended, &sides.head.extended);
    let mut effects = Vec::new();
    for before in base {
        // The same rules may be read from elsewhere.
        let same = |after: &&Extended| after.source == before.source || after.digest == before.digest;
        let Some(after) = head.iter().find(same) else {
            let text = format!("the rules of {} would no longer bind", before.source);
            effects.push(Effect::new(Weight::Weakens, EffectKind::ExtendsDropped, text));
            continue;
        };
        if after.source != before.source {
            let text = format!("the rules of {} would be read from {}", before.source, after.source);
            effects.push(Effect::new(Weight::Alters, EffectKind::ExtendsChanged, text));
        } else if after.digest != before.digest {
            let text = format!(
                "the rules of {} would be those with the digest {} instead of {}",
                before.source,
                short(after),
                short(before)
            );
            effects.push(Effect::new(Weight::Alters, EffectKind::ExtendsChanged, text));
        }
    }
    let added =
        |after: &&Extended| !base.iter().any(|before| after.source == before.source || after.digest == before.digest);
    effects.extend(head.iter().filter(added).map(|after| {
        let text = format!("the rules of {} would bind this repository", after.source);
        Effect::new(Weight::Alters, EffectKind::ExtendsAdded, text)
    }));
    let order = |all: &[Extended], others: &[Extended]| -> Vec<String> {
        let both = all.iter().filter(|one| others.iter().any(|other| other.source == one.source));
        both.map(|one| one.source.clone()).collect()
    };
    if order(base, head) != order(head, base) {
        let text = "rules that are extended would bind in another order".to_owned();
        effects.push(Effect::new(Weight::Alters, EffectKind::ExtendsChanged, text));
    }
    effects.into_iter().map(|effect| effect.at(sides.in_config(&["extends"]))).collect()
}

fn short(extended: &Extended) -> String {
    extended.digest.to_string().chars().take(12).collect()
}
