//! Okta as its API answers (developer.okta.com, "Core Okta API").
//!
//! An answer is a list of users, groups, applications or rules. Whose roles or members a list holds stands in the address
//! that was asked, so answers are kept under it: `groups/ID/users.json`, `users/ID/roles.json`, `apps/ID/groups.json`. They
//! may as well be one document with `users`, `groups`, `apps` and `rules`, where a group has its `users` and `roles` and a
//! user its `groups` and `roles`. The answers below one folder are one organisation.

use std::collections::{BTreeMap, BTreeSet};

use super::items;
use crate::facts::{
    AccountFact, AccountKind, Facts, Gap, GrantFact, Granted, GroupFact, Holder, MembershipFact, Native, Origin,
    RoleFact, Text, Validity,
};
use crate::formats::okta as words;
use crate::formats::{Format, Grouping, Lowering, Recognise, Unit, system_of_type};
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format =
    Format { name: "okta", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Together(unit), lower };

/// What a list of the API is a list of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Users,
    Groups,
    Apps,
    Rules,
    /// Roles of whoever the address names.
    Roles,
    /// Users or groups that have the application that the address names.
    Assignments,
}

impl Kind {
    /// Told by the first member: the words of the API stand together nowhere else.
    fn of(list: &Node) -> Option<Self> {
        let first = list.as_list()?.first()?;
        first.get("id")?;
        let text = |key: &str| first.get(key).and_then(Node::as_str);
        if first.at(&["profile", "login"]).is_some() && first.get("status").is_some() {
            Some(Self::Users)
        } else if first.at(&["profile", "name"]).is_some()
            && (first.get("objectClass").is_some()
                || matches!(text("type"), Some("OKTA_GROUP" | "BUILT_IN" | "APP_GROUP")))
        {
            Some(Self::Groups)
        } else if first.get("signOnMode").is_some() && first.get("label").is_some() {
            Some(Self::Apps)
        } else if text("type") == Some("group_rule") {
            Some(Self::Rules)
        } else if first.get("assignmentType").is_some() && first.get("type").is_some() {
            Some(Self::Roles)
        } else if text("scope").is_some() && first.get("credentials").is_some()
            || first.get("priority").is_some() && first.get("_links").is_some()
        {
            Some(Self::Assignments)
        } else {
            None
        }
    }
}

/// The lists of one document.
const KEYS: [(&str, Kind); 4] =
    [("users", Kind::Users), ("groups", Kind::Groups), ("apps", Kind::Apps), ("rules", Kind::Rules)];

fn recognise(path: &str, document: &Node) -> bool {
    match Kind::of(document) {
        Some(Kind::Roles | Kind::Assignments) => Address::of(path).is_some(),
        Some(_) => true,
        None => KEYS.iter().any(|(key, kind)| document.get(key).and_then(Kind::of) == Some(*kind)),
    }
}

fn suspect(_path: &str, _text: &str, _error: &SyntaxError) -> Option<Gap> {
    None
}

/// Whose list an address names: `groups/ID/users.json`.
struct Address<'p> {
    of: &'p str,
    id: &'p str,
    list: &'p str,
    above: &'p str,
}

impl<'p> Address<'p> {
    fn of(path: &'p str) -> Option<Self> {
        let path = path.strip_suffix(".json")?;
        let (rest, list) = path.rsplit_once('/')?;
        let (rest, id) = rest.rsplit_once('/')?;
        let (above, of) = rest.rsplit_once('/').unwrap_or(("", rest));
        let known = matches!(of, "users" | "groups" | "apps") && matches!(list, "users" | "groups" | "roles");
        known.then_some(Self { of, id, list, above })
    }
}

fn unit(path: &str, _all: &BTreeSet<&str>) -> String {
    match Address::of(path) {
        Some(address) => address.above.to_owned(),
        None => path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
    }
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    let mut known = Known::default();
    let lists = || {
        (0u32..).zip(&unit.files).flat_map(|(file, own)| {
            own.documents
                .iter()
                .flat_map(move |document| lists_of(document).into_iter().map(move |found| (file, own, found)))
        })
    };
    // Who and what there is by its id, before anything that names it.
    for (_, own, (kind, list)) in lists() {
        known.learn(kind, list);
        let members = Address::of(own.path).filter(|address| (address.of, address.list) == ("groups", "users"));
        known.listed.extend(members.map(|address| address.id.to_owned()));
    }
    for (file, own, (kind, list)) in lists() {
        let system = system_of_type(own.system.as_ref().map(|hint| &hint.id), words::SYSTEM);
        let lowering = Lowering { facts: &mut facts, file };
        let mut organisation = Organisation { lowering, system, known: &mut known };
        match Address::of(own.path).filter(|_| list.as_list().is_some()) {
            Some(address) => organisation.answer(&address, kind, list),
            None => organisation.list(kind, list),
        }
    }
    facts
}

fn lists_of(document: &Node) -> Vec<(Kind, &Node)> {
    match Kind::of(document) {
        Some(kind) => vec![(kind, document)],
        None => KEYS.iter().filter_map(|(key, kind)| Some((*kind, document.get(key)?))).collect(),
    }
}

#[derive(Default)]
struct Known {
    /// Logins of users, names of groups and labels of applications, by their ids.
    users: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
    apps: BTreeMap<String, String>,
    /// Groups whose members are told.
    listed: BTreeSet<String>,
    /// Groups that rules fill.
    filled: BTreeSet<String>,
    seen: BTreeSet<(Text, Text)>,
    /// Who is in which group so far.
    joined: BTreeSet<(Holder, Native)>,
}

impl Known {
    fn learn(&mut self, kind: Kind, list: &Node) {
        let (path, into): (&[&str], _) = match kind {
            Kind::Users => (&["profile", "login"], &mut self.users),
            Kind::Groups => (&["profile", "name"], &mut self.groups),
            Kind::Apps => (&["label"], &mut self.apps),
            Kind::Rules => {
                for rule in items(Some(list)) {
                    let groups = rule.at(&["actions", "assignUserToGroups", "groupIds"]);
                    self.filled.extend(items(groups).iter().filter_map(Node::as_str).map(str::to_owned));
                }
                return;
            }
            Kind::Roles | Kind::Assignments => return,
        };
        for own in items(Some(list)) {
            if let (Some(id), Some(name)) = (own.get("id").and_then(Node::as_str), own.at(path).and_then(Node::as_str))
            {
                into.insert(id.to_owned(), name.to_owned());
            }
        }
        for group in items(Some(list)).iter().filter(|_| kind == Kind::Groups) {
            if let (Some(id), true) = (group.get("id").and_then(Node::as_str), group.get("users").is_some()) {
                self.listed.insert(id.to_owned());
            }
        }
    }
}

struct Organisation<'f> {
    lowering: Lowering<'f>,
    system: Text,
    known: &'f mut Known,
}

impl Organisation<'_> {
    fn list(&mut self, kind: Kind, list: &Node) {
        for own in items(Some(list)) {
            match kind {
                Kind::Users => self.user(own),
                Kind::Groups => self.group(own),
                Kind::Apps => self.app(own),
                Kind::Rules => self.rule(own),
                Kind::Roles | Kind::Assignments => {}
            }
        }
    }

    /// An answer whose address says whose it is.
    fn answer(&mut self, address: &Address<'_>, kind: Kind, list: &Node) {
        let id = address.id;
        match (address.of, address.list, kind) {
            ("groups", "users", Kind::Users) => {
                let group = self.group_of(id, list);
                for user in items(Some(list)) {
                    self.user(user);
                    self.joined(user, &group);
                }
            }
            ("users", "groups", Kind::Groups) => {
                let to = self.user_of(id, list);
                for group in items(Some(list)) {
                    self.group(group);
                    let Some(id) = group.get("id").and_then(Node::as_str) else { continue };
                    let name = self.name(&self.known.groups, id);
                    self.join(to.clone(), &name, self.lowering.at(group.head()));
                }
            }
            ("users", "roles", Kind::Roles) => {
                let to = self.user_of(id, list);
                items(Some(list)).iter().for_each(|role| self.administers(&to, role));
            }
            ("groups", "roles", Kind::Roles) => {
                let to = self.group_holder(id, list);
                items(Some(list)).iter().for_each(|role| self.administers(&to, role));
            }
            ("apps", "users", _) => {
                for own in items(Some(list)) {
                    let Some(user) = own.get("id").and_then(Node::as_str) else { continue };
                    let to = self.user_of(user, own);
                    self.uses(&to, id, own);
                }
            }
            ("apps", "groups", _) => {
                for own in items(Some(list)) {
                    let Some(group) = own.get("id").and_then(Node::as_str) else { continue };
                    let to = self.group_holder(group, own);
                    self.uses(&to, id, own);
                }
            }
            _ => self.list(kind, list),
        }
    }

    fn name(&self, known: &BTreeMap<String, String>, id: &str) -> String {
        known.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// A user who is named by id; whom no list has is known by the id.
    fn user_of(&mut self, id: &str, at: &Node) -> Holder {
        let name = self.name(&self.known.users, id);
        if !self.known.users.contains_key(id) {
            self.unlisted("user", id, at);
        }
        self.account(&name, self.lowering.at(at.head()))
    }

    fn group_of(&mut self, id: &str, at: &Node) -> String {
        if !self.known.groups.contains_key(id) {
            self.unlisted("group", id, at);
        }
        let name = self.name(&self.known.groups, id);
        let origin = self.lowering.at(at.head());
        self.group_fact(id, &name, origin);
        name
    }

    fn group_holder(&mut self, id: &str, at: &Node) -> Holder {
        let name = self.group_of(id, at);
        Holder::Group(words::named(&self.system, &name))
    }

    fn unlisted(&mut self, what: &str, id: &str, at: &Node) {
        let reason = format!("the {what} `{id}` is in no list of this export");
        let consequence =
            format!("it is known by its id, and may be one that has a name elsewhere; export all {what}s too");
        self.lowering.unresolved(Gap::Dangling, at.head(), reason, consequence);
    }

    fn account(&mut self, login: &str, origin: Origin) -> Holder {
        let id = words::named(&self.system, login);
        if self.known.seen.insert((id.system.clone(), id.name.clone())) {
            let kind = AccountKind::User;
            self.lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin });
        }
        Holder::Account(id)
    }

    fn group_fact(&mut self, id: &str, name: &str, origin: Origin) {
        let native = words::named(&self.system, name);
        // Rules put users there whom nobody lists.
        let members_listed = self.known.listed.contains(id) && !self.known.filled.contains(id);
        if self.known.seen.insert((native.system.clone(), format!("group {name}").into())) {
            self.lowering.facts.groups.push(GroupFact { id: native, members_listed, origin });
        }
    }

    fn join(&mut self, member: Holder, group: &str, origin: Origin) {
        let group = words::named(&self.system, group);
        if self.known.joined.insert((member.clone(), group.clone())) {
            let validity = Validity::default();
            self.lowering.facts.memberships.push(MembershipFact { member, group, validity, origin });
        }
    }

    /// Who has left holds nothing.
    fn is_gone(user: &Node) -> bool {
        user.get("status").and_then(Node::as_str) == Some("DEPROVISIONED")
    }

    /// A member of a group, as a user or as an id.
    fn joined(&mut self, user: &Node, group: &str) {
        if Self::is_gone(user) {
            return;
        }
        let at = user.head();
        let login = user.at(&["profile", "login"]).and_then(Node::as_str).map(str::to_owned);
        let to = match (login, user.as_str().or_else(|| user.get("id").and_then(Node::as_str))) {
            (Some(login), _) => self.account(&login, self.lowering.at(at)),
            (None, Some(id)) => self.user_of(id, user),
            (None, None) => {
                let reason = "a member of a group is neither a user nor an id";
                return self.lowering.unresolved(Gap::Broken, at, reason, "this member is not evaluated");
            }
        };
        self.join(to, group, self.lowering.at(at));
    }

    fn user(&mut self, user: &Node) {
        self.lowering.count("user");
        let Some(login) = user.at(&["profile", "login"]).filter(|login| login.as_str().is_some()) else {
            let reason = "this user has no login that is text";
            return self.lowering.unresolved(Gap::Broken, user.head(), reason, "this user is not evaluated");
        };
        if Self::is_gone(user) {
            return;
        }
        let to = self.account(login.as_str().unwrap_or_default(), self.lowering.at(login.span));
        items(user.get("roles")).iter().for_each(|role| self.administers(&to, role));
        for group in items(user.get("groups")) {
            let name = group.at(&["profile", "name"]).and_then(Node::as_str).map(str::to_owned);
            let id = group.as_str().or_else(|| group.get("id").and_then(Node::as_str));
            if let Some(name) = name.or_else(|| Some(self.group_of(id?, group))) {
                self.join(to.clone(), &name, self.lowering.at(group.head()));
            }
        }
    }

    fn group(&mut self, group: &Node) {
        self.lowering.count("group");
        let (Some(id), Some(name)) = (
            group.get("id").and_then(Node::as_str),
            group.at(&["profile", "name"]).filter(|name| name.as_str().is_some()),
        ) else {
            let reason = "this group has no name that is text";
            return self.lowering.unresolved(Gap::Broken, group.head(), reason, "this group is not evaluated");
        };
        let text = name.as_str().unwrap_or_default();
        self.group_fact(id, text, self.lowering.at(name.span));
        items(group.get("users")).iter().for_each(|user| self.joined(user, text));
        let to = Holder::Group(words::named(&self.system, text));
        items(group.get("roles")).iter().for_each(|role| self.administers(&to, role));
    }

    fn app(&mut self, app: &Node) {
        self.lowering.count("app");
        let Some(id) = app.get("id").and_then(Node::as_str) else { return };
        for own in items(app.get("users")) {
            if let Some(user) = own.as_str().or_else(|| own.get("id").and_then(Node::as_str)) {
                let to = self.user_of(user, own);
                self.uses(&to, id, own);
            }
        }
        for own in items(app.get("groups")) {
            if let Some(group) = own.as_str().or_else(|| own.get("id").and_then(Node::as_str)) {
                let to = self.group_holder(group, own);
                self.uses(&to, id, own);
            }
        }
    }

    fn uses(&mut self, to: &Holder, app: &str, at: &Node) {
        let label = self.name(&self.known.apps, app);
        let origin = self.lowering.at(at.head());
        let what = Granted::Statements(vec![words::uses(&label, origin)]);
        self.lowering.facts.grants.push(GrantFact::new(to.clone(), self.system.clone(), what, origin));
    }

    fn rule(&mut self, rule: &Node) {
        self.lowering.count("rule");
        if rule.get("status").and_then(Node::as_str) == Some("INACTIVE") {
            return;
        }
        let groups = rule.at(&["actions", "assignUserToGroups", "groupIds"]);
        let names: Vec<String> =
            items(groups).iter().filter_map(Node::as_str).map(|id| self.name(&self.known.groups, id)).collect();
        let reason = format!("a rule puts users into {}", names.join(", "));
        let consequence = "who they are follows from their profiles, so each such group is judged as one";
        self.lowering.unresolved(Gap::Unknown, rule.head(), reason, consequence);
    }

    /// A role of an administrator: a type, or a custom one by its label.
    fn administers(&mut self, to: &Holder, role: &Node) {
        if role.get("status").and_then(Node::as_str) == Some("INACTIVE") {
            return;
        }
        let Some(kind) = role.get("type").filter(|kind| kind.as_str().is_some()) else {
            let reason = "this role has no type that is text";
            return self.lowering.unresolved(Gap::Broken, role.head(), reason, "this role is not evaluated");
        };
        let origin = self.lowering.at(kind.span);
        let label = role.get("label").and_then(Node::as_str);
        let what = match (kind.as_str().unwrap_or_default(), label) {
            (words::CUSTOM, Some(label)) => {
                let id = words::role(&self.system, label);
                let permissions = items(role.get("permissions"));
                if !permissions.is_empty() {
                    let list = permissions
                        .iter()
                        .filter_map(|own| own.as_str().or_else(|| own.get("label").and_then(Node::as_str)));
                    let statement = words::statement(list, origin);
                    self.lowering.facts.roles.push(RoleFact::new(id.clone(), vec![statement], origin));
                }
                Granted::Role(id)
            }
            (kind, _) => Granted::Statements(vec![words::statement([kind], origin)]),
        };
        self.lowering.facts.grants.push(GrantFact::new(to.clone(), self.system.clone(), what, origin));
    }
}
