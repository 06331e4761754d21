//! Role bindings: who is given which role, and where.

use super::{Cluster, DEFAULT_NAMESPACE, Fault, Kind, Object, RBAC_GROUP, service_account_name};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{GrantFact, Granted, Holder, Native};
use crate::syntax::Node;

impl Cluster<'_> {
    /// A binding: one grant for each subject.
    pub(super) fn binding(&mut self, object: Object<'_>, namespace: &str) {
        let role = match self.role_reference(object, namespace) {
            Ok(role) => role,
            Err(fault) => return self.broken(fault.span, fault.reason, "this binding is not evaluated"),
        };
        let reach = match object.kind {
            Kind::ClusterRoleBinding => format!("{}/*", self.system),
            _ => format!("{}/{namespace}", self.system),
        };
        let scope = Scope::unknown().with(Dimension::new("namespace"), Values::of([reach]));
        let Some(subjects) = object.node.get("subjects") else { return };
        let Some(subjects) = subjects.as_list() else {
            let reason = format!("`subjects` is {}, not a list", subjects.kind());
            return self.broken(subjects.span, reason, "this binding is not evaluated");
        };
        for subject in subjects {
            self.lowering.count("subject");
            match self.subject(object, subject, namespace) {
                Ok(to) => {
                    let grant = GrantFact {
                        scope: scope.clone(),
                        ..GrantFact::new(
                            to,
                            self.system.clone(),
                            Granted::Role(role.clone()),
                            self.lowering.at(subject.span),
                        )
                    };
                    self.lowering.facts.grants.push(grant);
                }
                Err(fault) => self.broken(
                    fault.span,
                    fault.reason,
                    "this subject is not evaluated; the binding's other subjects are",
                ),
            }
        }
    }

    /// The role that a binding names. A cluster-wide binding can only name a cluster role.
    fn role_reference(&self, object: Object<'_>, namespace: &str) -> Result<Native, Fault> {
        let binding = object.kind.name();
        let Some(reference) = object.node.get("roleRef") else {
            return Err(Fault::new(object.node.span, format!("this {binding} has no `roleRef`, so it gives no role")));
        };
        let field = |key: &str| {
            reference.get(key).and_then(Node::as_str).filter(|value| !value.is_empty()).ok_or_else(|| {
                let span = reference.get(key).map_or(reference.span, |node| node.span);
                Fault::new(span, format!("`roleRef.{key}` is missing or not text"))
            })
        };
        let name = field("name")?;
        if let Some(group) = reference.get("apiGroup").filter(|group| !matches!(group.as_str(), Some("" | RBAC_GROUP)))
        {
            return Err(Fault::new(group.span, format!("`roleRef.apiGroup` can only be `{RBAC_GROUP}`")));
        }
        match (field("kind")?, object.kind) {
            ("ClusterRole", _) => Ok(self.native(format!("clusterrole/{name}"))),
            ("Role", Kind::RoleBinding) => Ok(self.native(format!("role/{namespace}/{name}"))),
            ("Role", _) => Err(Fault::new(
                reference.span,
                "a ClusterRoleBinding can only name a ClusterRole, and this one names a Role; the API server refuses it",
            )),
            (kind, _) => {
                Err(Fault::new(reference.span, format!("`roleRef.kind` is `{kind}`, not Role or ClusterRole")))
            }
        }
    }

    fn subject(&mut self, object: Object<'_>, subject: &Node, binding_namespace: &str) -> Result<Holder, Fault> {
        let Some(name) = subject.get("name").and_then(Node::as_str).filter(|name| !name.is_empty()) else {
            return Err(Fault::new(subject.span, "this subject has no name that is text"));
        };
        match subject.get("kind").and_then(Node::as_str) {
            // Version v1alpha1 writes everybody as the user `*`; later versions have no such name
            // (the API server's conversion, pkg/apis/rbac/v1alpha1).
            Some("User") if name == "*" && object.version == "v1alpha1" => {
                Ok(Holder::Group(self.group("system:authenticated", subject.span)))
            }
            Some("User") => Ok(Holder::Account(self.native(name))),
            Some("Group") => Ok(Holder::Group(self.group(name, subject.span))),
            Some("ServiceAccount") => {
                let otherwise = match object.kind {
                    Kind::RoleBinding => binding_namespace,
                    _ => DEFAULT_NAMESPACE,
                };
                let namespace = match subject.get("namespace") {
                    None => otherwise,
                    Some(node) => match node.as_str() {
                        Some("") => otherwise,
                        Some(namespace) => namespace,
                        None => return Err(Fault::new(node.span, "the subject's namespace is not text")),
                    },
                };
                Ok(Holder::Account(self.native(service_account_name(namespace, name))))
            }
            Some(kind) => Err(Fault::new(
                subject.span,
                format!("this subject is of the kind `{kind}`, not User, Group or ServiceAccount"),
            )),
            None => Err(Fault::new(subject.span, "this subject has no kind")),
        }
    }
}
