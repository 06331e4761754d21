//! `count` and `for_each`: how many instances there are, and which. What is not certain is counted and marked.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::steps::{one_of, place_of};
use super::{Evaluator, Failed, Instance, MAX_INSTANCES, Slot};
use crate::facts::{Gap, Origin, Text};
use crate::formats::configuration::resource::Key;
use crate::formats::configuration::value::{Kind, Member, Unknown, Value};
use crate::formats::terraform::module::Layers;

/// One instance: its key, and what `each` or `count` is in it.
#[derive(Debug, Clone)]
pub(super) struct Repeated {
    pub key: Key,
    pub names: Vec<(Text, Value)>,
    /// Why it is not known whether it exists.
    pub uncertain: Option<Arc<Unknown>>,
}

impl Repeated {
    fn counted(at: usize, origin: Origin, uncertain: Option<Arc<Unknown>>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "there are never that many instances")]
        let index = Value::number(at as f64, origin);
        let names = vec![(Text::from("count"), object(origin, [("index", index)]))];
        Self { key: Key::Number(at as u64), names, uncertain }
    }

    fn each(key: Key, name: Value, value: Value, uncertain: Option<Arc<Unknown>>) -> Self {
        let each = object(name.origin, [("key", name), ("value", value)]);
        Self { key, names: vec![(Text::from("each"), each)], uncertain }
    }
}

fn object<const N: usize>(origin: Origin, members: [(&str, Value); N]) -> Value {
    let known = members.into_iter().map(|(name, value)| (Text::from(name), Member { key_origin: origin, value }));
    Value::map(known.collect(), origin)
}

impl Evaluator<'_> {
    /// The instances of a resource, evaluated once.
    pub(super) fn repeats(&self, instance: &Rc<Instance>, place: usize) -> Rc<Vec<Repeated>> {
        let Some(declared) = instance.module.resources.get(place) else { return Rc::default() };
        match instance.repeats.borrow().get(&place) {
            Some(Slot::Done(repeats)) => return repeats.clone(),
            Some(Slot::Busy) => {
                let name = instance.named(&format!("{}.{}", declared.kind, declared.name));
                self.cycle(name, declared.layers.origin());
                return Rc::default();
            }
            None => {}
        }
        instance.repeats.borrow_mut().insert(place, Slot::Busy);
        let repeats = Rc::new(self.repeat(instance, &declared.layers));
        instance.repeats.borrow_mut().insert(place, Slot::Done(repeats.clone()));
        repeats
    }

    /// The instances that a block's `count` or `for_each` makes; one without either.
    pub(super) fn repeat(&self, instance: &Rc<Instance>, layers: &Layers) -> Vec<Repeated> {
        let made = if let Some(own) = layers.attribute("count") {
            self.count(&self.located(&own, instance, None), own.origin())
        } else if let Some(own) = layers.attribute("for_each") {
            self.for_each(&self.located(&own, instance, None), own.origin())
        } else {
            return vec![Repeated { key: Key::None, names: Vec::new(), uncertain: None }];
        };
        made.unwrap_or_else(|(wanted, origin)| {
            self.unresolved(
                Gap::Unsupported,
                origin,
                format!("this makes {wanted} instances; more than {MAX_INSTANCES} are not evaluated"),
                "none of them is evaluated",
            );
            Vec::new()
        })
    }

    fn count(&self, value: &Value, origin: Origin) -> Result<Vec<Repeated>, (String, Origin)> {
        let numbers: Vec<usize> =
            value.candidates().iter().filter_map(|own| own.as_number().and_then(place_of)).collect();
        let unknown = value.first_unknown();
        let most = match (numbers.iter().max(), unknown) {
            (Some(most), _) => *most,
            // Without a number, one instance stands for however many there are.
            (None, Some(_)) => 1,
            (None, None) => {
                let reason = format!("`count` is {}, not a whole number", value.kind_name());
                self.unresolved(Gap::Broken, origin, reason, "this block is not evaluated");
                return Ok(Vec::new());
            }
        };
        let certain = match unknown {
            None => most,
            Some(_) => numbers.iter().min().copied().filter(|_| numbers.len() > 1).unwrap_or(0),
        };
        if most > MAX_INSTANCES {
            return Err((most.to_string(), origin));
        }
        Ok((0..most).map(|at| Repeated::counted(at, origin, unknown.filter(|_| at >= certain).cloned())).collect())
    }

    fn for_each(&self, value: &Value, origin: Origin) -> Result<Vec<Repeated>, (String, Origin)> {
        if let Some(unknown) = value.as_unknown()
            && !unknown.candidates.is_empty()
        {
            return self.each_of_candidates(unknown, origin);
        }
        let (size, rest) = match &value.kind {
            Kind::Map(members) => (members.known.len(), members.rest.clone()),
            Kind::Set(items) | Kind::List(items) => (items.known.len(), items.rest.clone()),
            Kind::Unknown(unknown) => (0, Some(unknown.clone())),
            Kind::Null => (0, None),
            _ => {
                let reason = format!("`for_each` is {}, not a map or a set", value.kind_name());
                self.unresolved(Gap::Broken, origin, reason, "this block is not evaluated");
                return Ok(Vec::new());
            }
        };
        if size > MAX_INSTANCES {
            return Err((size.to_string(), origin));
        }
        let mut made = Vec::with_capacity(size + 1);
        match &value.kind {
            Kind::Map(members) => {
                for (key, own) in &*members.known {
                    let name = Value::text(key.clone(), own.key_origin);
                    made.push(Repeated::each(Key::Text(key.clone()), name, own.value.clone(), None));
                }
            }
            Kind::Set(items) | Kind::List(items) => {
                for item in &*items.known {
                    let key = match self.map_key(item) {
                        Ok(Ok(key)) => Key::Text(key),
                        Ok(Err(_)) => Key::Unknown,
                        Err(failed) => {
                            let Failed { why, origin } = failed;
                            self.unresolved(Gap::Broken, origin, why.to_string(), "this instance is not evaluated");
                            continue;
                        }
                    };
                    made.push(Repeated::each(key, item.clone(), item.clone(), None));
                }
            }
            _ => {}
        }
        if let Some(rest) = rest {
            // One more instance stands for all whose keys are not known.
            let open = Value::new(
                Kind::Unknown(Arc::new(Unknown { candidates: Vec::new(), ..Unknown::clone(&rest) })),
                origin,
            );
            made.push(Repeated::each(Key::Unknown, open.clone(), open, Some(rest)));
        }
        Ok(made)
    }

    /// The instances of all the collections that it can be. One that is in all of them is certain.
    fn each_of_candidates(&self, unknown: &Arc<Unknown>, origin: Origin) -> Result<Vec<Repeated>, (String, Origin)> {
        let mut all: BTreeMap<Key, Vec<Repeated>> = BTreeMap::new();
        for candidate in &unknown.candidates {
            for own in self.for_each(candidate, origin)? {
                all.entry(own.key.clone()).or_default().push(own);
            }
        }
        Ok(all
            .into_iter()
            .filter_map(|(key, own)| {
                let everywhere = own.len() == unknown.candidates.len() && own.iter().all(|own| own.uncertain.is_none());
                let pick = |name: &str| -> Vec<Value> {
                    own.iter()
                        .flat_map(|own| own.names.iter())
                        .filter_map(|(_, each)| each.get(name).cloned())
                        .collect()
                };
                let (name, value) = (pick("key").into_iter().next()?, one_of(unknown, pick("value"), origin));
                Some(Repeated::each(key, name, value, (!everywhere).then(|| unknown.clone())))
            })
            .collect())
    }
}
