//! What GitHub's own words mean, for every language that writes them: roles, what they permit, and on what.
//!
//! Logins, organisations and repositories are told apart without regard to case on GitHub
//! (<https://docs.github.com/en/get-started/learning-about-github/github-glossary#username> and the REST API, which
//! answers to any spelling), so all three are lower-cased: a login that is respelled is the same account. A team is
//! known by its name as written, since names are unique in an organisation however teams are nested; moving a team
//! under another parent keeps it the same team.

use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{Native, Origin, Patterns, RoleFact, Statement, Text};

/// The group of an organisation's members who are not owners.
pub(in crate::formats) const MEMBERS: &str = "org-members";

/// The role of an organisation's owners.
pub(in crate::formats) const OWNER: &str = "org-owner";

/// The role of those who maintain a team.
pub(in crate::formats) const MAINTAINER: &str = "team-maintainer";

/// The role of those whom the rules of a branch do not bind.
pub(in crate::formats) const BYPASS: &str = "ruleset-bypass";

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
        let value = format!("{}/{}", self.name, name.to_lowercase());
        Scope::unknown().with(Dimension::new("repository"), Values::of([value]))
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
            None if role == BYPASS => vec![statement(vec!["ruleset:bypass"], Scope::unknown())],
            None => vec![statement(vec!["team:maintain"], Scope::unknown())],
        };
        RoleFact::new(self.native(role), statements, origin)
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

/// Everything that a repository permission lets one do, weakest first.
fn repository_actions(permission: &str) -> Vec<&'static str> {
    let upto = REPOSITORY_ROLES.iter().position(|(name, _)| *name == permission).map_or(0, |place| place + 1);
    REPOSITORY_ROLES.iter().take(upto).flat_map(|(_, actions)| actions.iter().copied()).collect()
}
