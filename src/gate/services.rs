//! Evaluates service identities: who answers for each, what it holds beyond its purpose, who approves what an agent does.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::{Describe, Substance, order_locations};
use super::finding::{DutyRef, Extent, ExtentPart, Finding, LocationRole, Subject, SubjectKind};
use super::indirect::{Directness, meetings};
use super::purpose::{Excess, excess};
use super::side::{Evaluated, Evaluator, Tree, Whens};
use crate::access::{ConditionId, EdgeKind, NodeId, Site};
use crate::duties::{Holdings, Matcher, Support};
use crate::facts::{Holder, Origin, ServiceFact, ServiceKind, Text};
use crate::policy::input::{ExcessInput, OwnerInput, ServiceIdentityInput, SharedConflictInput};
use crate::policy::{EngineError, Policy, RawFinding, Scope as PolicyScope, When};

/// Most paths that a finding shows of what is held beyond a purpose.
const MOST_PATHS: usize = 5;

/// A service identity with what follows from it.
struct Service<'a> {
    fact: &'a ServiceFact,
    site: Site,
    holdings: Holdings,
    excess: Vec<Excess>,
}

impl Service<'_> {
    /// Where a finding about it is seen: at the person whom its key names last, else at the owner.
    fn place(&self, key: Option<&str>) -> (Origin, &'static str) {
        let person = key.and_then(|key| key.rsplit(' ').next()).and_then(|last| last.strip_prefix("person:"));
        let (fact, of) = (self.fact, |people: &[(Text, Origin)]| {
            people.iter().find(|(id, _)| person == Some(&**id)).map(|(_, origin)| *origin)
        });
        if let Some(origin) = of(&fact.approvers) {
            return (origin, "approves what it does");
        }
        if let Some(origin) = of(&fact.operators) {
            return (origin, "may change what it does");
        }
        match (&fact.owner, key) {
            (Some((_, origin)), None) => (*origin, "answers for it"),
            (Some((id, origin)), _) if person == Some(&**id) => (*origin, "answers for it"),
            _ => (self.site.origin, "is declared here"),
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn services(
        &self,
        tree: &Tree<'_>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let mut services: BTreeMap<&Text, (&ServiceFact, Site)> = BTreeMap::new();
        for (unit, facts) in (0u32..).zip(tree.graph.units.iter().map(|unit| &unit.facts)) {
            for service in &facts.services {
                services.entry(&service.id).or_insert((service, Site { unit, origin: service.origin }));
            }
        }
        all.subjects.insert(PolicyScope::ServiceIdentity, services.len());
        let matcher = self.matcher(tree);
        let mut engine = self.bundle.engine();
        for (fact, site) in services.into_values() {
            let service = self.service(tree, &matcher, fact, site);
            let input = self.service_input(tree, &matcher, &service);
            let (_, answers) =
                self.ask(&mut engine, (tree.side, PolicyScope::ServiceIdentity), &input.id, &input, None)?;
            all.findings.extend(answers.iter().map(|(policy, raw)| {
                let mut finding = describe.service(policy, raw, &input.id, &service);
                let people = input.owner.iter().chain(&input.operators).chain(&input.approvers);
                finding.tier = super::repository::tier_of(people.max_by_key(|who| who.imported));
                finding
            }));
        }
        Ok(())
    }

    fn service<'a>(&self, tree: &Tree<'_>, matcher: &Matcher<'_>, fact: &'a ServiceFact, site: Site) -> Service<'a> {
        let node = tree.graph.find(&Holder::Service(fact.id.clone()));
        let (holdings, excess) = match (&fact.may_hold, node) {
            (Some(may_hold), Some(node)) => {
                let holdings = matcher.principal(node);
                let excess = excess(matcher, &holdings, may_hold);
                (holdings, excess)
            }
            _ => (Holdings::default(), Vec::new()),
        };
        Service { fact, site, holdings, excess }
    }

    fn service_input(&self, tree: &Tree<'_>, matcher: &Matcher<'_>, service: &Service<'_>) -> ServiceIdentityInput {
        let fact = service.fact;
        let people = |people: &[(Text, Origin)]| -> Vec<OwnerInput> {
            people.iter().map(|(id, _)| self.owner(&tree.graph.people, &format!("person:{id}"))).collect()
        };
        let owner = fact.owner.as_ref().map(|(owner, _)| self.owner(&tree.graph.people, &format!("person:{owner}")));
        let mut operators = people(&fact.operators);
        if operators.is_empty() && fact.kind == Some(ServiceKind::AiAgent) {
            operators.extend(owner.clone());
        }
        ServiceIdentityInput {
            id: format!("service:{}", fact.id),
            name: fact.id.to_string(),
            owner,
            purpose: fact.purpose.as_ref().map(ToString::to_string),
            accounts: fact.accounts.iter().map(|(account, _)| format!("account:{account}")).collect(),
            review_by: fact.review_by,
            kind: fact.kind.map(ServiceKind::as_str),
            operators,
            approvers: people(&fact.approvers),
            may_hold: fact.may_hold.as_ref().map(|names| names.iter().map(|(name, _)| name.to_string()).collect()),
            excess: service.excess.iter().map(|own| excess_input(tree, own)).collect(),
            shared_conflicts: match fact.kind {
                Some(ServiceKind::AiAgent) => self.shared_conflicts(tree, matcher, fact),
                _ => Vec::new(),
            },
            lifecycle: Some(self.lifecycle(tree, fact, service.site)),
        }
    }

    /// Conflicts of which an agent holds one side, and somebody who controls it the other by other means.
    fn shared_conflicts(&self, tree: &Tree<'_>, matcher: &Matcher<'_>, fact: &ServiceFact) -> Vec<SharedConflictInput> {
        let graph = &tree.graph;
        let Some(agent) = graph.find(&Holder::Service(fact.id.clone())) else { return Vec::new() };
        let mut found = BTreeSet::new();
        for (person, _) in fact.owner.iter().chain(&fact.operators) {
            let Some(node) = graph.find(&Holder::Person(person.clone())) else { continue };
            let by = control(tree, node, agent);
            let holdings = matcher.principal(node);
            for met in &holdings.conflicts {
                let Some(conflict) = self.catalogue.conflict(met.conflict) else { continue };
                let met_indirectly = meetings(graph, met, Directness::Indirect).into_iter();
                for meeting in met_indirectly.filter(|meeting| meeting.under.is_none()) {
                    let (mut its, mut theirs) = (BTreeSet::new(), BTreeSet::new());
                    for (held, number) in &meeting.legs {
                        let Some(held) = holdings.duties.get(*held as usize) else { continue };
                        let (Some(duty), Some(support)) =
                            (self.catalogue.duty(held.duty), held.supports.get(*number as usize))
                        else {
                            continue;
                        };
                        let by_agent = support.conditions.iter().any(|condition| by.contains(condition));
                        let side = if by_agent { &mut its } else { &mut theirs };
                        side.insert(duty.title.to_string());
                    }
                    if its.is_empty() || theirs.is_empty() {
                        continue;
                    }
                    let system = |idx: &crate::access::SystemIdx| graph.systems.get(*idx).map(|own| own.id.to_string());
                    found.insert(SharedConflictInput {
                        id: conflict.id.to_string(),
                        severity: conflict.severity.as_str(),
                        person: format!("person:{person}"),
                        its: its.into_iter().collect(),
                        theirs: theirs.into_iter().collect(),
                        systems: met.systems.iter().filter_map(system).collect(),
                    });
                }
            }
        }
        found.into_iter().collect()
    }
}

/// The conditions under which somebody does what a service identity may.
fn control(tree: &Tree<'_>, person: NodeId, service: NodeId) -> BTreeSet<ConditionId> {
    let edges = tree.graph.edges_of(person).iter();
    let own = edges.filter(|edge| edge.kind == EdgeKind::Controls && edge.to == service);
    own.flat_map(|edge| edge.conditions.iter().copied()).collect()
}

fn excess_input(tree: &Tree<'_>, own: &Excess) -> ExcessInput {
    let best = own.supports.iter().map(|support| support.certainty).max();
    let scopes: BTreeSet<&crate::facts::scope::Scope> = own.supports.iter().map(|support| &*support.scope).collect();
    ExcessInput {
        kind: own.kind.as_str(),
        id: own.id.to_string(),
        title: own.title.to_string(),
        system: tree.graph.systems.get(own.system).map(|system| system.id.to_string()).unwrap_or_default(),
        held: best.unwrap_or(crate::duties::Certainty::Unknown).as_str(),
        severity: own.severity.map(crate::rules::Severity::as_str),
        scopes: scopes.into_iter().map(crate::facts::scope::Scope::lists).collect(),
    }
}

impl Describe<'_> {
    /// A finding about a service identity.
    fn service(&self, policy: &Policy, raw: &RawFinding, id: &str, service: &Service<'_>) -> Finding {
        let name = id.strip_prefix("service:").unwrap_or(id);
        let subject = Subject { kind: SubjectKind::Service, id: id.into(), name: name.into() };
        if policy.metadata.custom.when == Some(When::Excess) {
            return self.finding(policy, raw, subject, self.excess(service));
        }
        let (origin, text) = service.place(raw.key.as_deref());
        self.at(policy, raw, subject, Site { unit: service.site.unit, origin }, text)
    }

    /// What stands behind a finding about what is held beyond a purpose. Each thing is a part of its extent, so that one
    /// more is further than before.
    fn excess(&self, service: &Service<'_>) -> Substance {
        let mut substance = Substance::default();
        let part = |own: &Excess, support: &Support| ExtentPart {
            scope: (*support.scope).clone(),
            held: support.certainty,
            conditions: self.conditions(support).collect(),
            apart: None,
            until: support.validity.until,
            what: Some(format!("{}:{}", own.kind.as_str(), own.id).into()),
        };
        let each = service.excess.iter().flat_map(|own| own.supports.iter().map(move |support| part(own, support)));
        substance.extent = Extent(each.collect());
        for own in &service.excess {
            substance.duties.push(DutyRef { id: own.id.clone(), title: own.title.clone() });
        }
        for own in service.excess.iter().take(MOST_PATHS) {
            if let Some(support) = own.supports.first() {
                self.leg_to((&own.id, &own.title), own.system, support, &service.holdings, &mut substance);
            }
        }
        let declared = service.fact.may_hold.iter().flatten().map(|(_, origin)| *origin).next();
        let site = Site { unit: service.site.unit, origin: declared.unwrap_or(service.site.origin) };
        substance.locations.extend(self.location(site, LocationRole::Related, "declares what it may hold", false));
        order_locations(&mut substance.locations);
        substance
    }
}

impl Whens for ServiceIdentityInput {
    fn has(&self, when: When) -> bool {
        match when {
            When::Excess => !self.excess.is_empty(),
            When::AiAgent => self.kind == Some(ServiceKind::AiAgent.as_str()),
            _ => true,
        }
    }
}
