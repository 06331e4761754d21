//! Strict JSON (RFC 8259), read by `jsonc-parser`, which keeps byte ranges.

use jsonc_parser::ast::{ObjectPropName, Value as Ast};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Entry, Node, Span, SyntaxError, SyntaxErrorKind, Value, duplicate_key, duplicate_key_error};

/// Everything that RFC 8259 does not allow is off.
fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Reads one JSON text; `offset` is added to every position.
pub(super) fn parse(text: &str, offset: usize) -> Result<Node, SyntaxError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict()).map_err(|error| {
        let message = error.kind().to_string();
        let range = error.range();
        SyntaxError {
            span: Span::new(range.start + offset, range.end + offset),
            kind: if message.contains("nesting depth") { SyntaxErrorKind::TooDeep } else { SyntaxErrorKind::Malformed },
            message: format!("not JSON: {}", lower_first(&message)),
        }
    })?;
    match parsed.value {
        Some(value) => convert(value, offset),
        None => Ok(Node::new(Span::new(offset, offset + text.len()), Value::Null)),
    }
}

/// The library stops at its own depth of 512, so this recursion is bounded.
fn convert(ast: Ast<'_>, offset: usize) -> Result<Node, SyntaxError> {
    let span = |range: jsonc_parser::common::Range| Span::new(range.start + offset, range.end + offset);
    Ok(match ast {
        Ast::StringLit(lit) => Node::new(span(lit.range), Value::String(lit.value.into())),
        Ast::NumberLit(lit) => Node::new(span(lit.range), Value::Number(lit.value.into())),
        Ast::BooleanLit(lit) => Node::new(span(lit.range), Value::Bool(lit.value)),
        Ast::NullKeyword(lit) => Node::new(span(lit.range), Value::Null),
        Ast::Array(array) => {
            let items = array.elements.into_iter().map(|item| convert(item, offset)).collect::<Result<_, _>>()?;
            Node::new(span(array.range), Value::List(items))
        }
        Ast::Object(object) => {
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in object.properties {
                let (key, range) = match property.name {
                    ObjectPropName::String(lit) => (lit.value.into(), lit.range),
                    ObjectPropName::Word(lit) => (lit.value.into(), lit.range),
                };
                entries.push(Entry { key, key_span: span(range), value: convert(property.value, offset)? });
            }
            if let Some(entry) = duplicate_key(&entries) {
                return Err(duplicate_key_error(entry));
            }
            Node::new(span(object.range), Value::Map(entries))
        }
    })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
