resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_user_policy" "p" {
  user   = aws_iam_user.a.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:CreateAccessKey", Resource = "*" }] })
}
