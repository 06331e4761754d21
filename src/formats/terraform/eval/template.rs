//! Templates: text with places to fill in. What is not known stays a part of the text.

use std::borrow::Cow;
use std::sync::Arc;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::expression::elements;
use super::{Evaluation, Evaluator, Failed, MAX_TEXT, Names, Place};
use crate::facts::Origin;
use crate::formats::configuration::value::{Kind, Part, Unknown, Value, Written};
use crate::syntax::hcl::TemplatePart;

/// What a part that is not known counts towards the length of a text, in bytes.
const UNKNOWN_LENGTH: usize = 64;

/// A text while it is put together. Neighbours from one place are one part.
#[derive(Default)]
pub(super) struct Builder {
    parts: Vec<Piece>,
    length: usize,
}

/// A text as the language keeps it: in Unicode's normal form C, so that what looks the same is the same.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfc().normalize(text) }
}

enum Piece {
    Known(String, Origin),
    Unknown(Arc<Unknown>),
}

impl Builder {
    pub(super) fn text(&mut self, text: &str, origin: Origin) -> Result<(), Failed> {
        self.length = self.length.saturating_add(text.len());
        if self.length > MAX_TEXT {
            return Err(Failed::limit(format!("a text grows over {} MB here", MAX_TEXT / 1_048_576), origin));
        }
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            // A literal that is repeated is not one text from one place; encoded text is.
            Some(Piece::Known(own, at)) if *at == origin => own.push_str(text),
            _ => self.parts.push(Piece::Known(text.to_owned(), origin)),
        }
        Ok(())
    }

    /// Adds a part that is not known. The same twice in a row says no more than once.
    pub(super) fn unknown(&mut self, unknown: &Arc<Unknown>) -> Result<(), Failed> {
        if matches!(self.parts.last(), Some(Piece::Unknown(last)) if Arc::ptr_eq(last, unknown)) {
            return Ok(());
        }
        self.length = self.length.saturating_add(UNKNOWN_LENGTH);
        if self.length > MAX_TEXT {
            return Err(Failed::limit("a text has too many parts that are not known".to_owned(), unknown.origin));
        }
        self.parts.push(Piece::Unknown(unknown.clone()));
        Ok(())
    }

    /// Adds a scalar; false for what is not one.
    pub(super) fn value(&mut self, value: &Value) -> Result<bool, Failed> {
        if let Kind::Text(written) = &value.kind {
            let pieces = &written.pieces;
            if pieces.is_empty() {
                self.text(&written.text, value.origin)?;
            }
            for (number, (from, origin)) in pieces.iter().enumerate() {
                let to = pieces.get(number + 1).map_or(written.text.len(), |(to, _)| *to as usize);
                self.text(written.text.get(*from as usize..to).unwrap_or_default(), *origin)?;
            }
            return Ok(true);
        }
        let Some(parts) = value.parts() else { return Ok(false) };
        for part in parts.iter() {
            match part {
                Part::Known(text, origin) => self.text(text, *origin)?,
                Part::Unknown(unknown) => self.unknown(unknown)?,
            }
        }
        Ok(true)
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn finish(self, origin: Origin) -> Value {
        if self.parts.iter().any(|part| matches!(part, Piece::Unknown(_))) {
            if let [Piece::Unknown(only)] = self.parts.as_slice() {
                return Value::new(Kind::Unknown(only.clone()), origin);
            }
            let parts = self.parts.into_iter().map(|part| match part {
                Piece::Known(text, at) => Part::Known(text.into(), at),
                Piece::Unknown(unknown) => Part::Unknown(unknown),
            });
            return Value::new(Kind::Template(parts.collect()), origin);
        }
        let mut text = String::with_capacity(self.length);
        let mut pieces = Vec::new();
        for part in &self.parts {
            if let Piece::Known(own, at) = part {
                pieces.push((u32::try_from(text.len()).unwrap_or(u32::MAX), *at));
                text.push_str(own);
            }
        }
        let text = match composed(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(composed) => {
                pieces.clear();
                composed
            }
        };
        let told = pieces.len() <= 1 && pieces.iter().all(|(_, at)| *at == origin);
        let pieces = if told { Arc::from([]) } else { pieces.into() };
        Value::new(Kind::Text(Written { text: text.into(), pieces }), origin)
    }
}

impl Evaluator<'_> {
    /// The value of a template. One that is a lone interpolation has the value itself, whatever kind that is.
    pub(super) fn template(&self, parts: &[TemplatePart], place: Place<'_>, origin: Origin) -> Evaluation {
        if let [TemplatePart::Interpolation(only)] = parts {
            return self.expression(only, place);
        }
        let mut builder = Builder::default();
        self.fill(parts, place, &mut builder)?;
        self.spend(builder.length(), origin)?;
        Ok(builder.finish(origin))
    }

    fn fill(&self, parts: &[TemplatePart], place: Place<'_>, builder: &mut Builder) -> Result<(), Failed> {
        for part in parts {
            match part {
                TemplatePart::Text(text, span) => {
                    self.step(1, place.at(*span))?;
                    builder.text(text, place.at(*span))?;
                }
                TemplatePart::Interpolation(own) => {
                    let value = self.expression(own, place)?;
                    if let Kind::Number(number) = value.kind {
                        self.digits(number, place.at(own.span))?;
                    }
                    self.interpolate(&value, place.at(own.span), builder)?;
                }
                TemplatePart::If(own) => {
                    let decided = self.expression(&own.condition, place)?;
                    match (decided.as_bool(), decided.first_unknown()) {
                        (Some(true), _) => self.fill(&own.then, place, builder)?,
                        (Some(false), _) => self.fill(&own.otherwise, place, builder)?,
                        (None, Some(unknown)) => builder.unknown(unknown)?,
                        (None, None) => return Err(Failed::new("a condition is not true or false", decided.origin)),
                    }
                }
                TemplatePart::For(own) => {
                    let over = self.expression(&own.collection, place)?;
                    let origin = place.at(own.collection.span);
                    let Some(elements) = elements(&over) else {
                        match over.first_unknown() {
                            Some(unknown) => builder.unknown(unknown)?,
                            None => return Err(Failed::new("`for` walks lists, sets and maps", origin)),
                        }
                        continue;
                    };
                    self.step(elements.len(), origin)?;
                    for (key, value) in elements {
                        let mut names = vec![(own.value.clone(), value)];
                        names.extend(own.key.iter().map(|name| (name.clone(), key.clone())));
                        let names = Names { own: &names, outer: place.names, rest: None };
                        self.fill(&own.result, Place { names: Some(&names), ..place }, builder)?;
                    }
                    if let Some(rest) = over.rest() {
                        builder.unknown(rest)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Puts a value into text: what is not text, a number or a boolean fails.
    fn interpolate(&self, value: &Value, origin: Origin, builder: &mut Builder) -> Result<(), Failed> {
        if builder.value(value)? {
            return Ok(());
        }
        Err(Failed::new(format!("{} cannot stand in text", value.kind_name()), origin))
    }
}
