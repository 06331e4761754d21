//! Whom an argument names: mostly the object id of something, which is known only when that is made; then it is known by
//! the name that it is made with.

use super::cloud;
use crate::facts::{Holder, Native, Origin};
use crate::formats::azure::{PrincipalKind, is_guid, last_part};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::arguments::{each, text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// Everybody whom an argument names, each with where. One who is not known gets what is given all the same, under a name
/// that says so.
pub(super) fn principals(value: &Value, kind: PrincipalKind, lowering: &mut Lowering<'_>) -> Vec<(Holder, Origin)> {
    let mut found = each(value, lowering, |lowering, member, _| {
        let (kind, name) = match of_reference(member, lowering) {
            Some(found) => found,
            None => {
                if let Some(unknown) = member.as_unknown().cloned() {
                    let consequence = "who gets this is not known; it is granted to whoever that is";
                    lowering.unknown(&unknown, member.origin, consequence);
                }
                (kind, text(member)?)
            }
        };
        Some((cloud(lowering).principal(kind, &name, member.origin), member.origin))
    });
    // What else a list may hold, of which nothing is known.
    if let Some(rest) = value.rest().filter(|rest| rest.candidates.is_empty()) {
        let name = format!("${{{}}}", rest.short());
        found.push((cloud(lowering).principal(PrincipalKind::Unknown, &name, value.origin), value.origin));
    }
    found
}

/// The principal that a value refers to.
fn of_reference(value: &Value, lowering: &Lowering<'_>) -> Option<(PrincipalKind, String)> {
    let (resource, attribute) = lowering.resolve(value)?;
    of_resource(resource, attribute, lowering)
}

/// What a resource or data source is as a principal.
pub(super) fn of_resource(
    resource: &Resource,
    attribute: &str,
    lowering: &Lowering<'_>,
) -> Option<(PrincipalKind, String)> {
    let name = |arguments: &[&str]| {
        let own = arguments.iter().find_map(|name| resource.get(name)).and_then(text);
        own.unwrap_or_else(|| resource.lasting_name.to_string())
    };
    Some(match resource.kind() {
        "azuread_user" => (PrincipalKind::User, name(&["user_principal_name", "mail", "object_id"])),
        "azuread_group" => (PrincipalKind::Group, name(&["display_name", "object_id"])),
        "azuread_application" | "azuread_application_registration" | "azuread_service_principal" => {
            application(resource, lowering)
        }
        "azurerm_user_assigned_identity" => (PrincipalKind::ManagedIdentity, name(&["name"])),
        // The identity that Azure keeps for a resource has that resource's name.
        _ if attribute.ends_with("principal_id") => (PrincipalKind::ManagedIdentity, name(&["name"])),
        _ => return None,
    })
}

/// An application, or the one that a service principal stands for: by its name, else by the id that clients give.
fn application(own: &Resource, lowering: &Lowering<'_>) -> (PrincipalKind, String) {
    let client = ["client_id", "application_id"].iter().find_map(|name| own.get(name));
    let of = client.and_then(|client| lowering.resolve(client)).map(|(application, _)| application);
    let named = |resource: &Resource, argument: &str| resource.get(argument).and_then(text);
    if let Some(name) = of.and_then(|of| named(of, "display_name")).or_else(|| named(own, "display_name")) {
        return (PrincipalKind::Application, name);
    }
    if let Some(id) = client.and_then(Value::as_str) {
        return (PrincipalKind::Client, id.to_owned());
    }
    let name = named(own, "object_id").unwrap_or_else(|| own.lasting_name.to_string());
    (PrincipalKind::Application, name)
}

/// The account that an argument names, as `application_id = azuread_application.x.id` does.
pub(super) fn account(value: &Value, lowering: &mut Lowering<'_>) -> Option<Native> {
    let (kind, name) = match of_reference(value, lowering) {
        Some(found) => found,
        None => {
            if let Some(unknown) = value.as_unknown().cloned() {
                lowering.unknown(&unknown, value.origin, "whose this is, is not known");
            }
            let name = text(value)?;
            let name = if is_guid(&name) { name } else { last_part(&name).to_owned() };
            (PrincipalKind::Application, name)
        }
    };
    match cloud(lowering).principal(kind, &name, value.origin) {
        Holder::Account(id) | Holder::Group(id) => Some(id),
        Holder::Person(_) | Holder::Service(_) => None,
    }
}
