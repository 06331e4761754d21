# Members, bindings and policies of several kinds of resource, and what they are about.
variable "auditor" {
  type = string
}

locals {
  project = "acme-prod"
  team    = ["user:Ann@Example.com", "group:payments@example.com"]
}

resource "google_organization_iam_member" "admin" {
  org_id = "1234"
  role   = "roles/resourcemanager.organizationAdmin"
  member = "group:platform@example.com"
}

resource "google_folder_iam_member" "viewer" {
  folder = "folders/77"
  role   = "roles/viewer"
  member = var.auditor
}

resource "google_project_iam_binding" "payments" {
  project = local.project
  role    = google_project_iam_custom_role.payer.id
  members = local.team
}

# Removed whenever the binding above is applied.
resource "google_project_iam_member" "late" {
  project = local.project
  role    = google_project_iam_custom_role.payer.name
  member  = google_service_account.deployer.member
}

resource "google_project_iam_custom_role" "payer" {
  project     = local.project
  role_id     = "payer"
  title       = "Payer"
  permissions = ["bigquery.datasets.get", "iam.serviceAccounts.actAs"]
}

resource "google_project_iam_member" "temporary" {
  project = local.project
  role    = "roles/editor"
  member  = "domain:example.com"
  condition {
    title      = "for a while, in one place"
    expression = "request.time < timestamp(\"2027-01-01T00:00:00Z\") && resource.name.startsWith(\"projects/_/buckets/logs\")"
  }
}

data "google_iam_policy" "bucket" {
  binding {
    role    = "roles/storage.objectViewer"
    members = ["allUsers", "deleted:user:bob@example.com?uid=1"]
  }
  binding {
    role    = "roles/storage.admin"
    members = ["projectOwner:acme-prod"]
    condition {
      title      = "unclear"
      expression = "!resource.name.endsWith(\"secret\")"
    }
  }
}

resource "google_storage_bucket" "logs" {
  project = local.project
  name    = "acme-logs"
}

resource "google_storage_bucket_iam_policy" "logs" {
  bucket      = google_storage_bucket.logs.name
  policy_data = data.google_iam_policy.bucket.policy_data
}

resource "google_storage_bucket_iam_member" "lost" {
  bucket = google_storage_bucket.logs.name
  role   = "roles/storage.objectViewer"
  member = "user:carol@example.com"
}

resource "google_storage_bucket_acl" "logs" {
  bucket      = google_storage_bucket.logs.name
  role_entity = ["OWNER:user-dave@example.com", "READER:project-viewers-acme-prod"]
}

resource "google_service_account" "deployer" {
  project    = local.project
  account_id = "deployer"
}

resource "google_service_account" "unplaced" {
  account_id = "unplaced"
}

resource "google_service_account_iam_member" "tokens" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:${google_service_account.unplaced.email}"
}

resource "google_service_account_iam_binding" "federated" {
  service_account_id = google_service_account.deployer.id
  role               = "roles/iam.workloadIdentityUser"
  members = [
    "principalSet://iam.googleapis.com/projects/99/locations/global/workloadIdentityPools/github/attribute.repository/acme/infra",
  ]
}

resource "google_service_account_key" "deployer" {
  service_account_id = google_service_account.deployer.name
}

resource "google_storage_hmac_key" "deployer" {
  service_account_email = google_service_account.deployer.email
}

resource "google_iam_workload_identity_pool" "github" {
  project                   = local.project
  workload_identity_pool_id = "github"
}

resource "google_iam_workload_identity_pool_provider" "open" {
  project                            = local.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "open"
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_iam_workload_identity_pool_provider" "narrow" {
  project                            = local.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "narrow"
  attribute_condition                = "assertion.repository_owner == \"acme\""
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_cloud_identity_group" "payments" {
  parent = "customers/C1"
  group_key {
    id = "payments@example.com"
  }
}

resource "google_cloud_identity_group_membership" "ann" {
  group = google_cloud_identity_group.payments.id
  preferred_member_key {
    id = "ann@example.com"
  }
  roles {
    name = "MEMBER"
    expiry_detail {
      expire_time = "2027-01-01T00:00:00Z"
    }
  }
}

resource "google_bigquery_dataset" "books" {
  project    = local.project
  dataset_id = "books"
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }
  access {
    role          = "READER"
    user_by_email = "erin@example.com"
  }
  access {
    view {
      dataset_id = "reports"
      project_id = "acme-prod"
      table_id   = "totals"
    }
  }
}

resource "google_kms_crypto_key_iam_member" "decrypt" {
  crypto_key_id = "projects/acme-keys/locations/global/keyRings/main/cryptoKeys/payments"
  role          = "roles/cloudkms.cryptoKeyDecrypter"
  member        = "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/frank"
}

resource "google_project_iam_member" "unknown_role" {
  project = data.google_project.here.project_id
  role    = data.google_iam_role.found.name
  member  = "user:grace@example.com"
}

data "google_project" "here" {}
