variable "teams" {}

variable "db_password" {
  default = "geheim"
}

module "team" {
  source   = "./modules/team"
  for_each = var.teams
  name     = each.key
  members  = each.value.members
  managed  = each.value.managed
}

resource "aws_iam_policy" "own" {
  for_each = fileset("${path.module}/policies", "*.json.tftpl")
  name     = trimsuffix(each.key, ".json.tftpl")
  policy   = templatefile("${path.module}/policies/${each.key}", { bucket = "ledger", secret = true })
}
