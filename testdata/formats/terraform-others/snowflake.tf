provider "snowflake" {
  organization_name = "acme"
  account_name      = "prod"
}

resource "snowflake_account_role" "loader" {
  name = "LOADER"
}

resource "snowflake_user" "ann" {
  name = "ann"
}

resource "snowflake_grant_account_role" "ann" {
  role_name = snowflake_account_role.loader.name
  user_name = snowflake_user.ann.name
}

resource "snowflake_grant_account_role" "sysadmin" {
  role_name        = snowflake_account_role.loader.name
  parent_role_name = "SYSADMIN"
}

resource "snowflake_grant_account_role" "admin" {
  role_name = "ACCOUNTADMIN"
  user_name = snowflake_user.ann.name
}

resource "snowflake_grant_privileges_to_account_role" "tables" {
  account_role_name = snowflake_account_role.loader.name
  privileges        = ["SELECT", "INSERT"]
  on_schema_object {
    future {
      object_type_plural = "TABLES"
      in_schema          = "\"RAW\".\"STRIPE\""
    }
  }
}

resource "snowflake_grant_privileges_to_account_role" "grants" {
  account_role_name = snowflake_account_role.loader.name
  privileges        = ["MANAGE GRANTS"]
  on_account        = true
}

resource "snowflake_grant_ownership" "db" {
  account_role_name = snowflake_account_role.loader.name
  on {
    object_type = "DATABASE"
    object_name = var.team
  }
}
