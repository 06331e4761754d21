//! Members, teams, and who may do what with repositories.

use super::{give, logins, organisation, repositories, slug, teams, user, word};
use crate::facts::scope::Scope;
use crate::facts::{
    AccountKind, CredentialDetail, CredentialFact, CredentialKind, Gap, Granted, Holder, Lifetime, Origin,
};
use crate::formats::configuration::providers::arguments::{name_of, required};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::github::{MAINTAINER, MEMBERS, OWNER, Organisation, repository_role};

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("github_membership", membership),
    ("github_organization_settings", settings),
    ("github_team", team),
    ("github_team_membership", team_membership),
    ("github_team_members", team_members),
    ("github_team_repository", team_repository),
    ("github_repository_collaborator", collaborator),
    ("github_repository_collaborators", collaborators),
    ("github_repository_deploy_key", deploy_key),
];

/// The permission that the provider gives where none is written.
const DEFAULT_PERMISSION: &str = "push";

fn membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let Some(username) = required(resource, "username", lowering) else { return };
    let role = word(resource.get("role"), "member");
    for (login, origin) in logins(username, lowering) {
        let who = user(&own, &login, origin, lowering);
        match role.as_deref() {
            Some("member") => {
                lowering.group(own.native(MEMBERS), true, origin);
                lowering.join(who, own.native(MEMBERS), origin);
            }
            Some("admin") => give(&own, who, OWNER, Scope::unknown(), origin, lowering),
            other => {
                let reason = match other {
                    Some(word) => format!("`{word}` is no role in an organisation: one of member, admin"),
                    None => "the role in the organisation is not known".to_owned(),
                };
                lowering.unresolved(Gap::Unknown, resource.origin, reason, "it is evaluated as that of an owner");
                give(&own, who, OWNER, Scope::unknown(), origin, lowering);
            }
        }
    }
}

fn settings(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let listed = lowering.configuration.of_kind("github_membership").next().is_some();
    lowering.group(own.native(MEMBERS), listed, resource.origin);
    // The provider writes `read` where nothing is written.
    let permission = resource.get("default_repository_permission");
    let origin = permission.map_or(resource.origin, |value| value.origin);
    let everywhere = own.repositories("*");
    match word(permission, "read").as_deref() {
        Some("none") => {}
        word => grant(&own, Holder::Group(own.native(MEMBERS)), word, everywhere, origin, lowering),
    }
    if let Some(value) = resource.get("members_can_create_repositories").filter(|own| own.as_bool() == Some(true)) {
        lowering.unresolved(
            Gap::Unknown,
            value.origin,
            "members may create repositories, and administer those that they create",
            "who administers repositories that are made outside this file is not judged",
        );
    }
}

/// Grants what a permission stands for. A custom role, and one that is not known, is a role that nothing declares.
fn grant(
    own: &Organisation,
    to: Holder,
    permission: Option<&str>,
    scope: Scope,
    origin: Origin,
    lowering: &mut Lowering<'_>,
) {
    if let Some(role) = permission.and_then(repository_role) {
        return give(own, to, role, scope, origin, lowering);
    }
    if permission.is_none() {
        let reason = "which permission this gives is not known";
        lowering.unresolved(Gap::Unknown, origin, reason, "it is granted, and counts for nothing in the findings");
    }
    let role = own.native(&format!("repository-role:{}", permission.unwrap_or("unknown")));
    lowering.grant(to, Granted::Role(role), &own.system, scope, origin);
}

/// Whether an argument of another resource names this team.
fn names_team(value: Option<&Value>, team: &Resource, lowering: &Lowering<'_>) -> bool {
    let name = name_of(team, "name");
    value.is_some_and(|value| match lowering.resolve(value) {
        Some((resource, _)) => resource.name == team.name,
        None => value.as_str().is_some_and(|text| text == name || text == slug(&name)),
    })
}

fn team(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let id = own.native(&name_of(resource, "name"));
    let listed = ["github_team_membership", "github_team_members"].into_iter().any(|kind| {
        lowering.configuration.of_kind(kind).any(|member| names_team(member.get("team_id"), resource, lowering))
    });
    let origin = resource.get("name").map_or(resource.origin, |name| name.origin);
    lowering.group(id.clone(), listed, origin);
    // Child teams inherit what their parent may do with repositories (GitHub documentation, "About organization teams").
    if let Some(parent) = resource.get("parent_team_id").or_else(|| resource.get("parent_team_slug")) {
        for (parent, origin) in teams(parent, lowering) {
            lowering.join(Holder::Group(id.clone()), own.native(&parent), origin);
        }
    }
}

fn team_membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(team), Some(username)) =
        (required(resource, "team_id", lowering), required(resource, "username", lowering))
    else {
        return;
    };
    member(resource, team, username, resource.get("role"), lowering);
}

fn team_members(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(team) = required(resource, "team_id", lowering) else { return };
    let (members, rest) = resource.get("members").map(Value::possible_members).unwrap_or_default();
    for own in members {
        match (own.get("username"), own.as_unknown().cloned()) {
            (Some(username), _) => member(resource, team, username, own.get("role"), lowering),
            (None, Some(unknown)) => lowering.unknown(&unknown, own.origin, "who belongs to the team is not known"),
            (None, None) => {}
        }
    }
    if let Some(rest) = rest.cloned() {
        lowering.unknown(&rest, resource.origin, "more may belong to the team than shown");
    }
}

fn member(resource: &Resource, team: &Value, username: &Value, role: Option<&Value>, lowering: &mut Lowering<'_>) {
    let own = organisation(resource, lowering);
    let people = logins(username, lowering);
    for (team, _) in teams(team, lowering) {
        for (login, origin) in &people {
            let who = user(&own, login, *origin, lowering);
            lowering.join(who.clone(), own.native(&team), *origin);
            // A maintainer whose role is not known counts as one.
            if word(role, "member").as_deref() != Some("member") {
                give(&own, who, MAINTAINER, own.team(&team), *origin, lowering);
            }
        }
    }
}

fn team_repository(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(team), Some(repository)) =
        (required(resource, "team_id", lowering), required(resource, "repository", lowering))
    else {
        return;
    };
    let own = organisation(resource, lowering);
    let permission = word(resource.get("permission"), "pull");
    let here = repositories(repository, lowering);
    for (team, origin) in teams(team, lowering) {
        for repository in &here {
            let scope = own.repositories(repository);
            grant(&own, Holder::Group(own.native(&team)), permission.as_deref(), scope, origin, lowering);
        }
    }
}

fn collaborator(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(username), Some(repository)) =
        (required(resource, "username", lowering), required(resource, "repository", lowering))
    else {
        return;
    };
    let own = organisation(resource, lowering);
    let permission = word(resource.get("permission"), DEFAULT_PERMISSION);
    let here = repositories(repository, lowering);
    for (login, origin) in logins(username, lowering) {
        let who = user(&own, &login, origin, lowering);
        for repository in &here {
            grant(&own, who.clone(), permission.as_deref(), own.repositories(repository), origin, lowering);
        }
    }
}

fn collaborators(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(repository) = required(resource, "repository", lowering) else { return };
    let own = organisation(resource, lowering);
    let here = repositories(repository, lowering);
    for (kind, argument) in [("user", "username"), ("team", "team_id")] {
        let (members, rest) = resource.get(kind).map(Value::possible_members).unwrap_or_default();
        if let Some(rest) = rest.cloned() {
            lowering.unknown(&rest, resource.origin, "more may collaborate on the repository than shown");
        }
        for member in members {
            let Some(name) = member.get(argument).or(member.as_unknown().map(|_| member)) else { continue };
            let permission = word(member.get("permission"), DEFAULT_PERMISSION);
            let found = if kind == "user" { logins(name, lowering) } else { teams(name, lowering) };
            for (name, origin) in found {
                let who = match kind {
                    "user" => user(&own, &name, origin, lowering),
                    _ => Holder::Group(own.native(&name)),
                };
                for repository in &here {
                    grant(&own, who.clone(), permission.as_deref(), own.repositories(repository), origin, lowering);
                }
            }
        }
    }
}

/// A key of a repository: it never expires, and whoever has it may read the repository, or write to it.
fn deploy_key(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(repository) = required(resource, "repository", lowering) else { return };
    let own = organisation(resource, lowering);
    let title = name_of(resource, "title");
    // What is not said to be read-only may write.
    let role =
        if resource.get("read_only").and_then(Value::as_bool) == Some(true) { "repo-read" } else { "repo-write" };
    for repository in repositories(repository, lowering) {
        let id = own.native(&format!("deploy-key:{}/{title}", repository.to_lowercase()));
        lowering.account(id.clone(), AccountKind::ServiceAccount, resource.origin);
        let who = Holder::Account(id.clone());
        give(&own, who.clone(), role, own.repositories(&repository), resource.origin, lowering);
        lowering.facts.credentials.push(CredentialFact {
            id,
            holder: who,
            kind: CredentialKind::SshKey,
            lifetime: Lifetime::Unbounded,
            detail: CredentialDetail::default(),
            created: None,
            origin: resource.origin,
        });
    }
}
