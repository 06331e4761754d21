//! Credentials that resources of forges, of pipelines and of HashiCorp's services declare.
//!
//! Arguments by the documentation of each provider, registry.terraform.io/providers/{integrations/github,
//! gitlabhq/gitlab,hashicorp/tfe,hashicorp/vault}/latest/docs/resources/NAME. That deploy keys have no end: GitHub
//! documentation, "Managing deploy keys".

use super::row::{
    Declared,
    Form::{Date, Seconds, Span},
    NEVER,
    Rotates::Period,
    row, until, until_if_said, until_or_days,
};
use crate::facts::CredentialKind::{Password, Secret, SshKey, Token};

const GITHUB: &str = "github";
const GITLAB: &str = "gitlab";
const TFE: &str = "tfe";
const VAULT: &str = "vault";

const GITHUB_VALUES: &[&str] = &["value", "plaintext_value"];
const EXPIRES_AT: &[(&str, super::row::Form)] = &[("expires_at", Date)];
/// How often Vault replaces what it keeps itself.
const ROTATION_PERIOD: super::row::Rotates = Period(&[("rotation_period", Seconds)]);

pub(super) const ROWS: &[Declared] = &[
    row("github_repository_deploy_key", GITHUB, SshKey).of("title").always().lives(NEVER),
    row("github_actions_secret", GITHUB, Token).of("repository").value(GITHUB_VALUES),
    row("github_actions_environment_secret", GITHUB, Token).of("repository").value(GITHUB_VALUES),
    row("github_actions_organization_secret", GITHUB, Token).of("secret_name").value(GITHUB_VALUES),
    row("github_dependabot_secret", GITHUB, Token).of("repository").value(GITHUB_VALUES),
    row("github_dependabot_organization_secret", GITHUB, Token).of("secret_name").value(GITHUB_VALUES),
    row("github_codespaces_secret", GITHUB, Token).of("repository").value(GITHUB_VALUES),
    row("github_codespaces_organization_secret", GITHUB, Token).of("secret_name").value(GITHUB_VALUES),
    row("github_codespaces_user_secret", GITHUB, Token).of("secret_name").value(GITHUB_VALUES),
    row("github_repository_webhook", GITHUB, Secret).of("repository").value(&["configuration.secret"]),
    row("github_organization_webhook", GITHUB, Secret).value(&["configuration.secret"]),
    row("github_user_ssh_key", GITHUB, SshKey).of("title").always().lives(NEVER),
    row("gitlab_personal_access_token", GITLAB, Token).of("user_id").always().lives(until_or_days(EXPIRES_AT, 365)),
    row("gitlab_project_access_token", GITLAB, Token).of("project").always().lives(until_or_days(EXPIRES_AT, 365)),
    row("gitlab_group_access_token", GITLAB, Token).of("group").always().lives(until_or_days(EXPIRES_AT, 365)),
    row("gitlab_group_service_account_access_token", GITLAB, Token)
        .of("user_id")
        .always()
        .lives(until_or_days(EXPIRES_AT, 365)),
    row("gitlab_user_impersonation_token", GITLAB, Token).of("user_id").always().lives(until_if_said(EXPIRES_AT)),
    row("gitlab_project_deploy_token", GITLAB, Token).of("project").always().lives(until(EXPIRES_AT)),
    row("gitlab_group_deploy_token", GITLAB, Token).of("group").always().lives(until(EXPIRES_AT)),
    row("gitlab_deploy_token", GITLAB, Token).of("project").always().lives(until(EXPIRES_AT)),
    row("gitlab_deploy_key", GITLAB, SshKey).of("project").always().lives(until(EXPIRES_AT)),
    row("gitlab_user_sshkey", GITLAB, SshKey).of("user_id").always().lives(until(EXPIRES_AT)),
    row("gitlab_pipeline_trigger", GITLAB, Token).of("project").always().lives(NEVER),
    row("gitlab_cluster_agent_token", GITLAB, Token).of("project").always().lives(NEVER),
    row("gitlab_user", GITLAB, Password).of("username").value(&["password"]),
    row("gitlab_project_hook", GITLAB, Secret).of("project").value(&["token"]),
    row("gitlab_group_hook", GITLAB, Secret).of("group").value(&["token"]),
    row("tfe_team_token", TFE, Token).of("team_id").always().lives(until_or_days(&[("expired_at", Date)], 730)),
    row("tfe_organization_token", TFE, Token)
        .of("organization")
        .always()
        .lives(until_or_days(&[("expired_at", Date)], 730)),
    row("tfe_audit_trail_token", TFE, Token)
        .of("organization")
        .always()
        .lives(until_or_days(&[("expired_at", Date)], 730)),
    row("tfe_agent_token", TFE, Token).of("agent_pool_id").always().lives(NEVER),
    row("tfe_oauth_client", TFE, Token).of("name").value(&["oauth_token", "private_key", "secret"]),
    row("tfe_ssh_key", TFE, SshKey).of("name").always().value(&["key"]).lives(NEVER),
    row("vault_token", VAULT, Token).of("display_name").always(),
    row("vault_approle_auth_backend_role_secret_id", VAULT, Token).of("role_name").always().value(&["secret_id"]),
    row("vault_generic_secret", VAULT, Secret).of("path").value(&["data_json"]),
    row("vault_kv_secret", VAULT, Secret).of("path").value(&["data_json"]),
    row("vault_kv_secret_v2", VAULT, Secret).of("name").value(&["data_json"]),
    row("vault_database_secret_backend_static_role", VAULT, Password)
        .of("username")
        .always()
        .rotates(Period(&[("rotation_period", Seconds), ("rotation_schedule", Span)])),
    row("vault_ldap_secret_backend_static_role", VAULT, Password)
        .of("username")
        .always()
        .rotates(Period(&[("rotation_period", Seconds), ("rotation_schedule", Span)])),
    row("vault_aws_secret_backend", VAULT, Secret).of("access_key").value(&["secret_key"]).rotates(ROTATION_PERIOD),
    row("vault_azure_secret_backend", VAULT, Secret).of("client_id").value(&["client_secret"]).rotates(ROTATION_PERIOD),
    row("vault_ldap_auth_backend", VAULT, Password).of("binddn").value(&["bindpass"]).rotates(ROTATION_PERIOD),
    row("vault_jwt_auth_backend", VAULT, Password).of("oidc_client_id").value(&["oidc_client_secret"]),
    row("vault_consul_secret_backend", VAULT, Token).of("address").value(&["token"]),
];
