resource "google_project_iam_member" "ann" {
  project = "acme-prod"
  role    = "roles/owner"
  member  = "user:ann@example.com"
}

resource "google_iam_deny_policy" "keys" {
  name   = "keys"
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Facme-prod"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccountKeys.create"]
    }
  }
}
