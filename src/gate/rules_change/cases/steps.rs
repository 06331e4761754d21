//! Makes documents: seeds, their neighbours, and some at random.

use serde_json::{Map, Value, json};

use super::domain::Domain;
use super::shape::{Field, Shape};

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
        let each: Vec<Vec<Value>> = of.iter().map(|document| self.steps(self.shape, document, "")).collect();
        let longest = each.iter().map(Vec::len).max().unwrap_or_default();
        // In turns, so that a cut takes from the end of all and not from the last.
        let mut near: Vec<Value> = Vec::new();
        for n in 0..longest {
            near.extend(each.iter().filter_map(|steps| steps.get(n)).cloned());
        }
        let cut = near.len() > most;
        near.truncate(most);
        let single = near.len();
        if single > 0 {
            while near.len() < most {
                let from = near.get(self.below(single)).cloned().unwrap_or_default();
                let steps = self.steps(self.shape, &from, "");
                if steps.is_empty() {
                    break;
                }
                // Several second steps from one first: making them costs more than asking.
                for _ in 0..6.min(steps.len()) {
                    near.extend(steps.get(self.below(steps.len())).cloned());
                }
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
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % (bound.max(1) as u64)).unwrap_or_default()
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

    /// Every value one step away from a value.
    fn steps(&self, shape: &Shape, value: &Value, name: &str) -> Vec<Value> {
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
                all.into_iter().filter(|new| new != value).collect()
            }
            _ => self.leaves(shape, name).into_iter().filter(|new| new != value).collect(),
        }
    }

    fn field_steps(&self, field: &Field, known: &Map<String, Value>) -> Vec<Value> {
        let with = |value: Option<Value>| {
            let mut fields = known.clone();
            match value {
                Some(value) => fields.insert(field.name.clone(), value),
                None => fields.remove(&field.name),
            };
            Value::Object(fields)
        };
        match known.get(&field.name) {
            Some(value) => {
                let mut all: Vec<Value> = if field.required { Vec::new() } else { vec![with(None)] };
                all.extend(self.steps(&field.shape, value, &field.name).into_iter().map(|value| with(Some(value))));
                all
            }
            None => {
                let plain = self.plain(&field.shape, &field.name, 1, 0);
                let mut all = vec![with(Some(plain.clone()))];
                all.extend(self.steps(&field.shape, &plain, &field.name).into_iter().map(|value| with(Some(value))));
                all
            }
        }
    }

    fn list_steps(&self, inner: &Shape, items: &[Value], name: &str) -> Vec<Value> {
        let mut all = Vec::new();
        for (n, item) in items.iter().enumerate().take(3) {
            for step in self.steps(inner, item, name) {
                let mut items = items.to_vec();
                if let Some(place) = items.get_mut(n) {
                    *place = step;
                }
                all.push(Value::Array(items));
            }
            let mut fewer = items.to_vec();
            fewer.remove(n);
            all.push(Value::Array(fewer));
        }
        let fresh = |n: usize| self.plain(inner, name, 1, n);
        for length in self.domain.lengths(name) {
            let items = items.iter().cloned().chain((items.len()..).map(fresh)).take(length).collect();
            all.push(Value::Array(items));
        }
        // One more that differs from the plain one in one step.
        let steps = self.steps(inner, &fresh(items.len()), name);
        all.extend(steps.into_iter().map(|more| Value::Array(items.iter().cloned().chain([more]).collect())));
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
                let all = if all.is_empty() { self.steps(shape, &json!({}), name) } else { all };
                all.get(self.below(all.len().max(1))).cloned().unwrap_or_else(|| json!({}))
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
