//! YAML 1.2, read as events by `granit-parser`, which keeps byte offsets.
//!
//! Merge keys (`<<`) are applied, since Kubernetes and most CI systems apply them; an explicit key wins over a merged
//! one. Aliases are copied, under a budget for the whole file.

use std::collections::HashMap;

use base64ct::{Base64, Encoding as _};
use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, Tag};

use super::{
    Entry, MAX_ALIAS_NODES, MAX_DEPTH, Node, Span, SyntaxError, SyntaxErrorKind, Value, duplicate_key,
    duplicate_key_error,
};

/// A collection whose end has not been seen.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value, in a map.
    key: Option<(Box<str>, Span)>,
    is_map: bool,
    merges: Vec<Node>,
    size: usize,
}

struct Builder {
    open: Vec<Open>,
    documents: Vec<Node>,
    /// Finished anchored nodes, with how many nodes each holds.
    anchors: HashMap<usize, (Node, usize)>,
    alias_nodes: usize,
}

/// Reads every document of a YAML text; `offset` is added to every position.
pub(super) fn parse(text: &str, offset: usize) -> Result<Vec<Node>, SyntaxError> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder { open: Vec::new(), documents: Vec::new(), anchors: HashMap::new(), alias_nodes: 0 };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let at = byte(error.marker(), text) + offset;
            SyntaxError {
                span: Span::new(at, at + 1),
                kind: match error.kind() {
                    ErrorKind::RecursionLimitExceeded => SyntaxErrorKind::TooDeep,
                    _ if error.info().contains("nesting") || error.info().contains("recursion") => {
                        SyntaxErrorKind::TooDeep
                    }
                    _ => SyntaxErrorKind::Malformed,
                },
                message: format!("not YAML: {}", error.info()),
            }
        })?;
        let span = Span::new(byte(&span.start, text) + offset, byte(&span.end, text) + offset);
        builder.event(event, span)?;
    }
    Ok(builder.documents)
}

fn byte(marker: &Marker, text: &str) -> usize {
    marker.byte_offset().unwrap_or_else(|| marker.index()).min(text.len())
}

impl Builder {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = match binary(&text, tag.as_deref()) {
                    Some(text) => Node { span, tag: None, value: Value::String(text.into()) },
                    None => {
                        Node { span, tag: custom_tag(tag.as_deref()), value: resolve(&text, style, tag.as_deref()) }
                    }
                };
                let merge = style == ScalarStyle::Plain && &*text == "<<";
                self.finish(node, anchor, 1, merge)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(span, anchor, custom_tag(tag.as_deref()), false);
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.start(span, anchor, custom_tag(tag.as_deref()), true);
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => self.alias(id, span),
            _ => Ok(()),
        }
    }

    fn start(&mut self, span: Span, anchor: usize, tag: Option<Box<str>>, is_map: bool) {
        let value = if is_map { Value::Map(Vec::new()) } else { Value::List(Vec::new()) };
        self.open.push(Open {
            node: Node { span, tag, value },
            anchor,
            key: None,
            is_map,
            merges: Vec::new(),
            size: 1,
        });
    }

    fn end(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(mut open) = self.open.pop() else { return Ok(()) };
        if let Value::Map(entries) = &mut open.node.value {
            if let Some(entry) = duplicate_key(entries) {
                return Err(duplicate_key_error(entry));
            }
            for merged in std::mem::take(&mut open.merges) {
                merge(entries, merged)?;
            }
        }
        // A block collection ends where its last child ends, not at the next token.
        let last = match &open.node.value {
            Value::List(items) => items.last().map(|item| item.span),
            Value::Map(entries) => entries.last().map(Entry::span),
            _ => None,
        };
        let end = last.map_or(span.end, |last| if span.end > span.start { span.end } else { last.end });
        open.node.span.end = end.max(open.node.span.start);
        self.finish(open.node, open.anchor, open.size, false)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), SyntaxError> {
        let Some((node, size)) = self.anchors.get(&id).cloned() else {
            return Err(SyntaxError {
                span,
                message: "not YAML: an alias refers to the collection that holds it".to_owned(),
                kind: SyntaxErrorKind::Malformed,
            });
        };
        self.alias_nodes = self.alias_nodes.saturating_add(size);
        if self.alias_nodes > MAX_ALIAS_NODES {
            return Err(SyntaxError {
                span,
                message: format!("aliases in this file expand to more than {MAX_ALIAS_NODES} values"),
                kind: SyntaxErrorKind::AliasExpansion,
            });
        }
        self.finish(node, 0, size, false)
    }

    /// Puts a finished node where it belongs: into the open collection, or as a document.
    fn finish(&mut self, node: Node, anchor: usize, size: usize, is_merge_key: bool) -> Result<(), SyntaxError> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.size = open.size.saturating_add(size);
        if !open.is_map {
            if let Value::List(items) = &mut open.node.value {
                items.push(node);
            }
            return Ok(());
        }
        match open.key.take() {
            None if is_merge_key => open.key = Some(("<<".into(), Span::default())),
            None => {
                let Some(text) = node.as_text().or(node.is_null().then_some("")) else {
                    return Err(SyntaxError {
                        span: node.span,
                        message: format!("a key must be text, not {}", node.kind()),
                        kind: SyntaxErrorKind::Malformed,
                    });
                };
                open.key = Some((text.into(), node.span));
            }
            Some((key, key_span)) if &*key == "<<" && key_span == Span::default() => open.merges.push(node),
            Some((key, key_span)) => {
                if let Value::Map(entries) = &mut open.node.value {
                    entries.push(Entry { key, key_span, value: node });
                }
            }
        }
        Ok(())
    }
}

/// Adds what a merge key brings; keys that are already there stay.
fn merge(entries: &mut Vec<Entry>, source: Node) -> Result<(), SyntaxError> {
    match source.value {
        Value::Map(merged) => {
            for entry in merged {
                if !entries.iter().any(|own| own.key == entry.key) {
                    entries.push(entry);
                }
            }
            Ok(())
        }
        Value::List(items) => items.into_iter().try_for_each(|item| merge(entries, item)),
        _ => Err(SyntaxError {
            span: source.span,
            message: "a merge key (`<<`) must name a map or a list of maps".to_owned(),
            kind: SyntaxErrorKind::Malformed,
        }),
    }
}

fn custom_tag(tag: Option<&Tag>) -> Option<Box<str>> {
    tag.filter(|tag| !tag.is_yaml_core_schema()).map(|tag| tag.original().into())
}

/// The text that a `!!binary` scalar holds. Kubernetes and other readers of YAML 1.1 take it for the text itself, so a
/// kind or a name may be written so.
fn binary(text: &str, tag: Option<&Tag>) -> Option<String> {
    let (handle, suffix) = tag?.parts();
    if format!("{handle}{suffix}") != "tag:yaml.org,2002:binary" {
        return None;
    }
    let compact: String = text.split_whitespace().collect();
    String::from_utf8(Base64::decode_vec(&compact).ok()?).ok()
}

/// The YAML 1.2 core schema (specification §10.3.2).
fn resolve(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(Tag::suffix);
    if style != ScalarStyle::Plain || core == Some("str") || tag.is_some_and(|tag| !tag.is_yaml_core_schema()) {
        return Value::String(text.into());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.into()),
        _ => Value::String(text.into()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if let Some(rest) = text.strip_prefix("0o") {
        return digits(rest, 8);
    }
    if let Some(rest) = text.strip_prefix("0x") {
        return digits(rest, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    // `f64` also reads `inf` and `nan`, which the core schema does not.
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|b| b.is_ascii_digit())
        && unsigned.parse::<f64>().is_ok()
}
