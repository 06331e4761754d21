//! Resource types that declare a credential and nothing else that is read, with what their properties are called by the
//! provider `aws` (AWS CloudFormation template reference, the page of each type).
//!
//! A property inside another is written with a dot; inside a list it is that of the first member.

use super::making::Making;
use crate::formats::configuration::value::{Member, Value};

/// A type, what the shared lowering calls it, and its properties with the arguments that they are.
pub(super) type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

pub(super) const ROWS: &[Row] = &[
    (
        "AWS::RDS::DBInstance",
        "aws_db_instance",
        &[
            ("MasterUsername", "username"),
            ("MasterUserPassword", "password"),
            ("ManageMasterUserPassword", "manage_master_user_password"),
        ],
    ),
    (
        "AWS::RDS::DBCluster",
        "aws_rds_cluster",
        &[("MasterUsername", "master_username"), ("MasterUserPassword", "master_password")],
    ),
    (
        "AWS::Redshift::Cluster",
        "aws_redshift_cluster",
        &[("MasterUsername", "master_username"), ("MasterUserPassword", "master_password")],
    ),
    (
        "AWS::RedshiftServerless::Namespace",
        "aws_redshiftserverless_namespace",
        &[("AdminUsername", "admin_username"), ("AdminUserPassword", "admin_user_password")],
    ),
    (
        "AWS::DocDB::DBCluster",
        "aws_docdb_cluster",
        &[("MasterUsername", "master_username"), ("MasterUserPassword", "master_password")],
    ),
    (
        "AWS::ElastiCache::ReplicationGroup",
        "aws_elasticache_replication_group",
        &[("ReplicationGroupId", "replication_group_id"), ("AuthToken", "auth_token")],
    ),
    ("AWS::ElastiCache::User", "aws_elasticache_user", &[("UserName", "user_name"), ("Passwords", "passwords")]),
    (
        "AWS::AmazonMQ::Broker",
        "aws_mq_broker",
        &[("Users.Username", "user.username"), ("Users.Password", "user.password")],
    ),
    ("AWS::DMS::Endpoint", "aws_dms_endpoint", &[("Username", "username"), ("Password", "password")]),
    (
        "AWS::DirectoryService::MicrosoftAD",
        "aws_directory_service_directory",
        &[("Name", "name"), ("Password", "password")],
    ),
    (
        "AWS::DirectoryService::SimpleAD",
        "aws_directory_service_directory",
        &[("Name", "name"), ("Password", "password")],
    ),
    (
        "AWS::OpenSearchService::Domain",
        "aws_opensearch_domain",
        &[
            (
                "AdvancedSecurityOptions.MasterUserOptions.MasterUserName",
                "advanced_security_options.master_user_options.master_user_name",
            ),
            (
                "AdvancedSecurityOptions.MasterUserOptions.MasterUserPassword",
                "advanced_security_options.master_user_options.master_user_password",
            ),
        ],
    ),
    (
        "AWS::SecretsManager::Secret",
        "aws_secretsmanager_secret",
        &[("Name", "name"), ("SecretString", "secret_string")],
    ),
    (
        "AWS::SecretsManager::RotationSchedule",
        "aws_secretsmanager_secret_rotation",
        &[
            ("SecretId", "secret_id"),
            ("RotationRules.AutomaticallyAfterDays", "rotation_rules.automatically_after_days"),
        ],
    ),
    (
        "AWS::Cognito::UserPool",
        "aws_cognito_user_pool",
        &[
            ("Policies.PasswordPolicy.MinimumLength", "password_policy.minimum_length"),
            ("Policies.PasswordPolicy.RequireLowercase", "password_policy.require_lowercase"),
            ("Policies.PasswordPolicy.RequireUppercase", "password_policy.require_uppercase"),
            ("Policies.PasswordPolicy.RequireNumbers", "password_policy.require_numbers"),
            ("Policies.PasswordPolicy.RequireSymbols", "password_policy.require_symbols"),
        ],
    ),
    (
        "AWS::Cognito::UserPoolClient",
        "aws_cognito_user_pool_client",
        &[("ClientName", "name"), ("GenerateSecret", "generate_secret")],
    ),
    ("AWS::ApiGateway::ApiKey", "aws_api_gateway_api_key", &[("Name", "name"), ("Value", "value")]),
    (
        "AWS::CodeBuild::SourceCredential",
        "aws_codebuild_source_credential",
        &[("Username", "user_name"), ("Token", "token")],
    ),
    (
        "AWS::Amplify::App",
        "aws_amplify_app",
        &[("Name", "name"), ("AccessToken", "access_token"), ("OauthToken", "oauth_token")],
    ),
];

/// Makes the resource of a row.
pub(super) fn make((_, shared, names): &Row, making: &mut Making<'_, '_>) {
    let mut arguments: Vec<(&str, Value)> = Vec::new();
    for (property, argument) in *names {
        let mut path = property.split('.');
        let found = path.next().and_then(|first| making.get(first));
        let found = path.fold(found, |value, part| {
            let value = value?;
            value.one_or_many().first().and_then(|own| own.get(part)).cloned()
        });
        let Some(value) = found else { continue };
        let (first, rest) = argument.split_once('.').map_or((*argument, ""), |(first, rest)| (first, rest));
        let wrapped = within(rest, value);
        match arguments.iter_mut().find(|(own, _)| *own == first) {
            Some((_, own)) => *own = joined(own, &wrapped),
            None => arguments.push((first, wrapped)),
        }
    }
    making.add(shared, "", arguments);
}

/// A value at a path of blocks.
fn within(path: &str, value: Value) -> Value {
    path.rsplit('.').filter(|part| !part.is_empty()).fold(value, |inner, part| {
        let origin = inner.origin;
        Value::map([(part.into(), Member { key_origin: origin, value: inner })].into(), origin)
    })
}

/// Two blocks as one.
fn joined(one: &Value, other: &Value) -> Value {
    let (Some(own), Some(more)) = (one.as_map(), other.as_map()) else { return one.clone() };
    let mut members = (*own.known).clone();
    for (key, member) in &*more.known {
        let value = match members.get(key) {
            Some(known) => joined(&known.value, &member.value),
            None => member.value.clone(),
        };
        members.insert(key.clone(), Member { key_origin: member.key_origin, value });
    }
    Value::map(members, one.origin)
}
