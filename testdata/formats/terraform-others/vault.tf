variable "team" {}

resource "vault_policy" "payer" {
  name   = "Payer"
  policy = <<-EOT
    path "secret/data/payments/*" {
      capabilities = ["read", "list"]
    }
    path "secret/data/${var.team}" {
      capabilities = ["read"]
    }
  EOT
}

data "vault_policy_document" "admin" {
  rule {
    path         = "sys/policies/acl/*"
    capabilities = ["create", "update"]
  }
}

resource "vault_policy" "admin" {
  name   = "admin"
  policy = data.vault_policy_document.admin.hcl
}

resource "vault_auth_backend" "cluster" {
  type = "kubernetes"
  path = "prod"
}

resource "vault_kubernetes_auth_backend_role" "payer" {
  backend                          = vault_auth_backend.cluster.path
  role_name                        = "payer"
  bound_service_account_names      = ["payer", "*"]
  bound_service_account_namespaces = ["payments"]
  token_policies                   = [vault_policy.payer.name, "default"]
}

resource "vault_aws_auth_backend_role" "ci" {
  role                     = "ci"
  bound_iam_principal_arns = ["arn:aws:iam::111122223333:role/ci"]
  token_policies           = ["admin"]
}

resource "vault_approle_auth_backend_role" "bot" {
  role_name      = "bot"
  token_policies = ["payer"]
}

resource "vault_approle_auth_backend_role_secret_id" "bot" {
  role_name = vault_approle_auth_backend_role.bot.role_name
}

resource "vault_identity_entity" "ann" {
  name     = "ann"
  policies = ["payer"]
}

resource "vault_identity_group" "admins" {
  name              = "admins"
  type              = "internal"
  policies          = [vault_policy.admin.name]
  member_entity_ids = [vault_identity_entity.ann.id]
}

resource "vault_identity_group" "sso" {
  name     = "sso"
  type     = "external"
  policies = ["payer"]
}

resource "vault_identity_group_alias" "sso" {
  name           = "acme-payments"
  mount_accessor = "x"
  canonical_id   = vault_identity_group.sso.id
}
