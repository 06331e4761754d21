//! How identities of AWS enter a cluster of EKS: as members of groups and as users of the cluster, by access entries or by
//! the ConfigMap `aws-auth` (Amazon EKS user guide, "Grant IAM users and roles access to Kubernetes APIs").

use super::{Cluster, DEFAULT_SYSTEM, Object};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    Gap, GrantFact, Granted, Holder, MembershipFact, Native, Origin, Text, TrustFact, Trusted, Validity,
};
use crate::formats::cloud;
use crate::syntax::{Node, Value, parse};

/// The ConfigMap that maps identities of AWS, and its namespace.
const CONFIG_MAP: (&str, &str) = ("aws-auth", "kube-system");

/// The group that a binding which each cluster brings along makes administrators (Kubernetes documentation, "Using RBAC
/// Authorization", user-facing roles).
const MASTERS: &str = "system:masters";

/// Where the ARN of an access policy names it.
const ACCESS_POLICY: &str = ":cluster-access-policy/";

/// The role that stands for an access policy of EKS, by the policy's ARN. What it permits is known from the system itself.
pub(in crate::formats) fn access_policy(arn: &str) -> Option<String> {
    let (_, name) = arn.split_once(ACCESS_POLICY)?;
    Some(format!("eks-access-policy/{name}"))
}

/// The system of a cluster that is known by its name alone.
pub(in crate::formats) fn cluster(name: &str) -> Text {
    format!("{DEFAULT_SYSTEM}:{name}").into()
}

/// A namespace of a cluster, or all for `*`.
pub(in crate::formats) fn namespace(system: &str, name: &str) -> Scope {
    Scope::unknown().with(Dimension::new("namespace"), Values::of([format!("{system}/{name}")]))
}

/// An identity of AWS is in a group of a cluster.
pub(in crate::formats) fn member(
    member: &Holder,
    system: &Text,
    group: &str,
    origin: Origin,
) -> (MembershipFact, Option<GrantFact>) {
    let group = Native::new(system.clone(), group);
    let administers = (*group.name == *MASTERS).then(|| GrantFact {
        scope: namespace(system, "*"),
        ..GrantFact::new(
            Holder::Group(group.clone()),
            system.clone(),
            Granted::Role(Native::new(system.clone(), "clusterrole/cluster-admin")),
            origin,
        )
    });
    (MembershipFact { member: member.clone(), group, validity: Validity::default(), origin }, administers)
}

/// An identity of AWS is a user of a cluster. A name that is made of who signs in is nobody's in particular.
pub(in crate::formats) fn user(who: &Holder, system: &Text, name: &str, origin: Origin) -> Option<TrustFact> {
    (!name.is_empty() && !name.contains("{{")).then(|| TrustFact {
        target: Native::new(system.clone(), name),
        trusted: Trusted::Holder(who.clone()),
        conditions: Vec::new(),
        origin,
    })
}

/// Whether a ConfigMap maps identities of AWS.
pub(super) fn is_aws_auth(node: &Node) -> bool {
    let field = |key| node.at(&["metadata", key]).and_then(Node::as_str);
    field("name") == Some(CONFIG_MAP.0) && field("namespace").is_none_or(|own| own == CONFIG_MAP.1)
}

impl Cluster<'_> {
    /// The identities that the ConfigMap maps. Its texts are lists in YAML; a place in them is that of the whole text.
    pub(super) fn aws_auth(&mut self, object: Object<'_>) {
        for (key, arn) in [("mapRoles", "rolearn"), ("mapUsers", "userarn")] {
            let Some(written) = object.node.at(&["data", key]) else { continue };
            let lost = "whom of AWS this lets into the cluster is not known";
            let Some(text) = written.as_str() else {
                let reason = format!("`{key}` is {}, not text", written.kind());
                self.broken(written.span, reason, lost);
                continue;
            };
            let documents = match parse(text.as_bytes()) {
                Ok(documents) => documents,
                Err(error) => {
                    self.broken(written.span, format!("`{key}` does not parse: {}", error.message), lost);
                    continue;
                }
            };
            let entries =
                documents.iter().filter(|own| matches!(own.value, Value::List(_))).flat_map(Node::one_or_many);
            for entry in entries {
                let named = entry.get(arn).and_then(Node::as_str).unwrap_or_default();
                let Some(identity) = cloud::aws_identity(named) else {
                    let reason = format!("an entry of `{key}` names no identity of AWS by `{arn}`");
                    self.lowering.unresolved(Gap::Unknown, written.span, reason, lost);
                    continue;
                };
                let who = Holder::Account(identity);
                let origin = self.lowering.at(written.span);
                for group in entry.get("groups").map(Node::one_or_many).unwrap_or_default() {
                    let Some(name) = group.as_str() else { continue };
                    self.group(name, written.span);
                    let (membership, administers) = member(&who, &self.system, name, origin);
                    self.lowering.facts.memberships.push(membership);
                    let known = &mut self.lowering.facts.grants;
                    known.extend(administers.filter(|own| !known.iter().any(|other| other.to == own.to)));
                }
                let name = entry.get("username").and_then(Node::as_str).unwrap_or_default();
                self.lowering.facts.trusts.extend(user(&who, &self.system, name, origin));
            }
        }
    }
}
