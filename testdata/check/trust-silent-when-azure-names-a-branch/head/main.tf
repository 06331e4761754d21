resource "azuread_application" "ci" {
  display_name = "ci"
}

resource "azuread_application_flexible_federated_identity_credential" "ci" {
  application_id             = azuread_application.ci.id
  display_name               = "github"
  audience                   = "api://AzureADTokenExchange"
  issuer                     = "https://token.actions.githubusercontent.com"
  claims_matching_expression = "claims['sub'] eq 'repo:acme/app:ref:refs/heads/main'"
}
