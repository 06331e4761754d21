//! The documents of what is declared of the life of service identities, and of what systems mean for reporting.

use std::collections::BTreeMap;

use super::side::{Evaluator, Tree};
use crate::access::{Place, Site, UnitFacts, Workforce, place, reach};
use crate::facts::{ControlFact, CredentialFact, Facts, Holder, Lifetime, Origin, Reporting, ServiceFact, Tag, Text};
use crate::policy::input::{ControlInput, IssuedInput, LifecycleInput, ReportingInput, StepInput};
use crate::rules::Globs;

impl Evaluator<'_> {
    /// The life of a service identity.
    pub(super) fn lifecycle(&self, tree: &Tree<'_>, fact: &ServiceFact, site: Site) -> LifecycleInput {
        let (graph, life) = (&tree.graph, &fact.lifecycle);
        let step = |by: &Text, at: i64| StepInput { by: self.owner(&graph.people, &format!("person:{by}")), at };
        let holder = Holder::Service(fact.id.clone());
        let credentials = graph.units.iter().flat_map(|unit| &unit.facts.credentials);
        let node = graph.find(&holder);
        let place = place(&graph.units, site);
        LifecycleInput {
            in_scope: place.is_some_and(|place| self.rules.in_scope.matches(&place.file)),
            approved: life.approved.as_ref().map(|own| step(&own.by, own.at)),
            stage: life.stage.map(crate::facts::Stage::as_str),
            until: life.until,
            retired: life.retired,
            reviewed: life.reviewed.as_ref().map(|(by, at)| step(by, *at)),
            tags: life.tags.iter().map(|tag| tag.as_str()).collect(),
            compensating_control: life.control.as_ref().map(|own| self.declared_control(&graph.people, own)),
            credentials: credentials.filter(|own| own.holder == holder).map(issued).collect(),
            accounts: fact.accounts.len(),
            grants: node.map_or(0, |node| reach(graph, node, self.as_of).held.len()),
        }
    }

    /// What a system means for reporting: whether it is described and whether it is in scope, and what is said of it.
    pub(super) fn reporting(
        &self,
        people: &Workforce,
        (described, in_scope): (bool, bool),
        own: &Reporting,
    ) -> ReportingInput {
        ReportingInput {
            described,
            in_scope,
            processes: own.processes.iter().map(|process| process.name.to_string()).collect(),
            excluded: own.excluded.as_ref().map(ToString::to_string),
            tags: own.tags.iter().copied().map(Tag::as_str).collect(),
            compensating_control: own.control.as_ref().map(|own| self.declared_control(people, own)),
        }
    }

    fn declared_control(&self, people: &Workforce, own: &ControlFact) -> ControlInput {
        ControlInput {
            id: own.id.to_string(),
            owner: self.owner(people, &format!("person:{}", own.owner)),
            monitor: self.owner(people, &format!("person:{}", own.monitor)),
            frequency_days: own.every_days,
            last_operated: own.last_operated,
            effective: own.effective,
        }
    }
}

/// The systems that the configuration declares in scope, each with the first place that says so: that of its manifest, or
/// of something declared of it.
#[must_use]
pub fn systems_in_scope<'t>(units: &'t [UnitFacts], in_scope: &Globs) -> BTreeMap<&'t Text, Place> {
    let mut all = BTreeMap::new();
    for unit in units {
        let inside: Vec<bool> = unit.files.iter().map(|file| in_scope.matches(file)).collect();
        if !inside.contains(&true) {
            continue;
        }
        for (system, origin) in systems_of(&unit.facts) {
            if inside.get(origin.file as usize) == Some(&true)
                && let Some(file) = unit.files.get(origin.file as usize)
            {
                all.entry(system).or_insert_with(|| Place { file: file.clone(), span: origin.span });
            }
        }
    }
    all
}

/// The systems that a unit says something of, with each place.
fn systems_of(facts: &Facts) -> impl Iterator<Item = (&Text, Origin)> {
    let manifests = facts.systems.iter().map(|own| (&own.id, own.origin));
    let accounts = facts.accounts.iter().map(|own| (&own.id.system, own.origin));
    let groups = facts.groups.iter().map(|own| (&own.id.system, own.origin));
    let roles = facts.roles.iter().map(|own| (&own.id.system, own.origin));
    let grants = facts.grants.iter().map(|own| (&own.system, own.origin));
    manifests.chain(accounts).chain(groups).chain(roles).chain(grants)
}

fn issued(own: &CredentialFact) -> IssuedInput {
    IssuedInput {
        id: own.id.name.to_string(),
        kind: own.kind.as_str(),
        temporary: own.lifetime == Lifetime::Temporary,
        created: own.created,
        rotated: own.detail.rotated,
        expires: match own.lifetime {
            Lifetime::Until(end) => Some(end),
            _ => None,
        },
    }
}
