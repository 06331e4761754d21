resource "gitlab_project_deploy_token" "registry" {
  project    = "shop"
  name       = "registry"
}
