data "azurerm_subscription" "prod" {
  subscription_id = "11111111-1111-1111-1111-111111111111"
}

data "azuread_user" "ann" {
  user_principal_name = "ann@example.com"
}

resource "azurerm_role_definition" "operator" {
  name  = "Operator"
  scope = data.azurerm_subscription.prod.id
  permissions {
    actions     = ["*"]
    not_actions = ["Microsoft.Authorization/*/write"]
  }
}

resource "azurerm_role_assignment" "operator" {
  scope              = data.azurerm_subscription.prod.id
  role_definition_id = azurerm_role_definition.operator.role_definition_resource_id
  principal_id       = data.azuread_user.ann.object_id
}
