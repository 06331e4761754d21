//! Realms of Keycloak, as `kc.sh export` and the administration console write them (keycloak.org, "Server Administration",
//! RealmRepresentation).
//!
//! A realm is a system. Its roles are `realm/NAME` and `client/CLIENT/NAME`; each permits what it is called, `realm:NAME` or
//! `CLIENT:NAME`, since what a role is good for is decided by whoever asks for it. A group is known by its path, and who is
//! in it is in those around it.

use std::collections::BTreeSet;

use super::items;
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Facts, Gap, GrantFact, Granted,
    GroupFact, Holder, IncludeFact, Lifetime, MembershipFact, Native, Origin, Patterns, RoleFact, Statement, Text,
    Validity,
};
use crate::formats::credentials::is_written;
use crate::formats::{Format, Grouping, Lowering, Recognise, Unit, system_of_type};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format =
    Format { name: "keycloak", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Together(unit), lower };

fn recognise(_path: &str, document: &Node) -> bool {
    let list_with = |key: &str, own: &str| {
        document.get(key).and_then(Node::as_list).and_then(<[_]>::first).is_some_and(|item| item.get(own).is_some())
    };
    let roles =
        document.get("roles").is_some_and(|roles| roles.get("realm").is_some() || roles.get("client").is_some());
    document.get("realm").and_then(Node::as_str).is_some()
        && (roles || list_with("clients", "clientId") || list_with("users", "username"))
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let has = |word: &str| text.contains(word);
    (has("\"realm\"") && has("\"clientId\"") && has("\"sslRequired\"")).then_some(Gap::Broken)
}

/// The files of a folder: a realm's users may stand in files of their own.
fn unit(path: &str, _all: &BTreeSet<&str>) -> String {
    path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    // Which roles are the realm's own is known when all of its files are.
    let mut seen: BTreeSet<(Text, Text)> = BTreeSet::new();
    for (file, member) in (0..).zip(&unit.files) {
        for document in &member.documents {
            let Some(name) = document.get("realm").and_then(Node::as_str) else { continue };
            let system = match system_of_type(member.system.as_ref().map(|hint| &hint.id), "keycloak") {
                own if &*own == "keycloak" => format!("keycloak:{name}").into(),
                named => named,
            };
            let lowering = Lowering { facts: &mut facts, file };
            Realm { lowering, system, name, seen: &mut seen }.lower(document);
        }
    }
    facts
}

struct Realm<'f> {
    lowering: Lowering<'f>,
    system: Text,
    name: &'f str,
    seen: &'f mut BTreeSet<(Text, Text)>,
}

impl Realm<'_> {
    fn lower(&mut self, realm: &Node) {
        for role in items(realm.at(&["roles", "realm"])) {
            self.role(None, role);
        }
        for client in entries(realm.at(&["roles", "client"])) {
            for role in items(Some(client.1)) {
                self.role(Some(client.0), role);
            }
        }
        for group in items(realm.get("groups")) {
            self.group(None, group);
        }
        for client in items(realm.get("clients")) {
            self.client(client);
        }
        for user in items(realm.get("users")) {
            self.user(user);
        }
        if let Some(providers) = realm.get("identityProviders").filter(|list| !items(Some(list)).is_empty()) {
            let reason = "users of other identity providers may log in here";
            let consequence = "who they are and what their mappers give them is not evaluated";
            self.lowering.unresolved(Gap::Unknown, providers.head(), reason, consequence);
        }
        if let Some(default) = realm.get("defaultGroups").filter(|list| !items(Some(list)).is_empty()) {
            let reason = "everybody who is made new comes into these groups";
            self.lowering.unresolved(Gap::Unknown, default.span, reason, "they may have more members than shown");
        }
    }

    fn native(&self, name: impl Into<Text>) -> Native {
        Native::new(self.system.clone(), name)
    }

    fn id(&self, client: Option<&str>, name: &str) -> Native {
        self.native(match client {
            Some(client) => format!("client/{client}/{name}"),
            None => format!("realm/{name}"),
        })
    }

    fn role(&mut self, client: Option<&str>, role: &Node) {
        self.lowering.count("role");
        let Some((name, at)) = self.named(role, "name", "role") else { return };
        // In the realm `master` the role `admin` administers every realm; elsewhere it is one of an application.
        let action = match client {
            Some(client) => format!("{client}:{name}"),
            None if self.name == "master" && name == "admin" => "master:admin".to_owned(),
            None => format!("realm:{name}"),
        };
        let mut includes = Vec::new();
        for own in items(role.at(&["composites", "realm"])) {
            includes.extend(own.as_str().map(|own_name| (self.id(None, own_name), own.span)));
        }
        for (client, list) in entries(role.at(&["composites", "client"])) {
            for own in items(Some(list)) {
                includes.extend(own.as_str().map(|name| (self.id(Some(client), name), own.span)));
            }
        }
        let includes =
            includes.into_iter().map(|(role, span)| IncludeFact { role, origin: self.lowering.at(span) }).collect();
        let title = role.get("description").and_then(Node::as_str).filter(|text| !text.starts_with("${"));
        let statement = Statement::allow(Patterns::of([action]), Patterns::any(), at);
        self.lowering.facts.roles.push(RoleFact {
            title: title.map(Text::from),
            includes,
            ..RoleFact::new(self.id(client, name), vec![statement], at)
        });
    }

    /// The name of a thing, with its place; what has none is said.
    fn named<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<(&'n str, Origin)> {
        match node.get(key).map(|name| (name.as_text(), name.span)) {
            Some((Some(name), span)) => Some((name, self.lowering.at(span))),
            _ => {
                let reason = format!("this {what} has no `{key}` that is text");
                self.lowering.unresolved(Gap::Broken, node.head(), reason, format!("this {what} is not evaluated"));
                None
            }
        }
    }

    fn group(&mut self, outer: Option<&str>, group: &Node) {
        self.lowering.count("group");
        let Some((name, at)) = self.named(group, "name", "group") else { return };
        let path = format!("{}/{name}", outer.unwrap_or_default());
        let id = self.native(path.as_str());
        self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed: true, origin: at });
        if let Some(outer) = outer {
            let member = Holder::Group(id.clone());
            self.join(member, outer, at);
        }
        self.roles_of(&Holder::Group(id), group);
        for inner in items(group.get("subGroups")) {
            self.group(Some(&path), inner);
        }
    }

    fn join(&mut self, member: Holder, group: &str, origin: Origin) {
        let group = self.native(group);
        self.lowering.facts.memberships.push(MembershipFact { member, group, validity: Validity::default(), origin });
    }

    /// The roles that a user or a group has.
    fn roles_of(&mut self, to: &Holder, node: &Node) {
        for role in items(node.get("realmRoles")) {
            if let Some(name) = role.as_str() {
                self.give(to, self.id(None, name), self.lowering.at(role.span));
            }
        }
        for (client, list) in entries(node.get("clientRoles")) {
            for role in items(Some(list)) {
                if let Some(name) = role.as_str() {
                    self.give(to, self.id(Some(client), name), self.lowering.at(role.span));
                }
            }
        }
    }

    fn give(&mut self, to: &Holder, role: Native, origin: Origin) {
        let what = Granted::Role(role);
        self.lowering.facts.grants.push(GrantFact::new(to.clone(), self.system.clone(), what, origin));
    }

    fn user(&mut self, user: &Node) {
        self.lowering.count("user");
        let Some((name, at)) = self.named(user, "username", "user") else { return };
        // Who cannot log in holds nothing for now.
        if user.get("enabled").and_then(Node::as_bool) == Some(false) {
            return;
        }
        let service = user.get("serviceAccountClientId").is_some() || name.starts_with("service-account-");
        let kind = if service { AccountKind::ServiceAccount } else { AccountKind::User };
        let to = self.account(name, kind, at);
        self.roles_of(&to, user);
        for group in items(user.get("groups")) {
            if let Some(path) = group.as_str() {
                let at = self.lowering.at(group.span);
                self.join(to.clone(), path, at);
            }
        }
        for own in items(user.get("credentials")) {
            if own.get("type").and_then(Node::as_str) == Some("password") {
                let created = own.get("createdDate").and_then(Node::as_text).and_then(|text| text.parse::<i64>().ok());
                let span = own.entry("type").map_or(own.span, crate::syntax::Entry::span);
                let fact = CredentialFact {
                    id: self.native(format!("{name}/password")),
                    holder: to.clone(),
                    kind: CredentialKind::Password,
                    lifetime: Lifetime::Unknown,
                    created: created.map(|millis| millis / 1_000),
                    detail: CredentialDetail::of("keycloak_user_password"),
                    origin: self.lowering.at(span),
                };
                self.lowering.facts.credentials.push(fact);
            }
        }
    }

    fn account(&mut self, name: &str, kind: AccountKind, origin: Origin) -> Holder {
        let id = self.native(name);
        if self.seen.insert((id.system.clone(), id.name.clone())) {
            self.lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
        }
        Holder::Account(id)
    }

    /// A client that logs in by itself has an account and a secret.
    fn client(&mut self, client: &Node) {
        self.lowering.count("client");
        let Some((name, at)) = self.named(client, "clientId", "client") else { return };
        let yes = |key: &str| client.get(key).and_then(Node::as_bool) == Some(true);
        if client.get("enabled").and_then(Node::as_bool) == Some(false) || !yes("serviceAccountsEnabled") {
            return;
        }
        let holder = self.account(&format!("service-account-{}", name.to_lowercase()), AccountKind::ServiceAccount, at);
        let Some(secret) = client.entry("secret").filter(|secret| !secret.value.is_null()) else { return };
        let until = client.at(&["attributes", "client.secret.expiration.time"]).and_then(Node::as_text);
        let until = until.and_then(|text| text.parse::<i64>().ok()).filter(|until| *until > 0);
        let made = client.at(&["attributes", "client.secret.creation.time"]).and_then(Node::as_text);
        let fact = CredentialFact {
            id: self.native(format!("client/{name}/secret")),
            holder,
            kind: CredentialKind::Token,
            lifetime: until.map_or(Lifetime::Unbounded, Lifetime::Until),
            created: made.and_then(|text| text.parse::<i64>().ok()),
            detail: CredentialDetail {
                is_literal: secret.value.as_text().is_some_and(is_written),
                ..CredentialDetail::of("keycloak_client_secret")
            },
            origin: self.lowering.at(secret.key_span),
        };
        self.lowering.facts.credentials.push(fact);
    }
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    node.and_then(Node::as_map).unwrap_or_default().iter().map(|entry| (&*entry.key, &entry.value))
}
