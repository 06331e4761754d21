resource "aws_s3_bucket" "ledger" {
  bucket = "acme-ledger"
}

resource "aws_s3_bucket_policy" "ledger" {
  bucket = aws_s3_bucket.ledger.id
  policy = data.aws_iam_policy_document.ledger.json
}

data "aws_iam_policy_document" "ledger" {
  statement {
    sid       = "Auditors"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.ledger.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::444455556666:role/auditor", "arn:aws:iam::777788889999:root"]
    }
  }
  statement {
    sid       = "Everybody"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.ledger.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-example"]
    }
  }
  statement {
    sid       = "Plain"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "ledger" {
  description = "for the ledger"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { AWS = [aws_iam_role.payer.arn, var.partner] }
        Action    = ["kms:Decrypt", "kms:CreateGrant"]
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logs.amazonaws.com" }
        Action    = "kms:Encrypt*"
        Resource  = "*"
      },
    ]
  })
}

variable "partner" {
  type = string
}

resource "aws_iam_role" "payer" {
  name               = "payer"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}

resource "aws_kms_key" "plain" {}

resource "aws_kms_grant" "batch" {
  key_id            = aws_kms_key.plain.key_id
  grantee_principal = aws_iam_role.payer.arn
  operations        = ["Encrypt", "Decrypt"]
}

resource "aws_lambda_permission" "partner" {
  function_name  = "pay"
  action         = "lambda:InvokeFunction"
  principal      = "444455556666"
  source_account = "444455556666"
}

resource "aws_lambda_permission" "gateway" {
  function_name = "pay"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
}

resource "aws_ecr_repository_policy" "images" {
  repository = "images"
  policy     = <<-EOT
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]}]}
  EOT
}

resource "aws_sqs_queue_policy" "broken" {
  queue_url = "https://sqs.eu-central-1.amazonaws.com/444455556666/pay"
  policy    = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }] })
}
