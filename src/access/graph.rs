//! The access graph of one tree: holders, what they belong to and act as, and what each is granted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::link::{Links, canonical};
use super::systems::{SystemIdx, Systems};
use super::units::{Site, UnitFacts};
use super::workforce::Workforce;
use crate::facts::scope::Scope;
use crate::facts::{
    AccountKind, Condition, Constrains, Gap, Holder, Native, RoleKind, Statement, SystemFact, Text, Trusted,
    Unresolved, Validity,
};

/// A holder in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A role, or the statements of a grant that names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerId(pub u32);

/// A grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub u32);

/// A distinct condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConditionId(pub u32);

/// A distinct scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// Who or what a node is.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its identity.
    pub holder: Holder,
    /// Where it is defined; `None` when it is only named.
    pub site: Option<Site>,
    /// Of an account: what it is in its system.
    pub account: Option<AccountKind>,
    /// Of an account: the container that limits it.
    pub boundary: Option<ContainerId>,
    /// Of a group: whether all its members are listed, so that it is not judged itself.
    pub members_listed: bool,
    /// Whether some identity owns this account.
    pub owned: bool,
}

/// How one holder reaches another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// An identity has an account.
    Owns,
    /// A holder belongs to a group.
    MemberOf,
    /// A holder may act as an account.
    ActsAs,
    /// A person answers for a service identity and may change what it does.
    Controls,
}

impl EdgeKind {
    /// What stands between the two holders in a sentence.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Owns => "uses",
            Self::MemberOf => "belongs to",
            Self::ActsAs => "may act as",
            Self::Controls => "controls",
        }
    }
}

/// One step from holder to holder.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Where it leads.
    pub to: NodeId,
    /// What it is.
    pub kind: EdgeKind,
    /// When it counts.
    pub validity: Validity,
    /// Under which conditions.
    pub conditions: Vec<ConditionId>,
    /// Where it is written.
    pub site: Site,
}

/// Statements under one name.
#[derive(Debug, Clone)]
pub struct Container {
    /// The role's identity; `None` for permissions without a role.
    pub role: Option<Native>,
    /// What kind of role.
    pub kind: RoleKind,
    /// A name for people.
    pub title: Option<Text>,
    /// The system whose permissions these are.
    pub system: SystemIdx,
    /// The statements, with where each is written (`None`: known from the system itself). Roles share those that say the
    /// same, so that a statement's own origin says nothing.
    pub statements: Vec<(Arc<Statement>, Option<Site>)>,
    /// Containers inside, with where that is written.
    pub includes: Vec<(ContainerId, Option<Site>)>,
    /// Where it is defined.
    pub site: Option<Site>,
    /// Whether anybody in the tree is granted it.
    pub granted: bool,
}

/// Something given to a holder.
#[derive(Debug, Clone)]
pub struct Grant {
    /// What.
    pub container: ContainerId,
    /// On what, in shared dimensions.
    pub scope: ScopeId,
    /// When.
    pub validity: Validity,
    /// Under which conditions.
    pub conditions: Vec<ConditionId>,
    /// Where it is written.
    pub site: Site,
    /// Why, in the grantor's words.
    pub justification: Option<Text>,
    /// The ticket.
    pub ticket: Option<Text>,
}

/// Whom an account lets act as it.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Whom.
    pub trusted: Trusted,
    /// Under which conditions, those that do not narrow aside.
    pub conditions: Vec<ConditionId>,
    /// Where it is written.
    pub site: Site,
}

/// A grant of a role that nothing defines. What it gives is unknown; that it is held is not.
#[derive(Debug, Clone)]
pub struct LooseGrant {
    /// The role.
    pub role: Native,
    /// When it counts.
    pub validity: Validity,
    /// Where it is written.
    pub site: Site,
}

/// Everything that a tree declares, joined.
#[derive(Debug, Default)]
pub struct Graph {
    /// The units that it was built from, for places.
    pub units: Vec<UnitFacts>,
    /// The systems.
    pub systems: Systems,
    /// Who works here.
    pub people: Arc<Workforce>,
    pub(super) nodes: Vec<Node>,
    pub(super) index: HashMap<Holder, NodeId>,
    pub(super) edges: Vec<Vec<Edge>>,
    pub(super) containers: Vec<Container>,
    pub(super) roles: BTreeMap<Native, ContainerId>,
    pub(super) grants: Vec<Grant>,
    pub(super) granted: Vec<Vec<GrantId>>,
    pub(super) loose: HashMap<NodeId, Vec<LooseGrant>>,
    pub(super) trusts: HashMap<NodeId, Vec<Trust>>,
    pub(super) conditions: Interner<Condition>,
    pub(super) scopes: Interner<Arc<Scope>>,
    /// Deny statements that every holder of a system is under.
    pub(super) guardrails: BTreeMap<SystemIdx, Vec<ContainerId>>,
    /// What could not be told while joining.
    pub gaps: Vec<(Unresolved, Option<u32>)>,
    /// Every file's and every link's own account of what could not be told stands in the units.
    pub grant_count: usize,
}

/// Values kept once, named by number.
#[derive(Debug)]
pub(super) struct Interner<T> {
    values: Vec<T>,
    index: HashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Vec::new(), index: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Interner<T> {
    pub(super) fn intern(&mut self, value: &T) -> u32 {
        if let Some(id) = self.index.get(value) {
            return *id;
        }
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.index.insert(value.clone(), id);
        id
    }

    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.index.get(value).copied()
    }

    pub(super) fn get(&self, id: u32) -> Option<&T> {
        self.values.get(id as usize)
    }
}

/// A principal: who is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// A person.
    Person,
    /// A service identity.
    Service,
    /// An account that nobody owns.
    Account,
    /// A group whose members are not listed.
    Group,
}

impl Graph {
    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    /// The node of a holder, if the tree names it.
    #[must_use]
    pub fn find(&self, holder: &Holder) -> Option<NodeId> {
        match holder {
            Holder::Account(native) => self.index.get(&Holder::Account(canonical(native))).copied(),
            other => self.index.get(other).copied(),
        }
    }

    /// A container.
    #[must_use]
    pub fn container(&self, id: ContainerId) -> Option<&Container> {
        self.containers.get(id.0 as usize)
    }

    /// Every container with its number.
    pub fn containers(&self) -> impl Iterator<Item = (ContainerId, &Container)> {
        (0u32..).map(ContainerId).zip(&self.containers)
    }

    /// The container of a role.
    #[must_use]
    pub fn role(&self, role: &Native) -> Option<ContainerId> {
        self.roles.get(role).copied()
    }

    /// A grant.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(id.0 as usize)
    }

    /// The grants made to a node itself.
    #[must_use]
    pub fn grants_of(&self, node: NodeId) -> &[GrantId] {
        self.granted.get(node.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The grants made to a node itself whose role nothing defines.
    #[must_use]
    pub fn loose_grants_of(&self, node: NodeId) -> &[LooseGrant] {
        self.loose.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Whom an account lets act as it, as that is written.
    #[must_use]
    pub fn trusts_of(&self, account: NodeId) -> &[Trust] {
        self.trusts.get(&account).map_or(&[], Vec::as_slice)
    }

    /// A principal, and the accounts that it owns.
    pub fn with_accounts(&self, principal: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let owned = self.edges_of(principal).iter().filter(|edge| edge.kind == EdgeKind::Owns);
        std::iter::once(principal).chain(owned.map(|edge| edge.to))
    }

    /// The steps that leave a node.
    #[must_use]
    pub fn edges_of(&self, node: NodeId) -> &[Edge] {
        self.edges.get(node.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// A condition.
    #[must_use]
    pub fn condition(&self, id: ConditionId) -> Option<&Condition> {
        self.conditions.get(id.0)
    }

    /// The number of a condition that some statement, step or grant carries; `None` for those that do not narrow.
    #[must_use]
    pub fn condition_id(&self, condition: &Condition) -> Option<ConditionId> {
        self.conditions.find(condition).map(ConditionId)
    }

    /// A scope.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> Option<&Arc<Scope>> {
        self.scopes.get(id.0)
    }

    /// The guardrails that a system's holders are under.
    #[must_use]
    pub fn guardrails(&self, system: SystemIdx) -> &[ContainerId] {
        self.guardrails.get(&system).map_or(&[], Vec::as_slice)
    }

    /// Everyone who is judged, in the order of their ids.
    #[must_use]
    pub fn principals(&self) -> Vec<(NodeId, PrincipalKind)> {
        let mut all: Vec<(NodeId, PrincipalKind)> = (0u32..)
            .map(NodeId)
            .zip(&self.nodes)
            .filter_map(|(id, node)| {
                let kind = match &node.holder {
                    Holder::Person(_) => PrincipalKind::Person,
                    Holder::Service(_) => PrincipalKind::Service,
                    Holder::Account(_) if !node.owned => PrincipalKind::Account,
                    Holder::Group(_) if !node.members_listed => PrincipalKind::Group,
                    _ => return None,
                };
                Some((id, kind))
            })
            .collect();
        all.sort_by(|(a, _), (b, _)| self.nodes[a.0 as usize].holder.cmp(&self.nodes[b.0 as usize].holder));
        all
    }

    /// The conditions that are kept: those that do not narrow are dropped, since they change nothing.
    pub(super) fn intern_conditions(&mut self, conditions: &[Condition]) -> Vec<ConditionId> {
        let mut ids: Vec<ConditionId> = conditions
            .iter()
            .filter(|condition| condition.constrains != Constrains::No)
            .map(|condition| ConditionId(self.conditions.intern(condition)))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(super) fn gap(&mut self, gap: Gap, site: Site, reason: String, consequence: &str) {
        let unresolved = Unresolved { gap, reason, consequence: consequence.to_owned(), origin: site.origin };
        self.gaps.push((unresolved, Some(site.unit)));
    }

    /// Joins the units of one tree under the given links.
    #[must_use]
    pub fn build(units: Vec<UnitFacts>, links: &Links, known: &crate::rules::BroughtAlong) -> Self {
        let people = Arc::new(Workforce::of(&units, None));
        super::build::build(units, links, known, &[], people)
    }

    /// Like [`Graph::build`], with descriptions of systems that stand instead of the tree's own of the same ids, and
    /// with what is known of people beside the tree.
    #[must_use]
    pub fn build_under(
        units: Vec<UnitFacts>,
        links: &Links,
        known: &crate::rules::BroughtAlong,
        systems: &[SystemFact],
        people: Arc<Workforce>,
    ) -> Self {
        super::build::build(units, links, known, systems, people)
    }
}
