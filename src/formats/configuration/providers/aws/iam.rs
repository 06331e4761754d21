//! Users, groups, roles, policies, and what is attached to what.

use super::document;
use super::names::{IamKind, Names};
use crate::facts::{
    AccountFact, AccountKind, Gap, GrantFact, Granted, GroupFact, Holder, MembershipFact, Native, Origin, RoleFact,
    Text, Validity,
};
pub(super) use crate::formats::configuration::providers::arguments::{each, required};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    ("aws_iam_user", |resource, lowering| account(resource, lowering, IamKind::User)),
    ("aws_iam_role", role),
    ("aws_iam_group", group),
    ("aws_iam_policy", policy),
    ("aws_iam_user_policy", |resource, lowering| inline(resource, lowering, "user", IamKind::User)),
    ("aws_iam_group_policy", |resource, lowering| inline(resource, lowering, "group", IamKind::Group)),
    ("aws_iam_role_policy", |resource, lowering| inline(resource, lowering, "role", IamKind::Role)),
    ("aws_iam_user_policy_attachment", |resource, lowering| attachment(resource, lowering, &[("user", IamKind::User)])),
    ("aws_iam_group_policy_attachment", |resource, lowering| {
        attachment(resource, lowering, &[("group", IamKind::Group)]);
    }),
    ("aws_iam_role_policy_attachment", |resource, lowering| attachment(resource, lowering, &[("role", IamKind::Role)])),
    ("aws_iam_policy_attachment", |resource, lowering| {
        let holders = [("users", IamKind::User), ("groups", IamKind::Group), ("roles", IamKind::Role)];
        attachment(resource, lowering, &holders);
    }),
    ("aws_iam_group_membership", group_membership),
    ("aws_iam_user_group_membership", user_group_membership),
    // Who may act as a role, and what it may do, is said by the role; these give nothing by themselves.
    ("aws_iam_instance_profile", |_, _| {}),
    ("aws_iam_openid_connect_provider", |_, _| {}),
    ("aws_iam_saml_provider", |_, _| {}),
    // These only take away what stands outside of the configuration.
    ("aws_iam_group_policies_exclusive", |_, _| {}),
    ("aws_iam_group_policy_attachments_exclusive", |_, _| {}),
    ("aws_iam_role_policies_exclusive", |_, _| {}),
    ("aws_iam_role_policy_attachments_exclusive", |_, _| {}),
    ("aws_iam_user_policies_exclusive", |_, _| {}),
    ("aws_iam_user_policy_attachments_exclusive", |_, _| {}),
    // Settings of the account, a role that only a service of AWS uses, and certificates of servers.
    ("aws_iam_account_alias", |_, _| {}),
    ("aws_iam_account_password_policy", |_, _| {}),
    ("aws_iam_organizations_features", |_, _| {}),
    ("aws_iam_security_token_service_preferences", |_, _| {}),
    ("aws_iam_server_certificate", |_, _| {}),
    ("aws_iam_service_linked_role", |_, _| {}),
    ("aws_iam_virtual_mfa_device", |_, _| {}),
];

fn account(resource: &Resource, lowering: &mut Lowering<'_>, kind: IamKind) {
    let names = Names::of(lowering);
    let id = names.identity(resource, kind);
    let boundary = resource.get("permissions_boundary").and_then(|value| {
        let role = names.policy(value, lowering)?;
        if let Some(unknown) = value.as_unknown().filter(|_| lowering.resolve(value).is_none()) {
            let unknown = unknown.clone();
            lowering.unknown(&unknown, value.origin, "the account may be able to do less than shown");
            return None;
        }
        Some((role, value.origin))
    });
    let kind = if kind == IamKind::Role { AccountKind::AssumedRole } else { AccountKind::User };
    lowering.facts.accounts.push(AccountFact { id, kind, boundary, origin: resource.origin });
}

fn role(resource: &Resource, lowering: &mut Lowering<'_>) {
    account(resource, lowering, IamKind::Role);
    let names = Names::of(lowering);
    let id = names.identity(resource, IamKind::Role);
    match resource.get("assume_role_policy") {
        Some(trust) => {
            for trust in trust.candidates() {
                document::trust(trust, &id, &names, lowering);
            }
        }
        None => {
            let reason = "this role has no trust policy (`assume_role_policy`)";
            lowering.unresolved(Gap::Broken, resource.origin, reason, "who may act as this role is not known");
        }
    }
    let holder = Holder::Account(id);
    // An empty block says that there are no inline policies.
    for block in resource.blocks("inline_policy") {
        if let Some(policy) = block.get("policy") {
            grant_document(policy, &holder, block.origin, &names, lowering);
        }
    }
    if let Some(arns) = resource.get("managed_policy_arns") {
        attach(arns, &holder, &names, lowering);
    }
}

fn group(resource: &Resource, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let id = names.identity(resource, IamKind::Group);
    let members_listed = lowering
        .configuration
        .of_kind("aws_iam_group_membership")
        .filter_map(|own| own.get("group"))
        .chain(
            lowering
                .configuration
                .of_kind("aws_iam_user_group_membership")
                .flat_map(|own| own.get("groups").map(Value::one_or_many).unwrap_or_default()),
        )
        .any(|group| names.referred(group, IamKind::Group, lowering).as_ref() == Some(&id));
    lowering.facts.groups.push(GroupFact { id, members_listed, origin: resource.origin });
}

fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let id = names.identity(resource, IamKind::Policy);
    let mut statements = Vec::new();
    match resource.get("policy") {
        Some(value) => {
            for candidate in value.candidates() {
                statements.extend(document::statements(candidate, &names, lowering));
            }
        }
        None => lowering.unresolved(
            Gap::Broken,
            resource.origin,
            "this policy has no document (`policy`)",
            "what it permits is not evaluated",
        ),
    }
    let title = resource.get("name").and_then(Value::as_str).map(Text::from);
    lowering.facts.roles.push(RoleFact { title, ..RoleFact::new(id, statements, resource.origin) });
}

fn inline(resource: &Resource, lowering: &mut Lowering<'_>, argument: &str, kind: IamKind) {
    let names = Names::of(lowering);
    let (Some(to), Some(policy)) = (required(resource, argument, lowering), required(resource, "policy", lowering))
    else {
        return;
    };
    for holder in holders(to, kind, &names, lowering) {
        grant_document(policy, &holder, resource.origin, &names, lowering);
    }
}

fn attachment(resource: &Resource, lowering: &mut Lowering<'_>, arguments: &[(&str, IamKind)]) {
    let names = Names::of(lowering);
    let Some(policy) = required(resource, "policy_arn", lowering) else { return };
    for (argument, kind) in arguments {
        let Some(to) = resource.get(argument) else { continue };
        for holder in holders(to, *kind, &names, lowering) {
            attach(policy, &holder, &names, lowering);
        }
    }
}

/// Whom an argument names. One who is not known gets what is given all the same, under a name that says so.
pub(super) fn holders(value: &Value, kind: IamKind, names: &Names, lowering: &mut Lowering<'_>) -> Vec<Holder> {
    let holder = |id: Native| match kind {
        IamKind::Group => Holder::Group(id),
        _ => Holder::Account(id),
    };
    each(value, lowering, |lowering, member, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, member.origin, "who gets this is not known; it is granted to whoever that is");
        }
        names.referred(member, kind, lowering).map(holder)
    })
}

fn attach(arns: &Value, to: &Holder, names: &Names, lowering: &mut Lowering<'_>) {
    each(arns, lowering, |lowering, arn, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, arn.origin, "what this policy permits is not evaluated");
        }
        let role = names.policy(arn, lowering)?;
        grant(to, Granted::Role(role), arn.telling_origin(), names, lowering);
        Some(())
    });
}

fn grant_document(policy: &Value, to: &Holder, origin: Origin, names: &Names, lowering: &mut Lowering<'_>) {
    for candidate in policy.candidates() {
        let statements = document::statements(candidate, names, lowering);
        grant(to, Granted::Statements(statements), origin, names, lowering);
    }
}

fn grant(to: &Holder, what: Granted, origin: Origin, names: &Names, lowering: &mut Lowering<'_>) {
    lowering.facts.grants.push(GrantFact::new(to.clone(), names.system.clone(), what, origin));
}

fn group_membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(group), Some(users)) = (required(resource, "group", lowering), required(resource, "users", lowering))
    else {
        return;
    };
    memberships(group, users, lowering);
}

fn user_group_membership(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(user), Some(groups)) = (required(resource, "user", lowering), required(resource, "groups", lowering))
    else {
        return;
    };
    memberships(groups, user, lowering);
}

fn memberships(groups: &Value, users: &Value, lowering: &mut Lowering<'_>) {
    let names = Names::of(lowering);
    let groups = holders(groups, IamKind::Group, &names, lowering);
    let found = each(users, lowering, |lowering, user, unknown| {
        if let Some(unknown) = unknown {
            lowering.unknown(unknown, user.origin, "who belongs to the group is not known");
        }
        Some((names.referred(user, IamKind::User, lowering)?, user.origin))
    });
    for group in groups {
        let Holder::Group(group) = group else { continue };
        for (user, origin) in &found {
            lowering.facts.memberships.push(MembershipFact {
                member: Holder::Account(user.clone()),
                group: group.clone(),
                validity: Validity::default(),
                origin: *origin,
            });
        }
    }
}
