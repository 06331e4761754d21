//! Ids that follow from a resource's arguments (Azure documentation, "Azure resource IDs"; the pages of the types).
//!
//! The subscription that the provider is configured for stays an unknown part.

use std::sync::Arc;

use super::super::Compute;
use super::super::arguments::of_parts;
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Part, Reference, Unknown, Value, Why};

/// The rows of the table of computed attributes.
pub(super) const ROWS: &[(&str, Compute)] = &[
    ("azurerm_resource_group", resource_group),
    ("data.azurerm_resource_group", resource_group),
    ("azurerm_management_group", management_group),
    ("data.azurerm_management_group", management_group),
    ("azurerm_subscription", subscription),
    ("data.azurerm_subscription", subscription),
    ("azurerm_container_registry", resource),
    ("azurerm_cosmosdb_account", resource),
    ("azurerm_data_factory", resource),
    ("azurerm_eventhub_namespace", resource),
    ("azurerm_key_vault", resource),
    ("data.azurerm_key_vault", resource),
    ("azurerm_kubernetes_cluster", resource),
    ("azurerm_linux_virtual_machine", resource),
    ("azurerm_linux_web_app", resource),
    ("azurerm_log_analytics_workspace", resource),
    ("azurerm_private_dns_zone", resource),
    ("azurerm_servicebus_namespace", resource),
    ("azurerm_storage_account", resource),
    ("data.azurerm_storage_account", resource),
    ("azurerm_user_assigned_identity", resource),
    ("azurerm_virtual_network", resource),
    ("azurerm_windows_virtual_machine", resource),
];

/// The type of a resource in its id.
fn type_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "azurerm_container_registry" => "Microsoft.ContainerRegistry/registries",
        "azurerm_cosmosdb_account" => "Microsoft.DocumentDB/databaseAccounts",
        "azurerm_data_factory" => "Microsoft.DataFactory/factories",
        "azurerm_eventhub_namespace" => "Microsoft.EventHub/namespaces",
        "azurerm_key_vault" => "Microsoft.KeyVault/vaults",
        "azurerm_kubernetes_cluster" => "Microsoft.ContainerService/managedClusters",
        "azurerm_linux_virtual_machine" | "azurerm_windows_virtual_machine" => "Microsoft.Compute/virtualMachines",
        "azurerm_linux_web_app" => "Microsoft.Web/sites",
        "azurerm_log_analytics_workspace" => "Microsoft.OperationalInsights/workspaces",
        "azurerm_private_dns_zone" => "Microsoft.Network/privateDnsZones",
        "azurerm_servicebus_namespace" => "Microsoft.ServiceBus/namespaces",
        "azurerm_storage_account" => "Microsoft.Storage/storageAccounts",
        "azurerm_user_assigned_identity" => "Microsoft.ManagedIdentity/userAssignedIdentities",
        "azurerm_virtual_network" => "Microsoft.Network/virtualNetworks",
        _ => return None,
    })
}

fn resource_group(own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let name = argument("name", own, reference, origin);
    let mut parts = of_subscription(origin);
    parts.push(known("/resourceGroups/", origin));
    parts.extend(parts_of(&name));
    vec![("id", text(parts, origin))]
}

fn management_group(own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let name = argument("name", own, reference, origin);
    let mut parts = vec![known("/providers/Microsoft.Management/managementGroups/", origin)];
    parts.extend(parts_of(&name));
    vec![("id", text(parts, origin)), ("name", name)]
}

fn subscription(own: &Value, _: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let id = match own.get("subscription_id") {
        Some(id) => {
            let mut parts = vec![known("/subscriptions/", origin)];
            parts.extend(parts_of(id));
            parts
        }
        None => of_subscription(origin),
    };
    vec![("id", text(id, origin))]
}

fn resource(own: &Value, reference: &Reference, origin: Origin) -> Vec<(&'static str, Value)> {
    let Some(kind) = type_of(&reference.kind) else { return Vec::new() };
    let mut parts = of_subscription(origin);
    parts.push(known("/resourceGroups/", origin));
    parts.extend(parts_of(&argument("resource_group_name", own, reference, origin)));
    parts.push(known(&format!("/providers/{kind}/"), origin));
    parts.extend(parts_of(&argument("name", own, reference, origin)));
    vec![("id", text(parts, origin))]
}

/// An argument, or that the provider makes it up.
fn argument(name: &str, own: &Value, reference: &Reference, origin: Origin) -> Value {
    own.get(name).cloned().unwrap_or_else(|| {
        let reference = Reference { attribute: name.into(), ..reference.clone() };
        Value::unknown(if reference.data { Why::Data(reference) } else { Why::AfterApply(reference) }, origin)
    })
}

fn parts_of(value: &Value) -> Vec<Part> {
    value.parts().map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// The start of an id in the subscription that the provider is configured for.
fn of_subscription(origin: Origin) -> Vec<Part> {
    let address: Text = "data.azurerm_client_config.current".into();
    let attribute = "subscription_id".into();
    let why = Why::Data(Reference { address, kind: "azurerm_client_config".into(), data: true, attribute });
    vec![known("/subscriptions/", origin), Part::Unknown(Arc::new(Unknown { why, origin, candidates: Vec::new() }))]
}

fn text(parts: Vec<Part>, origin: Origin) -> Value {
    of_parts(parts, origin)
}

fn known(text: &str, origin: Origin) -> Part {
    Part::Known(text.into(), origin)
}
