//! Organisations to facts.

use std::collections::BTreeSet;

use super::governing;
use super::shape::{Layout, ORG_ACCESS, ORG_SETTINGS, REPO_ACCESS, REPO_SETTINGS, TEAM_ACCESS, TEAM_SETTINGS, layout};
use crate::facts::scope::Scope;
use crate::facts::{
    AccountFact, AccountKind, Facts, Gap, GrantFact, Granted, GroupFact, Holder, MembershipFact, Native, Validity,
};
use crate::formats::github::{MAINTAINER, MEMBERS, OWNER, Organisation, REPOSITORY_ROLES, repository_role};
use crate::formats::{Lowering, SystemHint, Unit, UnitFile, text};
use crate::syntax::{Entry, Node, Span, nearest};

/// Lowers a unit: first the organisations, then the files of teams that belong to them.
pub(super) fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut seen = Seen::default();
    let mut teams = Vec::new();
    for (index, file) in (0u32..).zip(&unit.files) {
        for &document in &file.documents {
            let lowering = Lowering { facts: &mut facts, file: index };
            match layout(file.path, document) {
                Some(Layout::Whole) => whole(lowering, &mut seen, file, document),
                Some(Layout::Org) => split_org(lowering, &mut seen, file, document),
                Some(Layout::Teams) => teams.push((index, file, document)),
                None => {}
            }
        }
    }
    for (index, file, document) in teams {
        split_teams(Lowering { facts: &mut facts, file: index }, &mut seen, unit, file, document);
    }
    facts
}

fn whole(mut lowering: Lowering<'_>, seen: &mut Seen, file: &UnitFile<'_>, document: &Node) {
    let orgs = document.get("orgs").and_then(Node::as_map).unwrap_or_default();
    // One configured id cannot stand for two organisations: their teams would be taken for the same ones.
    let hint = file.system.as_ref().filter(|_| orgs.len() == 1);
    for entry in orgs {
        let mut org = Org::new(&mut lowering, seen, &entry.key, hint);
        if entry.value.is_null() || entry.value.as_map().is_some() {
            org.organisation(&entry.value, entry.key_span);
        } else {
            org.broken(entry.value.span, "an organisation", &entry.value, "this organisation is not evaluated");
        }
    }
}

fn split_org(mut lowering: Lowering<'_>, seen: &mut Seen, file: &UnitFile<'_>, document: &Node) {
    let at = document.head();
    let Some(name) = organisation_name(folder_name(file.path), file.system.as_ref()) else {
        nameless(&mut lowering, at);
        return;
    };
    Org::new(&mut lowering, seen, &name, file.system.as_ref()).organisation(document, at);
}

fn split_teams(mut lowering: Lowering<'_>, seen: &mut Seen, unit: &Unit<'_>, file: &UnitFile<'_>, document: &Node) {
    let Some(entry) = document.entry("teams") else { return };
    let above = governing(file.path, |path| {
        let place = unit.files.binary_search_by(|member| member.path.cmp(path)).ok();
        place.and_then(|place| unit.files.get(place)).is_some_and(|member| {
            member.documents.iter().any(|document| layout(member.path, document) == Some(Layout::Org))
        })
    });
    let folder = match &above {
        Some(org) => folder_name(org),
        None => file.path.rsplit_once('/').and_then(|(folder, _)| folder_name(folder).or(folder_name(file.path))),
    };
    let Some(name) = organisation_name(folder, file.system.as_ref()) else {
        nameless(&mut lowering, entry.key_span);
        return;
    };
    if above.is_none() && file.system.is_none() {
        lowering.unresolved(
            Gap::Unknown,
            entry.key_span,
            "no org.yaml stands above these teams, so their organisation is a guess from the folder; \
             name it in `systems:` of countersign.yaml",
            format!("they are judged as teams of `{}`", name.to_lowercase()),
        );
    }
    let mut org = Org::new(&mut lowering, seen, &name, file.system.as_ref());
    org.teams(&entry.value, None);
}

fn nameless(lowering: &mut Lowering<'_>, at: Span) {
    lowering.unresolved(
        Gap::Unknown,
        at,
        "the folder that would name the organisation is the root; name it in `systems:` of countersign.yaml, \
         as `github:ORG`",
        "this file is not evaluated",
    );
}

/// The name of the folder that a path stands in.
fn folder_name(path: &str) -> Option<&str> {
    let (folder, _) = path.rsplit_once('/')?;
    folder.rsplit('/').next().filter(|name| !name.is_empty())
}

/// The organisation's name: the folder's, else what a configured id says after its colon.
fn organisation_name(folder: Option<&str>, hint: Option<&SystemHint>) -> Option<String> {
    let configured = || hint.map(|hint| hint.id.split_once(':').map_or(&*hint.id, |(_, name)| name));
    folder.or_else(configured).map(str::to_owned)
}

/// What was already defined while lowering a unit.
#[derive(Default)]
struct Seen {
    accounts: BTreeSet<Native>,
    roles: BTreeSet<Native>,
}

/// One organisation while it is lowered.
struct Org<'l, 'f> {
    lowering: &'l mut Lowering<'f>,
    seen: &'l mut Seen,
    own: Organisation,
}

impl<'l, 'f> Org<'l, 'f> {
    fn new(lowering: &'l mut Lowering<'f>, seen: &'l mut Seen, name: &str, hint: Option<&SystemHint>) -> Self {
        let name = name.to_lowercase();
        let system = hint.map_or_else(|| text(&format!("github:{name}")), |hint| hint.id.clone());
        Self { lowering, seen, own: Organisation { system, name } }
    }

    /// Lowers an organisation's keys; `at` is where it is named.
    fn organisation(&mut self, org: &Node, at: Span) {
        self.lowering.count("org");
        self.check_keys(org, ORG_ACCESS, ORG_SETTINGS, "an organisation");
        for (login, span) in self.logins(org, "admins", "admin") {
            let holder = self.account(&login, span);
            self.grant(holder, OWNER, Scope::unknown(), span);
        }
        self.members(org, at);
        if let Some(entry) = org.entry("members_can_create_repositories").filter(|e| e.value.as_bool() == Some(true)) {
            self.lowering.unresolved(
                Gap::Unknown,
                entry.key_span,
                "members may create repositories, and administer those that they create",
                "who administers repositories that are made outside this file is not judged",
            );
        }
        for repo in self.entries(org, "repos", "repositories") {
            self.repository(repo);
        }
        if let Some(teams) = org.get("teams") {
            self.teams(teams, None);
        }
    }

    /// Members who are not owners, and what every one of them may do with all repositories.
    ///
    /// Where the permission is not written, the tool leaves the organisation's setting as it is: nothing is declared.
    fn members(&mut self, org: &Node, at: Span) {
        let group = self.own.native(MEMBERS);
        let place = org.entry("members").map(|entry| entry.key_span);
        let permission = org.get("default_repository_permission");
        if place.is_some() || permission.is_some() {
            let origin = self.lowering.at(place.unwrap_or(at));
            self.lowering.facts.groups.push(GroupFact { id: group.clone(), members_listed: true, origin });
        }
        for (login, span) in self.logins(org, "members", "member") {
            let member = self.account(&login, span);
            self.join(member, &group, span);
        }
        if let Some(permission) = permission
            && let Some(role) = self.permission(permission)
        {
            self.grant(Holder::Group(group), role, self.own.repositories("*"), permission.span);
        }
    }

    fn repository(&mut self, entry: &Entry) {
        self.check_keys(&entry.value, REPO_ACCESS, REPO_SETTINGS, "a repository");
        for collaborator in self.entries(&entry.value, "collaborators", "collaborators") {
            self.lowering.count("collaborator");
            let holder = self.account(&collaborator.key.to_lowercase(), collaborator.key_span);
            if let Some(role) = self.permission(&collaborator.value) {
                self.grant(holder, role, self.own.repositories(&entry.key), collaborator.span());
            }
        }
    }

    /// Teams by name; a nested team also belongs to its parent, since child teams inherit their parent's repository
    /// permissions (GitHub's documentation, "About organization teams", nested teams). The parent's members get
    /// nothing of the child's.
    fn teams(&mut self, teams: &Node, parent: Option<&Native>) {
        let Some(entries) = teams.as_map() else {
            self.broken(teams.span, "a map of teams", teams, "these teams are not evaluated");
            return;
        };
        for entry in entries {
            self.lowering.count("team");
            let group = self.own.native(&entry.key);
            let origin = self.lowering.at(entry.key_span);
            self.lowering.facts.groups.push(GroupFact { id: group.clone(), members_listed: true, origin });
            if let Some(parent) = parent {
                self.join(Holder::Group(group.clone()), parent, entry.key_span);
            }
            if entry.value.as_map().is_some() {
                self.team(&entry.value, &entry.key, &group);
            } else if !entry.value.is_null() {
                self.broken(entry.value.span, "a team", &entry.value, "this team is not evaluated");
            }
        }
    }

    fn team(&mut self, team: &Node, name: &str, group: &Native) {
        self.check_keys(team, TEAM_ACCESS, TEAM_SETTINGS, "a team");
        let mut joined = BTreeSet::new();
        for (login, span) in self.logins(team, "members", "member") {
            let member = self.account(&login, span);
            self.join(member, group, span);
            joined.insert(login);
        }
        for (login, span) in self.logins(team, "maintainers", "maintainer") {
            let member = self.account(&login, span);
            if joined.insert(login) {
                self.join(member.clone(), group, span);
            }
            self.grant(member, MAINTAINER, self.own.team(name), span);
        }
        for repo in self.entries(team, "repos", "repository permissions") {
            self.lowering.count("repository permission");
            if let Some(role) = self.permission(&repo.value) {
                self.grant(Holder::Group(group.clone()), role, self.own.repositories(&repo.key), repo.span());
            }
        }
        if let Some(children) = team.get("teams") {
            self.teams(children, Some(group));
        }
    }

    /// The logins of a list in lower case, each once; the tally counts them as written.
    fn logins(&mut self, node: &Node, key: &str, tally: &'static str) -> Vec<(String, Span)> {
        let Some(list) = node.get(key) else { return Vec::new() };
        let Some(items) = list.as_list() else {
            self.broken(list.span, "a list of logins", list, "nobody in it is evaluated");
            return Vec::new();
        };
        let mut found = BTreeSet::new();
        let mut logins = Vec::with_capacity(items.len());
        for item in items {
            // A login of digits is a number to YAML when it is not quoted.
            let Some(login) = item.as_text().filter(|login| !login.trim().is_empty()) else {
                self.broken(item.span, "a login", item, "this entry is not evaluated");
                continue;
            };
            self.lowering.count(tally);
            let login = login.trim().to_lowercase();
            if found.insert(login.clone()) {
                logins.push((login, item.span));
            }
        }
        logins
    }

    /// The entries of a map under a key; a complaint and nothing when it is no map.
    fn entries<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> &'n [Entry] {
        let Some(value) = node.get(key) else { return &[] };
        value.as_map().unwrap_or_else(|| {
            self.broken(value.span, &format!("a map of {what}"), value, "nothing in it is evaluated");
            &[]
        })
    }

    /// The role that a repository permission stands for; none for `none`, and none with a complaint for other words.
    fn permission(&mut self, node: &Node) -> Option<&'static str> {
        let word = node.as_text().unwrap_or_default();
        match word {
            "none" => None,
            "read" | "triage" | "write" | "maintain" | "admin" => repository_role(word),
            _ => {
                let known = REPOSITORY_ROLES.iter().map(|(name, _)| *name);
                // The words of GitHub's REST API, which the tool does not take.
                let near = match word {
                    "pull" => Some("read"),
                    "push" => Some("write"),
                    _ => nearest(word, known),
                };
                let help = near.map_or_else(
                    || "one of: read, triage, write, maintain, admin, none".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let what = if word.is_empty() { node.kind().to_owned() } else { format!("`{word}`") };
                let reason = format!("{what} is not a repository permission; {help}");
                self.lowering.unresolved(Gap::Broken, node.span, reason, "this permission is not evaluated");
                None
            }
        }
    }

    /// Passes over keys that give nobody access and reports any other that is not read.
    fn check_keys(&mut self, node: &Node, access: &[&str], settings: &[&str], what: &str) {
        for entry in node.as_map().unwrap_or_default() {
            let key = &*entry.key;
            if access.contains(&key) || settings.contains(&key) {
                continue;
            }
            let help = nearest(key, access.iter().chain(settings).copied())
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let reason = format!("unknown key `{key}` of {what}{help}");
            self.lowering.unresolved(Gap::Unknown, entry.key_span, reason, "access that it may give is not evaluated");
        }
    }

    fn broken(&mut self, at: Span, wanted: &str, found: &Node, consequence: &str) {
        self.lowering.unresolved(Gap::Broken, at, format!("expected {wanted}, found {}", found.kind()), consequence);
    }

    fn account(&mut self, login: &str, span: Span) -> Holder {
        let id = self.own.native(login);
        if self.seen.accounts.insert(id.clone()) {
            let origin = self.lowering.at(span);
            let fact = AccountFact { id: id.clone(), kind: AccountKind::User, boundary: None, origin };
            self.lowering.facts.accounts.push(fact);
        }
        Holder::Account(id)
    }

    fn join(&mut self, member: Holder, group: &Native, span: Span) {
        let origin = self.lowering.at(span);
        let fact = MembershipFact { member, group: group.clone(), validity: Validity::default(), origin };
        self.lowering.facts.memberships.push(fact);
    }

    fn grant(&mut self, to: Holder, role: &'static str, scope: Scope, span: Span) {
        let origin = self.lowering.at(span);
        let id = self.own.native(role);
        if self.seen.roles.insert(id.clone()) {
            let fact = self.own.built_in(role, origin);
            self.lowering.facts.roles.push(fact);
        }
        self.lowering
            .facts
            .grants
            .push(GrantFact { scope, ..GrantFact::new(to, self.own.system.clone(), Granted::Role(id), origin) });
    }
}
