//! Scopes, and cases of Azure's own documents.

use super::{Place, ROLES, TEMPLATE};
use crate::formats::cases::run_cases;

#[test]
fn cases() {
    run_cases(&[ROLES, TEMPLATE], "azure");
}

#[test]
fn scopes_are_read_at_every_level() {
    for (id, expected) in [
        ("/", "every management group, every resource, every resource group, every subscription"),
        (
            "/providers/Microsoft.Management/managementGroups/Landing",
            "management group landing, every resource, every resource group",
        ),
        ("/subscriptions/S1", "every resource, every resource group, subscription s1"),
        ("/subscriptions/s1/resourcegroups/RG", "every resource, resource group rg, subscription s1"),
        (
            "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
            "resource microsoft.keyvault/vaults/kv, resource group rg, subscription s1",
        ),
        ("/subscriptions/${var.id}", "every resource, every resource group"),
        ("/subscriptions/${var.id}/resourceGroups/rg", "every resource, resource group rg"),
        ("${var.scope}", ""),
    ] {
        assert_eq!(Place::of(id).scope().to_string(), expected, "{id}");
    }
}
