resource "aws_iam_user" "a" {
  name = "ann"
  path = "/finance/"
}
