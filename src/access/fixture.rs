//! Small worlds for tests: facts written in a line each.

use std::sync::Arc;

use super::{Graph, LinkGap, Links, NodeId, UnitFacts};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountFact, AccountKind, Condition, Constrains, Effect, Facts, GrantFact, Granted, GroupFact, Holder, IncludeFact,
    MembershipFact, Native, Origin, Patterns, PersonFact, PersonStatus, RoleFact, ServiceFact, Statement, SystemFact,
    TrustFact, Trusted, Validity,
};
use crate::rules::{BroughtAlong, LinkRule};
use crate::syntax::Span;

/// Nowhere in particular.
pub(crate) fn origin() -> Origin {
    Origin { file: 0, span: Span::default() }
}

/// `SYSTEM/NAME`.
pub(crate) fn native(text: &str) -> Native {
    let (system, name) = text.split_once('/').unwrap_or_else(|| panic!("`{text}` is not SYSTEM/NAME"));
    Native::new(system, name)
}

/// `person:ID`, `service:ID`, `account:SYSTEM/NAME` or `group:SYSTEM/NAME`.
pub(crate) fn holder(text: &str) -> Holder {
    match text.split_once(':') {
        Some(("person", id)) => Holder::Person(id.into()),
        Some(("service", id)) => Holder::Service(id.into()),
        Some(("account", rest)) => Holder::Account(native(rest)),
        Some(("group", rest)) => Holder::Group(native(rest)),
        _ => panic!("`{text}` is not a holder"),
    }
}

/// A scope of dimensions and their values, several values parted by `|`.
pub(crate) fn scope(dimensions: &[(&str, &str)]) -> Scope {
    dimensions.iter().fold(Scope::unknown(), |scope, (name, values)| {
        scope.with(Dimension::new(name), Values::of(values.split('|').filter(|value| !value.is_empty())))
    })
}

/// From one second up to another.
pub(crate) fn between(from: impl Into<Option<i64>>, until: impl Into<Option<i64>>) -> Validity {
    Validity { from: from.into(), until: until.into() }
}

pub(crate) fn condition(key: &str, constrains: Constrains) -> Condition {
    Condition::new(key, key, constrains)
}

fn statement(effect: Effect, actions: &[&str]) -> Statement {
    Statement {
        effect,
        actions: Patterns::of(actions.iter().copied()),
        resources: Patterns::any(),
        level: None,
        conditions: Vec::new(),
        scope: Scope::unknown(),
        fields: None,
        origin: origin(),
    }
}

/// Gives actions on everything.
pub(crate) fn allow(actions: &[&str]) -> Statement {
    statement(Effect::Allow, actions)
}

/// Takes actions on everything.
pub(crate) fn deny(actions: &[&str]) -> Statement {
    statement(Effect::Deny, actions)
}

/// Statements under a condition.
pub(crate) fn when(statement: Statement, conditions: &[(&str, Constrains)]) -> Statement {
    Statement {
        conditions: conditions.iter().map(|(key, constrains)| condition(key, *constrains)).collect(),
        ..statement
    }
}

/// Statements on some resources only.
pub(crate) fn on(statement: Statement, resources: &[&str]) -> Statement {
    Statement { resources: Patterns::of(resources.iter().copied()), ..statement }
}

/// All but the actions written.
pub(crate) fn except(statement: Statement) -> Statement {
    Statement { actions: Patterns { negated: true, ..statement.actions }, ..statement }
}

/// Facts that grow line by line.
#[derive(Debug, Default, Clone)]
pub(crate) struct World {
    pub(crate) facts: Facts,
    pub(crate) known: BroughtAlong,
    pub(crate) rules: Vec<LinkRule>,
}

impl World {
    pub(crate) fn system(&mut self, id: &str, kind: &str) -> &mut SystemFact {
        self.facts.systems.push(SystemFact {
            id: id.into(),
            kind: kind.into(),
            title: None,
            owner: None,
            fixed: Scope::unknown(),
            maps: Vec::new(),
            reporting: Default::default(),
            origin: origin(),
        });
        self.facts.systems.last_mut().unwrap()
    }

    pub(crate) fn person(&mut self, id: &str, accounts: &[&str]) {
        self.facts.people.push(PersonFact {
            id: id.into(),
            name: None,
            status: PersonStatus::Active,
            manager: None,
            emails: Vec::new(),
            employed: Validity::default(),
            accounts: accounts.iter().map(|account| (native(account), origin())).collect(),
            origin: origin(),
        });
    }

    pub(crate) fn service(&mut self, id: &str, accounts: &[&str]) {
        self.facts.services.push(ServiceFact {
            id: id.into(),
            kind: None,
            name: None,
            owner: None,
            operators: Vec::new(),
            approvers: Vec::new(),
            purpose: None,
            may_hold: None,
            review_by: None,
            lifecycle: Default::default(),
            accounts: accounts.iter().map(|account| (native(account), origin())).collect(),
            origin: origin(),
        });
    }

    pub(crate) fn account(&mut self, id: &str) -> &mut AccountFact {
        self.facts.accounts.push(AccountFact {
            id: native(id),
            kind: AccountKind::User,
            boundary: None,
            origin: origin(),
        });
        self.facts.accounts.last_mut().unwrap()
    }

    pub(crate) fn group(&mut self, id: &str, members_listed: bool) {
        self.facts.groups.push(GroupFact { id: native(id), members_listed, origin: origin() });
    }

    pub(crate) fn member(&mut self, member: &str, group: &str) -> &mut MembershipFact {
        self.facts.memberships.push(MembershipFact {
            member: holder(member),
            group: native(group),
            validity: Validity::default(),
            origin: origin(),
        });
        self.facts.memberships.last_mut().unwrap()
    }

    pub(crate) fn role(&mut self, id: &str, statements: Vec<Statement>) -> &mut RoleFact {
        self.facts.roles.push(RoleFact::new(native(id), statements, origin()));
        self.facts.roles.last_mut().unwrap()
    }

    fn granted(&mut self, to: &str, system: &str, what: Granted) -> &mut GrantFact {
        self.facts.grants.push(GrantFact::new(holder(to), system.into(), what, origin()));
        self.facts.grants.last_mut().unwrap()
    }

    /// Gives a role in the role's own system.
    pub(crate) fn grant(&mut self, to: &str, role: &str) -> &mut GrantFact {
        let role = native(role);
        self.granted(to, &role.system.clone(), Granted::Role(role))
    }

    /// Gives statements without a role.
    pub(crate) fn permit(&mut self, to: &str, system: &str, statements: Vec<Statement>) -> &mut GrantFact {
        self.granted(to, system, Granted::Statements(statements))
    }

    pub(crate) fn trust(&mut self, target: &str, trusted: Trusted) -> &mut TrustFact {
        self.facts.trusts.push(TrustFact { target: native(target), trusted, conditions: Vec::new(), origin: origin() });
        self.facts.trusts.last_mut().unwrap()
    }

    pub(crate) fn acts_as(&mut self, who: &str, target: &str) -> &mut TrustFact {
        self.trust(target, Trusted::Holder(holder(who)))
    }

    pub(crate) fn units(&self) -> Vec<UnitFacts> {
        vec![UnitFacts { facts: Arc::new(self.facts.clone()), files: Arc::from(["world".into()]) }]
    }

    pub(crate) fn links(&self) -> (Links, Vec<LinkGap>) {
        Links::of_tree(&self.units(), &self.rules)
    }

    pub(crate) fn graph(&self) -> Graph {
        self.graph_under(&self.links().0)
    }

    pub(crate) fn graph_under(&self, links: &Links) -> Graph {
        Graph::build(self.units(), links, &self.known)
    }
}

/// A role inside a role.
pub(crate) fn include(role: &str) -> IncludeFact {
    IncludeFact { role: native(role), origin: origin() }
}

/// The node of a holder that the graph must name.
pub(crate) fn node(graph: &Graph, who: &str) -> NodeId {
    graph.find(&holder(who)).unwrap_or_else(|| panic!("{who} is not in the graph"))
}
