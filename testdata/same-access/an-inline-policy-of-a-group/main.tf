resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.a.name
  groups = [aws_iam_group.g.name]
}
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["iam:CreateAccessKey", "iam:UpdateLoginProfile"]
    resources = ["*"]
  }
}
resource "aws_iam_group_policy" "p" {
  group  = aws_iam_group.g.name
  policy = data.aws_iam_policy_document.p.json
}
