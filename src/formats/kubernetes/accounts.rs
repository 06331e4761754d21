//! Service accounts and the tokens that a manifest keeps for them.

use super::{Cluster, Object, service_account_name};
use crate::facts::{
    AccountFact, AccountKind, CredentialFact, CredentialKind, Holder, Lifetime, MembershipFact, Validity,
};
use crate::syntax::Node;

/// The type of a secret that holds a token of a service account.
const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";

/// The annotation that names the token's service account.
pub(super) const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

/// Whether a `Secret` holds a token of a service account.
pub(super) fn is_token(secret: &Node) -> bool {
    secret.get("type").and_then(Node::as_str) == Some(TOKEN_TYPE)
}

impl Cluster<'_> {
    /// A service account, and the three groups that the API server puts each one in
    /// (Kubernetes documentation, "Authenticating", service account tokens).
    pub(super) fn service_account(&mut self, name: &Node, namespace: &str) {
        let Some(account) = name.as_str() else { return };
        let id = self.native(service_account_name(namespace, account));
        let origin = self.lowering.at(name.span);
        self.lowering.facts.accounts.push(AccountFact {
            id: id.clone(),
            kind: AccountKind::ServiceAccount,
            boundary: None,
            origin,
        });
        let own_namespace = format!("system:serviceaccounts:{namespace}");
        for group in ["system:serviceaccounts", &own_namespace, "system:authenticated"] {
            let group = self.group(group, name.span);
            self.lowering.facts.memberships.push(MembershipFact {
                member: Holder::Account(id.clone()),
                group,
                validity: Validity::default(),
                origin,
            });
        }
    }

    /// A secret that asks for a token. Such a token never expires (Kubernetes documentation, "Configure Service
    /// Accounts for Pods", long-lived API token). Its data are not looked at.
    pub(super) fn token(&mut self, object: Object<'_>, name: &Node, namespace: &str) {
        let Some(secret) = name.as_str() else { return };
        let annotation = object.node.at(&["metadata", "annotations", ACCOUNT_ANNOTATION]);
        let Some(account) = annotation.and_then(Node::as_str).filter(|account| !account.is_empty()) else {
            self.broken(
                annotation.unwrap_or(name).span,
                format!("a token secret names its service account in the annotation `{ACCOUNT_ANNOTATION}`; this one does not"),
                "the token is attributed to nobody",
            );
            return;
        };
        let created = object.node.at(&["metadata", "creationTimestamp"]).and_then(Node::as_str);
        let fact = CredentialFact {
            id: self.native(format!("secret/{namespace}/{secret}")),
            holder: Holder::Account(self.native(service_account_name(namespace, account))),
            kind: CredentialKind::Token,
            lifetime: Lifetime::Unbounded,
            created: created.and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_second),
            origin: self.lowering.at(name.span),
        };
        self.lowering.facts.credentials.push(fact);
    }
}
