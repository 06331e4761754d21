# Types that declare access and are not read are said, each block once; others mean nothing here.
resource "databricks_permissions" "jobs" {
  for_each = toset(["a", "b"])
  job_id   = each.key
}

resource "aws_s3_bucket" "logs" {
  bucket = "example-logs"
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "google_compute_network" "main" {
  name = "main"
}
