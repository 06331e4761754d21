//! Resource types that declare access and are not read yet.
//!
//! A type that no row of [`PROVIDERS`](super::PROVIDERS) lowers says nothing of access, or says something that is lost.
//! This table tells which. It names types by the documentation of each provider on registry.terraform.io; what a provider
//! calls by one scheme is named by that scheme.

/// What the names of such types have in common.
enum Named {
    /// This is the name.
    Exactly(&'static str),
    /// The name begins so.
    Prefix(&'static str),
    /// The name begins and ends so.
    Around(&'static str, &'static str),
}

use Named::{Around, Exactly, Prefix};

const UNREAD: &[Named] = &[
    // AWS: identities, permission sets, policies on resources, and who may enter clusters.
    Prefix("aws_iam_"),
    Prefix("aws_ssoadmin_"),
    Prefix("aws_identitystore_"),
    Prefix("aws_lakeformation_"),
    Prefix("aws_rolesanywhere_"),
    Exactly("aws_glacier_vault_lock"),
    Exactly("aws_ram_principal_association"),
    Exactly("aws_redshift_resource_policy"),
    // Google: what stands beside the policies, which are read by their scheme.
    Prefix("google_iam_"),
    Prefix("google_privileged_access_manager_"),
    Prefix("google_storage_default_object_ac"),
    Prefix("google_storage_object_ac"),
    Exactly("google_apikeys_key"),
    Exactly("google_project_default_service_accounts"),
    Exactly("google_project_iam_member_remove"),
    // Azure and Entra: what stands beside assignments, identities and applications.
    Around("azurerm_", "_access_policy"),
    Around("azurerm_", "_role_assignment"),
    Around("azurerm_", "_role_definition"),
    Prefix("azurerm_role_management_"),
    Prefix("azuread_access_package"),
    Prefix("azuread_administrative_unit"),
    Prefix("azuread_application_"),
    Prefix("azuread_directory_role_"),
    Prefix("azuread_group_role_"),
    Prefix("azuread_privileged_access_group_"),
    Prefix("azuread_service_principal_"),
    Exactly("azuread_group_without_members"),
    Exactly("azuread_invitation"),
    // Kubernetes.
    Exactly("helm_release"),
    Exactly("kubernetes_annotations"),
    Prefix("kubernetes_certificate_signing_request"),
    Exactly("kubernetes_config_map_v1_data"),
    Exactly("kubernetes_token_request_v1"),
    Exactly("kustomization_resource"),
    Exactly("rancher2_cluster_role_template_binding"),
    Exactly("rancher2_project_role_template_binding"),
    // GitHub and GitLab.
    Prefix("github_app_installation_repositor"),
    Exactly("github_emu_group_mapping"),
    Prefix("github_organization_custom_role"),
    Prefix("github_organization_repository_role"),
    Prefix("github_organization_role"),
    Exactly("github_team_sync_group_mapping"),
    Around("gitlab_", "_access_token"),
    Around("gitlab_", "_membership"),
    Exactly("gitlab_branch_protection"),
    Exactly("gitlab_deploy_key"),
    Exactly("gitlab_deploy_token"),
    // Others.
    Prefix("okta_app_group_assignment"),
    Prefix("okta_app_access_policy_assignment"),
    Exactly("okta_app_user"),
    Exactly("okta_group_rule"),
    Prefix("snowflake_grant_"),
    Exactly("snowflake_share"),
    Around("vault_", "_role"),
    Prefix("vault_identity_"),
    Exactly("vault_generic_endpoint"),
    Prefix("databricks_group"),
    Prefix("databricks_permissions"),
    Exactly("databricks_grants"),
    Prefix("postgresql_grant"),
    Prefix("postgresql_role"),
];

/// Whether what resources of a type declare of access is lost where no row lowers them.
pub(super) fn declares_access(kind: &str) -> bool {
    UNREAD.iter().any(|named| match named {
        Exactly(name) => kind == *name,
        Prefix(prefix) => kind.starts_with(prefix),
        Around(prefix, suffix) => kind.starts_with(prefix) && kind.ends_with(suffix),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_their_providers_schemes() {
        for kind in [
            "google_iam_access_boundary_policy",
            "google_storage_object_access_control",
            "azurerm_cosmosdb_sql_role_assignment",
            "aws_iam_new_thing",
            "aws_rolesanywhere_profile",
            "helm_release",
            "github_emu_group_mapping",
            "snowflake_grant_application_role",
        ] {
            assert!(declares_access(kind), "{kind}");
        }
        for kind in ["aws_instance", "google_compute_resource_policy", "aws_autoscaling_policy", "kubernetes_namespace"]
        {
            assert!(!declares_access(kind), "{kind}");
        }
    }
}
