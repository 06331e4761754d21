resource "google_iam_deny_policy" "guard" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/acme")
  name   = "guard"
  rules {
    description = "nobody deletes the project"
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["cloudresourcemanager.googleapis.com/projects.delete"]
    }
  }
  rules {
    deny_rule {
      denied_principals    = ["principal://goog/subject/ann@example.com"]
      exception_principals = ["principalSet://goog/group/admins@example.com"]
      denied_permissions   = ["iam.googleapis.com/roles.create"]
    }
  }
}

resource "google_privileged_access_manager_entitlement" "owner" {
  entitlement_id       = "owner"
  location             = "global"
  parent               = "projects/acme"
  max_request_duration = "3600s"
  eligible_users {
    principals = ["group:ops@example.com", "principal://iam.googleapis.com/locations/global/workforcePools/acme/subject/ann"]
  }
  privileged_access {
    gcp_iam_access {
      resource      = "//cloudresourcemanager.googleapis.com/projects/acme"
      resource_type = "cloudresourcemanager.googleapis.com/Project"
      role_bindings {
        role                 = "roles/owner"
        condition_expression = "request.time < timestamp(\"2027-01-01T00:00:00Z\")"
      }
    }
  }
  approval_workflow {
    manual_approvals {
      steps {
        approvals_needed = 1
        approvers {
          principals = ["group:approvers@example.com"]
        }
      }
    }
  }
}

resource "google_project_iam_member" "workforce" {
  project = "acme"
  role    = "roles/viewer"
  member  = "principalSet://iam.googleapis.com/locations/global/workforcePools/acme/group/staff"
}

resource "google_project_iam_member" "everybody" {
  project = "acme"
  role    = "roles/browser"
  member  = "principalSet://iam.googleapis.com/locations/global/workforcePools/acme/*"
}
