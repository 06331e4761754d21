resource "aws_iam_user" "a" { name = "ann" }
resource "aws_iam_user_policy_attachment" "p" {
  user       = "ann"
  policy_arn = "arn:aws:iam::aws:policy/IAMFullAccess"
}
