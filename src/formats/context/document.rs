//! The facts of a graph as its document writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountFact, AccountKind, Admits, Approvals, Condition, Constrains, DimensionMap, Effect, Facts, GrantFact,
    Granted, GroupFact, Holder, IncludeFact, Level, Lifecycle, MembershipFact, NameRange, Native, Origin, Patterns,
    PersonFact, PersonStatus, Protected, ProtectionFact, Reporting, RoleFact, RoleKind, Selector, SelectorExpression,
    ServiceFact, Statement, SystemFact, Text, TrustFact, Trusted, Validity,
};

/// A thing: its system and its name there.
type Name = (Text, Text);

/// The dimensions of a scope with their values; `*` is all.
type Dimensions = BTreeMap<String, Vec<String>>;

fn name(native: &Native) -> Name {
    (native.system.clone(), native.name.clone())
}

fn native((system, name): Name) -> Native {
    Native { system, name }
}

fn scope(dimensions: Dimensions) -> Scope {
    dimensions
        .into_iter()
        .fold(Scope::unknown(), |scope, (dimension, values)| scope.with(Dimension::new(&dimension), Values::of(values)))
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// One fact, with where it is written in the repository that it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub(super) enum Entry {
    System {
        id: Text,
        kind: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Text>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Text>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        fixed: Dimensions,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        maps: Vec<Map>,
    },
    Person {
        id: Text,
        status: PersonStatus,
        accounts: Vec<Name>,
    },
    Service {
        id: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        operators: Vec<Text>,
        accounts: Vec<Name>,
    },
    Account {
        id: Name,
        kind: AccountKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        boundary: Option<Name>,
    },
    Group {
        id: Name,
        members_listed: bool,
    },
    Membership {
        member: Who,
        group: Name,
        #[serde(flatten)]
        validity: When,
    },
    Role {
        id: Name,
        kind: RoleKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        statements: Vec<Permission>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        includes: Vec<Name>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<Text, Text>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        aggregates: Vec<Labels>,
    },
    Grant {
        to: Who,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Name>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        statements: Vec<Permission>,
        system: Text,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        scope: Dimensions,
        #[serde(flatten)]
        validity: When,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<Test>,
    },
    Trust {
        target: Name,
        trusted: Whom,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<Test>,
    },
    Protection {
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        scope: Dimensions,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<Dimensions>,
        #[serde(flatten)]
        what: What,
        approvals: Approvals,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        checks: Vec<Text>,
    },
}

/// What is protected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    Branch(Text),
    Environment(Text),
}

/// Who receives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Who {
    Person(Text),
    Service(Text),
    Account(Name),
    Group(Name),
}

/// Who is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Whom {
    Holder(Who),
    WhoeverMay { system: Text, action: Text },
    Service(Text),
    Anyone,
}

/// From when until when, in epoch seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct When {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

/// How a dimension of a system joins a shared one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Map {
    native: Text,
    shared: Text,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<Text, Vec<Text>>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Permission {
    effect: Effect,
    actions: Vec<Text>,
    /// From one name to another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    action_ranges: Vec<[Text; 2]>,
    #[serde(default, skip_serializing_if = "is_false")]
    all_actions_but: bool,
    resources: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resource_ranges: Vec<[Text; 2]>,
    #[serde(default, skip_serializing_if = "is_false")]
    all_resources_but: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Test>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    scope: Dimensions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<Text, FieldValues>>,
}

/// What an authorization gives in one of its fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FieldValues {
    values: Vec<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ranges: Vec<[Text; 2]>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Test {
    key: Text,
    text: Text,
    constrains: Constrains,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admits: Option<Arc<Admits>>,
}

/// A label selector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Labels {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    equal: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expressions: Vec<Expression>,
}

/// One expression of a label selector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Expression {
    In(Text, Vec<Text>),
    NotIn(Text, Vec<Text>),
    Exists(Text),
    DoesNotExist(Text),
}

impl From<&Holder> for Who {
    fn from(holder: &Holder) -> Self {
        match holder {
            Holder::Person(id) => Self::Person(id.clone()),
            Holder::Service(id) => Self::Service(id.clone()),
            Holder::Account(own) => Self::Account(name(own)),
            Holder::Group(own) => Self::Group(name(own)),
        }
    }
}

impl From<Who> for Holder {
    fn from(who: Who) -> Self {
        match who {
            Who::Person(id) => Self::Person(id),
            Who::Service(id) => Self::Service(id),
            Who::Account(own) => Self::Account(native(own)),
            Who::Group(own) => Self::Group(native(own)),
        }
    }
}

impl From<Validity> for When {
    fn from(Validity { from, until }: Validity) -> Self {
        Self { from, until }
    }
}

impl From<When> for Validity {
    fn from(When { from, until }: When) -> Self {
        Self { from, until }
    }
}

fn tests(conditions: &[Condition]) -> Vec<Test> {
    let test = |own: &Condition| Test {
        key: own.key.clone(),
        text: own.text.clone(),
        constrains: own.constrains,
        admits: own.admits.clone(),
    };
    conditions.iter().map(test).collect()
}

fn conditions(tests: Vec<Test>) -> Vec<Condition> {
    let condition = |Test { key, text, constrains, admits }| Condition { key, text, constrains, admits };
    tests.into_iter().map(condition).collect()
}

fn ranges(patterns: &Patterns) -> Vec<[Text; 2]> {
    patterns.ranges.iter().map(|own| [own.low.clone(), own.high.clone()]).collect()
}

fn patterns(negated: bool, list: Vec<Text>, ranges: Vec<[Text; 2]>) -> Patterns {
    let ranges = ranges.into_iter().map(|[low, high]| NameRange { low, high });
    Patterns { negated, list, ranges: ranges.collect() }
}

fn permissions<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> Vec<Permission> {
    let values = |own: &Patterns| FieldValues { values: own.list.clone(), ranges: ranges(own) };
    let permission = |own: &Statement| Permission {
        effect: own.effect,
        actions: own.actions.list.clone(),
        action_ranges: ranges(&own.actions),
        all_actions_but: own.actions.negated,
        resources: own.resources.list.clone(),
        resource_ranges: ranges(&own.resources),
        all_resources_but: own.resources.negated,
        level: own.level,
        conditions: tests(&own.conditions),
        scope: own.scope.lists(),
        fields: own
            .fields
            .as_ref()
            .map(|fields| fields.iter().map(|(field, own)| (field.clone(), values(own))).collect()),
    };
    statements.into_iter().map(permission).collect()
}

fn statements(permissions: Vec<Permission>, origin: Origin) -> Vec<Statement> {
    let statement = |own: Permission| Statement {
        effect: own.effect,
        actions: patterns(own.all_actions_but, own.actions, own.action_ranges),
        resources: patterns(own.all_resources_but, own.resources, own.resource_ranges),
        level: own.level,
        conditions: conditions(own.conditions),
        scope: scope(own.scope),
        fields: own.fields.map(|fields| {
            let values = fields.into_iter().map(|(field, own)| (field, patterns(false, own.values, own.ranges)));
            std::sync::Arc::new(values.collect())
        }),
        origin,
    };
    permissions.into_iter().map(statement).collect()
}

fn labels(selector: &Selector) -> Labels {
    let expression = |own: &SelectorExpression| match own.clone() {
        SelectorExpression::In(label, values) => Expression::In(label, values),
        SelectorExpression::NotIn(label, values) => Expression::NotIn(label, values),
        SelectorExpression::Exists(label) => Expression::Exists(label),
        SelectorExpression::DoesNotExist(label) => Expression::DoesNotExist(label),
    };
    Labels {
        equal: selector.match_labels.clone(),
        expressions: selector.match_expressions.iter().map(expression).collect(),
    }
}

fn selector(labels: Labels) -> Selector {
    let expression = |own: Expression| match own {
        Expression::In(label, values) => SelectorExpression::In(label, values),
        Expression::NotIn(label, values) => SelectorExpression::NotIn(label, values),
        Expression::Exists(label) => SelectorExpression::Exists(label),
        Expression::DoesNotExist(label) => SelectorExpression::DoesNotExist(label),
    };
    Selector { match_labels: labels.equal, match_expressions: labels.expressions.into_iter().map(expression).collect() }
}

/// The facts of a unit that others may need, each with its origin. Credentials are judged where they are declared, and
/// jobs belong to the repository that holds them.
pub(super) fn entries(facts: &Facts) -> Vec<(Entry, Origin)> {
    let mut all = Vec::new();
    for own in &facts.systems {
        let map = |map: &DimensionMap| Map {
            native: map.native.clone(),
            shared: map.shared.clone(),
            values: map.values.clone(),
        };
        let entry = Entry::System {
            id: own.id.clone(),
            kind: own.kind.clone(),
            title: own.title.clone(),
            owner: own.owner.clone(),
            fixed: own.fixed.lists(),
            maps: own.maps.iter().map(map).collect(),
        };
        all.push((entry, own.origin));
    }
    let accounts = |own: &[(Native, Origin)]| own.iter().map(|(account, _)| name(account)).collect();
    for own in &facts.people {
        let entry = Entry::Person { id: own.id.clone(), status: own.status, accounts: accounts(&own.accounts) };
        all.push((entry, own.origin));
    }
    for own in &facts.services {
        let owner = own.owner.as_ref().map(|(owner, _)| owner.clone());
        let operators = own.operators.iter().map(|(person, _)| person.clone()).collect();
        let entry = Entry::Service { id: own.id.clone(), owner, operators, accounts: accounts(&own.accounts) };
        all.push((entry, own.origin));
    }
    for own in &facts.accounts {
        let boundary = own.boundary.as_ref().map(|(role, _)| name(role));
        all.push((Entry::Account { id: name(&own.id), kind: own.kind, boundary }, own.origin));
    }
    for own in &facts.groups {
        all.push((Entry::Group { id: name(&own.id), members_listed: own.members_listed }, own.origin));
    }
    for own in &facts.memberships {
        let entry =
            Entry::Membership { member: (&own.member).into(), group: name(&own.group), validity: own.validity.into() };
        all.push((entry, own.origin));
    }
    let mut shared: BTreeMap<&Native, Vec<&Statement>> = BTreeMap::new();
    for own in &facts.permits {
        shared.entry(&own.role).or_default().extend(own.statements.iter().map(|(statement, _)| &**statement));
    }
    for own in &facts.roles {
        let beside = shared.remove(&own.id).unwrap_or_default();
        let entry = Entry::Role {
            id: name(&own.id),
            kind: own.kind,
            title: own.title.clone(),
            statements: permissions(own.statements.iter().chain(beside)),
            includes: own.includes.iter().map(|inner| name(&inner.role)).collect(),
            labels: own.labels.clone(),
            aggregates: own.aggregates.iter().map(labels).collect(),
        };
        all.push((entry, own.origin));
    }
    for own in &facts.grants {
        let (role, given) = match &own.what {
            Granted::Role(role) => (Some(name(role)), Vec::new()),
            Granted::Statements(given) => (None, permissions(given)),
        };
        let entry = Entry::Grant {
            to: (&own.to).into(),
            role,
            statements: given,
            system: own.system.clone(),
            scope: own.scope.lists(),
            validity: own.validity.into(),
            conditions: tests(&own.conditions),
        };
        all.push((entry, own.origin));
    }
    for own in &facts.trusts {
        let trusted = match &own.trusted {
            Trusted::Holder(holder) => Whom::Holder(holder.into()),
            Trusted::WhoeverMay { system, action } => {
                Whom::WhoeverMay { system: system.clone(), action: action.clone() }
            }
            Trusted::Service(service) => Whom::Service(service.clone()),
            Trusted::Anyone => Whom::Anyone,
        };
        all.push((Entry::Trust { target: name(&own.target), trusted, conditions: tests(&own.conditions) }, own.origin));
    }
    for own in &facts.protections {
        let entry = Entry::Protection {
            scope: own.scope.lists(),
            except: own.except.iter().map(Scope::lists).collect(),
            what: match &own.what {
                Protected::Branch(name) => What::Branch(name.clone()),
                Protected::Environment(name) => What::Environment(name.clone()),
            },
            approvals: own.approvals,
            checks: own.checks.clone(),
        };
        all.push((entry, own.origin));
    }
    all
}

impl Entry {
    /// Adds the fact, as written at a place of the document.
    pub(super) fn add(self, facts: &mut Facts, origin: Origin) {
        let at = |accounts: Vec<Name>| accounts.into_iter().map(|own| (native(own), origin)).collect();
        match self {
            Self::System { id, kind, title, owner, fixed, maps } => {
                let map = |own: Map| DimensionMap { native: own.native, shared: own.shared, values: own.values };
                let maps = maps.into_iter().map(map).collect();
                let (fixed, reporting) = (scope(fixed), Reporting::default());
                facts.systems.push(SystemFact { id, kind, title, owner, fixed, maps, reporting, origin });
            }
            Self::Person { id, status, accounts } => facts.people.push(PersonFact {
                id,
                name: None,
                status,
                manager: None,
                emails: Vec::new(),
                employed: Validity::default(),
                accounts: at(accounts),
                origin,
            }),
            Self::Service { id, owner, operators, accounts } => facts.services.push(ServiceFact {
                id,
                kind: None,
                name: None,
                owner: owner.map(|owner| (owner, origin)),
                operators: operators.into_iter().map(|person| (person, origin)).collect(),
                approvers: Vec::new(),
                purpose: None,
                may_hold: None,
                review_by: None,
                lifecycle: Lifecycle::default(),
                accounts: at(accounts),
                origin,
            }),
            Self::Account { id, kind, boundary } => {
                let boundary = boundary.map(|role| (native(role), origin));
                facts.accounts.push(AccountFact { id: native(id), kind, boundary, origin });
            }
            Self::Group { id, members_listed } => {
                facts.groups.push(GroupFact { id: native(id), members_listed, origin });
            }
            Self::Membership { member, group, validity } => facts.memberships.push(MembershipFact {
                member: member.into(),
                group: native(group),
                validity: validity.into(),
                origin,
            }),
            Self::Role { id, kind, title, statements: given, includes, labels, aggregates } => {
                let include = |own| IncludeFact { role: native(own), origin };
                facts.roles.push(RoleFact {
                    id: native(id),
                    kind,
                    title,
                    statements: statements(given, origin),
                    includes: includes.into_iter().map(include).collect(),
                    labels,
                    aggregates: aggregates.into_iter().map(selector).collect(),
                    origin,
                });
            }
            Self::Grant { to, role, statements: given, system, scope: on, validity, conditions: tests } => {
                let what = role
                    .map_or_else(|| Granted::Statements(statements(given, origin)), |role| Granted::Role(native(role)));
                facts.grants.push(GrantFact {
                    scope: scope(on),
                    validity: validity.into(),
                    conditions: conditions(tests),
                    ..GrantFact::new(to.into(), system, what, origin)
                });
            }
            Self::Trust { target, trusted, conditions: tests } => {
                let trusted = match trusted {
                    Whom::Holder(who) => Trusted::Holder(who.into()),
                    Whom::WhoeverMay { system, action } => Trusted::WhoeverMay { system, action },
                    Whom::Service(service) => Trusted::Service(service),
                    Whom::Anyone => Trusted::Anyone,
                };
                let target = native(target);
                facts.trusts.push(TrustFact { target, trusted, conditions: conditions(tests), origin });
            }
            Self::Protection { scope: on, except, what, approvals, checks } => {
                let what = match what {
                    What::Branch(name) => Protected::Branch(name),
                    What::Environment(name) => Protected::Environment(name),
                };
                let except = except.into_iter().map(scope).collect();
                facts.protections.push(ProtectionFact { scope: scope(on), except, what, approvals, checks, origin });
            }
        }
    }
}
