//! Workloads, and the service account that their pods run as (Kubernetes documentation, "Configure Service Accounts for
//! Pods" and the API reference of each kind).

use super::{Cluster, Object, service_account_name};
use crate::facts::{CredentialDetail, CredentialFact, CredentialKind, Gap, Holder, Lifetime};
use crate::syntax::{Node, Span};

/// The service account of pods that name none.
const DEFAULT_ACCOUNT: &str = "default";

/// The kinds that make pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Workload {
    Pod,
    Deployment,
    DaemonSet,
    StatefulSet,
    ReplicaSet,
    ReplicationController,
    Job,
    CronJob,
}

impl Workload {
    /// What `apiVersion` and `kind` name, if it makes pods.
    pub(super) fn of(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        match (group, kind) {
            ("", "Pod") => Some(Self::Pod),
            ("", "ReplicationController") => Some(Self::ReplicationController),
            ("apps" | "extensions", "Deployment") => Some(Self::Deployment),
            ("apps" | "extensions", "DaemonSet") => Some(Self::DaemonSet),
            ("apps" | "extensions", "ReplicaSet") => Some(Self::ReplicaSet),
            ("apps", "StatefulSet") => Some(Self::StatefulSet),
            ("batch", "Job") => Some(Self::Job),
            ("batch", "CronJob") => Some(Self::CronJob),
            _ => None,
        }
    }

    /// The kind as manifests and tallies name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::DaemonSet => "DaemonSet",
            Self::StatefulSet => "StatefulSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// Where the specification of its pods stands.
    pub(super) fn pod(self) -> &'static [&'static str] {
        match self {
            Self::Pod => &["spec"],
            Self::CronJob => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        }
    }
}

/// Whether a workload is a whole one: a patch names no image, or leaves out the containers.
pub(super) fn is_whole(workload: Workload, node: &Node) -> bool {
    let containers = node.at(workload.pod()).and_then(|pod| pod.get("containers")).and_then(Node::as_list);
    containers.is_some_and(|list| {
        !list.is_empty() && list.iter().all(|container| container.get("image").is_some_and(|image| !image.is_null()))
    })
}

impl Cluster<'_> {
    /// The service account that a workload's pods run as. It exists once a pod runs as it: `default` in each namespace
    /// is declared nowhere. A pod that mounts its token holds a credential of it, which the cluster renews.
    pub(super) fn workload(&mut self, object: Object<'_>, workload: Workload, name: &Node, namespace: &str) {
        let Some(own_name) = name.as_str() else { return };
        let pod = object.node.at(workload.pod());
        let field = |key: &str| pod.and_then(|pod| pod.get(key));
        // `serviceAccount` is the older name of the field; the newer one wins.
        let named = field("serviceAccountName").or_else(|| field("serviceAccount"));
        let automount = field("automountServiceAccountToken");
        if !is_whole(workload, object.node) {
            if let Some(part) = named.or(automount) {
                let kind = workload.name();
                self.lowering.unresolved(
                    Gap::Unsupported,
                    part.span,
                    format!("this {kind} has no containers with images, so it is a patch of another one"),
                    "the service account that the patched workload runs as is not known",
                );
            }
            return;
        }
        let account = match named {
            None => DEFAULT_ACCOUNT,
            Some(node) => match node.as_str() {
                Some("") => DEFAULT_ACCOUNT,
                Some(account) => account,
                None => {
                    let reason = format!("`serviceAccountName` is {}, not text", node.kind());
                    return self.broken(
                        node.span,
                        reason,
                        "the service account that this workload runs as is not known",
                    );
                }
            },
        };
        let at = named.map_or(name.span, |node| node.span);
        self.account(account, namespace, at);
        let user = format!("{}/{namespace}/{own_name}", workload.name().to_lowercase());
        for (secret, span) in pod.map(secrets).unwrap_or_default() {
            let fact = CredentialFact {
                id: self.native(format!("secret/{namespace}/{secret}")),
                holder: Holder::Account(self.native(service_account_name(namespace, account))),
                kind: CredentialKind::Secret,
                lifetime: Lifetime::Unknown,
                created: None,
                detail: CredentialDetail { used_by: vec![user.as_str().into()], ..CredentialDetail::of("secretRef") },
                origin: self.lowering.at(span),
            };
            self.lowering.facts.credentials.push(fact);
        }
        if automount.and_then(Node::as_bool) == Some(false) {
            return;
        }
        let kind = workload.name().to_lowercase();
        let fact = CredentialFact {
            id: self.native(format!("{kind}/{namespace}/{own_name}/token")),
            holder: Holder::Account(self.native(service_account_name(namespace, account))),
            kind: CredentialKind::Token,
            lifetime: Lifetime::Temporary,
            created: None,
            detail: CredentialDetail::of("serviceAccountToken"),
            origin: self.lowering.at(at),
        };
        self.lowering.facts.credentials.push(fact);
    }
}

/// The Secrets that the containers of a pod are given, each once (API reference, `EnvVarSource`, `EnvFromSource`,
/// `SecretVolumeSource`). Those that only pull images are not among them.
fn secrets(pod: &Node) -> Vec<(&str, Span)> {
    fn list<'n>(node: &'n Node, key: &str) -> &'n [Node] {
        node.get(key).and_then(Node::as_list).unwrap_or_default()
    }
    let containers = ["containers", "initContainers"].into_iter().flat_map(|key| list(pod, key));
    let given = containers.flat_map(|container| {
        let values = list(container, "env").iter().filter_map(|own| own.at(&["valueFrom", "secretKeyRef", "name"]));
        let whole = list(container, "envFrom").iter().filter_map(|own| own.at(&["secretRef", "name"]));
        values.chain(whole)
    });
    let mounted = list(pod, "volumes").iter().filter_map(|own| own.at(&["secret", "secretName"]));
    let mut found: Vec<(&str, Span)> = Vec::new();
    for node in given.chain(mounted) {
        let name = node.as_str().filter(|name| !name.is_empty() && !name.contains("{{"));
        if let Some(name) = name
            && found.iter().all(|(own, _)| *own != name)
        {
            found.push((name, node.span));
        }
    }
    found
}
