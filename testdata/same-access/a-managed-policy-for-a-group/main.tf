resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_group" "g" { name = "payers" }
resource "aws_iam_user_group_membership" "m" {
  user   = "ann"
  groups = ["payers"]
}
resource "aws_iam_policy" "p" {
  name   = "pay"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["sqs:SendMessage"], Resource = "arn:aws:sqs:*:111122223333:pay" }] })
}
resource "aws_iam_group_policy_attachment" "p" {
  group      = aws_iam_group.g.name
  policy_arn = aws_iam_policy.p.arn
}
