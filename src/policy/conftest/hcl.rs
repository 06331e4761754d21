//! HCL as the JSON that Conftest's policies read.
//!
//! The shape is that of `hcl2json`, which Conftest uses: <https://github.com/tmccombs/hcl2json>. Labels of a block nest;
//! what stands in blocks of one kind and one set of labels is always a list; an expression that is no literal stays its
//! text between `${` and `}`.

use serde_json::{Map, Value, json};

use crate::syntax::hcl::{Block, Body, Expression, ExpressionKind, TemplatePart};
use crate::syntax::{Span, SyntaxError, hcl};

/// The document of a file.
///
/// # Errors
/// Where the text is not HCL, or names a block with and without labels.
pub(super) fn document(bytes: &[u8]) -> Result<Value, String> {
    let body = hcl::parse(bytes).map_err(|error: SyntaxError| error.message)?;
    Ok(Value::Object(Writer { bytes }.body(&body)?))
}

struct Writer<'a> {
    bytes: &'a [u8],
}

impl Writer<'_> {
    fn body(&self, body: &Body) -> Result<Map<String, Value>, String> {
        let mut out = Map::new();
        for block in &body.blocks {
            self.block(block, &mut out)?;
        }
        for attribute in &body.attributes {
            out.insert(attribute.name.to_string(), self.value(&attribute.value));
        }
        Ok(out)
    }

    fn block(&self, block: &Block, out: &mut Map<String, Value>) -> Result<(), String> {
        let mixed = || format!("the block `{}` stands there with and without labels", block.kind);
        let mut at = out;
        let mut key = block.kind.to_string();
        for (label, _) in &block.labels {
            at = at.entry(key).or_insert_with(|| json!({})).as_object_mut().ok_or_else(mixed)?;
            key = label.to_string();
        }
        let inner = Value::Object(self.body(&block.body)?);
        at.entry(key).or_insert_with(|| json!([])).as_array_mut().ok_or_else(mixed)?.push(inner);
        Ok(())
    }

    fn value(&self, expression: &Expression) -> Value {
        match &expression.kind {
            ExpressionKind::Null => Value::Null,
            ExpressionKind::Bool(value) => json!(value),
            ExpressionKind::Number(value) => number(*value),
            ExpressionKind::Text(text) => json!(literal(text)),
            ExpressionKind::Template(parts) => match parts.as_slice() {
                [TemplatePart::Interpolation(only)] => self.value(only),
                parts => json!(self.template(parts)),
            },
            ExpressionKind::List(items) => items.iter().map(|item| self.value(item)).collect(),
            ExpressionKind::Object(members) => {
                members.iter().map(|(key, value)| (self.key(key), self.value(value))).collect::<Map<_, _>>().into()
            }
            ExpressionKind::Unary(operator, of) => match (operator, &of.kind) {
                (hcl::UnaryOperator::Negate, ExpressionKind::Number(value)) => number(-value),
                (hcl::UnaryOperator::Not, ExpressionKind::Bool(value)) => json!(!value),
                _ => json!(self.wrapped(expression.span)),
            },
            _ => json!(self.wrapped(expression.span)),
        }
    }

    fn key(&self, key: &Expression) -> String {
        match &key.kind {
            ExpressionKind::Variable(_) | ExpressionKind::Traversal(..) => self.source(key.span),
            _ => self.part(key),
        }
    }

    /// A value inside of a text.
    fn part(&self, expression: &Expression) -> String {
        match &expression.kind {
            ExpressionKind::Null => "null".to_owned(),
            ExpressionKind::Bool(value) => value.to_string(),
            ExpressionKind::Number(value) => number(*value).to_string(),
            ExpressionKind::Text(text) => literal(text),
            ExpressionKind::Template(parts) => self.template(parts),
            _ => self.wrapped(expression.span),
        }
    }

    fn template(&self, parts: &[TemplatePart]) -> String {
        parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text, _) => literal(text),
                TemplatePart::Interpolation(expression) => self.part(expression),
                TemplatePart::If(own) => {
                    let otherwise = self.template(&own.otherwise);
                    let otherwise = if otherwise.is_empty() { otherwise } else { format!("%{{else}}{otherwise}") };
                    let condition = self.source(own.condition.span);
                    format!("%{{if {condition}}}{}{otherwise}%{{endif}}", self.template(&own.then))
                }
                TemplatePart::For(own) => {
                    let key = own.key.as_ref().map_or_else(String::new, |key| format!("{key}, "));
                    let collection = self.source(own.collection.span);
                    let result = self.template(&own.result);
                    format!("%{{for {key}{} in {collection}}}{result}%{{endfor}}", own.value)
                }
            })
            .collect()
    }

    fn wrapped(&self, span: Span) -> String {
        format!("${{{}}}", self.source(span))
    }

    fn source(&self, span: Span) -> String {
        let bytes = self.bytes.get(span.start as usize..span.end as usize).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim().to_owned()
    }
}

/// Text in which nothing is filled in, although it may look so.
fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// A number, without a fraction where it has none.
fn number(value: f64) -> Value {
    /// Up to here every integer has a number of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Held against the tests of hcl2json (convert/convert_test.go), written anew.
    #[test]
    fn blocks_nest_by_their_labels_and_are_lists() {
        let text = b"locals { a = 1 }\nlocals { b = -2 }\nresource \"r\" \"one\" { port = \"80\" }\n\
                     resource \"r\" \"two\" {\n  inner { on = true }\n}\n";
        let wanted = json!({
            "locals": [{"a": 1}, {"b": -2}],
            "resource": {"r": {"one": [{"port": "80"}], "two": [{"inner": [{"on": true}]}]}},
        });
        assert_eq!(document(text).unwrap(), wanted);
    }

    #[test]
    fn what_is_no_literal_stays_its_text() {
        let text = b"a = var.x\nb = \"${var.x}-y\"\nc = \"$${z}\"\nd = f(1, \"k\")\ne = { x = var.y, \"k-1\" = [null, 1.5] }\n\
                     g = !var.x\nh = \"${var.only}\"\n";
        let wanted = json!({
            "a": "${var.x}", "b": "${var.x}-y", "c": "$${z}", "d": "${f(1, \"k\")}",
            "e": {"x": "${var.y}", "k-1": [null, 1.5]}, "g": "${!var.x}", "h": "${var.only}",
        });
        assert_eq!(document(text).unwrap(), wanted);
    }

    #[test]
    fn a_block_with_and_without_labels_is_refused() {
        assert!(document(b"a {}\na \"b\" {}\n").is_err());
    }
}
