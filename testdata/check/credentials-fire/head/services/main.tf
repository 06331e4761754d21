resource "gitlab_project_deploy_token" "registry" {
  project = "shop"
  name    = "registry"
}

resource "tfe_team_token" "ci" {
  team_id = "team-1"
}

resource "databricks_obo_token" "etl" {
  application_id = "etl"
}

resource "confluent_api_key" "orders" {
  display_name = "orders"
}

resource "okta_policy_password" "staff" {
  name                   = "staff"
  password_min_length    = 8
  password_history_count = 0
}

resource "snowflake_legacy_service_user" "loader" {
  name     = "loader"
  password = "example-password"
}

resource "postgresql_role" "app" {
  name     = "app"
  password = "example-password"
}

resource "vault_database_secret_backend_static_role" "app" {
  username        = "app"
  rotation_period = "31536000"
}

resource "gitlab_project_variable" "aws" {
  project = "shop"
  key     = "AWS_SECRET_ACCESS_KEY"
  value   = var.key
}

variable "key" {}
