# Two teams, each with a group, its members and what they may do.
terraform {
  backend "s3" {}
}

variable "teams" {
  type = map(object({
    members  = list(string)
    policies = optional(list(string), ["ReadOnlyAccess"])
  }))
}

module "team" {
  source   = "./modules/team"
  for_each = var.teams

  name     = each.key
  members  = each.value.members
  policies = each.value.policies
}

resource "aws_iam_user_group_membership" "auditor" {
  user   = aws_iam_user.auditor.name
  groups = [for team in module.team : team.group]
}

resource "aws_iam_user" "auditor" {
  name                 = "auditor"
  permissions_boundary = "arn:aws:iam::111122223333:policy/boundary"
}
