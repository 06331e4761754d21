# One permission, written in each of the ways that configurations have.
locals {
  bucket = "ledger"
}

resource "aws_iam_policy" "heredoc" {
  name   = "heredoc"
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:PutObject",
          "Resource": "arn:aws:s3:::${local.bucket}/*"
        }
      ]
    }
  EOT
}

resource "aws_iam_policy" "encoded" {
  name = "encoded"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:PutObject", Resource = "arn:aws:s3:::${local.bucket}/*" }]
  })
}

resource "aws_iam_policy" "file" {
  name   = "file"
  policy = file("${path.module}/policies/put.json")
}

resource "aws_iam_policy" "template" {
  name   = "template"
  policy = templatefile("${path.module}/policies/put.json.tftpl", { bucket = local.bucket })
}

data "aws_iam_policy_document" "put" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.ledger.arn}/*"]
  }
}

resource "aws_s3_bucket" "ledger" {
  bucket = local.bucket
}

resource "aws_iam_policy" "data" {
  name   = "data"
  policy = data.aws_iam_policy_document.put.json
}
