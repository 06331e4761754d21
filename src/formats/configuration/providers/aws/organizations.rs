//! AWS Organizations: policies that limit what accounts may do.
//!
//! A service control policy limits the accounts that it is attached to, and never the management account, where such
//! configurations are applied (Organizations user guide, "Service control policies"). It is a guardrail of each account
//! that an attachment names by its number.

use super::document;
use super::iam::{each, required};
use super::names::{Names, account_system};
use crate::facts::{Gap, Native, RoleFact, RoleKind, Text};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] =
    &[("aws_organizations_policy", policy), ("aws_organizations_policy_attachment", attachment)];

const LESS: &str = "less may be possible than shown";

/// A policy of an organisation (API reference, `PolicySummary`, the values of `Type`). What does not concern access says
/// nothing here.
fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    match kind(resource) {
        "SERVICE_CONTROL_POLICY" => {
            required(resource, "content", lowering);
        }
        "RESOURCE_CONTROL_POLICY" => {
            let reason = "policies that limit what others may do with resources are not evaluated";
            lowering.unresolved(Gap::Unsupported, resource.origin, reason, LESS);
        }
        _ => {}
    }
}

fn kind(resource: &Resource) -> &str {
    resource.get("type").and_then(Value::as_str).unwrap_or("SERVICE_CONTROL_POLICY")
}

fn attachment(resource: &Resource, lowering: &mut Lowering<'_>) {
    let (Some(policy), Some(target)) =
        (required(resource, "policy_id", lowering), required(resource, "target_id", lowering))
    else {
        return;
    };
    let Some((policy, _)) = lowering.configuration.resolve(policy) else { return };
    if kind(policy) != "SERVICE_CONTROL_POLICY" {
        return;
    }
    let Some(content) = policy.get("content") else { return };
    let names = Names::of(lowering);
    let accounts = each(target, lowering, |_, target, _| Some(account_system(target)));
    for account in accounts {
        let Some(account) = account else {
            let reason = "which accounts are in the unit that this service control policy limits is not known";
            lowering.unresolved(Gap::Unknown, resource.origin, reason, LESS);
            continue;
        };
        let statements =
            content.candidates().iter().flat_map(|own| document::statements(own, &names, lowering)).collect();
        let name = policy.get("name").and_then(|name| names.text(name));
        let id = format!("service-control-policy/{}", name.as_deref().unwrap_or(&policy.lasting_name));
        lowering.facts.roles.push(RoleFact {
            kind: RoleKind::Guardrail,
            title: name.map(Text::from),
            ..RoleFact::new(Native::new(account, id), statements, resource.origin)
        });
    }
}
