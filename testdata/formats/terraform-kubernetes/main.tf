variable "verb" {}
variable "who" {}
variable "teams" {
  default = { pay = "payments" }
}

resource "aws_iam_role" "payer" {
  name = "payer"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/A" }
      Condition = { StringEquals = { "oidc.example.com/id/A:sub" = "system:serviceaccount:payments:payer" } }
    }]
  })
}

# Acts as the role above, whose account is not known.
resource "kubernetes_service_account_v1" "payer" {
  metadata {
    name      = "payer"
    namespace = "payments"
    annotations = {
      "eks.amazonaws.com/role-arn" = aws_iam_role.payer.arn
    }
  }
}

# The API server makes its name; the binding finds it all the same.
resource "kubernetes_service_account" "made" {
  metadata {
    generate_name = "made-"
    namespace     = "payments"
  }
}

resource "kubernetes_role" "open" {
  for_each = var.teams
  metadata {
    name      = each.key
    namespace = each.value
  }
  rule {
    api_groups = [""]
    resources  = ["secrets"]
    verbs      = [var.verb]
  }
  rule {
    api_groups     = [""]
    resources      = ["configmaps"]
    resource_names = [var.verb]
    verbs          = ["get"]
  }
}

resource "kubernetes_role_binding" "open" {
  metadata {
    name      = "open"
    namespace = "payments"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role.open["pay"].metadata[0].name
  }
  subject {
    kind = "User"
    name = var.who
  }
  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account.made.metadata[0].name
    namespace = "payments"
  }
}

resource "kubectl_manifest" "bound" {
  yaml_body = <<-EOT
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata:
      name: bound
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ClusterRole
      name: cluster-admin
    subjects:
      - kind: Group
        name: ${var.who}
  EOT
}

resource "kubernetes_manifest" "other" {
  manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "x" } }
}

data "external" "x" {
  program = ["x"]
}

resource "kubernetes_manifest" "unknown" {
  manifest = data.external.x.result
}

resource "helm_release" "chart" {
  name  = "chart"
  chart = "chart"
}
