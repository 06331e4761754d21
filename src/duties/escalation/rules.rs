//! Escalations in a form that matches quickly.

use std::collections::{BTreeMap, HashMap};

use super::template::Template;
use crate::access::Named;
use crate::duties::names::NameIndex;
use crate::duties::wanted::With;
use crate::facts::scope::Dimension;
use crate::facts::{AccountKind, Level, Statement, Text};
use crate::rules::{
    Becomes, Defined, Escalation as Written, Need as WrittenNeed, On, Target as WrittenTarget, TargetKind,
};

/// An escalation in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EscalationIdx(pub u32);

/// A permission that some escalation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbilityIdx(pub u32);

/// A permission by name, at a level.
#[derive(Debug, Clone)]
pub(super) struct Ability {
    pub(super) permission: Text,
    level: Level,
}

/// A permission that an escalation takes: any of several, on what, in which use.
#[derive(Debug, Clone)]
pub(super) struct Need {
    pub(super) any: Vec<AbilityIdx>,
    pub(super) on: On,
    /// The one thing that it is needed on, where the rule names it.
    pub(super) thing: Option<Named>,
    pub(super) with: With,
}

/// Whom an escalation may reach.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) system: Option<String>,
    pub(super) kind: Option<TargetKind>,
    pub(super) name: Option<Template>,
    pub(super) place: Vec<(Dimension, Template)>,
    pub(super) resource: Option<Template>,
    pub(super) trusts: Vec<String>,
    pub(super) others: Option<String>,
    pub(super) workload: Option<Text>,
}

/// A way by which an account comes to more than it is granted.
#[derive(Debug, Clone)]
pub struct EscalationRule {
    /// Its id.
    pub id: Text,
    /// The ruleset that defines it.
    pub ruleset: Text,
    /// What is done, as a verb phrase.
    pub title: Text,
    /// The type of system.
    pub kind: Text,
    pub(super) actor: Option<AccountKind>,
    pub(super) needs: Vec<Need>,
    /// Whom it reaches; `None` where whoever does it becomes an administrator.
    pub(super) target: Option<Target>,
    pub(super) perhaps: Option<Text>,
}

/// The escalations in force.
#[derive(Debug, Default)]
pub struct EscalationRules {
    rules: Vec<EscalationRule>,
    abilities: Vec<Ability>,
    kinds: HashMap<Text, Kind>,
}

/// What is of one type of system.
#[derive(Debug, Default)]
struct Kind {
    names: NameIndex<AbilityIdx>,
    known: HashMap<(String, Level), AbilityIdx>,
    rules: Vec<EscalationIdx>,
}

impl EscalationRule {
    /// Whether the needs must be held where its target stands.
    pub(super) fn has_place(&self) -> bool {
        self.target.as_ref().is_some_and(|target| !target.place.is_empty())
    }

    /// Whether it reaches whatever this service may act as.
    #[must_use]
    pub fn trusts(&self, service: &str) -> bool {
        self.target.iter().flat_map(|target| &target.trusts).any(|own| own.eq_ignore_ascii_case(service))
    }
}

impl Target {
    /// What it may be beside what is declared, in words.
    pub(super) fn undeclared(&self) -> String {
        match (self.trusts.first(), &self.workload) {
            (Some(service), _) => format!("which other accounts {service} may act as"),
            (None, _) => "which other accounts there are".to_owned(),
        }
    }
}

impl EscalationRules {
    pub(in crate::duties) fn new(written: &BTreeMap<String, Defined<Written>>) -> Self {
        let mut all = Self::default();
        for (id, defined) in written {
            let own = &defined.value;
            let kind: Text = own.system.as_str().into();
            let needs = own.needs.iter().map(|need| all.need(&kind, need)).collect();
            let idx = EscalationIdx(u32::try_from(all.rules.len()).unwrap_or(u32::MAX));
            all.kinds.entry(kind.clone()).or_default().rules.push(idx);
            all.rules.push(EscalationRule {
                id: id.as_str().into(),
                ruleset: defined.ruleset.clone(),
                title: own.title.as_str().into(),
                kind,
                actor: own.actor,
                needs,
                target: own.target.as_ref().filter(|_| own.becomes == Becomes::Target).map(target),
                perhaps: own.perhaps.as_deref().map(Text::from),
            });
        }
        all
    }

    fn need(&mut self, kind: &Text, need: &WrittenNeed) -> Need {
        let level = need.level.unwrap_or(Level::View);
        let any = need.permission.each().iter().map(|name| self.ability(kind, name, level)).collect();
        let with = need.with.iter().map(|(key, value)| (key.to_ascii_lowercase().into(), value.as_str().into()));
        Need { any, on: need.on, thing: need.resource.as_deref().map(Named::new), with: with.collect() }
    }

    fn ability(&mut self, kind: &Text, name: &str, level: Level) -> AbilityIdx {
        let of_kind = self.kinds.entry(kind.clone()).or_default();
        let key = (name.to_ascii_lowercase(), level);
        if let Some(known) = of_kind.known.get(&key) {
            return *known;
        }
        let idx = AbilityIdx(u32::try_from(self.abilities.len()).unwrap_or(u32::MAX));
        of_kind.known.insert(key, idx);
        of_kind.names.add(&name.into(), idx);
        self.abilities.push(Ability { permission: name.into(), level });
        idx
    }

    /// An escalation.
    #[must_use]
    pub fn get(&self, idx: EscalationIdx) -> Option<&EscalationRule> {
        self.rules.get(idx.0 as usize)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The permissions that an escalation takes, and whether each is needed on its target.
    pub fn permissions<'r>(&'r self, rule: &'r EscalationRule) -> impl Iterator<Item = (&'r Text, bool)> + 'r {
        rule.needs.iter().flat_map(|need| {
            let names = need.any.iter().filter_map(|idx| self.ability_at(*idx)).map(|own| &own.permission);
            names.map(|name| (name, need.on == On::Target))
        })
    }

    pub(super) fn of_kind(&self, kind: &str) -> &[EscalationIdx] {
        self.kinds.get(kind).map_or(&[], |own| &own.rules)
    }

    pub(super) fn ability_at(&self, idx: AbilityIdx) -> Option<&Ability> {
        self.abilities.get(idx.0 as usize)
    }

    /// The permissions that an allow statement gives, on whatever it gives them.
    pub(in crate::duties) fn given_by(&self, kind: &str, statement: &Statement) -> Vec<AbilityIdx> {
        let Some(of_kind) = self.kinds.get(kind) else { return Vec::new() };
        let mut given = of_kind.names.given_by(&statement.actions);
        let level = statement.level.unwrap_or(Level::Full);
        given.retain(|idx| self.ability_at(*idx).is_some_and(|ability| level >= ability.level));
        given
    }
}

fn target(written: &WrittenTarget) -> Target {
    let place = written.place.iter().map(|(dimension, value)| (Dimension::new(dimension), Template::new(value)));
    Target {
        system: written.system.clone(),
        kind: written.kind,
        name: written.name.as_deref().map(Template::new),
        place: place.collect(),
        resource: written.resource.as_deref().map(Template::new),
        trusts: written.trusts.iter().flat_map(|own| own.each()).cloned().collect(),
        others: written.others.clone(),
        workload: written.workload.as_deref().map(Text::from),
    }
}
