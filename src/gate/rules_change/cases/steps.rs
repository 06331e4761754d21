//! Makes documents: seeds, their neighbours, and some at random.

use serde_json::{Map, Value, json};

use super::domain::Domain;
use super::shape::{Field, Shape};

/// One step from a document: where, and what stands there afterwards. Documents are only made of the steps that are taken.
struct Edit<'s> {
    /// From the place itself outwards.
    at: Vec<Part<'s>>,
    /// `None` takes the field or the element away.
    becomes: Option<Value>,
}

#[derive(Clone, Copy)]
enum Part<'s> {
    Field(&'s str),
    /// An element; the one behind the last is a new one.
    Item(usize),
}

impl<'s> Edit<'s> {
    fn here(value: Value) -> Self {
        Self { at: Vec::new(), becomes: Some(value) }
    }

    fn inside(mut self, part: Part<'s>) -> Self {
        self.at.push(part);
        self
    }

    /// The document after the step.
    fn of(&self, document: &Value) -> Value {
        let Some((last, outer)) = self.at.split_first() else { return self.becomes.clone().unwrap_or_default() };
        let mut document = document.clone();
        let mut place = Some(&mut document);
        for part in outer.iter().rev() {
            place = place.and_then(|value| match *part {
                Part::Field(name) => value.get_mut(name),
                Part::Item(n) => value.get_mut(n),
            });
        }
        match (place, *last) {
            (Some(Value::Object(fields)), Part::Field(name)) => match &self.becomes {
                Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
                None => drop(fields.remove(name)),
            },
            (Some(Value::Array(items)), Part::Item(n)) => match (&self.becomes, items.get_mut(n)) {
                (Some(value), Some(item)) => *item = value.clone(),
                (Some(value), None) => items.push(value.clone()),
                (None, Some(_)) => drop(items.remove(n)),
                (None, None) => {}
            },
            _ => {}
        }
        document
    }
}

/// Makes documents of one shape. The same text and tree make the same documents.
pub(super) struct Maker<'a> {
    shape: &'a Shape,
    domain: &'a Domain<'a>,
    state: u64,
}

impl<'a> Maker<'a> {
    pub(super) fn new(shape: &'a Shape, domain: &'a Domain<'a>, seed: u64) -> Self {
        Self { shape, domain, state: seed | 1 }
    }

    /// A bare document, one with everything in it once, and one with everything twice.
    pub(super) fn seeds(&self) -> Vec<Value> {
        [0, 1, 2].map(|length| self.plain(self.shape, "", length, 0)).to_vec()
    }

    /// The documents one step away from some: one field with another value, one element more or less. With what is
    /// left of `most`, documents two steps away. Also whether there were more single steps than that.
    pub(super) fn neighbours(&mut self, of: &[Value], most: usize) -> (Vec<Value>, bool) {
        let each: Vec<Vec<Edit<'_>>> = of.iter().map(|document| self.steps(self.shape, document, "")).collect();
        let longest = each.iter().map(Vec::len).max().unwrap_or_default();
        // In turns, so that a cut takes from the end of all and not from the last.
        let turns =
            (0..longest).flat_map(|n| of.iter().zip(&each).filter_map(move |(own, all)| Some((own, all.get(n)?))));
        let mut near: Vec<Value> = turns.take(most).map(|(document, edit)| edit.of(document)).collect();
        let cut = each.iter().map(Vec::len).sum::<usize>() > most;
        let single = near.len();
        if single > 0 {
            while near.len() < most {
                let from = near.get(self.below(single)).cloned().unwrap_or_default();
                let steps = self.steps(self.shape, &from, "");
                if steps.is_empty() {
                    break;
                }
                // Several second steps from one first: looking for them costs more than asking.
                let picked: Vec<usize> = (0..6.min(steps.len())).map(|_| next(&mut self.state, steps.len())).collect();
                near.extend(picked.into_iter().filter_map(|n| Some(steps.get(n)?.of(&from))));
            }
        }
        near.truncate(most);
        (near, cut)
    }

    /// Documents at random, with a liking for what the modules mention.
    pub(super) fn random(&mut self, most: usize) -> Vec<Value> {
        (0..most).map(|_| self.any(self.shape, "", 0)).collect()
    }

    /// The next number of a xorshift sequence, below a bound: chance would not be repeatable.
    fn below(&mut self, bound: usize) -> usize {
        next(&mut self.state, bound)
    }

    /// The plainest value of a shape, with lists of a length. `number` tells elements of one list apart.
    fn plain(&self, shape: &Shape, name: &str, length: usize, number: usize) -> Value {
        match shape {
            Shape::Object(fields) => Value::Object(
                fields
                    .iter()
                    .filter(|field| field.required || length > 0)
                    .map(|field| (field.name.clone(), self.plain(&field.shape, &field.name, length, number)))
                    .collect(),
            ),
            Shape::List(inner) => {
                Value::Array((0..length).map(|number| self.plain(inner, name, length.min(1), number)).collect())
            }
            Shape::Map(_) => json!({}),
            Shape::Text(examples) => {
                let all = self.domain.texts(name, examples);
                // Ids differ between elements; words with a meaning are the same in all of them.
                let first = if examples.is_empty() || examples.iter().any(|word| word.ends_with(":x")) {
                    if name == "severity" { "high".to_owned() } else { format!("{name}-{number}") }
                } else {
                    all.into_iter().find(|word| examples.contains(word)).unwrap_or_default()
                };
                Value::String(first)
            }
            Shape::Number { instant: true } => {
                json!(self.domain.numbers(name, true).first().copied().unwrap_or_default())
            }
            Shape::Number { instant: false } => json!(90),
            Shape::Flag => json!(false),
        }
    }

    /// Every step from a value.
    fn steps<'s>(&self, shape: &'s Shape, value: &Value, name: &str) -> Vec<Edit<'s>> {
        match (shape, value) {
            (Shape::Object(fields), Value::Object(known)) => fields
                .iter()
                .filter(|field| self.worth(field))
                .flat_map(|field| self.field_steps(field, known))
                .collect(),
            (Shape::List(inner), Value::Array(items)) => self.list_steps(inner, items, name),
            (Shape::Map(inner), Value::Object(_)) => {
                let mut all = vec![json!({})];
                for key in self.domain.keys() {
                    let inner = match &**inner {
                        Shape::List(_) => ["*", "alpha", "beta"].map(|text| json!([text])).to_vec(),
                        inner => vec![self.plain(inner, &key, 1, 0)],
                    };
                    all.extend(inner.into_iter().map(|value| json!({ key.as_str(): value })));
                }
                all.into_iter().filter(|new| new != value).map(Edit::here).collect()
            }
            _ => self.leaves(shape, name).into_iter().filter(|new| new != value).map(Edit::here).collect(),
        }
    }

    fn field_steps<'s>(&self, field: &'s Field, known: &Map<String, Value>) -> Vec<Edit<'s>> {
        let part = Part::Field(&field.name);
        let mut all = Vec::new();
        match known.get(&field.name) {
            Some(value) => {
                if !field.required {
                    all.push(Edit { at: vec![part], becomes: None });
                }
                all.extend(self.steps(&field.shape, value, &field.name).into_iter().map(|edit| edit.inside(part)));
            }
            None => {
                let plain = self.plain(&field.shape, &field.name, 1, 0);
                let steps = self.steps(&field.shape, &plain, &field.name);
                let further: Vec<Value> = steps.iter().map(|edit| edit.of(&plain)).collect();
                all.extend([plain].into_iter().chain(further).map(|value| Edit::here(value).inside(part)));
            }
        }
        all
    }

    fn list_steps<'s>(&self, inner: &'s Shape, items: &[Value], name: &str) -> Vec<Edit<'s>> {
        let mut all = Vec::new();
        for (n, item) in items.iter().enumerate().take(3) {
            let part = Part::Item(n);
            all.extend(self.steps(inner, item, name).into_iter().map(|edit| edit.inside(part)));
            all.push(Edit { at: vec![part], becomes: None });
        }
        let fresh = |n: usize| self.plain(inner, name, 1, n);
        for length in self.domain.lengths(name) {
            let items = items.iter().cloned().chain((items.len()..).map(fresh)).take(length).collect();
            all.push(Edit::here(Value::Array(items)));
        }
        // One more that differs from the plain one in one step.
        let more = fresh(items.len());
        let steps = self.steps(inner, &more, name);
        all.extend(steps.iter().map(|edit| Edit::here(edit.of(&more)).inside(Part::Item(items.len()))));
        all
    }

    /// All values that are tried for a single value.
    fn leaves(&self, shape: &Shape, name: &str) -> Vec<Value> {
        match shape {
            Shape::Text(examples) => self.domain.texts(name, examples).into_iter().map(Value::String).collect(),
            Shape::Number { instant } => self.domain.numbers(name, *instant).into_iter().map(Value::from).collect(),
            Shape::Flag => vec![json!(true), json!(false)],
            _ => Vec::new(),
        }
    }

    /// Whether some module may read a field, or one inside it.
    fn worth(&self, field: &Field) -> bool {
        self.domain.reads(&field.name)
    }

    fn any(&mut self, shape: &Shape, name: &str, number: usize) -> Value {
        match shape {
            Shape::Object(fields) => {
                let mut made = Map::new();
                for field in fields {
                    let worth = self.worth(field);
                    if !field.required && self.below(3) == 0 {
                        continue;
                    }
                    let value = if worth {
                        self.any(&field.shape, &field.name, number)
                    } else {
                        self.plain(&field.shape, &field.name, 0, number)
                    };
                    made.insert(field.name.clone(), value);
                }
                Value::Object(made)
            }
            Shape::List(inner) => {
                let lengths = self.domain.lengths(name);
                let length = lengths.get(self.below(lengths.len())).copied().unwrap_or(1);
                Value::Array((0..length).map(|number| self.any(inner, name, number)).collect())
            }
            Shape::Map(_) => {
                let all = self.steps(shape, &Value::Null, name);
                let mut all = if all.is_empty() { self.steps(shape, &json!({}), name) } else { all };
                let picked = self.below(all.len().max(1));
                let value = if picked < all.len() { all.swap_remove(picked).becomes } else { None };
                value.unwrap_or_else(|| json!({}))
            }
            Shape::Text(examples) => {
                let near = self.domain.near_texts(name);
                let all = if !near.is_empty() && name != "severity" && self.below(2) == 0 {
                    near
                } else {
                    self.domain.texts(name, examples)
                };
                // An id of its own is as likely as a value that others have, too.
                if examples.is_empty() && name != "severity" && self.below(3) == 0 {
                    return self.plain(shape, name, 1, number);
                }
                all.get(self.below(all.len())).cloned().map_or(Value::Null, Value::String)
            }
            Shape::Number { .. } | Shape::Flag => {
                let all = self.leaves(shape, name);
                all.get(self.below(all.len())).cloned().unwrap_or(Value::Null)
            }
        }
    }
}

/// The next number of a xorshift sequence, below a bound.
fn next(state: &mut u64, bound: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state % (bound.max(1) as u64)).unwrap_or_default()
}
