resource "aws_iam_user" "a" {
  name = "a"
}

resource "aws_iam_user_policy_attachment" "a" {
  user       = aws_iam_user.a.name
  policy_arn = local.policy
}

resource "aws_iam_user_policy" "none" {
  policy = "{"
}

resource "aws_iam_user_policy" "text" {
  user   = aws_iam_user.a.name
  policy = "{"
}
