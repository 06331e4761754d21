resource "aws_iam_role" "r" {
  name                 = "runner"
  permissions_boundary = "arn:aws:iam::111122223333:policy/limits"
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
