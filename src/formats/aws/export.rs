//! Whole accounts, as `aws iam get-account-authorization-details` lists them, and roles, as `aws iam get-role` and
//! `aws iam list-roles` do (IAM API reference, the data types `UserDetail`, `GroupDetail`, `RoleDetail`,
//! `ManagedPolicyDetail` and `Role`).

use std::collections::HashMap;

use super::arn::{self, Arn};
use super::policy::heading;
use super::{Access, Fault, nested};
use crate::facts::{
    AccountFact, AccountKind, Gap, GrantFact, Granted, GroupFact, Holder, MembershipFact, Native, RoleKind, Validity,
};
use crate::formats::text;
use crate::syntax::{Node, Span};

/// The lists of an account export.
const LISTS: [&str; 3] = ["UserDetailList", "GroupDetailList", "RoleDetailList"];

/// Whether a document is an account export.
pub(super) fn is_export(root: &Node) -> bool {
    LISTS.iter().any(|list| root.get(list).is_some_and(|list| list.as_list().is_some()))
}

/// The roles of a `get-role` or `list-roles` answer.
pub(super) fn roles(root: &Node) -> Option<&[Node]> {
    let roles = root.get("Role").or_else(|| root.get("Roles"))?.one_or_many();
    let is_role = |role: &Node| role.get("Arn").is_some() && role.entry("AssumeRolePolicyDocument").is_some();
    roles.iter().any(is_role).then_some(roles)
}

/// The account that the first ARN of one of somebody's own things names.
pub(super) fn account<'n>(things: impl Iterator<Item = &'n Node>) -> Option<&'n str> {
    things
        .filter_map(|thing| thing.get("Arn").and_then(Node::as_str))
        .find_map(|name| Arn::of(name).and_then(Arn::customer_account))
}

/// Everything in an export that has an ARN.
pub(super) fn things(root: &Node) -> impl Iterator<Item = &Node> {
    LISTS.into_iter().chain(["Policies"]).filter_map(|list| root.get(list).and_then(Node::as_list)).flatten()
}

impl Access<'_> {
    /// An account export.
    pub(super) fn export(&mut self, root: &Node) {
        let truncated = root.get("IsTruncated").and_then(Node::as_bool).unwrap_or(false);
        // The client of the command line joins pages, and leaves a token where it was told to stop (`--max-items`).
        let key = if truncated { Some("IsTruncated") } else { root.get("NextToken").map(|_| "NextToken") };
        let complete = key.is_none();
        if let Some(key) = key {
            let span = root.entry(key).map_or(root.span, crate::syntax::Entry::span);
            let reason = format!("this export is one page of several (`{key}`)");
            let consequence = "what stands on the other pages is not evaluated";
            self.lowering.unresolved(Gap::NotRead, span, reason, consequence);
        }
        let users = root.get("UserDetailList").is_some_and(|users| users.as_list().is_some());
        let groups = self.groups_by_name(root);
        for user in self.list(root, "UserDetailList") {
            self.user(user, &groups);
        }
        for group in self.list(root, "GroupDetailList") {
            self.group(group, users && complete);
        }
        for role in self.list(root, "RoleDetailList") {
            self.role(role);
        }
        for policy in self.list(root, "Policies") {
            self.managed_policy(policy);
        }
    }

    fn list<'n>(&mut self, parent: &'n Node, key: &str) -> &'n [Node] {
        match parent.get(key).map(|list| (list, list.as_list())) {
            None => &[],
            Some((_, Some(items))) => items,
            Some((node, None)) => {
                let fault = Fault::broken(node.span, format!("`{key}` is {}, not a list", node.kind()));
                self.report(fault, "nothing in it is evaluated");
                &[]
            }
        }
    }

    /// Users name their groups; everything else names groups by ARN. Group names are unique in an account.
    fn groups_by_name<'n>(&self, root: &'n Node) -> HashMap<&'n str, &'n str> {
        let groups = root.get("GroupDetailList").and_then(Node::as_list).unwrap_or_default();
        let field = |group: &'n Node, key| group.get(key).and_then(Node::as_str);
        groups.iter().filter_map(|group| Some((field(group, "GroupName")?, field(group, "Arn")?))).collect()
    }

    /// The ARN of a thing, which is its identity.
    fn identity(&mut self, thing: &Node, what: &str) -> Option<(Native, Span)> {
        let Some((node, name)) = thing.get("Arn").and_then(|node| Some((node, node.as_str()?))) else {
            let fault = Fault::broken(thing.span, format!("this {what} has no `Arn` that is text"));
            self.report(fault, format!("this {what} is not evaluated"));
            return None;
        };
        Some((self.native(name), node.span))
    }

    fn user(&mut self, user: &Node, groups: &HashMap<&str, &str>) {
        self.lowering.count("user");
        let Some((id, span)) = self.identity(user, "user") else { return };
        self.account_fact(user, &id, AccountKind::User, span);
        let holder = Holder::Account(id.clone());
        self.inline(user, "UserPolicyList", &holder);
        self.attached(user, &holder);
        for node in self.list(user, "GroupList") {
            let Some(name) = node.as_str() else {
                let fault = Fault::broken(node.span, format!("a group's name is {}, not text", node.kind()));
                self.report(fault, "this membership is not evaluated");
                continue;
            };
            let group = match groups.get(name) {
                Some(arn) => self.native(arn),
                // The group is on another page; its path is not known, so this is its name without one.
                None => match Arn::of(&id.name) {
                    Some(own) => self.native(&format!("arn:{}:iam::{}:group/{name}", own.partition, own.account)),
                    None => self.native(name),
                },
            };
            let origin = self.lowering.at(node.span);
            self.lowering.facts.memberships.push(MembershipFact {
                member: holder.clone(),
                group,
                validity: Validity::default(),
                origin,
            });
        }
    }

    fn group(&mut self, group: &Node, members_listed: bool) {
        self.lowering.count("group");
        let Some((id, span)) = self.identity(group, "group") else { return };
        let origin = self.lowering.at(span);
        self.lowering.facts.groups.push(GroupFact { id: id.clone(), members_listed, origin });
        let holder = Holder::Group(id);
        self.inline(group, "GroupPolicyList", &holder);
        self.attached(group, &holder);
    }

    /// A role is an account that others act as; what it may do is granted to that account.
    pub(super) fn role(&mut self, role: &Node) {
        self.lowering.count("role");
        let Some((id, span)) = self.identity(role, "role") else { return };
        self.account_fact(role, &id, AccountKind::AssumedRole, span);
        let holder = Holder::Account(id.clone());
        self.inline(role, "RolePolicyList", &holder);
        self.attached(role, &holder);
        let Some(trust) = role.get("AssumeRolePolicyDocument") else {
            let fault = Fault::broken(role.span, "this role has no trust policy (`AssumeRolePolicyDocument`)");
            return self.report(fault, "who may act as this role is not known");
        };
        match nested::document(trust) {
            Ok(document) => self.trust(&id, &document),
            Err(fault) => self.report(fault, "who may act as this role is not known"),
        }
    }

    fn account_fact(&mut self, thing: &Node, id: &Native, kind: AccountKind, span: Span) {
        let limit = thing.get("PermissionsBoundary");
        let boundary = limit.and_then(|limit| {
            let node = limit.get("PermissionsBoundaryArn")?;
            Some((self.native(node.as_str()?), self.lowering.at(node.span)))
        });
        if let (Some(limit), None) = (limit, &boundary) {
            let fault =
                Fault::broken(limit.span, "this permissions boundary names no policy (`PermissionsBoundaryArn`)");
            self.report(fault, "the account may be able to do less than shown");
        }
        let origin = self.lowering.at(span);
        self.lowering.facts.accounts.push(AccountFact { id: id.clone(), kind, boundary, origin });
    }

    fn inline(&mut self, owner: &Node, key: &str, holder: &Holder) {
        for policy in self.list(owner, key) {
            self.lowering.count("policy document");
            let Some(node) = policy.get("PolicyDocument") else {
                let fault = Fault::broken(policy.span, "this inline policy has no `PolicyDocument`");
                self.report(fault, "what it permits is not evaluated");
                continue;
            };
            match nested::document(node) {
                Ok(document) => {
                    let statements = self.statements(&document);
                    self.grant(holder, Granted::Statements(statements), policy.span);
                }
                Err(fault) => self.report(fault, "what this inline policy permits is not evaluated"),
            }
        }
    }

    fn attached(&mut self, owner: &Node, holder: &Holder) {
        for policy in self.list(owner, "AttachedManagedPolicies") {
            match policy.get("PolicyArn").and_then(Node::as_str) {
                Some(arn) => {
                    let role = self.native(arn);
                    self.grant(holder, Granted::Role(role), policy.span);
                }
                None => {
                    let fault = Fault::broken(policy.span, "this attached policy has no `PolicyArn` that is text");
                    self.report(fault, "what it permits is not evaluated");
                }
            }
        }
    }

    pub(super) fn grant(&mut self, to: &Holder, what: Granted, span: Span) {
        let fact = GrantFact::new(to.clone(), self.system.clone(), what, self.lowering.at(span));
        self.lowering.facts.grants.push(fact);
    }

    /// A managed policy: what its default version says.
    fn managed_policy(&mut self, policy: &Node) {
        self.lowering.count("policy document");
        let Some((id, span)) = self.identity(policy, "policy") else { return };
        let title = policy.get("PolicyName").and_then(Node::as_str).map(text);
        let default_id = policy.get("DefaultVersionId").and_then(Node::as_str);
        let versions = self.list(policy, "PolicyVersionList");
        let default = versions.iter().find(|version| match version.get("IsDefaultVersion").and_then(Node::as_bool) {
            Some(is_default) => is_default,
            None => default_id.is_some() && version.get("VersionId").and_then(Node::as_str) == default_id,
        });
        let document = default
            .and_then(|version| version.get("Document"))
            .ok_or_else(|| Fault::broken(policy.span, "the default version of this policy is not in the export"))
            .and_then(nested::document);
        let statements = match document {
            Ok(document) => self.statements(&document),
            Err(fault) => {
                self.report(fault, "what this policy permits is not evaluated");
                Vec::new()
            }
        };
        self.role_fact(&id.name, RoleKind::Role, title, statements, span);
    }

    /// A trust policy that stands alone: the role's name is that of the file.
    pub(super) fn lone_trust(&mut self, document: &Node, name: &str) {
        self.lowering.count("role");
        let id = self.native(name);
        let origin = self.lowering.at(heading(document));
        self.lowering.facts.accounts.push(AccountFact {
            id: id.clone(),
            kind: AccountKind::AssumedRole,
            boundary: None,
            origin,
        });
        self.trust(&id, document);
    }
}

/// The system that ARNs name, if any of them names an account.
pub(super) fn system<'n>(things: impl Iterator<Item = &'n Node>) -> Option<String> {
    account(things).map(arn::system)
}
