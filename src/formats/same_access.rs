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
    facts_of("aws:111122223333", path, text)
}

fn facts_of(system: &str, path: &str, text: &str) -> BTreeSet<String> {
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

#[test]
fn two_languages_of_other_clouds_come_to_the_same_facts() {
    for (name, system, hcl, path, other) in CLOUDS {
        let hcl = facts_of(system, "main.tf", hcl);
        assert!(!hcl.is_empty(), "{name}");
        assert!(hcl.iter().all(|line| !line.contains("Unknown:") && !line.contains("Broken:")), "{hcl:#?}");
        assert_eq!(facts_of(system, path, other), hcl, "{name}: {path} (left) and HCL");
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
