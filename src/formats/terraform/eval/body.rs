//! The arguments of resources and data sources, nested and dynamic blocks among them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::expression::elements;
use super::{Evaluator, Failed, Instance, Names, Place, Slot};
use crate::facts::{Origin, Text};
use crate::formats::configuration::providers;
use crate::formats::configuration::resource::{Address, Mode};
use crate::formats::configuration::value::{Items, Kind, Member, Members, Reference, Unknown, Value, Why};
use crate::syntax::hcl::{Block, ExpressionKind};

/// Arguments that are the language's own, not the provider's.
const META_ARGUMENTS: [&str; 4] = ["count", "for_each", "provider", "depends_on"];

/// Blocks that are the language's own.
const META_BLOCKS: [&str; 3] = ["lifecycle", "provisioner", "connection"];

/// Deepest nesting of blocks; the parser bounds it too.
const MAX_NESTING: u32 = 64;

/// One instance, evaluated.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    /// Its arguments.
    pub attributes: Value,
    /// The same with what the provider fills in, as references see it.
    pub referenced: Value,
    /// The provider configuration that it names.
    pub provider: Option<Text>,
}

type Blocks = BTreeMap<Text, (Vec<Value>, Option<Arc<Unknown>>)>;

impl Evaluator<'_> {
    /// One instance of a resource, evaluated once.
    pub(super) fn evaluated(&self, instance: &Rc<Instance>, place: usize, number: usize) -> Rc<Evaluated> {
        let slot = instance.bodies.borrow().get(&(place, number)).cloned();
        match slot {
            Some(Slot::Done(known)) => return known,
            Some(Slot::Busy) => return Rc::new(self.busy(instance, place)),
            None => {}
        }
        instance.bodies.borrow_mut().insert((place, number), Slot::Busy);
        let evaluated = Rc::new(self.evaluate(instance, place, number));
        instance.bodies.borrow_mut().insert((place, number), Slot::Done(evaluated.clone()));
        evaluated
    }

    /// A resource that is asked for while it is evaluated.
    fn busy(&self, instance: &Instance, place: usize) -> Evaluated {
        let nowhere = Origin { file: 0, span: crate::syntax::Span::default() };
        let declared = instance.module.resources.get(place);
        let name = declared.map(|own| format!("{}.{}", own.kind, own.name)).unwrap_or_default();
        let origin = declared.map_or(nowhere, |own| own.layers.origin());
        let value = self.cycle(instance.named(&name), origin);
        Evaluated { attributes: value.clone(), referenced: value, provider: None }
    }

    fn evaluate(&self, instance: &Rc<Instance>, place: usize, number: usize) -> Evaluated {
        let repeats = self.repeats(instance, place);
        let (Some(declared), Some(repeated)) = (instance.module.resources.get(place), repeats.get(number)) else {
            return self.busy(instance, place);
        };
        let origin = declared.layers.origin();
        let names = Names { own: &repeated.names, outer: None, rest: None };
        let mut members: BTreeMap<Text, Member> = BTreeMap::new();
        for (name, own) in declared.layers.attributes() {
            if META_ARGUMENTS.contains(&&*name) {
                continue;
            }
            let value = self.located(&own, instance, Some(&names));
            members.insert(name, Member { key_origin: own.origin(), value });
        }
        let mut blocks = Blocks::new();
        for (file, block) in declared.layers.blocks() {
            let place = Place { instance, file, names: Some(&names) };
            self.block(&block, place, &mut blocks, 0);
        }
        let block_names: Vec<Text> = blocks.keys().cloned().collect();
        add_blocks(&mut members, blocks, origin);
        let address = Address {
            module: instance.path.clone(),
            mode: declared.mode,
            kind: declared.kind.clone(),
            name: declared.name.clone(),
            key: repeated.key.clone(),
        };
        let reference = Reference {
            address: address.to_string().into(),
            kind: declared.kind.clone(),
            data: declared.mode == Mode::Data,
            attribute: Text::from(""),
        };
        let attributes = Value::map(members.clone(), origin);
        for (name, value) in self.computed(&attributes, &reference, origin) {
            members.entry(name).or_insert(Member { key_origin: origin, value });
        }
        for name in block_names {
            if let Some(member) = members.get_mut(&name) {
                member.value = filled_in(&member.value, &Reference { attribute: name, ..reference.clone() }, origin);
            }
        }
        let rest = Some(after_apply(reference, origin));
        Evaluated {
            attributes,
            referenced: Value::new(Kind::Map(Members { known: Arc::new(members), rest }), origin),
            provider: declared.layers.attribute("provider").and_then(|own| provider_name(&own.expression.kind)),
        }
    }

    /// What is known of the attributes that the provider fills in.
    fn computed(&self, attributes: &Value, reference: &Reference, origin: Origin) -> Vec<(Text, Value)> {
        if reference.data && &*reference.kind == "aws_iam_policy_document" {
            let json = self.policy_document(attributes, origin).unwrap_or_else(Failed::into_value);
            return vec![("json".into(), json.clone()), ("minified_json".into(), json)];
        }
        providers::computed(attributes, reference, origin)
    }

    fn block(&self, block: &Block, place: Place<'_>, into: &mut Blocks, depth: u32) {
        if META_BLOCKS.contains(&&*block.kind) && depth == 0 || depth > MAX_NESTING {
            return;
        }
        let label = block.labels.first().filter(|_| &*block.kind == "dynamic");
        if let Some((label, _)) = label {
            return self.dynamic(label, block, place, into, depth);
        }
        let value = self.block_value(block, place, depth);
        into.entry(block.kind.clone()).or_default().0.push(value);
    }

    fn block_value(&self, block: &Block, place: Place<'_>, depth: u32) -> Value {
        let mut members = BTreeMap::new();
        for own in &block.body.attributes {
            let value = self.expression(&own.value, place).unwrap_or_else(Failed::into_value);
            members.insert(own.name.clone(), Member { key_origin: place.at(own.name_span), value });
        }
        let mut blocks = Blocks::new();
        for own in &block.body.blocks {
            self.block(own, place, &mut blocks, depth + 1);
        }
        let origin = place.at(block.heading);
        add_blocks(&mut members, blocks, origin);
        Value::map(members, origin)
    }

    /// A dynamic block makes one block an element (Terraform documentation, "dynamic Blocks"). When the elements are not
    /// known, one block stands for them.
    fn dynamic(&self, label: &Text, block: &Block, place: Place<'_>, into: &mut Blocks, depth: u32) {
        let Some(content) = block.body.blocks_of("content").next() else { return };
        let iterator = match block.body.attribute("iterator").map(|own| &own.value.kind) {
            Some(ExpressionKind::Variable(name)) => name.clone(),
            _ => label.clone(),
        };
        let over = match block.body.attribute("for_each") {
            Some(own) => self.expression(&own.value, place).unwrap_or_else(Failed::into_value),
            None => return,
        };
        let origin = place.at(block.heading);
        let each = |key: Value, value: Value| {
            let member = |value: Value| Member { key_origin: value.origin, value };
            let own = [("key", key), ("value", value)].map(|(name, value)| (Text::from(name), member(value)));
            vec![(iterator.clone(), Value::map(own.into(), origin))]
        };
        let mut rest = None;
        for candidate in over.candidates() {
            for (key, value) in elements(candidate).unwrap_or_default() {
                let own = each(key, value);
                let names = Names { own: &own, outer: place.names, rest: None };
                let made = self.block_value(content, Place { names: Some(&names), ..place }, depth + 1);
                into.entry(label.clone()).or_default().0.push(made);
            }
            if let Some(unknown) = candidate.as_unknown().or(candidate.rest()) {
                let open = Value::new(Kind::Unknown(unknown.clone()), origin);
                let own = each(open.clone(), open);
                let names = Names { own: &own, outer: place.names, rest: None };
                let made = self.block_value(content, Place { names: Some(&names), ..place }, depth + 1);
                into.entry(label.clone()).or_default().0.push(made);
                rest = Some(unknown.bare());
            }
        }
        if let Some(rest) = rest.or_else(|| over.as_unknown().map(Unknown::bare)) {
            into.entry(label.clone()).or_default().1 = Some(rest);
        }
    }
}

fn add_blocks(members: &mut BTreeMap<Text, Member>, blocks: Blocks, origin: Origin) {
    for (kind, (known, rest)) in blocks {
        let key_origin = known.first().map_or(origin, |own| own.origin);
        let value = Value::new(Kind::List(Items { known: Arc::new(known), rest }), key_origin);
        members.insert(kind, Member { key_origin, value });
    }
}

fn after_apply(reference: Reference, origin: Origin) -> Arc<Unknown> {
    let why = if reference.data { Why::Data(reference) } else { Why::AfterApply(reference) };
    Arc::new(Unknown { why, origin, candidates: Vec::new() })
}

/// Blocks as references see them: the provider fills in what they do not set.
fn filled_in(value: &Value, reference: &Reference, origin: Origin) -> Value {
    let Kind::List(items) = &value.kind else { return value.clone() };
    let known = items.known.iter().enumerate().map(|(at, item)| match &item.kind {
        Kind::Map(members) => {
            let own = Reference { attribute: format!("{}[{at}]", reference.attribute).into(), ..reference.clone() };
            let members = Members { known: members.known.clone(), rest: Some(after_apply(own, origin)) };
            Value { kind: Kind::Map(members), ..item.clone() }
        }
        _ => item.clone(),
    });
    let items = Items { known: Arc::new(known.collect()), rest: items.rest.clone() };
    Value { kind: Kind::List(items), ..value.clone() }
}

/// `aws.audit`, as an argument `provider` names it.
fn provider_name(kind: &ExpressionKind) -> Option<Text> {
    use crate::syntax::hcl::StepKind;
    match kind {
        ExpressionKind::Variable(name) => Some(name.clone()),
        ExpressionKind::Traversal(base, steps) => {
            let ExpressionKind::Variable(root) = &base.kind else { return None };
            match steps.first().map(|step| &step.kind) {
                Some(StepKind::Attribute(alias)) => Some(format!("{root}.{alias}").into()),
                _ => Some(root.clone()),
            }
        }
        _ => None,
    }
}
