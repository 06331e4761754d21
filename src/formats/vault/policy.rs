//! What a policy of Vault permits.
//!
//! A path is literal but for `*` at its end, which is any rest, and `+`, which is one segment. Of all paths that match a
//! request the most specific one decides, whichever policy it stands in; there `deny` wins over everything. So a denial of
//! one path takes it from every policy, and a denial of a pattern yields to any path that is more specific: such a denial
//! is left out, and that is said. A segment is read as any rest, too.
//!
//! A permission is called by its capability and its path: `read:secret/data/payments`.

use crate::facts::{
    Condition, Constrains, Effect, Facts, Gap, Native, Origin, Patterns, RoleFact, Statement, Unresolved,
};
use crate::syntax::Span;
use crate::syntax::hcl::{Block, Body, Expression, ExpressionKind};

/// The system of a Vault that nothing names, and its type.
pub(in crate::formats) const SYSTEM: &str = "vault";

const CAPABILITIES: [&str; 9] = ["create", "read", "update", "patch", "delete", "list", "sudo", "subscribe", "recover"];

/// Arguments that narrow what a path permits in ways that are not evaluated.
const NARROWING: [&str; 6] = [
    "allowed_parameters",
    "denied_parameters",
    "required_parameters",
    "min_wrapping_ttl",
    "max_wrapping_ttl",
    "control_group",
];

/// What a policy is called.
pub(in crate::formats) fn role(name: &str) -> String {
    // Vault compares names of policies in lower case.
    format!("policy/{}", name.to_lowercase())
}

/// A policy.
pub(in crate::formats) fn fact(id: Native, statements: Vec<Statement>, origin: Origin) -> RoleFact {
    RoleFact::new(id, statements, origin)
}

/// The statements of a policy; `at` says where its parts are written.
pub(in crate::formats) fn statements(body: &Body, at: &dyn Fn(Span) -> Origin, facts: &mut Facts) -> Vec<Statement> {
    let mut found = Vec::new();
    for block in body.blocks_of("path") {
        let Some((path, _)) = block.labels.first() else {
            say(facts, Gap::Broken, at(block.heading), "this block names no path", "it is not evaluated");
            continue;
        };
        *facts.tally.entry("path").or_default() += 1;
        let capabilities = match capabilities(block) {
            Ok(capabilities) => capabilities,
            Err((reason, span)) => {
                say(facts, Gap::Broken, at(span), reason, "what this path permits is not evaluated");
                continue;
            }
        };
        let conditions = NARROWING
            .into_iter()
            .filter(|key| block.body.attribute(key).is_some() || block.body.blocks_of(key).next().is_some());
        let conditions = conditions.map(condition).collect();
        found.extend(statement(path, &capabilities, conditions, at(block.heading), facts));
    }
    found
}

/// One path with its capabilities. None when it permits nothing, or denies what something more specific may permit.
pub(in crate::formats) fn statement(
    path: &str,
    capabilities: &[String],
    conditions: Vec<Condition>,
    origin: Origin,
    facts: &mut Facts,
) -> Option<Statement> {
    for unknown in capabilities.iter().filter(|own| *own != "deny" && !CAPABILITIES.contains(&own.as_str())) {
        let reason = format!("`{unknown}` is no capability of a path");
        say(facts, Gap::Broken, origin, reason, "it is passed over; the path's others count");
    }
    let deny = capabilities.iter().any(|own| own == "deny");
    if deny && is_pattern(path) {
        let reason = format!("the denial of the pattern `{path}` yields to any path that is more specific");
        say(facts, Gap::Unsupported, origin, reason, "it is left out, so less may be permitted than shown");
        return None;
    }
    let path = pattern(path);
    let list: Vec<&str> = match deny {
        true => vec!["*"],
        false => capabilities.iter().map(String::as_str).filter(|own| CAPABILITIES.contains(own)).collect(),
    };
    if list.is_empty() {
        return None;
    }
    Some(Statement {
        effect: if deny { Effect::Deny } else { Effect::Allow },
        conditions: if deny { Vec::new() } else { conditions },
        ..Statement::allow(Patterns::of(list.iter().map(|own| format!("{own}:{path}"))), Patterns::any(), origin)
    })
}

/// Whether a path stands for several.
fn is_pattern(path: &str) -> bool {
    path.ends_with('*') || path.split('/').any(|segment| segment == "+") || path.contains("{{")
}

/// A path in our patterns. What is filled in for each identity is any text.
fn pattern(path: &str) -> String {
    let mut plain = String::new();
    let mut rest = path.strip_prefix('/').unwrap_or(path);
    while let Some((before, after)) = rest.split_once("{{") {
        plain.push_str(before);
        plain.push('*');
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let segments: Vec<&str> = plain.split('/').map(|segment| if segment == "+" { "*" } else { segment }).collect();
    segments.join("/")
}

fn condition(key: &str) -> Condition {
    Condition::new(key, format!("{key} holds"), Constrains::Unknown)
}

/// The capabilities of a block, in the present or in the oldest way of writing them.
fn capabilities(block: &Block) -> Result<Vec<String>, (&'static str, Span)> {
    if let Some(own) = block.body.attribute("capabilities") {
        let ExpressionKind::List(items) = &own.value.kind else {
            return Err(("`capabilities` is not a list", own.value.span));
        };
        return items.iter().map(|item| plain(item).ok_or(("a capability is not plain text", item.span))).collect();
    }
    let Some(own) = block.body.attribute("policy") else {
        return Err(("this path has no `capabilities`", block.heading));
    };
    let words: &[&str] = match plain(&own.value).as_deref() {
        Some("read") => &["read", "list"],
        Some("write") => &["create", "read", "update", "delete", "list"],
        Some("sudo") => &["create", "read", "update", "delete", "list", "sudo"],
        Some("deny") => &["deny"],
        _ => return Err(("`policy` of a path is one of read, write, sudo, deny", own.value.span)),
    };
    Ok(words.iter().map(|word| (*word).to_owned()).collect())
}

fn plain(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Text(text) => Some(text.trim().to_lowercase()),
        _ => None,
    }
}

fn say(facts: &mut Facts, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: &str) {
    facts.unresolved.push(Unresolved { gap, reason: reason.into(), consequence: consequence.to_owned(), origin });
}
