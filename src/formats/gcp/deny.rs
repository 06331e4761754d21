//! Deny policies: permissions that principals do not have, whatever else gives them (IAM documentation, "Deny policies").
//!
//! A rule takes away only what is certain to be taken away. Where it excepts somebody, or where nothing says on what the
//! policy is, it is said and left out: more counts as held than is.

use super::conditions::Limits;
use super::{Cloud, On, project_of};
use crate::facts::{
    Effect, Gap, GrantFact, Granted, Origin, Patterns, RoleFact, RoleKind, Statement, Text, Unresolved,
};

/// Everybody, in the words of deny policies.
const EVERYBODY: &str = "principalSet://goog/public:all";

/// What is lost with a rule that is not followed.
const LOST: &str = "more counts as held than is";

/// One rule of a deny policy.
pub(in crate::formats) struct DenyRule<'r> {
    /// What the policy is called.
    pub(in crate::formats) policy: &'r str,
    /// Which rule of it this is, from 1.
    pub(in crate::formats) number: usize,
    pub(in crate::formats) on: &'r On,
    pub(in crate::formats) principals: &'r [(String, Origin)],
    pub(in crate::formats) excepted_principals: bool,
    pub(in crate::formats) permissions: &'r [(String, Origin)],
    pub(in crate::formats) excepted_permissions: &'r [String],
    pub(in crate::formats) limits: &'r Limits,
    pub(in crate::formats) origin: Origin,
}

impl Cloud<'_> {
    /// A rule of a deny policy.
    pub(in crate::formats) fn deny(&mut self, rule: &DenyRule<'_>) {
        let mut say = |reason: &str| {
            self.facts.unresolved.push(Unresolved {
                gap: Gap::Unsupported,
                reason: reason.to_owned(),
                consequence: LOST.to_owned(),
                origin: rule.origin,
            });
        };
        if *rule.on == On::Unknown {
            return say("nothing says on what this deny policy is, so that what it takes away is not followed");
        }
        if rule.excepted_principals {
            return say("this rule excepts principals (`exceptionPrincipals`), so that it is not followed");
        }
        let excepted = |name: &str| rule.excepted_permissions.iter().any(|own| permission(own) == name);
        let mut names: Vec<String> = rule.permissions.iter().map(|(name, _)| permission(name)).collect();
        if !rule.excepted_permissions.is_empty() && names.iter().any(|name| name.contains('*')) {
            say("this rule excepts permissions from a group of them, so that the group is not followed");
            names.retain(|name| !name.contains('*'));
        }
        names.retain(|name| !excepted(name));
        if names.is_empty() {
            return;
        }
        let origin = rule.permissions.first().map_or(rule.origin, |(_, origin)| *origin);
        let statement = Statement {
            effect: Effect::Deny,
            conditions: rule.limits.conditions.clone(),
            ..Statement::allow(Patterns::of(names), Patterns::any(), origin)
        };
        for (principal, at) in rule.principals {
            if principal == EVERYBODY {
                let id = self.native(&format!("deny-policy/{}/{}", rule.policy, rule.number));
                let statement = Statement { scope: rule.on.scope(), ..statement.clone() };
                let role = RoleFact::new(id, vec![statement], rule.origin);
                self.facts.roles.push(RoleFact { kind: RoleKind::Guardrail, ..role });
                continue;
            }
            let Some(to) = self.principal(&member(principal), *at) else { continue };
            let what = Granted::Statements(vec![statement.clone()]);
            self.facts
                .grants
                .push(GrantFact { scope: rule.on.scope(), ..GrantFact::new(to, self.system.clone(), what, *at) });
        }
    }
}

/// A principal of a deny policy as an allow policy names it (IAM documentation, "Principal identifiers", v2 and v1).
fn member(principal: &str) -> String {
    for (before, kind) in [
        ("principal://goog/subject/", "user"),
        ("principalSet://goog/group/", "group"),
        ("principal://iam.googleapis.com/projects/-/serviceAccounts/", "serviceAccount"),
    ] {
        if let Some(name) = principal.strip_prefix(before) {
            return format!("{kind}:{name}");
        }
    }
    principal.to_owned()
}

/// A permission of a deny policy, `SERVICE.googleapis.com/RESOURCE.VERB`, as roles name it.
fn permission(name: &str) -> String {
    let Some((service, rest)) = name.split_once(".googleapis.com/") else { return name.to_owned() };
    // The one service whose permissions have another name than it.
    let service = if service == "cloudresourcemanager" { "resourcemanager" } else { service };
    format!("{service}.{rest}")
}

/// On what a policy is that is attached to something by its full name, as a part of a path or written out:
/// `cloudresourcemanager.googleapis.com%2Fprojects%2Facme`.
pub(in crate::formats) fn attached_to(name: &str) -> On {
    let name = name.replace("%2F", "/").replace("%2f", "/");
    let named = |word: &str| -> Option<Text> {
        let (_, rest) = name.split_once(&format!("{word}/"))?;
        let own = rest.split('/').next().unwrap_or_default();
        (!own.is_empty() && !own.contains("${")).then(|| own.into())
    };
    match (named("folders"), named("organizations"), project_of(&name).filter(|own| !own.contains("${"))) {
        (Some(folder), ..) => On::Folder(Some(folder)),
        (_, Some(organization), _) => On::Organization(Some(organization)),
        (_, _, Some(project)) => On::Project(Some(project.into())),
        _ => On::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_deny_policies_are_those_of_allow_policies() {
        assert_eq!(
            permission("cloudresourcemanager.googleapis.com/projects.delete"),
            "resourcemanager.projects.delete"
        );
        assert_eq!(permission("iam.googleapis.com/roles.*"), "iam.roles.*");
        assert_eq!(member("principal://goog/subject/ann@example.com"), "user:ann@example.com");
        assert_eq!(
            member("principalSet://goog/cloudIdentityCustomerId/C1"),
            "principalSet://goog/cloudIdentityCustomerId/C1"
        );
        assert_eq!(
            attached_to("cloudresourcemanager.googleapis.com%2Fprojects%2Facme"),
            On::Project(Some("acme".into()))
        );
        assert_eq!(
            attached_to("policies/cloudresourcemanager.googleapis.com%2Ffolders%2F7/denypolicies/x"),
            On::Folder(Some("7".into()))
        );
        assert_eq!(attached_to("${parent}"), On::Unknown);
    }
}
