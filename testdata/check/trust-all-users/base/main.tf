resource "google_project_iam_member" "public" {
  project = "acme-prod"
  role    = "roles/storage.objectViewer"
  member  = "user:ann@example.com"
}
