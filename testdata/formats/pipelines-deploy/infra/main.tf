resource "github_branch_protection" "main" {
  repository_id = "infra"
  pattern       = "main"
  required_pull_request_reviews {
    required_approving_review_count = 1
    pull_request_bypassers          = ["acme/release"]
  }
  required_status_checks {
    contexts = ["countersign"]
  }
}

resource "github_team_repository" "release" {
  team_id    = "release"
  repository = "infra"
  permission = "push"
}

resource "github_repository_environment" "production" {
  repository  = "infra"
  environment = "production"
  reviewers {
    users = [1234]
  }
}
