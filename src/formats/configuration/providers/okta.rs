//! Okta: users, groups, and who administers what (registry.terraform.io, okta/okta).
//!
//! A role type is one permission by that name; a custom role has its permissions. The organisation is that of the system
//! which `countersign.yaml` names for the folder, else the provider's `org_name`.

use super::arguments::{WHO, name_of, names, required, text};
use super::{Lowering, Row};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{AccountKind, Gap, Granted, Holder, Native, Origin, RoleFact, Text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::okta as words;

/// The resource types of the provider `okta` that declare access.
pub const ROWS: &[&[Row]] = &[&[
    ("okta_user", user),
    ("okta_group", group),
    ("okta_group_memberships", |own, lowering| memberships(own, lowering, "group_id", "users")),
    ("okta_user_group_memberships", |own, lowering| memberships(own, lowering, "groups", "user_id")),
    ("okta_group_membership", |own, lowering| memberships(own, lowering, "group_id", "user_id")),
    ("okta_user_admin_roles", |own, lowering| administers(own, lowering, "user_id", "admin_roles")),
    ("okta_group_role", |own, lowering| administers(own, lowering, "group_id", "role_type")),
    ("okta_group_roles", |own, lowering| administers(own, lowering, "group_id", "admin_roles")),
    ("okta_app_oauth_role_assignment", |own, lowering| administers(own, lowering, "client_id", "type")),
    ("okta_admin_role_custom", custom_role),
    ("okta_admin_role_custom_assignments", custom_assignments),
]];

fn system(resource: &Resource, lowering: &Lowering<'_>) -> Text {
    let system = lowering.system_of(words::SYSTEM);
    if &*system != words::SYSTEM {
        return system;
    }
    let name = lowering.configuration.provider(resource).and_then(|own| own.get("org_name")?.as_str());
    name.map_or(system, |name| format!("okta:{}", name.to_lowercase()).into())
}

fn user(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = Native::new(system(resource, lowering), name_of(resource, "login"));
    lowering.account(id.clone(), AccountKind::User, resource.origin);
    if let Some(roles) = resource.get("admin_roles") {
        grant_types(resource, &Holder::Account(id), roles, lowering);
    }
}

fn group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let id = Native::new(system(resource, lowering), name_of(resource, "name"));
    let own = |value: &Value| lowering.resolve(value).is_some_and(|(found, _)| found.name == resource.name);
    let listed = [
        ("okta_group_memberships", "group_id"),
        ("okta_user_group_memberships", "groups"),
        ("okta_group_membership", "group_id"),
    ]
    .into_iter()
    .any(|(kind, argument)| {
        lowering.configuration.of_kind(kind).filter_map(|own| own.get(argument)).flat_map(Value::one_or_many).any(&own)
    });
    lowering.group(id, listed, resource.origin);
}

fn groups(value: &Value, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    names(value, ("okta_group", "name"), WHO, lowering)
}

fn users(value: &Value, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    names(value, ("okta_user", "login"), WHO, lowering)
}

fn memberships(resource: &Resource, lowering: &mut Lowering<'_>, groups_in: &str, users_in: &str) {
    let (Some(groups_in), Some(users_in)) =
        (required(resource, groups_in, lowering), required(resource, users_in, lowering))
    else {
        return;
    };
    let system = system(resource, lowering);
    let people = users(users_in, lowering);
    for (group, _) in groups(groups_in, lowering) {
        for (login, origin) in &people {
            let member = Holder::Account(Native::new(system.clone(), login.as_str()));
            lowering.join(member, Native::new(system.clone(), group.as_str()), *origin);
        }
    }
}

fn administers(resource: &Resource, lowering: &mut Lowering<'_>, who: &str, roles: &str) {
    let (Some(to), Some(roles)) = (required(resource, who, lowering), required(resource, roles, lowering)) else {
        return;
    };
    let system = system(resource, lowering);
    let holders: Vec<Holder> = match who {
        "group_id" => {
            let found = groups(to, lowering);
            found.into_iter().map(|(name, _)| Holder::Group(Native::new(system.clone(), name))).collect()
        }
        "client_id" => {
            let found = names(to, ("okta_app_oauth", "label"), WHO, lowering);
            found.into_iter().map(|(name, _)| Holder::Account(words::client(&system, &name))).collect()
        }
        _ => {
            let found = users(to, lowering);
            found.into_iter().map(|(name, _)| Holder::Account(Native::new(system.clone(), name))).collect()
        }
    };
    for holder in &holders {
        grant_types(resource, holder, roles, lowering);
    }
}

/// Role types, each on the groups or applications that the resource names, or on all.
fn grant_types(resource: &Resource, to: &Holder, roles: &Value, lowering: &mut Lowering<'_>) {
    let system = system(resource, lowering);
    let mut scope = Scope::unknown();
    for (argument, dimension) in [("target_group_list", "okta_group"), ("target_app_list", "okta_app")] {
        let Some(list) = resource.get(argument).filter(|list| !list.one_or_many().is_empty()) else { continue };
        let found = names(list, ("okta_group", "name"), "on what this role counts is not known", lowering);
        scope = scope.with(Dimension::new(dimension), Values::of(found.into_iter().map(|(name, _)| name)));
    }
    const UNKNOWN: &str = "which role this is, is not known; it counts for nothing in the findings";
    for (role, origin) in names(roles, ("", ""), UNKNOWN, lowering) {
        if role == words::CUSTOM {
            lowering.unresolved(
                Gap::Unsupported,
                origin,
                "a custom role of an application is not followed",
                "what the application may administer is not evaluated",
            );
            continue;
        }
        let statements = vec![words::statement([role.as_str()], origin)];
        lowering.grant(to.clone(), Granted::Statements(statements), &system, scope.clone(), origin);
    }
}

fn custom_role(resource: &Resource, lowering: &mut Lowering<'_>) {
    let system = system(resource, lowering);
    let permissions = resource.get("permissions");
    let found = permissions.map(|own| names(own, ("", ""), "the role may permit more than shown", lowering));
    let list = found.unwrap_or_default();
    let origin = permissions.map_or(resource.origin, |own| own.origin);
    let title = resource.get("description").and_then(text).map(Text::from);
    lowering.facts.roles.push(RoleFact {
        title,
        ..RoleFact::new(
            words::role(&system, &name_of(resource, "label")),
            vec![words::statement(list.iter().map(|(name, _)| name.as_str()), origin)],
            resource.origin,
        )
    });
}

/// Custom roles for members, which are named by addresses of the API: `…/api/v1/groups/ID`.
fn custom_assignments(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(role), Some(members)) =
        (required(resource, "custom_role_id", lowering), required(resource, "members", lowering))
    else {
        return;
    };
    const ROLE: &str = "what this role permits is not evaluated";
    let system = system(resource, lowering);
    let set = resource
        .get("resource_set_id")
        .and_then(|own| names(own, ("okta_resource_set", "label"), ROLE, lowering).pop());
    let scope = match set {
        Some((set, _)) => Scope::unknown().with(Dimension::new("okta_resource_set"), Values::of([set])),
        None => Scope::unknown(),
    };
    let roles = names(role, ("okta_admin_role_custom", "label"), ROLE, lowering);
    let (found, rest) = members.possible_members();
    if let Some(rest) = rest.cloned() {
        lowering.unknown(&rest, members.origin, "the role may be given to others than shown");
    }
    for member in found {
        let id = member_id(member, lowering);
        let to = match id {
            (true, name) => {
                let id = Native::new(system.clone(), name);
                lowering.group(id.clone(), false, member.origin);
                Holder::Group(id)
            }
            (false, name) => Holder::Account(Native::new(system.clone(), name)),
        };
        for (role, _) in &roles {
            let what = Granted::Role(words::role(&system, role));
            lowering.grant(to.clone(), what, &system, scope.clone(), member.origin);
        }
    }
}

/// Whether an address names a group, and the group or user, as far as a reference in it tells.
fn member_id(member: &Value, lowering: &mut Lowering<'_>) -> (bool, String) {
    let written = text(member).unwrap_or_default();
    let group = written.contains("/groups/");
    let referred = member.first_unknown().and_then(|unknown| {
        let probe = Value::new(crate::formats::configuration::value::Kind::Unknown(unknown.clone()), member.origin);
        let (resource, _) = lowering.resolve(&probe)?;
        match resource.kind() {
            "okta_group" => Some(name_of(resource, "name")),
            "okta_user" => Some(name_of(resource, "login")),
            _ => None,
        }
    });
    let name = referred.unwrap_or_else(|| {
        if let Some(unknown) = member.first_unknown().cloned() {
            lowering.unknown(&unknown, member.origin, WHO);
        }
        written.rsplit('/').next().unwrap_or(&written).to_owned()
    });
    (group, name)
}
