variable "who" {}

resource "aws_eks_cluster" "prod" {
  name     = "prod"
  role_arn = "arn:aws:iam::111122223333:role/cluster"
}

resource "aws_iam_role" "ops" {
  name               = "ops"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_eks_access_entry" "ops" {
  cluster_name      = aws_eks_cluster.prod.name
  principal_arn     = aws_iam_role.ops.arn
  kubernetes_groups = ["deployers", "system:masters"]
  user_name         = "ops"
}

resource "aws_eks_access_entry" "node" {
  cluster_name  = aws_eks_cluster.prod.name
  principal_arn = "arn:aws:iam::111122223333:role/node"
  type          = "EC2_LINUX"
}

resource "aws_eks_access_policy_association" "ops" {
  cluster_name  = aws_eks_cluster.prod.name
  principal_arn = aws_iam_role.ops.arn
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
  access_scope {
    type = "cluster"
  }
}

resource "aws_eks_access_policy_association" "elsewhere" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::444455556666:user/ann"
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["payments", "ledger"]
  }
}

resource "aws_eks_access_policy_association" "pattern" {
  cluster_name  = "prod"
  principal_arn = var.who
  policy_arn    = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
  access_scope {
    type       = "namespace"
    namespaces = ["dev-*"]
  }
}
