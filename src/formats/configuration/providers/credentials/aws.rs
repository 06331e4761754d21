//! Credentials that resources of the provider `aws` declare.
//!
//! Arguments by the provider's documentation, registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/NAME.
//! That access keys, passwords of services and SSH keys of users have no end: IAM user guide, "AWS security credentials".
//! Rotation of secrets: Secrets Manager user guide, "Rotate AWS Secrets Manager secrets"; of keys: KMS developer guide,
//! "Rotate AWS KMS keys", by which a key that rotates does so every 365 days unless it says otherwise.

use super::row::{
    Declared,
    Form::{Date, Days, Span},
    NEVER,
    Rotates::{Flag, Resource},
    UNSAID, row, until, until_if_said, until_or_days,
};
use crate::facts::CredentialKind::{AccessKey, Certificate, EncryptionKey, Password, Secret, SshKey, Token};

const AWS: &str = "aws";

pub(super) const ROWS: &[Declared] = &[
    row("aws_iam_access_key", AWS, AccessKey).of("user").always().lives(NEVER),
    row("aws_iam_service_specific_credential", AWS, Password)
        .of("user_name")
        .always()
        .lives(until(&[("credential_age_days", Days)])),
    row("aws_iam_user_ssh_key", AWS, SshKey).of("username").always().lives(NEVER),
    // How long a password lasts is said by the account's password policy, and a certificate by itself.
    row("aws_iam_user_login_profile", AWS, Password).of("user").always().value(&["password"]),
    row("aws_iam_signing_certificate", AWS, Certificate).of("user_name").always(),
    row("aws_transfer_ssh_key", AWS, SshKey).of("user_name").always().lives(NEVER),
    row("aws_key_pair", AWS, SshKey).of("key_name").always().lives(UNSAID),
    // A template writes the value of a secret in the secret itself.
    row("aws_secretsmanager_secret", AWS, Secret).of("name").always().value(&["secret_string"]).rotates(Resource {
        kind: "aws_secretsmanager_secret_rotation",
        names: "secret_id",
        days: "rotation_rules.automatically_after_days",
        own: "rotation_rules.automatically_after_days",
    }),
    row("aws_secretsmanager_secret_version", AWS, Secret).of("secret_id").value(&["secret_string", "secret_binary"]),
    row("aws_ssm_parameter", AWS, Secret).of("name").value(&["value"]).only(&[("type", "SecureString")]),
    row("aws_kms_key", AWS, EncryptionKey)
        .always()
        .only(&[
            ("key_usage", "ENCRYPT_DECRYPT"),
            ("customer_master_key_spec", "SYMMETRIC_DEFAULT"),
            ("is_enabled", "true"),
        ])
        .rotates(Flag { on: "enable_key_rotation", days: "rotation_period_in_days", otherwise: 365 }),
    row("aws_db_instance", AWS, Password).of("username").value(&["password"]),
    row("aws_rds_cluster", AWS, Password).of("master_username").value(&["master_password"]),
    row("aws_redshift_cluster", AWS, Password).of("master_username").value(&["master_password"]),
    row("aws_redshiftserverless_namespace", AWS, Password).of("admin_username").value(&["admin_user_password"]),
    row("aws_docdb_cluster", AWS, Password).of("master_username").value(&["master_password"]),
    row("aws_elasticache_replication_group", AWS, Token).of("replication_group_id").value(&["auth_token"]),
    row("aws_elasticache_user", AWS, Password).of("user_name").value(&["passwords", "authentication_mode.passwords"]),
    row("aws_memorydb_user", AWS, Password).of("user_name").value(&["authentication_mode.passwords"]),
    row("aws_mq_broker", AWS, Password).of("user.username").value(&["user.password"]),
    row("aws_opensearch_domain", AWS, Password)
        .of("advanced_security_options.master_user_options.master_user_name")
        .value(&["advanced_security_options.master_user_options.master_user_password"]),
    row("aws_elasticsearch_domain", AWS, Password)
        .of("advanced_security_options.master_user_options.master_user_name")
        .value(&["advanced_security_options.master_user_options.master_user_password"]),
    row("aws_dms_endpoint", AWS, Password).of("username").value(&["password"]),
    row("aws_directory_service_directory", AWS, Password).of("name").value(&["password"]),
    row("aws_cognito_user", AWS, Password).of("username").value(&["password", "temporary_password"]),
    row("aws_cognito_user_pool_client", AWS, Password).of("name").on("generate_secret").lives(NEVER),
    row("aws_codebuild_source_credential", AWS, Token).of("user_name").value(&["token"]),
    row("aws_amplify_app", AWS, Token).of("name").value(&["access_token", "oauth_token"]),
    row("aws_api_gateway_api_key", AWS, Token).of("name").always().value(&["value"]).lives(NEVER),
    row("aws_appsync_api_key", AWS, Token).of("api_id").always().lives(until_or_days(&[("expires", Date)], 7)),
    row("aws_lightsail_database", AWS, Password).of("master_username").value(&["master_password"]),
    row("aws_fsx_ontap_file_system", AWS, Password).value(&["fsx_admin_password"]),
    row("aws_glue_connection", AWS, Password)
        .of("connection_properties.USERNAME")
        .value(&["connection_properties.PASSWORD"]),
    row("aws_iot_certificate", AWS, Certificate).always().lives(UNSAID),
    row("aws_acmpca_certificate", AWS, Certificate)
        .always()
        .lives(until_if_said(&[("validity.value", Days)]))
        .only(&[("validity.type", "DAYS")]),
    row("tls_self_signed_cert", "tls", Certificate).always().lives(until_if_said(&[("validity_period_hours", Span)])),
    row("tls_locally_signed_cert", "tls", Certificate)
        .always()
        .lives(until_if_said(&[("validity_period_hours", Span)])),
];
