//! The shortest ways to everything in a system.
//!
//! A *goal* is everything of a system on a scope. The search runs backwards from each goal, once for every certainty: over
//! steps that are certain; then also over those that are unknown; then over all. So the surest way is found first, and of
//! the surest ones a shortest. Steps that lead to many targets alike are one step to a list of them, so that the work grows
//! with the steps and the targets, not with their product.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::ground::{Ground, HubIdx};
use super::moves::{Move, To};
use crate::access::SystemIdx;
use crate::duties::holdings::Certainty;
use crate::duties::support::Support;
use crate::facts::scope::Scope;

/// Most goals of one system that ways are looked for to one by one. Further ones are one goal together, on a scope that
/// covers them all: rather more than less.
const GOALS_OF_A_SYSTEM: usize = 64;

/// The certainties, the surest first.
pub(super) const LEVELS: [Certainty; 3] = [Certainty::Certain, Certainty::Unknown, Certainty::Conditional];

/// Everything of a system, on a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GoalIdx(u32);

/// What one holder comes to by itself.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The goals where it is, with how it holds them.
    pub(super) there: Vec<(GoalIdx, Support)>,
    pub(super) moves: Vec<Move>,
}

/// How a way goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leg {
    /// The holder is there: which of its own ways of being there.
    There(u32),
    /// By one of the holder's moves.
    Move(u32),
    /// By one of the targets of a list.
    Target(u32),
}

/// How far a goal is, and how the way goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) steps: u32,
    pub(super) leg: Leg,
}

/// A node, or behind all of them a list of targets.
type Vertex = u32;

/// The goals, numbered.
#[derive(Debug, Default)]
pub(super) struct Goals {
    known: BTreeMap<(SystemIdx, Arc<Scope>), GoalIdx>,
    all: Vec<(SystemIdx, Arc<Scope>)>,
    /// Of each system: how many there are, and the one that stands for all beyond the most.
    systems: BTreeMap<SystemIdx, (usize, Option<GoalIdx>)>,
}

impl Goals {
    /// The number of a goal.
    pub(super) fn number(&mut self, system: SystemIdx, scope: &Arc<Scope>) -> GoalIdx {
        let key = (system, scope.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (count, rest) = self.systems.entry(system).or_default();
        *count += 1;
        let idx = match *rest {
            Some(rest) => {
                if let Some((_, whole)) = self.all.get_mut(rest.0 as usize) {
                    *whole = Arc::new(whole.union(scope));
                }
                rest
            }
            None => {
                let idx = GoalIdx(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
                self.all.push(key.clone());
                *rest = (*count == GOALS_OF_A_SYSTEM).then_some(idx);
                idx
            }
        };
        self.known.insert(key, idx);
        idx
    }

    /// The systems of which some goals are one together, with how many they are.
    pub(super) fn joined(&self) -> impl Iterator<Item = (SystemIdx, usize)> + '_ {
        let beyond = self.systems.iter().filter(|(_, (count, _))| *count > GOALS_OF_A_SYSTEM);
        beyond.map(|(system, (count, _))| (*system, count - GOALS_OF_A_SYSTEM + 1))
    }

    pub(super) fn find(&self, system: SystemIdx, scope: &Arc<Scope>) -> Option<GoalIdx> {
        self.known.get(&(system, scope.clone())).copied()
    }

    pub(super) fn get(&self, idx: GoalIdx) -> Option<&(SystemIdx, Arc<Scope>)> {
        self.all.get(idx.0 as usize)
    }
}

/// The ways from everywhere to every goal.
#[derive(Debug, Default)]
pub(super) struct Ways {
    nodes: u32,
    /// By vertex and goal: the way at each certainty.
    known: HashMap<Vertex, BTreeMap<GoalIdx, [Option<Way>; 3]>>,
}

/// A step backwards: from where, how, at what cost, how certainly.
struct Back {
    from: Vertex,
    leg: Leg,
    cost: u32,
    certainty: Certainty,
}

impl Ways {
    /// Looks for all of them.
    pub(super) fn new(
        views: &[View],
        ground: &Ground,
        goals: &Goals,
        certainty_of: impl Fn(HubIdx, usize) -> Certainty,
    ) -> Self {
        let nodes = u32::try_from(views.len()).unwrap_or(u32::MAX);
        let mut ways = Self { nodes, known: HashMap::new() };
        let mut back: HashMap<Vertex, Vec<Back>> = HashMap::new();
        let mut starts: BTreeMap<GoalIdx, Vec<Back>> = BTreeMap::new();
        for (from, view) in (0u32..).zip(views) {
            for (number, (goal, support)) in (0u32..).zip(&view.there) {
                let start = Back { from, leg: Leg::There(number), cost: 0, certainty: support.certainty };
                starts.entry(*goal).or_default().push(start);
            }
            for (number, one) in (0u32..).zip(&view.moves) {
                let step = Back { from, leg: Leg::Move(number), cost: 1, certainty: one.support.certainty };
                match &one.to {
                    To::Node(node) => back.entry(node.0).or_default().push(step),
                    To::Each(hub) => back.entry(ways.of_hub(*hub)).or_default().push(step),
                    To::Administrator(system) | To::Undeclared(system) => {
                        if let Some(goal) = goals.find(*system, &one.support.scope) {
                            starts.entry(goal).or_default().push(step);
                        }
                    }
                }
            }
        }
        for (number, hub) in (0u32..).map(HubIdx).zip(&ground.hubs) {
            let from = ways.of_hub(number);
            for (place, target) in hub.targets.iter().enumerate() {
                let leg = Leg::Target(u32::try_from(place).unwrap_or(u32::MAX));
                let step = Back { from, leg, cost: 0, certainty: certainty_of(number, place) };
                back.entry(target.node.0).or_default().push(step);
            }
        }
        for (goal, starts) in &starts {
            for level in 0..LEVELS.len() {
                ways.search(*goal, level, starts, &back);
            }
        }
        ways
    }

    /// Breadth first, steps without cost before others.
    fn search(&mut self, goal: GoalIdx, level: usize, starts: &[Back], back: &HashMap<Vertex, Vec<Back>>) {
        let least = LEVELS[level];
        let mut open: VecDeque<Vertex> = VecDeque::new();
        let mut costly: Vec<&Back> = Vec::new();
        for start in starts.iter().filter(|start| start.certainty >= least) {
            if start.cost > 0 {
                costly.push(start);
            } else if self.reach(start.from, goal, level, Way { steps: 0, leg: start.leg }) {
                open.push_back(start.from);
            }
        }
        for start in costly {
            if self.reach(start.from, goal, level, Way { steps: 1, leg: start.leg }) {
                open.push_back(start.from);
            }
        }
        while let Some(at) = open.pop_front() {
            let Some(steps) = self.way(at, goal, level).map(|way| way.steps) else { continue };
            for step in back.get(&at).into_iter().flatten().filter(|step| step.certainty >= least) {
                if self.reach(step.from, goal, level, Way { steps: steps + step.cost, leg: step.leg }) {
                    if step.cost == 0 {
                        open.push_front(step.from);
                    } else {
                        open.push_back(step.from);
                    }
                }
            }
        }
    }

    /// Notes a way unless one at least as short is known.
    fn reach(&mut self, at: Vertex, goal: GoalIdx, level: usize, way: Way) -> bool {
        let Some(known) = self.known.entry(at).or_default().entry(goal).or_default().get_mut(level) else {
            return false;
        };
        let better = known.is_none_or(|known| way.steps < known.steps);
        if better {
            *known = Some(way);
        }
        better
    }

    pub(super) fn of_hub(&self, hub: HubIdx) -> Vertex {
        self.nodes + hub.0
    }

    /// The way from a vertex to a goal, over steps that are certain enough.
    pub(super) fn way(&self, at: Vertex, goal: GoalIdx, level: usize) -> Option<Way> {
        self.known.get(&at)?.get(&goal)?.get(level).copied().flatten()
    }

    /// The goals that can be reached from a vertex.
    pub(super) fn goals(&self, at: Vertex) -> impl Iterator<Item = GoalIdx> + '_ {
        self.known.get(&at).into_iter().flat_map(|goals| goals.keys().copied())
    }
}
