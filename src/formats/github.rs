//! What GitHub's own words mean, for every language that writes them: roles, what they permit, and on what.
//!
//! Logins, organisations and repositories are told apart without regard to case on GitHub
//! (<https://docs.github.com/en/get-started/learning-about-github/github-glossary#username> and the REST API, which
//! answers to any spelling), so all three are lower-cased: a login that is respelled is the same account. A team is
//! known by its name as written, since names are unique in an organisation however teams are nested; moving a team
//! under another parent keeps it the same team.

use std::collections::BTreeMap;

use super::{LoweredUnit, peribolos, safe_settings};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    Effect, GrantFact, Granted, Native, Origin, Patterns, Protected, ProtectionFact, RoleFact, Statement, Text,
};

/// The group of an organisation's members who are not owners.
pub(in crate::formats) const MEMBERS: &str = "org-members";

/// The role of an organisation's owners.
pub(in crate::formats) const OWNER: &str = "org-owner";

/// The role of those who maintain a team.
pub(in crate::formats) const MAINTAINER: &str = "team-maintainer";

/// The role of those whom the rules of a branch do not bind.
pub(in crate::formats) const BYPASS: &str = "ruleset-bypass";

/// What lets somebody change the files of a repository; whoever administers it or owns the organisation holds it too.
pub(in crate::formats) const WRITE: &str = "repo:write";

/// What lets somebody change the rules of a repository's branches.
pub(in crate::formats) const ADMINISTER: &str = "repo:admin";

/// What lets somebody pass by them.
pub(in crate::formats) const BYPASS_RULES: &str = "ruleset:bypass";

/// Repository permissions and what each lets one do, in our GitHub vocabulary: each takes in those before it.
/// Source: "Repository roles for an organization" in GitHub's documentation. Approving a pull request counts from
/// write access on.
pub(in crate::formats) const REPOSITORY_ROLES: &[(&str, &[&str])] = &[
    ("read", &["repo:read"]),
    ("triage", &["repo:triage"]),
    ("write", &["repo:write", "repo:review"]),
    ("maintain", &["repo:maintain"]),
    ("admin", &["repo:admin"]),
];

/// One organisation.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Organisation {
    /// The system.
    pub(in crate::formats) system: Text,
    /// The name in lower case.
    pub(in crate::formats) name: String,
}

impl Organisation {
    /// An account, group or role of this organisation.
    pub(in crate::formats) fn native(&self, name: &str) -> Native {
        Native::new(self.system.clone(), name)
    }

    /// A repository of this organisation, or all of them for `*`.
    pub(in crate::formats) fn repositories(&self, name: &str) -> Scope {
        repository_scope(&self.name, name)
    }

    /// A team of this organisation.
    pub(in crate::formats) fn team(&self, name: &str) -> Scope {
        Scope::unknown().with(Dimension::new("team"), Values::of([format!("{}/{name}", self.name)]))
    }

    /// A role that GitHub brings along. No text writes these roles; the first grant of one stands for it, so that a
    /// reviewer sees a real line.
    pub(in crate::formats) fn built_in(&self, role: &str, origin: Origin) -> RoleFact {
        let statement = |actions: Vec<&str>, scope: Scope| Statement {
            scope,
            ..Statement::allow(Patterns::of(actions), Patterns::any(), origin)
        };
        let statements = match role.strip_prefix("repo-") {
            Some(permission) => vec![statement(repository_actions(permission), Scope::unknown())],
            None if role == OWNER => vec![
                statement(vec!["org:owner", "org:audit-log", "team:maintain"], Scope::unknown()),
                statement(repository_actions("admin"), self.repositories("*")),
            ],
            None if role == BYPASS => vec![statement(vec![BYPASS_RULES], Scope::unknown())],
            None => vec![statement(vec!["team:maintain"], Scope::unknown())],
        };
        RoleFact::new(self.native(role), statements, origin)
    }
}

/// A repository, or all of an owner's for `*`.
pub(in crate::formats) fn repository_scope(owner: &str, name: &str) -> Scope {
    let value = format!("{owner}/{}", name.to_lowercase());
    Scope::unknown().with(Dimension::new("repository"), Values::of([value]))
}

/// Whether a unit's grants are in our GitHub vocabulary.
pub(in crate::formats) fn speaks_github(unit: &LoweredUnit) -> bool {
    matches!(unit.format, own if own == peribolos::FORMAT.name || own == safe_settings::FORMAT.name)
        || unit.facts.grants.iter().any(|grant| grant.system.starts_with("github:"))
        || !unit.facts.protections.is_empty()
}

/// The grants that let somebody do something to a repository, by the unit that makes them.
pub(in crate::formats) fn givers<'a>(
    units: &'a [LoweredUnit],
    repository: &Scope,
    action: &str,
) -> Vec<(&'a LoweredUnit, Vec<&'a GrantFact>)> {
    let github = || units.iter().filter(|unit| speaks_github(unit));
    let roles: BTreeMap<&Native, &[Statement]> =
        github().flat_map(|unit| &unit.facts.roles).map(|role| (&role.id, role.statements.as_slice())).collect();
    let gives = |grant: &GrantFact| {
        let statements = match &grant.what {
            Granted::Role(role) => roles.get(role).copied().unwrap_or_default(),
            Granted::Statements(statements) => statements.as_slice(),
        };
        statements.iter().any(|statement| {
            statement.effect == Effect::Allow
                && names(&statement.actions, action)
                && grant.scope.intersect(&statement.scope).covers(repository)
        })
    };
    github().map(|unit| (unit, unit.facts.grants.iter().filter(|grant| gives(grant)).collect())).collect()
}

fn names(actions: &Patterns, action: &str) -> bool {
    !actions.negated && actions.list.iter().any(|own| own.eq_ignore_ascii_case(action))
}

/// Whether a protection is one of a repository.
pub(in crate::formats) fn protects(protection: &ProtectionFact, repository: &Scope) -> bool {
    protection.scope.covers(repository) && !protection.except.iter().any(|own| own.covers(repository))
}

/// Whether a protection is one of the branch that changes go to, as far as its name tells: `~DEFAULT_BRANCH` and `~ALL` are
/// the words of rulesets, `default` is that of safe-settings.
pub(in crate::formats) fn guards_default_branch(protection: &ProtectionFact) -> bool {
    match &protection.what {
        Protected::Branch(name) => {
            matches!(&**name, "main" | "master" | "default" | "~DEFAULT_BRANCH" | "~ALL" | "*" | "**" | "**/*")
        }
        Protected::Environment(_) => false,
    }
}

/// The role that a repository permission stands for, in the words of the documentation or of the REST API.
pub(in crate::formats) fn repository_role(word: &str) -> Option<&'static str> {
    match word {
        "read" | "pull" => Some("repo-read"),
        "triage" => Some("repo-triage"),
        "write" | "push" => Some("repo-write"),
        "maintain" => Some("repo-maintain"),
        "admin" => Some("repo-admin"),
        _ => None,
    }
}

/// Whom an entry of `bypass_actors` means (REST API, "Create a repository ruleset").
pub(in crate::formats) enum Actor {
    /// Owners and administrators, who may change the rules anyway.
    Administrators,
    /// Whoever has this role in the repository.
    Role(&'static str),
    /// An app by its number.
    App,
    /// The deploy keys of the repository.
    DeployKeys,
    /// A team, or what has no name here.
    Other,
}

/// Whom an entry means by its type and number.
pub(in crate::formats) fn actor(kind: Option<&str>, number: &str) -> Actor {
    match (kind, number) {
        // The ids of the roles that GitHub brings along.
        (Some("OrganizationAdmin" | "EnterpriseOwner"), _) | (Some("RepositoryRole"), "5") => Actor::Administrators,
        (Some("RepositoryRole"), "2") => Actor::Role("maintain"),
        (Some("RepositoryRole"), "4") => Actor::Role("write"),
        (Some("RepositoryRole"), _) => Actor::Role("custom"),
        (Some("Integration"), _) => Actor::App,
        (Some("DeployKey"), _) => Actor::DeployKeys,
        _ => Actor::Other,
    }
}

/// What stands for an organisation that nothing names.
pub(in crate::formats) const UNNAMED: &str = "unnamed-organisation";

/// Everything that a repository permission lets one do, weakest first.
fn repository_actions(permission: &str) -> Vec<&'static str> {
    let upto = REPOSITORY_ROLES.iter().position(|(name, _)| *name == permission).map_or(0, |place| place + 1);
    REPOSITORY_ROLES.iter().take(upto).flat_map(|(_, actions)| actions.iter().copied()).collect()
}
