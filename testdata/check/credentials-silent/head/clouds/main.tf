resource "google_kms_crypto_key" "data" {
  name            = "data"
  rotation_period = "7776000s"
}

resource "google_secret_manager_secret" "db" {
  secret_id = "db"
  rotation {
    next_rotation_time = "2026-12-31T00:00:00Z"
    rotation_period    = "2592000s"
  }
}

resource "azuread_application" "ci" {
  display_name = "ci"
}

resource "azuread_application_password" "ci" {
  application_id    = azuread_application.ci.id
  end_date_relative = "720h"
}

resource "azurerm_storage_account" "files" {
  name                      = "files"
  shared_access_key_enabled = false
}

resource "azurerm_key_vault_secret" "db" {
  name            = "db"
  value           = var.db
  expiration_date = "2026-12-31T00:00:00Z"
}

variable "db" {}
