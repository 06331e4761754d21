//! Evaluates what a tree and its rules hold as a whole.

use std::collections::BTreeMap;

use super::describe::{Describe, Substance};
use super::finding::{Finding, Location, LocationRole, Side, Subject, SubjectKind, Tier};
use super::inputs;
use super::lifecycle::systems_in_scope;
use super::proof::Keys;
use super::rules_change::{Effect, RulesChange};
use super::side::{Evaluated, Evaluator, Tree};
use crate::access::{Place, Told, Workforce, place};
use crate::facts::{Reporting, SystemFact};
use crate::formats::context;
use crate::policy::input::{ContextInput, EffectInput, OwnedInput, OwnerInput, RepositoryInput, RulesChangeInput};
use crate::policy::{EngineError, Policy, RawFinding, Scope};
use crate::rules::{Context, Rules};
use crate::store::Digest;

/// Something that is owned, with where that is written.
struct Owned {
    input: OwnedInput,
    place: Option<Place>,
}

impl Evaluator<'_> {
    pub(super) fn repository(
        &self,
        tree: &Tree<'_>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        all.subjects.insert(Scope::Repository, 1);
        let owned = self.owned(tree);
        let input = RepositoryInput {
            id: "repository".to_owned(),
            owned: owned.iter().map(|owned| owned.input.clone()).collect(),
            context: if tree.side == Side::Head { self.context() } else { Vec::new() },
            rules_change: None,
        };
        let mut engine = self.bundle.engine();
        let (_, answers) = self.ask(&mut engine, (tree.side, Scope::Repository), &input.id, &input, None)?;
        all.findings.extend(answers.iter().map(|(policy, raw)| describe.repository(policy, raw, &owned)));
        Ok(())
    }

    /// Asks what a change makes of the rules.
    pub(super) fn changed_rules(
        &self,
        tree: &Tree<'_>,
        change: &RulesChange,
        base: Option<&Keys>,
    ) -> Result<Vec<Finding>, EngineError> {
        let effect = |effect: &Effect| EffectInput {
            weight: effect.weight.as_str(),
            text: effect.text.clone(),
            concerns_author: effect.concerns_author,
        };
        let input = RepositoryInput {
            id: "repository".to_owned(),
            owned: Vec::new(),
            context: Vec::new(),
            rules_change: Some(RulesChangeInput {
                digest: change.digest.to_string(),
                owned: !self.rules.authority.control_owners.is_empty(),
                effects: change.effects.iter().map(effect).collect(),
            }),
        };
        let mut engine = self.bundle.engine();
        let (_, answers) = self.ask(&mut engine, (tree.side, Scope::Repository), &input.id, &input, None)?;
        let describe = Describe { tree, evaluator: self, base };
        let locations = change.effects.iter().filter_map(|effect| {
            let (side, place) = effect.place.clone()?;
            Some(Location {
                side,
                place,
                role: LocationRole::Related,
                text: effect.text.clone(),
                added: side == Side::Head,
            })
        });
        let locations: Vec<Location> = locations.collect();
        Ok(answers
            .iter()
            .map(|(policy, raw)| {
                let mut finding = describe.repository(policy, raw, &[]);
                if *finding.policy == *super::decide::CHANGED_RULES {
                    finding.locations.clone_from(&locations);
                    if let Some(first) = finding.locations.first_mut() {
                        first.role = LocationRole::Primary;
                    }
                }
                finding
            })
            .collect())
    }

    /// Graphs of other repositories. They are the target's on both sides; what is wrong with them is so for each change, and
    /// is told of head alone, so that it never counts as having been there.
    fn context(&self) -> Vec<ContextInput> {
        let input = |own: &Context| {
            let (state, age_days) = context::state(own, self.as_of);
            ContextInput {
                id: format!("context:{}", own.path),
                file: own.path.clone(),
                state: state.as_str(),
                age_days,
                max_age_days: own.max_age_days,
            }
        };
        self.rules.context.iter().map(input).collect()
    }

    /// Systems that a manifest describes, and rulesets that somebody has adopted.
    fn owned(&self, tree: &Tree<'_>) -> Vec<Owned> {
        let people = &tree.graph.people;
        let mut systems: BTreeMap<&str, (&SystemFact, Option<Place>)> = BTreeMap::new();
        for (unit, facts) in (0u32..).zip(tree.graph.units.iter().map(|unit| &unit.facts)) {
            for system in &facts.systems {
                let site = crate::access::Site { unit, origin: system.origin };
                let found = (system, place(&tree.graph.units, site));
                let known = systems.entry(&system.id).or_insert_with(|| found.clone());
                // Of two manifests the one that names an owner counts.
                if known.0.owner.is_none() && system.owner.is_some() {
                    *known = found;
                }
            }
        }
        let in_scope = systems_in_scope(&tree.graph.units, &self.rules.in_scope);
        let is_in_scope =
            |place: &Option<Place>| place.as_ref().is_some_and(|place| self.rules.in_scope.matches(&place.file));
        let undescribed = in_scope.iter().filter(|(id, _)| !systems.contains_key::<str>(id));
        let nowhere = undescribed.map(|(id, place)| Owned {
            input: OwnedInput {
                kind: "system",
                id: format!("system:{id}"),
                name: id.to_string(),
                owner: None,
                in_scope: false,
                reporting: Some(self.reporting(people, (false, true), &Reporting::default())),
            },
            place: Some(place.clone()),
        });
        let nowhere: Vec<Owned> = nowhere.collect();
        let systems = systems.into_iter().map(|(id, (system, place))| Owned {
            input: OwnedInput {
                kind: "system",
                id: format!("system:{id}"),
                name: id.to_owned(),
                owner: system.owner.as_ref().map(|owner| self.owner(people, &format!("person:{owner}"))),
                in_scope: is_in_scope(&place),
                reporting: Some(self.reporting(people, (true, in_scope.contains_key(&system.id)), &system.reporting)),
            },
            place,
        });
        let rulesets = self.rules.rulesets.iter().filter_map(|ruleset| {
            let owner = ruleset.owner.as_ref()?;
            Some(Owned {
                input: OwnedInput {
                    kind: "ruleset",
                    id: format!("ruleset:{}", ruleset.id),
                    name: ruleset.id.to_string(),
                    owner: Some(self.owner(people, owner)),
                    in_scope: false,
                    reporting: None,
                },
                place: adopted_at(self.rules, tree, &ruleset.id, owner),
            })
        });
        systems.chain(nowhere).chain(rulesets).collect()
    }

    /// An owner by an id as it is written, `person:ID`.
    pub(super) fn owner(&self, people: &Workforce, id: &str) -> OwnerInput {
        let status = id.strip_prefix("person:").and_then(|id| Some((people.status(id, self.as_of)?, id)));
        OwnerInput {
            id: id.to_owned(),
            status: status.map_or("unknown", |(status, _)| inputs::status_word(status)),
            imported: status
                .and_then(|(_, id)| people.departure(id, self.as_of))
                .is_some_and(|departure| departure.told == Told::Imported),
        }
    }
}

/// Where the configuration names a ruleset's owner, as long as this tree has that configuration: it is the target's.
fn adopted_at(rules: &Rules, tree: &Tree<'_>, ruleset: &str, owner: &str) -> Option<Place> {
    let file = rules.config_file.as_ref()?;
    let same = tree.files.get(&file.path)?.digest() == Some(Digest::of(&file.bytes));
    let file_of = || rules.rulesets.iter().find(|known| &*known.id == ruleset).map(|known| &*known.file.path);
    let entry = rules.config.rulesets.iter().find(|entry| {
        let named = entry.id.as_ref().is_some_and(|id| id.as_str() == ruleset)
            || entry.id.is_none() && entry.path.as_ref().is_some_and(|path| Some(path.as_str()) == file_of());
        named && entry.owner.as_ref().is_some_and(|own| own.as_str() == owner)
    })?;
    same.then(|| entry.owner.as_ref().map(|owner| Place { file: file.path.clone(), span: owner.span })).flatten()
}

/// Where the configuration names a graph, as long as this tree has that configuration.
fn named_at(rules: &Rules, tree: &Tree<'_>, path: &str) -> Option<Place> {
    let file = rules.config_file.as_ref()?;
    let same = tree.files.get(&file.path)?.digest() == Some(Digest::of(&file.bytes));
    let entry = rules.config.context.iter().find(|entry| entry.file.as_str() == path)?;
    same.then(|| Place { file: file.path.clone(), span: entry.file.span })
}

/// Where what is said of an owner comes from.
pub(super) fn tier_of(owner: Option<&OwnerInput>) -> Tier {
    if owner.is_some_and(|owner| owner.imported) { Tier::Observed } else { Tier::Declared }
}

impl Describe<'_> {
    /// A finding about the repository, or about something in it that its key names.
    fn repository(&self, policy: &Policy, raw: &RawFinding, owned: &[Owned]) -> Finding {
        let found = owned.iter().find(|owned| Some(&owned.input.id) == raw.key.as_ref());
        let subject = match found.map(|owned| &owned.input) {
            Some(thing) => Subject {
                kind: if thing.kind == "system" { SubjectKind::System } else { SubjectKind::Ruleset },
                id: thing.id.as_str().into(),
                name: thing.name.as_str().into(),
            },
            None => Subject { kind: SubjectKind::Repository, id: "repository".into(), name: "the repository".into() },
        };
        let named = || named_at(self.evaluator.rules, self.tree, raw.key.as_deref()?.strip_prefix("context:")?);
        let location = found.and_then(|owned| owned.place.clone()).or_else(named).map(|place| Location {
            side: self.tree.side,
            place,
            role: LocationRole::Primary,
            text: "is named here".to_owned(),
            added: false,
        });
        let in_scope = found.is_some_and(|owned| owned.input.in_scope);
        let substance = Substance { in_scope, locations: location.into_iter().collect(), ..Substance::default() };
        let mut finding = self.finding(policy, raw, subject, substance);
        finding.tier = tier_of(found.and_then(|owned| owned.input.owner.as_ref()));
        finding
    }
}
