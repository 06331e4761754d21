data "aws_ssoadmin_instances" "own" {}

locals {
  instance = tolist(data.aws_ssoadmin_instances.own.arns)[0]
  store    = tolist(data.aws_ssoadmin_instances.own.identity_store_ids)[0]
  managed  = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMFullAccess"]
}

resource "aws_ssoadmin_permission_set" "operator" {
  name             = "operator"
  instance_arn     = local.instance
  session_duration = "PT8H"
}

resource "aws_ssoadmin_permission_set_inline_policy" "operator" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.operator.arn
  inline_policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ec2:*", Resource = "*" }] })
}

resource "aws_ssoadmin_managed_policy_attachment" "operator" {
  for_each           = toset(local.managed)
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.operator.arn
  managed_policy_arn = each.key
}

resource "aws_ssoadmin_customer_managed_policy_attachment" "operator" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.operator.arn
  customer_managed_policy_reference {
    name = "ledger"
    path = "/finance/"
  }
}

data "aws_identitystore_group" "finance" {
  identity_store_id = local.store
  alternate_identifier {
    unique_attribute {
      attribute_path  = "DisplayName"
      attribute_value = "Finance"
    }
  }
}

resource "aws_ssoadmin_account_assignment" "finance" {
  for_each           = toset(["111122223333", "444455556666"])
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.operator.arn
  principal_id       = data.aws_identitystore_group.finance.group_id
  principal_type     = "GROUP"
  target_id          = each.key
  target_type        = "AWS_ACCOUNT"
}

resource "aws_identitystore_group" "payers" {
  identity_store_id = local.store
  display_name      = "Payers"
}

resource "aws_identitystore_user" "ann" {
  identity_store_id = local.store
  user_name         = "ann.example"
  display_name      = "Ann Example"
}

resource "aws_identitystore_group_membership" "ann" {
  identity_store_id = local.store
  group_id          = aws_identitystore_group.payers.group_id
  member_id         = aws_identitystore_user.ann.user_id
}

resource "aws_ssoadmin_account_assignment" "ann" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.operator.arn
  principal_id       = aws_identitystore_user.ann.user_id
  principal_type     = "USER"
  target_id          = var.account
  target_type        = "AWS_ACCOUNT"
}

variable "account" {
  type = string
}

resource "aws_ssoadmin_managed_policy_attachment" "elsewhere" {
  instance_arn       = local.instance
  permission_set_arn = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
  managed_policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_user" "robot" {
  name = "robot"
}

resource "aws_iam_access_key" "robot" {
  user = aws_iam_user.robot.name
}

resource "aws_iam_user_login_profile" "robot" {
  user = aws_iam_user.robot.name
}

resource "aws_organizations_policy" "limits" {
  name    = "no-leaving"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "organizations:LeaveOrganization", Resource = "*" }] })
}

resource "aws_organizations_policy" "tags" {
  name    = "tags"
  type    = "TAG_POLICY"
  content = "{}"
}

resource "aws_organizations_policy_attachment" "limits" {
  policy_id = aws_organizations_policy.limits.id
  target_id = each.key
  for_each  = toset(["ou-1", "444455556666"])
}
