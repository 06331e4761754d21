//! Secrets that stand as literals in a configuration in HCL.
//!
//! A configuration computes, so that most of its texts decide what it declares. Blanked are those that are the value of an
//! argument, a member or a variable whose name says that it is a secret; of a provider's arguments with such names none
//! decides about access.

use std::ops::Range;

use crate::formats::configuration::providers::{provider_secrets, secret_arguments};
use crate::syntax::Span;
use crate::syntax::hcl::{Block, Body, Expression, ExpressionKind, TemplatePart, parse};

/// How the names of arguments end that hold a secret.
const ENDINGS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "plaintext_value",
    "secret",
    "secret_string",
    "secret_key",
    "private_key",
    "api_key",
    "connection_string",
    "token",
];

/// The arguments in which resources of some types keep secrets under names of their own.
const DATA: [(&str, &[&str]); 3] = [
    ("kubernetes_secret", &["data", "string_data", "binary_data"]),
    ("vault_generic_secret", &["data_json"]),
    ("vault_kv_secret", &["data_json"]),
];

/// The literal secrets of a text in HCL; none of a text that is not.
pub(super) fn literals(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    if let Ok(body) = parse(bytes) {
        of_body(&body, false, &mut ranges);
    }
    ranges
}

pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn of_body(body: &Body, secret: bool, ranges: &mut Vec<Range<usize>>) {
    for own in &body.attributes {
        of_expression(&own.value, secret && &*own.name == "default" || is_secret(&own.name), ranges);
    }
    body.blocks.iter().for_each(|block| of_block(block, ranges));
}

/// The default of a variable with such a name is one too.
fn of_block(block: &Block, ranges: &mut Vec<Range<usize>>) {
    let secret = &*block.kind == "variable" && block.labels.iter().any(|(label, _)| is_secret(label));
    of_body(&block.body, secret, ranges);
    let kind = block.labels.first().filter(|_| &*block.kind == "resource").map_or("", |(label, _)| &**label);
    let label = block.labels.first().map_or("", |(label, _)| &**label);
    let named: Vec<&str> = match &*block.kind {
        "resource" => secret_arguments(label).collect(),
        "provider" => provider_secrets(label).collect(),
        _ => Vec::new(),
    };
    if !named.is_empty() {
        of_names(&block.body, &named, ranges);
    }
    for (_, arguments) in DATA.iter().filter(|(prefix, _)| kind.starts_with(prefix)) {
        for own in block.body.attributes.iter().filter(|own| arguments.contains(&&*own.name)) {
            match &own.value.kind {
                ExpressionKind::Object(members) => {
                    members.iter().for_each(|(_, value)| of_expression(value, true, ranges));
                }
                _ => of_expression(&own.value, true, ranges),
            }
        }
    }
}

/// The values of arguments with these names, also in the blocks below.
fn of_names(body: &Body, names: &[&str], ranges: &mut Vec<Range<usize>>) {
    for own in body.attributes.iter().filter(|own| names.contains(&&*own.name)) {
        match &own.value.kind {
            ExpressionKind::Object(members) => {
                members.iter().for_each(|(_, value)| of_expression(value, true, ranges));
            }
            _ => of_expression(&own.value, true, ranges),
        }
    }
    for own in &body.attributes {
        if let ExpressionKind::Object(members) = &own.value.kind {
            for (key, value) in members {
                let is_named = matches!(&key.kind, ExpressionKind::Text(name) if names.contains(&&**name));
                of_expression(value, is_named, ranges);
            }
        }
    }
    body.blocks.iter().for_each(|block| of_names(&block.body, names, ranges));
}

/// The parser bounds the depth.
fn of_expression(expression: &Expression, secret: bool, ranges: &mut Vec<Range<usize>>) {
    match &expression.kind {
        // The quotes are not part of it.
        ExpressionKind::Text(_) if secret => {
            let Span { start, end } = expression.span;
            ranges.push(start as usize + 1..(end as usize).saturating_sub(1).max(start as usize + 1));
        }
        ExpressionKind::Template(parts) if secret => {
            ranges.extend(parts.iter().filter_map(|part| match part {
                TemplatePart::Text(_, span) => Some(span.start as usize..span.end as usize),
                _ => None,
            }));
        }
        ExpressionKind::List(items) => items.iter().for_each(|item| of_expression(item, secret, ranges)),
        ExpressionKind::Object(members) => {
            for (key, value) in members {
                let named = matches!(&key.kind, ExpressionKind::Text(name) if is_secret(name));
                of_expression(value, named, ranges);
            }
        }
        ExpressionKind::Conditional(parts) => {
            parts.iter().skip(1).for_each(|branch| of_expression(branch, secret, ranges));
        }
        ExpressionKind::Call(call) => call.arguments.iter().for_each(|own| of_expression(own, secret, ranges)),
        _ => {}
    }
}
