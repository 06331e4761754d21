//! What there is to reach by escalations, worked out once a graph.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;

use super::rules::EscalationIdx;
use super::targets::{self, Reachable};
use crate::access::{Graph, Named, NodeId, Reached, SystemIdx, resource_part};
use crate::duties::holdings::Evaluation;
use crate::facts::{Patterns, Text};
use crate::rules::On;

/// The same targets, of one rule in one system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct HubIdx(pub(super) u32);

/// A list of targets, in the order of what permissions call them: everything that a rule may reach in a system, or what of
/// that one pattern names.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) targets: Vec<Arc<Reachable>>,
}

/// Whether a pattern names a list that is the same for whoever holds it, and not everything.
pub(super) fn is_list(pattern: &str) -> bool {
    pattern != "*" && pattern.contains(['*', '?']) && !pattern.contains("${")
}

impl Hub {
    pub(super) fn new(mut targets: Vec<Arc<Reachable>>) -> Self {
        targets.sort_by(|a, b| resource_part(&a.resource).cmp(resource_part(&b.resource)));
        Self { targets }
    }

    /// The places of those that some of these patterns may name to whoever asks, but for the patterns `except`: of each
    /// pattern, by what stands before its first wildcard.
    pub(super) fn named_by(
        &self,
        patterns: &Patterns,
        except: &BTreeSet<&str>,
        asking: &Named,
        into: &mut BTreeSet<usize>,
    ) {
        if patterns.negated || !patterns.ranges.is_empty() {
            into.extend(0..self.targets.len());
            return;
        }
        for pattern in patterns.list.iter().filter(|pattern| !except.contains(&***pattern)) {
            into.extend(self.near(&asking.filled(pattern).0));
        }
    }

    fn near(&self, pattern: &str) -> std::ops::Range<usize> {
        let own = if pattern.starts_with("arn:") { pattern.splitn(6, ':').nth(5).unwrap_or_default() } else { pattern };
        let fixed = own.find(['*', '?', '$']).and_then(|end| own.get(..end)).unwrap_or(own);
        // A pattern that is no ARN may be the whole of one.
        let fixed = if pattern.starts_with("arn") && !pattern.starts_with("arn:") { "" } else { fixed };
        let from = self.targets.partition_point(|target| resource_part(&target.resource) < fixed);
        let further = self.targets.get(from..).unwrap_or_default();
        from..from + further.partition_point(|target| resource_part(&target.resource).starts_with(fixed))
    }

    /// Those that a pattern without variables names.
    fn list(&self, pattern: &Text) -> Self {
        let pattern_alone = Patterns::of([&**pattern]);
        let near = self.targets.get(self.near(pattern)).unwrap_or_default();
        let is_named = |target: &&Arc<Reachable>| Named::new(&*target.resource).reached(&pattern_alone) == Reached::Yes;
        Self { targets: near.iter().filter(is_named).cloned().collect() }
    }
}

/// What there is to reach.
#[derive(Debug, Default)]
pub(super) struct Ground {
    pub(super) hubs: Vec<Hub>,
    places: HashMap<(EscalationIdx, SystemIdx), HubIdx>,
    lists: HashMap<HubIdx, HashMap<Text, HubIdx>>,
}

impl Ground {
    /// Everything that the rules may reach, of those among `wanted`.
    pub(super) fn new(graph: &Graph, evaluation: &Evaluation<'_>, wanted: &[bool]) -> Self {
        let mut ground = Self::default();
        let rules = &evaluation.catalogue.escalations;
        for (number, system) in (0u32..).map(SystemIdx).zip(graph.systems.iter()) {
            for idx in rules.of_kind(&system.kind) {
                let Some(rule) = rules.get(*idx).filter(|rule| rule.target.is_some()) else { continue };
                let mut targets = targets::of_rule(graph, rule, number);
                targets.retain(|target| wanted.get(target.node.0 as usize).copied().unwrap_or_default());
                let hub = ground.add(Hub::new(targets.into_iter().map(Arc::new).collect()));
                ground.places.insert((*idx, number), hub);
            }
        }
        ground.add_lists(graph, evaluation);
        ground
    }

    fn add(&mut self, hub: Hub) -> HubIdx {
        let idx = HubIdx(u32::try_from(self.hubs.len()).unwrap_or(u32::MAX));
        self.hubs.push(hub);
        idx
    }

    /// What the patterns name, one by one, that stand in statements which give a need on a target: many hold the same.
    fn add_lists(&mut self, graph: &Graph, evaluation: &Evaluation<'_>) {
        let rules = &evaluation.catalogue.escalations;
        let mut wanted: BTreeMap<HubIdx, BTreeSet<Text>> = BTreeMap::new();
        let mut taking: HashMap<(SystemIdx, super::AbilityIdx), Vec<HubIdx>> = HashMap::new();
        for ((idx, system), hub) in &self.places {
            let rule = rules.get(*idx).filter(|rule| rule.target.as_ref().is_some_and(|own| own.place.is_empty()));
            let needs = rule.iter().flat_map(|rule| &rule.needs).find(|need| need.on == On::Target);
            for ability in needs.into_iter().flat_map(|need| &need.any) {
                taking.entry((*system, *ability)).or_default().push(*hub);
            }
        }
        for (id, container) in graph.containers() {
            for hit in evaluation.matches.of(id).iter().flat_map(|matched| &matched.abilities) {
                let Some(hubs) = taking.get(&(container.system, hit.ability)) else { continue };
                let Some((statement, _)) = container.statements.get(hit.statement as usize) else { continue };
                if statement.resources.negated {
                    continue;
                }
                for pattern in statement.resources.list.iter().filter(|pattern| is_list(pattern)) {
                    for hub in hubs {
                        wanted.entry(*hub).or_default().insert(pattern.clone());
                    }
                }
            }
        }
        let wanted: Vec<(HubIdx, Text)> =
            wanted.into_iter().flat_map(|(hub, own)| own.into_iter().map(move |pattern| (hub, pattern))).collect();
        let of_one = |(hub, pattern): &(HubIdx, Text)| self.hub(*hub).map(|hub| hub.list(pattern));
        let lists: Vec<Option<Hub>> = wanted.par_iter().map(of_one).collect();
        for ((hub, pattern), list) in wanted.into_iter().zip(lists) {
            let Some(list) = list else { continue };
            let idx = self.add(list);
            self.lists.entry(hub).or_default().insert(pattern, idx);
        }
    }

    /// With these lists alone.
    #[cfg(test)]
    pub(super) fn of(hubs: Vec<Hub>) -> Self {
        Self { hubs, ..Self::default() }
    }

    pub(super) fn hub(&self, idx: HubIdx) -> Option<&Hub> {
        self.hubs.get(idx.0 as usize)
    }

    /// What a rule may reach in a system.
    pub(super) fn place(&self, rule: EscalationIdx, system: SystemIdx) -> Option<HubIdx> {
        self.places.get(&(rule, system)).copied()
    }

    /// What a rule reaches, of an account or group.
    pub(super) fn target(&self, rule: EscalationIdx, node: NodeId) -> Option<&Reachable> {
        let hubs = self.places.iter().filter(|((own, _), _)| *own == rule).filter_map(|(_, hub)| self.hub(*hub));
        hubs.flat_map(|hub| &hub.targets).find(|target| target.node == node).map(|target| &**target)
    }

    /// What a pattern names of a list.
    pub(super) fn list(&self, hub: HubIdx, pattern: &str) -> Option<HubIdx> {
        self.lists.get(&hub)?.get(pattern).copied()
    }
}
