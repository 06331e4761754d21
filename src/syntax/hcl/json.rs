//! The JSON form of the language (HCL specification, "HCL JSON Syntax Specification"; Terraform documentation, "JSON
//! Configuration Syntax").
//!
//! JSON does not say what is a block and what an argument, so the caller says how many labels each kind of block at the
//! root has. Inside a block everything is an argument, apart from `dynamic` and the few blocks that every block may have.

use std::sync::Arc;

use super::convert::Converter;
use super::{Attribute, Block, Body, Expression, ExpressionKind};
use crate::syntax::{Entry, Node, Span, SyntaxError, SyntaxErrorKind, Value};

/// Blocks inside a block that are told by their name.
const INNER: [&str; 2] = ["lifecycle", "content"];

/// Reads a JSON document as a body. `labels` says of each kind of block how many labels it has; None for none such.
///
/// # Errors
/// [`SyntaxError`] where a block is no object, or a text is no template.
pub fn from_json(root: &Node, labels: fn(&str) -> Option<usize>) -> Result<Body, SyntaxError> {
    let mut body = Body::default();
    // The root may be a list of objects, each a body.
    for node in root.one_or_many() {
        for entry in entries(node)? {
            if &*entry.key == "//" {
                continue;
            }
            let depth = labels(&entry.key).ok_or_else(|| SyntaxError {
                span: entry.key_span,
                message: format!("there is no block `{}`", entry.key),
                kind: SyntaxErrorKind::Malformed,
            })?;
            blocks(&mut body, &entry.key, entry.key_span, Vec::new(), depth, &entry.value)?;
        }
    }
    Ok(body)
}

fn entries(node: &Node) -> Result<&[Entry], SyntaxError> {
    node.as_map().ok_or_else(|| SyntaxError {
        span: node.span,
        message: format!("this is {}; a block is an object", node.kind()),
        kind: SyntaxErrorKind::Malformed,
    })
}

fn blocks(
    into: &mut Body,
    kind: &str,
    heading: Span,
    labels: Vec<(Arc<str>, Span)>,
    depth: usize,
    node: &Node,
) -> Result<(), SyntaxError> {
    for one in node.one_or_many() {
        if depth > 0 {
            for entry in entries(one)?.iter().filter(|entry| &*entry.key != "//") {
                let mut labels = labels.clone();
                labels.push((Arc::from(&*entry.key), entry.key_span));
                blocks(into, kind, entry.key_span, labels, depth - 1, &entry.value)?;
            }
            continue;
        }
        let body = inner(one)?;
        into.blocks.push(Arc::new(Block { kind: kind.into(), labels: labels.clone(), heading, body }));
    }
    Ok(())
}

fn inner(node: &Node) -> Result<Body, SyntaxError> {
    let mut body = Body::default();
    for entry in entries(node)?.iter().filter(|entry| &*entry.key != "//") {
        match &*entry.key {
            "dynamic" => blocks(&mut body, "dynamic", entry.key_span, Vec::new(), 1, &entry.value)?,
            kind if INNER.contains(&kind) => blocks(&mut body, kind, entry.key_span, Vec::new(), 0, &entry.value)?,
            name => body.attributes.push(Attribute {
                name: name.into(),
                name_span: entry.key_span,
                value: Arc::new(expression(&entry.value)?),
            }),
        }
    }
    Ok(body)
}

/// A value as an expression; the reader bounds its depth.
fn expression(node: &Node) -> Result<Expression, SyntaxError> {
    let kind = match &node.value {
        Value::Null => ExpressionKind::Null,
        Value::Bool(value) => ExpressionKind::Bool(*value),
        Value::Number(text) => ExpressionKind::Number(text.parse().unwrap_or(f64::MAX)),
        Value::String(text) => template(text, node.span)?,
        Value::List(items) => ExpressionKind::List(items.iter().map(expression).collect::<Result<_, _>>()?),
        Value::Map(entries) => ExpressionKind::Object(
            entries
                .iter()
                .filter(|entry| &*entry.key != "//")
                .map(|entry| {
                    let key = Expression { span: entry.key_span, kind: template(&entry.key, entry.key_span)? };
                    Ok((key, expression(&entry.value)?))
                })
                .collect::<Result<_, SyntaxError>>()?,
        ),
    };
    Ok(Expression { span: node.span, kind })
}

/// A text of JSON as the template that it is. Places inside it are exact where JSON's escapes move nothing.
fn template(text: &str, span: Span) -> Result<ExpressionKind, SyntaxError> {
    if !text.contains("${") && !text.contains("%{") {
        return Ok(ExpressionKind::Text(text.into()));
    }
    let parsed = hcl_edit::parser::parse_template(text).map_err(|error| SyntaxError {
        span,
        message: format!("this text is no template: {}", error.message()),
        kind: SyntaxErrorKind::Malformed,
    })?;
    let verbatim = (span.end - span.start) as usize == text.len() + 2;
    let converter = if verbatim { Converter::new(text, span.start as usize + 1) } else { Converter::at(text, span) };
    Ok(Converter::template_kind(converter.template(&parsed)?))
}
