//! The functions of the language (Terraform documentation, "Built-in Functions"). Those whose answer changes from run to
//! run are not evaluated, nor are those of providers.

mod collections;
mod encodings;
mod files;
mod format;
mod network;
mod numbers;
mod sets;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use unicode_width::UnicodeWidthChar as _;

use super::steps::{one_of, place_of};
use super::template::composed;
use super::{Evaluation, Evaluator, Failed, Place};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Items, Kind, Unknown, Value, Why};
use crate::syntax::hcl;

/// Why a function has no answer.
enum Stop {
    Failed(Failed),
    /// It needs something that is not known.
    Unknown(Arc<Unknown>),
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

type Answer = Result<Value, Stop>;

/// A function: it sees its arguments evaluated.
type Function = fn(&Arguments<'_, '_>) -> Answer;

/// The arguments of one call.
struct Arguments<'a, 'f> {
    evaluator: &'a Evaluator<'f>,
    place: Place<'a>,
    origin: Origin,
    name: &'a str,
    values: &'a [Value],
}

impl Arguments<'_, '_> {
    fn fail(&self, reason: impl std::fmt::Display) -> Stop {
        Stop::Failed(Failed::new(format!("`{}`: {reason}", self.name), self.origin))
    }

    fn get(&self, at: usize) -> Result<&Value, Stop> {
        self.values.get(at).ok_or_else(|| self.fail(format!("argument {} is missing", at + 1)))
    }

    /// An argument as text.
    fn text(&self, at: usize) -> Result<Cow<'_, str>, Stop> {
        let value = self.get(at)?;
        value.as_text().ok_or_else(|| self.unfit(value, at, "text"))
    }

    fn number(&self, at: usize) -> Result<f64, Stop> {
        let value = self.get(at)?;
        value.as_number().ok_or_else(|| self.unfit(value, at, "a number"))
    }

    /// An argument as a whole number from 0.
    fn place(&self, at: usize) -> Result<usize, Stop> {
        place_of(self.number(at)?).ok_or_else(|| self.fail(format!("argument {} is no whole number from 0", at + 1)))
    }

    /// An argument as the members of a list or set.
    fn items(&self, at: usize) -> Result<&Items, Stop> {
        let value = self.get(at)?;
        value.as_items().ok_or_else(|| self.unfit(value, at, "a list"))
    }

    /// An argument as a list or set of which every member is known to be there.
    fn whole(&self, at: usize) -> Result<&[Value], Stop> {
        let items = self.items(at)?;
        match &items.rest {
            Some(rest) => Err(Stop::Unknown(rest.clone())),
            None => Ok(&items.known),
        }
    }

    fn unfit(&self, value: &Value, at: usize, wanted: &str) -> Stop {
        match value.first_unknown() {
            Some(unknown) => Stop::Unknown(unknown.clone()),
            None => self.fail(format!("argument {} is {}, not {wanted}", at + 1, value.kind_name())),
        }
    }

    fn bool_value(&self, value: bool) -> Answer {
        Ok(Value::bool(value, self.origin))
    }

    fn text_value(&self, text: impl Into<Text>) -> Answer {
        let text: Text = text.into();
        self.evaluator.spend(text.len(), self.origin)?;
        let text = match composed(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(composed) => composed.into(),
        };
        Ok(Value::text(text, self.origin))
    }

    /// The characters of a text as a reader counts them. Where one is written with several code points, how many there
    /// are is not told.
    fn characters(&self, text: &str) -> Result<Vec<char>, Stop> {
        if text.is_ascii() || !text.chars().any(joins) {
            return Ok(text.chars().collect());
        }
        let limit = "characters that are put together of several are not counted".to_owned();
        Err(Failed::limit(limit, self.origin).into())
    }

    fn number_value(&self, number: f64) -> Answer {
        if number.is_finite() {
            Ok(Value::number(number, self.origin))
        } else {
            Err(self.fail("the result is no number"))
        }
    }

    /// Counts members that are made, before there are too many.
    fn members(&self, count: usize) -> Result<(), Stop> {
        self.evaluator.step(count, self.origin)?;
        self.at_most(count)
    }

    /// Stops when there are too many members.
    fn at_most(&self, count: usize) -> Result<(), Stop> {
        if count > super::MAX_MEMBERS {
            let limit = format!("`{}` makes more than {} members", self.name, super::MAX_MEMBERS);
            return Err(Failed::limit(limit, self.origin).into());
        }
        Ok(())
    }

    fn list_value(&self, known: Vec<Value>, rest: Option<Arc<Unknown>>) -> Answer {
        self.members(known.len())?;
        Ok(Value::new(Kind::List(Items { known: Arc::new(known), rest }), self.origin))
    }

    /// Whether two values are equal; what cannot be told stops.
    fn same(&self, a: &Value, b: &Value) -> Result<bool, Stop> {
        self.evaluator.same(a, b, self.origin)?.map_err(Stop::Unknown)
    }
}

/// Whether a code point may be a part of a character: a mark, a joiner, half of a flag, a skin, or a Korean letter.
fn joins(c: char) -> bool {
    !c.is_ascii() && c.width().is_none_or(|width| width == 0)
        || matches!(c, '\u{1100}'..='\u{11FF}' | '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}')
}

/// The function with a name.
fn function(name: &str) -> Option<Function> {
    [
        collections::function,
        sets::function,
        text::function,
        numbers::function,
        encodings::function,
        files::function,
        network::function,
        format::function,
    ]
    .iter()
    .find_map(|kind| kind(name))
}

impl Evaluator<'_> {
    /// A function call.
    pub(super) fn call(&self, call: &hcl::Call, place: Place<'_>, origin: Origin) -> Evaluation {
        let name = call.name.strip_prefix("core::").unwrap_or(&call.name);
        match name {
            "try" => return self.try_each(call, place, origin),
            "can" => return self.can(call, place, origin),
            _ => {}
        }
        let mut values = Vec::with_capacity(call.arguments.len());
        for (at, argument) in call.arguments.iter().enumerate() {
            let value = self.expression(argument, place)?;
            if !call.expand_last || at + 1 < call.arguments.len() {
                values.push(value);
                continue;
            }
            match &value.kind {
                Kind::List(items) | Kind::Set(items) => {
                    values.extend(items.known.iter().cloned());
                    // What else there may be is one more argument of which nothing is known.
                    values.extend(items.rest.as_ref().map(|rest| Value::new(Kind::Unknown(rest.clone()), origin)));
                }
                Kind::Unknown(_) => values.push(value),
                _ => return Err(Failed::new("only a list can be expanded with `...`", origin)),
            }
        }
        let Some(function) = function(name) else {
            return Ok(Value::unknown(Why::Function { name: call.name.clone() }, origin));
        };
        self.apply(function, name, &values, place, origin)
    }

    /// Calls a function. Where one argument is one of several values, the answer is one of their answers.
    fn apply(&self, function: Function, name: &str, values: &[Value], place: Place<'_>, origin: Origin) -> Evaluation {
        let open = values.iter().position(|value| value.as_unknown().is_some_and(|own| !own.candidates.is_empty()));
        if let Some((at, unknown)) = open.and_then(|at| Some((at, values.get(at)?.as_unknown()?.clone()))) {
            let mut answers = Vec::new();
            for candidate in &unknown.candidates {
                self.step(values.len() + 1, origin)?;
                let mut own = values.to_vec();
                if let Some(slot) = own.get_mut(at) {
                    *slot = candidate.clone();
                }
                if let Ok(answer) = self.deeper(origin, || self.apply(function, name, &own, place, origin)) {
                    answers.push(answer);
                }
            }
            return Ok(one_of(&unknown, answers, origin));
        }
        self.step(values.len(), origin)?;
        match function(&Arguments { evaluator: self, place, origin, name, values }) {
            Ok(value) => Ok(value),
            Err(Stop::Failed(failed)) => Err(failed),
            Err(Stop::Unknown(unknown)) => {
                let unknown = Unknown { candidates: Vec::new(), ..Unknown::clone(&unknown) };
                Ok(Value::new(Kind::Unknown(Arc::new(unknown)), origin))
            }
        }
    }

    /// The first argument that does not fail. A limit is no failure of the expression, so it is passed on.
    fn try_each(&self, call: &hcl::Call, place: Place<'_>, origin: Origin) -> Evaluation {
        let mut last = Failed::new("no argument of `try` can be evaluated", origin);
        for argument in &call.arguments {
            match self.expression(argument, place) {
                Ok(value) if !failed(&value) => return Ok(value),
                Ok(value) => last = Failed { why: failure(&value), origin: value.origin },
                Err(failed) if matches!(failed.why, Why::Limit { .. }) => return Err(failed),
                Err(failed) => last = failed,
            }
        }
        Err(last)
    }

    fn can(&self, call: &hcl::Call, place: Place<'_>, origin: Origin) -> Evaluation {
        let Some(argument) = call.arguments.first() else {
            return Err(Failed::new("`can` takes one argument", origin));
        };
        match self.expression(argument, place) {
            Ok(value) if failed(&value) => Ok(Value::bool(false, origin)),
            Ok(value) => match value.as_unknown() {
                Some(unknown) => Ok(Value::new(Kind::Unknown(unknown.clone()), origin)),
                None => Ok(Value::bool(true, origin)),
            },
            Err(failed) if matches!(failed.why, Why::Limit { .. }) => Err(failed),
            Err(_) => Ok(Value::bool(false, origin)),
        }
    }
}

/// Whether a value comes from an expression that failed, as a local that others refer to.
fn failed(value: &Value) -> bool {
    value.as_unknown().is_some_and(|unknown| matches!(unknown.why, Why::Fails { .. }))
}

fn failure(value: &Value) -> Why {
    let none = || Why::Fails { reason: "the expression fails".into() };
    value.as_unknown().map_or_else(none, |unknown| unknown.why.clone())
}
