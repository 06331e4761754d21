//! What two sets of facts say of the same systems, side by side: what a tree declares, and what an export shows.
//!
//! Compared is what is written: who is given what, who belongs to which group, who may act as whom, and what roles hold.
//! An account that an identity owns stands for that identity, so that a person who is granted a role and a person whose
//! account is are the same. What only one side speaks of is told apart and never counted as a difference.

mod atoms;
mod lines;
#[cfg(test)]
mod tests;
mod world;

use std::collections::{BTreeMap, BTreeSet};

pub use atoms::of as single_permissions;
pub use lines::Aspect;
use lines::{Held, Key, Listing};
pub use world::observed_world;

use super::link::Links;
use super::systems::Systems;
use super::units::{Site, UnitFacts};
use crate::facts::scope::{Dimension, Scope};
use crate::facts::{Native, Text};

/// What becomes of one thing when both sides are held together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is observed, and nothing declares it.
    NotDeclared,
    /// It is declared, and nothing shows it.
    NotObserved,
    /// It is declared, the export does not show it, and the export may be incomplete.
    Inconclusive,
    /// Only one side speaks of such things.
    NotCompared,
    /// Both sides have it.
    Reconciled,
}

/// One thing that a side has, or that both have.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What becomes of it.
    pub outcome: Outcome,
    /// What kind of thing.
    pub aspect: Aspect,
    /// Its system.
    pub system: Text,
    /// Who or what has it: `person:ID`, `account:SYSTEM/NAME`, `group:SYSTEM/NAME`, `role:SYSTEM/NAME`.
    pub subject: Text,
    /// The role, group or account that is had; empty of permissions and of a role itself.
    pub what: Text,
    /// The role that is had, or that holds what is had.
    pub role: Option<Native>,
    /// The permissions, where it is about permissions.
    pub permissions: Vec<Text>,
    /// On what, in shared dimensions.
    pub scope: Scope,
    /// Where the tree declares it.
    pub declared: Option<Site>,
    /// Where the export shows it.
    pub observed: Option<Site>,
    /// What more there is to say, in words.
    pub note: Option<String>,
}

/// Two sides and what they are read under.
pub struct Sides<'a> {
    /// What the tree declares.
    pub declared: &'a [UnitFacts],
    /// What exports show.
    pub observed: &'a [UnitFacts],
    /// Whose accounts are whose.
    pub links: &'a Links,
    /// How the dimensions of systems join.
    pub systems: &'a Systems,
    /// The systems that both speak of.
    pub compared: &'a BTreeSet<Text>,
    /// Those of them whose export may lack something, with why.
    pub incomplete: &'a BTreeMap<Text, String>,
    /// Whether an export of this system lists everything of it, so that what it does not show is not there.
    pub lists_all: &'a dyn Fn(&str) -> bool,
    /// Whether a role of this system and name comes with the system, whatever it permits there.
    pub brought_along: &'a dyn Fn(&str, &str) -> bool,
    /// The instant, in epoch seconds: what does not hold then counts on neither side.
    pub as_of: i64,
}

/// What both sides come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Every thing, by outcome, system, subject and what it is.
    pub lines: Vec<Line>,
    /// Dimensions that only one side speaks of in a system: they are not compared.
    pub dimensions: BTreeMap<Text, BTreeSet<Dimension>>,
    /// The kinds of things that exports speak of, by system.
    pub spoken: BTreeMap<Text, BTreeSet<Aspect>>,
}

impl Difference {
    /// The lines that are drift.
    pub fn drift(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| matches!(line.outcome, Outcome::NotDeclared | Outcome::NotObserved))
    }
}

/// Holds both sides together.
#[must_use]
pub fn difference(sides: &Sides<'_>) -> Difference {
    let declared = Listing::of(sides.declared, sides);
    let observed = Listing::of(sides.observed, sides);
    let mut found = Difference::default();
    for system in sides.compared {
        let spoken = Aspect::ALL
            .into_iter()
            .filter(|aspect| (sides.lists_all)(system) || observed.aspects.contains(&(system.clone(), *aspect)));
        found.spoken.insert(system.clone(), spoken.collect());
        let of = |listing: &Listing| listing.dimensions.get(system).cloned().unwrap_or_default();
        let apart: BTreeSet<Dimension> = of(&declared).symmetric_difference(&of(&observed)).cloned().collect();
        if !apart.is_empty() {
            found.dimensions.insert(system.clone(), apart);
        }
    }
    let keys: BTreeSet<&Key> = declared.all.keys().chain(observed.all.keys()).collect();
    let both = Both { sides, declared: &declared, observed: &observed, found: &found };
    let mut lines = Vec::new();
    for key in keys {
        both.compare(key, &mut lines);
    }
    found.lines = joined(lines);
    found
}

/// The two listings while they are held together.
struct Both<'a> {
    sides: &'a Sides<'a>,
    declared: &'a Listing,
    observed: &'a Listing,
    found: &'a Difference,
}

impl Both<'_> {
    fn compare(&self, key: &Key, lines: &mut Vec<Line>) {
        let none: &[Held] = &[];
        let declared = self.declared.all.get(key).map_or(none, Vec::as_slice);
        let observed = self.observed.all.get(key).map_or(none, Vec::as_slice);
        let apart = self.found.dimensions.get(&key.system);
        let projected = |held: &Held| -> Vec<Scope> {
            let own = held.scope.iter().filter(|(dimension, _)| apart.is_none_or(|apart| !apart.contains(*dimension)));
            let kept =
                own.fold(Scope::unknown(), |kept, (dimension, values)| kept.with(dimension.clone(), values.clone()));
            lines::parts(&kept)
        };
        let scopes = |side: &[Held]| -> Vec<Vec<Scope>> { side.iter().map(projected).collect() };
        let (of_declared, of_observed) = (scopes(declared), scopes(observed));
        let mut both = None;
        for (held, own) in declared.iter().zip(&of_declared) {
            match beyond(own, &of_observed) {
                None => both = both.or(Some((held, None))),
                Some(scope) => lines.push(self.lone(key, held, scope, SideOf::Declared, !observed.is_empty())),
            }
        }
        for (held, own) in observed.iter().zip(&of_observed) {
            match beyond(own, &of_declared) {
                None => both = Some((both.map_or(held, |(held, _)| held), Some(held))),
                Some(scope) => lines.push(self.lone(key, held, scope, SideOf::Observed, !declared.is_empty())),
            }
        }
        if let Some((held, shown)) = both {
            let mut line = line(key, held, held.scope.clone(), Outcome::Reconciled);
            line.declared = declared.first().map(|held| held.site);
            line.observed = shown.or(observed.first()).map(|held| held.site);
            lines.push(line);
        }
    }

    /// A thing that one side has and the other has not, or not as far.
    fn lone(&self, key: &Key, held: &Held, scope: Scope, side: SideOf, elsewhere: bool) -> Line {
        let (outcome, note) = match side {
            SideOf::Declared => self.not_observed(key),
            SideOf::Observed => self.not_declared(key),
        };
        let mut line = line(key, held, scope, outcome);
        match side {
            SideOf::Declared => line.declared = Some(held.site),
            SideOf::Observed => line.observed = Some(held.site),
        }
        let further = || {
            elsewhere.then(|| match side {
                SideOf::Declared => "the export shows it on something else".to_owned(),
                SideOf::Observed => "the tree declares it on something else".to_owned(),
            })
        };
        line.note = note.or_else(further);
        line
    }

    fn not_observed(&self, key: &Key) -> (Outcome, Option<String>) {
        // Whoever lists roles lists what they permit, and whoever lists grants lists those without a role.
        let like = match (key.aspect, &key.role) {
            (Aspect::Permission, Some(_)) => Aspect::Role,
            (Aspect::Permission, None) => Aspect::Grant,
            (aspect, _) => aspect,
        };
        let spoken = self.found.spoken.get(&key.system);
        if !spoken.is_some_and(|spoken| spoken.contains(&key.aspect) || spoken.contains(&like)) {
            let why = format!("the export says nothing of {}", key.aspect.noun());
            return (Outcome::NotCompared, Some(why));
        }
        if key.aspect.is_content() && !self.observed.defines(key) && self.observed.names_role(key) {
            let why = "the export names this role and does not say what it holds".to_owned();
            return (Outcome::NotCompared, Some(why));
        }
        match self.sides.incomplete.get(&key.system) {
            Some(why) => (Outcome::Inconclusive, Some(format!("the export may be incomplete: {why}"))),
            None => (Outcome::NotObserved, None),
        }
    }

    fn not_declared(&self, key: &Key) -> (Outcome, Option<String>) {
        if key.aspect.is_content() && !self.declared.defines(key) {
            let named = key.role.as_ref().is_some_and(|role| (self.sides.brought_along)(&role.system, &role.name));
            let why = if named {
                Some("the role comes with the system: what it holds is not declared by anybody")
            } else if self.declared.names_role(key) {
                Some("the tree names this role and does not say what it holds")
            } else if !self.declared.aspects.contains(&(key.system.clone(), Aspect::Role)) {
                Some("the tree defines no roles of this system")
            } else {
                None
            };
            if let Some(why) = why {
                return (Outcome::NotCompared, Some(why.to_owned()));
            }
        }
        let ended = self.declared.ended.get(key).map(|until| match until {
            Some(until) => format!("the tree declares it until {}", lines::instant(*until)),
            None => "the tree declares it from a later day on".to_owned(),
        });
        (Outcome::NotDeclared, ended)
    }
}

/// Which side a thing stands on.
#[derive(Clone, Copy)]
enum SideOf {
    Declared,
    Observed,
}

/// What of these scopes no scope of the other side covers; `None` when all of it is covered.
fn beyond(own: &[Scope], others: &[Vec<Scope>]) -> Option<Scope> {
    let lone = own.iter().filter(|part| !others.iter().flatten().any(|other| other.covers(part)));
    lone.cloned().reduce(|all, part| all.union(&part))
}

fn line(key: &Key, held: &Held, scope: Scope, outcome: Outcome) -> Line {
    let permission = matches!(key.aspect, Aspect::Permission);
    Line {
        outcome,
        aspect: key.aspect,
        system: key.system.clone(),
        subject: key.subject.clone(),
        what: if permission { Text::from("") } else { held.shown.clone() },
        role: held.role.clone(),
        permissions: if permission { vec![held.shown.clone()] } else { Vec::new() },
        scope,
        declared: None,
        observed: None,
        note: None,
    }
}

/// Permissions of one subject that come to the same are one thing; those of a role that one side lacks are that role.
fn joined(mut lines: Vec<Line>) -> Vec<Line> {
    let alone: BTreeSet<(Outcome, Text)> = lines
        .iter()
        .filter(|line| line.aspect == Aspect::Role && line.outcome != Outcome::Reconciled)
        .map(|line| (line.outcome, line.subject.clone()))
        .collect();
    for line in &mut lines {
        if line.aspect == Aspect::Permission && alone.contains(&(line.outcome, line.subject.clone())) {
            line.aspect = Aspect::Role;
        }
    }
    // What a role that one side lacks includes is said by that role.
    lines.retain(|line| line.aspect != Aspect::Include || !alone.contains(&(line.outcome, line.subject.clone())));
    let order = |line: &Line| {
        let place = (line.outcome, line.system.clone(), line.subject.clone(), line.aspect, line.what.clone());
        (place, line.scope.clone(), line.permissions.clone())
    };
    lines.sort_by_cached_key(order);
    let mut all: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let holds = matches!(line.aspect, Aspect::Permission | Aspect::Role);
        if let Some(last) = all.last_mut().filter(|last| {
            holds
                && (last.outcome, last.aspect) == (line.outcome, line.aspect)
                && (&last.system, &last.subject, &last.scope, &last.note)
                    == (&line.system, &line.subject, &line.scope, &line.note)
        }) {
            last.permissions.extend(line.permissions);
            last.declared = last.declared.or(line.declared);
            last.observed = last.observed.or(line.observed);
        } else {
            all.push(line);
        }
    }
    all
}
