//! Policies of resources: whom they let do what with the resource (IAM user guide, "Identity-based policies and
//! resource-based policies" and "AWS JSON policy elements: Principal").
//!
//! Each principal that an allowing statement names gets what the statement permits. What a denial takes is not subtracted.

use super::policy::{effect, statements_of};
use super::trust::{Kind, aws_principal, principals};
use super::{Access, Fault};
use crate::facts::{Effect, Granted, GroupFact, Holder, Native, Trusted};
use crate::syntax::{Node, Span};

/// What the users and roles of another account are called, as a group whose members are listed elsewhere.
pub(in crate::formats) const ACCOUNT: &str = "account";

/// Whoever there is, as the graph calls them.
const ANYONE: &str = "anyone";

/// Where CloudFront's own identities stand in the account of an ARN (CloudFront developer guide, "Restricting access to an
/// Amazon S3 origin").
const ORIGIN_ACCESS: &str = ":iam::cloudfront:";

impl Access<'_> {
    /// The policy of one resource. `resource` is what `*` means in it, where that is known.
    pub(super) fn resource_policy(&mut self, document: &Node, resource: Option<&str>) {
        self.lowering.count("resource policy");
        let statements = match statements_of(document) {
            Ok(statements) => statements,
            Err(fault) => return self.report(fault, "whom this policy lets do what is not known"),
        };
        let allows = |node: &Node| node.get("Effect").and_then(Node::as_str) == Some("Allow");
        let allows = statements.iter().any(allows);
        for statement in statements {
            self.lowering.count("statement");
            if let Err(fault) = self.resource_statement(statement, resource, allows) {
                self.report(fault, "whom this statement lets do what is not known");
            }
        }
    }

    fn resource_statement(&mut self, node: &Node, resource: Option<&str>, allows: bool) -> Result<(), Fault> {
        let effect = effect(node)?;
        if effect == Effect::Deny {
            // A policy that only denies gives nobody anything that could be too much.
            if allows {
                let fault = Fault::unknown(node.span, "a denial in the policy of a resource is not evaluated");
                self.report(fault, "fewer may do this, or less of it, than shown");
            }
            return Ok(());
        }
        let named = match (node.entry("Principal"), node.entry("NotPrincipal")) {
            (Some(entry), None) => principals(&entry.value)?,
            // Everybody but a few is everybody.
            (None, Some(entry)) => vec![(Kind::Anyone, "*", entry.key_span)],
            (Some(_), Some(entry)) => {
                let reason = "this statement has both `Principal` and `NotPrincipal`; AWS refuses this document";
                return Err(Fault::broken(entry.key_span, reason));
            }
            (None, None) => {
                let reason = "a statement of a policy of a resource names a `Principal`; this one does not";
                return Err(Fault::broken(node.span, reason));
            }
        };
        let statement = self.permission(node, effect, resource)?;
        for (kind, name, span) in named {
            match self.let_in(kind, name, span) {
                Ok(Some(holder)) => self.grant(&holder, Granted::Statements(vec![statement.clone()]), node.span),
                Ok(None) => {}
                Err(fault) => self.report(fault, "what this principal may do is not known"),
            }
        }
        Ok(())
    }

    /// Who a principal is. None for whom this decides nothing: the own account leaves it to the policies of its
    /// identities, and a cloud service acts by itself.
    fn let_in(&mut self, kind: Kind, name: &str, span: Span) -> Result<Option<Holder>, Fault> {
        Ok(match kind {
            Kind::Service => None,
            Kind::Aws if name.contains(ORIGIN_ACCESS) => None,
            Kind::Anyone => Some(self.unlisted(self.native(ANYONE), span)),
            Kind::Federated => Some(Holder::Group(self.federated(name, span))),
            Kind::Canonical => Some(Holder::Account(self.native(&format!("canonical:{name}")))),
            Kind::Aws => match aws_principal(name, span)? {
                Trusted::WhoeverMay { system, .. } if system == self.system => None,
                Trusted::WhoeverMay { system, .. } => Some(self.unlisted(Native::new(system, ACCOUNT), span)),
                Trusted::Holder(holder) => Some(holder),
                Trusted::Anyone => Some(self.unlisted(self.native(ANYONE), span)),
                Trusted::Service(_) => None,
            },
        })
    }

    /// A group whose members are listed elsewhere.
    fn unlisted(&mut self, id: Native, span: Span) -> Holder {
        if self.groups.insert(id.clone()) {
            let origin = self.lowering.at(span);
            self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed: false, origin });
        }
        Holder::Group(id)
    }
}
