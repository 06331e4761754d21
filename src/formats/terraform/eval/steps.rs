//! Reading members: `.name`, `[key]`, `.*` and `[*]`.

use std::sync::Arc;

use super::{Evaluation, Evaluator, Failed, Place};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Items, Kind, Members, Reference, Unknown, Value, Why, number_text};
use crate::syntax::hcl::{Step, StepKind};

impl Evaluator<'_> {
    /// Applies steps one after the other; a splat takes those that belong to it.
    pub(super) fn steps(&self, base: Value, steps: &[Step], place: Place<'_>) -> Evaluation {
        let mut value = base;
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            let origin = place.at(step.span);
            rest = after;
            value = match &step.kind {
                StepKind::Attribute(name) => self.attribute(&value, name, origin)?,
                StepKind::Index(index) => {
                    let key = self.expression(index, place)?;
                    self.index(&value, &key, origin)?
                }
                StepKind::AttributeSplat => {
                    let own = after.iter().take_while(|step| matches!(step.kind, StepKind::Attribute(_))).count();
                    let (own, others) = after.split_at_checked(own).unwrap_or((after, &[]));
                    rest = others;
                    self.splat(&value, own, place, origin)?
                }
                StepKind::FullSplat => {
                    rest = &[];
                    self.splat(&value, after, place, origin)?
                }
            };
        }
        Ok(value)
    }

    /// The attribute of an object, or what can be said of it.
    pub(super) fn attribute(&self, value: &Value, name: &str, origin: Origin) -> Evaluation {
        self.step(1, origin)?;
        match &value.kind {
            Kind::Map(members) => self.member(members, name, false, origin),
            Kind::Unknown(unknown) => {
                self.each_candidate(unknown, origin, Some(name), |own| self.attribute(own, name, origin))
            }
            // A number after a dot is an index, as in older configurations.
            Kind::List(items) => match name.parse::<usize>() {
                Ok(at) => item(items, at, origin),
                Err(_) => Err(Failed::new(format!("{} has no attribute `{name}`", value.kind_name()), origin)),
            },
            _ => Err(Failed::new(format!("{} has no attribute `{name}`", value.kind_name()), origin)),
        }
    }

    /// The element at a place or key.
    pub(super) fn index(&self, value: &Value, key: &Value, origin: Origin) -> Evaluation {
        self.step(1, origin)?;
        if let Kind::Unknown(unknown) = &value.kind {
            let step = key.as_text().map(|key| match key.parse::<u64>() {
                Ok(_) => format!("[{key}]"),
                Err(_) => key.into_owned(),
            });
            return self.each_candidate(unknown, origin, step.as_deref(), |own| self.index(own, key, origin));
        }
        let not_known = match &key.kind {
            Kind::Unknown(unknown) => Some(unknown.clone()),
            Kind::Template(_) => key.first_unknown().cloned(),
            _ => None,
        };
        match &value.kind {
            Kind::Map(members) => match (not_known, key.as_text()) {
                (Some(unknown), _) => {
                    // Whichever key it is, the value is one of these.
                    let mut candidates: Vec<Value> = Vec::new();
                    for own in members.known.values() {
                        if !candidates.contains(&own.value) && candidates.len() < MAX_CANDIDATES {
                            candidates.push(own.value.clone());
                        }
                    }
                    let all = members.rest.is_none() && candidates.len() < MAX_CANDIDATES;
                    Ok(one_of(&unknown, if all { candidates } else { Vec::new() }, origin))
                }
                (None, Some(key)) => self.member(members, &key, true, origin),
                (None, None) => Err(Failed::new("a map is read by a key that is text", origin)),
            },
            Kind::List(items) => match (not_known, key.as_number()) {
                (Some(unknown), _) => {
                    let few = items.known.len() < MAX_CANDIDATES && items.rest.is_none();
                    Ok(one_of(&unknown, if few { items.known.to_vec() } else { Vec::new() }, origin))
                }
                (None, Some(at)) => match place_of(at) {
                    Some(at) => item(items, at, origin),
                    None => Err(Failed::new("a list is read by a whole number from 0", origin)),
                },
                (None, None) => Err(Failed::new("a list is read by a number", origin)),
            },
            _ => Err(Failed::new(format!("{} has no members", value.kind_name()), origin)),
        }
    }

    fn member(&self, members: &Members, name: &str, by_index: bool, origin: Origin) -> Evaluation {
        let own = members.known.get(name);
        // An object that stands for a resource: what its block does not set, the provider fills in.
        let of_resource = members.rest.as_deref().and_then(|rest| match &rest.why {
            Why::AfterApply(reference) | Why::Data(reference) if rest.candidates.is_empty() => Some((rest, reference)),
            _ => None,
        });
        if let Some((rest, reference)) = of_resource {
            let reference = deeper(reference, name);
            return Ok(match own.filter(|own| !own.value.is_null()) {
                Some(own) => own.value.clone().with_reference(Arc::new(reference)),
                None => Value::unknown(with_reference(&rest.why, reference), origin),
            });
        }
        match (own, &members.rest) {
            (Some(own), _) => Ok(own.value.clone()),
            (None, Some(rest)) => match rest.candidates.as_slice() {
                [only] if by_index => Ok(only.clone()),
                _ => Ok(Value::new(Kind::Unknown(rest.clone()), origin)),
            },
            (None, None) => Err(Failed::new(format!("there is no member `{name}`"), origin)),
        }
    }

    /// Does something to each value that an unknown one can have; without candidates, says what is read of it.
    pub(super) fn each_candidate(
        &self,
        unknown: &Arc<Unknown>,
        origin: Origin,
        step: Option<&str>,
        work: impl Fn(&Value) -> Evaluation,
    ) -> Evaluation {
        if unknown.candidates.is_empty() {
            let why = match (&unknown.why, step) {
                (Why::AfterApply(reference) | Why::Data(reference), Some(step)) => {
                    with_reference(&unknown.why, deeper(reference, step))
                }
                (why, _) => why.clone(),
            };
            return Ok(Value::unknown(why, unknown.origin));
        }
        // A candidate without the member would fail; another one counts then.
        let candidates: Vec<Value> = unknown.candidates.iter().filter_map(|own| work(own).ok()).collect();
        Ok(one_of(unknown, candidates, origin))
    }

    /// What is done to each element (HCL specification, "Splat Operators"): null has none, any other value is one.
    fn splat(&self, value: &Value, steps: &[Step], place: Place<'_>, origin: Origin) -> Evaluation {
        let (items, rest) = match &value.kind {
            Kind::Null => (&[][..], None),
            Kind::List(items) | Kind::Set(items) => (items.known.as_slice(), items.rest.as_ref().map(Unknown::bare)),
            Kind::Unknown(unknown) => {
                if unknown.candidates.is_empty() {
                    let none = Items { known: Arc::default(), rest: Some(unknown.clone()) };
                    return Ok(Value::new(Kind::List(none), origin));
                }
                return self.each_candidate(unknown, origin, None, |own| self.splat(own, steps, place, origin));
            }
            _ => (std::slice::from_ref(value), None),
        };
        self.step(items.len(), origin)?;
        let known = items.iter().map(|item| self.steps(item.clone(), steps, place)).collect::<Result<Vec<_>, _>>()?;
        Ok(Value::new(Kind::List(Items { known: Arc::new(known), rest }), origin))
    }
}

/// Most values that are kept for one that is not known.
pub(super) const MAX_CANDIDATES: usize = 16;

/// A value that is one of several. Equal ones count once; of one alone it is known.
pub(super) fn one_of(unknown: &Unknown, candidates: Vec<Value>, origin: Origin) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for own in candidates {
        // Candidates of candidates are candidates, so that they never nest.
        for own in own.candidates() {
            if !distinct.iter().any(|known| known.kind == own.kind) {
                distinct.push(own.clone());
            }
        }
    }
    if distinct.len() == 1
        && let Some(only) = distinct.pop()
    {
        return only;
    }
    if distinct.len() > MAX_CANDIDATES || distinct.iter().any(|own| own.as_unknown().is_some()) {
        distinct.clear();
    }
    let unknown = Unknown { why: unknown.why.clone(), origin: unknown.origin, candidates: distinct };
    Value::new(Kind::Unknown(Arc::new(unknown)), origin)
}

fn item(items: &Items, at: usize, origin: Origin) -> Evaluation {
    match (items.known.get(at), &items.rest) {
        (Some(own), _) => Ok(own.clone()),
        (None, Some(rest)) => match rest.candidates.as_slice() {
            [only] => Ok(only.clone()),
            _ => Ok(Value::new(Kind::Unknown(rest.clone()), origin)),
        },
        (None, None) => Err(Failed::new(format!("there is no element {at}"), origin)),
    }
}

/// A whole number as a place.
pub(super) fn place_of(number: f64) -> Option<usize> {
    if number.fract() != 0.0 || !(0.0..=1e15).contains(&number) {
        return None;
    }
    number_text(number.abs()).parse().ok()
}

fn deeper(reference: &Reference, step: &str) -> Reference {
    let attribute: Text = match (&*reference.attribute, step.starts_with('[')) {
        ("", _) => step.into(),
        (path, true) => format!("{path}{step}").into(),
        (path, false) => format!("{path}.{step}").into(),
    };
    // An instance whose key is not known stays that instance, whatever key is asked for.
    if reference.attribute.is_empty() && reference.address.ends_with("[?]") && step.starts_with('[') {
        return reference.clone();
    }
    Reference { attribute, ..reference.clone() }
}

/// The same kind of reason, about another attribute.
pub(super) fn with_reference(why: &Why, reference: Reference) -> Why {
    match why {
        Why::Data(_) => Why::Data(reference),
        _ => Why::AfterApply(reference),
    }
}
