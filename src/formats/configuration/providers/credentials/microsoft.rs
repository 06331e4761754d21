//! Credentials that resources of the providers `azuread` and `azurerm` declare.
//!
//! Arguments by the providers' documentation, registry.terraform.io/providers/hashicorp/{azuread,azurerm}/latest/docs/
//! resources/NAME. Rotation of keys: Key Vault documentation, "Configure cryptographic key auto-rotation"; of keys of
//! storage accounts, which nothing replaces by itself: Azure Storage documentation, "Manage storage account access keys".

use super::row::{
    Declared,
    Form::{Date, Span},
    NEVER,
    Rotates::{Never, Period},
    row, until, until_if_said,
};
use crate::facts::CredentialKind::{AccessKey, Certificate, EncryptionKey, Password, Secret, Token};

const ENTRA: &str = "entra";
const AZURE: &str = "azure";

pub(super) const ROWS: &[Declared] = &[
    row("azuread_application_password", ENTRA, Password)
        .of("application_id")
        .always()
        .lives(until_if_said(&[("end_date", Date), ("end_date_relative", Span)])),
    row("azuread_service_principal_password", ENTRA, Password)
        .of("service_principal_id")
        .always()
        .lives(until_if_said(&[("end_date", Date), ("end_date_relative", Span)])),
    row("azuread_application_certificate", ENTRA, Certificate)
        .of("application_id")
        .always()
        .lives(until_if_said(&[("end_date", Date), ("end_date_relative", Span)])),
    row("azuread_service_principal_certificate", ENTRA, Certificate)
        .of("service_principal_id")
        .always()
        .lives(until_if_said(&[("end_date", Date), ("end_date_relative", Span)])),
    row("azuread_application", ENTRA, Password),
    row("azuread_user", ENTRA, Password).of("user_principal_name").value(&["password"]),
    row("azurerm_storage_account", AZURE, AccessKey).of("name").unless_off("shared_access_key_enabled").rotates(Never),
    row("azurerm_cosmosdb_account", AZURE, AccessKey)
        .of("name")
        .unless_off("local_authentication_enabled")
        .only(&[("kind", "GlobalDocumentDB")])
        .rotates(Never),
    row("azurerm_app_configuration", AZURE, AccessKey).of("name").unless_off("local_auth_enabled").rotates(Never),
    row("azurerm_cognitive_account", AZURE, AccessKey).of("name").unless_off("local_auth_enabled").rotates(Never),
    row("azurerm_search_service", AZURE, AccessKey)
        .of("name")
        .unless_off("local_authentication_enabled")
        .rotates(Never),
    row("azurerm_redis_cache", AZURE, AccessKey)
        .of("name")
        .unless_off("access_keys_authentication_enabled")
        .rotates(Never),
    row("azurerm_eventhub_namespace_authorization_rule", AZURE, AccessKey).of("name").always().rotates(Never),
    row("azurerm_eventhub_authorization_rule", AZURE, AccessKey).of("name").always().rotates(Never),
    row("azurerm_servicebus_namespace_authorization_rule", AZURE, AccessKey).of("name").always().rotates(Never),
    row("azurerm_storage_account_local_user", AZURE, Password).of("name").on("ssh_password_enabled").lives(NEVER),
    row("azurerm_container_registry", AZURE, Password).of("name").on("admin_enabled").lives(NEVER),
    row("azurerm_container_registry_token_password", AZURE, Password)
        .of("container_registry_token_id")
        .always()
        .lives(until(&[("password1.expiry", Date)])),
    row("azurerm_api_management_subscription", AZURE, Token).of("display_name").always().lives(NEVER),
    row("azurerm_key_vault_secret", AZURE, Secret)
        .of("name")
        .always()
        .value(&["value"])
        .rotates(Period(&[("expiration_date", Date)])),
    row("azurerm_key_vault_key", AZURE, EncryptionKey).of("name").always().rotates(Period(&[
        ("rotation_policy.automatic.time_after_creation", Span),
        ("rotation_policy.automatic.time_before_expiry", Date),
        ("expiration_date", Date),
    ])),
    row("azurerm_mssql_server", AZURE, Password).of("administrator_login").value(&["administrator_login_password"]),
    row("azurerm_mysql_flexible_server", AZURE, Password).of("administrator_login").value(&["administrator_password"]),
    row("azurerm_postgresql_flexible_server", AZURE, Password)
        .of("administrator_login")
        .value(&["administrator_password"]),
    row("azurerm_synapse_workspace", AZURE, Password)
        .of("sql_administrator_login")
        .value(&["sql_administrator_login_password"]),
    row("azurerm_linux_virtual_machine", AZURE, Password).of("admin_username").value(&["admin_password"]),
    row("azurerm_windows_virtual_machine", AZURE, Password).of("admin_username").value(&["admin_password"]),
    row("azurerm_automation_credential", AZURE, Password).of("username").value(&["password"]),
    row("azurerm_kubernetes_cluster", AZURE, Password)
        .of("service_principal.client_id")
        .value(&["service_principal.client_secret"]),
];
