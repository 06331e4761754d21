variable "name" {}
variable "members" {}
variable "policies" {}

data "aws_partition" "current" {}

resource "aws_iam_user" "member" {
  for_each = toset(var.members)
  name     = each.key
}

resource "aws_iam_group" "team" {
  name = "team-${var.name}"
  path = "/teams/"
}

resource "aws_iam_group_membership" "team" {
  name  = var.name
  group = aws_iam_group.team.name
  users = [for member in aws_iam_user.member : member.name]
}

resource "aws_iam_group_policy_attachment" "team" {
  count      = length(var.policies)
  group      = aws_iam_group.team.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${var.policies[count.index]}"
}

output "group" {
  value = aws_iam_group.team.name
}
