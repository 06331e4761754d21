//! Which keys the layouts have, and how a document is told by them.
//!
//! Source of the keys: the configuration types of the tool, `pkg/config/org/org.go` in kubernetes-sigs/prow.

use crate::syntax::Node;

/// Keys of an organisation that give nobody access. `members_can_create_repositories` does, and is not one.
pub(super) const ORG_SETTINGS: &[&str] = &[
    "billing_email",
    "company",
    "description",
    "email",
    "has_organization_projects",
    "has_repository_projects",
    "location",
    "name",
];

/// Keys of an organisation that give access.
pub(super) const ORG_ACCESS: &[&str] =
    &["admins", "default_repository_permission", "members", "members_can_create_repositories", "repos", "teams"];

/// Keys of a team that give nobody access. `previously` lists names that the team had.
pub(super) const TEAM_SETTINGS: &[&str] = &["description", "notification_setting", "previously", "privacy"];

/// Keys of a team that give access.
pub(super) const TEAM_ACCESS: &[&str] = &["maintainers", "members", "repos", "teams"];

/// Keys of a repository that give no named person access; whether it is `private` decides about the public only.
pub(super) const REPO_SETTINGS: &[&str] = &[
    "allow_auto_merge",
    "allow_merge_commit",
    "allow_rebase_merge",
    "allow_squash_merge",
    "allow_update_branch",
    "archived",
    "default_branch",
    "default_branch_only",
    "delete_branch_on_merge",
    "description",
    "fork_from",
    "has_issues",
    "has_projects",
    "has_wiki",
    "homepage",
    "on_create",
    "previously",
    "private",
    "squash_merge_commit_message",
    "squash_merge_commit_title",
];

/// Keys of a repository that give access.
pub(super) const REPO_ACCESS: &[&str] = &["collaborators"];

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Root key `orgs:`, alone or inside a larger configuration.
    Whole,
    /// One organisation's own keys at the root.
    Org,
    /// Root key `teams:` alone: teams of the organisation whose folder the file stands in.
    Teams,
}

/// Tells the layout of a document, if it has one.
pub(super) fn layout(path: &str, document: &Node) -> Option<Layout> {
    let root = document.as_map()?;
    let has = |key: &str| document.get(key).is_some();
    if let Some(orgs) = document.get("orgs") {
        let known = |org: &Node| org.as_map().is_some_and(|keys| keys.iter().any(|key| is_org_key(&key.key)));
        return orgs.as_map()?.iter().any(|org| known(&org.value)).then_some(Layout::Whole);
    }
    let logins = |key: &str| document.get(key).is_some_and(is_logins);
    let teams = document.get("teams").is_some_and(|teams| is_teams(teams, is_named(path, "teams")));
    // One list of names is not enough to tell an organisation; a setting that only GitHub has makes it one.
    let setting = has("default_repository_permission")
        || has("has_organization_projects")
        || has("has_repository_projects")
        || has("members_can_create_repositories");
    let people = logins("admins") || logins("members");
    let org = people && (setting || teams || (logins("admins") && logins("members") && is_named(path, "org")));
    if org {
        return Some(Layout::Org);
    }
    (teams && root.len() == 1).then_some(Layout::Teams)
}

fn is_org_key(key: &str) -> bool {
    ORG_SETTINGS.contains(&key) || ORG_ACCESS.contains(&key)
}

fn is_named(path: &str, stem: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) == Some(stem)
}

fn is_logins(node: &Node) -> bool {
    node.as_list().is_some_and(|items| items.iter().all(|item| item.as_text().is_some()))
}

/// Whether this maps teams. Members alone are what many files have under `teams:`; then the file's name has to say so.
fn is_teams(node: &Node, by_name: bool) -> bool {
    let Some(teams) = node.as_map() else { return false };
    let all_maps = teams.iter().all(|team| team.value.is_null() || team.value.as_map().is_some());
    let telling = |team: &Node| {
        let has = |key: &str| team.get(key).is_some();
        let privacy =
            team.get("privacy").and_then(Node::as_str).is_some_and(|word| matches!(word, "closed" | "secret"));
        let repos = team.at(&["repos"]).and_then(Node::as_map).is_some();
        let people = team.get("members").is_some_and(is_logins) || team.get("maintainers").is_some_and(is_logins);
        (people && (by_name || privacy || repos || has("maintainers"))) || (repos && (by_name || privacy))
    };
    let nested = |team: &Node| team.get("teams").is_some_and(|teams| is_teams(teams, by_name));
    all_maps && teams.iter().any(|team| telling(&team.value) || nested(&team.value))
}
