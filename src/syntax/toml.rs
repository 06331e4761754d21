//! TOML, read by `toml`, which keeps byte ranges.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, MAX_BYTES, MAX_DEPTH, Node, Span, SyntaxError, SyntaxErrorKind, Value};

/// Reads one TOML text. Dates are text as they are written, and so are numbers.
///
/// # Errors
/// [`SyntaxError`] with the position; nothing of a broken file is returned.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    if bytes.len() > MAX_BYTES {
        return Err(super::too_large(bytes.len()));
    }
    let text = super::utf8(bytes)?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    let place = |range: std::ops::Range<usize>| Span::new(range.start + offset, range.end + offset);
    let root = DeTable::parse(body).map_err(|error| {
        let message = error.message();
        SyntaxError {
            span: place(error.span().unwrap_or(0..0)),
            kind: if message.contains("recursion") { SyntaxErrorKind::TooDeep } else { SyntaxErrorKind::Malformed },
            message: format!("not TOML: {message}"),
        }
    })?;
    let span = place(0..body.len());
    let value = table(root.into_inner(), &Text { body, offset }, 0)?;
    Ok(Node::new(span, value))
}

/// The text that ranges are of.
struct Text<'t> {
    body: &'t str,
    offset: usize,
}

impl Text<'_> {
    fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(range.start + self.offset, range.end + self.offset)
    }
}

fn table(own: DeTable<'_>, text: &Text<'_>, depth: usize) -> Result<Value, SyntaxError> {
    let mut entries = own
        .into_iter()
        .map(|(key, value)| {
            let key_span = text.span(&key.span());
            Ok(Entry { key: key.into_inner().into(), key_span, value: convert(value, text, depth + 1)? })
        })
        .collect::<Result<Vec<Entry>, SyntaxError>>()?;
    entries.sort_by_key(|entry| entry.key_span);
    Ok(Value::Map(entries))
}

fn convert(own: Spanned<DeValue<'_>>, text: &Text<'_>, depth: usize) -> Result<Node, SyntaxError> {
    let range = own.span();
    let span = text.span(&range);
    if depth > MAX_DEPTH {
        let message = format!("the nesting is deeper than {MAX_DEPTH} levels");
        return Err(SyntaxError { span, message, kind: SyntaxErrorKind::TooDeep });
    }
    let written = || -> Box<str> { text.body.get(range.clone()).unwrap_or_default().trim().into() };
    let value = match own.into_inner() {
        DeValue::String(own) => Value::String(Cow::into_owned(own).into()),
        DeValue::Integer(_) | DeValue::Float(_) => Value::Number(written()),
        DeValue::Boolean(own) => Value::Bool(own),
        DeValue::Datetime(_) => Value::String(written()),
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| convert(item, text, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(own) => table(own, text, depth)?,
    };
    Ok(Node::new(span, value))
}
