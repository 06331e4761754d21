//! One side, thing by thing.

use std::collections::{BTreeMap, BTreeSet};

use super::super::link::canonical;
use super::{Links, Sides, Site, UnitFacts, atoms};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Facts, Granted, Holder, Native, Origin, RoleKind, Statement, Text, Trusted, Validity};

/// Most parts that a scope is taken apart into.
const MOST_PARTS: usize = 64;

/// What kind of thing is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Somebody is given a role.
    Grant,
    /// Somebody belongs to a group.
    Membership,
    /// Somebody may act as an account.
    ActsAs,
    /// A role is there.
    Role,
    /// A role, or somebody without one, is permitted something.
    Permission,
    /// A role holds a role.
    Include,
    /// An account is limited by a role.
    Boundary,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Grant, Self::Membership, Self::ActsAs, Self::Role, Self::Permission, Self::Include, Self::Boundary];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Membership => "membership",
            Self::ActsAs => "acts_as",
            Self::Role => "role",
            Self::Permission => "permission",
            Self::Include => "include",
            Self::Boundary => "boundary",
        }
    }

    /// Such things, in words.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Grant => "grants",
            Self::Membership => "memberships",
            Self::ActsAs => "who may act as whom",
            Self::Role | Self::Permission | Self::Include => "what roles hold",
            Self::Boundary => "what limits accounts",
        }
    }

    /// Whether it is about what roles hold.
    pub(super) fn is_content(self) -> bool {
        matches!(self, Self::Role | Self::Permission | Self::Include)
    }
}

/// What makes two things the same, but for what they are on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) system: Text,
    pub(super) subject: Text,
    pub(super) aspect: Aspect,
    /// What is had, as the system compares it.
    pub(super) what: Text,
    /// The role that it is about: the one that holds something.
    pub(super) role: Option<Native>,
}

/// How one side has a thing.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) scope: Scope,
    pub(super) site: Site,
    /// What is had, as it is written.
    pub(super) shown: Text,
    /// The role that is had, or that has it.
    pub(super) role: Option<Native>,
}

/// Everything that one side has.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) all: BTreeMap<Key, Vec<Held>>,
    /// What would be there at another instant: until when it was, or `None` of what is yet to come.
    pub(super) ended: BTreeMap<Key, Option<i64>>,
    /// The kinds of things that stand there at all.
    pub(super) aspects: BTreeSet<(Text, Aspect)>,
    /// The dimensions that are named.
    pub(super) dimensions: BTreeMap<Text, BTreeSet<Dimension>>,
    defined: BTreeSet<Native>,
    named: BTreeSet<Native>,
}

impl Listing {
    pub(super) fn of(units: &[UnitFacts], sides: &Sides<'_>) -> Self {
        let mut listing = Lister { sides, unit: 0, into: Self::default() };
        for (number, unit) in (0u32..).zip(units) {
            listing.unit = number;
            listing.facts(&unit.facts);
        }
        listing.into
    }

    /// Whether the role that a thing is about is defined here. Permissions without a role need none.
    pub(super) fn defines(&self, key: &Key) -> bool {
        key.role.as_ref().is_none_or(|role| self.defined.contains(role))
    }

    /// Whether somebody is given the role that a thing is about.
    pub(super) fn names_role(&self, key: &Key) -> bool {
        key.role.as_ref().is_some_and(|role| self.named.contains(role))
    }
}

struct Lister<'a> {
    sides: &'a Sides<'a>,
    unit: u32,
    into: Listing,
}

impl Lister<'_> {
    fn facts(&mut self, facts: &Facts) {
        let compared = self.sides.compared;
        let roles = facts.roles.iter().filter(|role| role.kind == RoleKind::Role);
        for role in roles.filter(|role| compared.contains(&role.id.system)) {
            self.into.defined.insert(role.id.clone());
            let what = (Text::from(""), Text::from(""));
            self.content(&role.id, Aspect::Role, what, role.origin);
            // What such a role holds, the cluster fills in from others.
            if role.aggregates.is_empty() {
                let statements: Vec<&Statement> = role.statements.iter().collect();
                self.permissions(&role.id, &statements);
            }
            for include in &role.includes {
                self.into.named.insert(include.role.clone());
                let what = Text::from(format!("role:{}", include.role));
                self.content(&role.id, Aspect::Include, (what.clone(), what), include.origin);
            }
        }
        for permit in facts.permits.iter().filter(|permit| compared.contains(&permit.role.system)) {
            for (statement, origin) in &permit.statements {
                for atom in atoms::of(statement) {
                    self.content(&permit.role, Aspect::Permission, atom, *origin);
                }
            }
        }
        for grant in facts.grants.iter().filter(|grant| compared.contains(&grant.system)) {
            let subject = self.subject(&grant.to);
            let scope = self.shared(&grant.system, &grant.scope);
            let conditions = atoms::conditions(&grant.conditions);
            match &grant.what {
                Granted::Role(role) => {
                    self.into.named.insert(role.clone());
                    let what = Text::from(format!("role:{role}{conditions}"));
                    let key = Key { system: grant.system.clone(), subject, aspect: Aspect::Grant, what, role: None };
                    let shown = (key.what.clone(), Some(role.clone()));
                    self.add(key, shown, scope, grant.validity, grant.origin);
                }
                Granted::Statements(statements) => {
                    for (what, shown) in statements.iter().flat_map(atoms::of) {
                        let key = Key {
                            system: grant.system.clone(),
                            subject: subject.clone(),
                            aspect: Aspect::Permission,
                            what: format!("{what}{conditions}").into(),
                            role: None,
                        };
                        self.add(key, (shown, None), scope.clone(), grant.validity, grant.origin);
                    }
                }
            }
        }
        for member in facts.memberships.iter().filter(|member| compared.contains(&member.group.system)) {
            let what = Text::from(format!("group:{}", member.group));
            let key = Key {
                system: member.group.system.clone(),
                subject: self.subject(&member.member),
                aspect: Aspect::Membership,
                what: what.clone(),
                role: None,
            };
            self.add(key, (what, None), Scope::unknown(), member.validity, member.origin);
        }
        for trust in facts.trusts.iter().filter(|trust| compared.contains(&trust.target.system)) {
            let subject = match &trust.trusted {
                Trusted::Holder(holder) => self.subject(holder),
                Trusted::WhoeverMay { system, action } => format!("whoever may {action} in {system}").into(),
                Trusted::Service(service) => format!("the service {service}").into(),
                Trusted::Anyone => "anyone".into(),
            };
            let what = format!("account:{}{}", canonical(&trust.target), atoms::conditions(&trust.conditions));
            let what = Text::from(what);
            let system = trust.target.system.clone();
            let key = Key { system, subject, aspect: Aspect::ActsAs, what: what.clone(), role: None };
            self.add(key, (what, None), Scope::unknown(), Validity::default(), trust.origin);
        }
        for account in facts.accounts.iter().filter(|account| compared.contains(&account.id.system)) {
            let Some((role, origin)) = &account.boundary else { continue };
            self.into.named.insert(role.clone());
            let what = Text::from(format!("role:{role}"));
            let subject = self.subject(&Holder::Account(account.id.clone()));
            let system = account.id.system.clone();
            let key = Key { system, subject, aspect: Aspect::Boundary, what: what.clone(), role: None };
            self.add(key, (what, None), Scope::unknown(), Validity::default(), *origin);
        }
    }

    /// Whoever holds something: the identity that owns an account, else the account.
    fn subject(&self, holder: &Holder) -> Text {
        let links: &Links = self.sides.links;
        let shown = match holder {
            Holder::Account(native) => match links.owner(native) {
                Some(owner) => owner.to_string(),
                None => Holder::Account(canonical(native)).to_string(),
            },
            Holder::Group(_) => holder.to_string(),
            identity => links.identity(identity).to_string(),
        };
        shown.into()
    }

    fn permissions(&mut self, role: &Native, statements: &[&Statement]) {
        for statement in statements {
            for atom in atoms::of(statement) {
                self.content(role, Aspect::Permission, atom, statement.origin);
            }
        }
    }

    fn content(&mut self, role: &Native, aspect: Aspect, (what, shown): (Text, Text), origin: Origin) {
        let subject = Text::from(format!("role:{role}"));
        let key = Key { system: role.system.clone(), subject, aspect, what, role: Some(role.clone()) };
        self.add(key, (shown, Some(role.clone())), Scope::unknown(), Validity::default(), origin);
    }

    fn shared(&self, system: &Text, scope: &Scope) -> Scope {
        let known = self.sides.systems.find(system).and_then(|idx| self.sides.systems.get(idx));
        known.map_or_else(|| scope.clone(), |system| system.share(scope))
    }

    fn add(
        &mut self,
        key: Key,
        (shown, role): (Text, Option<Native>),
        scope: Scope,
        validity: Validity,
        origin: Origin,
    ) {
        self.into.aspects.insert((key.system.clone(), key.aspect));
        if !validity.contains(self.sides.as_of) {
            let over = validity.until.filter(|until| *until <= self.sides.as_of);
            self.into.ended.insert(key, over);
            return;
        }
        let named = self.into.dimensions.entry(key.system.clone()).or_default();
        named.extend(scope.iter().map(|(dimension, _)| dimension.clone()));
        let held = Held { scope, site: Site { unit: self.unit, origin }, shown, role };
        let all = self.into.all.entry(key).or_default();
        // Written twice it is one thing.
        if !all.iter().any(|own| own.scope == held.scope) {
            all.push(held);
        }
    }
}

/// A scope value by value, so that one grant on two entities is the same as two grants on one each.
pub(super) fn parts(scope: &Scope) -> Vec<Scope> {
    let mut all = vec![scope.clone()];
    for (dimension, values) in scope.iter() {
        let Values::Set(set) = values else { continue };
        if set.len() < 2 || all.len() * set.len() > MOST_PARTS {
            continue;
        }
        all = all
            .iter()
            .flat_map(|part| set.iter().map(|value| part.clone().with(dimension.clone(), Values::of([value]))))
            .collect();
    }
    all
}

/// An instant in RFC 3339.
pub(super) fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}
