//! `Ref`, `Fn::GetAtt` and `Fn::ImportValue`: parameters, resources, and what other stacks give.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::attributes::{self, Wanted};
use super::evaluate::{Argument, MAX_CANDIDATES, fails, one_of};
use super::repeat::bound;
use super::serverless;
use super::stacks::{Declared, Nested, Place, Stacks};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Reference, Value, Why};
use crate::syntax::Node;

/// The outputs that stacks export, by the name of the export.
pub(super) type Exports = BTreeMap<String, Vec<(usize, Text)>>;

impl<'t> Stacks<'t> {
    /// What `Ref` gives for a name.
    pub(super) fn reference(&self, name: &str, place: &Place<'t>, origin: Origin) -> Value {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return pseudo_parameter(pseudo, name, origin);
        }
        if let Some(binding) = place.bound(name) {
            return binding.value.clone();
        }
        let parameter = self.stack(place).and_then(|stack| {
            let entries = stack.template.section("Parameters");
            entries.iter().find(|entry| *entry.key == *name)
        });
        if let Some(entry) = parameter {
            let key = (place.stack, format!("{name} "));
            return self.once(key, origin, || self.parameter(&entry.key, &entry.value, place, origin));
        }
        self.of_resource(name, Wanted::Reference, place, origin)
    }

    /// The value of a parameter: what the nesting stack gives, or its default.
    fn parameter(&self, name: &'t str, declared: &'t Node, place: &Place<'t>, origin: Origin) -> Value {
        let kind = declared.get("Type").and_then(Node::as_str).unwrap_or("String");
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        let typed = |value: Value| match value.as_text() {
            Some(text) if is_list => {
                let items = text.split(',').map(|item| Value::text(item.trim(), value.origin));
                Value::list(items.collect(), value.origin)
            }
            _ => value,
        };
        let outer = self.stack(place).and_then(|stack| stack.outer.as_ref());
        if let Some((outer, resource)) = outer
            && let Some(parameters) = resource.at(&["Properties", "Parameters"])
        {
            match parameters.entry(name) {
                Some(entry) => return typed(self.value(&entry.value, outer)),
                None if parameters.as_map().is_none() => {
                    return fails("the parameters of this stack are not a map", origin);
                }
                None => {}
            }
        }
        let here = self.at(place, declared.span);
        // The default names a parameter of Systems Manager, whose value is not in the tree.
        if kind.starts_with("AWS::SSM::Parameter::Value") {
            return Value::unknown(Why::Run { name: name.into() }, here);
        }
        if let Some(default) = declared.get("Default") {
            let outer = Place { stack: place.stack, loops: None };
            return typed(self.value(default, &outer));
        }
        let why = Why::Parameter { name: name.into() };
        let allowed = declared.get("AllowedValues").and_then(Node::as_list).unwrap_or_default();
        if allowed.is_empty() || allowed.len() > MAX_CANDIDATES {
            return Value::unknown(why, here);
        }
        let outer = Place { stack: place.stack, loops: None };
        one_of(why, allowed.iter().map(|own| typed(self.value(own, &outer))).collect(), here)
    }

    /// `Fn::GetAtt` in both forms: a text with a dot, or a list of two.
    pub(super) fn get_attribute(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        if let Some((id, attribute)) = argument.text().and_then(|text| text.split_once('.')) {
            return self.attribute(&bound(id, place), &bound(attribute, place), place, origin);
        }
        match argument.items() {
            Some([id, attribute]) => {
                let Some(id) = id.as_str() else { return fails("`Fn::GetAtt` names a resource by text", origin) };
                let attribute = self.value(attribute, place);
                match (attribute.as_text(), attribute.first_unknown()) {
                    (Some(attribute), _) => self.attribute(&bound(id, place), &attribute, place, origin),
                    (None, Some(unknown)) => Value::unknown(unknown.why.clone(), origin),
                    (None, None) => fails("`Fn::GetAtt` names an attribute by text", origin),
                }
            }
            _ => fails("`Fn::GetAtt` has a resource and an attribute", origin),
        }
    }

    /// An attribute of a resource, or an output of a nested stack.
    pub(super) fn attribute(&self, id: &str, attribute: &str, place: &Place<'t>, origin: Origin) -> Value {
        let nested = self.stack(place).and_then(|stack| stack.resource(id)).map(|own| own.nested);
        if let (Some(Nested::Stack(nested)), Some(output)) = (nested, attribute.strip_prefix("Outputs.")) {
            return self.output(nested, output, origin);
        }
        self.of_resource(id, Wanted::Attribute(attribute), place, origin)
    }

    fn of_resource(&self, id: &str, wanted: Wanted<'_>, place: &Place<'t>, origin: Origin) -> Value {
        let Some(stack) = self.stack(place) else { return Value::unknown(undeclared(id), origin) };
        let Some(declared) = stack.resource(id) else {
            // SAM makes roles that the template may refer to.
            let owner = id.strip_suffix("Role").and_then(|owner| stack.resource(owner));
            return match owner.filter(|owner| serverless::makes_role(owner.kind())) {
                Some(_) => attributes::made_role(&self.address(place, id), wanted, origin),
                None => Value::unknown(undeclared(id), origin),
            };
        };
        let key = (place.stack, format!("{id}.{}", wanted.name()));
        Value { origin, ..self.once(key, origin, || self.known_attribute(declared, wanted, origin)) }
    }

    fn known_attribute(&self, declared: &Declared<'t>, wanted: Wanted<'_>, origin: Origin) -> Value {
        let reference = Reference {
            address: self.address(&declared.place, &declared.id),
            kind: super::types::shared_kind(declared.kind()).into(),
            data: false,
            attribute: wanted.name().into(),
        };
        let property = |name: &str| {
            let node = declared.node.at(&["Properties", name])?;
            let value = self.value(node, &declared.place);
            (!value.is_null()).then_some(value)
        };
        attributes::of(declared.kind(), wanted, &reference, origin, &property)
    }

    /// The value of an output of a stack.
    fn output(&self, stack: usize, name: &str, origin: Origin) -> Value {
        let output = self.stacks.get(stack).and_then(|stack| stack.outputs.get(name));
        let value = output.and_then(|output| Some((output, output.node.get("Value")?)));
        let Some((output, value)) = value else {
            return Value::unknown(Why::Undeclared { name: format!("Outputs.{name}").into() }, origin);
        };
        self.once((stack, format!("Outputs.{name}")), origin, || self.value(value, &output.place))
    }

    /// What a stack of the tree exports under a name.
    pub(super) fn import(&self, name: &Value, origin: Origin) -> Value {
        let Some(name) = name.as_text() else {
            return match name.first_unknown() {
                Some(unknown) => Value::unknown(unknown.why.clone(), origin),
                None => fails("an export is named by text", origin),
            };
        };
        let exports = self.exports();
        let why = || Why::Export { name: (&*name).into() };
        match exports.get(&*name).map(Vec::as_slice).unwrap_or_default() {
            [] => Value::unknown(why(), origin),
            [(stack, output)] => self.output(*stack, output, origin),
            several => one_of(
                Why::Fails { reason: format!("several templates export `{name}`").into() },
                several.iter().map(|(stack, output)| self.output(*stack, output, origin)).collect(),
                origin,
            ),
        }
    }

    /// The names that stacks export, as far as they are known.
    pub(super) fn exports(&self) -> Rc<Exports> {
        if let Some(exports) = &*self.exports.borrow() {
            return exports.clone();
        }
        // The name of an export cannot be imported: those that try find none.
        *self.exports.borrow_mut() = Some(Rc::default());
        let mut exports = Exports::new();
        for (at, stack) in self.stacks.iter().enumerate() {
            let sorted: BTreeMap<&Text, _> = stack.outputs.iter().collect();
            for (id, output) in sorted {
                let Some(name) = output.node.at(&["Export", "Name"]) else { continue };
                let name = self.value(name, &output.place);
                if let Some(name) = name.as_text() {
                    exports.entry(name.into_owned()).or_default().push((at, id.clone()));
                }
            }
        }
        let exports = Rc::new(exports);
        *self.exports.borrow_mut() = Some(exports.clone());
        exports
    }

    /// Every name that the stacks import, as far as the names are known, by stack.
    pub(super) fn imports(&self) -> HashMap<usize, Vec<String>> {
        let mut imports: HashMap<usize, Vec<String>> = HashMap::new();
        for (at, stack) in self.stacks.iter().enumerate() {
            let place = Place { stack: at, loops: None };
            let mut calls = Vec::new();
            find_imports(stack.template.root, &mut calls);
            for call in calls {
                let name = self.argument(call, &place);
                imports.entry(at).or_default().extend(name.as_text().map(std::borrow::Cow::into_owned));
            }
        }
        imports
    }
}

/// The calls of `Fn::ImportValue` in a node. The reader bounds the depth.
fn find_imports<'t>(node: &'t Node, into: &mut Vec<Argument<'t>>) {
    if let Some(call) = super::evaluate::call(node)
        && call.name == "ImportValue"
    {
        into.push(call.argument);
    }
    match &node.value {
        crate::syntax::Value::List(items) => items.iter().for_each(|item| find_imports(item, into)),
        crate::syntax::Value::Map(entries) => entries.iter().for_each(|entry| find_imports(&entry.value, into)),
        _ => {}
    }
}

fn undeclared(id: &str) -> Why {
    Why::Undeclared { name: id.into() }
}

/// What the service fills in for every template (CloudFormation user guide, "Pseudo parameters reference"). The account,
/// the partition and the region are known to be those that the stack is made in.
fn pseudo_parameter(pseudo: &str, name: &str, origin: Origin) -> Value {
    let asked = |kind: &str, attribute: &str| {
        let reference = Reference { address: name.into(), kind: kind.into(), data: true, attribute: attribute.into() };
        Value::unknown(Why::Data(reference), origin)
    };
    match pseudo {
        "NoValue" => Value::null(origin),
        "AccountId" => asked("aws_caller_identity", "account_id"),
        "Partition" => asked("aws_partition", "partition"),
        "Region" => asked("aws_region", "region"),
        "URLSuffix" => asked("aws_partition", "dns_suffix"),
        _ => Value::unknown(Why::Run { name: name.into() }, origin),
    }
}

/// A reference, shared.
pub(super) fn shared(reference: &Reference, attribute: &str) -> Arc<Reference> {
    Arc::new(Reference { attribute: attribute.into(), ..reference.clone() })
}
