//! What names refer to: `var`, `local`, `module`, `data`, resources, and what is around an expression (Terraform
//! documentation, "References to Named Values").

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Evaluation, Evaluator, Failed, Inputs, Instance, Item, Place};
use crate::facts::{Origin, Text};
use crate::formats::terraform::module::{Layers, Located};
use crate::formats::terraform::resource::{Key, Mode};
use crate::formats::terraform::value::{Items, Kind, Member, Members, Unknown, Value, Why};
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
            "module" => (self.module_value(instance, &name(0).ok_or_else(missing)?, origin), 1),
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
                    let names = super::Names { own: names, outer: None };
                    self.located(&own, caller, Some(&names))
                }),
            };
            self.given(instance, declared, name, given)
        })
    }

    fn given(&self, instance: &Rc<Instance>, declared: &Layers, name: &Text, given: Option<Value>) -> Value {
        let default = declared.attribute("default");
        let nullable = declared.attribute("nullable").is_none_or(|own| {
            self.located(&own, instance, None).as_bool().unwrap_or(true)
        });
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

    /// `module.NAME`: one object, or a list or map of them.
    fn module_value(&self, instance: &Rc<Instance>, name: &Text, origin: Origin) -> Value {
        if !instance.module.calls.iter().any(|call| call.name == *name) {
            return self.undeclared(instance, format!("module.{name}"), origin);
        }
        let children = self.children(instance, name);
        let own = |child: &super::Child| match &child.instance {
            Err(unknown) => Value::new(Kind::Unknown(unknown.clone()), origin),
            Ok(own) => {
                let outputs = own.module.outputs.keys().map(|name| {
                    (name.clone(), Member { key_origin: origin, value: self.output(own, name, origin) })
                });
                let unread = (!own.module.broken.is_empty()).then(|| {
                    let why = Why::Undeclared { name: format!("an output of module.{name}").into() };
                    Arc::new(Unknown { why, origin, candidates: Vec::new() })
                });
                let known = Arc::new(outputs.collect());
                Value::new(Kind::Map(Members { known, rest: unread }), origin)
            }
        };
        let instances: Vec<(Key, bool, Value)> =
            children.iter().map(|child| (child.key.clone(), child.uncertain.is_some(), own(child))).collect();
        let why = children.iter().find_map(|child| child.uncertain.clone());
        let counted = instance.module.calls.iter().any(|call| call.name == *name && call.layers.attribute("count").is_some());
        collect(instances, why.map(|unknown| unknown.why.clone()), counted, origin)
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
                (repeated.key.clone(), repeated.uncertain.is_some(), evaluated.referenced.clone())
            })
            .collect();
        let why = repeats.iter().find_map(|repeated| repeated.uncertain.as_ref().map(|unknown| unknown.why.clone()));
        let declared = instance.module.resources.get(place);
        let counted = declared.is_some_and(|own| own.layers.attribute("count").is_some());
        collect(instances, why, counted, origin)
    }
}

/// Instances by their keys, as references see them.
fn collect(mut instances: Vec<(Key, bool, Value)>, why: Option<Why>, counted: bool, origin: Origin) -> Value {
    let further = |value: Value, why: Option<Why>| {
        why.map(|why| Arc::new(Unknown { why, origin, candidates: vec![value] }))
    };
    match instances.first() {
        Some((Key::None, ..)) => instances.remove(0).2,
        Some((Key::Number(_), ..)) => {
            let rest = instances.iter().find(|own| own.1).map(|own| own.2.clone());
            let rest = rest.and_then(|value| further(value, why));
            let known = instances.into_iter().map(|own| own.2).collect();
            Value::new(Kind::List(Items { known: Arc::new(known), rest }), origin)
        }
        Some(_) => {
            let mut known = BTreeMap::new();
            let mut rest = None;
            for (key, _, value) in instances {
                match key {
                    Key::Text(key) => _ = known.insert(key, Member { key_origin: origin, value }),
                    _ => rest = further(value, why.clone()),
                }
            }
            Value::new(Kind::Map(Members { known: Arc::new(known), rest }), origin)
        }
        None if counted => Value::list(Vec::new(), origin),
        None => Value::map(BTreeMap::new(), origin),
    }
}

/// The path from one folder to another, as `path.module` has it.
fn relative(from: &str, to: &str) -> String {
    let split = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (from, to) = (split(from), split(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts: Vec<String> = vec!["..".to_owned(); from.len() - shared];
    parts.extend(to.into_iter().skip(shared));
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
