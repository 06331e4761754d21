//! What names refer to: `var`, `local`, `module`, `data`, resources, and what is around an expression (Terraform
//! documentation, "References to Named Values").

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::steps::{MAX_CANDIDATES, one_of};
use super::{Evaluation, Evaluator, Failed, Inputs, Instance, Item, Place};
use crate::facts::{Origin, Text};
use crate::formats::configuration::resource::{Key, Mode};
use crate::formats::configuration::value::{Items, Kind, Member, Members, Unknown, Value, Why};
use crate::formats::terraform::module::{Layers, Located};
use crate::syntax::hcl::{Step, StepKind};

impl Evaluator<'_> {
    /// A reference: its root name with the steps that belong to the name, then the other steps.
    pub(super) fn reference(&self, root: &str, origin: Origin, steps: &[Step], place: Place<'_>) -> Evaluation {
        if let Some(value) = place.names.and_then(|names| names.find(root)) {
            return self.steps(value.clone(), steps, place);
        }
        let name = |at: usize| match steps.get(at).map(|step| &step.kind) {
            Some(StepKind::Attribute(name)) => Some(name.clone()),
            // `data["type"]` and the like are read as the language reads them.
            Some(StepKind::Index(index)) => self.expression(index, place).ok()?.as_str().map(Text::from),
            _ => None,
        };
        let after = |count: usize| steps.get(count..).unwrap_or_default();
        let instance = place.instance;
        let missing = || Failed::new(format!("`{root}` needs a name after it"), origin);
        let (value, taken) = match root {
            "var" => (self.variable(instance, &name(0).ok_or_else(missing)?, origin), 1),
            "local" => (self.local(instance, &name(0).ok_or_else(missing)?, origin), 1),
            "module" => {
                let own = name(0).ok_or_else(missing)?;
                let only = only_output(instance, &own, after(1));
                (self.module_value(instance, &own, only, origin), 1)
            }
            "data" => {
                let (kind, own) = (name(0).ok_or_else(missing)?, name(1).ok_or_else(missing)?);
                (self.resource_value(instance, Mode::Data, &kind, &own, origin), 2)
            }
            "path" => (self.path(place, &name(0).ok_or_else(missing)?, origin), 1),
            "terraform" | "tofu" => {
                let own = name(0).ok_or_else(missing)?;
                (Value::unknown(Why::Run { name: format!("{root}.{own}").into() }, origin), 1)
            }
            "each" | "count" | "self" => {
                return Err(Failed::new(format!("`{root}` has no meaning here"), origin));
            }
            "resource" => {
                let (kind, own) = (name(0).ok_or_else(missing)?, name(1).ok_or_else(missing)?);
                (self.resource_value(instance, Mode::Managed, &kind, &own, origin), 2)
            }
            kind => match name(0) {
                Some(own) => (self.resource_value(instance, Mode::Managed, kind, &own, origin), 1),
                None => return Err(Failed::new(format!("`{kind}` is no name that is known here"), origin)),
            },
        };
        self.steps(value, after(taken), place)
    }

    fn path(&self, place: Place<'_>, name: &str, origin: Origin) -> Value {
        match name {
            "module" => Value::text(relative(&place.instance.root, &place.instance.module.folder), origin),
            "root" => Value::text(".", origin),
            _ => Value::unknown(Why::Run { name: format!("path.{name}").into() }, origin),
        }
    }

    fn undeclared(&self, instance: &Instance, name: String, origin: Origin) -> Value {
        if instance.module.broken.is_empty() {
            Failed::new(format!("`{name}` is not declared in its module"), origin).into_value()
        } else {
            Value::unknown(Why::Undeclared { name: name.into() }, origin)
        }
    }

    /// A local value.
    pub(super) fn local(&self, instance: &Rc<Instance>, name: &Text, origin: Origin) -> Value {
        let Some(own) = instance.module.locals.get(name) else {
            return self.undeclared(instance, format!("local.{name}"), origin);
        };
        let called = || instance.named(&format!("local.{name}"));
        self.remembered(instance, Item::Local(name.clone()), origin, called, || self.located(own, instance, None))
    }

    /// An expression by itself: a failure is a value that is not known.
    pub(super) fn located(&self, own: &Located, instance: &Rc<Instance>, names: Option<&super::Names<'_>>) -> Value {
        let place = Place { instance, file: own.file, names };
        self.expression(&own.expression, place).unwrap_or_else(Failed::into_value)
    }

    /// A variable: what the call or the variable files give, else its default, as its type converts it.
    pub(super) fn variable(&self, instance: &Rc<Instance>, name: &Text, origin: Origin) -> Value {
        let Some(declared) = instance.module.variables.get(name) else {
            return self.undeclared(instance, format!("var.{name}"), origin);
        };
        let called = || instance.named(&format!("var.{name}"));
        self.remembered(instance, Item::Variable(name.clone()), origin, called, || {
            let given = match &instance.inputs {
                Inputs::Root(values) => values.get(name).cloned(),
                Inputs::Call { caller, layers, names } => layers.attribute(name).map(|own| {
                    let names = super::Names { own: names, outer: None, rest: None };
                    self.located(&own, caller, Some(&names))
                }),
            };
            self.given(instance, declared, name, given)
        })
    }

    fn given(&self, instance: &Rc<Instance>, declared: &Layers, name: &Text, given: Option<Value>) -> Value {
        let default = declared.attribute("default");
        let nullable = declared
            .attribute("nullable")
            .is_none_or(|own| self.located(&own, instance, None).as_bool().unwrap_or(true));
        let value = match (given, default) {
            (Some(value), None) => value,
            (Some(value), Some(_)) if nullable || !value.is_null() => value,
            (_, Some(default)) => self.located(&default, instance, None),
            (None, None) => Value::unknown(Why::NoValue { variable: name.clone() }, declared.origin()),
        };
        match declared.attribute("type") {
            Some(own) => {
                let place = Place { instance, file: own.file, names: None };
                self.convert(&value, &own.expression, place).unwrap_or_else(Failed::into_value)
            }
            None => value,
        }
    }

    /// An output of an instance.
    fn output(&self, instance: &Rc<Instance>, name: &Text, origin: Origin) -> Value {
        let Some(declared) = instance.module.outputs.get(name) else {
            return self.undeclared(instance, instance.named(name).to_string(), origin);
        };
        let called = || instance.named(name);
        self.remembered(instance, Item::Output(name.clone()), origin, called, || match declared.attribute("value") {
            Some(own) => self.located(&own, instance, None),
            None => Value::null(declared.origin()),
        })
    }

    /// `module.NAME`: one object, or a list or map of them. Where only one output is read, only that is evaluated: another
    /// may need what this is needed for.
    fn module_value(&self, instance: &Rc<Instance>, name: &Text, only: Option<&str>, origin: Origin) -> Value {
        if !instance.module.calls.iter().any(|call| call.name == *name) {
            return self.undeclared(instance, format!("module.{name}"), origin);
        }
        let children = self.children(instance, name);
        let own = |child: &super::Child| match &child.instance {
            Err(unknown) => Value::new(Kind::Unknown(unknown.clone()), origin),
            Ok(own) => {
                let outputs = own.module.outputs.keys().filter(|name| only.is_none_or(|only| only == &***name));
                let outputs = outputs
                    .map(|name| (name.clone(), Member { key_origin: origin, value: self.output(own, name, origin) }));
                let unread = (!own.module.broken.is_empty()).then(|| {
                    let why = Why::Undeclared { name: format!("an output of module.{name}").into() };
                    Arc::new(Unknown { why, origin, candidates: Vec::new() })
                });
                let known = Arc::new(outputs.collect());
                Value::new(Kind::Map(Members { known, rest: unread }), origin)
            }
        };
        let instances = children.iter().map(|child| (child.key.clone(), child.uncertain.clone(), own(child))).collect();
        collect(
            instances,
            counts(instance.module.calls.iter().find(|call| call.name == *name).map(|own| &own.layers)),
            origin,
        )
    }

    /// A resource or data source: one object, or a list or map of them.
    pub(super) fn resource_value(
        &self,
        instance: &Rc<Instance>,
        mode: Mode,
        kind: &str,
        name: &str,
        origin: Origin,
    ) -> Value {
        let data = if mode == Mode::Data { "data." } else { "" };
        let Some(place) = instance.module.resource(mode, kind, name).first().copied() else {
            return self.undeclared(instance, format!("{data}{kind}.{name}"), origin);
        };
        let repeats = self.repeats(instance, place);
        let instances = repeats
            .iter()
            .enumerate()
            .map(|(number, repeated)| {
                let evaluated = self.evaluated(instance, place, number);
                (repeated.key.clone(), repeated.uncertain.clone(), evaluated.referenced.clone())
            })
            .collect();
        collect(instances, counts(instance.module.resources.get(place).map(|own| &own.layers)), origin)
    }
}

fn counts(layers: Option<&Layers>) -> bool {
    layers.is_some_and(|layers| layers.attribute("count").is_some())
}

/// The one output that is read of a call, if the steps after its name say so.
fn only_output<'s>(instance: &Instance, name: &str, steps: &'s [Step]) -> Option<&'s str> {
    let call = instance.module.calls.iter().find(|call| *call.name == *name)?;
    let repeated = ["count", "for_each"].iter().any(|own| call.layers.attribute(own).is_some());
    let output = steps.get(usize::from(repeated)).map(|step| &step.kind);
    match (steps.first().map(|step| &step.kind), output) {
        (Some(StepKind::Attribute(_)), _) if repeated => None,
        (_, Some(StepKind::Attribute(output))) => Some(output),
        _ => None,
    }
}

/// Instances by their keys, as references see them. Where it is not known which of them exist, the value is one of those
/// that it can be.
fn collect(mut instances: Vec<(Key, Option<Arc<Unknown>>, Value)>, counted: bool, origin: Origin) -> Value {
    match instances.first() {
        Some((Key::None, ..)) => return instances.remove(0).2,
        None if counted => return Value::list(Vec::new(), origin),
        _ => {}
    }
    // Without candidates nothing says how many there can be.
    let open = instances.iter().find_map(|(_, why, value)| {
        let why = why.as_ref().filter(|why| why.candidates.is_empty())?;
        Some(Arc::new(Unknown { why: why.why.clone(), origin, candidates: vec![value.clone()] }))
    });
    let maybe = instances.iter().find_map(|(_, why, _)| why.clone()).filter(|_| open.is_none());
    let certain = instances.iter().filter(|(_, why, _)| why.is_none()).count();
    let total = instances.len();
    let made = |wanted: usize| {
        // Those that are certain, and as many others.
        let mut others = wanted - certain;
        let own = instances.iter().filter(move |(_, why, _)| {
            let counts = why.is_none() || others > 0;
            others -= usize::from(why.is_some() && others > 0);
            counts
        });
        if counted {
            let known = own.map(|(_, _, value)| value.clone()).collect();
            return Value::new(Kind::List(Items { known: Arc::new(known), rest: open.clone() }), origin);
        }
        let known: BTreeMap<Text, Member> = own
            .filter_map(|(key, _, value)| match key {
                Key::Text(key) => Some((key.clone(), Member { key_origin: origin, value: value.clone() })),
                _ => None,
            })
            .collect();
        Value::new(Kind::Map(Members { known: Arc::new(known), rest: open.clone() }), origin)
    };
    match maybe {
        Some(why) if total - certain < MAX_CANDIDATES => one_of(&why, (certain..=total).map(made).collect(), origin),
        _ => made(total),
    }
}

/// The path from one folder to another, as `path.module` has it.
fn relative(from: &str, to: &str) -> String {
    let split =
        |path: &str| -> Vec<String> { path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect() };
    let (from, to) = (split(from), split(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts: Vec<String> = vec!["..".to_owned(); from.len() - shared];
    parts.extend(to.into_iter().skip(shared));
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
