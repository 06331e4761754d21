//! Deny policies, and entitlements of Privileged Access Manager.

use super::super::arguments::{required, text};
use super::iam::{cloud, possible};
use crate::facts::{Condition, Constrains};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;
use crate::formats::gcp::Bound;
use crate::formats::gcp::conditions::{Limits, limits};
use crate::formats::gcp::deny::{DenyRule, attached_to};

/// What is lost with a part of a rule that is not known.
const LOST: &str = "what this rule takes away is not known; more counts as held than is";

/// A deny policy, rule by rule. A list of which not all is known is not followed where that would take away too much.
pub(super) fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(parent) = required(resource, "parent", lowering) else { return };
    let on = attached_to(&text(parent).unwrap_or_default());
    let name = super::super::arguments::name_of(resource, "name");
    for (number, rule) in (1..).zip(resource.blocks("rules")) {
        let Some(deny) = rule.get("deny_rule").and_then(|own| own.one_or_many().first()) else { continue };
        let mut list = |key: &str| deny.get(key).map(|own| possible(own, LOST, lowering)).unwrap_or_default();
        let (principals, permissions) = (list("denied_principals"), list("denied_permissions"));
        let excepted: Vec<String> = list("exception_permissions").into_iter().map(|(name, _)| name).collect();
        let excepted_principals = deny.get("exception_principals").is_some_and(|own| {
            own.as_unknown().is_some() || !own.possible_members().0.is_empty() || own.possible_members().1.is_some()
        });
        let condition = deny.get("denial_condition").and_then(|own| own.one_or_many().first());
        let limits = condition.map(|own| limits(&own.get("expression").and_then(text).unwrap_or_else(|| "?".into())));
        cloud(lowering).deny(&DenyRule {
            policy: &name,
            number,
            on: &on,
            principals: &principals,
            excepted_principals,
            permissions: &permissions,
            excepted_permissions: &excepted,
            limits: &limits.unwrap_or_default(),
            origin: rule.origin,
        });
    }
}

fn narrows(key: &str, text: &str) -> Condition {
    Condition::new(key, text, Constrains::Yes)
}

/// An entitlement: those who are eligible may ask for roles for a while, and perhaps others must approve it
/// (IAM documentation, "Privileged Access Manager overview").
pub(super) fn entitlement(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(parent) = required(resource, "parent", lowering) else { return };
    let first = |value: Option<&Value>, key: &str| value.and_then(|own| own.get(key)?.one_or_many().first()).cloned();
    let access = first(resource.blocks("privileged_access").first(), "gcp_iam_access");
    let target = access.as_ref().and_then(|own| own.get("resource")).unwrap_or(parent);
    let on = attached_to(&text(target).unwrap_or_default());
    let mut conditions = vec![narrows("activation", "is only eligible and must be activated")];
    if let Some(steps) = first(resource.blocks("approval_workflow").first(), "manual_approvals")
        && steps.get("steps").is_some_and(|own| !own.one_or_many().is_empty())
    {
        conditions.push(narrows("approval", "somebody else approves the activation"));
    }
    let who = "who is eligible is not known; it is granted to whoever that is";
    let lists = resource.blocks("eligible_users").iter().filter_map(|own| own.get("principals"));
    let principals: Vec<_> = lists.flat_map(|own| possible(own, who, lowering)).collect();
    for binding in access.iter().filter_map(|own| own.get("role_bindings")).flat_map(Value::one_or_many) {
        let Some(role) = binding.get("role") else { continue };
        let expression = binding.get("condition_expression").and_then(text);
        let own = expression.map(|own| limits(&own)).unwrap_or_default();
        let both = Limits { conditions: conditions.iter().cloned().chain(own.conditions).collect(), ..own };
        for (role, _) in possible(role, "which role this gives is not known; whoever gets it is shown", lowering) {
            for (member, origin) in &principals {
                let bound = Bound { member, role: &role, on: &on, limits: &both, origin: *origin };
                cloud(lowering).bind(&bound);
            }
        }
    }
}
