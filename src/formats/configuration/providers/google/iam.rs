//! Policies, bindings and members, and custom roles.

use super::super::arguments::{is_open, required, text};
use super::targets::{Target, target};
use crate::facts::{Gap, Origin, Patterns, RoleFact, Statement, Text};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Kind, Unknown, Value};
use crate::formats::gcp::conditions::{Limits, limits};
use crate::formats::gcp::{Bound, Cloud, SYSTEM};
use crate::formats::terraform::decode;

/// What collects the facts of Google Cloud here.
pub(super) fn cloud<'l>(lowering: &'l mut Lowering<'_>) -> Cloud<'l> {
    let system = lowering.system_of(SYSTEM);
    Cloud { facts: &mut *lowering.facts, mentioned: &mut *lowering.mentioned, system }
}

pub(super) fn member(resource: &Resource, lowering: &mut Lowering<'_>) {
    bind_argument(resource, "member", lowering);
}

pub(super) fn binding(resource: &Resource, lowering: &mut Lowering<'_>) {
    bind_argument(resource, "members", lowering);
}

fn bind_argument(resource: &Resource, argument: &str, lowering: &mut Lowering<'_>) {
    let (Some(role), Some(members)) = (required(resource, "role", lowering), required(resource, argument, lowering))
    else {
        return;
    };
    let target = told_target(resource, lowering);
    let limits = limits_of(resource.blocks("condition"), lowering);
    bind(role, members, &target, &limits, lowering);
}

/// The whole policy: bindings in a data source, or in a text that the configuration makes.
pub(super) fn policy(resource: &Resource, lowering: &mut Lowering<'_>) {
    let Some(data) = required(resource, "policy_data", lowering) else { return };
    let target = told_target(resource, lowering);
    for candidate in data.candidates() {
        let source = lowering.resolve(candidate).map(|(source, _)| source);
        if let Some(source) = source.filter(|source| source.kind() == "google_iam_policy").cloned() {
            bindings(source.get("binding"), &target, lowering);
            continue;
        }
        match decode(candidate).map(|own| own.kind.clone()) {
            Ok(Kind::Unknown(unknown)) => {
                lowering.unknown(&unknown, candidate.origin, "whom this policy gives what is not known");
            }
            Ok(kind @ Kind::Map(_)) => {
                bindings(Value::new(kind, candidate.origin).get("bindings"), &target, lowering);
            }
            Ok(_) | Err(_) => lowering.unresolved(
                Gap::Broken,
                candidate.origin,
                "this is no policy: an object with `bindings` is needed",
                "whom it gives what is not known",
            ),
        }
    }
}

/// What a policy is set on; what of that is not known is said.
fn told_target(resource: &Resource, lowering: &mut Lowering<'_>) -> Target {
    let target = target(resource, lowering);
    if let Some((unknown, consequence)) = &target.open {
        lowering.unknown(unknown, resource.origin, *consequence);
    }
    target
}

fn bindings(blocks: Option<&Value>, target: &Target, lowering: &mut Lowering<'_>) {
    let Some(blocks) = blocks else { return };
    let (known, rest) = blocks.possible_members();
    for block in known {
        if let (Some(role), Some(members)) = (block.get("role"), block.get("members")) {
            let conditions = block.get("condition").map(Value::one_or_many).unwrap_or_default();
            let limits = limits_of(conditions, lowering);
            bind(role, members, target, &limits, lowering);
        } else if let Some(unknown) = block.first_unknown().cloned() {
            lowering.unknown(&unknown, block.origin, "whom this binding gives what is not known");
        } else {
            let reason = "a binding has `role` and `members`; this one does not";
            lowering.unresolved(Gap::Broken, block.origin, reason, "this binding is not evaluated");
        }
    }
    if let Some(rest) = rest.cloned() {
        lowering.unknown(&rest, blocks.origin, "there may be more bindings than shown");
    }
}

/// The condition of a binding. What is not known of it is a condition of which nothing is known.
fn limits_of(blocks: &[Value], lowering: &mut Lowering<'_>) -> Limits {
    let Some(block) = blocks.first() else { return Limits::default() };
    match block.get("expression").unwrap_or(block) {
        expression if text(expression).is_some() => {
            if let Some(unknown) = expression.first_unknown().cloned() {
                lowering.unknown(&unknown, expression.origin, "whether the condition narrows this is not known");
            }
            limits(&text(expression).unwrap_or_default())
        }
        other => {
            let reason = format!("a condition has an `expression`; this one is {}", other.kind_name());
            let consequence = "whether the condition narrows this is not known";
            lowering.unresolved(Gap::Broken, other.origin, reason, consequence);
            limits("?")
        }
    }
}

/// Gives every role that an argument can name to every principal that another can name.
fn bind(role: &Value, members: &Value, target: &Target, limits: &Limits, lowering: &mut Lowering<'_>) {
    let roles = possible(role, "which role this gives is not known; whoever gets it is shown", lowering);
    let members = possible(members, "who gets this is not known; it is granted to whoever that is", lowering);
    let mut cloud = cloud(lowering);
    for (role, _) in &roles {
        for (member, origin) in &members {
            cloud.bind(&Bound { member, role, on: &target.on, limits, origin: *origin });
        }
    }
}

/// The texts that an argument can be or hold. What is not known has a name that says so, and an outcome with what that
/// means; so has what else a list may hold.
pub(super) fn possible(value: &Value, consequence: &str, lowering: &mut Lowering<'_>) -> Vec<(String, Origin)> {
    let (known, rest) = value.possible_members();
    let mut found: Vec<(String, Origin)> = Vec::new();
    for own in known.into_iter().flat_map(Value::candidates) {
        if is_open(own, lowering)
            && let Some(unknown) = own.as_unknown().cloned()
        {
            lowering.unknown(&unknown, own.origin, consequence);
        }
        match text(own) {
            Some(text) => found.push((text, own.telling_origin())),
            None if own.is_null() => {}
            None => {
                let reason = format!("a name is expected here, and this is {}", own.kind_name());
                lowering.unresolved(Gap::Broken, own.origin, reason, consequence);
            }
        }
    }
    let Some(rest) = rest.cloned() else { return found };
    if rest.candidates.is_empty() {
        found.push((unknown_name(&rest), value.origin));
        // What refers to a resource is known by that.
        if value.as_unknown().is_some() && lowering.resolve(value).is_some() {
            return found;
        }
    }
    for own in rest.candidates.iter().flat_map(Value::one_or_many) {
        if let Some(text) = text(own).filter(|text| !found.iter().any(|(known, _)| known == text)) {
            found.push((text, own.origin));
        }
    }
    lowering.unknown(&rest, value.origin, consequence);
    found
}

/// The name of something of which nothing is known but why.
fn unknown_name(unknown: &Unknown) -> String {
    format!("${{{}}}", unknown.short())
}

/// A custom role. Its permissions are exact names; the service knows no wildcards in them.
pub(super) fn custom_role(resource: &Resource, lowering: &mut Lowering<'_>) {
    let own = super::computed::ROWS.iter().find(|(kind, _)| *kind == resource.kind());
    let reference = crate::formats::configuration::value::Reference {
        address: resource.name.clone(),
        kind: resource.kind().into(),
        data: false,
        attribute: Text::from(""),
    };
    let computed = own.map(|(_, compute)| compute(&resource.attributes, &reference, resource.origin));
    let name = computed.unwrap_or_default().into_iter().find(|(name, _)| *name == "id");
    let Some(name) = name.and_then(|(_, id)| text(&id)) else { return };
    let mut statements = Vec::new();
    if let Some(permissions) = resource.get("permissions") {
        let list = possible(permissions, "this role may permit more than shown", lowering);
        let origin = list.first().map_or(permissions.origin, |(_, origin)| *origin);
        let list: Vec<String> = list.into_iter().map(|(name, _)| name).filter(|name| !name.contains("${")).collect();
        if !list.is_empty() {
            statements.push(Statement::allow(Patterns::of(list), Patterns::any(), origin));
        }
    }
    let cloud = cloud(lowering);
    let id = cloud.native(&name);
    cloud.facts.roles.push(RoleFact {
        title: resource.get("title").and_then(Value::as_str).map(Text::from),
        ..RoleFact::new(id, statements, resource.origin)
    });
}
