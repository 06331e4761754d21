//! Escalations: how somebody could come to administer a system without having been granted it.
//!
//! What an account can make of its permissions is data: a rule says which permissions it takes, on what, and what comes of
//! it. [`moves`] applies the rules to what one holder has, all its permissions together; [`search`] joins the steps to ways.

mod ground;
mod moves;
mod rules;
mod search;
#[cfg(test)]
mod search_tests;
mod targets;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

pub use rules::{AbilityIdx, EscalationIdx, EscalationRule, EscalationRules};

use self::ground::Ground;
use self::moves::{Move, Moves, To};
use self::search::{GoalIdx, Goals, LEVELS, Leg, View, Ways};
use super::holdings::{Certainty, HeldContainer};
use super::support::Support;
use super::{DutyIdx, LeftOut, Matcher};
use crate::access::{ConditionId, ContainerId, Graph, NodeId, Reach, SystemIdx};
use crate::facts::scope::Scope;
use crate::facts::{Text, Validity};

/// The duty of whoever administers a whole system.
pub const ADMINISTRATOR: &str = "SUPER";

/// How somebody administers systems: which, and by what.
type Administering = Vec<(SystemIdx, Support)>;

/// Longest way that is followed; what is longer than that is a way all the same, and is cut short.
const MAX_STEPS: usize = 32;

/// A way by which somebody could come to administer a system.
#[derive(Debug, Clone)]
pub struct Escalation {
    /// The system.
    pub system: SystemIdx,
    /// On what of it.
    pub scope: Arc<Scope>,
    /// How certainly.
    pub certainty: Certainty,
    /// Under which conditions, sorted.
    pub conditions: Vec<ConditionId>,
    /// When.
    pub validity: Validity,
    /// What is not declared and decides, in words.
    pub unknowns: Vec<Text>,
    /// The steps; there is at least one.
    pub steps: Vec<EscalationStep>,
    /// The administrator that the last step reaches, with how it is one.
    pub end: Option<(NodeId, Support)>,
}

/// One step of an escalation.
#[derive(Debug, Clone)]
pub struct EscalationStep {
    /// Who takes it: the holder that the step before reached. `None` is the subject itself.
    pub holder: Option<NodeId>,
    /// What is done.
    pub rule: EscalationIdx,
    /// The permissions that it takes, among what the holder holds.
    pub support: Arc<Support>,
    /// Where it leads.
    pub arrival: Arrival,
}

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// To everything in the system.
    Administrator,
    /// To an account or a group.
    Holder(NodeId),
    /// To accounts that no definition names.
    Undeclared,
}

/// Every way in one graph to administer a system of it.
#[derive(Debug, Default)]
pub struct Escalations {
    ground: Ground,
    goals: Goals,
    views: Vec<View>,
    ways: Ways,
    duty: Option<DutyIdx>,
}

impl Escalations {
    /// Looks for all of them.
    #[must_use]
    pub fn new(matcher: &Matcher<'_>) -> Self {
        let duty = matcher.catalogue.administrator().map(|(idx, _)| idx);
        let marked = marked(matcher, duty);
        if !marked.contains(&true) {
            return Self { duty, ..Self::default() };
        }
        let evaluation = matcher.evaluation();
        let ground = Ground::new(matcher.graph, &evaluation, &marked);
        let found: Vec<(Administering, Vec<Move>)> = marked
            .par_iter()
            .zip(0u32..u32::MAX)
            .map(|(is_marked, number)| {
                if !is_marked {
                    return Default::default();
                }
                let (held, reach) = matcher.held(NodeId(number), None);
                (there(matcher, duty, &held), Moves::new(&evaluation, &ground, &held, &reach).all())
            })
            .collect();
        let mut goals = Goals::default();
        let views: Vec<View> = found
            .into_iter()
            .map(|(there, moves)| {
                for one in &moves {
                    if let To::Administrator(system) | To::Undeclared(system) = one.to {
                        let _ = goals.number(system, &one.support.scope);
                    }
                }
                let there = there.into_iter().map(|(system, support)| (goals.number(system, &support.scope), support));
                View { there: there.collect(), moves }
            })
            .collect();
        let conditions =
            |hub, place: usize| ground.hub(hub).and_then(|hub| hub.targets.get(place)).map(|own| &own.conditions);
        let certainty = |hub, place| conditions(hub, place).map_or(Certainty::Certain, |own| evaluation.certainty(own));
        let ways = Ways::new(&views, &ground, &goals, certainty);
        Self { ground, goals, views, ways, duty }
    }

    /// The systems that are administered on so many scopes that some of these are told together, with how many they are.
    pub fn joined(&self) -> impl Iterator<Item = (SystemIdx, usize)> + '_ {
        self.goals.joined()
    }

    /// How a holder could come to administer a system beyond what it administers: the surest and shortest ways.
    #[must_use]
    pub fn of(&self, matcher: &Matcher<'_>, holder: NodeId) -> Vec<Escalation> {
        match self.views.get(holder.0 as usize) {
            Some(view) => self.from(matcher, &view.moves, &view.there),
            None => Vec::new(),
        }
    }

    /// The same as if something that the holder itself holds were not there.
    #[must_use]
    pub fn without(&self, matcher: &Matcher<'_>, holder: NodeId, left_out: LeftOut<'_>) -> Vec<Escalation> {
        let (held, reach) = matcher.held(holder, left_out.step());
        self.of_held(matcher, (&held, &reach), Some(left_out))
    }

    /// How whoever holds a role could, by it alone.
    #[must_use]
    pub fn of_role(&self, matcher: &Matcher<'_>, role: ContainerId) -> Vec<Escalation> {
        self.of_held(matcher, (&[matcher.held_role(role)], &Reach::default()), None)
    }

    fn of_held(
        &self,
        matcher: &Matcher<'_>,
        (held, reach): (&[HeldContainer], &Reach),
        left_out: Option<LeftOut<'_>>,
    ) -> Vec<Escalation> {
        let evaluation = matcher.evaluation_without(left_out);
        let moves = Moves::new(&evaluation, &self.ground, held, reach).all();
        if moves.is_empty() {
            return Vec::new();
        }
        let there = there(matcher, self.duty, held).into_iter();
        let there = there.filter_map(|(system, support)| Some((self.goals.find(system, &support.scope)?, support)));
        self.from(matcher, &moves, &there.collect::<Vec<_>>())
    }

    /// The best ways that begin with some of these moves.
    fn from(&self, matcher: &Matcher<'_>, moves: &[Move], there: &[(GoalIdx, Support)]) -> Vec<Escalation> {
        let mut found: Vec<Escalation> = Vec::new();
        let mut ends: BTreeSet<(SystemIdx, Arc<Scope>)> = BTreeSet::new();
        for one in moves {
            match &one.to {
                To::Administrator(system) | To::Undeclared(system) => {
                    ends.insert((*system, one.support.scope.clone()));
                }
                To::Node(node) => ends.extend(self.ways.goals(node.0).filter_map(|goal| self.goals.get(goal).cloned())),
                To::Each(hub) => {
                    let vertex = self.ways.of_hub(*hub);
                    ends.extend(self.ways.goals(vertex).filter_map(|goal| self.goals.get(goal).cloned()));
                }
            }
        }
        for (system, scope) in ends {
            let goal = self.goals.find(system, &scope);
            let way = (0..LEVELS.len()).find_map(|level| self.way(matcher, moves, (system, &scope, goal), level));
            let Some(way) = way else { continue };
            let is_there = there.iter().any(|(goal, own)| {
                self.goals.get(*goal).is_some_and(|(own_system, _)| *own_system == system)
                    && own.certainty >= way.certainty
                    && own.scope.covers(&scope)
            });
            if !is_there {
                found.push(way);
            }
        }
        let beaten = |one: &Escalation, by: &Escalation| {
            by.system == one.system
                && by.scope.covers(&one.scope)
                && by.validity.covers(one.validity)
                && by.conditions.iter().all(|id| one.conditions.binary_search(id).is_ok())
                && by.certainty >= one.certainty
                && (by.certainty, &by.scope) != (one.certainty, &one.scope)
        };
        let kept: Vec<bool> = found.iter().map(|one| !found.iter().any(|by| beaten(one, by))).collect();
        let mut kept = kept.into_iter();
        found.retain(|_| kept.next().unwrap_or(true));
        found.sort_by_key(|way| (way.system, std::cmp::Reverse(way.certainty), way.steps.len()));
        found
    }

    /// The shortest way to a goal over steps that are certain enough.
    fn way(
        &self,
        matcher: &Matcher<'_>,
        moves: &[Move],
        (system, scope, goal): (SystemIdx, &Arc<Scope>, Option<GoalIdx>),
        level: usize,
    ) -> Option<Escalation> {
        let length = |one: &Move| -> Option<u32> {
            if one.support.certainty < LEVELS[level] {
                return None;
            }
            match &one.to {
                To::Administrator(own) | To::Undeclared(own) => {
                    (*own == system && one.support.scope == *scope).then_some(0)
                }
                To::Node(node) => Some(self.ways.way(node.0, goal?, level)?.steps),
                To::Each(hub) => Some(self.ways.way(self.ways.of_hub(*hub), goal?, level)?.steps),
            }
        };
        let first = moves
            .iter()
            .filter_map(|one| Some((length(one)?, one)))
            .min_by_key(|(steps, one)| {
                let others = !matches!(one.to, To::Administrator(_));
                (*steps, others, one.support.conditions.len(), one.support.also.len(), one.rule)
            })?
            .1;
        let mut trail = Trail::new(system, scope.clone());
        let (mut holder, mut next) = (None, first);
        while trail.steps.len() < MAX_STEPS {
            let arrival = trail.step(self, matcher, holder, next, goal, level)?;
            let Arrival::Holder(node) = arrival else { return trail.ended(None) };
            let view = self.views.get(node.0 as usize)?;
            match self.ways.way(node.0, goal?, level)?.leg {
                Leg::There(number) => {
                    let (_, support) = view.there.get(number as usize)?;
                    return trail.ended(Some((node, support.clone())));
                }
                Leg::Move(number) => {
                    next = view.moves.get(number as usize)?;
                    holder = Some(node);
                }
                Leg::Target(_) => return None,
            }
        }
        None
    }
}

/// A way while it is followed.
struct Trail {
    way: Escalation,
    conditions: BTreeSet<ConditionId>,
    steps: Vec<EscalationStep>,
}

impl Trail {
    fn new(system: SystemIdx, scope: Arc<Scope>) -> Self {
        let way = Escalation {
            system,
            scope,
            certainty: Certainty::Certain,
            conditions: Vec::new(),
            validity: Validity::default(),
            unknowns: Vec::new(),
            steps: Vec::new(),
            end: None,
        };
        Self { way, conditions: BTreeSet::new(), steps: Vec::new() }
    }

    fn count(&mut self, support: &Support) {
        self.way.certainty = self.way.certainty.min(support.certainty);
        self.way.validity = self.way.validity.intersect(support.validity);
        self.conditions.extend(&support.conditions);
    }

    /// Adds a step, and says where it leads.
    fn step(
        &mut self,
        all: &Escalations,
        matcher: &Matcher<'_>,
        holder: Option<NodeId>,
        one: &Move,
        goal: Option<GoalIdx>,
        level: usize,
    ) -> Option<Arrival> {
        self.count(&one.support);
        let arrival = match &one.to {
            To::Administrator(_) => Arrival::Administrator,
            To::Undeclared(_) => Arrival::Undeclared,
            To::Node(node) => Arrival::Holder(*node),
            To::Each(hub) => {
                let Leg::Target(place) = all.ways.way(all.ways.of_hub(*hub), goal?, level)?.leg else { return None };
                let target = all.ground.hub(*hub)?.targets.get(place as usize)?;
                self.conditions.extend(&target.conditions);
                self.way.certainty = self.way.certainty.min(matcher.evaluation().certainty(&target.conditions));
                Arrival::Holder(target.node)
            }
        };
        if let Some(rule) = matcher.catalogue.escalations.get(one.rule) {
            self.way.unknowns.extend(rule.unknowns(matcher.graph, arrival));
            if let (Arrival::Holder(to), true) = (arrival, rule.has_place()) {
                let untold = all.ground.target(one.rule, to).map(|target| target.untold(&one.support.scope));
                let untold = untold.filter(|untold| !untold.is_unknown());
                if let (Some(untold), Some(node)) = (untold, matcher.graph.node(to)) {
                    self.way.unknowns.push(format!("whether {} stands in {untold}", node.holder).into());
                }
            }
        }
        self.steps.push(EscalationStep { holder, rule: one.rule, support: one.support.clone(), arrival });
        Some(arrival)
    }

    fn ended(self, end: Option<(NodeId, Support)>) -> Option<Escalation> {
        let mut trail = self;
        if let Some((_, support)) = &end {
            trail.count(support);
        }
        let conditions = trail.conditions.into_iter().collect();
        let way = Escalation { conditions, steps: trail.steps, end, ..trail.way };
        (!way.validity.is_empty()).then_some(way)
    }
}

impl EscalationRule {
    /// What is not declared and decides whether a step comes off.
    fn unknowns(&self, graph: &Graph, arrival: Arrival) -> Vec<Text> {
        let mut all: Vec<Text> = self.perhaps.iter().map(|perhaps| format!("whether {perhaps}").into()).collect();
        let Some(target) = &self.target else { return all };
        match arrival {
            Arrival::Undeclared => all.push(target.undeclared().into()),
            Arrival::Holder(node) => {
                if let (Some(workload), Some(node)) = (&target.workload, graph.node(node)) {
                    all.push(format!("whether {workload} runs as {}", node.holder).into());
                }
            }
            Arrival::Administrator => {}
        }
        all
    }
}

/// How a holder administers systems by what it holds.
fn there(matcher: &Matcher<'_>, duty: Option<DutyIdx>, held: &[HeldContainer]) -> Administering {
    let Some(duty) = duty else { return Vec::new() };
    let is_hit = |hit: &super::Hit| matcher.catalogue.leaf_at(hit.leaf).is_some_and(|leaf| leaf.duty == duty);
    let may = held
        .iter()
        .flat_map(|held| matcher.matches.flat(held.container))
        .any(|inner| matcher.matches.of(inner.container).is_some_and(|matched| matched.hits.iter().any(is_hit)));
    if !may {
        return Vec::new();
    }
    let duties = matcher.evaluation().duties(held).into_iter().filter(|held| held.duty == duty);
    duties.flat_map(|held| held.supports.into_iter().map(move |support| (held.system, support))).collect()
}

/// The nodes that reach something which an escalation takes, or which makes an administrator.
fn marked(matcher: &Matcher<'_>, duty: Option<DutyIdx>) -> Vec<bool> {
    let Matcher { graph, catalogue, matches, .. } = matcher;
    let of_duty = |hit: &super::Hit| catalogue.leaf_at(hit.leaf).is_some_and(|leaf| Some(leaf.duty) == duty);
    let counts: Vec<bool> = graph
        .containers()
        .map(|(id, _)| {
            matches
                .flat(id)
                .iter()
                .filter_map(|inner| matches.of(inner.container))
                .any(|matched| !matched.abilities.is_empty() || matched.hits.iter().any(of_duty))
        })
        .collect();
    if catalogue.escalations.is_empty() || !counts.contains(&true) {
        return Vec::new();
    }
    let nodes: Vec<NodeId> = (0u32..).map(NodeId).take_while(|id| graph.node(*id).is_some()).collect();
    let mut back: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
    let mut marked = vec![false; nodes.len()];
    let mut open = Vec::new();
    for id in nodes {
        for edge in graph.edges_of(id) {
            if let Some(list) = back.get_mut(edge.to.0 as usize) {
                list.push(id);
            }
        }
        let granted = graph.grants_of(id).iter().filter_map(|grant| graph.grant(*grant));
        if granted.into_iter().any(|grant| counts.get(grant.container.0 as usize).copied().unwrap_or_default()) {
            open.push(id);
        }
    }
    while let Some(id) = open.pop() {
        let Some(mark) = marked.get_mut(id.0 as usize).filter(|mark| !**mark) else { continue };
        *mark = true;
        open.extend(back.get(id.0 as usize).into_iter().flatten());
    }
    marked
}
