//! Access policies of key vaults, in a vault's own blocks or beside it.

use super::assignments::place;
use super::cloud;
use super::principals::principals;
use crate::facts::{Gap, Granted, Origin};
use crate::formats::azure::roles::vault_permissions;
use crate::formats::azure::{Place, PrincipalKind};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::arguments::{each, required, text};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

pub(super) fn vault(resource: &Resource, lowering: &mut Lowering<'_>) {
    let name = resource.get("name").and_then(text).unwrap_or_else(|| resource.lasting_name.to_string());
    let group = resource.get("resource_group_name").and_then(text).filter(|group| !group.contains("${"));
    let place = Place::Resource {
        subscription: None,
        group: group.map(|group| group.to_ascii_lowercase().into()),
        name: Some(format!("Microsoft.KeyVault/vaults/{name}").to_ascii_lowercase().into()),
    };
    for block in resource.blocks("access_policy") {
        entry(block, &place, lowering);
    }
    if let Some(rest) = resource.get("access_policy").and_then(Value::rest).cloned() {
        lowering.unknown(&rest, resource.origin, "there may be more access policies than shown");
    }
}

pub(super) fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(vault) = required(resource, "key_vault_id", lowering) else { return };
    let place = place(vault, lowering);
    if let (Some(consequence), Some(unknown)) = (place.open(), vault.first_unknown().cloned()) {
        lowering.unknown(&unknown, vault.origin, consequence);
    }
    entry(&resource.attributes.clone(), &place, lowering);
}

fn entry(entry: &Value, place: &Place, lowering: &mut Lowering<'_>) {
    let Some(object) = entry.get("object_id") else {
        match entry.first_unknown().cloned() {
            Some(unknown) => lowering.unknown(&unknown, entry.origin, "whom this entry gives what is not known"),
            None => {
                let reason = "an access policy names its principal by `object_id`; this one does not";
                lowering.unresolved(Gap::Broken, entry.origin, reason, "this entry is not evaluated");
            }
        }
        return;
    };
    let mut statements = Vec::new();
    for (argument, kind) in [
        ("secret_permissions", "secrets"),
        ("key_permissions", "keys"),
        ("certificate_permissions", "certificates"),
        ("storage_permissions", "storage"),
    ] {
        let Some(list) = entry.get(argument) else { continue };
        let permissions: Vec<(String, Origin)> = each(list, lowering, |lowering, own, _| {
            if let Some(unknown) = own.as_unknown().cloned() {
                lowering.unknown(&unknown, own.origin, "this entry may permit more than shown");
                return None;
            }
            Some((own.as_str()?.to_owned(), own.telling_origin()))
        });
        statements.extend(vault_permissions(kind, &permissions));
    }
    for (to, origin) in principals(object, PrincipalKind::Unknown, lowering) {
        cloud(lowering).grant(to, Granted::Statements(statements.clone()), place.scope(), Vec::new(), origin);
    }
}
