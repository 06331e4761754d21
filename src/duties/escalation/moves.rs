//! What an account can make of what it holds, one step at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use super::ground::{Ground, Hub, HubIdx, is_list};
use super::rules::{AbilityIdx, EscalationIdx, EscalationRule, Need};
use super::targets::Reachable;
use crate::access::{ContainerId, Named, NodeId, Reach, Reached, SystemIdx, share_a_resource};
use crate::duties::holdings::{At, Certainty, Evaluation, HeldContainer};
use crate::duties::limits::Deny;
use crate::duties::support::{Support, both};
use crate::duties::wanted::{Use, Wanted};
use crate::facts::scope::Scope;
use crate::facts::{Holder, Native, Origin, Patterns, RoleKind, Statement};
use crate::rules::On;
use crate::syntax::Span;

/// Where a move leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum To {
    /// To everything in a system, on the scope of the move.
    Administrator(SystemIdx),
    /// To an account or group.
    Node(NodeId),
    /// To each of a list.
    Each(HubIdx),
    /// To accounts that no definition names.
    Undeclared(SystemIdx),
}

/// One step of an escalation.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) rule: EscalationIdx,
    pub(super) to: To,
    pub(super) support: Arc<Support>,
}

/// Most ways to one need that are kept apart, the surest of them: each is on a scope, for a time or under conditions of its
/// own.
const MOST_WAYS: usize = 64;

/// Most statements that one of another permission is held against, where both must meet on one thing.
const MOST_JOINED: usize = 64;

/// What stands for a holder of whom nothing is known: no name has this character.
const SOMEBODY: &str = "\u{1}";

/// Who acts, and in which system.
type Acting = (Option<NodeId>, SystemIdx);

/// Where a permission of an escalation stands in what is held.
struct Found<'a> {
    number: (u32, u32, u32),
    scope: Option<&'a Arc<Scope>>,
}

/// What one holder can do by itself.
pub(super) struct Moves<'a> {
    pub(super) evaluation: &'a Evaluation<'a>,
    pub(super) ground: &'a Ground,
    pub(super) held: &'a [HeldContainer],
    /// How it was reached; nothing for a role by itself.
    pub(super) reach: &'a Reach,
    denies: Vec<Deny<'a>>,
    found: BTreeMap<Acting, HashMap<AbilityIdx, Vec<Found<'a>>>>,
}

impl<'a> Moves<'a> {
    pub(super) fn new(
        evaluation: &'a Evaluation<'a>,
        ground: &'a Ground,
        held: &'a [HeldContainer],
        reach: &'a Reach,
    ) -> Self {
        let mut found: BTreeMap<Acting, HashMap<AbilityIdx, Vec<Found<'a>>>> = BTreeMap::new();
        for (number, own) in (0u32..).zip(held).filter(|(_, own)| !own.scope.is_empty()) {
            for (inner_number, inner) in (0u32..).zip(evaluation.matches.flat(own.container)) {
                let Some(container) = evaluation.graph.container(inner.container) else { continue };
                let Some(matched) = evaluation.matches.of(inner.container) else { continue };
                for hit in &matched.abilities {
                    let at = Found { number: (number, inner_number, hit.statement), scope: hit.scope.as_ref() };
                    let acting = found.entry((own.actor, container.system)).or_default();
                    acting.entry(hit.ability).or_default().push(at);
                }
            }
        }
        let denies = if found.is_empty() { Vec::new() } else { evaluation.denies(held) };
        Self { evaluation, ground, held, reach, denies, found }
    }

    /// Everything that it can do, the surest and shortest of what leads to the same place.
    pub(super) fn all(&self) -> Vec<Move> {
        let rules = &self.evaluation.catalogue.escalations;
        let mut moves = Vec::new();
        for (acting, found) in &self.found {
            let kind = self.evaluation.graph.systems.get(acting.1).map(|system| system.kind.clone());
            for idx in kind.iter().flat_map(|kind| rules.of_kind(kind)) {
                let Some(rule) = rules.get(*idx) else { continue };
                let is_actor = match (rule.actor, acting.0.and_then(|node| self.evaluation.graph.node(node))) {
                    (Some(wanted), Some(node)) => node.account == Some(wanted),
                    _ => true,
                };
                let is_given = |need: &Need| need.any.iter().any(|ability| found.contains_key(ability));
                if is_actor && rule.needs.iter().all(is_given) {
                    self.by_rule(*idx, rule, *acting, &mut moves);
                }
            }
        }
        // Of several ways to one account one will do.
        let weigh = |own: &Move| {
            let Support { certainty, conditions, also, validity, .. } = &*own.support;
            (
                std::cmp::Reverse(*certainty),
                validity.from.is_some() || validity.until.is_some(),
                conditions.len(),
                also.len(),
            )
        };
        let mut best = HashMap::new();
        for own in &moves {
            if let To::Node(node) = own.to {
                let known = best.entry(node).or_insert_with(|| weigh(own));
                *known = (*known).min(weigh(own));
            }
        }
        moves.retain(|own| match own.to {
            // What stands under conditions of its own is another way.
            To::Node(node) if own.support.conditions.is_empty() => {
                let is_best = best.get(&node) == Some(&weigh(own));
                if is_best {
                    best.remove(&node);
                }
                is_best
            }
            _ => true,
        });
        moves
    }

    fn by_rule(&self, idx: EscalationIdx, rule: &EscalationRule, acting: Acting, moves: &mut Vec<Move>) {
        // Those that must meet on one thing come first, so that only they are held against each other.
        let mut needs: Vec<&Need> = rule.needs.iter().filter(|need| !is_of_target(need)).collect();
        needs.sort_by_key(|need| need.on != On::Same);
        let mut base: Option<Vec<Support>> = None;
        for need in needs {
            let found = self.candidates(need, acting, rule, None);
            base = Some(self.joined(base, found, need.on == On::Same));
            if base.as_ref().is_some_and(Vec::is_empty) {
                return;
            }
        }
        let at_most = if rule.perhaps.is_some() { Certainty::Unknown } else { Certainty::Certain };
        let Some(target) = &rule.target else {
            for mut support in base.unwrap_or_default() {
                support.weaken(at_most, Vec::new());
                if let Some(support) = self.within_limits(support, acting) {
                    moves.push(Move { rule: idx, to: To::Administrator(acting.1), support: Arc::new(support) });
                }
            }
            return;
        };
        let at_most = if target.workload.is_some() { Certainty::Unknown } else { at_most };
        let of_target: Vec<&Need> = rule.needs.iter().filter(|need| is_of_target(need)).collect();
        let hub_idx = self.ground.place(idx, acting.1);
        let hub = hub_idx.and_then(|hub| self.ground.hub(hub)).filter(|hub| !hub.targets.is_empty());
        if let (Some(hub_idx), Some(hub)) = (hub_idx, hub) {
            if target.place.is_empty()
                && let Some(mut support) = self.everywhere(&base, &of_target, acting, "*")
            {
                support.weaken(at_most, Vec::new());
                moves.push(Move { rule: idx, to: To::Each(hub_idx), support: Arc::new(support) });
            } else {
                let mut told = BTreeSet::new();
                for (pattern, list) in self.lists(hub_idx, &of_target, acting) {
                    let Some(mut support) = self.everywhere(&base, &of_target, acting, pattern) else { continue };
                    support.weaken(at_most, Vec::new());
                    moves.push(Move { rule: idx, to: To::Each(list), support: Arc::new(support) });
                    told.insert(pattern);
                }
                let near = self.near(hub, &of_target, acting, &told);
                let near = near.into_iter().filter_map(|place| hub.targets.get(place));
                for reachable in near.filter(|own| Some(own.node) != acting.0) {
                    let Some(mut support) = self.onto(&base, &of_target, acting, rule, reachable) else { continue };
                    support.weaken(at_most, Vec::new());
                    moves.push(Move { rule: idx, to: To::Node(reachable.node), support: Arc::new(support) });
                }
            }
        }
        for others in self.in_account(target.others.as_deref(), acting.1) {
            let mut reached = base.clone();
            for need in &of_target {
                let found = self.of_wanted(need, acting, Wanted::Every(&others));
                reached = Some(self.joined(reached, found, false));
            }
            if let Some(mut support) = strongest(reached.unwrap_or_default()) {
                support.weaken(Certainty::Unknown, Vec::new());
                moves.push(Move { rule: idx, to: To::Undeclared(acting.1), support: Arc::new(support) });
                break;
            }
        }
    }

    /// The resources of the statements which give a need.
    fn resources<'n>(&'n self, need: &'n Need, acting: Acting) -> impl Iterator<Item = &'n Patterns> {
        let found = self.found.get(&acting);
        let places = need.any.iter().filter_map(move |ability| found?.get(ability)).flatten();
        places.filter_map(|place| self.statement(place.number)).map(|statement| &statement.resources)
    }

    /// The patterns that a need on a target is given by and that name a list of targets each.
    fn lists<'n>(&'n self, hub: HubIdx, needs: &[&'n Need], acting: Acting) -> BTreeMap<&'n str, HubIdx> {
        let Some(need) = needs.iter().find(|need| need.on == On::Target) else { return BTreeMap::new() };
        let patterns = self.resources(need, acting).filter(|resources| !resources.negated);
        let patterns = patterns.flat_map(|resources| &resources.list).filter(|pattern| is_list(pattern));
        patterns.filter_map(|pattern| Some((&**pattern, self.ground.list(hub, pattern)?))).collect()
    }

    /// The targets that the statements which give the needs may name, by the need that names the fewest. Those of
    /// patterns that a step to all of them is known by are left out.
    fn near(&self, hub: &Hub, needs: &[&Need], acting: Acting, told: &BTreeSet<&str>) -> BTreeSet<usize> {
        let graph = self.evaluation.graph;
        let variables = acting.0.map(|node| graph.variables(node)).unwrap_or_default();
        let asking = Named { name: String::new(), variables };
        let of_need = |need: &&&Need| {
            let mut near = BTreeSet::new();
            for resources in self.resources(need, acting) {
                hub.named_by(resources, told, &asking, &mut near);
            }
            near
        };
        let on_target = needs.iter().filter(|need| need.on == On::Target);
        on_target
            .map(|need| of_need(&need))
            .min_by_key(BTreeSet::len)
            .unwrap_or_else(|| (0..hub.targets.len()).collect())
    }

    /// How the needs are held for every target alike that a pattern names: where nothing tells one from another.
    fn everywhere(
        &self,
        base: &Option<Vec<Support>>,
        needs: &[&Need],
        acting: Acting,
        pattern: &str,
    ) -> Option<Support> {
        let mut reached = base.clone();
        for need in needs {
            if need.on == On::TargetPolicy || self.is_denied_in_part(need, acting.1) {
                return None;
            }
            let found = self.of_wanted(need, acting, Wanted::Every(pattern));
            reached = Some(self.joined(reached, found, false));
        }
        strongest(reached?).filter(|support| support.certainty == Certainty::Certain)
    }

    /// Whether some denial speaks of a permission of a need.
    fn is_denied_in_part(&self, need: &Need, system: SystemIdx) -> bool {
        let rules = &self.evaluation.catalogue.escalations;
        let abilities = || need.any.iter().filter_map(|idx| rules.ability_at(*idx));
        self.denies.iter().any(|deny| abilities().any(|ability| deny.speaks_of(&ability.permission, system)))
    }

    /// How the needs are held for one target.
    fn onto(
        &self,
        base: &Option<Vec<Support>>,
        needs: &[&Need],
        acting: Acting,
        rule: &EscalationRule,
        target: &Reachable,
    ) -> Option<Support> {
        let mut reached = base.clone();
        for need in needs {
            let found = self.candidates(need, acting, rule, Some(target));
            if found.is_empty() {
                return None;
            }
            reached = Some(self.joined(reached, found, false));
        }
        let placed = reached?.into_iter().filter_map(|mut support| {
            match target.stands_in(&support.scope) {
                Reached::No => return None,
                Reached::Perhaps => support.weaken(Certainty::Unknown, Vec::new()),
                Reached::Yes => {}
            }
            support.weaken(self.evaluation.certainty(&target.conditions), target.conditions.clone());
            Some(support)
        });
        strongest(placed.collect())
    }

    /// The ways in which a need is held.
    fn candidates(
        &self,
        need: &Need,
        acting: Acting,
        rule: &EscalationRule,
        target: Option<&Reachable>,
    ) -> Vec<Support> {
        let graph = self.evaluation.graph;
        let named: Vec<Named> = match need.on {
            On::Anything | On::Same => {
                let wanted = need.thing.as_ref().map_or(Wanted::Anything, Wanted::Named);
                return self.of_wanted(need, acting, wanted);
            }
            On::Itself => self.itself(acting, rule).into_iter().collect(),
            On::OwnGroup => self.own_groups(acting),
            On::OwnPolicy => self.own_policies(acting),
            On::Target => target.map(|target| target.named(graph, acting.0)).into_iter().collect(),
            On::TargetPolicy => target.map(|target| self.policies_of(target.node, acting)).unwrap_or_default(),
        };
        let mut all = Vec::new();
        for one in &named {
            all.extend(self.of_wanted(need, acting, Wanted::Named(one)));
        }
        surest(all)
    }

    fn of_wanted(&self, need: &Need, acting: Acting, wanted: Wanted<'_>) -> Vec<Support> {
        let Evaluation { graph, matches, catalogue, .. } = self.evaluation;
        let mut all = Vec::new();
        let Some(found) = self.found.get(&acting) else { return all };
        for ability in &need.any {
            let Some(permission) = catalogue.escalations.ability_at(*ability).map(|own| &own.permission) else {
                continue;
            };
            let used = Use { permission, wanted, with: Some(&need.with) };
            for place in found.get(ability).into_iter().flatten() {
                let (held_number, inner, number) = place.number;
                let Some(held) = self.held.get(held_number as usize) else { continue };
                let Some(id) = matches.flat(held.container).get(inner as usize).map(|own| own.container) else {
                    continue;
                };
                let statements = graph.container(id).map(|own| &own.statements);
                let Some((statement, _)) = statements.and_then(|own| own.get(number as usize)) else { continue };
                let Some(at_most) = used.allowed_by(statement) else { continue };
                let (system, scope) = (acting.1, place.scope);
                let at = At { number: place.number, held, container: id, system, statement, scope };
                all.extend(self.evaluation.support(at, &used, at_most, &self.denies));
            }
        }
        all
    }

    /// Both, as one way; where they must meet on one thing, only those that can.
    fn joined(&self, so_far: Option<Vec<Support>>, found: Vec<Support>, must_meet: bool) -> Vec<Support> {
        // What differs by its resources alone is told apart only where those must meet.
        let found = if must_meet { found } else { surest(found) };
        let Some(so_far) = so_far else { return found };
        let mut joined = Vec::new();
        for a in &so_far {
            let meeting = found.iter().filter(|b| !must_meet || self.meet(a, b));
            joined.extend(meeting.filter_map(|b| both(a, b)).take(MOST_JOINED));
        }
        joined.truncate(MOST_WAYS * MOST_JOINED);
        if must_meet { joined } else { surest(joined) }
    }

    /// Whether statements can give their permissions on one thing.
    fn meet(&self, a: &Support, b: &Support) -> bool {
        let statements = |support: &Support| -> Vec<&Statement> {
            support.parts().filter_map(|part| self.statement(part)).collect()
        };
        let (own, other) = (statements(a), statements(b));
        own.iter().all(|one| other.iter().all(|two| touch(&one.resources, &two.resources)))
    }

    fn statement(&self, part: (u32, u32, u32)) -> Option<&Statement> {
        self.evaluation.matches.statement(self.evaluation.graph, self.held, part)
    }

    /// Whether an account that may give itself everything is still within something: what is left of it, if so.
    fn within_limits(&self, support: Support, (actor, system): Acting) -> Option<Support> {
        static EVERYTHING: LazyLock<Statement> = LazyLock::new(|| {
            Statement::allow(Patterns::any(), Patterns::any(), Origin { file: 0, span: Span::default() })
        });
        let held = HeldContainer {
            container: ContainerId(u32::MAX),
            scope: support.scope.clone(),
            validity: support.validity,
            conditions: Vec::new(),
            actor,
            account: actor,
            steps: 0,
        };
        let at = At {
            number: (support.held, support.inner, support.statement),
            held: &held,
            container: held.container,
            system,
            statement: &EVERYTHING,
            scope: None,
        };
        let used = Use { permission: "*", wanted: Wanted::Every("*"), with: None };
        let limited = self.evaluation.support(at, &used, Certainty::Certain, &self.denies)?;
        let mut support = support;
        support.weaken(limited.certainty, limited.conditions);
        Some(support)
    }

    fn account(&self, actor: NodeId, system: SystemIdx) -> Option<&'a Native> {
        let id = self.evaluation.graph.systems.get(system).map(|system| &system.id)?;
        match self.evaluation.graph.node(actor).map(|node| &node.holder) {
            Some(Holder::Account(native)) if native.system == *id => Some(native),
            _ => None,
        }
    }

    /// The acting account; of a role by itself whoever will hold it.
    fn itself(&self, (actor, system): Acting, rule: &EscalationRule) -> Option<Named> {
        match actor {
            Some(actor) => Some(self.evaluation.graph.named(self.account(actor, system)?, Some(actor))),
            None => {
                let word = match rule.actor {
                    Some(crate::facts::AccountKind::AssumedRole) => "role",
                    _ => "user",
                };
                self.somebody(system, word)
            }
        }
    }

    /// A thing of whoever will hold a role, of which no name is known.
    fn somebody(&self, system: SystemIdx, word: &str) -> Option<Named> {
        let system = self.evaluation.graph.systems.get(system)?;
        let native = Native::new(system.id.clone(), format!("{word}/{SOMEBODY}"));
        let mut named = self.evaluation.graph.named(&native, None);
        named.variables.insert("aws:username".to_owned(), SOMEBODY.to_owned());
        Some(named)
    }

    fn own_groups(&self, (actor, system): Acting) -> Vec<Named> {
        let graph = self.evaluation.graph;
        let Some(actor) = actor else { return self.somebody(system, "group").into_iter().collect() };
        let groups = self.reach.ways.iter().filter(|way| way.actor == actor).filter_map(|way| graph.node(way.node));
        groups
            .filter_map(|node| match &node.holder {
                Holder::Group(native) => Some(graph.named(native, Some(actor))),
                _ => None,
            })
            .collect()
    }

    fn own_policies(&self, (actor, system): Acting) -> Vec<Named> {
        if actor.is_none() {
            return self.somebody(system, "policy").into_iter().collect();
        }
        let held = self.held.iter().filter(|held| held.actor == actor).map(|held| held.container);
        self.policies(held, actor)
    }

    fn policies_of(&self, target: NodeId, (actor, _): Acting) -> Vec<Named> {
        let graph = self.evaluation.graph;
        let granted = graph.grants_of(target).iter().filter_map(|grant| graph.grant(*grant));
        self.policies(granted.map(|grant| grant.container), actor)
    }

    /// The roles that the tree itself defines, so that they can be changed.
    fn policies(&self, held: impl Iterator<Item = ContainerId>, asking: Option<NodeId>) -> Vec<Named> {
        let graph = self.evaluation.graph;
        held.filter_map(|id| graph.container(id))
            .filter(|container| container.site.is_some() && container.kind == RoleKind::Role)
            .filter_map(|container| Some(graph.named(container.role.as_ref()?, asking)))
            .collect()
    }

    /// What an account of a system could be, written for any account and for this one.
    fn in_account(&self, others: Option<&str>, system: SystemIdx) -> Vec<String> {
        let Some(others) = others else { return Vec::new() };
        let mut all = vec![others.to_owned()];
        let id = self.evaluation.graph.systems.get(system).map(|system| system.id.clone()).unwrap_or_default();
        if let (Some((before, after)), Some((_, account))) = (others.split_once("::*:"), id.split_once(':')) {
            all.push(format!("{before}::{account}:{after}"));
        }
        all
    }
}

fn is_of_target(need: &Need) -> bool {
    matches!(need.on, On::Target | On::TargetPolicy)
}

/// Of ways to the same thing those that no other one outdoes: at least as certain, on as much, for as long, under no
/// other conditions. By which grant they lead there does not matter.
fn surest(mut ways: Vec<Support>) -> Vec<Support> {
    ways.sort_by_key(|way| (std::cmp::Reverse(way.certainty), way.conditions.len(), way.also.len()));
    let mut kept: Vec<Support> = Vec::new();
    for way in ways {
        let is_outdone = |by: &Support| {
            by.certainty >= way.certainty
                && by.scope.covers(&way.scope)
                && by.validity.covers(way.validity)
                && by.conditions.iter().all(|id| way.conditions.binary_search(id).is_ok())
        };
        if kept.len() < MOST_WAYS && !kept.iter().any(is_outdone) {
            kept.push(way);
        }
    }
    kept
}

/// The way that says most, of several.
fn strongest(ways: Vec<Support>) -> Option<Support> {
    ways.into_iter().min_by_key(|way| (std::cmp::Reverse(way.certainty), way.conditions.len(), way.also.len()))
}

/// Whether two lists of resources share one.
fn touch(a: &Patterns, b: &Patterns) -> bool {
    match (a.negated, b.negated) {
        (false, false) => a.list.iter().any(|one| b.list.iter().any(|two| share_a_resource(one, two))),
        (true, false) => b.list.iter().any(|two| a.touch(two, false)),
        (false, true) => a.list.iter().any(|one| b.touch(one, false)),
        (true, true) => true,
    }
}
