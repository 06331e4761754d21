# Writes policies and reads the secrets of one team.
path "sys/policies/acl/*" {
  capabilities = ["create", "read", "update", "delete", "list", "sudo"]
}

path "secret/data/+/team" {
  capabilities = ["read"]
}

path "secret/data/payments" {
  capabilities = ["deny"]
}

path "secret/*" {
  capabilities = ["deny"]
}

path "auth/token/lookup-self" {
  policy = "read"
}

path "pki/issue/web" {
  capabilities       = ["update", "writ"]
  allowed_parameters = { "common_name" = ["web.example.com"] }
}

path "secret/{{identity.entity.name}}/own" {
  capabilities = [var.x]
}
