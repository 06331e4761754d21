# What is not known in the tree: a principal, a resource, a document, a whole module.
variable "trusted" {}

variable "role" {}

variable "admin" {
  type = bool
}

data "aws_caller_identity" "me" {}

resource "aws_iam_role" "deploy" {
  name = "deploy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = [var.trusted, "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root"] }
    }]
  })
}

resource "aws_iam_role_policy" "deploy" {
  role = aws_iam_role.deploy.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:PassRole"], Resource = [aws_iam_role.deploy.arn, aws_sfn_state_machine.x.arn] },
      { Effect = "Deny", Action = ["iam:*"], Resource = [aws_sfn_state_machine.x.arn, "arn:aws:iam::1:role/a"] },
      { Effect = "Allow", Action = [var.trusted, "s3:Get*"], Resource = "*" },
      { Effect = "Deny", NotAction = [var.trusted], Resource = "*" },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "somebody" {
  role       = var.role
  policy_arn = var.admin ? "arn:aws:iam::aws:policy/AdministratorAccess" : "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_user" "maybe" {
  count = var.admin ? 1 : 0
  name  = "maybe-${var.role}"
}

resource "aws_iam_user_policy" "maybe" {
  for_each = { for user in aws_iam_user.maybe : user.name => user }
  user     = each.value.name
  policy   = data.remote_document.it.json
}

module "remote" {
  source = "terraform-aws-modules/iam/aws//modules/iam-user"
}
