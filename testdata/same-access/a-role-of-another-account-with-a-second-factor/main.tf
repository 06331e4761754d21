resource "aws_iam_role" "r" {
  name               = "support"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::444455556666:root" }, Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } } }] })
}
