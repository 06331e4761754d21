resource "google_service_account" "deployer" {
  project    = "acme-prod"
  account_id = "deployer"
}

resource "google_project_iam_member" "deployer" {
  project = "acme-prod"
  role    = "roles/owner"
  member  = google_service_account.deployer.member
}

resource "google_project_iam_member" "viewer" {
  project = "acme-prod"
  role    = "roles/pubsub.viewer"
  member  = "user:ann@example.com"
}
