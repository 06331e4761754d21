resource "gitlab_project_deploy_token" "registry" {
  project    = "shop"
  name       = "registry"
  expires_at = "2027-12-31"
}
