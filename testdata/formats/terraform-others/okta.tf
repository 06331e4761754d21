provider "okta" {
  org_name = "acme"
}

resource "okta_user" "ann" {
  login = "ann@example.com"
}

resource "okta_group" "helpdesk" {
  name = "Helpdesk"
}

resource "okta_group_memberships" "helpdesk" {
  group_id = okta_group.helpdesk.id
  users    = [okta_user.ann.id, var.team]
}

resource "okta_group_role" "helpdesk" {
  group_id          = okta_group.helpdesk.id
  role_type         = "USER_ADMIN"
  target_group_list = [okta_group.helpdesk.id]
}

resource "okta_user_admin_roles" "ann" {
  user_id     = okta_user.ann.id
  admin_roles = ["SUPER_ADMIN"]
}

resource "okta_admin_role_custom" "manager" {
  label       = "manager"
  description = "manages users"
  permissions = ["okta.users.manage", "okta.groups.read"]
}

resource "okta_resource_set" "all" {
  label     = "everybody"
  resources = []
}

resource "okta_admin_role_custom_assignments" "manager" {
  resource_set_id = okta_resource_set.all.id
  custom_role_id  = okta_admin_role_custom.manager.id
  members         = ["https://acme.okta.com/api/v1/groups/${okta_group.helpdesk.id}"]
}
