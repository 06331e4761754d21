//! Users, groups and directory roles.

use super::cloud;
use super::principals::{of_resource, principals};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    AccountFact, AccountKind, Condition, GroupFact, Holder, MembershipFact, Native, Patterns, Statement, Text, Validity,
};
use crate::formats::azure::{self, PrincipalKind};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::arguments::{each, required, text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// What a resource is called as a principal.
pub(super) fn identity(resource: &Resource, lowering: &mut Lowering<'_>) -> Option<Native> {
    let (kind, name) = of_resource(resource, "", lowering)?;
    let entra = cloud(lowering).entra;
    match azure::holder(&entra, kind, &name).0 {
        Holder::Account(id) | Holder::Group(id) => Some(id),
        Holder::Person(_) | Holder::Service(_) => None,
    }
}

pub(super) fn user(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = identity(resource, lowering) else { return };
    let (kind, origin) = (AccountKind::User, resource.origin);
    lowering.facts.accounts.push(AccountFact { id, kind, boundary: None, origin });
}

/// A group with the members that it lists. Those of a dynamic group follow from a rule over the directory.
pub(super) fn group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(id) = identity(resource, lowering) else { return };
    let dynamic = !resource.blocks("dynamic_membership").is_empty();
    let beside = lowering
        .configuration
        .of_kind("azuread_group_member")
        .filter_map(|own| lowering.resolve(own.get("group_object_id")?))
        .any(|(group, _)| group.name == resource.name);
    let members = resource.get("members").cloned();
    let members_listed = !dynamic && (beside || members.is_some());
    lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed, origin: resource.origin });
    if let Some(members) = members {
        join(&id, &members, lowering);
    }
}

fn join(group: &Native, members: &Value, lowering: &mut Lowering<'_>) {
    for (member, origin) in principals(members, PrincipalKind::Unknown, lowering) {
        let (group, validity) = (group.clone(), Validity::default());
        lowering.facts.memberships.push(MembershipFact { member, group, validity, origin });
    }
}

pub(super) fn member(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(group), Some(member)) =
        (required(resource, "group_object_id", lowering), required(resource, "member_object_id", lowering))
    else {
        return;
    };
    for (group, _) in principals(group, PrincipalKind::Group, lowering) {
        if let Holder::Group(group) = group {
            join(&group, member, lowering);
        }
    }
}

pub(super) fn role_assignment(resource: &Resource, lowering: &mut Lowering<'_>) {
    assign(resource, "role_id", "principal_object_id", Vec::new(), lowering);
}

pub(super) fn role_member(resource: &Resource, lowering: &mut Lowering<'_>) {
    assign(resource, "role_object_id", "member_object_id", Vec::new(), lowering);
}

pub(super) fn role_eligibility(resource: &Resource, lowering: &mut Lowering<'_>) {
    assign(resource, "role_definition_id", "principal_id", vec![azure::eligible()], lowering);
}

fn assign(resource: &Resource, role: &str, principal: &str, conditions: Vec<Condition>, lowering: &mut Lowering<'_>) {
    let (Some(role), Some(principal)) = (required(resource, role, lowering), required(resource, principal, lowering))
    else {
        return;
    };
    let roles = each(role, lowering, |lowering, own, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, own.origin, "which role this gives is not known; whoever gets it is shown");
        }
        let declared = lowering.resolve(own).and_then(|(role, _)| {
            ["display_name", "template_id", "object_id"].iter().find_map(|name| role.get(name)).and_then(text)
        });
        let name = declared.or_else(|| text(own))?;
        Some(cloud(lowering).directory_role(&name))
    });
    let unit = resource.get("directory_scope_id").or_else(|| resource.get("directory_scope_object_id"));
    let scope = match unit.map(text) {
        None => Scope::unknown().with(Dimension::new("administrative_unit"), Values::All),
        Some(Some(unit)) if unit == "/" => Scope::unknown().with(Dimension::new("administrative_unit"), Values::All),
        Some(Some(unit)) if !unit.contains("${") => {
            Scope::unknown().with(Dimension::new("administrative_unit"), Values::of([azure::last_part(&unit)]))
        }
        Some(_) => Scope::unknown(),
    };
    let holders = principals(principal, PrincipalKind::Unknown, lowering);
    for role in &roles {
        for (to, origin) in &holders {
            cloud(lowering).assign(to.clone(), role.clone(), scope.clone(), conditions.clone(), *origin);
        }
    }
}

pub(super) fn custom_role(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(name) = required(resource, "display_name", lowering).and_then(text) else { return };
    let mut statements = Vec::new();
    for block in resource.blocks("permissions") {
        let Some(list) = block.get("allowed_resource_actions") else { continue };
        let actions: Vec<String> = each(list, lowering, |lowering, own, _| {
            if let Some(unknown) = own.first_unknown().cloned() {
                lowering.unknown(&unknown, own.origin, "this role may permit more than shown");
            }
            own.as_str().map(str::to_owned)
        });
        statements.push(Statement::allow(Patterns::of(actions), Patterns::any(), list.origin));
    }
    let mut cloud = cloud(lowering);
    let id = cloud.directory_role(&name);
    let title = resource.get("description").and_then(Value::as_str).map(Text::from);
    cloud.define(id, title, statements, resource.origin);
}
