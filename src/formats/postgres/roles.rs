//! What is left of roles and privileges when statements have run one after the other.
//!
//! A role is one by the name `role/NAME`. Who logs in is an account that holds it, and so is a grantee whom no file makes:
//! it may be one who logs in. A permission is called `PRIVILEGE:KIND`, as in `SELECT:TABLE`, on a name; an attribute is one
//! of the whole cluster, and that of a superuser is every permission.

use std::collections::BTreeMap;

use super::statement::{Change, Grantee, Objects, Options};
use super::untold;
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Facts, Gap, GrantFact, Granted,
    GroupFact, Holder, IncludeFact, Lifetime, Native, Origin, Patterns, RoleFact, Statement, Text,
};
use crate::syntax::Span;

/// The roles that every cluster or service has; what a file adds to one stands beside what it comes with, the role
/// `built-in/NAME`.
const BUILT_IN: [&str; 20] = [
    "postgres",
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_monitor",
    "pg_signal_backend",
    "pg_read_server_files",
    "pg_write_server_files",
    "pg_execute_server_program",
    "pg_database_owner",
    "pg_checkpoint",
    "pg_maintain",
    "pg_create_subscription",
    "pg_use_reserved_connections",
    "rds_superuser",
    "rds_password",
    "rds_iam",
    "cloudsqlsuperuser",
    "azure_pg_admin",
    "alloydbsuperuser",
    "supabase_admin",
];

/// One role so far.
#[derive(Debug)]
struct Role {
    origin: Origin,
    /// Whether it logs in; `None` where no file makes it.
    login: Option<bool>,
    attributes: BTreeMap<&'static str, Origin>,
    /// By kind and name: the privileges.
    privileges: BTreeMap<(String, bool, String), BTreeMap<String, Origin>>,
    /// The roles that it is in, and whether it may hand them on.
    within: BTreeMap<String, (Origin, bool)>,
    password: Option<Origin>,
    /// Whether that password is written in the script.
    writes_password: bool,
    valid_until: Option<i64>,
}

/// All roles so far.
pub(super) struct Roles {
    system: Text,
    roles: BTreeMap<Grantee, Role>,
}

impl Roles {
    pub(super) fn new(system: Text) -> Self {
        Self { system, roles: BTreeMap::new() }
    }

    fn role(&mut self, grantee: &Grantee, origin: Origin) -> &mut Role {
        self.roles.entry(grantee.clone()).or_insert_with(|| Role {
            origin,
            login: None,
            attributes: BTreeMap::new(),
            privileges: BTreeMap::new(),
            within: BTreeMap::new(),
            password: None,
            writes_password: false,
            valid_until: None,
        })
    }

    pub(super) fn apply(&mut self, change: Change, at: &impl Fn(Span) -> Origin, facts: &mut Facts) {
        match change {
            Change::Grant { privileges, on, to } => {
                for (grantee, span) in &to {
                    let role = self.role(grantee, at(*span));
                    for (name, on_span) in &on.names {
                        let held = role.privileges.entry((on.kind.clone(), on.later, name.clone())).or_default();
                        // The longer list is where lines are added.
                        let by_grantee = to.len() > privileges.len().max(on.names.len());
                        let by_name = on.names.len() > privileges.len();
                        for (privilege, own) in &privileges {
                            let place = if by_grantee {
                                *span
                            } else if by_name {
                                *on_span
                            } else {
                                *own
                            };
                            held.entry(of_all(privilege)).or_insert_with(|| at(place));
                        }
                    }
                }
            }
            Change::Revoke { privileges, on, from } => {
                for (grantee, span) in from {
                    if let Some(role) = self.roles.get_mut(&grantee) {
                        role.revoke(&privileges, &on, at(span), facts);
                    }
                }
            }
            Change::GrantRole { roles, to, admin } => {
                for (grantee, span) in &to {
                    for (name, own) in &roles {
                        let place = if to.len() > roles.len() { *span } else { *own };
                        let known =
                            self.role(grantee, at(*span)).within.entry(name.clone()).or_insert((at(place), admin));
                        known.1 |= admin;
                    }
                }
            }
            Change::RevokeRole { roles, from, admin_only } => {
                for (grantee, _) in from {
                    let Some(role) = self.roles.get_mut(&grantee) else { continue };
                    for (name, _) in &roles {
                        match role.within.get_mut(name) {
                            Some(known) if admin_only => known.1 = false,
                            _ => {
                                role.within.remove(name);
                            }
                        }
                    }
                }
            }
            Change::Create { name, options } | Change::Alter { name, options } => self.set(&name, &options, at),
            Change::Drop { names, owned } => {
                for (name, _) in names {
                    let grantee = Grantee::Role(name.clone());
                    if owned {
                        self.roles.get_mut(&grantee).into_iter().for_each(|role| role.privileges.clear());
                        continue;
                    }
                    self.roles.remove(&grantee);
                    for role in self.roles.values_mut() {
                        role.within.remove(&name);
                    }
                }
            }
            Change::Nothing => {}
        }
    }

    fn set(&mut self, (name, span): &(String, Span), options: &Options, at: &impl Fn(Span) -> Origin) {
        let own = Grantee::Role(name.clone());
        let role = self.role(&own, at(*span));
        role.login = options.login.or(role.login);
        for (attribute, given, span) in &options.attributes {
            if *given {
                role.attributes.entry(attribute).or_insert_with(|| at(*span));
            } else {
                role.attributes.remove(attribute);
            }
        }
        match options.password {
            Some((true, span)) => {
                role.password = Some(at(span));
                role.writes_password = options.writes_password;
            }
            Some((false, _)) => role.password = None,
            None => {}
        }
        if let Some(until) = options.valid_until {
            role.valid_until = until;
        }
        for (outer, span) in &options.within {
            role.within.insert(outer.clone(), (at(*span), false));
        }
        for (member, span, admin) in &options.members {
            let member = self.role(&Grantee::Role(member.clone()), at(*span));
            member.within.insert(name.clone(), (at(*span), *admin));
        }
    }

    /// What is left, as facts.
    pub(super) fn finish(self, facts: &mut Facts) {
        let system = &self.system;
        let native = |name: String| Native::new(system.clone(), name);
        let id = |name: &str| native(format!("role/{name}"));
        for (grantee, role) in &self.roles {
            let (name, holder) = match grantee {
                Grantee::Public => {
                    let group = native("PUBLIC".to_owned());
                    facts.groups.push(GroupFact { id: group.clone(), members_listed: false, origin: role.origin });
                    ("PUBLIC", Some(Holder::Group(group)))
                }
                Grantee::Role(name) => {
                    // Those that come with the cluster are given to others, and so are those that do not log in.
                    let logs_in = role.login.unwrap_or(!BUILT_IN.contains(&name.as_str()));
                    (name.as_str(), logs_in.then(|| Holder::Account(native(name.clone()))))
                }
            };
            if let Some(Holder::Account(account)) = &holder {
                let (id, origin) = (account.clone(), role.origin);
                facts.accounts.push(AccountFact { id, kind: AccountKind::User, boundary: None, origin });
                if name.starts_with(':') {
                    let reason = format!("`{name}` is a variable of psql");
                    let consequence =
                        "who this is, is known when the script runs; it counts as an account of that name";
                    untold(facts, Gap::Unknown, role.origin, reason, consequence);
                }
                if let Some(origin) = role.password {
                    facts.credentials.push(CredentialFact {
                        id: native(format!("{name}/password")),
                        holder: Holder::Account(account.clone()),
                        kind: CredentialKind::Password,
                        lifetime: role.valid_until.map_or(Lifetime::Unbounded, Lifetime::Until),
                        created: None,
                        detail: CredentialDetail {
                            is_literal: role.writes_password,
                            ..CredentialDetail::of("postgres_password")
                        },
                        origin,
                    });
                }
            }
            let mut includes: Vec<IncludeFact> = role
                .within
                .iter()
                .map(|(outer, (origin, _))| IncludeFact { role: id(outer), origin: *origin })
                .collect();
            if BUILT_IN.contains(&name) {
                includes.push(IncludeFact { role: native(format!("built-in/{name}")), origin: role.origin });
            }
            let fact = RoleFact { includes, ..RoleFact::new(id(name), role.statements(), role.origin) };
            facts.roles.push(fact);
            if let Some(holder) = holder {
                let what = Granted::Role(id(name));
                facts.grants.push(GrantFact::new(holder, system.clone(), what, role.origin));
            }
        }
    }
}

impl Role {
    fn revoke(&mut self, privileges: &[String], on: &Objects, origin: Origin, facts: &mut Facts) {
        let all = privileges.iter().any(|own| of_all(own) == "*");
        for (name, _) in &on.names {
            let within = name.strip_suffix('*').map(str::to_owned);
            let same = |known: &str| known == name || within.as_ref().is_some_and(|schema| known.starts_with(schema));
            for ((kind, later, known), held) in &mut self.privileges {
                if *kind == on.kind && *later == on.later && same(known) {
                    held.retain(|privilege, _| !all && !privileges.iter().any(|own| own == privilege));
                    if held.contains_key("*") && !all {
                        let reason = "some privileges are taken away from all that were given";
                        let consequence = "all of them count still, so less may be granted than shown";
                        untold(facts, Gap::Unsupported, origin, reason.to_owned(), consequence);
                    }
                }
                let wider = known.strip_suffix('*').is_some_and(|schema| name.starts_with(schema));
                if *kind == on.kind && *later == on.later && known != name && wider && !held.is_empty() {
                    let reason = format!("privileges on `{name}` are taken away where `{known}` were given");
                    let consequence = "they count still, so less may be granted than shown";
                    untold(facts, Gap::Unsupported, origin, reason, consequence);
                }
            }
        }
        self.privileges.retain(|_, held| !held.is_empty());
    }

    fn statements(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        for (attribute, origin) in &self.attributes {
            let action = if *attribute == "SUPERUSER" { "*".to_owned() } else { format!("{attribute}:CLUSTER") };
            statements.push(Statement::allow(Patterns::of([action]), Patterns::any(), *origin));
        }
        for ((kind, _, name), held) in &self.privileges {
            for (privilege, origin) in held {
                let action = Patterns::of([format!("{privilege}:{kind}")]);
                statements.push(Statement::allow(action, Patterns::of([name.as_str()]), *origin));
            }
        }
        for (name, (origin, admin)) in &self.within {
            if *admin {
                let action = Patterns::of(["ADMIN OPTION:ROLE"]);
                statements.push(Statement::allow(action, Patterns::of([name.as_str()]), *origin));
            }
        }
        statements
    }
}

/// A privilege as it is kept; all of them are `*`.
fn of_all(privilege: &str) -> String {
    if matches!(privilege, "ALL" | "ALL PRIVILEGES") { "*".to_owned() } else { privilege.to_owned() }
}
