//! Snowflake: roles, users, and what is granted to whom, in the words of `formats::snowflake`
//! (registry.terraform.io, snowflakedb/snowflake).

use super::arguments::{WHO, name_of, names, required, text};
use super::{Lowering, Row};
use crate::facts::{AccountKind, Native, Origin, Text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::snowflake as words;

/// The resource types of the provider `snowflake` that declare access.
pub const ROWS: &[&[Row]] = &[&[
    ("snowflake_role", role),
    ("snowflake_account_role", role),
    ("snowflake_database_role", role),
    ("snowflake_user", user),
    ("snowflake_service_user", user),
    ("snowflake_legacy_service_user", user),
    ("snowflake_grant_account_role", |own, lowering| {
        give(own, lowering, "role_name", &["parent_role_name"], &["user_name"])
    }),
    ("snowflake_role_grants", |own, lowering| give(own, lowering, "role_name", &["roles"], &["users"])),
    ("snowflake_grant_database_role", |own, lowering| {
        give(own, lowering, "database_role_name", &["parent_role_name", "parent_database_role_name"], &[]);
    }),
    ("snowflake_grant_privileges_to_account_role", |own, lowering| privileges(own, lowering, "account_role_name")),
    ("snowflake_grant_privileges_to_database_role", |own, lowering| privileges(own, lowering, "database_role_name")),
    ("snowflake_grant_privileges_to_role", |own, lowering| privileges(own, lowering, "role_name")),
    ("snowflake_grant_ownership", |own, lowering| privileges(own, lowering, "account_role_name")),
]];

/// The privilege that stands for all of them.
const ALL: &str = "*";

fn system(resource: &Resource, lowering: &Lowering<'_>) -> Text {
    let system = lowering.system_of(words::SYSTEM);
    if &*system != words::SYSTEM {
        return system;
    }
    let provider = lowering.configuration.provider(resource);
    let part = |key: &str| provider.and_then(|own| own.get(key)?.as_str());
    match (part("organization_name"), part("account_name").or_else(|| part("account"))) {
        (Some(organisation), Some(account)) => format!("snowflake:{organisation}-{account}").to_lowercase().into(),
        (None, Some(account)) => format!("snowflake:{account}").to_lowercase().into(),
        _ => system,
    }
}

/// The name of a role that a block declares: one of a database has the database's before it.
fn declared_name(resource: &Resource) -> String {
    let own = name_of(resource, "name");
    match resource.get("database").and_then(text).filter(|_| resource.kind() == "snowflake_database_role") {
        Some(database) => format!("{database}.{own}"),
        None => own,
    }
}

fn role(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = words::role(&system(resource, lowering), &declared_name(resource));
    words::declared(lowering.facts, &id, resource.origin);
}

fn user(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = words::user(&system(resource, lowering), &name_of(resource, "name"));
    let kind = if resource.kind() == "snowflake_user" { AccountKind::User } else { AccountKind::ServiceAccount };
    lowering.account(id, kind, resource.origin);
}

/// The roles that an argument names.
fn roles(value: &Value, system: &Text, lowering: &mut Lowering<'_>) -> Vec<(Native, Origin)> {
    let referred = lowering.resolve(value).filter(|(own, _)| own.kind().ends_with("_role"));
    if let Some((own, _)) = referred {
        return vec![(words::role(system, &declared_name(own)), value.origin)];
    }
    let found = names(value, ("snowflake_account_role", "name"), "which role this is, is not known", lowering);
    found.into_iter().map(|(name, origin)| (words::role(system, &name), origin)).collect()
}

fn give(resource: &Resource, lowering: &mut Lowering<'_>, role: &str, to_roles: &[&str], to_users: &[&str]) {
    let Some(role) = required(resource, role, lowering) else { return };
    let system = system(resource, lowering);
    let given = roles(role, &system, lowering);
    for value in to_roles.iter().filter_map(|argument| resource.get(argument)) {
        for own in value.one_or_many() {
            for (outer, origin) in roles(own, &system, lowering) {
                given.iter().for_each(|(inner, _)| words::include(lowering.facts, &outer, inner, origin));
                lowering.added += given.len();
            }
        }
    }
    for value in to_users.iter().filter_map(|argument| resource.get(argument)) {
        for (name, origin) in names(value, ("snowflake_user", "name"), WHO, lowering) {
            let to = words::user(&system, &name);
            given.iter().for_each(|(role, _)| words::give(lowering.facts, &to, role, origin));
        }
    }
}

/// Privileges on something, or the ownership of it.
fn privileges(resource: &Resource, lowering: &mut Lowering<'_>, role: &str) {
    let Some(role) = resource.get(role) else { return };
    let system = system(resource, lowering);
    let held: Vec<String> = if resource.kind() == "snowflake_grant_ownership" {
        vec!["OWNERSHIP".to_owned()]
    } else if resource.get("all_privileges").and_then(Value::as_bool) == Some(true) {
        vec![ALL.to_owned()]
    } else {
        let list = resource.get("privileges");
        let found = list.map(|own| names(own, ("", ""), "which privilege this is, is not known", lowering));
        found.unwrap_or_default().into_iter().map(|(name, _)| name).collect()
    };
    if held.is_empty() {
        return;
    }
    let on = objects(resource);
    let origin = resource.get("privileges").map_or(resource.origin, |list| list.origin);
    for (id, _) in roles(role, &system, lowering) {
        for (kind, name) in &on {
            let statement = words::statement(&held, kind, name, origin);
            if let Some(role) = words::declared(lowering.facts, &id, resource.origin) {
                role.statements.push(statement);
                lowering.added += 1;
            }
        }
    }
}

/// Kind and name of what a grant is on. A name that is not known, and all of a kind, are `*`.
fn objects(resource: &Resource) -> Vec<(String, String)> {
    let wide = |value: &Value| value.render(|_| "*".into()).unwrap_or_else(|| "*".to_owned());
    let part = |own: &Value, key: &str| own.get(key).map(wide);
    let mut found = Vec::new();
    if resource.get("on_account").and_then(Value::as_bool) == Some(true) {
        found.push(("ACCOUNT".to_owned(), "*".to_owned()));
    }
    if let Some(database) = resource.get("on_database") {
        found.push(("DATABASE".to_owned(), wide(database)));
    }
    for own in resource.blocks("on_account_object") {
        found.push((part(own, "object_type").unwrap_or_default(), part(own, "object_name").unwrap_or_default()));
    }
    for own in resource.blocks("on_schema") {
        let named = part(own, "schema_name");
        let all = part(own, "all_schemas_in_database").or_else(|| part(own, "future_schemas_in_database"));
        found.push((
            "SCHEMA".to_owned(),
            named.or_else(|| all.map(|all| format!("{all}.*"))).unwrap_or_else(|| "*".into()),
        ));
    }
    for own in resource.blocks("on_schema_object").iter().chain(resource.blocks("on")) {
        if let Some(kind) = part(own, "object_type") {
            found.push((kind, part(own, "object_name").unwrap_or_else(|| "*".to_owned())));
        }
        for several in ["all", "future"].iter().filter_map(|key| own.get(key)).flat_map(Value::one_or_many) {
            let kind = part(several, "object_type_plural").unwrap_or_default();
            let within = part(several, "in_schema").or_else(|| part(several, "in_database"));
            found.push((singular(&kind), within.map_or_else(|| "*".to_owned(), |within| format!("{within}.*"))));
        }
    }
    found
}

/// `TABLES` as `TABLE`.
fn singular(kind: &str) -> String {
    let kind = kind.to_uppercase();
    match kind.strip_suffix("IES") {
        Some(stem) => format!("{stem}Y"),
        None => kind.strip_suffix('S').map_or(kind.clone(), str::to_owned),
    }
}
