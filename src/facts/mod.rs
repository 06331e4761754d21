//! What one unit of files declares, in the model's own words.
//!
//! A format lowers its syntax to [`Facts`] and knows nothing of graphs; the graph reads facts and knows nothing of
//! formats. Facts name things by their native names inside one system, never by path or position, so a unit can be
//! moved, split or reordered without changing what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

mod credential;
pub mod date;
mod instants;
mod lifecycle;
mod patterns;
pub mod scope;
mod statement;
mod token;
mod validity;

pub use credential::{Cloud, CredentialDetail, CredentialFact, CredentialKind, Lifetime, PasswordRules, Rotation};
pub use lifecycle::{Approved, Assertion, ControlFact, Lifecycle, ProcessFact, Reporting, Stage, Tag};
pub use patterns::{Fields, NameRange, Patterns};
pub use statement::{Admits, Condition, Constrains, Effect, Level, Statement};
pub use token::{JobToken, TokenFact, TokenWay};
pub use validity::Validity;

use self::scope::Scope;
use crate::syntax::Span;

/// A shared text; facts repeat the same names many times.
pub type Text = Arc<str>;

/// Where a fact is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file, as its place in the unit's list of members.
    pub file: u32,
    /// The bytes.
    pub span: Span,
}

/// A thing by its native name in one system instance: `netsuite-prod` / `ap-clerk`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Native {
    /// The system instance, such as `netsuite-prod`, `aws:111122223333` or `github:acme`.
    pub system: Text,
    /// The name inside it, such as a login, an ARN or a role name.
    pub name: Text,
}

impl Native {
    /// A thing in a system.
    pub fn new(system: impl Into<Text>, name: impl Into<Text>) -> Self {
        Self { system: system.into(), name: name.into() }
    }
}

impl fmt::Display for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.name)
    }
}

/// The side of a grant or membership that receives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A person, by id.
    Person(Text),
    /// A service identity, by id.
    Service(Text),
    /// An account in a system.
    Account(Native),
    /// A group in a system.
    Group(Native),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Service(id) => write!(f, "service:{id}"),
            Self::Account(native) => write!(f, "account:{native}"),
            Self::Group(native) => write!(f, "group:{native}"),
        }
    }
}

/// A system instance as a manifest describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemFact {
    /// The instance's id.
    pub id: Text,
    /// Its type, which chooses the bindings: `netsuite`, `sap`, `aws`, `kubernetes`, `github` …
    pub kind: Text,
    /// A name for people.
    pub title: Option<Text>,
    /// The owner's person id.
    pub owner: Option<Text>,
    /// What every permission in this system has by way of dimensions, such as `legal_entity: DE01`.
    pub fixed: Scope,
    /// Native dimension → shared dimension, and native values → shared values.
    pub maps: Vec<DimensionMap>,
    /// What it means for the company's reporting.
    pub reporting: Reporting,
    /// Where it is written.
    pub origin: Origin,
}

/// How a system's own dimension joins a shared one.
#[derive(Debug, Clone, PartialEq)]
pub struct DimensionMap {
    /// The native name, such as `subsidiary` or `namespace`.
    pub native: Text,
    /// The shared name, such as `legal_entity` or `environment`.
    pub shared: Text,
    /// Native value → shared values; a value that is not listed maps to itself.
    pub values: BTreeMap<Text, Vec<Text>>,
}

/// Whether a person works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersonStatus {
    /// Employed or engaged.
    Active,
    /// Away; still employed.
    Leave,
    /// Gone.
    Departed,
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonFact {
    /// Immutable id.
    pub id: Text,
    /// A name for people.
    pub name: Option<Text>,
    /// Employment.
    pub status: PersonStatus,
    /// The manager's person id.
    pub manager: Option<Text>,
    /// E-mail addresses, only to recognise authors of changes.
    pub emails: Vec<Text>,
    /// From when and until when, in epoch seconds.
    pub employed: Validity,
    /// The accounts that are this person's.
    pub accounts: Vec<(Native, Origin)>,
    /// Where it is written.
    pub origin: Origin,
}

/// What a service identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// A program that does what its makers wrote.
    Bot,
    /// A connection between two systems.
    Integration,
    /// A model that decides by itself what to do next.
    AiAgent,
}

impl ServiceKind {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Integration => "integration",
            Self::AiAgent => "ai_agent",
        }
    }
}

/// A service identity: a bot, an integration, an AI agent.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceFact {
    /// Immutable id.
    pub id: Text,
    /// What it is, where that is said.
    pub kind: Option<ServiceKind>,
    /// A name for people.
    pub name: Option<Text>,
    /// The owner's person id.
    pub owner: Option<(Text, Origin)>,
    /// Who may change what it does (its instructions, tools and credentials), beside its owner: person ids.
    pub operators: Vec<(Text, Origin)>,
    /// Who approves what it does: person ids.
    pub approvers: Vec<(Text, Origin)>,
    /// What it is for.
    pub purpose: Option<Text>,
    /// What it may hold: duty or permission names; none means it does not say.
    pub may_hold: Option<Vec<(Text, Origin)>>,
    /// When it is to be reviewed again, in epoch seconds.
    pub review_by: Option<i64>,
    /// The other steps of its life.
    pub lifecycle: Lifecycle,
    /// Its accounts.
    pub accounts: Vec<(Native, Origin)>,
    /// Where it is written.
    pub origin: Origin,
}

/// What an account is in its system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Somebody's login.
    User,
    /// A role that others act as, such as an IAM role.
    AssumedRole,
    /// A workload's account.
    ServiceAccount,
    /// A cloud service acting by itself.
    CloudService,
}

/// An account in a system.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountFact {
    /// Its identity.
    pub id: Native,
    /// What it is.
    pub kind: AccountKind,
    /// A role that limits it (an AWS permissions boundary): nothing beyond that role's statements counts.
    pub boundary: Option<(Native, Origin)>,
    /// Where it is written.
    pub origin: Origin,
}

/// A group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupFact {
    /// Its identity.
    pub id: Native,
    /// Whether its members are all listed in the repository; if not, the group itself is judged.
    pub members_listed: bool,
    /// Where it is written.
    pub origin: Origin,
}

/// Somebody belongs to a group.
#[derive(Debug, Clone, PartialEq)]
pub struct MembershipFact {
    /// Who.
    pub member: Holder,
    /// Where.
    pub group: Native,
    /// When.
    pub validity: Validity,
    /// Where it is written.
    pub origin: Origin,
}

/// What kind of container a role is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// A role that is granted by name.
    Role,
    /// A policy document that stands alone: judged as the role it is, for whoever will hold it.
    Document,
    /// A document that only limits (a permissions boundary, a service control policy): it grants nothing.
    Guardrail,
}

/// A role: a container of permissions and roles.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleFact {
    /// Its identity.
    pub id: Native,
    /// What kind of container.
    pub kind: RoleKind,
    /// A name for people.
    pub title: Option<Text>,
    /// What it permits.
    pub statements: Vec<Statement>,
    /// Roles that it holds.
    pub includes: Vec<IncludeFact>,
    /// Labels, for aggregation.
    pub labels: BTreeMap<Text, Text>,
    /// Takes in every role of its system whose labels match one of these selectors (Kubernetes aggregation).
    pub aggregates: Vec<Selector>,
    /// Where it is written.
    pub origin: Origin,
}

/// Statements of a role that other roles have too. An ERP has millions of them and few that differ, so each is kept once.
#[derive(Debug, Clone, PartialEq)]
pub struct PermitFact {
    /// The role, which a [`RoleFact`] defines.
    pub role: Native,
    /// The statements, each with where this role's is written: the statement's own origin says nothing.
    pub statements: Vec<(Arc<Statement>, Origin)>,
}

impl RoleFact {
    /// A role of these statements that is granted by name, and nothing besides.
    #[must_use]
    pub fn new(id: Native, statements: Vec<Statement>, origin: Origin) -> Self {
        Self {
            id,
            kind: RoleKind::Role,
            title: None,
            statements,
            includes: Vec::new(),
            labels: BTreeMap::new(),
            aggregates: Vec::new(),
            origin,
        }
    }
}

/// A role inside a role.
#[derive(Debug, Clone, PartialEq)]
pub struct IncludeFact {
    /// The inner role.
    pub role: Native,
    /// Where that is written.
    pub origin: Origin,
}

/// A Kubernetes label selector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selector {
    /// Labels that must be equal.
    pub match_labels: BTreeMap<Text, Text>,
    /// Expressions that must hold.
    pub match_expressions: Vec<SelectorExpression>,
}

/// One expression of a label selector.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectorExpression {
    /// The label has one of the values.
    In(Text, Vec<Text>),
    /// The label has none of the values, or is absent.
    NotIn(Text, Vec<Text>),
    /// The label is there.
    Exists(Text),
    /// The label is not there.
    DoesNotExist(Text),
}

/// What a grant gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Granted {
    /// A role by name.
    Role(Native),
    /// Permissions without a role (an inline policy, permissions in a grant).
    Statements(Vec<Statement>),
}

/// Somebody is given something on a scope.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantFact {
    /// Who.
    pub to: Holder,
    /// What.
    pub what: Granted,
    /// The system it counts in.
    pub system: Text,
    /// On what.
    pub scope: Scope,
    /// When.
    pub validity: Validity,
    /// Under which conditions.
    pub conditions: Vec<Condition>,
    /// Why, in the grantor's words.
    pub justification: Option<Text>,
    /// The ticket.
    pub ticket: Option<Text>,
    /// Where it is written.
    pub origin: Origin,
}

impl GrantFact {
    /// What holds on everything, at all times and without conditions.
    #[must_use]
    pub fn new(to: Holder, system: Text, what: Granted, origin: Origin) -> Self {
        Self {
            to,
            what,
            system,
            scope: Scope::unknown(),
            validity: Validity::default(),
            conditions: Vec::new(),
            justification: None,
            ticket: None,
            origin,
        }
    }
}

/// Who may act as an account (a role's trust policy, impersonation).
#[derive(Debug, Clone, PartialEq)]
pub struct TrustFact {
    /// The account that is acted as.
    pub target: Native,
    /// Who may.
    pub trusted: Trusted,
    /// Under which conditions.
    pub conditions: Vec<Condition>,
    /// Where it is written.
    pub origin: Origin,
}

/// The trusted side of a [`TrustFact`].
#[derive(Debug, Clone, PartialEq)]
pub enum Trusted {
    /// One account or group; the trust alone suffices.
    Holder(Holder),
    /// Whoever in this system has a permission that covers the action on the target
    /// (AWS: trust in an account's root hands the decision to that account's identity policies).
    WhoeverMay {
        /// The system whose accounts may.
        system: Text,
        /// The action they need on the target, such as `sts:AssumeRole`.
        action: Text,
    },
    /// A cloud service.
    Service(Text),
    /// Anybody.
    Anyone,
}

/// A job of a pipeline. It does what the repository that holds its definition says, so whoever may write to that
/// repository may, in that way, have it act for them.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFact {
    /// As whom it acts.
    pub account: Native,
    /// The environment that it names, as far as that is known.
    pub environment: Option<Text>,
    /// The tokens that it can have, where it can.
    pub token: Option<JobToken>,
    /// Where it is written.
    pub origin: Origin,
}

/// What is protected of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protected {
    /// Branches by name or pattern; `~DEFAULT_BRANCH` and `~ALL` as in rulesets of GitHub.
    Branch(Text),
    /// An environment that jobs name.
    Environment(Text),
}

/// How many must approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approvals {
    /// This says nothing of approvals; something else may.
    Unsaid,
    /// So many; of none, nobody need approve.
    Of(u32),
    /// Some, and nothing says how many.
    Some,
}

impl Approvals {
    /// Whether anybody must approve, as far as this says.
    #[must_use]
    pub fn are_needed(self) -> bool {
        !matches!(self, Self::Unsaid | Self::Of(0))
    }
}

/// What a change of a branch, or a job that names an environment, must pass.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtectionFact {
    /// Of which repositories.
    pub scope: Scope,
    /// Of which of them not: those that something else is said of.
    pub except: Vec<Scope>,
    /// What is protected.
    pub what: Protected,
    /// How many must approve.
    pub approvals: Approvals,
    /// Status checks that must pass, by name.
    pub checks: Vec<Text>,
    /// Where it is written.
    pub origin: Origin,
}

/// Why something could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// A recognised definition that is broken: `CS-COVER-001`.
    Broken,
    /// A recognised definition in a form that is not read (a Helm template).
    Unsupported,
    /// A reference to something that no file defines.
    Dangling,
    /// Two links claim one account.
    Ambiguous,
    /// One id is defined twice.
    DefinedTwice,
    /// A value that is only known elsewhere or later.
    Unknown,
    /// A file that is not followed or read: a link, a submodule, an unreadable file.
    NotRead,
}

/// Something that could not be told, and what follows from that.
#[derive(Debug, Clone, PartialEq)]
pub struct Unresolved {
    /// Which kind.
    pub gap: Gap,
    /// Why, in words.
    pub reason: String,
    /// What follows, in words.
    pub consequence: String,
    /// Where.
    pub origin: Origin,
}

/// Everything that one unit declares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Systems.
    pub systems: Vec<SystemFact>,
    /// People.
    pub people: Vec<PersonFact>,
    /// Service identities.
    pub services: Vec<ServiceFact>,
    /// Accounts.
    pub accounts: Vec<AccountFact>,
    /// Groups.
    pub groups: Vec<GroupFact>,
    /// Memberships.
    pub memberships: Vec<MembershipFact>,
    /// Roles.
    pub roles: Vec<RoleFact>,
    /// What roles permit beside their own statements.
    pub permits: Vec<PermitFact>,
    /// Grants.
    pub grants: Vec<GrantFact>,
    /// Who may act as whom.
    pub trusts: Vec<TrustFact>,
    /// Jobs of pipelines.
    pub jobs: Vec<JobFact>,
    /// What tokens of workloads say.
    pub tokens: Vec<TokenFact>,
    /// What repositories ask of changes and of jobs.
    pub protections: Vec<ProtectionFact>,
    /// Credentials.
    pub credentials: Vec<CredentialFact>,
    /// What could not be told.
    pub unresolved: Vec<Unresolved>,
    /// How many definitions of each kind were read, in the format's own words (`ClusterRole`, `statement`).
    pub tally: BTreeMap<&'static str, u64>,
}
