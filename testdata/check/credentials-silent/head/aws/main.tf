provider "github" {
  owner = "acme"
}

resource "aws_iam_account_password_policy" "all" {
  minimum_password_length      = 14
  require_lowercase_characters = true
  require_uppercase_characters = true
  require_numbers              = true
  require_symbols              = true
  password_reuse_prevention    = 24
  max_password_age             = 90
}

resource "aws_iam_user" "mira" {
  name = "mira"
}

resource "aws_iam_user_login_profile" "mira" {
  user = aws_iam_user.mira.name
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id = aws_secretsmanager_secret.db.id
  rotation_rules {
    automatically_after_days = 30
  }
}

resource "aws_kms_key" "data" {
  enable_key_rotation = true
}

resource "aws_kms_key" "signing" {
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
}

resource "random_password" "shop" {
  length = 32
}

resource "aws_db_instance" "shop" {
  username = "admin"
  password = random_password.shop.result
}

resource "aws_db_instance" "depot" {
  username                    = "admin"
  manage_master_user_password = true
}

resource "github_actions_secret" "written" {
  repository      = "shop"
  secret_name     = "WEBHOOK"
  plaintext_value = var.webhook
}

variable "webhook" {}

variable "app_key" {}

provider "datadog" {
  api_key = var.app_key
}
