//! Azure's role-based access control and Entra ID, whatever language they are written in: what principals, roles and
//! scopes are called, and what an assignment means.
//!
//! Roles and assignments of Azure are in the system `azure`, identities and directory roles in the system `entra`, or in
//! the instances of those types that `countersign.yaml` names: where it names `azure:acme`, identities are in `entra:acme`.
//! An identity is known by a name that people gave it (`user:ann@example.com`, `group:Payments`, `app:deployer`,
//! `identity:runner`), else by its object id; a role by its name, else by its id.

pub(super) mod bicep;
mod exports;
mod expressions;
pub(super) mod roles;
mod template;
#[cfg(test)]
mod tests;

pub use exports::FORMAT as ROLES;
pub use template::FORMAT as TEMPLATE;

use std::sync::Arc;

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountKind, Admits, Condition, Constrains, Facts, Gap, GrantFact, Granted, Holder, Native, Origin, RoleFact,
    Statement, Text, TrustFact, Trusted, Unresolved, Validity,
};
use crate::formats::mentioned::Mentioned;

/// The type of systems with resources.
pub(super) const AZURE: &str = "azure";

/// The type of directories.
pub(super) const ENTRA: &str = "entra";

/// The systems of resources and of identities where `countersign.yaml` names one of them, or another.
pub(super) fn systems(named: Option<&Text>) -> (Text, Text) {
    let beside = |own: &str, other: &str| -> Option<Text> {
        let rest = named?.strip_prefix(other)?.strip_prefix(':')?;
        Some(format!("{own}:{rest}").into())
    };
    let azure = beside(AZURE, ENTRA).unwrap_or_else(|| crate::formats::system_of_type(named, AZURE));
    let entra = beside(ENTRA, AZURE).unwrap_or_else(|| crate::formats::system_of_type(named, ENTRA));
    (azure, entra)
}

/// What an assignment is on. A part that is not known is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Every management group and subscription.
    Root,
    ManagementGroup(Option<Text>),
    Subscription(Option<Text>),
    ResourceGroup {
        subscription: Option<Text>,
        group: Option<Text>,
    },
    Resource {
        subscription: Option<Text>,
        group: Option<Text>,
        name: Option<Text>,
    },
    Unknown,
}

impl Place {
    /// The place that a scope's id names (Azure documentation, "Understand scope for Azure RBAC"). Its parts are compared
    /// without regard to case. A part that is a mark for something unknown is not known.
    pub(super) fn of(id: &str) -> Self {
        let id = id.trim();
        if id == "/" {
            return Self::Root;
        }
        let parts: Vec<&str> = id.trim_start_matches('/').split('/').collect();
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|part| part.eq_ignore_ascii_case(word));
        let name = |at: usize| parts.get(at).filter(|part| !is_mark(part)).map(|part| lower(part));
        if is(0, "providers") && is(1, "Microsoft.Management") && is(2, "managementGroups") {
            return Self::ManagementGroup(name(3));
        }
        if !is(0, "subscriptions") {
            return Self::Unknown;
        }
        let subscription = name(1);
        if parts.len() <= 2 {
            return Self::Subscription(subscription);
        }
        let group = if is(2, "resourceGroups") { name(3) } else { None };
        let from = if is(2, "resourceGroups") { 4 } else { 2 };
        match parts.get(from..) {
            Some([]) | None => Self::ResourceGroup { subscription, group },
            Some(rest) => {
                let rest = if is(from, "providers") { rest.get(1..).unwrap_or_default() } else { rest };
                let known = !rest.iter().any(|part| is_mark(part));
                Self::Resource { subscription, group, name: known.then(|| lower(&rest.join("/"))) }
            }
        }
    }

    /// The scope of a grant: what is given on a place counts in everything below it.
    pub(super) fn scope(&self) -> Scope {
        let some = |scope: Scope, name: &str, value: &Option<Text>| match value {
            Some(value) => scope.with(Dimension::new(name), Values::of([value])),
            None => scope,
        };
        let every = |names: &[&str]| {
            names.iter().fold(Scope::unknown(), |scope, name| scope.with(Dimension::new(name), Values::All))
        };
        match self {
            Self::Root => every(&["management_group", "subscription", "resource_group", "resource"]),
            Self::ManagementGroup(name) => some(every(&["resource_group", "resource"]), "management_group", name),
            Self::Subscription(id) => some(every(&["resource_group", "resource"]), "subscription", id),
            Self::ResourceGroup { subscription, group } => {
                some(some(every(&["resource"]), "subscription", subscription), "resource_group", group)
            }
            Self::Resource { subscription, group, name } => {
                let scope = some(Scope::unknown(), "subscription", subscription);
                some(some(scope, "resource_group", group), "resource", name)
            }
            Self::Unknown => Scope::unknown(),
        }
    }

    /// What of it is not known, in words that say what follows.
    pub(super) fn open(&self) -> Option<&'static str> {
        match self {
            Self::Unknown => Some("it counts as everywhere"),
            Self::ManagementGroup(None) => Some("it counts as every management group"),
            Self::Subscription(None) => Some("it counts as every subscription"),
            Self::ResourceGroup { group: None, .. } => Some("it counts as every resource group"),
            Self::Resource { name: None, .. } => Some("it counts as every resource"),
            _ => None,
        }
    }
}

/// Whether a text is only a mark for something unknown.
fn is_mark(part: &str) -> bool {
    part.is_empty() || part.starts_with("${") && part.ends_with('}') || part.starts_with('[')
}

fn lower(text: &str) -> Text {
    if text.contains("${") { text.into() } else { text.to_ascii_lowercase().into() }
}

/// The last part of an id: the GUID of a role definition's id.
pub(super) fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether a text is a GUID.
pub(super) fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// What a principal is, as assignments and directories tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrincipalKind {
    User,
    Group,
    /// An application in a directory.
    Application,
    /// An application by the id that its clients give.
    Client,
    /// The identity of a workload, which Azure keeps.
    ManagedIdentity,
    Unknown,
}

impl PrincipalKind {
    /// The kind that the argument or property `principalType` names.
    pub(super) fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "user" => Self::User,
            "group" | "foreigngroup" => Self::Group,
            "serviceprincipal" => Self::Application,
            _ => Self::Unknown,
        }
    }
}

/// Collects the facts of one Azure and its directory.
pub(super) struct Cloud<'f> {
    pub(super) facts: &'f mut Facts,
    pub(super) mentioned: &'f mut Mentioned,
    pub(super) azure: Text,
    pub(super) entra: Text,
}

impl Cloud<'_> {
    /// A principal by its name, or by what stands for it.
    pub(super) fn principal(&mut self, kind: PrincipalKind, name: &str, origin: Origin) -> Holder {
        let (holder, account) = holder(&self.entra, kind, name);
        if let (Holder::Account(id), Some(kind)) = (&holder, account) {
            self.mentioned.account(id, kind, origin);
        }
        holder
    }

    /// A role for a principal.
    pub(super) fn assign(&mut self, to: Holder, role: Native, scope: Scope, conditions: Vec<Condition>, at: Origin) {
        self.grant(to, Granted::Role(role), scope, conditions, at);
    }

    pub(super) fn grant(
        &mut self,
        to: Holder,
        what: Granted,
        scope: Scope,
        conditions: Vec<Condition>,
        origin: Origin,
    ) {
        let system = match &what {
            Granted::Role(role) => role.system.clone(),
            Granted::Statements(_) => self.azure.clone(),
        };
        let validity = Validity::default();
        let (justification, ticket) = (None, None);
        self.facts.grants.push(GrantFact {
            scope,
            validity,
            conditions,
            justification,
            ticket,
            ..GrantFact::new(to, system, what, origin)
        });
    }

    /// A role of Azure by name or by id.
    pub(super) fn role(&self, name: &str) -> Native {
        role(&self.azure, name)
    }

    /// A role of the directory by name or by id.
    pub(super) fn directory_role(&self, name: &str) -> Native {
        role(&self.entra, name)
    }

    /// A role that a definition makes.
    pub(super) fn define(&mut self, id: Native, title: Option<Text>, statements: Vec<Statement>, origin: Origin) {
        self.facts.roles.push(RoleFact { title, ..RoleFact::new(id, statements, origin) });
    }

    /// Whoever has a token of an issuer with this subject may act as an identity (Entra documentation, "Workload identity
    /// federation").
    pub(super) fn federate(&mut self, target: Native, issuer: &str, subject: Option<&str>, origin: Origin) {
        let conditions = subject.map(|subject| claim("sub", subject, false)).into_iter().collect();
        self.federated(target, issuer, conditions, origin);
    }

    /// The same by an expression over claims (Entra documentation, "Flexible federated identity credentials"): terms that
    /// all hold, each comparing one claim with one text. What is written otherwise may ask for anything.
    pub(super) fn federate_flexibly(&mut self, target: Native, issuer: &str, expression: &str, origin: Origin) {
        let terms = expression.split(" and ").map(term).collect::<Option<Vec<_>>>();
        let unread = || vec![Condition::new("claims", expression, Constrains::Unknown)];
        self.federated(target, issuer, terms.unwrap_or_else(unread), origin);
    }

    fn federated(&mut self, target: Native, issuer: &str, conditions: Vec<Condition>, origin: Origin) {
        let group = Native::new(self.entra.clone(), format!("federated:{issuer}"));
        let trusted = Trusted::Holder(Holder::Group(group));
        self.facts.trusts.push(TrustFact { target, trusted, conditions, origin });
    }

    pub(super) fn unresolved(&mut self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: &str) {
        let (reason, consequence) = (reason.into(), consequence.to_owned());
        self.facts.unresolved.push(Unresolved { gap, reason, consequence, origin });
    }
}

/// A test of a claim of a token. What stands for something unknown may be anything.
fn claim(name: &str, value: &str, wildcards: bool) -> Condition {
    let is_open = value.contains("${");
    let exactly = Admits { values: vec![value.into()], wildcards, ..Admits::default() };
    let verb = if wildcards { "matches" } else { "==" };
    Condition {
        key: name.into(),
        text: format!("{name} {verb} {value}").into(),
        constrains: if is_open { Constrains::Unknown } else { Constrains::Yes },
        admits: (!is_open).then(|| Arc::new(exactly)),
    }
}

/// `claims['NAME'] eq 'TEXT'`, or `matches` with wildcards.
fn term(text: &str) -> Option<Condition> {
    let (name, rest) = text.trim().strip_prefix("claims['")?.split_once("']")?;
    let (verb, value) = rest.trim().split_once(' ')?;
    let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    if value.contains('\'') {
        return None;
    }
    match verb {
        "eq" => Some(claim(name, value, false)),
        "matches" => Some(claim(name, value, true)),
        _ => None,
    }
}

/// A role by name, or by the GUID at the end of its id.
fn role(system: &Text, name: &str) -> Native {
    let last = last_part(name);
    let name = if is_guid(last) { last.to_ascii_lowercase() } else { name.to_owned() };
    Native::new(system.clone(), name)
}

/// A principal in a directory, and what kind of account it is.
pub(super) fn holder(entra: &Text, kind: PrincipalKind, name: &str) -> (Holder, Option<AccountKind>) {
    let native = |word: &str, name: &str| {
        if is_guid(name) {
            return Native::new(entra.clone(), name.to_ascii_lowercase());
        }
        Native::new(entra.clone(), format!("{word}:{name}"))
    };
    match kind {
        PrincipalKind::User => {
            let name = if name.contains("${") { name.to_owned() } else { name.to_ascii_lowercase() };
            (Holder::Account(native("user", &name)), Some(AccountKind::User))
        }
        PrincipalKind::Group => (Holder::Group(native("group", name)), None),
        PrincipalKind::Application => (Holder::Account(native("app", name)), Some(AccountKind::ServiceAccount)),
        PrincipalKind::Client => {
            let id = Native::new(entra.clone(), format!("client:{}", name.to_ascii_lowercase()));
            (Holder::Account(id), Some(AccountKind::ServiceAccount))
        }
        PrincipalKind::ManagedIdentity => {
            (Holder::Account(native("identity", name)), Some(AccountKind::ServiceAccount))
        }
        PrincipalKind::Unknown if is_guid(name) => (Holder::Account(native("", name)), None),
        PrincipalKind::Unknown => (Holder::Group(Native::new(entra.clone(), name)), None),
    }
}

/// An assignment's own condition. It is a program of its own (Azure documentation, "Azure role assignment condition
/// format"), of which only that it is there is read.
pub(super) fn condition(text: &str) -> Option<Condition> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let constrains = Constrains::Unknown;
    (!text.is_empty()).then(|| Condition::new("condition", text, constrains))
}

/// What must be activated before it counts (Entra documentation, "What is Privileged Identity Management?").
pub(super) fn eligible() -> Condition {
    Condition::new("activation", "is only eligible and must be activated", Constrains::Yes)
}
