resource "google_project_iam_member" "ann" {
  project = "acme-prod"
  role    = "roles/owner"
  member  = "user:ann@example.com"
}
