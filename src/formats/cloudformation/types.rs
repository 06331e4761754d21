//! What each resource type is for access, in the words of the shared lowering.
//!
//! [`ROWS`] is the one table. A function says which resources of the provider `aws` a resource of a template is: a role
//! with an inline policy is a role and a policy of a role. What those mean for access is told in one place for all
//! languages. A type without a row declares no access that is read.

use std::collections::BTreeMap;

use super::conditions::Truth;
use super::credentials;
use super::making::Making;
use super::serverless;
use super::stacks::{Nested, Place, Stacks};
use crate::facts::Gap;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::syntax::Node;

/// Says what a resource is.
type Make = fn(&mut Making<'_, '_>);

/// The types that are read, what the shared lowering calls their main resource, and how they are made.
static ROWS: &[(&str, &str, Make)] = &[
    ("AWS::IAM::Role", "aws_iam_role", role),
    ("AWS::IAM::User", "aws_iam_user", user),
    ("AWS::IAM::Group", "aws_iam_group", group),
    ("AWS::IAM::ManagedPolicy", "aws_iam_policy", managed_policy),
    ("AWS::IAM::Policy", "", inline_policy),
    ("AWS::IAM::RolePolicy", "", |making| lone_policy(making, "RoleName", "role", "aws_iam_role_policy")),
    ("AWS::IAM::UserPolicy", "", |making| lone_policy(making, "UserName", "user", "aws_iam_user_policy")),
    ("AWS::IAM::GroupPolicy", "", |making| lone_policy(making, "GroupName", "group", "aws_iam_group_policy")),
    ("AWS::IAM::UserToGroupAddition", "", |making| {
        making.rename("aws_iam_group_membership", &[("GroupName", "group"), ("Users", "users")]);
    }),
    ("AWS::IAM::InstanceProfile", "aws_iam_instance_profile", |making| {
        let names = [("InstanceProfileName", "name"), ("Path", "path"), ("Roles", "role")];
        making.rename("aws_iam_instance_profile", &names);
    }),
    ("AWS::IAM::AccessKey", "aws_iam_access_key", |making| {
        making.rename("aws_iam_access_key", &[("UserName", "user"), ("Status", "status")]);
    }),
    ("AWS::IAM::OIDCProvider", "aws_iam_openid_connect_provider", |making| {
        let names = [("Url", "url"), ("ClientIdList", "client_id_list"), ("ThumbprintList", "thumbprint_list")];
        making.rename("aws_iam_openid_connect_provider", &names);
    }),
    ("AWS::IAM::SAMLProvider", "aws_iam_saml_provider", |making| {
        making.rename("aws_iam_saml_provider", &[("Name", "name"), ("SamlMetadataDocument", "saml_metadata_document")]);
    }),
    ("AWS::IAM::ServiceLinkedRole", "aws_iam_service_linked_role", |making| {
        let names = [("AWSServiceName", "aws_service_name"), ("CustomSuffix", "custom_suffix")];
        making.rename("aws_iam_service_linked_role", &names);
    }),
    ("AWS::SSO::PermissionSet", "aws_ssoadmin_permission_set", permission_set),
    ("AWS::SSO::Assignment", "aws_ssoadmin_account_assignment", |making| {
        let names = [
            ("InstanceArn", "instance_arn"),
            ("PermissionSetArn", "permission_set_arn"),
            ("PrincipalId", "principal_id"),
            ("PrincipalType", "principal_type"),
            ("TargetId", "target_id"),
            ("TargetType", "target_type"),
        ];
        making.rename("aws_ssoadmin_account_assignment", &names);
    }),
    ("AWS::Organizations::Policy", "aws_organizations_policy", |making| {
        making.rename("aws_organizations_policy", &[("Name", "name"), ("Type", "type"), ("Content", "content")]);
        if let Some(targets) = making.get("TargetIds") {
            let policy = making.own("id");
            making.add(
                "aws_organizations_policy_attachment",
                ".TargetIds",
                [("policy_id", policy), ("target_id", targets)],
            );
        }
    }),
    ("AWS::S3::BucketPolicy", "", |making| {
        making.rename("aws_s3_bucket_policy", &[("Bucket", "bucket"), ("PolicyDocument", "policy")]);
    }),
    ("AWS::SQS::QueuePolicy", "", |making| {
        making.rename("aws_sqs_queue_policy", &[("Queues", "queue_url"), ("PolicyDocument", "policy")]);
    }),
    ("AWS::SNS::TopicPolicy", "", |making| {
        making.rename("aws_sns_topic_policy", &[("Topics", "arn"), ("PolicyDocument", "policy")]);
    }),
    ("AWS::KMS::Key", "aws_kms_key", |making| {
        let names = [
            ("KeyPolicy", "policy"),
            ("EnableKeyRotation", "enable_key_rotation"),
            ("RotationPeriodInDays", "rotation_period_in_days"),
            ("KeyUsage", "key_usage"),
            ("KeySpec", "customer_master_key_spec"),
            ("Enabled", "is_enabled"),
        ];
        making.rename("aws_kms_key", &names);
    }),
    ("AWS::SecretsManager::ResourcePolicy", "", |making| {
        let names = [("SecretId", "secret_arn"), ("ResourcePolicy", "policy")];
        making.rename("aws_secretsmanager_secret_policy", &names);
    }),
    ("AWS::EKS::AccessEntry", "aws_eks_access_entry", |making| {
        let names = [
            ("ClusterName", "cluster_name"),
            ("PrincipalArn", "principal_arn"),
            ("KubernetesGroups", "kubernetes_groups"),
            ("Username", "user_name"),
            ("Type", "type"),
            ("AccessPolicies", "access_policies"),
        ];
        making.rename("aws_eks_access_entry", &names);
    }),
    ("AWS::Lambda::Permission", "aws_lambda_permission", |making| {
        let names = [
            ("FunctionName", "function_name"),
            ("Action", "action"),
            ("Principal", "principal"),
            ("SourceArn", "source_arn"),
            ("SourceAccount", "source_account"),
            ("PrincipalOrgID", "principal_org_id"),
            ("FunctionUrlAuthType", "function_url_auth_type"),
        ];
        making.rename("aws_lambda_permission", &names);
    }),
    ("AWS::ECR::Repository", "aws_ecr_repository", |making| {
        if let Some(policy) = making.get("RepositoryPolicyText") {
            let repository = making.own("name");
            making.add(
                "aws_ecr_repository_policy",
                ".RepositoryPolicyText",
                [("repository", repository), ("policy", policy)],
            );
        }
    }),
    ("AWS::Serverless::Function", "aws_lambda_function", |making| serverless::role(making, &serverless::FUNCTION)),
    ("AWS::Serverless::StateMachine", "aws_sfn_state_machine", |making| {
        serverless::role(making, &serverless::STATE_MACHINE);
    }),
    ("AWS::Serverless::Connector", "", serverless::connector),
    ("AWS::CloudFormation::Stack", "", nested),
    ("AWS::Serverless::Application", "", nested),
    ("AWS::CloudFormation::StackSet", "", stack_set),
];

/// The name of a type in the shared lowering; its own where that has none.
pub(super) fn shared_kind(kind: &str) -> &str {
    ROWS.iter()
        .find(|(own, ..)| *own == kind)
        .map(|(_, shared, _)| *shared)
        .filter(|own| !own.is_empty())
        .or_else(|| credentials::ROWS.iter().find(|(own, ..)| *own == kind).map(|(_, shared, _)| *shared))
        .unwrap_or(kind)
}

/// Everything that the stacks declare about access. `counts` gets the definitions by type.
pub(super) fn resources(stacks: &Stacks<'_>, counts: &mut BTreeMap<&'static str, u64>) -> Vec<Resource> {
    let mut made = Vec::new();
    let mut existing: Vec<Truth> = Vec::with_capacity(stacks.stacks.len());
    for stack in &stacks.stacks {
        // A stack comes behind the one that nests it.
        let truth = stack.outer.as_ref().map_or(Truth::Yes, |(place, resource)| {
            let outer = existing.get(place.stack).cloned().unwrap_or(Truth::Yes);
            outer.and(|| exists(stacks, resource, place))
        });
        existing.push(truth);
    }
    let declared = stacks
        .stacks
        .iter()
        .zip(existing)
        .flat_map(|(stack, truth)| stack.resources.iter().map(move |declared| (declared, truth.clone())));
    for (declared, outer) in declared {
        if matches!(outer, Truth::No) {
            continue;
        }
        let origin = stacks.at(&declared.place, declared.id_span);
        let ignored = format!("`{}` is not evaluated", declared.id);
        if declared.node.as_map().is_none() {
            let reason = format!("a resource is {}, not a map", declared.node.kind());
            stacks.report(Gap::Broken, origin, reason, ignored);
            continue;
        }
        let Some(kind) = declared.node.get("Type").and_then(Node::as_str) else {
            stacks.report(Gap::Broken, origin, "this resource has no `Type` that is text", ignored);
            continue;
        };
        let row = ROWS.iter().find(|(own, ..)| *own == kind);
        let credential = credentials::ROWS.iter().find(|(own, ..)| *own == kind);
        let Some(kind) = row.map(|(own, ..)| *own).or_else(|| credential.map(|(own, ..)| *own)) else { continue };
        let uncertain = match outer.and(|| exists(stacks, declared.node, &declared.place)) {
            Truth::Yes => None,
            Truth::No => continue,
            Truth::Open(unknown) => Some(unknown),
        };
        if row.is_some() {
            *counts.entry(kind).or_default() += 1;
        }
        let mut making = Making { stacks, declared, kind, origin, uncertain, globals: None, made: &mut made };
        if making.properties_are_a_map() {
            match (row, credential) {
                (Some((.., make)), _) => make(&mut making),
                (None, Some(row)) => credentials::make(row, &mut making),
                (None, None) => {}
            }
        }
    }
    made
}

/// Whether a resource exists, by its condition.
fn exists<'t>(stacks: &Stacks<'t>, resource: &'t Node, place: &Place<'t>) -> Truth {
    let Some(node) = resource.get("Condition") else { return Truth::Yes };
    let origin = stacks.at(place, node.span);
    match node.as_str() {
        Some(name) => stacks.condition(&super::repeat::bound(name, place), place, origin),
        None => {
            let reason = "the condition of a resource is not named by text";
            stacks.report(Gap::Broken, origin, reason, "the resource is evaluated as if it exists");
            Truth::Yes
        }
    }
}

const IDENTITY: [(&str, &str); 2] = [("Path", "path"), ("PermissionsBoundary", "permissions_boundary")];

fn role(making: &mut Making<'_, '_>) {
    let mut arguments = vec![("assume_role_policy", making.required("AssumeRolePolicyDocument"))];
    for (property, argument) in [("RoleName", "name")].into_iter().chain(IDENTITY) {
        arguments.extend(making.get(property).map(|value| (argument, value)));
    }
    making.add("aws_iam_role", "", arguments);
    let own = making.own("name");
    making.held("role", &own);
}

fn user(making: &mut Making<'_, '_>) {
    making.rename("aws_iam_user", &[("UserName", "name"), IDENTITY[0], IDENTITY[1]]);
    let own = making.own("name");
    making.held("user", &own);
    if let Some(groups) = making.get("Groups") {
        let origin = groups.origin;
        let arguments = [("user", own.clone()), ("groups", groups)];
        making.add_at("aws_iam_user_group_membership", ".Groups", arguments, origin);
    }
    if let Some(profile) = making.get("LoginProfile") {
        let password = profile.get("Password").cloned().map(|value| ("password", value));
        let arguments = std::iter::once(("user", own)).chain(password);
        making.add("aws_iam_user_login_profile", ".LoginProfile", arguments);
    }
}

fn group(making: &mut Making<'_, '_>) {
    making.rename("aws_iam_group", &[("GroupName", "name"), ("Path", "path")]);
    let own = making.own("name");
    making.held("group", &own);
}

fn managed_policy(making: &mut Making<'_, '_>) {
    let mut arguments = vec![("policy", making.required("PolicyDocument"))];
    for (property, argument) in [("ManagedPolicyName", "name"), ("Path", "path")] {
        arguments.extend(making.get(property).map(|value| (argument, value)));
    }
    making.add("aws_iam_policy", "", arguments);
    let own = making.own("arn");
    for (property, argument) in HOLDERS {
        if let Some(holders) = making.get(property) {
            let origin = holders.origin;
            let kind = format!("aws_iam_{argument}_policy_attachment");
            making.add_at(
                &kind,
                &format!(".{property}"),
                [(argument, holders), ("policy_arn", Value { origin, ..own.clone() })],
                origin,
            );
        }
    }
}

/// The properties that list whom a policy belongs to.
const HOLDERS: [(&str, &str); 3] = [("Users", "user"), ("Groups", "group"), ("Roles", "role")];

fn inline_policy(making: &mut Making<'_, '_>) {
    let document = making.required("PolicyDocument");
    let mut held = false;
    for (property, argument) in HOLDERS {
        if let Some(holders) = making.get(property) {
            held = true;
            let kind = format!("aws_iam_{argument}_policy");
            making.add(&kind, &format!(".{property}"), [(argument, holders), ("policy", document.clone())]);
        }
    }
    if !held {
        let reason = "this policy names no `Roles`, `Users` or `Groups`";
        making.report(Gap::Broken, making.origin, reason, "whom it belongs to is not known");
    }
}

fn lone_policy(making: &mut Making<'_, '_>, property: &str, argument: &'static str, kind: &str) {
    let (holder, document) = (making.required(property), making.required("PolicyDocument"));
    making.add(kind, "", [(argument, holder), ("policy", document)]);
}

fn permission_set(making: &mut Making<'_, '_>) {
    let names = [("Name", "name"), ("InstanceArn", "instance_arn"), ("SessionDuration", "session_duration")];
    making.rename("aws_ssoadmin_permission_set", &names);
    let own = making.own("arn");
    if let Some(policy) = making.get("InlinePolicy") {
        let arguments = [("permission_set_arn", own.clone()), ("inline_policy", policy)];
        making.add("aws_ssoadmin_permission_set_inline_policy", ".InlinePolicy", arguments);
    }
    if let Some(arns) = making.get("ManagedPolicies") {
        let arguments = [("permission_set_arn", own), ("managed_policy_arn", arns)];
        making.add("aws_ssoadmin_managed_policy_attachment", ".ManagedPolicies", arguments);
    }
}

/// A stack whose template is in the tree is evaluated as a stack of its own.
fn nested(making: &mut Making<'_, '_>) {
    if making.declared.nested == Nested::None {
        let consequence = format!("what the stack `{}` declares is not evaluated", making.declared.id);
        let reason = "the template of this stack is not in the tree";
        making.report(Gap::Unknown, making.origin, reason, consequence);
    }
}

fn stack_set(making: &mut Making<'_, '_>) {
    let reason = "this template is applied in other accounts";
    let consequence = format!("what `{}` declares in them is not evaluated here", making.declared.id);
    making.report(Gap::Unknown, making.origin, reason, consequence);
}
