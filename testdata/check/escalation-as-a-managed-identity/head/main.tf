data "azurerm_subscription" "prod" {
  subscription_id = "11111111-1111-1111-1111-111111111111"
}

data "azurerm_resource_group" "payments" {
  name = "payments"
}

data "azuread_user" "ann" {
  user_principal_name = "ann@example.com"
}

data "azuread_user" "bob" {
  user_principal_name = "bob@example.com"
}

data "azuread_user" "eve" {
  user_principal_name = "eve@example.com"
}

resource "azurerm_user_assigned_identity" "runner" {
  name                = "runner"
  resource_group_name = data.azurerm_resource_group.payments.name
  location            = "westeurope"
}

resource "azurerm_role_assignment" "runner" {
  scope                = data.azurerm_subscription.prod.id
  role_definition_name = "Owner"
  principal_id         = azurerm_user_assigned_identity.runner.principal_id
}

resource "azurerm_role_definition" "starter" {
  name  = "Starter"
  scope = data.azurerm_subscription.prod.id
  permissions {
    actions = [
      "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
      "Microsoft.Compute/virtualMachines/write",
    ]
  }
}

resource "azurerm_role_definition" "operator" {
  name  = "Operator"
  scope = data.azurerm_subscription.prod.id
  permissions {
    actions = ["Microsoft.Compute/virtualMachines/runCommand/action"]
  }
}

resource "azurerm_role_definition" "reader" {
  name  = "Machine Reader"
  scope = data.azurerm_subscription.prod.id
  permissions {
    actions = ["Microsoft.Compute/virtualMachines/read", "Microsoft.ManagedIdentity/userAssignedIdentities/read"]
  }
}

# Starts a machine as the identity: certain.
resource "azurerm_role_assignment" "ann" {
  scope              = data.azurerm_subscription.prod.id
  role_definition_id = azurerm_role_definition.starter.role_definition_resource_id
  principal_id       = data.azuread_user.ann.object_id
}

# Runs commands on machines, of which none is declared: unknown.
resource "azurerm_role_assignment" "bob" {
  scope              = data.azurerm_subscription.prod.id
  role_definition_id = azurerm_role_definition.operator.role_definition_resource_id
  principal_id       = data.azuread_user.bob.object_id
}

# Looks at machines and identities: nothing.
resource "azurerm_role_assignment" "eve" {
  scope              = data.azurerm_subscription.prod.id
  role_definition_id = azurerm_role_definition.reader.role_definition_resource_id
  principal_id       = data.azuread_user.eve.object_id
}
