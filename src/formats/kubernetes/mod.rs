//! Kubernetes role-based access control, and what runs as whom, as manifests declare it.
//!
//! Read are the objects of the API group `rbac.authorization.k8s.io` (any version), `ServiceAccount`, `Secret` of the
//! type `kubernetes.io/service-account-token` or with its values written in it, the ConfigMap `aws-auth`, workloads, and lists of any of them. A file stands alone: references from one
//! file to another are names, and the graph joins them. What a rule matches follows the authorizer of the API server
//! (`pkg/apis/rbac/v1/evaluation_helpers.go`), what makes an object invalid its validation
//! (`pkg/apis/rbac/validation`).

mod accounts;
mod bindings;
pub(in crate::formats) mod eks;
pub(in crate::formats) mod embedded;
mod kustomize;
mod rules;
#[cfg(test)]
mod tests;
mod workloads;

use std::collections::BTreeSet;

use self::workloads::Workload;
use super::{Format, Grouping, Lowering, Recognise, Unit, UnitFile, text};
use crate::facts::{Facts, Gap, GroupFact, Native, Text};
use crate::syntax::{Node, Span, SyntaxError};

/// Kubernetes RBAC manifests.
pub const FORMAT: Format =
    Format { name: "kubernetes-rbac", recognise: Recognise::Data(recognise), suspect, unit: Grouping::Alone, lower };

pub use kustomize::FORMAT as KUSTOMIZE;

/// The system of a cluster that neither a definition nor the configuration names.
pub(in crate::formats) const DEFAULT_SYSTEM: &str = "kubernetes";

/// The namespace of an object that names none, as `kubectl` fills it in.
const DEFAULT_NAMESPACE: &str = "default";

/// The API group of roles and bindings.
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// What opens a placeholder in a Helm chart and in most other template languages.
const TEMPLATE_MARK: &str = "{{";

/// The kinds that declare access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    ClusterRole,
    RoleBinding,
    ClusterRoleBinding,
    ServiceAccount,
    Secret,
    /// One that maps identities of AWS.
    ConfigMap,
    Workload(Workload),
}

impl Kind {
    /// The kind as manifests and tallies name it.
    fn name(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::ClusterRole => "ClusterRole",
            Self::RoleBinding => "RoleBinding",
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::ServiceAccount => "ServiceAccount",
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::Workload(workload) => workload.name(),
        }
    }

    /// The kind in the middle of a sentence.
    fn noun(self) -> &'static str {
        match self {
            Self::Role | Self::ClusterRole => "role",
            Self::RoleBinding | Self::ClusterRoleBinding => "binding",
            Self::ServiceAccount => "service account",
            Self::Secret => "token",
            Self::ConfigMap => "map of identities",
            Self::Workload(_) => "workload",
        }
    }

    /// What `apiVersion` and `kind` name, if it declares access.
    ///
    /// A chart may write the version as a quoted placeholder; the kind alone then says what it is.
    fn of(api_version: &str, kind: &str) -> Option<Self> {
        let rbac = api_version.strip_prefix(RBAC_GROUP).is_some_and(|rest| rest.starts_with('/'))
            || api_version.contains(TEMPLATE_MARK);
        match kind {
            "Role" if rbac => Some(Self::Role),
            "ClusterRole" if rbac => Some(Self::ClusterRole),
            "RoleBinding" if rbac => Some(Self::RoleBinding),
            "ClusterRoleBinding" if rbac => Some(Self::ClusterRoleBinding),
            "ServiceAccount" if api_version == "v1" => Some(Self::ServiceAccount),
            "Secret" if api_version == "v1" => Some(Self::Secret),
            "ConfigMap" if api_version == "v1" => Some(Self::ConfigMap),
            _ => Workload::of(api_version, kind).map(Self::Workload),
        }
    }

    /// The parts of an object that decide about access; a placeholder elsewhere does not matter.
    fn telling_parts(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Role => &[&["apiVersion"], &["metadata", "name"], &["metadata", "namespace"], &["rules"]],
            Self::ClusterRole => {
                &[&["apiVersion"], &["metadata", "name"], &["metadata", "labels"], &["rules"], &["aggregationRule"]]
            }
            Self::RoleBinding | Self::ClusterRoleBinding => {
                &[&["apiVersion"], &["metadata", "name"], &["metadata", "namespace"], &["subjects"], &["roleRef"]]
            }
            Self::ServiceAccount => &[
                &["metadata", "name"],
                &["metadata", "namespace"],
                &["metadata", "annotations", accounts::AWS_ANNOTATION],
                &["metadata", "annotations", accounts::GOOGLE_ANNOTATION],
                &["metadata", "annotations", accounts::AZURE_ANNOTATION],
            ],
            Self::Secret => &[
                &["metadata", "name"],
                &["metadata", "namespace"],
                &["metadata", "annotations", accounts::ACCOUNT_ANNOTATION],
            ],
            Self::ConfigMap => &[&["metadata", "name"], &["metadata", "namespace"]],
            Self::Workload(Workload::Pod) => &[
                &["metadata", "name"],
                &["metadata", "namespace"],
                &["spec", "serviceAccountName"],
                &["spec", "serviceAccount"],
            ],
            Self::Workload(Workload::CronJob) => &[
                &["metadata", "name"],
                &["metadata", "namespace"],
                &["spec", "jobTemplate", "spec", "template", "spec", "serviceAccountName"],
                &["spec", "jobTemplate", "spec", "template", "spec", "serviceAccount"],
            ],
            Self::Workload(_) => &[
                &["metadata", "name"],
                &["metadata", "namespace"],
                &["spec", "template", "spec", "serviceAccountName"],
                &["spec", "template", "spec", "serviceAccount"],
            ],
        }
    }
}

/// One object that declares access.
#[derive(Clone, Copy)]
struct Object<'n> {
    kind: Kind,
    node: &'n Node,
    /// The version of the API group, such as `v1beta1`.
    version: &'n str,
}

/// What stands in a document.
#[derive(Default)]
struct Contents<'n> {
    objects: Vec<Object<'n>>,
    /// Whether the document itself is a typed list (`RoleList`), perhaps an empty one.
    typed_list: bool,
    /// Typed lists whose items are not a list.
    broken_lists: Vec<(Kind, Span)>,
}

impl<'n> Contents<'n> {
    fn of(document: &'n Node) -> Self {
        let mut contents = Self::default();
        contents.collect(document, None);
        contents
    }

    /// Walks lists. Items of a typed list may leave out version and kind, as the API server's own answers do.
    fn collect(&mut self, node: &'n Node, inherited: Option<(&'n str, &'n str)>) {
        let field = |key| node.get(key).and_then(Node::as_str);
        let (Some(api_version), Some(kind)) = (
            field("apiVersion").or(inherited.map(|(api_version, _)| api_version)),
            field("kind").or(inherited.map(|(_, kind)| kind)),
        ) else {
            return;
        };
        let items = node.get("items");
        if kind == "List" && api_version == "v1" {
            for item in items.and_then(Node::as_list).unwrap_or_default() {
                self.collect(item, None);
            }
        } else if let Some(single) = kind.strip_suffix("List") {
            let Some(listed) = Kind::of(api_version, single) else { return };
            // A list of secrets, maps or pods is ours for what in it declares access.
            self.typed_list |= !matches!(listed, Kind::Secret | Kind::ConfigMap | Kind::Workload(_));
            match items.map(Node::as_list) {
                Some(Some(list)) => list.iter().for_each(|item| self.collect(item, Some((api_version, single)))),
                Some(None) => self.broken_lists.push((listed, items.map_or(node.span, |items| items.span))),
                None => {}
            }
        } else if let Some(kind) = Kind::of(api_version, kind)
            && (kind != Kind::Secret || accounts::is_token(node) || accounts::writes_values(node))
            && (kind != Kind::ConfigMap || eks::is_aws_auth(node))
        {
            let version = api_version.rsplit('/').next().unwrap_or(api_version);
            self.objects.push(Object { kind, node, version });
        }
    }
}

fn recognise(_path: &str, document: &Node) -> bool {
    let contents = Contents::of(document);
    contents.typed_list || !contents.objects.is_empty()
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    // Of workloads only those that name their account are missed: the others run as one that holds nothing by itself.
    let names_account = text.contains("serviceAccountName");
    let names_kind = text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches(['"', '\'']);
        let Some(rest) = line.strip_prefix("kind") else { return false };
        let Some(value) = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':') else { return false };
        let value = value.split('#').next().unwrap_or(value);
        let value = value.trim_matches(|c: char| c.is_whitespace() || "\"',".contains(c));
        let kind = value.strip_suffix("List").unwrap_or(value);
        let access = matches!(kind, "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" | "ServiceAccount");
        access || names_account && ["v1", "apps/v1", "batch/v1"].iter().any(|api| Workload::of(api, kind).is_some())
    });
    names_kind.then(|| if text.contains(TEMPLATE_MARK) { Gap::Unsupported } else { Gap::Broken })
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        let lowering = Lowering { facts: &mut facts, file: u32::try_from(place).unwrap_or(u32::MAX) };
        Cluster::new(lowering, file).file(file);
    }
    facts
}

/// The cluster that one file describes, while the file is lowered.
struct Cluster<'f> {
    lowering: Lowering<'f>,
    system: Text,
    /// Groups that have their fact.
    groups: BTreeSet<Text>,
    /// Service accounts that have theirs.
    accounts: BTreeSet<Text>,
    /// How many action patterns this file may still expand to.
    action_budget: usize,
}

/// A piece that is not what the API server accepts.
struct Fault {
    span: Span,
    reason: String,
}

impl Fault {
    fn new(span: Span, reason: impl Into<String>) -> Self {
        Self { span, reason: reason.into() }
    }
}

impl<'f> Cluster<'f> {
    fn new(lowering: Lowering<'f>, file: &UnitFile<'_>) -> Self {
        Self::of(lowering, file.system.as_ref().map_or_else(|| text(DEFAULT_SYSTEM), |hint| hint.id.clone()))
    }

    fn of(lowering: Lowering<'f>, system: Text) -> Self {
        Self { lowering, system, groups: BTreeSet::new(), accounts: BTreeSet::new(), action_budget: rules::MAX_ACTIONS }
    }

    fn file(&mut self, file: &UnitFile<'_>) {
        self.contents(file.documents.iter().map(|document| Contents::of(document)));
    }

    /// Lowers what stands in documents: workloads last, so that an account is where it is declared.
    fn contents<'n>(&mut self, documents: impl Iterator<Item = Contents<'n>>) {
        let mut workloads = Vec::new();
        for contents in documents {
            for (kind, span) in contents.broken_lists {
                let reason = format!("`items` of a {}List is not a list", kind.name());
                self.broken(span, reason, "nothing in it is evaluated");
            }
            for object in contents.objects {
                match object.kind {
                    Kind::Workload(_) => workloads.push(object),
                    _ => self.object(object),
                }
            }
        }
        workloads.into_iter().for_each(|workload| self.object(workload));
    }

    fn object(&mut self, object: Object<'_>) {
        if let Some(span) = template(object) {
            self.lowering.unresolved(
                Gap::Unsupported,
                span,
                format!(
                    "a placeholder (`{TEMPLATE_MARK}`) stands in this {}, as in a Helm template; render it (`helm template`) and check the output",
                    object.kind.name()
                ),
                format!("this {} is not evaluated", object.kind.noun()),
            );
            return;
        }
        if let Some(entry) = object.node.entry("$patch") {
            self.lowering.unresolved(
                Gap::Unsupported,
                entry.span(),
                format!(
                    "this {} is a patch, not an object; build the kustomization (`kustomize build`) and check the output",
                    object.kind.name()
                ),
                "what the patch changes is not evaluated",
            );
            return;
        }
        self.lowering.count(object.kind.name());
        let Some(name) =
            object.node.at(&["metadata", "name"]).filter(|name| name.as_str().is_some_and(|n| !n.is_empty()))
        else {
            let span = object.node.get("metadata").map_or(object.node.span, |metadata| metadata.span);
            let reason = format!("this {} has no name that is text", object.kind.name());
            self.broken(span, reason, format!("this {} is not evaluated", object.kind.noun()));
            return;
        };
        let namespace = match object.node.at(&["metadata", "namespace"]) {
            None => DEFAULT_NAMESPACE,
            Some(node) => match node.as_str() {
                Some("") => DEFAULT_NAMESPACE,
                Some(namespace) => namespace,
                None => {
                    let reason = format!("the namespace of this {} is {}, not text", object.kind.name(), node.kind());
                    self.broken(node.span, reason, format!("this {} is not evaluated", object.kind.noun()));
                    return;
                }
            },
        };
        match object.kind {
            Kind::Role | Kind::ClusterRole => self.role(object, name, namespace),
            Kind::RoleBinding | Kind::ClusterRoleBinding => self.binding(object, namespace),
            Kind::ServiceAccount => self.service_account(object, name, namespace),
            Kind::Secret if accounts::is_token(object.node) => self.token(object, name, namespace),
            Kind::Secret => self.written_secret(object, name, namespace),
            Kind::ConfigMap => self.aws_auth(object),
            Kind::Workload(workload) => self.workload(object, workload, name, namespace),
        }
    }

    fn broken(&mut self, span: Span, reason: impl Into<String>, consequence: impl Into<String>) {
        self.lowering.unresolved(Gap::Broken, span, reason, consequence);
    }

    fn native(&self, name: impl Into<Text>) -> Native {
        Native::new(self.system.clone(), name)
    }

    /// A group by name, with its fact. Groups come from the authenticator, so no manifest lists all their members.
    fn group(&mut self, name: &str, span: Span) -> Native {
        let id = self.native(name);
        if self.groups.insert(id.name.clone()) {
            let origin = self.lowering.at(span);
            self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed: false, origin });
        }
        id
    }
}

/// The account name of a service account, as its tokens carry it
/// (Kubernetes documentation, "Authenticating", service account tokens).
fn service_account_name(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// The first placeholder in a part that decides about access.
fn template(object: Object<'_>) -> Option<Span> {
    fn find(node: &Node) -> Option<Span> {
        if let Some(text) = node.as_str() {
            return text.contains(TEMPLATE_MARK).then_some(node.span);
        }
        if let Some(entries) = node.as_map() {
            return entries.iter().find_map(|entry| {
                if entry.key.contains(TEMPLATE_MARK) { Some(entry.key_span) } else { find(&entry.value) }
            });
        }
        node.as_list().unwrap_or_default().iter().find_map(find)
    }
    object.kind.telling_parts().iter().find_map(|path| object.node.at(path).and_then(find))
}
