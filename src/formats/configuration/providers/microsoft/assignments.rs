//! Role definitions and assignments of Azure.

use super::cloud;
use super::principals::principals;
use crate::facts::{Condition, Gap, Native, Origin, Text};
use crate::formats::azure::roles::Block;
use crate::formats::azure::{self, Place, PrincipalKind, last_part};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::arguments::{each, is_open, required, text};
use crate::formats::configuration::resource::{Mode, Resource};
use crate::formats::configuration::value::{Part, Value, Why};

/// A custom role, known by its name.
pub(super) fn definition(resource: &Resource, lowering: &mut Lowering<'_>) {
    let mut statements = Vec::new();
    for own in resource.blocks("permissions") {
        if let Some(unknown) = own.as_unknown().cloned() {
            lowering.unknown(&unknown, own.origin, "what this role permits here is not known");
            continue;
        }
        let block = Block {
            actions: actions(own.get("actions"), true, lowering),
            not_actions: names(actions(own.get("not_actions"), false, lowering)),
            data_actions: actions(own.get("data_actions"), true, lowering),
            not_data_actions: names(actions(own.get("not_data_actions"), false, lowering)),
        };
        let (own, inexact) = block.statements();
        statements.extend(own);
        for (action, origin) in inexact {
            let reason = format!("something is subtracted from `{action}`, which cannot be said exactly");
            lowering.unresolved(Gap::Unsupported, origin, reason, "this role may permit less than shown");
        }
    }
    let name = role_name(resource);
    let cloud = &mut cloud(lowering);
    let id = cloud.role(&name);
    cloud.define(id, resource.get("description").and_then(Value::as_str).map(Text::from), statements, resource.origin);
}

fn names(actions: Vec<(String, Origin)>) -> Vec<String> {
    actions.into_iter().map(|(name, _)| name).collect()
}

/// Actions. What is not known of those that are permitted is read as `*`; what is not known of those that are subtracted
/// is left out.
fn actions(list: Option<&Value>, permitted: bool, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    let Some(list) = list else { return Vec::new() };
    each(list, lowering, |lowering, own, _| {
        if let Some(unknown) = own.first_unknown().cloned() {
            let consequence = match (permitted, own.as_unknown().is_some()) {
                (true, true) => "this role may permit more than shown",
                (true, false) => "this is read as `*`, so this role may permit less than shown",
                (false, _) => "nothing is subtracted here, so this role may permit less than shown",
            };
            lowering.unknown(&unknown, own.origin, consequence);
            if !permitted || own.as_unknown().is_some() {
                return None;
            }
        }
        Some((own.render(|_| "*".into())?, own.telling_origin()))
    })
}

/// What a role definition is called: a custom role by its name.
fn role_name(definition: &Resource) -> String {
    let own = ["name", "role_definition_id"].iter().find_map(|name| definition.get(name)).and_then(text);
    own.unwrap_or_else(|| definition.lasting_name.to_string())
}

pub(super) fn assignment(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = resource.get("condition").and_then(text).and_then(|text| azure::condition(&text));
    assign(resource, own.into_iter().collect(), lowering);
}

/// An assignment that must be activated before it counts.
pub(super) fn eligible(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = resource.get("condition").and_then(text).and_then(|text| azure::condition(&text));
    assign(resource, own.into_iter().chain([azure::eligible()]).collect(), lowering);
}

fn assign(resource: &Resource, conditions: Vec<Condition>, lowering: &mut Lowering<'_>) {
    let (Some(principal), Some(scope)) =
        (required(resource, "principal_id", lowering), required(resource, "scope", lowering))
    else {
        return;
    };
    let role = resource.get("role_definition_name").or_else(|| resource.get("role_definition_id"));
    let Some(role) = role else {
        let reason = "an assignment names its role by `role_definition_name` or `role_definition_id`";
        return lowering.unresolved(Gap::Broken, resource.origin, reason, "this block is not evaluated");
    };
    let kind = resource.get("principal_type").and_then(Value::as_str).map_or(PrincipalKind::Unknown, PrincipalKind::of);
    let roles = each(role, lowering, |lowering, own, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, own.origin, "which role this gives is not known; whoever gets it is shown");
        }
        self::role(own, lowering)
    });
    let holders = principals(principal, kind, lowering);
    for scope in scope.candidates() {
        let place = place(scope, lowering);
        if let Some(consequence) = place.open() {
            match scope.first_unknown().cloned() {
                Some(unknown) => lowering.unknown(&unknown, scope.origin, consequence),
                None => {
                    let reason = "this scope is no management group, subscription, resource group or resource";
                    lowering.unresolved(Gap::Unknown, scope.origin, reason, consequence);
                }
            }
        }
        for role in &roles {
            for (to, origin) in &holders {
                cloud(lowering).assign(to.clone(), role.clone(), place.scope(), conditions.clone(), *origin);
            }
        }
    }
}

/// The role that an argument names: one that the configuration declares or looks up, a name, or an id.
fn role(value: &Value, lowering: &mut Lowering<'_>) -> Option<Native> {
    let definition = definition_in(value, lowering).map(role_name);
    if let Some(name) = definition {
        return Some(cloud(lowering).role(&name));
    }
    let text = text(value)?;
    // An id whose GUID the configuration gives to a role of its own.
    let guid = last_part(&text).to_owned();
    let own = lowering.configuration.of_kind("azurerm_role_definition").find(|own| {
        own.get("role_definition_id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(&guid))
    });
    let name = own.map_or(text, role_name);
    Some(cloud(lowering).role(&name))
}

/// The role definition that a value, or a part of it, refers to.
fn definition_in<'l>(value: &Value, lowering: &'l Lowering<'_>) -> Option<&'l Resource> {
    let is_definition = |own: &&Resource| own.kind() == "azurerm_role_definition";
    if let Some((own, _)) = lowering.resolve(value).filter(|(own, _)| is_definition(own)) {
        return Some(own);
    }
    let parts = value.parts()?;
    parts.iter().find_map(|part| match part {
        Part::Unknown(unknown) => match &unknown.why {
            Why::AfterApply(reference) | Why::Data(reference) => {
                lowering.configuration.resource(&reference.address).filter(is_definition)
            }
            _ => None,
        },
        Part::Known(..) => None,
    })
}

/// The place that a scope names. A resource whose id is not made of its arguments is known by its type and name.
pub(super) fn place(scope: &Value, lowering: &Lowering<'_>) -> Place {
    if is_open(scope, lowering) {
        return Place::Unknown;
    }
    if let (Some(_), Some((resource, _))) = (scope.as_unknown(), lowering.resolve(scope)) {
        let name = resource.get("name").and_then(text);
        let group = resource.get("resource_group_name").and_then(text).filter(|group| !group.contains("${"));
        let found = resource.address.mode == Mode::Data && name.is_none();
        return Place::Resource {
            subscription: None,
            group: group.map(|group| group.to_ascii_lowercase().into()),
            name: (!found).then(|| {
                let name = name.unwrap_or_else(|| resource.lasting_name.to_string());
                format!("{}/{name}", resource.kind()).into()
            }),
        };
    }
    text(scope).map_or(Place::Unknown, |id| Place::of(&id))
}
