//! Which conflicts are looked for.

use std::collections::BTreeSet;

use super::{Effect, EffectKind, Sides, Weight};
use crate::rules::{Conflict, ConflictAccounts, ConflictKind};

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let (base, head) = (&sides.base.definitions.conflicts, &sides.head.definitions.conflicts);
    let mut effects = Vec::new();
    let mut renamed: BTreeSet<&str> = BTreeSet::new();
    for (id, before) in base {
        let before = &before.value;
        let concerns = sides.concerns(|flip| flip.about.iter().any(|about| **about == **id));
        let place = || sides.in_rulesets("conflicts", id);
        let Some(after) = head.get(id).map(|after| &after.value) else {
            let elsewhere = head.iter().find(|(new, after)| {
                !base.contains_key(*new)
                    && !weaker(before, &after.value).any()
                    && after.value.severity >= before.severity
            });
            effects.push(match elsewhere {
                Some((new, _)) => {
                    renamed.insert(new);
                    let text = format!("{id} would be called {new}: records that name it would no longer fit");
                    Effect::new(Weight::Alters, EffectKind::ConflictRenamed, text).at(place())
                }
                None => {
                    let text = format!("{id} would not be looked for: {}", before.title);
                    Effect::new(Weight::Weakens, EffectKind::ConflictRemoved, text).at(place()).concerning(concerns)
                }
            });
            continue;
        };
        if before == after {
            continue;
        }
        let (less, more) = (weaker(before, after), weaker(after, before));
        if less.any() {
            let text = format!("{id} would be met by less: {}", less.words(before, after));
            effects.push(
                Effect::new(Weight::Weakens, EffectKind::ConflictNarrowed, text)
                    .at(place())
                    .shown_by(less.witness(before))
                    .concerning(concerns),
            );
        }
        if more.any() {
            let text = format!("{id} would be met by more: {}", more.words(before, after));
            effects.push(Effect::new(Weight::Tightens, EffectKind::ConflictWidened, text).at(place()));
        }
        if before.severity != after.severity {
            let text = format!("{id} would be {} instead of {}", after.severity, before.severity);
            let (weight, kind) = if after.severity < before.severity {
                (Weight::Weakens, EffectKind::ConflictSeverityLowered)
            } else {
                (Weight::Tightens, EffectKind::ConflictSeverityRaised)
            };
            let concerns = concerns && weight == Weight::Weakens;
            effects.push(Effect::new(weight, kind, text).at(place()).concerning(concerns));
        }
        if before.owner != after.owner {
            let text = format!("the risk of {id} would be owned by {} instead of {}", after.owner, before.owner);
            effects.push(Effect::new(Weight::Alters, EffectKind::ConflictOwnerChanged, text).at(place()));
        }
    }
    for (id, after) in head.iter().filter(|(id, _)| !base.contains_key(*id) && !renamed.contains(id.as_str())) {
        let text = format!("{id} would be looked for: {}", after.value.title);
        effects.push(
            Effect::new(Weight::Tightens, EffectKind::ConflictAdded, text).at(sides.in_rulesets("conflicts", id)),
        );
    }
    effects
}

/// In which respects some holdings meet one conflict and not the other.
struct Weaker {
    /// Duties that meet the first and not the second.
    duties: Option<Vec<String>>,
    dimensions: Vec<String>,
    accounts: bool,
    kind: bool,
}

impl Weaker {
    fn any(&self) -> bool {
        self.duties.is_some() || !self.dimensions.is_empty() || self.accounts || self.kind
    }

    fn words(&self, before: &Conflict, after: &Conflict) -> String {
        let mut all = Vec::new();
        if self.duties.is_some() {
            all.push(format!("{} instead of {}", set(after), set(before)));
        }
        if !self.dimensions.is_empty() {
            let list = |conflict: &Conflict| dimensions(conflict).into_iter().collect::<Vec<_>>().join(" and ");
            all.push(format!("on {} instead of {}", list(after), list(before)));
        }
        if self.accounts {
            let word =
                if after.accounts == ConflictAccounts::Distinct { "different accounts only" } else { "any accounts" };
            all.push(format!("in {word}"));
        }
        if self.kind {
            let word =
                if after.kind == ConflictKind::Dynamic { "only where events show it" } else { "by access alone" };
            all.push(word.to_owned());
        }
        all.join("; ")
    }

    fn witness(&self, before: &Conflict) -> String {
        match &self.duties {
            Some(duties) => format!("a principal with {}", duties.join(" + ")),
            None if self.accounts => format!("a principal with {} in one account", set(before)),
            None => format!("a principal with {} that meet on {} alone", set(before), join(&dimensions(before))),
        }
    }
}

fn join(items: &BTreeSet<&str>) -> String {
    items.iter().copied().collect::<Vec<_>>().join(" and ")
}

fn dimensions(conflict: &Conflict) -> BTreeSet<&str> {
    conflict.scope.dimension.iter().chain(&conflict.scope.dimensions).map(String::as_str).collect()
}

fn duties(conflict: &Conflict) -> BTreeSet<&str> {
    conflict.duties.iter().map(|duty| duty.as_str()).collect()
}

fn set(conflict: &Conflict) -> String {
    let all: Vec<&str> = conflict.duties.iter().map(|duty| duty.as_str()).collect();
    match conflict.at_least.filter(|least| *least < all.len()) {
        Some(least) => format!("{least} of {}", all.join(", ")),
        None => all.join(" + "),
    }
}

/// In which respects `after` is met by less than `before`.
fn weaker(before: &Conflict, after: &Conflict) -> Weaker {
    let (own, other) = (duties(before), duties(after));
    let (least, wanted) = (before.at_least.unwrap_or(own.len()), after.at_least.unwrap_or(other.len()));
    // The holdings that meet the first and serve the second least: those of its duties first that the second lacks.
    let (missing, shared): (Vec<&str>, Vec<&str>) = own.iter().copied().partition(|duty| !other.contains(duty));
    let worst: Vec<String> = missing.into_iter().chain(shared).take(least).map(str::to_owned).collect();
    let served = worst.iter().filter(|duty| other.contains(duty.as_str())).count();
    Weaker {
        duties: (served < wanted).then_some(worst),
        // They must meet on all dimensions, so one more is harder to meet.
        dimensions: dimensions(after).difference(&dimensions(before)).map(|name| (*name).to_owned()).collect(),
        accounts: before.accounts == ConflictAccounts::Any && after.accounts == ConflictAccounts::Distinct,
        kind: before.kind == ConflictKind::Static && after.kind == ConflictKind::Dynamic,
    }
}
