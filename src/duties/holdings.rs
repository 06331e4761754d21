//! Which duties one subject holds: on which scope, by which grant, how certainly.
//!
//! A *support* is one way in which a duty is held. Of several supports of one duty those that another one beats (at
//! least as certain, on at least that scope, for at least that long) are dropped, so what is left is the duty's extent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalogue::{Catalogue, DutyIdx, LeafIdx};
use super::left_out::LeftOut;
use super::limits::Deny;
use super::matching::Matches;
use super::support::{Support, add, solve};
use super::wanted::Use;
use crate::access::{ConditionId, ContainerId, Graph, NodeId, SystemIdx};
use crate::facts::scope::Scope;
use crate::facts::{Condition, Constrains, Effect, Statement, Validity};

/// How certainly something is held; the greater wins.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Only under a condition that narrows.
    Conditional,
    /// It cannot be told.
    Unknown,
    /// Without doubt.
    Certain,
}

impl Certainty {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
            Self::Certain => "certain",
        }
    }
}

/// One container that the subject holds, before what is inside it.
#[derive(Debug, Clone)]
pub struct HeldContainer {
    /// The container.
    pub container: ContainerId,
    /// On what.
    pub scope: Arc<Scope>,
    /// When.
    pub validity: Validity,
    /// Under which conditions.
    pub conditions: Vec<ConditionId>,
    /// The account, or the subject, as which it is used.
    pub actor: Option<NodeId>,
    /// The account with which the subject comes to it.
    pub account: Option<NodeId>,
    /// How many steps lead to it.
    pub steps: u32,
}

/// A duty held in one system.
#[derive(Debug, Clone)]
pub struct HeldDuty {
    /// The duty.
    pub duty: DutyIdx,
    /// The system whose permissions confer it.
    pub system: SystemIdx,
    /// The ways, strongest and shortest first.
    pub supports: Vec<Support>,
}

/// An allow statement that is looked at: where it stands in what is held, and how that is held.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// Of what is held, inside which container, which statement.
    pub(super) number: (u32, u32, u32),
    pub(super) held: &'a HeldContainer,
    pub(super) container: ContainerId,
    pub(super) system: SystemIdx,
    pub(super) statement: &'a Statement,
    /// What the statement itself says of dimensions, in shared words.
    pub(super) scope: Option<&'a Arc<Scope>>,
}

pub(super) struct Evaluation<'a> {
    pub(super) as_of: i64,
    pub(super) graph: &'a Graph,
    pub(super) catalogue: &'a Catalogue,
    pub(super) matches: &'a Matches,
    pub(super) left_out: Option<LeftOut<'a>>,
}

impl<'a> Evaluation<'a> {
    /// The duties that these containers confer together.
    pub(super) fn duties(&self, held: &[HeldContainer]) -> Vec<HeldDuty> {
        let denies = self.denies(held);
        let mut leaves: HashMap<(LeafIdx, SystemIdx), Vec<Support>> = HashMap::new();
        let mut duties: BTreeMap<(DutyIdx, SystemIdx), Vec<Support>> = BTreeMap::new();
        for (number, container) in (0u32..).zip(held) {
            self.supports_of(number, container, &denies, &mut |leaf, system, support| {
                let Some(entry) = self.catalogue.leaf_at(leaf) else { return };
                if entry.alone {
                    add(duties.entry((entry.duty, system)).or_default(), support, held);
                } else {
                    add(leaves.entry((leaf, system)).or_default(), support, held);
                }
            });
        }
        self.joint(&leaves, held, &mut duties);
        self.included(held, &mut duties);
        self.derived(held, &mut duties);
        self.mark_under(&mut duties);
        duties
            .into_iter()
            .map(|((duty, system), mut supports)| {
                supports.sort_by_key(|support| {
                    let steps = held.get(support.held as usize).map_or(0, |held| held.steps);
                    (std::cmp::Reverse(support.certainty), support.via.is_some(), steps, support.held, support.inner)
                });
                HeldDuty { duty, system, supports }
            })
            .collect()
    }

    /// Every leaf that a held container satisfies, with its support, after denies and boundaries.
    fn supports_of(
        &self,
        number: u32,
        held: &HeldContainer,
        denies: &[Deny<'_>],
        each: &mut dyn FnMut(LeafIdx, SystemIdx, Support),
    ) {
        // What is granted nowhere (on a legal entity that its system is not of) is held by nobody.
        if held.scope.is_empty() {
            return;
        }
        for (inner_number, inner) in (0u32..).zip(self.matches.flat(held.container)) {
            let Some(container) = self.graph.container(inner.container) else { continue };
            let Some(matched) = self.matches.of(inner.container) else { continue };
            for hit in &matched.hits {
                let Some((statement, _)) = container.statements.get(hit.statement as usize) else { continue };
                let Some(leaf) = self.catalogue.leaf_at(hit.leaf) else { continue };
                let at = At {
                    number: (number, inner_number, hit.statement),
                    held,
                    container: inner.container,
                    system: container.system,
                    statement,
                    scope: hit.scope.as_ref(),
                };
                if let Some(support) = self.support(at, &leaf.used(), Certainty::Certain, denies) {
                    each(hit.leaf, container.system, support);
                }
            }
        }
    }

    /// The ways in which these containers let a permission of a system be used, the surest first.
    pub(super) fn ask(&self, held: &[HeldContainer], system: SystemIdx, used: &Use<'_>) -> Vec<Support> {
        let denies = self.denies(held);
        let mut all = Vec::new();
        for (number, own) in (0u32..).zip(held).filter(|(_, own)| !own.scope.is_empty()) {
            for (inner_number, inner) in (0u32..).zip(self.matches.flat(own.container)) {
                let Some(container) = self.graph.container(inner.container).filter(|own| own.system == system) else {
                    continue;
                };
                let Some(described) = self.graph.systems.get(system) else { continue };
                let allows = (0u32..).zip(&container.statements).filter(|(_, (own, _))| own.effect == Effect::Allow);
                for (statement_number, (statement, _)) in allows {
                    let Some(at_most) = used.allowed_by(statement) else { continue };
                    let scope =
                        (!statement.scope.is_unknown()).then(|| Arc::new(described.share_statement(&statement.scope)));
                    let number = (number, inner_number, statement_number);
                    let scope = scope.as_ref();
                    let at = At { number, held: own, container: inner.container, system, statement, scope };
                    if let Some(support) = self.support(at, used, at_most, &denies) {
                        add(&mut all, support, held);
                    }
                }
            }
        }
        all.sort_by_key(|support| std::cmp::Reverse(support.certainty));
        all
    }

    /// What a statement gives of a use that it lets through, after denies and boundaries; `None` when nothing.
    pub(super) fn support(
        &self,
        at: At<'_>,
        used: &Use<'_>,
        at_most: Certainty,
        denies: &[Deny<'_>],
    ) -> Option<Support> {
        if self.left_out.is_some_and(|left_out| left_out.takes(&at, used)) {
            return None;
        }
        let scope = match at.scope {
            None => at.held.scope.clone(),
            Some(own) => {
                let both = at.held.scope.intersect(own);
                if both.is_empty() {
                    return None;
                }
                Arc::new(both)
            }
        };
        let (own, ids) = used.under(&at.statement.conditions, self.graph)?;
        let (held, inner, statement) = at.number;
        let mut support = Support {
            held,
            inner,
            statement,
            also: Vec::new(),
            via: None,
            under: None,
            scope,
            validity: at.held.validity,
            certainty: self.certainty(&at.held.conditions).min(at_most),
            conditions: at.held.conditions.clone(),
        };
        support.weaken(own, ids);
        self.survives(&mut support, used, at, denies).then_some(support)
    }

    pub(super) fn certainty(&self, conditions: &[ConditionId]) -> Certainty {
        certainty_under(conditions.iter().filter_map(|id| self.graph.condition(*id)))
    }

    /// Duties that need several permissions.
    fn joint(
        &self,
        leaves: &HashMap<(LeafIdx, SystemIdx), Vec<Support>>,
        held: &[HeldContainer],
        duties: &mut BTreeMap<(DutyIdx, SystemIdx), Vec<Support>>,
    ) {
        let mut candidates: Vec<(DutyIdx, SystemIdx)> =
            leaves.keys().filter_map(|(leaf, system)| Some((self.catalogue.leaf_at(*leaf)?.duty, *system))).collect();
        candidates.sort_unstable();
        candidates.dedup();
        for (duty, system) in candidates {
            let Some(kind) = self.graph.systems.get(system).map(|system| &system.kind) else { continue };
            let Some(expressions) = self.catalogue.duty(duty).and_then(|duty| duty.joint.get(kind)) else { continue };
            for expression in expressions {
                for support in solve(expression, system, leaves, held) {
                    add(duties.entry((duty, system)).or_default(), support, held);
                }
            }
        }
    }

    /// Duties that others include, in systems of a type that could confer them.
    fn included(&self, held: &[HeldContainer], duties: &mut BTreeMap<(DutyIdx, SystemIdx), Vec<Support>>) {
        let including: Vec<((DutyIdx, SystemIdx), Vec<Support>)> = duties
            .iter()
            .filter(|((duty, _), _)| self.catalogue.duty(*duty).is_some_and(|duty| !duty.includes.is_empty()))
            .map(|(key, supports)| (*key, supports.clone()))
            .collect();
        for ((outer, system), supports) in including {
            let (Some(duty), Some(kind)) =
                (self.catalogue.duty(outer), self.graph.systems.get(system).map(|system| &system.kind))
            else {
                continue;
            };
            for inner in &duty.includes {
                if !self.catalogue.duty(*inner).is_some_and(|inner| inner.kinds.contains(kind)) {
                    continue;
                }
                for support in &supports {
                    let support = Support { via: Some(outer), ..support.clone() };
                    add(duties.entry((*inner, system)).or_default(), support, held);
                }
            }
        }
    }

    /// Duties that any of several others confers.
    fn derived(&self, held: &[HeldContainer], duties: &mut BTreeMap<(DutyIdx, SystemIdx), Vec<Support>>) {
        for derived in &self.catalogue.derived {
            let Some(duty) = self.catalogue.duty(*derived) else { continue };
            let found: Vec<((DutyIdx, SystemIdx), Vec<Support>)> = duties
                .iter()
                .filter(|((held, _), _)| duty.any_duty.contains(held))
                .map(|(key, supports)| (*key, supports.clone()))
                .collect();
            for ((source, system), supports) in found {
                for support in supports {
                    let support = Support { via: support.via.or(Some(source)), ..support };
                    add(duties.entry((*derived, system)).or_default(), support, held);
                }
            }
        }
    }

    /// Notes on each support the widest privileged duty that the same grant gives and that includes it.
    fn mark_under(&self, duties: &mut BTreeMap<(DutyIdx, SystemIdx), Vec<Support>>) {
        let mut widest: HashMap<(u32, SystemIdx), Vec<(DutyIdx, Support)>> = HashMap::new();
        for ((duty, system), supports) in duties.iter() {
            if self.catalogue.duty(*duty).is_some_and(|duty| duty.privileged.is_some() && !duty.includes.is_empty()) {
                for support in supports.iter().filter(|support| support.via.is_none()) {
                    widest.entry((support.held, *system)).or_default().push((*duty, support.clone()));
                }
            }
        }
        if widest.is_empty() {
            return;
        }
        for list in widest.values_mut() {
            list.sort_by_key(|(duty, _)| {
                std::cmp::Reverse(self.catalogue.duty(*duty).map_or(0, |duty| duty.includes.len()))
            });
        }
        for ((duty, system), supports) in duties.iter_mut() {
            for support in supports {
                support.under = widest.get(&(support.held, *system)).and_then(|list| {
                    let found = list.iter().find(|(wide, over)| {
                        self.catalogue.duty(*wide).is_some_and(|wide| wide.includes.contains(duty))
                            // What the privileged duty says less certainly or of less is not said by it.
                            && over.certainty >= support.certainty
                            && over.validity.covers(support.validity)
                            && over.scope.covers(&support.scope)
                    });
                    found.map(|(wide, _)| *wide)
                });
            }
        }
    }
}

fn of_condition(constrains: Constrains) -> Certainty {
    match constrains {
        Constrains::No => Certainty::Certain,
        Constrains::Unknown => Certainty::Unknown,
        Constrains::Yes => Certainty::Conditional,
    }
}

/// How certainly something counts that stands under conditions.
#[must_use]
pub fn certainty_under<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> Certainty {
    conditions.into_iter().map(|condition| of_condition(condition.constrains)).min().unwrap_or(Certainty::Certain)
}
