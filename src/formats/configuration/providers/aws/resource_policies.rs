//! Policies of resources, and permissions and grants on them: whom they let do what.
//!
//! What `*` means in such a policy is the resource that it belongs to (Service Authorization Reference, the pages of each
//! service). A resource that is made in the same configuration is called by its address: its ARN is rarely known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document;
use super::names::Names;
use crate::facts::{Gap, Text};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Member, Value};

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("aws_api_gateway_rest_api", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_api_gateway_rest_api_policy", |own, lowering| of_other(own, lowering, "policy", "rest_api_id")),
    ("aws_backup_vault_policy", |own, lowering| of_other(own, lowering, "policy", "backup_vault_name")),
    ("aws_cloudwatch_event_bus_policy", |own, lowering| of_other(own, lowering, "policy", "event_bus_name")),
    ("aws_codeartifact_domain_permissions_policy", |own, lowering| {
        of_other(own, lowering, "policy_document", "domain");
    }),
    ("aws_codeartifact_repository_permissions_policy", |own, lowering| {
        of_other(own, lowering, "policy_document", "repository");
    }),
    ("aws_dynamodb_resource_policy", |own, lowering| of_other(own, lowering, "policy", "resource_arn")),
    ("aws_ecr_registry_policy", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_ecr_repository_policy", |own, lowering| of_other(own, lowering, "policy", "repository")),
    ("aws_efs_file_system_policy", |own, lowering| of_other(own, lowering, "policy", "file_system_id")),
    ("aws_elasticsearch_domain", |own, lowering| of_itself(own, lowering, "access_policies")),
    ("aws_elasticsearch_domain_policy", |own, lowering| of_other(own, lowering, "access_policies", "domain_name")),
    ("aws_glacier_vault", |own, lowering| of_itself(own, lowering, "access_policy")),
    ("aws_glue_resource_policy", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_kms_external_key", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_kms_grant", kms_grant),
    ("aws_kms_key", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_kms_key_policy", |own, lowering| of_other(own, lowering, "policy", "key_id")),
    ("aws_kms_replica_key", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_lambda_layer_version_permission", |own, lowering| permission(own, lowering, "layer_name")),
    ("aws_lambda_permission", |own, lowering| permission(own, lowering, "function_name")),
    ("aws_opensearch_domain", |own, lowering| of_itself(own, lowering, "access_policies")),
    ("aws_opensearch_domain_policy", |own, lowering| of_other(own, lowering, "access_policies", "domain_name")),
    ("aws_s3_access_point", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_s3_bucket", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_s3_bucket_policy", |own, lowering| of_other(own, lowering, "policy", "bucket")),
    ("aws_s3control_access_point_policy", |own, lowering| of_other(own, lowering, "policy", "access_point_arn")),
    ("aws_s3control_bucket_policy", |own, lowering| of_other(own, lowering, "policy", "bucket")),
    ("aws_secretsmanager_secret", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_secretsmanager_secret_policy", |own, lowering| of_other(own, lowering, "policy", "secret_arn")),
    ("aws_ses_identity_policy", |own, lowering| of_other(own, lowering, "policy", "identity")),
    ("aws_sns_topic", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_sns_topic_policy", |own, lowering| of_other(own, lowering, "policy", "arn")),
    ("aws_sqs_queue", |own, lowering| of_itself(own, lowering, "policy")),
    ("aws_sqs_queue_policy", |own, lowering| of_other(own, lowering, "policy", "queue_url")),
    ("aws_ssm_resource_policy", |own, lowering| of_other(own, lowering, "policy", "resource_arn")),
];

/// A resource with a policy as one of its arguments. Without it, what its service lets the own account do.
fn of_itself(resource: &Resource, lowering: &mut Lowering<'_>, argument: &str) {
    if let Some(policy) = resource.get(argument) {
        let name = resource.lasting_name.clone();
        document(policy, &name, lowering);
    }
}

/// A policy that names its resource.
fn of_other(resource: &Resource, lowering: &mut Lowering<'_>, argument: &str, target: &str) {
    match resource.get(argument) {
        Some(policy) => {
            let name = target_name(resource, target, lowering);
            document(policy, &name, lowering);
        }
        None => {
            let reason = format!("this block has no `{argument}`");
            lowering.unresolved(Gap::Broken, resource.origin, reason, "this block is not evaluated");
        }
    }
}

fn document(policy: &Value, name: &str, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    for candidate in policy.candidates() {
        document::resource(candidate, name, &names, lowering);
    }
}

/// What a resource is called: by its address where the configuration makes it, else by what names it.
fn target_name(resource: &Resource, argument: &str, lowering: &Lowering<'_>) -> Text {
    let Some(value) = resource.get(argument) else { return resource.lasting_name.clone() };
    if let Some((target, _)) = lowering.resolve(value) {
        return target.lasting_name.clone();
    }
    Names::of(lowering).text(value).map_or_else(|| resource.lasting_name.clone(), Text::from)
}

/// A permission on a function or layer, as the statement that the service adds to its policy (Lambda API reference,
/// `AddPermission` and `AddLayerVersionPermission`).
fn permission(resource: &Resource, lowering: &mut Lowering<'_>, target: &str) {
    let at = resource.origin;
    let Some(principal) = resource.get("principal").cloned() else {
        let reason = "this block has no `principal`";
        return lowering.unresolved(Gap::Broken, at, reason, "this block is not evaluated");
    };
    let kind = match principal.as_str() {
        // A service by its domain (Lambda developer guide, "Granting function access to AWS services").
        Some(name) if name.ends_with(".amazonaws.com") || name.ends_with(".amazon.com") => "Service",
        _ => "AWS",
    };
    let mut conditions: BTreeMap<Text, Member> = BTreeMap::new();
    let tests = [
        ("ArnLike", "AWS:SourceArn", "source_arn"),
        ("StringEquals", "AWS:SourceAccount", "source_account"),
        ("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "principal_org_id"),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", "organization_id"),
    ];
    for (operator, key, argument) in tests {
        if let Some(value) = resource.get(argument) {
            conditions.insert(operator.into(), member(map([(key, value.clone())], value)));
        }
    }
    let mut entries = vec![
        ("Principal", map([(kind, principal)], resource.get("principal").unwrap_or(&resource.attributes))),
        ("Action", resource.get("action").cloned().unwrap_or_else(|| Value::text("lambda:InvokeFunction", at))),
    ];
    if !conditions.is_empty() {
        entries.push(("Condition", Value::map(conditions, at)));
    }
    let name = target_name(resource, target, lowering);
    allow(entries, &name, resource, lowering);
}

/// A grant on a key (KMS API reference, `CreateGrant`: operations are named as their actions are).
fn kms_grant(resource: &Resource, lowering: &mut Lowering<'_>) {
    let at = resource.origin;
    let Some(grantee) = resource.get("grantee_principal").cloned() else {
        let reason = "this block has no `grantee_principal`";
        return lowering.unresolved(Gap::Broken, at, reason, "this block is not evaluated");
    };
    let operations = resource.get("operations").map(|own| own.possible_members());
    let (members, rest) = operations.unwrap_or_default();
    let actions = members
        .into_iter()
        .map(|own| match own.as_str() {
            Some(name) => Value::text(format!("kms:{name}"), own.origin),
            None => own.clone(),
        })
        .collect();
    if let Some(rest) = rest {
        let rest = rest.clone();
        lowering.unknown(&rest, at, "this grant may permit more than shown");
    }
    let entries =
        vec![("Principal", map([("AWS", grantee)], &resource.attributes)), ("Action", Value::list(actions, at))];
    let name = target_name(resource, "key_id", lowering);
    allow(entries, &name, resource, lowering);
}

/// One statement that allows, as the policy that has nothing else.
fn allow(entries: Vec<(&str, Value)>, name: &str, resource: &Resource, lowering: &mut Lowering<'_>) {
    let at = &Value::null(resource.origin);
    let effect = [("Effect", Value::text("Allow", resource.origin))];
    let statement = map(effect.into_iter().chain(entries), at);
    let policy = map([("Statement", Value::list(vec![statement], resource.origin))], at);
    document(&Value { encodes: Some(Arc::new(policy.clone())), ..policy }, name, lowering);
}

fn member(value: Value) -> Member {
    Member { key_origin: value.origin, value }
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>, at: &Value) -> Value {
    Value::map(entries.into_iter().map(|(key, value)| (key.into(), member(value))).collect(), at.origin)
}
