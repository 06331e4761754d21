//! JSON and YAML inside texts, both ways. What a text encodes is kept beside it, so that decoding gives it back with all
//! its places; and what is not known in a text stays unknown where it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::template::{Builder, composed};
use super::{Evaluation, Evaluator, Failed};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Kind, Member, Part, Unknown, Value, Written, number_text};
use crate::syntax::{Node, Span, Value as Data, parse};

/// What stands for an unknown part while a text is parsed: characters of a private plane around its number.
const OPEN: char = '\u{F0000}';
const CLOSE: char = '\u{F0001}';

impl Evaluator<'_> {
    /// A value as JSON, as `jsonencode` writes it.
    pub(super) fn json(&self, value: &Value, origin: Origin) -> Evaluation {
        let mut builder = Builder::default();
        self.write_json(value, &mut builder, origin)?;
        self.spend(builder.length(), origin)?;
        Ok(Value { encodes: Some(Arc::new(value.clone())), ..builder.finish(origin) })
    }

    fn write_json(&self, value: &Value, into: &mut Builder, origin: Origin) -> Result<(), Failed> {
        self.deeper(origin, || match &value.kind {
            Kind::Null => into.text("null", origin),
            Kind::Bool(flag) => into.text(if *flag { "true" } else { "false" }, origin),
            Kind::Number(number) => {
                self.digits(*number, origin)?;
                into.text(&number_text(*number), origin)
            }
            Kind::Text(written) => into.text(&quoted(&written.text), origin),
            Kind::Template(parts) => {
                into.text("\"", origin)?;
                for part in &**parts {
                    match part {
                        Part::Known(text, _) => {
                            let quoted = quoted(text);
                            into.text(quoted.get(1..quoted.len() - 1).unwrap_or_default(), origin)?;
                        }
                        Part::Unknown(unknown) => into.unknown(unknown)?,
                    }
                }
                into.text("\"", origin)
            }
            Kind::List(items) | Kind::Set(items) => {
                into.text("[", origin)?;
                for (at, item) in items.known.iter().enumerate() {
                    if at > 0 {
                        into.text(",", origin)?;
                    }
                    self.write_json(item, into, origin)?;
                }
                if let Some(rest) = &items.rest {
                    into.unknown(rest)?;
                }
                into.text("]", origin)
            }
            Kind::Map(members) => {
                into.text("{", origin)?;
                for (at, (key, own)) in members.known.iter().enumerate() {
                    into.text(&format!("{}{}:", if at > 0 { "," } else { "" }, quoted(key)), origin)?;
                    self.write_json(&own.value, into, origin)?;
                }
                if let Some(rest) = &members.rest {
                    into.unknown(rest)?;
                }
                into.text("}", origin)
            }
            Kind::Unknown(unknown) => into.unknown(unknown),
        })
    }
}

/// A text as JSON, with the characters that the language escapes too.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned());
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// What a text of JSON or YAML says. Err when it cannot be read, with why.
pub fn decode(value: &Value) -> Result<Value, String> {
    read(value, false)
}

/// What a text of YAML says to Terraform, whose `yamldecode` takes some words and dates as YAML 1.1 did.
pub(super) fn decode_yaml(value: &Value) -> Result<Value, String> {
    read(value, true)
}

fn read(value: &Value, yaml: bool) -> Result<Value, String> {
    if let Some(encoded) = &value.encodes {
        return Ok(Value::clone(encoded));
    }
    let (written, unknowns) = match &value.kind {
        Kind::Text(written) => (written.clone(), Vec::new()),
        Kind::Template(parts) => marked(parts),
        Kind::Unknown(_) => return Ok(value.clone()),
        _ => return Err(format!("{} is no document", value.kind_name())),
    };
    let mut documents = parse(written.text.as_bytes()).map_err(|error| error.to_string())?;
    let whole = Decoder { written: &written, origin: value.origin, unknowns: &unknowns, yaml };
    match (documents.pop(), documents.is_empty()) {
        (Some(node), true) => Ok(whole.value(&node)),
        (None, _) => Ok(Value::null(value.origin)),
        _ => Err("it holds more than one document".to_owned()),
    }
}

/// A text with a mark for each unknown part. Outside of a quoted text of JSON the mark is quoted, so that it parses.
fn marked(parts: &[Part]) -> (Written, Vec<Arc<Unknown>>) {
    let mut text = String::new();
    let mut pieces = Vec::new();
    let mut unknowns = Vec::new();
    let json = parts.iter().find_map(|part| match part {
        Part::Known(own, _) => own.trim_start().chars().next(),
        Part::Unknown(_) => None,
    });
    let json = matches!(json, Some('{' | '['));
    let (mut inside, mut escaped) = (false, false);
    for part in parts {
        let at = u32::try_from(text.len()).unwrap_or(u32::MAX);
        match part {
            Part::Known(own, origin) => {
                pieces.push((at, *origin));
                for c in own.chars().filter(|_| json) {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' => escaped = inside,
                        '"' => inside = !inside,
                        _ => {}
                    }
                }
                text.push_str(own);
            }
            Part::Unknown(unknown) => {
                pieces.push((at, unknown.origin));
                let quote = if json && !inside { "\"" } else { "" };
                text.push_str(&format!("{quote}{OPEN}{}{CLOSE}{quote}", unknowns.len()));
                unknowns.push(unknown.clone());
            }
        }
    }
    (Written { text: text.into(), pieces: pieces.into() }, unknowns)
}

/// A whole number of YAML that is written in octal or hexadecimal.
fn in_other_base(text: &str) -> Option<f64> {
    let (digits, base) =
        text.strip_prefix("0o").map(|own| (own, 8)).or_else(|| Some((text.strip_prefix("0x")?, 16)))?;
    u32::from_str_radix(digits, base).ok().map(f64::from)
}

struct Decoder<'d> {
    written: &'d Written,
    origin: Origin,
    unknowns: &'d [Arc<Unknown>],
    yaml: bool,
}

impl Decoder<'_> {
    fn at(&self, span: Span) -> Origin {
        self.written.within(self.origin, span)
    }

    /// The parser bounds the depth.
    fn value(&self, node: &Node) -> Value {
        let origin = self.at(node.span);
        match &node.value {
            Data::Null => Value::null(origin),
            Data::Bool(flag) => Value::bool(*flag, origin),
            Data::Number(text) => match text.parse::<f64>() {
                Ok(number) => Value::number(number, origin),
                Err(_) => match in_other_base(text) {
                    Some(number) => Value::number(number, origin),
                    None => Value::text(&**text, origin),
                },
            },
            Data::String(text) => match self.older_yaml(node, text) {
                Some(own) => Value::new(own, origin),
                None => self.text(text, origin),
            },
            Data::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect(), origin),
            Data::Map(entries) => {
                let members: BTreeMap<Text, Member> = entries
                    .iter()
                    .map(|entry| {
                        let key = self.text(&entry.key, origin);
                        let key = key.render(|unknown| format!("${{{}}}", unknown.short()).into()).unwrap_or_default();
                        (key.into(), Member { key_origin: self.at(entry.key_span), value: self.value(&entry.value) })
                    })
                    .collect();
                Value::map(members, origin)
            }
        }
    }

    /// What a bare word or date was in YAML 1.1, where Terraform still has it so.
    fn older_yaml(&self, node: &Node, text: &str) -> Option<Kind> {
        let (from, to) = (node.span.start as usize, node.span.end as usize);
        let before = self.written.text.get(..from)?;
        let bare = self.yaml && self.written.text.get(from..to)? == text && !before.trim_end().ends_with("!!str");
        match text {
            _ if !bare => None,
            "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Kind::Bool(true)),
            "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Kind::Bool(false)),
            _ => {
                let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
                let text = format!("{day}T00:00:00Z");
                Some(Kind::Text(Written { text: text.into(), pieces: Arc::from([]) }))
            }
        }
    }

    fn text(&self, text: &str, origin: Origin) -> Value {
        if !text.contains(OPEN) {
            return Value::text(composed(text), origin);
        }
        let mut parts: Vec<Part> = Vec::new();
        for piece in text.split_inclusive(CLOSE) {
            let unknown = piece.strip_suffix(CLOSE).and_then(|piece| {
                let (before, number) = piece.rsplit_once(OPEN)?;
                Some((before, self.unknowns.get(number.parse::<usize>().ok()?)?))
            });
            match unknown {
                Some((before, unknown)) => {
                    if !before.is_empty() {
                        parts.push(Part::Known(before.into(), origin));
                    }
                    parts.push(Part::Unknown(unknown.clone()));
                }
                None => parts.push(Part::Known(piece.into(), origin)),
            }
        }
        match parts.as_slice() {
            [Part::Unknown(unknown)] => Value::new(Kind::Unknown(unknown.clone()), origin),
            _ => Value::new(Kind::Template(parts.into()), origin),
        }
    }
}
