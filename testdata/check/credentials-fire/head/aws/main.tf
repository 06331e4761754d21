provider "github" {
  owner = "acme"
}

# The key of a person is given to a function, and one key to two repositories.
resource "aws_iam_user" "mira" {
  name = "mira"
}

resource "aws_iam_user" "robot" {
  name = "robot"
}

resource "aws_iam_access_key" "mira" {
  user = aws_iam_user.mira.name
}

resource "aws_iam_access_key" "robot" {
  user = aws_iam_user.robot.name
}

resource "aws_iam_user_login_profile" "mira" {
  user = aws_iam_user.mira.name
}

resource "aws_lambda_function" "export" {
  function_name = "export"
  environment {
    variables = {
      AWS_SECRET = aws_iam_access_key.mira.secret
    }
  }
}

resource "github_actions_secret" "one" {
  repository  = "shop"
  secret_name = "AWS_SECRET_ACCESS_KEY"
  value       = aws_iam_access_key.robot.secret
}

resource "github_actions_secret" "two" {
  repository  = "depot"
  secret_name = "AWS_SECRET_ACCESS_KEY"
  value       = aws_iam_access_key.robot.secret
}

resource "github_actions_secret" "written" {
  repository      = "shop"
  secret_name     = "WEBHOOK"
  plaintext_value = "example-value"
}

resource "aws_secretsmanager_secret" "db" {
  name = "db"
}

resource "aws_kms_key" "data" {
  description = "data"
}

resource "aws_db_instance" "shop" {
  username = "admin"
  password = "example-password"
}

provider "datadog" {
  api_key = "example-key"
  app_key = var.app_key
}

variable "app_key" {}
