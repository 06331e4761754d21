//! Each resource type as the object that it declares.

use super::object::{Sheet, certain, unnamed};
use crate::facts::Gap;
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Kind, Value};
use crate::formats::kubernetes::embedded;
use crate::formats::terraform::decode;
use crate::syntax::{Entry, Node};

const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("kubernetes_role", |own, lowering| role(own, lowering, "Role")),
    ("kubernetes_role_v1", |own, lowering| role(own, lowering, "Role")),
    ("kubernetes_cluster_role", |own, lowering| role(own, lowering, "ClusterRole")),
    ("kubernetes_cluster_role_v1", |own, lowering| role(own, lowering, "ClusterRole")),
    ("kubernetes_role_binding", |own, lowering| binding(own, lowering, "RoleBinding")),
    ("kubernetes_role_binding_v1", |own, lowering| binding(own, lowering, "RoleBinding")),
    ("kubernetes_cluster_role_binding", |own, lowering| binding(own, lowering, "ClusterRoleBinding")),
    ("kubernetes_cluster_role_binding_v1", |own, lowering| binding(own, lowering, "ClusterRoleBinding")),
    ("kubernetes_service_account", service_account),
    ("kubernetes_service_account_v1", service_account),
    ("kubernetes_default_service_account", service_account),
    ("kubernetes_default_service_account_v1", service_account),
    ("kubernetes_secret", secret),
    ("kubernetes_secret_v1", secret),
    ("kubernetes_pod", |own, lowering| workload(own, lowering, "v1", "Pod")),
    ("kubernetes_pod_v1", |own, lowering| workload(own, lowering, "v1", "Pod")),
    ("kubernetes_replication_controller", |own, lowering| workload(own, lowering, "v1", "ReplicationController")),
    ("kubernetes_replication_controller_v1", |own, lowering| workload(own, lowering, "v1", "ReplicationController")),
    ("kubernetes_deployment", |own, lowering| workload(own, lowering, "apps/v1", "Deployment")),
    ("kubernetes_deployment_v1", |own, lowering| workload(own, lowering, "apps/v1", "Deployment")),
    ("kubernetes_daemonset", |own, lowering| workload(own, lowering, "apps/v1", "DaemonSet")),
    ("kubernetes_daemon_set_v1", |own, lowering| workload(own, lowering, "apps/v1", "DaemonSet")),
    ("kubernetes_stateful_set", |own, lowering| workload(own, lowering, "apps/v1", "StatefulSet")),
    ("kubernetes_stateful_set_v1", |own, lowering| workload(own, lowering, "apps/v1", "StatefulSet")),
    ("kubernetes_job", |own, lowering| workload(own, lowering, "batch/v1", "Job")),
    ("kubernetes_job_v1", |own, lowering| workload(own, lowering, "batch/v1", "Job")),
    ("kubernetes_cron_job", |own, lowering| workload(own, lowering, "batch/v1", "CronJob")),
    ("kubernetes_cron_job_v1", |own, lowering| workload(own, lowering, "batch/v1", "CronJob")),
    ("kubernetes_manifest", |own, lowering| manifest(own, lowering, "manifest")),
    ("kubectl_manifest", |own, lowering| manifest(own, lowering, "yaml_body")),
];

/// The first block of a type.
fn block<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.get(name).and_then(|own| own.one_or_many().first())
}

/// Version, kind and metadata of an object; more entries follow.
fn head(resource: &Resource, sheet: &mut Sheet<'_>, api_version: &str, kind: &str) -> Vec<Entry> {
    let mut entries =
        vec![sheet.fixed("apiVersion", api_version, resource.origin), sheet.fixed("kind", kind, resource.origin)];
    let metadata = block(&resource.attributes, "metadata");
    let mut own = Vec::new();
    match metadata.and_then(|metadata| metadata.get("name")) {
        Some(name) => {
            let node = sheet.name(name, "what this is called is not known; others that name it may not find it");
            own.push(sheet.entry("name", name.origin, node));
        }
        // The API server makes the name of what has none, apart from the account that each namespace has.
        None if resource.kind().starts_with("kubernetes_default_service_account") => {
            own.push(sheet.fixed("name", "default", resource.origin));
        }
        None => own.push(sheet.fixed("name", &unnamed(&resource.lasting_name), resource.origin)),
    }
    if let Some(metadata) = metadata {
        if let Some(namespace) = metadata.get("namespace") {
            let node = sheet.name(namespace, "the namespace that this is in is not known");
            own.push(sheet.entry("namespace", namespace.origin, node));
        }
        for key in ["labels", "annotations"] {
            if let Some(value) = metadata.get(key) {
                let node = sheet.plain(value);
                own.push(sheet.entry(key, value.origin, node));
            }
        }
    }
    let origin = metadata.map_or(resource.origin, |metadata| metadata.origin);
    let metadata = sheet.map(origin, own);
    entries.push(sheet.entry("metadata", origin, metadata));
    entries
}

fn finish(resource: &Resource, mut sheet: Sheet<'_>, entries: Vec<Entry>, lowering: &mut Lowering<'_>) {
    let object = sheet.map(resource.origin, entries);
    sheet.lower(&object, lowering);
}

fn role(resource: &Resource, lowering: &mut Lowering<'_>, kind: &str) {
    let mut sheet = Sheet::new(lowering);
    let mut entries = head(resource, &mut sheet, RBAC, kind);
    let fields = ["verbs", "api_groups", "resources", "non_resource_urls", "resource_names"];
    let rules = sheet.rules(resource.get("rule"), resource.origin, fields);
    entries.push(sheet.entry("rules", resource.origin, rules));
    if let Some(aggregation) = block(&resource.attributes, "aggregation_rule") {
        let selectors: Vec<Node> = aggregation
            .get("cluster_role_selectors")
            .map(Value::one_or_many)
            .unwrap_or_default()
            .iter()
            .map(|own| selector(own, &mut sheet))
            .collect();
        let selectors = sheet.list(aggregation.origin, selectors);
        let selectors = vec![sheet.entry("clusterRoleSelectors", aggregation.origin, selectors)];
        let rule = sheet.map(aggregation.origin, selectors);
        entries.push(sheet.entry("aggregationRule", aggregation.origin, rule));
    }
    finish(resource, sheet, entries, lowering);
}

fn selector(value: &Value, sheet: &mut Sheet<'_>) -> Node {
    let mut entries = Vec::new();
    for (argument, field) in [("match_labels", "matchLabels"), ("match_expressions", "matchExpressions")] {
        if let Some(own) = value.get(argument) {
            let node = if argument == "match_labels" {
                sheet.plain(own)
            } else {
                let items = own.one_or_many().iter().map(|item| sheet.plain(item)).collect();
                sheet.list(own.origin, items)
            };
            entries.push(sheet.entry(field, own.origin, node));
        }
    }
    sheet.map(value.origin, entries)
}

fn binding(resource: &Resource, lowering: &mut Lowering<'_>, kind: &str) {
    let mut sheet = Sheet::new(lowering);
    let mut entries = head(resource, &mut sheet, RBAC, kind);
    if let Some(reference) = block(&resource.attributes, "role_ref") {
        let mut own = Vec::new();
        for (argument, field) in [("api_group", "apiGroup"), ("kind", "kind"), ("name", "name")] {
            if let Some(value) = reference.get(argument) {
                let node = sheet.name(value, "which role this binding gives is not known");
                own.push(sheet.entry(field, value.origin, node));
            }
        }
        let node = sheet.map(reference.origin, own);
        entries.push(sheet.entry("roleRef", reference.origin, node));
    }
    let (subjects, rest) = resource.get("subject").map(Value::possible_members).unwrap_or_default();
    if let Some(rest) = rest.cloned() {
        sheet.say(&rest, resource.origin, "the role may be given to others than shown");
    }
    let mut nodes = Vec::new();
    for subject in subjects {
        nodes.push(self::subject(subject, &mut sheet));
    }
    let nodes = sheet.list(resource.origin, nodes);
    entries.push(sheet.entry("subjects", resource.origin, nodes));
    finish(resource, sheet, entries, lowering);
}

/// A subject. One of whom nothing is known is a group of unknown members.
fn subject(value: &Value, sheet: &mut Sheet<'_>) -> Node {
    const UNKNOWN: &str = "who gets this is not known; it is granted to whoever that is";
    let mut own = Vec::new();
    if let Some(unknown) = value.as_unknown().cloned() {
        sheet.say(&unknown, value.origin, UNKNOWN);
        own.push(sheet.fixed("kind", "Group", value.origin));
        own.push(sheet.fixed("name", &format!("unknown:{}", unknown.short()), value.origin));
        return sheet.map(value.origin, own);
    }
    match value.get("kind") {
        Some(kind) if kind.first_unknown().is_some() => own.push(sheet.fixed("kind", "Group", kind.origin)),
        Some(kind) => {
            let node = sheet.plain(kind);
            own.push(sheet.entry("kind", kind.origin, node));
        }
        None => {}
    }
    for field in ["name", "namespace"] {
        // The provider writes a namespace for subjects of every kind; only that of an account means something.
        if let Some(value) = value.get(field) {
            let node = sheet.name(value, UNKNOWN);
            own.push(sheet.entry(field, value.origin, node));
        }
    }
    sheet.map(value.origin, own)
}

fn service_account(resource: &Resource, lowering: &mut Lowering<'_>) {
    let mut sheet = Sheet::new(lowering);
    let entries = head(resource, &mut sheet, "v1", "ServiceAccount");
    finish(resource, sheet, entries, lowering);
}

/// A secret counts when it asks for a token; its data are not looked at.
fn secret(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(kind) = resource.get("type") else { return };
    let mut sheet = Sheet::new(lowering);
    let mut entries = head(resource, &mut sheet, "v1", "Secret");
    let node = sheet.plain(kind);
    entries.push(sheet.entry("type", kind.origin, node));
    finish(resource, sheet, entries, lowering);
}

fn workload(resource: &Resource, lowering: &mut Lowering<'_>, api_version: &str, kind: &str) {
    let mut sheet = Sheet::new(lowering);
    let mut entries = head(resource, &mut sheet, api_version, kind);
    let spec = block(&resource.attributes, "spec");
    let pod = match kind {
        "Pod" => spec,
        "CronJob" => spec
            .and_then(|spec| block(spec, "job_template"))
            .and_then(|job| block(job, "spec"))
            .and_then(|spec| block(spec, "template"))
            .and_then(|template| block(template, "spec")),
        _ => spec.and_then(|spec| block(spec, "template")).and_then(|template| block(template, "spec")),
    };
    let Some(pod) = pod else { return };
    let mut own = Vec::new();
    if let Some(account) = pod.get("service_account_name") {
        let node = sheet.name(account, "the service account that this workload runs as is not known");
        own.push(sheet.entry("serviceAccountName", account.origin, node));
    }
    if let Some(automount) = pod.get("automount_service_account_token") {
        let node = sheet.plain(automount);
        own.push(sheet.entry("automountServiceAccountToken", automount.origin, node));
    }
    // A block declares the whole object, so its containers say nothing about access; the provider asks for them.
    let image = vec![sheet.fixed("image", "*", pod.origin)];
    let container = sheet.map(pod.origin, image);
    let containers = sheet.list(pod.origin, vec![container]);
    own.push(sheet.entry("containers", pod.origin, containers));
    let mut node = sheet.map(pod.origin, own);
    let path: &[&str] = match kind {
        "Pod" => &["spec"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    };
    for key in path.iter().skip(1).rev() {
        let inner = vec![sheet.entry(key, pod.origin, node)];
        node = sheet.map(pod.origin, inner);
    }
    entries.push(sheet.entry("spec", pod.origin, node));
    finish(resource, sheet, entries, lowering);
}

/// A whole object, as a value or as text.
fn manifest(resource: &Resource, lowering: &mut Lowering<'_>, argument: &str) {
    let Some(value) = resource.get(argument) else { return };
    for candidate in value.candidates() {
        let object = match &candidate.kind {
            Kind::Map(_) => candidate.clone(),
            _ => match decode(candidate) {
                Ok(object) => object,
                Err(reason) => {
                    let reason = format!("the manifest cannot be read: {reason}");
                    lowering.unresolved(Gap::Broken, candidate.origin, reason, "this object is not evaluated");
                    continue;
                }
            },
        };
        let kind = certain(&object, "kind");
        if kind.is_none()
            && let Some(unknown) = object.as_unknown().cloned().or_else(|| {
                object
                    .as_map()
                    .and_then(|own| own.rest.clone().or_else(|| object.get("kind")?.first_unknown().cloned()))
            })
        {
            lowering.unknown(&unknown, candidate.origin, "whether this object declares access is not known");
            continue;
        }
        let mut sheet = Sheet::new(lowering);
        let node = sheet.object(&object);
        if embedded::declares_access(&node) {
            if let Some(unknown) = object.get("roleRef").and_then(Value::first_unknown).cloned() {
                sheet.say(&unknown, candidate.origin, "which role this binding gives is not known");
            }
            sheet.lower(&node, lowering);
        }
    }
}
