resource "gitlab_project_deploy_token" "registry" {
  project    = "shop"
  name       = "registry"
  expires_at = "2027-01-31"
}

resource "tfe_team_token" "ci" {
  team_id    = "team-1"
  expired_at = "2027-01-31T00:00:00Z"
}

resource "databricks_obo_token" "etl" {
  application_id   = "etl"
  lifetime_seconds = 3600
}

resource "okta_policy_password" "staff" {
  name                   = "staff"
  password_min_length    = 14
  password_history_count = 24
}

resource "snowflake_service_user" "loader" {
  name           = "loader"
  rsa_public_key = "MIIB"
}

resource "vault_database_secret_backend_static_role" "app" {
  username        = "app"
  rotation_period = "86400"
}
