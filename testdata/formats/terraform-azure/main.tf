# Role definitions and assignments at every level, identities, vaults and a directory.
variable "auditor_id" {
  type = string
}

data "azurerm_client_config" "current" {}
data "azurerm_subscription" "current" {}

data "azurerm_subscription" "shared" {
  subscription_id = "11111111-1111-1111-1111-111111111111"
}

data "azurerm_role_definition" "reader" {
  name = "Reader"
}

data "azuread_user" "ann" {
  user_principal_name = "Ann@example.com"
}

resource "azurerm_management_group" "landing" {
  name = "landing"
}

resource "azurerm_resource_group" "payments" {
  name     = "payments"
  location = "westeurope"
}

resource "azurerm_role_definition" "operator" {
  name  = "Payment Operator"
  scope = azurerm_management_group.landing.id
  permissions {
    actions          = ["*"]
    not_actions      = ["Microsoft.Authorization/*/write"]
    data_actions     = ["Microsoft.KeyVault/vaults/secrets/*"]
    not_data_actions = ["Microsoft.KeyVault/vaults/secrets/purge/action"]
  }
  permissions {
    actions     = ["Microsoft.Storage/*/read", "Microsoft.Network/routes/write"]
    not_actions = ["Microsoft.Network/*"]
  }
}

resource "azurerm_role_assignment" "by_reference" {
  scope              = azurerm_management_group.landing.id
  role_definition_id = azurerm_role_definition.operator.role_definition_resource_id
  principal_id       = azuread_group.operators.object_id
}

resource "azurerm_role_assignment" "by_guid" {
  scope              = data.azurerm_subscription.shared.id
  role_definition_id = "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
  principal_id       = data.azuread_user.ann.object_id
}

resource "azurerm_role_assignment" "by_data" {
  scope              = data.azurerm_subscription.current.id
  role_definition_id = "${data.azurerm_subscription.current.id}${data.azurerm_role_definition.reader.id}"
  principal_id       = "22222222-2222-2222-2222-222222222222"
  principal_type     = "Group"
}

resource "azurerm_role_assignment" "conditional" {
  scope                = azurerm_resource_group.payments.id
  role_definition_name = "Role Based Access Control Administrator"
  principal_id         = azurerm_user_assigned_identity.runner.principal_id
  condition_version    = "2.0"
  condition            = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})))"
}

resource "azurerm_role_assignment" "unknown" {
  scope                = azurerm_storage_account.books.id
  role_definition_name = "Storage Account Contributor"
  principal_id         = var.auditor_id
}

resource "azurerm_storage_account" "books" {
  name                = "acmebooks"
  resource_group_name = azurerm_resource_group.payments.name
  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_assignment" "system_assigned" {
  scope                = "/"
  role_definition_name = "Contributor"
  principal_id         = azurerm_storage_account.books.identity[0].principal_id
}

resource "azurerm_pim_eligible_role_assignment" "owner" {
  scope              = data.azurerm_subscription.shared.id
  role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
  principal_id       = azuread_user.bob.object_id
}

resource "azurerm_key_vault" "secrets" {
  name                = "acme-secrets"
  resource_group_name = azurerm_resource_group.payments.name
  access_policy {
    object_id          = data.azurerm_client_config.current.object_id
    secret_permissions = ["Get", "List", "Set"]
  }
}

resource "azurerm_key_vault_access_policy" "keys" {
  key_vault_id    = azurerm_key_vault.secrets.id
  object_id       = azuread_service_principal.deployer.object_id
  key_permissions = ["Sign", "all"]
}

resource "azurerm_user_assigned_identity" "runner" {
  name                = "runner"
  resource_group_name = azurerm_resource_group.payments.name
}

resource "azurerm_federated_identity_credential" "runner" {
  name      = "github"
  parent_id = azurerm_user_assigned_identity.runner.id
  issuer    = "https://token.actions.githubusercontent.com"
  subject   = "repo:acme/infra:ref:refs/heads/main"
  audience  = ["api://AzureADTokenExchange"]
}

resource "azuread_user" "bob" {
  user_principal_name = "bob@example.com"
  display_name        = "Bob"
}

resource "azuread_group" "operators" {
  display_name = "Operators"
  members      = [azuread_user.bob.object_id, data.azuread_user.ann.object_id]
}

resource "azuread_group" "everybody" {
  display_name = "Everybody"
}

resource "azuread_group_member" "nested" {
  group_object_id  = azuread_group.everybody.object_id
  member_object_id = azuread_group.operators.object_id
}

resource "azuread_application" "deployer" {
  display_name = "deployer"
  owners       = [azuread_user.bob.object_id]
}

resource "azuread_service_principal" "deployer" {
  client_id = azuread_application.deployer.client_id
}

resource "azuread_application_password" "deployer" {
  application_id = azuread_application.deployer.id
  end_date       = "2027-01-01T00:00:00Z"
}

resource "azuread_service_principal_certificate" "deployer" {
  service_principal_id = azuread_service_principal.deployer.id
  value                = "-----BEGIN CERTIFICATE-----"
}

resource "azuread_application_federated_identity_credential" "deployer" {
  application_id = azuread_application.deployer.id
  display_name   = "github"
  issuer         = "https://token.actions.githubusercontent.com"
  subject        = "repo:acme/infra:environment:prod"
  audiences      = ["api://AzureADTokenExchange"]
}

data "azuread_service_principal" "graph" {
  display_name = "Microsoft Graph"
}

resource "azuread_app_role_assignment" "roles" {
  app_role_id         = data.azuread_service_principal.graph.app_role_ids["RoleManagement.ReadWrite.Directory"]
  principal_object_id = azuread_service_principal.deployer.object_id
  resource_object_id  = data.azuread_service_principal.graph.object_id
}

resource "azuread_directory_role" "users" {
  display_name = "User Administrator"
}

resource "azuread_directory_role_assignment" "users" {
  role_id             = azuread_directory_role.users.template_id
  principal_object_id = azuread_group.operators.object_id
}

resource "azuread_directory_role_eligibility_schedule_request" "global" {
  role_definition_id = "62e90394-69f5-4237-9190-012177145e10"
  principal_id       = azuread_user.bob.object_id
  directory_scope_id = "/"
  justification      = "break glass"
}

resource "azuread_custom_directory_role" "apps" {
  display_name = "App Keeper"
  enabled      = true
  version      = "1.0"
  permissions {
    allowed_resource_actions = ["microsoft.directory/applications/credentials/update"]
  }
}

data "azuread_service_principal" "by_client" {
  client_id = "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
}

resource "azurerm_role_assignment" "by_client" {
  scope                = data.azurerm_subscription.shared.id
  role_definition_name = "Contributor"
  principal_id         = data.azuread_service_principal.by_client.object_id
}
