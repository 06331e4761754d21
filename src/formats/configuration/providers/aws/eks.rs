//! Access entries of EKS: which identities of AWS enter a cluster, and what they may do in it (Amazon EKS user guide, "Grant
//! IAM users access to Kubernetes with EKS access entries").
//!
//! The cluster is the one that `countersign.yaml` names for the folder. Where it names a system of another type there, such
//! as the account, the cluster is known by its own name, `kubernetes:NAME`; where it names none, it is `kubernetes`.

use super::names::{IamKind, Names};
use crate::facts::{Gap, GrantFact, Granted, Holder, Native, Origin, Text};
use crate::formats::cloud;
use crate::formats::configuration::providers::arguments::{WHO, each, name_of, names, required};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Unknown, Value};
use crate::formats::kubernetes::{DEFAULT_SYSTEM, eks};

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[("aws_eks_access_entry", entry), ("aws_eks_access_policy_association", association)];

/// The cluster as a system.
fn cluster(resource: &Resource, lowering: &Lowering<'_>) -> Text {
    let own = lowering.system_of(DEFAULT_SYSTEM);
    let Some(name) = resource.get("cluster_name").filter(|_| *own == *DEFAULT_SYSTEM && lowering.system.is_some())
    else {
        return own;
    };
    let declared = lowering.resolve(name).filter(|(own, _)| own.kind() == "aws_eks_cluster");
    let name = declared.map(|(own, _)| name_of(own, "name")).or_else(|| name.as_str().map(str::to_owned));
    name.map_or(own, |name| eks::cluster(&name))
}

/// The identities of AWS that an argument names by ARN.
fn principals(value: &Value, lowering: &mut Lowering<'_>) -> Vec<(Holder, Origin)> {
    let own_names = Names::of(lowering);
    each(value, lowering, |lowering, own, unknown| {
        let is_user = lowering.resolve(own).is_some_and(|(resource, _)| resource.kind() == "aws_iam_user");
        let is_open = lowering.resolve(own).is_none();
        let open = unknown.cloned().or_else(|| {
            own.first_unknown()
                .filter(|unknown| is_open && own_names.meant(unknown).is_none())
                .map(|own| Unknown::clone(own))
        });
        if let Some(unknown) = open {
            lowering.unknown(&unknown, own.origin, WHO);
        }
        let id = match own.as_str().and_then(cloud::aws_identity).filter(|_| is_open) {
            Some(elsewhere) => elsewhere,
            None if is_open => own_names.text(own).map(|text| own_names.native(&text))?,
            None => own_names.referred(own, if is_user { IamKind::User } else { IamKind::Role }, lowering)?,
        };
        Some((Holder::Account(id), own.origin))
    })
}

fn entry(resource: &Resource, lowering: &mut Lowering<'_>) {
    // The other types are those of nodes, which EKS itself gives what they need.
    if resource.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "STANDARD") {
        return;
    }
    let Some(principal) = required(resource, "principal_arn", lowering) else { return };
    let system = cluster(resource, lowering);
    let groups = resource
        .get("kubernetes_groups")
        .map(|own| names(own, ("", ""), "to which group of the cluster this belongs is not known", lowering));
    for (who, origin) in principals(principal, lowering) {
        for (group, at) in groups.iter().flatten() {
            let (membership, administers) = eks::member(&who, &system, group, *at);
            lowering.group(membership.group.clone(), false, *at);
            lowering.facts.memberships.push(membership);
            lowering.facts.grants.extend(administers);
        }
        let name = resource.get("user_name").and_then(Value::as_str).unwrap_or_default();
        lowering.facts.trusts.extend(eks::user(&who, &system, name, origin));
        for own in resource.get("access_policies").map(Value::one_or_many).unwrap_or_default() {
            let (policy, scope) = (own.get("PolicyArn"), own.get("AccessScope"));
            let namespaces = scope.and_then(|own| own.get("Namespaces"));
            let is_narrow = scope.and_then(|own| own.get("Type")).and_then(Value::as_str) == Some("namespace");
            if let Some(policy) = policy {
                give(&who, &system, policy, namespaces.filter(|_| is_narrow), lowering);
            }
        }
    }
}

fn association(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(principal), Some(policy)) =
        (required(resource, "principal_arn", lowering), required(resource, "policy_arn", lowering))
    else {
        return;
    };
    let system = cluster(resource, lowering);
    let scope = resource.blocks("access_scope").first();
    let is_narrow = scope.and_then(|own| own.get("type")).and_then(Value::as_str) == Some("namespace");
    let namespaces = scope.and_then(|own| own.get("namespaces")).filter(|_| is_narrow).cloned();
    for (who, _) in principals(principal, lowering) {
        give(&who, &system, policy, namespaces.as_ref(), lowering);
    }
}

/// An identity is given an access policy: on the cluster, or in some namespaces.
fn give(who: &Holder, system: &Text, policy: &Value, namespaces: Option<&Value>, lowering: &mut Lowering<'_>) {
    let own_names = Names::of(lowering);
    let Some(role) = own_names.text(policy).as_deref().and_then(eks::access_policy) else {
        let reason = "this is not the ARN of an access policy of EKS, or it is not known";
        let consequence = "what is given in the cluster counts for nothing in the findings";
        return lowering.unresolved(Gap::Unknown, policy.origin, reason, consequence);
    };
    let places = namespaces.map(|own| names(own, ("", ""), "in which namespace is not known", lowering));
    let mut scopes: Vec<String> = places.iter().flatten().map(|(name, _)| name.clone()).collect();
    if scopes.iter().any(|name| name.contains('*')) {
        let reason = "a pattern of namespaces is not followed";
        let consequence = "what is given counts in every namespace";
        lowering.unresolved(Gap::Unsupported, policy.origin, reason, consequence);
        scopes.clear();
    }
    if scopes.is_empty() {
        scopes.push("*".to_owned());
    }
    for name in scopes {
        let what = Granted::Role(Native::new(system.clone(), role.as_str()));
        lowering.facts.grants.push(GrantFact {
            scope: eks::namespace(system, &name),
            ..GrantFact::new(who.clone(), system.clone(), what, policy.origin)
        });
    }
}
