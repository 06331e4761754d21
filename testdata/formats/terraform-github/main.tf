provider "github" {
  owner = "Acme"
}

provider "github" {
  alias = "other"
  owner = "other"
}

variable "who" {}
variable "level" {}

resource "github_repository" "ledger" {
  name       = "ledger"
  visibility = "private"
}

resource "github_team" "release" {
  name = "Release Managers"
}

resource "github_team_repository" "unknown_level" {
  team_id    = github_team.release.id
  repository = github_repository.ledger.name
  permission = var.level
}

resource "github_repository_collaborator" "unknown_person" {
  repository = "acme/ledger"
  username   = var.who
  permission = "auditor"
}

resource "github_membership" "elsewhere" {
  provider = github.other
  username = "ann"
  role     = "admin"
}

resource "github_repository_deploy_key" "push" {
  repository = github_repository.ledger.name
  title      = "mirror"
  key        = "ssh-ed25519 AAAA"
  read_only  = false
}

data "github_user" "ann" {
  username = "Ann"
}

resource "github_branch_protection" "main" {
  repository_id = github_repository.ledger.node_id
  pattern       = "main"
  required_pull_request_reviews {
    pull_request_bypassers = ["/bob", "acme/release-managers", data.github_user.ann.node_id, "MDQ6VXNlcjE="]
  }
}

resource "github_branch_protection_v3" "old" {
  repository = "ledger"
  branch     = "old"
  required_pull_request_reviews {
    bypass_pull_request_allowances {
      users = ["carla"]
      teams = [github_team.release.slug]
      apps  = ["renovate"]
    }
  }
}

resource "github_organization_ruleset" "all" {
  name        = "all"
  enforcement = "active"
  bypass_actors {
    actor_id    = github_team.release.id
    actor_type  = "Team"
    bypass_mode = "always"
  }
  bypass_actors {
    actor_id   = 4
    actor_type = "RepositoryRole"
  }
  bypass_actors {
    actor_id   = 1
    actor_type = "OrganizationAdmin"
  }
  bypass_actors {
    actor_id   = 29110
    actor_type = "Integration"
  }
  bypass_actors {
    actor_id   = 77
    actor_type = "Team"
  }
}

resource "github_repository_ruleset" "observes" {
  name        = "observes"
  repository  = "ledger"
  enforcement = "evaluate"
  bypass_actors {
    actor_id   = 77
    actor_type = "Team"
  }
}

resource "github_actions_secret" "key" {
  repository      = github_repository.ledger.name
  secret_name     = "AWS_SECRET_ACCESS_KEY"
  plaintext_value = var.who
}

resource "github_actions_organization_secret" "encrypted" {
  secret_name     = "NPM_TOKEN"
  encrypted_value = "AAAA"
}

resource "github_actions_organization_secret" "token" {
  secret_name     = "NPM_TOKEN"
  plaintext_value = "replace-me"
}

resource "github_organization_ruleset" "reviewed" {
  name        = "reviewed"
  target      = "branch"
  enforcement = "active"
  conditions {
    ref_name {
      include = ["~DEFAULT_BRANCH", "refs/heads/release"]
      exclude = []
    }
    repository_name {
      include = ["ledger", "web-*"]
      exclude = []
    }
  }
  rules {
    pull_request {
      required_approving_review_count = 2
    }
    required_status_checks {
      required_check {
        context = "build"
      }
    }
  }
}

resource "github_repository_environment" "production" {
  repository  = github_repository.ledger.name
  environment = "production"
  reviewers {
    teams = [github_team.release.id]
  }
}
