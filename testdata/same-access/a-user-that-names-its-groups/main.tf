resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.a.name
  groups = [aws_iam_group.g.name]
}
