//! AWS Organizations: policies that limit what accounts may do.

use super::document;
use super::iam::required;
use super::names::Names;
use crate::facts::{Gap, Native, RoleFact, RoleKind, Text};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::Value;

/// The rows of the table of resource types. Which accounts a policy is attached to changes nothing that is evaluated.
pub(super) const ROWS: &[Row] =
    &[("aws_organizations_policy", policy), ("aws_organizations_policy_attachment", |_, _| {})];

/// A policy of an organisation (API reference, `PolicySummary`, the values of `Type`). What limits resources is not
/// evaluated; what does not concern access says nothing here.
fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let kind = resource.get("type").and_then(Value::as_str).unwrap_or("SERVICE_CONTROL_POLICY");
    match kind {
        "SERVICE_CONTROL_POLICY" => {}
        "RESOURCE_CONTROL_POLICY" => {
            let reason = "policies that limit what others may do with resources are not evaluated";
            return lowering.unresolved(Gap::Unsupported, resource.origin, reason, "less may be possible than shown");
        }
        _ => return,
    }
    let Some(content) = required(resource, "content", lowering) else { return };
    let names = Names::of(lowering);
    let statements = content.candidates().iter().flat_map(|own| document::statements(own, &names, lowering)).collect();
    let name = resource.get("name").and_then(|name| names.text(name));
    let id = name.as_deref().unwrap_or(&resource.lasting_name);
    lowering.facts.roles.push(RoleFact {
        id: Native::new(names.system.clone(), format!("service-control-policy/{id}")),
        kind: RoleKind::Guardrail,
        title: name.map(Text::from),
        statements,
        includes: Vec::new(),
        labels: std::collections::BTreeMap::new(),
        aggregates: Vec::new(),
        origin: resource.origin,
    });
}
