//! Joins the facts of all units into one graph.
//!
//! Order: systems, holders, roles with what they include, memberships, grants, trust, links. Two definitions of one id are
//! joined and reported. A role that no file defines is looked up among those that its type of system brings along.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::asked::Asked;
use super::graph::{
    Container, ContainerId, Edge, EdgeKind, Grant, GrantId, Graph, LooseGrant, Node, NodeId, ScopeId, Trust,
};
use super::link::{Links, canonical};
use super::systems::SystemIdx;
use super::units::{Site, UnitFacts};
use crate::facts::{
    Facts, Gap, GrantFact, Granted, Holder, Native, Origin, PermitFact, RoleFact, RoleKind, Selector,
    SelectorExpression, Statement, Text, Trusted, Validity,
};
use crate::rules::BroughtAlong;
use crate::syntax::Span;

pub(super) struct Builder<'a> {
    pub(super) graph: Graph,
    pub(super) links: &'a Links,
    pub(super) known: &'a BroughtAlong,
    /// The types of system of which it was told that their roles are listed in part.
    pub(super) in_part: BTreeSet<Text>,
    /// Roles that a system brings along and nothing lists: each is told once.
    pub(super) unlisted: BTreeSet<Native>,
    /// Identities that a file defines, as they are written: two that count as one are not one defined twice.
    defined: BTreeSet<Holder>,
    /// Who shows tokens, and whom they let in.
    pub(super) asked: Asked<'a>,
}

pub(super) fn build(
    units: Vec<UnitFacts>,
    links: &Links,
    known: &BroughtAlong,
    systems: &[crate::facts::SystemFact],
    people: Arc<super::workforce::Workforce>,
) -> Graph {
    let facts: Vec<Arc<Facts>> = units.iter().map(|unit| unit.facts.clone()).collect();
    let each = || facts.iter().enumerate().map(|(i, facts)| (u32::try_from(i).unwrap_or(u32::MAX), &**facts));
    let graph = Graph { units, people, ..Graph::default() };
    let asked = Asked::of(&facts);
    let (in_part, unlisted, defined) = Default::default();
    let mut builder = Builder { graph, links, known, in_part, unlisted, defined, asked };

    for system in systems {
        builder.graph.systems.describe(system);
    }
    let given: BTreeSet<&Text> = systems.iter().map(|system| &system.id).collect();
    for (unit, facts) in each() {
        for system in facts.systems.iter().filter(|system| !given.contains(&system.id)) {
            if !builder.graph.systems.describe(system) {
                builder.twice(Site { unit, origin: system.origin }, format!("the system {}", system.id));
            }
        }
    }
    for (unit, facts) in each() {
        builder.holders(unit, facts);
    }
    for (unit, facts) in each() {
        for role in &facts.roles {
            builder.role(unit, role);
        }
    }
    for (unit, facts) in each() {
        for permit in &facts.permits {
            builder.permits(unit, permit);
        }
    }
    for (unit, facts) in each() {
        for role in &facts.roles {
            builder.includes(unit, role);
        }
    }
    builder.aggregates(&facts);
    for (unit, facts) in each() {
        for account in &facts.accounts {
            if let Some((role, origin)) = &account.boundary {
                let boundary = builder.referenced_role(role, Site { unit, origin: *origin });
                let node = builder.holder(&Holder::Account(account.id.clone()));
                builder.graph.nodes[node.0 as usize].boundary = boundary;
            }
        }
        for membership in &facts.memberships {
            let from = builder.holder(&membership.member);
            let to = builder.holder(&Holder::Group(membership.group.clone()));
            let site = Site { unit, origin: membership.origin };
            builder.edge(from, to, EdgeKind::MemberOf, membership.validity, Vec::new(), site);
        }
        for grant in &facts.grants {
            builder.grant(unit, grant);
        }
    }
    for (unit, facts) in each() {
        for trust in &facts.trusts {
            builder.trust(unit, trust);
        }
    }
    builder.unasked();
    for (unit, facts) in each() {
        for service in &facts.services {
            builder.control(unit, service);
        }
    }
    builder.owned();
    builder.guardrails();
    builder.statement_conditions();
    builder.graph
}

impl Builder<'_> {
    /// The node of a holder, made when it is new. Accounts are compared as their system does, identities as linked.
    pub(super) fn holder(&mut self, holder: &Holder) -> NodeId {
        let holder = match holder {
            Holder::Account(native) => Holder::Account(canonical(native)),
            Holder::Group(_) => holder.clone(),
            identity => self.links.identity(identity).clone(),
        };
        if let Some(id) = self.graph.index.get(&holder) {
            return *id;
        }
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        self.graph.nodes.push(Node {
            holder: holder.clone(),
            site: None,
            account: None,
            boundary: None,
            members_listed: false,
            owned: false,
        });
        self.graph.edges.push(Vec::new());
        self.graph.granted.push(Vec::new());
        self.graph.index.insert(holder, id);
        id
    }

    fn define(&mut self, holder: &Holder, site: Site) -> NodeId {
        let id = self.holder(holder);
        self.graph.nodes[id.0 as usize].site.get_or_insert(site);
        if !self.defined.insert(holder.clone()) && !matches!(holder, Holder::Account(_)) {
            self.twice(site, holder.to_string());
        }
        id
    }

    fn twice(&mut self, site: Site, what: String) {
        self.graph.gap(Gap::DefinedTwice, site, format!("{what} is defined twice"), "both definitions count together");
    }

    fn holders(&mut self, unit: u32, facts: &Facts) {
        for person in &facts.people {
            self.define(&Holder::Person(person.id.clone()), Site { unit, origin: person.origin });
        }
        for service in &facts.services {
            self.define(&Holder::Service(service.id.clone()), Site { unit, origin: service.origin });
        }
        for account in &facts.accounts {
            let id = self.define(&Holder::Account(account.id.clone()), Site { unit, origin: account.origin });
            self.graph.nodes[id.0 as usize].account = Some(account.kind);
        }
        for group in &facts.groups {
            let id = self.holder(&Holder::Group(group.id.clone()));
            let node = &mut self.graph.nodes[id.0 as usize];
            node.site.get_or_insert(Site { unit, origin: group.origin });
            node.members_listed |= group.members_listed;
        }
    }

    pub(super) fn new_container(&mut self, container: Container) -> ContainerId {
        let id = ContainerId(u32::try_from(self.graph.containers.len()).unwrap_or(u32::MAX));
        self.graph.containers.push(container);
        id
    }

    fn role(&mut self, unit: u32, role: &RoleFact) {
        let site = Site { unit, origin: role.origin };
        let statements = written(unit, &role.statements);
        if let Some(id) = self.graph.roles.get(&role.id).copied() {
            let container = &mut self.graph.containers[id.0 as usize];
            // Two definitions that say the same are one: that of a role which a system brings along stands wherever a
            // unit grants it.
            let same = container.statements.len() == statements.len()
                && container.statements.iter().zip(&statements).all(|((a, _), (b, _))| says_the_same(a, b));
            if same && role.includes.is_empty() {
                return;
            }
            container.statements.extend(statements);
            self.twice(site, format!("the role {}", role.id));
            return;
        }
        let system = self.graph.systems.intern(&role.id.system);
        let id = self.new_container(Container {
            role: Some(role.id.clone()),
            kind: role.kind,
            title: role.title.clone(),
            system,
            statements,
            includes: Vec::new(),
            site: Some(site),
            granted: false,
        });
        self.graph.roles.insert(role.id.clone(), id);
    }

    fn permits(&mut self, unit: u32, permit: &PermitFact) {
        let Some(id) = self.graph.roles.get(&permit.role).copied() else { return };
        let statements = permit.statements.iter();
        let statements =
            statements.map(|(statement, origin)| (statement.clone(), Some(Site { unit, origin: *origin })));
        self.graph.containers[id.0 as usize].statements.extend(statements);
    }

    fn includes(&mut self, unit: u32, role: &RoleFact) {
        let Some(outer) = self.graph.roles.get(&role.id).copied() else { return };
        for include in &role.includes {
            let site = Site { unit, origin: include.origin };
            if let Some(inner) = self.referenced_role(&include.role, site) {
                self.graph.containers[outer.0 as usize].includes.push((inner, Some(site)));
            }
        }
    }

    /// Roles that take in others by label: every role of the same system whose labels match.
    fn aggregates(&mut self, facts: &[Arc<Facts>]) {
        let roles = || facts.iter().flat_map(|facts| &facts.roles);
        if roles().all(|role| role.aggregates.is_empty()) {
            return;
        }
        let mut found = Vec::new();
        for outer in roles().filter(|role| !role.aggregates.is_empty()) {
            for inner in roles().filter(|inner| inner.id != outer.id && inner.id.system == outer.id.system) {
                if outer.aggregates.iter().any(|selector| selects(selector, inner)) {
                    found.push((outer.id.clone(), inner.id.clone()));
                }
            }
        }
        for (outer, inner) in found {
            let (Some(outer), Some(inner)) = (self.graph.role(&outer), self.graph.role(&inner)) else { continue };
            let site = self.graph.containers[inner.0 as usize].site;
            let includes = &mut self.graph.containers[outer.0 as usize].includes;
            if !includes.iter().any(|(id, _)| *id == inner) {
                includes.push((inner, site));
            }
        }
    }

    pub(super) fn edge(
        &mut self,
        from: NodeId,
        to: NodeId,
        kind: EdgeKind,
        validity: Validity,
        conditions: Vec<super::graph::ConditionId>,
        site: Site,
    ) {
        if from != to {
            self.graph.edges[from.0 as usize].push(Edge { to, kind, validity, conditions, site });
        }
    }

    fn grant(&mut self, unit: u32, fact: &GrantFact) {
        let site = Site { unit, origin: fact.origin };
        let to = self.holder(&fact.to);
        let system = self.graph.systems.intern(&fact.system);
        self.graph.grant_count += 1;
        let container = match &fact.what {
            Granted::Role(role) => match self.referenced_role(role, site) {
                Some(id) => id,
                None => {
                    let loose = LooseGrant { role: role.clone(), validity: fact.validity, site };
                    self.graph.loose.entry(to).or_default().push(loose);
                    return;
                }
            },
            Granted::Statements(statements) => self.new_container(Container {
                role: None,
                kind: RoleKind::Role,
                title: None,
                system,
                statements: written(unit, statements),
                includes: Vec::new(),
                site: Some(site),
                granted: true,
            }),
        };
        self.graph.containers[container.0 as usize].granted = true;
        let scope = match self.graph.systems.get(system) {
            Some(system) => system.share(&fact.scope),
            None => fact.scope.clone(),
        };
        let grant = Grant {
            container,
            scope: ScopeId(self.graph.scopes.intern(&Arc::new(scope))),
            validity: fact.validity,
            conditions: self.graph.intern_conditions(&fact.conditions),
            site,
            justification: fact.justification.clone(),
            ticket: fact.ticket.clone(),
        };
        let id = GrantId(u32::try_from(self.graph.grants.len()).unwrap_or(u32::MAX));
        self.graph.grants.push(grant);
        self.graph.granted[to.0 as usize].push(id);
    }

    /// Joins accounts to the identities that own them. Only accounts that the tree names become nodes.
    fn owned(&mut self) {
        let sites = self.claim_sites();
        let nodes: Vec<(NodeId, Native)> = (0u32..)
            .map(NodeId)
            .zip(&self.graph.nodes)
            .filter_map(|(id, node)| match &node.holder {
                Holder::Account(native) => Some((id, native.clone())),
                _ => None,
            })
            .collect();
        for (account, native) in nodes {
            let Some(owner) = self.links.owner(&native).cloned() else { continue };
            let from = self.holder(&owner);
            self.graph.nodes[account.0 as usize].owned = true;
            let site = sites
                .get(&native)
                .copied()
                .or(self.graph.nodes[account.0 as usize].site)
                .unwrap_or(Site { unit: u32::MAX, origin: Origin { file: 0, span: Span::default() } });
            self.edge(from, account, EdgeKind::Owns, Validity::default(), Vec::new(), site);
        }
    }

    /// Where each account's link is written.
    fn claim_sites(&self) -> BTreeMap<Native, Site> {
        let mut sites = BTreeMap::new();
        for (i, unit) in self.graph.units.iter().enumerate() {
            let number = u32::try_from(i).unwrap_or(u32::MAX);
            let people = unit.facts.people.iter().flat_map(|person| &person.accounts);
            let services = unit.facts.services.iter().flat_map(|service| &service.accounts);
            for (account, origin) in people.chain(services) {
                sites.entry(canonical(account)).or_insert(Site { unit: number, origin: *origin });
            }
        }
        sites
    }

    fn trust(&mut self, unit: u32, trust: &crate::facts::TrustFact) {
        let site = Site { unit, origin: trust.origin };
        let target = self.holder(&Holder::Account(trust.target.clone()));
        let mut conditions = self.graph.intern_conditions(&trust.conditions);
        match self.by_token(trust, site) {
            Ok(None) => {}
            Ok(Some(further)) => conditions = self.graph.intern_conditions(&[further]),
            Err(()) => return,
        }
        let written = Trust { trusted: trust.trusted.clone(), conditions: conditions.clone(), site };
        self.graph.trusts.entry(target).or_default().push(written);
        match &trust.trusted {
            Trusted::Holder(holder) => {
                let from = self.holder(holder);
                self.edge(from, target, EdgeKind::ActsAs, Validity::default(), conditions, site);
            }
            Trusted::Anyone => {
                let system = trust.target.system.clone();
                let anyone = self.holder(&Holder::Group(Native::new(system, "anyone")));
                self.edge(anyone, target, EdgeKind::ActsAs, Validity::default(), conditions, site);
            }
            Trusted::WhoeverMay { system, action } => {
                let Some(system) = self.graph.systems.find(system) else { return };
                for (from, why) in self.whoever_may(system, action, &trust.target) {
                    let mut all = conditions.clone();
                    all.extend(why);
                    all.sort_unstable();
                    all.dedup();
                    if from != target {
                        self.edge(from, target, EdgeKind::ActsAs, Validity::default(), all, site);
                    }
                }
            }
            // A cloud service acts by itself; the account that it acts as is judged as its own principal. Who may have the
            // service act is a matter of escalation.
            Trusted::Service(_) => {}
        }
    }

    /// Numbers every condition on a statement, so that evaluation only looks them up.
    fn statement_conditions(&mut self) {
        let all: Vec<crate::facts::Condition> = self
            .graph
            .containers
            .iter()
            .flat_map(|container| &container.statements)
            .flat_map(|(statement, _)| statement.conditions.iter().cloned())
            .collect();
        self.graph.intern_conditions(&all);
    }

    fn guardrails(&mut self) {
        let mut found: BTreeMap<SystemIdx, Vec<ContainerId>> = BTreeMap::new();
        for (id, container) in self.graph.containers() {
            if container.kind == RoleKind::Guardrail {
                found.entry(container.system).or_default().push(id);
            }
        }
        self.graph.guardrails = found;
    }
}

/// Statements with where they are written.
fn written(unit: u32, statements: &[Statement]) -> Vec<(Arc<Statement>, Option<Site>)> {
    let site = |statement: &Statement| Some(Site { unit, origin: statement.origin });
    statements.iter().map(|statement| (Arc::new(statement.clone()), site(statement))).collect()
}

/// Whether two statements are the same but for where they are written.
fn says_the_same(a: &Statement, b: &Statement) -> bool {
    Statement { origin: b.origin, ..a.clone() } == *b
}

/// Kubernetes label selector semantics (`metav1.LabelSelector`): all parts must hold.
fn selects(selector: &Selector, role: &RoleFact) -> bool {
    selector.match_labels.iter().all(|(key, value)| role.labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|expression| match expression {
            SelectorExpression::In(key, values) => role.labels.get(key).is_some_and(|value| values.contains(value)),
            SelectorExpression::NotIn(key, values) => role.labels.get(key).is_none_or(|value| !values.contains(value)),
            SelectorExpression::Exists(key) => role.labels.contains_key(key),
            SelectorExpression::DoesNotExist(key) => !role.labels.contains_key(key),
        })
}
