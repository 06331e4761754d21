//! Who may approve what, whose keys count, and how long records may hold.

use std::collections::BTreeMap;

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::{AuthorityConfig, LimitsConfig, Rules, SIGNERS, Severity, minute};

/// Keys, authority and limits that differ.
pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let mut effects = signers(sides);
    effects.extend(authority(sides));
    effects.extend(limits(sides));
    effects
}

/// What an entry of the list of signers says beside its key, in one spelling.
fn entries(rules: &Rules) -> BTreeMap<&str, Vec<String>> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in rules.signers.iter().flat_map(|(_, signers)| &signers.entries) {
        let mut principals = entry.principals.clone();
        principals.sort();
        let namespaces = entry.namespaces.as_ref().map(|all| format!(" for {}", all.join(",")));
        let from = entry.valid_after.map(|at| format!(" from {}", minute(at)));
        let until = entry.valid_before.map(|at| format!(" until {}", minute(at)));
        let says = [
            Some(principals.join(",")),
            namespaces,
            from,
            until,
            entry.certificate_authority.then(|| " as an authority".to_owned()),
        ];
        let says: String = says.into_iter().flatten().collect();
        all.entry(&entry.fingerprint).or_default().push(says);
    }
    all.values_mut().for_each(|says| says.sort());
    all
}

fn signers(sides: &Sides<'_>) -> Vec<Effect> {
    let (before, after) = (entries(sides.base), entries(sides.head));
    let mut effects = Vec::new();
    for (key, says) in &after {
        match before.get(key) {
            None => effects.push(Effect::new(
                Weight::Weakens,
                EffectKind::SignerAdded,
                format!("the key {key} would sign records as {}", says.join(" and as ")),
            )),
            // Whether one validity is within another is for people to see.
            Some(old) if old != says => effects.push(Effect::new(
                Weight::Weakens,
                EffectKind::SignerChanged,
                format!(
                    "the key {key} would sign records as {} instead of as {}",
                    says.join(" and as "),
                    old.join(" and as ")
                ),
            )),
            Some(_) => {}
        }
    }
    effects.extend(before.keys().filter(|key| !after.contains_key(*key)).map(|key| {
        let text = format!("the key {key} would sign no records any more");
        Effect::new(Weight::Tightens, EffectKind::SignerRemoved, text)
    }));
    let place = sides.place_of(SIGNERS);
    effects.into_iter().map(|effect| effect.at(place.clone())).collect()
}

/// What a matrix says, line by line, in one spelling: two matrices that say the same have the same lines.
fn lines(config: Option<&AuthorityConfig>) -> BTreeMap<String, usize> {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let Some(config) = config else { return lines };
    let mut add = |line: String| *lines.entry(line).or_default() += 1;
    for owner in &config.control_owners {
        add(format!("{} is a control owner", owner.value));
    }
    for row in &config.approvers {
        let mut limits = Vec::new();
        if !row.records.is_empty() {
            limits.push(format!("by {}", row.records.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")));
        }
        limits.extend(row.up_to.map(|most| format!("up to {most}")));
        for (what, list) in [("policies", &row.policies), ("about", &row.about)] {
            if !list.is_empty() {
                limits.push(format!("{what} {}", list.join(", ")));
            }
        }
        if !row.systems.is_empty() {
            limits.push(format!("in {}", row.systems.iter().map(|glob| glob.as_str()).collect::<Vec<_>>().join(", ")));
        }
        if !row.scope.is_empty() {
            let scope = row.scope.iter().map(|(name, values)| format!("{name} {}", values.each().join(",")));
            limits.push(format!("on {}", scope.collect::<Vec<_>>().join(" ")));
        }
        if let Some(quorum) = &row.quorum {
            limits.push(format!("{} of them", quorum.value));
        }
        let limits = if limits.is_empty() { String::new() } else { format!(" ({})", limits.join("; ")) };
        for person in &row.people {
            add(format!("{} approves{limits}", person.value));
        }
    }
    for deputy in &config.deputies {
        add(format!(
            "{} acts for {} from {} until {}",
            deputy.person.value, deputy.of.value, deputy.from, deputy.until
        ));
    }
    lines
}

fn authority(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (sides.base.config.authority.as_ref(), sides.head.config.authority.as_ref());
    let (before, after) = (lines(base), lines(head));
    let mut effects = Vec::new();
    // While nobody is named every active person may approve: the first names narrow that.
    let first = before.is_empty();
    for line in after.keys().filter(|line| before.get(*line) < after.get(*line)) {
        let (weight, kind) = if first {
            (Weight::Tightens, EffectKind::AuthorityNarrowed)
        } else {
            (Weight::Weakens, EffectKind::AuthorityWidened)
        };
        effects.push(Effect::new(weight, kind, format!("newly, {line}")).concerning(names_author(sides, line)));
    }
    let last = after.is_empty() && !before.is_empty();
    for line in before.keys().filter(|line| after.get(*line) < before.get(*line)) {
        let (weight, kind) = if last {
            (Weight::Weakens, EffectKind::AuthorityWidened)
        } else {
            (Weight::Tightens, EffectKind::AuthorityNarrowed)
        };
        effects.push(Effect::new(weight, kind, format!("no longer, {line}")));
    }
    let quorum = |config: Option<&AuthorityConfig>| {
        config.and_then(|config| config.control_quorum.as_ref()).map_or(1, |quorum| quorum.value)
    };
    let (was, is) = (quorum(base), quorum(head));
    if was != is {
        let (weight, kind) = if is < was {
            (Weight::Weakens, EffectKind::AuthorityWidened)
        } else {
            (Weight::Tightens, EffectKind::AuthorityNarrowed)
        };
        let text = format!("a change of the rules would need {is} of the control owners instead of {was}");
        effects.push(Effect::new(weight, kind, text));
    }
    effects.into_iter().map(|effect| effect.at(sides.in_config(&["authority"]))).collect()
}

/// Whether a line gives something to somebody who made the change.
fn names_author(sides: &Sides<'_>, line: &str) -> bool {
    sides.authors.iter().any(|author| line.split(' ').next() == Some(author))
}

fn limits(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.config.limits, &sides.head.config.limits);
    let mut compared: Vec<(String, u32, u32)> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
        .into_iter()
        .map(|severity| {
            let what = format!("an exception to a {severity} finding could hold for days");
            (what, base.exception_days(severity), head.exception_days(severity))
        })
        .collect();
    let one = |what: &str, of: fn(&LimitsConfig) -> u32| (what.to_owned(), of(base), of(head));
    compared.extend([
        one("an exception could be renewed times", LimitsConfig::renewals),
        one("an approval could hold for days", LimitsConfig::approval_days),
        one("an emergency could last for hours", LimitsConfig::emergency_hours),
        one("an emergency would be reviewed within days", LimitsConfig::review_days),
        one("what landed past the gate would be reconciled within hours", LimitsConfig::reconcile_hours),
    ]);
    compared
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(what, was, is)| {
            let (weight, kind) = if is > was {
                (Weight::Weakens, EffectKind::LimitRaised)
            } else {
                (Weight::Tightens, EffectKind::LimitLowered)
            };
            Effect::new(weight, kind, format!("{what}: {is} instead of {was}")).at(sides.in_config(&["limits"]))
        })
        .collect()
}
