//! IAM Identity Center: permission sets, who gets them in which account, and the users and groups of its directory.
//!
//! A permission set is a role; an assignment grants it in an account (IAM Identity Center user guide, "Manage AWS accounts
//! with permission sets"). Users and groups are known by their names: their ids are made by the directory.

use super::document;
use super::iam::{each, required};
use super::names::{Names, account_system};
use crate::facts::{
    AccountFact, AccountKind, Gap, GrantFact, Granted, GroupFact, Holder, IncludeFact, MembershipFact, Native,
    RoleFact, Statement, Text, Validity,
};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::{Configuration, Mode, Resource};
use crate::formats::configuration::value::Value;

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("aws_ssoadmin_permission_set", permission_set),
    (INLINE, part),
    (MANAGED, part),
    (CUSTOMER, part),
    (BOUNDARY, part),
    ("aws_ssoadmin_account_assignment", assignment),
    ("aws_identitystore_user", user),
    ("aws_identitystore_group", group),
    ("aws_identitystore_group_membership", membership),
];

const PERMISSION_SET: &str = "aws_ssoadmin_permission_set";
const INLINE: &str = "aws_ssoadmin_permission_set_inline_policy";
const MANAGED: &str = "aws_ssoadmin_managed_policy_attachment";
const CUSTOMER: &str = "aws_ssoadmin_customer_managed_policy_attachment";
const BOUNDARY: &str = "aws_ssoadmin_permissions_boundary_attachment";
/// What says which permission set it belongs to.
const SET: &str = "permission_set_arn";

/// A permission set with all that other blocks add to it.
fn permission_set(resource: &Resource, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let (mut statements, mut includes): (Vec<Statement>, Vec<IncludeFact>) = (Vec::new(), Vec::new());
    for kind in [INLINE, MANAGED, CUSTOMER, BOUNDARY] {
        let configuration = lowering.configuration;
        let is_own = |part: &&Resource| of(part, configuration).is_some_and(|own| own.name == resource.name);
        for part in configuration.of_kind(kind).filter(is_own) {
            match kind {
                INLINE => {
                    if let Some(policy) = required(part, "inline_policy", lowering) {
                        for candidate in policy.candidates() {
                            statements.extend(document::statements(candidate, &names, lowering));
                        }
                    }
                }
                MANAGED => {
                    if let Some(arn) = required(part, "managed_policy_arn", lowering) {
                        includes.extend(included(arn, &names, lowering));
                    }
                }
                CUSTOMER => {
                    for own in part.blocks("customer_managed_policy_reference") {
                        includes.extend(customer(own, &names));
                    }
                }
                _ => {
                    let reason = "the permissions boundary of a permission set is not evaluated";
                    lowering.unresolved(Gap::Unsupported, part.origin, reason, "less may be permitted than shown");
                }
            }
        }
    }
    let title = resource.get("name").and_then(|name| names.text(name)).map(Text::from);
    lowering.facts.roles.push(RoleFact {
        title,
        includes,
        ..RoleFact::new(set_name(resource, &names), statements, resource.origin)
    });
}

/// A policy that is part of a permission set, which the permission set reads.
fn part(resource: &Resource, lowering: &mut Lowering<'_>) {
    if of(resource, lowering.configuration).is_none_or(|own| own.address.mode == Mode::Data) {
        let reason = "the permission set that this belongs to is not in the configuration";
        let consequence = "what this adds to it is not evaluated";
        lowering.unresolved(Gap::Dangling, resource.origin, reason, consequence);
    }
}

/// The permission set that a block names.
fn of<'c>(resource: &Resource, configuration: &'c Configuration) -> Option<&'c Resource> {
    let (found, _) = configuration.resolve(resource.get(SET)?)?;
    (found.kind() == PERMISSION_SET).then_some(found)
}

fn included(arns: &Value, names: &Names, lowering: &mut Lowering<'_>) -> Vec<IncludeFact> {
    each(arns, lowering, |lowering, arn, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, arn.origin, "what this policy permits is not evaluated");
        }
        Some(IncludeFact { role: names.policy(arn, lowering)?, origin: arn.telling_origin() })
    })
}

/// A policy by name, which each account has for itself.
fn customer(reference: &Value, names: &Names) -> Option<IncludeFact> {
    let name = names.text(reference.get("name")?)?;
    let path = reference.get("path").and_then(|path| names.text(path)).unwrap_or_else(|| "/".to_owned());
    Some(IncludeFact { role: names.customer_policy(&path, &name), origin: reference.origin })
}

/// The identity of a permission set.
fn set_name(resource: &Resource, names: &Names) -> Native {
    let name = resource.get("name").and_then(|name| names.text(name));
    let name = name.as_deref().unwrap_or(&resource.lasting_name);
    Native::new(names.system.clone(), format!("permission-set/{name}"))
}

fn assignment(resource: &Resource, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let (Some(set), Some(principal)) =
        (required(resource, SET, lowering), required(resource, "principal_id", lowering))
    else {
        return;
    };
    let is_user = resource.get("principal_type").and_then(Value::as_str) == Some("USER");
    let to = principals(principal, is_user, &names, lowering);
    let roles = each(set, lowering, |lowering, set, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, set.origin, "what this permission set permits is not evaluated");
        }
        match lowering.resolve(set) {
            Some((found, _)) if found.kind() == PERMISSION_SET => Some(set_name(found, &names)),
            _ => names.text(set).map(|text| Native::new(names.system.clone(), format!("permission-set/{text}"))),
        }
    });
    let systems = targets(resource, &names, lowering);
    for to in &to {
        for (role, system) in roles.iter().flat_map(|role| systems.iter().map(move |system| (role, system))) {
            lowering.facts.grants.push(GrantFact::new(
                to.clone(),
                system.clone(),
                Granted::Role(role.clone()),
                resource.origin,
            ));
        }
    }
}

/// The accounts that an assignment is for. One whose number is not known is that of the configuration.
fn targets(resource: &Resource, names: &Names, lowering: &mut Lowering<'_>) -> Vec<Text> {
    let Some(target) = required(resource, "target_id", lowering) else { return Vec::new() };
    let mut systems = each(target, lowering, |lowering, target, unknown| {
        if let Some(unknown) = unknown {
            let consequence = format!("in which account this counts is not known; it counts in `{}`", names.system);
            lowering.unknown(unknown, target.origin, consequence);
        }
        Some(account_system(target).unwrap_or_else(|| names.system.clone()))
    });
    systems.dedup();
    systems
}

/// Users or groups of the directory, by what the configuration says of them.
fn principals(value: &Value, is_user: bool, names: &Names, lowering: &mut Lowering<'_>) -> Vec<Holder> {
    each(value, lowering, |lowering, principal, unknown| {
        let found = lowering.resolve(principal).and_then(|(found, _)| directory_name(found, names));
        let (word, name) = match found {
            Some((is_user, name)) => (if is_user { "user" } else { "group" }, name),
            None => {
                if let Some(unknown) = unknown {
                    let consequence = "who gets this is not known; it is granted to whoever that is";
                    lowering.unknown(unknown, principal.origin, consequence);
                }
                (if is_user { "user" } else { "group" }, names.text(principal)?)
            }
        };
        let id = Native::new(names.system.clone(), format!("identity-store/{word}/{name}"));
        Some(if word == "user" { Holder::Account(id) } else { Holder::Group(id) })
    })
}

/// Whether something of the directory is a user, and its name there: that of a block that makes it, or that a data source
/// looks it up by.
fn directory_name(resource: &Resource, names: &Names) -> Option<(bool, String)> {
    let (is_user, argument) = match resource.kind() {
        "aws_identitystore_user" => (true, "user_name"),
        "aws_identitystore_group" => (false, "display_name"),
        _ => return None,
    };
    let looked_up = || {
        let unique = resource
            .blocks("alternate_identifier")
            .iter()
            .flat_map(|own| own.get("unique_attribute").map(Value::one_or_many).unwrap_or_default())
            .chain(resource.blocks("filter"))
            .find_map(|own| own.get("attribute_value"));
        unique.or_else(|| resource.get("user_id")).or_else(|| resource.get("group_id"))
    };
    let name = resource.get(argument).or_else(looked_up).and_then(|name| names.text(name));
    Some((is_user, name.unwrap_or_else(|| resource.lasting_name.to_string())))
}

fn directory_id(resource: &Resource, names: &Names) -> Option<Native> {
    let (is_user, name) = directory_name(resource, names)?;
    let word = if is_user { "user" } else { "group" };
    Some(Native::new(names.system.clone(), format!("identity-store/{word}/{name}")))
}

fn user(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = directory_id(resource, &Names::of(lowering)) else { return };
    let origin = resource.origin;
    lowering.facts.accounts.push(AccountFact { id, kind: AccountKind::User, boundary: None, origin });
}

fn group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let Some(id) = directory_id(resource, &names) else { return };
    let members_listed = lowering
        .configuration
        .of_kind("aws_identitystore_group_membership")
        .filter_map(|own| lowering.resolve(own.get("group_id")?))
        .any(|(group, _)| group.name == resource.name);
    lowering.facts.groups.push(GroupFact { id, members_listed, origin: resource.origin });
}

fn membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(group), Some(member)) =
        (required(resource, "group_id", lowering), required(resource, "member_id", lowering))
    else {
        return;
    };
    let names = Names::of(lowering);
    let groups = principals(group, false, &names, lowering);
    let members = principals(member, true, &names, lowering);
    for group in groups {
        let Holder::Group(group) = group else { continue };
        for member in &members {
            lowering.facts.memberships.push(MembershipFact {
                member: member.clone(),
                group: group.clone(),
                validity: Validity::default(),
                origin: resource.origin,
            });
        }
    }
}
