//! Service accounts, the tokens that a manifest keeps for them, and the identities of clouds that they act as.

use std::collections::BTreeMap;

use super::{Cluster, Object, service_account_name};
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, CredentialKind, Holder, Lifetime, MembershipFact,
    Native, TokenFact, TokenWay, TrustFact, Trusted, Validity,
};
use crate::formats::cloud;
use crate::formats::credentials::is_written;
use crate::formats::tokens::KUBERNETES;
use crate::syntax::{Node, Span};

/// The type of a secret that holds a token of a service account.
const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";

/// The annotation that names the token's service account.
pub(super) const ACCOUNT_ANNOTATION: &str = "kubernetes.io/service-account.name";

/// The annotation that names the AWS role that pods of a service account may assume (Amazon EKS user guide, "IAM roles
/// for service accounts").
pub(super) const AWS_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// The annotation that names the service account of Google Cloud that pods act as (GKE documentation, "Authenticate to
/// Google Cloud APIs from GKE workloads").
pub(super) const GOOGLE_ANNOTATION: &str = "iam.gke.io/gcp-service-account";

/// The annotation that names the application or managed identity of Entra by its client id (Microsoft Entra Workload ID
/// documentation, "Service account labels and annotations").
pub(super) const AZURE_ANNOTATION: &str = "azure.workload.identity/client-id";

/// What fills in the values of a `Secret` when it is applied (Argo CD Vault Plugin documentation, "How it works").
const FILLED_IN: &str = "avp.kubernetes.io/path";

/// Whether the values of a `Secret` are written in it: not where SOPS keeps cipher text, where something fills them in, or
/// where Helm keeps its releases.
pub(super) fn writes_values(secret: &Node) -> bool {
    let kept = secret.get("type").and_then(Node::as_str).is_some_and(|own| own.starts_with("helm.sh/"));
    let filled_in = secret.at(&["metadata", "annotations", FILLED_IN]).is_some();
    let values = ["data", "stringData"].into_iter().filter_map(|key| secret.get(key)?.as_map()).flatten();
    let mut texts = values.filter_map(|entry| entry.value.as_text());
    !kept && !filled_in && secret.get("sops").is_none() && texts.any(is_written)
}

/// Whether a `Secret` holds a token of a service account.
pub(super) fn is_token(secret: &Node) -> bool {
    secret.get("type").and_then(Node::as_str) == Some(TOKEN_TYPE)
}

impl Cluster<'_> {
    /// A service account, with the identity of a cloud that it acts as.
    pub(super) fn service_account(&mut self, object: Object<'_>, name: &Node, namespace: &str) {
        let Some(account) = name.as_str() else { return };
        self.account(account, namespace, name.span);
        for (annotation, identity) in [
            (AWS_ANNOTATION, cloud::aws_role as fn(&str) -> Option<Native>),
            (GOOGLE_ANNOTATION, cloud::google_service_account),
            (AZURE_ANNOTATION, cloud::entra_client),
        ] {
            let Some(value) = object.node.at(&["metadata", "annotations", annotation]) else { continue };
            let Some(target) = value.as_str().filter(|text| !text.is_empty()).and_then(identity) else {
                let reason = format!("the annotation `{annotation}` names no identity of that cloud");
                self.broken(value.span, reason, "what this service account may do there is not evaluated");
                continue;
            };
            let trusted = Trusted::Holder(Holder::Account(self.native(service_account_name(namespace, account))));
            let origin = self.lowering.at(value.span);
            self.lowering.facts.trusts.push(TrustFact { target, trusted, conditions: Vec::new(), origin });
        }
    }

    /// An account of a service account, and the three groups that the API server puts each one in
    /// (Kubernetes documentation, "Authenticating", service account tokens).
    pub(super) fn account(&mut self, account: &str, namespace: &str, at: Span) {
        let id = self.native(service_account_name(namespace, account));
        if !self.accounts.insert(id.name.clone()) {
            return;
        }
        let origin = self.lowering.at(at);
        self.lowering.facts.accounts.push(AccountFact {
            id: id.clone(),
            kind: AccountKind::ServiceAccount,
            boundary: None,
            origin,
        });
        let claims = BTreeMap::from([("sub".into(), id.name.clone())]);
        self.lowering.facts.tokens.push(TokenFact {
            account: id.clone(),
            issuer: KUBERNETES.into(),
            ways: vec![TokenWay { when: "any of its tokens".into(), claims, is_settled: true }],
            origin,
        });
        let own_namespace = format!("system:serviceaccounts:{namespace}");
        for group in ["system:serviceaccounts", &own_namespace, "system:authenticated"] {
            let group = self.group(group, at);
            self.lowering.facts.memberships.push(MembershipFact {
                member: Holder::Account(id.clone()),
                group,
                validity: Validity::default(),
                origin,
            });
        }
    }

    /// A secret whose values are written in it. Pods of its namespace can have them.
    pub(super) fn written_secret(&mut self, object: Object<'_>, name: &Node, namespace: &str) {
        let Some(secret) = name.as_str() else { return };
        let fact = CredentialFact {
            id: self.native(format!("secret/{namespace}/{secret}")),
            holder: Holder::Group(self.native(format!("system:serviceaccounts:{namespace}"))),
            kind: CredentialKind::Secret,
            lifetime: Lifetime::Unknown,
            created: created(object.node),
            detail: CredentialDetail { is_literal: true, ..CredentialDetail::of("Secret") },
            origin: self.lowering.at(name.span),
        };
        self.lowering.facts.credentials.push(fact);
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
        let fact = CredentialFact {
            id: self.native(format!("secret/{namespace}/{secret}")),
            holder: Holder::Account(self.native(service_account_name(namespace, account))),
            kind: CredentialKind::Token,
            lifetime: Lifetime::Unbounded,
            created: created(object.node),
            detail: CredentialDetail::of(TOKEN_TYPE),
            origin: self.lowering.at(name.span),
        };
        self.lowering.facts.credentials.push(fact);
    }
}

fn created(object: &Node) -> Option<i64> {
    let written = object.at(&["metadata", "creationTimestamp"]).and_then(Node::as_str);
    written.and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_second)
}
