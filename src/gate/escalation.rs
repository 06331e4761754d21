//! Escalations, as policies read them and as findings show them.

use std::borrow::Cow;

use super::describe::{Describe, Substance, order_locations};
use super::finding::{DutyRef, Extent, ExtentPart, Leg, LocationRole, Side, Step};
use super::proof::{self, ProofStep, StepKind};
use crate::access::{Graph, NodeId};
use crate::duties::{Arrival, Catalogue, Escalation, EscalationRule, EscalationStep, Holdings, Matcher};
use crate::facts::{Text, Trusted};
use crate::policy::RawFinding;
use crate::policy::input::{EscalationInput, EscalationStepInput, EscalationWayInput};

/// The policy that finds them.
pub(super) const POLICY: &str = "CS-GRANT-002";

/// Most ways to one system that a document tells of.
const WAYS: usize = 8;

fn holder(graph: &Graph, node: NodeId) -> String {
    graph.node(node).map(|node| node.holder.to_string()).unwrap_or_default()
}

fn condition_texts<'g>(graph: &'g Graph, way: &'g Escalation) -> impl Iterator<Item = Text> + 'g {
    way.conditions.iter().filter_map(|id| graph.condition(*id)).map(|condition| condition.text.clone())
}

/// What a subject could come to, one entry a system.
pub(super) fn inputs(graph: &Graph, catalogue: &Catalogue, holdings: &Holdings) -> Vec<EscalationInput> {
    let mut all: Vec<EscalationInput> = Vec::new();
    for way in &holdings.escalations {
        let Some(system) = graph.systems.get(way.system).map(|system| system.id.to_string()) else { continue };
        let step = |step: &EscalationStep| {
            let rule = catalogue.escalations.get(step.rule)?;
            let (reaches, declared) = match step.arrival {
                Arrival::Administrator => (None, true),
                Arrival::Holder(node) => (Some(holder(graph, node)), true),
                Arrival::Undeclared => (None, false),
            };
            let by = step.holder.map(|node| holder(graph, node));
            Some(EscalationStepInput { id: rule.id.to_string(), title: rule.title.to_string(), by, reaches, declared })
        };
        let own = EscalationWayInput {
            held: way.certainty.as_str(),
            scope: way.scope.lists(),
            steps: way.steps.iter().filter_map(step).collect(),
            conditions: condition_texts(graph, way).map(|text| text.to_string()).collect(),
            unknowns: way.unknowns.iter().map(ToString::to_string).collect(),
        };
        match all.iter_mut().find(|known| known.system == system) {
            Some(known) if known.ways.len() < WAYS => known.ways.push(own),
            Some(_) => {}
            None => all.push(EscalationInput { system, held: own.held, ways: vec![own] }),
        }
    }
    all
}

/// The path of one escalation, step by step: what leads to each permission, and what comes of it.
struct Told<'e> {
    rule: &'e EscalationRule,
    steps: Vec<ProofStep>,
}

fn told<'e>(matcher: &'e Matcher<'_>, subject: &Holdings, way: &Escalation) -> Vec<Told<'e>> {
    let graph = matcher.graph;
    let told = way.steps.iter().filter_map(|step| {
        let rule = matcher.catalogue.escalations.get(step.rule)?;
        let holdings = step.holder.map_or(Cow::Borrowed(subject), |node| Cow::Owned(matcher.principal(node)));
        let mut steps = proof::steps(graph, matcher.matches, &holdings, &step.support);
        steps.extend(arrival(graph, rule, step));
        Some(Told { rule, steps })
    });
    told.collect()
}

/// What makes the step come off beside permissions: whom the target lets act as it.
fn arrival(graph: &Graph, rule: &EscalationRule, step: &EscalationStep) -> Option<ProofStep> {
    let Arrival::Holder(target) = step.arrival else { return None };
    let trust = graph.trusts_of(target).iter().find(|trust| match &trust.trusted {
        Trusted::Service(service) => rule.trusts(service),
        _ => false,
    })?;
    let Trusted::Service(service) = &trust.trusted else { return None };
    let target = &graph.node(target)?.holder;
    Some(ProofStep {
        text: format!("{target} lets {service} act as it"),
        site: Some(trust.site),
        key: proof::trust_key(target, service),
        kind: StepKind::Trust,
    })
}

impl Describe<'_> {
    /// What stands behind a finding about an escalation in a system.
    pub(super) fn escalation(&self, raw: &RawFinding, holdings: &Holdings) -> Substance {
        let graph = &self.tree.graph;
        let wanted = raw.systems.first();
        let ways: Vec<&Escalation> = holdings
            .escalations
            .iter()
            .filter(|way| graph.systems.get(way.system).is_some_and(|own| wanted.is_none_or(|id| **id == *own.id)))
            .collect();
        let part = |way: &&Escalation| ExtentPart {
            scope: (*way.scope).clone(),
            held: way.certainty,
            conditions: condition_texts(graph, way).collect(),
            apart: None,
            until: way.validity.until,
            what: None,
        };
        let title = self.evaluator.catalogue.administrator().map(|(_, duty)| duty);
        let mut substance = Substance {
            extent: Extent(ways.iter().map(part).collect()),
            duties: title.iter().map(|duty| DutyRef { id: duty.id.clone(), title: duty.title.clone() }).collect(),
            ..Substance::default()
        };
        let matcher = self.evaluator.matcher(self.tree);
        let all: Vec<(&Escalation, Vec<Told<'_>>)> =
            ways.iter().map(|way| (*way, told(&matcher, holdings, way))).collect();
        let is_added = |told: &Told<'_>| told.steps.iter().any(|step| self.added(step));
        let shown = all.iter().find(|(_, told)| told.iter().any(is_added)).or(all.first());
        let Some((way, told)) = shown else { return substance };
        let system = graph.systems.get(way.system).map(|system| system.id.clone()).unwrap_or_default();
        substance.explained_by = way.steps.first().and_then(|step| self.role_of(holdings, &step.support));
        for one in told {
            substance.in_scope |= proof::in_scope(graph, &self.evaluator.rules.in_scope, &one.steps);
            self.locate(&one.rule.title, &one.steps, &mut substance);
            substance.legs.push(self.leg_of(&one.rule.id, &one.rule.title, &system, &one.steps));
        }
        if let (Some((node, support)), Some(duty)) = (&way.end, title) {
            let steps = proof::steps(graph, &self.tree.matches, &matcher.principal(*node), support);
            self.locate(&duty.title, &steps, &mut substance);
            substance.legs.push(self.leg_of(&duty.id, &duty.title, &system, &steps));
        }
        order_locations(&mut substance.locations);
        substance
    }

    fn locate(&self, title: &str, steps: &[ProofStep], substance: &mut Substance) {
        for step in steps {
            let added = self.added(step);
            let text = match step.kind {
                StepKind::Permission(..) => format!("makes it possible to {title}"),
                StepKind::Grant(_) if added => format!("this change adds the way to {title}: {}", step.text),
                StepKind::Grant(_) | StepKind::Trust => step.text.clone(),
                _ if added => format!("this change adds: {}", step.text),
                _ => continue,
            };
            let location = step.site.and_then(|site| self.location(site, LocationRole::Related, &text, true));
            if let Some(mut location) = location {
                location.added &= added;
                substance.locations.push(location);
            }
        }
    }

    fn leg_of(&self, id: &Text, title: &Text, system: &Text, steps: &[ProofStep]) -> Leg {
        Leg {
            duty: id.clone(),
            title: title.clone(),
            system: system.clone(),
            steps: steps.iter().map(|step| proof::shown(&self.tree.graph, self.tree.side, step)).collect(),
        }
    }
}

/// One stage of an escalation: what is done, and the path to what it takes.
#[derive(Debug, Clone)]
pub struct EscalationStage {
    /// What is done: the rule's id and title. The last stage of a way that ends at an administrator names that duty.
    pub id: Text,
    /// What is done, as a verb phrase.
    pub title: Text,
    /// Whom it reaches.
    pub reaches: Option<String>,
    /// The path.
    pub steps: Vec<Step>,
}

/// The path of an escalation, for people.
#[must_use]
pub fn escalation_path(matcher: &Matcher<'_>, subject: &Holdings, way: &Escalation) -> Vec<EscalationStage> {
    let graph = matcher.graph;
    let shown = |steps: &[ProofStep]| steps.iter().map(|step| proof::shown(graph, Side::Head, step)).collect();
    let mut stages: Vec<EscalationStage> = told(matcher, subject, way)
        .into_iter()
        .zip(&way.steps)
        .map(|(told, step)| EscalationStage {
            id: told.rule.id.clone(),
            title: told.rule.title.clone(),
            reaches: match step.arrival {
                Arrival::Holder(node) => Some(holder(graph, node)),
                Arrival::Administrator | Arrival::Undeclared => None,
            },
            steps: shown(&told.steps),
        })
        .collect();
    let duty = matcher.catalogue.administrator().map(|(_, duty)| duty);
    if let (Some((node, support)), Some(duty)) = (&way.end, duty) {
        let steps = proof::steps(graph, matcher.matches, &matcher.principal(*node), support);
        let (id, title) = (duty.id.clone(), duty.title.clone());
        stages.push(EscalationStage { id, title, reaches: None, steps: shown(&steps) });
    }
    stages
}
