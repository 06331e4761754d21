variable "name" {}
variable "members" {}
variable "managed" {}

resource "aws_iam_user" "member" {
  for_each = toset(var.members)
  name     = each.key
}

resource "aws_iam_group" "team" {
  name = var.name
}

resource "aws_iam_group_membership" "team" {
  name  = var.name
  group = aws_iam_group.team.name
  users = values(aws_iam_user.member)[*].name
}

resource "aws_iam_group_policy_attachment" "managed" {
  for_each   = toset(var.managed)
  group      = aws_iam_group.team.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
