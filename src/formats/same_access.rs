//! The same access, written in HCL, in a plan, in a template and in the JSON that AWS answers with, comes to the same
//! facts: one folder of `testdata/same-access/` a shape. What a check finds in them is the same too, as a test of the
//! command line holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Reader;
use super::cases::render_files;
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

/// What one file declares, as lines without their places. A role's or grant's statements belong to its line.
fn facts(path: &str, text: &str) -> BTreeSet<String> {
    facts_in("aws:111122223333", path, text)
}

fn facts_in(system: &str, path: &str, text: &str) -> BTreeSet<String> {
    let config = format!("version: 1\nsystems:\n  - paths: [\"**\"]\n    id: {system}\n");
    let rules = Rules::load(&[RuleFile::new("countersign.yaml", config.into_bytes())], None).unwrap();
    let content = Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) };
    let file = SourceFile { path: path.into(), kind: FileKind::Regular, content };
    let reading = Reader::default().read(&Tree { files: vec![file], commit: None, tree: None }, &rules);
    assert!(reading.not_lowered.is_empty(), "{path}: {:?}", reading.not_lowered);
    assert_eq!(reading.units.len(), 1, "{path}");
    let shown = render_files(&reading.units[0].facts, &[("", text.as_bytes())]);
    let mut lines: Vec<String> = Vec::new();
    for line in shown.lines().skip(1) {
        let (_, said) = line.trim_start().split_once(' ').unwrap();
        match lines.last_mut().filter(|_| line.starts_with(' ')) {
            Some(owner) => owner.push_str(&format!("\n  {said}")),
            None => lines.push(said.to_owned()),
        }
    }
    lines.into_iter().collect()
}

#[test]
fn four_languages_come_to_the_same_facts() {
    let mut shapes = 0;
    insta::glob!("../../testdata/same-access", "*/main.tf", |path| {
        let folder = path.parent().unwrap();
        shapes += 1;
        let of = |name: &str| facts(name, &std::fs::read_to_string(folder.join(name)).unwrap());
        let files = of("main.tf");
        assert!(!files.is_empty(), "{}", folder.display());
        assert!(files.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{files:#?}");
        for other in ["plan.json", "stack.yaml", "account.json"] {
            assert_eq!(of(other), files, "{}: {other} (left) and main.tf", folder.display());
        }
    });
    assert!(shapes >= 12, "{shapes}");
}

/// Facts that two languages write, and what they are called in the manifests' own words.
#[test]
fn manifests_and_hcl_come_to_the_same_facts() {
    for (name, yaml, hcl) in MANIFESTS {
        let manifest = facts_in("kubernetes:prod", "objects.yaml", yaml);
        assert!(!manifest.is_empty(), "{name}");
        assert!(manifest.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{manifest:#?}");
        assert_eq!(facts_in("kubernetes:prod", "main.tf", hcl), manifest, "{name}: HCL (left) and YAML");
        // The same text inside of HCL.
        for whole in [
            "kubernetes_manifest\" \"a\" {\n  manifest = yamldecode(<<EOT",
            "kubectl_manifest\" \"a\" {\n  yaml_body = (<<EOT",
        ] {
            let embedded: Vec<String> = yaml
                .split("---\n")
                .enumerate()
                .map(|(at, text)| {
                    format!("resource \"{}\n{text}EOT\n  )\n}}\n", whole.replace("\"a\"", &format!("\"a{at}\"")))
                })
                .collect();
            assert_eq!(facts_in("kubernetes:prod", "main.tf", &embedded.concat()), manifest, "{name}: {whole}");
        }
    }
}

#[test]
fn an_organisation_as_code_and_hcl_come_to_the_same_facts() {
    let code = facts_in("github:acme", "org.yaml", ORGANISATION);
    assert_eq!(facts_in("github:acme", "main.tf", ORGANISATION_IN_HCL), code, "HCL (left) and peribolos");
}

const ORGANISATION: &str = "orgs:
  Acme:
    admins: [Zoe]
    members: [ann, Bob]
    default_repository_permission: read
    repos:
      Ledger: {collaborators: {eve: write}}
    teams:
      Payments:
        members: [ann]
        maintainers: [Bob]
        repos: {ledger: admin}
        teams:
          Pay Outs: {members: [ann], repos: {out: triage}}
";

const ORGANISATION_IN_HCL: &str = r#"
locals {
  members = { ann = "member", Bob = "maintainer" }
}
resource "github_membership" "zoe" {
  username = "Zoe"
  role     = "admin"
}
resource "github_membership" "all" {
  for_each = local.members
  username = each.key
}
resource "github_organization_settings" "acme" {
  default_repository_permission = "read"
}
resource "github_repository" "ledger" {
  name = "Ledger"
}
resource "github_repository_collaborator" "eve" {
  repository = github_repository.ledger.name
  username   = "eve"
}
resource "github_team" "payments" {
  name = "Payments"
}
resource "github_team" "outs" {
  name           = "Pay Outs"
  parent_team_id = github_team.payments.id
}
resource "github_team_members" "payments" {
  team_id = github_team.payments.slug
  dynamic "members" {
    for_each = local.members
    content {
      username = members.key
      role     = members.value
    }
  }
}
resource "github_team_membership" "outs" {
  team_id  = "pay-outs"
  username = "ann"
}
resource "github_team_repository" "ledger" {
  team_id    = github_team.payments.id
  repository = github_repository.ledger.name
  permission = "admin"
}
resource "github_repository_collaborators" "out" {
  repository = "out"
  team {
    team_id    = github_team.outs.id
    permission = "triage"
  }
}
"#;

const MANIFESTS: &[(&str, &str, &str)] = &[
    (
        "a role, its binding and the account that holds it",
        "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: payments}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [get, patch]}
  - {apiGroups: [''], resources: [secrets], resourceNames: [registry], verbs: [get]}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ci
  namespace: payments
  annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/ci'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: payments}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects:
  - {kind: ServiceAccount, name: ci}
  - {kind: User, name: ann@example.com, apiGroup: rbac.authorization.k8s.io}
",
        r#"resource "kubernetes_role_v1" "deployer" {
  metadata {
    name      = "deployer"
    namespace = "payments"
  }
  rule {
    api_groups = ["apps"]
    resources  = ["deployments"]
    verbs      = ["get", "patch"]
  }
  rule {
    api_groups     = [""]
    resources      = ["secrets"]
    resource_names = ["registry"]
    verbs          = ["get"]
  }
}
resource "kubernetes_service_account" "ci" {
  metadata {
    name        = "ci"
    namespace   = kubernetes_role_v1.deployer.metadata[0].namespace
    annotations = { "eks.amazonaws.com/role-arn" = "arn:aws:iam::111122223333:role/ci" }
  }
}
resource "kubernetes_role_binding" "deployer" {
  metadata {
    name      = "deployer"
    namespace = "payments"
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.deployer.metadata.0.name
  }
  dynamic "subject" {
    for_each = [{ kind = "ServiceAccount", name = "ci", namespace = "payments" }, { kind = "User", name = "ann@example.com", namespace = "" }]
    content {
      kind      = subject.value.kind
      name      = subject.value.name
      namespace = subject.value.namespace
      api_group = ""
    }
  }
}
"#,
    ),
    (
        "an aggregating cluster role, a cluster-wide binding and a token",
        "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all, labels: {tier: top}}
aggregationRule:
  clusterRoleSelectors:
    - {matchLabels: {a: b}, matchExpressions: [{key: team, operator: In, values: [x, z]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: all}
subjects: [{kind: Group, name: platform, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata: {name: ci-token, namespace: build, annotations: {kubernetes.io/service-account.name: ci}}
",
        r#"resource "kubernetes_cluster_role" "all" {
  metadata {
    name   = "all"
    labels = { tier = "top" }
  }
  aggregation_rule {
    cluster_role_selectors {
      match_labels = { a = "b" }
      match_expressions {
        key      = "team"
        operator = "In"
        values   = ["x", "z"]
      }
    }
  }
}
resource "kubernetes_cluster_role_binding_v1" "all" {
  metadata { name = "all" }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = "all"
  }
  subject {
    kind      = "Group"
    name      = "platform"
    api_group = "rbac.authorization.k8s.io"
  }
}
resource "kubernetes_secret" "t" {
  type = "kubernetes.io/service-account-token"
  metadata {
    name        = "ci-token"
    namespace   = "build"
    annotations = { "kubernetes.io/service-account.name" = "ci" }
  }
}
"#,
    ),
    (
        "what a scheduled job and a deployment run as",
        "apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: build}
spec:
  jobTemplate: {spec: {template: {spec: {serviceAccountName: ci, automountServiceAccountToken: false, containers: [{name: a, image: a}]}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: build}
spec: {template: {spec: {containers: [{name: a, image: a}]}}}
",
        r#"resource "kubernetes_cron_job_v1" "n" {
  metadata {
    name      = "nightly"
    namespace = "build"
  }
  spec {
    job_template {
      spec {
        template {
          spec {
            service_account_name            = "ci"
            automount_service_account_token = false
          }
        }
      }
    }
  }
}
resource "kubernetes_deployment" "api" {
  metadata {
    name      = "api"
    namespace = "build"
  }
  spec {
    template {
      spec {
        container { image = "a" }
      }
    }
  }
}
"#,
    ),
];

/// The same settings of one repository, as an app keeps them and in HCL.
#[test]
fn settings_and_hcl_come_to_the_same_facts() {
    let settings = "
collaborators: [{username: Eve, permission: admin}]
teams: [{name: payments, permission: push}]
branches:
  - name: main
    protection:
      required_pull_request_reviews:
        required_approving_review_count: 2
        bypass_pull_request_allowances: {users: [bot]}
      required_status_checks: {contexts: [build]}
environments: [{name: production, reviewers: [{type: Team, id: 1}]}]
";
    let hcl = r#"
resource "github_repository_collaborator" "eve" {
  repository = "ledger"
  username   = "eve"
  permission = "admin"
}
resource "github_team_repository" "payments" {
  team_id    = "payments"
  repository = "ledger"
  permission = "push"
}
resource "github_branch_protection" "main" {
  repository_id = "ledger"
  pattern       = "main"
  required_pull_request_reviews {
    required_approving_review_count = 2
    pull_request_bypassers          = ["/bot"]
  }
  required_status_checks {
    contexts = ["build"]
  }
}
resource "github_repository_environment" "production" {
  repository  = "ledger"
  environment = "production"
  reviewers {
    teams = [1]
  }
}
"#;
    let kept = facts_in("github:acme", ".github/repos/ledger.yml", settings);
    assert_eq!(facts_in("github:acme", "main.tf", hcl), kept, "HCL (left) and settings");
}

#[test]
fn two_languages_of_other_clouds_come_to_the_same_facts() {
    for (name, system, hcl, path, other) in CLOUDS {
        let hcl = facts_in(system, "main.tf", hcl);
        assert!(!hcl.is_empty(), "{name}");
        assert!(hcl.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{hcl:#?}");
        assert_eq!(facts_in(system, path, other), hcl, "{name}: {path} (left) and HCL");
    }
}

/// Shapes of access: a name, the system, HCL, and the same in another language with its file.
const CLOUDS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a role on a project, until a date",
        "gcp:acme",
        r#"resource "google_project_iam_member" "a" {
  project = "acme-prod"
  role    = "roles/owner"
  member  = "user:Ann@example.com"
  condition {
    title      = "t"
    expression = "request.time < timestamp(\"2027-01-01T00:00:00Z\") && resource.type == \"x\""
  }
}"#,
        "iam.yaml",
        r#"apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicyMember
metadata: {name: a}
spec:
  member: user:ann@example.com
  role: roles/owner
  resourceRef: {kind: Project, external: projects/acme-prod}
  condition: {title: t, expression: "request.time < timestamp('2027-01-01T00:00:00Z') && resource.type == \"x\""}
"#,
    ),
    (
        "a permission that somebody and everybody is denied",
        "gcp",
        r#"resource "google_iam_deny_policy" "guard" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/acme")
  name   = "guard"
  rules {
    deny_rule {
      denied_principals  = ["principal://goog/subject/ann@example.com", "principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/roles.create"]
    }
  }
}"#,
        "guard.json",
        r#"{"name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Facme/denypolicies/guard", "rules": [{"denyRule": {
  "deniedPrincipals": ["principal://goog/subject/ann@example.com", "principalSet://goog/public:all"],
  "deniedPermissions": ["iam.googleapis.com/roles.create"]}}]}"#,
    ),
    (
        "who may act as a service account",
        "gcp",
        r#"resource "google_service_account" "d" {
  project    = "acme-prod"
  account_id = "deployer"
}
resource "google_service_account_iam_binding" "d" {
  service_account_id = google_service_account.d.name
  role               = "roles/iam.workloadIdentityUser"
  members            = ["serviceAccount:acme-prod.svc.id.goog[payments/runner]"]
}"#,
        "iam.yaml",
        r#"apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMServiceAccount
metadata: {name: deployer, namespace: acme-prod}
---
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicy
metadata: {name: p, namespace: acme-prod}
spec:
  resourceRef: {kind: IAMServiceAccount, name: deployer}
  bindings:
    - role: roles/iam.workloadIdentityUser
      members: ["serviceAccount:acme-prod.svc.id.goog[payments/runner]"]
"#,
    ),
    (
        "a custom role and a bucket",
        "gcp",
        r#"resource "google_project_iam_custom_role" "r" {
  project     = "acme-prod"
  role_id     = "payer"
  title       = "Payer"
  permissions = ["bigquery.datasets.get"]
}
resource "google_storage_bucket" "b" {
  project = "acme-prod"
  name    = "acme-logs"
}
resource "google_storage_bucket_iam_member" "m" {
  bucket = google_storage_bucket.b.name
  role   = google_project_iam_custom_role.r.id
  member = "group:team@example.com"
}"#,
        "iam.yaml",
        r#"apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMCustomRole
metadata: {name: payer, namespace: acme-prod}
spec: {title: Payer, permissions: [bigquery.datasets.get]}
---
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicyMember
metadata: {name: m, namespace: acme-prod}
spec:
  member: group:team@example.com
  role: projects/acme-prod/roles/payer
  resourceRef: {kind: StorageBucket, name: acme-logs}
"#,
    ),
    (
        "an assignment on a subscription",
        "azure:acme",
        r#"data "azuread_group" "g" { display_name = "Operators" }
resource "azurerm_role_assignment" "a" {
  scope                = "/subscriptions/11111111-1111-1111-1111-111111111111"
  role_definition_name = "Owner"
  principal_id         = data.azuread_group.g.object_id
}"#,
        "assignments.json",
        r#"[{"principalId": "55555555-5555-5555-5555-555555555555", "principalName": "Operators", "principalType": "Group",
  "roleDefinitionName": "Owner", "scope": "/subscriptions/11111111-1111-1111-1111-111111111111"}]"#,
    ),
    (
        "a custom role",
        "azure",
        r#"resource "azurerm_role_definition" "r" {
  name        = "Operator"
  scope       = "/"
  description = "Operates"
  permissions {
    actions      = ["*"]
    not_actions  = ["Microsoft.Authorization/*/write"]
    data_actions = ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]
  }
}"#,
        "main.json",
        r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
  {"type": "Microsoft.Authorization/roleDefinitions", "name": "[guid('r')]", "properties": {"roleName": "Operator",
   "description": "Operates", "permissions": [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"],
   "dataActions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]}]}}]}"#,
    ),
    (
        "an assignment by id to a principal by id",
        "azure",
        r#"resource "azurerm_role_assignment" "a" {
  scope              = "/subscriptions/1/resourceGroups/payments"
  role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
  principal_id       = "22222222-2222-2222-2222-222222222222"
  principal_type     = "Group"
}"#,
        "main.json",
        r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [
  {"type": "Microsoft.Authorization/roleAssignments", "name": "a", "scope": "/subscriptions/1/resourceGroups/payments",
   "properties": {"principalId": "22222222-2222-2222-2222-222222222222", "principalType": "Group",
   "roleDefinitionId": "[tenantResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')]"}}]}"#,
    ),
];
