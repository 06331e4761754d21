resource "google_service_account" "ci" {
  account_id = "ci"
  project    = "shop"
}

resource "google_service_account_key" "ci" {
  service_account_id = google_service_account.ci.name
}

resource "google_kms_crypto_key" "data" {
  name            = "data"
  rotation_period = "63072000s"
}

resource "google_secret_manager_secret" "db" {
  secret_id = "db"
}

resource "azuread_application" "ci" {
  display_name = "ci"
}

resource "azuread_application_password" "ci" {
  application_id    = azuread_application.ci.id
  end_date_relative = "8760h"
}

resource "azurerm_storage_account" "files" {
  name = "files"
}

resource "azurerm_key_vault_secret" "db" {
  name  = "db"
  value = "example-value"
}
