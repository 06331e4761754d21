//! Operators (Terraform documentation, "Arithmetic and Logical Operators"), with what follows when an operand is not
//! known.

use std::sync::Arc;

use super::digits::exactly;
use super::steps::one_of;
use super::{Evaluation, Evaluator, Failed, Place};
use crate::facts::Origin;
use crate::formats::configuration::value::{Kind, Part, Unknown, Value};
use crate::syntax::hcl::{BinaryOperator as Operator, Expression, UnaryOperator};

impl Evaluator<'_> {
    pub(super) fn unary(&self, operator: UnaryOperator, value: &Value, origin: Origin) -> Evaluation {
        if let Some(unknown) = value.first_unknown() {
            return Ok(Value::new(Kind::Unknown(unknown_of(unknown)), origin));
        }
        match operator {
            UnaryOperator::Not => match value.as_bool() {
                Some(value) => Ok(Value::bool(!value, origin)),
                None => Err(Failed::new(format!("`!` takes true or false, not {}", value.kind_name()), origin)),
            },
            UnaryOperator::Negate => match value.as_number() {
                Some(value) => Ok(Value::number(-value, origin)),
                None => Err(Failed::new(format!("`-` takes a number, not {}", value.kind_name()), origin)),
            },
        }
    }

    pub(super) fn binary(
        &self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
        place: Place<'_>,
        origin: Origin,
    ) -> Evaluation {
        let left = self.expression(left, place);
        if let Operator::And | Operator::Or = operator {
            let right = self.expression(right, place);
            return logical(operator, left, right, origin);
        }
        let (left, right) = (left?, self.expression(right, place)?);
        match operator {
            Operator::Equal | Operator::NotEqual => {
                let wanted = operator == Operator::Equal;
                match self.same(&left, &right, origin)? {
                    Ok(same) => Ok(Value::bool(same == wanted, origin)),
                    Err(unknown) => Ok(Value::new(Kind::Unknown(unknown_of(&unknown)), origin)),
                }
            }
            _ => arithmetic(operator, &left, &right, origin),
        }
    }

    /// Whether two values are equal, as `==` has it: the kinds must be the same, and null equals null. Err of the inner
    /// result when that cannot be told.
    pub(super) fn same(&self, a: &Value, b: &Value, origin: Origin) -> Result<Result<bool, Arc<Unknown>>, Failed> {
        self.step(1, origin)?;
        match (&a.kind, &b.kind) {
            (Kind::Unknown(unknown), _) | (_, Kind::Unknown(unknown)) => {
                let other = if a.as_unknown().is_some() { b } else { a };
                // When all that it can be is different, it is not equal.
                if !unknown.candidates.is_empty() {
                    let mut answers = Vec::new();
                    for own in &unknown.candidates {
                        answers.push(self.same(own, other, origin)?.ok());
                    }
                    if let Some(Some(first)) = answers.first().copied()
                        && answers.iter().all(|answer| *answer == Some(first))
                    {
                        return Ok(Ok(first));
                    }
                }
                Ok(Err(unknown.clone()))
            }
            (Kind::Null, Kind::Null) => Ok(Ok(true)),
            (Kind::Null, _) | (_, Kind::Null) => Ok(Ok(false)),
            (Kind::Bool(a), Kind::Bool(b)) => Ok(Ok(a == b)),
            (Kind::Number(a), Kind::Number(b)) => Ok(Ok(a == b)),
            (Kind::Text(a), Kind::Text(b)) => Ok(Ok(a.text == b.text)),
            (Kind::Template(parts), Kind::Text(text)) | (Kind::Text(text), Kind::Template(parts)) => {
                if can_be(parts, &text.text) { Ok(Err(first(parts, a, b))) } else { Ok(Ok(false)) }
            }
            (Kind::Template(parts), Kind::Template(_)) => Ok(Err(first(parts, a, b))),
            (Kind::List(x), Kind::List(y)) | (Kind::Set(x), Kind::Set(y)) => {
                if let Some(rest) = x.rest.as_ref().or(y.rest.as_ref()) {
                    return Ok(Err(rest.clone()));
                }
                if x.known.len() != y.known.len() {
                    return Ok(Ok(false));
                }
                self.all_same(x.known.iter().zip(y.known.iter()), origin)
            }
            (Kind::Map(x), Kind::Map(y)) => {
                if let Some(rest) = x.rest.as_ref().or(y.rest.as_ref()) {
                    return Ok(Err(rest.clone()));
                }
                if !x.known.keys().eq(y.known.keys()) {
                    return Ok(Ok(false));
                }
                let pairs = x.known.values().zip(y.known.values()).map(|(a, b)| (&a.value, &b.value));
                self.all_same(pairs, origin)
            }
            _ => Ok(Ok(false)),
        }
    }

    fn all_same<'v>(
        &self,
        pairs: impl Iterator<Item = (&'v Value, &'v Value)>,
        origin: Origin,
    ) -> Result<Result<bool, Arc<Unknown>>, Failed> {
        let mut open = None;
        for (a, b) in pairs {
            match self.same(a, b, origin)? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(false)),
                Err(unknown) => open = Some(unknown),
            }
        }
        Ok(open.map_or(Ok(true), Err))
    }
}

/// An answer that is not known for this reason; what the operand can be says nothing of it.
fn unknown_of(unknown: &Unknown) -> Arc<Unknown> {
    Arc::new(Unknown { why: unknown.why.clone(), origin: unknown.origin, candidates: Vec::new() })
}

fn first(parts: &[Part], a: &Value, b: &Value) -> Arc<Unknown> {
    let own = parts.iter().find_map(|part| match part {
        Part::Unknown(unknown) => Some(unknown.clone()),
        Part::Known(..) => None,
    });
    // A template always has an unknown part.
    own.or_else(|| a.first_unknown().or(b.first_unknown()).cloned()).unwrap_or_else(|| {
        let why = crate::formats::configuration::value::Why::Fails { reason: "the text is not known".into() };
        Arc::new(Unknown { why, origin: a.origin, candidates: Vec::new() })
    })
}

/// Whether a text that is known in part can be a given text, by how it starts and ends.
fn can_be(parts: &[Part], text: &str) -> bool {
    let starts = match parts.first() {
        Some(Part::Known(own, _)) => text.starts_with(&**own),
        _ => true,
    };
    let ends = match parts.last() {
        Some(Part::Known(own, _)) => text.ends_with(&**own),
        _ => true,
    };
    starts && ends
}

/// `&&` and `||`: one operand may decide alone.
fn logical(operator: Operator, left: Evaluation, right: Evaluation, origin: Origin) -> Evaluation {
    let decides = operator == Operator::Or;
    let known = |side: &Evaluation| side.as_ref().ok().and_then(Value::as_bool);
    if known(&left) == Some(decides) || known(&right) == Some(decides) && left.is_ok() {
        return Ok(Value::bool(decides, origin));
    }
    let (left, right) = (left?, right?);
    if let Some(unknown) = left.first_unknown().or(right.first_unknown()) {
        return Ok(Value::new(Kind::Unknown(unknown_of(unknown)), origin));
    }
    match (left.as_bool(), right.as_bool()) {
        (Some(_), Some(_)) => Ok(Value::bool(!decides, origin)),
        _ => Err(Failed::new("`&&` and `||` take true or false", origin)),
    }
}

fn arithmetic(operator: Operator, left: &Value, right: &Value, origin: Origin) -> Evaluation {
    let open = [left, right].into_iter().filter_map(Value::as_unknown).find(|unknown| !unknown.candidates.is_empty());
    if let Some(unknown) = open {
        // Each value that it can be has its answer.
        let pairs = left.candidates().iter().flat_map(|a| right.candidates().iter().map(move |b| (a, b)));
        let answers = pairs.filter_map(|(a, b)| arithmetic(operator, a, b, origin).ok()).collect();
        return Ok(one_of(unknown, answers, origin));
    }
    if let Some(unknown) = left.first_unknown().or(right.first_unknown()) {
        return Ok(Value::new(Kind::Unknown(unknown_of(unknown)), origin));
    }
    let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
        let reason = format!("numbers are needed here, not {} and {}", left.kind_name(), right.kind_name());
        return Err(Failed::new(reason, origin));
    };
    let number = |value: f64| {
        if value.is_finite() { Ok(Value::number(value, origin)) } else { Err(Failed::new("division by zero", origin)) }
    };
    if let Operator::Add | Operator::Subtract | Operator::Multiply = operator {
        return number(exactly(operator, a, b, origin)?);
    }
    match operator {
        Operator::Less => Ok(Value::bool(a < b, origin)),
        Operator::LessOrEqual => Ok(Value::bool(a <= b, origin)),
        Operator::Greater => Ok(Value::bool(a > b, origin)),
        Operator::GreaterOrEqual => Ok(Value::bool(a >= b, origin)),
        Operator::Divide => number(a / b),
        _ => number(a % b),
    }
}
