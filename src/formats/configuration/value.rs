//! Values of the language, among them those that are not known, or known in part.
//!
//! Every value says where it is written, so that a finding points at the literal, and which attribute of which resource
//! it came through, so that a lowering can follow `role = aws_iam_role.x.name`. Collections share their members, so a
//! value is cheap to copy.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::unknown::{Meaning, Reference, Unknown, Why};
use crate::facts::{Origin, Text};
use crate::syntax::Span;

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// The expression that says it: of a literal the literal, wherever it was passed on to.
    pub origin: Origin,
    /// The resource attribute that it was last read from, if it is that attribute's whole value.
    pub reference: Option<Arc<Reference>>,
    /// Of text that was encoded here (`jsonencode`, a policy document): what it encodes.
    pub encodes: Option<Arc<Value>>,
}

/// What a [`Value`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`: counts as not set.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number. The language's numbers are wider; what access definitions write fits.
    Number(f64),
    /// Text that is known in full.
    Text(Written),
    /// Text that is known in part; at least one part is not known.
    Template(Arc<[Part]>),
    /// A list or tuple.
    List(Items),
    /// A set: sorted, each once.
    Set(Items),
    /// A map or object.
    Map(Members),
    /// Nothing is known but why.
    Unknown(Arc<Unknown>),
}

/// Known text, and where its pieces stand if it is put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The text.
    pub text: Text,
    /// For each piece, its first byte in the text and where it is written; empty when the value's origin says it.
    pub pieces: Arc<[(u32, Origin)]>,
}

/// One part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Known text.
    Known(Text, Origin),
    /// A place that is filled in later.
    Unknown(Arc<Unknown>),
}

/// The members of a list or set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Items {
    /// Those that are known to be there.
    pub known: Arc<Vec<Value>>,
    /// Why there may be more, at any place. Its candidates are what one more could be.
    pub rest: Option<Arc<Unknown>>,
}

/// The members of a map or object, in the order of their keys, as the language iterates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Members {
    /// Those that are known to be there.
    pub known: Arc<BTreeMap<Text, Member>>,
    /// Why there may be more, or others for the same keys. Its candidates are what one more could be.
    pub rest: Option<Arc<Unknown>>,
}

/// One member of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Where the key is written.
    pub key_origin: Origin,
    /// The value.
    pub value: Value,
}

impl Value {
    /// A value without a reference.
    #[must_use]
    pub fn new(kind: Kind, origin: Origin) -> Self {
        Self { kind, origin, reference: None, encodes: None }
    }

    /// `null`.
    #[must_use]
    pub fn null(origin: Origin) -> Self {
        Self::new(Kind::Null, origin)
    }

    /// Known text.
    pub fn text(text: impl Into<Text>, origin: Origin) -> Self {
        Self::new(Kind::Text(Written { text: text.into(), pieces: Arc::from([]) }), origin)
    }

    /// A boolean.
    #[must_use]
    pub fn bool(value: bool, origin: Origin) -> Self {
        Self::new(Kind::Bool(value), origin)
    }

    /// A number.
    #[must_use]
    pub fn number(value: f64, origin: Origin) -> Self {
        Self::new(Kind::Number(value), origin)
    }

    /// A list of which everything is known.
    #[must_use]
    pub fn list(items: Vec<Value>, origin: Origin) -> Self {
        Self::new(Kind::List(Items { known: Arc::new(items), rest: None }), origin)
    }

    /// A map of which everything is known.
    #[must_use]
    pub fn map(members: BTreeMap<Text, Member>, origin: Origin) -> Self {
        Self::new(Kind::Map(Members { known: Arc::new(members), rest: None }), origin)
    }

    /// A value that cannot be told.
    #[must_use]
    pub fn unknown(why: Why, origin: Origin) -> Self {
        Self::new(Kind::Unknown(Arc::new(Unknown { why, origin, candidates: Vec::new() })), origin)
    }

    /// The same value as the attribute of a resource.
    #[must_use]
    pub fn with_reference(mut self, reference: Arc<Reference>) -> Self {
        self.reference = Some(reference);
        self
    }

    /// The text, if it is text that is known in full.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(written) => Some(&written.text),
            _ => None,
        }
    }

    /// A known scalar as the text that the language converts it to.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match &self.kind {
            Kind::Text(written) => Some(Cow::Borrowed(&written.text)),
            Kind::Number(number) => Some(Cow::Owned(number_text(*number))),
            Kind::Bool(true) => Some(Cow::Borrowed("true")),
            Kind::Bool(false) => Some(Cow::Borrowed("false")),
            _ => None,
        }
    }

    /// The boolean; the texts `true` and `false` convert to one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(value) => Some(*value),
            Kind::Text(written) => match &*written.text {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number; text that writes one converts to it.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(number) => Some(*number),
            Kind::Text(written) => parse_number(&written.text),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Why the whole value is not known; None when something is.
    #[must_use]
    pub fn as_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// The first thing in it that is not known, however deep.
    #[must_use]
    pub fn first_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => None,
            Kind::Template(parts) => parts.iter().find_map(|part| match part {
                Part::Known(..) => None,
                Part::Unknown(unknown) => Some(unknown),
            }),
            Kind::List(items) | Kind::Set(items) => {
                items.rest.as_ref().or_else(|| items.known.iter().find_map(Value::first_unknown))
            }
            Kind::Map(members) => {
                members.rest.as_ref().or_else(|| members.known.values().find_map(|own| own.value.first_unknown()))
            }
            Kind::Unknown(unknown) => Some(unknown),
        }
    }

    /// The known member of a map; `null` counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.member(key).map(|member| &member.value)
    }

    /// The known member of a map, with its key's place; `null` counts as absent.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.as_map()?.known.get(key).filter(|member| !member.value.is_null())
    }

    /// The members of a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&Members> {
        match &self.kind {
            Kind::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The members of a list or set.
    #[must_use]
    pub fn as_items(&self) -> Option<&Items> {
        match &self.kind {
            Kind::List(items) | Kind::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The known members of a list or set, or a lone value as a list of one; `null` has none. An unknown value is one
    /// member, so that what is granted to it is not lost; whether there are more, [`Self::rest`] says.
    #[must_use]
    pub fn one_or_many(&self) -> &[Value] {
        match &self.kind {
            Kind::List(items) | Kind::Set(items) => &items.known,
            Kind::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// Every member that a list or set can have, with why that is not certain: an unknown list's candidates are looked
    /// through. A lone value counts as a list of one.
    #[must_use]
    pub fn possible_members(&self) -> (Vec<&Value>, Option<&Arc<Unknown>>) {
        match self.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => {
                let mut members: Vec<&Value> = Vec::new();
                for member in unknown.candidates.iter().flat_map(|own| own.possible_members().0) {
                    if !members.contains(&member) {
                        members.push(member);
                    }
                }
                (members, Some(unknown))
            }
            Some(unknown) => (Vec::new(), Some(unknown)),
            None => (self.one_or_many().iter().collect(), self.rest()),
        }
    }

    /// Why a collection may have more members than are known.
    #[must_use]
    pub fn rest(&self) -> Option<&Arc<Unknown>> {
        match &self.kind {
            Kind::List(items) | Kind::Set(items) => items.rest.as_ref(),
            Kind::Map(members) => members.rest.as_ref(),
            _ => None,
        }
    }

    /// The value itself, or the values that an unknown one can have; just itself when nothing is known.
    #[must_use]
    pub fn candidates(&self) -> &[Value] {
        match self.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => &unknown.candidates,
            _ => std::slice::from_ref(self),
        }
    }

    /// The parts of a text; a known scalar has one. None for what is not text.
    #[must_use]
    pub fn parts(&self) -> Option<Cow<'_, [Part]>> {
        match &self.kind {
            Kind::Template(parts) => Some(Cow::Borrowed(parts)),
            Kind::Unknown(unknown) => Some(Cow::Owned(vec![Part::Unknown(unknown.clone())])),
            _ => {
                let text = match &self.kind {
                    Kind::Text(written) => written.text.clone(),
                    _ => Text::from(self.as_text()?),
                };
                Some(Cow::Owned(vec![Part::Known(text, self.origin)]))
            }
        }
    }

    /// The place that says what a text names: where it is put together, the last literal that is filled in.
    #[must_use]
    pub fn telling_origin(&self) -> Origin {
        let filled_in = |at: &Origin| {
            let (own, whole) = (at.span, self.origin.span);
            at.file != self.origin.file || own.start < whole.start || own.end > whole.end
        };
        let found = match &self.kind {
            Kind::Text(written) => written.pieces.iter().rev().map(|(_, at)| *at).find(filled_in),
            Kind::Template(parts) => parts.iter().rev().find_map(|part| match part {
                Part::Known(_, at) => Some(*at).filter(filled_in),
                Part::Unknown(_) => None,
            }),
            _ => None,
        };
        found.unwrap_or(self.origin)
    }

    /// The text with each unknown part rendered by `fill`. None for what is not text.
    pub fn render<'t>(&self, mut fill: impl FnMut(&Unknown) -> Cow<'t, str>) -> Option<String> {
        Some(self.parts()?.iter().fold(String::new(), |mut text, part| {
            match part {
                Part::Known(known, _) => text.push_str(known),
                Part::Unknown(unknown) => text.push_str(&fill(unknown)),
            }
            text
        }))
    }

    /// What kind of value this is, in words.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) | Kind::Template(_) => "text",
            Kind::List(_) => "a list",
            Kind::Set(_) => "a set",
            Kind::Map(_) => "a map",
            Kind::Unknown(_) => "not known",
        }
    }
}

impl Written {
    /// Where a range of the text is written: exactly, where the bytes that were read are the text's; else the piece
    /// that holds its start. `whole` is the origin of the value.
    #[must_use]
    pub fn within(&self, whole: Origin, range: Span) -> Origin {
        let next = self.pieces.partition_point(|(from, _)| *from <= range.start);
        let piece = next.checked_sub(1).and_then(|place| self.pieces.get(place)).copied();
        let (from, origin) = piece.unwrap_or((0, whole));
        let to = self.pieces.get(next).map_or(u32::try_from(self.text.len()).unwrap_or(u32::MAX), |(to, _)| *to);
        let verbatim = origin.span.end.saturating_sub(origin.span.start) == to.saturating_sub(from);
        if !verbatim {
            return origin;
        }
        let moved = |at: u32| origin.span.start.saturating_add(at.clamp(from, to).saturating_sub(from));
        Origin { file: origin.file, span: Span { start: moved(range.start), end: moved(range.end) } }
    }
}

/// A number as the language writes it in text: without an exponent, without a fraction when it is whole.
#[must_use]
pub fn number_text(number: f64) -> String {
    // Rust never writes an exponent, and writes whole numbers without a fraction. Both keep the sign of zero.
    format!("{number}")
}

/// The number that a text writes, as the language converts it.
#[must_use]
pub fn parse_number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
        .filter(|n: &f64| n.is_finite())
}
