//! How long privileged duties may be held, and which accounts are trusted.

use std::collections::BTreeSet;

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::{Config, trusted_system};

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.config, &sides.head.config);
    let mut effects = Vec::new();
    let (was, is) = (&base.grants.privileged, &head.grants.privileged);
    if was.max_days != is.max_days {
        let days =
            |days: Option<u32>| days.map_or_else(|| "without an end".to_owned(), |days| format!("for {days} days"));
        let text = format!("a privileged duty could be held {} instead of {}", days(is.max_days), days(was.max_days));
        let raised = is.max_days.unwrap_or(u32::MAX) > was.max_days.unwrap_or(u32::MAX);
        effects.push(limit(raised, text).at(sides.in_config(&["grants"])));
    }
    if was.workloads != is.workloads {
        let (word, raised) = if is.workloads { ("be asked for", false) } else { ("no longer be asked for", true) };
        let text = format!("of workloads an end of privileged duties would {word}");
        effects.push(limit(raised, text).at(sides.in_config(&["grants"])));
    }
    let (was, is) = (trusted(base), trusted(head));
    let place = || sides.in_config(&["trusted_accounts"]);
    effects.extend(is.difference(&was).map(|account| {
        let text = format!("whoever is of {account} would be trusted like an account that is described here");
        Effect::new(Weight::Weakens, EffectKind::TrustedAccountAdded, text).at(place())
    }));
    effects.extend(was.difference(&is).map(|account| {
        let text = format!("{account} would no longer be among the trusted accounts");
        Effect::new(Weight::Tightens, EffectKind::TrustedAccountRemoved, text).at(place())
    }));
    effects
}

fn limit(raised: bool, text: String) -> Effect {
    let (weight, kind) =
        if raised { (Weight::Weakens, EffectKind::LimitRaised) } else { (Weight::Tightens, EffectKind::LimitLowered) };
    Effect::new(weight, kind, text)
}

fn trusted(config: &Config) -> BTreeSet<String> {
    config.trusted_accounts.iter().filter_map(|account| trusted_system(account)).collect()
}
