//! Google Cloud IAM, whatever language it is written in: what principals, roles and resources are called, and what a
//! binding of a role means.
//!
//! Everything is in the system `gcp`, or in the instance of that type that `countersign.yaml` names. A principal is known
//! by its identifier in a policy (`user:ann@example.com`; IAM documentation, "Principal identifiers"), a role by its full
//! name (`roles/owner`, `projects/acme/roles/deployer`). A grant says on which organization, folder, project or resource
//! it counts: what is given on an organization counts in every folder and project of it.

pub(super) mod conditions;
mod connector;
pub(super) mod deny;
mod native;
#[cfg(test)]
mod tests;

pub use connector::FORMAT as CONNECTOR;
pub use native::FORMAT as NATIVE;

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountKind, Condition, Facts, Gap, GrantFact, Granted, Holder, MembershipFact, Native, Origin, Text, TrustFact,
    Trusted, Unresolved, Validity,
};
use crate::formats::mentioned::Mentioned;
use conditions::Limits;

/// The type of these systems, and the system where nothing names one.
pub(super) const SYSTEM: &str = "gcp";

/// Roles that, given on a service account, let their holder act as it (IAM documentation, "Roles for service account
/// authentication"): with tokens of its own, by running a workload that has them, or by federation.
const ACTING: [&str; 3] =
    ["roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser"];

/// On what a role is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum On {
    /// An organization, by its number.
    Organization(Option<Text>),
    /// A folder, by its number.
    Folder(Option<Text>),
    /// A project, by its id.
    Project(Option<Text>),
    /// A service account, by its e-mail address, and its project.
    ServiceAccount { email: Option<Text>, project: Option<Text> },
    /// Another resource: its kind in snake case with its name, such as `storage_bucket/logs`, and its project.
    Resource { name: Option<Text>, project: Option<Text> },
    /// Nothing says on what.
    Unknown,
}

impl On {
    /// The scope of a grant. A part that is not known is left out: it counts as all.
    pub(super) fn scope(&self) -> Scope {
        let some = |scope: Scope, name: &str, value: &Option<Text>| match value {
            Some(value) => scope.with(Dimension::new(name), Values::of([value])),
            None => scope,
        };
        let every = |scope: Scope, name: &str| scope.with(Dimension::new(name), Values::All);
        let nothing = Scope::unknown();
        match self {
            Self::Organization(id) => {
                some(["folder", "project", "resource"].into_iter().fold(nothing, every), "organization", id)
            }
            Self::Folder(id) => some(every(nothing, "resource"), "folder", id),
            Self::Project(id) => some(every(nothing, "resource"), "project", id),
            Self::ServiceAccount { email, project } => {
                let name = email.as_ref().map(|email| Text::from(format!("service_account/{email}")));
                some(some(nothing, "project", project), "resource", &name)
            }
            Self::Resource { name, project } => some(some(nothing, "project", project), "resource", name),
            Self::Unknown => nothing,
        }
    }
}

/// One role for one principal.
pub(super) struct Bound<'b> {
    /// The principal as a policy writes it.
    pub(super) member: &'b str,
    /// The role's name.
    pub(super) role: &'b str,
    /// On what.
    pub(super) on: &'b On,
    /// When and under which conditions.
    pub(super) limits: &'b Limits,
    /// Where the principal is written.
    pub(super) origin: Origin,
}

/// Collects the facts of one Google Cloud.
pub(super) struct Cloud<'f> {
    pub(super) facts: &'f mut Facts,
    pub(super) mentioned: &'f mut Mentioned,
    pub(super) system: Text,
}

impl Cloud<'_> {
    /// A role that is bound: a grant, and on a service account perhaps the right to act as it.
    pub(super) fn bind(&mut self, bound: &Bound<'_>) {
        let Some(to) = self.principal(bound.member, bound.origin) else { return };
        self.facts.grants.push(GrantFact {
            scope: bound.on.scope(),
            validity: bound.limits.validity,
            conditions: bound.limits.conditions.clone(),
            ..GrantFact::new(to.clone(), self.system.clone(), Granted::Role(self.native(bound.role)), bound.origin)
        });
        if let On::ServiceAccount { email: Some(email), .. } = bound.on
            && ACTING.contains(&bound.role)
        {
            self.trust(email, to, bound.limits, bound.origin);
        }
    }

    /// A principal may act as a service account. Such a fact has no dates: they become a condition.
    fn trust(&mut self, email: &str, to: Holder, limits: &Limits, origin: Origin) {
        let mut conditions: Vec<Condition> = limits.conditions.clone();
        conditions.extend(limits.time_condition());
        let target = self.native(&service_account(email));
        self.mentioned.account(&target, account_kind(email), origin);
        self.facts.trusts.push(TrustFact { target, trusted: Trusted::Holder(to), conditions, origin });
    }

    /// The principal that an identifier names. None, with an outcome, for what is none any more.
    pub(super) fn principal(&mut self, member: &str, origin: Origin) -> Option<Holder> {
        if member.starts_with("deleted:") {
            self.facts.unresolved.push(Unresolved {
                gap: Gap::Dangling,
                reason: format!("the principal `{member}` was deleted"),
                consequence: "what it is granted counts for nothing in the findings".to_owned(),
                origin,
            });
            return None;
        }
        let (holder, kind) = holder(&self.system, member);
        self.join_workforce(member, &holder, origin);
        if let (Holder::Account(id), Some(kind)) = (&holder, kind) {
            self.mentioned.account(id, kind, origin);
        }
        Some(holder)
    }

    /// Whoever is of a workforce pool is among all who are (IAM documentation, "Principal identifiers"): what all are given,
    /// each is.
    fn join_workforce(&mut self, member: &str, holder: &Holder, origin: Origin) {
        const POOLS: &str = "//iam.googleapis.com/locations/global/workforcePools/";
        let rest = member.split_once(':').and_then(|(_, name)| name.strip_prefix(POOLS));
        let Some((pool, inner)) = rest.and_then(|rest| rest.split_once('/')) else { return };
        if inner == "*" {
            return;
        }
        let fact = MembershipFact {
            member: holder.clone(),
            group: self.native(&format!("principalSet:{POOLS}{pool}/*")),
            validity: Validity::default(),
            origin,
        };
        let known = &mut self.facts.memberships;
        if !known.iter().any(|own| own.member == fact.member && own.group == fact.group) {
            known.push(fact);
        }
    }

    pub(super) fn native(&self, name: &str) -> Native {
        Native::new(self.system.clone(), name)
    }
}

/// The principal that an identifier names, and what kind of account it is. What is no identifier is a group of whom
/// nobody knows.
pub(super) fn holder(system: &Text, member: &str) -> (Holder, Option<AccountKind>) {
    let native = |name: &str| Native::new(system.clone(), name);
    let Some((kind, name)) = member.split_once(':') else { return (Holder::Group(native(member)), None) };
    // Addresses are compared without regard to case. What stands for something unknown is not one.
    let name = if name.contains("${") || name.contains('[') { name.to_owned() } else { name.to_ascii_lowercase() };
    match kind.to_ascii_lowercase().as_str() {
        "user" => (Holder::Account(native(&format!("user:{name}"))), Some(AccountKind::User)),
        "serviceaccount" => (Holder::Account(native(&service_account(&name))), Some(account_kind(&name))),
        "group" => (Holder::Group(native(&format!("group:{name}"))), None),
        "domain" => (Holder::Group(native(&format!("domain:{name}"))), None),
        "principal" => (Holder::Account(native(member)), Some(AccountKind::User)),
        _ => (Holder::Group(native(member)), None),
    }
}

/// What a service account is called, by its e-mail address.
pub(super) fn service_account(email: &str) -> String {
    if email.contains("${") || email.contains('[') {
        format!("serviceAccount:{email}")
    } else {
        format!("serviceAccount:{}", email.to_ascii_lowercase())
    }
}

/// A service agent belongs to Google and acts by itself (IAM documentation, "Service agents").
fn account_kind(email: &str) -> AccountKind {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    if domain.starts_with("gcp-sa-") || domain == "cloudservices.gserviceaccount.com" {
        AccountKind::CloudService
    } else {
        AccountKind::ServiceAccount
    }
}

/// The last part of a resource name: `123` of `folders/123`, an e-mail address of a service account's name.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The project in a resource name: `acme` of `projects/acme/…`. `-` stands for the one that the rest implies.
pub(super) fn project_of(name: &str) -> Option<&str> {
    let rest = name.split_once("projects/").map(|(_, rest)| rest)?;
    rest.split('/').next().filter(|project| !matches!(*project, "" | "-"))
}

/// The project in a service account's address: `acme` of `x@acme.iam.gserviceaccount.com`.
pub(super) fn project_of_account(email: &str) -> Option<&str> {
    let (_, domain) = email.rsplit_once('@')?;
    domain.strip_suffix(".iam.gserviceaccount.com").filter(|project| !project.starts_with("gcp-sa-"))
}
