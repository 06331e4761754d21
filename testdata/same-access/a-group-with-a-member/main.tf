resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_group_membership" "m" {
  name  = "m"
  group = aws_iam_group.g.name
  users = [aws_iam_user.a.name]
}
